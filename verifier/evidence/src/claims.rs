//! Where the lines come from that the verifier judges: the file beside the artifact, or files named; ours or another tool's.

use std::io;
use std::path::{Path, PathBuf};

use mcpsign_schemas::code;
use mcpsign_schemas::evidence_file::MAX_FILE;
use mcpsign_verifier::{Claims, Gap, RawLine};

use crate::forms::Document;
use crate::read::{self, ReadError};
use crate::reference::Reference;

/// The bytes of evidence files, to borrow claims from.
#[derive(Debug, Default)]
pub struct Evidence {
    files: Vec<File>,
    gap: Option<Gap>,
}

#[derive(Debug)]
struct File {
    source: String,
    document: Document,
}

impl Evidence {
    /// Looks beside the artifact. No file there is an answer: nobody attested it; and none can be there whose name is too
    /// long for a file. One that is too large or cannot be read is a gap, since what it holds might have counted.
    pub fn beside(reference: &Reference) -> Self {
        let mut evidence = Self::default();
        match evidence.add(&reference.sidecar()) {
            Ok(()) | Err(ReadError::NotFound { .. }) => {}
            Err(ReadError::Io { source, .. }) if source.kind() == io::ErrorKind::InvalidFilename => {}
            Err(error) => {
                evidence.miss(Gap { code: code::evidence::UNREADABLE, message: with_cause(&error) })
            }
        }
        evidence
    }

    /// Reads the files named, in place of the look-up.
    ///
    /// # Errors
    /// When one of them is not there, is no regular file or cannot be read. One that is too large is a gap.
    pub fn named(paths: &[PathBuf]) -> Result<Self, ReadError> {
        let mut evidence = Self::default();
        for path in paths {
            evidence.add(path)?;
        }
        Ok(evidence)
    }

    /// What others say, line by line.
    pub fn claims(&self) -> Claims<'_> {
        let mut claims = Claims { lines: Vec::new(), over_budget: self.gap.clone() };
        for file in &self.files {
            match file.document.lines() {
                Ok(lines) => claims.lines.extend(lines.into_iter().map(|line| RawLine {
                    source: file.source.clone(),
                    line: line.number,
                    bytes: line.bytes,
                })),
                Err(error) => {
                    let message = format!("{}: {error}", file.source);
                    claims.over_budget.get_or_insert(Gap { code: code::evidence::OVER_BUDGET, message });
                }
            }
        }
        claims
    }

    fn add(&mut self, path: &Path) -> Result<(), ReadError> {
        match read::file(path, MAX_FILE) {
            Ok(bytes) => {
                let source = path.to_string_lossy().into_owned();
                self.files.push(File { source, document: Document::read(bytes) });
                Ok(())
            }
            Err(error @ ReadError::TooLarge { .. }) => {
                self.miss(Gap { code: code::evidence::OVER_BUDGET, message: error.to_string() });
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn miss(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }
}

fn with_cause(error: &ReadError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::evidence_file;
    use std::fs;

    fn artifact(dir: &Path) -> Reference {
        Reference::parse(dir.join("a.tgz").as_os_str()).unwrap()
    }

    #[test]
    fn no_sidecar_is_no_claim_and_no_gap() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::beside(&artifact(dir.path()));
        assert!(evidence.claims().lines.is_empty());
        assert!(evidence.claims().over_budget.is_none());
        // A name as long as a file's may be leaves no room for that of its evidence.
        let long = Reference::parse(dir.path().join("a".repeat(255)).as_os_str()).unwrap();
        assert!(Evidence::beside(&long).claims().over_budget.is_none());
    }

    #[test]
    fn lines_carry_their_file_and_number() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.tgz.mcpsign.jsonl"), "{}\n\n[]\n").unwrap();
        let evidence = Evidence::beside(&artifact(dir.path()));
        let claims = evidence.claims();
        let lines: Vec<_> = claims.lines.iter().map(|line| (line.line, line.bytes)).collect();
        assert_eq!(lines, [(1, &b"{}"[..]), (3, &b"[]"[..])]);
        assert!(claims.lines[0].source.ends_with("a.tgz.mcpsign.jsonl"));
    }

    #[test]
    fn b48_too_much_evidence_is_a_gap_and_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tgz.mcpsign.jsonl");
        fs::File::create(&path).unwrap().set_len(MAX_FILE as u64 + 1).unwrap();
        let beside = Evidence::beside(&artifact(dir.path()));
        let named = Evidence::named(&[path]).unwrap();
        for evidence in [beside, named] {
            assert_eq!(evidence.claims().over_budget.unwrap().code, code::evidence::OVER_BUDGET);
        }
    }

    #[test]
    fn b48_too_many_lines_are_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let lines: String = (0..=evidence_file::MAX_LINES).map(|n| format!("{n}\n")).collect();
        fs::write(dir.path().join("a.tgz.mcpsign.jsonl"), lines).unwrap();
        let evidence = Evidence::beside(&artifact(dir.path()));
        assert_eq!(evidence.claims().over_budget.unwrap().code, code::evidence::OVER_BUDGET);
    }

    #[test]
    fn a_sidecar_that_is_no_file_is_a_gap_and_a_named_one_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tgz.mcpsign.jsonl");
        fs::create_dir(&path).unwrap();
        let gap = Evidence::beside(&artifact(dir.path())).claims().over_budget.unwrap();
        assert_eq!(gap.code, code::evidence::UNREADABLE);
        assert!(Evidence::named(&[path]).is_err());
        assert!(Evidence::named(&[dir.path().join("missing")]).is_err());
    }
}
