//! Writes the seeds of the fuzz targets: `make-fuzz-seeds DIR`, a folder for each target.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use mcpsign_tests::targets::TARGETS;

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: make-fuzz-seeds DIR")?;
    for target in TARGETS {
        let folder = root.join(target.name);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in (target.seeds)() {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
