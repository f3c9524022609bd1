//! What is allowed, however it is written.

use mcpsign_tests::forge::{Release, jcs, sha256};
use serde_json::json;

use crate::Result;
use crate::maker::Maker;

pub(crate) fn allowed(maker: &Maker) -> Result<()> {
    let why = "The honest release: both statements, signed by the publisher's key.";
    maker.write(&maker.case(
        "verify_honest",
        why,
        &["freshness/no-verified-time", "manifest/not-observed"],
    )?)?;

    let why =
        "Evidence may come with CRLF, without a last line end, and with a line twice: the same lines count.";
    let mut case = maker.case("verify_line_ends", why, &[])?;
    let text = String::from_utf8(case.evidence.take().unwrap_or_default())?;
    let first = text.lines().next().unwrap_or_default();
    case.evidence = Some(format!("{}\r\n{first}", text.trim_end().replace('\n', "\r\n")).into_bytes());
    maker.write(&case)?;

    let why =
        "Members of a predicate that we do not know are ignored for the decision (in-toto's parsing rules).";
    let mut case = maker.case("verify_unknown_predicate_member", why, &[])?;
    case.evidence = maker.bent_manifest(|manifest| manifest["futureMember"] = json!({ "a": 1 }))?;
    maker.write(&case)?;

    let why =
        "The key hint selects nothing: another hint on a bundle signed by the key given changes nothing.";
    let mut case = maker.case("verify_other_key_hint", why, &[])?;
    case.evidence = maker
        .bent_bundle(|bundle| bundle["verificationMaterial"]["publicKey"]["hint"] = json!("bm9uZQ=="))?;
    maker.write(&case)?;

    let why =
        "B21: a line that fails is reported and counts for nothing, whether it stands before a good one…";
    let mut case = maker.case("verify_b21_bad_line_first", why, &["signature/unreadable-line"])?;
    let good = case.evidence.take().unwrap_or_default();
    case.evidence = Some([b"{\"not\": \"a bundle\"}\n".to_vec(), good.clone()].concat());
    maker.write(&case)?;

    let why = "B21: …or behind it.";
    let mut case = maker.case("verify_b21_bad_line_last", why, &["signature/unreadable-line"])?;
    case.evidence = Some([good, b"{\"not\": \"a bundle\"}\n".to_vec()].concat());
    maker.write(&case)?;

    let why = "Somebody else's attestation beside the publisher's takes nothing away (monotonic principle).";
    let mut case = maker.case("verify_foreign_line_beside", why, &[])?;
    let foreign = maker.other.bundle(&jcs(&Release::honest()?.manifest_statement()))?;
    case.evidence.get_or_insert_default().extend_from_slice(format!("{foreign}\n").as_bytes());
    maker.write(&case)?;

    let why = "A single file without name or version of its own needs no matching purl.";
    let mut case = maker.case("verify_plain_file", why, &[])?;
    let bytes = b"#!/bin/sh\nexec true\n".to_vec();
    let mut release = Release::honest()?;
    release.subjects = json!([{ "name": "notes-mcp", "digest": { "sha256": sha256(&bytes) } }]);
    let digest = json!(sha256(&bytes));
    release.sbom["metadata"]["component"]["hashes"][0]["content"] = digest.clone();
    release.sbom["metadata"]["component"]["purl"] = json!("pkg:generic/notes-mcp@1.4.0");
    release.manifest["packages"] = json!([{ "purl": "pkg:generic/notes-mcp@1.4.0", "subject": digest }]);
    release.manifest["profiles"][0]["subject"] = digest;
    release.rebind();
    case.artifact = bytes;
    case.artifact_name = "notes-mcp";
    case.evidence = Some(maker.evidence(&release)?);
    maker.write(&case)
}
