//! Where a passphrase comes from: a file, the environment, a person; in this order, and never from an argument,
//! which every process of the machine can read.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::keys::{KeyError, Passphrase};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::Output;

/// The variable that a passphrase is taken from.
const VARIABLE: &str = "MCPSIGN_PASSPHRASE";
/// Bytes read of a passphrase file: the longest passphrase, a line end, and one more to tell that it is longer.
const MAX_READ: usize = 1024 + 2 + 1;
const HINT: &str =
    "pass `--passphrase-file FILE`, set MCPSIGN_PASSPHRASE, or run it on a terminal to be asked";

/// How the passphrase of a key is given.
#[derive(Debug, Args)]
pub(crate) struct PassphraseArgs {
    /// A file whose first line is the key's passphrase; otherwise MCPSIGN_PASSPHRASE, otherwise you are asked on the
    /// terminal; e.g. `--passphrase-file /run/secrets/release-key`
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The file that was named.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.passphrase_file.as_deref()
    }

    /// Refuses a passphrase that would be passed over.
    ///
    /// # Errors
    /// When a file was named and there is no key.
    pub(crate) fn fits(&self, has_key: bool) -> Result<(), Failure> {
        if has_key || self.passphrase_file.is_none() {
            return Ok(());
        }
        Err(Failure::usage("`--passphrase-file` is for a private key, and none is named")
            .hint("name the key with `--key FILE`, or leave it out"))
    }

    /// The passphrase of the key at `path`.
    ///
    /// # Errors
    /// When none is given and nobody can be asked, or the one given cannot be used.
    pub(super) fn for_key(&self, path: &Path, out: &mut Output) -> Result<Passphrase, Failure> {
        match self.given(out)? {
            Some(passphrase) => Ok(passphrase),
            None => ask(&format!("Passphrase of {}: ", escape(&path.to_string_lossy()))),
        }
    }

    /// A passphrase for a key that is being made: a person types it twice.
    ///
    /// # Errors
    /// As [`Self::for_key`], and when the two differ.
    pub(super) fn for_new_key(&self, out: &mut Output) -> Result<Passphrase, Failure> {
        if let Some(passphrase) = self.given(out)? {
            return Ok(passphrase);
        }
        let (first, second) = (ask("Passphrase of the new key: ")?, ask("The same again: ")?);
        if first == second {
            return Ok(first);
        }
        Err(Failure::usage("the two passphrases differ").hint("run it again"))
    }

    /// Whether a passphrase can be had at all: asked before work that would be lost without one.
    ///
    /// # Errors
    /// When nothing gives one and nobody can be asked.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.passphrase_file {
            Some(path) => path.metadata().map(drop).map_err(|error| unreadable(path, error)),
            None => match std::env::var_os(VARIABLE) {
                Some(value) if value.is_empty() => usable(Zeroizing::default()).map(drop),
                Some(_) => Ok(()),
                None if can_ask() => Ok(()),
                None => Err(missing()),
            },
        }
    }

    fn given(&self, out: &mut Output) -> Result<Option<Passphrase>, Failure> {
        if let Some(path) = &self.passphrase_file {
            let (line, open_to_others) = first_line(path).map_err(|error| unreadable(path, error))?;
            if open_to_others {
                let path = escape(&path.to_string_lossy());
                out.talk(format_args!(
                    "warning: others on this machine can read the passphrase in {path}; `chmod 600` it"
                ));
            }
            return usable(line).map(Some);
        }
        std::env::var_os(VARIABLE).map(|value| usable(Zeroizing::new(value.into_encoded_bytes()))).transpose()
    }
}

/// The first line of a file without its end, and whether more than its owner can read it. What a shell's `<(…)` makes
/// is read as well: that is how password managers hand one over.
fn first_line(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // A buffer of full size from the start: growing would leave copies behind.
    let mut line = Zeroizing::new(vec![0; MAX_READ]);
    let mut length = 0;
    while length < MAX_READ && !line[..length].contains(&b'\n') {
        match file.read(&mut line[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let end = line[..length].iter().position(|&b| b == b'\n').unwrap_or(length);
    let end = if line[..end].ends_with(b"\r") { end - 1 } else { end };
    // What lies behind the line is not part of it; wipe it before the vector forgets that it is there.
    line[end..].fill(0);
    line.truncate(end);
    Ok((line, metadata.is_file() && open_to_others(&metadata)))
}

#[cfg(unix)]
fn open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn ask(prompt: &str) -> Result<Passphrase, Failure> {
    if !can_ask() {
        return Err(missing());
    }
    let typed = rpassword::prompt_password(prompt).map_err(|error| {
        Failure::usage("no passphrase could be read from the terminal").because(error).hint(HINT)
    })?;
    usable(Zeroizing::new(typed.into_bytes()))
}

fn usable(bytes: Zeroizing<Vec<u8>>) -> Result<Passphrase, Failure> {
    Passphrase::new(bytes).map_err(|error: KeyError| {
        let hint = error.hint().unwrap_or(HINT);
        Failure::usage(error.to_string()).hint(hint)
    })
}

fn missing() -> Failure {
    Failure::usage("the key needs a passphrase, and there is no terminal to ask for it").hint(HINT)
}

fn unreadable(path: &Path, error: io::Error) -> Failure {
    Failure::usage(format!("cannot read the passphrase file `{}`", escape(&path.to_string_lossy())))
        .because(error)
        .hint(HINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        std::fs::write(&path, content).unwrap();
        first_line(&path).unwrap().0.to_vec()
    }

    #[test]
    fn the_first_line_counts_and_its_end_does_not() {
        for (content, line) in [
            (&b"secret"[..], &b"secret"[..]),
            (b"secret\n", b"secret"),
            (b"secret\r\n", b"secret"),
            (b"se cret \nsecond\n", b"se cret "),
            (b"", b""),
            (b"\nsecond", b""),
        ] {
            assert_eq!(read(content), line, "{content:?}");
        }
        assert!(Passphrase::new(Zeroizing::new(read(&[b'x'; 4096]))).is_err());
        assert!(Passphrase::new(Zeroizing::new(read(&[&[b'x'; 1024][..], b"\r\n"].concat()))).is_ok());
    }

    #[test]
    fn a_folder_is_no_passphrase_file() {
        assert!(first_line(tempfile::tempdir().unwrap().path()).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_others_read_is_noticed() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        std::fs::write(&path, "x").unwrap();
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(first_line(&path).unwrap().1, open, "{mode:o}");
        }
    }
}
