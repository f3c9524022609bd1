//! PyPI's attestations: the parts of a bundle under other names (PEP 740, version 1).

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::statement::PAYLOAD_TYPE;

use super::converted;

/// Version of both objects.
const VERSION: u64 = 1;
/// Of the bundle that is made: it holds one certificate, and every log entry has a proof.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The attestations of a provenance object, as the index serves it; its publishers are signed by nobody.
pub(super) fn provenance(object: &Json) -> Option<Vec<Json>> {
    if object.get("version")?.as_u64() != Some(VERSION) {
        return None;
    }
    let mut bundles = Vec::new();
    for published in object.get("attestation_bundles")?.as_array()? {
        let attestations = published.get("attestations")?.as_array()?;
        bundles.extend(attestations.iter().map(|attestation| converted(attestation, bundle)));
    }
    Some(bundles)
}

/// One attestation as a bundle.
pub(super) fn bundle(attestation: &Json) -> Option<Json> {
    if attestation.get("version")?.as_u64() != Some(VERSION) {
        return None;
    }
    let material = attestation.get("verification_material")?;
    let envelope = attestation.get("envelope")?;
    let text = |object: &Json, member| object.get(member)?.as_str().map(Json::from);
    let entries = material.get("transparency_entries").filter(|entries| entries.as_array().is_some())?;
    Some(object([
        ("mediaType", MEDIA_TYPE.into()),
        (
            "verificationMaterial",
            object([
                ("certificate", object([("rawBytes", text(material, "certificate")?)])),
                ("tlogEntries", entries.clone()),
            ]),
        ),
        (
            "dsseEnvelope",
            object([
                ("payload", text(envelope, "statement")?),
                ("payloadType", PAYLOAD_TYPE.into()),
                ("signatures", vec![object([("sig", text(envelope, "signature")?)])].into()),
            ]),
        ),
    ]))
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    let mut object = Object::new();
    for (name, value) in members {
        object.insert(name.into(), value);
    }
    object.into()
}
