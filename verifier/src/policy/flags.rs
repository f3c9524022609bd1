//! `verify` by flags alone.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::policy::{
    AdvisoryRequirement, CaptureForm, Comparison, IdentityEntry, KeyEntry, ManifestRequirement, Match,
    MinimumBinding, Observation, PolicyDocument, PolicyError, Problem, Require, Resources, RuleEntry, SCHEMA,
    SbomRequirement, SignerEntry, SnapshotRequirement, Threshold, TimeRequirement, Unevaluated,
};
use mcpsign_schemas::statement::predicate_type;

use super::Policy;
use crate::trust::{TimePolicy, TrustedKey};

/// Name of the policy that flags alone make.
const FLAGS: &str = "flags/v1";

/// Days that advisories count: OSV's sources change daily.
const MAX_AGE_DAYS: u32 = 7;

/// `verify` by flags alone: one signer, and whatever is required besides the built-in demands.
#[derive(Debug, Clone)]
pub struct FlagsPolicy {
    /// Whom to believe.
    pub signer: FlagSigner,
    /// Predicate types required besides the tool manifest.
    pub require: Vec<String>,
}

/// `--public-key`, or `--identity` with `--issuer`.
#[derive(Debug, Clone)]
pub enum FlagSigner {
    /// The holder of this key; its window and its time policy hold.
    Key(TrustedKey),
    /// The holder of a certificate.
    Identity {
        /// Exactly this subject alternative name.
        subject: String,
        /// Exactly this issuer.
        issuer: String,
    },
}

impl Policy {
    /// The built-in policy `flags/v1`: signature, identity, subject, freshness and the tool manifest are required; the
    /// manifest is compared if something was observed; the SBOM is required if the manifest binds one, and its components are
    /// held against advisories if some are given.
    ///
    /// # Errors
    /// When identity or issuer is empty or not exact, or a required predicate type is none.
    pub fn flags(flags: FlagsPolicy) -> Result<Self, PolicyError> {
        let mut predicates = vec![predicate_type::TOOL_MANIFEST.to_owned()];
        for predicate in flags.require {
            if !predicates.contains(&predicate) {
                predicates.push(predicate);
            }
        }
        let mut may_sign = predicates.clone();
        for sbom in [predicate_type::CYCLONEDX, predicate_type::SPDX_2_3, predicate_type::SPDX_3] {
            if !may_sign.iter().any(|predicate| predicate == sbom) {
                may_sign.push(sbom.into());
            }
        }
        let (keys, key, identity) = match flags.signer {
            FlagSigner::Key(key) => (vec![key], Some("key".to_owned()), None),
            FlagSigner::Identity { subject, issuer } => {
                (Vec::new(), None, Some(IdentityEntry::exact(issuer, subject)))
            }
        };
        let document = PolicyDocument {
            schema: SCHEMA.into(),
            name: FLAGS.into(),
            keys: (!keys.is_empty()).then(|| keys.iter().map(key_entry).collect()),
            valid_until: None,
            signers: vec![SignerEntry {
                name: "signer".into(),
                key,
                identity,
                kinds: Some(vec![Kind::Publisher, Kind::Observer]),
                predicates: may_sign,
            }],
            namespaces: None,
            rules: vec![RuleEntry {
                name: "flags".into(),
                applies_to: Match::AnyServer,
                signers: vec!["signer".into()],
                require: Require { advisories: Some(advisories()), ..require(predicates) },
            }],
        };
        document.check()?;
        let fail = |path: String, problem| PolicyError { file: FLAGS.into(), path, position: None, problem };
        let digest = mcpsign_schemas::canonical::to_canonical(&document)
            .map(|bytes| Sha256Digest::of(&bytes))
            .map_err(|error| fail(String::new(), Problem::Shape(error.to_string())))?;
        Self::compile(document, digest, keys).map_err(|(path, problem)| fail(path, problem))
    }
}

fn require(predicates: Vec<String>) -> Require {
    let manifest = ManifestRequirement {
        comparison: Comparison::Subset,
        observation: Observation::IfGiven,
        binding: MinimumBinding::Command,
        capture: CaptureForm::AnyForm,
        resources: Resources::Ignore,
    };
    Require::of(predicates, manifest, SbomRequirement::IfBound)
}

/// Whoever hands in advisories wants to hear of every vulnerability, and not from last month. Nobody was named whose VEX
/// counts.
fn advisories() -> AdvisoryRequirement {
    AdvisoryRequirement {
        snapshot: SnapshotRequirement::IfGiven,
        severity: Threshold::Low,
        unevaluated: Unevaluated::Undecided,
        max_age_days: Some(MAX_AGE_DAYS),
        coverage: None,
        kinds: None,
        exploited: None,
        unfixed: None,
        vex: None,
    }
}

fn key_entry(key: &TrustedKey) -> KeyEntry {
    let window = key.window();
    KeyEntry {
        name: "key".into(),
        public_key: key.to_pem(),
        not_before: window.not_before,
        not_after: window.not_after,
        compromised_since: window.compromised_since,
        time: match key.time() {
            TimePolicy::Require => TimeRequirement::Require,
            TimePolicy::AllowUnverified => TimeRequirement::AllowUnverified,
        },
    }
}
