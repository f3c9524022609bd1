//! Advisories: version orders, snapshots, checks of components.

mod cli;
pub(crate) mod forge;
mod incidents;
mod independent;
mod online;
mod snapshot;
mod verify;
mod version_order;
