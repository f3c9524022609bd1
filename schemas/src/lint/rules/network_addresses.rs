//! Hosts that no description needs.

use super::prelude::*;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

code! {
    CODE = "lint/network-addresses", Warning, "a text names a host by number or one inside the network",
    cause: "metadata services hand out credentials, numbers hide who is meant, and private hosts are the user's",
    cure: "name public hosts by name, and let the user configure others",
    tags: ["MCP03", "MCP10", "SAFE-T1801"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Fetches http://169.254.169.254/latest/meta-data/"),
            (Level::Error, "Asks http://metadata.google.internal/computeMetadata/v1/"),
            (Level::Warning, "Sends it to http://203.0.113.9/collect"),
            (Level::Warning, "https://[2001:db8::1]/x"),
            (Level::Note, "Connects to http://localhost:3000"),
            (Level::Note, "Default: http://192.168.1.10/api"),
        ],
        passed: &[
            "Fetches https://docs.example.com/",
            "Version 1.2.3.4",
            "Any URL, e.g. https://example.org:8443/x",
        ],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    static METADATA: LazyLock<Regex> = LazyLock::new(|| {
        fixed(
            r"\b169\.254\.169\.254\b|\b169\.254\.170\.2\b|metadata\.google\.internal|\bfd00:ec2::254\b|\b100\.100\.100\.200\b|0xa9fea9fe|\b2852039166\b",
        )
    });
    static HOST: LazyLock<Regex> = LazyLock::new(|| {
        fixed(r"\b(?:https?|wss?|ftp|tcp)://(?:[^\s/@?#]{0,64}@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)")
    });
    for (item, text) in server.texts() {
        let folded = &text.plain.folded;
        let at = |range| text.plain.in_folded(&text.raw, range);
        if let Some(seen) = METADATA.find(folded) {
            found.text(
                Level::Error,
                (item, text),
                at(seen.range()),
                "the text names a cloud's metadata service",
            );
        }
        for seen in HOST.captures_iter(folded) {
            let Some(host) = seen.get(1) else { continue };
            if let Some((level, message)) = judge(host.as_str()) {
                found.text(level, (item, text), at(host.range()), message);
            }
        }
    }
}

fn judge(host: &str) -> Option<(Level, &'static str)> {
    let private = (Level::Note, "the text names a host inside the user's network");
    let numeric = (Level::Warning, "the text names a host by number");
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        let inside = address.is_private() || address.is_loopback() || address.is_unspecified();
        return Some(if inside { private } else { numeric });
    }
    if host.starts_with('[') {
        return Some(if host == "[::1]" { private } else { numeric });
    }
    let digits = !host.is_empty() && host.chars().all(|c| c.is_ascii_digit());
    let hex = host.strip_prefix("0x").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit()));
    if digits || hex {
        return Some(numeric);
    }
    let inside = [".local", ".internal", ".lan", ".corp", ".home.arpa", ".localhost"];
    (host == "localhost" || inside.iter().any(|end| host.ends_with(end))).then_some(private)
}
