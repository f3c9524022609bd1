use std::collections::BTreeMap;

use mcpsign_schemas::canonical::{Json, to_canonical};
use mcpsign_schemas::digest::MeasuredDigests;
use mcpsign_schemas::manifest::{
    Bindings, ItemDigests, Kind, Launch, PackageBinding, Product, Profile, SbomBinding, Server,
    StatementBinding, ToolManifest,
};
use mcpsign_schemas::statement::predicate_type::{CYCLONEDX, SLSA_PROVENANCE, TOOL_MANIFEST};
use mcpsign_schemas::surface::{ItemKind, surface, wire};
use mcpsign_verifier::policy::FlagsPolicy;
use zeroize::Zeroizing;

use super::*;
use crate::keys::{EncryptedKey, Passphrase, generate};
use crate::signer::{LocalSigner, Signer};

fn signer() -> LocalSigner {
    let passphrase = Passphrase::new(Zeroizing::new(b"p".to_vec())).unwrap();
    let key = generate(&passphrase).unwrap();
    LocalSigner::new(EncryptedKey::parse(key.private_pem.as_bytes()).unwrap().decrypt(&passphrase).unwrap())
}

fn policy(signer: &LocalSigner) -> Policy {
    Policy::flags(FlagsPolicy::of(signer.identity().unwrap())).unwrap()
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn artifact(name: &str, bytes: &[u8]) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: name.into(),
        name: name.into(),
        form: Form::File,
        digests: MeasuredDigests { sha256: Sha256Digest::of(bytes), sha512: None },
        identity: Vec::new(),
        asked: None,
        contents: Got::not_asked(),
    }
}

fn subject(artifact: &MeasuredArtifact) -> Subject {
    Subject {
        name: artifact.name.clone(),
        digest: mcpsign_schemas::digest::DigestSet::sha256(artifact.digests.sha256),
        media_type: None,
    }
}

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap()
}

fn sbom(artifact: &MeasuredArtifact) -> (Json, Vec<u8>) {
    let document = json(&format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[],"metadata":{{"component":{{
            "type":"application","bom-ref":"root","name":"{}","hashes":[{{"alg":"SHA-256","content":"{}"}}]}}}}}}"#,
        artifact.name, artifact.digests.sha256,
    ));
    let statement = Statement::new(vec![subject(artifact)], CYCLONEDX, document.clone());
    (document, to_canonical(&statement).unwrap())
}

fn profile(artifact: &MeasuredArtifact, tool: &Json) -> Profile {
    let digests = ItemDigests { wire: wire(tool), surface: surface(ItemKind::Tool, tool) };
    let mut profile = Profile::empty(
        "default".into(),
        Launch::of_command(vec!["{artifact}".into()]),
        "2025-11-25".into(),
        Product { name: "mcpsign".into(), version: "0".into() },
        json("{}"),
    );
    profile.subject = Some(artifact.digests.sha256);
    profile.tools.insert("t".into(), digests);
    profile.tool_order.push("t".into());
    profile.seal();
    profile
}

/// A release: its artifacts, the payloads of its statements in order, and what its server shows.
struct Release {
    artifacts: Vec<MeasuredArtifact>,
    payloads: Vec<Vec<u8>>,
    observed: Vec<ObservedServer>,
}

fn release(artifacts: Vec<MeasuredArtifact>, valid_until: Option<&str>) -> Release {
    let tool = json(r#"{"name":"t","inputSchema":{"type":"object"}}"#);
    let (mut payloads, mut bindings) = (Vec::new(), Bindings::default());
    for artifact in &artifacts {
        let (document, payload) = sbom(artifact);
        bindings.sboms.push(SbomBinding {
            subject: artifact.digests.sha256,
            predicate_type: CYCLONEDX.into(),
            digest: document.sha256().into(),
        });
        bindings.statements.push(StatementBinding {
            predicate_type: CYCLONEDX.into(),
            payload: Sha256Digest::of(&payload).into(),
        });
        payloads.push(payload);
    }
    let profile = profile(&artifacts[0], &tool);
    let items = BTreeMap::from([(wire(&tool), tool)]);
    let observed = vec![ObservedServer::from_profile(&profile, &items)];
    let manifest = ToolManifest {
        server: Server { name: "s".into(), version: None },
        kind: Kind::Publisher,
        created_on: now(),
        valid_until: valid_until.map(|time| time.parse().unwrap()),
        packages: artifacts
            .iter()
            .map(|artifact| PackageBinding { purl: "pkg:generic/s".into(), subject: artifact.digests.sha256 })
            .collect(),
        bindings,
        profiles: vec![profile],
        items,
        producer: Product { name: "mcpsign".into(), version: "0".into() },
    };
    let subjects = artifacts.iter().map(subject).collect();
    let statement = Statement::new(subjects, TOOL_MANIFEST, Json::from_serialize(&manifest).unwrap());
    payloads.push(to_canonical(&statement).unwrap());
    Release { artifacts, payloads, observed }
}

fn sign(signer: &LocalSigner, payloads: &[Vec<u8>]) -> Vec<Signed> {
    payloads.iter().map(|payload| signer.sign(payload.clone()).unwrap()).collect()
}

fn judge(
    signer: &LocalSigner,
    release: &Release,
    signed: Vec<Signed>,
    existing: &[Vec<&[u8]>],
) -> Result<Checked, CheckError> {
    let run = Run {
        signed,
        bound: None,
        artifacts: &release.artifacts,
        observed: &release.observed,
        existing,
        together: false,
    };
    check(&run, &Trust::default(), &policy(signer), now())
}

fn lines(file: &[u8]) -> Vec<&[u8]> {
    assert!(file.ends_with(b"\n") && !file.windows(2).any(|pair| pair == b"\n\n"));
    file.strip_suffix(b"\n").unwrap().split(|&b| b == b'\n').collect()
}

fn refused(result: Result<Checked, CheckError>) -> Vec<&'static str> {
    match result {
        Err(CheckError::Refused(report)) => report.findings.iter().map(|finding| finding.code.id).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_signed_passes_and_goes_beside_the_artifacts_it_is_about() {
    let signer = signer();
    let release = release(vec![artifact("a.tgz", b"a"), artifact("b.bin", b"b")], None);
    let checked = judge(&signer, &release, sign(&signer, &release.payloads), &[]).unwrap();
    let (a, b, all) = (checked.beside(0), checked.beside(1), checked.together());
    // An SBOM of its own and the manifest; together two SBOMs and one manifest.
    assert_eq!((lines(&a).len(), lines(&b).len(), lines(&all).len()), (2, 2, 3));
    assert_eq!(lines(&a)[1], lines(&b)[1]);
    assert_ne!(lines(&a)[0], lines(&b)[0]);
    assert!(checked.beside(2).is_empty());
    assert_eq!(checked.dropped(), 0);
}

#[test]
fn sboms_alone_pass_without_a_manifest() {
    let signer = signer();
    let mut release = release(vec![artifact("a.tgz", b"a")], None);
    release.payloads.pop();
    release.observed.clear();
    let checked = judge(&signer, &release, sign(&signer, &release.payloads), &[]).unwrap();
    assert_eq!(lines(&checked.beside(0)).len(), 1);
}

#[test]
fn another_key_than_the_expected_one_is_refused() {
    let (ours, theirs) = (signer(), signer());
    let release = release(vec![artifact("a.tgz", b"a")], None);
    let codes = refused(judge(&ours, &release, sign(&theirs, &release.payloads), &[]));
    assert_eq!(codes, ["signature/key-not-trusted"]);
}

#[test]
fn b55_an_artifact_that_changed_since_is_refused() {
    let signer = signer();
    let mut release = release(vec![artifact("a.tgz", b"a")], None);
    release.artifacts = vec![artifact("a.tgz", b"changed")];
    let result = judge(&signer, &release, sign(&signer, &release.payloads), &[]);
    assert!(matches!(result, Err(CheckError::NoArtifact)));
}

#[test]
fn m09_a_line_that_carries_something_else_is_refused() {
    let signer = signer();
    let release = release(vec![artifact("a.tgz", b"a")], None);
    let mut signed = sign(&signer, &release.payloads);
    // A valid signature, over another statement about the same artifact.
    let (sbom, manifest) = (signed[0].line().to_owned(), signed.pop().unwrap());
    signed.push(manifest.with_line(sbom));
    assert!(matches!(judge(&signer, &release, signed, &[]), Err(CheckError::OtherPayload)));

    let mut signed = sign(&signer, &release.payloads);
    let broken = signed.pop().unwrap();
    let line = broken.line().replacen("\"payload\":\"e", "\"payload\":\"f", 1);
    signed.push(broken.with_line(line));
    assert!(!refused(judge(&signer, &release, signed, &[])).is_empty());
}

#[test]
fn a_manifest_that_is_not_what_the_server_showed_is_refused() {
    let signer = signer();
    let mut release = release(vec![artifact("a.tgz", b"a")], None);
    let tool = json(r#"{"name":"t","description":"another","inputSchema":{"type":"object"}}"#);
    let profile = profile(&release.artifacts[0], &tool);
    release.observed = vec![ObservedServer::from_profile(&profile, &BTreeMap::from([(wire(&tool), tool)]))];
    let codes = refused(judge(&signer, &release, sign(&signer, &release.payloads), &[]));
    assert!(codes.contains(&"manifest/tool-changed"), "{codes:?}");
}

#[test]
fn a_bound_sbom_that_was_not_signed_is_refused() {
    let signer = signer();
    let mut release = release(vec![artifact("a.tgz", b"a")], None);
    release.payloads.remove(0);
    let codes = refused(judge(&signer, &release, sign(&signer, &release.payloads), &[]));
    assert!(codes.contains(&"sbom/missing"), "{codes:?}");
}

#[test]
fn an_expired_manifest_is_refused() {
    let signer = signer();
    let release = release(vec![artifact("a.tgz", b"a")], Some("2026-11-22T11:59:59Z"));
    let codes = refused(judge(&signer, &release, sign(&signer, &release.payloads), &[]));
    assert!(codes.contains(&"freshness/expired"), "{codes:?}");
}

#[test]
fn of_existing_lines_those_stay_that_still_hold_or_are_anothers() {
    let (ours, theirs) = (signer(), signer());
    let artifacts = || vec![artifact("a.tgz", b"a")];
    let file = |signer: &LocalSigner, release: &Release| {
        judge(signer, release, sign(signer, &release.payloads), &[]).unwrap().beside(0)
    };
    let kept = file(&ours, &release(artifacts(), Some("2027-01-01T00:00:00Z")));
    let foreign = file(&theirs, &release(artifacts(), None));
    let other = file(&ours, &release(vec![artifact("b.tgz", b"b")], None));
    // Signed with our key, and expired since.
    let expired = ours.sign(release(artifacts(), Some("2020-01-01T00:00:00Z")).payloads.remove(1)).unwrap();

    let mut existing: Vec<&[u8]> = vec![b"{}", b"garbage", expired.line().as_bytes()];
    existing.extend(lines(&foreign));
    existing.extend(lines(&other));
    existing.extend(lines(&kept));
    let current = release(artifacts(), None);
    let checked = judge(&ours, &current, sign(&ours, &current.payloads), &[existing]).unwrap();
    let written = checked.beside(0);
    let written = lines(&written);
    // Somebody else's pair, the old manifest, and the new pair: the SBOM is the same, so its new signature stands for it.
    assert_eq!(written.len(), 5);
    assert_eq!(written[..2], lines(&foreign)[..]);
    assert_eq!(written[2], lines(&kept)[1]);
    assert!(!written.contains(&lines(&kept)[0]));
    // Two that are no bundles, the expired one, those of the other artifact, the SBOM that was replaced.
    assert_eq!(checked.dropped(), 5);
}

/// An SBOM stands beside somebody else's manifest, which cannot be judged here, and beside what npm signed by SHA-512 alone.
#[test]
fn an_sbom_alone_is_appended_to_what_others_signed() {
    let (ours, theirs) = (signer(), signer());
    let mut with_sha512 = artifact("a.tgz", b"a");
    let sha512 = mcpsign_schemas::digest::Sha512Digest::of(b"a");
    with_sha512.digests.sha512 = Some(sha512);
    let all = release(vec![with_sha512.clone()], None);
    let manifest = judge(&theirs, &all, sign(&theirs, &all.payloads), &[]).unwrap().beside(0);
    let by_sha512 = |digest: &str| {
        let subject = Subject {
            name: "pkg:npm/a@1.0.0".into(),
            digest: serde_json::from_str(&format!(r#"{{"sha512":"{digest}"}}"#)).unwrap(),
            media_type: None,
        };
        let statement = Statement::new(vec![subject], SLSA_PROVENANCE, json("{}"));
        theirs.sign(to_canonical(&statement).unwrap()).unwrap()
    };
    let (npm, other) = (by_sha512(&sha512.to_string()), by_sha512(&"0".repeat(128)));
    let mut existing = lines(&manifest);
    existing.extend([npm.line().as_bytes(), other.line().as_bytes()]);

    let alone = Release { payloads: all.payloads[..1].to_vec(), observed: Vec::new(), ..all };
    let checked = judge(&ours, &alone, sign(&ours, &alone.payloads), &[existing.clone()]).unwrap();
    let written = checked.beside(0);
    assert_eq!(lines(&written)[..3], existing[..3]);
    assert_eq!((lines(&written).len(), checked.dropped()), (4, 1));
}

/// A file for all keeps what it says of artifacts that another run looked at.
#[test]
fn lines_about_other_artifacts_stay_in_a_file_for_all() {
    let signer = signer();
    let (a, b) = (release(vec![artifact("a", b"a")], None), release(vec![artifact("b", b"b")], None));
    let before = judge(&signer, &a, sign(&signer, &a.payloads), &[]).unwrap().together();
    let existing = [[lines(&before), vec![b"garbage"]].concat()];
    let run = Run {
        signed: sign(&signer, &b.payloads),
        bound: None,
        artifacts: &b.artifacts,
        observed: &b.observed,
        existing: &existing,
        together: true,
    };
    let checked = check(&run, &Trust::default(), &policy(&signer), now()).unwrap();
    let written = checked.together();
    assert_eq!(lines(&written)[..2], lines(&before)[..]);
    assert_eq!((lines(&written).len(), checked.dropped()), (4, 1));
}

/// What our own signer says besides is not for this run to take away.
#[test]
fn a_statement_of_another_type_by_the_same_signer_stays() {
    let signer = signer();
    let release = release(vec![artifact("a", b"a")], None);
    let other =
        Statement::new(vec![subject(&release.artifacts[0])], "https://acme.example/audit/v1", json("{}"));
    let other = signer.sign(to_canonical(&other).unwrap()).unwrap();
    let existing = [vec![other.line().as_bytes()]];
    let checked = judge(&signer, &release, sign(&signer, &release.payloads), &existing).unwrap();
    assert_eq!((lines(&checked.beside(0)).len(), checked.dropped()), (3, 0));
}

#[test]
fn more_lines_than_readers_accept_are_refused() {
    let signer = signer();
    let release = release(vec![artifact("a.tgz", b"a")], None);
    let another = |n: usize| {
        let until = format!("2027-01-01T00:{:02}:{:02}Z", n / 60, n % 60);
        let artifacts = vec![artifact("a.tgz", b"a")];
        signer.sign(super::tests::release(artifacts, Some(&until)).payloads.remove(1)).unwrap()
    };
    let old: Vec<Signed> = (0..MAX_LINES).map(another).collect();
    let existing = vec![old.iter().map(|signed| signed.line().as_bytes()).collect()];
    let result = judge(&signer, &release, sign(&signer, &release.payloads), &existing);
    assert!(matches!(result, Err(CheckError::OverBudget { lines, .. }) if lines == MAX_LINES + 2));
}

#[test]
fn a_line_is_a_compact_bundle_with_the_keys_hint() {
    let signer = signer();
    let signed = signer.sign(b"{}".to_vec()).unwrap();
    let bundle = json(signed.line());
    assert!(!signed.line().contains(['\n', ' ']));
    let at = |path: &[&str]| path.iter().try_fold(&bundle, |json, key| json.get(key)).unwrap().clone();
    assert_eq!(at(&["mediaType"]).as_str(), Some("application/vnd.dev.sigstore.bundle.v0.3+json"));
    assert_eq!(
        at(&["verificationMaterial", "publicKey", "hint"]).as_str(),
        Some(signer.key().hint().as_str())
    );
    assert_eq!(at(&["dsseEnvelope", "payloadType"]).as_str(), Some("application/vnd.in-toto+json"));
    assert_eq!(at(&["dsseEnvelope", "payload"]).as_str(), Some("e30="));
    assert_eq!(at(&["dsseEnvelope", "signatures"]).as_array().unwrap().len(), 1);
}
