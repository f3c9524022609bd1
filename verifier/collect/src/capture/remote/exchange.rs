//! One message of ours, and everything that comes in answer to it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::Untrusted;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode, Url};
use tokio::time::{Instant, sleep};

use super::super::era::INITIALIZE;
use super::super::findings::quoted;
use super::super::message::{self, Line, Message, Outcome, RpcError};
use super::super::transport::{Dialect, Event, Kind, Source, Unanswered};
use super::headers::SESSION;
use super::stream::{self, Resume, Trouble, content_type, is_stream, trouble};
use super::transport::{Post, Shared, failed};
use crate::http::{self, HttpError, Streaming};

/// How often a stream that broke off before its reply is resumed. 5.
const RESUMPTIONS: usize = 5;
/// How often a busy server is asked again. 5.
const REPETITIONS: usize = 5;
/// Before that, where the server does not say how long. 1 s.
const PAUSE: Duration = Duration::from_secs(1);
/// Redirects of one POST. 5, as of a GET.
const REDIRECTS: usize = 5;
/// Bytes of an error's body that are read. 64 KiB: an error of JSON-RPC, or a page that nobody needs.
const ERROR_BYTES: usize = 64 << 10;
/// Characters of `WWW-Authenticate` that are shown: its addresses tell where a token is to be had.
const CHALLENGE_CHARS: usize = 300;
/// For finding out whether the old transport is spoken. 3 s: only the words of an error depend on it.
const OLD_TRANSPORT: Duration = Duration::from_secs(3);

/// Why a request has no reply, so far.
enum NoReply {
    Trouble(Trouble),
    Unanswered(Unanswered),
}

impl From<Trouble> for NoReply {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Finding> for NoReply {
    fn from(finding: Finding) -> Self {
        Self::Trouble(Trouble::Failed(finding))
    }
}

/// Asks, tells everything that comes, and in the end that nothing more will.
pub(super) async fn ask(shared: Arc<Shared>, post: Post) {
    let Kind::Request { id, method, .. } = post.message.kind.clone() else {
        return;
    };
    let unanswered = match answer(&shared, &post, id, &method).await {
        Ok(()) => {
            let why = failed(format!("what the server sent in answer to {method} holds no reply to it"));
            Unanswered { why, refused: None }
        }
        Err(NoReply::Trouble(Trouble::Over(over))) => {
            shared.tell(Event::OverBudget(over)).await;
            return;
        }
        Err(NoReply::Trouble(Trouble::Failed(why))) => Unanswered { why, refused: None },
        Err(NoReply::Unanswered(unanswered)) => unanswered,
    };
    shared.tell(Event::Unanswered { id, unanswered }).await;
}

/// Sends a notification, or an answer to the server's own request, and waits until it is accepted.
pub(super) async fn deliver(shared: &Shared, post: &Post) -> Result<(), Finding> {
    let what = match &post.message.kind {
        Kind::Notification { method } => method.as_str(),
        // Whether the server takes our refusals says nothing of its lists.
        Kind::Request { .. } | Kind::Response => {
            let until = Instant::now() + shared.limits.request;
            let _ = send(shared, post, until).await;
            return Ok(());
        }
    };
    match patient(shared, post).await {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(failed(format!("the server answers {what} with {}", shown(response.status())))),
        Err(Trouble::Failed(finding)) => Err(finding),
        Err(Trouble::Over(over)) => Err(failed(over.to_string())),
    }
}

async fn answer(shared: &Shared, post: &Post, id: u32, method: &str) -> Result<(), NoReply> {
    let response = patient(shared, post).await?;
    shared.heard().await;
    if !response.status().is_success() {
        return refused(shared, post, response, id, method).await;
    }
    if post.dialect == Dialect::Initialize && method == INITIALIZE {
        shared.set_session(session(&response)?);
    }
    match content_type(&response).as_deref() {
        Some("application/json") => {
            let bytes = body(shared, response, shared.limits.line_bytes).await?;
            shared.tell(Event::Message { bytes, source: Source::Exchange(id) }).await;
            Ok(())
        }
        Some("text/event-stream") => follow(shared, post, response, id, method).await,
        other => Err(failed(format!(
            "the server answers {method} with {} and {}, neither JSON nor a stream of events",
            shown(response.status()),
            other.map_or_else(
                || "without one content type".into(),
                |other| format!("the content type `{}`", quoted(other))
            ),
        ))
        .into()),
    }
}

/// Reads a stream up to the reply, resuming it where it breaks off and the server said how.
async fn follow(
    shared: &Shared,
    post: &Post,
    mut response: Streaming,
    id: u32,
    method: &str,
) -> Result<(), NoReply> {
    let mut resume = Resume::default();
    for _ in 0..=RESUMPTIONS {
        let read = stream::read(shared, response, Source::Exchange(id), Some(id), &mut resume).await;
        let broke = match read {
            // What comes after the reply, or does not, belongs to no request.
            Ok(true) | Err((true, Trouble::Failed(_))) => return Ok(()),
            Err((_, Trouble::Over(over))) => return Err(Trouble::Over(over).into()),
            Err((false, Trouble::Failed(finding))) => Some(finding),
            Ok(false) => None,
        };
        let ended = || failed(format!("the stream in answer to {method} ended before the reply"));
        // "Resumable SSE streams via `Last-Event-ID` are not supported" (Streamable HTTP of 2026-07-28).
        let (Some(last), false) = (resume.header(), matches!(post.dialect, Dialect::Modern(_))) else {
            return Err(broke.unwrap_or_else(ended).into());
        };
        sleep(resume.wait()).await;
        response = match stream::open(shared, shared.session_headers(), Some(last)).await {
            Ok(response) if is_stream(&response) => response,
            Ok(response) => {
                let status = shown(response.status());
                return Err(failed(format!(
                    "the stream in answer to {method} broke off, and the server answers its resumption with {status}"
                ))
                .into());
            }
            Err(error) => return Err(trouble(error).into()),
        };
    }
    let message =
        format!("the stream in answer to {method} broke off before the reply {} times", RESUMPTIONS + 1);
    Err(failed(message).into())
}

/// An answer that is no success. An error of JSON-RPC to this request is told like any other.
async fn refused(
    shared: &Shared,
    post: &Post,
    response: Streaming,
    id: u32,
    method: &str,
) -> Result<(), NoReply> {
    let status = response.status();
    let is_json = content_type(&response).as_deref() == Some("application/json");
    let until = Instant::now() + shared.limits.request;
    // A body too long or broken is none; the status is what counts.
    let body = response.read(ERROR_BYTES, until).await.map(|response| response.body).unwrap_or_default();
    shared.take(body.len(), 1).map_err(Trouble::Over)?;

    let mut error = None;
    if is_json
        && let Ok(Line::Message(Message::Reply { id: to, outcome: Outcome::Error(found) })) =
            message::read(&body, ERROR_BYTES)
    {
        if to.as_u64() == Some(u64::from(id)) {
            shared.tell(Event::Message { bytes: body, source: Source::Exchange(id) }).await;
            return Ok(());
        }
        error = Some(found);
    }
    let old = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
    if post.dialect == Dialect::Initialize && old.contains(&status) && speaks_old_transport(shared).await {
        let message = "the server speaks the HTTP+SSE transport of 2024-11-05, which is not supported";
        return Err(Finding::new(code::OLD_TRANSPORT, message).hint(code::OLD_TRANSPORT.cure).into());
    }
    let said = match &error {
        Some(error) => {
            format!(" and error {}: \"{}\"", error.code, quoted(&shared.secrets.out_of(&error.message)))
        }
        None => String::new(),
    };
    let lost = status == StatusCode::NOT_FOUND && post.headers.contains_key(SESSION);
    let lost = if lost { ": the session is lost" } else { "" };
    let why = failed(format!("the server answers {method} with {}{said}{lost}", shown(status)));
    // What no server understands is not what a legacy server says of the probe.
    let understood = status
        .is_client_error()
        .then(|| error.unwrap_or_else(|| RpcError { code: 0, message: shown(status), data: None }));
    Err(NoReply::Unanswered(Unanswered { why, refused: understood }))
}

/// Whether a GET opens the stream of the transport that Streamable HTTP replaced: its first event is `endpoint`.
async fn speaks_old_transport(shared: &Shared) -> bool {
    let look = async {
        let mut response = stream::open(shared, shared.session_headers(), None).await.ok()?;
        if !is_stream(&response) {
            return None;
        }
        let mut sse = super::sse::Sse::new(ERROR_BYTES);
        let mut size = 0;
        while let Some(chunk) = response.chunk().await.ok()? {
            size += chunk.len();
            if let Some(first) = sse.push(&chunk).ok()?.into_iter().next() {
                return Some(first.kind == b"endpoint");
            }
            if size > ERROR_BYTES {
                return None;
            }
        }
        None
    };
    matches!(tokio::time::timeout(OLD_TRANSPORT, look).await, Ok(Some(true)))
}

/// POSTs, again where the server is busy and says so.
async fn patient(shared: &Shared, post: &Post) -> Result<Streaming, Trouble> {
    let until = Instant::now() + shared.limits.startup;
    for _ in 0..=REPETITIONS {
        let response = send(shared, post, until).await?;
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            return Err(Trouble::Failed(unauthorized(shared, status, response.headers())));
        }
        if status != StatusCode::TOO_MANY_REQUESTS && status != StatusCode::SERVICE_UNAVAILABLE {
            return Ok(response);
        }
        let pause = http::retry_after(response.headers(), Timestamp::now()).unwrap_or(PAUSE);
        // The request itself has no more time than that.
        if pause >= shared.limits.request {
            let message = format!("the server is busy ({}) for {} s more", shown(status), pause.as_secs());
            return Err(Trouble::Failed(failed(message)));
        }
        sleep(pause).await;
    }
    Err(Trouble::Failed(failed(format!("the server was too busy {} times in a row", REPETITIONS + 1))))
}

/// One POST, following redirects that keep the method and the origin.
async fn send(shared: &Shared, post: &Post, until: Instant) -> Result<Streaming, Trouble> {
    let mut url: Url = shared.url.clone();
    for _ in 0..=REDIRECTS {
        let body = post.message.bytes.clone();
        let response =
            shared.client.send(Method::POST, &url, &post.headers, body, until).await.map_err(trouble)?;
        let Some(next) = http::redirect_target(&url, &response).map_err(trouble)? else {
            return Ok(response);
        };
        url = next;
    }
    Err(trouble(HttpError::Redirects { most: REDIRECTS }))
}

fn unauthorized(shared: &Shared, status: StatusCode, headers: &HeaderMap) -> Finding {
    let challenges: Vec<_> = headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let finding = Finding::new(
        code::NEEDS_AUTHORIZATION,
        format!("the server answers with {}: it needs authorization", shown(status)),
    )
    .hint(code::NEEDS_AUTHORIZATION.cure);
    if challenges.is_empty() {
        return finding;
    }
    let challenges = shared.secrets.out_of(&challenges.join(", "));
    finding.found(Untrusted::bounded(&challenges, CHALLENGE_CHARS).to_string())
}

/// The session that the server opens, if it does: visible ASCII (Streamable HTTP of 2025-11-25, "Session Management").
fn session(response: &Streaming) -> Result<Option<reqwest::header::HeaderValue>, Finding> {
    let mut sessions = response.headers().get_all(SESSION).iter();
    match (sessions.next(), sessions.next()) {
        (None, _) => Ok(None),
        (Some(id), None) if !id.is_empty() && id.as_bytes().iter().all(|b| matches!(b, b'!'..=b'~')) => {
            let mut id = id.clone();
            id.set_sensitive(true);
            Ok(Some(id))
        }
        _ => Err(failed("the server opens a session whose id cannot be sent back")),
    }
}

async fn body(shared: &Shared, mut response: Streaming, limit: usize) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(trouble)? {
        shared.take(chunk.len(), 0).map_err(Trouble::Over)?;
        if body.len() + chunk.len() > limit {
            return Err(trouble(HttpError::TooLarge { limit: limit as u64 }));
        }
        body.extend_from_slice(&chunk);
    }
    shared.take(0, 1).map_err(Trouble::Over)?;
    Ok(body)
}

fn shown(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("HTTP status {} {reason}", status.as_u16()),
        None => format!("HTTP status {}", status.as_u16()),
    }
}
