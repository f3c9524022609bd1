//! A running server, from our side.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{Launch, Network, Sandbox};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::adoption::Adoption;
use super::folders::Folders;
use super::stage::KILL_TIME;
use super::stage::orders::{Report, Walls};
use super::tail::Tail;
use super::{LaunchError, NOT_STARTED, Plan, STAGE, SandboxMode, adoption, processes};

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
    in_force: InForce,
    /// Removed last, when nobody uses them any more. None while it is open which walls there will be.
    folders: Option<Folders>,
}

/// What confines a server, by the stage's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InForce {
    pub(crate) sandbox: Sandbox,
    pub(crate) network: Network,
    /// Whether it could reach no other machine, by whatever wall.
    pub(crate) is_offline: bool,
    /// Whether namespaces were tried, and refused.
    pub(crate) is_second_best: bool,
}

impl Default for InForce {
    fn default() -> Self {
        Self { sandbox: Sandbox::None, network: Network::Host, is_offline: false, is_second_best: false }
    }
}

impl InForce {
    /// The launch with what was in force in it.
    pub(crate) fn record(&self, launch: Launch) -> Launch {
        Launch { sandbox: self.sandbox, network: self.network, ..launch }
    }

    /// What may help a server that needs more than it is given.
    pub(crate) fn hint(&self) -> Option<String> {
        let network = if self.is_offline { "network and " } else { "" };
        (self.sandbox == Sandbox::LinuxNamespaces || self.is_second_best).then(|| {
            // Short enough to be shown whole.
            format!(
                "it ran without {network}home; if it needs them: `--network host`, `--env`, `{{work}}` as an argument, or `--sandbox off`"
            )
        })
    }
}

/// What a person should know before a server starts who did not ask for less.
fn warning(refused: &str, is_offline: bool) -> String {
    let files = if has_landlock() {
        "landlock alone keeps it from files of this machine"
    } else {
        "files of this machine, credentials and keys among them, are within its reach"
    };
    let network = if is_offline { "it can open no connection" } else { "so is the network" };
    let network = if has_landlock() && !is_offline { "nothing keeps it from the network" } else { network };
    format!("the server runs without a sandbox ({refused}): {files}; {network}")
}

#[cfg(target_os = "linux")]
fn has_landlock() -> bool {
    super::sandbox::landlock::is_there()
}

#[cfg(not(target_os = "linux"))]
const fn has_landlock() -> bool {
    false
}

/// How a server ended.
#[derive(Debug)]
pub(crate) struct Ended {
    status: Option<ExitStatus>,
    outlived: Vec<Pid>,
    /// Its last lines on stderr, without the secrets that it was given.
    pub(crate) stderr: Vec<String>,
}

impl Server {
    /// As [`Self::begin`]. To be called inside the executor that will read the pipes.
    pub(crate) fn start(
        plan: Plan,
        stage: &Path,
        warn: &mut dyn FnMut(&str),
    ) -> Result<(Self, tokio::process::ChildStdin, tokio::process::ChildStdout), LaunchError> {
        let failed = |source| LaunchError::Stage { path: stage.to_owned(), source };
        let (server, stdin, stdout) = Self::begin(plan, stage, warn)?;
        let stdin = tokio::process::ChildStdin::from_std(stdin).map_err(failed)?;
        let stdout = tokio::process::ChildStdout::from_std(stdout).map_err(failed)?;
        Ok((server, stdin, stdout))
    }

    /// Starts the stage, which reports what is in force and starts the server. Without being told, it takes the best
    /// walls that there are, and calls `warn` before the server starts behind less than namespaces.
    pub(super) fn begin(
        plan: Plan,
        stage: &Path,
        warn: &mut dyn FnMut(&str),
    ) -> Result<(Self, ChildStdin, ChildStdout), LaunchError> {
        let (mut server, stdin, stdout) = match plan.confinement.sandbox {
            SandboxMode::Off => Self::behind(Walls::None, &plan, stage)?,
            SandboxMode::Required => Self::behind(Walls::Namespaces, &plan, stage)?,
            SandboxMode::Auto => match Self::behind(Walls::Namespaces, &plan, stage) {
                Err(LaunchError::NoSandbox { what, why }) => {
                    let is_offline = cfg!(target_os = "linux") && plan.confinement.network == Network::None;
                    warn(&warning(&format!("cannot {what}: {why}"), is_offline));
                    let mut started = Self::behind(Walls::Landlock, &plan, stage)?;
                    started.0.in_force.is_second_best = true;
                    started.0.in_force.is_offline = is_offline;
                    started
                }
                started => started?,
            },
        };
        server.folders = Some(plan.folders);
        Ok((server, stdin, stdout))
    }

    fn behind(
        walls: Walls,
        plan: &Plan,
        stage: &Path,
    ) -> Result<(Self, ChildStdin, ChildStdout), LaunchError> {
        let failed = |source| LaunchError::Stage { path: stage.to_owned(), source };
        let mut command = Command::new(stage);
        command
            .arg(STAGE)
            .env_clear()
            .envs(&plan.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = &plan.current {
            command.current_dir(folder);
        }
        let (mut child, adoption) = adoption::spawn(&mut command).map_err(failed)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stderr = child.stderr.take().map(|stderr| Tail::of(stderr, plan.secrets.clone()));
        let mut server = Self {
            stage: child,
            _adoption: adoption,
            mark: plan.folders.root().to_owned(),
            stderr,
            ended: false,
            in_force: InForce::default(),
            folders: None,
        };
        let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(failed(std::io::Error::other("a pipe is missing")));
        };
        // A stage that has ended tells why, or has told.
        let _ = plan.orders(walls).write(&mut stdin);
        match Report::read(&stdout) {
            Ok(Some(Report::Ready { sandbox, network })) => {
                server.in_force =
                    InForce { sandbox, network, is_offline: network == Network::None, is_second_best: false };
                Ok((server, stdin, stdout))
            }
            Ok(Some(Report::Refused { what, why })) => Err(LaunchError::NoSandbox { what, why }),
            Ok(None) | Err(_) => {
                drop((stdin, stdout));
                Err(LaunchError::Silent { stderr: server.end(Duration::ZERO).stderr })
            }
        }
    }

    /// What the stage said is in force.
    pub(crate) const fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        let stage = i32::try_from(self.stage.id()).ok().and_then(Pid::from_raw);
        stage.is_none_or(|stage| fate(stage, Duration::ZERO).is_some())
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
        drop(self.folders.take());
        outlived
    }

    /// How much it has written on stderr.
    pub(super) fn stderr_bytes(&self) -> u64 {
        self.stderr.as_ref().map_or(0, Tail::bytes)
    }

    /// Its exit code, once it has ended; `None` where a signal ended it.
    pub(super) fn exit_code(ended: &Ended) -> Option<i32> {
        ended.status.and_then(|status| status.code()).filter(|code| *code < 128)
    }

    /// What the stage has left, because it was killed or because it ran out of time.
    fn kill_the_rest(&self, stage: Pid, done_by_stage: bool) -> Vec<Pid> {
        let (until, mark) = (Instant::now() + KILL_TIME, self.mark.as_os_str().as_bytes());
        // The mark is chosen for this stage: whoever ran before it cannot have been started with it.
        let began = processes::started(stage);
        // The stage has looked well. Without it, a process could fork and end just while we look.
        let mut looks = if done_by_stage { 1 } else { 3 };
        loop {
            let running = processes::running();
            let ours = running.iter().filter(|process| {
                let in_session = process.session == stage.as_raw_pid();
                let is_older = began.is_some_and(|began| process.started < began);
                process.pid != stage && (in_session || (!is_older && processes::carries(process.pid, mark)))
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
        until_ended(child, until.saturating_duration_since(Instant::now()));
    }
}

/// Returns when our child has ended, or earlier; after `patience` at the latest.
#[cfg(target_os = "linux")]
fn until_ended(child: Pid, patience: Duration) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};

    // Kernels before 5.3 have none.
    let Ok(handle) = pidfd_open(child, PidfdFlags::empty()) else { return std::thread::sleep(LOOK_EVERY) };
    let patience = Timespec::try_from(patience).ok();
    // Whatever woke us, the caller looks again.
    if poll(&mut [PollFd::new(&handle, PollFlags::IN)], patience.as_ref()).is_err() {
        std::thread::sleep(LOOK_EVERY);
    }
}

#[cfg(not(target_os = "linux"))]
fn until_ended(_: Pid, _: Duration) {
    std::thread::sleep(LOOK_EVERY);
}

impl Ended {
    /// Whether the stage could not start the server, `spoken` telling whether a byte came on stdout.
    pub(crate) fn not_started(&self, spoken: bool) -> bool {
        !spoken && self.status.and_then(|status| status.code()) == Some(i32::from(NOT_STARTED))
    }

    /// How it ended, in words.
    pub(crate) fn status(&self) -> String {
        match self.status.and_then(|status| status.code()) {
            // As shells have it; no signal has a higher number than 64.
            Some(code @ 129..=192) => format!("signal {}", code - 128),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_ended_is_said() {
        let ended = |outlived| Ended { status: None, outlived, stderr: Vec::new() };
        assert_eq!(ended(Vec::new()).outlived(), None);
        let finding = ended(vec![rustix::process::getpid()]).outlived().unwrap();
        assert_eq!(finding.code, code::PROCESS_OUTLIVES);
        assert!(finding.message.ends_with(&std::process::id().to_string()), "{}", finding.message);
    }
}
