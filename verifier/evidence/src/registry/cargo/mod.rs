//! cargo's sparse index: a line for each version, and the crate file of one.

pub mod config;
mod document;

pub(super) use document::find;
