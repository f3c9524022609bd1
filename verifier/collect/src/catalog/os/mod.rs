//! Packages of the operating system in an image or a root folder: dpkg, apk, rpm.

mod apk;
mod copyright;
mod dpkg;
mod release;
mod rpm;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

pub use apk::{APK, Apk};
pub(crate) use copyright::add_licenses;
pub use copyright::{COPYRIGHT, Copyright, copyright_license};
pub use dpkg::{DPKG, Dpkg};
pub(crate) use release::distribution;
pub use release::{OS_RELEASE, OsRelease};
pub use rpm::{RPM, Rpm};

use super::{CatalogError, Cataloger, MAX_PACKAGES};

/// Whether a cataloger reads what a distribution's tools note of what they installed.
pub fn is_database(cataloger: &dyn Cataloger) -> bool {
    [DPKG.id(), APK.id(), RPM.id()].contains(&cataloger.id())
}

/// A package of type and distribution as its database has them without os-release, which says of which it really is. Of
/// `qualifiers` those that have a value; `upstream` is the source that it was built from, which advisories name.
///
/// # Errors
/// When no package can be called so.
fn package(
    (ty, namespace): (&'static str, Option<&str>),
    name: &str,
    version: &str,
    qualifiers: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Result<Package, CatalogError> {
    let fits = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+~:^".contains(&b));
    if !(fits(name) && fits(version)) {
        return Err(CatalogError::Malformed {
            at: escape(name),
            what: "not a name and a version of a package",
        });
    }
    let mut stated = qualifiers.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let purl = Purl::distribution(ty, namespace, name, version)
        .and_then(|purl| stated.try_fold(purl, |purl, (key, value)| purl.with_qualifier(key, value)));
    let purl = purl.map_err(|source| CatalogError::Package { at: escape(name), source })?.to_string();
    let mut package = Package::new(purl.clone(), purl, name);
    package.version = Some(version.to_owned());
    Ok(package)
}

/// The packages of a database of stanzas, as `read` takes each; `None` is one that does not count.
fn packages(
    bytes: &[u8],
    read: impl Fn(u32, &[&str]) -> Result<Option<Package>, CatalogError>,
) -> Result<Vec<Package>, CatalogError> {
    let mut packages = Vec::new();
    for (line, stanza) in stanzas(&String::from_utf8_lossy(bytes)) {
        if packages.len() == MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        packages.extend(read(line, &stanza)?);
    }
    Ok(packages)
}

/// The one value of a field, if there is one.
fn field<'t>(line: u32, stanza: &[&'t str], name: &str) -> Result<Option<&'t str>, CatalogError> {
    let mut values = stanza.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    match (values.next(), values.next()) {
        (first, None) => Ok(first.map(str::trim)),
        _ => Err(wrong(line, "a field stands twice")),
    }
}

/// Stanzas between empty lines, each with the number of its first line.
fn stanzas(text: &str) -> Vec<(u32, Vec<&str>)> {
    let mut stanzas: Vec<(u32, Vec<&str>)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if !open {
            stanzas.push((u32::try_from(number + 1).unwrap_or(u32::MAX), Vec::new()));
            open = true;
        }
        if let Some((_, lines)) = stanzas.last_mut() {
            lines.push(line);
        }
    }
    stanzas
}

fn wrong(line: u32, what: &str) -> CatalogError {
    CatalogError::Line { line, what: what.to_owned() }
}
