//! Streamable HTTP, both of its shapes, on one port: a thread for each connection, one request on each.

pub(crate) mod knobs;
mod reply;
mod session;
mod wire;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use self::knobs::{Hook, Turned};
use self::session::{Session, Sessions};
use self::wire::Asked;
use crate::lies::Told;
use crate::mind::at_start;
use crate::protocol::{Fault, METHOD_NOT_FOUND, UNSUPPORTED_VERSION};
use crate::request::{META_VERSION, Message, Request};

/// A server, its knobs turned.
pub(crate) struct Server {
    pub(crate) knobs: Vec<Turned>,
    pub(crate) sessions: Sessions,
}

/// Serves until stdin ends, so that nothing outlives the test that started it.
pub(crate) fn serve(told: Vec<Told>, knobs: Vec<Turned>) -> io::Result<ExitCode> {
    if let Some(code) = at_start(&told)? {
        return Ok(ExitCode::from(code));
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", listener.local_addr()?.port())?;
    out.flush()?;
    let server = Arc::new(Server { knobs, sessions: Sessions::new(told) });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = Arc::clone(&server);
            // A client that leaves early is no failure of the server's.
            std::thread::spawn(move || server.connection(stream));
        }
    });
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(ExitCode::SUCCESS)
}

impl Server {
    fn connection(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(asked) = wire::read(&mut stream)? else {
            return Ok(());
        };
        for (hook, arg) in self.hooks() {
            if let Hook::InPlace(answer) = hook
                && answer(self, &asked, &mut stream, arg)?
            {
                return wire::leave(&mut stream);
            }
        }
        match asked.method.as_str() {
            "POST" => self.post(&asked, &mut stream)?,
            "GET" => self.get(&asked, &mut stream)?,
            "DELETE" if self.sessions.end(asked.session()) => wire::status(&mut stream, "200 OK", &[])?,
            _ => wire::status(&mut stream, "405 Method Not Allowed", &[])?,
        }
        wire::leave(&mut stream)
    }

    pub(crate) fn hooks(&self) -> impl Iterator<Item = (&Hook, &crate::lies::Arg)> {
        self.knobs.iter().flat_map(|turned| turned.knob.hooks.iter().map(|hook| (hook, &turned.arg)))
    }

    fn post(&self, asked: &Asked, stream: &mut TcpStream) -> io::Result<()> {
        let request = match Message::read(&asked.body) {
            Message::Request(request) => request,
            Message::Response => {
                if let Some(session) = self.sessions.get(asked.session()) {
                    session.lock().responses += 1;
                }
                return wire::status(stream, "202 Accepted", &[]);
            }
            Message::Notification => return wire::status(stream, "202 Accepted", &[]),
            Message::Unreadable => return wire::status(stream, "400 Bad Request", &[]),
        };
        let session = match self.session(asked, &request) {
            Ok(session) => session,
            Err((status, fault)) => {
                return wire::json(stream, status, &[], fault.reply(&request.id).to_string().as_bytes());
            }
        };
        let answer = session.lock().mind.answer(&request, &|items| {
            for (hook, arg) in self.hooks() {
                if let Hook::InItems(alter) = hook {
                    alter(items, asked, &session.id, arg);
                }
            }
        });
        self.reply(asked, &request, &session, answer, stream)
    }

    /// Whose conversation a request belongs to, or the status and error that refuse it.
    fn session(&self, asked: &Asked, request: &Request) -> Result<Arc<Session>, (&'static str, Fault)> {
        let header = |name: &str| asked.header(name).unwrap_or_default();
        if let Some(version) = request.modern_version() {
            let about = request.param("uri").filter(|_| request.is("resources/read")).unwrap_or_default();
            let fits = header("mcp-protocol-version") == version.as_str().unwrap_or_default()
                && header("mcp-method") == request.method
                && header("mcp-name") == about
                && asked.session().is_none();
            return if fits {
                Ok(self.sessions.modern())
            } else {
                Err(("400 Bad Request", Fault::new(-32020, "Header mismatch")))
            };
        }
        if request.is("initialize") {
            return Ok(self.sessions.begin());
        }
        match asked.session() {
            None => Err(("400 Bad Request", Fault::new(-32000, "No session"))),
            Some(_) if header("mcp-protocol-version").is_empty() => {
                Err(("400 Bad Request", Fault::new(-32000, "No protocol version")))
            }
            session => {
                self.sessions.get(session).ok_or(("404 Not Found", Fault::new(-32001, "Session not found")))
            }
        }
    }

    fn get(&self, asked: &Asked, stream: &mut TcpStream) -> io::Result<()> {
        match self.sessions.get(asked.session()) {
            Some(session) => reply::stand(asked, &session, stream),
            None => wire::status(stream, "405 Method Not Allowed", &[("Allow", "POST")]),
        }
    }
}

/// The status that the reply to a request of `version` comes with.
pub(crate) fn status_of(reply: &Value, request: &Request) -> &'static str {
    let modern = request.meta(META_VERSION).is_some();
    match reply.pointer("/error/code").and_then(Value::as_i64) {
        Some(UNSUPPORTED_VERSION) if modern => "400 Bad Request",
        Some(METHOD_NOT_FOUND) if modern => "404 Not Found",
        _ => "200 OK",
    }
}

/// Reads what a client still sends, so that closing does not reset what it has not read yet.
pub(crate) fn drain(stream: &mut TcpStream) {
    let _ = stream.set_read_timeout(Some(std::time::Duration::from_millis(100)));
    let _ = stream.read(&mut [0; 1024]);
}

/// An error that no request asked for.
pub(crate) fn nobodys_error(message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": message } })
}
