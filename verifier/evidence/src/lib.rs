//! What the consuming side reads: references become claims and measurements.
//!
//! All of its I/O is here, and no decision is. Everything is read within limits and from regular files only;
//! what could not be read is an error where somebody named it, and a gap where it was looked for.

pub mod advisories;
pub mod alongside;
pub mod claims;
pub mod forms;
pub mod handed;
pub mod measure;
pub mod observation;
pub mod policy;
pub mod read;
pub mod reference;
pub mod registry;
pub mod trust;
