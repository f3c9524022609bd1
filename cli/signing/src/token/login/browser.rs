//! A browser on this machine, which comes back to a port of ours (RFC 8252).

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mcpsign_schemas::canonical::Json;
use url::Url;
use zeroize::Zeroizing;

use super::issuer::{Answer, Issuer};
use super::{Asker, Challenge, LOGIN_TIME, Login, LoginError, Prompt, SCOPE, form, random, refused};
use crate::token::IdentityToken;

/// Where the issuer sends the browser back to.
const PATH: &str = "/auth/callback";
/// Bytes of a request's head at the most: browsers send along every cookie that anything on this machine has set.
const MAX_HEAD: usize = 64 << 10;
/// Headers of a request at the most. Browsers send about twenty.
const MAX_HEADERS: usize = 100;
/// How long one connection may take to ask: browsers open some that they do not use.
const ASKING: Duration = Duration::from_secs(2);

/// What somebody asks for who knocks.
enum Asked {
    /// The address that the browser is sent back to.
    Back(Url),
    /// The same of another host: a page whose name leads here is not the issuer's answer.
    OtherHost,
    /// Something else.
    Other,
}

pub(super) fn login(
    login: &Login,
    issuer: &Issuer,
    asker: &Asker,
    prompt: &mut dyn Prompt,
) -> Result<IdentityToken, LoginError> {
    let authorization =
        issuer.authorization.as_ref().ok_or(LoginError::NotOffered { what: "login with a browser" })?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(LoginError::Listen)?;
    let port = listener.local_addr().map_err(LoginError::Listen)?.port();
    // The name, not the number: it is what issuers allow clients without a secret.
    let back = format!("http://localhost:{port}{PATH}");
    let (challenge, state, nonce) = (Challenge::new()?, random()?, random()?);
    let mut address = authorization.clone();
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &login.client_id)
        .append_pair("redirect_uri", &back)
        .append_pair("scope", SCOPE)
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge.challenge)
        .append_pair("code_challenge_method", "S256");
    prompt.visit(address.as_str());

    let code = code(&listener, port, &state)?;
    let request = form(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &back),
        ("client_id", &login.client_id),
        ("code_verifier", &challenge.verifier),
    ]);
    let Answer::Token(token) = issuer.token(asker, &request)? else {
        return Err(refused("the login is not finished"));
    };
    if token.claims().get("nonce").and_then(Json::as_str) != Some(nonce.as_str()) {
        return Err(LoginError::OtherLogin);
    }
    Ok(token)
}

/// Waits for the browser. Whatever else knocks is sent away, and what names another login's state is no answer to this.
fn code(listener: &TcpListener, port: u16, state: &str) -> Result<Zeroizing<String>, LoginError> {
    listener.set_nonblocking(true).map_err(LoginError::Listen)?;
    let until = Instant::now() + LOGIN_TIME;
    while Instant::now() < until {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(_) => {
                std::thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        match asked(&stream, port) {
            Ok(Asked::Back(url)) => {
                let field = |name: &str| {
                    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
                };
                if field("state").as_deref() != Some(state) {
                    let _ =
                        answer(&stream, "400 Bad Request", "This is not the login that mcpsign waits for.");
                    continue;
                }
                if let Some(code) = field("code").filter(|code| !code.is_empty()) {
                    let _ = answer(&stream, "200 OK", "You are logged in. You can close this page.");
                    return Ok(Zeroizing::new(code));
                }
                let _ = answer(&stream, "400 Bad Request", "You are not logged in. You can close this page.");
                let said = field("error_description").or_else(|| field("error"));
                return Err(refused(said.as_deref().unwrap_or("without a reason")));
            }
            Ok(Asked::OtherHost) => {
                let _ = answer(&stream, "421 Misdirected Request", "This is another host.");
            }
            Ok(Asked::Other) => {
                let _ = answer(&stream, "404 Not Found", "There is nothing here.");
            }
            Err(_) => {}
        }
    }
    Err(LoginError::TooLate)
}

/// Reads one request's head, all of it within [`ASKING`] however it drips.
fn asked(mut stream: &TcpStream, port: u16) -> io::Result<Asked> {
    let until = Instant::now() + ASKING;
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(ASKING))?;
    let mut head = Vec::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > MAX_HEAD {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let mut part = [0; 4 << 10];
        let length = stream.read(&mut part)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&part[..length]);
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&head) {
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(_)) => return Ok(judged(&request, port)),
            Err(_) => return Ok(Asked::Other),
        }
    }
}

fn judged(request: &httparse::Request<'_, '_>, port: u16) -> Asked {
    let (Some("GET"), Some(target)) = (request.method, request.path) else { return Asked::Other };
    let url = Url::parse("http://localhost").and_then(|base| base.join(target));
    let Some(url) = url.ok().filter(|url| url.path() == PATH && target.starts_with('/')) else {
        return Asked::Other;
    };
    let ours = [format!("localhost:{port}"), format!("127.0.0.1:{port}")];
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if ours.iter().any(|ours| ours.as_bytes() == host.value) => Asked::Back(url),
        _ => Asked::OtherHost,
    }
}

fn answer(mut stream: &TcpStream, status: &str, text: &str) -> io::Result<()> {
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    )?;
    stream.flush()
}
