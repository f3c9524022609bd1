//! Requests out, replies in, over any transport: the raw JSON-RPC client.
//!
//! It judges every message in the order received, whether or not somebody waits for it.

mod begun;
mod judge;

use std::time::Duration;

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use tokio::time::{Instant, sleep_until};

use self::begun::Begun;
use super::findings::Findings;
use super::limits::Limits;
use super::message::Outcome;
use super::transport::{Dialect, Event, Kind, Outgoing, Transport, Unanswered};

/// JSON-RPC's code for a method that is not served.
pub(super) const METHOD_NOT_FOUND: i64 = -32601;

/// Why a capture ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// What was seen must not be signed.
    Refused(Finding),
    /// Too little was seen.
    Failed(Finding),
    /// The server closed its stdout.
    Ended,
    /// It did so before it had answered anything but, perhaps, the probe.
    EndedAtProbe,
    /// `server/discover` was answered after it had been given up: the server is modern after all.
    LateDiscover,
    /// A request was refused by the transport, with or without an error of JSON-RPC.
    Unanswered(Unanswered),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Refused(finding)
    }
}

/// An answer and the line that it came in.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    pub(super) frame: String,
}

/// A request that waits for its answer.
#[derive(Debug)]
#[must_use]
pub(super) struct Question {
    id: u32,
    asked: Instant,
}

/// A conversation with one server.
#[derive(Debug)]
pub(super) struct Connection<T> {
    transport: T,
    /// Every request made, by id − 1.
    asked: Vec<Asked>,
    /// `_meta` of every request, in the modern era.
    meta: Option<Json>,
    findings: Findings,
    /// Chatter that may become a message.
    begun: Begun,
    list_changed: bool,
    limits: Limits,
    opened: Instant,
    end: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Waiting,
    Answered,
    /// Not answered in time.
    GivenUp,
}

impl<T: Transport> Connection<T> {
    /// A conversation that ends at `end`, whatever happens.
    pub(super) fn new(transport: T, findings: Findings, limits: &Limits, end: Instant) -> Self {
        Self {
            transport,
            asked: Vec::new(),
            meta: None,
            findings,
            begun: Begun::default(),
            list_changed: false,
            limits: limits.clone(),
            opened: Instant::now(),
            end,
        }
    }

    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) const fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }

    /// How the transport ends is its own matter.
    pub(super) fn into_transport(self) -> T {
        self.transport
    }

    /// Sets in which dialect every further message is, and what every further request carries as `_meta`.
    pub(super) fn speak(&mut self, dialect: Dialect, meta: Option<Json>) {
        self.transport.speak(dialect);
        self.meta = meta;
    }

    /// Whether a byte has come yet.
    pub(super) fn has_spoken(&self) -> bool {
        self.transport.first_byte().is_some()
    }

    /// Gives the budgets anew and forgets changes announced so far.
    pub(super) fn begin_pass(&mut self) {
        self.transport.begin_pass();
        self.list_changed = false;
    }

    /// Whether the server has announced a change since the pass began.
    pub(super) const fn list_changed(&self) -> bool {
        self.list_changed
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn request(&mut self, method: &str, params: Object) -> Result<Reply, Stop> {
        let question = self.ask(method, params).await;
        self.reply_to(question, method).await
    }

    /// Sends a request, of which as much as can be is handed over before anything else is done.
    pub(super) async fn ask(&mut self, method: &str, params: Object) -> Question {
        let question = Question { id: self.send_request(method, params), asked: Instant::now() };
        self.transport.hand_over().await;
        question
    }

    /// Waits for the answer to a request. The first request of all gives the server time to start.
    pub(super) async fn reply_to(&mut self, question: Question, method: &str) -> Result<Reply, Stop> {
        let (Question { id, asked }, wait) = (question, self.limits.request);
        let start = (id == 1).then(|| self.opened + self.limits.startup);
        let deadline = |transport: &T| match transport.first_byte() {
            Some(first_byte) => first_byte.max(asked) + wait,
            None => start.unwrap_or(asked + wait),
        };
        self.answer(id, deadline).await.map_err(Stop::failed)?.ok_or_else(|| {
            Stop::Failed(Finding::new(
                code::SERVER_FAILED,
                format!("the server did not answer {method} within {} s", wait.as_secs_f32()),
            ))
        })
    }

    /// Sends the probe and waits for its answer: from the first byte on as long as `discover` says, and for that byte
    /// as long as `startup` says. A server that has read the probe runs, too: one that says nothing before `initialize` is not
    /// waited for longer, and one that was only slow answers late, and is met again then. `None` when that time is over. A
    /// refusal by the transport is an answer here.
    pub(super) async fn probe(&mut self, method: &str) -> Result<Option<Reply>, Stop> {
        let id = self.send_request(method, Object::new());
        let (no_byte, discover) = (self.opened + self.limits.startup, self.limits.discover);
        let deadline = |transport: &T| {
            let runs = transport.first_byte().or(transport.taken());
            runs.map_or(no_byte, |runs| runs + discover)
        };
        match self.answer(id, deadline).await {
            Err(Stop::Unanswered(Unanswered { refused: Some(error), .. })) => {
                Ok(Some(Reply { outcome: Outcome::Error(error), frame: String::new() }))
            }
            answer => answer.map_err(Stop::failed),
        }
    }

    /// Sends a request and waits for its answer for `wait` from the opening on.
    pub(super) async fn request_from_opening(
        &mut self,
        method: &str,
        wait: Duration,
    ) -> Result<Option<Reply>, Stop> {
        let id = self.send_request(method, Object::new());
        let deadline = self.opened + wait;
        self.answer(id, |_| deadline).await.map_err(Stop::failed)
    }

    /// Sends a notification.
    pub(super) fn notify(&mut self, method: &str) {
        let kind = Kind::Notification { method: method.into() };
        self.say(kind, [("jsonrpc", "2.0".into()), ("method", method.into())]);
    }

    /// Reads for `time` without waiting for anything; `false` when the server has ended.
    pub(super) async fn listen(&mut self, time: Duration) -> Result<bool, Stop> {
        let until = Instant::now() + time;
        loop {
            match self.turn(until).await? {
                Some(Event::Message { bytes, source }) => drop(self.judge(bytes, source, None)?),
                Some(event) => {
                    if self.ended(event)? {
                        return Ok(false);
                    }
                }
                None => return Ok(true),
            }
        }
    }

    fn send_request(&mut self, method: &str, mut params: Object) -> u32 {
        self.asked.push(Asked::Waiting);
        // A capture asks a few thousand times at the most.
        let id = u32::try_from(self.asked.len()).unwrap_or(u32::MAX);
        if let Some(meta) = &self.meta {
            params.insert("_meta".into(), meta.clone());
        }
        let name = params.get("uri").and_then(Json::as_str).map(str::to_owned);
        let kind = Kind::Request { id, method: method.into(), name };
        let head = [("jsonrpc", "2.0".into()), ("id", id.into()), ("method", method.into())];
        let params = (!params.is_empty()).then(|| ("params", Json::from(params)));
        self.say(kind, head.into_iter().chain(params));
        id
    }

    fn say(&mut self, kind: Kind, members: impl IntoIterator<Item = (&'static str, Json)>) {
        let message: Object = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        self.transport.send(Outgoing { kind, bytes: Json::from(message).to_canonical() });
    }

    /// `None` when the deadline, which may depend on what was heard, is over.
    async fn answer(&mut self, id: u32, deadline: impl Fn(&T) -> Instant) -> Result<Option<Reply>, Stop> {
        loop {
            match self.turn(deadline(&self.transport)).await? {
                Some(Event::Message { bytes, source }) => {
                    if let Some(reply) = self.judge(bytes, source, Some(id))? {
                        return Ok(Some(reply));
                    }
                }
                Some(event) => {
                    if self.ended(event)? {
                        return Err(Stop::Ended);
                    }
                }
                None => {
                    if let Some(asked) = self.asked.get_mut(id as usize - 1) {
                        *asked = Asked::GivenUp;
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// What an event that is no message means; `true` when nothing more will come.
    fn ended(&mut self, event: Event) -> Result<bool, Stop> {
        match event {
            Event::Message { .. } | Event::Moved => Ok(false),
            Event::End => Ok(true),
            Event::OverBudget(over) => Err(Stop::Refused(Finding::new(code::OVER_BUDGET, over.to_string()))),
            Event::Failed(finding) => Err(Stop::Failed(finding)),
            // Of a request that was answered, or given up, the end of its exchange says nothing.
            Event::Unanswered { id, unanswered } => match self.asked.get_mut((id as usize).wrapping_sub(1)) {
                Some(asked @ Asked::Waiting) => {
                    *asked = Asked::Answered;
                    Err(Stop::Unanswered(unanswered))
                }
                _ => Ok(false),
            },
        }
    }

    /// The next event; `None` at `deadline`. The end of the capture is an error.
    async fn turn(&mut self, deadline: Instant) -> Result<Option<Event>, Stop> {
        if self.transport.unsent() > self.limits.unread_bytes {
            return Err(Stop::Refused(Finding::new(
                code::OVER_BUDGET,
                "the server sends requests and does not read the answers",
            )));
        }
        tokio::select! {
            event = self.transport.next() => Ok(Some(event)),
            () = sleep_until(deadline.min(self.end)) => {
                if self.end <= Instant::now() {
                    let seconds = self.limits.total.as_secs_f32();
                    let message = format!("the capture takes longer than {seconds} s");
                    return Err(Stop::Refused(Finding::new(code::OVER_BUDGET, message)));
                }
                Ok(None)
            }
        }
    }
}

impl Stop {
    /// Outside the probe, a refusal by the transport ends the capture.
    pub(super) fn failed(self) -> Self {
        match self {
            Self::Unanswered(unanswered) => Self::Failed(unanswered.why),
            stop => stop,
        }
    }
}
