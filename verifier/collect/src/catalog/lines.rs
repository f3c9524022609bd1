//! On which line of a file something stands.

use std::collections::HashMap;

/// The lines of a text, found by what begins there.
pub(super) struct Lines {
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The line of the byte at `offset`, from 1.
    pub(super) fn at(&self, offset: usize) -> Option<u32> {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).ok()
    }
}

/// The lines on which the members of JSON objects begin, where each stands on a line of its own, as package managers
/// write them. A key that stands in several objects is found where it stands first.
pub(super) fn keys(json: &[u8]) -> HashMap<&str, u32> {
    let mut found = HashMap::new();
    for (number, line) in json.split(|byte| *byte == b'\n').enumerate() {
        let key = line.trim_ascii_start().strip_prefix(b"\"").and_then(|rest| {
            let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            let (key, rest) = rest.split_at(end);
            rest.starts_with(b"\":").then_some(key)
        });
        if let Some(key) = key.and_then(|key| str::from_utf8(key).ok())
            && let Ok(number) = u32::try_from(number + 1)
        {
            found.entry(key).or_insert(number);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_keys_have_lines() {
        let lines = Lines::of("a\nbc\n\nd");
        assert_eq!([0, 1, 2, 4, 5, 6, 9].map(|at| lines.at(at).unwrap()), [1, 1, 2, 2, 3, 4, 4]);
        let json = b"{\n  \"a\": {\n    \"b\": 1\n  },\n  \"b\" : 2,\n  \"x\\\"\": 3, \"c\": 4\n}";
        assert_eq!(keys(json), HashMap::from([("a", 2), ("b", 3)]));
    }
}
