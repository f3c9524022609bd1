//! PEP 440, and setuptools' rules from before it for versions that are none.

use std::str::FromStr as _;

/// What PEP 440 does not know comes before all that it knows, as `packaging` had it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Legacy(Vec<String>),
    Pep440(Box<pep440_rs::Version>),
}

pub(super) fn parse(text: &str) -> Option<Key> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    Some(match pep440_rs::Version::from_str(text) {
        Ok(version) => Key::Pep440(Box::new(version)),
        Err(_) => Key::Legacy(legacy(text)),
    })
}

/// One text for all spellings of one version: PEP 440 knows several for each.
pub(crate) fn normal(text: &str) -> String {
    match pep440_rs::Version::from_str(text.trim()) {
        Ok(version) => {
            let release = version.release();
            let end = release.iter().rposition(|number| *number != 0).map_or(1, |last| last + 1);
            let release: Vec<u64> = release.iter().take(end).copied().collect();
            version.with_release(release).to_string()
        }
        Err(_) => text.trim().to_ascii_lowercase(),
    }
}

/// `pkg_resources` before PEP 440: numbers padded, words marked, so that texts compare as versions.
fn legacy(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut parts: Vec<String> = Vec::new();
    for part in pieces(&text).into_iter().chain(["final"]) {
        let part = match part {
            "pre" | "preview" | "rc" => "c",
            "-" => "final-",
            "dev" => "@",
            other => other,
        };
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            parts.push(format!("{part:0>8}"));
            continue;
        }
        let part = format!("*{part}");
        if *part < *"*final" {
            while parts.last().is_some_and(|last| last == "*final-") {
                parts.pop();
            }
        }
        while parts.last().is_some_and(|last| last == "00000000") {
            parts.pop();
        }
        parts.push(part);
    }
    parts
}

/// Runs of digits, runs of letters, and dashes.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '0'..='9' => rest.find(|c: char| !c.is_ascii_digit()),
            'a'..='z' => rest.find(|c: char| !c.is_ascii_lowercase()),
            _ => Some(first.len_utf8()),
        };
        let (piece, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        if piece == "-" || first.is_ascii_digit() || first.is_ascii_lowercase() {
            pieces.push(piece);
        }
        rest = after;
    }
    pieces
}
