//! Advisories on this machine: a snapshot is made from OSV's files ([`update`]), and opened to be held against components
//! ([`store`]); or a server is asked ([`api`]).

pub mod api;
mod before;
mod error;
mod fetch;
mod lists;
mod segment;
mod signature;
mod source;
pub mod store;
pub mod update;
mod zip;

pub use error::{AdvisoriesError, Outcome};
pub use source::Origin;
