//! Running somebody's installer behind the same walls as a server: it executes what it fetches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mcpsign_schemas::manifest::{Network, Sandbox};
use zeroize::Zeroizing;

use super::tail::Tail;
use super::{Confinement, LaunchError, Plan, Server};

/// Between two looks whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long the last words are waited for once nobody can write them any more.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What to run. Not `Debug`: it holds secrets.
pub struct Tool {
    /// Absolute: nothing is looked up.
    pub program: PathBuf,
    /// Its arguments, without a shell.
    pub args: Vec<String>,
    /// Variables, besides `PATH`, `LANG`, `TZ` and those that name fresh folders (`HOME`, `TMPDIR`, `XDG_*`).
    pub env: BTreeMap<String, String>,
    /// Variables whose values are secrets.
    pub secret_env: BTreeMap<String, Zeroizing<String>>,
    /// What it is kept from.
    pub confinement: Confinement,
    /// Folders of the machine that it writes to; they exist. All others are read-only, absent, or fresh and gone afterwards.
    pub writable: Vec<PathBuf>,
    /// What it may cost.
    pub limits: ToolLimits,
}

/// What a tool may cost.
#[derive(Debug, Clone, Copy)]
pub struct ToolLimits {
    /// From start to end.
    pub time: Duration,
    /// On stdout and on stderr, each.
    pub output_bytes: u64,
    /// Bytes that its processes may hold in memory together, where namespaces tell them from others.
    pub memory: u64,
}

impl ToolLimits {
    /// As much as a server may hold.
    pub const MEMORY: u64 = super::limits::MEMORY;
}

/// How a tool ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// In what way.
    pub status: ToolStatus,
    /// The last lines on stdout, without the secrets that it was given: to be escaped before they are shown.
    pub stdout_tail: Vec<String>,
    /// The last lines on stderr, likewise.
    pub stderr_tail: Vec<String>,
    /// What confined it.
    pub sandbox: Sandbox,
    /// Which network it had.
    pub network: Network,
}

/// In what way a tool ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolStatus {
    /// By itself, with exit code 0.
    Succeeded,
    /// By itself, with another one.
    Failed(i32),
    /// By a signal.
    Killed,
}

/// Runs a tool to its end; nothing that it started lives on. Blocks. `stage` is an executable that runs [`super::exec_stage`]
/// when its first argument is [`super::STAGE`].
///
/// # Errors
/// It could not be started or confined as asked for, or met a limit.
pub fn run_tool(tool: &Tool, stage: &Path) -> Result<ToolOutput, LaunchError> {
    let ended = |why| LaunchError::Tool { program: tool.program.clone(), why };
    if !tool.program.is_absolute() {
        return Err(ended("its path is not absolute"));
    }
    let until = Instant::now() + tool.limits.time;
    let plan = Plan::of_tool(tool)?;
    let secrets = plan.secrets.clone();
    let (server, stdin, stdout) = Server::begin(plan, stage, &mut |_| ())?;
    // Nothing is asked, so nothing can wait for an answer.
    drop(stdin);
    let stdout = Tail::of(stdout, secrets);
    let in_force = server.in_force().clone();
    while !server.has_ended() {
        if Instant::now() > until {
            return Err(ended("it took too long"));
        }
        if stdout.bytes().max(server.stderr_bytes()) > tool.limits.output_bytes {
            return Err(ended("it wrote too much"));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let end = server.end(Duration::ZERO);
    if end.outlived().is_some() {
        return Err(ended("its processes could not be ended"));
    }
    let status = match Server::exit_code(&end) {
        Some(0) => ToolStatus::Succeeded,
        Some(code) => ToolStatus::Failed(code),
        None => ToolStatus::Killed,
    };
    Ok(ToolOutput {
        status,
        stdout_tail: stdout.lines(LAST_WORDS),
        stderr_tail: end.stderr,
        sandbox: in_force.sandbox,
        network: in_force.network,
    })
}
