//! A certificate for a token: Fulcio.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mcpsign_verifier::CertificateIdentity;
use pkcs8::der::pem::{self, LineEnding};
use serde::{Deserialize, Serialize};
use sigstore_crypto::{KeyPair, parse_certificate_info};
use sigstore_types::DerCertificate;
use zeroize::Zeroizing;

use super::ask::{Asker, Question};
use super::error::{KeylessError, Service, ServiceError};
use super::instance::Instance;
use super::services::below;
use crate::token::IdentityToken;

/// `CreateSigningCertificateRequest` of Fulcio's API, version 2.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    credentials: Credentials<'a>,
    public_key_request: KeyRequest,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials<'a> {
    oidc_identity_token: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRequest {
    public_key: PublicKey,
    /// Signature over the subject: whoever asks holds the key.
    proof_of_possession: String,
}

#[derive(Serialize)]
struct PublicKey {
    algorithm: &'static str,
    content: String,
}

/// `SigningCertificate`, as far as it is used. A receipt beside the certificate is of no use: bundles have no place for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    signed_certificate_embedded_sct: Option<Chain>,
}

#[derive(Deserialize)]
struct Chain {
    chain: Certificates,
}

#[derive(Deserialize)]
struct Certificates {
    certificates: Vec<String>,
}

/// A certificate for our key, of the token's issuer, for whom the token speaks.
pub(super) struct Certificate {
    pub(super) der: DerCertificate,
    /// What it says, as whoever verifies it reads it.
    pub(super) identity: CertificateIdentity,
}

impl Certificate {
    /// Whom it names.
    pub(super) fn subject(&self) -> &str {
        self.identity.subject_name().unwrap_or_default()
    }

    /// Who vouches for that.
    pub(super) fn issuer(&self) -> &str {
        self.identity.issuer.as_deref().unwrap_or_default()
    }
}

/// Asks for one, and holds it against what was asked for. That it leads to the trust root is verified with the first
/// timestamp, before anything is logged.
///
/// # Errors
/// No answer, a refusal, or a certificate of something else.
pub(super) fn request(
    asker: &Asker,
    instance: &Instance,
    token: &IdentityToken,
    key: &KeyPair,
) -> Result<Certificate, KeylessError> {
    let service = Service::CertificateAuthority;
    let url = below(&instance.services.fulcio, "/api/v2/signingCert");
    let unusable = |why: String| KeylessError::from(ServiceError::answer(service, &url, why));

    let spki = key.public_key_der().map_err(KeylessError::Crypto)?;
    let content = pem::encode_string("PUBLIC KEY", LineEnding::LF, spki.as_bytes());
    let content = content.map_err(|error| unusable(error.to_string()))?;
    let challenge = token.email().unwrap_or(token.subject());
    let proof = key.sign(challenge.as_bytes()).map_err(KeylessError::Crypto)?;
    let body = serde_json::to_vec(&Request {
        credentials: Credentials { oidc_identity_token: token.secret() },
        public_key_request: KeyRequest {
            public_key: PublicKey { algorithm: "ECDSA", content },
            proof_of_possession: STANDARD.encode(proof.as_bytes()),
        },
    });
    let body = Zeroizing::new(body.map_err(|error| unusable(error.to_string()))?);
    let question = Question { secret: token.secret(), ..Question::json(service, &url, &body) };
    let answer = asker.ask(&question, &[])?;

    let parsed: Answer = serde_json::from_slice(&answer.body).map_err(|error| unusable(error.to_string()))?;
    let chain = parsed.signed_certificate_embedded_sct.ok_or_else(|| unusable("no certificate".into()))?;
    let leaf = chain.chain.certificates.first().ok_or_else(|| unusable("an empty chain".into()))?;
    let der = DerCertificate::from_pem(leaf).map_err(|error| unusable(error.to_string()))?;
    let info = parse_certificate_info(&der).map_err(|error| unusable(error.to_string()))?;
    let identity = CertificateIdentity::of_der(der.as_bytes());
    let identity =
        identity.map_err(|error| unusable(format!("a certificate that cannot be read: {error}")))?;
    let certificate = Certificate { der, identity };

    let other = |what, expected: &str, found: &str| KeylessError::Certificate {
        what,
        expected: expected.into(),
        found: found.into(),
    };
    if info.public_key.as_bytes() != spki.as_bytes() {
        let (expected, found) =
            (STANDARD.encode(spki.as_bytes()), STANDARD.encode(info.public_key.as_bytes()));
        return Err(other("for the key", &expected, &found));
    }
    let now = Timestamp::now();
    if info.not_after <= now {
        return Err(other("over at", &format!("later than {now}"), &info.not_after.to_string()));
    }
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    if !token.issuers().contains(&issuer) {
        return Err(other("of the issuer", token.issuers()[0], issuer));
    }
    if subject.is_empty() {
        return Err(unusable("a certificate that names nobody".into()));
    }
    if let Some(expected) = token.speaks_for().filter(|expected| !expected.is(subject)) {
        return Err(other("for", expected.as_str(), subject));
    }
    Ok(certificate)
}
