//! Python's package index: the JSON form of the Simple API (PEP 691), and one file of one version.

pub mod config;
mod document;
mod file_name;
mod netrc;

use std::path::Path;

pub(super) use document::find;

/// Names of the console scripts that an `entry_points.txt` declares; of one that is not understood none.
pub fn console_scripts(entry_points: &str) -> Vec<String> {
    let mut sections = super::ini::entry_points(entry_points).unwrap_or_default();
    sections.remove("console_scripts").unwrap_or_default().into_keys().collect()
}

/// `path` as pip takes it with a digest behind it.
pub fn file_url(path: &Path) -> Option<String> {
    url::Url::from_file_path(path).ok().map(String::from)
}
