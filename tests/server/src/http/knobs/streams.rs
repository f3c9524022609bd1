//! Streams that flood, hang, break, or carry what belongs elsewhere.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::super::reply::{STREAM, event};
use super::super::session::Session;
use super::super::wire;

pub(super) fn flood(_: &Session, _: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[STREAM])?;
    let comments = ": and so on\n".repeat(4096);
    loop {
        stream.write_all(comments.as_bytes())?;
    }
}

pub(super) fn endless(_: &Session, _: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[STREAM])?;
    loop {
        stream.write_all(b":\n\n")?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(super) fn cut(_: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[STREAM])?;
    stream.write_all(b"data: ")?;
    stream.write_all(&reply[..reply.len() / 2])?;
    Ok(())
}

pub(super) fn needs_resume(session: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    session.lock().pending.push(reply.to_vec());
    wire::head(stream, "200 OK", &[STREAM])?;
    stream.write_all(b"id: here\nretry: 20\ndata:\n\n")?;
    Ok(())
}

pub(super) fn wrong_stream(session: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[STREAM])?;
    elsewhere(session, reply);
    // Long enough for the other stream to be read first.
    std::thread::sleep(Duration::from_secs(2));
    Ok(())
}

pub(super) fn two_streams(session: &Session, reply: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    elsewhere(session, reply);
    wire::head(stream, "200 OK", &[STREAM])?;
    event(stream, reply)?;
    Ok(())
}

/// Says it on the stream of GET, once the client has opened it.
fn elsewhere(session: &Session, reply: &[u8]) {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if let Some(standing) = &session.lock().standing {
            // A client that has left hears nothing.
            let _ = standing.send(reply.to_vec());
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
