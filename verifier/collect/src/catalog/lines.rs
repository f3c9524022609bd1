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

/// The lines on which the members of one object of a JSON document begin: of that to which the keys of `path` lead from the root.
pub(super) fn members<'j>(json: &'j [u8], path: &[&str]) -> HashMap<&'j str, u32> {
    let mut found = HashMap::new();
    each_key(json, |above, key, line| {
        if above.iter().copied().eq(path.iter().copied().map(Some)) {
            found.entry(key).or_insert(line);
        }
    });
    found
}

/// Calls `each` with every key of a JSON document: the keys under which the object that has it stands, from the root (none for a
/// list), the key as it is written, and its line.
pub(super) fn each_key<'j>(json: &'j [u8], mut each: impl FnMut(&[Option<&'j str>], &'j str, u32)) {
    // Of every object and list that is open, under which key its next value stands.
    let mut open: Vec<Option<&str>> = Vec::new();
    let (mut rest, mut line) = (json, 1);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\n' => line += 1,
            b'{' | b'[' => open.push(None),
            b'}' | b']' => _ = open.pop(),
            b'"' => {
                let (text, after) = rest.split_at(end_of_text(rest));
                rest = after.get(1..).unwrap_or_default();
                let is_key = rest.trim_ascii_start().starts_with(b":");
                if let (true, Ok(key), Some((own, above))) =
                    (is_key, str::from_utf8(text), open.split_last_mut())
                {
                    *own = Some(key);
                    each(above, key, line);
                }
            }
            _ => {}
        }
    }
}

/// Where the quotation mark stands that ends a text.
fn end_of_text(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_have_lines() {
        let lines = Lines::of("a\nbc\n\nd");
        assert_eq!([0, 1, 2, 4, 5, 6, 9].map(|at| lines.at(at).unwrap()), [1, 1, 2, 2, 3, 4, 4]);
    }

    #[test]
    fn members_are_those_of_one_object() {
        let json = b"{\"x\": {\"a\": 1}, \"y\": [{\"a\": 2}],\n\"d\": {\"a\": \"d\\\":{\",\n \"b\" :\n {\"c\": 1},\r\n\"c\": []}}";
        assert_eq!(members(json, &["d"]), HashMap::from([("a", 2), ("b", 3), ("c", 5)]));
        assert_eq!(members(json, &["d", "b"]), HashMap::from([("c", 4)]));
        assert_eq!(members(json, &[]), HashMap::from([("x", 1), ("y", 1), ("d", 2)]));
        assert_eq!(members(b"\"a\": [}]{\"", &[]), HashMap::new());
    }
}
