//! All tests that cross crate borders, in one binary: linking is what costs.

#![cfg(test)]

mod attacks;
mod capture;
mod cli_input;
mod conformance;
mod json_schemas;
mod live_servers;
mod real_bundles;
mod sbom;
mod support;
mod tidy;
mod transcripts;
mod vectors;
