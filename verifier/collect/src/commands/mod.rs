//! Launch commands of MCP clients (`npx -y x@1`, `uvx y`, `docker run z`) as references to what they start, and what such a
//! command leaves open (`spec/scan.md`).
//!
//! Pure: a command is read, nothing is looked up or run.

mod bridge;
mod client;
mod container;
mod options;
mod package;
mod python;
mod registry;
mod shell;
#[cfg(test)]
mod tests;
mod wrapper;

use mcpsign_schemas::purl::Purl;
pub use mcpsign_schemas::scan::Open;
use mcpsign_schemas::untrusted::escape;

use self::package::Commands;

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
    /// What it starts or speaks to in turn, where it is a bridge to another server.
    pub behind: Option<Box<Behind>>,
}

/// What a bridge starts or speaks to in turn, or why nobody can tell.
pub type Behind = Result<Started, CommandError>;

/// A program that fetches nothing by its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    /// What it is called, without folders.
    pub program: String,
    /// Packages that are fetched beside it and that its code may load.
    pub with: Vec<Purl>,
    /// What it starts or speaks to in turn, where it is a bridge.
    pub behind: Option<Box<Behind>>,
}

/// Why a command is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No command.
    #[error("no command")]
    Empty,
    /// A program that fetches nothing by name: what it starts lies on the machine.
    #[error("it starts what lies on this machine: `{}`", escape(&.0.program))]
    Local(Local),
    /// A part of the client that its configuration does not say more of.
    #[error("an extension of the client starts it")]
    Extension,
    /// A program whose text stands in the configuration itself.
    #[error("it runs code that stands in the configuration")]
    Code,
    /// An option of which it is not known whether a value follows.
    #[error("an option that is not known stands before what is started: `{}`", escape(.0))]
    Option(String),
    /// A bridge that is told in another way than its arguments what it bridges.
    #[error("what `{0}` starts or speaks to is not in its arguments")]
    Bridge(&'static str),
    /// Nothing that could be a package or image.
    #[error("it names no package or image")]
    Nothing,
    /// Several packages, and none is called like the command.
    #[error("it fetches several packages, and nothing says which of them it starts")]
    Several,
    /// A package that comes from elsewhere than a registry: a repository, an archive, a folder.
    #[error("it starts a package that comes from no registry")]
    Elsewhere,
    /// A program that fetches what it starts, by a file or in a language of its own.
    #[error("it fetches what it starts in a way that is not read")]
    Unread,
    /// A server of a configuration with neither a command nor an address.
    #[error("it has neither a command nor an address that could be read")]
    Server,
    /// A script of a shell that is more than one plain command.
    #[error("it is a script of a shell, and more than one plain command")]
    Script,
    /// Commands in commands.
    #[error("commands are nested more than {MAX_WRAPPERS} deep")]
    Depth,
}

const NPM: Commands = Commands { start: &["exec", "x"], create: &["create", "init", "innit"] };
const PNPM: Commands = Commands { start: &["dlx"], create: &["create"] };
const BUN: Commands = Commands { start: &["x"], create: &["create", "c"] };

/// Commands in commands at the most: `cmd /c env A=B npx …` are three.
const MAX_WRAPPERS: usize = 8;

impl CommandError {
    /// Of a program whose name is added where it is known.
    const LOCAL: Self = Self::Local(Local { program: String::new(), with: Vec::new(), behind: None });

    /// The program that starts what lies on this machine, where that is why.
    pub fn into_local(self) -> Option<Local> {
        match self {
            Self::Local(local) => Some(local),
            _ => None,
        }
    }

    fn of(mut self, name: &str) -> Self {
        if let Self::Local(Local { program, .. }) = &mut self
            && program.is_empty()
        {
            name.clone_into(program);
        }
        self
    }
}

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
    let name = program_name(program);
    let found = match (&*name, rest) {
        // Windows starts scripts through its shell, others set the environment first.
        ("cmd", rest) => shell::cmd(rest, read),
        ("powershell" | "pwsh", rest) => shell::power(rest, read),
        ("wsl", rest) => shell::wsl(rest, read),
        ("sh" | "bash" | "dash" | "zsh" | "ash", rest) => shell::posix(rest, read),
        ("env", rest) => shell::env(rest, read),
        ("exec" | "command" | "nohup", rest) => read(rest),
        (
            "sudo" | "doas" | "timeout" | "nice" | "ionice" | "setsid" | "stdbuf" | "time" | "caffeinate",
            rest,
        ) => wrapper::transparent(&name, rest, read),
        ("npx" | "pnpx" | "pnx" | "bunx", rest) => package::npx(rest, read),
        ("npm", rest) => package::after(rest, &NPM, read),
        ("pnpm" | "pn" | "yarn", rest) => package::after(rest, &PNPM, read),
        ("bun", rest) => package::after(rest, &BUN, read),
        // It fetches the manager first, in a version of its own.
        ("corepack", [manager, rest @ ..]) => {
            let manager = manager.split('@').next().unwrap_or_default();
            read(&[&[manager][..], rest].concat())
        }
        ("node", [script, rest @ ..]) if script.ends_with("npx-cli.js") => package::npx(rest, read),
        ("node", [script, rest @ ..]) if script.ends_with("npm-cli.js") => package::after(rest, &NPM, read),
        ("uvx", rest) => python::uvx(rest, read),
        ("uv", rest) => python::uv(rest, read),
        ("pipx", rest) => python::pipx(rest, read),
        ("deno", ["run", rest @ ..]) => package::deno(rest, read),
        ("deno", ["x", rest @ ..]) => package::deno_x(rest, read),
        // Deno's own name for it, where it is none of another program's.
        ("dx", rest) if rest.iter().any(|word| word.starts_with("npm:") || word.starts_with("jsr:")) => {
            package::deno_x(rest, read)
        }
        ("deno", rest @ [first, ..]) if first.starts_with('-') || first.contains(':') => {
            package::deno(rest, read)
        }
        ("cargo", [toolchain, "install", rest @ ..]) if toolchain.starts_with('+') => package::cargo(rest),
        ("cargo", ["install", rest @ ..]) => package::cargo(rest),
        ("go", ["run", rest @ ..]) => package::go(rest),
        ("dnx", rest) | ("dotnet", ["dnx", rest @ ..] | ["tool", "execute" | "exec", rest @ ..]) => {
            package::dnx(rest)
        }
        ("docker" | "podman" | "nerdctl" | "finch", rest) => container::client(rest, read),
        ("docker-compose" | "podman-compose" | "jbang", _)
        | ("nix", ["run" | "shell" | "develop", ..])
        | ("nix-shell", _)
        | ("pixi", ["exec" | "x", ..])
        | ("gem", ["exec", ..])
        | ("thv" | "toolhive", ["run", ..]) => Err(CommandError::Unread),
        ("smithery", _) => Err(CommandError::Bridge("@smithery/cli")),
        // Which program it is a variable says.
        (name, _) if name.contains('$') || name.starts_with('%') => Err(CommandError::Nothing),
        (name, rest) => {
            let module = if name.starts_with("py") { python::module(rest, read) } else { None };
            module.unwrap_or_else(|| {
                let behind = bridge::behind(name, rest, read);
                Err(CommandError::Local(Local { behind, ..Local::default() }))
            })
        }
    };
    found.map_err(|error| wrapper::followed(error.of(&name), rest, read))
}

/// The name of a program, without folders and without what Windows ends it with, where case does not count.
fn program_name(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let lower = name.to_ascii_lowercase();
    let ends = [".exe", ".cmd", ".bat", ".ps1"];
    let of_windows = ends.iter().find_map(|end| lower.strip_suffix(end));
    of_windows.map_or_else(|| if lower == "cmd" { lower.clone() } else { name.to_owned() }, str::to_owned)
}
