//! `rules[]`, as they are applied.

use mcpsign_schemas::policy::{
    Match, PackagePattern, PolicyDocument, Problem, Require, RuleEntry, ServerPattern,
};
use mcpsign_schemas::purl::Purl;

use super::{Fault, SignerId};

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

impl Rule {
    /// The entry `at` this place of a document that was checked.
    pub(super) fn compile(document: &PolicyDocument, at: usize, entry: &RuleEntry) -> Result<Self, Fault> {
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
        Ok(Self {
            name: entry.name.clone(),
            applies_to: applies_to.map_err(|error| (format!("rules[{at}].match"), error.into()))?,
            signers: signers.collect::<Result<_, Fault>>()?,
            require: entry.require.clone(),
        })
    }

    /// Whether it is for a server by what its manifest says of it. A rule for packages must match every name that the
    /// manifest gives the artifact: else a second name would be a way around the rule for the first.
    pub(super) fn matches(&self, server: &str, packages: &[Purl]) -> bool {
        match &self.applies_to {
            AppliesTo::AnyServer => true,
            AppliesTo::Server(pattern) => pattern.matches(server),
            AppliesTo::Package(pattern) => {
                !packages.is_empty() && packages.iter().all(|purl| pattern.matches(purl))
            }
        }
    }

    pub(crate) fn names(&self, signer: SignerId) -> bool {
        self.signers.contains(&signer.0)
    }
}
