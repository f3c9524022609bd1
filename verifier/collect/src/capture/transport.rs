//! How messages travel, whichever way: what a conversation needs of pipes and of HTTP alike.

use mcpsign_schemas::finding::Finding;
use tokio::time::Instant;

use super::lines::OverBudget;
use super::message::RpcError;

/// Carries messages to one server and back.
pub(super) trait Transport {
    /// What one message is, in words: a sentence begins with it.
    const UNIT: &'static str;

    /// Queues one message.
    fn send(&mut self, message: Outgoing);

    /// Hands over what is queued, as far as that takes no waiting. What is left, [`Self::next`] sees to.
    async fn hand_over(&mut self) {}

    /// In which dialect every further message is.
    fn speak(&mut self, dialect: Dialect);

    /// Bytes that were queued and not yet taken by the server.
    fn unsent(&self) -> usize;

    /// When the server was first heard of.
    fn first_byte(&self) -> Option<Instant>;

    /// Since when the server has taken everything that was said, where that can be seen.
    fn taken(&self) -> Option<Instant>;

    /// Gives the budgets of a pass anew.
    fn begin_pass(&mut self);

    /// The next thing that happens. May be cancelled: nothing is lost.
    async fn next(&mut self) -> Event;
}

/// What a message is in. Pipes carry all dialects alike; over HTTP their headers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A revision without a handshake.
    Modern(&'static str),
    /// The handshake itself.
    Initialize,
    /// What the handshake settled on.
    Legacy(&'static str),
}

/// A message to the server.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) kind: Kind,
    /// One JSON text without line ends.
    pub(super) bytes: Vec<u8>,
}

/// What a message to the server is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A request; `name` is what it is about, where it names something.
    Request { id: u32, method: String, name: Option<String> },
    /// A notification.
    Notification { method: String },
    /// An answer to a request of the server's.
    Response,
}

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// Something that is no message: a first byte, a piece taken by the server.
    Moved,
    /// A message, or what stands in its place.
    Message { bytes: Vec<u8>, source: Source },
    /// The exchange in which the reply to a request belongs has ended. Where it came, this says nothing.
    Unanswered { id: u32, unanswered: Unanswered },
    /// More came than is read.
    OverBudget(OverBudget),
    /// The transport failed for good.
    Failed(Finding),
    /// Nothing more will come.
    End,
}

/// Why a request has no reply.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) why: Finding,
    /// Where the server understood that something was asked and would not have it: its error, or one in its place.
    pub(super) refused: Option<RpcError>,
}

/// Where a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// On the one channel that there is.
    Any,
    /// In the answer to this request.
    Exchange(u32),
    /// On the stream for what the server says by itself.
    Standing,
}
