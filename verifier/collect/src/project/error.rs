//! Why nothing is released from a folder.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use mcpsign_schemas::untrusted::escape;

use super::folder::Folder;

/// A folder that releases nothing, or one that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It has no manifest of any ecosystem.
    #[error("{}: no package.json, pyproject.toml, Cargo.toml, manifest.json or image layout", dir.display())]
    NotAProject {
        /// The folder.
        dir: PathBuf,
    },
    /// An image layout: it lies in a project, or is named.
    #[error("{}: an image layout itself, not a folder that one lies in", escape(&dir.to_string_lossy()))]
    Layout {
        /// The folder.
        dir: PathBuf,
    },
    /// An entry for the MCP registry alone: what it names lies elsewhere.
    #[error("{}: it names {}, and no file or project of them lies here", path.display(), named.join(", "))]
    EntryAlone {
        /// The file.
        path: PathBuf,
        /// What it names, fit to be shown.
        named: Vec<String>,
    },
    /// A manifest that does not say which package it is.
    #[error("{}: {why}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why, fit to be shown.
        why: String,
    },
    /// Two ecosystems release different versions from one folder.
    #[error("{first} has the version {first_version}, {second} {second_version}: not one release")]
    Versions {
        /// One manifest.
        first: &'static str,
        /// Its version, fit to be shown.
        first_version: String,
        /// Another.
        second: &'static str,
        /// Its version, fit to be shown.
        second_version: String,
    },
    /// More members than a workspace has.
    #[error("{}: a workspace with more than {limit} members", path.display())]
    TooManyMembers {
        /// The folder.
        path: PathBuf,
        /// The limit.
        limit: usize,
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
    pub(super) fn manifest(folder: &Folder, file: &str, error: &dyn Error) -> Self {
        Self::Manifest { path: folder.path.join(file), why: escape(&error.to_string()) }
    }

    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotAProject { .. } => Some("name the artifact, or run this in the folder of a project"),
            Self::Layout { .. } => Some("name it, and its evidence is written beside it: `mcpsign attest .`"),
            Self::EntryAlone { .. } => Some(
                "name the release's files, or what is published: `mcpsign attest npm:NAME@VERSION` (as an observer), `mcpsign attest https://HOST/PATH`",
            ),
            Self::Manifest { .. } => Some("a release needs a manifest with name and version"),
            Self::Versions { .. } => {
                Some("set both to the same version, or name the release's files: `mcpsign attest PATH…`")
            }
            Self::TooManyMembers { .. } => Some("run this in the folder of a member"),
            Self::Io { .. } => None,
        }
    }
}
