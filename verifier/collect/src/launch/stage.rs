//! The stage: our own executable, between us and the server.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, getpid, getppid, getrlimit, kill_process_group, setrlimit,
    setsid, wait,
};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::{LaunchError, folders, processes};

/// From SIGTERM to SIGKILL. 0.5 s: what a well-behaved server needs at the most.
const TERM_GRACE: Duration = Duration::from_millis(500);
/// How long killing what is left may take. 2 s (`formats.md` §8).
pub(super) const KILL_TIME: Duration = Duration::from_secs(2);
/// Between two looks at what is left.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Soft and hard limits of every process of a server, lowered only.
const LIMITS: [(Resource, u64); 5] = [
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

/// Runs as the stage: confines this process, starts the server with our stdin, stdout and stderr, waits for it, kills
/// what it left behind, and ends as the server ended (128 and more for a signal). `args` are those after [`super::STAGE`].
///
/// Returns only if no server was started; the caller says why on stderr and ends with [`super::NOT_STARTED`].
pub fn exec_stage(args: impl Iterator<Item = OsString>) -> LaunchError {
    match run(args) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

#[allow(clippy::exit, reason = "the stage stands for the server: nothing may run after it has ended")]
fn run(mut args: impl Iterator<Item = OsString>) -> Result<Infallible, LaunchError> {
    let launcher = args.next().and_then(|pid| Pid::from_raw(pid.to_str()?.parse().ok()?));
    let mut path = || args.next().map(PathBuf::from);
    let (Some(launcher), Some(root), Some(program)) = (launcher, path(), path()) else {
        return Err(LaunchError::Arguments);
    };
    confine()?;
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| LaunchError::Executor { source })?;
    let status = executor.block_on(async {
        let mut asked_to_end = signal(SignalKind::terminate()).map_err(confined("listen for signals"))?;
        end_with(launcher)?;
        let child = Command::new(&program).args(args).process_group(0).spawn();
        let child = child.map_err(|reason| LaunchError::Start { program, reason })?;
        let server =
            Server { group: child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)), child };
        // From here on only the server holds the pipes: their ends are its ends.
        let detached = detach();
        let waited = match detached {
            Ok(()) => server.wait_or(asked_to_end.recv()).await,
            Err(_) => server.end().await,
        };
        kill_descendants();
        // Whoever was interrupted or killed cannot tidy up after the server any more.
        if getppid() != Some(launcher) {
            folders::remove(&root);
        }
        detached.map_err(confined("detach from the server's pipes"))?;
        waited.map_err(confined("wait for the server"))
    })?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    std::process::exit(code.unwrap_or(1))
}

/// What the server inherits of us: no terminal, no descriptors, no way to more rights, bounded resources.
fn confine() -> Result<(), LaunchError> {
    setsid().map_err(|errno| confined("start a session")(errno.into()))?;
    for (resource, limit) in LIMITS {
        let now = getrlimit(resource);
        let lower = |old: Option<u64>| Some(old.map_or(limit, |old| old.min(limit)));
        let new = Rlimit { current: lower(now.current), maximum: lower(now.maximum) };
        setrlimit(resource, new).map_err(|errno| confined("limit the server's resources")(errno.into()))?;
    }
    close_fds::CloseFdsBuilder::new().cloexecfrom(3);
    adopt_orphans()
}

#[cfg(target_os = "linux")]
fn adopt_orphans() -> Result<(), LaunchError> {
    rustix::thread::set_no_new_privs(true)
        .map_err(|errno| confined("give up new privileges")(errno.into()))?;
    rustix::process::set_child_subreaper(Some(getpid()))
        .map_err(|errno| confined("adopt the server's orphans")(errno.into()))
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> Result<(), LaunchError> {
    Ok(())
}

/// Has the kernel ask us to end when `launcher` does, however it does.
fn end_with(launcher: Pid) -> Result<(), LaunchError> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))
        .map_err(|errno| confined("notice the launcher's end")(errno.into()))?;
    // It may have ended before we asked for that.
    if getppid() == Some(launcher) { Ok(()) } else { Err(LaunchError::Arguments) }
}

fn detach() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
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

fn confined(what: &'static str) -> impl Fn(io::Error) -> LaunchError {
    move |source| LaunchError::Confine { what, source }
}
