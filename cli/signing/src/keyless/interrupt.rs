//! Being told to end while entries are logged: what a log has it keeps, so whoever ends a run is told what that is.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::KeylessError;

/// How a run was told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// By the terminal that it was started from, as that was closed.
    HangUp,
    /// From the terminal's keyboard.
    Interrupt,
    /// By whoever runs it.
    Terminate,
}

impl Interruption {
    const ALL: [Self; 3] = [Self::HangUp, Self::Interrupt, Self::Terminate];

    /// Number of its signal, the same on all systems (POSIX, `kill`).
    pub const fn signal(self) -> u8 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HangUp => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// Does `work`, and leaves off where it is when the process is told to end. From the first call on the signals do not
/// end the process by themselves: what is done without waiting for anybody comes to its end.
///
/// # Errors
/// Those of `work`, and [`KeylessError::Interrupted`].
pub(super) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, KeylessError>>,
) -> Result<T, KeylessError> {
    let ignored = ignored();
    let mut listening: Vec<(Interruption, Signal)> = Vec::new();
    for how in Interruption::ALL {
        // Whoever started us (`nohup`, a shell in the background) may have said that it is not for us.
        if ignored & (1 << (how.signal() - 1)) == 0 {
            // Where it cannot be listened for the system ends us, as before.
            let heard = signal(SignalKind::from_raw(how.signal().into()));
            listening.extend(heard.ok().map(|heard| (how, heard)));
        }
    }
    let told = poll_fn(|context| {
        let mut told = listening.iter_mut().filter_map(|(how, heard)| {
            let is_told = heard.poll_recv(context).is_ready();
            is_told.then_some(*how)
        });
        told.next().map_or(Poll::Pending, Poll::Ready)
    });
    tokio::select! {
        biased;
        how = told => Err(KeylessError::Interrupted { how }),
        done = work => done,
    }
}

/// The signals that this process was started to ignore, the lowest bit being signal 1.
#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Nothing says it.
#[cfg(not(target_os = "linux"))]
const fn ignored() -> u64 {
    0
}
