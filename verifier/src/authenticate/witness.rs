//! Who vouches for a time, by what the trust root says of them: whoever speaks twice is one, however it is listed.

use std::sync::Arc;

use mcpsign_schemas::digest::Sha256Digest;
use sigstore_trust_root::TransparencyLog;

use super::VerifiedTime;

/// A service that vouches for times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Hex: a log's id, or the SHA-256 of a timestamp authority's own certificate. As [`Service::id`](super::Service::id).
    pub id: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
    /// A timestamp authority's name, as the anchor of this key certified it. Its address stands in the root alone, under no
    /// signature, and tells nothing.
    pub name: Option<CertifiedName>,
}

/// A distinguished name, and below whom it means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedName {
    /// DER of the name.
    pub subject: Vec<u8>,
    /// SHA-256 of the anchor's SubjectPublicKeyInfo.
    pub anchor_spki_sha256: Sha256Digest,
}

impl Witness {
    pub(super) fn of_log(log: &TransparencyLog) -> Arc<Self> {
        Arc::new(Self {
            id: hex(log.log_id.key_id.as_bytes()),
            spki_sha256: Sha256Digest::of(log.public_key.raw_bytes.as_bytes()),
            name: None,
        })
    }

    /// Whether both are one service: a root may list it several times, and an authority may have its certificate renewed.
    fn is(&self, other: &Self) -> bool {
        self.id == other.id
            || self.spki_sha256 == other.spki_sha256
            || (self.name.is_some() && self.name == other.name)
    }
}

/// How many services vouch for these times. Two that share a certificate, a key or a name are one, and so are two that
/// share one with a third.
pub fn witnesses(times: &[VerifiedTime]) -> usize {
    let mut services: Vec<Vec<&Witness>> = Vec::new();
    for time in times {
        let mut service = vec![&*time.witness];
        services.retain(|other| {
            let same = other.iter().any(|witness| witness.is(&time.witness));
            if same {
                service.extend(other);
            }
            !same
        });
        services.push(service);
    }
    services.len()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::TimeSource;
    use jiff::Timestamp;

    fn time(id: &str, name: &str, key: &str) -> VerifiedTime {
        let name = CertifiedName { subject: name.into(), anchor_spki_sha256: Sha256Digest::of(b"anchor") };
        let witness = Witness {
            id: id.into(),
            spki_sha256: Sha256Digest::of(key.as_bytes()),
            name: Some(name).filter(|name| !name.subject.is_empty()),
        };
        VerifiedTime {
            time: Timestamp::UNIX_EPOCH,
            source: TimeSource::TimestampAuthority,
            witness: Arc::new(witness),
        }
    }

    #[test]
    fn b09_a_service_counts_once_whatever_it_is_listed_as() {
        assert_eq!(witnesses(&[]), 0);
        let (a, b) = (time("1", "a", "k"), time("2", "b", "l"));
        assert_eq!(witnesses(&[a.clone(), a.clone()]), 1);
        assert_eq!(witnesses(&[a.clone(), b.clone(), a.clone()]), 2);
        // A certificate renewed, for the same name; a key certified twice, for two; neither is another service.
        assert_eq!(witnesses(&[a.clone(), time("3", "a", "m")]), 1);
        assert_eq!(witnesses(&[a.clone(), time("3", "c", "k")]), 1);
        // A name is one below one anchor, and having none is nothing in common.
        let mut elsewhere = time("3", "a", "m");
        let name = Arc::make_mut(&mut elsewhere.witness).name.as_mut().unwrap();
        name.anchor_spki_sha256 = Sha256Digest::of(b"another");
        assert_eq!(witnesses(&[a.clone(), elsewhere]), 2);
        assert_eq!(witnesses(&[time("1", "", "k"), time("2", "", "l")]), 2);
        // Two that a third has something of each in common with are one, in whatever order they come.
        let between = time("3", "a", "l");
        for times in [[&a, &b, &between], [&a, &between, &b], [&between, &a, &b]] {
            assert_eq!(witnesses(&times.map(Clone::clone)), 1);
        }
    }
}
