//! Programs that start another command: shells with one plain command, and `env`.

use super::options::Options;
use super::{CommandError, Launched};

/// Outside of quotes they end a command, redirect it or group several, in a shell of POSIX.
const SPECIAL: &[char] = &[';', '|', '&', '<', '>', '(', ')', '\n', '{', '}'];

/// What shells of Windows do more with, in quotes too.
const SPECIAL_ON_WINDOWS: &[char] = &['`', '$', '*', '?', '~', '#', '!', '%', '^'];

/// `sh -c 'COMMAND'`.
pub(super) fn posix(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let options = words.iter().take_while(|word| word.starts_with('-')).count();
    let is_start = |word: &&str| word.ends_with('c') && !word.starts_with("--");
    let runs_script = words.iter().take(options).any(is_start);
    let script = words.get(options).filter(|_| runs_script).ok_or(CommandError::LOCAL)?;
    let words = plain(script)?;
    read(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// `cmd /c COMMAND`, in one word or several.
pub(super) fn cmd(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let is_start = |word: &&str| word.eq_ignore_ascii_case("/c") || word.eq_ignore_ascii_case("/k");
    let start = words.iter().position(is_start).ok_or(CommandError::LOCAL)?;
    match words.get(start + 1..).unwrap_or_default() {
        [script] if script.contains(' ') => {
            let words = plain_of_windows(script)?;
            read(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }
        words => read(words),
    }
}

const ENV: Options = Options {
    flags: &["-i", "-0", "--ignore-environment", "--null", "-v", "--debug"],
    valued: &["-u", "--unset", "-C", "--chdir", "-S", "--split-string"],
};

/// `env NAME=VALUE… COMMAND`.
pub(super) fn env(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = ENV.read(words)?;
    let mut split = Vec::new();
    for script in said.of(&["-S", "--split-string"]) {
        split.extend(plain(script)?);
    }
    let words = split.iter().map(String::as_str).chain(said.rest.iter().copied());
    read(&words.skip_while(|word| word.contains('=')).collect::<Vec<_>>())
}

/// `powershell -Command COMMAND`, in one word or several.
pub(super) fn power(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let is = |word: &str, names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    let start = words.iter().position(|word| is(word, &["-command", "-c"])).ok_or(CommandError::LOCAL)?;
    match words.get(start + 1..).unwrap_or_default() {
        [script] => {
            let words = plain_of_windows(script)?;
            read(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }
        words => read(words),
    }
}

const WSL: Options = Options {
    flags: &["-e", "--exec", "~", "--system"],
    valued: &["-d", "--distribution", "--distribution-id", "-u", "--user", "--cd", "--shell-type"],
};

/// `wsl COMMAND`: on Windows, in its Linux.
pub(super) fn wsl(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    read(WSL.read(words)?.rest)
}

/// The words of a script that is one plain command; what it sets in the environment first does not count.
pub(super) fn plain(script: &str) -> Result<Vec<String>, CommandError> {
    if is_more(script) {
        return Err(CommandError::Script);
    }
    let mut words = shlex::split(script).ok_or(CommandError::Script)?;
    let command = words.iter().position(|word| !is_assignment(word)).unwrap_or(words.len());
    match words.split_off(command) {
        // It turns round what a command answers.
        words if words.first().is_some_and(|word| word == "!") => Err(CommandError::Script),
        words => Ok(words),
    }
}

/// The same of a shell of Windows: a backslash is none but itself, and what is quoted may still be more.
pub(super) fn plain_of_windows(script: &str) -> Result<Vec<String>, CommandError> {
    if script.contains(SPECIAL) || script.contains(SPECIAL_ON_WINDOWS) {
        return Err(CommandError::Script);
    }
    plain(&script.replace('\\', "\\\\"))
}

/// Whether a script is more than one plain command. What a shell replaces in its words (variables, patterns, `~`) is told as it stands.
fn is_more(script: &str) -> bool {
    let mut quote = None;
    let mut is_start = true;
    let mut chars = script.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') if chars.next() == Some('\n') => return true,
            (_, '\\') => {}
            (_, '`') => return true,
            (quote, '$') => match behind_variable(chars.as_str(), quote.is_some()) {
                Some(rest) => chars = rest.chars(),
                None => return true,
            },
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            // A comment goes to the end of the line.
            (None, '#') if is_start => return chars.as_str().contains('\n'),
            (None, c) if SPECIAL.contains(&c) => return true,
            (None, _) => {}
        }
        is_start = quote.is_none() && c.is_ascii_whitespace();
    }
    false
}

/// What follows a `$` and the name of its variable; `None` where it runs another command, or spells text in a way of its own. The folder
/// that one is in is all that `$(pwd)` tells.
fn behind_variable(rest: &str, is_quoted: bool) -> Option<&str> {
    if let Some(rest) = rest.strip_prefix('{') {
        let (name, rest) = rest.split_once('}')?;
        return (!name.contains([' ', '\t', '\n', '\'', '"', '`', '$', '{', '\\'])).then_some(rest);
    }
    match rest.chars().next() {
        Some('(') => rest.strip_prefix("(pwd)"),
        Some('\'' | '"') if !is_quoted => None,
        _ => Some(rest),
    }
}

/// `NAME=VALUE`.
fn is_assignment(word: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(fits))
}
