//! Sigstore's `trusted_root.json`: certificate authorities, logs, timestamp authorities.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_schemas::canonical::{Json, JsonError, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use sigstore_trust_root::TrustedRoot;
use sigstore_verify::Verifier;

use super::authority::Issuers;
use super::shape;
use super::stampers::Stampers;
use super::trusted_log::TrustedLog;
use crate::trust::{RootOrigin, TufOrigin};

/// Bytes of a trust root at the most. The public-good one has 7 KB; each retired log or authority adds about one.
const MAX_BYTES: usize = 4 << 20;

/// A trust root whose keys and certificates all parsed. Cheap to clone.
#[derive(Clone)]
pub struct SigstoreRoot {
    inner: Arc<Inner>,
    origin: Option<Arc<RootOrigin>>,
}

struct Inner {
    root: TrustedRoot,
    issuers: Issuers,
    stampers: Stampers,
    /// Of each log, in the root's order.
    logs: Vec<TrustedLog>,
    verifier: Verifier,
    digest: Sha256Digest,
}

/// A document that is no usable trust root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustRootError {
    /// Not strict JSON, or over budget.
    #[error("not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// Not a trust root by its media type.
    #[error("`mediaType` is `{found}`, not that of a Sigstore trust root")]
    MediaType {
        /// What it says, shortened.
        found: String,
    },
    /// A member that no trust root has.
    #[error("it has a member `{found}`, which is not known here")]
    Member {
        /// Its name, shortened.
        found: String,
    },
    /// A member that has to be an object or a list.
    #[error("`{member}` is no {expected}")]
    Form {
        /// Its name.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// Some key, certificate or window in it cannot be used, in the Sigstore crate's words.
    #[error("{0}")]
    Content(String),
    /// A certificate authority in it is none.
    #[error("the certificate authority `{authority}` cannot be one: {detail}")]
    CertificateAuthority {
        /// Its URI.
        authority: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A timestamp authority in it is not one alone.
    #[error("the timestamp authority `{authority}` cannot be one: {detail}")]
    TimestampAuthority {
        /// Its URI.
        authority: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Nothing in it could ever verify anything.
    #[error("it names no certificate authority, no log and no timestamp authority")]
    Empty,
}

impl SigstoreRoot {
    /// The public-good instance's `trusted_root.json` as built in.
    pub const PUBLIC_GOOD: &str = sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
    /// GitHub's `trusted_root.json` as built in.
    pub const GITHUB: &str = sigstore_trust_root::SIGSTORE_GITHUB_TRUSTED_ROOT;

    /// Reads a trust root.
    ///
    /// # Errors
    /// When it is not strict JSON, empty, has members that are not known, or when any key or certificate in it cannot be
    /// used: what is silently passed over would be missed later under another name.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TrustRootError> {
        let json = Json::parse(bytes, Limits::bytes(MAX_BYTES))?;
        let media_type = json.get("mediaType").and_then(Json::as_str).unwrap_or_default();
        if !matches!(
            media_type,
            "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
                | "application/vnd.dev.sigstore.trustedroot.v0.1+json"
                | "application/vnd.dev.sigstore.trustedroot.v0.2+json"
        ) {
            return Err(TrustRootError::MediaType { found: media_type.chars().take(100).collect() });
        }
        shape::only_known_members(&json)?;
        let content = |error: &dyn fmt::Display| TrustRootError::Content(error.to_string());
        let text = String::from_utf8_lossy(bytes);
        let root = TrustedRoot::from_json(&text).map_err(|error| content(&error))?;
        if root.certificate_authorities.is_empty()
            && root.tlogs.is_empty()
            && root.timestamp_authorities.is_empty()
        {
            return Err(TrustRootError::Empty);
        }
        let verifier = Verifier::new(&root).map_err(|error| content(&error))?;
        let issuers = Issuers::of(&root)?;
        let stampers = Stampers::of(&root)?;
        let logs = root.tlogs.iter().map(TrustedLog::of).collect::<Result<_, _>>();
        let logs = logs.map_err(|error| content(&error))?;
        let digest = Sha256Digest::of(bytes);
        let inner = Inner { root, issuers, stampers, logs, verifier, digest };
        Ok(Self { inner: Arc::new(inner), origin: None })
    }

    /// Sigstore's public-good instance as built in. Its logs and keys change over time; a file may know newer ones.
    ///
    /// # Errors
    /// Never with the root that is built in; a test holds that.
    pub fn public_good() -> Result<Self, TrustRootError> {
        Self::from_json(Self::PUBLIC_GOOD.as_bytes())
    }

    /// GitHub's instance as built in: no log, timestamps instead.
    ///
    /// # Errors
    /// Never with the root that is built in; a test holds that.
    pub fn github() -> Result<Self, TrustRootError> {
        Self::from_json(Self::GITHUB.as_bytes())
    }

    /// The same root, with where it was taken from.
    #[must_use]
    pub fn with_origin(self, origin: RootOrigin) -> Self {
        Self { origin: Some(Arc::new(origin)), ..self }
    }

    /// Where it was taken from, where that is known.
    pub fn origin(&self) -> Option<&RootOrigin> {
        self.origin.as_deref()
    }

    /// SHA-256 of the document's bytes.
    pub fn digest(&self) -> Sha256Digest {
        self.inner.digest
    }

    /// When it stopped to count, if that is before `now`.
    pub(super) fn expired(&self, now: Timestamp) -> Option<Timestamp> {
        let TufOrigin { expires, .. } = self.origin.as_ref()?.tuf?;
        (expires < now).then_some(expires)
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    pub(super) fn issuers(&self) -> &Issuers {
        &self.inner.issuers
    }

    pub(super) fn stampers(&self) -> &Stampers {
        &self.inner.stampers
    }

    pub(super) fn logs(&self) -> &[TrustedLog] {
        &self.inner.logs
    }

    /// Which of its certificate authorities count at a time, in its order.
    pub(super) fn authorities_at(&self, time: Timestamp) -> impl Iterator<Item = bool> {
        let authorities = self.inner.root.certificate_authorities.iter();
        authorities.map(move |authority| authority.valid_for.is_none_or(|window| window.contains(time)))
    }

    pub(super) fn document(&self) -> &TrustedRoot {
        &self.inner.root
    }

    /// Whether bundles of this instance must have log entries.
    pub(super) fn has_log(&self) -> bool {
        !self.inner.logs.is_empty()
    }

    /// Whether certificates of this instance must carry a log's receipt.
    pub(super) fn has_certificate_log(&self) -> bool {
        !self.inner.root.ctlogs.is_empty()
    }
}

impl fmt::Debug for SigstoreRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigstoreRoot")
            .field("digest", &self.inner.digest)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn built_in_roots_load() {
        assert!(SigstoreRoot::public_good().unwrap().has_log());
        let github = SigstoreRoot::github().unwrap();
        assert!(!github.has_log() && !github.has_certificate_log());
    }

    #[test]
    fn every_media_type_of_trust_roots_is_known_and_no_other() {
        let old = "trustedroot+json;version=0.1";
        let with = |kind: &str| SigstoreRoot::from_json(SigstoreRoot::GITHUB.replace(old, kind).as_bytes());
        assert!(SigstoreRoot::GITHUB.contains(old));
        for kind in [old, "trustedroot.v0.1+json", "trustedroot.v0.2+json"] {
            assert!(with(kind).is_ok(), "{kind}");
        }
        for kind in
            ["trustedroot.v0.3+json", "trustedroot+json;version=0.2", "trustedroot", "bundle.v0.3+json"]
        {
            assert!(matches!(with(kind), Err(TrustRootError::MediaType { .. })), "{kind}");
        }
    }

    #[test]
    fn b19_a_root_of_nothing_is_refused() {
        let empty = br#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;
        assert_eq!(SigstoreRoot::from_json(empty).unwrap_err(), TrustRootError::Empty);
        assert!(matches!(SigstoreRoot::from_json(b"{}"), Err(TrustRootError::MediaType { .. })));
        assert!(matches!(SigstoreRoot::from_json(b"{\"a\":1,\"a\":1}"), Err(TrustRootError::Json(_))));
    }

    fn public_good() -> serde_json::Value {
        serde_json::from_str(SigstoreRoot::PUBLIC_GOOD).unwrap()
    }

    fn refused(root: &serde_json::Value) -> String {
        match SigstoreRoot::from_json(root.to_string().as_bytes()) {
            Err(TrustRootError::Content(detail)) => detail,
            other => panic!("{other:?}"),
        }
    }

    /// As the Sigstore crate has it; sigstore-go refuses such a root too, sigstore-python passes the key over.
    #[test]
    fn b19_one_log_of_an_unknown_kind_spoils_the_root() {
        let mut root = public_good();
        let mut other = root["tlogs"][0].clone();
        // An X25519 key: well formed, and signs nothing.
        other["publicKey"]["rawBytes"] =
            "MCowBQYDK2VuAyEAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into();
        other["logId"]["keyId"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
        root["tlogs"].as_array_mut().unwrap().insert(1, other);
        refused(&root);
    }

    #[test]
    fn b19_a_log_that_stands_twice_is_refused() {
        for logs in ["tlogs", "ctlogs"] {
            let mut root = public_good();
            let mut again = root[logs][0].clone();
            // Under another window, which would be the attacker's to choose.
            again["publicKey"]["validFor"] = serde_json::json!({ "start": "1970-01-01T00:00:00Z" });
            root[logs].as_array_mut().unwrap().push(again);
            assert!(refused(&root).contains("duplicate"), "{logs}");
        }
    }

    #[test]
    fn b19_a_window_that_ends_before_it_begins_is_refused() {
        for (list, at) in [("tlogs", "publicKey"), ("ctlogs", "publicKey")] {
            let mut root = public_good();
            root[list][0][at]["validFor"] =
                serde_json::json!({ "start": "2026-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z" });
            refused(&root);
        }
        for list in ["certificateAuthorities", "timestampAuthorities"] {
            let mut root = public_good();
            root[list][0]["validFor"] =
                serde_json::json!({ "start": "2026-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z" });
            refused(&root);
        }
    }

    #[test]
    fn b19_a_log_id_is_a_digest() {
        for id in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let mut root = public_good();
            root["tlogs"][0]["logId"]["keyId"] = id.into();
            refused(&root);
        }
    }

    #[test]
    fn b19_an_authority_without_certificates_is_refused() {
        for list in ["certificateAuthorities", "timestampAuthorities"] {
            let mut root = public_good();
            root[list][0]["certChain"]["certificates"] = serde_json::json!([]);
            refused(&root);
        }
    }

    /// Each certificate of an authority is an anchor to the Sigstore crate: nothing above it would be looked at.
    #[test]
    fn b15_the_chain_of_an_authority_holds_together() {
        let with = |root: &serde_json::Value, chain: &[&serde_json::Value]| {
            let mut root = root.clone();
            root["certificateAuthorities"][0]["certChain"]["certificates"] =
                chain.iter().copied().cloned().collect();
            SigstoreRoot::from_json(root.to_string().as_bytes()).map(|_| ())
        };
        let refused = |found: Result<(), TrustRootError>| match found {
            Err(TrustRootError::CertificateAuthority { detail, .. }) => detail,
            other => panic!("{other:?}"),
        };
        let root = public_good();
        let chain = |at: usize| &root["certificateAuthorities"][at]["certChain"]["certificates"];
        let (first_root, intermediate, second_root) = (&chain(0)[0], &chain(1)[0], &chain(1)[1]);
        assert_eq!(with(&root, &[intermediate, second_root]), Ok(()));
        assert_eq!(with(&root, &[intermediate]), Ok(()));
        // Of the same name, with another key.
        assert!(refused(with(&root, &[intermediate, first_root])).contains("is not by"));
        let github: serde_json::Value = serde_json::from_str(SigstoreRoot::GITHUB).unwrap();
        let own = &github["certificateAuthorities"][0]["certChain"]["certificates"];
        assert!(refused(with(&github, &[&own[1], &own[0], &own[2]])).contains("is not by"));
        assert!(refused(with(&github, &[&own[0], &own[2]])).contains("is not by"));
        let stamping = &github["timestampAuthorities"][0]["certChain"]["certificates"];
        assert!(refused(with(&github, &[&stamping[1], &stamping[2]])).contains("signing code"));
    }

    /// RFC 5280 §4.1.2.5.
    #[test]
    fn an_authority_may_have_no_end() {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_after = rcgen::date_time_ymd(9999, 12, 31);
        let authority = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let der = base64::engine::general_purpose::STANDARD.encode(authority.der());
        let mut root = public_good();
        root["certificateAuthorities"][0]["certChain"]["certificates"] =
            serde_json::json!([{ "rawBytes": der }]);
        SigstoreRoot::from_json(root.to_string().as_bytes()).unwrap();
    }

    #[test]
    fn b19_a_key_that_cannot_be_used_is_not_passed_over() {
        let text = SigstoreRoot::PUBLIC_GOOD;
        let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
        assert!(text.contains(key));
        let broken = text.replacen(key, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQkDQgAE", 1);
        assert!(matches!(SigstoreRoot::from_json(broken.as_bytes()), Err(TrustRootError::Content(_))));
    }
}
