//! What other servers offer, from their evidence or from captures of them. Nothing of it is believed: it can only be a reason
//! to refuse.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcpsign_collect::replies;
use mcpsign_schemas::evidence_file::MAX_FILE;
use mcpsign_schemas::manifest::{Profile, ToolManifest};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::predicate_type::TOOL_MANIFEST;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::inspect::{self, ClaimedContent};
use mcpsign_verifier::{OtherServer, RawLine};

use crate::forms::Document;
use crate::observation::is_capture;
use crate::read::{self, ReadError};

/// Other servers, to be handed to many verifications.
pub type OtherServers = Arc<[OtherServer]>;

/// A file that does not say what another server offers.
#[derive(Debug, thiserror::Error)]
pub enum AlongsideError {
    /// It was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is no tool manifest in it.
    #[error("`{}` holds no tool manifest", shown(.path))]
    NoManifest {
        /// As named.
        path: PathBuf,
    },
    /// A tool manifest in it, or the capture that it is, cannot be read: it may offer what is not seen.
    #[error("`{}` does not say what another server offers: {why}", shown(.path))]
    Unreadable {
        /// As named.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Reads evidence files, of which every tool manifest counts, and captures.
///
/// # Errors
/// When one of the files is not there, holds no tool manifest, or one that cannot be read whole.
pub fn alongside(paths: &[PathBuf]) -> Result<OtherServers, AlongsideError> {
    let mut servers = Vec::new();
    for path in paths {
        servers.extend(of_file(path)?);
    }
    Ok(servers.into())
}

fn of_file(path: &Path) -> Result<Vec<OtherServer>, AlongsideError> {
    let unreadable = |why: String| AlongsideError::Unreadable { path: path.to_owned(), why };
    let source = path.to_string_lossy().into_owned();
    let bytes = read::file(path, MAX_FILE)?;
    if is_capture(&bytes) {
        let capture = replies::capture_file(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let tools = tools(&capture.profiles);
        let (subjects, packages) = (BTreeSet::new(), Vec::new());
        return Ok(vec![OtherServer { source, name: None, subjects, packages, tools }]);
    }
    let document = Document::read(bytes);
    let lines = document.lines().map_err(|error| unreadable(error.to_string()))?;
    let mut servers = Vec::new();
    for line in lines {
        let raw = RawLine { source: source.clone(), line: line.number, bytes: line.bytes };
        let Ok(description) = inspect::describe(&raw) else {
            return Err(unreadable(format!("line {} is no bundle", line.number)));
        };
        let ClaimedContent::Statement { predicate_type, predicate, subjects, .. } = description.content
        else {
            continue;
        };
        if predicate_type.as_deref() != Some(TOOL_MANIFEST) {
            continue;
        }
        let Some(predicate) = predicate else {
            return Err(unreadable(format!("line {} has no predicate", line.number)));
        };
        let manifest: ToolManifest =
            predicate.to_typed().map_err(|error| unreadable(format!("line {}: {error}", line.number)))?;
        let digest =
            |subject: &mcpsign_schemas::statement::Subject| subject.digest.get("sha256")?.parse().ok();
        servers.push(OtherServer {
            source: source.clone(),
            name: Some(manifest.server.name.clone()),
            subjects: subjects.iter().filter_map(digest).collect(),
            packages: manifest
                .packages
                .iter()
                .filter_map(|package| Purl::parse(&package.purl).ok())
                .collect(),
            tools: tools(&manifest.profiles),
        });
    }
    if servers.is_empty() {
        return Err(AlongsideError::NoManifest { path: path.to_owned() });
    }
    Ok(servers)
}

fn tools(profiles: &[Profile]) -> BTreeSet<String> {
    profiles.iter().flat_map(|profile| profile.tools.keys().cloned()).collect()
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}
