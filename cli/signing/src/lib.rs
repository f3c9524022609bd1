//! Keys, certificates, signatures, and the check that what was signed verifies.
//!
//! Statement → [`signer::Signed`] → [`check::Checked`]: each is made by the step before it alone, and only the last
//! can be written.

pub mod advisories;
pub mod alone;
pub mod bound;
pub mod check;
pub mod keyless;
pub mod keys;
pub mod signer;
#[cfg(test)]
mod testing;
pub mod token;
