//! `mcpsign advisories status`

use clap::Args;
use jiff::Timestamp;
use mcpsign_advisories::sources;
use mcpsign_evidence::advisories::store;
use mcpsign_schemas::advisory::snapshot::SnapshotManifest;
use mcpsign_schemas::finding::Finding;
use serde::Serialize;

use super::{DemandArgs, DirArgs, failure};
use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::{advisories, human, json};

/// Arguments of `advisories status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    dir: DirArgs,
    #[command(flatten)]
    demands: DemandArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// The JSON form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    dir: String,
    /// SHA-256 of the manifest.
    digest: String,
    /// In seconds.
    age: i64,
    signed: bool,
    records: u64,
    withdrawn: u64,
    unparsed: u64,
    /// Sources that stand still.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    findings: &'a [Finding],
    #[serde(flatten)]
    manifest: &'a SnapshotManifest,
}

/// Shows what is there.
///
/// # Errors
/// When there is nothing, or nothing that can be used (exit 3).
pub(crate) fn run(args: &StatusArgs, out: &mut Output) -> Result<Exit, Failure> {
    let dir = args.dir.path()?;
    let key = args.demands.key()?;
    let now = Timestamp::now();
    let snapshot = store::open(&dir, args.demands.demands(key.as_ref()), now);
    let snapshot = snapshot.map_err(|error| failure(&error, &dir, out))?;
    let sum = |count: fn(&mcpsign_schemas::advisory::snapshot::Counts) -> u64| {
        snapshot.manifest.segments.values().map(|segment| count(&segment.counts)).sum()
    };
    let stale = sources::stale(&snapshot.manifest, now);
    let shown = Shown {
        dir: dir.to_string_lossy().into_owned(),
        digest: snapshot.digest.to_string(),
        age: now.duration_since(snapshot.manifest.updated).as_secs(),
        signed: snapshot.signed,
        records: sum(|counts| counts.records),
        withdrawn: sum(|counts| counts.withdrawn),
        unparsed: sum(|counts| counts.unparsed),
        findings: &stale,
        manifest: &snapshot.manifest,
    };
    match args.format.format {
        Format::Json => out.result(json::line(&shown)?),
        Format::Human => {
            out.result(advisories::status(&snapshot.manifest, &shown.digest, shown.age));
            if !stale.is_empty() {
                out.result(format_args!("\n{}", human::findings(&stale)));
            }
        }
    }
    Ok(Exit::Allowed)
}
