//! What runs on this machine, as `/proc` tells; nothing where there is no `/proc`.

use std::fs::{self, File};
use std::io::Read as _;

use rustix::process::{Pid, Signal, kill_process};

/// Bytes read of a process's environment. 4 MiB: twice what Linux allows for arguments and environment by default.
const ENVIRON_BYTES: u64 = 4 << 20;
/// Bytes that most of them have at the most: read at once. Each read costs more than what it copies.
const MOST: usize = 16 << 10;

/// A process that has not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
}

/// Every process that has not ended. Zombies have.
pub(super) fn running() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter_map(read).collect()
}

/// Whether the process was started with `mark` somewhere in its environment.
pub(super) fn carries(pid: Pid, mark: &[u8]) -> bool {
    let mut environ = Vec::with_capacity(MOST);
    // Others' environments are not ours to read, and our mark is not in them.
    let Ok(file) = File::open(format!("/proc/{}/environ", pid.as_raw_nonzero())) else { return false };
    file.take(ENVIRON_BYTES).read_to_end(&mut environ).is_ok()
        && environ.windows(mark.len().max(1)).any(|window| window == mark)
}

/// Whether the process can gain no privileges, which no process can undo.
pub(super) fn is_confined(pid: Pid) -> bool {
    let status = fs::read(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    status.split(|byte| *byte == b'\n').any(|line| line == b"NoNewPrivs:\t1")
}

/// Sends SIGKILL; a process that has ended meanwhile is what was wanted.
pub(super) fn kill(pid: Pid) {
    let _ = kill_process(pid, Signal::KILL);
}

fn read(pid: Pid) -> Option<Process> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // `pid (name) state ppid pgrp session …`; the name may hold anything, parentheses and broken UTF-8 too.
    let stat = String::from_utf8_lossy(&stat);
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let mut number = || fields.next()?.parse().ok();
    Some(Process { pid, parent: number()?, group: number()?, session: number()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{getpid, getppid};

    #[test]
    fn we_find_ourselves() {
        let ours = running().into_iter().find(|process| process.pid == getpid()).expect("us");
        assert_eq!(Some(ours.parent), getppid().map(Pid::as_raw_pid));
        let (name, value) = std::env::vars().next().expect("a variable");
        assert!(carries(getpid(), format!("{name}={value}").as_bytes()));
        assert!(!carries(getpid(), b"a mark of nobody"));
    }
}
