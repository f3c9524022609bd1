//! What published tokens and keys look like.

use std::sync::LazyLock;

use regex::Regex;

/// What a text holds that looks like a secret, in words of ours.
pub fn shape(text: &str) -> Option<&'static str> {
    // Most texts are names and words.
    if text.len() < SHORTEST {
        return None;
    }
    if has_private_key(text) {
        return Some("what looks like a private key");
    }
    STARTS.find_iter(text).find_map(|start| {
        let shape = SHAPES.iter().find(|shape| shape.start == start.as_str())?;
        shape.is_at(text, start.start()).then_some(shape.is)
    })
}

/// Where any of them may start, in one search: most texts have none. A start that overlaps one before it stands inside a word,
/// where no token starts.
#[allow(clippy::expect_used, reason = "made of the constants below")]
static STARTS: LazyLock<Regex> = LazyLock::new(|| {
    let starts: Vec<String> = SHAPES.iter().map(|shape| regex::escape(shape.start)).collect();
    Regex::new(&starts.join("|")).expect("an expression")
});

/// A published form of tokens: how it starts, and what follows.
struct Shape {
    start: &'static str,
    /// Characters that follow at the least.
    min: usize,
    /// Characters that follow at the most.
    max: usize,
    /// Whether `-` and `_` are among them.
    dashes: bool,
    is: &'static str,
}

const MANY: usize = 1024;

const SHAPES: &[Shape] = &[
    Shape { start: "github_pat_", min: 36, max: MANY, dashes: true, is: "what looks like a GitHub token" },
    Shape { start: "ghp_", min: 36, max: MANY, dashes: false, is: "what looks like a GitHub token" },
    Shape { start: "gho_", min: 36, max: MANY, dashes: false, is: "what looks like a GitHub token" },
    Shape { start: "ghu_", min: 36, max: MANY, dashes: false, is: "what looks like a GitHub token" },
    Shape { start: "ghs_", min: 36, max: MANY, dashes: true, is: "what looks like a GitHub token" },
    Shape { start: "ghr_", min: 36, max: MANY, dashes: false, is: "what looks like a GitHub token" },
    Shape { start: "glpat-", min: 20, max: MANY, dashes: true, is: "what looks like a GitLab token" },
    Shape { start: "npm_", min: 36, max: 36, dashes: false, is: "what looks like an npm token" },
    Shape { start: "pypi-AgE", min: 50, max: MANY, dashes: true, is: "what looks like a PyPI token" },
    Shape {
        start: "sk-",
        min: 32,
        max: MANY,
        dashes: true,
        is: "what looks like an API key of a model provider",
    },
    Shape { start: "AKIA", min: 16, max: 16, dashes: false, is: "what looks like an AWS access key" },
    Shape { start: "ASIA", min: 16, max: 16, dashes: false, is: "what looks like an AWS access key" },
    Shape { start: "AIza", min: 35, max: 35, dashes: true, is: "what looks like a Google API key" },
    Shape { start: "xoxb-", min: 20, max: MANY, dashes: true, is: "what looks like a Slack token" },
    Shape { start: "xoxp-", min: 20, max: MANY, dashes: true, is: "what looks like a Slack token" },
    Shape { start: "xoxa-", min: 20, max: MANY, dashes: true, is: "what looks like a Slack token" },
    Shape { start: "xoxr-", min: 20, max: MANY, dashes: true, is: "what looks like a Slack token" },
    Shape { start: "xoxs-", min: 20, max: MANY, dashes: true, is: "what looks like a Slack token" },
    Shape { start: "xapp-", min: 40, max: MANY, dashes: true, is: "what looks like a Slack token" },
    Shape { start: "hf_", min: 34, max: 40, dashes: false, is: "what looks like a Hugging Face token" },
    Shape {
        start: "gsk_",
        min: 40,
        max: MANY,
        dashes: false,
        is: "what looks like an API key of a model provider",
    },
    Shape {
        start: "xai-",
        min: 64,
        max: MANY,
        dashes: false,
        is: "what looks like an API key of a model provider",
    },
    Shape { start: "sk_live_", min: 24, max: MANY, dashes: false, is: "what looks like a Stripe key" },
    Shape { start: "rk_live_", min: 24, max: MANY, dashes: false, is: "what looks like a Stripe key" },
    Shape { start: "dop_v1_", min: 64, max: 64, dashes: false, is: "what looks like a DigitalOcean token" },
    Shape { start: "ntn_", min: 40, max: MANY, dashes: false, is: "what looks like a Notion token" },
    Shape { start: "figd_", min: 36, max: MANY, dashes: true, is: "what looks like a Figma token" },
    Shape { start: "lin_api_", min: 40, max: 40, dashes: false, is: "what looks like a Linear API key" },
    Shape { start: "sbp_", min: 40, max: 40, dashes: false, is: "what looks like a Supabase token" },
];

/// Bytes of the shortest text that holds any of them; a private key has more.
const SHORTEST: usize = {
    let (mut shortest, mut at) = (usize::MAX, 0);
    while at < SHAPES.len() {
        let whole = SHAPES[at].start.len() + SHAPES[at].min;
        if whole < shortest {
            shortest = whole;
        }
        at += 1;
    }
    shortest
};

impl Shape {
    /// Whether one is at the byte `at`, where its start is.
    fn is_at(&self, text: &str, at: usize) -> bool {
        let body = |c: char| c.is_ascii_alphanumeric() || (self.dashes && matches!(c, '-' | '_'));
        let follows = &text[at + self.start.len()..];
        let body = &follows[..follows.find(|c| !body(c)).unwrap_or(follows.len())];
        let apart = !text[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        apart && (self.min..=self.max).contains(&body.len()) && is_random(body)
    }
}

/// Documentation has `ghp_xxxxxxxx…`, `sk-your-secret-key-goes-in-here-please` and AWS's `AKIAIOSFODNN7EXAMPLE`; what a
/// service issues has a digit and many different characters.
fn is_random(body: &str) -> bool {
    let mut seen: Vec<char> = body.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() >= 10
        && body.contains(|c: char| c.is_ascii_digit())
        && !body.to_ascii_uppercase().ends_with("EXAMPLE")
}

/// The heading alone is what a description says of the format; with a line of base64 under it, it is a key.
fn has_private_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, start)| {
        let rest = &text[at + start.len()..];
        let Some((label, rest)) = rest.split_once("-----") else { return false };
        let body = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\\' || c == 'n');
        let line = body
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
            .unwrap_or(body.len());
        label.ends_with("PRIVATE KEY") && line >= 48 && is_random(&body[..line])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_shape_and_examples_are_none() {
        // Put together here, so that no scanner takes this file for a leak.
        let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
        for token in [
            format!("ghp_{random}"),
            format!("use github_pat_{random}_{random} please"),
            format!("npm_{random}"),
            format!("sk-ant-api03-{random}"),
            format!("AKIA{}", "Q3EGZX7TPW2MNB5K"),
            format!("xoxb-{}-{random}", 1_234_567),
            format!("hf_{}", &random[..34]),
            format!("sk_live_{random}"),
            format!("dop_v1_{}", "0123456789abcdef".repeat(4)),
            format!("figd_{random}-{random}"),
            format!("lin_api_{random}wxyz"),
            format!("-----BEGIN EC PRIVATE KEY-----\n{random}{random}\n-----END"),
            format!("-----BEGIN PRIVATE KEY-----\\n{random}{random}"),
        ] {
            assert!(shape(&token).is_some(), "{token}");
        }
        for text in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
            "ghp_short1234567890".to_owned(),
            format!("xghp_{random}"),
            "sk-your-secret-key-goes-in-here-please-do-it".to_owned(),
            "fa-sk-fading-circle".to_owned(),
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            format!("npm_{random}x"),
            format!("sk_test_{random}"),
            "hf_hub_download_of_a_model_from_the_hub".to_owned(),
            "a PEM file (-----BEGIN PRIVATE KEY-----) of the server".to_owned(),
            format!("-----BEGIN PUBLIC KEY-----\n{random}{random}"),
            "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
                .to_owned(),
        ] {
            assert!(shape(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_shortest_token_alone_is_known() {
        let token = format!("AKIA{}", "Q3EGZX7TPW2MNB5K");
        assert_eq!(token.len(), SHORTEST);
        assert!(shape(&token).is_some() && shape(&token[1..]).is_none());
    }
}
