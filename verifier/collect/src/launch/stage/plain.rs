//! The stage without namespaces: one process, which starts the server, adopts what that leaves behind, and kills it.

use std::convert::Infallible;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Instant;

use mcpsign_schemas::manifest::{Network, Sandbox};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process_group, wait};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::orders::{Orders, Report, Walls};
use super::{KILL_TIME, LOOK_EVERY, TERM_GRACE, confined, detach_from_caller, end_with, let_go};
use crate::launch::{LaunchError, executor, folders, processes};

#[allow(clippy::exit, reason = "the stage stands for the server: nothing may run after it has ended")]
pub(super) fn run(orders: &Orders) -> Result<Infallible, LaunchError> {
    let root = Path::new(&orders.root);
    detach_from_caller()?;
    adopt_orphans()?;
    let executor = executor()?;
    let status = executor.block_on(async {
        let mut asked_to_end = signal(SignalKind::terminate()).map_err(confined("listen for signals"))?;
        end_with(orders.launcher, Signal::TERM)?;
        // Only now: whatever ends us from here on, we tidy up.
        let begun = begin(orders, root);
        let server = match begun {
            Ok(server) => server,
            Err(error) => {
                folders::remove(root);
                return Err(error);
            }
        };
        // From here on only the server holds the pipes: their ends are its ends.
        let detached = let_go();
        let waited = match detached {
            Ok(()) => server.wait_or(asked_to_end.recv()).await,
            Err(_) => server.end().await,
        };
        kill_descendants();
        // The launcher does too, but not if it was interrupted or killed; and whether it was cannot be told, as long as one of
        // its threads has not ended.
        folders::remove(root);
        detached.map_err(confined("detach from the server's pipes"))?;
        waited.map_err(confined("wait for the server"))
    })?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    std::process::exit(code.unwrap_or(1))
}

fn begin(orders: &Orders, root: &Path) -> Result<Server, LaunchError> {
    folders::make(root).map_err(|source| LaunchError::Folders { source })?;
    let child = match orders.walls {
        Walls::None => {
            report()?;
            command(orders).spawn()
        }
        Walls::Landlock | Walls::Namespaces => behind_landlock(orders)?,
    };
    let program = PathBuf::from(&orders.program);
    let child = child.map_err(|reason| LaunchError::Start { program, reason })?;
    Ok(Server { group: child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)), child })
}

fn command(orders: &Orders) -> Command {
    let mut command = Command::new(&orders.program);
    command.args(&orders.args).process_group(0);
    command
}

fn report() -> Result<(), LaunchError> {
    let report = Report::Ready { sandbox: Sandbox::None, network: Network::Host };
    report.write().map_err(confined("report to the launcher"))
}

/// Starts the server from a thread that has confined itself: the server inherits of that thread, and we keep the
/// rights to tidy up.
#[cfg(target_os = "linux")]
fn behind_landlock(orders: &Orders) -> Result<io::Result<Child>, LaunchError> {
    use crate::launch::sandbox::{calls, landlock, layout::Layout};

    let (runtime, mut command) = (tokio::runtime::Handle::current(), command(orders));
    let layout = Layout::of(orders).map_err(confined("find what the server needs"))?;
    std::thread::scope(|scope| {
        let starter = scope.spawn(move || {
            let _in_runtime = runtime.enter();
            landlock::around(&layout).map_err(confined("confine the server's files"))?;
            calls::deny().map_err(confined("forbid system calls"))?;
            if orders.network == Network::None {
                calls::deny_network().map_err(confined("forbid sockets"))?;
            }
            report()?;
            Ok(command.spawn())
        });
        starter.join().unwrap_or_else(|_| Err(confined("start a thread")(io::ErrorKind::Other.into())))
    })
}

#[cfg(not(target_os = "linux"))]
fn behind_landlock(orders: &Orders) -> Result<io::Result<Child>, LaunchError> {
    report()?;
    Ok(command(orders).spawn())
}

#[cfg(target_os = "linux")]
fn adopt_orphans() -> Result<(), LaunchError> {
    rustix::process::set_child_subreaper(Some(getpid()))
        .map_err(|errno| confined("adopt the server's orphans")(errno.into()))
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> Result<(), LaunchError> {
    Ok(())
}

struct Server {
    child: Child,
    /// The server leads a group that has its number.
    group: Option<Pid>,
}

impl Server {
    /// Waits for the server's end, or ends it when `asked`.
    async fn wait_or(mut self, asked: impl Future) -> io::Result<ExitStatus> {
        tokio::select! {
            status = self.child.wait() => status,
            _ = asked => self.end().await,
        }
    }

    async fn end(mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::TERM);
        if let Ok(status) = tokio::time::timeout(TERM_GRACE, self.child.wait()).await {
            return status;
        }
        self.signal(Signal::KILL);
        self.child.kill().await?;
        self.child.wait().await
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may have ended meanwhile.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// Kills our children until there are none: being the subreaper, we inherit the children of each.
fn kill_descendants() {
    let (us, until) = (getpid(), Instant::now() + KILL_TIME);
    // Reaps whatever has ended. An error says that there is no child left, neither running nor ended.
    let reap = || loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    };
    while reap() && Instant::now() < until {
        for child in processes::running().into_iter().filter(|process| process.parent == us.as_raw_pid()) {
            // A whole group at once leaves no member the time to fork.
            if let Some(group) = Pid::from_raw(child.group).filter(|group| *group != us) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            processes::kill(child.pid);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
