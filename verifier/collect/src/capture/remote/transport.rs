//! The Streamable HTTP transport: every message of ours a POST, every answer JSON or a stream of events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcpsign_schemas::finding::Finding;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::super::era::INITIALIZED;
use super::super::limits::Limits;
use super::super::lines::OverBudget;
use super::super::transport::{Dialect, Event, Kind, Outgoing, Transport};
use super::{Headers, exchange, headers, listen};
use crate::conceal::Secrets;
use crate::http::Client;

/// Events that wait to be judged. 4, each a message of at most 4 MiB: then reading stops until they are.
const WAITING_EVENTS: usize = 4;
/// For taking leave of a session. 2 s: nothing depends on it.
const FAREWELL: Duration = Duration::from_secs(2);

/// A conversation with one address.
#[derive(Debug)]
pub(super) struct Http {
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<Post>,
    inbox: mpsc::Receiver<Event>,
    worker: JoinHandle<()>,
}

/// A message with the headers of the moment when it was said.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) message: Outgoing,
    pub(super) dialect: Dialect,
    pub(super) headers: HeaderMap,
}

/// What all exchanges have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) limits: Limits,
    callers: HeaderMap,
    /// What the server is sent and must not be heard to say.
    pub(super) secrets: Secrets,
    events: mpsc::Sender<Event>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    dialect: Dialect,
    session: Option<HeaderValue>,
    first_byte: Option<Instant>,
    /// Of this pass.
    bytes: usize,
    lines: usize,
    /// Of messages that wait for their POST.
    unsent: usize,
}

impl Http {
    /// To be called inside the executor.
    pub(super) fn new(client: Client, url: Url, callers: &Headers, limits: &Limits) -> Self {
        let (events, inbox) = mpsc::channel(WAITING_EVENTS);
        let (queue, posts) = mpsc::unbounded_channel();
        let state = State {
            dialect: Dialect::Initialize,
            session: None,
            first_byte: None,
            bytes: 0,
            lines: 0,
            unsent: 0,
        };
        let (limits, secrets, callers) = (limits.clone(), callers.secrets(), callers.to_map());
        let state = Mutex::new(state);
        let shared = Arc::new(Shared { client, url, limits, callers, secrets, events, state });
        let worker = tokio::spawn(work(Arc::clone(&shared), posts));
        Self { shared, queue, inbox, worker }
    }

    /// Ends every exchange, and the session if there is one.
    pub(super) async fn close(mut self) {
        self.inbox.close();
        self.worker.abort();
        // Its end is the end of the exchanges that it holds.
        let _ = self.worker.await;
        if self.shared.state().session.is_some() {
            let headers = self.shared.session_headers();
            let until = Instant::now() + FAREWELL;
            // A server need not let clients end sessions (405), and whether this one does says nothing of its lists.
            let shared = &self.shared;
            let _ = shared.client.send(Method::DELETE, &shared.url, &headers, Vec::new(), until).await;
        }
    }
}

impl Transport for Http {
    const UNIT: &'static str = "the content of an answer";

    fn send(&mut self, message: Outgoing) {
        let mut state = self.shared.state();
        let dialect = state.dialect;
        // "The client MUST NOT send JSON-RPC responses" (Streamable HTTP of 2026-07-28, "Sending Messages").
        if matches!((dialect, &message.kind), (Dialect::Modern(_), Kind::Response)) {
            return;
        }
        state.unsent += message.bytes.len();
        let headers = headers::of_post(&self.shared.callers, dialect, state.session.as_ref(), &message.kind);
        drop(state);
        // The worker ends with the conversation alone.
        let _ = self.queue.send(Post { message, dialect, headers });
    }

    fn speak(&mut self, dialect: Dialect) {
        let mut state = self.shared.state();
        state.dialect = dialect;
        if !matches!(dialect, Dialect::Legacy(_)) {
            state.session = None;
        }
    }

    fn unsent(&self) -> usize {
        self.shared.state().unsent
    }

    fn first_byte(&self) -> Option<Instant> {
        self.shared.state().first_byte
    }

    fn taken(&self) -> Option<Instant> {
        None
    }

    fn begin_pass(&mut self) {
        let mut state = self.shared.state();
        state.bytes = 0;
        state.lines = 0;
    }

    async fn next(&mut self) -> Event {
        self.inbox.recv().await.unwrap_or(Event::End)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for it. Nobody listens any more where the conversation is over.
    pub(super) async fn tell(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// The server was heard of.
    pub(super) async fn heard(&self) {
        let first = {
            let mut state = self.state();
            let first = state.first_byte.is_none();
            state.first_byte.get_or_insert_with(Instant::now);
            first
        };
        if first {
            self.tell(Event::Moved).await;
        }
    }

    /// Takes from the budget of the pass.
    pub(super) fn take(&self, bytes: usize, lines: usize) -> Result<(), OverBudget> {
        let mut state = self.state();
        state.bytes += bytes;
        state.lines += lines;
        if state.bytes > self.limits.pass_bytes {
            return Err(OverBudget::PassBytes(self.limits.pass_bytes));
        }
        if state.lines > self.limits.pass_lines {
            return Err(OverBudget::PassLines(self.limits.pass_lines));
        }
        Ok(())
    }

    pub(super) fn set_session(&self, session: Option<HeaderValue>) {
        self.state().session = session;
    }

    /// Headers of a GET or DELETE as of now.
    pub(super) fn session_headers(&self) -> HeaderMap {
        let state = self.state();
        headers::of_session(&self.callers, state.dialect, state.session.as_ref())
    }
}

/// POSTs in the order said. A notification or an answer of ours has been accepted before anything else is said; requests
/// are answered whenever the server likes.
async fn work(shared: Arc<Shared>, mut posts: mpsc::UnboundedReceiver<Post>) {
    let mut exchanges = JoinSet::new();
    while let Some(post) = posts.recv().await {
        let size = post.message.bytes.len();
        let opens = matches!(&post.message.kind, Kind::Notification { method } if method == INITIALIZED);
        if let Kind::Request { .. } = post.message.kind {
            exchanges.spawn(exchange::ask(Arc::clone(&shared), post));
        } else if let Err(finding) = exchange::deliver(&shared, &post).await {
            shared.tell(Event::Failed(finding)).await;
        } else if opens {
            exchanges.spawn(listen::listen(Arc::clone(&shared)));
        }
        shared.state().unsent -= size;
        while exchanges.try_join_next().is_some() {}
    }
}

/// A finding that the server could not be observed.
pub(super) fn failed(message: impl Into<String>) -> Finding {
    Finding::new(mcpsign_schemas::code::capture::SERVER_FAILED, message)
}
