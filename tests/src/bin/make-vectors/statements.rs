//! Statements that do not say what they must.

use mcpsign_tests::forge::{Release, jcs, sha256, statement};
use serde_json::json;

use crate::Result;
use crate::maker::Maker;

pub(crate) fn statements(maker: &Maker) -> Result<()> {
    let malformed = ["signature/statement-malformed"];
    let honest = Release::honest()?;
    let text = String::from_utf8(jcs(&honest.manifest_statement()))?;
    let doubled = text.replacen("\"kind\":\"publisher\"", "\"kind\":\"observer\",\"kind\":\"publisher\"", 1);
    let escaped =
        text.replacen("\"kind\":\"publisher\"", "\"k\\u0069nd\":\"observer\",\"kind\":\"publisher\"", 1);
    let inexact = text.replacen("\"title\"", "\"minimum\":9007199254740993,\"title\"", 1);
    let mut bogus = honest.manifest_statement();
    bogus["_type"] = json!("https://in-toto.io/Statement/v2");
    let mut old = honest.manifest_statement();
    old["_type"] = json!("https://in-toto.io/Statement/v0.1");
    for (name, why, payload) in [
        (
            "verify_b21_duplicate_key_deny",
            "B21: a key that stands twice in the predicate.",
            doubled.into_bytes(),
        ),
        (
            "verify_b21_duplicate_key_escaped_deny",
            "B21: the same, once with an escape.",
            escaped.into_bytes(),
        ),
        (
            "verify_m05_inexact_number_deny",
            "M05: a number that readers would read differently.",
            inexact.into_bytes(),
        ),
        ("verify_statement_type_unknown_deny", "Another `_type`.", jcs(&bogus)),
        ("verify_statement_type_old_deny", "A statement of ours must be a Statement v1.", jcs(&old)),
        ("verify_payload_not_json_deny", "A signed payload that is no JSON.", b"not json".to_vec()),
    ] {
        let mut case = maker.case(name, why, &malformed)?;
        case.evidence = Some(format!("{}\n", maker.key.bundle(&payload)?).into_bytes());
        maker.write(&case)?;
    }

    let missing = ["manifest/missing"];
    for (name, why, predicate_type) in [
        (
            "verify_b04_wrong_predicate_type_deny",
            "B04: a good signature over another type of claim.",
            "https://example.com/x",
        ),
        (
            "verify_b04_predicate_type_case_deny",
            "B04: types are compared byte for byte.",
            "https://mcpsign.dev/Tool-Manifest/v1",
        ),
        (
            "verify_b04_predicate_type_slash_deny",
            "B04: a trailing slash is another type.",
            "https://mcpsign.dev/tool-manifest/v1/",
        ),
    ] {
        let mut case = maker.case(name, why, &missing)?;
        let release = Release::honest()?;
        case.evidence = Some(maker.lines(&[
            release.sbom_statement(),
            statement(&release.subjects, predicate_type, &release.manifest),
        ])?);
        maker.write(&case)?;
    }

    let why = "M19: a payload is what was signed, canonical or not; digests inside it are always of the canonical form.";
    let mut case = maker.case("verify_m19_payload_not_canonical", why, &[])?;
    let sbom = maker.key.bundle(&jcs(&honest.sbom_statement()))?;
    let pretty = maker.key.bundle(format!("{:#}\n", honest.manifest_statement()).as_bytes())?;
    case.evidence = Some(format!("{sbom}\n{pretty}\n").into_bytes());
    maker.write(&case)?;

    let why = "M19: a binding to the SBOM's bytes as written, not to their canonical form, binds nothing.";
    let mut case = maker.case("verify_m19_binding_not_canonical_deny", why, &["sbom/not-bound"])?;
    case.evidence = maker.bent_manifest(|manifest| {
        let written = format!("{:#}", honest.sbom);
        manifest["bindings"]["sboms"][0]["digest"]["sha256"] = json!(sha256(written.as_bytes()));
    })?;
    maker.write(&case)?;

    let why = "Another type of claim is required, and nobody makes it.";
    let mut case = maker.case("verify_predicate_missing_deny", why, &["signature/predicate-missing"])?;
    case.require = Some("https://example.org/review/v1");
    maker.write(&case)?;

    let why = "M03: the SBOM alone: the predicate type that is asked for is the tool manifest.";
    let mut case = maker.case("verify_m03_manifest_line_removed_deny", why, &missing)?;
    case.evidence = Some(maker.lines(&[Release::honest()?.sbom_statement()])?);
    maker.write(&case)
}
