//! One certificate, every statement of a run.

use std::cell::RefCell;
use std::time::Duration;

use jiff::Timestamp;
use mcpsign_collect::http::PlainHttp;
use mcpsign_schemas::evidence_file::MAX_PAYLOAD;
use mcpsign_verifier::bundle::ArtifactError;
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{AuthenticateError, would_count};
use sigstore_crypto::KeyPair;
use sigstore_types::Bundle;

use super::ask::{Asker, Patience};
use super::bundle::Draft;
use super::certificate::{self, Certificate};
use super::error::{KeylessError, Service};
use super::instance::Instance;
use super::interrupt::unless_interrupted;
use super::log::{self, Logged};
use super::side_by_side::side_by_side;
use crate::signer::{SignError, Signed, Signer};
use crate::token::IdentityToken;

/// How far the clocks of services may be ahead of ours. 30 s: those of machines that ask for the time differ by less than one.
const AHEAD: Duration = Duration::from_secs(30);

/// Signs with a key that lives as long as this does, for whom its certificate names.
pub struct KeylessSigner<'a> {
    instance: &'a Instance,
    asker: Asker,
    key: KeyPair,
    certificate: Certificate,
    /// With the number of its statement in the run.
    logged: RefCell<Vec<(usize, Logged)>>,
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
        self.certificate.subject()
    }

    /// Who vouches for that.
    pub fn issuer(&self) -> &str {
        self.certificate.issuer()
    }

    /// Signs one statement of anybody's, byte for byte as given; gives the bundle, verified by its signature alone, as
    /// JSON. What is to be evidence is signed by [`Signer::sign_all`] and passes [`crate::check`].
    ///
    /// # Errors
    /// When a service does not answer as it should; [`Signer::logged`] says what stands somewhere all the same.
    pub fn sign_statement(&self, statement: &[u8]) -> Result<String, KeylessError> {
        self.sign_draft(Draft::statement(statement, &self.key, &self.certificate)?)
    }

    /// Signs an artifact itself, in place of a statement about it; gives the bundle, verified, as JSON.
    ///
    /// # Errors
    /// As [`Self::sign_statement`].
    pub fn sign_artifact(&self, artifact: &[u8]) -> Result<String, KeylessError> {
        self.sign_draft(Draft::artifact(artifact, &self.key, &self.certificate)?)
    }

    fn sign_draft(&self, draft: Draft) -> Result<String, KeylessError> {
        let signed = async { self.log(0, self.timestamped(draft).await?).await };
        self.asker.wait(unless_interrupted(signed))?.to_json().map_err(KeylessError::Bundle)
    }

    /// Signs every statement; what was logged by then is told in their order, whichever log answered first.
    fn sign_verified(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, KeylessError> {
        let before = self.logged.borrow().len();
        let signed = self.asker.wait(unless_interrupted(self.sign_side_by_side(payloads)));
        self.logged.borrow_mut()[before..].sort_by_key(|(number, _)| *number);
        signed
    }

    /// 1. Signs every statement; 2. gets their timestamps, and verifies all of that; 3. logs them, tool manifests when all
    ///    others are logged, and verifies each with its entries.
    async fn sign_side_by_side(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, KeylessError> {
        let drafts = payloads.into_iter().map(|payload| Ok((self.draft(&payload)?, payload)));
        let drafts = drafts.collect::<Result<Vec<_>, KeylessError>>()?;
        let stamp =
            |(draft, payload)| async { Ok::<_, KeylessError>((self.timestamped(draft).await?, payload)) };
        let drafts = side_by_side(drafts, stamp).await?;

        let numbered = drafts.into_iter().enumerate();
        let (manifests, others): (Vec<_>, Vec<_>) = numbered.partition(|(_, (draft, _))| draft.binds);
        let log = |(number, (draft, payload))| async move {
            Ok::<_, KeylessError>((number, self.log_once(number, draft, payload).await?))
        };
        let mut signed = side_by_side(others, log).await?;
        signed.extend(side_by_side(manifests, log).await?);
        signed.sort_by_key(|(number, _)| *number);
        Ok(signed.into_iter().map(|(_, signed)| signed).collect())
    }

    fn draft(&self, payload: &[u8]) -> Result<Draft, KeylessError> {
        Draft::statement(payload, &self.key, &self.certificate)
    }

    async fn timestamped(&self, mut draft: Draft) -> Result<Draft, KeylessError> {
        for authority in &self.instance.services.timestamps {
            let signature = draft.signature.as_bytes();
            let token = super::timestamp::request(&self.asker, authority, signature).await?;
            draft.add_timestamp(token);
            self.verified(&draft, Service::TimestampAuthority).await?;
        }
        Ok(draft)
    }

    async fn log_once(&self, number: usize, draft: Draft, payload: Vec<u8>) -> Result<Signed, KeylessError> {
        let bundle = match self.log(number, draft).await {
            // Its answer to our first request was lost: another signature makes another entry.
            Err(KeylessError::LoggedBefore { .. }) => {
                self.log(number, self.timestamped(self.draft(&payload)?).await?).await?
            }
            logged => logged?,
        };
        Signed::new(payload, &bundle).map_err(KeylessError::Bundle)
    }

    async fn log(&self, number: usize, mut draft: Draft) -> Result<Bundle, KeylessError> {
        let payload = draft.digest;
        let mut bundle = None;
        for service in &self.instance.services.logs {
            // Noted before it is asked for: whatever becomes of the answer, the log may have it from then on.
            let logged = Logged { log: service.url.to_string(), index: None, payload };
            let place = self.logged.borrow().len();
            self.logged.borrow_mut().push((number, logged));
            let entry = log::request(&self.asker, service, &draft, &self.certificate.der).await?;
            if let Some((_, logged)) = self.logged.borrow_mut().get_mut(place) {
                logged.index = Some(entry.log_index.get());
            }
            draft.add_entry(entry);
            bundle = Some(self.verified(&draft, Service::Log).await?);
        }
        // There is a log: instances without one are refused when they are read.
        bundle.ok_or(KeylessError::Statement)
    }

    /// Verifies a draft after `service` gave a part of it. Nobody takes a time of the future: where that service's clock is a
    /// little ahead of ours, what it says is waited for.
    async fn verified(&self, draft: &Draft, service: Service) -> Result<Bundle, KeylessError> {
        let verify = || draft.verify(self.instance, &self.certificate, Timestamp::now());
        let verified = match verify() {
            Err(ArtifactError::Authenticate(AuthenticateError::TimeInFuture { time, now })) => {
                match Duration::try_from(time.duration_since(now)) {
                    Ok(ahead) if ahead <= AHEAD => {
                        tokio::time::sleep(ahead).await;
                        verify()
                    }
                    _ => Err(AuthenticateError::TimeInFuture { time, now }.into()),
                }
            }
            verified => verified,
        };
        verified.map_err(|error| KeylessError::unverified(service, &error))
    }
}

impl Signer for KeylessSigner<'_> {
    fn sign_all(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, SignError> {
        if let Some(payload) = payloads.iter().find(|payload| payload.len() > MAX_PAYLOAD) {
            return Err(SignError::TooLarge { found: payload.len(), limit: MAX_PAYLOAD });
        }
        let policy = Policy::flags(FlagsPolicy::of(self.identity()?));
        let policy = policy.map_err(|error| SignError::Verifier(error.into()))?;
        would_count(&self.certificate.identity, &policy)
            .map_err(|error| SignError::Refused(error.findings().into_vec()))?;
        self.sign_verified(payloads).map_err(SignError::Keyless)
    }

    fn identity(&self) -> Result<FlagSigner, SignError> {
        let (subject, issuer) = (self.subject().to_owned(), self.issuer().to_owned());
        let repository = self.certificate.identity.workload.repository.clone();
        Ok(FlagSigner::Identity { subject, issuer, repository })
    }

    fn logged(&self) -> Vec<Logged> {
        self.logged.borrow().iter().map(|(_, logged)| logged.clone()).collect()
    }
}
