//! `<artifact>.mcpsign.jsonl`: one Sigstore bundle a line.
//!
//! Splitting lives here because writers, readers and `inspect --split` must agree on it; what a line means is
//! decided elsewhere.

use crate::canonical::{Json, Limits};

/// Bytes of one line (a bundle) at the most: 16 MiB of payload in base64, certificates and log entries around it.
pub const MAX_LINE: usize = 32 << 20;
/// Bytes of a file at the most.
pub const MAX_FILE: usize = 64 << 20;
/// Lines at the most: a release in a dozen forms has a handful of statements each.
pub const MAX_LINES: usize = 64;
/// Values of the JSON of one line, or of another tool's document, at the most; a real bundle has some hundred.
pub const MAX_VALUES: usize = 200_000;
/// Values of the JSON of one payload at the most; an SBOM of 10^5 components has fewer.
pub const MAX_PAYLOAD_VALUES: usize = 3_000_000;
/// Decoded DSSE payload at the most.
pub const MAX_PAYLOAD: usize = 16 << 20;
/// Tool-manifest payload at the most; the largest real one seen is 29 KB.
pub const MAX_TOOL_MANIFEST: usize = 4 << 20;
/// Payload of predicates that are neither tool manifest nor SBOM.
pub const MAX_OTHER_PREDICATE: usize = 1 << 20;
/// Bytes of a file that holds one such statement by itself (a list of revocations, a policy): its payload in base64, and a
/// bundle's material around it.
pub const MAX_ALONE: usize = 2 * MAX_OTHER_PREDICATE;

/// Ends the name of an evidence file.
pub const EXTENSION: &str = ".mcpsign.jsonl";

/// An evidence file that is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFileError {
    /// More than [`MAX_FILE`] bytes.
    #[error("{found} bytes, more than the {MAX_FILE} allowed")]
    FileTooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// More than [`MAX_LINES`] lines.
    #[error("more than {MAX_LINES} lines")]
    TooManyLines,
}

/// One line: its number, counted from 1, and its bytes without the line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1, empty lines included.
    pub number: u32,
    /// Without LF or CRLF. May be empty, too long or no JSON: the reader says so.
    pub bytes: &'a [u8],
}

/// Splits a file into lines. A file that is one JSON object over several lines, as other tools write a single bundle, is
/// one line. Accepts CRLF and a missing last LF; byte-equal lines count once (the first);
/// lines of white space alone carry nothing and are passed over.
///
/// # Errors
/// When the file as a whole is over budget.
pub fn split(file: &[u8]) -> Result<Vec<Line<'_>>, EvidenceFileError> {
    if file.len() > MAX_FILE {
        return Err(EvidenceFileError::FileTooLarge { found: file.len() });
    }
    if is_one_object(file) {
        return Ok(vec![Line { number: 1, bytes: file.trim_ascii() }]);
    }
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, bytes) in file.split(|&b| b == b'\n').enumerate() {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) || lines.iter().any(|seen| seen.bytes == bytes) {
            continue;
        }
        if lines.len() == MAX_LINES {
            return Err(EvidenceFileError::TooManyLines);
        }
        let number = u32::try_from(index + 1).map_err(|_| EvidenceFileError::TooManyLines)?;
        lines.push(Line { number, bytes });
    }
    Ok(lines)
}

/// Whether the first line leaves an object open that only the end of the file closes. No line of an evidence file does: there
/// the next line begins another object, which nothing does behind a brace that closes one inside of it.
fn is_one_object(file: &[u8]) -> bool {
    let file = file.trim_ascii();
    let mut lines = file.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (first, next) = (lines.next().unwrap_or_default(), lines.next());
    let goes_on = !first.ends_with(b"}") || next.is_some_and(|next| !next.starts_with(b"{"));
    first.starts_with(b"{")
        && goes_on
        && Json::parse(file, Limits::bytes(MAX_LINE).values(MAX_VALUES)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(file: &str) -> Vec<(u32, &str)> {
        split(file.as_bytes())
            .unwrap()
            .into_iter()
            .map(|line| (line.number, std::str::from_utf8(line.bytes).unwrap()))
            .collect()
    }

    #[test]
    fn line_ends_of_both_kinds_and_a_missing_last_one() {
        assert_eq!(texts("a\r\nb\nc"), [(1, "a"), (2, "b"), (3, "c")]);
    }

    #[test]
    fn equal_lines_count_once_and_blank_ones_never() {
        assert_eq!(texts("a\n\n \t\na\nb\n"), [(1, "a"), (5, "b")]);
    }

    #[test]
    fn one_object_over_several_lines_is_one_line() {
        let pretty = "{\n  \"mediaType\": \"x\",\n  \"a\": {\n  }\n}\n";
        assert_eq!(texts(pretty), [(1, pretty.trim())]);
        let closed_inside = "{\"a\":{}\n,\"b\":1}";
        assert_eq!(texts(closed_inside), [(1, closed_inside)]);
        assert_eq!(texts("{\"a\":1}\n{\"b\":2}\n"), [(1, "{\"a\":1}"), (2, "{\"b\":2}")]);
        assert_eq!(texts("{\"a\":1}\nb\n"), [(1, "{\"a\":1}"), (2, "b")]);
        // Two of them are not one object, and neither is one that is cut off.
        assert_eq!(texts("{\n}\n{\n}\n").len(), 2);
        assert_eq!(texts("{\n\"a\": 1\n").len(), 2);
    }

    #[test]
    fn too_many_lines_refuse_the_file() {
        let file: String = (0..=MAX_LINES).map(|n| format!("{n}\n")).collect();
        assert_eq!(split(file.as_bytes()), Err(EvidenceFileError::TooManyLines));
    }
}
