//! What we build ourselves: the relation to the package is that its own bytes were unpacked, and nothing else was given.

use mcpsign_collect::artifact::{self, Artifact};

use crate::exit::Exit;
use crate::failure::Failure;

/// Checks that the package is still what was built from.
///
/// # Errors
/// When it changed meanwhile.
pub(super) fn unchanged(artifact: &Artifact) -> Result<(), Failure> {
    let now =
        artifact::open(&artifact.path).map_err(|error| Failure::from_error(&error).hint("run it again"))?;
    if now.digests == artifact.digests {
        return Ok(());
    }
    Err(Failure::new(Exit::Denied, "the package changed while it was built; nothing was written")
        .hint("give the run a folder of its own with `--download-dir DIR`"))
}
