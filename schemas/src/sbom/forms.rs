//! Forms of SBOMs that are known and not read: XML, RDF, YAML, tags and values.

/// Bytes that are looked at: comments and licences of files may stand before the first line that tells.
const HEAD: usize = 8 << 10;

/// In which form an SBOM is that begins so, where it is one that is not read. Taken for any other file it would say that nothing
/// is in it.
pub fn unread_form(start: &[u8]) -> Option<&'static str> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let head = String::from_utf8_lossy(start.get(..HEAD).unwrap_or(start));
    let text = head.trim_start();
    if text.starts_with('<') {
        let forms = [("cyclonedx.org/schema/bom", "CycloneDX as XML"), ("spdx.org/rdf", "SPDX as RDF")];
        return forms.into_iter().find(|(mark, _)| text.contains(mark)).map(|(_, form)| form);
    }
    if text.starts_with(['{', '[']) {
        return None;
    }
    text.lines().find_map(|line| match line.split_once(':')?.0.trim_matches(['"', '\'']) {
        "SPDXVersion" => Some("SPDX as tags and values"),
        "spdxVersion" => Some("SPDX as YAML"),
        "bomFormat" => Some("CycloneDX as YAML"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_first_lines() {
        let rdf = "<rdf:RDF xmlns:spdx=\"http://spdx.org/rdf/terms#\">";
        for (start, form) in [
            (
                "\u{feff}<?xml version=\"1.0\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">",
                Some("CycloneDX as XML"),
            ),
            (rdf, Some("SPDX as RDF")),
            ("# made by a tool\r\nSPDXVersion: SPDX-2.3\r\n", Some("SPDX as tags and values")),
            ("SPDXID: \"SPDXRef-DOCUMENT\"\nspdxVersion: \"SPDX-2.3\"\n", Some("SPDX as YAML")),
            ("<project><modelVersion>4.0.0</modelVersion></project>", None),
            ("{ \"spdxVersion\": \"SPDX-2.3\" }", None),
            ("{\n  \"spdxVersion\": \"SPDX-2.3\"\n}", None),
            ("\u{7f}ELF", None),
            ("", None),
        ] {
            assert_eq!(unread_form(start.as_bytes()), form, "{start}");
        }
    }
}
