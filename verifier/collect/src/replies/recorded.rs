//! A capture file's frames against what it says was made of them.

use mcpsign_schemas::capture::{CaptureFile, CaptureFileError};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::observed::ObservedServer;

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
    /// The frames show something else than the profile.
    #[error("the frames of profile `{profile}` do not show what the profile says")]
    Differs {
        /// Name of the profile.
        profile: String,
    },
}

/// Reads a capture file and makes its items anew from the recorded frames: the bytes that came from the server are what
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
        let shown = match super::observe(frames.join("\n").as_bytes()) {
            Ok(observed) => observed,
            // Signed all the same where `--allow-finding` said so.
            Err(findings) if findings.iter().all(|finding| finding.code == code::NOTHING_OBSERVED) => {
                ObservedServer::default()
            }
            Err(findings) => {
                let finding =
                    findings.into_iter().next().unwrap_or_else(|| Finding::new(code::BAD_MESSAGE, ""));
                return Err(RecordedError::Refused { profile: name(), finding: Box::new(finding) });
            }
        };
        let stated = ObservedServer::from_profile(profile, &capture.items);
        let digests = |server: &ObservedServer| -> Vec<_> {
            server.items.iter().map(|(key, item)| (key.clone(), item.digests)).collect()
        };
        if digests(&shown) != digests(&stated) {
            return Err(RecordedError::Differs { profile: name() });
        }
    }
    Ok(capture)
}
