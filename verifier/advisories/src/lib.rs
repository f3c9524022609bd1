//! Which advisories affect which packages.
//!
//! OSV records ([`mcpsign_schemas::advisory`]) are compiled to a compact index, and components are held against it. Pure:
//! bytes come from the caller, and so does the time.

pub mod check;
pub mod components;
pub mod ecosystem;
pub mod evaluate;
pub mod findings;
pub mod index;
pub mod order;
mod severity;
pub mod snapshot;
pub mod sources;
pub mod vers;
