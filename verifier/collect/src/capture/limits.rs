//! What a capture may cost.

use std::time::Duration;

/// Every bound of a capture. The defaults are those of the format where it names them; tests shorten them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From the start of the process to its first byte on stdout. 60 s (`formats.md` §8): an interpreter on a
    /// cold disk that fetches its packages first.
    pub startup: Duration,
    /// From the first byte on stdout, or from when the question was read, to the answer to `server/discover`. 10 s, as the Rust
    /// SDK waits.
    pub discover: Duration,
    /// From any other request to its answer. 30 s: a list may be fetched from a service behind the server.
    pub request: Duration,
    /// The whole capture, restarts included. 5 min: a thousand pages of 0.3 s.
    pub total: Duration,
    /// From the beginning of one pass to that of the next at the least. 25 ms: what a server registers late shows in the second
    /// pass; where listing takes longer than that, nothing is waited for.
    pub settle: Duration,
    /// After the second pass. 25 ms: a second reply or a `list_changed` that comes late still counts.
    pub drain: Duration,
    /// From closing the server's stdin to SIGTERM. 0.5 s, what a well-behaved server needs at the most.
    pub grace: Duration,
    /// Bytes of one line on stdout. 4 MiB: what a signed tool manifest may have in all.
    pub line_bytes: usize,
    /// Bytes on stdout in one pass. 16 MiB, so that frames and items fit into a capture file.
    pub pass_bytes: usize,
    /// Lines on stdout in one pass. 20,000: as many pages as may be asked for, and as much chatter.
    pub pass_lines: usize,
    /// Pages of one list. 1,000.
    pub pages: usize,
    /// Items in one pass, of all lists. 10,000: the largest server seen has 32 tools.
    pub items: usize,
    /// How often a `list_changed` may restart the passes. 5 (`formats.md` §8).
    pub restarts: usize,
    /// Bytes of our answers to the server's requests that it has not read. 1 MiB: a server that only asks.
    pub unread_bytes: usize,
}

impl Limits {
    /// Those of a server that is reached over a network: what comes late comes later.
    pub fn remote() -> Self {
        Self { drain: Duration::from_millis(250), ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            startup: Duration::from_secs(60),
            discover: Duration::from_secs(10),
            request: Duration::from_secs(30),
            total: Duration::from_secs(300),
            settle: Duration::from_millis(25),
            drain: Duration::from_millis(25),
            grace: Duration::from_millis(500),
            line_bytes: 4 << 20,
            pass_bytes: 16 << 20,
            pass_lines: 20_000,
            pages: 1_000,
            items: 10_000,
            restarts: 5,
            unread_bytes: 1 << 20,
        }
    }
}
