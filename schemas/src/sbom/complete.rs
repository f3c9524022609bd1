//! What SBOMs say of their own completeness.

use crate::canonical::Json;

use super::read::list;

/// Whether a document says that all that its root depends on is listed. Only CycloneDX has a word for that; silence is none.
pub fn says_complete(json: &Json) -> bool {
    let root = json.get("metadata").and_then(|metadata| metadata.get("component"));
    let Some(root) = root.and_then(|root| root.get("bom-ref")) else { return false };
    list(json, "compositions").unwrap_or_default().iter().any(|composition| {
        composition.get("aggregate").and_then(Json::as_str) == Some("complete")
            && list(composition, "dependencies").unwrap_or_default().contains(root)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    #[test]
    fn b63_only_a_root_that_is_called_complete_is() {
        let with = |compositions: &str| {
            let text = format!(
                r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{{"bom-ref":"root"}}}},"compositions":[{compositions}]}}"#
            );
            says_complete(&Json::parse(text.as_bytes(), Limits::bytes(4096)).unwrap())
        };
        assert!(with(r#"{"aggregate":"unknown"},{"aggregate":"complete","dependencies":["a","root"]}"#));
        for no in [
            "",
            r#"{"aggregate":"complete"}"#,
            r#"{"aggregate":"complete","dependencies":["a"]}"#,
            r#"{"aggregate":"complete","assemblies":["root"]}"#,
            r#"{"aggregate":"incomplete","dependencies":["root"]}"#,
        ] {
            assert!(!with(no), "{no}");
        }
    }
}
