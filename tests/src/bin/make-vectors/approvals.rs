//! What somebody decided about the artifact. An approval counts for a year at the most, so that no case here can have one that counts.

use mcpsign_tests::forge::{Release, sha256, statement};
use serde_json::json;

use crate::Result;
use crate::maker::{Maker, line};
use crate::policy::{APPROVAL, deciding};

pub(crate) fn approvals(maker: &Maker) -> Result<()> {
    let release = Release::honest()?;
    let published = maker.evidence(&release)?;
    let approval = json!({
        "decision": "approve", "manifest": { "surfaceDigest": { "sha256": "77d4".repeat(16) }, "profile": "default" },
        "launch": { "argv": ["{artifact}/server.js"], "env": [] }, "signer": { "spkiSha256": sha256(&maker.key.spki()) },
        "scope": "all", "reason": "looked at", "createdOn": "2025-11-01T00:00:00Z", "expires": "2026-10-01T00:00:00Z"
    });
    let approved = line(&maker.other, &statement(&release.subjects, APPROVAL, &approval))?;
    let asks = "      approval: { by: [security], scope: all }\n";
    let rows = [
        (
            "verify_i06_not_approved_deny",
            "I06: the policy asks for an approval of these very bytes, and there is none.",
            "freshness/not-approved",
            published.clone(),
            asks,
        ),
        (
            "verify_approval_expired_deny",
            "It was approved, for a time that is over.",
            "freshness/approval-expired",
            [published.clone(), approved].concat(),
            asks,
        ),
        (
            "verify_cool_down_deny",
            "Nothing proves that it is three days old.",
            "freshness/cool-down",
            published,
            "      continuity: { coolDown: { days: 3, severity: deny } }\n",
        ),
    ];
    for (name, why, code, evidence, require) in rows {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        case.evidence = Some(evidence);
        case.policy = Some(deciding(maker, require));
        maker.write(&case)?;
    }
    Ok(())
}
