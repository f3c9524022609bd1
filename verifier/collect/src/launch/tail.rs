//! The last lines of a server's stderr.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::conceal::Secrets;

/// Lines kept: what fits on a screen.
const LINES: usize = 40;
/// Bytes shown of one line, its last: a screen's width several times over.
const LINE_BYTES: usize = 1_000;

/// Reads a stream to its end and keeps its last lines. Reading goes on whatever the server writes, so that it never
/// waits for us.
#[derive(Debug)]
pub(super) struct Tail {
    kept: Arc<Mutex<Kept>>,
    secrets: Secrets,
    end: Receiver<()>,
    bytes: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Kept {
    lines: VecDeque<Vec<u8>>,
    unfinished: Vec<u8>,
    /// Bytes kept of one line: those that are shown, and what a secret that ends in them may have before.
    line_bytes: usize,
}

impl Tail {
    /// The program that writes it was given `secrets`.
    pub(super) fn of(mut stream: impl Read + Send + 'static, secrets: Secrets) -> Self {
        let line_bytes = LINE_BYTES + secrets.longest();
        let kept = Kept { lines: VecDeque::new(), unfinished: Vec::new(), line_bytes };
        let kept = Arc::new(Mutex::new(kept));
        let (ended, end) = mpsc::channel();
        let bytes = Arc::<AtomicU64>::default();
        let (writer, counter) = (Arc::clone(&kept), Arc::clone(&bytes));
        // Ends when the last process that holds the stream has ended.
        std::thread::spawn(move || {
            let mut buffer = [0; 8 << 10];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                counter.fetch_add(count as u64, Ordering::Relaxed);
                let part = buffer.get(..count).unwrap_or_default();
                writer.lock().unwrap_or_else(PoisonError::into_inner).take(part);
            }
            let _ = ended.send(());
        });
        Self { kept, secrets, end, bytes }
    }

    /// How many bytes have been read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The last lines without the secrets, after waiting at most `patience` for the stream to end.
    pub(super) fn lines(&self, patience: Duration) -> Vec<String> {
        let _ = self.end.recv_timeout(patience);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let unfinished = (!kept.unfinished.is_empty()).then_some(&kept.unfinished);
        let shown = |line: &Vec<u8>| self.secrets.out_of_end(&String::from_utf8_lossy(line), LINE_BYTES);
        kept.lines.iter().chain(unfinished).map(shown).collect()
    }
}

impl Kept {
    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            // Of a line that is too long, too, the end tells most.
            let end = text.get(text.len().saturating_sub(self.line_bytes)..);
            self.unfinished.extend_from_slice(end.unwrap_or(text));
            self.unfinished.drain(..self.unfinished.len().saturating_sub(self.line_bytes));
            if part.ends_with(b"\n") {
                if self.lines.len() == LINES {
                    self.lines.pop_front();
                }
                self.lines.push_back(std::mem::take(&mut self.unfinished));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(input: Vec<u8>) -> Vec<String> {
        tail_without(input, &[])
    }

    fn tail_without(input: Vec<u8>, secrets: &[&str]) -> Vec<String> {
        let secrets = secrets.iter().copied().collect();
        Tail::of(std::io::Cursor::new(input), secrets).lines(Duration::from_secs(5))
    }

    #[test]
    fn the_last_lines_stay_bounded() {
        assert_eq!(tail(b"one\n\ntwo\xff".to_vec()), ["one", "", "two\u{fffd}"]);
        let many: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        let last = tail(many.into_bytes());
        assert_eq!((last.len(), last[0].as_str()), (LINES, "line 960"));
        let long = tail([vec![b'x'; 1 << 20], b"last words\nend".to_vec()].concat());
        assert_eq!((long[0].len(), long[1].as_str()), (LINE_BYTES, "end"));
        assert!(long[0].ends_with("xlast words"));
    }

    #[test]
    fn a_secret_that_begins_before_what_is_shown_is_not_shown() {
        let secret = "the-secret-of-this-test";
        for after in LINE_BYTES - secret.len() - 2..LINE_BYTES + 2 {
            for before in [0, 9_000] {
                let line = ["x".repeat(before), secret.to_owned(), "y".repeat(after)].concat();
                let shown = tail_without(line.into_bytes(), &[secret]).concat();
                assert!(
                    shown.trim_start_matches('x').trim_start_matches("***").bytes().all(|b| b == b'y'),
                    "{shown}"
                );
                assert!(shown.len() <= LINE_BYTES + "***".len());
            }
        }
    }
}
