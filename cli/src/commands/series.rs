//! A statement in a file of its own that the next one replaces: an authority's list of revocations, a policy.

use std::path::Path;

use mcpsign_evidence::read::{self, ReadError};
use mcpsign_schemas::evidence_file::{self, MAX_ALONE};
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::alone::AloneError;
use mcpsign_verifier::inspect::{self, ClaimedContent};
use mcpsign_verifier::{RawLine, Trusted};

use crate::commands::sign::Hand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::write::{self, Existing, Lock};

/// The file, and the one bundle that is in it.
pub(crate) struct Series<'a> {
    path: &'a Path,
    of: Of,
    last: Option<Vec<u8>>,
    /// Nobody else reads the last one to replace it while this one does.
    _lock: Option<Lock>,
}

/// What it is a series of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of {
    /// As people call it.
    pub(crate) what: &'static str,
    /// The type of its statements.
    pub(crate) predicate_type: &'static str,
}

/// What is read is replaced, or only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Others who would replace it wait until this is done.
    Replace,
    /// Nothing is written, not even that somebody is here.
    Look,
}

impl<'a> Series<'a> {
    /// Reads what is there, and looks whether something else can be put in its place.
    ///
    /// # Errors
    /// When something is there that holds no single bundle, or the file cannot be written.
    pub(crate) fn open(path: &'a Path, of: Of, purpose: Purpose, out: &mut Output) -> Result<Self, Failure> {
        // Before anything is made beside it, and again below: what was there may have come meanwhile.
        let place = if there(path, of)?.is_none() { Existing::Keep } else { Existing::Replace };
        write::check(path, place)?;
        let lock = match purpose {
            Purpose::Look => None,
            Purpose::Replace => Some(Lock::take(path, || {
                let shown = escape(&path.to_string_lossy());
                out.talk(format_args!("waiting for whoever signs the next {} of `{shown}`", of.what));
            })?),
        };
        Ok(Self { path, of, last: there(path, of)?, _lock: lock })
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
        read: impl FnOnce(&Trusted) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let Some(line) = &self.last else { return Ok(None) };
        let source = self.path.to_string_lossy();
        let trusted = hand.read(line, &source, self.of.predicate_type).map_err(|error| match error {
            AloneError::Refused(why) => why.to_string(),
            error => error.to_string(),
        });
        trusted.and_then(|trusted| read(&trusted)).map(Some).map_err(|why| {
            Failure::new(Exit::Denied, format!("`{}` cannot be followed: {why}", escape(&source))).hint(
                format!(
                    "a {} is followed by whoever signed it: name that key, or sign as that identity",
                    self.of.what
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
        if there(self.path, self.of)? == self.last {
            return Ok(());
        }
        let shown = escape(&self.path.to_string_lossy());
        Err(Failure::usage(format!(
            "`{shown}` changed while the next {} was signed; nothing was written",
            self.of.what
        ))
        .hint("run it again: it then follows what is there now"))
    }

    /// What was not there must not be there later either: somebody else's would be lost.
    const fn place(&self) -> Existing {
        if self.is_new() { Existing::Keep } else { Existing::Replace }
    }
}

/// The one bundle in the file, if there is a file: whatever it is worth, it says to be one of these.
fn there(path: &Path, of: Of) -> Result<Option<Vec<u8>>, Failure> {
    let hint = format!("name the file of the {}, or one that does not exist yet", of.what);
    let none = |why: &str| {
        let shown = escape(&path.to_string_lossy());
        Failure::usage(format!("`{shown}` is no {}: {}", of.what, escape(why))).hint(&hint)
    };
    let bytes = match read::file(path, MAX_ALONE) {
        Err(ReadError::NotFound { .. }) => return Ok(None),
        read => read.map_err(|error| Failure::from_error(&error).hint(&hint))?,
    };
    let lines = evidence_file::split(&bytes).unwrap_or_default();
    let [line] = lines.as_slice() else { return Err(none("it does not hold one bundle")) };
    let line = RawLine { source: path.to_string_lossy().into_owned(), line: 1, bytes: line.bytes };
    match inspect::describe(&line).map_err(|error| none(&error.finding().message))?.content {
        ClaimedContent::Statement { predicate_type: Some(ty), .. } if ty == of.predicate_type => {
            Ok(Some(line.bytes.to_vec()))
        }
        ClaimedContent::Statement { predicate_type: Some(ty), .. } => {
            Err(none(&format!("it is a statement of type `{ty}`")))
        }
        ClaimedContent::Statement { .. } | ClaimedContent::Blob => Err(none("it is no statement")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Color;
    use mcpsign_schemas::canonical::{Json, Object};
    use mcpsign_schemas::digest::DigestSet;
    use mcpsign_schemas::statement::{Statement, Subject, predicate_type};
    use mcpsign_signing::signer::LocalSigner;
    use std::fs;

    const POLICY: Of = Of { what: "signed policy", predicate_type: predicate_type::POLICY };

    fn out() -> Output {
        Output::standard(Color::Never, true)
    }

    /// Signed by somebody, as a statement of this type.
    fn signed(predicate_type: &str) -> Vec<u8> {
        let digest = DigestSet::sha256(mcpsign_schemas::digest::Sha256Digest::of(b""));
        let subject = Subject { name: "a".into(), digest, media_type: None };
        let statement = Statement::new(vec![subject], predicate_type, Json::Object(Object::new()));
        let hand = Hand::Key(LocalSigner::rehearsal().unwrap());
        hand.sign(&[statement], &mut out(), |lines, _| Ok(lines.concat())).unwrap()
    }

    #[test]
    fn what_somebody_else_signed_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.jsonl");
        for before in [None, Some(signed(POLICY.predicate_type))] {
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            let series = Series::open(&path, POLICY, Purpose::Replace, &mut out()).unwrap();
            assert!(series.unchanged().is_ok());
            fs::write(&path, signed(POLICY.predicate_type)).unwrap();
            let failure = series.unchanged().unwrap_err();
            assert!(failure.to_string().contains("changed while"), "{failure}");
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn whatever_else_lies_there_is_called_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.jsonl");
        let mut two = signed(POLICY.predicate_type);
        two.push(b'\n');
        two.extend(signed(POLICY.predicate_type));
        for (bytes, why) in [
            (b"".to_vec(), "it does not hold one bundle"),
            (two, "it does not hold one bundle"),
            (b"schema: mcpsign.dev/policy/v1".to_vec(), "is no signed policy: "),
            (b"{}".to_vec(), "is no signed policy: "),
            (signed(predicate_type::APPROVAL), "it is a statement of type `https://mcpsign.dev/approval/v1`"),
        ] {
            fs::write(&path, &bytes).unwrap();
            let failure = Series::open(&path, POLICY, Purpose::Replace, &mut out()).err().unwrap();
            assert!(failure.to_string().contains(why), "{failure}");
            assert_eq!((failure.exit(), fs::read(&path).unwrap()), (Exit::Usage, bytes));
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
        }
    }
}
