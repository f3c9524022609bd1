//! Starting a server from a clean slate, and ending it with everything that it started.
//!
//! We start the *stage*, a second run of our own executable, in a session of its own. It builds the walls (`sandbox/`),
//! reports what is in force, starts the *server* in a process group of its own, and waits. However the server ends, or if
//! we end first, the stage ends what is left of it: with namespaces, because process 1 of them, which is the stage's, ends; without,
//! because it adopts whatever its descendants leave behind (subreaper) and kills it.
//! Should the server kill the stage, which it can without namespaces only, we look ourselves for its session, for orphans that come to us, and for the
//! mark: the unique path of the fresh folders, which `HOME`, `TMPDIR` and the `XDG_*` variables carry. There is no variable
//! for that alone, because a server that lists other things when it is watched would know it (M24).

mod adoption;
mod confinement;
mod folders;
mod interpreter;
mod kept;
mod limits;
mod needs;
mod plan;
mod private;
mod processes;
mod record;
#[cfg(target_os = "linux")]
mod sandbox;
mod server;
mod stage;
mod tail;
mod tool;
#[cfg(target_os = "linux")]
mod watch;

use std::path::PathBuf;

pub use self::confinement::{Confinement, SandboxMode};
pub use self::kept::KeptFolder;
pub(crate) use self::plan::{Plan, find as find_program};
pub(crate) use self::record::runtime;
pub(crate) use self::server::{InForce, Server};
pub use self::stage::exec_stage;
pub use self::tool::{Tool, ToolLimits, ToolOutput, ToolStatus, run_tool};

/// The first argument that makes an executable of ours the stage.
pub const STAGE: &str = "__exec-stage";
/// With this code the stage ends when it could not start the server, as shells do.
pub const NOT_STARTED: u8 = 127;

/// What runs one server's conversation: our own thread and no other.
///
/// # Errors
/// When the system gives no event queue.
pub(crate) fn executor() -> Result<tokio::runtime::Runtime, LaunchError> {
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build();
    executor.map_err(|source| LaunchError::Executor { source })
}

/// A command line that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no program in it.
    #[error("the command line is empty")]
    Empty,
    /// Nothing of that name.
    #[error("`{program}` is not found")]
    NotFound {
        /// As given.
        program: String,
    },
    /// Something that is no executable file.
    #[error("{} is not an executable file", .path.display())]
    NotExecutable {
        /// Where it lies.
        path: PathBuf,
    },
    /// What would be recorded has to be text.
    #[error("`{text}` is not UTF-8")]
    NotUtf8 {
        /// It, with what is no UTF-8 replaced.
        text: String,
    },
    /// A placeholder without a value.
    #[error("`{{{name}}}` stands for nothing here")]
    Placeholder {
        /// Without braces.
        name: String,
    },
    /// A variable that cannot be set: no name or a bad one, given twice, a value with NUL, or reserved.
    #[error("the variable `{name}` cannot be set: {why}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The file is there, but the system does not run it.
    #[error("the command could not be started")]
    NotStarted {
        /// What the stage said.
        stderr: Vec<String>,
    },
}

/// What this machine lacks, or what the stage could not do.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The fresh folders.
    #[error("cannot make a folder in the temporary folder, which `TMPDIR` names")]
    Folders {
        /// The system's reason.
        source: std::io::Error,
    },
    /// Our own executor.
    #[error("cannot make an executor")]
    Executor {
        /// The system's reason.
        source: std::io::Error,
    },
    /// The stage's process.
    #[error("cannot start {}", .path.display())]
    Stage {
        /// The executable.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No sandbox, where there must be one.
    #[error("this machine gives no sandbox: cannot {what}: {why}")]
    NoSandbox {
        /// What failed.
        what: String,
        /// The system's reason.
        why: String,
    },
    /// The stage ended or hung before it could say what is in force.
    #[error("the stage that confines the server failed: {}", .stderr.last().map_or("it said nothing", String::as_str))]
    Silent {
        /// Its last lines on stderr.
        stderr: Vec<String>,
    },
    /// A tool that takes too long or says too much.
    #[error("{} was ended: {why}", .program.display())]
    Tool {
        /// Its program.
        program: PathBuf,
        /// Which limit it met.
        why: &'static str,
    },
    /// The stage was called by something else than us.
    #[error("the arguments of the stage are wrong")]
    Arguments,
    /// The stage will not start a server that it could not confine.
    #[error("cannot {what}")]
    Confine {
        /// What failed.
        what: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The server's process.
    #[error("cannot start {}: {reason}", .program.display())]
    Start {
        /// Its program.
        program: PathBuf,
        /// The system's reason; in the message, for the stage has one line to say it.
        reason: std::io::Error,
    },
}
