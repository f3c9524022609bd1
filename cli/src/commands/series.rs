//! A statement in a file of its own that the next one replaces: an authority's list of revocations, a policy.

use std::path::Path;

use mcpsign_evidence::read::{self, ReadError};
use mcpsign_schemas::evidence_file::{self, MAX_ALONE};
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::Trusted;

use crate::commands::sign::Hand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::write::{self, Existing};

/// The file, and the one bundle that is in it.
pub(crate) struct Series<'a> {
    path: &'a Path,
    /// What it is a series of.
    what: &'static str,
    last: Option<Vec<u8>>,
}

impl<'a> Series<'a> {
    /// Reads what is there, and looks whether something else can be put in its place.
    ///
    /// # Errors
    /// When something is there that holds no single bundle, or the file cannot be written.
    pub(crate) fn open(path: &'a Path, what: &'static str) -> Result<Self, Failure> {
        let series = Self { path, what, last: there(path, what)? };
        write::check(path, series.place())?;
        Ok(series)
    }

    /// Whether there is none yet.
    pub(crate) const fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// What is there, read by `read`, which the same somebody must have signed.
    ///
    /// # Errors
    /// When it was somebody else, or it cannot be read.
    pub(crate) fn last<T>(
        &self,
        hand: &Hand<'_>,
        predicate_type: &str,
        read: impl FnOnce(&Trusted) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let Some(line) = &self.last else { return Ok(None) };
        let source = self.path.to_string_lossy();
        let trusted = hand.read(line, &source, predicate_type).map_err(|error| error.to_string());
        trusted.and_then(|trusted| read(&trusted)).map(Some).map_err(|why| {
            Failure::new(Exit::Denied, format!("`{}` cannot be followed: {why}", escape(&source))).hint(
                format!(
                    "a {} is followed by whoever signed it: name that key, or sign as that identity",
                    self.what
                ),
            )
        })
    }

    /// Puts `line` in its place, and names the file.
    ///
    /// # Errors
    /// When it cannot be written, or another than was read is there by now; what is there stays then.
    pub(crate) fn replace(&self, mut line: Vec<u8>, out: &mut Output) -> Result<(), Failure> {
        self.unchanged()?;
        line.push(b'\n');
        write::atomically(self.path, &line, self.place())?;
        out.result(format_args!("{}\n", escape(&self.path.to_string_lossy())));
        Ok(())
    }

    /// Somebody else may have signed the next one meanwhile: that would be lost, and its number there twice.
    fn unchanged(&self) -> Result<(), Failure> {
        if there(self.path, self.what)? == self.last {
            return Ok(());
        }
        let shown = escape(&self.path.to_string_lossy());
        Err(Failure::usage(format!(
            "`{shown}` changed while the next {} was signed; nothing was written",
            self.what
        ))
        .hint("run it again: it then follows what is there now"))
    }

    /// What was not there must not be there later either: somebody else's would be lost.
    const fn place(&self) -> Existing {
        if self.is_new() { Existing::Keep } else { Existing::Replace }
    }
}

/// The one bundle in the file, if there is a file.
fn there(path: &Path, what: &'static str) -> Result<Option<Vec<u8>>, Failure> {
    let hint = format!("name the file of the {what}, or one that does not exist yet");
    let bytes = match read::file(path, MAX_ALONE) {
        Err(ReadError::NotFound { .. }) => return Ok(None),
        read => read.map_err(|error| Failure::from_error(&error).hint(&hint))?,
    };
    let lines = evidence_file::split(&bytes).unwrap_or_default();
    let [line] = lines.as_slice() else {
        let shown = escape(&path.to_string_lossy());
        return Err(Failure::usage(format!("`{shown}` is no {what}: it does not hold one bundle")).hint(hint));
    };
    Ok(Some(line.bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_somebody_else_signed_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.jsonl");
        for (before, meanwhile) in [(None, "{\"a\":2}\n"), (Some("{\"a\":1}\n"), "{\"a\":2}\n")] {
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            let series = Series::open(&path, "signed policy").unwrap();
            assert!(series.unchanged().is_ok());
            fs::write(&path, meanwhile).unwrap();
            let failure = series.unchanged().unwrap_err();
            assert!(failure.to_string().contains("changed while"), "{failure}");
            fs::remove_file(&path).unwrap();
        }
    }
}
