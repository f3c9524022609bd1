//! An RFC 3161 timestamp over a signature.

use der::asn1::{Null, ObjectIdentifier, OctetStringRef};
use der::{Encode as _, Sequence};
use mcpsign_schemas::digest::Sha256Digest;
use sigstore_types::TimestampToken;
use url::Url;

use super::ask::{Asker, Question};
use super::error::{KeylessError, Service, ServiceError};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// RFC 3161 §2.4.1, as far as it is used here. There is no nonce: each signature is another, so no old timestamp can be
/// passed off as one over it.
#[derive(Sequence)]
struct Request<'a> {
    version: u8,
    imprint: Imprint<'a>,
    with_certificate: bool,
}

#[derive(Sequence)]
struct Imprint<'a> {
    algorithm: Algorithm,
    digest: OctetStringRef<'a>,
}

#[derive(Sequence)]
struct Algorithm {
    oid: ObjectIdentifier,
    parameters: Null,
}

/// Asks one authority. What it answers is verified together with the bundle.
pub(super) async fn request(
    asker: &Asker,
    url: &Url,
    signature: &[u8],
) -> Result<TimestampToken, KeylessError> {
    let service = Service::TimestampAuthority;
    let body = encoded(signature).map_err(|error| ServiceError::answer(service, url, error))?;
    let question = Question {
        content_type: "application/timestamp-query",
        accept: "application/timestamp-reply",
        ..Question::json(service, url, &body)
    };
    let answer = asker.answer(&question, &[]).await?;
    if answer.body.is_empty() {
        return Err(ServiceError::answer(service, url, "nothing").into());
    }
    Ok(TimestampToken::new(answer.body))
}

fn encoded(signature: &[u8]) -> der::Result<Vec<u8>> {
    let digest = Sha256Digest::of(signature);
    let imprint = Imprint {
        algorithm: Algorithm { oid: SHA256, parameters: Null },
        digest: OctetStringRef::new(digest.as_bytes())?,
    };
    Request { version: 1, imprint, with_certificate: true }.to_der()
}
