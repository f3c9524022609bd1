//! METADATA and PKG-INFO: what a Python distribution says of itself.

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::license::expression;
use mcpsign_schemas::purl::{PackageIdentity, Purl, PurlError};
use mcpsign_schemas::untrusted::escape;
use pep440_rs::Version;

use super::headers::Headers;
use super::mcp_name::mcp_names;
use super::requirement::{Requirement, is_name};
use crate::catalog::CatalogError;

/// Bytes of a file of core metadata. The largest descriptions on PyPI have some hundred KiB.
const MAX_BYTES: usize = 4 << 20;

/// Bytes of a `License` that is a name; others are the text of the licence.
const MAX_LICENSE: usize = 200;

/// What mcpsign needs of a distribution's core metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreMetadata {
    /// `Name`, as found.
    pub name: String,
    /// `Version`, as found; PEP 440.
    pub version: String,
    /// What installing it installs as well.
    pub requires_dist: Vec<Requirement>,
    /// `License-Expression`, else a `License` of one line, and the licences among the classifiers that it is not.
    pub licenses: Vec<String>,
    /// The server's name in the MCP registry: the one that the description states as `mcp-name: NAME`; `None` where it
    /// states several.
    pub mcp_name: Option<String>,
    /// Every name that the description states so.
    pub mcp_names: BTreeSet<String>,
    /// Whether building it cannot change `requires_dist`: always so in a wheel, in an sdist since version 2.2 unless it
    /// says otherwise.
    dependencies: Declared,
    /// On which line each of `requires_dist` begins.
    lines: Vec<Option<u32>>,
}

/// What an sdist's list of dependencies is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    /// A wheel made from it has the same.
    Fixed,
    /// A wheel made from it may have others.
    AtBuild,
}

/// Core metadata that readers could take differently, or that is not of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoreMetadataError {
    /// More bytes than are read.
    #[error("larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A line of the header block that is not understood.
    #[error("line {number}: {what}")]
    Line {
        /// From 1.
        number: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A field that may stand once.
    #[error("`{0}` stands twice")]
    Twice(&'static str),
    /// A field that every distribution has.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A value that the field cannot have.
    #[error("`{field}`: {what}")]
    Value {
        /// The field, escaped.
        field: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl CoreMetadata {
    /// Reads METADATA or PKG-INFO.
    ///
    /// # Errors
    /// When it is not UTF-8, has a line that is no header before its body, states a field of identity twice, or has no
    /// name and version that a distribution can have.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoreMetadataError> {
        if bytes.len() > MAX_BYTES {
            return Err(CoreMetadataError::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| CoreMetadataError::NotUtf8)?;
        let headers = Headers::parse(text)?;
        let format =
            headers.one("metadata-version")?.ok_or(CoreMetadataError::Missing("Metadata-Version"))?;
        let name = headers.one("name")?.ok_or(CoreMetadataError::Missing("Name"))?;
        if !is_name(name) {
            return Err(value("Name", "not the name of a distribution"));
        }
        let version = headers.one("version")?.ok_or(CoreMetadataError::Missing("Version"))?;
        parse_version(version)?;
        let requires_dist = headers.all("requires-dist").map(Requirement::parse).collect::<Option<_>>();
        let mcp_names = mcp_names(description(&headers)?);
        let dynamic = headers.all("dynamic").any(|field| field.eq_ignore_ascii_case("requires-dist"));
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            requires_dist: requires_dist.ok_or_else(|| value("Requires-Dist", "not a requirement"))?,
            licenses: licenses(&headers)?,
            mcp_name: mcp_names.iter().next().filter(|_| mcp_names.len() == 1).cloned(),
            mcp_names,
            lines: headers.with_lines("requires-dist").map(|(_, line)| u32::try_from(line).ok()).collect(),
            dependencies: if dynamic || is_before_2_2(format) { Declared::AtBuild } else { Declared::Fixed },
        })
    }

    /// Which package it says that it is.
    ///
    /// # Errors
    /// When name or version cannot stand in a package URL.
    pub fn identity(&self) -> Result<PackageIdentity, CoreMetadataError> {
        PackageIdentity::pypi(&self.name, Some(&self.version))
            .map_err(|_| value("Name", "name or version cannot stand in a package URL"))
    }

    /// Whether `name` names the same distribution: PEP 503, so that runs of `-`, `_`, `.` and case do not count.
    pub fn is_called(&self, name: &str) -> bool {
        normalized(&self.name) == normalized(name)
    }

    /// Whether `version` is the same: PEP 440, so that `1.0` and `1.0.0` are one.
    pub fn is_version(&self, version: &str) -> bool {
        match (version.parse::<Version>(), self.version.parse::<Version>()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }
    }

    /// The distribution and what it asks for. `built`: whether it comes from a wheel.
    pub(super) fn packages(&self, built: bool) -> Result<Vec<Package>, CatalogError> {
        let at = |at: &str, source: PurlError| CatalogError::Package { at: escape(at), source };
        let mut packages = Vec::new();
        let mut ids = BTreeSet::new();
        // One name may stand several times, with other markers.
        for (number, wish) in self.requires_dist.iter().enumerate() {
            let id = format!("{} {number}", wish.name);
            ids.insert(id.clone());
            packages.push(Package {
                requested: BTreeSet::from([wish.requested()]),
                scope: if wish.is_extra() { Scope::Optional } else { Scope::Required },
                origin: Origin::Declared,
                direct: true,
                markers: wish.marker.iter().cloned().collect(),
                found: BTreeSet::from([Location {
                    line: self.lines.get(number).copied().flatten(),
                    ..Location::at(wish.name.clone(), Means::Manifest)
                }]),
                ..Package::new(id, wish.purl().map_err(|e| at(&wish.name, e))?.to_string(), wish.name.clone())
            });
        }
        let completeness = match self.dependencies {
            Declared::AtBuild if !built => Completeness::Incomplete,
            _ if ids.is_empty() => Completeness::Complete,
            _ => Completeness::Incomplete,
        };
        packages.push(Package {
            version: Some(self.version.clone()),
            licenses: self.licenses.iter().cloned().collect(),
            origin: Origin::Root,
            found: BTreeSet::from([Location::at("", Means::Manifest)]),
            dependencies: ids,
            completeness,
            ..Package::new(
                "",
                Purl::pypi(&self.name, Some(&self.version)).map_err(|e| at(&self.name, e))?.to_string(),
                self.name.clone(),
            )
        });
        Ok(packages)
    }
}

fn value(field: &str, what: &'static str) -> CoreMetadataError {
    CoreMetadataError::Value { field: field.to_owned(), what }
}

fn parse_version(text: &str) -> Result<Version, CoreMetadataError> {
    // pep440_rs passes over white space around it, a file name cannot.
    let fit = text.len() <= 256 && text.is_ascii();
    text.parse().ok().filter(|_| fit).ok_or_else(|| value("Version", "not a version of PEP 440"))
}

/// Whether an sdist's fields may be others than those of a wheel made from it (PEP 643).
fn is_before_2_2(format: &str) -> bool {
    let (major, minor) = format.split_once('.').unwrap_or((format, "0"));
    match (major.parse::<u32>(), minor.parse::<u32>()) {
        (Ok(major), Ok(minor)) => (major, minor) < (2, 2),
        _ => true,
    }
}

/// The description: of old a folded field, today the body. Both would be two descriptions, of which readers show one.
fn description<'h>(headers: &'h Headers<'_>) -> Result<&'h str, CoreMetadataError> {
    match headers.one("description")?.filter(|text| *text != "UNKNOWN") {
        Some(_) if !headers.body.trim().is_empty() => Err(CoreMetadataError::Twice("Description")),
        Some(field) => Ok(field),
        None => Ok(headers.body),
    }
}

fn licenses(headers: &Headers<'_>) -> Result<Vec<String>, CoreMetadataError> {
    if let Some(expression) = headers.one("license-expression")? {
        return Ok(vec![expression.to_owned()]);
    }
    let is_word = |text: &&str| text.len() <= MAX_LICENSE && !text.contains('\n') && *text != "UNKNOWN";
    let word = headers.one("license")?.filter(is_word);
    // Those two name no licence.
    let is_one = |classifier: &&str| {
        let name = classifier.strip_prefix("License ::").map(str::trim);
        name.is_some_and(|name| !matches!(name, "" | "OSI Approved" | "DFSG approved"))
    };
    let classified = headers.all("classifier").filter(is_one);
    let other = classified.filter(|classifier| !word.is_some_and(|word| may_be(word, classifier)));
    Ok(word.into_iter().chain(other).map(str::to_owned).collect())
}

/// Words of licences that classifiers do not tell apart.
const FAMILIES: [&[&str]; 9] = [
    &["apache"],
    &["bsd"],
    &["gpl", "gnu"],
    &["mpl", "mozilla"],
    &["psf", "python"],
    &["zpl", "zope"],
    &["afl", "academic free"],
    &["artistic"],
    &["public domain", "unlicense", "cc0"],
];

/// Whether a licence can be the one that a classifier means: most say it twice.
fn may_be(word: &str, classifier: &str) -> bool {
    if let Some(meant) = expression(classifier) {
        let stated = expression(word).unwrap_or_else(|| word.to_owned());
        return stated.split([' ', '(', ')']).any(|id| id == meant);
    }
    let (word, classifier) = (word.to_ascii_lowercase(), classifier.to_ascii_lowercase());
    let has = |text: &str, family: &[&str]| family.iter().any(|of| text.contains(of));
    FAMILIES.iter().any(|family| has(&word, family) && has(&classifier, family))
}

/// The name as names are compared (PEP 503): lower case, runs of `-`, `_` and `.` one `-`.
pub fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = "Metadata-Version: 2.4\nName: MCP_Server_Git\nVersion: 2026.1.0\n\
        License-Expression: MIT\nLicense: whole text\nRequires-Dist: mcp>=1.0.0\n\
        Requires-Dist: click; extra == 'cli'\nRequires-Dist: click>=8; python_version > '3'\n\n\
        # Server\n\n<!-- mcp-name: io.github.acme/git -->\n";

    fn parse(text: &str) -> Result<CoreMetadata, CoreMetadataError> {
        CoreMetadata::parse(text.as_bytes())
    }

    #[test]
    fn metadata_of_a_server() {
        let metadata = parse(METADATA).unwrap();
        assert_eq!(metadata.identity().unwrap().purl, "pkg:pypi/mcp-server-git@2026.1.0");
        assert_eq!(metadata.identity().unwrap().name, "MCP_Server_Git");
        assert_eq!(metadata.licenses, ["MIT"]);
        assert_eq!(metadata.mcp_name.as_deref(), Some("io.github.acme/git"));
        assert!(metadata.is_called("mcp.server-_git") && !metadata.is_called("mcpservergit"));
        assert!(metadata.is_version("2026.1") && !metadata.is_version("2026.2"));
        let packages = metadata.packages(true).unwrap();
        let scopes: Vec<_> =
            packages.iter().map(|p| (p.purl.as_str(), p.scope, p.requested.first())).collect();
        let [mcp, click, other, root] = scopes.as_slice() else { panic!("{scopes:?}") };
        assert_eq!((mcp.0, mcp.1, mcp.2.unwrap().as_str()), ("pkg:pypi/mcp", Scope::Required, ">=1.0.0"));
        assert_eq!((click.0, click.1), ("pkg:pypi/click", Scope::Optional));
        assert_eq!((other.0, other.1), ("pkg:pypi/click", Scope::Required));
        assert_eq!(root.0, "pkg:pypi/mcp-server-git@2026.1.0");
        assert_eq!(packages[3].dependencies.len(), 3);
        let lines: Vec<_> = packages.iter().map(|p| p.found.first().and_then(|at| at.line)).collect();
        assert_eq!(lines, [Some(6), Some(7), Some(8), None]);
    }

    #[test]
    fn an_sdist_says_whether_its_dependencies_are_final() {
        let completeness = |head: &str, built| {
            let metadata = parse(&format!("{head}\nName: a\nVersion: 1\n")).unwrap();
            metadata.packages(built).unwrap().last().unwrap().completeness
        };
        assert_eq!(completeness("Metadata-Version: 2.2", false), Completeness::Complete);
        assert_eq!(completeness("Metadata-Version: 2.1", true), Completeness::Complete);
        assert_eq!(completeness("Metadata-Version: 2.1", false), Completeness::Incomplete);
        assert_eq!(
            completeness("Metadata-Version: 2.4\nDynamic: Requires-Dist", false),
            Completeness::Incomplete
        );
    }

    #[test]
    fn licences_in_all_the_ways_there_were() {
        let licenses = |fields: &str| {
            parse(&format!("Metadata-Version: 2.1\nName: a\nVersion: 1\n{fields}\n")).unwrap().licenses
        };
        assert_eq!(licenses("License: MIT"), ["MIT"]);
        // Every statement counts, and none twice.
        let gpl = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)";
        for (word, classifier, is_other) in [
            ("MIT", gpl, true),
            ("GPL-3.0-only", gpl, false),
            ("MIT", "License :: OSI Approved :: MIT License", false),
            ("MIT OR Apache-2.0", "License :: OSI Approved :: MIT License", false),
            ("Apache 2.0", "License :: OSI Approved :: Apache Software License", false),
            ("BSD-3-Clause", "License :: OSI Approved :: BSD License", false),
            ("MIT", "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)", true),
            ("MIT", "License :: Other/Proprietary License", true),
        ] {
            let found = licenses(&format!("License: {word}\nClassifier: {classifier}"));
            let expected = if is_other { vec![word, classifier] } else { vec![word] };
            assert_eq!(found, expected, "{word} {classifier}");
        }
        assert_eq!(
            licenses("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License"),
            ["License :: OSI Approved :: MIT License"]
        );
        assert_eq!(
            licenses("License: Permission is\n        hereby granted\nClassifier: License :: OSI Approved"),
            [""; 0]
        );
    }

    #[test]
    fn b49_what_readers_take_differently_is_refused() {
        let head = "Metadata-Version: 2.1\nName: a\nVersion: 1\n";
        let cases = [
            (format!("{head}name: b\n"), CoreMetadataError::Twice("name")),
            (format!("{head}VERSION: 2\n"), CoreMetadataError::Twice("version")),
            (format!("{head}Description: one\n\ntwo\n"), CoreMetadataError::Twice("Description")),
            ("Metadata-Version: 2.1\nName: a\n\nVersion: 1\n".into(), CoreMetadataError::Missing("Version")),
            ("Name: a\nVersion: 1\n".into(), CoreMetadataError::Missing("Metadata-Version")),
            (head.replace("Name: a", "Name: a b"), value("Name", "not the name of a distribution")),
            (head.replace("Name: a", "Name: ../a"), value("Name", "not the name of a distribution")),
            (head.replace("Version: 1", "Version: x"), value("Version", "not a version of PEP 440")),
            (head.replace("Version: 1", "Version: 1/../2"), value("Version", "not a version of PEP 440")),
            (format!("{head}Requires-Dist: a b\n"), value("Requires-Dist", "not a requirement")),
            (String::new(), CoreMetadataError::Missing("Metadata-Version")),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(&text), Err(expected), "{text:?}");
        }
        assert_eq!(CoreMetadata::parse(b"Name: \xff"), Err(CoreMetadataError::NotUtf8));
        assert_eq!(CoreMetadata::parse(&vec![b'\n'; MAX_BYTES + 1]), Err(CoreMetadataError::TooLarge));
    }
}
