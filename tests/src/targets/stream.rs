//! Server-sent events: the same wherever the stream is cut, and the same as a reader that has the whole of it at once.

use mcpsign_collect::capture::sse_events;

/// Small, so that a fuzzer meets it.
const LIMIT: usize = 256;

pub(super) fn run(input: &[u8]) {
    let Some((first, stream)) = input.split_first() else { return };
    let whole = sse_events(&[stream], LIMIT);
    let (head, tail) = stream.split_at(usize::from(*first).min(stream.len()));
    assert_eq!(sse_events(&[head, tail], LIMIT), whole, "cut in two");
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(sse_events(&bytes, LIMIT), whole, "byte by byte");
    if let Some(events) = whole {
        assert_eq!(events, at_once(stream));
    }
}

/// The standard's words, in the order of the standard's words, without any limit.
fn at_once(stream: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut lines = vec![Vec::new()];
    let mut at = 0;
    while let Some(byte) = stream.get(at) {
        at += 1;
        match byte {
            b'\r' | b'\n' => {
                if *byte == b'\r' && stream.get(at) == Some(&b'\n') {
                    at += 1;
                }
                lines.push(Vec::new());
            }
            other => lines.last_mut().expect("a line").push(*other),
        }
    }
    // What no line end follows is dropped.
    lines.pop();
    let (mut events, mut kind, mut data) = (Vec::new(), Vec::new(), None::<Vec<u8>>);
    for line in lines {
        if line.is_empty() {
            let kind = std::mem::take(&mut kind);
            if let Some(mut data) = data.take() {
                data.pop();
                events.push((kind, data));
            }
            continue;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (line[..colon].to_vec(), line[colon + 1..].to_vec()),
            None => (line, Vec::new()),
        };
        let value = value.strip_prefix(b" ").map(<[u8]>::to_vec).unwrap_or(value);
        match field.as_slice() {
            b"event" => kind = value,
            b"data" => data.get_or_insert_default().extend(value.into_iter().chain([b'\n'])),
            _ => {}
        }
    }
    events
}
