//! A policy as it is applied: validated, its keys read, its patterns parsed. Made by [`Policy::load`] or
//! [`Policy::flags`] alone; both go through the same checks.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::policy::{
    CaptureForm, Comparison, IdentityEntry, KeyEntry, LoadedPolicy, ManifestRequirement, Match,
    MinimumBinding, Observation, PackagePattern, Problem, Require, Resources, RuleEntry, SCHEMA,
    SbomRequirement, ServerPattern, SignerEntry, TimeRequirement, is_same_predicate,
};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::predicate_type;

pub use mcpsign_schemas::policy::{PolicyDocument, PolicyError};

use crate::trust::{KeyWindow, TimePolicy, TrustedKey};

/// Name of the policy that flags alone make.
const FLAGS: &str = "flags/v1";

/// Whom to believe, for what, about which server.
#[derive(Debug, Clone)]
pub struct Policy {
    document: PolicyDocument,
    digest: Sha256Digest,
    keys: Vec<TrustedKey>,
    signers: Vec<Signer>,
    rules: Vec<Rule>,
}

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

/// One signer entry.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) who: Who,
    kinds: Vec<Kind>,
    predicates: Vec<String>,
}

/// Who a signer is.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Place in [`Policy::keys`].
    Key(usize),
    /// Both exact.
    Identity { issuer: String, subject: String },
}

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) name: String,
    applies_to: AppliesTo,
    /// Places in [`Policy::signers`].
    signers: Vec<usize>,
    pub(crate) require: Require,
}

#[derive(Debug, Clone)]
enum AppliesTo {
    AnyServer,
    Server(ServerPattern),
    Package(PackagePattern),
}

/// Place of a signer entry in its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SignerId(usize);

impl Policy {
    /// Loads a policy document, YAML or JSON by the name of its file.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place and a hint.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self, PolicyError> {
        let loaded = LoadedPolicy::load(bytes, file_name)?;
        let keys = keys(&loaded.document).map_err(|(path, problem)| loaded.error(&path, problem))?;
        compile(loaded.document.clone(), loaded.digest, keys)
            .map_err(|(path, problem)| loaded.error(&path, problem))
    }

    /// The built-in policy `flags/v1`: signature, identity, subject, freshness and the tool manifest are required; the
    /// manifest is compared if something was observed; the SBOM is required if the manifest binds one.
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
                (Vec::new(), None, Some(IdentityEntry { issuer, subject }))
            }
        };
        let document = PolicyDocument {
            schema: SCHEMA.into(),
            name: FLAGS.into(),
            keys: (!keys.is_empty()).then(|| keys.iter().map(key_entry).collect()),
            signers: vec![SignerEntry {
                name: "signer".into(),
                key,
                identity,
                kinds: Some(vec![Kind::Publisher, Kind::Observer]),
                predicates: may_sign,
            }],
            rules: vec![RuleEntry {
                name: "flags".into(),
                applies_to: Match::AnyServer,
                signers: vec!["signer".into()],
                require: Require {
                    predicates,
                    manifest: ManifestRequirement {
                        comparison: Comparison::Subset,
                        observation: Observation::IfGiven,
                        binding: MinimumBinding::Command,
                        capture: CaptureForm::AnyForm,
                        resources: Resources::Ignore,
                    },
                    sbom: SbomRequirement::IfBound,
                },
            }],
        };
        document.check()?;
        let fail = |path: String, problem| PolicyError { file: FLAGS.into(), path, position: None, problem };
        let digest = mcpsign_schemas::canonical::to_canonical(&document)
            .map(|bytes| Sha256Digest::of(&bytes))
            .map_err(|error| fail(String::new(), Problem::Shape(error.to_string())))?;
        compile(document, digest, keys).map_err(|(path, problem)| fail(path, problem))
    }

    /// Its name; `flags/v1` for the built-in one.
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// SHA-256 of the document as loaded; of the built-in policy, of its canonical form.
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// The keys that it names.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The document in force.
    pub const fn explain(&self) -> &PolicyDocument {
        &self.document
    }

    pub(crate) fn signers(&self) -> impl Iterator<Item = (SignerId, &Signer)> {
        self.signers.iter().enumerate().map(|(at, signer)| (SignerId(at), signer))
    }

    pub(crate) fn signer(&self, id: SignerId) -> Option<&Signer> {
        self.signers.get(id.0)
    }

    /// The first rule that matches a server by what its manifest says of it. A rule for packages must match every name
    /// that the manifest gives the artifact: else a second name would be a way around the rule for the first.
    pub(crate) fn rule_for(&self, server: &str, packages: &[Purl]) -> Option<&Rule> {
        self.rules.iter().find(|rule| match &rule.applies_to {
            AppliesTo::AnyServer => true,
            AppliesTo::Server(pattern) => pattern.matches(server),
            AppliesTo::Package(pattern) => {
                !packages.is_empty() && packages.iter().all(|purl| pattern.matches(purl))
            }
        })
    }
}

impl Signer {
    pub(crate) fn may_sign(&self, predicate_type: &str) -> bool {
        self.predicates.iter().any(|named| is_same_predicate(named, predicate_type))
    }

    pub(crate) fn may_speak_as(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

impl Rule {
    pub(crate) fn names(&self, signer: SignerId) -> bool {
        self.signers.contains(&signer.0)
    }
}

type Fault = (String, Problem);

fn keys(document: &PolicyDocument) -> Result<Vec<TrustedKey>, Fault> {
    document
        .keys
        .iter()
        .flatten()
        .enumerate()
        .map(|(at, entry)| {
            let time = match entry.time {
                TimeRequirement::Require => TimePolicy::Require,
                TimeRequirement::AllowUnverified => TimePolicy::AllowUnverified,
            };
            let window = KeyWindow {
                not_before: entry.not_before,
                not_after: entry.not_after,
                compromised_since: entry.compromised_since,
            };
            TrustedKey::from_pem(&entry.name, entry.public_key.as_bytes(), time)
                .map(|key| key.with_window(window))
                .map_err(|error| (format!("keys[{at}].publicKey"), Problem::Key(error.to_string())))
        })
        .collect()
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

/// Turns a document that was checked into what is applied.
fn compile(document: PolicyDocument, digest: Sha256Digest, keys: Vec<TrustedKey>) -> Result<Policy, Fault> {
    // The same key under two names would be one signer under two names.
    for (at, key) in keys.iter().enumerate() {
        if let Some(same) = keys.iter().take(at).find(|other| other.spki() == key.spki()) {
            return Err((format!("keys[{at}].publicKey"), Problem::SameSigner(same.name().into())));
        }
    }
    let entries = document.keys.as_deref().unwrap_or_default();
    let signers = document
        .signers
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let who = match (&entry.key, &entry.identity) {
                (Some(name), None) => {
                    Who::Key(entries.iter().position(|key| key.name == *name).ok_or_else(|| {
                        (format!("signers[{at}].key"), Problem::Unknown { what: "key", name: name.clone() })
                    })?)
                }
                (None, Some(identity)) => {
                    Who::Identity { issuer: identity.issuer.clone(), subject: identity.subject.clone() }
                }
                _ => return Err((format!("signers[{at}]"), Problem::NotOneSigner)),
            };
            Ok(Signer {
                name: entry.name.clone(),
                who,
                kinds: entry.kinds.clone().unwrap_or_default(),
                predicates: entry.predicates.clone(),
            })
        })
        .collect::<Result<_, Fault>>()?;
    let rules = document
        .rules
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let applies_to = match &entry.applies_to {
                Match::AnyServer => Ok(AppliesTo::AnyServer),
                Match::Server(pattern) => ServerPattern::parse(pattern).map(AppliesTo::Server),
                Match::Package(pattern) => PackagePattern::parse(pattern).map(AppliesTo::Package),
            };
            let signers = entry.signers.iter().map(|name| {
                document.signers.iter().position(|signer| signer.name == *name).ok_or_else(|| {
                    (format!("rules[{at}].signers"), Problem::Unknown { what: "signer", name: name.clone() })
                })
            });
            Ok(Rule {
                name: entry.name.clone(),
                applies_to: applies_to.map_err(|error| (format!("rules[{at}].match"), error.into()))?,
                signers: signers.collect::<Result<_, Fault>>()?,
                require: entry.require.clone(),
            })
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Policy { document, digest, keys, signers, rules })
}
