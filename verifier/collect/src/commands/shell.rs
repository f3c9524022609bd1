//! Programs that start another command: shells with one plain command, and `env`.

use super::options::Options;
use super::{CommandError, Launched};

/// What follows is one plain command only where none of these stands in the script outside of quotes.
const SPECIAL: &[char] =
    &[';', '|', '&', '<', '>', '(', ')', '`', '$', '\n', '{', '}', '*', '?', '~', '#', '!', '%', '^'];

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
    if is_special(script) {
        return Err(CommandError::Script);
    }
    let mut words = shlex::split(script).ok_or(CommandError::Script)?;
    let command = words.iter().position(|word| !is_assignment(word)).unwrap_or(words.len());
    Ok(words.split_off(command))
}

/// The same of a shell of Windows: a backslash is none but itself, and what is quoted may still be more.
pub(super) fn plain_of_windows(script: &str) -> Result<Vec<String>, CommandError> {
    if script.contains(SPECIAL) {
        return Err(CommandError::Script);
    }
    plain(&script.replace('\\', "\\\\"))
}

/// Whether a character counts that makes a script more than one plain command: in double quotes only those that still do there.
fn is_special(script: &str) -> bool {
    let mut quote = None;
    let mut chars = script.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') if chars.next() == Some('\n') => return true,
            (_, '\\') => {}
            (Some(_), c) if ['$', '`', '!'].contains(&c) => return true,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if SPECIAL.contains(&c) => return true,
            (None, _) => {}
        }
    }
    false
}

/// `NAME=VALUE`.
fn is_assignment(word: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(fits))
}
