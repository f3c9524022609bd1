//! A policy that somebody signed, in one bundle with its number and its window (`spec/signed-policy.md`).

use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_schemas::finding::EvidenceRef;
use mcpsign_schemas::policy::{SignedPolicy, SignedPolicyError};
use mcpsign_schemas::report::SignedPolicyReport;
use mcpsign_schemas::statement::predicate_type::POLICY;

use super::{FlagSigner, Policy, PolicyError};
use crate::attribute::Trusted;
use crate::believe::{BelieveError, believe_as};
use crate::claims::RawLine;
use crate::report;
use crate::trust::Trust;

/// What stands beside the document of a signed policy, and who signed it.
#[derive(Debug, Clone)]
pub(crate) struct Signing {
    /// Without its document, which is the policy.
    pub(crate) terms: SignedPolicy,
    /// Names whoever may sign it, and nobody else.
    pub(crate) by: Box<Policy>,
    pub(crate) statement: Arc<Trusted>,
}

/// A signed policy that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignedError {
    /// It is no policy that this somebody signed.
    #[error(transparent)]
    Believe(#[from] BelieveError),
    /// It does not say what every signed policy says.
    #[error(transparent)]
    Terms(#[from] SignedPolicyError),
    /// The statement is about other bytes than it holds, or about several.
    #[error("the statement is over another document than the one in it")]
    Subject,
    /// It is called otherwise than its document.
    #[error("it is signed as `{signed}`, and its document is called `{document}`")]
    Name {
        /// In the statement.
        signed: String,
        /// In the document.
        document: String,
    },
    /// The document is no valid policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl Policy {
    /// Takes a policy from a line of evidence:
    /// 1. the line climbs the ladder under `trust`, is by `by`, and a statement of a policy;
    /// 2. it can be read whole, and says for how long it counts;
    /// 3. its only subject is the document in it, by name and SHA-256;
    /// 4. the document is a valid policy, of the name that was signed.
    ///
    /// Whether it counts at some time is part of every verdict, as `validUntil` is; a history that holds a later version of it
    /// denies.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn signed(
        line: &RawLine<'_>,
        by: FlagSigner,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Self, SignedError> {
        let only = Self::only(by.clone(), POLICY).map_err(BelieveError::from)?;
        let statement = believe_as(line, by, POLICY, trust, now)?;
        let mut terms = SignedPolicy::read(&statement.statement().predicate)?;
        let [subject] = statement.statement().subject.as_slice() else { return Err(SignedError::Subject) };
        if *subject != terms.subject(&subject.name) {
            return Err(SignedError::Subject);
        }
        let document = std::mem::take(&mut terms.document);
        let policy = Self::load(document.as_bytes(), &subject.name)?;
        if policy.name() != terms.name {
            let document = policy.name().to_owned();
            return Err(SignedError::Name { signed: terms.name, document });
        }
        let signing = Signing { terms, by: Box::new(only), statement: Arc::new(statement) };
        Ok(Self { signing: Some(signing), ..policy })
    }

    /// Who signed it, and for how long it counts; `None` where nobody did.
    pub fn signature(&self) -> Option<SignedPolicyReport> {
        self.signing.as_ref().map(report::signed)
    }

    pub(crate) const fn signing(&self) -> Option<&Signing> {
        self.signing.as_ref()
    }
}

impl Signing {
    pub(crate) fn evidence(&self) -> &EvidenceRef {
        self.statement.evidence()
    }
}
