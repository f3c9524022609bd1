//! Launch commands of MCP clients (`npx -y x@1`, `uvx y`, `docker run z`) as references to what they start, and what such a
//! command leaves open.
//!
//! Pure: a command is read, nothing is looked up or run.

mod container;
mod options;
mod package;
#[cfg(test)]
mod tests;

use mcpsign_schemas::purl::Purl;

/// What a command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The package or image, with its version where the command says an exact one.
    pub purl: Purl,
    /// The version, range, tag or digest as asked for; `None` where nothing is.
    pub asked: Option<String>,
    /// What the same command may do otherwise tomorrow.
    pub open: Vec<Open>,
}

/// Something that a command does not pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// Which version is started: none is named, or a range or tag.
    Version,
    /// Which dependencies are installed: they are resolved whenever it is started.
    Dependencies,
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
    /// A package that comes from elsewhere than a registry: a repository, an archive, a folder.
    #[error("it starts a package that comes from no registry")]
    Elsewhere,
}

/// Reads a command: the program, then its arguments.
///
/// # Errors
/// When it starts nothing that has a reference, or leaves open what it starts.
pub fn read(argv: &[&str]) -> Result<Launched, CommandError> {
    let (program, rest) = argv.split_first().ok_or(CommandError::Empty)?;
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let name = [".exe", ".cmd", ".bat"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    match (name, rest) {
        // Windows starts scripts through its shell, others set the environment first.
        ("cmd", [switch, rest @ ..]) if switch.eq_ignore_ascii_case("/c") => read(rest),
        ("env", rest) => {
            let first = rest.iter().position(|word| !word.contains('=')).ok_or(CommandError::Empty)?;
            read(rest.get(first..).unwrap_or_default())
        }
        ("npx" | "pnpx", rest) => package::npx(rest),
        ("npm", ["exec" | "x", rest @ ..]) => package::npx(rest),
        ("pnpm", ["dlx" | "exec", rest @ ..]) | ("yarn", ["dlx", rest @ ..]) => package::npx(rest),
        ("bunx", rest) | ("bun", ["x", rest @ ..]) => package::npx(rest),
        ("uvx", rest) | ("uv", ["tool", "run", rest @ ..]) => package::uvx(rest),
        ("pipx", ["run", rest @ ..]) => package::pipx(rest),
        ("deno", ["run", rest @ ..]) => package::deno(rest),
        ("docker" | "podman" | "nerdctl", ["run", rest @ ..])
        | ("docker" | "podman", ["container", "run", rest @ ..]) => container::run(rest),
        _ => Err(CommandError::Local),
    }
}
