//! Which members a trust root may have. One that is not known is refused: passed over, a misspelled `ctlogs` would take
//! away what certificates have to show, and a misspelled `end` keep a retired key alive.

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

/// Refuses a member that no trust root has.
///
/// # Errors
/// [`TrustRootError::Member`], for the first of them.
pub(super) fn only_known_members(root: &Json) -> Result<(), TrustRootError> {
    check(root, &ROOT)
}

fn check(json: &Json, shape: &Shape) -> Result<(), TrustRootError> {
    match (shape, json) {
        (Each(shape), Json::Array(elements)) => elements.iter().try_for_each(|element| check(element, shape)),
        (Members(known), Json::Object(members)) => members.iter().try_for_each(|(name, value)| {
            let shape = known.iter().find(|(known, _)| *known == name);
            let found = || TrustRootError::Member { found: name.chars().take(100).collect() };
            check(value, shape.map(|(_, shape)| *shape).ok_or_else(found)?)
        }),
        // What is no object or list where one should be, the parser refuses.
        _ => Ok(()),
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
