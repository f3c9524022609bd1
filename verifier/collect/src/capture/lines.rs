//! Lines from a server's stdout, bounded before they are held.

use std::io::ErrorKind;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::time::Instant;

use super::limits::Limits;

/// A reader of lines that holds at most one line of `line_bytes`.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    /// The line so far; kept across cancelled calls of [`Lines::next`].
    line: Vec<u8>,
    first_byte: Option<Instant>,
    bytes: usize,
    lines: usize,
    line_bytes: usize,
    pass_bytes: usize,
    pass_lines: usize,
}

/// What reading came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The first byte of all: the server has started.
    FirstByte,
    /// One line, without its line feed.
    Line(Vec<u8>),
    /// Nothing more will come. A last line without line feed is not given: its writer did not finish it.
    End,
}

/// Why nothing more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OverBudget {
    /// One line has more bytes than this.
    LineBytes(usize),
    /// One pass has more bytes than this.
    PassBytes(usize),
    /// One pass has more lines than this.
    PassLines(usize),
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R, limits: &Limits) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, reader),
            line: Vec::new(),
            first_byte: None,
            bytes: 0,
            lines: 0,
            line_bytes: limits.line_bytes,
            pass_bytes: limits.pass_bytes,
            pass_lines: limits.pass_lines,
        }
    }

    /// When the first byte came.
    pub(super) const fn first_byte(&self) -> Option<Instant> {
        self.first_byte
    }

    /// Gives the budgets of a pass anew.
    pub(super) const fn begin_pass(&mut self) {
        self.bytes = 0;
        self.lines = 0;
    }

    /// The next thing that is there. May be cancelled: nothing read is lost.
    pub(super) async fn next(&mut self) -> Result<Read, OverBudget> {
        loop {
            let buffer = match self.reader.fill_buf().await {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // An error on a pipe means that no more comes from it, as its end does.
                Err(_) => return Ok(Read::End),
            };
            if buffer.is_empty() {
                return Ok(Read::End);
            }
            if self.first_byte.is_none() {
                self.first_byte = Some(Instant::now());
                return Ok(Read::FirstByte);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let taken = part.len() + usize::from(end.is_some());
            if self.line.len() + part.len() > self.line_bytes {
                return Err(OverBudget::LineBytes(self.line_bytes));
            }
            self.bytes += taken;
            if self.bytes > self.pass_bytes {
                return Err(OverBudget::PassBytes(self.pass_bytes));
            }
            self.line.extend_from_slice(part);
            self.reader.consume(taken);
            if end.is_some() {
                self.lines += 1;
                if self.lines > self.pass_lines {
                    return Err(OverBudget::PassLines(self.pass_lines));
                }
                return Ok(Read::Line(std::mem::take(&mut self.line)));
            }
        }
    }
}

impl std::fmt::Display for OverBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LineBytes(limit) => write!(f, "one message has more than {limit} bytes"),
            Self::PassBytes(limit) => write!(f, "one listing sends more than {limit} bytes"),
            Self::PassLines(limit) => write!(f, "one listing sends more than {limit} lines"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(input: &[u8], limits: &Limits) -> Result<Vec<Vec<u8>>, OverBudget> {
        let mut lines = Lines::new(input, limits);
        let mut got = Vec::new();
        loop {
            match lines.next().await? {
                Read::FirstByte => {}
                Read::Line(line) => got.push(line),
                Read::End => return Ok(got),
            }
        }
    }

    #[tokio::test]
    async fn lines_end_at_line_feeds_only() {
        let limits = Limits::default();
        assert_eq!(
            all(b"a\r\n\nb\rc\nunfinished", &limits).await,
            Ok(vec![b"a\r".to_vec(), vec![], b"b\rc".to_vec()])
        );
        assert_eq!(all(b"", &limits).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn every_budget_holds_to_the_byte() {
        let limits = Limits { line_bytes: 3, pass_bytes: 8, pass_lines: 3, ..Limits::default() };
        assert_eq!(all(b"abc\nabc\n", &limits).await.map(|lines| lines.len()), Ok(2));
        assert_eq!(all(b"abcd\n", &limits).await, Err(OverBudget::LineBytes(3)));
        assert_eq!(all(b"abcd", &limits).await, Err(OverBudget::LineBytes(3)));
        assert_eq!(all(b"abc\nabc\na", &limits).await, Err(OverBudget::PassBytes(8)));
        assert_eq!(all(b"\n\n\n\n", &limits).await, Err(OverBudget::PassLines(3)));
    }

    #[tokio::test]
    async fn the_first_byte_is_told_before_its_line_ends() {
        let mut lines = Lines::new(&b"x"[..], &Limits::default());
        assert_eq!(lines.first_byte(), None);
        assert_eq!(lines.next().await, Ok(Read::FirstByte));
        assert!(lines.first_byte().is_some());
    }

    #[tokio::test]
    async fn a_new_pass_has_its_own_budget() {
        let limits = Limits { pass_bytes: 4, ..Limits::default() };
        let mut lines = Lines::new(&b"abc\nabc\n"[..], &limits);
        assert_eq!(lines.next().await, Ok(Read::FirstByte));
        assert_eq!(lines.next().await, Ok(Read::Line(b"abc".to_vec())));
        lines.begin_pass();
        assert_eq!(lines.next().await, Ok(Read::Line(b"abc".to_vec())));
    }
}
