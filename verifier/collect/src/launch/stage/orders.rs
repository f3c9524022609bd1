//! What passes between us and the stage: orders to it, and its one report, both in front of the server's own bytes.
//!
//! Not as arguments: every process of the machine could read those. Not as descriptors: those leak into whatever
//! else is started at the same time. The report is written before the server exists, so no server can forge it.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ChildStdout;
use std::time::{Duration, Instant};

use mcpsign_schemas::manifest::{Network, Sandbox};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Bytes of either message. 8 MiB: four times what Linux allows for a command line, in a form that takes four bytes for one.
const MESSAGE_BYTES: usize = 8 << 20;
/// How long the stage may take to build its walls. 20 s: two hundred times what it takes on an idle machine.
const REPORT_TIME: Duration = Duration::from_secs(20);

/// What the stage is to start, and how it is to confine it. Paths are as the system has them, UTF-8 or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::launch) struct Orders {
    /// Our process id.
    pub(in crate::launch) launcher: i32,
    /// What the fresh folders lie in.
    pub(in crate::launch) root: OsString,
    pub(in crate::launch) program: OsString,
    pub(in crate::launch) args: Vec<String>,
    pub(in crate::launch) walls: Walls,
    pub(in crate::launch) network: Network,
    /// Bytes that all of its processes may hold in memory together.
    pub(in crate::launch) memory: u64,
    /// What can be seen besides the system.
    pub(in crate::launch) shown: Vec<OsString>,
    /// Folders that look empty.
    pub(in crate::launch) hidden: Vec<OsString>,
    /// Folders of the machine that can be written.
    pub(in crate::launch) writable: Vec<OsString>,
}

/// How the server is to be confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::launch) enum Walls {
    /// Namespaces, landlock and seccomp.
    Namespaces,
    /// What there is without namespaces.
    Landlock,
    /// Limits alone.
    None,
}

/// What the stage says of itself before it starts the server.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::launch) enum Report {
    /// The server starts next.
    Ready { sandbox: Sandbox, network: Network },
    /// These walls cannot be had here; nothing was started.
    Refused { what: String, why: String },
}

impl Orders {
    /// Reads them from our stdin, and not a byte more: what follows is the server's.
    pub(super) fn read() -> io::Result<Self> {
        read(Stdin)
    }

    /// Writes them for each of the stage's processes.
    pub(in crate::launch) fn write(&self, mut to: impl Write) -> io::Result<()> {
        let readers = if self.walls == Walls::Namespaces { 2 } else { 1 };
        (0..readers).try_for_each(|_| write(&mut to, self))
    }
}

impl Report {
    pub(super) fn write(&self) -> io::Result<()> {
        write(&mut Stdout, self)
    }

    /// Reads it from the stage's stdout; `None` if the stage ended without one.
    pub(in crate::launch) fn read(from: &ChildStdout) -> io::Result<Option<Self>> {
        match read(Patient { from, until: Instant::now() + REPORT_TIME }) {
            Ok(report) => Ok(Some(report)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(in crate::launch) fn write(mut to: impl Write, message: &impl Serialize) -> io::Result<()> {
    // The arguments may hold secrets.
    let bytes = zeroize::Zeroizing::new(serde_json::to_vec(message)?);
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&bytes)
}

pub(super) fn read<T: DeserializeOwned>(mut from: impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MESSAGE_BYTES {
        return Err(io::Error::other("a message of the stage is too long"));
    }
    let mut bytes = zeroize::Zeroizing::new(vec![0; length]);
    from.read_exact(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Ours, without a buffer.
pub(super) struct Stdin;

impl Read for Stdin {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), into)?)
    }
}

struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A pipe that is not waited for without end.
struct Patient<'a> {
    from: &'a ChildStdout,
    until: Instant,
}

impl Read for Patient<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(self.from, PollFlags::IN)], Some(&left)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(rustix::io::read(self.from, into)?),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}
