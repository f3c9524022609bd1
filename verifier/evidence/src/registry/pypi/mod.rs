//! Python's package index: the JSON form of the Simple API (PEP 691), and one file of one version.

pub mod config;
mod document;
mod file_name;
mod netrc;

pub(super) use document::find;
