//! What lies in an npm project's folder: enough to attest a release without being told. Nothing is run, nothing built.

mod launch;
mod tarballs;

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::sbom::RootComponent;
use mcpsign_schemas::untrusted::escape;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};

use crate::catalog::MAX_BYTES;
use crate::catalog::npm::{PackageJson, PackageJsonError};
use crate::tree::{Snapshot, read_file};

/// An npm project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its folder, absolute, without links.
    pub root: PathBuf,
    /// Its package.json.
    pub package: PackageJson,
    /// Name and version of what it releases.
    pub identity: PackageIdentity,
    /// The release tarball of this version, under the name that `npm pack` gives it.
    pub artifacts: Vec<PathBuf>,
    /// Release tarballs of other versions.
    pub stale: Vec<PathBuf>,
    /// The command that starts the server: `node` and the file that `bin` names.
    pub launch: Option<Vec<String>>,
    /// npm-shrinkwrap.json or package-lock.json: the one that npm uses.
    pub lockfile: Option<PathBuf>,
    /// server.json, the entry for the MCP registry.
    pub server_json: Option<PathBuf>,
    /// What was found and what was not, a line each, fit to be shown.
    pub notes: Vec<String>,
}

/// A folder that is no npm project, or one that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It has no package.json.
    #[error("{}: no package.json", dir.display())]
    NotAProject {
        /// The folder.
        dir: PathBuf,
    },
    /// Its package.json does not say which package it is.
    #[error("{}: {source}", path.display())]
    PackageJson {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PackageJsonError,
    },
    /// A folder or file that cannot be read.
    #[error("{}: cannot be read", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ProjectError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotAProject { .. } => {
                Some("name the artifact, or run this in the folder of an npm project")
            }
            Self::PackageJson { .. } => Some("a release needs a package.json with name and version"),
            Self::Io { .. } => None,
        }
    }
}

/// Looks into `dir`.
///
/// # Errors
/// When it is no npm project, or one of the files that count cannot be read.
pub fn discover(dir: &Path) -> Result<Project, ProjectError> {
    let io = |source| ProjectError::Io { path: dir.to_owned(), source };
    let root = dir.canonicalize().map_err(io)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::fs::open(&root, flags, Mode::empty()).map_err(|error| io(error.into()))?;

    let path = root.join("package.json");
    let bytes = match read_file(&handle, c"package.json", MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ProjectError::NotAProject { dir: dir.to_owned() });
        }
        Err(source) => return Err(ProjectError::Io { path, source }),
    };
    let package = PackageJson::parse(&bytes)
        .and_then(|package| Ok((package.identity()?, package)))
        .map_err(|source| ProjectError::PackageJson { path, source });
    let (identity, package) = package?;
    let version = identity.version.clone().unwrap_or_default();
    let mut notes = vec![format!("package.json: {} {}", escape(&identity.name), escape(&version))];

    let found = tarballs::find(&handle, &identity.name, &version).map_err(io)?;
    let artifacts: Vec<PathBuf> = found.current.iter().map(|name| root.join(name)).collect();
    notes.push(match found.current.as_slice() {
        [] => format!("no release tarball {} beside it: `npm pack` makes one", escape(&found.expected)),
        _ => format!("release tarball: {}", escape(&found.expected)),
    });
    notes.extend(found.stale.iter().map(|name| format!("left aside, another version: {}", escape(name))));

    let launch = match launch::command(&root, &handle, &identity.name, &package) {
        Ok(argv) => {
            notes.push(format!("launch command: {}", escape(&argv.join(" "))));
            Some(argv)
        }
        Err(why) => {
            notes.push(format!("no launch command: {why}"));
            None
        }
    };
    let lockfile =
        [c"npm-shrinkwrap.json", c"package-lock.json"].into_iter().find(|name| is_file(&handle, name));
    let lockfile = lockfile.and_then(|name| name.to_str().ok());
    notes.push(match lockfile {
        Some(name) => format!("lock file: {name}"),
        None => "no lock file: the SBOM will list declared dependencies only".to_owned(),
    });
    let server_json = is_file(&handle, c"server.json");
    notes.push(if server_json { "server.json: found".to_owned() } else { "no server.json".to_owned() });
    Ok(Project {
        artifacts,
        stale: found.stale.iter().map(|name| root.join(name)).collect(),
        launch,
        lockfile: lockfile.map(|name| root.join(name)),
        server_json: server_json.then(|| root.join("server.json")),
        notes,
        root,
        package,
        identity,
    })
}

impl Project {
    /// The root of an SBOM of the project where no artifact of it is at hand.
    pub fn root_component(&self) -> RootComponent {
        RootComponent {
            name: self.identity.name.clone(),
            version: self.identity.version.clone(),
            purl: Some(self.identity.purl.clone()),
            digests: None,
            media_type: None,
            licenses: self.package.licenses.clone(),
        }
    }
}

/// Whether `name` is a regular file in `dir`, not a link to one.
fn is_file(dir: &OwnedFd, name: &CStr) -> bool {
    let seen = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW);
    seen.is_ok_and(|stat| Snapshot::of(&stat).file_type() == FileType::RegularFile)
}

/// As [`is_file`], for a path below `dir`; links on the way are followed.
fn is_file_below(dir: &OwnedFd, path: &str) -> bool {
    let seen = CString::new(path).ok().and_then(|path| rustix::fs::statat(dir, path, AtFlags::empty()).ok());
    seen.is_some_and(|stat| Snapshot::of(&stat).file_type() == FileType::RegularFile)
}
