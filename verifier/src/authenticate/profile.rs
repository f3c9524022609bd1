//! What Fulcio's certificates are like (`fulcio/docs/certificate-specification.md`). The Sigstore crate takes the first of
//! several and passes over what it cannot read; policies would then be held against less than was signed.

use std::collections::BTreeSet;

use sigstore_types::DerCertificate;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::Utf8StringRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;

use super::AuthenticateError;

/// The arc of Fulcio's extensions.
const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");
/// The first of them that is a UTF8String; those before it are raw text.
const FIRST_ENCODED: u32 = 8;

/// Refuses a certificate in which
/// 1. an extension stands twice (RFC 5280 §4.2);
/// 2. the subject alternative name is not exactly one name;
/// 3. a claim cannot be read.
pub(super) fn conforms(certificate: &DerCertificate) -> Result<(), AuthenticateError> {
    let refused = |detail: String| AuthenticateError::Certificate { detail };
    let certificate =
        Certificate::from_der(certificate.as_bytes()).map_err(|error| refused(error.to_string()))?;
    let tbs = &certificate.tbs_certificate;
    let mut seen = BTreeSet::new();
    for extension in tbs.extensions.iter().flatten() {
        let id = extension.extn_id;
        if !seen.insert(id) {
            return Err(refused(format!("the extension {id} stands twice")));
        }
        let is_encoded =
            id.parent() == Some(FULCIO) && id.arcs().last().is_some_and(|arc| arc >= FIRST_ENCODED);
        if is_encoded && Utf8StringRef::from_der(extension.extn_value.as_bytes()).is_err() {
            return Err(refused(format!("the claim {id} is no text")));
        }
    }
    match tbs.get::<SubjectAltName>() {
        Ok(Some((_, names))) if names.0.len() == 1 => Ok(()),
        Ok(_) => Err(refused("it does not name exactly one subject".into())),
        Err(error) => Err(refused(error.to_string())),
    }
}
