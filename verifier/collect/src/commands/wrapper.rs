//! Programs that start the command in their arguments.

use super::options::Options;
use super::{CommandError, Launched, Local, Started, program_name};

/// Those that only change how a command runs, and what may stand before it.
const TRANSPARENT: &[(&str, Options)] = &[
    ("sudo", SUDO),
    ("doas", SUDO),
    (
        "timeout",
        Options {
            flags: &["--foreground", "--preserve-status", "-v", "--verbose"],
            valued: &["-k", "--kill-after", "-s", "--signal"],
        },
    ),
    ("nice", Options { flags: &[], valued: &["-n", "--adjustment"] }),
    ("ionice", Options { flags: &["-t", "--ignore"], valued: &["-c", "--class", "-n", "--classdata"] }),
    ("setsid", Options { flags: &["-c", "--ctty", "-f", "--fork", "-w", "--wait"], valued: &[] }),
    ("stdbuf", Options { flags: &[], valued: &["-i", "--input", "-o", "--output", "-e", "--error"] }),
    ("time", Options { flags: &["-p", "--portability", "-v", "--verbose"], valued: &["-f", "-o"] }),
    ("caffeinate", Options { flags: &["-d", "-i", "-m", "-s", "-u"], valued: &["-t", "-w"] }),
];

#[rustfmt::skip]
const SUDO: Options = Options {
    flags: &[
        "-A", "-b", "-E", "-H", "-i", "-k", "-n", "-P", "-S", "-s", "--askpass", "--background", "--preserve-env",
        "--set-home", "--login", "--non-interactive", "--stdin", "--shell",
    ],
    valued: &[
        "-C", "-D", "-g", "-h", "-p", "-R", "-r", "-T", "-t", "-u", "--chdir", "--chroot", "--group", "--host", "--prompt",
        "--user",
    ],
};

/// `sudo COMMAND`, `timeout DURATION COMMAND` and such.
pub(super) fn transparent(
    name: &str,
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let known = TRANSPARENT.iter().find(|(known, _)| *known == name);
    let (_, options) = known.ok_or(CommandError::LOCAL)?;
    let command = match (name, options.read(words)?.rest) {
        ("timeout", [_, command @ ..]) => command,
        (_, command) => command,
    };
    let assigned = command.iter().take_while(|word| word.contains('=')).count();
    match command.get(assigned..) {
        None | Some([]) => Err(CommandError::LOCAL),
        Some(command) => read(command),
    }
}

/// Programs by whose name a command is known that may fetch what it starts.
const FETCHING: [&str; 19] = [
    "npx", "pnpx", "pnx", "bunx", "npm", "pnpm", "pn", "yarn", "bun", "deno", "uvx", "uv", "pipx", "dnx",
    "docker", "podman", "nerdctl", "finch", "jbang",
];

/// A program of this machine with what it starts in turn, where one that may fetch stands among its arguments: `op run -- npx x`.
pub(super) fn followed(
    error: CommandError,
    arguments: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> CommandError {
    let CommandError::Local(local) = error else { return error };
    let at = arguments.iter().position(|word| FETCHING.contains(&&*program_name(word)));
    let behind = match (&local.behind, at.and_then(|at| arguments.get(at..))) {
        (None, Some(command)) => match read(command) {
            Ok(launched) => Some(Box::new(Ok(Started::Launched(Box::new(launched))))),
            Err(CommandError::Local(inner)) => inner.behind,
            Err(error) => Some(Box::new(Err(error))),
        },
        _ => None,
    };
    CommandError::Local(Local { behind: local.behind.or(behind), ..local })
}
