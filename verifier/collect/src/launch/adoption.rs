//! What becomes of a server's processes when it kills its stage: they become our children.
//!
//! Being somebody's adoptive parent is a property of the whole process, so it is shared by all captures that run at
//! a time.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, WaitOptions, getpid, waitpid};

use super::processes::{self, Process};

/// The stages that run, by process id. While there are any, we adopt orphans.
static STAGES: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A stage that runs. Orphans are adopted until it is dropped.
#[derive(Debug)]
pub(super) struct Adoption {
    stage: u32,
}

/// Starts a stage, adopting orphans from before it can leave any.
pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, Adoption)> {
    // Held until the stage is listed: nobody may take it for an orphan.
    let mut stages = stages();
    if stages.is_empty() {
        adopt(true);
    }
    let spawned = command.spawn();
    match &spawned {
        Ok(child) => drop(stages.insert(child.id())),
        Err(_) if stages.is_empty() => adopt(false),
        Err(_) => {}
    }
    drop(stages);
    spawned.map(|child| {
        let stage = child.id();
        (child, Adoption { stage })
    })
}

/// Of `running`, the orphans that a killed stage left us: children of ours, in a session that is not ours, that have given
/// up new privileges as only a stage makes them, and that are no stages.
pub(super) fn orphans(running: &[Process]) -> Vec<Pid> {
    let stages = stages();
    let us = getpid();
    let Some(ours) = running.iter().find(|process| process.pid == us).map(|process| process.session) else {
        return Vec::new();
    };
    let orphan = |process: &&Process| {
        process.parent == us.as_raw_pid()
            && process.session != ours
            && !u32::try_from(process.pid.as_raw_pid()).is_ok_and(|pid| stages.contains(&pid))
            && processes::is_confined(process.pid)
    };
    running.iter().filter(orphan).map(|process| process.pid).collect()
}

/// Takes note of an orphan's end, as its parent must.
pub(super) fn reap(orphan: Pid) {
    // Whatever is no child of ours is reaped by its own parent.
    let _ = waitpid(Some(orphan), WaitOptions::NOHANG);
}

impl Drop for Adoption {
    fn drop(&mut self) {
        let mut stages = stages();
        stages.remove(&self.stage);
        if stages.is_empty() {
            adopt(false);
        }
    }
}

fn stages() -> MutexGuard<'static, BTreeSet<u32>> {
    STAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
fn adopt(orphans: bool) {
    // Linux knows no reason to refuse; without it the mark and the session still find most of them.
    let _ = rustix::process::set_child_subreaper(orphans.then(getpid));
}

#[cfg(not(target_os = "linux"))]
fn adopt(_: bool) {}
