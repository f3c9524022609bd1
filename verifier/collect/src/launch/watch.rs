//! Looking after a sandboxed server's processes together: the kernel's limits are for each of them alone.

use std::fs;
use std::io::Write;
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
    let page = rustix::param::page_size() as u64;
    let (mut pages, mut processes) = (0_u64, 0_u64);
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let name = entry.file_name();
        if !name.as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        processes += 1;
        // `size resident shared …`; shared pages are counted once for each, but libraries are small.
        let statm = fs::read_to_string(entry.path().join("statm")).unwrap_or_default();
        let mut fields =
            statm.split_ascii_whitespace().skip(1).map(|field| field.parse::<u64>().unwrap_or(0));
        let (resident, shared) = (fields.next().unwrap_or(0), fields.next().unwrap_or(0));
        pages += resident.saturating_sub(shared);
    }
    if pages.saturating_mul(page) > memory {
        return Some(format!("the server's processes hold more than {} MiB of memory", memory >> 20));
    }
    // Where the kernel counts them itself it refuses before that.
    (processes > limits::PROCESSES)
        .then(|| format!("the server has more than {} processes", limits::PROCESSES))
}
