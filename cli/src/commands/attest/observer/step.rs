//! The steps of an installation: each a program of the ecosystem, run where it can reach nothing but what it is given.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcpsign_collect::launch::{Confinement, KeptFolder, SandboxMode, Tool, ToolLimits, ToolStatus, run_tool};
use mcpsign_schemas::code::attest::INSTALL_FAILED;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Network;
use zeroize::Zeroizing;

use crate::commands::server;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;

/// For one step: a crate with a few hundred dependencies builds in some minutes on two cores.
const STEP_TIME: Duration = Duration::from_secs(1800);
/// Bytes that a step may say: builds say a line for each dependency.
const STEP_OUTPUT: u64 = 16 << 20;

/// A fresh private folder to install into, and the walls around whoever writes there.
pub(super) struct Stage {
    folder: KeptFolder,
    sandbox: SandboxMode,
    /// What may be read beside the system: the client itself, the roots of its registry, the artifact.
    readable: Vec<PathBuf>,
}

/// One program to run.
pub(super) struct Step<'a> {
    /// For messages: `npm install`.
    pub(super) what: &'static str,
    /// Absolute.
    pub(super) program: &'a Path,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) secret_env: Vec<(String, Zeroizing<String>)>,
    pub(super) network: Network,
}

impl Stage {
    /// # Errors
    /// When no temporary folder can be made.
    pub(super) fn new(sandbox: SandboxMode, readable: Vec<PathBuf>) -> Result<Self, Failure> {
        let folder = KeptFolder::new(&server::stage()?).map_err(|error| {
            Failure::from_error(&error).hint("set TMPDIR to a folder that can be written to")
        })?;
        Ok(Self { folder, sandbox, readable })
    }

    /// A new folder in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.root().join(name);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| unusable(&path, error))?;
        Ok(path)
    }

    /// The folder itself, links resolved: what is installed records its own path.
    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Runs one step to its end.
    ///
    /// # Errors
    /// When it cannot be started or confined (exit 2), or fails (3): then nothing can be observed.
    pub(super) fn run(&self, step: Step<'_>, out: &mut Output) -> Result<(), Failure> {
        let what = step.what;
        out.talk(format_args!(
            "{what}, {}",
            match self.sandbox {
                SandboxMode::Off => "without a sandbox",
                SandboxMode::Auto | SandboxMode::Required => "in the sandbox",
            }
        ));
        let tool = Tool {
            program: step.program.to_owned(),
            args: step.args,
            env: step.env.into_iter().collect::<BTreeMap<_, _>>(),
            secret_env: step.secret_env.into_iter().collect(),
            confinement: Confinement {
                sandbox: self.sandbox,
                network: step.network,
                readable: self.readable.clone(),
                hidden: Vec::new(),
            },
            writable: vec![self.root().to_owned()],
            limits: ToolLimits { time: STEP_TIME, output_bytes: STEP_OUTPUT, memory: ToolLimits::MEMORY },
        };
        let output = run_tool(&tool, &server::stage()?).map_err(|error| {
            Failure::from_error(&error)
                .hint("an installation needs the same of the machine as a capture does")
        })?;
        let how = match output.status {
            ToolStatus::Succeeded => return Ok(()),
            ToolStatus::Failed(code) => format!("with exit code {code}"),
            ToolStatus::Killed => "by a signal".to_owned(),
        };
        let said: Vec<String> = output.stdout_tail.into_iter().chain(output.stderr_tail).collect();
        out.aside(human::server_stderr(&said));
        let finding = Finding::new(INSTALL_FAILED, format!("`{what}` ended {how}"));
        out.aside(human::findings(std::slice::from_ref(&finding)));
        Err(Failure::new(Exit::Undecided, "the package could not be installed; nothing was written")
            .hint(INSTALL_FAILED.cure))
    }
}

/// A file or folder of the installation that is not as it should be.
pub(super) fn unusable(path: &Path, error: std::io::Error) -> Failure {
    Failure::usage(format!("cannot use `{}`", path.display()))
        .because(error)
        .hint("set TMPDIR to a folder that can be written to, on a disk with room")
}

/// `path` as an argument.
///
/// # Errors
/// When it is not UTF-8, as what is recorded has to be.
pub(super) fn argument(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::usage(format!("`{}` is not UTF-8", path.display()))
            .hint("set TMPDIR to a folder with a plain name")
    })
}
