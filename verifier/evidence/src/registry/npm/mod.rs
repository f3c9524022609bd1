//! npm's registry: the packument of a package, and the tarball of one version.

pub mod config;
mod document;

pub(super) use document::find;
