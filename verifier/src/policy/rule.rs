//! `rules[]`, as they are applied.

use mcpsign_schemas::policy::{
    Match, PackagePattern, PolicyDocument, Problem, Require, RuleEntry, ServerPattern, Spelled,
};
use mcpsign_schemas::purl::Purl;

use super::provenance::ProvenanceRule;
use super::{Fault, SignerId};
use crate::compare::tools::Names;
use crate::condition::Conditions;

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) name: String,
    applies_to: AppliesTo,
    signers: Vec<SignerId>,
    pub(crate) require: Require,
    pub(crate) provenance: Option<ProvenanceRule>,
    pub(crate) signatures: Vec<SignatureRule>,
    /// `require.tools.names`.
    pub(crate) names: Names,
    /// `require.conditions`.
    pub(crate) conditions: Conditions,
}

/// So many of these signers must have signed a statement of this type.
#[derive(Debug, Clone)]
pub(crate) struct SignatureRule {
    pub(crate) predicate: String,
    pub(crate) threshold: usize,
    pub(crate) signers: Vec<SignerId>,
}

#[derive(Debug, Clone)]
enum AppliesTo {
    AnyServer,
    Server(ServerPattern),
    Package(PackagePattern),
}

impl Rule {
    /// The entry `at` this place of a document that was checked.
    pub(super) fn compile(document: &PolicyDocument, at: usize, entry: &RuleEntry) -> Result<Self, Fault> {
        let applies_to = match &entry.applies_to {
            Match::AnyServer => Ok(AppliesTo::AnyServer),
            Match::Server(pattern) => ServerPattern::parse(pattern).map(AppliesTo::Server),
            Match::Package(pattern) => PackagePattern::parse(pattern).map(AppliesTo::Package),
        };
        let signers = |names: &[String], member: &str| {
            let ids = names.iter().map(|name| SignerId::of(document, name));
            ids.collect::<Result<Vec<_>, _>>().map_err(|problem| (format!("rules[{at}].{member}"), problem))
        };
        let require = &entry.require;
        let provenance = require.provenance.as_ref().map(|provenance| {
            ProvenanceRule::compile(document, provenance)
                .map_err(|problem| (format!("rules[{at}].require.provenance"), problem))
        });
        let signatures = require.signatures.iter().flatten().map(|each| {
            Ok(SignatureRule {
                predicate: each.predicate.clone(),
                threshold: usize::try_from(each.threshold).unwrap_or(usize::MAX),
                signers: signers(&each.signers, "require.signatures")?,
            })
        });
        let conditions = Conditions::compile(require.conditions.as_deref().unwrap_or_default());
        let conditions = conditions.map_err(|(condition, error)| {
            let path = format!("rules[{at}].require.conditions[{condition}].expression");
            (path, Problem::Expression { at: error.at, kind: error.kind, what: error.what })
        })?;
        if conditions.asks_advisories() && require.advisories.is_none() {
            return Err((format!("rules[{at}].require.conditions"), Problem::NoAdvisories));
        }
        Ok(Self {
            name: entry.name.clone(),
            applies_to: applies_to.map_err(|error| (format!("rules[{at}].match"), error.into()))?,
            signers: signers(&entry.signers, "signers")?,
            names: Names::of(require.tools.as_ref().and_then(|tools| tools.names.as_ref())),
            require: require.clone(),
            conditions,
            provenance: provenance.transpose()?,
            signatures: signatures.collect::<Result<_, Fault>>()?,
        })
    }

    /// Whether it is for a server by one of the names that its manifest gives it.
    pub(super) fn touches(&self, server: &str, packages: &[Spelled<'_>]) -> bool {
        match &self.applies_to {
            AppliesTo::AnyServer => true,
            AppliesTo::Server(pattern) => pattern.matches(server),
            AppliesTo::Package(pattern) => packages.iter().any(|package| pattern.matches(package)),
        }
    }

    /// Whether it is for a server by what its manifest says of it. A rule for packages must match every name that the
    /// manifest gives the artifact: else a second name would be a way around the rule for the first.
    pub(super) fn matches(&self, server: &str, packages: &[Spelled<'_>]) -> bool {
        match &self.applies_to {
            AppliesTo::AnyServer => true,
            AppliesTo::Server(pattern) => pattern.matches(server),
            AppliesTo::Package(pattern) => {
                !packages.is_empty() && packages.iter().all(|package| pattern.matches(package))
            }
        }
    }

    /// Why it is not for a server; `None` if it is.
    pub(super) fn objection(&self, server: &str, packages: &[Option<Purl>]) -> Option<String> {
        match &self.applies_to {
            AppliesTo::AnyServer => None,
            AppliesTo::Server(pattern) => {
                (!pattern.matches(server)).then(|| format!("the server is called `{server}`"))
            }
            AppliesTo::Package(_) if packages.is_empty() => {
                Some("the manifest gives the artifact no package URL".into())
            }
            AppliesTo::Package(pattern) => {
                let matches = |purl: &Option<Purl>| {
                    purl.as_ref().is_some_and(|purl| pattern.matches(&Spelled::of(purl)))
                };
                let other = packages.iter().find(|purl| !matches(purl))?;
                Some(match other {
                    Some(purl) => format!("one of the artifact's package URLs is `{purl}`"),
                    None => "one of the artifact's package URLs is none".into(),
                })
            }
        }
    }

    pub(crate) fn names(&self, signer: SignerId) -> bool {
        self.signers.contains(&signer)
    }
}
