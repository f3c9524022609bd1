//! Test material that more than one test binary needs.

pub mod forge;
pub mod sigstore;
pub mod targets;
