//! The stage: our own executable, between us and the server.
//!
//! Without namespaces it is one process ([`plain`]), with them two: the [`outer`] one opens the namespaces and
//! stays outside to see that they end, the [`init`] one is process 1 inside, builds the walls and starts the server.
//! A [`keeper`] starts nothing: it looks after a folder.

#[cfg(target_os = "linux")]
mod init;
pub(super) mod keeper;
pub(super) mod orders;
#[cfg(target_os = "linux")]
mod outer;
mod plain;

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::time::Duration;

use self::orders::{Orders, Report, Walls};
use super::{LaunchError, limits};

/// From SIGTERM to SIGKILL. 0.5 s: what a well-behaved server needs at the most.
const TERM_GRACE: Duration = Duration::from_millis(500);
/// How long killing what is left may take. 2 s (`formats.md` §8).
pub(super) const KILL_TIME: Duration = Duration::from_secs(2);
/// Between two looks at what is left.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Runs as the stage: confines, starts the server with our stdin, stdout and stderr, waits for it, kills
/// what it left behind, and ends as the server ended (128 and more for a signal). `args` are those after [`super::STAGE`].
///
/// Returns only if no server was started; the caller says why on stderr and ends with [`super::NOT_STARTED`].
pub fn exec_stage(args: impl Iterator<Item = OsString>) -> LaunchError {
    match run(args) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

fn run(mut args: impl Iterator<Item = OsString>) -> Result<Infallible, LaunchError> {
    let role = args.next();
    if role.as_deref().is_some_and(|role| role == keeper::KEEPER) {
        return keeper::run();
    }
    let inside = role.is_some();
    let orders = Orders::read().map_err(|_| LaunchError::Arguments)?;
    match orders.walls {
        #[cfg(target_os = "linux")]
        Walls::Namespaces if inside => init::run(&orders),
        #[cfg(target_os = "linux")]
        Walls::Namespaces => outer::run(&orders),
        #[cfg(not(target_os = "linux"))]
        Walls::Namespaces => {
            let _ = inside;
            Err(refused("have namespaces")(io::ErrorKind::Unsupported.into()))
        }
        Walls::Landlock | Walls::None => plain::run(&orders),
    }
}

/// Reports that these walls cannot be had.
fn refused(what: &'static str) -> impl Fn(io::Error) -> LaunchError {
    move |source| {
        // Nobody is left to be told if we cannot even write.
        let _ = Report::Refused { what: what.into(), why: source.to_string() }.write();
        LaunchError::Confine { what, source }
    }
}

fn confined(what: &'static str) -> impl Fn(io::Error) -> LaunchError {
    move |source| LaunchError::Confine { what, source }
}

/// What every process of a server inherits of each stage: no terminal, no descriptors, no way to more rights.
fn detach_from_caller() -> Result<(), LaunchError> {
    rustix::process::setsid().map_err(|errno| confined("start a session")(errno.into()))?;
    close_fds::CloseFdsBuilder::new().cloexecfrom(3);
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)
        .map_err(|errno| confined("give up new privileges")(errno.into()))?;
    limits::each().map_err(confined("limit the server's resources"))
}

/// Has the kernel send us `signal` when `launcher` ends, however it does.
fn end_with(launcher: i32, signal: rustix::process::Signal) -> Result<(), LaunchError> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(signal))
        .map_err(|errno| confined("notice the launcher's end")(errno.into()))?;
    #[cfg(not(target_os = "linux"))]
    let _ = signal;
    // It may have ended before we asked for that.
    let parent = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if parent == Some(launcher) { Ok(()) } else { Err(LaunchError::Arguments) }
}

/// Lets go of the server's pipes: from then on their ends are its ends.
fn let_go() -> io::Result<()> {
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}
