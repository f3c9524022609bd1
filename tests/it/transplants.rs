//! Parts of one good bundle in another: every part of the bundles that npm, PyPI, GitHub, conda and cosign made, and of
//! those of Sigstore's suite that verify, in the place of the same part of every other. None of them fits.

use std::path::Path;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::{Signer, SigstoreRoot, TimePolicy, TrustedKey};
use serde_json::Value;

use crate::real_bundles::{now, real_donors};
use crate::support::shared_data;

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

/// What is taken over, each alone; `+` is put in besides what is there.
const PARTS: [&str; 19] = [
    "/verificationMaterial",
    "/verificationMaterial/certificate",
    "/verificationMaterial/x509CertificateChain",
    "/verificationMaterial/publicKey",
    "/verificationMaterial/tlogEntries",
    "/verificationMaterial/tlogEntries/+",
    "/verificationMaterial/tlogEntries/0/inclusionProof",
    "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint",
    "/verificationMaterial/tlogEntries/0/inclusionPromise",
    "/verificationMaterial/tlogEntries/0/canonicalizedBody",
    "/verificationMaterial/tlogEntries/0/integratedTime",
    "/verificationMaterial/tlogEntries/0/logIndex",
    "/verificationMaterial/tlogEntries/0/logId",
    "/verificationMaterial/timestampVerificationData",
    "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/+",
    "/dsseEnvelope",
    "/dsseEnvelope/payload",
    "/dsseEnvelope/signatures/0/sig",
    "/messageSignature/signature",
];

/// A bundle that verifies, and what it is verified with.
pub(crate) struct Donor {
    pub(crate) name: String,
    pub(crate) bundle: Value,
    pub(crate) root: SigstoreRoot,
    pub(crate) artifact: Option<Vec<u8>>,
    pub(crate) digest: Sha256Digest,
    pub(crate) key: Option<TrustedKey>,
    pub(crate) subject: String,
    pub(crate) issuer: Option<String>,
}

impl Donor {
    fn authenticates(&self, bundle: &Value) -> Result<Signer, ArtifactError> {
        let artifact = match &self.artifact {
            Some(bytes) => Artifact::Bytes(bytes),
            None => Artifact::Sha256(self.digest),
        };
        let expected = match &self.key {
            Some(key) => Expected::Key(key),
            None => Expected::Identity { subject: &self.subject, issuer: self.issuer.as_deref() },
        };
        let (text, evidence) = (bundle.to_string(), LogEvidence::PromiseAccepted);
        authenticate_artifact(text.as_bytes(), artifact, &self.root, expected, evidence, now())
    }

    /// The log promised a time; else `integratedTime` is nobody's word, and nobody reads it.
    fn has_promised_time(&self) -> bool {
        self.bundle.pointer(&format!("{ENTRY}/inclusionPromise")).is_some()
    }

    fn is_v2(&self) -> bool {
        let kind = self.bundle.pointer(&format!("{ENTRY}/kindVersion"));
        kind.is_some_and(|kind| kind["kind"] == "hashedrekord" && kind["version"] == "0.0.2")
    }

    /// Whether `part` is covered by no signature (`spec/sigstore.md`); the hint of a key selects none.
    fn is_unauthenticated(&self, part: &str) -> bool {
        match part.strip_prefix(ENTRY) {
            Some("/logId") => self.is_v2(),
            Some("/integratedTime") => !self.has_promised_time(),
            _ => part == "/verificationMaterial/publicKey" && self.key.is_some(),
        }
    }

    /// The suite bends one bundle into several.
    fn signature(&self) -> Option<&Value> {
        let places = ["/dsseEnvelope/signatures/0/sig", "/messageSignature/signature"];
        places.iter().find_map(|place| self.bundle.pointer(place))
    }
}

fn suite(test: &str) -> Option<Vec<Donor>> {
    let suite = shared_data(test, "sigstore-conformance-bundle-verify")?;
    let mut cases: Vec<_> = std::fs::read_dir(&suite)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.to_string_lossy().ends_with("_fail"))
        .collect();
    cases.sort();
    Some(cases.iter().map(|case| donor(&suite, case)).collect())
}

fn donor(suite: &Path, case: &Path) -> Donor {
    let read = |file: &str| std::fs::read(case.join(file)).ok();
    let line = |file: &str, default: &str| {
        read(file).map_or_else(|| default.into(), |text| String::from_utf8(text).unwrap().trim().to_owned())
    };
    let artifact = read("artifact").unwrap_or_else(|| std::fs::read(suite.join("a.txt")).unwrap());
    Donor {
        name: case.file_name().unwrap().to_string_lossy().into_owned(),
        bundle: serde_json::from_slice(&read("bundle.sigstore.json").unwrap()).unwrap(),
        root: read("trusted_root.json")
            .map_or_else(SigstoreRoot::public_good, |json| SigstoreRoot::from_json(&json))
            .unwrap(),
        digest: Sha256Digest::of(&artifact),
        artifact: Some(artifact),
        key: read("key.pub").map(|pem| TrustedKey::from_pem("key", &pem, TimePolicy::Require).unwrap()),
        subject: line(
            "identity",
            "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
        ),
        issuer: Some(line("issuer", "https://token.actions.githubusercontent.com")),
    }
}

/// `bundle` with `part` of `other`; `None` where there is no such thing, or nothing changes.
fn transplanted(bundle: &Value, part: &str, other: &Value) -> Option<Value> {
    let mut changed = bundle.clone();
    if let Some(list) = part.strip_suffix("/+") {
        let more = other.pointer(list)?.as_array()?.clone();
        changed.pointer_mut(list)?.as_array_mut()?.extend(more);
        return (changed != *bundle).then_some(changed);
    }
    let (parent, member) = part.rsplit_once('/')?;
    let graft = other.pointer(part)?.clone();
    // Members may be there and hold nothing: to leave out one of several times is no transplant.
    let nothing = [serde_json::json!(null), serde_json::json!([]), serde_json::json!({})];
    if nothing.contains(&graft) || graft.get("rfc3161Timestamps").is_some_and(|list| nothing.contains(list)) {
        return None;
    }
    let place = changed.pointer_mut(parent)?.as_object_mut()?;
    // Of these a bundle has one: the other takes its place.
    for group in
        [["certificate", "x509CertificateChain", "publicKey"], ["dsseEnvelope", "messageSignature", ""]]
    {
        if group.contains(&member) {
            place.retain(|name, _| !group.contains(&name.as_str()));
        }
    }
    place.insert(member.to_owned(), graft);
    (changed != *bundle && changed != *other).then_some(changed)
}

#[test]
fn b01_no_part_of_another_good_bundle_fits() {
    let test = "b01_no_part_of_another_good_bundle_fits";
    let (Some(mut donors), Some(real)) = (suite(test), real_donors(test)) else { return };
    donors.extend(real);
    let honest: Vec<String> = donors
        .iter()
        .map(|donor| {
            format!(
                "{:?}",
                donor.authenticates(&donor.bundle).unwrap_or_else(|e| panic!("{}: {e}", donor.name))
            )
        })
        .collect();
    let (mut tried, mut wrong) = (0_usize, Vec::new());
    for (donor, signer) in donors.iter().zip(&honest) {
        for other in donors.iter().filter(|other| other.signature() != donor.signature()) {
            for part in PARTS {
                let Some(changed) = transplanted(&donor.bundle, part, &other.bundle) else { continue };
                tried += 1;
                let what = || format!("{part} of {} in {}", other.name, donor.name);
                if let Ok(found) = donor.authenticates(&changed) {
                    // What nobody signed says nothing, and changes nothing.
                    if !donor.is_unauthenticated(part) || format!("{found:?}") != *signer {
                        wrong.push(what());
                    }
                }
                if other.authenticates(&changed).is_ok() && donor.digest != other.digest {
                    wrong.push(format!("{}, as the other's", what()));
                }
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
}
