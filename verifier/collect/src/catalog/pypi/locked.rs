//! What Python's lock files have in common: files with digests, wishes by name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mcpsign_schemas::inventory::{HashAlgorithm, Location, Means, Origin, Package, PackageFile, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::{escape, is_deceptive};

use super::normalized;
use super::requirement::is_name;
use crate::catalog::CatalogError;
use crate::catalog::url::{UNREADABLE, qualified, without_credentials};

/// A file that a package may be installed from.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice<'f> {
    /// Its name, or an address that ends in it.
    pub(super) name: Option<&'f str>,
    /// Its address.
    pub(super) url: Option<&'f str>,
    /// `sha256:…`, or the hex alone.
    pub(super) digest: Option<&'f str>,
    /// Further ones, by algorithm.
    pub(super) digests: Option<&'f BTreeMap<String, String>>,
}

/// The file that is installed wherever it is: the only one, or the only wheel if it fits every platform, for a wheel comes
/// before what must be built. Of several it is open which.
pub(super) fn only<'c, 'f>(files: &'c [Choice<'f>]) -> Option<&'c Choice<'f>> {
    if let [only] = files {
        return Some(only);
    }
    let mut wheels = files.iter().filter(|file| file.name.is_some_and(|name| name.ends_with(".whl")));
    match (wheels.next(), wheels.next()) {
        (Some(wheel), None) => {
            wheel.name.is_some_and(|name| name.ends_with("-none-any.whl")).then_some(wheel)
        }
        _ => None,
    }
}

/// A package of a lock file, without what it asks for.
///
/// # Errors
/// When no distribution can be called so.
pub(super) fn package(
    id: String,
    name: &str,
    version: Option<&str>,
    line: Option<u32>,
) -> Result<Package, CatalogError> {
    if !is_name(name) {
        return Err(malformed(name, "not the name of a distribution"));
    }
    if version.is_some_and(|version| version.contains(['/', '\\'])) {
        return Err(malformed(name, "not a version"));
    }
    let purl =
        Purl::pypi(name, version).map_err(|source| CatalogError::Package { at: escape(name), source })?;
    let mut package = Package::new(id, purl.to_string(), name);
    package.version = version.map(str::to_owned);
    package.scope = Scope::Unstated;
    package.found.insert(Location { line, ..Location::at(name, Means::Lockfile) });
    Ok(package)
}

/// Says where `package` comes from, in its package URL too where that is no registry.
///
/// # Errors
/// When an address or commit cannot stand there.
pub(super) fn set_origin(package: &mut Package, origin: Origin) -> Result<(), CatalogError> {
    let refused = |source| CatalogError::Package { at: escape(&package.name), source };
    let purl = Purl::parse(&package.purl).and_then(|purl| qualified(purl, &origin)).map_err(refused)?;
    package.purl = purl.to_string();
    package.origin = origin;
    Ok(())
}

/// Says in the package URL that `package` is of the index at `address`, where that is not the one that it means without.
///
/// # Errors
/// When an address cannot stand there.
pub(super) fn set_index(package: &mut Package, address: &str) -> Result<(), CatalogError> {
    let index = without_credentials(address).unwrap_or_else(|| UNREADABLE.to_owned());
    let is_of_index = matches!(package.origin, Origin::Registry { .. } | Origin::Declared);
    if Purl::is_default_registry("pypi", &index) || !is_of_index {
        return Ok(());
    }
    let refused = |source| CatalogError::Package { at: escape(&package.name), source };
    let purl = Purl::parse(&package.purl).and_then(|purl| purl.with_qualifier("repository_url", index));
    package.purl = purl.map_err(refused)?.to_string();
    Ok(())
}

/// Notes the digests and name of the file that `package` is installed from, or of each of those that it may be.
///
/// # Errors
/// When a digest is none. Algorithms that we do not know are passed over.
pub(super) fn set_files(package: &mut Package, files: &[Choice<'_>]) -> Result<(), CatalogError> {
    if let Some(file) = only(files) {
        return set_file(package, file);
    }
    for file in files {
        let url = file.url.and_then(without_credentials);
        let name = file.name.map(file_name).filter(|name| is_file_name(name));
        let hashes = hashes(&package.name, file)?;
        if !hashes.is_empty() {
            package.files.insert(PackageFile { name, url, hashes });
        }
    }
    Ok(())
}

/// Notes the digests and name of the file that `package` is installed from.
///
/// # Errors
/// As [`set_files`].
pub(super) fn set_file(package: &mut Package, file: &Choice<'_>) -> Result<(), CatalogError> {
    package.file_name = file.name.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned());
    package.hashes.extend(hashes(&package.name, file)?);
    Ok(())
}

fn hashes(package: &str, file: &Choice<'_>) -> Result<BTreeMap<HashAlgorithm, String>, CatalogError> {
    let one = file.digest.map(|digest| digest.split_once(':').unwrap_or(("sha256", digest)));
    let others = file.digests.into_iter().flatten().map(|(name, hex)| (name.as_str(), hex.as_str()));
    let mut found = BTreeMap::new();
    for (name, hex) in one.into_iter().chain(others) {
        let Some(algorithm) = HashAlgorithm::find(name) else { continue };
        if !algorithm.fits(hex) {
            return Err(malformed(package, "not a digest of its algorithm"));
        }
        found.insert(algorithm, hex.to_ascii_lowercase());
    }
    Ok(found)
}

/// The last part of a name or an address. Before a local version stands a plus, in addresses encoded.
fn file_name(name: &str) -> String {
    let name = name.split(['?', '#']).next().unwrap_or_default();
    name.rsplit('/').next().unwrap_or_default().replace("%2B", "+").replace("%2b", "+")
}

/// Whether it is a name as index files have it, which can stand in an address as it is.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-!~".contains(&byte))
}

/// Markers that can be shown as they are.
///
/// # Errors
/// For one with a control or invisible character.
pub(super) fn markers<'m>(
    package: &str,
    markers: impl Iterator<Item = &'m str>,
) -> Result<BTreeSet<String>, CatalogError> {
    let fit = markers.map(|marker| (!marker.chars().any(is_deceptive)).then(|| marker.to_owned()));
    fit.collect::<Option<_>>().ok_or_else(|| malformed(package, "a marker with invisible characters"))
}

/// Packages by name, as names are compared.
pub(super) struct Names(HashMap<String, Vec<usize>>);

impl Names {
    pub(super) fn of<'p>(names: impl Iterator<Item = &'p str>) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, name) in names.enumerate() {
            found.entry(normalized(name)).or_default().push(at);
        }
        Self(found)
    }

    /// Where packages of this name stand.
    pub(super) fn called(&self, name: &str) -> &[usize] {
        self.0.get(&normalized(name)).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(at), what }
}

/// The text of a TOML file of at most `limit` bytes.
///
/// # Errors
/// When it is larger, or may hold more values than are read, or is not UTF-8.
pub(super) fn text<'b>(bytes: &'b [u8], file: &'static str) -> Result<&'b str, CatalogError> {
    if bytes.len() > MAX_BYTES || marks(bytes) > MAX_MARKS {
        return Err(CatalogError::TooLarge);
    }
    str::from_utf8(bytes).map_err(|_| malformed(file, "not UTF-8"))
}

/// Bytes before which or behind which a value stands: there are no more values than these.
fn marks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, b',' | b'=' | b'[' | b'{')).count()
}

/// What stands in three bytes of TOML takes two hundred of memory.
const MAX_MARKS: usize = 2_000_000;

/// Bytes of one file at the most; environments of thousands of packages, each with dozens of wheels, have ten megabytes.
const MAX_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b48_a_file_of_values_alone_is_not_parsed() {
        let many = |values: usize| format!("x = [{}]", "{},".repeat(values));
        assert!(text(many(1_000).as_bytes(), "uv.lock").is_ok());
        let refused = text(many(MAX_MARKS / 2 + 1).as_bytes(), "uv.lock").map(str::len);
        assert!(matches!(refused, Err(CatalogError::TooLarge)), "{refused:?}");
    }
}
