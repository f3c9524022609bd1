//! Results as text: for people, and as JSON.

pub(crate) mod advisories;
pub(crate) mod difference;
pub(crate) mod evidence;
pub(crate) mod hidden;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod lint;
pub(crate) mod sarif;
pub(crate) mod sbom;
pub(crate) mod scan;
pub(crate) mod untrusted;
pub(crate) mod words;
