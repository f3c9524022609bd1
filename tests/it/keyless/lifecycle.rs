//! Releases signed by workflows, compared with earlier ones and taken back: what certificates and verified times add.

use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};
use mcpsign_simulator::{Content, Identity, Options, Rekor};
use mcpsign_tests::forge::{Key, jcs, sha256, statement};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, History, Policy};
use mcpsign_verifier::{Claims, Got, Measured, RawLine, SignedFile, Trust, Verdict, verify};
use serde_json::{Value, json};

use super::{RELEASE, SIMULATOR, github, github_token, measured, now, root};

const TOOL_MANIFEST: &str = "https://mcpsign.dev/tool-manifest/v1";
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const REVOCATION: &str = "https://mcpsign.dev/revocation/v1";
const AUTHORITY: &str = "https://acme.example/mcpsign";

static SECURITY: LazyLock<Key> = LazyLock::new(|| Key::generate().unwrap());

fn mint(statement: &Value, identity: &Identity) -> Vec<u8> {
    let options = Options::new(Rekor::V2, Content::Dsse);
    SIMULATOR.mint(&jcs(statement), identity, options).to_string().into_bytes()
}

/// SBOM and tool manifest by `identity`.
fn evidence(identity: &Identity) -> Vec<Vec<u8>> {
    [RELEASE.sbom_statement(), RELEASE.manifest_statement()].iter().map(|one| mint(one, identity)).collect()
}

fn with_provenance(identity: &Identity) -> Vec<Vec<u8>> {
    let provenance = json!({
        "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
        "runDetails": { "builder": { "id": "https://build.example/runner" } }
    });
    let mut lines = evidence(identity);
    lines.push(mint(&statement(&RELEASE.subjects, PROVENANCE, &provenance), identity));
    lines
}

/// Believes these workflows, and requires this besides.
fn policy(identities: &[&Identity], require: &Value) -> Policy {
    let mut signers: Vec<Value> = identities
        .iter()
        .enumerate()
        .map(|(at, identity)| {
            json!({
                "name": format!("ci-{at}"), "kinds": ["publisher"],
                "identity": { "issuer": identity.issuer, "subject": identity.subject.as_str() },
                "predicates": [TOOL_MANIFEST, PROVENANCE, "https://cyclonedx.org/bom"]
            })
        })
        .collect();
    signers.push(json!({ "name": "security", "key": "security", "predicates": [REVOCATION] }));
    let names: Vec<&Value> = signers.iter().map(|signer| &signer["name"]).collect();
    let mut rule = json!({
        "name": "all", "match": "any-server", "signers": names,
        "require": {
            "predicates": [TOOL_MANIFEST], "sbom": "if-bound",
            "manifest": { "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form", "resources": "ignore" }
        }
    });
    rule["require"].as_object_mut().unwrap().extend(require.as_object().unwrap().clone());
    let keys =
        json!([{ "name": "security", "publicKey": SECURITY.public_pem(), "time": "allow-unverified" }]);
    let document = json!({ "schema": "mcpsign.dev/policy/v1", "name": "acme", "keys": keys, "signers": signers, "rules": [rule] });
    Policy::load(document.to_string().as_bytes(), "policy.json").unwrap()
}

fn file(source: &str, lines: Vec<Vec<u8>>) -> Arc<[SignedFile]> {
    [SignedFile { source: source.into(), lines: (1..).zip(lines).collect() }].into()
}

/// The code that decides; none where it is allowed.
fn outcome(lines: &[Vec<u8>], measured: &Measured, policy: &Policy, now: Timestamp) -> Option<&'static str> {
    let raw = lines.iter().zip(1..).map(|(bytes, line)| RawLine { source: "evidence".into(), line, bytes });
    let claims = Claims { lines: raw.collect(), over_budget: None };
    let trust = Trust { sigstore: vec![root(&[])], keys: Vec::new() };
    match verify(&claims, measured, &trust, policy, now).verdict() {
        Verdict::Allow(_) => None,
        Verdict::Deny(findings) => Some(findings.first().code.id),
        Verdict::Undecided(gaps) => Some(gaps.first().code.id),
    }
}

fn after(before: Vec<Vec<u8>>) -> Measured {
    Measured { history: Got::Some(file("accepted", before)), ..measured() }
}

fn continuity(rule: &str) -> Value {
    json!({ "continuity": { "firstSeen": "deny", rule: "deny" } })
}

/// GitHub's claims of the same workflow, changed.
fn changed(claims: &[(&str, &str)]) -> Identity {
    let mut token = github_token();
    for (claim, value) in claims {
        token[*claim] = json!(value);
    }
    Identity::from_token(&token).unwrap()
}

/// The scope was taken over: the release is published with a stolen token, not by the build that made the others.
#[test]
fn i15_mastra_a_release_without_the_provenance_of_those_before() {
    let ci = github();
    let policy = policy(&[&ci], &continuity("provenanceGone"));
    let before = after(with_provenance(&ci));
    assert_eq!(outcome(&evidence(&ci), &before, &policy, now()), Some("freshness/provenance-gone"));
    assert_eq!(outcome(&with_provenance(&ci), &before, &policy, now()), None);
}

/// The name was given up and registered anew: issuer, subject and repository read as before, the numbers do not.
#[test]
fn i16_b57_the_same_name_of_another_owner() {
    let (ci, squatter) = (github(), changed(&[("repository_owner_id", "11111"), ("repository_id", "22222")]));
    assert_eq!(ci.subject, squatter.subject);
    let policy = policy(&[&ci], &continuity("ownerChanged"));
    let before = after(evidence(&ci));
    assert_eq!(outcome(&evidence(&squatter), &before, &policy, now()), Some("freshness/owner-changed"));
    assert_eq!(outcome(&evidence(&ci), &before, &policy, now()), None);
    // The owner is the same, the repository was deleted and made anew.
    let again = changed(&[("repository_id", "22222")]);
    assert_eq!(outcome(&evidence(&again), &before, &policy, now()), Some("freshness/owner-changed"));
    // A certificate that says less is no way around.
    let mut silent = github();
    silent.claims.remove(&17);
    assert_eq!(outcome(&evidence(&silent), &before, &policy, now()), Some("freshness/owner-changed"));
}

/// This workflow, from this reference.
fn built(reference: &str, workflow: &str) -> Identity {
    let workflow = format!("acme/notes-mcp/.github/workflows/{workflow}.yml@{reference}");
    changed(&[("ref", reference), ("workflow_ref", &workflow), ("job_workflow_ref", &workflow)])
}

/// The next tag of the same workflow is the same signer; another workflow is another, though the policy names both.
#[test]
fn i10_another_workflow_is_another_signer() {
    let tag = |tag: &str, workflow: &str| built(&format!("refs/tags/{tag}"), workflow);
    let (old, new, other) = (tag("v1.3.0", "release"), tag("v1.4.0", "release"), tag("v1.4.0", "nightly"));
    let policy = policy(&[&old, &new, &other], &continuity("signerChanged"));
    let before = after(evidence(&old));
    assert_eq!(outcome(&evidence(&new), &before, &policy, now()), None);
    assert_eq!(outcome(&evidence(&other), &before, &policy, now()), Some("freshness/signer-changed"));
}

/// By flags one tag is named; history is by the tags before it.
#[test]
fn i10_by_flags_the_next_tag_goes_on() {
    let new = built("refs/tags/v1.4.0", "release");
    let flags = |identity: &Identity| {
        let (subject, issuer) = (identity.subject.as_str().into(), identity.issuer.clone());
        let signer = FlagSigner::Identity { subject, issuer, repository: None };
        Policy::flags(FlagsPolicy { history: History::Given, ..FlagsPolicy::of(signer) }).unwrap()
    };
    let changed = Some("freshness/signer-changed");
    for (before, expected) in [
        (built("refs/tags/v1.3.0", "release"), None),
        (new.clone(), None),
        (built("refs/heads/v1.3.0", "release"), changed),
        (built("refs/tags/v1.3.0", "nightly"), changed),
    ] {
        let outcome = outcome(&evidence(&new), &after(evidence(&before)), &flags(&new), now());
        assert_eq!(outcome, expected, "{}", before.subject.as_str());
    }
    // What is verified is by the very tag that was named.
    let old = built("refs/tags/v1.3.0", "release");
    let named = outcome(&evidence(&old), &after(evidence(&old)), &flags(&new), now());
    assert_eq!(named, Some("identity/subject-mismatch"));
}

/// Nobody had looked at it for a day when it was installed 1,500 times.
#[test]
fn i07_postmark_a_release_that_is_hours_old() {
    let ci = github();
    let rule = json!({ "continuity": { "coolDown": { "days": 7, "severity": "deny" } } });
    let policy = policy(&[&ci], &rule);
    let lines = evidence(&ci);
    let days = |days: i64| SIMULATOR.time() + SignedDuration::from_hours(24 * days + 1);
    assert_eq!(outcome(&lines, &measured(), &policy, days(6)), Some("freshness/cool-down"));
    assert_eq!(outcome(&lines, &measured(), &policy, days(7)), None);
}

#[test]
fn a_revoked_signer_keeps_what_was_provably_signed_before() {
    let ci = github();
    let rule = json!({ "revocations": { "authorities": [{ "uri": AUTHORITY, "signers": ["security"] }] } });
    let policy = policy(&[&ci], &rule);
    let lines = evidence(&ci);
    let revoked = |signer: Value, since: Option<Timestamp>| {
        let mut entry = json!({ "signer": signer });
        if let Some(since) = since {
            entry["since"] = json!(since.to_string());
        }
        let list = json!({
            "authority": AUTHORITY, "sequence": 1, "createdOn": now().to_string(),
            "nextUpdate": (now() + SignedDuration::from_hours(1)).to_string(), "entries": [entry]
        });
        let subject = json!([{ "name": AUTHORITY, "digest": { "sha256": sha256(AUTHORITY.as_bytes()) } }]);
        let bundle = SECURITY.bundle(&jcs(&statement(&subject, REVOCATION, &list))).unwrap();
        let revocations = Got::Some(file("list", vec![bundle.to_string().into_bytes()]));
        outcome(&lines, &Measured { revocations, ..measured() }, &policy, now())
    };
    let signer = || json!({ "issuer": ci.issuer, "subject": ci.subject.as_str() });
    assert_eq!(revoked(signer(), None), Some("freshness/signer-revoked"));
    // After the day before, and not before the day after.
    let day = SignedDuration::from_hours(24);
    assert_eq!(revoked(signer(), Some(SIMULATOR.time() - day)), Some("freshness/signer-revoked"));
    assert_eq!(revoked(signer(), Some(SIMULATOR.time() + day)), None);
    let other = json!({ "issuer": ci.issuer, "subject": "https://github.com/acme/other" });
    assert_eq!(revoked(other, None), None);
}
