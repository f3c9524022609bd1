//! From an artifact and the project that it was made from to one inventory.

mod about;
mod answers;
mod archives;
mod choose;
mod crates;
mod direct;
mod distribution;
mod documents;
mod included;
mod limits;
mod members;
mod settle;
mod source;
mod untold;

use std::collections::BTreeSet;
use std::path::Path;

use mcpsign_schemas::inventory::{FileOutcome, Inventory, KnownGap, SourceFile};
use mcpsign_schemas::manifest::LockfileOrigin;

use super::contents::{self, File};
use super::merge::{Named, merge};
use super::{Cataloger as _, Content, Document, InventoryError, Role, mcpb, os};
use crate::artifact::Artifact;
use about::About;
pub use documents::documents;
use limits::Tally;
use source::{Source, statuses};

/// What an inventory is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct InventoryRoot<'a> {
    /// The artifact that it is about.
    pub artifact: Option<&'a Artifact>,
    /// The folder of the project that the artifact was made from: its lock file counts where the artifact has none. Or one
    /// file of it alone.
    pub project: Option<&'a Path>,
    /// Whether the project is a workspace, and the artifact made from a member of it: its lock file is about every member.
    pub member: bool,
    /// The folder with the lock file of an installation that was made from the artifact: what was really resolved, so it
    /// counts before all else.
    pub resolved: Option<&'a Path>,
}

/// Makes the inventory. A file that is not understood is said in it, not an error.
///
/// # Errors
/// When the project folder cannot be read, or the files name more packages than anybody could read in an SBOM.
pub fn inventory(root: &InventoryRoot<'_>) -> Result<Inventory, InventoryError> {
    let mut sources: Vec<Source<'_>> = Vec::new();
    let mut gaps = Vec::new();
    let mut tally = Tally::default();
    if let Some(artifact) = root.artifact {
        let is_bundle = mcpb::is_bundle(&artifact.documents);
        gaps.extend(artifact.gaps.iter().cloned());
        gaps.extend(artifact.documents.iter().filter_map(documents::unread));
        gaps.extend(documents::silent(&artifact.documents));
        gaps.extend(documents::untold(&artifact.documents, is_bundle));
        for file in &artifact.documents {
            if let Content::Archive(archive) = &file.content {
                let at = archives::place(&file.path);
                archives::read(file, archive, &at, (&mut sources, &mut gaps, &mut tally))?;
            } else {
                tally.extend(&mut sources, Source::all(file, LockfileOrigin::Artifact))?;
                if is_bundle {
                    tally.extend(&mut sources, Source::of_server(file))?;
                }
            }
        }
        included::follow(&mut sources, &artifact.documents, &mut tally)?;
        gaps = archives::gathered(gaps);
        source::add_builds(&mut sources, &artifact.documents);
        source::add_startup(&mut sources, &artifact.documents);
        crates::name(&mut sources, &artifact.documents);
    }
    let of_folder = root.project.map(documents::of_folder).transpose()?.unwrap_or_default();
    gaps.extend(of_folder.gaps);
    let project = of_folder.documents;
    let of_project = project.iter().flat_map(|file| Source::all(file, LockfileOrigin::Project));
    let name = root.project.filter(|path| path.is_file()).and_then(Path::file_name);
    let is_named = |file: &&Document| name.is_some_and(|name| name.to_str() == Some(file.path.as_str()));
    let of_project = of_project.chain(project.iter().filter(is_named).flat_map(Source::named));
    tally.extend(&mut sources, of_project.filter(|source| source.cataloger.role() != Role::Stated))?;
    included::follow(&mut sources, &project, &mut tally)?;
    if let Some(folder) = root.project.filter(|path| path.is_dir() && root.artifact.is_none()) {
        source::name_after_folder(&mut sources, folder);
    }
    let resolved = match root.resolved {
        Some(dir) => resolved(dir, &mut gaps)?,
        None => Vec::new(),
    };
    // Of the folder its lock files and what is installed: what else lies there is how it came about.
    let there = resolved.iter().flat_map(|file| Source::all(file, LockfileOrigin::Resolved));
    tally.extend(&mut sources, there.filter(|source| source.cataloger.role() != Role::Manifest))?;
    if let Some(artifact) = root.artifact {
        let unpacked = sources.iter_mut().filter(|source| !source.in_archive);
        distribution::name(unpacked, &artifact.documents, &mut gaps);
        let is_dpkg = |source: &&mut Source<'_>| source.cataloger.id() == os::DPKG.id() && !source.in_archive;
        let installed = sources.iter_mut().filter(is_dpkg).flat_map(|source| &mut source.packages);
        os::add_licenses(&artifact.documents, installed);
    }
    source::set_indexes(&mut sources);
    limits::without_too_many(&mut sources);
    sources.sort_by_key(Source::rank);

    // Without an artifact it is the project that is asked about, and its own lock file is its own whatever it says.
    let of_project = About::of_project(&project);
    let own = root.artifact.map(About::of);
    let mut declared = choose::choose(&mut sources, own.as_ref(), of_project.as_ref(), root.member);
    if let Some(project) = root.project.filter(|project| project.is_dir()) {
        members::add(&mut declared, project);
    }
    if let Some(artifact) = root.artifact {
        direct::locate(&mut sources, &artifact.documents);
    }
    let catalogers = statuses(&sources);
    let mut files: Vec<SourceFile> = sources.iter().map(Source::file).collect();
    files.sort_by(|a, b| (&a.path, &a.cataloger).cmp(&(&b.path, &b.cataloger)));
    gaps.extend(sources.iter().flat_map(Source::gaps));

    let (packages, left_out) = merge(named(sources));
    gaps.extend(left_out);
    limits::check(packages.len())?;
    let asked = own.or(of_project);
    let found = match &asked {
        Some(about) => about.find(packages.values()),
        // A project that names itself in no manifest may do so in its lock file.
        None if root.artifact.is_none() => about::only_project(packages.values()),
        None => None,
    };
    let found = found.map(|package| package.id.clone());
    let mut inventory =
        Inventory { packages, subject: found, files, catalogers, gaps, resolutions: BTreeSet::new() };
    if inventory.subject.is_none() && (asked.is_some() || root.artifact.is_none()) {
        inventory.subject = settle::add_root(&mut inventory, &declared);
    }
    settle::complete_project(&mut inventory, &declared);
    settle::answer_by_installed(&mut inventory);
    settle::confirm_versions(&mut inventory);
    if let Some(subject) = inventory.subject.clone() {
        settle::add_wishes(&mut inventory, &subject, &declared);
        settle::add_built_in(&mut inventory, &subject);
        settle::keep_what_counts(&mut inventory, &subject, root.member);
    }
    settle::add_others(&mut inventory, &declared);
    settle::add_install_scripts(&mut inventory, &declared);
    Ok(inventory)
}

fn resolved(dir: &Path, gaps: &mut Vec<KnownGap>) -> Result<Vec<Document>, InventoryError> {
    let documents::OfFolder { documents: mut found, gaps: left } = documents::of_folder(dir)?;
    gaps.extend(left);
    match documents::of_installed(dir) {
        Ok(installed) => {
            gaps.extend(archives::gathered(documents::silent(&installed).collect()));
            found.extend(installed);
        }
        Err(gap) => gaps.push(gap),
    }
    Ok(found)
}

/// What counts of each file. Files that add are read together: each of them sees one package alone.
fn named(sources: Vec<Source<'_>>) -> Vec<Named> {
    let used = sources.into_iter().filter(|source| source.outcome == FileOutcome::Used);
    let (adding, counting): (Vec<_>, Vec<_>) = used.partition(Source::adds);
    let files =
        adding.into_iter().map(|source| File { path: source.path.to_string(), packages: source.packages });
    let together = Named { file: String::new(), packages: contents::link(files.collect()) };
    let apart =
        counting.into_iter().map(|source| Named { file: source.path.to_string(), packages: source.packages });
    apart.chain([together]).collect()
}
