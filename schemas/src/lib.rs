//! The formats of mcpsign: what is hashed, signed, compared and reported.
//!
//! No I/O and no cryptography beyond hashing. `spec/` beside this crate says the same in prose, with vectors
//! for implementations in other languages.

pub mod advisory;
pub mod approval;
pub mod canonical;
pub mod capture;
pub mod code;
pub mod diff;
pub mod digest;
mod drawn;
pub mod endpoint;
pub mod evidence_file;
pub mod facts;
pub mod finding;
pub mod hidden;
pub mod image;
pub mod inventory;
#[cfg(feature = "json-schema")]
pub mod json_schema;
pub mod license;
pub mod lint;
pub mod manifest;
pub mod observed;
pub mod party;
pub mod pointer;
pub mod policy;
pub mod provenance;
pub mod purl;
pub mod report;
pub mod revocation;
pub mod sbom;
pub mod scan;
pub mod secret;
pub mod statement;
pub mod summary;
pub mod surface;
pub mod time;
pub mod toolname;
pub mod tree;
pub mod untrusted;
pub mod vex;
pub mod workload;
