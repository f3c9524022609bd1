//! Which members trust roots and bundles may have. One that is not known is refused: passed over, a misspelled `ctlogs`
//! would take away what certificates have to show, a misspelled `end` keep a retired key alive, and a misspelled
//! `inclusionPromise` take away a time that the certificate has to fit.

use mcpsign_schemas::canonical::Json;

use super::root::TrustRootError;

/// What stands at one place of the document.
enum Shape {
    /// Whatever the parser takes there.
    Any,
    /// A list of these.
    Each(&'static Self),
    /// An object of these members and no others.
    Members(&'static [(&'static str, &'static Self)]),
}

use Shape::{Any, Each, Members};

// sigstore_trustroot.proto and sigstore_common.proto of protobuf-specs 0.5.
static ROOT: Shape = Members(&[
    ("mediaType", &Any),
    ("tlogs", &Each(&LOG)),
    ("certificateAuthorities", &Each(&AUTHORITY)),
    ("ctlogs", &Each(&LOG)),
    ("timestampAuthorities", &Each(&AUTHORITY)),
]);
static LOG: Shape = Members(&[
    ("baseUrl", &Any),
    ("hashAlgorithm", &Any),
    ("publicKey", &Members(&[("rawBytes", &Any), ("keyDetails", &Any), ("validFor", &WINDOW)])),
    ("logId", &LOG_ID),
    ("checkpointKeyId", &LOG_ID),
    ("operator", &Any),
]);
static LOG_ID: Shape = Members(&[("keyId", &Any)]);
static AUTHORITY: Shape = Members(&[
    ("subject", &Members(&[("organization", &Any), ("commonName", &Any)])),
    ("uri", &Any),
    ("certChain", &Members(&[("certificates", &Each(&Members(&[("rawBytes", &Any)])))])),
    ("validFor", &WINDOW),
    ("operator", &Any),
]);
static WINDOW: Shape = Members(&[("start", &Any), ("end", &Any)]);

// sigstore_bundle.proto and sigstore_rekor.proto.
static BUNDLE: Shape = Members(&[
    ("mediaType", &Any),
    ("verificationMaterial", &MATERIAL),
    (
        "dsseEnvelope",
        &Members(&[
            ("payload", &Any),
            ("payloadType", &Any),
            ("signatures", &Each(&Members(&[("sig", &Any), ("keyid", &Any)]))),
        ]),
    ),
    (
        "messageSignature",
        &Members(&[
            ("messageDigest", &Members(&[("algorithm", &Any), ("digest", &Any)])),
            ("signature", &Any),
        ]),
    ),
]);
static MATERIAL: Shape = Members(&[
    ("certificate", &Members(&[("rawBytes", &Any)])),
    ("x509CertificateChain", &Members(&[("certificates", &Each(&Members(&[("rawBytes", &Any)])))])),
    ("publicKey", &Members(&[("hint", &Any)])),
    ("tlogEntries", &Each(&LOG_ENTRY)),
    (
        "timestampVerificationData",
        &Members(&[("rfc3161Timestamps", &Each(&Members(&[("signedTimestamp", &Any)])))]),
    ),
]);
static LOG_ENTRY: Shape = Members(&[
    ("logIndex", &Any),
    ("logId", &LOG_ID),
    ("kindVersion", &Members(&[("kind", &Any), ("version", &Any)])),
    ("integratedTime", &Any),
    ("inclusionPromise", &Members(&[("signedEntryTimestamp", &Any)])),
    (
        "inclusionProof",
        &Members(&[
            ("logIndex", &Any),
            ("rootHash", &Any),
            ("treeSize", &Any),
            ("hashes", &Any),
            ("checkpoint", &Members(&[("envelope", &Any)])),
        ]),
    ),
    ("canonicalizedBody", &Any),
]);

/// The first thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Misfit {
    /// A member that is not known; its name, shortened.
    Member(String),
    /// A member whose value is neither the object nor the list that it has to be. The parser would read an object from a list
    /// by position, in which members have no names and some can be left out.
    Form { member: &'static str, expected: &'static str },
}

/// Refuses what no trust root has.
///
/// # Errors
/// [`TrustRootError::Member`] or [`TrustRootError::Form`], for the first of them.
pub(super) fn only_known_members(root: &Json) -> Result<(), TrustRootError> {
    match misfit(root, &ROOT, "the trust root") {
        None => Ok(()),
        Some(Misfit::Member(found)) => Err(TrustRootError::Member { found }),
        Some(Misfit::Form { member, expected }) => Err(TrustRootError::Form { member, expected }),
    }
}

/// The first thing that no bundle has.
pub(super) fn misfit_in_bundle(bundle: &Json) -> Option<Misfit> {
    misfit(bundle, &BUNDLE, "the bundle")
}

fn misfit(json: &Json, shape: &Shape, at: &'static str) -> Option<Misfit> {
    match (shape, json) {
        (Each(shape), Json::Array(elements)) => elements.iter().find_map(|each| misfit(each, shape, at)),
        (Members(known), Json::Object(members)) => {
            members.iter().find_map(|(name, value)| match known.iter().find(|(known, _)| *known == name) {
                Some((known, shape)) => misfit(value, shape, known),
                None => Some(Misfit::Member(name.chars().take(100).collect())),
            })
        }
        // As protobuf's JSON has it, the same as a member that is not there; the parser says whether it may.
        (Any, _) | (_, Json::Null) => None,
        (Each(_), _) => Some(Misfit::Form { member: at, expected: "list" }),
        (Members(_), _) => Some(Misfit::Form { member: at, expected: "object" }),
    }
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::canonical::{Json, Limits};

    use super::*;
    use crate::SigstoreRoot;

    fn misspelled(document: &str, member: &str) -> Result<SigstoreRoot, TrustRootError> {
        let (quoted, other) = (format!("\"{member}\":"), format!("\"{member}x\":"));
        assert!(document.contains(&quoted), "{member}");
        SigstoreRoot::from_json(document.replacen(&quoted, &other, 1).as_bytes())
    }

    #[test]
    fn b19_a_member_that_is_misspelled_is_not_passed_over() {
        for member in [
            "mediaType",
            "tlogs",
            "certificateAuthorities",
            "ctlogs",
            "timestampAuthorities",
            "validFor",
            "start",
            "end",
            "keyDetails",
            "rawBytes",
            "logId",
            "keyId",
            "certChain",
            "certificates",
            "subject",
            "uri",
        ] {
            assert!(misspelled(SigstoreRoot::PUBLIC_GOOD, member).is_err(), "{member}");
        }
        for member in ["ctlogs", "end", "validFor"] {
            let refused = misspelled(SigstoreRoot::PUBLIC_GOOD, member);
            assert_eq!(refused.unwrap_err(), TrustRootError::Member { found: format!("{member}x") });
        }
    }

    /// By position members have no names, and the last ones can be left out.
    #[test]
    fn b19_no_object_is_read_from_a_list() {
        let json = |text: &str| Json::parse(text.as_bytes(), Limits::bytes(1000)).unwrap();
        for (text, member, expected) in [
            (r#"[]"#, "the trust root", "object"),
            (r#"{"tlogs":{}}"#, "tlogs", "list"),
            (r#"{"tlogs":[["https://rekor.example"]]}"#, "tlogs", "object"),
            (r#"{"tlogs":[{"logId":["wNI9"]}]}"#, "logId", "object"),
            (r#"{"tlogs":[{"publicKey":{"validFor":["2021-01-12T11:53:27Z"]}}]}"#, "validFor", "object"),
            (r#"{"certificateAuthorities":[{"certChain":[[]]}]}"#, "certChain", "object"),
        ] {
            let refused = only_known_members(&json(text));
            assert_eq!(refused, Err(TrustRootError::Form { member, expected }), "{text}");
        }
        for (text, member, expected) in [
            (r#"{"verificationMaterial":[]}"#, "verificationMaterial", "object"),
            (r#"{"verificationMaterial":{"tlogEntries":[["1"]]}}"#, "tlogEntries", "object"),
            (
                r#"{"verificationMaterial":{"timestampVerificationData":[]}}"#,
                "timestampVerificationData",
                "object",
            ),
            (r#"{"dsseEnvelope":{"signatures":[["MEU"]]}}"#, "signatures", "object"),
            (r#"{"dsseEnvelope":"x"}"#, "dsseEnvelope", "object"),
        ] {
            let found = misfit_in_bundle(&json(text));
            assert_eq!(found, Some(Misfit::Form { member, expected }), "{text}");
        }
        assert_eq!(misfit_in_bundle(&json(r#"{"verificationMaterial":{"certificate":null}}"#)), None);
    }

    #[test]
    fn members_that_newer_roots_have_are_known() {
        let text = SigstoreRoot::PUBLIC_GOOD.replace(
            "\"baseUrl\":",
            "\"operator\": \"acme.example\", \"checkpointKeyId\": {\"keyId\": \"AAAA\"}, \"baseUrl\":",
        );
        assert_ne!(text, SigstoreRoot::PUBLIC_GOOD);
        SigstoreRoot::from_json(text.as_bytes()).unwrap();
        let json =
            Json::parse(br#"{"tlogs":[{"publicKey":{"valid_for":null}}]}"#, Limits::bytes(100)).unwrap();
        assert_eq!(only_known_members(&json), Err(TrustRootError::Member { found: "valid_for".into() }));
    }
}
