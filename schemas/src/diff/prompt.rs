//! Prompts: which formerly valid `prompts/get` no longer is.

use super::Sign;
use super::class::Reason;
use crate::canonical::Json;
use crate::pointer::child;

/// Arguments that were not required and are, each at its place in the prompt after the change.
pub(super) fn narrowing(before: &Json, after: &Json) -> Vec<Sign> {
    let required = |prompt: &Json, name: &str| {
        arguments(prompt).iter().any(|argument| is_required(argument) && named(argument) == Some(name))
    };
    let newly = |argument: &Json| {
        is_required(argument) && named(argument).is_some_and(|name| !required(before, name))
    };
    arguments(after)
        .iter()
        .enumerate()
        .filter(|(_, argument)| newly(argument))
        .map(|(n, _)| Sign::at(Reason::NewRequired, child("/arguments", &n.to_string())))
        .collect()
}

fn arguments(prompt: &Json) -> &[Json] {
    prompt.get("arguments").and_then(Json::as_array).unwrap_or_default()
}

fn named(argument: &Json) -> Option<&str> {
    argument.get("name").and_then(Json::as_str)
}

fn is_required(argument: &Json) -> bool {
    argument.get("required").and_then(Json::as_bool) == Some(true)
}
