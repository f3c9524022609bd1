//! From an answer to a response: JSON where it is one message, else a stream of events.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::knobs::Hook;
use super::session::Session;
use super::wire::{self, Asked};
use super::{Server, status_of};
use crate::answer::{Answer, Then};
use crate::request::Request;

pub(crate) const STREAM: (&str, &str) = ("Content-Type", "text/event-stream");
/// How long an answer of the client is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

impl Server {
    pub(super) fn reply(
        &self,
        asked: &Asked,
        request: &Request,
        session: &Session,
        answer: Answer,
        stream: &mut TcpStream,
    ) -> io::Result<()> {
        std::thread::sleep(answer.delay);
        let status = answer.reply.as_ref().map_or("200 OK", |reply| status_of(reply, request));
        let reply = answer.reply.as_ref().map(|reply| session.lock().mind.bytes(reply));
        let mut headers = Vec::new();
        if request.is("initialize") {
            headers.push(("Mcp-Session-Id", session.id.as_str()));
        }
        if let Some(reply) = &reply {
            for (hook, arg) in self.hooks() {
                let sent = match hook {
                    Hook::InReply(send) => send(asked, session, reply, stream, arg)?,
                    Hook::InList(send) if asked.calls("tools/list") => {
                        return send(session, reply, stream);
                    }
                    _ => false,
                };
                if sent {
                    return Ok(());
                }
            }
        }
        let streams = self.hooks().any(|(hook, _)| matches!(hook, Hook::Streams));
        let plain = answer.before.is_empty() && answer.after.is_empty() && matches!(answer.then, Then::GoOn);
        if let (Some(reply), true) = (&reply, plain && !streams) {
            return wire::json(stream, status, &headers, reply);
        }
        headers.push(STREAM);
        wire::head(stream, status, &headers)?;
        lines(stream, &answer.before)?;
        let until = Instant::now() + PATIENCE;
        while session.lock().responses < answer.awaits && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(reply) = &reply {
            event(stream, reply)?;
        }
        lines(stream, &answer.after)?;
        if let Then::Fill(mut count) = answer.then {
            let block = [b'A'; 64 * 1024];
            stream.write_all(b"data: ")?;
            while count > 0 {
                let size = usize::try_from(count).unwrap_or(usize::MAX).min(block.len());
                stream.write_all(&block[..size])?;
                count -= size as u64;
            }
        }
        // An answer that never comes: the stream stays open for as long as the client does.
        while reply.is_none() && matches!(answer.then, Then::GoOn) {
            stream.write_all(b": still here\n\n")?;
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

/// One message as an event.
pub(crate) fn event(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let mut bytes = b"event: message\n".to_vec();
    for line in message.split(|byte| *byte == b'\n') {
        bytes.extend_from_slice(b"data: ");
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    stream.write_all(&bytes)?;
    stream.flush()
}

fn lines(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        event(stream, line)?;
    }
    Ok(())
}

/// The stream for what nobody asked for, and for what a client missed.
pub(crate) fn stand(asked: &Asked, session: &Session, stream: &mut TcpStream) -> io::Result<()> {
    wire::head(stream, "200 OK", &[STREAM])?;
    if asked.header("last-event-id").is_some() {
        let pending = std::mem::take(&mut session.lock().pending);
        for message in pending {
            event(stream, &message)?;
        }
        return Ok(());
    }
    let (sender, messages) = channel();
    session.lock().standing = Some(sender);
    loop {
        match messages.recv_timeout(Duration::from_millis(200)) {
            Ok(message) => event(stream, &message)?,
            Err(RecvTimeoutError::Timeout) => stream.write_all(b":\n\n")?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}
