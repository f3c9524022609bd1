//! The issuer of tokens: JSON web tokens, signed with ES256.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Simulator;

/// For whom tokens are that buy a certificate.
pub(crate) const AUDIENCE: &str = "sigstore";
/// How long a token counts, in seconds.
const LIFETIME: i64 = 600;

/// Signs tokens for any claims, and says which it signed.
#[derive(Debug)]
pub(crate) struct TokenIssuer(EcdsaKeyPair);

impl TokenIssuer {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    /// The token of exactly these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "simulator" });
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token that this issuer signed and that buys a certificate at `now`.
    pub(crate) fn claims(&self, token: &str, now: Timestamp) -> Result<Value, &'static str> {
        let (signed, signature) = token.rsplit_once('.').ok_or("not a token")?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "not a token")?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| "the token is not by this issuer")?;
        let (_, claims) = signed.split_once('.').ok_or("not a token")?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| "not a token")?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| "not a token")?;
        if claims["aud"] != AUDIENCE {
            return Err("the token is for somebody else");
        }
        let seconds = |name: &str| claims[name].as_i64().ok_or("the token has no time");
        if seconds("exp")? <= now.as_second() || seconds("nbf")? > now.as_second() {
            return Err("the token does not count now");
        }
        Ok(claims)
    }

    /// The key set that it publishes.
    pub(crate) fn keys(&self) -> Value {
        // Uncompressed: 0x04, x, y.
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "simulator",
            "x": encode(x), "y": encode(y),
        }] })
    }
}

impl Simulator {
    /// A token of these claims. Audience and times are those that buy a certificate now, unless the claims say others; a
    /// claim that is null is left out.
    pub fn token(&self, claims: &Value) -> String {
        let now = Timestamp::now().as_second();
        let mut all = json!({ "aud": AUDIENCE, "iat": now, "nbf": now - 5, "exp": now + LIFETIME });
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        all.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        self.issuer.sign(&all)
    }
}
