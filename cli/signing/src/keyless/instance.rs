//! One Sigstore instance: where it is asked, and what its answers must lead to.

use std::fmt;

use jiff::Timestamp;
use mcpsign_schemas::canonical::{Json, JsonError, Limits};
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::{Service, ServiceKind, SigstoreRoot, TrustRootError};
use url::Url;

use super::services::{Services, ServicesError};

/// Bytes of a trust configuration at the most: a trust root of 4 MiB and a signing configuration of 1.
pub const MAX_TRUST_CONFIG: usize = 5 << 20;
/// The only media type that is read.
const TRUST_CONFIG: &str = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";

/// Services, and the trust root that what they give must verify with.
pub struct Instance {
    pub(super) services: Services,
    root: SigstoreRoot,
}

/// Files that say nothing that could be signed with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// Not strict JSON, or over budget.
    #[error("the trust configuration is not strict JSON")]
    Json(#[from] JsonError),
    /// Of another kind or version.
    #[error("`mediaType` is `{}`, not `{TRUST_CONFIG}`", escape(.found))]
    MediaType {
        /// As stated, shortened.
        found: String,
    },
    /// A part that must be there, or one that is not known.
    #[error("the trust configuration has {what} `{}`", escape(.member))]
    Member {
        /// `no` or `an unknown member`.
        what: &'static str,
        /// Its name.
        member: String,
    },
    /// The trust root.
    #[error("the trust root cannot be used")]
    Root(#[source] TrustRootError),
    /// Nothing that is signed now could lead to the trust root.
    #[error("the trust root names no {what} that counts at {now}")]
    Over {
        /// Which service.
        what: &'static str,
        /// The time that was asked for.
        now: Timestamp,
    },
    /// The signing configuration.
    #[error("the signing configuration cannot be used")]
    Services(#[source] ServicesError),
}

impl Instance {
    /// The instance of a trust root and a signing configuration, two files as `cosign` writes them.
    ///
    /// # Errors
    /// When either cannot be used.
    pub fn new(trusted_root: &[u8], signing_config: &[u8], now: Timestamp) -> Result<Self, InstanceError> {
        let root = SigstoreRoot::from_json(trusted_root).map_err(InstanceError::Root)?;
        let services = Services::from_config(signing_config, now).map_err(InstanceError::Services)?;
        counts(&root, now)?;
        Ok(Self { services, root })
    }

    /// The instance of one file that holds both, as `sigstore-python` takes it.
    ///
    /// # Errors
    /// When it is none, or either of its parts cannot be used.
    pub fn from_trust_config(bytes: &[u8], now: Timestamp) -> Result<Self, InstanceError> {
        let json = Json::parse(bytes, Limits::bytes(MAX_TRUST_CONFIG))?;
        let found = json.get("mediaType").and_then(Json::as_str).unwrap_or_default();
        if found != TRUST_CONFIG {
            return Err(InstanceError::MediaType { found: found.chars().take(100).collect() });
        }
        let known = ["mediaType", "trustedRoot", "signingConfig"];
        if let Json::Object(object) = &json
            && let Some(member) = object.keys().find(|key| !known.contains(key))
        {
            return Err(InstanceError::Member { what: "an unknown member", member: member.into() });
        }
        let part = |member: &str| match json.get(member) {
            Some(part @ Json::Object(_)) => Ok(part.to_canonical()),
            _ => Err(InstanceError::Member { what: "no", member: member.into() }),
        };
        Self::new(&part("trustedRoot")?, &part("signingConfig")?, now)
    }

    /// What is signed with it must verify with this.
    pub const fn root(&self) -> &SigstoreRoot {
        &self.root
    }

    /// Where people log in, if it says so.
    pub const fn login(&self) -> Option<&Url> {
        self.services.login.as_ref()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("services", &self.services)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// Whether what is signed at `now` may lead to the root: of each kind of service that gives a part of it, the root has to
/// name one that counts. Receipts are asked for where it names whoever gives them.
fn counts(root: &SigstoreRoot, now: Timestamp) -> Result<(), InstanceError> {
    let services = root.services();
    let of = |kind| services.iter().filter(move |service| service.kind == kind);
    let counts = |service: &Service| {
        service.start.is_none_or(|start| start <= now) && service.end.is_none_or(|end| now <= end)
    };
    for (kind, what, is_needed) in [
        (ServiceKind::CertificateAuthority, "certificate authority", true),
        (ServiceKind::TimestampAuthority, "timestamp authority", true),
        (ServiceKind::Log, "log", true),
        (ServiceKind::CertificateLog, "certificate log", of(ServiceKind::CertificateLog).next().is_some()),
    ] {
        if is_needed && !of(kind).any(counts) {
            return Err(InstanceError::Over { what, now });
        }
    }
    Ok(())
}
