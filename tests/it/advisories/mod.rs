//! Advisories: version orders, snapshots, checks of components.

mod cli;
mod forge;
mod independent;
mod online;
mod snapshot;
mod version_order;
