//! The Sigstore crate's bundle, made of JSON that was parsed already. The crate's own reader would parse the text once more, and
//! copy on the way what it flattens; all that is read here is read by the types of its parts.

use mcpsign_schemas::canonical::Json;
use serde::Deserialize;
use sigstore_types::{Bundle, SignatureContent, VerificationMaterial, VerificationMaterialContent};

/// Reads a bundle.
///
/// # Errors
/// What is missing or cannot be read, and where it stands.
pub(super) fn bundle(mut json: Json) -> Result<Bundle, String> {
    without_nulls(&mut json);
    let bundle = Part { json: &json, at: "the bundle" };
    let material = bundle.part("verificationMaterial")?;
    let holder = if let Some(certificate) = material.read("certificate")? {
        VerificationMaterialContent::Certificate(certificate)
    } else if let Some(key) = material.read("publicKey")? {
        VerificationMaterialContent::PublicKey(key)
    } else {
        let certificates = material.part("x509CertificateChain")?.needed("certificates")?;
        VerificationMaterialContent::X509CertificateChain { certificates }
    };
    let material = VerificationMaterial::new(holder)
        .with_tlog_entries(material.read("tlogEntries")?.unwrap_or_default())
        .with_timestamp_verification_data(material.read("timestampVerificationData")?.unwrap_or_default());
    let content = match bundle.read("dsseEnvelope")? {
        Some(envelope) => SignatureContent::DsseEnvelope(envelope),
        None => SignatureContent::MessageSignature(bundle.needed("messageSignature")?),
    };
    Ok(Bundle::new(bundle.needed("mediaType")?, material, content))
}

/// An object in the bundle, and its name.
struct Part<'j> {
    json: &'j Json,
    at: &'static str,
}

impl<'j> Part<'j> {
    fn part(&self, name: &'static str) -> Result<Self, String> {
        let json = self.json.get(name).ok_or_else(|| self.missing(name))?;
        Ok(Self { json, at: name })
    }

    fn read<T: Deserialize<'j>>(&self, name: &'static str) -> Result<Option<T>, String> {
        let value = self.json.get(name).map(Json::to_typed).transpose();
        value.map_err(|error| format!("in `{name}`: {error}"))
    }

    fn needed<T: Deserialize<'j>>(&self, name: &'static str) -> Result<T, String> {
        self.read(name)?.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &'static str) -> String {
        format!("{} has no `{name}`", self.at)
    }
}

/// In protobuf's JSON a member that is null is one that is not there.
fn without_nulls(json: &mut Json) {
    match json {
        Json::Object(members) => members.retain(|_, value| {
            without_nulls(value);
            !value.is_null()
        }),
        Json::Array(elements) => elements.iter_mut().for_each(without_nulls),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::canonical::Limits;
    use serde_json::{Value, json};

    use super::*;

    fn read(bundle: &Value) -> Result<Bundle, String> {
        let json = Json::parse(bundle.to_string().as_bytes(), Limits::bytes(1 << 20));
        super::bundle(json.map_err(|error| error.to_string())?)
    }

    fn entry() -> Value {
        json!({
            "logIndex": "7", "logId": { "keyId": "wNI9" }, "integratedTime": "1700000000",
            "kindVersion": { "kind": "dsse", "version": "0.0.1" },
            "inclusionPromise": { "signedEntryTimestamp": "MEU=" },
            "inclusionProof": {
                "logIndex": "7", "treeSize": "9", "hashes": ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
                "rootHash": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "checkpoint": { "envelope": "log\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log AAAAAAAA\n" },
            },
            "canonicalizedBody": "e30=",
        })
    }

    fn bundles() -> Vec<Value> {
        let envelope = json!({
            "payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": [{ "sig": "MEU=", "keyid": "k" }],
        });
        let message =
            json!({ "messageDigest": { "algorithm": "SHA2_256", "digest": "AAAA" }, "signature": "MEU=" });
        let certificate = json!({ "rawBytes": "MII=" });
        [
            ("certificate", certificate.clone()),
            ("x509CertificateChain", json!({ "certificates": [certificate, certificate] })),
            ("publicKey", json!({ "hint": "h" })),
        ]
        .into_iter()
        .flat_map(|(kind, holder)| {
            [("dsseEnvelope", &envelope), ("messageSignature", &message)].map(|(name, content)| {
                json!({
                    "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2",
                    "verificationMaterial": {
                        kind: holder, "tlogEntries": [entry()],
                        "timestampVerificationData": { "rfc3161Timestamps": [{ "signedTimestamp": "MII=" }] },
                    },
                    name: content,
                })
            })
        })
        .collect()
    }

    /// Every member's place in a document, objects and lists included.
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        let below: Vec<(String, &Value)> = match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect()
            }
            Value::Array(elements) => {
                elements.iter().enumerate().map(|(place, value)| (format!("{at}/{place}"), value)).collect()
            }
            _ => Vec::new(),
        };
        for (at, value) in below {
            places(value, &at, found);
            found.push(at);
        }
    }

    #[test]
    fn what_is_read_is_what_the_crate_reads() {
        for bundle in bundles() {
            let theirs = Bundle::from_json(&bundle.to_string()).map_err(|error| error.to_string());
            assert_eq!(read(&bundle), theirs, "{bundle:#}");
            assert!(theirs.is_ok());
            // Nor is anything taken that is of another type, or left out, than the crate takes.
            let mut all = Vec::new();
            places(&bundle, "", &mut all);
            for at in all {
                for value in [json!(true), json!(-1), json!("*"), json!([]), json!({}), json!([[]])] {
                    let mut bent = bundle.clone();
                    *bent.pointer_mut(&at).unwrap() = value;
                    if let Ok(ours) = read(&bent) {
                        assert_eq!(Bundle::from_json(&bent.to_string()).ok(), Some(ours), "{at}: {bent:#}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_member_that_is_null_is_not_there() {
        for bundle in bundles() {
            let mut all = Vec::new();
            places(&bundle, "", &mut all);
            for at in all {
                let (above, name) = at.rsplit_once('/').unwrap();
                let (mut null, mut without) = (bundle.clone(), bundle.clone());
                *null.pointer_mut(&at).unwrap() = Value::Null;
                match without.pointer_mut(above).unwrap() {
                    Value::Object(members) => assert!(members.remove(name).is_some()),
                    // An element is none.
                    _ => {
                        assert!(read(&null).is_err(), "{at}");
                        continue;
                    }
                }
                assert_eq!(read(&null), read(&without), "{at}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let refused = |at: &str, value: Value| {
            let mut bent = bundles().remove(0);
            *bent.pointer_mut(at).unwrap() = value;
            read(&bent).unwrap_err()
        };
        let entry = "/verificationMaterial/tlogEntries/0";
        assert_eq!(
            refused(&format!("{entry}/logId/keyId"), 7.into()),
            "in `tlogEntries`: [0].logId.keyId: invalid type: integer `7`, expected a string"
        );
        assert_eq!(
            refused(&format!("{entry}/logId"), Value::Null),
            "in `tlogEntries`: [0]: missing field `logId`"
        );
        assert_eq!(refused("/verificationMaterial", Value::Null), "the bundle has no `verificationMaterial`");
        assert_eq!(
            refused("/verificationMaterial/certificate", Value::Null),
            "verificationMaterial has no `x509CertificateChain`"
        );
        assert_eq!(refused("/dsseEnvelope", Value::Null), "the bundle has no `messageSignature`");
    }
}
