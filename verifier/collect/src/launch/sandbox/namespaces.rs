//! Entering namespaces, twice: to build the walls as their root, and to live behind them as nobody.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use mcpsign_schemas::manifest::Network;
use nix::sched::{CloneFlags, unshare};
use rustix::fs::{Mode, OFlags, openat};
use rustix::process::{getgid, getuid};

use super::Failed;

/// As whom the server runs: no root, whose programs would get capabilities back when they are executed.
pub(super) const USER: u32 = 1000;

/// Makes this process the root of a new user namespace and its next child process 1 of a new process namespace.
pub(in crate::launch) fn open(network: Network) -> Result<(), Failed> {
    // Before: inside, they have other numbers.
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    enter(CloneFlags::CLONE_NEWUSER, "make a user namespace")?;
    map(
        "make a user namespace",
        |file, text| fs::write(Path::new("/proc/self").join(file), text),
        0,
        user,
        group,
    )?;
    let mut rest = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS;
    if network == Network::None {
        rest |= CloneFlags::CLONE_NEWNET;
    }
    enter(rest, "make namespaces")
}

/// Leaves the user namespace that owns the others for one inside it: no right is left over mounts, network and processes.
/// `proc` is one whose files can be written.
pub(in crate::launch) fn give_up_rights(proc: &OwnedFd) -> Result<(), Failed> {
    enter(CloneFlags::CLONE_NEWUSER, "make a second user namespace")?;
    let write = |file: &str, text: &str| {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let opened = openat(proc, Path::new("self").join(file), flags, Mode::empty())?;
        fs::File::from(opened).write_all(text.as_bytes())
    };
    map("make a second user namespace", write, USER, 0, 0)
}

fn enter(flags: CloneFlags, what: &'static str) -> Result<(), Failed> {
    unshare(flags).map_err(|errno| (what, errno.into()))
}

/// One user and one group, `id` inside; `setgroups` has to be given up first.
fn map(
    what: &'static str,
    write: impl Fn(&str, &str) -> io::Result<()>,
    id: u32,
    user: u32,
    group: u32,
) -> Result<(), Failed> {
    write("setgroups", "deny")
        .and_then(|()| write("uid_map", &format!("{id} {user} 1")))
        .and_then(|()| write("gid_map", &format!("{id} {group} 1")))
        .map_err(|error| (what, error))
}
