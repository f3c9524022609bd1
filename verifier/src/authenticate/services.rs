//! What a trust root names, for showing it.

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;
use sigstore_trust_root::{CertificateAuthority, TransparencyLog};
use sigstore_types::TimeRange;

use super::root::SigstoreRoot;
use super::witness::hex;

/// One service of a Sigstore instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What it does.
    pub kind: ServiceKind,
    /// Where it is, as the root says; nothing is asked there.
    pub uri: Option<String>,
    /// Hex: a log's id, or the SHA-256 of the first certificate of an authority's chain.
    pub id: String,
    /// From when on what it signed counts; always, where that is not said.
    pub start: Option<Timestamp>,
    /// Until when.
    pub end: Option<Timestamp>,
}

/// What a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceKind {
    /// Issues certificates.
    CertificateAuthority,
    /// Logs signatures.
    Log,
    /// Logs certificates.
    CertificateLog,
    /// Says what time it is.
    TimestampAuthority,
}

impl ServiceKind {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CertificateAuthority => "certificate-authority",
            Self::Log => "log",
            Self::CertificateLog => "certificate-log",
            Self::TimestampAuthority => "timestamp-authority",
        }
    }
}

impl SigstoreRoot {
    /// Every service that it names, in its own order.
    pub fn services(&self) -> Vec<Service> {
        let root = self.document();
        let log = |kind, uri: &str, id: &[u8], window| service(kind, Some(uri), hex(id), window);
        let certificate =
            |chain: &sigstore_types::DerCertificate| Sha256Digest::of(chain.as_bytes()).to_string();
        let first = |authority: &CertificateAuthority| {
            authority.cert_chain.certificates.first().map(|first| certificate(&first.raw_bytes))
        };
        let mut services = Vec::new();
        services.extend(root.certificate_authorities.iter().map(|authority| {
            let id = first(authority).unwrap_or_default();
            service(ServiceKind::CertificateAuthority, Some(&authority.uri), id, authority.valid_for)
        }));
        services.extend(root.tlogs.iter().map(|TransparencyLog { base_url, public_key, log_id, .. }| {
            log(ServiceKind::Log, base_url, log_id.key_id.as_bytes(), public_key.valid_for)
        }));
        services.extend(root.ctlogs.iter().map(|ctlog| {
            let id = ctlog.log_id.key_id.as_bytes();
            log(ServiceKind::CertificateLog, &ctlog.base_url, id, ctlog.public_key.valid_for)
        }));
        services.extend(root.timestamp_authorities.iter().map(|authority| {
            let first = authority.cert_chain.certificates.first();
            let id = first.map(|first| certificate(&first.raw_bytes)).unwrap_or_default();
            service(ServiceKind::TimestampAuthority, authority.uri.as_deref(), id, authority.valid_for)
        }));
        services
    }
}

fn service(kind: ServiceKind, uri: Option<&str>, id: String, window: Option<TimeRange>) -> Service {
    Service {
        kind,
        uri: uri.filter(|uri| !uri.is_empty()).map(str::to_owned),
        id,
        start: window.map(|window| window.start),
        end: window.and_then(|window| window.end),
    }
}
