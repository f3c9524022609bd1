//! All tests that cross crate borders, in one binary: linking is what costs.

#![cfg(test)]

mod advisories;
mod archives;
mod attack_list;
mod attacks;
mod attacks_rules;
mod automation;
mod bindings;
mod capture;
mod cli_input;
mod conformance;
mod diffs;
mod forms;
mod fuzz_smoke;
mod http;
mod images;
mod json_schemas;
mod keyless;
mod lint;
mod live_forms;
mod live_http;
mod live_observer;
mod live_servers;
mod live_sigstore;
mod mutations;
mod observer;
mod policies;
mod policy_fields;
mod projects;
mod properties;
mod real_bundles;
mod recorded;
mod sandbox;
mod sarif;
mod sbom;
mod sbom_checker;
mod sbom_commands;
mod signing_faults;
mod split_signing;
mod support;
mod tidy;
mod transcripts;
mod transplants;
mod trust;
mod vectors;
