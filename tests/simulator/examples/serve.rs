//! Serves on loopback until stdin ends, and writes into a folder what clients are configured with, and a token:
//! `cargo run -p mcpsign-simulator --example serve -- FOLDER`.

#![allow(clippy::expect_used, reason = "an example fails by panicking")]

use std::io::Read as _;
use std::path::Path;

use mcpsign_simulator::serve::{PERSON, Service};
use mcpsign_simulator::{Rekor, Simulator};
use serde_json::json;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("a folder");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let running = Simulator::new().serve();
    for (name, json) in [
        ("trusted_root.json", running.trusted_root_json()),
        ("signing_config.json", running.signing_config_json()),
        ("signing_config_v1.json", running.signing_config_with(&[Rekor::V1])),
        ("client_trust_config.json", running.client_trust_config_json()),
    ] {
        std::fs::write(folder.join(name), json.to_string())?;
    }
    let issuer = running.url(Service::Oidc);
    let claims = json!({ "iss": issuer, "sub": PERSON, "email": PERSON, "email_verified": true });
    std::fs::write(folder.join("token"), running.simulator().token(&claims))?;
    std::fs::write(folder.join("issuer"), issuer)?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
