//! Looking after a sandboxed server's processes together: the kernel's limits are for each of them alone.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::limits;

/// Between two looks. 100 ms: a process fills half a gigabyte meanwhile, and a look costs 0.1 ms.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks until the processes use too much (`memory` in bytes), says so on `stderr`, and ends them.
pub(super) fn until_too_much(memory: u64, mut stderr: impl Write) {
    loop {
        std::thread::sleep(LOOK_EVERY);
        if let Some(what) = too_much(memory) {
            // It ends all the same.
            let _ = writeln!(stderr, "ended, because {what}");
            kill_all();
        }
    }
}

/// Ends every process of the namespace but us.
pub(super) fn kill_all() {
    // All at once: none can fork meanwhile.
    let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
}

fn too_much(memory: u64) -> Option<String> {
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let is_process = |name: &OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let processes: Vec<PathBuf> =
        entries.filter(|entry| is_process(&entry.file_name())).map(|entry| entry.path()).collect();
    if held(&processes, memory) > memory {
        return Some(format!("the server's processes hold more than {} MiB of memory", memory >> 20));
    }
    // Where the kernel counts them itself it refuses before that.
    (processes.len() as u64 > limits::PROCESSES)
        .then(|| format!("the server has more than {} processes", limits::PROCESSES))
}

/// Bytes of memory that no file on a disk backs, private or shared.
fn held(processes: &[PathBuf], memory: u64) -> u64 {
    // What several of them share counts for each of them: never less than it is.
    let each = |process: &PathBuf| bytes(&process.join("status"), &["RssAnon", "RssShmem", "VmSwap"]);
    let sum: u64 = processes.iter().filter_map(each).sum();
    if sum <= memory {
        return sum;
    }
    // Exactly, each page divided among those who share it; that walks through all of them, and costs more.
    let part =
        |process: &PathBuf| bytes(&process.join("smaps_rollup"), &["Pss_Anon", "Pss_Shmem", "SwapPss"]);
    processes.iter().filter_map(|process| part(process).or_else(|| each(process))).sum()
}

/// The sum of some `Name:  123 kB` of a file; `None` where none of them stands in it, as of who has ended.
fn bytes(path: &Path, names: &[&str]) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let named = text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| names.contains(name));
    let kibibytes = named.filter_map(|(_, value)| value.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kibibytes.reduce(u64::saturating_add).map(|sum| sum.saturating_mul(1 << 10))
}
