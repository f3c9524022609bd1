//! What policies say of signers, on evidence of a private Sigstore: otherwise perfect, and by the wrong build, the wrong
//! repository of that name, too few, or somebody who does not speak for the name.

mod builds;
mod issuers;
mod namespaces;
mod witnesses;

use mcpsign_simulator::Identity;
use serde_json::{Value, json};

use crate::keyless::github_token;
use crate::policy_fields::Outcome;
use crate::policy_fields::world::World;

fn denied(code: &str) -> Outcome {
    Outcome::Denied(code.into())
}

/// Whom GitHub's token names with this claim changed; without it where it is null.
fn with_claim(claim: &str, value: Value) -> Identity {
    let mut token = github_token();
    match value {
        Value::Null => drop(token.as_object_mut().unwrap().remove(claim)),
        value => token[claim] = value,
    }
    Identity::from_token(&token).unwrap()
}

/// A policy that demands nothing of the release workflow but that it is that.
fn signed_by(identity: &Identity) -> World {
    World::signed_by(identity).put(
        "/signers/0/identity",
        json!({ "issuer": identity.issuer, "subject": identity.subject.as_str() }),
    )
}
