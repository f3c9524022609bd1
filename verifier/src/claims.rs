//! What others say. Nothing here is believed.

use mcpsign_schemas::finding::EvidenceRef;

use crate::measured::Gap;

/// Evidence as it was found, line by line.
#[derive(Debug, Clone, Default)]
pub struct Claims<'e> {
    /// Each should be one Sigstore bundle. Order carries no meaning; byte-equal lines count once.
    pub lines: Vec<RawLine<'e>>,
    /// Evidence that there was and that was not read: too much of it, or unreadable. What it holds might have counted,
    /// so nothing is decided then.
    pub over_budget: Option<Gap>,
}

/// One line of evidence.
#[derive(Debug, Clone)]
pub struct RawLine<'e> {
    /// The file or source it came from, for reports.
    pub source: String,
    /// Counted from 1.
    pub line: u32,
    /// Without line end.
    pub bytes: &'e [u8],
}

impl RawLine<'_> {
    /// Where it stands; the payload's digest is not known yet.
    pub(crate) fn reference(&self) -> EvidenceRef {
        EvidenceRef { source: self.source.clone(), line: self.line, payload: None }
    }
}
