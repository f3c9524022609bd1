//! `mcp-name: NAME` in a description: how a Python package or a crate claims its name in the MCP registry.

use std::collections::BTreeSet;

/// Every name that `text` states. The registry takes any of them; white space must follow the colon there, so that
/// what needs none is none.
pub fn mcp_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find("mcp-name:") {
        let before = &rest[..at];
        let stands_apart =
            before.ends_with("--") || !before.ends_with(|c: char| c.is_alphanumeric() || c == '-');
        rest = &rest[at + "mcp-name:".len()..];
        let name = rest.strip_prefix(' ').map(|text| text.trim_start_matches(' ')).unwrap_or_default();
        let end =
            name.find(|c: char| !(c.is_ascii_alphanumeric() || "./_-".contains(c))).unwrap_or(name.len());
        // The end of a sentence or of a comment is not the name's.
        let name = name[..end].trim_end_matches(['.', '-']);
        if stands_apart && is_server_name(name) {
            names.insert(name.to_owned());
        }
    }
    names
}

/// `reverse.dns/name`, as the registry's schema wants them.
fn is_server_name(text: &str) -> bool {
    let Some((namespace, name)) = text.split_once('/') else { return false };
    text.len() <= 200
        && !namespace.is_empty()
        && !name.is_empty()
        && !namespace.contains('_')
        && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_descriptions_state_them() {
        for (text, expected) in [
            ("mcp-name: io.github.acme/git", &["io.github.acme/git"][..]),
            ("<!-- mcp-name: io.github.acme/git -->", &["io.github.acme/git"]),
            ("<!--mcp-name: io.github.acme/git-->", &["io.github.acme/git"]),
            ("`mcp-name: a/b` and mcp-name: c/d.", &["a/b", "c/d"]),
            ("mcp-name: a/b\nmcp-name:  a/b", &["a/b"]),
            (
                "xmcp-name: a/b, mcp-name:a/b, mcp-name: a, mcp-name: a/b/c, mcp-name:\na/b, MCP-Name: a/b",
                &[],
            ),
            ("", &[]),
        ] {
            let expected: BTreeSet<String> = expected.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(mcp_names(text), expected, "{text}");
        }
    }
}
