//! As much HTTP/1.1 as an issuer on loopback and those who ask it need.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// No token and no document here comes near it.
const BODY: usize = 1 << 20;

/// A request, as far as anybody here looks at it.
pub(super) struct Request {
    pub(super) method: String,
    /// With its query.
    pub(super) target: String,
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Reads one request.
pub(super) fn request(stream: impl Read) -> Result<Request> {
    let mut reader = BufReader::new(stream);
    let first = line(&mut reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(ErrorKind::InvalidData.into());
    };
    let (mut authorization, mut length) = (None, 0);
    loop {
        let header = line(&mut reader)?;
        if header.is_empty() {
            break;
        }
        match header.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                authorization = Some(value.trim().to_owned());
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(Error::other)?;
            }
            _ => {}
        }
    }
    if length > BODY {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { method, target, authorization, body })
}

/// Answers and closes.
pub(super) fn answer(mut stream: impl Write, status: &str, body: &[u8]) -> Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    stream.flush()
}

/// The body of a successful answer of `url`, which is plain HTTP.
///
/// # Errors
/// When nobody answers, or not with success.
pub(super) fn get(url: &str) -> Result<Vec<u8>> {
    ask("GET", url, "")
}

/// The same with a body.
///
/// # Errors
/// When nobody answers, or not with success.
pub(super) fn post(url: &str, body: &str) -> Result<Vec<u8>> {
    ask("POST", url, body)
}

fn ask(method: &str, url: &str, body: &str) -> Result<Vec<u8>> {
    let rest = url.strip_prefix("http://").ok_or(ErrorKind::InvalidInput)?;
    let (host, path) = rest.split_once('/').ok_or(ErrorKind::InvalidInput)?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(stream, "{method} /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}")?;
    let mut answer = Vec::new();
    stream.take(BODY as u64).read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or(ErrorKind::UnexpectedEof)?;
    let found = answer.split_off(head + 4);
    let text = String::from_utf8_lossy(&answer);
    if text.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
        return Ok(found);
    }
    Err(Error::other(format!(
        "{url}: {} {}",
        text.lines().next().unwrap_or_default(),
        String::from_utf8_lossy(&found)
    )))
}

fn line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    reader.take(8 << 10).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.trim_end_matches('\r').to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}
