//! Summaries of verifications that others made.

use mcpsign_tests::forge::{Release, TARBALL, statement};
use serde_json::{Value, json};

use crate::Result;
use crate::maker::{Maker, line};
use crate::policy::{SUMMARY, deciding};

pub(crate) fn summaries(maker: &Maker) -> Result<()> {
    let release = Release::honest()?;
    let published = maker.evidence(&release)?;
    let said = |ty: &str, predicate: &Value| -> Result<Vec<u8>> {
        let line = line(&maker.other, &statement(&release.subjects, ty, predicate))?;
        Ok([published.clone(), line].concat())
    };
    let summary = |member: &str, value: Value| {
        let mut summary = json!({
            "verifier": { "id": "https://acme.example/verifier" }, "timeVerified": "2026-11-20T00:00:00Z",
            "resourceUri": TARBALL, "policy": { "digest": { "sha256": "9f2c".repeat(16) } },
            "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_3", "MCPSIGN_POLICY_PASSED"]
        });
        summary[member] = value;
        summary
    };
    let asks = format!(
        "      summary: {{ by: [security], verifier: https://acme.example/verifier, maxAgeDays: 3650, policies: [{}], levels: [SLSA_BUILD_LEVEL_2, MCPSIGN_POLICY_PASSED] }}\n",
        "9f2c".repeat(16)
    );
    let passed = "PASSED";
    let rows: [(&str, &str, &[&str], Value); 7] = [
        (
            "verify_summary",
            "A named verifier verified these bytes by a named policy, at a higher level than is asked for.",
            &[],
            summary("verificationResult", json!(passed)),
        ),
        (
            "verify_summary_other_verifier_deny",
            "The signature is good, and the verifier another than the one that is named.",
            &["provenance/summary-missing"],
            summary("verifier", json!({ "id": "https://acme.example/verifier/" })),
        ),
        (
            "verify_summary_other_resource_deny",
            "It was verified as something else.",
            &["provenance/summary-other-resource"],
            summary("resourceUri", json!("another.tgz")),
        ),
        (
            "verify_summary_other_policy_deny",
            "It was verified by a policy that is not named.",
            &["provenance/summary-other-policy"],
            summary("policy", json!({ "digest": { "sha256": "77d4".repeat(16) } })),
        ),
        (
            "verify_summary_failed_deny",
            "It was verified, and failed.",
            &["provenance/summary-failed"],
            summary("verificationResult", json!("FAILED")),
        ),
        (
            "verify_summary_level_too_low_deny",
            "A lower level of SLSA's build track was established than is asked for.",
            &["provenance/summary-failed"],
            summary("verifiedLevels", json!(["SLSA_BUILD_LEVEL_1", "MCPSIGN_POLICY_PASSED"])),
        ),
        (
            "verify_summary_outdated_deny",
            "It was verified longer ago than counts.",
            &["provenance/summary-outdated"],
            summary("timeVerified", json!("2010-01-01T00:00:00Z")),
        ),
    ];
    for (name, why, codes, predicate) in rows {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = Some(said(SUMMARY, &predicate)?);
        case.policy = Some(deciding(maker, &asks));
        maker.write(&case)?;
    }
    Ok(())
}
