//! The two dialects of INI that clients' configurations are written in.

use std::collections::BTreeMap;

use configparser::ini::{Ini, IniDefault};

/// Keys and values before the first section, and of each section.
pub(super) type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Name of what stands before the first section; no configuration has a section called so.
pub(super) const TOP: &str = "\0";

/// npm's: `=` alone delimits, keys are case-sensitive.
pub(super) fn npm(text: &str) -> Result<Sections, String> {
    parse(text, |dialect| {
        dialect.delimiters = vec!['='];
        dialect.case_sensitive = true;
        dialect.enable_inline_comments = false;
    })
}

/// pip's, which is that of Python's configparser: a value may go on in indented lines.
pub(super) fn pip(text: &str) -> Result<Sections, String> {
    parse(text, |dialect| {
        dialect.multiline = true;
        dialect.enable_inline_comments = false;
    })
}

/// That of `entry_points.txt`: `=` alone delimits, names are case-sensitive.
pub(super) fn entry_points(text: &str) -> Result<Sections, String> {
    npm(text)
}

fn parse(text: &str, adjust: impl FnOnce(&mut IniDefault)) -> Result<Sections, String> {
    let mut dialect = IniDefault::default();
    dialect.default_section = TOP.to_owned();
    adjust(&mut dialect);
    // What it says of an error may quote the line, and the line a secret.
    let sections = Ini::new_from_defaults(dialect).read(text.to_owned()).map_err(|error| {
        error
            .split(": ")
            .next()
            .filter(|place| place.starts_with("line "))
            .unwrap_or("it is no INI file")
            .to_owned()
    })?;
    Ok(sections
        .into_iter()
        .map(|(name, values)| {
            let values =
                values.into_iter().map(|(key, value)| (key, value.unwrap_or_else(|| "true".to_owned())));
            (name, values.collect())
        })
        .collect())
}
