//! RECORD: every file of a wheel, with its digest and size.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpsign_schemas::tree::{EntryKind, Listing, TreeEntry};
use mcpsign_schemas::untrusted::escape;

use super::WheelError;

/// Holds the rows of RECORD against the files: each file stands in it once, with its SHA-256, and no other.
///
/// pip does not look, others do; whoever checks an installation goes by it.
pub(super) fn check(record: &[u8], folder: &str, files: &Listing) -> Result<(), WheelError> {
    let refused = |what, path: &str| WheelError::Record { what, path: escape(path) };
    let is_file = |entry: &&TreeEntry| matches!(entry.kind, EntryKind::File | EntryKind::Executable);
    let mut left: BTreeMap<&str, &TreeEntry> =
        files.entries().iter().filter(is_file).map(|entry| (entry.path.as_str(), entry)).collect();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(record);
    for row in reader.records() {
        let row = row.map_err(|_| refused("not UTF-8", ""))?;
        let (Some(path), Some(digest), Some(size), 3) = (row.get(0), row.get(1), row.get(2), row.len())
        else {
            return Err(refused("a row without path, digest and size", row.get(0).unwrap_or_default()));
        };
        let Some(entry) = left.remove(path) else {
            return Err(refused("a file that is not there, or stands twice", path));
        };
        if digest.is_empty() && is_unhashed(path, folder) {
            continue;
        }
        let Some(("sha256", digest)) = digest.split_once('=') else {
            return Err(refused("no SHA-256", path));
        };
        let digest = URL_SAFE_NO_PAD.decode(digest.trim_end_matches('='));
        if digest.ok().as_deref() != Some(entry.sha256.as_bytes().as_slice()) {
            return Err(refused("another digest", path));
        }
        if !size.is_empty() && size.parse() != Ok(entry.size) {
            return Err(refused("another size", path));
        }
    }
    match left.into_keys().find(|path| !is_unhashed(path, folder)) {
        None => Ok(()),
        Some(path) => Err(refused("a file that is not listed", path)),
    }
}

/// RECORD itself, and signatures of it.
fn is_unhashed(path: &str, folder: &str) -> bool {
    let file = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    matches!(file, Some("RECORD" | "RECORD.jws" | "RECORD.p7s"))
}
