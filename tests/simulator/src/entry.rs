//! What is written into a log about a signature, by kind of entry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384};

use crate::lie::Lie;
use crate::rekor::Rekor;

/// DSSE payload type of in-toto statements.
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// How a signature comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// In a DSSE envelope around an in-toto statement.
    Dsse,
    /// Beside a message, of which the bundle holds the digest.
    Message,
}

/// A signature, and all that a log is told of it.
pub(crate) struct Signed<'a> {
    pub(crate) content: Content,
    /// The statement or message.
    pub(crate) payload: &'a [u8],
    pub(crate) signature: Vec<u8>,
    pub(crate) verifier: Verifier<'a>,
}

/// By what the signature verifies, as the client showed it.
#[derive(Clone, Copy)]
pub(crate) struct Verifier<'a> {
    pub(crate) der: &'a [u8],
    pub(crate) pem: &'a str,
    /// What Rekor v2 calls its encoding: `x509Certificate` or `publicKey`.
    pub(crate) member: &'static str,
    /// What Rekor v2 calls the kind of key.
    pub(crate) details: &'static str,
}

impl<'a> Verifier<'a> {
    /// A certificate for a key of this kind.
    pub(crate) const fn certificate(der: &'a [u8], pem: &'a str, details: &'static str) -> Self {
        Self { der, pem, member: "x509Certificate", details }
    }
}

/// A log's entry before it is logged. The body's members stand in canonical order when it is written.
pub(crate) struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    pub(crate) body: Value,
}

impl Signed<'_> {
    /// The bytes that the signature is over.
    pub(crate) fn message(&self) -> Vec<u8> {
        to_sign(self.content, self.payload)
    }

    /// The entry that this log makes of it.
    pub(crate) fn entry(&self, log: Rekor, lies: &[Lie]) -> Entry {
        let message = self.message();
        let digest = match self.hash_in_v2() {
            "SHA2_384" if log.is_v2() => Sha384::digest(message).to_vec(),
            _ => Sha256::digest(message).to_vec(),
        };
        self.entry_of_digest(log, &digest, lies)
    }

    fn hash_in_v2(&self) -> &'static str {
        if self.verifier.details.ends_with("SHA_384") { "SHA2_384" } else { "SHA2_256" }
    }

    /// The same where the log is told the digest of [`Self::message`] alone.
    pub(crate) fn entry_of_digest(&self, log: Rekor, digest: &[u8], lies: &[Lie]) -> Entry {
        let hash = if lies.contains(&Lie::UnknownEntryHash) { "sha3-256" } else { "sha256" };
        let mut entry = match (log, self.content) {
            (Rekor::V2 | Rekor::V2Ecdsa, _) => self.hashedrekord_v2(digest, lies),
            (_, Content::Message) => self.hashedrekord_v1(digest, hash),
            (Rekor::V1, Content::Dsse) => self.dsse_v1(hash),
            (Rekor::V1Intoto, Content::Dsse) => self.intoto_v2(hash),
        };
        if lies.contains(&Lie::EntryOfOtherKind) {
            (entry.kind, entry.version) = match entry.kind {
                "hashedrekord" => ("dsse", "0.0.1"),
                _ => ("hashedrekord", "0.0.2"),
            };
        }
        entry
    }

    fn hashedrekord_v1(&self, digest: &[u8], hash: &str) -> Entry {
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": { "hash": { "algorithm": hash, "value": hex::encode(digest) } },
                "signature": {
                    "content": STANDARD.encode(&self.signature),
                    "publicKey": { "content": STANDARD.encode(self.verifier.pem) },
                },
            },
        });
        Entry { kind: "hashedrekord", version: "0.0.1", body }
    }

    fn dsse_v1(&self, hash: &str) -> Entry {
        let envelope = envelope(self.payload, &self.signature).to_string();
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": { "algorithm": hash, "value": hex::encode(Sha256::digest(envelope)) },
                "payloadHash": { "algorithm": hash, "value": hex::encode(Sha256::digest(self.payload)) },
                "signatures": [{
                    "signature": STANDARD.encode(&self.signature),
                    "verifier": STANDARD.encode(self.verifier.pem),
                }],
            },
        });
        Entry { kind: "dsse", version: "0.0.1", body }
    }

    fn intoto_v2(&self, hash: &str) -> Entry {
        let envelope = envelope(self.payload, &self.signature).to_string();
        let body = json!({
            "apiVersion": "0.0.2",
            "kind": "intoto",
            "spec": {
                "content": {
                    "envelope": {
                        "payloadType": IN_TOTO,
                        "signatures": [{
                            "publicKey": STANDARD.encode(self.verifier.pem),
                            "sig": STANDARD.encode(STANDARD.encode(&self.signature)),
                        }],
                    },
                    "hash": { "algorithm": hash, "value": hex::encode(Sha256::digest(envelope)) },
                    "payloadHash": { "algorithm": hash, "value": hex::encode(Sha256::digest(self.payload)) },
                },
            },
        });
        Entry { kind: "intoto", version: "0.0.2", body }
    }

    fn hashedrekord_v2(&self, digest: &[u8], lies: &[Lie]) -> Entry {
        let hash = if lies.contains(&Lie::UnknownEntryHash) { "SHA3_256" } else { self.hash_in_v2() };
        let Verifier { der, member, .. } = self.verifier;
        let called = lies.iter().find_map(|lie| match lie {
            Lie::EntryForKeyOf(details) => Some(*details),
            _ => None,
        });
        let details = called.unwrap_or(self.verifier.details);
        let body = json!({
            "apiVersion": "0.0.2",
            "kind": "hashedrekord",
            "spec": {
                "hashedRekordV002": {
                    "data": { "algorithm": hash, "digest": STANDARD.encode(digest) },
                    "signature": {
                        "content": STANDARD.encode(&self.signature),
                        "verifier": {
                            "keyDetails": details,
                            (member): { "rawBytes": STANDARD.encode(der) },
                        },
                    },
                },
            },
        });
        Entry { kind: "hashedrekord", version: "0.0.2", body }
    }
}

/// The bytes that a signature of `payload` is over: the message itself, or DSSE's encoding of a statement.
pub(crate) fn to_sign(content: Content, payload: &[u8]) -> Vec<u8> {
    match content {
        Content::Message => payload.to_vec(),
        Content::Dsse => {
            let head = format!("DSSEv1 {} {IN_TOTO} {} ", IN_TOTO.len(), payload.len());
            [head.as_bytes(), payload].concat()
        }
    }
}

/// A DSSE envelope.
pub(crate) fn envelope(payload: &[u8], signature: &[u8]) -> Value {
    json!({
        "payload": STANDARD.encode(payload),
        "payloadType": IN_TOTO,
        "signatures": [{ "sig": STANDARD.encode(signature) }],
    })
}
