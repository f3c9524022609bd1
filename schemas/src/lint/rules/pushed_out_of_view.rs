//! Text behind so much space that no window shows it.

use super::prelude::*;
use std::sync::LazyLock;

code! {
    CODE = "lint/pushed-out-of-view", Warning, "a text goes on behind a long stretch of white space",
    cause: "approval dialogs cut or scroll, and a model reads to the end: the WhatsApp takeover hid its message to the right of the window",
    cure: "write the text without the gap",
    tags: ["MCP03", "SAFE-T1401", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Warning,
                "Adds.                                                                                  Then more",
            ),
            (Level::Warning, "Adds.\n\n\n\n\n\n\n\n\n\n\n\n\n\nThen more"),
            (Level::Warning, "Adds.\u{2800}\u{2800}\u{2800}\u{2800}\u{2800}\u{2800}\u{2800}\u{2800}more"),
        ],
        passed: &[
            "Example:\n\n\n    {\n                \"a\": 1\n    }",
            "Adds.\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
        ],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    // Wider than a window, higher than a dialog; blanks that are no white space have no business here at all.
    static GAP: LazyLock<Regex> = LazyLock::new(|| {
        fixed(
            r"([ \t\u{a0}\u{2000}-\u{200a}\u{3000}]{64,}|(\n[ \t\r]*){12,}|[\u{2800}\u{3164}\u{ffa0}]{8,})\S",
        )
    });
    for (item, text) in server.written() {
        if let Some(gap) = GAP.find(&text.raw) {
            found.text(
                Level::Warning,
                (item, text),
                gap.end() - 1..gap.end(),
                "the text goes on behind a gap",
            );
        }
    }
}
