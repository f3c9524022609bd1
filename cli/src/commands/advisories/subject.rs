//! What is to be held against advisories: an SBOM, an artifact that is catalogued, or one package by its package URL.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use mcpsign_advisories::components::{self, Component, ComponentsError};
use mcpsign_advisories::ecosystem;
use mcpsign_collect::artifact;
use mcpsign_collect::catalog::{CATALOGERS, InventoryRoot, Role, inventory, is_lockfile};
use mcpsign_evidence::read;
use mcpsign_evidence::reference::Reference;
use mcpsign_evidence::registry::PackageReference;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::code::advisories::NOT_READ;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::inventory::{FileOutcome, Inventory, says_what_is_there};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom;
use mcpsign_schemas::untrusted::escape;

use crate::commands::registry::{self, RegistryArgs};
use crate::commands::sbom::args::{is_json, refuse_unread, unmarked};
use crate::failure::Failure;
use crate::output::Output;
use crate::render::untrusted::value;

/// Bytes of an SBOM at the most.
const MAX_SBOM: usize = 64 << 20;

/// What was asked for, and how packages by name are fetched.
pub(super) struct Asked<'a> {
    pub(super) subject: &'a OsString,
    pub(super) registry: &'a RegistryArgs,
    pub(super) ca: &'a [PathBuf],
    pub(super) offline: bool,
}

/// The package that has to be fetched, where one is named as registries do. A package URL says all that is looked up.
///
/// # Errors
/// When it is spelled so and names none (exit 2).
pub(super) fn by_name(subject: &OsStr) -> Result<Option<PackageReference>, Failure> {
    if purl(subject).is_some() { Ok(None) } else { registry::reference(subject) }
}

/// What is looked up, and what of the subject is not.
#[derive(Default)]
pub(super) struct Subject {
    /// The components of an SBOM, where the subject is one; those that an artifact is made of; or the package itself.
    pub(super) components: Vec<Component>,
    /// What may hold further ones.
    pub(super) findings: Vec<Finding>,
    /// Whether a lock file is among that, or what says what is installed: what it names nobody has seen.
    pub(super) is_open: bool,
}

impl Subject {
    fn of(components: Vec<Component>) -> Self {
        Self { components, ..Self::default() }
    }

    /// With the known gaps of the subject.
    fn lacking(mut self, gaps: &[String]) -> Self {
        self.findings = gaps.iter().take(TOLD).map(|gap| Finding::new(NOT_READ, escape(gap))).collect();
        if let Some(more) = gaps.len().checked_sub(TOLD).filter(|more| *more > 0) {
            self.findings.push(Finding::new(NOT_READ, format!("{more} more likewise")));
        }
        self
    }
}

/// Gaps that are told one by one.
const TOLD: usize = 10;

impl Asked<'_> {
    /// What the subject is made of, as far as that can be told.
    ///
    /// # Errors
    /// A subject that is none of these, cannot be read or fetched, or that no advisory could be about.
    pub(super) fn subject(&self, out: &mut Output) -> Result<Subject, Failure> {
        if let Some(package) = by_name(self.subject)? {
            registry::may_fetch(&package, self.offline)?;
            let (_folder, fetched) = self.registry.fetch_aside(&package, self.ca, out)?;
            // Whatever its own files call it, it is what was asked for.
            let mut subject = catalogued(&fetched.path)?;
            subject.components.insert(0, Component::of(&package.purl().to_string()));
            return Ok(subject);
        }
        if !self.registry.is_empty() {
            return Err(Failure::usage(registry::NO_PACKAGE)
                .hint("leave them out, or name a package: `npm:NAME@VERSION`"));
        }
        if let Some(text) = purl(self.subject) {
            return Ok(Subject::of(vec![package(text)?]));
        }
        self.file()
    }

    fn file(&self) -> Result<Subject, Failure> {
        let unread = |error: &dyn std::error::Error| {
            Failure::from_error(error)
                .hint("name an SBOM (CycloneDX or SPDX, as JSON), an artifact (a file or a folder), or a package URL")
        };
        let path = Path::new(self.subject);
        if self.subject == "-" {
            let bytes = read::stdin(MAX_SBOM).map_err(|error| unread(&error))?;
            return listed(unmarked(&bytes)).map_err(|error| unread(&error));
        }
        let reference = Reference::parse(self.subject).map_err(|error| unread(&error))?;
        if let Some(endpoint) = reference.endpoint() {
            let what = format!(
                "`{}` is a remote server, and nobody sees what it is made of",
                value(endpoint.as_str())
            );
            return Err(Failure::usage(what).hint("name its SBOM, where its publisher has one"));
        }
        refuse_unread(path)?;
        if path.is_file() && is_lockfile(path) {
            let root = InventoryRoot { project: Some(path), ..InventoryRoot::default() };
            return Ok(made_of(&inventory(&root).map_err(|error| unread(&error))?));
        }
        if path.is_file() && is_json(path) {
            let bytes = read::file(path, MAX_SBOM).map_err(|error| unread(&error))?;
            return listed(unmarked(&bytes)).map_err(|error| unread(&error));
        }
        catalogued(path)
    }
}

/// The subject, where it is spelled like a package URL.
fn purl(subject: &OsStr) -> Option<&str> {
    let is_one = |text: &&str| text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"));
    subject.to_str().filter(is_one)
}

/// The package that a package URL names: one version of a package of an ecosystem that has advisories.
fn package(text: &str) -> Result<Component, Failure> {
    let parsed = Purl::parse(text).map_err(|error| {
        Failure::from_error(&error)
            .hint("write it as `pkg:npm/NAME@1.2.3`; `./` before a path that looks like one")
    })?;
    if parsed.version().is_none() {
        let what = format!("`{}` names no version, and advisories are about versions", value(text));
        return Err(Failure::usage(what).hint("write the version behind it: `pkg:npm/NAME@1.2.3`"));
    }
    if ecosystem::of(&parsed).is_none() {
        let what = format!("`{}` is of no ecosystem that advisories are published for", value(text));
        return Err(Failure::usage(what).hint(match parsed.ty() {
            "oci" | "docker" => {
                "name the image itself, a file or a folder, or its SBOM: what is in it is looked up"
            }
            "deb" | "apk" | "rpm" => {
                "write the distribution before the name: `pkg:deb/debian/NAME@1.2.3?distro=debian-12`"
            }
            _ => "look up what it is made of: name its SBOM, or the artifact itself",
        }));
    }
    if !ecosystem::is_ordered(&parsed) {
        let what = format!("`{}` names no version that others could come before or after", value(text));
        return Err(Failure::usage(what).hint("write the exact version behind it; ranges and tags move"));
    }
    Ok(Component::of(text))
}

fn catalogued(path: &Path) -> Result<Subject, Failure> {
    let unread = |error: &dyn std::error::Error| {
        Failure::from_error(error).hint("name an artifact that can be read: a file or a folder")
    };
    let looked = artifact::look(path).map_err(|error| unread(&error))?;
    let root = InventoryRoot { artifact: Some(&looked.artifact), ..InventoryRoot::default() };
    Ok(made_of(&inventory(&root).map_err(|error| unread(&error))?))
}

fn made_of(inventory: &Inventory) -> Subject {
    let gaps = inventory.known_gaps().into_iter();
    let gaps: Vec<String> = gaps
        .map(|gap| format!("{}: {}", gap.path.as_deref().unwrap_or("the artifact"), gap.reason))
        .collect();
    let mut failed = inventory.files.iter().filter(|file| matches!(file.outcome, FileOutcome::Failed { .. }));
    let is_open = failed.any(|file| is_lock(&file.cataloger));
    Subject { is_open, ..Subject::of(components::of_inventory(inventory)).lacking(&gaps) }
}

/// The components of an SBOM, and what its maker says not to have read.
fn listed(bytes: &[u8]) -> Result<Subject, ComponentsError> {
    let subject = Subject::of(components::of_sbom(bytes)?);
    // Only of a document that says so the whole is read: others may have tens of megabytes.
    if !str::from_utf8(bytes).is_ok_and(|text| text.contains("mcpsign:gap")) {
        return Ok(subject);
    }
    let json = Json::parse(bytes, Limits::bytes(MAX_SBOM)).map_err(ComponentsError::Shape)?;
    let unread = sbom::unread(&json);
    let is_open = unread.failed.iter().any(|id| is_lock(id));
    Ok(Subject { is_open, ..subject.lacking(&unread.gaps) })
}

/// Whether a cataloger reads what says which versions are there: a lock file, or what lies installed or was compiled in.
fn is_lock(id: &str) -> bool {
    let mut catalogers = CATALOGERS.iter().filter(|cataloger| cataloger.id() == id);
    says_what_is_there(id) || catalogers.any(|cataloger| cataloger.role() == Role::Lock)
}
