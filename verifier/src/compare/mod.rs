//! What trusted statements say, held against what was measured. One file a question.

pub(crate) mod advisories;
pub(crate) mod agreement;
pub(crate) mod components;
mod difference;
pub(crate) mod freshness;
pub(crate) mod licenses;
pub(crate) mod lint;
pub(crate) mod manifest;
pub(crate) mod names;
pub(crate) mod observation;
pub(crate) mod provenance;
pub(crate) mod sbom;
pub(crate) mod shadowing;
pub(crate) mod standing;
pub(crate) mod subject;
pub(crate) mod tools;
