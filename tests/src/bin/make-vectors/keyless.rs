//! Signed by a workflow, and not by a key: who vouches, and what the certificate says of the build.

use mcpsign_simulator::Lie;
use mcpsign_tests::forge::Release;
use serde_json::Value;

use crate::Result;
use crate::ci::{Ci, Claims, policy};
use crate::maker::Maker;

pub(crate) fn keyless(maker: &Maker) -> Result<()> {
    let (instance, other) = (Ci::new()?, Ci::new()?);
    let branch = "acme/notes-mcp/.github/workflows/release.yml@refs/heads/main";
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], Claims<'a>, &'a [Lie], &'a Ci);
    let rows: [Row<'_>; 10] = [
        (
            "verify_keyless",
            "The release workflow signed, at a tag, and a timestamp authority vouches for the time.",
            &[],
            &[],
            &[],
            &instance,
        ),
        (
            "verify_m10_keyless_another_branch_deny",
            "M10: the right workflow, from a branch.",
            &["identity/subject-mismatch"],
            &[("job_workflow_ref", branch), ("workflow_ref", branch), ("ref", "refs/heads/main")],
            &[],
            &instance,
        ),
        (
            "verify_b58_keyless_pull_request_target_deny",
            "B58: started by an event that strangers cause.",
            &["identity/trigger-not-allowed"],
            &[("event_name", "pull_request_target")],
            &[],
            &instance,
        ),
        (
            "verify_b58_keyless_self_hosted_deny",
            "B58: run on a machine of somebody's own.",
            &["identity/runner-mismatch"],
            &[("runner_environment", "self-hosted")],
            &[],
            &instance,
        ),
        (
            "verify_b57_keyless_another_owner_deny",
            "B57: the name was registered again, by another owner.",
            &["identity/owner-id-mismatch"],
            &[("repository_owner_id", "11111")],
            &[],
            &instance,
        ),
        (
            "verify_b57_keyless_another_repository_deny",
            "B57: the repository was made anew under the same name.",
            &["identity/repository-id-mismatch"],
            &[("repository_id", "22222")],
            &[],
            &instance,
        ),
        (
            "verify_m06_keyless_another_instance_deny",
            "M06: every service vouches, and they are those of another Sigstore.",
            &["signature/timestamp"],
            &[],
            &[],
            &other,
        ),
        (
            "verify_b03_keyless_entry_altered_deny",
            "B03: what the log has was changed after it was logged.",
            &["signature/log-entry"],
            &[],
            &[Lie::EntryAltered],
            &instance,
        ),
        (
            "verify_b03_keyless_proof_missing_deny",
            "B03: the log's word alone, without proof that the entry is in its tree.",
            &["signature/no-inclusion-proof"],
            &[],
            &[Lie::ProofMissing],
            &instance,
        ),
        (
            "verify_b12_keyless_expired_certificate_deny",
            "B12: signed when the certificate had ended.",
            &["signature/certificate"],
            &[],
            &[Lie::CertificateExpired],
            &instance,
        ),
    ];
    let release = Release::honest()?;
    for (name, why, codes, claims, lies, signed_by) in rows {
        let mut case = maker.case(name, why, codes)?;
        let statements = [release.sbom_statement(), release.manifest_statement()];
        case.evidence = Some(signed_by.lines(claims, lies, &statements)?);
        case.policy = Some(policy("", ""));
        case.files = vec![("trusted_root.json", instance.root())];
        maker.write(&case)?;
    }
    without_entries(maker, &instance)
}

fn without_entries(maker: &Maker, instance: &Ci) -> Result<()> {
    let why = "B11: the entries were cut out, and the instance has a log.";
    let mut case = maker.case("verify_b11_keyless_no_entry_deny", why, &["signature/no-log-entry"])?;
    let release = Release::honest()?;
    let whole = instance.lines(&[], &[], &[release.sbom_statement(), release.manifest_statement()])?;
    let mut cut = String::new();
    for line in whole.split_inclusive(|byte| *byte == b'\n') {
        let mut bundle: Value = serde_json::from_slice(line)?;
        bundle["verificationMaterial"].as_object_mut().map(|material| material.remove("tlogEntries"));
        cut.push_str(&format!("{bundle}\n"));
    }
    case.evidence = Some(cut.into_bytes());
    case.policy = Some(policy("", ""));
    case.files = vec![("trusted_root.json", instance.root())];
    maker.write(&case)
}
