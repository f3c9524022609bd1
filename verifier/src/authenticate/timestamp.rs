//! RFC 3161 tokens: what the Sigstore crate does not look at. It holds the first signer of each against the authorities of
//! the root, and asks neither whether there are more nor what kind of content was signed.

use std::sync::Arc;

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Any, Decode as _, Encode as _, Sequence};
use sigstore_crypto::sha256;
use sigstore_types::{SignatureBytes, TimestampToken};
use x509_cert::attr::Attribute;
use x509_cert::der::oid::db::rfc5911::ID_CONTENT_TYPE;
use x509_cert::der::oid::db::rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::AuthenticateError;
use super::bundle::SignedBundle;
use super::stampers::Stampers;
use super::witness::Witness;

/// `id-ct-TSTInfo`.
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-aa-signingCertificateV2`.
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Who signed each token of a bundle that was verified against the same root, in the bundle's order. Refuses a token
/// in which
/// 1. there is not exactly one signer (RFC 3161 §2.4.2);
/// 2. the content is no octet string (RFC 5652 §5.2), or the signed attributes do not say that it is a timestamp (§11.1);
/// 3. they name another certificate than its signer's (RFC 5816 §2.2.1). Not naming any is no fault: the signer is one
///    whom the root lists.
pub(super) fn witnesses(
    bundle: &SignedBundle,
    stampers: &Stampers,
) -> Result<Vec<Arc<Witness>>, AuthenticateError> {
    let signature = bundle.signature();
    let of = |token| {
        signature
            .ok_or("there is no signature that it could be of")
            .and_then(|signature| witness(token, signature, stampers))
            .map_err(|detail| AuthenticateError::Timestamp { detail: detail.into() })
    };
    bundle.tokens().map(of).collect()
}

fn witness(
    token: &TimestampToken,
    signature: &SignatureBytes,
    stampers: &Stampers,
) -> Result<Arc<Witness>, &'static str> {
    let signed = signed_data(token.as_bytes()).ok_or("the token cannot be read")?;
    let [signer] = signed.signer_infos.0.as_slice() else {
        return Err("the token has not exactly one signer");
    };
    // What is hashed are the octets inside, whatever they are called.
    let content = signed.encap_content_info.econtent.as_ref();
    if content.and_then(|content| content.decode_as::<OctetString>().ok()).is_none() {
        return Err("the token's content is no octet string");
    }
    let content_type = attribute(signer, ID_CONTENT_TYPE).and_then(|value| value.decode_as().ok());
    if content_type != Some(TST_INFO) {
        return Err("the token's signature is not over a timestamp");
    }
    let stamper = stampers
        .signer(&signer.sid, token, signature)
        .ok_or("the token is by no authority that the trust root names")?;
    if has_attribute(signer, SIGNING_CERTIFICATE_V2) {
        let named = attribute(signer, SIGNING_CERTIFICATE_V2)
            .and_then(|value| value.decode_as::<SigningCertificateV2>().ok())
            .and_then(|named| named.certs.into_iter().next())
            .ok_or("the token's signing certificate cannot be read")?;
        if !named.is(stamper.certificate()) {
            return Err("the token names another certificate than its signer's");
        }
    }
    Ok(Arc::clone(stamper.witness()))
}

/// A whole response, or the token alone.
fn signed_data(token: &[u8]) -> Option<SignedData> {
    // A token is also two values in a sequence, as a response is: looked at first, by the type that its content begins with.
    let info = match ContentInfo::from_der(token) {
        Ok(info) => info,
        Err(_) => TimeStampResp::from_der(token).ok()?.token?.decode_as().ok()?,
    };
    SignedData::from_der(&info.content.to_der().ok()?).ok()
}

fn attributes(signer: &SignerInfo, oid: ObjectIdentifier) -> impl Iterator<Item = &Attribute> {
    signer
        .signed_attrs
        .iter()
        .flat_map(|attributes| attributes.iter())
        .filter(move |attribute| attribute.oid == oid)
}

fn has_attribute(signer: &SignerInfo, oid: ObjectIdentifier) -> bool {
    attributes(signer, oid).next().is_some()
}

/// The one value of the one signed attribute of this kind.
fn attribute(signer: &SignerInfo, oid: ObjectIdentifier) -> Option<&Any> {
    let mut attributes = attributes(signer, oid);
    match (attributes.next(), attributes.next()) {
        (Some(attribute), None) if attribute.values.len() == 1 => attribute.values.get(0),
        _ => None,
    }
}

/// RFC 3161 §2.4.2; its status was judged by the crate.
#[derive(Sequence)]
struct TimeStampResp {
    status: Any,
    #[asn1(optional = "true")]
    token: Option<Any>,
}

/// RFC 5035 §3.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// RFC 5035 §4.
#[derive(Sequence)]
struct EssCertIdV2 {
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

impl EssCertIdV2 {
    fn is(&self, certificate: &[u8]) -> bool {
        let hash = match self.hash_algorithm.as_ref().map(|algorithm| algorithm.oid) {
            None | Some(ID_SHA_256) => sha256(certificate).as_bytes().to_vec(),
            Some(ID_SHA_384) => sigstore_crypto::sha384(certificate).as_bytes().to_vec(),
            Some(ID_SHA_512) => sigstore_crypto::sha512(certificate).as_bytes().to_vec(),
            Some(_) => return false,
        };
        hash == self.cert_hash.as_bytes()
    }
}
