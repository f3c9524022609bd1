//! Pages that talk to others.

use super::prelude::*;

code! {
    CODE = "lint/ui-origins", Note, "a page of the server may load from, send to or ask for more than itself",
    cause: "`_meta.ui` opens the sandbox of a page that runs in the host: to other origins, to frames, to camera and clipboard",
    cure: "name the origins that the page needs by their whole `https` origin, and no more",
    tags: ["MCP02", "MCP10", "SAFE-T1901"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Note,
                r#"{"name":"t","_meta":{"ui":{"csp":{"connectDomains":["https://api.example"]}}}}"#,
            ),
            (Level::Warning, r#"{"name":"t","_meta":{"ui":{"csp":{"connectDomains":["*"]}}}}"#),
            (
                Level::Warning,
                r#"resource:{"uri":"ui://a","name":"a","_meta":{"ui":{"csp":{"resourceDomains":["http://cdn.example"]}}}}"#,
            ),
            (Level::Warning, r#"{"name":"t","_meta":{"ui":{"permissions":{"camera":{}}}}}"#),
            (Level::Warning, r#"{"name":"t","_meta":{"ui":{"resourceUri":"https://x.example/app.html"}}}"#),
        ],
        passed: &[
            r#"{"name":"t","_meta":{"ui":{"resourceUri":"ui://notes/list","csp":{"connectDomains":[]}}}}"#,
        ],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    for item in &server.items {
        let meta = item.json.get("_meta");
        let Some(ui) = meta.and_then(|meta| meta.get("ui")) else { continue };
        if let Some(Json::Object(csp)) = ui.get("csp") {
            for (list, domains) in csp.iter() {
                for (n, domain) in domains.as_array().unwrap_or_default().iter().enumerate() {
                    let domain = domain.as_str().unwrap_or_default();
                    let wide = domain.contains('*')
                        || !(domain.starts_with("https://") || domain.starts_with("wss://"));
                    let level = if wide { Level::Warning } else { Level::Note };
                    let pointer = format!("{}/{n}", child("/_meta/ui/csp", list));
                    found.at(level, item, &pointer, "the page may load from or send to another origin");
                }
            }
        }
        if let Some(Json::Object(permissions)) = ui.get("permissions") {
            for (permission, _) in permissions.iter() {
                let pointer = child("/_meta/ui/permissions", permission);
                found.at(Level::Warning, item, &pointer, "the page asks for a permission of the browser");
            }
        }
        let page = ui.get("resourceUri").and_then(Json::as_str);
        if page.is_some_and(|uri| !uri.starts_with("ui://")) {
            found.at(
                Level::Warning,
                item,
                "/_meta/ui/resourceUri",
                "the page is none of the server's `ui://` resources",
            );
        }
    }
}
