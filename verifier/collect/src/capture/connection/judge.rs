//! What each line of the server means for the conversation.

use mcpsign_schemas::canonical::{Json, Number, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::era::is_discover_result;
use super::super::findings::quoted;
use super::super::message::{self, Line, Message, Outcome};
use super::{Asked, Connection, METHOD_NOT_FOUND, Reply, Stop};

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Judges one line; gives the reply to `waiting` if it is in it.
    pub(super) fn judge(&mut self, line: Vec<u8>, waiting: Option<u32>) -> Result<Option<Reply>, Stop> {
        let messages = match message::read(&line, self.limits.line_bytes)? {
            Line::Chatter => {
                let text = String::from_utf8_lossy(&line);
                self.findings
                    .note(code::CHATTER, format!("a line on stdout is no message: \"{}\"", quoted(&text)));
                return Ok(None);
            }
            Line::Message(message) => vec![message],
            Line::Batch(batch) => {
                self.findings.note(code::BATCH_REPLY, "messages came in a batch".into());
                batch
            }
        };
        let mut awaited = None;
        for message in messages {
            match message {
                Message::Notification { method } => self.notified(&method),
                Message::Request { id, method } => self.asked_back(id, &method),
                Message::Reply { id, outcome } => {
                    if self.replied(&id, &outcome)? && id.as_u64() == waiting.map(u64::from) {
                        awaited = Some(outcome);
                    }
                }
            }
        }
        // Strict JSON is UTF-8.
        let frame = |line| String::from_utf8(line).unwrap_or_default();
        Ok(awaited.map(|outcome| Reply { outcome, frame: frame(line) }))
    }

    fn notified(&mut self, method: &str) {
        // `notifications/tools/list_changed`, and those of prompts, resources and whatever comes next.
        if method.starts_with("notifications/") && method.ends_with("/list_changed") {
            self.list_changed = true;
        }
    }

    fn asked_back(&mut self, id: Json, method: &str) {
        // Being alive is all that a ping asks for, and all that a capture lends.
        let answer = if method == "ping" {
            ("result", Json::from(Object::new()))
        } else {
            self.findings.server_request(method);
            let code = Number::try_from(METHOD_NOT_FOUND).map_or(Json::Null, Json::from);
            let error: Object =
                [("code".to_owned(), code), ("message".to_owned(), "Method not found".into())]
                    .into_iter()
                    .collect();
            ("error", error.into())
        };
        self.say([("jsonrpc", "2.0".into()), ("id", id), answer]);
    }

    /// Whether this is the one answer to a request that waits for it.
    fn replied(&mut self, id: &Json, outcome: &Outcome) -> Result<bool, Stop> {
        let place = id.as_u64().and_then(|id| usize::try_from(id).ok()?.checked_sub(1));
        let asked = place.and_then(|place| self.asked.get_mut(place));
        let shown = || quoted(&String::from_utf8_lossy(&id.to_canonical()));
        match asked {
            Some(asked @ Asked::Waiting) => {
                *asked = Asked::Answered;
                Ok(true)
            }
            Some(asked @ Asked::GivenUp) => {
                *asked = Asked::Answered;
                // Only the probe is given up without ending the capture.
                match outcome {
                    Outcome::Result(result) if is_discover_result(result) => Err(Stop::LateDiscover),
                    _ => Ok(false),
                }
            }
            Some(Asked::Answered) => {
                let finding =
                    Finding::new(code::TWO_REPLIES, format!("request {} was answered twice", shown()));
                self.findings.refuse(finding)?;
                Ok(false)
            }
            None => {
                let message = format!("a reply answers the request {}, which was never made", shown());
                self.findings.refuse(Finding::new(code::UNKNOWN_REPLY, message))?;
                Ok(false)
            }
        }
    }
}
