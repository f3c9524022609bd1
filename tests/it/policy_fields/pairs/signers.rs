//! `signers[]`.

use mcpsign_tests::forge::TOOL_MANIFEST;
use serde_json::json;

use super::Pair;

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        // Names are what rules and signers refer to: another one leads to nobody.
        Pair::refused("/signers/0/name", json!("nobody"), "rules[0].signers[0]"),
        Pair::refused("/signers/1/key", json!("review-2025"), "signers[1].key"),
        Pair::denied(
            "/signers/0/identity/issuer",
            json!("https://issuer.example"),
            "identity/issuer-mismatch",
        ),
        Pair::denied(
            "/signers/0/identity/subject",
            json!("https://github.com/acme/notes-mcp/.github/workflows/release.yml@refs/tags/v1.3.0"),
            "identity/subject-mismatch",
        ),
        Pair::denied("/signers/0/kinds", json!(["observer"]), "identity/kind-not-allowed"),
        Pair::denied(
            "/signers/0/predicates",
            json!([TOOL_MANIFEST, "https://slsa.dev/provenance/v1"]),
            "identity/predicate-not-allowed",
        ),
    ]
}
