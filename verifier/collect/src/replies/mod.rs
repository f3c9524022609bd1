//! Replies that a client already holds: raw JSON-RPC messages, told apart by the members of their results.

mod listing;
mod read;
mod recorded;

use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::observed::ObservedServer;

pub use recorded::{RecordedError, capture_file};

/// Bytes of all replies together. 64 MiB, as of a capture file: whoever hands them in holds them in memory.
pub const MAX_BYTES: usize = 64 << 20;

/// Reads the replies of one server, one message (or batch) a line, as received: of `initialize` or `server/discover`, of
/// the lists, all pages in any order, and of `resources/read` of pages that a tool names. A list may be there more than once,
/// whole each time and the same. Requests, notifications, errors of other methods and their results are passed over; how the
/// server was started stays unknown.
///
/// # Errors
/// Every violation found: what is no strict JSON or no JSON-RPC, lists that are none, items without a name or
/// with one that was there before, two introductions or listings that differ, or nothing observed at all. If there is none, what is
/// missing (`capture/server-failed`): the end of a list, or a list to which an error may be the answer.
pub fn observe(bytes: &[u8]) -> Result<ObservedServer, Vec<Finding>> {
    read::observe(bytes)
}

#[cfg(test)]
mod tests;
