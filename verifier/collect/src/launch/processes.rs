//! What runs on this machine, as `/proc` tells; nothing where there is no `/proc`.

use std::fs::{self, File};
use std::io::Read as _;

use rustix::process::{Pid, Signal, kill_process};

/// Bytes read of a process's environment. 4 MiB: twice what Linux allows for arguments and environment by default.
const ENVIRON_BYTES: u64 = 4 << 20;
/// Bytes that most of them have at the most: read at once. Each read costs more than what it copies.
const MOST: usize = 16 << 10;

/// Bytes of what the kernel says of one process: some fifty numbers, in one read.
const STAT_BYTES: usize = 2 << 10;

/// A process that has not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    pub(super) started: Started,
}

/// When a process was started, in the kernel's ticks since the machine was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Started(u64);

/// Every process that has not ended. Zombies have.
pub(super) fn running() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter_map(read).filter(|(has_ended, _)| !has_ended).map(|(_, process)| process).collect()
}

/// When a process was started, though it has ended, as long as its parent has not taken note of it.
pub(super) fn started(pid: Pid) -> Option<Started> {
    read(pid).map(|(_, process)| process.started)
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

/// A process, and whether it has ended.
fn read(pid: Pid) -> Option<(bool, Process)> {
    let mut stat = [0; STAT_BYTES];
    let length = File::open(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?.read(&mut stat).ok()?;
    // `pid (name) state ppid pgrp session …`; the name may hold anything, parentheses and broken UTF-8 too.
    let stat = String::from_utf8_lossy(stat.get(..length)?);
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X");
    let mut number = || fields.next()?.parse().ok();
    let (parent, group, session) = (number()?, number()?, number()?);
    // Those were the fourth to the sixth of all, this is the 22nd.
    let started = Started(fields.nth(15)?.parse().ok()?);
    Some((has_ended, Process { pid, parent, group, session, started }))
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

    #[test]
    fn whoever_was_started_later_is_known_and_so_is_whoever_has_ended() {
        let mut child = std::process::Command::new("/bin/sh").args(["-c", "exit"]).spawn().expect("a shell");
        let pid = Pid::from_child(&child);
        let (ours, theirs) = (started(getpid()).expect("us"), started(pid).expect("the shell"));
        let parents = getppid().and_then(started).expect("our parent");
        assert!(parents <= ours && ours <= theirs, "{parents:?} {ours:?} {theirs:?}");
        while !read(pid).expect("not reaped").0 {
            std::thread::yield_now();
        }
        assert_eq!(started(pid), Some(theirs));
        assert!(!running().iter().any(|process| process.pid == pid), "it has ended");
        child.wait().expect("reaped");
        assert_eq!(started(pid), None);
    }
}
