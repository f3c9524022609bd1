//! A capture that is of an artifact: what `attest --capture` needs to keep the binding in another process.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mcpsign_collect::artifact::{self, Artifact};
use mcpsign_collect::capture::Captured;
use mcpsign_collect::installed::{self, Invocation, Proof, Unproven};
use mcpsign_schemas::code::attest::ARTIFACT_CHANGED;
use mcpsign_schemas::untrusted::escape;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// An artifact, read before its server was started, and what relates the two.
#[derive(Debug)]
pub(super) struct Bound {
    artifact: Artifact,
    proof: Result<Proof, Unproven>,
}

impl Bound {
    /// Reads the artifact at `path` and looks for it in the command line.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn new(
        path: &Path,
        command: &[OsString],
        variables: &BTreeSet<String>,
    ) -> Result<Self, Failure> {
        let artifact = open(path)?;
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let filled: Vec<OsString> = command
            .iter()
            .map(|arg| match (arg.to_str(), place.to_str()) {
                (Some(arg), Some(place)) => arg.replace("{artifact}", place).into(),
                _ => arg.clone(),
            })
            .collect();
        let invocation = Invocation { argv: &filled, variables, unpacked: None };
        let proof = installed::prove(&invocation, &[&artifact]);
        Ok(Self { artifact, proof })
    }

    /// What `{artifact}` stands for.
    pub(super) fn place(&self) -> &Path {
        self.proof.as_ref().map_or(&self.artifact.path, |proof| &proof.place)
    }

    /// What the server has to be able to read, and what must be out of its way.
    pub(super) fn folders(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        self.proof
            .as_ref()
            .map_or_else(|_| Default::default(), |proof| (proof.needs.clone(), proof.hidden.clone()))
    }

    /// Records the artifact in what was captured, and what relates them if that still holds.
    ///
    /// # Errors
    /// When the artifact is no longer what it was.
    pub(super) fn record(self, captured: &mut Captured, out: &mut Output) -> Result<(), Failure> {
        let now = open(&self.artifact.path)?;
        let name = escape(&now.name);
        if now.digests != self.artifact.digests || now.subject() != self.artifact.subject() {
            let changed = format!("`{name}` changed while the server was running; nothing was written");
            return Err(Failure::new(Exit::Denied, changed).hint(ARTIFACT_CHANGED.cure));
        }
        let profile = &mut captured.profile;
        profile.subject = Some(now.digests.sha256);
        let held = self.proof.and_then(|proof| proof.holds(profile.launch.sandbox).map(|()| proof));
        match held {
            Ok(proof) => profile.launch.binding = proof.binding,
            Err(why) => out.talk(format_args!(
                "note: nothing proves that profile {} ran the bytes of {name}: {why}; recorded as `command`",
                escape(&profile.name)
            )),
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<Artifact, Failure> {
    artifact::open(path).map_err(|error| {
        Failure::from_error(&error)
            .hint(error.hint().unwrap_or("name the release file or the installed directory"))
    })
}
