//! What a server's processes may use.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Soft and hard limits of every process of a server, lowered only.
const EACH: [(Resource, u64); 5] = [
    // A core file would hold the secrets that the server was given.
    (Resource::Core, 0),
    // Twice what a desktop's default allows; a browser that a server drives needs that many.
    (Resource::Nofile, 4_096),
    // A log in an endless loop fills no disk.
    (Resource::Fsize, 1 << 30),
    // Private writable memory. Not the address space: Node reserves 2 GiB of that and dies without.
    (Resource::Data, 4 << 30),
    // Seconds of processor time: twice the longest capture.
    (Resource::Cpu, 600),
];

/// Processes and threads of one server together. 1,024: a browser that a server drives has some hundred threads.
pub(super) const PROCESSES: u64 = 1_024;
/// Bytes that one server's processes may hold in memory together, as many as a single one.
pub(super) const MEMORY: u64 = 4 << 30;
/// Bytes in all files that a sandboxed server writes. They lie in memory. 512 MiB: a package manager's cache.
pub(super) const SCRATCH: u64 = 512 << 20;
/// Files that it makes. 65,536: an unpacked tree of dependencies.
pub(super) const SCRATCH_FILES: u64 = 65_536;

/// Limits this process and all that it starts.
pub(super) fn each() -> io::Result<()> {
    EACH.into_iter().try_for_each(|(resource, limit)| lower(resource, limit))
}

/// Limits how many processes there may be. Inside a user namespace only: elsewhere the caller's own count.
#[cfg(target_os = "linux")]
pub(super) fn processes() -> io::Result<()> {
    lower(Resource::Nproc, PROCESSES)
}

fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let now = getrlimit(resource);
    let lower = |old: Option<u64>| Some(old.map_or(limit, |old| old.min(limit)));
    Ok(setrlimit(resource, Rlimit { current: lower(now.current), maximum: lower(now.maximum) })?)
}
