//! Bodies that are not what they are said to be.

use std::io::{self, Write};
use std::net::TcpStream;

use super::super::session::Session;
use super::super::wire::{self, Asked};
use crate::lies::Arg;

const JSON: (&str, &str) = ("Content-Type", "application/json");

pub(super) fn pretty(
    asked: &Asked,
    session: &Session,
    reply: &[u8],
    stream: &mut TcpStream,
    _: &Arg,
) -> io::Result<bool> {
    let value: serde_json::Value = serde_json::from_slice(reply)?;
    let text = serde_json::to_string_pretty(&value)?;
    let id = [("Mcp-Session-Id", session.id.as_str()), super::super::reply::STREAM];
    let from = usize::from(!asked.calls("initialize"));
    wire::head(stream, "200 OK", &id[from..])?;
    stream.write_all("\u{feff}: a comment\r\rid: 1\r".as_bytes())?;
    for line in text.lines() {
        stream.write_all(format!("data:{line}\r").as_bytes())?;
    }
    stream.write_all(b"\r")?;
    Ok(true)
}

/// 4 MiB of zeros a stored gzip member of a few kilobytes would hold; here, only its beginning matters.
pub(super) fn gzip_bomb(_: &Session, _: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xed, 0xc1, 0x31, 1, 0, 0, 0, 0xc2, 0xa0];
    wire::head(stream, "200 OK", &[JSON, ("Content-Encoding", "gzip"), ("Content-Length", "19")])?;
    stream.write_all(&bomb)?;
    Ok(())
}

fn announcing(sent: &[u8], length: usize, stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[JSON, ("Content-Length", &length.to_string())])?;
    stream.write_all(sent)?;
    Ok(())
}

pub(super) fn short(_: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    announcing(&reply[..reply.len() / 2], reply.len(), stream)
}

pub(super) fn long(_: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    announcing(reply, reply.len() / 2, stream)
}

pub(super) fn chunks_forever(_: &Session, _: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[JSON, ("Transfer-Encoding", "chunked")])?;
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    loop {
        stream.write_all(&chunk)?;
    }
}

pub(super) fn html(_: &Session, _: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[("Content-Type", "text/html; charset=utf-8")])?;
    stream.write_all(b"<!doctype html><title>Sign in</title>")?;
    Ok(())
}

pub(super) fn wrong_type(_: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[("Content-Type", "text/plain")])?;
    stream.write_all(reply)?;
    Ok(())
}

pub(super) fn accepts(_: &Session, _: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::status(stream, "202 Accepted", &[])
}
