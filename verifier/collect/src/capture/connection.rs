//! Requests out, replies in, over any pair of streams: the raw JSON-RPC client.
//!
//! It reads and writes at once, so that neither side waits for the other with a full pipe, and it judges every
//! message in the order received, whether or not somebody waits for it.

mod judge;

use std::io::ErrorKind;
use std::time::Duration;

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};

use super::findings::Findings;
use super::limits::Limits;
use super::lines::{Lines, Read};
use super::message::Outcome;

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

/// A conversation with one server process.
#[derive(Debug)]
pub(super) struct Connection<R, W> {
    lines: Lines<R>,
    /// `None` once the server has closed its stdin.
    writer: Option<W>,
    /// What was said but not yet taken by the server.
    unsent: Vec<u8>,
    /// Every request made, by id − 1.
    asked: Vec<Asked>,
    /// `_meta` of every request, in the modern era.
    meta: Option<Json>,
    findings: Findings,
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

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// A conversation that ends at `end`, whatever happens.
    pub(super) fn new(reader: R, writer: W, findings: Findings, limits: &Limits, end: Instant) -> Self {
        Self {
            lines: Lines::new(reader, limits),
            writer: Some(writer),
            unsent: Vec::new(),
            asked: Vec::new(),
            meta: None,
            findings,
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

    /// Sets what every further request carries as `_meta`.
    pub(super) fn set_meta(&mut self, meta: Option<Json>) {
        self.meta = meta;
    }

    /// Whether a byte has come yet.
    pub(super) const fn has_spoken(&self) -> bool {
        self.lines.first_byte().is_some()
    }

    /// Gives the budgets anew and forgets changes announced so far.
    pub(super) const fn begin_pass(&mut self) {
        self.lines.begin_pass();
        self.list_changed = false;
    }

    /// Whether the server has announced a change since the pass began.
    pub(super) const fn list_changed(&self) -> bool {
        self.list_changed
    }

    /// Sends a request and waits for its answer. The first request of all gives the server time to start.
    pub(super) async fn request(&mut self, method: &str, params: Object) -> Result<Reply, Stop> {
        let id = self.send_request(method, params);
        let (asked, wait) = (Instant::now(), self.limits.request);
        let start = (id == 1).then(|| self.opened + self.limits.startup);
        let deadline = |first_byte: Option<Instant>| match first_byte {
            Some(first_byte) => first_byte.max(asked) + wait,
            None => start.unwrap_or(asked + wait),
        };
        self.answer(id, deadline).await?.ok_or_else(|| {
            Stop::Failed(Finding::new(
                code::SERVER_FAILED,
                format!("the server did not answer {method} within {} s", wait.as_secs_f32()),
            ))
        })
    }

    /// Sends the probe and waits for its answer: from the first byte on stdout on as long as `discover` says, and
    /// for that byte as long as `startup` says. `None` when that time is over.
    pub(super) async fn probe(&mut self, method: &str) -> Result<Option<Reply>, Stop> {
        let id = self.send_request(method, Object::new());
        let (no_byte, discover) = (self.opened + self.limits.startup, self.limits.discover);
        self.answer(id, |first_byte| first_byte.map_or(no_byte, |first_byte| first_byte + discover)).await
    }

    /// Sends a request and waits for its answer for `wait` from the opening on.
    pub(super) async fn request_from_opening(
        &mut self,
        method: &str,
        wait: Duration,
    ) -> Result<Option<Reply>, Stop> {
        let id = self.send_request(method, Object::new());
        let deadline = self.opened + wait;
        self.answer(id, |_| deadline).await
    }

    /// Sends a notification.
    pub(super) fn notify(&mut self, method: &str) {
        self.say([("jsonrpc", "2.0".into()), ("method", method.into())]);
    }

    /// Reads for `time` without waiting for anything; `false` when the server has ended.
    pub(super) async fn listen(&mut self, time: Duration) -> Result<bool, Stop> {
        let until = Instant::now() + time;
        loop {
            match self.turn(until).await? {
                Turn::Line(line) => drop(self.judge(line, None)?),
                Turn::Moved => {}
                Turn::Late => return Ok(true),
                Turn::End => return Ok(false),
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
        let head = [("jsonrpc", "2.0".into()), ("id", id.into()), ("method", method.into())];
        let params = (!params.is_empty()).then(|| ("params", Json::from(params)));
        self.say(head.into_iter().chain(params));
        id
    }

    fn say(&mut self, members: impl IntoIterator<Item = (&'static str, Json)>) {
        if self.writer.is_some() {
            let message: Object = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            self.unsent.extend(Json::from(message).to_canonical());
            self.unsent.push(b'\n');
        }
    }

    /// `None` when the deadline, which may depend on when the first byte came, is over.
    async fn answer(
        &mut self,
        id: u32,
        deadline: impl Fn(Option<Instant>) -> Instant,
    ) -> Result<Option<Reply>, Stop> {
        loop {
            match self.turn(deadline(self.lines.first_byte())).await? {
                Turn::Line(line) => {
                    if let Some(reply) = self.judge(line, Some(id))? {
                        return Ok(Some(reply));
                    }
                }
                Turn::Moved => {}
                Turn::Late => {
                    if let Some(asked) = self.asked.get_mut(id as usize - 1) {
                        *asked = Asked::GivenUp;
                    }
                    return Ok(None);
                }
                Turn::End => return Err(Stop::Ended),
            }
        }
    }

    /// One step in either direction, until `deadline` or the end of the capture.
    async fn turn(&mut self, deadline: Instant) -> Result<Turn, Stop> {
        if self.unsent.len() > self.limits.unread_bytes {
            return Err(Stop::Refused(Finding::new(
                code::OVER_BUDGET,
                "the server sends requests and does not read the answers",
            )));
        }
        let (unsent, writer) = (&self.unsent, &mut self.writer);
        let write = async {
            match writer {
                Some(writer) if !unsent.is_empty() => writer.write(unsent).await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            read = self.lines.next() => match read {
                Ok(Read::FirstByte) => Ok(Turn::Moved),
                Ok(Read::Line(line)) => Ok(Turn::Line(line)),
                Ok(Read::End) => Ok(Turn::End),
                Err(over) => Err(Stop::Refused(Finding::new(code::OVER_BUDGET, over.to_string()))),
            },
            written = write => {
                match written {
                    Ok(count) if count > 0 => drop(self.unsent.drain(..count)),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // It does not read any more; what it still has to say is read all the same.
                    _ => {
                        self.writer = None;
                        self.unsent.clear();
                    }
                }
                Ok(Turn::Moved)
            }
            () = sleep_until(deadline.min(self.end)) => {
                if self.end <= Instant::now() {
                    let seconds = self.limits.total.as_secs_f32();
                    let message = format!("the capture takes longer than {seconds} s");
                    return Err(Stop::Refused(Finding::new(code::OVER_BUDGET, message)));
                }
                Ok(Turn::Late)
            }
        }
    }
}

enum Turn {
    Line(Vec<u8>),
    Moved,
    Late,
    End,
}
