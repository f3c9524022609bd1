//! Advisories: version orders, snapshots, checks of components.

mod version_order;
