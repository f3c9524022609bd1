//! Everything in which HTTP itself can go wrong, one line each.

mod bodies;
mod heads;
mod lists;
mod streams;

use std::io;
use std::net::TcpStream;

use super::Server;
use super::session::Session;
use super::wire::Asked;
use crate::items::Items;
use crate::lies::Arg;

/// One knob.
pub(crate) struct Knob {
    pub(crate) name: &'static str,
    pub(crate) hooks: &'static [Hook],
    /// What the server does, in one sentence.
    pub(crate) says: &'static str,
}

/// Where a knob takes hold.
pub(crate) enum Hook {
    /// Before anything is understood; `true` where it has answered.
    InPlace(fn(&Server, &Asked, &mut TcpStream, &Arg) -> io::Result<bool>),
    /// In what there is to list, by request and session.
    InItems(fn(&mut Items, &Asked, &str, &Arg)),
    /// In how a reply is sent; `true` where it was.
    InReply(fn(&Asked, &Session, &[u8], &mut TcpStream, &Arg) -> io::Result<bool>),
    /// In place of the reply to tools/list.
    InList(fn(&Session, &[u8], &mut TcpStream) -> io::Result<()>),
    /// Replies come as streams of events.
    Streams,
}

/// A knob and how far it is turned.
pub(crate) struct Turned {
    pub(crate) knob: &'static Knob,
    pub(crate) arg: Arg,
}

const fn knob(name: &'static str, hooks: &'static [Hook], says: &'static str) -> Knob {
    Knob { name, hooks, says }
}

use Hook::{InItems, InList, InPlace, InReply, Streams};

#[rustfmt::skip]
pub(crate) static KNOBS: &[Knob] = &[
    knob("sse", &[Streams], "Answers every request by a stream of events."),
    knob("pretty", &[Streams, InReply(bodies::pretty)], "Spreads each reply over many lines of data, ended by CR alone."),
    // Bodies.
    knob("gzip-bomb", &[InList(bodies::gzip_bomb)], "Answers tools/list by a small body that unpacks to a large one."),
    knob("short-body", &[InList(bodies::short)], "Sends half of the list that it announces."),
    knob("long-body", &[InList(bodies::long)], "Announces half of the list that it sends."),
    knob("chunks-forever", &[InList(bodies::chunks_forever)], "Sends the list in chunks that never end."),
    knob("html", &[InList(bodies::html)], "Answers tools/list by a page for people."),
    knob("wrong-type", &[InList(bodies::wrong_type)], "Calls its JSON text/plain."),
    knob("accepts", &[InList(bodies::accepts)], "Accepts tools/list and never answers it."),
    // Heads.
    knob("slow-head", &[InPlace(heads::slow)], "Sends its head a byte at a time, for ever."),
    knob("huge-head", &[InPlace(heads::huge)], "Sends headers of a megabyte."),
    knob("redirect", &[InPlace(heads::redirect)], "Redirects (307) to this address."),
    knob("redirect-once", &[InPlace(heads::redirect_once)], "Redirects (308) what has no query to the same address with one."),
    knob("unauthorized", &[InPlace(heads::unauthorized)], "Answers 401 with a challenge, unless a header Authorization has this value."),
    knob("busy", &[InPlace(heads::busy)], "Answers 429 so many times."),
    knob("busy-for", &[InPlace(heads::busy_for)], "Answers 503 and asks for so many seconds."),
    knob("fails", &[InPlace(heads::fails)], "Answers 500 by a page for people."),
    knob("no-endpoint", &[InPlace(heads::no_endpoint)], "Answers 404 to everything."),
    knob("old-transport", &[InPlace(heads::old_transport)], "Speaks HTTP+SSE of 2024-11-05."),
    knob("session-lost", &[InPlace(heads::session_lost)], "Answers 404 to tools/list of a session."),
    knob("no-get", &[InPlace(heads::no_get)], "Answers 405 to GET."),
    // Streams.
    knob("sse-flood", &[InList(streams::flood)], "Answers tools/list by comments without end."),
    knob("sse-endless", &[InList(streams::endless)], "Answers tools/list by a stream on which nothing comes."),
    knob("sse-cut", &[InList(streams::cut)], "Ends the stream of tools/list before the reply."),
    knob("needs-resume", &[InList(streams::needs_resume)], "Cuts the stream of tools/list and gives the reply to who comes back."),
    knob("wrong-stream", &[InList(streams::wrong_stream)], "Answers tools/list on the stream of GET."),
    knob("two-streams", &[InList(streams::two_streams)], "Answers tools/list where it was asked, and again on the stream of GET."),
    // Lists.
    knob("lists-by-agent", &[InItems(lists::by_agent)], "Has another tool for every User-Agent that does not begin so."),
    knob("lists-by-session", &[InItems(lists::by_session)], "Has another tool in every session but the first."),
    knob("lists-by-token", &[InItems(lists::by_token)], "Has another tool for who sends Authorization."),
];

pub(crate) fn parse(given: &str) -> Result<Turned, String> {
    let (name, value) = given.split_once('=').unwrap_or((given, ""));
    let knob = KNOBS
        .iter()
        .find(|knob| knob.name == name)
        .ok_or_else(|| format!("unknown knob `{name}`; `--list-knobs` names them"))?;
    let arg = Arg { text: value.to_owned(), number: value.parse().unwrap_or_default() };
    Ok(Turned { knob, arg })
}
