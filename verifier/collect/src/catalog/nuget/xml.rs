//! XML as NuGet writes it, bounded: the reader's time and memory are those of a file that is no larger than theirs.

use roxmltree::{Document, ParsingOptions};

use super::malformed;
use crate::catalog::CatalogError;

/// Bytes of a file. NuGet takes release notes of 35,000 letters, and all else is short.
const MAX_BYTES: usize = 256 << 10;

/// Elements and texts of a file.
pub(super) const MAX_NODES: u32 = 10_000;

/// Quotation marks between two tags, and declarations of name spaces: the reader's time grows with the square of the attributes
/// of one element, and with that of these.
const MAX_QUOTES: usize = 4_000;
const MAX_NAME_SPACES: usize = 16;

/// The text of a `file`.
///
/// # Errors
/// When it is larger than any, not UTF-8, or has more in one place than NuGet writes.
pub(super) fn text<'b>(bytes: &'b [u8], file: &'static str) -> Result<&'b str, CatalogError> {
    if bytes.len() > MAX_BYTES {
        return Err(CatalogError::TooLarge);
    }
    let text = str::from_utf8(bytes).map_err(|_| malformed(file, "not UTF-8"))?;
    if is_simple(text) { Ok(text) } else { Err(malformed(file, "more attributes than NuGet writes")) }
}

/// Parses it. No document type: nobody writes one, and entities are made of them.
///
/// # Errors
/// When it is not XML, or has too much in it.
pub(super) fn parse<'t>(text: &'t str, file: &'static str) -> Result<Document<'t>, CatalogError> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|_| malformed(file, "not XML"))
}

fn is_simple(text: &str) -> bool {
    let quotes = |part: &str| part.bytes().filter(|byte| matches!(byte, b'"' | b'\'')).count();
    text.matches("xmlns").count() <= MAX_NAME_SPACES && text.split('<').all(|part| quotes(part) <= MAX_QUOTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_time_by_the_square_is_refused() {
        assert!(is_simple("<a xmlns='b' c=\"d\"/>") && !is_simple(&"\"".repeat(MAX_QUOTES + 1)));
        assert!(!is_simple(&"<a xmlns='b'/>".repeat(MAX_NAME_SPACES + 1)));
        assert!(matches!(text(&vec![b' '; MAX_BYTES + 1], "x"), Err(CatalogError::TooLarge)));
        assert!(text(b"\xff", "x").is_err() && parse("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "x").is_err());
    }
}
