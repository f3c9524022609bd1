//! Servers that are called nearly like a well-known one.

use super::prelude::*;

code! {
    CODE = "lint/impersonation", Warning, "the server is called nearly like a well-known vendor",
    cause: "names are the server's own claim; one letter off is how typosquats begin",
    cure: "if it is theirs, a policy can say who signs for that name; if it is not, do not use it",
    tags: ["MCP04", "MCP09", "SAFE-T1004"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for item in server.of(ItemKind::ServerInfo) {
            let Some(own) = item.json.get("name").and_then(Json::as_str) else { continue };
            for word in name::words(own) {
                if VENDORS.contains(&word.as_str()) {
                    found.at(
                        Level::Note,
                        item,
                        "/name",
                        "the server's name is a vendor's; who signed it says whether it is theirs",
                    );
                } else if let Some(vendor) =
                    VENDORS.iter().find(|vendor| vendor.len() >= 5 && name::one_edit_apart(vendor, &word))
                    && !WORDS.contains(&word.as_str())
                {
                    found.at(
                        Level::Warning,
                        item,
                        "/name",
                        format!("the server's name is one letter away from `{vendor}`"),
                    );
                }
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"server-info:{"name":"githb-mcp","version":"1"}"#),
            (Level::Warning, r#"server-info:{"name":"postmrak","version":"1"}"#),
            (Level::Note, r#"server-info:{"name":"stripe-mcp","version":"1"}"#),
        ],
        passed: &[
            r#"server-info:{"name":"mcp-git","version":"1"}"#,
            r#"server-info:{"name":"secure-filesystem-server","version":"1"}"#,
            r#"server-info:{"name":"notes","version":"1"}"#,
        ],
    },
};

/// Vendors whose servers are used most, and those that were imitated.
pub(super) const VENDORS: &[&str] = &[
    "anthropic",
    "asana",
    "atlassian",
    "auth0",
    "azure",
    "cloudflare",
    "confluence",
    "databricks",
    "datadog",
    "dropbox",
    "elastic",
    "figma",
    "firebase",
    "github",
    "gitlab",
    "google",
    "grafana",
    "heroku",
    "hubspot",
    "intercom",
    "jira",
    "linear",
    "microsoft",
    "mongodb",
    "netlify",
    "notion",
    "openai",
    "oura",
    "paypal",
    "playwright",
    "postmark",
    "salesforce",
    "sentry",
    "shopify",
    "slack",
    "snowflake",
    "stripe",
    "supabase",
    "telegram",
    "twilio",
    "vercel",
    "whatsapp",
    "zapier",
];
/// Words that are one letter away from a vendor.
const WORDS: &[&str] = &[
    "slacks", "sentries", "stripes", "strips", "black", "entry", "linears", "motion", "notions", "gentry",
    "elastics", "stripy", "string", "strip", "clack", "snack", "stack", "flack", "lack", "slick",
];
