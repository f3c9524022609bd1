//! What lies in a project's folder: enough to attest its releases without being told. Nothing is run, nothing built.
//!
//! One file an ecosystem, one line in `ECOSYSTEMS`. What an ecosystem finds is held together here: the forms that
//! agree on a version are one release.

mod cargo;
mod error;
mod folder;
mod mcpb;
mod members;
mod npm;
mod oci;
mod pypi;
mod server_json;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::de::DeserializeOwned;

pub use self::error::ProjectError;
pub use self::mcpb::launch as bundle_launch;

use self::folder::Folder;
use crate::catalog::{Content, Document};

/// Looks for what one ecosystem releases from a folder.
type Find = fn(&Folder, &Places<'_>) -> Result<Option<Found>, ProjectError>;

/// Every ecosystem. The first that knows how to start the server is believed.
static ECOSYSTEMS: [Find; 4] = [npm::find, pypi::find, mcpb::find, cargo::find];

/// Lock files that an inventory is made from, in the order in which they are named.
pub const LOCK_FILES: [&str; 11] = [
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "pylock.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Cargo.lock",
];

/// Other files that say what a release is called, what it is made of and how it is started.
const DOCUMENTS: [&str; 7] = [
    "server.json",
    "package.json",
    "pyproject.toml",
    "Cargo.toml",
    "manifest.json",
    "pnpm-workspace.yaml",
    "requirements.txt",
];

/// The files in a folder that decide what is said of its release.
pub fn deciding_files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    LOCK_FILES.into_iter().chain(DOCUMENTS).map(|name| folder.join(name)).filter(|path| path.is_file())
}

/// What was found in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The release of the folder itself, then those of the members of its workspace.
    pub projects: Vec<Project>,
    /// What else was seen, a line each, fit to be shown.
    pub notes: Vec<String>,
}

/// A release, as a folder of sources describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its folder, absolute, without links.
    pub root: PathBuf,
    /// The folder whose lock files count: its own, or the root of its workspace.
    pub locked_in: PathBuf,
    /// What it is called in each ecosystem.
    pub packages: Vec<PackageIdentity>,
    /// Those of them that there are files of.
    pub released: Vec<PackageIdentity>,
    /// `mcpName` of its package.json.
    pub mcp_name: Option<String>,
    /// The release's files, of this version, under the names that the ecosystem's tools give them.
    pub artifacts: Vec<PathBuf>,
    /// Those of other versions.
    pub stale: Vec<PathBuf>,
    /// How the server is started.
    pub launch: Option<Launch>,
    /// server.json, the entry for the MCP registry.
    pub server_json: Option<PathBuf>,
    /// What was found and what was not, a line each, fit to be shown.
    pub notes: Vec<String>,
}

/// How the server of a project is started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments. `{artifact}` is the folder that `unpack` was unpacked into, or else the project's.
    pub argv: Vec<String>,
    /// Variables.
    pub env: BTreeMap<String, String>,
    /// The artifact whose own bytes are to be started.
    pub unpack: Option<PathBuf>,
    /// Folders called `node_modules` that it finds its dependencies in, the innermost first.
    pub dependencies: Vec<PathBuf>,
}

/// What one ecosystem releases.
struct Found {
    /// The file that says so.
    file: &'static str,
    identity: PackageIdentity,
    mcp_name: Option<String>,
    artifacts: Vec<PathBuf>,
    stale: Vec<PathBuf>,
    /// What there could be, and what makes it.
    wanted: String,
    launch: Result<Launch, String>,
}

/// Looks into `dir`, and into the members of the workspace that it is the root of.
///
/// # Errors
/// When nothing is released from it, or one of the files that count cannot be read.
pub fn discover(dir: &Path) -> Result<Discovery, ProjectError> {
    let folder = Folder::open(dir)?;
    let workspace = members::workspace_of(&folder);
    let own = one(&folder, workspace.as_ref().unwrap_or(&folder));
    let (members, mut notes) = members::of(&folder)?;
    if members.is_empty() {
        // Where nothing is released from the folder itself, what its list of members lacks is the reason.
        let why = |error| match notes.as_slice() {
            [] => error,
            notes => ProjectError::Manifest { path: folder.path.clone(), why: notes.join("; ") },
        };
        return Ok(Discovery { projects: vec![own.map_err(why)?], notes });
    }
    let mut projects = Vec::new();
    let folders = members.iter().map(|member| Folder::open(member)).collect::<Result<Vec<_>, _>>()?;
    for found in std::iter::once(own).chain(folders.iter().map(|member| one(member, &folder))) {
        match found {
            Ok(project) if !project.artifacts.is_empty() => projects.push(project),
            Ok(project) => {
                notes.push(format!("left aside, no artifact: {}", escape(&project.root.to_string_lossy())));
            }
            // The root of a workspace, and tools in it, need not be released.
            Err(
                error @ (ProjectError::NotAProject { .. }
                | ProjectError::Layout { .. }
                | ProjectError::EntryAlone { .. }
                | ProjectError::Manifest { .. }),
            ) => {
                notes.push(format!("left aside: {}", escape(&error.to_string())));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Discovery { projects, notes })
}

/// The root of the workspace that lists `dir` as a member, where its lock files count: `dir` has none of its own.
pub fn locking_workspace(dir: &Path) -> Option<PathBuf> {
    let folder = Folder::open(dir).ok().filter(|folder| lock_file(folder).is_none())?;
    members::workspace_of(&folder).filter(|root| lock_file(root).is_some()).map(|root| root.path)
}

/// The package.json of every member of the workspace that `dir` is the root of, by its path below; `None` where it lists none, or
/// one of its lists or of these files cannot be read.
pub(crate) fn member_manifests(dir: &Path) -> Option<Vec<Document>> {
    let root = Folder::open(dir).ok()?;
    let (members, notes) = members::of(&root).ok()?;
    if members.is_empty() || !notes.is_empty() {
        return None;
    }
    let mut manifests = Vec::new();
    for member in members {
        let Some(bytes) = Folder::open(&member).ok()?.read("package.json").ok()? else { continue };
        let path = member.strip_prefix(&root.path).ok()?.join("package.json");
        let path = TreePath::try_from(path.to_str()?).ok()?;
        manifests.push(Document { path, sha256: Sha256Digest::of(&bytes), content: Content::Bytes(bytes) });
    }
    Some(manifests)
}

/// Whether two versions are one, as the ecosystems write them: npm's `1.4.0-rc.1` is PyPI's `1.4.0rc1`.
pub fn same_version(a: &str, b: &str) -> bool {
    let parsed = |text| pep440_rs::Version::from_str(text).ok();
    a == b || parsed(a).zip(parsed(b)).is_some_and(|(a, b)| a == b)
}

/// The release of one folder.
fn one(folder: &Folder, workspace: &Folder) -> Result<Project, ProjectError> {
    let places = Places::new(folder, workspace);
    let (mut found, mut unfit) = (Vec::new(), Vec::new());
    for find in ECOSYSTEMS {
        match find(folder, &places) {
            Ok(one) => found.extend(one),
            Err(error @ ProjectError::Manifest { .. }) => unfit.push(error),
            Err(error) => return Err(error),
        }
    }
    let layouts = oci::find(&places)?;
    if found.is_empty() && layouts.is_empty() {
        return Err(unfit.into_iter().next().map_or_else(|| nothing_in(folder), Ok)?);
    }
    agree(&found)?;

    let mut notes: Vec<String> =
        unfit.iter().map(|error| format!("left aside: {}", escape(&error.to_string()))).collect();
    let entry = server_json::read(folder)?;
    let mut launch = None;
    for one in &mut found {
        let version = one.identity.version.as_deref().unwrap_or_default();
        notes.push(format!("{}: {} {}", one.file, escape(&one.identity.name), escape(version)));
        if one.artifacts.is_empty() {
            notes.push(format!("no {}", escape(&one.wanted)));
        }
        notes.extend(one.artifacts.iter().map(|path| format!("artifact: {}", shown(path, folder))));
        notes.extend(
            one.stale.iter().map(|path| format!("left aside, another version: {}", shown(path, folder))),
        );
        if let (Ok(start), Some(entry)) = (&mut one.launch, &entry)
            && let Ok(purl) = one.identity.parsed()
            && let Err(why) = server_json::complete(entry, purl.ty(), &one.identity.name, start)
        {
            one.launch = Err(why);
        }
        match &one.launch {
            Ok(start) if launch.is_none() => {
                let line = start.argv.join(" ").replace("{artifact}/", "");
                notes.push(format!("launch command: {}", escape(&line)));
                launch = Some(start.clone());
            }
            Ok(_) => {}
            Err(why) => notes.push(format!("no launch command: {why}")),
        }
    }
    notes.extend(layouts.iter().map(|path| format!("image layout: {}", shown(path, folder))));
    let locked_in = places.roots().into_iter().find(|root| lock_file(root).is_some()).unwrap_or(folder);
    notes.push(match lock_file(locked_in) {
        Some(name) if locked_in.path == folder.path => format!("lock file: {name}"),
        Some(name) => format!("lock file: {name} of the workspace"),
        None => "no lock file: the SBOM will list declared dependencies only".to_owned(),
    });
    let has_entry = folder.has_file(server_json::FILE);
    notes.push(if has_entry { "server.json: found".to_owned() } else { "no server.json".to_owned() });
    Ok(Project {
        root: folder.path.clone(),
        locked_in: locked_in.path.clone(),
        mcp_name: found.iter().find_map(|one| one.mcp_name.clone()),
        artifacts: found.iter().flat_map(|one| one.artifacts.clone()).chain(layouts).collect(),
        stale: found.iter().flat_map(|one| one.stale.clone()).collect(),
        released: found
            .iter()
            .filter(|one| !one.artifacts.is_empty())
            .map(|one| one.identity.clone())
            .collect(),
        packages: found.into_iter().map(|one| one.identity).collect(),
        launch,
        server_json: has_entry.then(|| folder.path.join(server_json::FILE)),
        notes,
    })
}

/// What is said of a folder without a release.
fn nothing_in(folder: &Folder) -> Result<ProjectError, ProjectError> {
    let named = server_json::read(folder)?.map(|entry| server_json::named(&entry)).unwrap_or_default();
    Ok(if oci::is_layout(folder) {
        ProjectError::Layout { dir: folder.path.clone() }
    } else if named.is_empty() {
        ProjectError::NotAProject { dir: folder.path.clone() }
    } else {
        let named = named.iter().map(|name| escape(name)).collect();
        ProjectError::EntryAlone { path: folder.path.join(server_json::FILE), named }
    })
}

/// Several ecosystems are several forms of one release if they agree on its version. Those that have nothing to
/// attest have no say.
fn agree(found: &[Found]) -> Result<(), ProjectError> {
    let mut released = found.iter().filter(|one| !one.artifacts.is_empty());
    let Some(first) = released.next() else { return Ok(()) };
    let version = |one: &Found| one.identity.version.clone().unwrap_or_default();
    match released.find(|other| !same_version(&version(first), &version(other))) {
        None => Ok(()),
        Some(other) => Err(ProjectError::Versions {
            first: first.file,
            first_version: escape(&version(first)),
            second: other.file,
            second_version: escape(&version(other)),
        }),
    }
}

fn lock_file(folder: &Folder) -> Option<&'static str> {
    LOCK_FILES.into_iter().find(|name| folder.has_file(name))
}

/// A path of a project as it is shown: below its folder, or whole.
fn shown(path: &Path, folder: &Folder) -> String {
    escape(&path.strip_prefix(&folder.path).unwrap_or(path).to_string_lossy())
}

/// Reads TOML of somebody else's format: what is not asked for is not looked at.
fn toml<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    toml::from_str(text).map_err(|error| escape(error.message()))
}

/// Where the files of a release lie.
struct Places<'a> {
    folder: &'a Folder,
    workspace: &'a Folder,
    /// `dist/` of the folder.
    dist: Option<Folder>,
    /// `dist/` of the workspace, where that is another.
    shared: Option<Folder>,
}

impl<'a> Places<'a> {
    fn new(folder: &'a Folder, workspace: &'a Folder) -> Self {
        let shared = if folder.path == workspace.path { None } else { workspace.below("dist") };
        Self { folder, workspace, dist: folder.below("dist"), shared }
    }

    /// The folder and, where it is another, the root of its workspace.
    fn roots(&self) -> Vec<&'a Folder> {
        let other = (self.folder.path != self.workspace.path).then_some(self.workspace);
        [self.folder].into_iter().chain(other).collect()
    }

    /// Where the folder's own artifacts may lie.
    fn own_releases(&self) -> impl Iterator<Item = &Folder> {
        [Some(self.folder), self.dist.as_ref()].into_iter().flatten()
    }

    /// Where artifacts under a name that tells the package may lie: `npm pack -w` and `uv build` write into the root.
    fn of_releases(&self) -> impl Iterator<Item = &Folder> {
        let other = (self.folder.path != self.workspace.path).then_some(self.workspace);
        self.own_releases().chain(other).chain(self.shared.as_ref())
    }

    /// The folders that Node.js would look for packages in.
    fn node_modules(&self, folder: &Folder) -> Vec<PathBuf> {
        let roots = [folder].into_iter().chain(self.roots());
        let mut folders: Vec<PathBuf> =
            roots.filter_map(|root| root.path.join("node_modules").canonicalize().ok()).collect();
        folders.dedup();
        folders
    }
}
