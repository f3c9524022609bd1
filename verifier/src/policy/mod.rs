//! A policy as it is applied: validated, its keys read, its patterns parsed. Made by [`Policy::load`] or
//! [`Policy::flags`] alone, the former by way of [`Policy::signed`] where somebody signed it; all go through the same checks.

mod consider;
mod flags;
mod identity;
mod image;
mod key;
mod namespace;
mod provenance;
mod rule;
mod signed;
mod signer;

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::{LoadedPolicy, Problem, Require, Spelled};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::predicate_type::TOOL_MANIFEST;

pub use mcpsign_schemas::policy::{PolicyDocument, PolicyError};

pub use self::consider::{Considered, Outcome};
pub use self::flags::{Alongside, FlagSigner, FlagsPolicy, History};
pub use self::identity::Difference;
pub use self::image::repository_of_image;
pub(crate) use self::namespace::{Called, Namespace, plain};
pub(crate) use self::provenance::ProvenanceRule;
pub(crate) use self::rule::{Rule, SignatureRule};
pub use self::signed::SignedError;
pub(crate) use self::signed::Signing;
pub(crate) use self::signer::{Signer, SignerId, Who};

use crate::compare::standing;
use crate::trust::TrustedKey;

/// Path of the member at fault, and what is wrong with it.
type Fault = (String, Problem);

/// Whom to believe, for what, about which server.
#[derive(Debug, Clone)]
pub struct Policy {
    document: PolicyDocument,
    digest: Sha256Digest,
    keys: Vec<TrustedKey>,
    signers: Vec<Signer>,
    namespaces: Vec<Namespace>,
    rules: Vec<Rule>,
    /// The same policy for releases that were accepted before, where it names the signer of one release alone.
    earlier: Option<Box<Self>>,
    /// Who signed it, if somebody did.
    signing: Option<Signing>,
}

impl Policy {
    /// Loads a policy document, YAML or JSON by the name of its file.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place and a hint.
    pub fn load(bytes: &[u8], file_name: &str) -> Result<Self, PolicyError> {
        let loaded = LoadedPolicy::load(bytes, file_name)?;
        let keys = key::keys(&loaded.document).map_err(|(path, problem)| loaded.error(&path, problem))?;
        Self::compile(loaded.document.clone(), loaded.digest, keys)
            .map_err(|(path, problem)| loaded.error(&path, problem))
    }

    /// Turns a document that was checked into what is applied.
    fn compile(document: PolicyDocument, digest: Sha256Digest, keys: Vec<TrustedKey>) -> Result<Self, Fault> {
        key::are_distinct(&keys)?;
        let signers = document.signers.iter().enumerate();
        let signers =
            signers.map(|(at, entry)| Signer::compile(&document, at, entry)).collect::<Result<_, Fault>>()?;
        let namespaces = document.namespaces.iter().flatten().enumerate();
        let namespaces = namespaces
            .map(|(at, entry)| Namespace::compile(&document, at, entry))
            .collect::<Result<_, Fault>>()?;
        let rules = document.rules.iter().enumerate();
        let rules =
            rules.map(|(at, entry)| Rule::compile(&document, at, entry)).collect::<Result<_, Fault>>()?;
        Ok(Self { document, digest, keys, signers, namespaces, rules, earlier: None, signing: None })
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

    /// The key of this digest, and the signer who has it.
    pub(crate) fn by_key(&self, spki: Sha256Digest) -> Option<(SignerId, &TrustedKey)> {
        self.signers().find_map(|(id, signer)| {
            let Who::Keys(places) = &signer.who else { return None };
            let mut keys = places.iter().filter_map(|at| self.keys.get(*at));
            keys.find(|key| key.spki_sha256() == spki).map(|key| (id, key))
        })
    }

    /// The document in force.
    pub const fn explain(&self) -> &PolicyDocument {
        &self.document
    }

    /// What speaks against it at this time, whatever it is held against: it has ended, or not begun.
    pub fn standing(&self, now: Timestamp) -> Vec<Finding> {
        standing::at(self, now)
    }

    /// Whether some certificate could be by somebody whom it names, or who may sign it.
    pub fn names_certificates(&self) -> bool {
        self.document.signers.iter().any(|signer| signer.identity.is_some())
            || self.signing.as_ref().is_some_and(|signing| signing.by.names_certificates())
    }

    /// The policy under which history holds.
    pub(crate) fn of_history(&self) -> &Self {
        self.earlier.as_deref().unwrap_or(self)
    }

    /// Whether some rule demands this.
    pub(crate) fn asks(&self, of: impl Fn(&Require) -> bool) -> bool {
        self.rules.iter().any(|rule| of(&rule.require))
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub(crate) fn signers(&self) -> impl Iterator<Item = (SignerId, &Signer)> {
        self.signers.iter().enumerate().map(|(at, signer)| (SignerId(at), signer))
    }

    pub(crate) fn signer(&self, id: SignerId) -> Option<&Signer> {
        self.signers.get(id.0)
    }

    /// From when on it allows nothing, if ever.
    pub const fn valid_until(&self) -> Option<Timestamp> {
        self.document.valid_until
    }

    /// The namespaces that a name of the artifact lies in, each with that name.
    pub(crate) fn namespaces<'p>(
        &'p self,
        called: &Called<'_>,
    ) -> impl Iterator<Item = (&'p Namespace, String)> {
        self.namespaces.iter().filter_map(|namespace| Some((namespace, namespace.holds(called)?)))
    }

    /// Whether a rule counts who signed tool manifests.
    pub(crate) fn counts_manifests(&self) -> bool {
        let counts = |rule: &Rule| {
            rule.require.kinds.is_some()
                || rule.signatures.iter().any(|signatures| signatures.predicate == TOOL_MANIFEST)
        };
        self.rules.iter().any(counts)
    }

    /// The first rule that is for one of the artifact's names, if it is for all of them. No later one is looked at: a second
    /// name would be a way around a strict rule.
    pub(crate) fn rule_for(&self, server: &str, packages: &[Purl]) -> Option<&Rule> {
        let packages: Vec<Spelled<'_>> = packages.iter().map(Spelled::of).collect();
        self.rules
            .iter()
            .find(|rule| rule.touches(server, &packages))
            .filter(|rule| rule.matches(server, &packages))
    }
}
