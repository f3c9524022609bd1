//! `require.provenance`, as it is applied.

use mcpsign_schemas::policy::{BuilderPattern, PolicyDocument, Problem, ProvenanceRequirement, RefPattern};

use super::SignerId;

/// What must hold of a provenance.
#[derive(Debug, Clone)]
pub(crate) struct ProvenanceRule {
    pub(crate) builders: Option<Builders>,
    pub(crate) repository: Option<String>,
    /// As written, and as applied.
    pub(crate) reference: Option<(String, RefPattern)>,
    pub(crate) commit: Option<String>,
}

/// The builders that are known.
#[derive(Debug, Clone)]
pub(crate) struct Builders {
    known: Vec<Builder>,
    pub(crate) minimum_level: u8,
}

#[derive(Debug, Clone)]
struct Builder {
    id: BuilderPattern,
    level: u8,
    signers: Vec<SignerId>,
}

impl ProvenanceRule {
    /// A requirement of a document that was checked.
    pub(super) fn compile(
        document: &PolicyDocument,
        requirement: &ProvenanceRequirement,
    ) -> Result<Self, Problem> {
        let builders = match (&requirement.builders, requirement.minimum_level) {
            (Some(known), Some(minimum_level)) => {
                let known = known.iter().map(|entry| {
                    let signers = entry.signers.iter().map(|name| SignerId::of(document, name));
                    Ok(Builder {
                        id: BuilderPattern::parse(&entry.id)?,
                        level: entry.level,
                        signers: signers.collect::<Result<_, Problem>>()?,
                    })
                });
                Some(Builders { known: known.collect::<Result<_, Problem>>()?, minimum_level })
            }
            (None, None) => None,
            _ => return Err(Problem::Together("builders", "minimumLevel")),
        };
        let reference = requirement.reference.as_ref();
        let reference = reference.map(|text| RefPattern::parse(text).map(|pattern| (text.clone(), pattern)));
        Ok(Self {
            builders,
            repository: requirement.repository.clone(),
            reference: reference.transpose()?,
            commit: requirement.commit.clone(),
        })
    }
}

impl Builders {
    /// The highest level of those entries that are of this builder and believe one of these signers; `None` for a builder
    /// that is not known from them.
    pub(crate) fn level(&self, id: &str, signers: &[SignerId]) -> Option<u8> {
        let believed = |builder: &&Builder| signers.iter().any(|signer| builder.signers.contains(signer));
        let of_it = self.known.iter().filter(|builder| builder.id.matches(id));
        of_it.filter(believed).map(|builder| builder.level).max()
    }
}
