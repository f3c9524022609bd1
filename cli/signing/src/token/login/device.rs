//! A code to be typed on another machine (RFC 8628).

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::issuer::{Answer, Issuer};
use super::{Asker, Challenge, LOGIN_TIME, Login, LoginError, Prompt, SCOPE, form};
use crate::keyless::{Question, Service, ServiceError};
use crate::token::IdentityToken;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between two questions where the issuer says nothing else (RFC 8628 §3.2), and what is added where it is asked too often.
const INTERVAL: u64 = 5;

#[derive(Deserialize)]
struct Device {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

pub(super) fn login(
    login: &Login,
    issuer: &Issuer,
    asker: &Asker,
    prompt: &mut dyn Prompt,
) -> Result<IdentityToken, LoginError> {
    let url = issuer.device.as_ref().ok_or(LoginError::NotOffered { what: "login with a code" })?;
    let challenge = Challenge::new()?;
    let request = form(&[
        ("client_id", &login.client_id),
        ("scope", SCOPE),
        ("code_challenge", &challenge.challenge),
        ("code_challenge_method", "S256"),
    ]);
    let answer = asker.ask(&Question::form(Service::TokenIssuer, url, &request), &[])?;
    let unusable = || ServiceError::answer(Service::TokenIssuer, url, "no code in JSON");
    let device: Device = serde_json::from_slice(&answer.body).map_err(|_| unusable())?;
    let address = device.verification_uri_complete.as_deref().unwrap_or(&device.verification_uri);
    prompt.enter(address, &device.user_code);

    let until = Instant::now() + LOGIN_TIME.min(Duration::from_secs(device.expires_in));
    let request = form(&[
        ("grant_type", GRANT),
        ("device_code", &device.device_code),
        ("client_id", &login.client_id),
        ("code_verifier", &challenge.verifier),
    ]);
    let mut interval = Duration::from_secs(device.interval.unwrap_or(INTERVAL).clamp(1, 60));
    loop {
        if Instant::now() + interval >= until {
            return Err(LoginError::TooLate);
        }
        std::thread::sleep(interval);
        match issuer.token(asker, &request)? {
            Answer::Token(token) => return Ok(token),
            Answer::NotYet("slow_down") => interval += Duration::from_secs(INTERVAL),
            Answer::NotYet(_) => {}
        }
    }
}
