//! Templates that reach everywhere.

use super::prelude::*;

code! {
    CODE = "lint/wide-templates", Warning, "a resource template reaches the whole file system or any host",
    cause: "what a template takes is chosen by the model, and with it by whoever steers the model",
    cure: "begin the template with the folder or host that is meant",
    tags: ["MCP02", "MCP10", "SAFE-T1105"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for item in server.of(ItemKind::ResourceTemplate) {
            let wide = ["file:///{", "file://{", "http://{", "https://{", "{"]
                .iter()
                .any(|start| item.key.starts_with(start));
            if wide {
                found.at(Level::Warning, item, "/uriTemplate", "the template reaches any file or host");
            }
        }
        for item in server.of(ItemKind::Resource).chain(server.of(ItemKind::ResourceTemplate)) {
            let key = item.key.to_lowercase();
            if ["/../", "/..\\", "%2e%2e", "\\..\\"].iter().any(|up| key.contains(up)) || key.ends_with("/..")
            {
                let pointer = if item.kind == ItemKind::Resource { "/uri" } else { "/uriTemplate" };
                found.at(Level::Warning, item, pointer, "the address climbs out of its folder");
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"resource-template:{"uriTemplate":"file:///{+path}","name":"any"}"#),
            (Level::Warning, r#"resource-template:{"uriTemplate":"https://{host}/x","name":"any"}"#),
            (Level::Warning, r#"resource:{"uri":"file:///a/../../etc/x","name":"up"}"#),
        ],
        passed: &[
            r#"resource-template:{"uriTemplate":"notes://{id}","name":"note"}"#,
            r#"resource-template:{"uriTemplate":"file:///srv/notes/{id}","name":"note"}"#,
        ],
    },
};
