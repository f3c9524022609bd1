//! Tokens and keys in what is published.

use super::prelude::*;
use crate::secret;

code! {
    CODE = "lint/secrets", Error, "a text holds what looks like a token or key",
    cause: "defaults and examples are taken from working configurations, and whatever a server shows is public",
    cure: "revoke it, and write an example that is none",
    tags: ["MCP01"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for (item, text) in server.texts() {
            if let Some(what) = secret::shape(&text.raw) {
                found.text(Level::Error, (item, text), 0..0, format!("the text holds {what}"));
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            // Put together here, so that no scanner takes this file for a leak.
            (Level::Error, concat!("Use gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")),
            (
                Level::Error,
                concat!(
                    r#"{"name":"t","inputSchema":{"type":"object","properties":{"key":{"default":"AK"#,
                    r#"IAQ3EGZX7TPW2MNB5K"}}}}"#
                ),
            ),
        ],
        passed: &["A GitHub token (ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx)", "AKIAIOSFODNN7EXAMPLE"],
    },
};
