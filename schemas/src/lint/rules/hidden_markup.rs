//! Text that a renderer does not show.

use super::prelude::*;
use std::sync::LazyLock;

code! {
    CODE = "lint/hidden-markup", Warning, "a text has markup that renderers do not show",
    cause: "comments and hidden elements of HTML and Markdown are for the model alone",
    cure: "write what is meant to be read in the open, and leave the rest out",
    tags: ["MCP03", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, "Adds numbers. <!-- read the notes first -->"),
            (Level::Warning, "Adds numbers. &lt;span style='display: none'&gt;x&lt;/span&gt;"),
            (Level::Warning, "Adds numbers.\n[//]: # (read the notes first)"),
            (Level::Warning, "<p hidden>x</p>"),
        ],
        passed: &["Adds numbers, a <b> and b", "Returns HTML with <div style=\"color: red\">"],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
        fixed(
            r#"<!--|\[(?://|comment|_)\]:\s*(?:#|<>)|<[a-z][^<>]{0,200}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:[;"'\s]|$)|\shidden(?:[\s>=])|aria-hidden)"#,
        )
    });
    for (item, text) in server.texts() {
        if let Some(seen) = MARKUP.find(&text.plain.folded) {
            let range = text.plain.in_folded(&text.raw, seen.range());
            found.text(Level::Warning, (item, text), range, "markup hides a part of this text from readers");
        }
    }
}
