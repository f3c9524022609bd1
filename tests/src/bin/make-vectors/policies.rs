//! What a policy says of keys and packages.

use mcpsign_tests::forge::{CYCLONEDX, TOOL_MANIFEST};

use crate::Result;
use crate::maker::Maker;

pub(crate) fn policies(maker: &Maker) -> Result<()> {
    let key = |window: &str| -> String {
        let pem: String = maker.key.public_pem().lines().map(|line| format!("      {line}\n")).collect();
        format!(
            "schema: mcpsign.dev/policy/v1\nname: acme\nkeys:\n  - name: release\n    publicKey: |\n{pem}{window}    time: allow-unverified\n"
        )
    };
    let signers =
        "signers:\n  - name: publisher\n    key: release\n    kinds: [publisher]\n    predicates:\n";
    let both = format!("      - {TOOL_MANIFEST}\n      - {CYCLONEDX}\n");
    let rule = |package: &str| {
        format!(
            "rules:\n  - name: notes\n    match:\n      package: {package}\n    signers: [publisher]\n    require:\n      predicates: [{TOOL_MANIFEST}]\n      manifest:\n        comparison: subset\n        observation: if-given\n        binding: command\n        capture: any-form\n        resources: ignore\n      sbom: bound\n"
        )
    };
    let ours = rule("pkg:npm/%40acme/notes-mcp");

    let cases: [(&str, &str, &[&str], String); 7] = [
        (
            "verify_policy",
            "A policy that names the key, what it may sign, and the package.",
            &["freshness/no-verified-time"],
            format!("{}{signers}{both}{ours}", key("")),
        ),
        (
            "verify_b16_key_expired_deny",
            "B16: without a verified time the signature counts as made now, after the key's window.",
            &["identity/key-expired"],
            format!("{}{signers}{both}{ours}", key("    notAfter: 2026-11-10T00:00:00Z\n")),
        ),
        (
            "verify_b16_key_not_yet_valid_deny",
            "B16: the key's window has not opened.",
            &["identity/key-not-yet-valid"],
            format!("{}{signers}{both}{ours}", key("    notBefore: 2200-01-01T00:00:00Z\n")),
        ),
        (
            "verify_b16_key_compromised_deny",
            "B16: the key is marked as compromised; `createdOn` before that day helps nothing.",
            &["identity/key-compromised"],
            format!("{}{signers}{both}{ours}", key("    compromisedSince: 2026-11-05T00:00:00Z\n")),
        ),
        (
            "verify_predicate_not_allowed_deny",
            "The signer may make SBOMs and no tool manifests; those are somebody else's to sign.",
            &["identity/predicate-not-allowed"],
            format!(
                "{}{}      - {CYCLONEDX}\n{}{}",
                key(""),
                signers.replace("    kinds: [publisher]\n", ""),
                signers.replace("name: publisher", "name: somebody").replace("signers:\n", "").replace(
                    "    key: release\n",
                    "    identity:\n      issuer: https://issuer.example\n      subject: somebody@acme.example\n"
                ) + &format!("      - {TOOL_MANIFEST}\n"),
                ours.replace("[publisher]", "[publisher, somebody]")
            ),
        ),
        (
            "verify_kind_not_allowed_deny",
            "The signer may speak as an observer and spoke as the publisher.",
            &["identity/kind-not-allowed"],
            format!("{}{}{both}{ours}", key(""), signers.replace("[publisher]", "[observer]")),
        ),
        (
            "verify_policy_no_rule_deny",
            "A policy that does not speak of this package denies it.",
            &["policy/no-rule"],
            format!("{}{signers}{both}{}", key(""), rule("pkg:npm/%40acme/other")),
        ),
    ];
    for (name, why, codes, policy) in cases {
        let mut case = maker.case(name, why, codes)?;
        case.policy = Some(policy);
        maker.write(&case)?;
    }
    Ok(())
}
