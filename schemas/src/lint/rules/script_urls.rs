//! Addresses that are programs.

use super::prelude::*;
use std::sync::LazyLock;

code! {
    CODE = "lint/script-urls", Error, "an address is a program",
    cause: "`javascript:` and `data:` addresses of HTML or SVG run in the host that shows them",
    cure: "link to a page by `https:`, and give icons as PNG",
    tags: ["MCP03", "MCP05", "SAFE-T1101"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "See [the help](javascript:alert(1))"),
            (Level::Error, "See data:text/html;base64,PHNjcmlwdD4="),
            (Level::Error, r#"server-info:{"name":"a","version":"1","websiteUrl":"JaVa\tScript:alert(1)"}"#),
            (Level::Error, "Open the page at a:$(cmd.exe /c whoami > c:\\temp\\p.txt)?response_type=code"),
            (Level::Error, r#"{"name":"t","icons":[{"src":"data:image/svg+xml,<svg onload='x()'/>"}]}"#),
            (Level::Warning, r#"{"name":"t","icons":[{"src":"data:image/svg+xml;base64,PHN2Zy8+"}]}"#),
        ],
        passed: &[
            "Runs javascript: the language",
            "Navigating to javascript:, data:, or vbscript: URLs is disallowed.",
            "https://example.com/?u=data",
            r#"{"name":"t","icons":[{"src":"data:image/png;base64,AA"}]}"#,
        ],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    // Browsers drop white space inside the scheme; of the language people write "JavaScript: the …".
    static SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
        fixed(concat!(
            r#"(?:^|[\s("'<=`])(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:[^\s,;.)"'`]"#,
            // A shell takes what stands in brackets for a command: mcp-remote opened such an address.
            r"|\b[a-z][a-z0-9+.-]{0,20}:(?://[^\s]{0,80})?\$\(",
            r"|\bdata:\s*(?:text/html|application/xhtml\+xml|(?:text|application)/(?:java|ecma)script)",
            r"|\bdata:image/svg\+xml[^\s]*(?:<|%3c)[^\n]*(?:script|\son[a-z]+\s*=|%20on[a-z]+)",
        ))
    });
    static IMAGE: LazyLock<Regex> = LazyLock::new(|| fixed(r"\bdata:image/svg\+xml"));
    for (item, text) in server.texts() {
        for (level, pattern) in [(Level::Error, &SCRIPT), (Level::Warning, &IMAGE)] {
            if let Some(seen) = pattern.find(&text.plain.folded) {
                let range = text.plain.in_folded(&text.raw, seen.range());
                found.text(
                    level,
                    (item, text),
                    range,
                    "the address runs, or can run, in the host that shows it",
                );
            }
        }
    }
}
