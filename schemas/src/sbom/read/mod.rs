//! Reading SBOMs, ours and others': the format, the root, the components, and that references mean one thing.
//!
//! What a verdict hangs on is read strictly: the format, the root's digests, identifiers that occur twice. What other
//! writers are careless with in components (digests of odd forms, members of other types) counts as not stated.

mod cyclonedx;
mod spdx2;
mod spdx3;

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;
use crate::inventory::{HashAlgorithm, PackageFile};
use crate::statement::predicate_type::{CYCLONEDX, SPDX_2_3, SPDX_3};

use super::write::DISTRIBUTION;
use super::{Sbom, SbomComponent, SbomError, SbomFormat};

/// Whether a reference of SPDX 2 of this type is a package URL. Writers that come from RDF have the address of the type in the place of
/// its name.
pub fn is_purl_reference(ty: &str) -> bool {
    let name = ["http://spdx.org/rdf/references/", "https://spdx.org/rdf/references/"]
        .iter()
        .find_map(|start| ty.strip_prefix(start));
    name.unwrap_or(ty) == "purl"
}

/// Whether elements of this type of SPDX 3 are packages: `software_Package`, and what the profiles for models and data sets derive
/// from it.
pub fn is_spdx_3_package(kind: &str) -> bool {
    matches!(kind, "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage")
}

/// Components of one document at the most. Images have tens of thousands of packages, and files besides.
const MAX_COMPONENTS: usize = 500_000;

/// Reads an SBOM as the format that `predicate_type` names.
///
/// # Errors
/// When the document is of another format or version, lacks what every document of it has, identifies two
/// elements by one name, or does not describe exactly one thing.
pub fn read(json: &Json, predicate_type: &str) -> Result<Sbom, SbomError> {
    match predicate_type {
        CYCLONEDX => cyclonedx::read(json, None),
        SPDX_2_3 => spdx2::read(json, Some("SPDX-2.3")),
        SPDX_3 => spdx3::read(json),
        "https://spdx.dev/Document" if json.get("@graph").is_some() => spdx3::read(json),
        "https://spdx.dev/Document" => spdx2::read(json, None),
        other => match other.strip_prefix("https://cyclonedx.org/bom/v") {
            Some(version) if version.starts_with("1.") => cyclonedx::read(json, Some(version)),
            _ => Err(SbomError::PredicateType(other.to_owned())),
        },
    }?
    .described()
}

/// Reads an SBOM as what it says that it is. One that describes nothing in particular has a root without a name.
///
/// # Errors
/// As [`read`], but for a missing root.
pub fn read_any(json: &Json) -> Result<Sbom, SbomError> {
    let found = if json.get("bomFormat").is_some() {
        cyclonedx::read(json, None)
    } else if json.get("spdxVersion").is_some() {
        spdx2::read(json, None)
    } else if json.get("@graph").is_some() {
        spdx3::read(json)
    } else if json.get("sbom").is_some() {
        Err(SbomError::Inside)
    } else {
        Err(SbomError::UnknownFormat)
    }?;
    Ok(Sbom {
        format: found.format,
        root: found.root.unwrap_or_default(),
        components: found.components,
        catalogers: found.catalogers,
    })
}

/// What was read.
struct Found {
    format: SbomFormat,
    /// Or why there is none.
    root: Result<SbomComponent, SbomError>,
    components: Vec<SbomComponent>,
    catalogers: BTreeSet<String>,
}

impl Found {
    fn described(self) -> Result<Sbom, SbomError> {
        Ok(Sbom {
            format: self.format,
            root: self.root?,
            components: self.components,
            catalogers: self.catalogers,
        })
    }
}

fn within_limit(count: usize) -> Result<(), SbomError> {
    if count > MAX_COMPONENTS { Err(SbomError::TooMany { limit: MAX_COMPONENTS }) } else { Ok(()) }
}

/// The digests of one component, whatever a format calls the algorithms.
#[derive(Default)]
struct Hashes(BTreeMap<HashAlgorithm, String>);

impl Hashes {
    /// Adds a digest; algorithms that we do not know are ignored.
    fn add(&mut self, name: &str, hex: &str) -> Result<(), SbomError> {
        let Some(algorithm) = HashAlgorithm::find(name) else { return Ok(()) };
        if !algorithm.fits(hex) {
            return Err(SbomError::Hash(name.to_owned()));
        }
        let hex = hex.to_ascii_lowercase();
        match self.0.insert(algorithm, hex.clone()) {
            Some(other) if other != hex => Err(SbomError::HashConflict(name.to_owned())),
            _ => Ok(()),
        }
    }

    /// The digests in `list`, its members called so; the first that is none is an error.
    fn of(list: &[Json], algorithm: &str, value: &str) -> Result<Self, SbomError> {
        let mut hashes = Self::default();
        for hash in list {
            hashes.add(text(hash, algorithm)?, text(hash, value)?)?;
        }
        Ok(hashes)
    }

    /// The digests in `list` that are some, its members called so.
    fn lenient(list: Option<&Json>, algorithm: &str, value: &str) -> Self {
        let mut hashes = Self::default();
        for hash in list.and_then(Json::as_array).unwrap_or_default() {
            if let (Ok(algorithm), Ok(value)) = (text(hash, algorithm), text(hash, value)) {
                // One that is none says nothing.
                let _ = hashes.add(algorithm, value);
            }
        }
        hashes
    }
}

/// A fact under a name of ours, as our writers write it where a format has no member for it.
fn fact(component: &mut SbomComponent, name: &str, value: &str) {
    match name {
        "mcpsign:bundled" => component.bundled = value == "true",
        "mcpsign:installScript" => component.install_script = value == "true",
        DISTRIBUTION => component.files.extend(distribution(value)),
        _ => {}
    }
}

/// One of several files that a component is distributed as: `sha256:HEX`, further digests, then its address or name.
fn distribution(value: &str) -> Option<PackageFile> {
    let mut file = PackageFile::default();
    for word in value.split(' ') {
        let digest = word.split_once(':').and_then(|(name, hex)| Some((HashAlgorithm::find(name)?, hex)));
        match digest {
            Some((algorithm, hex)) => {
                file.hashes.insert(algorithm, Some(hex).filter(|hex| algorithm.fits(hex))?.to_owned());
            }
            None if file.label().is_none() => file = labelled(word, file.hashes),
            None => return None,
        }
    }
    (!file.hashes.is_empty()).then_some(file)
}

/// A file by its address or name.
fn labelled(label: &str, hashes: BTreeMap<HashAlgorithm, String>) -> PackageFile {
    let is_url = label.contains("://");
    let name = label.rsplit('/').next().unwrap_or(label).replace("%2B", "+").replace("%2b", "+");
    PackageFile { name: Some(name), url: is_url.then(|| label.to_owned()), hashes }
}

/// The cataloger that a fact about the whole document says to have read everything.
fn cataloger(name: &str, value: &str) -> Option<String> {
    let id = value.strip_suffix(" complete").filter(|_| name == "mcpsign:cataloger")?;
    Some(id.to_owned())
}

/// The string `key` of `json`.
fn text<'j>(json: &'j Json, key: &str) -> Result<&'j str, SbomError> {
    json.get(key).and_then(Json::as_str).ok_or_else(|| SbomError::Member(key.to_owned()))
}

/// The string `key` of `json`, where there is such a member.
fn optional_text<'j>(json: &'j Json, key: &str) -> Result<Option<&'j str>, SbomError> {
    json.get(key).map(|value| value.as_str().ok_or_else(|| SbomError::Member(key.to_owned()))).transpose()
}

/// The array `key` of `json`; none is empty.
pub(super) fn list<'j>(json: &'j Json, key: &str) -> Result<&'j [Json], SbomError> {
    match json.get(key) {
        None => Ok(&[]),
        Some(value) => value.as_array().ok_or_else(|| SbomError::Member(key.to_owned())),
    }
}

/// The only one.
fn one<'j>(roots: &BTreeSet<&'j str>) -> Result<&'j str, SbomError> {
    match roots.first() {
        Some(root) if roots.len() == 1 => Ok(root),
        _ => Err(SbomError::Root(roots.len())),
    }
}
