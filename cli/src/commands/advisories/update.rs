//! `mcpsign advisories update`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mcpsign_advisories::sources;
use mcpsign_evidence::advisories::Origin;
use mcpsign_evidence::advisories::update::{Request, Sign, Updated, update};
use mcpsign_schemas::advisory::snapshot::SnapshotManifest;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::advisories as signing;
use mcpsign_signing::signer::LocalSigner;

use super::{DirArgs, failure};
use crate::args::{Format, FormatArgs};
use crate::commands::keys::{self, PassphraseArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human::count;
use crate::render::json;

/// Arguments of `advisories update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Where OSV records are: an archive (`all.zip`), a folder of archives by ecosystem or of records, or the address of
    /// either; repeatable, e.g. `--from osv/` or `--from https://osv.example`
    #[arg(long, value_name = "URL|DIR|ZIP", required = true)]
    from: Vec<OsString>,
    /// Take packages of this ecosystem alone: of a layout its archive, of other sources the records that name it;
    /// repeatable, e.g. `--ecosystem npm --ecosystem Debian:12`
    #[arg(long, value_name = "NAME")]
    ecosystem: Vec<String>,
    #[command(flatten)]
    dir: DirArgs,
    /// CISA's catalogue of exploited vulnerabilities, e.g. `--kev known_exploited_vulnerabilities.json`
    #[arg(long, value_name = "FILE")]
    kev: Option<PathBuf>,
    /// FIRST's probabilities of exploitation, plain or gzipped, e.g. `--epss epss_scores-current.csv.gz`
    #[arg(long, value_name = "FILE")]
    epss: Option<PathBuf>,
    /// Take a source even if far fewer or only older records are in it than before, and go on without what is damaged and was not
    /// named, e.g. `--force`
    #[arg(long)]
    force: bool,
    /// Sign the advisories with this key, so that others can hold them to it (`--public-key`), e.g. `--key team.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Certificates to trust beside the system's where an address is asked, e.g. `--ca company-ca.pem`
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Open no socket, e.g. `--offline`; then addresses cannot be asked
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// Updates, and says what came of each source.
///
/// # Errors
/// When a source cannot be read whole: the advisories of before stay as they are.
pub(crate) fn run(args: &UpdateArgs, out: &mut Output) -> Result<Exit, Failure> {
    let dir = args.dir.path()?;
    let from: Vec<Origin> = args
        .from
        .iter()
        .map(|argument| Origin::parse(argument))
        .collect::<Result<_, _>>()
        .map_err(|error| failure(&error, &dir, out))?;
    if args.offline && from.iter().any(|origin| matches!(origin, Origin::Url(_))) {
        return Err(Failure::usage("`--from` names an address, and `--offline` forbids to ask it")
            .hint("name files instead, or leave `--offline` out"));
    }
    let key = args.key.as_deref().map(|path| keys::open(path, &args.passphrase, out)).transpose()?;
    let request = Request {
        dir: &dir,
        from: &from,
        ecosystems: &args.ecosystem,
        ca: &args.ca,
        kev: args.kev.as_deref(),
        epss: args.epss.as_deref(),
        force: args.force,
        tool: concat!("mcpsign ", env!("CARGO_PKG_VERSION")),
        now: Timestamp::now(),
    };
    let mut sign = key.map(LocalSigner::new).map(|key| move |manifest: &[u8]| signing::sign(&key, manifest));
    let sign = sign.as_mut().map(|sign| sign as &mut Sign<'_>);
    let (manifest, updated) = update(&request, sign).map_err(|error| failure(&error, &dir, out))?;
    for source in &updated {
        if let Some(reason) = &source.damaged {
            let what = if source.changed { "was made anew" } else { "is lost" };
            out.talk(format_args!("warning: {} {what}: {}", escape(&source.name), escape(reason)));
        }
    }
    for finding in sources::stale(&manifest, request.now) {
        out.talk(format_args!("warning: {}", escape(&finding.message)));
    }
    match args.format.format {
        Format::Json => out.result(json::line(&manifest)?),
        Format::Human => {
            for source in &updated {
                said(source, &manifest, out);
            }
        }
    }
    out.talk(format_args!("wrote the advisories to {}", escape(&dir.to_string_lossy())));
    Ok(Exit::Allowed)
}

fn said(source: &Updated, manifest: &SnapshotManifest, out: &mut Output) {
    let Some(segment) = manifest.segments.get(&source.name) else { return };
    let counts = segment.counts;
    let state = if source.changed { "" } else { ", as before" };
    let newest = segment.newest.map(|newest| format!(", the newest of {}", newest.strftime("%Y-%m-%d")));
    out.result(format_args!(
        "{}: {} on {}{}{state}\n",
        escape(&source.name),
        count(usize::try_from(counts.records).unwrap_or(usize::MAX), "record"),
        count(usize::try_from(counts.packages).unwrap_or(usize::MAX), "package"),
        newest.unwrap_or_default(),
    ));
    if counts.unparsed > 0 {
        out.talk(format_args!(
            "warning: {} records of {} were not understood",
            counts.unparsed,
            escape(&source.name)
        ));
        for example in &source.unparsed {
            out.talk(format_args!("  {}", escape(example)));
        }
    }
}
