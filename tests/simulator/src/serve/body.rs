//! Bodies of answers: whole ones, and ones that break off.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

/// A body.
pub(super) struct Body {
    bytes: Option<Bytes>,
    /// What its head promises.
    length: u64,
    /// Whether what is there was given time to be sent, before the connection breaks off.
    waited: bool,
}

/// The connection breaks off.
#[derive(Debug)]
pub(super) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("told to break off")
    }
}

impl std::error::Error for Cut {}

impl Body {
    pub(super) fn whole(bytes: &[u8]) -> Self {
        Self { bytes: Some(Bytes::copy_from_slice(bytes)), length: bytes.len() as u64, waited: false }
    }

    /// Half of it.
    pub(super) fn cut(bytes: &[u8]) -> Self {
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        Self { bytes: Some(Bytes::copy_from_slice(half)), length: bytes.len() as u64, waited: false }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        Poll::Ready(match self.bytes.take() {
            Some(bytes) => {
                self.length -= bytes.len() as u64;
                Some(Ok(Frame::data(bytes)))
            }
            None if self.length > 0 && !self.waited => {
                self.waited = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None if self.length > 0 => Some(Err(Cut)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.length == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
