//! `mcpsign.dev/policy/v1`: whom to believe, for what, about which server (`spec/policy.md`).
//!
//! A document has no defaults and no implicit "any": what it does not say is an error when it is loaded, and so is
//! whatever nothing would ever read.
//!
//! One file a member of the document: its type, and what must hold of it in itself.

mod cases;
pub(crate) mod check;
mod document;
mod error;
mod hint;
mod identity;
mod json_places;
mod key;
mod load;
mod matching;
mod namespace;
mod pattern;
mod predicate;
mod reference;
mod require;
mod rule;
mod scalar;
mod seen;
mod signed;
mod signer;
mod subject;
mod yaml;
mod yaml_write;

pub use self::cases::{Expected, PolicyCase, PolicyTests, TESTS_SCHEMA};
pub use self::document::PolicyDocument;
pub use self::error::{ExpressionFault, PolicyError, Position, Problem};
pub use self::identity::{IdentityEntry, NO_ISSUER, WorkflowEntry};
pub use self::key::{KeyEntry, TimeRequirement};
pub use self::load::LoadedPolicy;
pub use self::matching::Match;
pub use self::namespace::NamespaceEntry;
pub use self::pattern::{ImagePattern, PackagePattern, PatternError, ServerPattern, Spelled};
pub use self::predicate::is_same_predicate;
pub use self::reference::RefPattern;
pub use self::require::{
    AdvisoryRequirement, ApprovalRequirement, Authority, BuilderEntry, BuilderPattern, CaptureForm,
    Comparison, Components, Condition, ContinuityRequirement, CoolDown, Deny, ExceptionsRequirement,
    Exploited, FirstSeen, LicenseRequirement, LintException, LintRequirement, LintSeverity,
    ManifestRequirement, MinimumBinding, NamesRequirement, Observation, Others, ProvenanceRequirement,
    RefusedKind, Require, Resources, RevocationsRequirement, SbomRequirement, ShadowingRequirement,
    SignatureRequirement, SnapshotRequirement, SummaryRequirement, Threshold, TimeSource,
    TimeSourceRequirement, ToolsRequirement, Unevaluated, Unfixed, Unlicensed, VexRequirement, Weight,
};
pub use self::rule::RuleEntry;
pub use self::seen::Seen;
pub use self::signed::{SignedPolicy, SignedPolicyError};
pub use self::signer::SignerEntry;
pub use self::subject::SubjectPattern;

/// `schema` of every policy of this version.
pub const SCHEMA: &str = "mcpsign.dev/policy/v1";
/// Bytes of a document at the most: people write it, and a thousand rules of a kilobyte each fit.
pub const MAX_BYTES: usize = 1 << 20;
/// Keys at the most. Each may be tried on each of 64 lines of evidence: 4096 checks of some 40 µs.
pub const MAX_KEYS: usize = 64;

#[cfg(test)]
mod tests;
