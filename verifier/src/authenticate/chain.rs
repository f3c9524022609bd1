//! The certificate of a bundle and those that it brings along, read once for everybody who looks into them.

use std::sync::Arc;

use jiff::Timestamp;
use sigstore_types::DerCertificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::AssociatedOid as _;
use x509_cert::ext::pkix::SignedCertificateTimestampList;

use super::bundle::SignedBundle;
use super::claims::{self, ClaimsError};
use super::x509::{Certificate, timestamp};
use super::{CertificateIdentity, VerifiedTime};

/// Certificates that were read; only [`memory`](super::memory) and whoever verified them say that they hold.
#[derive(Debug)]
pub(super) struct Chain {
    /// The signing one first.
    links: Vec<Link>,
    identity: Arc<CertificateIdentity>,
    /// What certificate logs gave for the signing one, as it stands there.
    receipts: Option<Vec<u8>>,
    /// When all of them are valid.
    from: Timestamp,
    until: Timestamp,
}

/// One certificate, and between whom it stands.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) certificate: DerCertificate,
    /// DER of its issuer's name, without tag and length.
    pub(super) issuer: Vec<u8>,
    /// DER of its own.
    pub(super) subject: Vec<u8>,
}

impl Chain {
    /// Reads the certificates of a bundle.
    ///
    /// # Errors
    /// When one cannot be read, or the first does not name one holder.
    pub(super) fn of(bundle: &SignedBundle) -> Result<Self, ClaimsError> {
        let unreadable = |error: der::Error| ClaimsError::Certificate(error.to_string());
        let (mut links, mut identity, mut receipts) = (Vec::new(), None, None);
        let (mut from, mut until) = (Timestamp::MIN, Timestamp::MAX);
        for der in bundle.certificates() {
            let Certificate { tbs, .. } = Certificate::read(der.as_bytes()).map_err(unreadable)?;
            if identity.is_none() {
                identity = Some(claims::identity(&tbs)?);
                let mut extensions = tbs.extensions.iter().flatten();
                receipts = extensions
                    .find(|extension| extension.id == SignedCertificateTimestampList::OID)
                    .map(|extension| extension.value.as_bytes().to_vec());
            }
            from = from.max(timestamp(tbs.validity.not_before));
            until = until.min(timestamp(tbs.validity.not_after));
            let (issuer, subject) = (tbs.issuer.value().to_vec(), tbs.subject.value().to_vec());
            links.push(Link { certificate: der.clone(), issuer, subject });
        }
        let identity = identity.ok_or_else(|| ClaimsError::Certificate("there is none".into()))?;
        Ok(Self { links, identity: Arc::new(identity), receipts, from, until })
    }

    /// The signing certificate, and who issued each.
    pub(super) fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whom the signing certificate names.
    pub(super) const fn identity(&self) -> &Arc<CertificateIdentity> {
        &self.identity
    }

    /// The latest time at which a certificate log says that it took the signing one.
    ///
    /// # Errors
    /// When a receipt cannot be read.
    pub(super) fn received(&self) -> Result<Option<Timestamp>, ClaimsError> {
        let unread = || ClaimsError::Certificate("its receipts cannot be read".into());
        let Some(receipts) = &self.receipts else { return Ok(None) };
        let receipts = SignedCertificateTimestampList::from_der(receipts).map_err(|_| unread())?;
        let times = receipts.parse_timestamps().map_err(|_| unread())?.into_iter().map(|receipt| {
            let milliseconds = receipt.parse_timestamp().map_err(|_| unread())?.timestamp;
            let milliseconds = i64::try_from(milliseconds).map_err(|_| unread())?;
            Timestamp::from_millisecond(milliseconds).map_err(|_| unread())
        });
        Ok(times.collect::<Result<Vec<_>, _>>()?.into_iter().max())
    }

    /// Whether all of them are valid at every time.
    pub(super) fn covers(&self, times: &[VerifiedTime]) -> bool {
        times.iter().all(|verified| self.from <= verified.time && verified.time <= self.until)
    }
}
