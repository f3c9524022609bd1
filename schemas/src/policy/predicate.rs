//! When a predicate type answers a requirement that names another spelling of it.

use crate::statement::predicate_type::{CYCLONEDX, SPDX_2_3, SPDX_3, is_sbom};

/// Whether a statement of type `found` is what a policy means by `named`: the same type byte for byte, or an SBOM in
/// the same format under another of its predicate types.
pub fn is_same_predicate(named: &str, found: &str) -> bool {
    named == found || matches!((sbom_format(named), sbom_format(found)), (Some(a), Some(b)) if a == b)
}

#[derive(PartialEq, Eq)]
enum Format {
    CycloneDx,
    Spdx,
}

fn sbom_format(uri: &str) -> Option<Format> {
    match uri {
        CYCLONEDX => Some(Format::CycloneDx),
        SPDX_2_3 | SPDX_3 => Some(Format::Spdx),
        other if is_sbom(other) && other.starts_with(CYCLONEDX) => Some(Format::CycloneDx),
        other if is_sbom(other) => Some(Format::Spdx),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b04_only_sboms_have_other_spellings() {
        assert!(is_same_predicate("https://cyclonedx.org/bom", "https://cyclonedx.org/bom/v1.6"));
        assert!(is_same_predicate("https://spdx.dev/Document", "https://spdx.dev/Document/v2.3"));
        assert!(is_same_predicate("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v1"));
        for (named, found) in [
            ("https://cyclonedx.org/bom", "https://spdx.dev/Document/v3"),
            ("https://cyclonedx.org/bom", "https://cyclonedx.org/bom/"),
            ("https://cyclonedx.org/bom", "https://CycloneDX.org/bom"),
            ("https://cyclonedx.org/bom", "https://cyclonedx.org/bombast"),
            ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"),
            ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v1/"),
        ] {
            assert!(!is_same_predicate(named, found), "{named} {found}");
        }
    }
}
