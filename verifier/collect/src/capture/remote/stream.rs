//! Reading one stream of events.

use std::time::Duration;

use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use tokio::time::Instant;

use super::super::findings::quoted;
use super::super::lines::OverBudget;
use super::super::message::{self, Line, Message};
use super::super::transport::{Event, Source};
use super::sse::Sse;
use super::transport::{Shared, failed};
use crate::http::{HttpError, Streaming};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Before a stream is resumed, where the server does not say how long. 0.5 s.
const RETRY: Duration = Duration::from_millis(500);
/// The longest wait that is granted. 5 s: a request has 30.
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// Why nothing more is read.
#[derive(Debug)]
pub(super) enum Trouble {
    Over(OverBudget),
    Failed(Finding),
}

/// What has to be known to go on where a stream broke off.
#[derive(Debug, Default)]
pub(super) struct Resume {
    last_id: Vec<u8>,
    retry: Option<Duration>,
}

impl Resume {
    /// How long to wait before.
    pub(super) fn wait(&self) -> Duration {
        self.retry.unwrap_or(RETRY).min(LONGEST_RETRY)
    }

    /// The header that says where to go on; `None` where the server named no place.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        if self.last_id.is_empty() {
            return None;
        }
        HeaderValue::from_bytes(&self.last_id).ok()
    }
}

/// Reads a stream to its end and tells every message; whether the reply to `id` was among them.
pub(super) async fn read(
    shared: &Shared,
    mut response: Streaming,
    source: Source,
    id: Option<u32>,
    resume: &mut Resume,
) -> Result<bool, (bool, Trouble)> {
    let mut sse = Sse::new(shared.limits.line_bytes);
    let mut answered = false;
    let mut lines = 0;
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok(answered),
            Err(error) => return Err((answered, trouble(error))),
        };
        let events = sse.push(&chunk).map_err(|over| (answered, Trouble::Over(over)))?;
        shared.take(chunk.len(), sse.lines - lines).map_err(|over| (answered, Trouble::Over(over)))?;
        lines = sse.lines;
        resume.last_id.clone_from(&sse.last_id);
        resume.retry = sse.retry.or(resume.retry);
        for event in events {
            // An event without data carries an id, no message.
            if event.data.is_empty() {
                continue;
            }
            if !event.kind.is_empty() && event.kind != b"message" {
                let kind = quoted(&String::from_utf8_lossy(&event.kind));
                let bytes = format!("event: {kind}").into_bytes();
                // Clients pass over such events; as chatter, it is told.
                shared.tell(Event::Message { bytes, source }).await;
                continue;
            }
            answered |= id.is_some_and(|id| replies_to(&event.data, id, shared.limits.line_bytes));
            shared.tell(Event::Message { bytes: event.data, source }).await;
        }
    }
}

/// Opens a stream by GET, from where it broke off if that is known.
pub(super) async fn open(
    shared: &Shared,
    headers: HeaderMap,
    last: Option<HeaderValue>,
) -> Result<Streaming, HttpError> {
    let mut headers = headers;
    headers.extend(last.map(|last| (LAST_EVENT_ID, last)));
    let until = Instant::now() + shared.limits.request;
    shared.client.send(Method::GET, &shared.url, &headers, Vec::new(), until).await
}

/// Whether a response is a stream of events.
pub(super) fn is_stream(response: &Streaming) -> bool {
    response.status() == StatusCode::OK && content_type(response).as_deref() == Some("text/event-stream")
}

/// The one content type, in lower case and without parameters; `None` where there is none, or more than one.
pub(super) fn content_type(response: &Streaming) -> Option<String> {
    let mut types = response.headers().get_all(CONTENT_TYPE).iter();
    let (first, None) = (types.next()?, types.next()) else {
        return None;
    };
    Some(first.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase())
}

/// Whether `bytes` are, or hold, the reply to `id`.
pub(super) fn replies_to(bytes: &[u8], id: u32, limit: usize) -> bool {
    let is = |message: &Message| matches!(message, Message::Reply { id: found, .. } if found.as_u64() == Some(u64::from(id)));
    match message::read(bytes, limit) {
        Ok(Line::Message(message)) => is(&message),
        Ok(Line::Batch(batch)) => batch.iter().any(is),
        // A violation ends the capture when it is judged.
        Ok(Line::Chatter) => false,
        Err(_) => true,
    }
}

/// What an error of HTTP means for a capture.
pub(super) fn trouble(error: HttpError) -> Trouble {
    match error {
        HttpError::TooLarge { limit } => {
            Trouble::Over(OverBudget::LineBytes(usize::try_from(limit).unwrap_or(usize::MAX)))
        }
        HttpError::Redirect { .. } | HttpError::Redirects { .. } => {
            Trouble::Failed(Finding::new(code::REDIRECTED, error.to_string()))
        }
        error => Trouble::Failed(failed(error.to_string())),
    }
}
