//! Drives the built server with raw lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod every_lie;
mod honest;
mod lies;
mod paging;
#[cfg(target_os = "linux")]
mod processes;
mod varying;
