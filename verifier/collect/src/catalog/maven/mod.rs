//! Maven and Gradle: what Java's archives say of the packages that they were built from, and Gradle's lock files.

mod gradle;
mod properties;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

pub use gradle::{GRADLE_LOCK, GradleLock};
pub use properties::{POM_PROPERTIES, PomProperties};

use super::CatalogError;

/// A package, found nowhere yet.
///
/// # Errors
/// When no package can be called so.
fn package(group: &str, artifact: &str, version: &str) -> Result<Package, CatalogError> {
    let fits = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b));
    if !(fits(group) && fits(artifact) && fits(version)) {
        // What a build did not fill in.
        return Err(CatalogError::Malformed { at: escape(artifact), what: "not a package of Maven" });
    }
    let name = format!("{group}/{artifact}");
    let purl = Purl::maven(group, artifact, Some(version))
        .map_err(|source| CatalogError::Package { at: name.clone(), source })?;
    let mut package = Package::new(name.clone(), purl.to_string(), name);
    package.version = Some(version.to_owned());
    Ok(package)
}

fn wrong(line: Option<u32>, what: &str) -> CatalogError {
    CatalogError::Line { line: line.unwrap_or_default(), what: what.to_owned() }
}
