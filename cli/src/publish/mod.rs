//! Evidence files: what was checked, written beside the artifacts or into one file.
//!
//! Takes nothing but [`Checked`], which only the check of `mcpsign-signing` makes: what does not verify cannot be
//! written from here.

pub(crate) mod set;

use std::path::PathBuf;

use mcpsign_signing::check::Checked;

use crate::failure::Failure;
use crate::publish::set::NewFile;
use crate::write::Existing;

/// Mode of evidence files: whoever may read the artifact may verify it.
const MODE: u32 = 0o644;

/// Where the evidence of a run goes.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// One file for each artifact, in the order of the artifacts: exactly the lines whose subjects include it.
    Beside(Vec<PathBuf>),
    /// One file with every line.
    Together(PathBuf),
}

impl Destination {
    /// Every file that will be written.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        match self {
            Self::Beside(paths) => paths,
            Self::Together(path) => std::slice::from_ref(path),
        }
    }
}

/// Writes the evidence of each release to its destination, all files or none.
///
/// # Errors
/// When one of the files cannot be written, or exists and must be kept.
pub(crate) fn write(releases: &[(&Checked, &Destination)], existing: Existing) -> Result<(), Failure> {
    let contents: Vec<(&PathBuf, Vec<u8>)> = releases
        .iter()
        .flat_map(|(checked, destination)| {
            let bytes = |artifact| match destination {
                Destination::Beside(_) => checked.beside(artifact),
                Destination::Together(_) => checked.together(),
            };
            destination.paths().iter().enumerate().map(move |(at, path)| (path, bytes(at)))
        })
        .collect();
    let files: Vec<NewFile<'_>> =
        contents.iter().map(|(path, bytes)| NewFile { path, bytes, mode: MODE, existing }).collect();
    set::write(&files)
}
