//! What counts of a token and of an anchor, taken apart: for telling whether two that differ differ in that.

use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Any, Decode as _, Encode as _, Sequence};
use x509_cert::certificate::Certificate;

/// Content, signed attributes and signature of a timestamp response, each in DER; `None` where it is none.
pub fn signed_parts(response: &[u8]) -> Option<Vec<Vec<u8>>> {
    let token = Response::from_der(response).ok()?.token.decode_as::<ContentInfo>().ok()?;
    let signed = SignedData::from_der(&token.content.to_der().ok()?).ok()?;
    let signer = signed.signer_infos.0.get(0)?;
    Some(vec![
        signed.encap_content_info.econtent?.to_der().ok()?,
        signer.signed_attrs.as_ref()?.to_der().ok()?,
        signer.signature.to_der().ok()?,
    ])
}

/// Subject and public key of a certificate, each in DER; `None` where it is none.
pub fn anchor_parts(certificate: &[u8]) -> Option<Vec<Vec<u8>>> {
    let tbs = Certificate::from_der(certificate).ok()?.tbs_certificate;
    Some(vec![tbs.subject.to_der().ok()?, tbs.subject_public_key_info.to_der().ok()?])
}

#[derive(Sequence)]
struct Response {
    status: Any,
    token: Any,
}
