//! `mcpsign sbom generate`

use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::artifact;
use mcpsign_collect::catalog::{self, InventoryRoot, inventory, is_lockfile};
use mcpsign_collect::project::{deciding_files, locking_workspace};
use mcpsign_collect::{downloads, people};
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::party::Party;
use mcpsign_schemas::sbom::{self, DocumentFormat, RootComponent, SbomOptions};

use super::args::{FormatArg, party};
use super::cargo::CargoArgs;
use super::python::PythonArgs;
use crate::commands::server::producer;
use crate::commands::times::Times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::untrusted::value;
use crate::write::{self, Existing};

/// Arguments of `sbom generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// A project's folder, a lock file, or an artifact: a tarball, wheel, source distribution, crate, `.mcpb`, program or
    /// OCI image layout
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The format, e.g. `--format spdx-3.0.1`
    #[arg(long, value_name = "FORMAT", default_value = "cyclonedx-1.6")]
    format: FormatArg,
    /// Write the SBOM to this file in place of standard output, e.g. `--out files-mcp.cdx.json`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there, e.g. `--out files-mcp.cdx.json --force`
    #[arg(long, requires = "out")]
    force: bool,
    /// Who answers for the SBOM: name, e-mail address, URL, e.g. `--creator 'Organization: Acme <sbom@acme.example>'`
    #[arg(long, value_name = "WHO", value_parser = party)]
    creator: Option<Party>,
    /// The project that an artifact was made from, or its lock file: it says what the artifact leaves open, e.g. `--project .`. Of a
    /// member of a workspace that has no lock file, the workspace's counts
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// A folder with the files that the components are distributed as, e.g. `--downloads ~/.cargo/registry/cache/…`; repeatable. Those
    /// that are what the lock file pins add what it lacks: SHA-512, licences, authors
    #[arg(long, value_name = "DIR")]
    downloads: Vec<PathBuf>,
    /// Catalogue everything in a folder, as of an installed or unpacked release, and not the files of a project at its root alone;
    /// e.g. `--installed`
    #[arg(long)]
    installed: bool,
    #[command(flatten)]
    cargo: CargoArgs,
    #[command(flatten)]
    python: PythonArgs,
}

/// Catalogues and writes.
///
/// # Errors
/// When the path cannot be read as any of these, or the file cannot be written.
pub(crate) fn run(args: &GenerateArgs, out: &mut Output) -> Result<Exit, Failure> {
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    if let Some(path) = &args.out {
        write::check(path, existing)?;
        let named = || [Some(&args.path), args.project.as_ref()].into_iter().flatten();
        let within = named().flat_map(|folder| deciding_files(folder));
        let read: Vec<PathBuf> = named().filter(|path| path.is_file()).cloned().chain(within).collect();
        write::spares(path, read.iter().map(PathBuf::as_path))?;
    }
    let times = Times::new(None)?;
    if args.installed {
        refuse_what_is_not_installed(&args.path)?;
    }
    let workspace = args.project.as_deref().and_then(locking_workspace);
    if let Some(root) = &workspace {
        out.talk(format_args!("lock file of the workspace: {}", value(&root.to_string_lossy())));
    }
    let (root, mut inventory) = catalogued(
        &args.path,
        Sources {
            project: workspace.as_deref().or(args.project.as_deref()),
            member: workspace.is_some(),
            installed: args.installed,
        },
    )?;
    args.cargo.narrow(&mut inventory, args.project.as_deref().unwrap_or(&args.path), out)?;
    args.python.narrow(&mut inventory);
    for folder in &args.downloads {
        let used = downloads::complete(&mut inventory, folder).map_err(|error| {
            Failure::from_error(&error).hint("name a folder with tarballs, wheels or crates")
        })?;
        out.talk(format_args!("{used} components completed from {}", value(&folder.to_string_lossy())));
    }
    let options =
        SbomOptions { timestamp: times.created_on, tool: producer(), creator: args.creator.clone() };
    let document = written(args.format.0, &root, &inventory, &options);
    say(&inventory, out);
    match &args.out {
        Some(path) => {
            write::atomically(path, &document, existing)?;
            out.talk(format_args!("wrote {}", value(&path.to_string_lossy())));
        }
        None => out.result_bytes(&document),
    }
    Ok(Exit::Allowed)
}

/// The canonical form, so that the file has the digest that a manifest binds, and a line end.
fn written(
    format: DocumentFormat,
    root: &RootComponent,
    inventory: &Inventory,
    options: &SbomOptions,
) -> Vec<u8> {
    let mut bytes = sbom::write(format, root, inventory, options).to_canonical();
    bytes.push(b'\n');
    bytes
}

/// `--installed` chooses what of a folder counts. Of an artifact all does, and it would be taken for more than is done.
fn refuse_what_is_not_installed(path: &Path) -> Result<(), Failure> {
    let what = match path {
        path if path.is_file() => "a file",
        path if is_image(path) => "an OCI image layout",
        // What is not there is said by whoever reads it.
        _ => return Ok(()),
    };
    let shown = path.to_string_lossy();
    Err(Failure::usage(format!("`--installed` is about a folder, and `{}` is {what}", value(&shown)))
        .hint("leave it out: everything in an artifact is catalogued; or name the folder that it was unpacked or installed to"))
}

fn is_image(path: &Path) -> bool {
    path.join("oci-layout").is_file() && path.join("index.json").is_file()
}

/// What is asked beside the path itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sources<'s> {
    /// The project that the artifact was made from.
    pub(super) project: Option<&'s Path>,
    /// Whether that is the workspace of which the artifact is one member's.
    pub(super) member: bool,
    /// Whether all of a folder counts.
    pub(super) installed: bool,
}

/// What lies at `path`, and what it is made of.
///
/// # Errors
/// When it cannot be read.
pub(super) fn catalogued(path: &Path, sources: Sources<'_>) -> Result<(RootComponent, Inventory), Failure> {
    let Sources { project, member, installed } = sources;
    let is_project =
        project.is_none() && if path.is_dir() { !installed && !is_image(path) } else { is_lockfile(path) };
    if is_project {
        let (root, found) = of_project(path)?;
        // A folder that no ecosystem knows is somebody's installation.
        if path.is_file() || !found.files.is_empty() {
            return Ok((root, found));
        }
    }
    let looked = artifact::look(path).map_err(|error| {
        let hint = error.hint().unwrap_or("name a project's folder, a lock file or a release artifact");
        Failure::from_error(&error).hint(hint)
    })?;
    let root = InventoryRoot { artifact: Some(&looked.artifact), project, member, resolved: None };
    let found = inventory(&root).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    Ok((looked.root_component(), found))
}

/// A project's folder, or one of its files.
fn of_project(path: &Path) -> Result<(RootComponent, Inventory), Failure> {
    let unread = |error: catalog::InventoryError| Failure::from_error(&error).hint(error.hint());
    let documents = catalog::documents(path).map_err(unread)?;
    let authors = people::authors(&documents);
    let found =
        inventory(&InventoryRoot { project: Some(path), ..InventoryRoot::default() }).map_err(unread)?;
    let package = found.subject.as_ref().and_then(|id| found.packages.get(id));
    let folder = || {
        let whole = path.canonicalize().ok();
        let folder = if path.is_file() { whole.as_deref().and_then(Path::parent) } else { whole.as_deref() };
        folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned())
    };
    let root = RootComponent {
        name: match package {
            Some(package) if !package.name.is_empty() => package.name.clone(),
            _ => folder().filter(|name| !name.is_empty()).unwrap_or_else(|| "project".to_owned()),
        },
        version: package.and_then(|package| package.version.clone()),
        purl: package.map(|package| package.purl.clone()),
        digests: None,
        media_type: None,
        licenses: Vec::new(),
        file_name: None,
        authors,
    };
    Ok((root, found))
}

/// What whoever reads the document has to know, and what could be done about it.
fn say(inventory: &Inventory, out: &mut Output) {
    let gaps = inventory.known_gaps();
    for gap in gaps.iter().take(SHOWN) {
        let path = gap.path.as_deref().unwrap_or("the artifact");
        out.talk(format_args!("warning: {} was not catalogued: {}", value(path), value(&gap.reason)));
    }
    if let Some(more) = gaps.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        out.talk(format_args!("warning: {more} more were not; the SBOM names all"));
    }
    let open = inventory.dependencies().filter(|package| package.version.is_none()).count();
    if inventory.packages.is_empty() {
        out.talk("note: nothing was recognised: the SBOM says that its dependencies are unknown");
    } else if open > 0 {
        out.talk(format_args!(
            "note: {open} components have no version, because no lock file says which are meant"
        ));
    }
}

/// Gaps that are told one by one.
const SHOWN: usize = 10;
