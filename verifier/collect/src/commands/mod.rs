//! Launch commands of MCP clients (`npx -y x@1`, `uvx y`, `docker run z`) as references to what they start, and what such a
//! command leaves open (`spec/scan.md`).
//!
//! Pure: a command is read, nothing is looked up or run.

mod client;
mod container;
mod options;
mod package;
mod shell;
#[cfg(test)]
mod tests;

use mcpsign_schemas::purl::Purl;

pub use client::{ClientError, MAX_BYTES as MAX_CONFIGURATION, Server, Started, servers, started};

/// What a command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The package or image, with its version where the command says an exact one.
    pub purl: Purl,
    /// The version, range, tag or digest as asked for; `None` where nothing is.
    pub asked: Option<String>,
    /// What the same command may do otherwise tomorrow.
    pub open: Vec<Open>,
    /// Packages that are fetched beside it and that its code may load.
    pub with: Vec<Purl>,
}

/// Something that a command does not pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// Which version is started: none is named, or a range or tag.
    Version,
    /// Which dependencies are installed: they are resolved whenever it is started.
    Dependencies,
}

impl Open {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Dependencies => "dependencies",
        }
    }
}

/// Why a command is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No command.
    #[error("no command")]
    Empty,
    /// A program that fetches nothing by name: what it starts lies on the machine.
    #[error("it starts what lies on this machine")]
    Local,
    /// An option of which it is not known whether a value follows.
    #[error("an option that is not known stands before what is started")]
    Option,
    /// Nothing that could be a package or image.
    #[error("it names no package or image")]
    Nothing,
    /// Several packages, and none is called like the command.
    #[error("it fetches several packages, and nothing says which of them it starts")]
    Several,
    /// A package that comes from elsewhere than a registry: a repository, an archive, a folder.
    #[error("it starts a package that comes from no registry")]
    Elsewhere,
    /// A script of a shell that is more than one plain command.
    #[error("it is a script of a shell, and more than one plain command")]
    Script,
    /// Commands in commands.
    #[error("commands are nested more than {MAX_WRAPPERS} deep")]
    Depth,
}

/// Commands in commands at the most: `cmd /c env A=B npx …` are three.
const MAX_WRAPPERS: usize = 8;

/// Reads a command: the program, then its arguments.
///
/// # Errors
/// When it starts nothing that has a reference, or leaves open what it starts.
pub fn read(argv: &[&str]) -> Result<Launched, CommandError> {
    within(argv, 0)
}

/// Reads a command that stands in as many others.
fn within(argv: &[&str], depth: usize) -> Result<Launched, CommandError> {
    if depth > MAX_WRAPPERS {
        return Err(CommandError::Depth);
    }
    let (program, rest) = argv.split_first().ok_or(CommandError::Empty)?;
    let read = |argv: &[&str]| within(argv, depth + 1);
    match (program_name(program), rest) {
        // Windows starts scripts through its shell, others set the environment first.
        ("cmd", rest) => shell::cmd(rest, read),
        ("sh" | "bash" | "dash" | "zsh" | "ash", rest) => shell::posix(rest, read),
        ("env", rest) => shell::env(rest, read),
        ("exec" | "command" | "nohup", rest) => read(rest),
        ("npx" | "pnpx" | "bunx", rest) => package::npx(rest),
        ("npm", rest) => package::after(&package::NPX, rest, &[&["exec"], &["x"]], package::npx),
        ("pnpm" | "yarn", rest) => package::after(&package::NPX, rest, &[&["dlx"]], package::npx),
        ("bun", rest) => package::after(&package::NPX, rest, &[&["x"]], package::npx),
        ("uvx", rest) => package::uvx(rest),
        ("uv", rest) => package::after(&package::UVX, rest, &[&["tool", "run"]], package::uvx),
        ("pipx", ["run", rest @ ..]) => package::pipx(rest),
        ("deno", ["run" | "x", rest @ ..]) => package::deno(rest),
        ("deno", rest @ [first, ..]) if first.starts_with('-') || first.contains(':') => package::deno(rest),
        ("cargo", ["install", rest @ ..]) => package::cargo(rest),
        ("go", ["run", rest @ ..]) => package::go(rest),
        ("dnx", rest) | ("dotnet", ["dnx", rest @ ..] | ["tool", "exec", rest @ ..]) => package::dnx(rest),
        ("docker" | "podman" | "nerdctl", rest) => container::client(rest),
        _ => Err(CommandError::Local),
    }
}

/// The name of a program, without folders and without what Windows ends it with.
fn program_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    [".exe", ".cmd", ".bat"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}
