//! First lines of scripts.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Bytes of a first line at the most: more than any system reads of it.
const MAX_LINE: u64 = 512;

/// The interpreter and its arguments, as `#!` names them.
pub(crate) fn interpreter(script: &Path) -> Option<Vec<String>> {
    let mut bytes = Vec::new();
    File::open(script).ok()?.take(MAX_LINE).read_to_end(&mut bytes).ok()?;
    let line = bytes.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let words = str::from_utf8(line).ok()?.split_ascii_whitespace();
    Some(words.map(str::to_owned).collect())
}

/// The name that `#!/usr/bin/env NAME` has looked up in `$PATH`.
pub(crate) fn looked_up(script: &Path) -> Option<String> {
    let words = interpreter(script)?;
    let (program, rest) = words.split_first()?;
    if Path::new(program).file_name()? != "env" {
        return None;
    }
    rest.iter().find(|word| !word.starts_with('-') && !word.contains('=')).cloned()
}
