//! Tools of one server that are easily taken for each other.

use super::prelude::*;
use std::collections::BTreeMap;

code! {
    CODE = "lint/similar-names", Warning, "two tools have nearly the same name",
    cause: "hosts that fold case or dashes take them for one; one letter of difference is overlooked",
    cure: "give them names that differ in more",
    tags: ["MCP03", "SAFE-T1004", "SAFE-T1405"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"[{"name":"read_file"},{"name":"readFile"}]"#),
            (Level::Warning, r#"[{"name":"Read-file"},{"name":"read_file"}]"#),
            (Level::Note, r#"[{"name":"send_mail"},{"name":"send_mali"}]"#),
        ],
        passed: &[
            r#"[{"name":"read_file"},{"name":"read_files"}]"#,
            r#"[{"name":"get_a"},{"name":"get_b"}]"#,
            r#"[{"name":"read_file"},{"name":"write_file"}]"#,
        ],
    },
};

/// Below, one letter is most of a word.
const LONG: usize = 6;
/// Pairs compared letter by letter at the most: those of a thousand tools.
const MAX_PAIRS: usize = 500_000;

fn check(server: &Server<'_>, found: &mut Found) {
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for tool in server.tools() {
        if let Some(other) = folded.insert(name::bare(tool.key), tool.key) {
            let message = format!("but for case and dashes, the name is that of `{}`", escape(other));
            found.at(Level::Warning, tool, "/name", message);
        }
    }
    let tools: Vec<&Item<'_>> = server.tools().collect();
    let pairs = tools
        .iter()
        .enumerate()
        .flat_map(|(at, one)| tools.iter().skip(at + 1).map(move |other| (one, other)));
    for (one, other) in pairs.take(MAX_PAIRS) {
        let near = one.key.len().abs_diff(other.key.len()) <= 1 && one.key.len() >= LONG;
        if near && name::one_edit_apart(one.key, other.key) && !is_series(one.key, other.key) {
            let message = format!("the name is one letter away from `{}`", escape(one.key));
            found.at(Level::Note, other, "/name", message);
        }
    }
}

/// Singular and plural, numbers, and words of one letter differ on purpose.
fn is_series(a: &str, b: &str) -> bool {
    let plural = |one: &str, other: &str| one.strip_suffix('s') == Some(other);
    let (a_words, b_words) = (name::words(a), name::words(b));
    let short = |words: &[String], others: &[String]| {
        words.iter().zip(others).any(|(word, other)| {
            word != other && (word.len() < 3 || plural(word, other) || plural(other, word))
        })
    };
    let digits = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    digits(a) == digits(b) || (a_words.len() == b_words.len() && short(&a_words, &b_words))
}
