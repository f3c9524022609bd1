//! What benchmarks of whole processes share.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

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

/// The most memory that was resident while `command` ran, such as `16.5 MB`, by GNU time. Unknown where that is not installed.
pub(crate) fn peak_memory(command: &Command) -> String {
    kilobytes(command)
        .map_or_else(|| "memory unknown (no GNU time)".into(), |kb| format!("{:.1} MB", f64::from(kb) / 1e3))
}

fn kilobytes(command: &Command) -> Option<u32> {
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args()).stdout(Stdio::null());
    timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    String::from_utf8(timed.output().ok()?.stderr).ok()?.lines().last()?.trim().parse().ok()
}
