//! Evidence files that hold nothing, or something else.

use mcpsign_tests::forge::{Release, npm_tarball, statement};
use serde_json::json;

use crate::Result;
use crate::maker::Maker;

pub(crate) fn evidence(maker: &Maker) -> Result<()> {
    let none = ["signature/no-attestation"];
    for (name, why, content) in [
        ("verify_b05_no_evidence_deny", "B05: no evidence file at all is a denial, not a success.", None),
        (
            "verify_b05_empty_evidence_deny",
            "B05: an empty evidence file holds no attestation.",
            Some(&b""[..]),
        ),
        ("verify_b05_blank_evidence_deny", "B05: white space holds no attestation.", Some(b" \n\t\n\r\n")),
        ("verify_b05_empty_array_deny", "B05: an empty list is no attestation.", Some(b"[]\n")),
    ] {
        let mut case = maker.case(name, why, &none)?;
        case.evidence = content.map(<[u8]>::to_vec);
        maker.write(&case)?;
    }

    let unreadable = ["signature/unreadable-line"];
    let deep = format!("{}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    for (name, why, content) in [
        (
            "verify_b48_deep_json_deny",
            "B48: nesting without end is refused before it is parsed.",
            deep.as_bytes(),
        ),
        (
            "verify_garbage_line_deny",
            "Bytes that are no JSON are an unreadable line.",
            b"\xff\xfe\x00garbage\n",
        ),
        (
            "verify_truncated_line_deny",
            "A line that was cut off is unreadable.",
            b"{\"mediaType\":\"application/vnd",
        ),
    ] {
        let mut case = maker.case(name, why, &unreadable)?;
        case.evidence = Some(content.to_vec());
        maker.write(&case)?;
    }

    let why = "M04: an unsigned provenance laid beside the signed statements is no provenance.";
    let mut case = maker.case("verify_m04_unsigned_provenance_deny", why, &unreadable)?;
    let provenance = statement(
        &Release::honest()?.subjects,
        "https://slsa.dev/provenance/v1",
        &json!({ "buildDefinition": {}, "runDetails": {} }),
    );
    case.evidence.get_or_insert_default().extend_from_slice(format!("{provenance}\n").as_bytes());
    case.require = Some("https://slsa.dev/provenance/v1");
    maker.write(&case)?;

    let why = "The evidence of another release, whole and well signed, beside this artifact.";
    let mut case = maker.case("verify_m01_swapped_evidence_deny", why, &["subject/digest-mismatch"])?;
    case.artifact = npm_tarball("@acme/notes-mcp", "1.4.1")?;
    maker.write(&case)?;

    let why = "M09: one byte of the artifact was changed after it was signed.";
    let mut case = maker.case("verify_m09_tampered_artifact_deny", why, &["subject/digest-mismatch"])?;
    if let Some(last) = case.artifact.last_mut() {
        *last ^= 1;
    }
    case.artifact_name = "acme-notes-mcp.bin";
    maker.write(&case)
}
