//! What the Sigstore crate takes for granted of the authorities in a trust root. It makes every certificate of a chain an
//! anchor: their own extensions and windows are then looked at by nobody.

use jiff::Timestamp;
use sigstore_crypto::{KeyAlgorithm, SigningScheme};
use sigstore_trust_root::{CertificateAuthority, TrustedRoot};
use sigstore_types::{DerCertificate, DerPublicKey, HashAlgorithm, SignatureBytes};
use x509_cert::Certificate;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::VerifiedTime;
use super::chain::Link;
use super::root::TrustRootError;

/// Every certificate that may issue others.
pub(super) struct Issuers(Vec<Issuer>);

struct Issuer {
    /// DER of its name, without tag and length.
    name: Vec<u8>,
    key: DerPublicKey,
    /// When it and all above it are valid.
    from: Timestamp,
    until: Timestamp,
    /// How many authorities it and all above it allow below it; `None` is any number.
    below: Option<usize>,
}

impl Issuers {
    /// The issuers of a root.
    ///
    /// # Errors
    /// When one of them is no certificate authority, or stands deeper than one above it allows.
    pub(super) fn of(root: &TrustedRoot) -> Result<Self, TrustRootError> {
        let mut issuers = Vec::new();
        for authority in &root.certificate_authorities {
            add(authority, &mut issuers).map_err(|detail| TrustRootError::CertificateAuthority {
                authority: authority.uri.clone(),
                detail,
            })?;
        }
        Ok(Self(issuers))
    }

    /// Whether who issued the first of `chain`, which was verified against the same root, was valid at each time, and
    /// might have as many authorities below it as `chain` brings along. Names may be shared: if all of one name were
    /// and might, it does not matter which it was; else the signature tells.
    pub(super) fn were_valid(&self, chain: &[Link], times: &[VerifiedTime]) -> bool {
        let in_order = chain.windows(2).all(|pair| match pair {
            [of, by] => of.issuer == by.subject,
            _ => false,
        });
        let covers = |issuer: &Issuer| {
            times.iter().all(|verified| issuer.from <= verified.time && verified.time <= issuer.until)
        };
        let issuers = self.0.iter().flat_map(|issuer| {
            let issued = chain.iter().enumerate().filter(|(_, of)| of.issuer == issuer.name);
            issued.map(move |(below, of)| (issuer, below, of))
        });
        let holds = |issuer: &Issuer, below: usize| {
            covers(issuer) && issuer.below.is_none_or(|allowed| below <= allowed)
        };
        let issuers: Vec<_> = issuers.collect();
        let all = !issuers.is_empty() && issuers.iter().all(|(issuer, below, _)| holds(issuer, *below));
        let the_one = || {
            issuers
                .iter()
                .any(|(issuer, below, of)| *below == 0 && holds(issuer, 0) && issuer.signed(&of.certificate))
        };
        in_order && (all || the_one())
    }
}

impl Issuer {
    fn signed(&self, certificate: &DerCertificate) -> bool {
        let Ok(certificate) = parse(certificate) else { return false };
        let scheme = match certificate.signature_algorithm.oid {
            ECDSA_WITH_SHA_256 => HashAlgorithm::Sha2256,
            ECDSA_WITH_SHA_384 => HashAlgorithm::Sha2384,
            _ => return false,
        };
        let scheme: Option<SigningScheme> =
            KeyAlgorithm::from_spki(&self.key).ok().and_then(|key| key.resolve_signing_scheme(scheme).ok());
        let (Some(scheme), Ok(signed), Some(signature)) =
            (scheme, certificate.tbs_certificate.to_der(), certificate.signature.as_bytes())
        else {
            return false;
        };
        let signature = SignatureBytes::from_bytes(signature);
        sigstore_crypto::verify_signature(&self.key, &signed, &signature, scheme).is_ok()
    }
}

/// Adds the issuers of one authority's chain, which stands from the issuing one to the anchor.
fn add(authority: &CertificateAuthority, issuers: &mut Vec<Issuer>) -> Result<(), String> {
    let (mut from, mut until) = (Timestamp::MIN, Timestamp::MAX);
    let mut above: Option<Option<usize>> = None;
    for certificate in authority.cert_chain.certificates.iter().rev() {
        let der = &certificate.raw_bytes;
        let parsed = parse(der)?;
        let own = path_length(&parsed)?;
        let inherited = match above {
            Some(Some(0)) => {
                return Err(format!("`{}` may not stand below another", parsed.tbs_certificate.subject));
            }
            Some(Some(allowed)) => Some(allowed - 1),
            Some(None) | None => None,
        };
        let below = [own, inherited].into_iter().flatten().min();
        above = Some(below);
        let info = sigstore_crypto::parse_certificate_info(der).map_err(|error| error.to_string())?;
        (from, until) = (from.max(info.not_before), until.min(info.not_after));
        let name = parsed.tbs_certificate.subject.to_der().map_err(|error| error.to_string())?;
        let name = AnyRef::from_der(&name).map_err(|error| error.to_string())?.value().to_vec();
        let key = info.public_key;
        issuers.push(Issuer { name, key, from, until, below });
    }
    Ok(())
}

/// How many authorities may stand below this one, which must be one (RFC 5280 §4.2.1.3, §4.2.1.9).
fn path_length(certificate: &Certificate) -> Result<Option<usize>, String> {
    let tbs = &certificate.tbs_certificate;
    let constraints = tbs.get::<BasicConstraints>().map_err(|error| error.to_string())?;
    let Some((_, BasicConstraints { ca: true, path_len_constraint })) = constraints else {
        return Err(format!("`{}` is no certificate authority", tbs.subject));
    };
    match tbs.get::<KeyUsage>().map_err(|error| error.to_string())? {
        Some((_, usage)) if !usage.key_cert_sign() => {
            Err(format!("the key of `{}` is not for signing certificates", tbs.subject))
        }
        _ => Ok(path_len_constraint.map(usize::from)),
    }
}

pub(super) fn parse(der: &DerCertificate) -> Result<Certificate, String> {
    Certificate::from_der(der.as_bytes()).map_err(|error| error.to_string())
}
