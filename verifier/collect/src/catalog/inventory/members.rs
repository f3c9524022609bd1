//! What the members of a workspace ask for: yarn's lock files do not say what for, or nothing of them at all.

use std::path::Path;

use mcpsign_schemas::inventory::Package;

use super::choose::Declared;
use crate::catalog::{Cataloger as _, FileInput, npm};
use crate::project::member_manifests;

/// Reads from the project what the members of its workspace declare, where its manifest has some.
pub(super) fn add(declared: &mut [Declared], project: &Path) {
    for root in declared.iter_mut().filter(|root| root.has_members && !root.in_artifact) {
        root.members = packages(project);
    }
}

/// The members and what they ask for, development aside; `None` where one is not understood.
fn packages(project: &Path) -> Option<Vec<Package>> {
    let mut packages = Vec::new();
    for document in member_manifests(project)? {
        let file = FileInput { path: &document.path, bytes: document.bytes()? };
        packages.extend(npm::PACKAGE_JSON.read(&file).ok()?);
    }
    Some(packages)
}
