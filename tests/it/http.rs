//! Servers over HTTP: the same capture as over pipes, against everything that HTTP adds.

mod commands;
mod knobs;
mod lies;
pub(crate) mod served;
pub(crate) mod tls;
