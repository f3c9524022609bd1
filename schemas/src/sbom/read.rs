//! Reading SBOMs, ours and others', as far as a verifier needs: the format, the root, and that references mean
//! one thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;
use crate::inventory::HashAlgorithm;
use crate::statement::predicate_type::{CYCLONEDX, SPDX_2_3, SPDX_3};

use super::{SbomError, SbomFormat, SbomRoot, SbomSummary, spdx};

/// Reads an SBOM as the format that `predicate_type` names.
///
/// # Errors
/// When the document is of another format or version, lacks what every document of it has, identifies two
/// elements by one name, or does not describe exactly one thing.
pub fn read(json: &Json, predicate_type: &str) -> Result<SbomSummary, SbomError> {
    match predicate_type {
        CYCLONEDX => cyclonedx(json, None),
        SPDX_2_3 => spdx::read_2(json, Some("SPDX-2.3")),
        SPDX_3 => spdx::read_3(json),
        "https://spdx.dev/Document" if json.get("@graph").is_some() => spdx::read_3(json),
        "https://spdx.dev/Document" => spdx::read_2(json, None),
        other => match other.strip_prefix("https://cyclonedx.org/bom/v") {
            Some(version) if version.starts_with("1.") => cyclonedx(json, Some(version)),
            _ => Err(SbomError::PredicateType(other.to_owned())),
        },
    }
}

fn cyclonedx(json: &Json, version: Option<&str>) -> Result<SbomSummary, SbomError> {
    let format = |member, expected: &str, found: &str| SbomError::Format {
        expected: expected.to_owned(),
        member,
        found: found.to_owned(),
    };
    let bom_format = text(json, "bomFormat")?;
    if bom_format != "CycloneDX" {
        return Err(format("bomFormat", "CycloneDX", bom_format));
    }
    let spec_version = text(json, "specVersion")?;
    let known = spec_version.strip_prefix("1.").is_some_and(|minor| minor.parse::<u8>().is_ok());
    if version.is_some_and(|version| version != spec_version) || !known {
        return Err(format("specVersion", version.unwrap_or("1.x"), spec_version));
    }
    let root = json
        .get("metadata")
        .and_then(|metadata| metadata.get("component"))
        .ok_or_else(|| SbomError::Member("metadata.component".into()))?;
    let components = list(json, "components")?;
    let mut references = BTreeSet::new();
    for component in std::iter::once(root).chain(components) {
        text(component, "name")?;
        text(component, "type")?;
        if let Some(reference) = optional_text(component, "bom-ref")?
            && !references.insert(reference)
        {
            return Err(SbomError::DuplicateReference(reference.to_owned()));
        }
    }
    let mut hashes = Hashes::default();
    for hash in list(root, "hashes")? {
        hashes.add(text(hash, "alg")?, text(hash, "content")?)?;
    }
    let name = match optional_text(root, "group")? {
        Some(group) if !group.is_empty() => format!("{group}/{}", text(root, "name")?),
        _ => text(root, "name")?.to_owned(),
    };
    let root = SbomRoot {
        name,
        version: optional_text(root, "version")?.map(str::to_owned),
        purl: optional_text(root, "purl")?.map(str::to_owned),
        hashes: hashes.0,
    };
    let format = SbomFormat::CycloneDx(spec_version.to_owned());
    Ok(SbomSummary { format, root, components: components.len() })
}

/// The digests of one root, whatever a format calls the algorithms.
#[derive(Default)]
pub(super) struct Hashes(pub(super) BTreeMap<HashAlgorithm, String>);

impl Hashes {
    /// Adds a digest; algorithms that we do not know are ignored.
    pub(super) fn add(&mut self, name: &str, hex: &str) -> Result<(), SbomError> {
        // `SHA-256`, `SHA256`, `sha256`.
        let algorithm = match name.replace('-', "").to_ascii_lowercase().as_str() {
            "md5" => HashAlgorithm::Md5,
            "sha1" => HashAlgorithm::Sha1,
            "sha256" => HashAlgorithm::Sha256,
            "sha384" => HashAlgorithm::Sha384,
            "sha512" => HashAlgorithm::Sha512,
            _ => return Ok(()),
        };
        if hex.len() != 2 * algorithm.bytes() || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(SbomError::Hash(name.to_owned()));
        }
        let hex = hex.to_ascii_lowercase();
        match self.0.insert(algorithm, hex.clone()) {
            Some(other) if other != hex => Err(SbomError::HashConflict(name.to_owned())),
            _ => Ok(()),
        }
    }
}

/// The string `key` of `json`.
pub(super) fn text<'j>(json: &'j Json, key: &str) -> Result<&'j str, SbomError> {
    json.get(key).and_then(Json::as_str).ok_or_else(|| SbomError::Member(key.to_owned()))
}

/// The string `key` of `json`, where there is such a member.
pub(super) fn optional_text<'j>(json: &'j Json, key: &str) -> Result<Option<&'j str>, SbomError> {
    json.get(key).map(|value| value.as_str().ok_or_else(|| SbomError::Member(key.to_owned()))).transpose()
}

/// The array `key` of `json`; none is empty.
pub(super) fn list<'j>(json: &'j Json, key: &str) -> Result<&'j [Json], SbomError> {
    match json.get(key) {
        None => Ok(&[]),
        Some(value) => value.as_array().ok_or_else(|| SbomError::Member(key.to_owned())),
    }
}
