//! A capture file's frames against what it says was made of them.

use std::collections::BTreeSet;

use mcpsign_schemas::capture::{CaptureFile, CaptureFileError};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::escape;

use crate::capture::{not_allowable, recorded_profile};

/// A capture file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// It is none, or contradicts itself.
    #[error(transparent)]
    File(#[from] CaptureFileError),
    /// Frames without a profile or a profile without frames.
    #[error("the capture does not hold frames for each of its profiles and for nothing else")]
    Frames,
    /// The frames cannot be read as a server's replies.
    #[error("the frames of profile `{profile}`: {}", .finding.message)]
    Refused {
        /// Name of the profile.
        profile: String,
        /// The first violation.
        finding: Box<Finding>,
    },
    /// A finding that nobody can allow.
    #[error("the profile `{profile}` says that the finding `{code}` was allowed, which cannot be")]
    Allowed {
        /// Name of the profile.
        profile: String,
        /// What it says.
        code: String,
    },
    /// The frames show something else than the profile.
    #[error("the frames of profile `{profile}` do not show what the profile says")]
    Differs {
        /// Name of the profile.
        profile: String,
    },
}

/// Reads a capture file and makes its profiles anew from the recorded frames: the bytes that came from the server are what
/// counts, not a summary of them that somebody could have edited.
///
/// # Errors
/// See [`RecordedError`].
pub fn capture_file(bytes: &[u8]) -> Result<CaptureFile, RecordedError> {
    let capture = CaptureFile::parse(bytes)?;
    if capture.frames.len() != capture.profiles.len() {
        return Err(RecordedError::Frames);
    }
    for profile in &capture.profiles {
        let name = || profile.name.clone();
        let frames = capture.frames.get(&profile.name).ok_or(RecordedError::Frames)?;
        let allowed = profile.findings.iter().filter(|finding| finding.allowed);
        if let Some(code) = not_allowable(&allowed.map(|finding| finding.code.clone()).collect()) {
            return Err(RecordedError::Allowed { profile: name(), code: escape(code) });
        }
        let mut shown = recorded_profile(frames, profile)
            .map_err(|finding| RecordedError::Refused { profile: name(), finding: Box::new(finding) })?;
        // The order of tools is evidence, and no promise: it need only name each of them.
        let names = |order: &[String]| BTreeSet::from_iter(order.to_vec());
        let names_each = profile.tool_order.len() == shown.tool_order.len()
            && names(&profile.tool_order) == names(&shown.tool_order);
        shown.tool_order.clone_from(&profile.tool_order);
        if shown != *profile || !names_each {
            return Err(RecordedError::Differs { profile: name() });
        }
    }
    Ok(capture)
}
