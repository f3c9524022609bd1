//! Extended headers: pax records and GNU long names, as far as they are harmless.

/// What an extended header says about the entry that follows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extended {
    /// Its name.
    pub(super) path: Option<Vec<u8>>,
    /// Its size, which must be the header's: readers differ in which of the two they believe.
    pub(super) size: Option<u64>,
    /// Where it leads, if it is a link.
    pub(super) target: Option<Vec<u8>>,
}

/// Reads the records of a pax header: `LENGTH KEY=VALUE\n`, LENGTH being that of the whole record.
///
/// Times, owners, comments and vendors' attributes change nothing that is signed and are passed over. What changes
/// a file's name, type or extent in a way that some readers do not know is refused.
pub(super) fn parse(mut records: &[u8]) -> Result<Extended, &'static str> {
    let mut extended = Extended::default();
    let mut seen = std::collections::BTreeSet::new();
    while !records.is_empty() {
        let (key, value, rest) = record(records).ok_or("a malformed record")?;
        records = rest;
        if !seen.insert(key) {
            return Err("a record stands twice");
        }
        match key {
            b"path" => extended.path = Some(value.to_vec()),
            b"size" => extended.size = Some(decimal(value).ok_or("a malformed size")?),
            b"linkpath" => extended.target = Some(value.to_vec()),
            b"hdrcharset" | b"charset" => return Err("another character set"),
            b"SCHILY.realsize" | b"SCHILY.filetype" => return Err("another size or type for some readers"),
            key if key.starts_with(b"GNU.sparse") => return Err("a sparse file"),
            _ => {}
        }
    }
    Ok(extended)
}

/// The first record: key, value, what follows.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().take(20).position(|&b| b == b' ')?;
    let length = usize::try_from(decimal(&records[..space])?).ok()?;
    let (record, rest) = records.split_at_checked(length)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&b| b == b'=')?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    (!key.is_empty()).then_some((key, value, rest))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    // `parse` would take a sign.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_size_are_read_and_the_rest_is_passed_over() {
        let records =
            b"30 mtime=1350244992.023960108\n12 path=a/b\n9 size=3\n12 comment=\n19 SCHILY.ino=1234\n";
        assert_eq!(parse(records), Ok(Extended { path: Some(b"a/b".to_vec()), size: Some(3), target: None }));
        assert_eq!(parse(b""), Ok(Extended::default()));
    }

    #[test]
    fn what_readers_take_differently_is_refused() {
        for (records, what) in [
            ("12 path=a/b\n12 path=c/d\n", "a record stands twice"),
            ("21 SCHILY.realsize=1\n", "another size or type for some readers"),
            ("22 GNU.sparse.major=1\n", "a sparse file"),
            ("21 hdrcharset=BINARY\n", "another character set"),
            ("11 size=+1\n", "a malformed size"),
            ("11 size=-1\n", "a malformed size"),
            ("8 size=\n", "a malformed size"),
        ] {
            assert_eq!(parse(records.as_bytes()), Err(what), "{records:?}");
        }
    }

    #[test]
    fn malformed_records() {
        for records in [
            "path=a\n",
            "12 path=a/b",
            "13 path=a/b\n",
            "11 path=a/b\n",
            "+12 path=a/b\n",
            " path=a\n",
            "6 =ab\n",
            "7 path\n",
            "0 \n",
            "99999999999999999999999 path=a\n",
            "5 a=\n\0",
        ] {
            assert_eq!(parse(records.as_bytes()), Err("a malformed record"), "{records:?}");
        }
    }
}
