//! Heads: statuses, redirects, and heads that never end.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::super::wire::{self, Asked};
use super::super::{Server, nobodys_error};
use crate::lies::Arg;

const PAGE: (&str, &str) = ("Content-Type", "text/html");

pub(super) fn slow(_: &Server, _: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nX-Slow: ")?;
    loop {
        stream.write_all(b"x")?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(super) fn huge(_: &Server, _: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    let value = "x".repeat(16 << 10);
    let headers: Vec<_> = (0..64).map(|_| ("X-Huge", value.as_str())).collect();
    wire::status(stream, "200 OK", &headers)?;
    Ok(true)
}

pub(super) fn redirect(_: &Server, _: &Asked, stream: &mut TcpStream, arg: &Arg) -> io::Result<bool> {
    wire::status(stream, "307 Temporary Redirect", &[("Location", &arg.text)])?;
    Ok(true)
}

pub(super) fn redirect_once(_: &Server, asked: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    if asked.target.contains('?') {
        return Ok(false);
    }
    wire::status(stream, "308 Permanent Redirect", &[("Location", "?there")])?;
    Ok(true)
}

pub(super) fn unauthorized(_: &Server, asked: &Asked, stream: &mut TcpStream, arg: &Arg) -> io::Result<bool> {
    if asked.header("authorization") == Some(&arg.text) {
        return Ok(false);
    }
    let challenge = "Bearer realm=\"notes\", resource_metadata=\"https://auth.example/\u{202e}moc.live\"";
    wire::status(stream, "401 Unauthorized", &[("WWW-Authenticate", challenge)])?;
    Ok(true)
}

pub(super) fn busy(_: &Server, _: &Asked, stream: &mut TcpStream, arg: &Arg) -> io::Result<bool> {
    static ANSWERED: AtomicU64 = AtomicU64::new(0);
    if ANSWERED.fetch_add(1, Ordering::Relaxed) >= arg.number {
        return Ok(false);
    }
    wire::status(stream, "429 Too Many Requests", &[("Retry-After", "0")])?;
    Ok(true)
}

pub(super) fn busy_for(_: &Server, _: &Asked, stream: &mut TcpStream, arg: &Arg) -> io::Result<bool> {
    wire::status(stream, "503 Service Unavailable", &[("Retry-After", &arg.text)])?;
    Ok(true)
}

pub(super) fn fails(_: &Server, _: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    wire::head(stream, "500 Internal Server Error", &[PAGE])?;
    stream.write_all(b"<h1>Oops</h1>")?;
    Ok(true)
}

pub(super) fn no_endpoint(_: &Server, _: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    wire::head(stream, "404 Not Found", &[PAGE])?;
    stream.write_all(b"<h1>Not here</h1>")?;
    Ok(true)
}

pub(super) fn old_transport(_: &Server, asked: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    if asked.method != "GET" {
        wire::status(stream, "405 Method Not Allowed", &[])?;
        return Ok(true);
    }
    wire::head(stream, "200 OK", &[super::super::reply::STREAM])?;
    stream.write_all(b"event: endpoint\ndata: /messages?session=1\n\n")?;
    loop {
        std::thread::sleep(Duration::from_millis(200));
        stream.write_all(b":\n\n")?;
    }
}

pub(super) fn session_lost(_: &Server, asked: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    let lost = asked.session().is_some() && asked.calls("tools/list");
    if lost {
        let error = nobodys_error("Session not found").to_string();
        wire::json(stream, "404 Not Found", &[], error.as_bytes())?;
    }
    Ok(lost)
}

pub(super) fn no_get(_: &Server, asked: &Asked, stream: &mut TcpStream, _: &Arg) -> io::Result<bool> {
    if asked.method == "GET" {
        wire::status(stream, "405 Method Not Allowed", &[("Allow", "POST")])?;
    }
    Ok(asked.method == "GET")
}
