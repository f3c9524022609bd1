//! The stage as the keeper of a folder: removes it once our launcher has ended without having done so.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::KILL_TIME;
use super::orders::{Stdin, read};
use crate::launch::{LaunchError, folders};

/// The argument that makes a stage a keeper.
pub(in crate::launch) const KEEPER: &str = "keep";
/// What the launcher says when the folder is gone.
pub(in crate::launch) const DONE: u8 = b'.';

/// For how long a folder is removed that comes back. Twice of what it takes a stage to end whoever still writes there.
const LINGER: Duration = KILL_TIME.saturating_mul(2);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[allow(clippy::exit, reason = "nothing is to be done afterwards, and no answer to be given")]
pub(super) fn run() -> Result<Infallible, LaunchError> {
    let folder: OsString = read(Stdin).map_err(|_| LaunchError::Arguments)?;
    let folder = PathBuf::from(folder);
    let mut word = [0];
    // The pipe's end is the launcher's.
    if Stdin.read_exact(&mut word).is_err() || word != [DONE] {
        let until = Instant::now() + LINGER;
        while Instant::now() < until {
            folders::remove(&folder);
            std::thread::sleep(LOOK_EVERY);
        }
    }
    std::process::exit(0)
}
