//! Source maps that stand in the file whose map they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Script;
use crate::catalog::MAX_PACKAGES;
use crate::catalog::bundled::source_map;

/// How a line begins that holds one; of old with an `@`.
const STARTS: [&[u8]; 2] = [b"//# sourceMappingURL=data:", b"//@ sourceMappingURL=data:"];

/// What finds such lines quickly.
pub(super) const NEEDLE: &[u8] = b"sourceMappingURL=data:";

/// Bytes of such a line at the most: of a map as large as one that is a file of its own, in base64.
pub(super) const MAX_LINE: usize = crate::catalog::MAX_BYTES / 3 * 4 + 256;

/// Why one is not read.
pub(super) const TOO_LARGE: &str = "its source map is too large to be read";
const NOT_READ: &str = "its source map cannot be read";

/// Whether a line that begins so holds one.
pub(super) fn begins(line: &[u8]) -> bool {
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Notes what the map in this line names.
pub(super) fn read(line: &[u8], number: u32, script: &mut Script) {
    // As many as of comments: behind that nothing more of the script counts.
    if !begins(line) || script.found.len() > MAX_PACKAGES {
        return;
    }
    let named =
        packed(line).and_then(|json| source_map::sources_of(&json, Some(number), &mut script.found).ok());
    match named {
        Some(count) => script.tells |= count > 0,
        None => script.unread = Some(NOT_READ),
    }
}

/// The JSON of `…data:application/json;charset=utf-8;base64,…`.
fn packed(line: &[u8]) -> Option<Vec<u8>> {
    let data = line.get(STARTS[0].len()..)?;
    let comma = memchr::memchr(b',', data.get(..128).unwrap_or(data))?;
    let (kind, data) = (str::from_utf8(data.get(..comma)?).ok()?, data.get(comma + 1..)?);
    let is_json = kind.starts_with("application/json") && kind.ends_with(";base64");
    is_json.then(|| STANDARD.decode(data.trim_ascii_end()).ok()).flatten()
}
