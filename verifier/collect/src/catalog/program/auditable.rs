//! cargo-auditable: the crates that a program was built from, in a section of its own.

use std::collections::BTreeSet;

use auditable_info::audit_info_from_slice;
use auditable_serde::{DependencyKind, Source};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::universal::in_each;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES, Role};

/// How the section is called, in Mach-O without the dot before it.
pub(super) const SECTIONS: &[&str] = &[".dep-v0"];

/// Bytes of a file's lists together, decompressed: 200 for each crate.
pub(super) const MAX_LIST: usize = 8 << 20;

/// The list of crates in a program.
pub static AUDITABLE: Auditable = Auditable;

/// The cataloger of cargo-auditable's lists.
#[derive(Debug)]
pub struct Auditable;

impl Cataloger for Auditable {
    fn id(&self) -> &'static str {
        "rust/cargo-auditable"
    }

    fn wants(&self, _path: &TreePath) -> bool {
        false
    }

    fn sniffs(&self, bytes: &[u8]) -> bool {
        super::is_program(bytes)
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    /// Nothing in a program without such a list.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        in_each(file.bytes, read)
    }
}

fn read(program: &[u8], machines: usize) -> Result<Vec<Package>, CatalogError> {
    if super::section(program, SECTIONS).is_none() {
        return Ok(Vec::new());
    }
    let list = audit_info_from_slice(program, MAX_LIST / machines.max(1)).map_err(|error| {
        CatalogError::Line { line: 0, what: format!("cargo-auditable: {}", escape(&error.to_string())) }
    })?;
    if list.packages.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let mut packages = Vec::with_capacity(list.packages.len());
    for (at, found) in list.packages.iter().enumerate() {
        let version = found.version.to_string();
        let purl = Purl::cargo(&found.name, Some(&version))
            .map_err(|source| CatalogError::Package { at: escape(&found.name), source })?;
        let mut package = Package::new(at.to_string(), purl.to_string(), &found.name);
        package.version = Some(version);
        package.scope = match found.kind {
            DependencyKind::Build => Scope::Development,
            DependencyKind::Runtime => Scope::Required,
        };
        package.origin = match &found.source {
            _ if found.root => Origin::Root,
            Source::CratesIo | Source::Registry => Origin::Registry { url: None },
            Source::Git => Origin::Git { url: "git:".into(), commit: None },
            _ => Origin::Local { path: None },
        };
        package.dependencies = found.dependencies.iter().map(ToString::to_string).collect();
        package.completeness = Completeness::Complete;
        package.found = BTreeSet::from([Location::at(&found.name, Means::Binary)]);
        packages.push(package);
    }
    Ok(packages)
}
