//! Observations that somebody hands in: a capture file, or the server's replies as a client received them.

use std::path::Path;

use mcpsign_collect::replies::{self, RecordedError};
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::capture;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::observed::ObservedServer;

use crate::read::{self, ReadError};

/// An observation that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ObservationError {
    /// The file was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It calls itself a capture and is none that can be used.
    #[error("the capture cannot be used")]
    Capture(#[from] RecordedError),
    /// A capture of several profiles: nothing says which of them was seen now.
    #[error("the capture has {count} profiles, and one observation is one profile")]
    Profiles {
        /// How many.
        count: usize,
    },
}

/// What was handed in.
#[derive(Debug)]
pub enum Observation {
    /// Something to compare.
    Seen(Box<ObservedServer>),
    /// Replies that no client should accept; the findings say why.
    Refused(Vec<Finding>),
}

/// Reads an observation from a file, or from standard input for `-`.
///
/// # Errors
/// See [`ObservationError`].
pub fn load(path: &Path) -> Result<Observation, ObservationError> {
    let bytes = if path.as_os_str() == "-" {
        read::stdin(capture::MAX_BYTES)?
    } else {
        read::file(path, capture::MAX_BYTES)?
    };
    parse(&bytes)
}

/// Tells a capture file from raw replies (one JSON-RPC message a line) by its `schema`, and reads either.
///
/// # Errors
/// All of [`ObservationError`] but reading.
pub fn parse(bytes: &[u8]) -> Result<Observation, ObservationError> {
    if is_capture(bytes) {
        let capture = replies::capture_file(bytes)?;
        return match capture.profiles.as_slice() {
            [profile] => Ok(seen(ObservedServer::from_profile(profile, &capture.items))),
            profiles => Err(ObservationError::Profiles { count: profiles.len() }),
        };
    }
    Ok(match replies::observe(bytes) {
        Ok(observed) => seen(observed),
        Err(findings) => Observation::Refused(findings),
    })
}

fn seen(observed: ObservedServer) -> Observation {
    Observation::Seen(Box::new(observed))
}

/// Whether this is one JSON object with a `schema`: no JSON-RPC message has one.
pub fn is_capture(bytes: &[u8]) -> bool {
    Json::parse(bytes, Limits::bytes(capture::MAX_BYTES)).is_ok_and(|json| json.get("schema").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_and_captures_are_told_apart_by_schema() {
        let replies =
            br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}}"#;
        assert!(matches!(parse(replies).unwrap(), Observation::Seen(_)));
        let capture = br#"{"schema":"https://mcpsign.dev/capture/v9"}"#;
        assert!(matches!(parse(capture), Err(ObservationError::Capture(_))));
    }

    #[test]
    fn what_is_no_reply_is_refused_and_nothing_is_nothing() {
        for bad in [&b""[..], b"\n", b"hello\n", b"{\"a\":1,\"a\":2}\n", b"[]", b"null"] {
            let Observation::Refused(findings) = parse(bad).unwrap() else { panic!("{bad:?}") };
            assert!(!findings.is_empty());
        }
    }
}
