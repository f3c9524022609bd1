//! An entry in a log: Rekor, version 1 and 2.

use std::collections::HashMap;
use std::fmt;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::escape;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use sigstore_rekor::{DsseEntry, HashedRekord, HashedRekordV2, LogEntry, RekorApiVersion, RekorV2KeyDetails};
use sigstore_types::bundle::SignatureContent;
use sigstore_types::{DerCertificate, KindVersion, TransparencyLogEntry};
use url::Url;

use super::ask::{Asker, Question};
use super::bundle::Draft;
use super::error::{KeylessError, Service, ServiceError};
use super::services::{LogService, below};

/// An entry that stands in a log and stays there, whatever becomes of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Address of the log.
    pub log: String,
    /// Place of the entry in it; `None` where the log gave no usable answer and may hold the entry or not.
    pub index: Option<u64>,
    /// SHA-256 of the statement or artifact that it is about.
    pub payload: Sha256Digest,
}

impl fmt::Display for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = escape(&self.log);
        match self.index {
            Some(index) => write!(f, "{log} has entry {index} of payload sha256:{}", self.payload),
            None => write!(f, "{log} may have an entry of payload sha256:{}", self.payload),
        }
    }
}

/// Logs one statement, or one artifact. What the log answers is verified together with the bundle.
///
/// # Errors
/// No answer, a refusal, or something else than an entry.
pub(super) async fn request(
    asker: &Asker,
    log: &LogService,
    draft: &Draft,
    certificate: &DerCertificate,
) -> Result<TransparencyLogEntry, KeylessError> {
    match log.version {
        RekorApiVersion::V2 => version_2(asker, &log.url, draft, certificate).await,
        _ => Ok(version_1(asker, &log.url, draft, certificate).await?),
    }
}

/// Version 2 answers when the entry is in its tree, and with a proof of that.
async fn version_2(
    asker: &Asker,
    log: &Url,
    draft: &Draft,
    certificate: &DerCertificate,
) -> Result<TransparencyLogEntry, KeylessError> {
    let url = below(log, "/api/v2/log/entries");
    let unusable = |error: &dyn fmt::Display| ServiceError::answer(Service::Log, &url, error);
    let details = RekorV2KeyDetails::PkixEcdsaP256Sha256;
    let entry = HashedRekordV2::new_with_certificate(&draft.signed, &draft.signature, certificate, details);
    let body = serde_json::to_vec(&entry).map_err(|error| unusable(&error))?;
    let answer = asker.answer(&Question::json(Service::Log, &url, &body), &[StatusCode::CONFLICT]).await?;
    if answer.status == StatusCode::CONFLICT {
        return Err(KeylessError::LoggedBefore { url: url.into() });
    }
    Ok(serde_json::from_slice(&answer.body).map_err(|error| unusable(&error))?)
}

/// Version 1 says 409 where it has the entry already, and where: a repetition of ours found the first one logged.
async fn version_1(
    asker: &Asker,
    log: &Url,
    draft: &Draft,
    certificate: &DerCertificate,
) -> Result<TransparencyLogEntry, ServiceError> {
    let url = below(log, "/api/v1/log/entries");
    let unusable = |error: &dyn fmt::Display| ServiceError::answer(Service::Log, &url, error);
    let (kind, body) = match &draft.content {
        SignatureContent::DsseEnvelope(envelope) => {
            let entry = DsseEntry::new(envelope, certificate).map_err(|error| unusable(&error))?;
            (KindVersion::DsseV001, serde_json::to_vec(&entry))
        }
        // The other that a draft is made of.
        _ => {
            let entry = HashedRekord::new(&draft.signed, &draft.signature, certificate);
            (KindVersion::HashedRekordV001, serde_json::to_vec(&entry))
        }
    };
    let body = body.map_err(|error| unusable(&error))?;
    let mut answer =
        asker.answer(&Question::json(Service::Log, &url, &body), &[StatusCode::CONFLICT]).await?;
    if answer.status == StatusCode::CONFLICT {
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let id = location.and_then(|location| location.rsplit('/').next()).filter(|id| is_entry_id(id));
        let id = id.ok_or_else(|| unusable(&"it has this entry, and does not say where"))?;
        let there = below(log, &format!("/api/v1/log/entries/{id}"));
        answer = asker.answer(&Question::get(Service::Log, &there), &[]).await?;
    }
    let entries: HashMap<String, LogEntry> =
        serde_json::from_slice(&answer.body).map_err(|error| unusable(&error))?;
    let mut entries = entries.into_values();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return Err(unusable(&"not one entry"));
    };
    entry.to_bundle_entry(kind).map_err(|error| unusable(&error))
}

/// A leaf's hash, or a shard's number before it: 64 or 80 hexadecimal digits.
fn is_entry_id(id: &str) -> bool {
    matches!(id.len(), 64 | 80) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
