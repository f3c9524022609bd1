//! `mcpsign advisories check`

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use mcpsign_advisories::check::{Checked, check};
use mcpsign_advisories::components;
use mcpsign_advisories::findings::{self, FailOn};
use mcpsign_advisories::index::Index;
use mcpsign_advisories::sources;
use mcpsign_collect::http::{self, PlainHttp};
use mcpsign_evidence::advisories::api::Api;
use mcpsign_evidence::advisories::store;
use mcpsign_schemas::advisory::report::{CheckReport, Source};
use mcpsign_schemas::code::advisories as codes;
use mcpsign_schemas::finding::Finding;
use url::Url;

use super::subject::{self, Asked, Subject};
use super::{DemandArgs, DirArgs, failure};
use crate::args::{FindingsFormat, FindingsFormatArgs};
use crate::commands::registry::RegistryArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::{advisories, json, sarif};

/// Arguments of `advisories check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// An SBOM (CycloneDX or SPDX JSON, `-` for standard input); an artifact, which is catalogued: a file or a folder, or a
    /// package by name (`npm:NAME@VERSION`, `pypi:NAME==VERSION`, `cargo:NAME@VERSION`); or a package URL of any ecosystem
    /// with advisories, which is looked up as it stands, e.g. `pkg:golang/acme.example/files@v1.2.3`
    #[arg(value_name = "SBOM|REFERENCE")]
    subject: OsString,
    #[command(flatten)]
    dir: DirArgs,
    #[command(flatten)]
    demands: DemandArgs,
    /// Exit with 1 from here on: a level (`note`, `warning`, `error`), a severity (`low`, `medium`, `high`, `critical`; what
    /// is malicious, or of unknown severity, counts as the worst) or `malicious`; e.g. `--fail-on high`
    #[arg(long, value_name = "WHAT", default_value = "error")]
    fail_on: FailOn,
    /// Ask the OSV API in place of the advisories on this machine, e.g. `--online --api https://osv.example`
    #[arg(long, requires = "api", conflicts_with_all = ["dir", "max_age", "public_key", "offline"])]
    online: bool,
    /// The address of the API, before `/v1`, e.g. `--api https://osv.example`
    #[arg(long, value_name = "URL")]
    api: Option<Url>,
    /// Certificates to trust beside the system's where the API or a registry is asked, e.g. `--ca company-ca.pem`
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Open no socket, e.g. `--offline`; a check does not, unless `--online` says so or a package is named
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    format: FindingsFormatArgs,
}

/// Checks and shows.
///
/// # Errors
/// When the subject cannot be read (exit 2), or there are no advisories that can be used (exit 3).
pub(crate) fn run(args: &CheckArgs, out: &mut Output) -> Result<Exit, Failure> {
    let api = api(args)?;
    let asked =
        Asked { subject: &args.subject, registry: &args.registry, ca: &args.ca, offline: args.offline };
    if let Some(api) = api {
        let subject = asked.subject(out)?;
        return online(args, api, subject, out);
    }
    let dir = args.dir.path()?;
    let key = args.demands.key()?;
    let now = Timestamp::now();
    let open = || store::open(&dir, args.demands.demands(key.as_ref()), now);
    if subject::by_name(&args.subject)?.is_some() {
        // Nothing is fetched for advisories that are not there.
        open().map_err(|error| failure(&error, &dir, out))?;
    }
    let subject = asked.subject(out)?;
    let snapshot = open().map_err(|error| failure(&error, &dir, out))?;
    let checked =
        check(&snapshot.index, &subject.components).map_err(|error| failure(&error.into(), &dir, out))?;
    let mut findings = subject.findings;
    findings.extend(findings::of_rest(&checked));
    findings.extend(sources::of_asked(&snapshot.manifest, &checked.sources, now));
    let source = Source::Snapshot {
        digest: snapshot.digest.to_string(),
        updated: snapshot.manifest.updated,
        age: now.duration_since(snapshot.manifest.updated).as_secs(),
        records: snapshot.records(),
        signed: snapshot.signed,
    };
    let exit = exit(args.fail_on, &checked, &findings, subject.is_open);
    show(args, checked, findings, source, exit, out)
}

/// The API to ask, where `--online` says that it may be. A flag's absence is a value to the parser, so that what needs the flag is
/// refused here.
fn api(args: &CheckArgs) -> Result<Option<&Url>, Failure> {
    if args.online {
        return args.api.as_ref().map(spoken_to).transpose();
    }
    if args.api.is_some() {
        return Err(Failure::usage("`--api` names an API that is asked with `--online` alone")
            .hint("add `--online`, or leave `--api` out to use the advisories on this machine"));
    }
    if !args.ca.is_empty() && subject::by_name(&args.subject)?.is_none() {
        return Err(Failure::usage("`--ca` is for an API or a registry, and neither is asked")
            .hint("leave it out, add `--online --api URL`, or name a package: `npm:NAME@VERSION`"));
    }
    Ok(None)
}

/// An address that may be asked; one that may not is never asked, however often it is tried.
fn spoken_to(api: &Url) -> Result<&Url, Failure> {
    let refused = |why: &dyn std::fmt::Display| {
        Failure::usage(format!("`--api`: {why}"))
            .hint("name the address of an OSV API, before `/v1`: `--api https://osv.example`")
    };
    http::check_address(api, PlainHttp::Loopback).map_err(|error| refused(&error))?;
    if api.query().is_some() || api.fragment().is_some() {
        return Err(refused(&"an address to which paths are added has no query and no fragment"));
    }
    if api.path().trim_end_matches('/').ends_with("/v1") {
        return Err(refused(&"the address goes on into `/v1`, which is added to it"));
    }
    Ok(api)
}

/// Asks the API for every package, and evaluates what it has.
fn online(args: &CheckArgs, api: &Url, subject: Subject, out: &mut Output) -> Result<Exit, Failure> {
    let asked = Api { base: api, ca: &args.ca, now: Timestamp::now() };
    let nowhere = Path::new("");
    let answer = asked
        .ask(&components::queries(&subject.components))
        .map_err(|error| failure(&error, nowhere, out))?;
    let unparsed = answer.compiled.counts.unparsed;
    let index = Index::of(answer.compiled).map_err(|error| failure(&error.into(), nowhere, out))?.whole();
    let checked = check(&index, &subject.components).map_err(|error| failure(&error.into(), nowhere, out))?;
    let mut findings = subject.findings;
    findings.extend(findings::of_rest(&checked));
    if unparsed > 0 {
        let message = format!("{unparsed} records of the API were not understood");
        findings.push(Finding::new(codes::UNPARSED, message));
    }
    let records: BTreeSet<&String> = checked.matches.iter().flat_map(|found| &found.records).collect();
    // Of a package without version it names all that there is.
    let versioned = answer.named.iter().filter(|(query, _)| query.version.is_some());
    let named: BTreeSet<&String> = versioned.flat_map(|(_, ids)| ids).collect();
    for id in named.difference(&records) {
        findings.push(Finding::new(
            codes::API_DIFFERS,
            format!("{id} does not name the version, by its own ranges"),
        ));
    }
    let exit = exit(args.fail_on, &checked, &findings, subject.is_open);
    // It named them for these packages: nobody can tell what they say.
    let exit = if unparsed > 0 { exit.worst(Exit::Undecided) } else { exit };
    show(args, checked, findings, Source::Api { url: api.to_string() }, exit, out)
}

fn show(
    args: &CheckArgs,
    checked: Checked,
    findings: Vec<Finding>,
    source: Source,
    exit: Exit,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let report = CheckReport {
        report_version: CheckReport::VERSION,
        subject: args.subject.to_string_lossy().into_owned(),
        source,
        components: checked.components,
        matches: checked.matches,
        unknown: checked.unknown,
        findings,
    };
    match args.format.format {
        FindingsFormat::Json => out.result(json::line(&report)?),
        FindingsFormat::Human => out.result(advisories::report(&report)),
        FindingsFormat::Sarif => out.result(sarif::advisories(&report).line(exit)?),
    }
    Ok(exit)
}

/// Found at or above the threshold; else what could not be checked, or a lock file that was not read; else nothing.
fn exit(fail_on: FailOn, checked: &Checked, found: &[Finding], is_open: bool) -> Exit {
    let leaves_open = |finding: &&Finding| findings::leaves_open(finding);
    let refused = checked.matches.iter().any(|found| fail_on.refuses(found))
        || found
            .iter()
            .filter(|finding| !leaves_open(finding))
            .any(|finding| fail_on.refuses_finding(finding));
    if refused {
        Exit::Denied
    } else if is_open || found.iter().any(|finding| leaves_open(&finding)) {
        Exit::Undecided
    } else {
        Exit::Allowed
    }
}
