//! A running server, from our side.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::process::{ChildStdin, ChildStdout};

use super::adoption::Adoption;
use super::folders::Folders;
use super::stage::KILL_TIME;
use super::tail::Tail;
use super::{LaunchError, NOT_STARTED, Plan, STAGE, adoption, processes};

/// From asking the stage to end to killing it: its own two waits, and a margin for a busy machine.
const STAGE_TIME: Duration = Duration::from_secs(4);
/// How long the last words on stderr are waited for once nobody can write them any more.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The processes of one server. However it is dropped, they end.
#[derive(Debug)]
pub(crate) struct Server {
    stage: Child,
    _adoption: Adoption,
    /// What the environment of every process of the server contains, unless it took care that it does not.
    mark: PathBuf,
    stderr: Option<Tail>,
    ended: bool,
    /// Removed last, when nobody uses them any more.
    _folders: Folders,
}

/// How a server ended.
#[derive(Debug)]
pub(crate) struct Ended {
    status: Option<ExitStatus>,
    outlived: Vec<Pid>,
    /// Its last lines on stderr.
    pub(crate) stderr: Vec<String>,
}

impl Server {
    /// Starts the stage, which starts the server. To be called inside the executor that will read the pipes.
    pub(crate) fn start(plan: Plan, stage: &Path) -> Result<(Self, ChildStdin, ChildStdout), LaunchError> {
        let failed = |source| LaunchError::Stage { path: stage.to_owned(), source };
        let mark = plan.folders.root().to_owned();
        let mut command = Command::new(stage);
        command
            .arg(STAGE)
            .arg(rustix::process::getpid().to_string())
            .arg(plan.folders.root())
            .arg(&plan.program)
            .args(&plan.args)
            .env_clear()
            .envs(&plan.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (mut child, adoption) = adoption::spawn(&mut command).map_err(failed)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stderr = child.stderr.take().map(Tail::of);
        let server =
            Self { stage: child, _adoption: adoption, mark, stderr, ended: false, _folders: plan.folders };
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(failed(std::io::Error::other("a pipe is missing")));
        };
        let stdin = ChildStdin::from_std(stdin).map_err(failed)?;
        let stdout = ChildStdout::from_std(stdout).map_err(failed)?;
        Ok((server, stdin, stdout))
    }

    /// Ends the server after its pipes were closed: waits for `grace`, asks, kills, looks for what is left.
    pub(crate) fn end(mut self, grace: Duration) -> Ended {
        let outlived = self.finish(grace);
        let status = self.stage.try_wait().ok().flatten();
        let stderr = self.stderr.take().map(|stderr| stderr.lines(LAST_WORDS)).unwrap_or_default();
        Ended { status, outlived, stderr }
    }

    /// Blocks; gives the processes that could not be ended.
    fn finish(&mut self, grace: Duration) -> Vec<Pid> {
        if std::mem::replace(&mut self.ended, true) {
            return Vec::new();
        }
        let Some(stage) = i32::try_from(self.stage.id()).ok().and_then(Pid::from_raw) else {
            return Vec::new();
        };
        let fate = fate(stage, grace).or_else(|| {
            let _ = kill_process(stage, Signal::TERM);
            fate(stage, STAGE_TIME)
        });
        if fate.is_none() {
            processes::kill(stage);
        }
        // The stage is not reaped before that: its number, which is its session's, must not be given anew.
        let outlived = self.kill_the_rest(stage, fate == Some(Fate::Exited));
        let _ = self.stage.wait();
        outlived
    }

    /// What the stage has left, because it was killed or because it ran out of time.
    fn kill_the_rest(&self, stage: Pid, done_by_stage: bool) -> Vec<Pid> {
        let (until, mark) = (Instant::now() + KILL_TIME, self.mark.as_os_str().as_bytes());
        // The stage has looked well. Without it, a process could fork and end just while we look.
        let mut looks = if done_by_stage { 1 } else { 3 };
        loop {
            let running = processes::running();
            let ours = running.iter().filter(|process| {
                let in_session = process.session == stage.as_raw_pid();
                process.pid != stage && (in_session || processes::carries(process.pid, mark))
            });
            let mut left: Vec<Pid> = ours.map(|process| process.pid).collect();
            if !done_by_stage {
                left.extend(adoption::orphans(&running));
            }
            looks -= usize::from(left.is_empty());
            if looks == 0 || Instant::now() > until {
                return left;
            }
            for pid in &left {
                processes::kill(*pid);
            }
            std::thread::sleep(LOOK_EVERY);
            left.into_iter().for_each(adoption::reap);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.finish(Duration::ZERO);
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// By itself.
    Exited,
    /// By a signal.
    Killed,
}

/// Waits for the end of our child, without reaping it.
fn fate(child: Pid, patience: Duration) -> Option<Fate> {
    let until = Instant::now() + patience;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(child), options) {
            Ok(None) => {}
            Ok(Some(status)) if status.exited() => return Some(Fate::Exited),
            // An error says that somebody else has reaped it, and knows how it ended.
            Ok(Some(_)) | Err(_) => return Some(Fate::Killed),
        }
        if Instant::now() >= until {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

impl Ended {
    /// Whether the stage could not start the server, `spoken` telling whether a byte came on stdout.
    pub(crate) fn not_started(&self, spoken: bool) -> bool {
        !spoken && self.status.and_then(|status| status.code()) == Some(i32::from(NOT_STARTED))
    }

    /// How it ended, in words.
    pub(crate) fn status(&self) -> String {
        match self.status.and_then(|status| status.code()) {
            Some(code @ 129..) => format!("signal {}", code - 128),
            Some(code) => format!("exit status {code}"),
            // The stage ends by a signal when the server, or we, killed it.
            None => "killed".into(),
        }
    }

    /// What is to be said of processes that could not be ended.
    pub(crate) fn outlived(&self) -> Option<Finding> {
        if self.outlived.is_empty() {
            return None;
        }
        let pids: Vec<String> = self.outlived.iter().map(ToString::to_string).collect();
        let message = format!("processes of the server could not be ended: {}", pids.join(", "));
        Some(Finding::new(code::PROCESS_OUTLIVES, message))
    }
}
