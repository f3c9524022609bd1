//! What many members share: nothing may stand there unread, and "empty" never means "any".

use std::collections::BTreeSet;

use super::Problem;
use crate::canonical::Json;
use crate::untrusted::is_deceptive;

/// Characters of a name at the most: it stands in every report.
const MAX_NAME: usize = 128;
/// Bytes of an issuer, subject or predicate type at the most: what fits a URL.
const MAX_URI: usize = 2048;

/// Path of the member at fault, and what is wrong with it.
pub(crate) type Fault = (String, Problem);

/// Refuses `null` everywhere: a key with nothing behind it must not read as "no limit".
pub(crate) fn no_nulls(json: &Json, path: &str) -> Result<(), Fault> {
    match json {
        Json::Null => Err((path.into(), Problem::Null)),
        Json::Array(elements) => elements
            .iter()
            .enumerate()
            .try_for_each(|(at, element)| no_nulls(element, &format!("{path}[{at}]"))),
        Json::Object(object) => object.iter().try_for_each(|(key, value)| {
            no_nulls(value, &if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") })
        }),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
    }
}

/// Looks at `schema` before anything else, so that a later version is called that and not a list of typos.
pub(super) fn schema(json: &Json, schema: &'static str) -> Result<(), Fault> {
    match json.get("schema") {
        Some(Json::String(found)) if found != schema => {
            Err(("schema".into(), Problem::Schema { schema, found: found.chars().take(MAX_NAME).collect() }))
        }
        // Missing or of another type: said with the other members.
        _ => Ok(()),
    }
}

pub(super) fn predicates(list: &[String], path: &str) -> Result<(), Fault> {
    not_empty(list, path)?;
    for (at, predicate) in list.iter().enumerate() {
        if !is_uri(predicate) {
            return Err((
                format!("{path}[{at}]"),
                Problem::PredicateType(predicate.chars().take(MAX_NAME).collect()),
            ));
        }
    }
    unique_strings(list.iter().map(String::as_str), |at| format!("{path}[{at}]"))
}

/// Whether `text` can be a predicate type or name an authority: a scheme, something behind it, and nothing that no URI has.
pub(crate) fn is_uri(text: &str) -> bool {
    let scheme_ok = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
            && !rest.trim_matches('/').is_empty()
    });
    scheme_ok
        && text.len() <= MAX_URI
        && !text.contains('*')
        && !text.chars().any(|c| c.is_whitespace() || is_deceptive(c))
}

/// Whether `text` can be compared with an identity: nothing in it could be taken for "any".
pub(crate) fn is_exact(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_URI
        && !text.contains('*')
        && !text.chars().any(|c| c.is_whitespace() || is_deceptive(c))
}

pub(super) fn exact(text: &str, path: &str) -> Result<(), Fault> {
    if is_exact(text) {
        Ok(())
    } else {
        Err((path.into(), Problem::NotExact(text.chars().take(MAX_NAME).collect())))
    }
}

/// Refuses text that is there and has not its form.
pub(super) fn form(
    text: Option<&str>,
    fits: fn(&str) -> bool,
    what: &'static str,
    path: &str,
) -> Result<(), Fault> {
    match text {
        Some(text) if !fits(text) => {
            Err((path.into(), Problem::Form { what, found: text.chars().take(MAX_NAME).collect() }))
        }
        _ => Ok(()),
    }
}

pub(super) fn name(text: &str, path: &str) -> Result<(), Fault> {
    let bad = text.trim().is_empty()
        || text.trim() != text
        || text.chars().count() > MAX_NAME
        || text.chars().any(is_deceptive);
    if bad { Err((path.into(), Problem::Name(text.chars().take(MAX_NAME).collect()))) } else { Ok(()) }
}

pub(super) fn not_empty<T>(list: &[T], path: &str) -> Result<(), Fault> {
    if list.is_empty() { Err((path.into(), Problem::EmptyList)) } else { Ok(()) }
}

pub(super) fn unique<'a>(
    names: impl Iterator<Item = &'a str>,
    path: impl Fn(usize) -> String,
) -> Result<(), Fault> {
    let names: Vec<_> = names.collect();
    for (at, text) in names.iter().enumerate() {
        name(text, &path(at))?;
    }
    unique_strings(names.into_iter(), path)
}

/// Refuses what stands in a list of which every element counts once.
pub(super) fn no_repeats<T: PartialEq>(list: &[T], path: &str) -> Result<(), Fault> {
    let repeated = list.iter().enumerate().find(|(at, one)| list.iter().take(*at).any(|other| other == *one));
    repeated.map_or(Ok(()), |(at, _)| Err((format!("{path}[{at}]"), Problem::Repeated)))
}

pub(super) fn unique_strings<'a>(
    texts: impl Iterator<Item = &'a str>,
    path: impl Fn(usize) -> String,
) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (at, text) in texts.enumerate() {
        if !seen.insert(text) {
            return Err((path(at), Problem::DuplicateName(text.into())));
        }
    }
    Ok(())
}
