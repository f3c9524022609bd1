//! Tokens as the platforms shape them.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Result;

/// The platforms that tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Shaped like GitHub Actions, issued on loopback.
    Actions,
    /// GitHub Actions itself, by the name of its issuer.
    GitHub,
    /// A person with a verified e-mail address, issued on loopback.
    Login,
    /// A user without one, issued on loopback.
    User,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Actions, Self::GitHub, Self::Login, Self::User];

    /// The first segment of its paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::GitHub => "github",
            Self::Login => "login",
            Self::User => "user",
        }
    }
}

/// Signs tokens for every platform.
pub(super) struct Mint {
    key: EcdsaKeyPair,
}

impl Mint {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)? })
    }

    /// The key set that an issuer publishes.
    pub(super) fn keys(&self) -> Value {
        // Uncompressed: 0x04, x, y.
        let point = self.key.public_key().as_ref();
        let (x, y) = (point.get(1..33).unwrap_or_default(), point.get(33..).unwrap_or_default());
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1", "x": encode(x), "y": encode(y) },
        ] })
    }

    /// A token of `issuer`, valid for ten minutes, in which `changes` stand over the claims it would have; null takes one out.
    pub(super) fn token(
        &self,
        platform: Platform,
        issuer: &str,
        changes: &Map<String, Value>,
    ) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut claims = match platform {
            Platform::Actions | Platform::GitHub => actions(changes),
            Platform::Login => login(changes),
            Platform::User => into_object(json!({ "sub": "alice" })),
        };
        let common =
            json!({ "iss": issuer, "aud": "sigstore", "iat": now, "nbf": now - 5, "exp": now + 600 });
        for (name, value) in common.as_object().into_iter().flatten().chain(changes) {
            claims.insert(name.clone(), value.clone());
        }
        claims.retain(|_, value| !value.is_null());
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!(
            "{}.{}",
            encode(&json!({ "alg": "ES256", "typ": "JWT", "kid": "1" })),
            encode(&Value::Object(claims))
        );
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A push to the main branch, built by the repository's own release workflow on a hosted runner.
fn actions(changes: &Map<String, Value>) -> Map<String, Value> {
    let text = |name: &str, otherwise: &str| {
        changes.get(name).and_then(Value::as_str).unwrap_or(otherwise).to_owned()
    };
    let repository = text("repository", "example-org/example-server");
    let reference = text("ref", "refs/heads/main");
    let commit = text("sha", "0123456789abcdef0123456789abcdef01234567");
    let workflow = text("workflow_ref", &format!("{repository}/.github/workflows/release.yml@{reference}"));
    let owner = repository.split('/').next().unwrap_or_default();
    let claims = json!({
        "sub": format!("repo:{repository}:ref:{reference}"),
        "repository": repository, "repository_id": "123456789", "repository_visibility": "public",
        "repository_owner": owner, "repository_owner_id": "987654",
        "ref": reference, "ref_type": "branch", "ref_protected": "true", "base_ref": "", "head_ref": "",
        "sha": commit,
        "workflow": "release", "workflow_ref": workflow, "workflow_sha": commit,
        "job_workflow_ref": workflow, "job_workflow_sha": commit,
        "event_name": "push", "runner_environment": "github-hosted",
        "run_id": "4242424242", "run_number": "7", "run_attempt": "1",
        "actor": "octo", "actor_id": "1", "jti": "loopback",
    });
    into_object(claims)
}

fn login(changes: &Map<String, Value>) -> Map<String, Value> {
    let email = changes.get("email").and_then(Value::as_str).unwrap_or("dev@example.com");
    into_object(json!({ "sub": email, "email": email, "email_verified": true }))
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
