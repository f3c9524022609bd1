//! What each line of the server means for the conversation.

use mcpsign_schemas::canonical::{Json, Number, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;

use super::super::era::is_discover_result;
use super::super::findings::quoted;
use super::super::message::{self, Line, Message, Outcome};
use super::super::transport::{Kind, Source, Transport};
use super::begun::Begun;
use super::{Asked, Connection, METHOD_NOT_FOUND, Reply, Stop};

impl<T: Transport> Connection<T> {
    /// Judges one line, or what stands for one; gives the reply to `waiting` if it is in it.
    pub(super) fn judge(
        &mut self,
        line: Vec<u8>,
        source: Source,
        waiting: Option<u32>,
    ) -> Result<Option<Reply>, Stop> {
        let messages = match message::read(&line, self.limits.line_bytes)? {
            Line::Chatter => {
                self.begun.add(&line, self.limits.line_bytes)?;
                let text = self.findings.concealed(&String::from_utf8_lossy(&line));
                self.findings
                    .note(code::CHATTER, format!("{} is no message: \"{}\"", T::UNIT, quoted(&text)));
                return Ok(None);
            }
            Line::Message(message) => {
                self.begun = Begun::default();
                vec![message]
            }
            Line::Batch(batch) => {
                self.begun = Begun::default();
                self.findings.note(code::BATCH_REPLY, "messages came in a batch".into());
                batch
            }
        };
        let mut awaited = None;
        for message in messages {
            match message {
                Message::Notification { method } => self.notified(&method),
                Message::Request { id, method } => self.asked_back(id, &method),
                Message::Reply { id, mut outcome } => {
                    // An error's words are shown, never signed.
                    if let Outcome::Error(error) = &mut outcome {
                        error.message = self.findings.concealed(&error.message);
                    }
                    self.belongs(&id, source)?;
                    if self.replied(&id, &outcome)? && id.as_u64() == waiting.map(u64::from) {
                        awaited = Some(outcome);
                    }
                }
            }
        }
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
        self.say(Kind::Response, [("jsonrpc", "2.0".into()), ("id", id), answer]);
    }

    /// Whether a reply came where its request was made.
    fn belongs(&mut self, id: &Json, source: Source) -> Result<(), Stop> {
        let shown = || quoted(&String::from_utf8_lossy(&id.to_canonical()));
        match source {
            Source::Any => Ok(()),
            Source::Exchange(exchange) if id.as_u64() == Some(u64::from(exchange)) => Ok(()),
            // To nobody: that has its own name.
            Source::Exchange(_) | Source::Standing if !self.was_asked(id) => Ok(()),
            Source::Exchange(exchange) => Err(Stop::Refused(Finding::new(
                code::REPLY_ON_WRONG_STREAM,
                format!("the reply to request {} came in the answer to request {exchange}", shown()),
            ))),
            Source::Standing => Err(Stop::Refused(Finding::new(
                code::REPLY_ON_WRONG_STREAM,
                format!("the reply to request {} came on the stream for the server's own messages", shown()),
            ))),
        }
    }

    fn was_asked(&self, id: &Json) -> bool {
        id.as_u64().is_some_and(|id| (1..=self.asked.len() as u64).contains(&id))
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

/// A line as it is kept. Strict JSON is UTF-8, and has line ends between its tokens alone: a frame is one line.
fn frame(mut line: Vec<u8>) -> String {
    // Few have any; looked for as bytes, many at a time.
    for end in [b'\r', b'\n'] {
        if line.contains(&end) {
            line.iter_mut().filter(|byte| **byte == end).for_each(|byte| *byte = b' ');
        }
    }
    String::from_utf8(line).unwrap_or_default()
}
