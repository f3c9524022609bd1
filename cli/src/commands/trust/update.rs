//! `mcpsign trust update`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mcpsign_collect::http::{self, Client, Options, PlainHttp};
use mcpsign_evidence::trust::{self, Instance, Store, TrustError, UpdateRequest};
use url::Url;

use super::failure;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, OK};
use crate::render::untrusted::value;

/// Arguments of `trust update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// An instance to fetch, e.g. `--instance public-good`; repeatable; by default all that have a repository
    #[arg(long, value_name = "NAME")]
    instance: Vec<String>,
    /// Ask this mirror in place of the instance's own, e.g. `--instance github --mirror https://tuf.acme.example/github`
    #[arg(long, value_name = "URL")]
    mirror: Option<Url>,
    /// The TUF `root.json` that a new instance begins with, e.g.
    /// `--instance acme --mirror https://tuf.acme.example --root root.json`
    #[arg(long, value_name = "FILE", requires = "mirror")]
    root: Option<PathBuf>,
    /// Trust the PEM certificates in this file beside the system's roots, e.g. `--ca acme-root.pem`
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Speak HTTP without TLS with a mirror on this machine, e.g.
    /// `--mirror http://127.0.0.1:8080 --insecure-loopback`
    #[arg(long, requires = "mirror")]
    insecure_loopback: bool,
}

/// # Errors
/// When one of several cannot be fetched; the others are, first.
pub(super) fn run(args: &UpdateArgs, out: &mut Output) -> Result<Exit, Failure> {
    if args.mirror.is_some() && args.instance.len() != 1 {
        return Err(Failure::usage("a mirror is one instance's").hint(
            "name it: `mcpsign trust update --instance NAME --mirror URL`; with `--root FILE` it may be a new one",
        ));
    }
    let plain_http = if args.insecure_loopback { PlainHttp::Loopback } else { PlainHttp::Never };
    let options = Options { ca: args.ca.clone(), plain_http, ..Options::default() };
    let client = http::client(&options).map_err(|error| Failure::from_error(&error).hint(http::CA_HINT))?;
    if let Some(mirror) = &args.mirror {
        http::check_address(mirror, plain_http).map_err(|error| {
            Failure::from_error(&error)
                .hint("write it as `https://HOST/PATH`; `--insecure-loopback` allows http with this machine")
        })?;
    }
    let store = Store::of_process();
    let names = match args.instance.as_slice() {
        [] => trust::names(&store),
        named => named.to_vec(),
    };
    let mut exit = Exit::Allowed;
    for name in &names {
        match one(args, name, &store, &client, out) {
            Ok(()) => {}
            // Nobody asked for this one by name.
            Err(TrustError::NoRepository { .. }) if args.instance.is_empty() => {}
            Err(error) => {
                let failed = failed(&error);
                out.failure(&failed);
                exit = exit.worst(failed.exit());
            }
        }
    }
    Ok(exit)
}

fn one(
    args: &UpdateArgs,
    name: &str,
    store: &Store,
    client: &Client,
    out: &mut Output,
) -> Result<(), TrustError> {
    let request = UpdateRequest { name, mirror: args.mirror.as_ref(), root: args.root.as_deref() };
    let updated = trust::update(store, &request, client, Timestamp::now())?;
    if updated.replaced {
        out.talk(format_args!("note: what was kept of `{}` could not be used and is replaced", value(name)));
    }
    let word = if updated.changed { "updated" } else { "unchanged" };
    let root = &updated.loaded.root;
    let tuf = root.origin().and_then(|origin| origin.tuf);
    let tuf = tuf.map(|tuf| format!("; TUF root {}, counts until {}", tuf.root_version, tuf.expires));
    out.result(format!(
        "{OK}{word}{OK:#}  {BOLD}{}{BOLD:#}  sha256:{}{}\n",
        value(name),
        root.digest(),
        tuf.unwrap_or_default()
    ));
    if Instance::find(name).is_none() {
        out.talk(format_args!("note: `mcpsign verify --trust {}` uses it", value(name)));
    }
    Ok(())
}

/// A repository that cannot be had is no mistake of the caller's.
fn failed(error: &TrustError) -> Failure {
    match error {
        TrustError::Update { .. } => failure(error).ending(Exit::Undecided),
        _ => failure(error),
    }
}
