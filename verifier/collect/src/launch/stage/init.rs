//! Process 1 of the namespaces: builds the walls, starts the server, reaps what has ended, and takes everything with it.
//!
//! It shares the server's user namespace, and holds every capability there, which a server has not: so the server
//! can neither look into it nor trace it; and a process 1 cannot be killed from inside.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mcpsign_schemas::manifest::Sandbox;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use rustix::process::{
    DumpableBehavior, WaitOptions, set_dumpable_behavior, set_parent_process_death_signal,
};

use super::orders::{Orders, Report};
use super::{TERM_GRACE, confined, let_go, refused};
use crate::launch::sandbox::layout::Layout;
use crate::launch::sandbox::{calls, landlock, loopback, namespaces, root};
use crate::launch::{LaunchError, limits, watch};

/// What the machine is called inside: its real name is nobody's business.
const HOST_NAME: &str = "localhost";

#[allow(clippy::exit, reason = "the stage stands for the server: nothing may run after it has ended")]
pub(super) fn run(orders: &Orders) -> Result<Infallible, LaunchError> {
    confine(orders)?;
    let program = PathBuf::from(&orders.program);

    // Blocked here, waited for in a thread; the server's own mask is empty again.
    let mut term = SigSet::empty();
    term.add(Signal::SIGTERM);
    term.thread_block().map_err(|errno| confined("listen for signals")(errno.into()))?;
    // For what we see the server do; closed when it starts, and when we end.
    let stderr = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3).map(File::from);
    let stderr = stderr.map_err(|errno| confined("keep stderr")(errno.into()))?;

    let report = Report::Ready { sandbox: Sandbox::LinuxNamespaces, network: orders.network };
    report.write().map_err(confined("report to the launcher"))?;
    let server = Command::new(&program).args(&orders.args).process_group(0).spawn();
    let server = server.map_err(|reason| LaunchError::Start { program, reason })?.id();
    // From here on only the server holds the pipes: their ends are its ends.
    let_go().map_err(confined("detach from the server's pipes"))?;

    let server = i32::try_from(server).map_err(|_| LaunchError::Arguments)?;
    std::thread::spawn(move || end_when_asked(term, server));
    let memory = orders.memory;
    std::thread::spawn(move || watch::until_too_much(memory, stderr));
    std::process::exit(reap_until(server))
}

fn confine(orders: &Orders) -> Result<(), LaunchError> {
    let failed = |(what, error): (&'static str, io::Error)| refused(what)(error);
    // The parent is outside and has no number here: whether it is still there cannot be asked.
    set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|errno| refused("notice the launcher's end")(errno.into()))?;
    let layout = Layout::of(orders).map_err(refused("find what the server needs"))?;
    let folder = std::env::current_dir();
    nix::unistd::sethostname(HOST_NAME).map_err(|errno| refused("name the machine")(errno.into()))?;
    if orders.network == mcpsign_schemas::manifest::Network::None {
        loopback::up().map_err(refused("bring up the loopback interface"))?;
    }
    let old_proc = root::build(&layout).map_err(failed)?;
    namespaces::give_up_rights(&old_proc).map_err(failed)?;
    drop(old_proc);
    set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|errno| refused("notice the launcher's end")(errno.into()))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|errno| refused("forbid to be traced")(errno.into()))?;

    // Where the caller stood, if that can be seen; else where there is something to stand on.
    let work = Path::new(&orders.root).join("work");
    folder
        .and_then(std::env::set_current_dir)
        .or_else(|_| std::env::set_current_dir(&work))
        .map_err(refused("enter a folder"))?;

    limits::processes().map_err(refused("limit the server's processes"))?;
    // The second wall; older kernels have none.
    landlock::inside(&layout).map_err(refused("confine the server's files"))?;
    calls::deny().map_err(refused("forbid system calls"))
}

/// Asks the server to end, and soon ends everything.
fn end_when_asked(term: SigSet, server: i32) {
    if term.wait().is_ok() {
        // Its group; it may have ended meanwhile.
        let _ = kill(Pid::from_raw(-server), Signal::SIGTERM);
        std::thread::sleep(TERM_GRACE + Duration::from_millis(100));
        watch::kill_all();
    }
}

/// Reaps whatever ends until that is the server; gives its exit code.
fn reap_until(server: i32) -> i32 {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_pid() == server => {
                let status = std::process::ExitStatus::from_raw(status.as_raw());
                return status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // No child: somebody else must have reaped it, and there is nobody else.
            Err(_) => return 1,
        }
    }
}
