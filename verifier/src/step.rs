//! The stages of a verification and how each came out.

use mcpsign_schemas::finding::{EvidenceRef, Finding};

use crate::measured::Gap;
use crate::non_empty::NonEmpty;

/// One field a stage, so that a new stage breaks every consumer until it is handled.
#[derive(Debug, Clone)]
#[must_use]
pub struct Steps {
    /// Is there an attestation whose signature, certificate, log entries and timestamps hold?
    pub signature: Step,
    /// Did someone sign whom the policy names?
    pub identity: Step,
    /// Is it known how the artifact was built?
    pub provenance: Step,
    /// Is it about what we hold?
    pub subject: Step,
    /// Is the tool manifest whole, and what the server shows?
    pub manifest: Step,
    /// Is the SBOM the one that belongs to it?
    pub sbom: Step,
    /// Is anything known against its components?
    pub advisories: Step,
    /// Is all this still current?
    pub freshness: Step,
}

/// How a stage came out.
#[derive(Debug, Clone)]
#[must_use]
pub enum Step {
    /// It ran and holds.
    Passed {
        /// By which evidence.
        by: NonEmpty<EvidenceRef>,
        /// What else there is to say.
        notes: Vec<Finding>,
    },
    /// It ran and does not hold.
    Failed(NonEmpty<Finding>),
    /// It could not run.
    NotRun(Gap),
    /// An earlier stage left nothing to judge.
    Blocked(Stage),
    /// The policy does not ask for it.
    NotRequired,
}

/// The stages, in the order in which they are judged and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// [`Steps::signature`]
    Signature,
    /// [`Steps::identity`]
    Identity,
    /// [`Steps::provenance`]
    Provenance,
    /// [`Steps::subject`]
    Subject,
    /// [`Steps::manifest`]
    Manifest,
    /// [`Steps::sbom`]
    Sbom,
    /// [`Steps::advisories`]
    Advisories,
    /// [`Steps::freshness`]
    Freshness,
}

impl Stage {
    /// The word in reports and codes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Identity => "identity",
            Self::Provenance => "provenance",
            Self::Subject => "subject",
            Self::Manifest => "manifest",
            Self::Sbom => "sbom",
            Self::Advisories => "advisories",
            Self::Freshness => "freshness",
        }
    }
}

impl Step {
    /// Whether it passed.
    pub const fn is_passed(&self) -> bool {
        matches!(self, Self::Passed { .. })
    }

    /// Passed by one piece of evidence, with nothing to add.
    pub(crate) fn passed(by: &EvidenceRef) -> Self {
        Self::Passed { by: NonEmpty::one(by.clone()), notes: Vec::new() }
    }

    /// Failed for one reason.
    pub(crate) const fn failed(finding: Finding) -> Self {
        Self::Failed(NonEmpty::one(finding))
    }

    /// What it has to say, in whatever state.
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            Self::Passed { notes, .. } => notes.clone(),
            Self::Failed(findings) => findings.iter().cloned().collect(),
            Self::NotRun(_) | Self::Blocked(_) | Self::NotRequired => Vec::new(),
        }
    }
}

impl Steps {
    /// Every stage that comes after `stage` is blocked by it; those before are for the caller to fill.
    pub(crate) fn blocked_by(stage: Stage) -> Self {
        let blocked = || Step::Blocked(stage);
        Self {
            signature: blocked(),
            identity: blocked(),
            provenance: Step::NotRequired,
            subject: blocked(),
            manifest: blocked(),
            sbom: blocked(),
            advisories: Step::NotRequired,
            freshness: blocked(),
        }
    }

    /// The stages in order.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, &Step)> {
        let Self { signature, identity, provenance, subject, manifest, sbom, advisories, freshness } = self;
        [
            (Stage::Signature, signature),
            (Stage::Identity, identity),
            (Stage::Provenance, provenance),
            (Stage::Subject, subject),
            (Stage::Manifest, manifest),
            (Stage::Sbom, sbom),
            (Stage::Advisories, advisories),
            (Stage::Freshness, freshness),
        ]
        .into_iter()
    }

    /// How many stages passed or are not asked for.
    pub(crate) fn passed(&self) -> usize {
        self.iter().filter(|(_, step)| step.is_passed() || matches!(step, Step::NotRequired)).count()
    }
}
