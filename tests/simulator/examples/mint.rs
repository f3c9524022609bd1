//! Writes a trust root and honest bundles of every kind into a folder, for other clients to verify:
//! `cargo run -p mcpsign-simulator --example mint -- FOLDER`.

#![allow(clippy::expect_used, reason = "an example fails by panicking")]

use std::path::Path;

use mcpsign_simulator::{Content, Identity, Options, Rekor, Simulator, Tsa};
use serde_json::json;
use sha2::{Digest as _, Sha256};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("a folder");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let simulator = Simulator::new();
    let artifact = b"an artifact\n";
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "artifact", "digest": { "sha256": hex::encode(Sha256::digest(artifact)) } }],
        "predicateType": "https://example.com/predicate/v1",
        "predicate": {},
    })
    .to_string();
    std::fs::write(folder.join("artifact"), artifact)?;
    std::fs::write(folder.join("trusted_root.json"), simulator.trusted_root_json().to_string())?;
    let identity = Identity::email("someone@example.com", "https://accounts.example.com");
    for rekor in [Rekor::V1, Rekor::V1Intoto, Rekor::V2, Rekor::V2Ecdsa] {
        for (content, payload) in [(Content::Dsse, statement.as_bytes()), (Content::Message, artifact)] {
            for (stamped, tsas) in [("", &[][..]), ("-stamped", &[Tsa::First, Tsa::Second])] {
                let options = Options { tsas, ..Options::new(rekor, content) };
                if rekor.is_v2() && tsas.is_empty() || rekor == Rekor::V1Intoto && content == Content::Message
                {
                    continue;
                }
                let bundle = simulator.mint(payload, &identity, options).to_string();
                let name = format!("{rekor:?}-{content:?}{stamped}.sigstore.json").to_lowercase();
                std::fs::write(folder.join(name), bundle)?;
            }
        }
    }
    Ok(())
}
