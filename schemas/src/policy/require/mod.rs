//! `rules[].require`: one file a member.

mod manifest;
mod sbom;

use serde::{Deserialize, Serialize};

pub use self::manifest::{
    CaptureForm, Comparison, ManifestRequirement, MinimumBinding, Observation, Resources,
};
pub use self::sbom::SbomRequirement;

use super::check::{Fault, predicates};
use super::{Problem, SignerEntry, is_same_predicate};
use crate::statement::predicate_type;

/// What a rule demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Require {
    /// Predicate types of which there must be a trusted statement; the tool manifest is always one of them.
    pub predicates: Vec<String>,
    /// What must hold of the tool manifest.
    pub manifest: ManifestRequirement,
    /// What must hold of the SBOM.
    pub sbom: SbomRequirement,
}

impl Require {
    /// What nothing else is required besides.
    pub const fn of(predicates: Vec<String>, manifest: ManifestRequirement, sbom: SbomRequirement) -> Self {
        Self { predicates, manifest, sbom }
    }

    /// Checks what a rule demands that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        let required = format!("{path}.predicates");
        predicates(&self.predicates, &required)?;
        if !self.predicates.iter().any(|predicate| predicate == predicate_type::TOOL_MANIFEST) {
            return Err((required, Problem::NoManifest));
        }
        for (at, predicate) in self.predicates.iter().enumerate() {
            let may =
                |signer: &&SignerEntry| signer.predicates.iter().any(|p| is_same_predicate(predicate, p));
            if !signers.iter().any(may) {
                return Err((format!("{required}[{at}]"), Problem::NobodyMay(predicate.clone())));
            }
        }
        Ok(())
    }
}
