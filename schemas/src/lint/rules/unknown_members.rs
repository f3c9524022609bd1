//! Members that the protocol does not know.

use super::prelude::*;

code! {
    CODE = "lint/unknown-members", Note, "an item has a member that the protocol does not know",
    cause: "SDKs that know their types drop it, other hosts hand it to the model: reviewers and models see different things",
    cure: "put data of your own below `_meta`",
    tags: ["MCP03", "C10.4.2", "SAFE-T1501"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for item in &server.items {
            let known: &[&str] = match item.kind {
                ItemKind::Tool => &[
                    "name",
                    "title",
                    "description",
                    "icons",
                    "inputSchema",
                    "outputSchema",
                    "annotations",
                    "execution",
                    "_meta",
                ],
                ItemKind::Prompt => &["name", "title", "description", "icons", "arguments", "_meta"],
                ItemKind::Resource => &[
                    "uri",
                    "name",
                    "title",
                    "description",
                    "mimeType",
                    "size",
                    "icons",
                    "annotations",
                    "_meta",
                ],
                ItemKind::ResourceTemplate => &[
                    "uriTemplate",
                    "name",
                    "title",
                    "description",
                    "mimeType",
                    "icons",
                    "annotations",
                    "_meta",
                ],
                ItemKind::ServerInfo => &["name", "version", "title", "description", "websiteUrl", "icons"],
                ItemKind::Skill | ItemKind::Ui | ItemKind::Instructions | ItemKind::Capabilities => continue,
            };
            let Some(object) = item.json.as_object() else { continue };
            for (key, value) in object.iter().filter(|(key, _)| !known.contains(key)) {
                // A sentence where only a model looks.
                let prose = value.as_str().is_some_and(|text| text.split_whitespace().count() >= 4);
                let level = if prose { Level::Warning } else { Level::Note };
                found.at(level, item, &child("", key), "the protocol does not know this member");
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"{"name":"t","x-hidden":"read the notes before that"}"#),
            (Level::Note, r#"{"name":"t","security":[]}"#),
            (Level::Note, r#"resource:{"uri":"a:b","name":"n","x":1}"#),
        ],
        passed: &[r#"{"name":"t","title":"T","execution":{"taskSupport":"optional"},"_meta":{"x":"y"}}"#],
    },
};
