//! The issuer of tokens for people: discovery, keys, the authorization code flow with PKCE (RFC 7636), whose person
//! agrees at once, and the device flow (RFC 8628), whose person agrees between the first poll and the second.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::fault::Fault;
use super::{Answer, Asked, Service, Shared};

/// Who logs in.
pub const PERSON: &str = "someone@example.com";

/// What was asked for and not yet given.
#[derive(Debug, Default)]
pub(super) struct Logins {
    given: u64,
    /// By code: what the client will have to know, and what it wants to find in the token.
    codes: BTreeMap<String, Form>,
    /// By code: how often it was asked for.
    devices: BTreeMap<String, u32>,
}

type Form = BTreeMap<String, String>;

pub(super) fn answer(shared: &Shared, asked: &Asked, fault: Option<&Fault>) -> Answer {
    let issuer = &shared.urls[&Service::Oidc];
    let query = form(asked.query.as_bytes());
    let body = form(&asked.body);
    let mut logins = shared.logins.lock().expect("nobody panics holding it");
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", ".well-known/openid-configuration") => Answer::json(200, &discovery(issuer)),
        ("GET", "jwks") => Answer::json(200, &shared.simulator.issuer.keys()),
        ("GET", "auth") => authorize(&mut logins, query),
        ("POST", "device") => device(&mut logins, issuer, fault),
        ("POST", "token") => match granted(&mut logins, &body, fault) {
            Ok(nonce) => {
                let other = matches!(fault, Some(Fault::TokenOfOtherLogin));
                let nonce = if other { Some("another".to_owned()) } else { nonce };
                let claims = json!({
                    "iss": issuer, "sub": PERSON, "email": PERSON, "email_verified": true, "nonce": nonce,
                });
                let token = shared.simulator.token(&claims);
                let answer = json!({ "access_token": "none", "token_type": "Bearer", "id_token": token });
                Answer::json(200, &answer)
            }
            Err(error) => Answer::json(400, &json!({ "error": error })),
        },
        _ => Answer::refused(404, "there is nothing here"),
    }
}

fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks"),
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "device_authorization_endpoint": format!("{issuer}/device"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    })
}

fn authorize(logins: &mut Logins, query: Form) -> Answer {
    let Some(back) = query.get("redirect_uri") else { return Answer::refused(400, "there is no way back") };
    let code = logins.code("code");
    let state = query.get("state").cloned().unwrap_or_default();
    let given = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &state)
        .finish();
    let location = format!("{back}{}{given}", if back.contains('?') { '&' } else { '?' });
    logins.codes.insert(code, query);
    Answer { headers: vec![("location", location)], ..Answer::json(302, &json!({})) }
}

fn device(logins: &mut Logins, issuer: &str, fault: Option<&Fault>) -> Answer {
    let expires_in = if let Some(Fault::CodeFor(seconds)) = fault { *seconds } else { 300 };
    let code = logins.code("device");
    logins.devices.insert(code.clone(), 0);
    let answer = json!({
        "device_code": code,
        "user_code": "WDJB-MJHT",
        "verification_uri": format!("{issuer}/activate"),
        "verification_uri_complete": format!("{issuer}/activate?user_code=WDJB-MJHT"),
        "expires_in": expires_in,
        "interval": 1,
    });
    Answer::json(200, &answer)
}

/// The nonce that the token is to hold, or the error of RFC 6749 §5.2 and RFC 8628 §3.5.
fn granted(logins: &mut Logins, body: &Form, fault: Option<&Fault>) -> Result<Option<String>, &'static str> {
    let member = |name: &str| body.get(name).map(String::as_str).ok_or("invalid_request");
    match member("grant_type")? {
        "authorization_code" => {
            let asked = logins.codes.remove(member("code")?).ok_or("invalid_grant")?;
            if let Some(Fault::NoToken(error)) = fault {
                return Err(error);
            }
            let verifier = Sha256::digest(member("code_verifier")?);
            let challenge = asked.get("code_challenge").ok_or("invalid_request")?;
            if URL_SAFE_NO_PAD.encode(verifier) != *challenge
                || asked.get("redirect_uri") != body.get("redirect_uri")
            {
                return Err("invalid_grant");
            }
            Ok(asked.get("nonce").cloned())
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            let code = member("device_code")?;
            let polls = logins.devices.get_mut(code).ok_or("invalid_grant")?;
            *polls += 1;
            if let Some(Fault::NoToken(error)) = fault {
                return Err(error);
            }
            if *polls < 2 {
                return Err("authorization_pending");
            }
            logins.devices.remove(code);
            Ok(None)
        }
        _ => Err("unsupported_grant_type"),
    }
}

impl Logins {
    /// One that was not given before.
    fn code(&mut self, kind: &str) -> String {
        self.given += 1;
        format!("{kind}-{}", self.given)
    }
}

fn form(bytes: &[u8]) -> Form {
    form_urlencoded::parse(bytes).into_owned().collect()
}
