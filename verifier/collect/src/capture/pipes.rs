//! The stdio transport: one message a line on the server's stdin and stdout.
//!
//! It reads and writes at once, so that neither side waits for the other with a full pipe.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::limits::Limits;
use super::lines::{Lines, Read};
use super::transport::{Dialect, Event, Outgoing, Source, Transport};

/// Any pair of streams.
#[derive(Debug)]
pub(super) struct Pipes<R, W> {
    lines: Lines<R>,
    /// `None` once the server has closed its stdin.
    writer: Option<W>,
    /// What was said and is not yet in the pipe.
    unsent: Vec<u8>,
    /// The pipe that `writer` writes to, to be looked at.
    pipe: Option<OwnedFd>,
    /// Since when nothing lies in it any more.
    taken: Option<Instant>,
}

/// Between two looks into the pipe, as long as a server that says nothing has not read.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Pipes<R, W> {
    pub(super) fn new(reader: R, writer: W, limits: &Limits) -> Self {
        let lines = Lines::new(reader, limits);
        Self { lines, writer: Some(writer), unsent: Vec::new(), pipe: None, taken: None }
    }

    /// What became of writing what is unsent.
    fn written(&mut self, result: io::Result<usize>) {
        match result {
            Ok(count) if count > 0 => drop(self.unsent.drain(..count)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // It does not read any more; what it still has to say is read all the same.
            _ => {
                self.writer = None;
                self.unsent.clear();
            }
        }
    }

    /// The same, seeing whether the server has read what lies in `pipe`.
    pub(super) fn looking_into(self, pipe: Option<OwnedFd>) -> Self {
        Self { pipe, ..self }
    }
}

/// Returns when nothing lies in the pipe; never where the system does not tell.
async fn until_empty(pipe: &OwnedFd) {
    loop {
        match rustix::io::ioctl_fionread(pipe) {
            Ok(0) => return,
            Ok(_) => tokio::time::sleep(LOOK_EVERY).await,
            Err(_) => std::future::pending().await,
        }
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Transport for Pipes<R, W> {
    const UNIT: &'static str = "a line on stdout";

    fn send(&mut self, message: Outgoing) {
        if self.writer.is_some() {
            self.taken = None;
            self.unsent.extend(message.bytes);
            self.unsent.push(b'\n');
        }
    }

    async fn hand_over(&mut self) {
        let (unsent, writer) = (&self.unsent, &mut self.writer);
        let written = poll_fn(|context| {
            let now = match writer {
                Some(writer) if !unsent.is_empty() => Pin::new(writer).poll_write(context, unsent),
                _ => Poll::Pending,
            };
            Poll::Ready(match now {
                Poll::Ready(written) => Some(written),
                Poll::Pending => None,
            })
        });
        if let Some(written) = written.await {
            self.written(written);
        }
    }

    fn speak(&mut self, _: Dialect) {}

    fn unsent(&self) -> usize {
        self.unsent.len()
    }

    fn first_byte(&self) -> Option<Instant> {
        self.lines.first_byte()
    }

    fn taken(&self) -> Option<Instant> {
        self.taken
    }

    fn begin_pass(&mut self) {
        self.lines.begin_pass();
    }

    async fn next(&mut self) -> Event {
        let (unsent, writer) = (&self.unsent, &mut self.writer);
        let write = async {
            match writer {
                Some(writer) if !unsent.is_empty() => writer.write(unsent).await,
                _ => std::future::pending().await,
            }
        };
        // Of a server that has spoken it is known that it runs.
        let waits = self.unsent.is_empty() && self.taken.is_none() && self.lines.first_byte().is_none();
        let pipe = self.pipe.as_ref().filter(|_| waits);
        let empty = async {
            match pipe {
                Some(pipe) => until_empty(pipe).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = self.lines.next() => match read {
                Ok(Read::FirstByte) => Event::Moved,
                Ok(Read::Line(bytes)) => Event::Message { bytes, source: Source::Any },
                Ok(Read::End) => Event::End,
                Err(over) => Event::OverBudget(over),
            },
            written = write => {
                self.written(written);
                Event::Moved
            }
            () = empty => {
                self.taken = Some(Instant::now());
                Event::Moved
            }
        }
    }
}
