//! Sigstore trust roots: which of several a bundle holds against, where they come from and how long they count.

mod commands;
mod offline;
mod roots;
pub(crate) mod served;
mod signing;
mod tuf;
