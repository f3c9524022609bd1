//! `spec/report.md` documents every code, in the words of the table.

use std::fmt::Write as _;

use mcpsign_schemas::code::Code;

const OPEN: &str = "<!-- codes: made from schemas/src/code by the test `codes`; do not edit by hand -->\n";
const CLOSE: &str = "<!-- /codes -->\n";

/// `MCPSIGN_BLESS=1 cargo test -p mcpsign-schemas --test codes` writes the section anew.
#[test]
fn every_code_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/report.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(OPEN).expect("the section begins");
    let (written, after) = rest.split_once(CLOSE).expect("the section ends");
    let section = section();
    if std::env::var_os("MCPSIGN_BLESS").is_some() {
        std::fs::write(path, format!("{before}{OPEN}{section}{CLOSE}{after}")).unwrap();
    } else {
        assert!(written == section, "spec/report.md is stale: run this test with MCPSIGN_BLESS=1");
    }
}

fn section() -> String {
    let mut out = String::new();
    for code in Code::all() {
        let level = format!("{:?}", code.level).to_lowercase();
        let _ = write!(
            out,
            "\n### `{}`\n\n{} ({level}). {}\n\n- Cause: {}.\n- Cure: {}.\n",
            code.id,
            capitalised(code.title),
            code.tags.iter().map(|tag| format!("`{tag}`")).collect::<Vec<_>>().join(" "),
            code.cause,
            code.cure,
        );
    }
    out.push('\n');
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
