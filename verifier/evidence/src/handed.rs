//! Signed files besides the evidence: lists of revocations, and evidence of earlier releases. What they are worth is judged
//! by the verifier.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code;
use mcpsign_schemas::evidence_file::{EvidenceFileError, MAX_FILE};
use mcpsign_schemas::statement::predicate_type::REVOCATION;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::inspect::{self, ClaimedContent};
use mcpsign_verifier::{Gap, Got, RawLine, SignedFile};

use crate::forms::Document;
use crate::read::{self, ReadError};

/// Files of one kind, to be handed to many verifications.
pub type SignedFiles = Arc<[SignedFile]>;

/// Bytes of a whole history at the most: some hundred releases with their SBOMs.
const MAX_HISTORY: usize = 4 * MAX_FILE;

/// Files that cannot be handed in.
#[derive(Debug, thiserror::Error)]
pub enum HandedError {
    /// One of them was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// More than is looked at.
    #[error("`{}` cannot be looked at", shown(.path))]
    OverBudget {
        /// As named.
        path: PathBuf,
        /// Why.
        #[source]
        source: EvidenceFileError,
    },
    /// The folder was not read.
    #[error("cannot read the folder `{}`", shown(.path))]
    Folder {
        /// As named.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that holds no list.
    #[error("`{}` holds no list of revocations", shown(.path))]
    NoList {
        /// As named.
        path: PathBuf,
    },
}

/// Reads lists of revocations.
///
/// # Errors
/// When one of the files is not there, cannot be read, or is too large.
pub fn lists(paths: &[PathBuf]) -> Result<SignedFiles, HandedError> {
    paths.iter().map(|path| signed(path).map(|(file, _)| file)).collect()
}

/// Whose lists they say that they are, each once. Nothing of that is believed.
///
/// # Errors
/// When a file holds none.
pub fn authorities(files: &[SignedFile]) -> Result<Vec<String>, HandedError> {
    let mut all: Vec<String> = Vec::new();
    for file in files {
        let named: Vec<String> =
            file.lines.iter().filter_map(|(line, bytes)| authority(&file.source, *line, bytes)).collect();
        if named.is_empty() {
            return Err(HandedError::NoList { path: PathBuf::from(&file.source) });
        }
        for authority in named {
            if !all.contains(&authority) {
                all.push(authority);
            }
        }
    }
    Ok(all)
}

fn authority(source: &str, line: u32, bytes: &[u8]) -> Option<String> {
    let raw = RawLine { source: source.to_owned(), line, bytes };
    let ClaimedContent::Statement { predicate_type, predicate: Some(predicate), .. } =
        inspect::describe(&raw).ok()?.content
    else {
        return None;
    };
    let authority = predicate.get("authority").and_then(Json::as_str)?;
    (predicate_type.as_deref() == Some(REVOCATION)).then(|| authority.to_owned())
}

/// Reads every file of a folder but those whose names begin with a dot, in the order of their names. More than is looked at
/// is a gap: what was left out might have counted.
///
/// # Errors
/// When the folder is not there, or one of the files cannot be read or is none.
pub fn history(folder: &Path) -> Result<Got<SignedFiles>, HandedError> {
    let unreadable = |source| HandedError::Folder { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let mut left = MAX_HISTORY;
    let mut files = Vec::new();
    for path in paths {
        let (file, size) = match signed(&path) {
            Err(HandedError::Read(error @ ReadError::TooLarge { .. })) => {
                return Ok(over_budget(error.to_string()));
            }
            Err(HandedError::OverBudget { source, .. }) => {
                return Ok(over_budget(format!("{}: {source}", path.to_string_lossy())));
            }
            read => read?,
        };
        let Some(rest) = left.checked_sub(size) else {
            return Ok(over_budget(format!("the history has more than the {MAX_HISTORY} bytes looked at")));
        };
        left = rest;
        files.push(file);
    }
    Ok(Got::Some(files.into()))
}

fn over_budget(message: String) -> Got<SignedFiles> {
    Got::Missing(Gap { code: code::evidence::OVER_BUDGET, message })
}

fn signed(path: &Path) -> Result<(SignedFile, usize), HandedError> {
    let bytes = read::file(path, MAX_FILE)?;
    let size = bytes.len();
    let document = Document::read(bytes);
    let lines = document
        .lines()
        .map_err(|source| HandedError::OverBudget { path: path.to_owned(), source })?
        .into_iter()
        .map(|line| (line.number, line.bytes.to_vec()))
        .collect();
    Ok((SignedFile { source: path.to_string_lossy().into_owned(), lines }, size))
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_history_is_every_file_of_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("b.jsonl", "{}\n"), ("a", "[]\n"), (".gitignore", "*\n")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let Got::Some(files) = history(dir.path()).unwrap() else { panic!("a history") };
        let names: Vec<_> = files.iter().map(|file| file.source.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["a", "b.jsonl"]);
        assert_eq!(files[1].lines, [(1, b"{}".to_vec())]);
        fs::create_dir(dir.path().join("older")).unwrap();
        assert!(matches!(history(dir.path()), Err(HandedError::Read(ReadError::NotAFile { .. }))));
        assert!(matches!(history(&dir.path().join("none")), Err(HandedError::Folder { .. })));
    }

    #[test]
    fn b48_more_history_than_is_looked_at_is_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        fs::File::create(dir.path().join("huge")).unwrap().set_len(MAX_FILE as u64 + 1).unwrap();
        let Got::Missing(gap) = history(dir.path()).unwrap() else { panic!("a gap") };
        assert_eq!(gap.code, code::evidence::OVER_BUDGET);
    }

    #[test]
    fn a_file_without_a_list_names_no_authority() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        fs::write(&path, "{}\n").unwrap();
        let files = lists(std::slice::from_ref(&path)).unwrap();
        assert!(matches!(authorities(&files), Err(HandedError::NoList { .. })));
        assert!(matches!(
            lists(&[dir.path().join("none")]),
            Err(HandedError::Read(ReadError::NotFound { .. }))
        ));
    }
}
