//! Names are not identities: who speaks for them is.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::observed::ObservedServer;
use serde_json::json;

use super::denied;
use crate::keyless::RELEASE;
use crate::policy_fields::Outcome;
use crate::policy_fields::world::{World, manifest};

const REFUSED: &str = "identity/namespace-not-allowed";

/// A rule for every server names the signer; the name is somebody else's all the same.
#[test]
fn m18_whatever_rule_matches_a_name_is_its_owners() {
    let any = || {
        let mut world = World::honest().put("/rules/0/match", json!("any-server"));
        world.policy["rules"].as_array_mut().unwrap().truncate(1);
        world
    };
    assert_eq!(any().outcome(), Outcome::Allowed);
    for namespace in [
        json!({ "server": "@acme/*", "signers": ["lab"] }),
        json!({ "server": "@ACME/*", "signers": ["lab"] }),
        json!({ "server": "@acme/notes-mcp", "signers": ["lab"] }),
        json!({ "package": "pkg:npm/%40acme/*", "signers": ["lab"] }),
        json!({ "package": "pkg:npm/%40acme/notes-mcp", "signers": ["lab"] }),
    ] {
        // One more that names the signer helps nothing: each that one of the names lies in counts.
        let own = match namespace.get("server") {
            Some(_) => json!({ "package": "pkg:npm/%40acme/*", "signers": ["ci"] }),
            None => json!({ "server": "@acme/*", "signers": ["ci"] }),
        };
        let both = json!([namespace, own]);
        assert_eq!(any().put("/namespaces", both).outcome(), denied(REFUSED), "{namespace}");
    }
    let others = json!([{ "server": "@acme-evil/*", "signers": ["lab"] }]);
    assert_eq!(any().put("/namespaces", others).outcome(), Outcome::Allowed);
}

/// A qualifier makes another package of a name for those who look for it, and no way around its owner.
#[test]
fn m18_no_spelling_leaves_a_namespace() {
    let namespace = json!([{ "package": "pkg:npm/%40others/*", "signers": ["lab"] }]);
    for purl in [
        "pkg:npm/%40others/notes@1.4.0",
        "pkg:npm/@others/notes",
        "pkg:npm/%40Others/Notes@1.4.0",
        "pkg:npm/%40others/notes@1.4.0?repository_url=https://registry.example",
        "pkg:npm/%40others/notes@1.4.0#lib",
    ] {
        let mut manifest = manifest();
        manifest.packages[0].purl = purl.into();
        let mut world = World::with_manifest(&manifest, &RELEASE.subjects)
            .put("/rules/0/match", json!({ "server": "@acme/notes-mcp" }))
            .put("/namespaces", namespace.clone());
        world.measured.subject.identity.clear();
        assert_eq!(world.outcome(), denied(REFUSED), "{purl}");
    }
    let loads = |namespaces| World::honest().put("/namespaces", namespaces).outcome();
    for (bad, path) in [
        (json!([]), "namespaces"),
        (json!([{ "signers": ["ci"] }]), "namespaces[0]"),
        (json!([{ "server": "@acme/*", "endpoint": "a.example", "signers": ["ci"] }]), "namespaces[0]"),
        (json!([{ "server": "*", "signers": ["ci"] }]), "namespaces[0].server"),
        (json!([{ "package": "pkg:oci/x?repository_url=a/b", "signers": ["ci"] }]), "namespaces[0].package"),
        (json!([{ "image": "acme", "signers": ["ci"] }]), "namespaces[0].image"),
        (json!([{ "image": "registry.example/ac*", "signers": ["ci"] }]), "namespaces[0].image"),
        (json!([{ "endpoint": "https://a.example", "signers": ["ci"] }]), "namespaces[0].endpoint"),
        (json!([{ "endpoint": "*.a.example", "signers": ["ci"] }]), "namespaces[0].endpoint"),
        (json!([{ "server": "@acme/*", "signers": [] }]), "namespaces[0].signers"),
        (json!([{ "server": "@acme/*", "signers": ["nobody"] }]), "namespaces[0].signers[0]"),
    ] {
        assert_eq!(loads(bad.clone()), Outcome::Refused(path.into()), "{bad}");
    }
}

/// A look-alike of a publisher's name is that publisher's: whoever writes it with a letter of another script is refused.
#[test]
fn i07_a_look_alike_is_its_owners() {
    let mut manifest = manifest();
    manifest.server.name = "@\u{430}cme/notes-mcp".into();
    let under = |namespace: &str, signer: &str| {
        let mut world = World::with_manifest(&manifest, &RELEASE.subjects)
            .put("/rules/0/match", json!("any-server"))
            .put("/namespaces", json!([{ "server": namespace, "signers": [signer] }]));
        world.policy["rules"].as_array_mut().unwrap().truncate(1);
        world.outcome()
    };
    assert_eq!(under("@acme/*", "lab"), denied(REFUSED));
    assert_eq!(under("@acme/*", "ci"), Outcome::Allowed);
    assert_eq!(under("@acne/*", "lab"), Outcome::Allowed);
}

/// The name that is allowed, by somebody whom nobody named: the name alone is nothing.
#[test]
fn m20_a_name_on_a_list_is_no_reason_to_allow() {
    let stranger =
        super::with_claim("job_workflow_ref", json!("evil/notes/.github/workflows/r.yml@refs/heads/x"));
    assert_eq!(World::signed_by(&stranger).outcome(), denied("identity/subject-mismatch"));
    // And there is no rule without signers.
    let nobody = World::honest().put("/rules/0/signers", json!([])).outcome();
    assert_eq!(nobody, Outcome::Refused("rules[0].signers".into()));
}

/// The very command that was accepted once, showing the very tools, in an artifact that somebody else signed, and in one
/// that nobody did.
#[test]
fn m16_the_same_command_is_not_the_same_server() {
    let seen = || {
        let manifest = manifest();
        ObservedServer::from_profile(&manifest.profiles[0], &manifest.items)
    };
    assert_eq!(World::honest().observe(seen()).outcome(), Outcome::Allowed);
    let stranger =
        super::with_claim("job_workflow_ref", json!("evil/notes/.github/workflows/r.yml@refs/heads/x"));
    assert_eq!(World::signed_by(&stranger).observe(seen()).outcome(), denied("identity/subject-mismatch"));
    let mut other = World::honest().observe(seen());
    other.measured.subject.digests.sha256 = Sha256Digest::of(b"another artifact");
    other.measured.subject.digests.sha512 = None;
    assert_eq!(other.outcome(), denied("subject/digest-mismatch"));
}
