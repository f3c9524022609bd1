//! What the Sigstore crate takes for granted of the authorities in a trust root. It makes every certificate of a chain an
//! anchor: their own extensions and windows are then looked at by nobody.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sigstore_crypto::{KeyAlgorithm, SigningScheme};
use sigstore_trust_root::{CertificateAuthority, TrustedRoot};
use sigstore_types::{DerCertificate, DerPublicKey, HashAlgorithm, SignatureBytes};
use x509_cert::Certificate;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_CODE_SIGNING};
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION,
    SHA_512_WITH_RSA_ENCRYPTION,
};
use x509_cert::der::oid::db::rfc8410::ID_ED_25519;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::name::Name;

use super::VerifiedTime;
use super::chain::Link;
use super::root::TrustRootError;
use super::x509::timestamp;

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
    /// When one of them is no certificate authority, stands deeper than one above it allows, or is not by the one above it.
    pub(super) fn of(root: &TrustedRoot) -> Result<Self, TrustRootError> {
        let mut issuers = Vec::new();
        let mut proven = Proven::new();
        for authority in &root.certificate_authorities {
            add(authority, &mut issuers, &mut proven).map_err(|detail| {
                TrustRootError::CertificateAuthority { authority: authority.uri.clone(), detail }
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
            ECDSA_WITH_SHA_256 | SHA_256_WITH_RSA_ENCRYPTION => HashAlgorithm::Sha2256,
            ECDSA_WITH_SHA_384 | SHA_384_WITH_RSA_ENCRYPTION => HashAlgorithm::Sha2384,
            // Ed25519 has but one.
            SHA_512_WITH_RSA_ENCRYPTION | ID_ED_25519 => HashAlgorithm::Sha2512,
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

/// Certificates, each with the one above it that signed it: roots list the upper ones again and again.
type Proven<'r> = BTreeSet<(&'r [u8], &'r [u8])>;

/// Adds the issuers of one authority's chain, which stands from the issuing one to the anchor: each is by the next.
fn add<'r>(
    authority: &'r CertificateAuthority,
    issuers: &mut Vec<Issuer>,
    proven: &mut Proven<'r>,
) -> Result<(), String> {
    let (mut from, mut until) = (Timestamp::MIN, Timestamp::MAX);
    let mut above: Option<Option<usize>> = None;
    let mut signer: Option<&[u8]> = None;
    for certificate in authority.cert_chain.certificates.iter().rev() {
        let der = &certificate.raw_bytes;
        let parsed = parse(der)?;
        let own = path_length(&parsed)?;
        if let (Some(by), Some(issuer)) = (signer, issuers.last())
            && proven.insert((der.as_bytes(), by))
            && !(issuer.name == contents(&parsed.tbs_certificate.issuer)? && issuer.signed(der))
        {
            let subject = &parsed.tbs_certificate.subject;
            return Err(format!("`{subject}` is not by the one that stands above it"));
        }
        signer = Some(der.as_bytes());
        let inherited = match above {
            Some(Some(0)) => {
                return Err(format!("`{}` may not stand below another", parsed.tbs_certificate.subject));
            }
            Some(Some(allowed)) => Some(allowed - 1),
            Some(None) | None => None,
        };
        let below = [own, inherited].into_iter().flatten().min();
        above = Some(below);
        let tbs = &parsed.tbs_certificate;
        from = from.max(timestamp(tbs.validity.not_before));
        until = until.min(timestamp(tbs.validity.not_after));
        let key = tbs.subject_public_key_info.to_der().map_err(|error| error.to_string())?;
        let (name, key) = (contents(&tbs.subject)?, DerPublicKey::new(key));
        KeyAlgorithm::from_spki(&key).map_err(|error| error.to_string())?;
        issuers.push(Issuer { name, key, from, until, below });
    }
    Ok(())
}

/// DER of a name, without tag and length.
fn contents(name: &Name) -> Result<Vec<u8>, String> {
    let der = name.to_der().map_err(|error| error.to_string())?;
    Ok(AnyRef::from_der(&der).map_err(|error| error.to_string())?.value().to_vec())
}

/// How many authorities may stand below this one, which must be one, for signing code if it says what for (RFC 5280 §4.2.1.3,
/// §4.2.1.9, §4.2.1.12).
fn path_length(certificate: &Certificate) -> Result<Option<usize>, String> {
    let tbs = &certificate.tbs_certificate;
    let constraints = tbs.get::<BasicConstraints>().map_err(|error| error.to_string())?;
    let Some((_, BasicConstraints { ca: true, path_len_constraint })) = constraints else {
        return Err(format!("`{}` is no certificate authority", tbs.subject));
    };
    let uses = tbs.get::<ExtendedKeyUsage>().map_err(|error| error.to_string())?;
    let signs_code = |of: &ExtendedKeyUsage| {
        of.0.iter().any(|oid| [ID_KP_CODE_SIGNING, ANY_EXTENDED_KEY_USAGE].contains(oid))
    };
    if uses.is_some_and(|(_, uses)| !signs_code(&uses)) {
        return Err(format!("what `{}` issues is not for signing code", tbs.subject));
    }
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
