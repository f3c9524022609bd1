//! Advisories: version orders, snapshots, checks of components.

mod cargo_audit;
mod cli;
mod exceptions;
pub(crate) mod forge;
mod incidents;
mod independent;
pub(crate) mod online;
mod snapshot;
mod verify;
mod version_order;
