//! OIDC issuers on loopback: discovery, keys, the request service of GitHub Actions, and tokens for the asking.
//!
//! ```text
//! GET  /PLATFORM/.well-known/openid-configuration, /PLATFORM/jwks
//! GET  /actions/token?…&audience=A    with the bearer token below, as a job with `id-token: write` does: {"value": TOKEN}
//! POST /PLATFORM/mint                 the body's members replace claims: TOKEN
//! ```

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Result;
use super::http::{self, Request};
use super::tokens::{Mint, Platform};

/// What a job shows to the request service.
pub(super) const REQUEST_TOKEN: &str = "request-token-of-this-job";

/// Where GitHub's own issuer is, for those who are led to the stand-in.
pub(super) const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Serves every platform until the process ends; gives the address back.
pub(super) fn start(mint: &Arc<Mint>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    let (mint, own) = (Arc::clone(mint), base.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mint, own) = (Arc::clone(&mint), own.clone());
            std::thread::spawn(move || serve(&stream, &own, &mint));
        }
    });
    Ok(base)
}

/// What `platform` calls itself in its tokens.
pub(super) fn issuer(base: &str, platform: Platform) -> String {
    match platform {
        Platform::GitHub => GITHUB.to_owned(),
        Platform::Actions | Platform::Login | Platform::User => format!("{base}/{}", platform.name()),
    }
}

/// A discovery document.
pub(super) fn discovery(issuer: &str, keys: &str) -> Value {
    json!({
        "issuer": issuer, "jwks_uri": keys,
        "authorization_endpoint": format!("{issuer}/auth"), "token_endpoint": format!("{issuer}/token"),
        "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    })
}

fn serve(stream: &TcpStream, base: &str, mint: &Mint) -> std::io::Result<()> {
    let request = http::request(stream)?;
    match respond(&request, base, mint) {
        Ok(body) => http::answer(stream, "200 OK", body.as_bytes()),
        Err(status) => http::answer(stream, status, b"{}"),
    }
}

fn respond(request: &Request, base: &str, mint: &Mint) -> std::result::Result<String, &'static str> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let (name, rest) = path.trim_start_matches('/').split_once('/').ok_or("404 Not Found")?;
    let platform = Platform::ALL.into_iter().find(|known| known.name() == name).ok_or("404 Not Found")?;
    let issuer = issuer(base, platform);
    let sign = |changes: &Map<String, Value>| {
        mint.token(platform, &issuer, changes).map_err(|_| "500 Internal Server Error")
    };
    match (request.method.as_str(), rest) {
        ("GET", ".well-known/openid-configuration") => {
            Ok(discovery(&issuer, &format!("{issuer}/jwks")).to_string())
        }
        ("GET", "jwks") => Ok(mint.keys().to_string()),
        ("GET", "token") if platform == Platform::Actions => {
            if request.authorization.as_deref() != Some(format!("bearer {REQUEST_TOKEN}").as_str()) {
                return Err("401 Unauthorized");
            }
            let audience = query.split('&').find_map(|pair| pair.strip_prefix("audience="));
            let mut changes = Map::new();
            changes.insert("aud".into(), audience.ok_or("400 Bad Request")?.into());
            Ok(json!({ "value": sign(&changes)? }).to_string())
        }
        ("POST", "mint") => sign(&serde_json::from_slice(&request.body).map_err(|_| "400 Bad Request")?),
        _ => Err("404 Not Found"),
    }
}
