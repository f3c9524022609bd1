//! Bundles: signed, certified, logged and timestamped in one go, as a client and these services would together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Simulator;
use crate::ca::{Issuer, Leaf};
use crate::entry::{Content, Signed, Verifier, envelope, to_sign};
use crate::identity::Identity;
use crate::key::Key;
use crate::lie::Lie;
use crate::rekor::{Rekor, after};
use crate::tsa::{Request, Tsa, imprint};

/// How long after the certificate the log integrates the entry, and how long after that the authority stamps it.
const STEP: SignedDuration = SignedDuration::from_secs(1);

/// What a bundle is to be made of.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Who logs.
    pub rekor: Rekor,
    /// How the signature comes.
    pub content: Content,
    /// Who stamps, in this order.
    pub tsas: &'a [Tsa],
    /// What is not as it should be; nothing in an honest bundle.
    pub lies: &'a [Lie],
}

impl<'a> Options<'a> {
    /// An honest bundle with the times that it needs: an entry of Rekor v1 has one, with v2 one authority stamps.
    pub const fn new(rekor: Rekor, content: Content) -> Self {
        let tsas: &[Tsa] = if rekor.is_v2() { &[Tsa::First] } else { &[] };
        Self { rekor, content, tsas, lies: &[] }
    }

    /// The same, stamped by these.
    #[must_use]
    pub const fn tsas(self, tsas: &'a [Tsa]) -> Self {
        Self { tsas, ..self }
    }

    /// The same, with these lies.
    #[must_use]
    pub const fn lies(self, lies: &'a [Lie]) -> Self {
        Self { lies, ..self }
    }
}

impl Simulator {
    /// A bundle of `payload`, a statement or a message, signed by `identity` at [`Self::time`].
    pub fn mint(&self, payload: &[u8], identity: &Identity, options: Options<'_>) -> Value {
        self.mint_under(&self.certificate(identity, options.lies), payload, options)
    }

    /// A certificate for `identity`, to sign more than one bundle with.
    pub fn certificate(&self, identity: &Identity, lies: &[Lie]) -> Leaf {
        self.certify(&self.signer, identity, lies)
    }

    /// A bundle of `payload` under a certificate that is there already.
    pub fn mint_under(&self, leaf: &Leaf, payload: &[u8], options: Options<'_>) -> Value {
        let material = if options.lies.contains(&Lie::ChainEmbedded) {
            json!({ "x509CertificateChain": { "certificates": self.chain(leaf, options.lies) } })
        } else {
            json!({ "certificate": { "rawBytes": STANDARD.encode(&leaf.der) } })
        };
        self.mint_with(material, of_leaf(leaf, &self.signer), payload, options)
    }

    /// A bundle of `payload` by the key of [`Self::signer`], which no certificate is for.
    pub fn mint_by_key(&self, payload: &[u8], options: Options<'_>) -> Value {
        let pem = self.signer.pem();
        let material = json!({ "publicKey": { "hint": STANDARD.encode(self.signer.spki_sha256()) } });
        let (der, details) = (self.signer.spki(), self.signer.details());
        let verifier = Verifier { der, pem: &pem, member: "publicKey", details };
        self.mint_with(material, verifier, payload, options)
    }

    fn mint_with(
        &self,
        mut material: Value,
        verifier: Verifier<'_>,
        payload: &[u8],
        options: Options<'_>,
    ) -> Value {
        let Options { rekor, content, tsas, lies } = options;
        let told = |lie: Lie| lies.contains(&lie);
        let signed = sign(content, payload, &self.signer, verifier);
        let logged = self.time() + STEP;

        let log = &self.logs[&rekor];
        let mut entries = vec![match () {
            () if told(Lie::EntryOfOtherArtifact) => {
                let other = sign(content, b"{\"other\":true}", &self.signer, verifier);
                log.log(&other.entry(rekor, lies), logged, lies)
            }
            () if told(Lie::EntryOfOtherSignature) => {
                let again = sign(content, payload, &self.signer, verifier);
                log.log(&again.entry(rekor, lies), logged, lies)
            }
            () if told(Lie::EntryByOtherSigner) => self.others_entry(content, payload, rekor, logged),
            () => log.log(&signed.entry(rekor, lies), logged, lies),
        }];
        if told(Lie::EntryTwice) {
            entries.push(log.log(&signed.entry(rekor, lies), logged + STEP, lies));
        }
        if told(Lie::SecondEntryByOtherSigner) {
            entries.push(self.others_entry(content, payload, rekor, logged));
        }

        let tokens: Vec<Value> = self
            .tokens(&signed.signature, tsas, logged + STEP, lies)
            .iter()
            .map(|token| json!({ "signedTimestamp": STANDARD.encode(token) }))
            .collect();
        material["tlogEntries"] = json!(entries);
        if !tokens.is_empty() {
            material["timestampVerificationData"] = json!({ "rfc3161Timestamps": tokens });
        }
        let mut media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
        if told(Lie::ChainEmbedded) {
            media_type = "application/vnd.dev.sigstore.bundle+json;version=0.2";
        }
        if told(Lie::Downgraded) {
            media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1";
            for entry in material["tlogEntries"].as_array_mut().into_iter().flatten() {
                entry.as_object_mut().map(|entry| entry.remove("inclusionProof"));
            }
        }
        let mut bundle = json!({ "mediaType": media_type, "verificationMaterial": material });
        match content {
            Content::Dsse => bundle["dsseEnvelope"] = envelope(payload, &signed.signature),
            Content::Message => {
                let hash = if told(Lie::UnknownMessageHash) { "SHA3_256" } else { "SHA2_256" };
                bundle["messageSignature"] = json!({
                    "messageDigest": { "algorithm": hash, "digest": STANDARD.encode(Sha256::digest(payload)) },
                    "signature": STANDARD.encode(&signed.signature),
                });
            }
        }
        bundle
    }

    /// A certificate for the holder of `key`.
    pub(crate) fn certify(&self, key: &Key, identity: &Identity, lies: &[Lie]) -> Leaf {
        self.ca.issue(key.spki(), identity, self.time(), &self.ct_logs, lies)
    }

    /// Somebody else's honest entry for the same payload.
    fn others_entry(&self, content: Content, payload: &[u8], rekor: Rekor, time: Timestamp) -> Value {
        let other = Identity::email("mallory@other.example", "https://accounts.other.example");
        let leaf = self.certify(&self.stranger, &other, &[]);
        let signed = sign(content, payload, &self.stranger, of_leaf(&leaf, &self.stranger));
        self.logs[&rekor].log(&signed.entry(rekor, &[]), time, &[])
    }

    fn tokens(&self, signature: &[u8], tsas: &[Tsa], time: Timestamp, lies: &[Lie]) -> Vec<Vec<u8>> {
        let told = |lie: Lie| lies.contains(&lie);
        if told(Lie::TimestampMissing) {
            return Vec::new();
        }
        let stamped: &[u8] =
            if told(Lie::TimestampOfOtherSignature) { b"another signature" } else { signature };
        let token = |tsa: &Tsa, seconds: i64| {
            let request =
                Request { imprint: imprint(stamped), nonce: None, time: after(time, seconds), lies };
            self.tsas[tsa].response(&request)
        };
        let stamped_at = lies.iter().find_map(|lie| match lie {
            Lie::StampedAt(seconds) => Some(*seconds),
            _ => None,
        });
        let stamped_by = lies.iter().find_map(|lie| match lie {
            Lie::StampedBy(tsa) => Some([*tsa]),
            _ => None,
        });
        let tsas = stamped_by.as_ref().map_or(tsas, |tsa| tsa.as_slice());
        let mut tokens: Vec<_> =
            tsas.iter().zip(0..).map(|(tsa, second)| token(tsa, stamped_at.unwrap_or(second))).collect();
        for lie in lies {
            match lie {
                Lie::AlsoStampedAt(seconds) => tokens.push(token(&Tsa::Second, *seconds)),
                Lie::TimestampTwice => tokens.extend(tokens.clone()),
                _ => {}
            }
        }
        tokens
    }

    /// The certificate and every issuer but the root.
    fn chain(&self, leaf: &Leaf, lies: &[Lie]) -> Vec<Value> {
        use der::Encode as _;
        let issuer = lies.iter().find_map(|lie| match lie {
            Lie::IssuedBy(issuer) => Some(*issuer),
            _ => None,
        });
        let issuers = &self.ca.authority(issuer.unwrap_or(Issuer::Intermediate)).chain;
        let issuers =
            issuers.iter().take(issuers.len() - 1).map(|issuer| issuer.to_der().expect("its encoding"));
        std::iter::once(leaf.der.clone())
            .chain(issuers)
            .map(|der| json!({ "rawBytes": STANDARD.encode(der) }))
            .collect()
    }
}

fn sign<'a>(content: Content, payload: &'a [u8], key: &Key, verifier: Verifier<'a>) -> Signed<'a> {
    let signature = key.sign(&to_sign(content, payload));
    Signed { content, payload, signature, verifier }
}

const fn of_leaf<'a>(leaf: &'a Leaf, key: &Key) -> Verifier<'a> {
    Verifier::certificate(leaf.der.as_slice(), leaf.pem.as_str(), key.details())
}
