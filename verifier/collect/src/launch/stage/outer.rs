//! The stage's process outside the namespaces: it opens them, starts process 1 in them, passes on that it is asked to end,
//! and ends as that ended. Process 1 dies with it, and everything inside with process 1.

use std::convert::Infallible;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::orders::Orders;
use super::{TERM_GRACE, confined, detach_from_caller, end_with, let_go, refused};
use crate::launch::sandbox::namespaces;
use crate::launch::{LaunchError, executor};

/// From passing on that it shall end to killing process 1: what that gives the server, and a margin.
const END_TIME: Duration = TERM_GRACE.saturating_add(Duration::from_millis(1_500));
/// What process 1 is called. Like any other, so that it tells a server nothing (M24).
const NAME: &str = "init";

#[allow(clippy::exit, reason = "the stage stands for the server: nothing may run after it has ended")]
pub(super) fn run(orders: &Orders) -> Result<Infallible, LaunchError> {
    detach_from_caller()?;
    namespaces::open(orders.network).map_err(|(what, error)| refused(what)(error))?;
    let executor = executor()?;
    let status = executor.block_on(async {
        let mut asked_to_end = signal(SignalKind::terminate()).map_err(confined("listen for signals"))?;
        // After the namespaces: the kernel forgets it when they are opened.
        end_with(orders.launcher, Signal::TERM)?;
        let mut init = Command::new("/proc/self/exe");
        init.arg0(NAME).args([crate::launch::STAGE, NAME]);
        let mut init =
            tokio::process::Command::from(init).spawn().map_err(refused("start a process inside"))?;
        let pid = init.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let_go().map_err(confined("detach from the server's pipes"))?;
        tokio::select! {
            status = init.wait() => status,
            _ = asked_to_end.recv() => {
                if let Some(pid) = pid {
                    // It may have ended meanwhile.
                    let _ = kill_process(pid, Signal::TERM);
                }
                match tokio::time::timeout(END_TIME, init.wait()).await {
                    Ok(status) => status,
                    Err(_) => match init.kill().await {
                        Ok(()) => init.wait().await,
                        Err(error) => Err(error),
                    },
                }
            }
        }
        .map_err(confined("wait for the server"))
    })?;
    std::process::exit(code(status))
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}
