//! SLSA provenance of both versions, read into one model: who says to have built what, from what, by which instructions.
//!
//! Builders fill the same members in different ways. Read is what says the same thing in all of them; what a builder does
//! not say, or says in a form that could mean two things, is absent. All of it is the signer's claim.

mod git;
mod named;
#[cfg(test)]
mod tests;
mod v0_2;
mod v1;
mod variable;

use serde::Serialize;

pub use self::named::{Named, Told, file_at, may_be_at};
pub use self::variable::Variable;

use crate::canonical::{Json, JsonError};
use crate::digest::DigestSet;
use crate::statement::predicate_type;

/// What one provenance statement says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// Who built it, as a URI.
    pub builder_id: String,
    /// How the parameters of the build are to be understood, as a URI.
    pub build_type: String,
    /// What was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The instructions that were started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Instructions>,
    /// The run, by the builder's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    /// Everything that went into the build, as far as it is named; the source among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<Material>,
    /// Where the instructions lie, however that is spelled; nobody is shown it.
    #[serde(skip)]
    pub told: Vec<Told>,
    /// What its parameters call the source, likewise.
    #[serde(skip)]
    pub taken: Vec<Named>,
    /// What the platform's variables said when it was built, likewise.
    #[serde(skip)]
    pub variables: Vec<(Variable, String)>,
}

/// A state of a Git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// An `https` URL without query and `.git`.
    pub repository: String,
    /// `refs/…`
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// 40 or 64 lower-case hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// What a builder was told to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Instructions {
    /// Where they lie.
    #[serde(flatten)]
    pub source: Source,
    /// Path in there or name of the job, as the builder has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Something that went into a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Material {
    /// As stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// As stated.
    pub digest: DigestSet,
}

/// A predicate that is no provenance of its version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProvenanceError {
    /// Another predicate type.
    #[error("it is no provenance of a known version")]
    Version,
    /// A member is missing or of another type.
    #[error("{0}")]
    Shape(#[from] JsonError),
    /// `gitCommit` and `sha1` of one state of a repository differ.
    #[error("`gitCommit` and `sha1` of one digest are different commits")]
    Commits,
    /// A member that must not be empty.
    #[error("`{0}` is empty")]
    Empty(&'static str),
}

impl Provenance {
    /// Whether `predicate_type` is one that [`Self::read`] knows.
    pub fn is_read(predicate_type: &str) -> bool {
        matches!(predicate_type, predicate_type::SLSA_PROVENANCE | predicate_type::SLSA_PROVENANCE_0_2)
    }

    /// What was built, where the certificate that signed it names `repository`: of several sources the one that lies there.
    pub fn source_in(&self, repository: &str) -> Option<Source> {
        git::built_from(&self.materials, repository).or_else(|| self.source.clone())
    }

    /// Reads the predicate of a statement.
    ///
    /// # Errors
    /// When what its version requires is missing, or anything that is read is of another type.
    pub fn read(predicate_type: &str, predicate: &Json) -> Result<Self, ProvenanceError> {
        let provenance = match predicate_type {
            predicate_type::SLSA_PROVENANCE => v1::read(predicate)?,
            predicate_type::SLSA_PROVENANCE_0_2 => v0_2::read(predicate)?,
            _ => return Err(ProvenanceError::Version),
        };
        match () {
            () if provenance.builder_id.is_empty() => Err(ProvenanceError::Empty("builder.id")),
            () if provenance.build_type.is_empty() => Err(ProvenanceError::Empty("buildType")),
            () => Ok(provenance),
        }
    }
}
