//! HTTP/1.1 as bytes: one request in, one response out.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::Value;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// By name in lower case.
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn session(&self) -> Option<&str> {
        self.header("mcp-session-id")
    }

    /// The method of the message in the body.
    pub(crate) fn calls(&self, method: &str) -> bool {
        let message: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        message.get("method").and_then(Value::as_str) == Some(method)
    }
}

pub(crate) fn read(stream: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut request = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (request.next().unwrap_or_default(), request.next().unwrap_or_default());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(Asked { method, target, headers, body }))
}

/// A head without a word on the body's length: it ends with the connection.
pub(crate) fn head(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all((head + "\r\n").as_bytes())?;
    stream.flush()
}

pub(crate) fn status(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
    let mut headers = headers.to_vec();
    headers.push(("Content-Length", "0"));
    head(stream, status, &headers)
}

pub(crate) fn json(
    stream: &mut TcpStream,
    status: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<()> {
    let length = body.len().to_string();
    let mut headers = headers.to_vec();
    headers.extend([("Content-Type", "application/json"), ("Content-Length", length.as_str())]);
    head(stream, status, &headers)?;
    stream.write_all(body)
}

/// Ends the response, and waits for the client to have read it.
pub(crate) fn leave(stream: &mut TcpStream) -> io::Result<()> {
    stream.flush()?;
    stream.shutdown(Shutdown::Write)?;
    super::drain(stream);
    Ok(())
}
