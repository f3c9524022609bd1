//! What benchmarks of whole processes share.

use std::io::Write as _;
use std::path::PathBuf;

/// A binary of the release profile, which `cargo bench` of this package alone does not build.
pub(crate) fn release(name: &str) -> PathBuf {
    let bench = std::env::current_exe().expect("the bench has a path");
    let path = bench.ancestors().nth(2).expect("in a target folder").join(name);
    assert!(path.is_file(), "{} is not there: cargo build --release -p {name}", path.display());
    path
}

/// On stdout, where criterion's own talk goes.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
