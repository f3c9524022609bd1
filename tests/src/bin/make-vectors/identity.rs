//! What a policy demands of the certificate, and the certificate does not say.

use mcpsign_tests::forge::Release;

use crate::Result;
use crate::ci::{COMMIT, Ci, policy};
use crate::maker::Maker;

pub(crate) fn identity(maker: &Maker) -> Result<()> {
    let ci = Ci::new()?;
    let says = |demand: &str| policy(&format!("      {demand}\n"), "");
    let other = "https://github.com/acme/other-mcp";
    let another_commit = "76543210fedcba9876543210fedcba9876543210";
    let somebody = "  - name: desk\n    identity: { issuer: https://login.acme.example, subject: release@acme.example }\n    predicates: [https://example.org/review/v1]\nrules:\n";
    let rows: [(&str, &str, &str, String); 12] = [
        (
            "verify_identity_issuer_deny",
            "Another issuer's tokens are asked for.",
            "identity/issuer-mismatch",
            says("").replace("https://token.actions.githubusercontent.com", "https://issuer.example"),
        ),
        (
            "verify_identity_nobodys_deny",
            "Of several signers none is this one.",
            "identity/signer-not-allowed",
            says("")
                .replace("https://token.actions.githubusercontent.com", "https://issuer.example")
                .replace("rules:\n", somebody)
                .replace("signers: [ci]", "signers: [ci, desk]"),
        ),
        (
            "verify_identity_trust_root_deny",
            "The signer is one of another Sigstore.",
            "identity/trust-root-mismatch",
            says("trustRoot: public-good"),
        ),
        (
            "verify_identity_repository_deny",
            "Another repository was built.",
            "identity/repository-mismatch",
            says(&format!("repository: {other}")),
        ),
        (
            "verify_identity_owner_deny",
            "The repository is another owner's.",
            "identity/owner-mismatch",
            says("owner: https://github.com/other"),
        ),
        (
            "verify_identity_visibility_deny",
            "The repository is public.",
            "identity/visibility-mismatch",
            says("visibility: private"),
        ),
        (
            "verify_identity_workflow_deny",
            "Another workflow was started.",
            "identity/workflow-mismatch",
            says(
                "workflow: { repository: https://github.com/acme/notes-mcp, path: .github/workflows/build.yml, ref: refs/tags/v* }",
            ),
        ),
        (
            "verify_identity_signer_workflow_deny",
            "The workflow that signs is of another commit.",
            "identity/signer-workflow-mismatch",
            says("")
                .replace("ref: refs/tags/v* }", &format!("ref: refs/tags/v*, commit: {another_commit} }}")),
        ),
        (
            "verify_identity_ref_deny",
            "A tag was built, and no branch.",
            "identity/ref-mismatch",
            says("ref: refs/heads/main"),
        ),
        (
            "verify_identity_commit_deny",
            "Another commit was built.",
            "identity/commit-mismatch",
            says(&format!("commit: {another_commit}")),
        ),
        (
            "verify_identity_environment_deny",
            "It was not deployed to the environment that a person opens.",
            "identity/environment-mismatch",
            says("environment: release"),
        ),
        (
            "verify_identity",
            "All that is demanded is said.",
            "manifest/binding-unproven",
            says(&format!("commit: {COMMIT}\n      ref: refs/tags/v*\n      visibility: public")),
        ),
    ];
    let release = Release::honest()?;
    let evidence = ci.lines(&[], &[], &[release.sbom_statement(), release.manifest_statement()])?;
    for (name, why, code, policy) in rows {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        case.evidence = Some(evidence.clone());
        case.policy = Some(policy);
        case.files = vec![("trusted_root.json", ci.root())];
        maker.write(&case)?;
    }
    Ok(())
}
