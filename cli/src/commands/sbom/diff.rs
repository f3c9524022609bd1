//! `mcpsign sbom diff`

use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_advisories::ecosystem;
use mcpsign_collect::catalog::is_lockfile;
use mcpsign_schemas::sbom::diff::{SbomChange, diff};
use mcpsign_schemas::sbom::{self, DocumentFormat, Sbom, SbomOptions};

use super::args::{is_json, read, refuse_unread};
use super::generate::{Sources, catalogued};
use crate::args::{Format, FormatArgs};
use crate::commands::server::producer;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render;
use crate::render::untrusted::value;

/// Arguments of `sbom diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The earlier release: an SBOM (CycloneDX or SPDX, as JSON), or what `sbom generate` takes
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The later release, likewise
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// Exit with 1 at this change or a worse one: removed, upgraded, added, version-changed, downgraded, source-changed or
    /// new-install-script; e.g. `--fail-on added`
    #[arg(long, value_name = "CHANGE", default_value_t = SbomChange::Downgraded)]
    fail_on: SbomChange,
    #[command(flatten)]
    format: FormatArgs,
}

/// Compares and shows.
///
/// # Errors
/// When one of the two is neither an SBOM nor something that can be catalogued.
pub(crate) fn run(args: &DiffArgs, out: &mut Output) -> Result<Exit, Failure> {
    let (before, after) = (side(&args.before)?, side(&args.after)?);
    let found = diff(&before, &after, &ecosystem::compare);
    match args.format.format {
        Format::Json => out.result(render::json::line(&found)?),
        Format::Human => out.result(render::sbom::difference(&found)),
    }
    let fails = found.change.is_some_and(|change| change >= args.fail_on);
    Ok(if fails { Exit::Denied } else { Exit::Allowed })
}

fn side(path: &Path) -> Result<Sbom, Failure> {
    if path.is_file() && is_json(path) && !is_lockfile(path) {
        return Ok(read(path)?.1);
    }
    refuse_unread(path)?;
    let (root, inventory) = catalogued(path, Sources::default())?;
    // Of a file that nobody understands nothing could be said but that nothing differs.
    if path.is_file() && inventory.files.is_empty() {
        let path = path.to_string_lossy();
        return Err(Failure::usage(format!("nothing in `{}` says what it is made of", value(&path)))
            .hint("name an SBOM (CycloneDX or SPDX, as JSON), a lock file, a release artifact or a folder"));
    }
    let options = SbomOptions { timestamp: jiff::Timestamp::UNIX_EPOCH, tool: producer(), creator: None };
    let document = sbom::write(DocumentFormat::CycloneDx16, &root, &inventory, &options);
    sbom::read_any(&document).map_err(|error| Failure::from_error(&error))
}
