//! What mcpsign sees with its own eyes: artifacts, trees, lockfiles and running MCP servers.
//!
//! Nothing here decides anything. What is seen becomes types of `mcpsign-schemas`; whoever signs or verifies
//! makes of them what it will.

pub mod archive;
pub mod artifact;
pub mod capture;
pub mod catalog;
pub mod commands;
pub mod conceal;
pub mod downloads;
pub mod http;
pub mod image;
pub mod installed;
pub mod launch;
pub mod people;
pub mod project;
pub mod replies;
pub mod tree;
mod way;
mod zstd;
