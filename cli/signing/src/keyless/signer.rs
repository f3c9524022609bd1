//! One certificate, every statement of a run.

use std::cell::RefCell;

use mcpsign_collect::http::PlainHttp;
use mcpsign_schemas::evidence_file::MAX_PAYLOAD;
use mcpsign_verifier::policy::FlagSigner;
use sigstore_crypto::KeyPair;
use sigstore_types::Bundle;

use super::ask::{Asker, Patience};
use super::bundle::Draft;
use super::certificate::{self, Certificate};
use super::error::{KeylessError, Service};
use super::instance::Instance;
use super::log::{self, Logged};
use crate::signer::{SignError, Signed, Signer};
use crate::token::IdentityToken;

/// Signs with a key that lives as long as this does, for whom its certificate names.
pub struct KeylessSigner<'a> {
    instance: &'a Instance,
    asker: Asker,
    key: KeyPair,
    certificate: Certificate,
    logged: RefCell<Vec<Logged>>,
}

impl<'a> KeylessSigner<'a> {
    /// Makes a key and gets a certificate for it. The token has been judged, and is of no more use afterwards.
    ///
    /// # Errors
    /// When the certificate authority gives none, or one of something else.
    pub fn new(
        instance: &'a Instance,
        token: &IdentityToken,
        patience: Patience,
    ) -> Result<Self, KeylessError> {
        let asker = Asker::new(patience, PlainHttp::Loopback)?;
        let key = KeyPair::generate_ecdsa_p256().map_err(KeylessError::Crypto)?;
        let certificate = certificate::request(&asker, instance, token, &key)?;
        Ok(Self { instance, asker, key, certificate, logged: RefCell::default() })
    }

    /// Whom the certificate names.
    pub fn subject(&self) -> &str {
        &self.certificate.subject
    }

    /// Who vouches for that.
    pub fn issuer(&self) -> &str {
        &self.certificate.issuer
    }

    /// Signs one statement of anybody's, byte for byte as given; gives the bundle, verified by its signature alone, as
    /// JSON. What is to be evidence is signed by [`Signer::sign_all`] and passes [`crate::check`].
    ///
    /// # Errors
    /// When a service does not answer as it should; [`Signer::logged`] says what stands somewhere all the same.
    pub fn sign_statement(&self, statement: &[u8]) -> Result<String, KeylessError> {
        self.sign_draft(Draft::statement(statement, &self.key, &self.certificate.der)?)
    }

    /// Signs an artifact itself, in place of a statement about it; gives the bundle, verified, as JSON.
    ///
    /// # Errors
    /// As [`Self::sign_statement`].
    pub fn sign_artifact(&self, artifact: &[u8]) -> Result<String, KeylessError> {
        self.sign_draft(Draft::artifact(artifact, &self.key, &self.certificate.der)?)
    }

    fn sign_draft(&self, draft: Draft) -> Result<String, KeylessError> {
        self.log(self.timestamped(draft)?)?.to_json().map_err(KeylessError::Bundle)
    }

    /// 1. Signs every statement and gets its timestamps; 2. verifies all of that; 3. logs one after the other, and
    ///    verifies each with its entries before the next is logged.
    fn sign_verified(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, KeylessError> {
        let mut drafts = Vec::new();
        for payload in payloads {
            let draft = Draft::statement(&payload, &self.key, &self.certificate.der)?;
            drafts.push((payload, self.timestamped(draft)?));
        }
        let signed = drafts.into_iter().map(|(payload, draft)| {
            let bundle = match self.log(draft) {
                // Its answer to our first request was lost: another signature makes another entry.
                Err(KeylessError::LoggedBefore { .. }) => {
                    let draft = Draft::statement(&payload, &self.key, &self.certificate.der)?;
                    self.log(self.timestamped(draft)?)?
                }
                logged => logged?,
            };
            Signed::new(payload, &bundle).map_err(KeylessError::Bundle)
        });
        signed.collect()
    }

    fn timestamped(&self, mut draft: Draft) -> Result<Draft, KeylessError> {
        for authority in &self.instance.services.timestamps {
            let signature = draft.signature.as_bytes();
            let token = super::timestamp::request(&self.asker, authority, signature)?;
            draft.add_timestamp(token);
            draft.verify(self.instance, Service::TimestampAuthority)?;
        }
        Ok(draft)
    }

    fn log(&self, mut draft: Draft) -> Result<Bundle, KeylessError> {
        let payload = draft.digest;
        let mut bundle = None;
        for service in &self.instance.services.logs {
            let logged = |index| Logged { log: service.url.to_string(), index, payload };
            let entry =
                log::request(&self.asker, service, &draft, &self.certificate.der).inspect_err(|_| {
                    self.logged.borrow_mut().push(logged(None));
                })?;
            self.logged.borrow_mut().push(logged(Some(entry.log_index.get())));
            draft.add_entry(entry);
            bundle = Some(draft.verify(self.instance, Service::Log)?);
        }
        // There is a log: instances without one are refused when they are read.
        bundle.ok_or(KeylessError::Statement)
    }
}

impl Signer for KeylessSigner<'_> {
    fn sign_all(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, SignError> {
        if let Some(payload) = payloads.iter().find(|payload| payload.len() > MAX_PAYLOAD) {
            return Err(SignError::TooLarge { found: payload.len(), limit: MAX_PAYLOAD });
        }
        self.sign_verified(payloads).map_err(SignError::Keyless)
    }

    fn identity(&self) -> Result<FlagSigner, SignError> {
        let Certificate { subject, issuer, .. } = &self.certificate;
        Ok(FlagSigner::Identity { subject: subject.clone(), issuer: issuer.clone() })
    }

    fn logged(&self) -> Vec<Logged> {
        self.logged.borrow().clone()
    }
}
