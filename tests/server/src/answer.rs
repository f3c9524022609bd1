//! What is written to stdout in answer to one request, and what happens then.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::Value;

pub(crate) struct Answer {
    /// The answer is written so much later; other requests are answered meanwhile.
    pub(crate) delay: Duration,
    /// Raw bytes ahead of the reply, line ends included.
    pub(crate) before: Vec<u8>,
    /// How many answers of the client to await between `before` and the reply.
    pub(crate) awaits: usize,
    pub(crate) reply: Option<Value>,
    /// Pause after each piece of the reply.
    pub(crate) drip: Duration,
    pub(crate) after: Vec<u8>,
    pub(crate) then: Then,
}

pub(crate) enum Then {
    GoOn,
    /// So many more bytes, none of them a line end.
    Fill(u64),
    Exit {
        code: u8,
        stderr: &'static str,
    },
}

impl Answer {
    pub(crate) fn new(reply: Value) -> Self {
        Self {
            delay: Duration::ZERO,
            before: Vec::new(),
            awaits: 0,
            reply: Some(reply),
            drip: Duration::ZERO,
            after: Vec::new(),
            then: Then::GoOn,
        }
    }
}

/// One message as a line.
pub(crate) fn line(message: &Value) -> Vec<u8> {
    let mut bytes = message.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

pub(crate) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

pub(crate) fn drip(bytes: &[u8], pause: Duration) -> io::Result<()> {
    for piece in bytes.chunks(16) {
        write(piece)?;
        std::thread::sleep(pause);
    }
    Ok(())
}

pub(crate) fn fill(mut count: u64) -> io::Result<()> {
    let block = [b'A'; 64 * 1024];
    while count > 0 {
        let size = usize::try_from(count).unwrap_or(usize::MAX).min(block.len());
        write(&block[..size])?;
        count -= size as u64;
    }
    Ok(())
}
