//! Where `show`, `diff` and `lint` have a manifest from: a capture file, or a signed manifest in an evidence file.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use mcpsign_collect::capture::Captured;
use mcpsign_collect::replies;
use mcpsign_evidence::{observation, read};
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::diff::{Parts, Side};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file::{self, Line};
use mcpsign_schemas::manifest::{Bindings, Kind, Profile, Server, ToolManifest};
use mcpsign_schemas::statement::predicate_type::{CYCLONEDX, TOOL_MANIFEST};
use mcpsign_verifier::RawLine;
use mcpsign_verifier::inspect::{self, ClaimedContent};

use crate::failure::Failure;

/// A manifest as found; consistent in itself, and verified by nobody.
pub(super) struct Source {
    /// What the file says of the release; a capture says nothing.
    pub(super) release: Option<Release>,
    /// When it was made, by the clock of whoever made it.
    pub(super) created_on: Timestamp,
    /// What was seen.
    pub(super) profiles: Vec<Profile>,
    /// Every item, by wire digest.
    pub(super) items: BTreeMap<Sha256Digest, Json>,
}

/// What only a signed manifest says.
pub(super) struct Release {
    pub(super) server: Server,
    pub(super) kind: Kind,
    pub(super) valid_until: Option<Timestamp>,
    pub(super) bindings: Bindings,
    /// SBOM documents of the same file, bound or not.
    pub(super) sboms: Vec<Json>,
}

impl Source {
    /// Reads a capture file, an evidence file or a single bundle.
    ///
    /// # Errors
    /// When the file is none of them, or holds not exactly one tool manifest.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = read::file(path, evidence_file::MAX_FILE).map_err(|error| {
            Failure::from_error(&error)
                .hint("name a file of `mcpsign manifest capture`, or an evidence file (`….mcpsign.jsonl`)")
        })?;
        if observation::is_capture(&bytes) {
            let capture = replies::capture_file(&bytes).map_err(|error| unusable(path, &error))?;
            return Ok(Self {
                release: None,
                created_on: capture.created_on,
                profiles: capture.profiles,
                items: capture.items,
            });
        }
        Self::of_evidence(path, &bytes)
    }

    fn of_evidence(path: &Path, bytes: &[u8]) -> Result<Self, Failure> {
        let lines = evidence_file::split(bytes).map_err(|error| unusable(path, &error))?;
        let statements: Vec<(String, Json)> = lines.iter().filter_map(|line| statement(path, line)).collect();
        let of_type = |wanted: &str| -> Vec<Json> {
            let these = statements.iter().filter(|(predicate_type, _)| predicate_type == wanted);
            these.map(|(_, predicate)| predicate.clone()).collect()
        };
        let mut manifests = of_type(TOOL_MANIFEST);
        let (Some(manifest), true) = (manifests.pop(), manifests.is_empty()) else {
            return Err(if manifests.is_empty() {
                // `lint` takes them, since it needs to know of nothing but items.
                let hint = match replies::observe(bytes) {
                    Ok(_) => {
                        "these are a server's replies, which `manifest lint` and `verify --observed` take; `manifest capture` writes down what can be shown and compared"
                    }
                    Err(_) => {
                        "name a file of `mcpsign manifest capture`, or an evidence file with a tool manifest"
                    }
                };
                Failure::usage(format!("`{}` holds no tool manifest", path.display())).hint(hint)
            } else {
                Failure::usage(format!("`{}` holds more than one tool manifest", path.display()))
                    .hint("`mcpsign inspect FILE --split DIR` writes each into a file of its own")
            });
        };
        let manifest: ToolManifest = manifest.to_typed().map_err(|error| unusable(path, &error))?;
        mcpsign_schemas::manifest::check_items(&manifest.profiles, &manifest.items)
            .map_err(|error| unusable(path, &error))?;
        let ToolManifest { server, kind, created_on, valid_until, bindings, profiles, items, .. } = manifest;
        let release = Release { server, kind, valid_until, bindings, sboms: of_type(CYCLONEDX) };
        Ok(Self { release: Some(release), created_on, profiles, items })
    }

    /// What a server shows now, in place of a file.
    pub(super) fn live(captured: Captured) -> Self {
        let Captured { profile, items, .. } = captured;
        Self { release: None, created_on: Timestamp::now(), profiles: vec![profile], items }
    }

    /// The profile of this name, or the only one there is.
    ///
    /// # Errors
    /// When there is none of this name, or several and no name.
    pub(super) fn profile(&self, name: Option<&str>) -> Result<&Profile, Failure> {
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        let hint = format!("name one of them with `--profile`: {}", names.join(", "));
        match (name, self.profiles.as_slice()) {
            (None, [one]) => Ok(one),
            (None, _) => Err(Failure::usage("there is more than one profile to compare with").hint(hint)),
            (Some(name), profiles) => profiles
                .iter()
                .find(|profile| profile.name == name)
                .ok_or_else(|| Failure::usage(format!("there is no profile `{name}` to compare")).hint(hint)),
        }
    }

    /// As one side of a comparison.
    pub(super) fn side(&self) -> Side<'_> {
        Side { profiles: &self.profiles, items: &self.items }
    }

    /// What a signed manifest says of the release beside what its server shows.
    pub(super) fn parts(&self) -> Option<Parts<'_>> {
        self.release.as_ref().map(|release| Parts {
            version: release.server.version.as_deref(),
            bindings: &release.bindings,
            sboms: &release.sboms,
        })
    }
}

/// Predicate type and predicate of a line that claims to hold a statement.
fn statement(path: &Path, line: &Line<'_>) -> Option<(String, Json)> {
    let source = path.to_string_lossy().into_owned();
    let line = RawLine { source, line: line.number, bytes: line.bytes };
    match inspect::describe(&line).ok()?.content {
        ClaimedContent::Statement { predicate_type, predicate, .. } => Some((predicate_type?, predicate?)),
        ClaimedContent::Blob => None,
    }
}

fn unusable(path: &Path, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::usage(format!(
        "`{}` is neither a capture nor a signed manifest that can be read",
        path.display()
    ))
    .because(error.to_string())
    .hint("capture the server again, or fetch the evidence again from its publisher")
}
