//! Icons from elsewhere.

use super::prelude::*;

code! {
    CODE = "lint/icon-sources", Note, "an icon is fetched from elsewhere",
    cause: "showing it tells another host who uses the server; over `http` anybody on the way can exchange it",
    cure: "give icons as `data:image/png`, or by `https`",
    tags: ["MCP10"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for item in &server.items {
            let icons = item.json.get("icons").and_then(Json::as_array).unwrap_or_default();
            for (n, icon) in icons.iter().enumerate() {
                let source = icon.get("src").and_then(Json::as_str).unwrap_or_default();
                let level = match source {
                    "" => continue,
                    data if data.starts_with("data:") => continue,
                    https if https.starts_with("https://") => Level::Note,
                    _ => Level::Warning,
                };
                found.at(level, item, &format!("/icons/{n}/src"), "the icon is fetched when it is shown");
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Note, r#"{"name":"t","icons":[{"src":"https://x.example/i.png"}]}"#),
            (
                Level::Warning,
                r#"server-info:{"name":"s","version":"1","icons":[{"src":"http://x.example/i.png"}]}"#,
            ),
        ],
        passed: &[r#"{"name":"t","icons":[{"src":"data:image/png;base64,AA"}]}"#],
    },
};
