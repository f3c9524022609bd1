//! Publisher and observer, and what a policy may demand of them together.

use mcpsign_tests::forge::{CYCLONEDX, Release, TOOL_MANIFEST, jcs, statement};
use serde_json::json;

use crate::Result;
use crate::maker::Maker;
use crate::policy::{LENIENT, PROVENANCE, key};

/// Name, reason, codes, evidence, policy.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a [u8], String);

pub(crate) fn signers(maker: &Maker) -> Result<()> {
    let policy = |head: &str, namespaces: &str, predicates: &str, require: &str| {
        format!(
            "schema: mcpsign.dev/policy/v1
name: acme
{head}keys:
{}{}signers:
  - name: publisher
    key: release
    kinds: [publisher]
    predicates: [{TOOL_MANIFEST}, {CYCLONEDX}, {PROVENANCE}]
  - name: lab
    key: lab
    kinds: [observer]
    predicates: [{TOOL_MANIFEST}, {PROVENANCE}]
{namespaces}rules:
  - name: notes
    match: any-server
    signers: [publisher, lab]
    require:
      predicates: [{predicates}]
      manifest: {LENIENT}
      sbom: bound
{require}",
            key("release", &maker.key),
            key("lab", &maker.other),
        )
    };
    let mut release = Release::honest()?;
    release.manifest["profiles"][0]["launch"]["binding"] = json!("installed");
    let published = maker.evidence(&release)?;
    let mut observed = release.clone();
    observed.manifest["kind"] = json!("observer");
    observed.manifest["bindings"] = json!({ "sboms": [], "lockfiles": [], "statements": [] });
    let lab = |release: &Release| -> Result<Vec<u8>> {
        Ok(format!("{}\n", maker.other.bundle(&jcs(&release.manifest_statement()))?).into_bytes())
    };
    let agrees = [published.clone(), lab(&observed)?].concat();
    let mut elsewhere = observed.clone();
    elsewhere.manifest["profiles"][0]["launch"]["env"]["TZ"] = json!("Europe/Paris");
    let differs = [published.clone(), lab(&elsewhere)?].concat();
    let twice = [published.clone(), maker.lines(&[release.manifest_statement()])?].concat();
    let built = statement(
        &release.subjects,
        PROVENANCE,
        &json!({
            "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
            "runDetails": { "builder": { "id": "https://build.example/runner" } }
        }),
    );
    let with_provenance = [published.clone(), maker.lines(&[built])?].concat();

    let kinds = "      kinds: [publisher, observer]\n";
    let two = format!(
        "      signatures:\n        - predicate: {TOOL_MANIFEST}\n          threshold: 2\n          signers: [publisher, lab]\n"
    );
    let builder = |signer: &str, level: u8| {
        format!(
            "      provenance:\n        builders: [{{ id: https://build.example/runner, level: {level}, signers: [{signer}] }}]\n        minimumLevel: 2\n"
        )
    };
    let better = ", { id: https://build.example/fort, level: 2, signers: [publisher] }";
    let with_type = format!("{TOOL_MANIFEST}, {PROVENANCE}");
    let theirs = "namespaces:\n  - package: pkg:npm/%40acme/*\n    signers: [lab]\n";
    let cases: [Row<'_>; 11] = [
        (
            "verify_two_kinds",
            "Publisher and observer, each by its own key, show the same tools under the same launch.",
            &[],
            &agrees,
            policy("", "", TOOL_MANIFEST, kinds),
        ),
        (
            "verify_i14_no_observer_deny",
            "I14: a second, independent witness is demanded, and there is none.",
            &["identity/kind-missing"],
            &published,
            policy("", "", TOOL_MANIFEST, kinds),
        ),
        (
            "verify_observer_of_another_launch_deny",
            "What the observer saw was started with another variable: it says nothing of this launch.",
            &["identity/kind-missing"],
            &differs,
            policy("", "", TOOL_MANIFEST, kinds),
        ),
        (
            "verify_two_signers",
            "Two of two distinct signers agree.",
            &[],
            &agrees,
            policy("", "", TOOL_MANIFEST, &two),
        ),
        (
            "verify_b10_one_signer_twice_deny",
            "B10: two signatures by one signer are one signer.",
            &["identity/too-few-signers"],
            &twice,
            policy("", "", TOOL_MANIFEST, &two),
        ),
        (
            "verify_m18_namespace_deny",
            "M18: the rule is for every server and names the signer; the scope is somebody else's.",
            &["identity/namespace-not-allowed"],
            &published,
            policy("", theirs, TOOL_MANIFEST, ""),
        ),
        (
            "verify_policy_expired_deny",
            "A policy that nobody renewed allows nothing.",
            &["policy/expired"],
            &published,
            policy("validUntil: 2026-11-01T00:00:00Z\n", "", TOOL_MANIFEST, ""),
        ),
        (
            "verify_time_not_vouched_deny",
            "A timestamp authority must vouch for the time, and nobody does.",
            &["freshness/time-not-vouched"],
            &published,
            policy("", "", TOOL_MANIFEST, "      time: { sources: [timestamp-authority], threshold: 1 }\n"),
        ),
        (
            "verify_provenance_builder",
            "The builder is known from this signer, at the level that is demanded.",
            &[],
            &with_provenance,
            policy("", "", &with_type, &builder("publisher", 2)),
        ),
        (
            "verify_provenance_builder_of_another_signer_deny",
            "Anybody can write the name of a builder: this signer's word does not count for it.",
            &["provenance/builder-not-allowed"],
            &with_provenance,
            policy("", "", &with_type, &builder("lab", 3)),
        ),
        (
            "verify_provenance_level_deny",
            "The builder is known, and has a lower level than is demanded.",
            &["provenance/level-too-low"],
            &with_provenance,
            policy("", "", &with_type, &builder("publisher", 1).replace("}]", &format!("}}{better}]"))),
        ),
    ];
    for (name, why, codes, evidence, policy) in cases {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = Some(evidence.to_vec());
        case.policy = Some(policy);
        maker.write(&case)?;
    }
    Ok(())
}
