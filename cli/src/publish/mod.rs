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

/// Writes the evidence, all files or none.
///
/// # Errors
/// When one of the files cannot be written, or exists and must be kept.
pub(crate) fn write(checked: &Checked, destination: &Destination, existing: Existing) -> Result<(), Failure> {
    let contents: Vec<Vec<u8>> = match destination {
        Destination::Beside(paths) => (0..paths.len()).map(|artifact| checked.beside(artifact)).collect(),
        Destination::Together(_) => vec![checked.together()],
    };
    let files: Vec<NewFile<'_>> = destination
        .paths()
        .iter()
        .zip(&contents)
        .map(|(path, bytes)| NewFile { path, bytes, mode: MODE, existing })
        .collect();
    set::write(&files)
}
