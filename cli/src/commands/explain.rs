//! `mcpsign explain`: cause and cure of one reason code.

use clap::Args;
use mcpsign_schemas::code::{Code, Level};
use serde_json::json;
use similar::get_close_matches;

use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::BOLD;
use crate::render::human::field;
use crate::render::json;
use crate::render::sarif::Rule;

/// What share of two words has to be the same for one to be meant by the other.
const ALIKE: f32 = 0.85;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A reason code such as `manifest/tool-changed`; without one, all of them are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

/// Explains one code, or lists all.
///
/// # Errors
/// When there is no such code.
pub(crate) fn run(args: &ExplainArgs, out: &mut Output) -> Result<Exit, Failure> {
    match &args.code {
        Some(id) => one(&find(id)?, args.format.format, out)?,
        None => {
            for code in Code::all() {
                match args.format.format {
                    Format::Json => out.result(json_of(&Rule::of_code(code))?),
                    Format::Human => {
                        out.result(format_args!("{BOLD}{:<36}{BOLD:#} {}\n", code.id, code.title))
                    }
                }
            }
        }
    }
    Ok(Exit::Allowed)
}

fn find(id: &str) -> Result<Rule, Failure> {
    let id = id.trim();
    Rule::find(id).ok_or_else(|| {
        let near = near(id).map(|code| format!("did you mean `{code}`? ")).unwrap_or_default();
        Failure::usage(format!("there is no code `{id}`"))
            .hint(format!("{near}`mcpsign explain` lists all codes"))
    })
}

/// The code that was meant, as far as anybody can tell: spelled alike, or of this name in whatever family, which is what people
/// remember.
fn near(id: &str) -> Option<Code> {
    let id = id.to_lowercase().replace('_', "-");
    let what = id.rsplit('/').next().unwrap_or_default();
    let spelled = |ids: &[&'static str], id: &str| get_close_matches(id, ids, 1, ALIKE).first().copied();
    let ids: Vec<&'static str> = Code::all().map(|code| code.id).collect();
    let names: Vec<&'static str> = ids.iter().filter_map(|id| id.split_once('/')).map(|(_, of)| of).collect();
    let named = || Code::all().find(|code| what.len() >= 3 && code.id.contains(what));
    let of_family = || spelled(&names, what).filter(|_| !id.contains('/'));
    spelled(&ids, &id)
        .and_then(Code::find)
        .or_else(named)
        .or_else(|| of_family().and_then(|of| Code::all().find(|code| code.id.ends_with(&format!("/{of}")))))
}

fn one(rule: &Rule, format: Format, out: &mut Output) -> Result<(), Failure> {
    if format == Format::Json {
        out.result(json_of(rule)?);
        return Ok(());
    }
    let mut text = format!("{BOLD}{}{BOLD:#}: {}\n\n", rule.id, rule.title);
    field(&mut text, "cause", rule.cause);
    field(&mut text, "cure", rule.cure);
    field(&mut text, "level", level(rule.level));
    field(&mut text, "tags", rule.tags.join(", "));
    out.result(text);
    Ok(())
}

fn json_of(rule: &Rule) -> Result<String, Failure> {
    json::line(&json!({
        "code": rule.id, "level": level(rule.level), "title": rule.title,
        "cause": rule.cause, "cure": rule.cure, "tags": rule.tags,
    }))
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(id: &str) -> String {
        find(id).map(|rule| rule.id).unwrap_err().to_string()
    }

    /// Whatever a rule in SARIF is called.
    #[test]
    fn what_is_said_of_a_difference_is_explained() {
        for id in ["diff/renamed-with-edits", "diff/gone", "diff/suspicious", "diff/wire-only"] {
            let rule = find(id).unwrap();
            assert_eq!(rule.id, id);
            assert!(!rule.title.is_empty() && rule.tags.contains(&"MCP03"), "{id}");
        }
        assert!(refused("diff/nothing").contains("there is no code"));
    }

    #[test]
    fn an_unknown_code_is_answered_with_a_near_one() {
        assert!(find("manifest/tool-changed").is_ok());
        let shown = refused("tool-changed");
        assert!(shown.contains("did you mean `manifest/tool-changed`"), "{shown}");
        for (typed, meant) in [
            ("manifest/tool-chnged", "manifest/tool-changed"),
            ("manfest/tool_changed", "manifest/tool-changed"),
            ("Policy/No-Rule", "policy/no-rule"),
            ("tool-chagned", "manifest/tool-changed"),
            ("identity/sbuject-mismatch", "identity/subject-mismatch"),
            ("concealmnt", "lint/concealment"),
        ] {
            let shown = refused(typed);
            assert!(shown.contains(&format!("did you mean `{meant}`?")), "{typed}: {shown}");
        }
        for typed in ["", "/", "x", "nothing/of-the-kind", "\u{202e}"] {
            let shown = refused(typed);
            assert!(shown.contains("lists all") && !shown.contains("did you mean"), "{typed}: {shown}");
        }
    }
}
