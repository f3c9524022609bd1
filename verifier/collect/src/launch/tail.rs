//! The last lines of a server's stderr.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Lines kept: what fits on a screen.
const LINES: usize = 40;
/// Bytes kept of one line, its last: a screen's width several times over.
const LINE_BYTES: usize = 1_000;

/// Reads a stream to its end and keeps its last lines. Reading goes on whatever the server writes, so that it never
/// waits for us.
#[derive(Debug)]
pub(super) struct Tail {
    kept: Arc<Mutex<Kept>>,
    end: Receiver<()>,
    bytes: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<Vec<u8>>,
    unfinished: Vec<u8>,
}

impl Tail {
    pub(super) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
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
        Self { kept, end, bytes }
    }

    /// How many bytes have been read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The last lines, after waiting at most `patience` for the stream to end.
    pub(super) fn lines(&self, patience: Duration) -> Vec<String> {
        let _ = self.end.recv_timeout(patience);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let unfinished = (!kept.unfinished.is_empty()).then_some(&kept.unfinished);
        let lines =
            kept.lines.iter().chain(unfinished).map(|line| String::from_utf8_lossy(line).into_owned());
        lines.collect()
    }
}

impl Kept {
    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            // Of a line that is too long, too, the end tells most.
            self.unfinished
                .extend_from_slice(text.get(text.len().saturating_sub(LINE_BYTES)..).unwrap_or(text));
            self.unfinished.drain(..self.unfinished.len().saturating_sub(LINE_BYTES));
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
        Tail::of(std::io::Cursor::new(input)).lines(Duration::from_secs(5))
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
}
