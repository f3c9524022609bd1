//! From a statement that somebody signed to one by a signer whom the policy names for it.

use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::{EvidenceRef, Finding};
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::statement::Statement;

use crate::authenticate::{Authenticated, CertificateIdentity, Signed, Signer, Verified};
use crate::non_empty::NonEmpty;
use crate::policy::{Difference, Policy, Rule, SignerId, Who};
use crate::trust::{Trust, TrustedKey};

/// When a signature by a key was made that no verified time speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untimed {
    /// Now, whatever its payload claims.
    Now,
    /// Before it was accepted, as whoever decides remembers: that the key's window has closed since says nothing of it.
    Accepted,
}

/// A statement by a signer whom the policy names for its predicate type.
#[derive(Debug)]
#[must_use]
pub struct Trusted {
    evidence: EvidenceRef,
    signer: Signer,
    roots: Vec<Sha256Digest>,
    /// The policy's entries for whoever signed that name the predicate type; at least one.
    entries: NonEmpty<SignerId>,
    /// Shared, since a report may hand it out and a predicate may have megabytes.
    statement: Arc<Statement>,
}

/// A signature by somebody who does not count here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// A signed blob names no predicate.
    #[error("the bundle signs a blob, not a statement")]
    NotAStatement,
    /// The policy does not name the signer.
    #[error("the policy does not name the signer")]
    SignerNotAllowed {
        /// Who it is: issuer and subject, or the digest of a key.
        found: String,
    },
    /// The certificate is not what the policy's entry for it demands; what differs is there.
    #[error("the certificate is not what the policy's entry demands")]
    Identity(NonEmpty<Difference>),
    /// The policy names the signer for other predicate types.
    #[error("the signer `{signer}` may not sign `{predicate}`")]
    PredicateNotAllowed {
        /// The policy's name for it.
        signer: String,
        /// The statement's predicate type.
        predicate: String,
    },
    /// Signed before the key's window.
    #[error("the key `{key}` is not valid before {not_before}")]
    KeyNotYetValid {
        /// Its name.
        key: String,
        /// When its window opens.
        not_before: Timestamp,
        /// When it signed, or now.
        time: Timestamp,
    },
    /// Signed after the key's window.
    #[error("the key `{key}` is not valid after {not_after}")]
    KeyExpired {
        /// Its name.
        key: String,
        /// When its window closes.
        not_after: Timestamp,
        /// When it signed, or now.
        time: Timestamp,
    },
    /// Signed when the key was in other hands.
    #[error("the key `{key}` counts as compromised since {since}")]
    KeyCompromised {
        /// Its name.
        key: String,
        /// Since when.
        since: Timestamp,
        /// When it signed, or now.
        time: Timestamp,
    },
}

impl Authenticated {
    /// Finds the policy's entry for the signer:
    /// 1. it is a statement;
    /// 2. entries name this key, or all that they demand of a certificate holds of this one;
    /// 3. every verified time lies in the key's window; a signature without any counts as made now;
    /// 4. one of these entries names the predicate type.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn attribute(
        self,
        policy: &Policy,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Trusted, AttributeError> {
        self.attribute_as(policy, trust, now, Untimed::Now)
    }

    /// The same, where it is known what to make of signatures without a time.
    pub(crate) fn attribute_as(
        self,
        policy: &Policy,
        trust: &Trust,
        now: Timestamp,
        untimed: Untimed,
    ) -> Result<Trusted, AttributeError> {
        let (evidence, Verified { signer, roots }, signed) = self.into_parts();
        let Signed::Statement(statement) = signed else { return Err(AttributeError::NotAStatement) };
        let entries = match &signer {
            Signer::Certificate { identity, .. } => {
                let names: Vec<&str> = roots.iter().flat_map(|root| trust.names_of(*root)).collect();
                by_identity(identity, &names, policy)?
            }
            Signer::Key { spki_sha256, times } => {
                let (entry, key) = policy.by_key(*spki_sha256).ok_or_else(|| {
                    AttributeError::SignerNotAllowed { found: format!("key sha256:{spki_sha256}") }
                })?;
                times.iter().try_for_each(|verified| in_window(key, verified.time))?;
                if times.is_empty() {
                    match in_window(key, now) {
                        Err(AttributeError::KeyExpired { .. }) if untimed == Untimed::Accepted => {}
                        judged => judged?,
                    }
                }
                NonEmpty::one(entry)
            }
        };
        let may_sign = |entry: &SignerId| {
            policy.signer(*entry).is_some_and(|named| named.may_sign(&statement.predicate_type))
        };
        match NonEmpty::from_vec(entries.iter().copied().filter(may_sign).collect()) {
            Some(entries) => Ok(Trusted { evidence, signer, roots, entries, statement: Arc::new(statement) }),
            None => Err(AttributeError::PredicateNotAllowed {
                signer: policy.signer(*entries.first()).map(|named| named.name.clone()).unwrap_or_default(),
                predicate: statement.predicate_type,
            }),
        }
    }
}

/// Whether whoever a certificate names would count, whatever they sign with it: for somebody who is about to. Nothing of the
/// certificate is believed for that.
///
/// # Errors
/// What the policy's entries demand otherwise, as [`Authenticated::attribute`] says it.
pub fn would_count(certificate: &CertificateIdentity, policy: &Policy) -> Result<(), AttributeError> {
    by_identity(certificate, &[], policy).map(drop)
}

impl Trusted {
    /// The statement: the only door to what a bundle says.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    pub(crate) fn shared_statement(&self) -> Arc<Statement> {
        Arc::clone(&self.statement)
    }

    /// Where it stands; its payload's digest is there.
    pub const fn evidence(&self) -> &EvidenceRef {
        &self.evidence
    }

    /// Who signed.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Whom the certificate names, if one signed.
    pub(crate) fn certificate(&self) -> Option<&CertificateIdentity> {
        match &self.signer {
            Signer::Certificate { identity, .. } => Some(identity),
            Signer::Key { .. } => None,
        }
    }

    /// Digest of the key, if one signed alone.
    pub(crate) const fn key(&self) -> Option<Sha256Digest> {
        match &self.signer {
            Signer::Certificate { .. } => None,
            Signer::Key { spki_sha256, .. } => Some(*spki_sha256),
        }
    }

    pub(crate) fn shared_certificate(&self) -> Option<Arc<CertificateIdentity>> {
        match &self.signer {
            Signer::Certificate { identity, .. } => Some(Arc::clone(identity)),
            Signer::Key { .. } => None,
        }
    }

    /// Digest of the first Sigstore root that the signature led to; a key alone leads to none.
    pub fn root(&self) -> Option<Sha256Digest> {
        self.roots.first().copied()
    }

    /// Whether one of the entries that name whoever signed has one of these names.
    pub(crate) fn is_by(&self, names: &[String], policy: &Policy) -> bool {
        let named = |id: &SignerId| policy.signer(*id).is_some_and(|signer| names.contains(&signer.name));
        self.entries.iter().any(named)
    }

    /// The policy's entries for whoever signed, in its order. Several may be for one certificate.
    pub(crate) const fn entries(&self) -> &NonEmpty<SignerId> {
        &self.entries
    }

    /// The policy's name for whoever signed, as this kind of a tool manifest or whatever else: of several entries for them the
    /// first by which they speak under the rule.
    pub(crate) fn name<'p>(&self, kind: Option<Kind>, rule: Option<&Rule>, policy: &'p Policy) -> &'p str {
        let speaks = |id: &&SignerId| {
            rule.is_none_or(|rule| rule.names(**id))
                && kind.is_none_or(|kind| policy.signer(**id).is_some_and(|signer| signer.may_speak_as(kind)))
        };
        let id = self.entries.iter().find(speaks).unwrap_or_else(|| self.entries.first());
        policy.signer(*id).map_or("", |signer| signer.name.as_str())
    }

    /// What it says and who says it: by this one of several is chosen, so that the choice does not hang on where they stand.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        let claims = self.certificate().map(|identity| &identity.claims);
        (self.evidence.payload, self.identity(), claims, self.times())
    }

    /// The verified times, in their order: of two signatures by one signer over the same they tell which is which.
    pub(crate) fn times(&self) -> Vec<Timestamp> {
        let mut times: Vec<Timestamp> = self.signer.times().iter().map(|verified| verified.time).collect();
        times.sort_unstable();
        times
    }

    /// Who signed, however many entries there are for them: by this and nothing else signers are told apart.
    pub(crate) fn identity(&self) -> (Option<&str>, Option<&str>, Option<Sha256Digest>) {
        let certificate = self.certificate();
        let issuer = certificate.and_then(|identity| identity.issuer.as_deref());
        (issuer, certificate.and_then(CertificateIdentity::subject_name), self.key())
    }
}

fn by_identity(
    found: &CertificateIdentity,
    roots: &[&str],
    policy: &Policy,
) -> Result<NonEmpty<SignerId>, AttributeError> {
    let judged: Vec<(SignerId, Vec<Difference>)> = policy
        .signers()
        .filter_map(|(id, signer)| match &signer.who {
            Who::Identity(identity) => Some((id, identity.differences(found, roots))),
            Who::Keys(_) => None,
        })
        .collect();
    let meant = judged.iter().filter(|(_, differences)| differences.is_empty()).map(|(id, _)| *id);
    if let Some(entries) = NonEmpty::from_vec(meant.collect()) {
        return Ok(entries);
    }
    // An entry for the same signer in another build says what is wrong with this one, and so does an only entry.
    let somebody_else = |differences: &[Difference]| differences.iter().any(Difference::is_of_somebody_else);
    let same = judged.iter().filter(|(_, differences)| !somebody_else(differences));
    let nearest = same.map(|(_, differences)| differences.clone()).min_by_key(Vec::len);
    let only = || match judged.as_slice() {
        [(_, differences)] => Some(differences.iter().filter(|d| d.is_of_somebody_else()).cloned().collect()),
        _ => None,
    };
    Err(match nearest.or_else(only).and_then(NonEmpty::from_vec) {
        Some(differences) => AttributeError::Identity(differences),
        None => AttributeError::SignerNotAllowed { found: found.to_string() },
    })
}

fn in_window(key: &TrustedKey, time: Timestamp) -> Result<(), AttributeError> {
    let window = key.window();
    let name = || key.name().to_owned();
    match (window.not_before, window.not_after, window.compromised_since) {
        (_, _, Some(since)) if time >= since => {
            Err(AttributeError::KeyCompromised { key: name(), since, time })
        }
        (Some(not_before), _, _) if time < not_before => {
            Err(AttributeError::KeyNotYetValid { key: name(), not_before, time })
        }
        (_, Some(not_after), _) if time > not_after => {
            Err(AttributeError::KeyExpired { key: name(), not_after, time })
        }
        _ => Ok(()),
    }
}

impl AttributeError {
    /// What a report says of it.
    pub fn findings(&self) -> NonEmpty<Finding> {
        use code::identity;
        let message = self.to_string();
        let window = |code, edge: &str, time: &Timestamp| {
            NonEmpty::one(Finding::new(code, message.clone()).expected(edge).found(format!("signed {time}")))
        };
        match self {
            Self::NotAStatement => NonEmpty::one(Finding::new(code::signature::NOT_A_STATEMENT, message)),
            Self::SignerNotAllowed { found } => {
                NonEmpty::one(Finding::new(identity::SIGNER_NOT_ALLOWED, message).found(found.clone()))
            }
            Self::Identity(differences) => differences.clone().map(|difference| difference.finding()),
            Self::PredicateNotAllowed { predicate, .. } => {
                NonEmpty::one(Finding::new(identity::PREDICATE_NOT_ALLOWED, message).found(predicate.clone()))
            }
            Self::KeyNotYetValid { not_before, time, .. } => {
                window(identity::KEY_NOT_YET_VALID, &format!("not before {not_before}"), time)
            }
            Self::KeyExpired { not_after, time, .. } => {
                window(identity::KEY_EXPIRED, &format!("not after {not_after}"), time)
            }
            Self::KeyCompromised { since, time, .. } => {
                window(identity::KEY_COMPROMISED, &format!("before {since}"), time)
            }
        }
    }

    /// Whether it failed for what was signed and not for who signed.
    pub(crate) const fn is_about_signature(&self) -> bool {
        matches!(self, Self::NotAStatement)
    }
}
