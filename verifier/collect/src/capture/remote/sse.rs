//! Server-sent events, read from raw bytes (WHATWG HTML §9.2.5–9.2.6).
//!
//! Bytes stay bytes: where the standard decodes with replacement characters, invalid UTF-8 reaches the strict JSON
//! parser, which refuses it.

use std::time::Duration;

use super::super::lines::OverBudget;

/// Digits of a `retry` that are read. 9: more would be a wait of years.
const RETRY_DIGITS: usize = 9;

/// A parser of one stream.
#[derive(Debug)]
pub(super) struct Sse {
    /// Bytes of one event's data at the most; of one line, too.
    limit: usize,
    at_start: bool,
    /// Whether the last byte was CR: a LF after it belongs to it.
    after_cr: bool,
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    kind: Vec<u8>,
    id: Vec<u8>,
    /// Of the last event, whether or not it had data.
    pub(super) last_id: Vec<u8>,
    /// As last said.
    pub(super) retry: Option<Duration>,
    /// Lines so far.
    pub(super) lines: usize,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// Empty where none was said, which means `message`.
    pub(super) kind: Vec<u8>,
    pub(super) data: Vec<u8>,
}

impl Sse {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            at_start: true,
            after_cr: false,
            line: Vec::new(),
            data: None,
            kind: Vec::new(),
            id: Vec::new(),
            last_id: Vec::new(),
            retry: None,
            lines: 0,
        }
    }

    /// Reads on; gives the events that are whole by now. One that is cut off by the stream's end is none.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Sent>, OverBudget> {
        let mut events = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    events.extend(self.end_line()?);
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() >= self.limit {
                        return Err(OverBudget::LineBytes(self.limit));
                    }
                    self.line.push(*byte);
                }
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Result<Option<Sent>, OverBudget> {
        self.lines += 1;
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if std::mem::take(&mut self.at_start) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                let data = self.data.get_or_insert_default();
                if data.len() + value.len() > self.limit {
                    return Err(OverBudget::LineBytes(self.limit));
                }
                data.extend_from_slice(value);
                data.push(b'\n');
            }
            b"event" => self.kind = value.to_vec(),
            b"id" if !value.contains(&0) => self.id = value.to_vec(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let digits = std::str::from_utf8(value).ok().filter(|text| text.len() <= RETRY_DIGITS);
                self.retry = digits.and_then(|text| text.parse().ok()).map(Duration::from_millis);
            }
            // A comment has an empty field name; what is unknown is ignored.
            _ => {}
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<Sent> {
        self.last_id.clone_from(&self.id);
        let kind = std::mem::take(&mut self.kind);
        let mut data = self.data.take()?;
        data.pop();
        Some(Sent { kind, data })
    }
}

/// The events of a stream that comes in `parts`, kind and data of each, as a capture reads them; `None` where a line or
/// an event has more than `limit` bytes.
pub fn sse_events(parts: &[&[u8]], limit: usize) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut sse = Sse::new(limit);
    let mut events = Vec::new();
    for part in parts {
        events.extend(sse.push(part).ok()?.into_iter().map(|sent| (sent.kind, sent.data)));
    }
    Some(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&[u8]]) -> (Vec<(String, String)>, Sse) {
        let mut sse = Sse::new(64);
        let mut events = Vec::new();
        for part in parts {
            events.extend(sse.push(part).expect("within the limit"));
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (events.into_iter().map(|event| (text(event.kind), text(event.data))).collect(), sse)
    }

    fn data(text: &str) -> Vec<String> {
        read(&[text.as_bytes()]).0.into_iter().map(|(_, data)| data).collect()
    }

    #[test]
    fn the_standards_own_examples() {
        assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        let (events, sse) = read(&[
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        ]);
        assert_eq!(events.len(), 2, "the third is not ended");
        assert_eq!(events[1].1, "second event");
        assert!(sse.last_id.is_empty(), "`id` alone forgets it");
        assert_eq!(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(data("data:test\n\ndata: test\n\ndata:  test\n\n"), ["test", "test", " test"]);
    }

    #[test]
    fn lines_end_in_three_ways_wherever_the_stream_is_cut() {
        let whole = b"event: a\r\ndata: 1\rdata: 2\ndata: 3\r\n\r\n\rid: x\n\r\n";
        let expected = vec![("a".to_owned(), "1\n2\n3".to_owned())];
        assert_eq!(read(&[whole]).0, expected);
        for at in 0..=whole.len() {
            let (events, sse) = read(&[&whole[..at], &whole[at..]]);
            assert_eq!((events, sse.last_id.as_slice()), (expected.clone(), &b"x"[..]), "cut at {at}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once() {
        assert_eq!(data("\u{feff}data: a\n\n"), ["a"]);
        assert!(data("\u{feff}\u{feff}data: a\n\n").is_empty());
        assert!(data("\n\u{feff}data: a\n\n").is_empty());
    }

    #[test]
    fn ids_and_waits_follow_their_rules() {
        let (_, sse) = read(&[b"id: 1\nretry: 250\n\nid: a\0b\nretry: 1x\n\n"]);
        assert_eq!((sse.last_id.as_slice(), sse.retry), (&b"1"[..], Some(Duration::from_millis(250))));
        let (_, sse) = read(&[b"id: 1\n\nid: 2\n"]);
        assert_eq!(sse.last_id, b"1", "the second event is not ended");
        assert_eq!(read(&[b"retry: 99999999999999999999\n"]).1.retry, None);
    }

    #[test]
    fn b48_data_and_lines_are_bounded_to_the_byte() {
        let mut sse = Sse::new(8);
        assert!(sse.push(b"data:123\n").is_ok());
        assert!(sse.push(b"data:1234\n").is_err(), "the line has nine");
        assert!(Sse::new(8).push(b":23456789").is_err());
        assert!(Sse::new(8).push(b":2345678").is_ok());
    }
}
