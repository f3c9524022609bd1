//! SBOMs that lie in the artifact: in a wheel's `.dist-info/sboms` (PEP 770), in Java's `META-INF/sbom`, beside the code, in an
//! image.
//!
//! Nobody checks such a document against what it is about. It adds what it names, and takes nothing away.

use std::collections::{BTreeSet, HashMap};

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{SbomComponent, read_any};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::{escape, is_deceptive};

use super::url::{UNREADABLE, is_absolute, is_file, without_credentials};
use super::{CatalogError, Cataloger, FileInput, MAX_BYTES, MAX_EDGES, MAX_PACKAGES, Role, TOO_MANY_EDGES};

/// How SBOMs are called wherever they lie.
const ENDS: [&str; 6] = [".cdx.json", ".spdx.json", ".cdx.xml", ".spdx", ".spdx.rdf", ".spdx.yaml"];
const NAMES: [&str; 4] = ["sbom.json", "bom.json", "sbom.xml", "bom.xml"];

/// An SBOM in the artifact.
pub static EMBEDDED: Embedded = Embedded;

/// The cataloger of CycloneDX's and SPDX's documents in an artifact.
#[derive(Debug)]
pub struct Embedded;

impl Cataloger for Embedded {
    fn id(&self) -> &'static str {
        "sbom/embedded"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let (folder, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        let name = name.to_ascii_lowercase();
        let is_called_so = ENDS.iter().any(|end| name.ends_with(end)) || NAMES.contains(&name.as_str());
        is_called_so || folder.ends_with(".dist-info/sboms")
    }

    fn role(&self) -> Role {
        Role::Stated
    }

    /// What it lists, but for files and for what it describes, which is what it lies in.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        if !file.bytes.trim_ascii_start().starts_with(b"{") {
            return Err(CatalogError::Unread {
                what: "an SBOM that is not JSON: what it lists is not in the inventory",
            });
        }
        let json = Json::parse(file.bytes, Limits::bytes(MAX_BYTES))?;
        let document = read_any(&json).map_err(|error| CatalogError::Line {
            line: 0,
            what: format!("not an SBOM that is read: {}", escape(&error.to_string())),
        })?;
        // PEP 770: what is compiled into the wheel or copied into it. Others list what is installed beside it, too.
        let is_inside = file.path.as_str().contains(".dist-info/sboms/");
        packages(document.packages(), is_inside)
    }
}

fn packages<'c>(
    components: impl Iterator<Item = &'c SbomComponent>,
    is_inside: bool,
) -> Result<Vec<Package>, CatalogError> {
    let mut packages = Vec::new();
    let mut references: HashMap<&str, String> = HashMap::new();
    let mut wishes: Vec<&BTreeSet<String>> = Vec::new();
    for (at, component) in components.enumerate() {
        if at == MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        let mut package = package(at, component)?;
        package.bundled |= is_inside;
        if !component.reference.is_empty() {
            references.insert(&component.reference, package.id.clone());
        }
        packages.push(package);
        wishes.push(&component.dependencies);
    }
    if wishes.iter().map(|asked| asked.len()).sum::<usize>() > MAX_EDGES {
        return Err(TOO_MANY_EDGES);
    }
    for (package, asked) in packages.iter_mut().zip(wishes) {
        package.dependencies =
            asked.iter().filter_map(|reference| references.get(reference.as_str()).cloned()).collect();
    }
    Ok(packages)
}

fn package(at: usize, component: &SbomComponent) -> Result<Package, CatalogError> {
    if component.name.chars().any(is_deceptive) || component.name.is_empty() {
        return Err(CatalogError::Malformed {
            at: escape(&component.name),
            what: "not the name of a component",
        });
    }
    let name = own_name(&component.name);
    let refused = |source| CatalogError::Package { at: escape(&component.name), source };
    let version = component.version.as_deref();
    let purl = match &component.purl {
        Some(purl) => {
            let purl = Purl::parse(purl).map_err(refused)?;
            // What it is unless something else is said, of which one package would be two.
            let is_jar = purl.ty() == "maven" && purl.qualifier("type") == Some("jar");
            let kept = |name: &str, value: &str| {
                if is_jar && name == "type" { None } else { published(name, value) }
            };
            let purl = purl.with_qualifiers(kept).map_err(refused)?;
            let purl = match is_absolute(&purl.name()) {
                true => Purl::generic(own_name(&purl.name()), purl.version()).map_err(refused)?,
                false => purl,
            };
            match version {
                Some(version) if purl.version().is_none() => purl.with_version(version).map_err(refused)?,
                _ => purl,
            }
        }
        // Compiled-in libraries have no package URL of their own.
        None => Purl::generic(&name.replace('/', "-"), version).map_err(refused)?,
    };
    let mut package = Package::new(at.to_string(), purl.to_string(), name);
    package.version = purl.version().map(str::to_owned);
    package.kind = component.kind;
    package.hashes = component.hashes.clone();
    package.licenses = component.licenses.clone();
    package.scope = component.scope.unwrap_or(Scope::Unstated);
    package.bundled = component.bundled;
    package.install_script = component.install_script;
    package.completeness = Completeness::Unknown;
    package.origin = Origin::Registry { url: component.address.as_deref().and_then(without_credentials) };
    package.found.insert(Location::at(name, Means::EmbeddedSbom));
    Ok(package)
}

/// A name without the path of the machine on which a document was made.
fn own_name(name: &str) -> &str {
    match is_absolute(name) {
        true => name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("(a path)"),
        false => name,
    }
}

/// What a qualifier says without credentials and paths of one machine. Where a package comes from tells it from others of its
/// name: that it is not from its ecosystem's registry stays.
fn published(name: &str, value: &str) -> Option<String> {
    let is_source = matches!(name, "repository_url" | "download_url" | "vcs_url");
    if is_file(value) || is_absolute(value) {
        return is_source.then(|| "file:".to_owned());
    }
    let cleaned = match value.contains("://") {
        true => without_credentials(value),
        // An address may stand there without its scheme.
        false if name.ends_with("_url") => without_credentials(&format!("https://{value}"))
            .and_then(|clean| clean.strip_prefix("https://").map(str::to_owned)),
        false => Some(value.to_owned()),
    };
    cleaned.or_else(|| is_source.then(|| UNREADABLE.to_owned()))
}

#[cfg(test)]
mod tests;
