//! `verify` by flags alone.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::policy::{
    AdvisoryRequirement, Authority, CaptureForm, Comparison, ContinuityRequirement, FirstSeen, IdentityEntry,
    KeyEntry, ManifestRequirement, Match, MinimumBinding, Observation, Others, PolicyDocument, PolicyError,
    Problem, Require, Resources, RevocationsRequirement, RuleEntry, SCHEMA, SbomRequirement,
    ShadowingRequirement, SignerEntry, SnapshotRequirement, Threshold, TimeRequirement, Unevaluated, Weight,
};
use mcpsign_schemas::statement::predicate_type;

use super::Policy;
use crate::authenticate::CertificateIdentity;
use crate::trust::{TimePolicy, TrustedKey};

/// Name of the policy that flags alone make.
const FLAGS: &str = "flags/v1";

/// Days that advisories count: OSV's sources change daily.
const MAX_AGE_DAYS: u32 = 7;

/// Name of its one signer.
const SIGNER: &str = "signer";

/// What goes on where earlier releases are known. Whoever names a history has some; the first of a server is said.
const CONTINUITY: ContinuityRequirement = ContinuityRequirement {
    first_seen: Some(FirstSeen::Allow),
    cool_down: None,
    signer_changed: Some(Weight::Deny),
    owner_changed: Some(Weight::Deny),
    provenance_gone: Some(Weight::Deny),
    version_back: Some(Weight::Deny),
    new_dependency: Some(Weight::Note),
    new_install_script: Some(Weight::Note),
    tools_changed: Some(Weight::Note),
    hints_changed: Some(Weight::Note),
};

/// What tools may have to do with those of other servers, where these are known. Many servers have a `search`; none has reason
/// to speak of another's.
const SHADOWING: ShadowingRequirement = ShadowingRequirement {
    others: Others::Required,
    same_name: Some(Weight::Note),
    similar_name: Some(Weight::Note),
    mention: Some(Weight::Deny),
};

/// `verify` by flags alone: one signer, and whatever is required besides the built-in demands.
#[derive(Debug, Clone)]
pub struct FlagsPolicy {
    /// Whom to believe.
    pub signer: FlagSigner,
    /// Predicate types required besides the tool manifest.
    pub require: Vec<String>,
    /// Authorities whose lists of revocations are asked, by URI; the same signer speaks for them.
    pub revocations: Vec<String>,
    /// Whether earlier releases are there to be compared with.
    pub history: History,
    /// Whether it is known what other servers there are.
    pub alongside: Alongside,
}

/// Whether `verify` by flags alone was given earlier releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// It was not.
    NotGiven,
    /// It was: signer, owner, provenance and version go on, and what else changed is said.
    Given,
}

/// Whether `verify` by flags alone was given other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alongside {
    /// It was not.
    NotGiven,
    /// It was: no text names their tools, and names that are theirs or look so are said.
    Given,
}

impl FlagsPolicy {
    /// The built-in demands alone.
    pub const fn of(signer: FlagSigner) -> Self {
        Self {
            signer,
            require: Vec::new(),
            revocations: Vec::new(),
            history: History::NotGiven,
            alongside: Alongside::NotGiven,
        }
    }
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
        /// URL of the repository that was built; without it the one that the signer's workflow lies in.
        repository: Option<String>,
    },
}

impl FlagSigner {
    /// Whomever a certificate names, for builds of the repository that it names; `None` where it names no subject or no issuer.
    pub fn of(certificate: &CertificateIdentity) -> Option<Self> {
        Some(Self::Identity {
            subject: certificate.subject_name()?.to_owned(),
            issuer: certificate.issuer.clone()?,
            repository: certificate.workload.repository.clone(),
        })
    }
}

impl Policy {
    /// Whoever may sign statements of this type by themselves. Not for servers.
    ///
    /// # Errors
    /// As [`Self::flags`].
    pub fn only(signer: FlagSigner, predicate_type: &str) -> Result<Self, PolicyError> {
        Self::of_flags(FlagsPolicy::of(signer), Some(predicate_type))
    }

    /// The built-in policy `flags/v1`: signature, identity, subject, freshness and the tool manifest are required; the
    /// manifest is compared if something was observed; the SBOM is required if the manifest binds one, and its components are
    /// held against advisories if some are given.
    ///
    /// # Errors
    /// When identity or issuer is empty or not exact, or a required predicate type is none.
    pub fn flags(flags: FlagsPolicy) -> Result<Self, PolicyError> {
        Self::of_flags(flags, None)
    }

    /// The same with a type that the signer may sign besides, and of which nothing is required.
    fn of_flags(flags: FlagsPolicy, besides: Option<&str>) -> Result<Self, PolicyError> {
        let mut predicates = vec![predicate_type::TOOL_MANIFEST.to_owned()];
        for predicate in flags.require {
            if !predicates.contains(&predicate) {
                predicates.push(predicate);
            }
        }
        let mut may_sign = predicates.clone();
        let history = flags.history == History::Given;
        let more = [
            (true, predicate_type::CYCLONEDX),
            (true, predicate_type::SPDX_2_3),
            (true, predicate_type::SPDX_3),
            // What `attest` signs besides: whoever may release may say how it was built.
            (true, predicate_type::SLSA_PROVENANCE),
            (true, predicate_type::SLSA_PROVENANCE_0_2),
            (!flags.revocations.is_empty(), predicate_type::REVOCATION),
        ];
        let more = more.into_iter().filter_map(|(asked, predicate)| asked.then_some(predicate));
        for predicate in more.chain(besides) {
            if !may_sign.iter().any(|known| known == predicate) {
                may_sign.push(predicate.into());
            }
        }
        let authority = |uri| Authority { uri, signers: vec![SIGNER.into()] };
        let authorities: Vec<Authority> = flags.revocations.into_iter().map(authority).collect();
        let (keys, key, identity) = match flags.signer {
            FlagSigner::Key(key) => (vec![key], Some("key".to_owned()), None),
            FlagSigner::Identity { subject, issuer, repository } => {
                let identity = IdentityEntry { repository, ..IdentityEntry::exact(issuer, subject) };
                (Vec::new(), None, Some(identity))
            }
        };
        let document = PolicyDocument {
            schema: SCHEMA.into(),
            name: FLAGS.into(),
            keys: (!keys.is_empty()).then(|| keys.iter().map(key_entry).collect()),
            valid_until: None,
            signers: vec![SignerEntry {
                name: SIGNER.into(),
                key,
                keys: None,
                identity,
                kinds: Some(vec![Kind::Publisher, Kind::Observer]),
                predicates: may_sign,
            }],
            namespaces: None,
            rules: vec![RuleEntry {
                name: "flags".into(),
                applies_to: Match::AnyServer,
                signers: vec![SIGNER.into()],
                require: Require {
                    advisories: Some(advisories()),
                    continuity: history.then_some(CONTINUITY),
                    shadowing: (flags.alongside == Alongside::Given).then_some(SHADOWING),
                    revocations: (!authorities.is_empty())
                        .then_some(RevocationsRequirement { authorities, max_age_days: None }),
                    ..require(predicates)
                },
            }],
        };
        document.check()?;
        let fail = |path: String, problem| PolicyError { file: FLAGS.into(), path, position: None, problem };
        let digest = mcpsign_schemas::canonical::to_canonical(&document)
            .map(|bytes| Sha256Digest::of(&bytes))
            .map_err(|error| fail(String::new(), Problem::Shape(error.to_string())))?;
        let compile = |document: PolicyDocument, keys: Vec<TrustedKey>| {
            Self::compile(document, digest, keys).map_err(|(path, problem)| fail(path, problem))
        };
        let earlier = if history { earlier(&document) } else { None };
        let earlier = earlier.map(|earlier| compile(earlier, keys.clone())).transpose()?;
        Ok(Self { earlier: earlier.map(Box::new), ..compile(document, keys)? })
    }
}

/// The same document for what was accepted before: another tag of the same workflow is the same signer. `None` where its
/// signer is the same for every release as it is.
fn earlier(document: &PolicyDocument) -> Option<PolicyDocument> {
    let mut document = document.clone();
    let identity = document.signers.first_mut()?.identity.as_mut()?;
    *identity = identity.at_any_reference()?;
    Some(document)
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
        signers: None,
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
