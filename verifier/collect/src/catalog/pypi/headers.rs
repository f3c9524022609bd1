//! The header block of core metadata: `Name: value` lines, folded ones, then a body.
//!
//! By a few lines of our own: mail parsers are lenient by design (they drop, join, decode and guess), and what Python's
//! takes for the body is decided by the first line that it does not understand. Such a line is an error here.

use mcpsign_schemas::untrusted::escape;

use super::CoreMetadataError;

/// Fields and body. Names in lower case, in the order of the file, each with the line on which it begins.
pub(super) struct Headers<'b> {
    fields: Vec<(String, String, usize)>,
    /// What follows the first empty line: in metadata of today the description.
    pub(super) body: &'b str,
}

impl<'b> Headers<'b> {
    pub(super) fn parse(text: &'b str) -> Result<Self, CoreMetadataError> {
        let mut fields: Vec<(String, String, usize)> = Vec::new();
        let mut rest = text;
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let malformed = |what| CoreMetadataError::Line { number, what };
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            rest = after;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                break;
            }
            // To Python's reader a carriage return alone ends a line too.
            if line.contains(['\r', '\0']) {
                return Err(malformed("a control character"));
            }
            if line.starts_with([' ', '\t']) {
                let (_, value, _) =
                    fields.last_mut().ok_or_else(|| malformed("a continuation of nothing"))?;
                value.push('\n');
                value.push_str(unfolded(line));
                continue;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed("no header"))?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(malformed("no header"));
            }
            let value = value.trim_start_matches([' ', '\t']).to_owned();
            fields.push((name.to_ascii_lowercase(), value, number));
        }
        for (name, value, _) in &fields {
            // Old descriptions hold form feeds; nothing is decided by them.
            let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            if name != "description" && value.contains(strange) {
                return Err(CoreMetadataError::Value { field: escape(name), what: "a control character" });
            }
        }
        Ok(Self { fields, body: rest })
    }

    /// Every value of a field that may stand several times.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.with_lines(name).map(|(value, _)| value)
    }

    /// The same, each with the line on which it begins, from 1.
    pub(super) fn with_lines(&self, name: &'static str) -> impl Iterator<Item = (&str, usize)> {
        let own = self.fields.iter().filter(move |(field, ..)| field == name);
        own.map(|(_, value, line)| (value.trim(), *line))
    }

    /// The value of a field that may stand once; an empty one is none.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&str>, CoreMetadataError> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (_, Some(_)) => Err(CoreMetadataError::Twice(name)),
            (Some(""), None) => Ok(None),
            (first, None) => Ok(first),
        }
    }
}

/// Every value that lenient readers may take for a field's: of each line before the first empty one, whatever ends it, and whatever
/// stands in the others.
pub(super) fn stated<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = lines.take_while(|line| !line.is_empty()).flat_map(|line| line.split('\r'));
    let fields = lines.filter_map(|line| line.split_once(':'));
    fields
        .filter(|(field, _)| field.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect()
}

/// A continuation without what folding put before it: eight spaces, or seven and a bar.
fn unfolded(line: &str) -> &str {
    let fold = ["       |", "        "].into_iter().find_map(|fold| line.strip_prefix(fold));
    fold.unwrap_or_else(|| line.trim_start_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_folded_values_and_body() {
        let text = "Name: a\r\nCLASSIFIER: x\nClassifier:y\nDescription: one\n        two\n        \n       |  three\n\tfour\n\nbody: x\r\n";
        let headers = Headers::parse(text).unwrap();
        assert_eq!(headers.one("name").unwrap(), Some("a"));
        assert_eq!(headers.all("classifier").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(headers.one("description").unwrap(), Some("one\ntwo\n\n  three\nfour"));
        assert_eq!(headers.body, "body: x\r\n");
        assert!(matches!(headers.one("classifier"), Err(CoreMetadataError::Twice("classifier"))));
        assert_eq!(headers.one("summary").unwrap(), None);
    }

    #[test]
    fn what_python_would_take_for_the_body_is_refused() {
        for (text, line) in [
            ("Name: a\nno colon\n", 2),
            ("Name : a\n", 1),
            (": a\n", 1),
            (" Name: a\n", 1),
            ("\u{feff}Name: a\n", 1),
            ("Name: a\rVersion: 1\n", 1),
            ("Name: a\n\u{e9}t\u{e9}: 1\n", 2),
            ("Name: a\0\n", 1),
        ] {
            let found = Headers::parse(text).err();
            assert!(
                matches!(found, Some(CoreMetadataError::Line { number, .. }) if number == line),
                "{text:?}"
            );
        }
        assert!(matches!(Headers::parse("Summary: a\u{1b}[31m\n"), Err(CoreMetadataError::Value { .. })));
        assert!(Headers::parse("Description: a\u{c}\n").is_ok());
    }
}
