//! The certificate of a bundle and those that it brings along, read once for everybody who looks into them.

use jiff::Timestamp;
use x509_cert::Certificate;

use super::authority::parse;
use super::bundle::SignedBundle;
use super::claims::{self, ClaimsError};
use super::{CertificateIdentity, VerifiedTime};

/// Certificates that were read; only [`memory`](super::memory) and whoever verified them say that they hold.
#[derive(Debug)]
pub(super) struct Chain {
    /// The signing one first.
    certificates: Vec<Certificate>,
    identity: CertificateIdentity,
    /// When all of them are valid.
    from: Timestamp,
    until: Timestamp,
}

impl Chain {
    /// Reads the certificates of a bundle.
    ///
    /// # Errors
    /// When one cannot be read, or the first does not name one holder.
    pub(super) fn of(bundle: &SignedBundle) -> Result<Self, ClaimsError> {
        let certificates = bundle.certificates().map(parse).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(ClaimsError::Certificate)?;
        let [first, ..] = certificates.as_slice() else {
            return Err(ClaimsError::Certificate("there is none".into()));
        };
        let identity = claims::identity(first)?;
        let (mut from, mut until) = (Timestamp::MIN, Timestamp::MAX);
        for certificate in &certificates {
            let validity = &certificate.tbs_certificate.validity;
            from = from.max(timestamp(validity.not_before)?);
            until = until.min(timestamp(validity.not_after)?);
        }
        Ok(Self { certificates, identity, from, until })
    }

    /// The signing certificate, and who issued each.
    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whom the signing certificate names.
    pub(super) const fn identity(&self) -> &CertificateIdentity {
        &self.identity
    }

    /// Whether all of them are valid at every time.
    pub(super) fn covers(&self, times: &[VerifiedTime]) -> bool {
        times.iter().all(|verified| self.from <= verified.time && verified.time <= self.until)
    }
}

fn timestamp(time: x509_cert::time::Time) -> Result<Timestamp, ClaimsError> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok();
    seconds
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or_else(|| ClaimsError::Certificate("its validity cannot be read".into()))
}
