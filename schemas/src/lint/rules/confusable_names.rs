//! Names that look like others.

use super::prelude::*;
use unicode_security::skeleton;

code! {
    CODE = "lint/confusable-names", Error, "a name is written with letters that look like others",
    cause: "a Cyrillic `а` makes another tool of what looks like the same name, for an allow-list as for a reader",
    cure: "name items with ASCII letters, digits, `_`, `-` and `.`, as the protocol recommends",
    tags: ["MCP03", "MCP09", "SAFE-T1004", "SAFE-T1405"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, r#"{"name":"reаd_file"}"#),
            (Level::Error, r#"{"name":"ｒead_file"}"#),
            (Level::Error, r#"server-info:{"name":"gіthub","version":"1"}"#),
            (Level::Error, r#"[{"name":"fetch_O1"},{"name":"fetch_0l"}]"#),
            (Level::Warning, r#"{"name":"読む"}"#),
        ],
        passed: &[r#"{"name":"read_file.v2"}"#, r#"[{"name":"read_one"},{"name":"read_two"}]"#],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    let mut skeletons: Vec<(String, &str)> = Vec::new();
    for item in &server.items {
        let (name, pointer) = match item.kind {
            ItemKind::Tool | ItemKind::Prompt => (item.key, "/name"),
            ItemKind::ServerInfo => {
                (item.json.get("name").and_then(Json::as_str).unwrap_or_default(), "/name")
            }
            _ => continue,
        };
        if !name.is_ascii() {
            let looks: String = name.chars().flat_map(looks_like).collect();
            let (level, message) = if looks.is_ascii() {
                (Level::Error, format!("the name looks like `{}`", escape(&looks)))
            } else {
                (Level::Warning, "the name has letters outside of ASCII".to_owned())
            };
            found.at(level, item, pointer, message);
        }
        if item.kind == ItemKind::Tool {
            skeletons.push((skeleton(&name.to_lowercase()).collect(), item.key));
            skeletons.push((skeleton(name).collect(), item.key));
        }
    }
    skeletons.sort_unstable();
    for pair in skeletons.windows(2) {
        if let [(a, one), (b, other)] = pair
            && a == b
            && one != other
            && !one.eq_ignore_ascii_case(other)
            && let Some(item) = server.tools().find(|tool| tool.key == *other)
        {
            found.at(
                Level::Error,
                item,
                "/name",
                format!("the name looks like that of the tool `{}`", escape(one)),
            );
        }
    }
}

/// The ASCII that a letter looks like, or the letter.
fn looks_like(c: char) -> Vec<char> {
    if c.is_ascii() {
        return vec![c];
    }
    let plain = crate::lint::plain::look(c);
    if plain.is_empty() { vec![c] } else { plain }
}
