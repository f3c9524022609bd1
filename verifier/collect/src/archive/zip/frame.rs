//! The signature that `mcpb sign` appends: `ZIP ‖ "MCPB_SIG_V1" ‖ u32 little endian length ‖ DER ‖ "MCPB_SIG_END"`.
//!
//! It is passed over, not verified: the subject of statements is the whole file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::ZipError;
use crate::archive::ArchiveError;

const START: &[u8] = b"MCPB_SIG_V1";
const END: &[u8] = b"MCPB_SIG_END";

/// Bytes of a whole frame. A PKCS#7 signature with a chain of three certificates has 5 KB; a frame that an archive's
/// comment can cover has less.
const MAX_FRAME: u64 = u16::MAX as u64;

/// Bytes of a frame beside its signature.
const OVERHEAD: usize = START.len() + 4 + END.len();

/// Where the archive ends and its signature frame starts: the end of the file if there is none.
pub(super) fn start(file: &File, size: u64) -> Result<u64, ArchiveError> {
    let from = size.saturating_sub(MAX_FRAME);
    // At most `MAX_FRAME` bytes.
    let mut tail = vec![0; (size - from) as usize];
    file.read_exact_at(&mut tail, from).map_err(ArchiveError::Damaged)?;
    if !tail.ends_with(END) {
        return Ok(size);
    }
    let refused = |what| ArchiveError::from(ZipError::Signature { what });
    // The signer looks for the last one, readers of the archive for the end record before the first.
    let starts = positions(&tail, START);
    let [start] = starts.as_slice() else {
        return Err(refused(if starts.is_empty() { "it has no start" } else { "more than one" }));
    };
    let frame = &tail[*start..];
    if positions(frame, END).len() != 1 {
        return Err(refused("it ends twice"));
    }
    let stated =
        frame.get(START.len()..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_le_bytes(*bytes));
    if stated.is_none_or(|stated| stated as usize + OVERHEAD != frame.len()) {
        return Err(refused("its length is not the stated one"));
    }
    // DER: a sequence.
    if frame.get(START.len() + 4) != Some(&0x30) {
        return Err(refused("no signature in it"));
    }
    // Readers that look for the end record from the end of the file would find this one.
    if !positions(frame, b"PK\x05\x06").is_empty() {
        return Err(refused("an end record in it"));
    }
    Ok(from + *start as u64)
}

fn positions(bytes: &[u8], what: &[u8]) -> Vec<usize> {
    bytes.windows(what.len()).enumerate().filter(|(_, window)| *window == what).map(|(at, _)| at).collect()
}
