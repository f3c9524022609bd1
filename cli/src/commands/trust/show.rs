//! `mcpsign trust show`.

use std::fmt::Write as _;

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::trust::{self, Loaded, Store, TrustError};
use mcpsign_verifier::{Service, ServiceKind};
use serde::Serialize;

use super::failure;
use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, WARNING};
use crate::render::human::field;
use crate::render::json;
use crate::render::untrusted::value;

/// Arguments of `trust show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Names of trust roots; by default all that are known
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    format: FormatArgs,
}

/// One trust root, as `--format json` shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    name: String,
    /// `embedded`, `cache` or `imported`.
    source: &'static str,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    tuf: Option<Tuf>,
    signing_config: bool,
    services: Vec<ShownService>,
}

#[derive(Debug, Serialize)]
struct Digest {
    sha256: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tuf {
    root_version: u64,
    expires: Timestamp,
    expired: bool,
    as_of: Timestamp,
    mirror: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownService {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
}

/// # Errors
/// When a name is not known or what is kept under it cannot be used; the others are shown first.
pub(super) fn run(args: &ShowArgs, out: &mut Output) -> Result<Exit, Failure> {
    let store = Store::of_process();
    let names = if args.names.is_empty() { trust::names(&store) } else { args.names.clone() };
    let now = Timestamp::now();
    let mut exit = Exit::Allowed;
    let mut further = false;
    for name in &names {
        match trust::load(&store, name) {
            Ok(loaded) => {
                show(&shown(name, &loaded, now), further, args.format.format, out)?;
                further = true;
            }
            // Known, and nothing to show.
            Err(error @ TrustError::NotFetched { .. }) if args.names.is_empty() => {
                out.talk(format_args!("note: {error}"));
            }
            Err(error) => {
                let failure = failure(&error);
                out.failure(&failure);
                exit = exit.worst(failure.exit());
            }
        }
    }
    Ok(exit)
}

fn shown(name: &str, loaded: &Loaded, now: Timestamp) -> Shown {
    let origin = loaded.root.origin();
    Shown {
        name: name.into(),
        source: origin.map_or("file", |origin| origin.source.as_str()),
        digest: Digest { sha256: loaded.root.digest().to_string() },
        tuf: origin.and_then(|origin| origin.tuf).map(|tuf| Tuf {
            root_version: tuf.root_version,
            expires: tuf.expires,
            expired: tuf.expires < now,
            as_of: tuf.as_of,
            mirror: loaded.mirror.clone().unwrap_or_default(),
        }),
        signing_config: loaded.signing_config.is_some(),
        services: loaded.root.services().into_iter().map(service).collect(),
    }
}

fn service(service: Service) -> ShownService {
    let Service { kind, uri, id, start, end } = service;
    ShownService { kind: kind.as_str(), uri, id, start, end }
}

fn show(shown: &Shown, further: bool, format: Format, out: &mut Output) -> Result<(), Failure> {
    match format {
        Format::Json => out.result(json::line(shown)?),
        Format::Human => {
            let separator = if further { "\n" } else { "" };
            out.result(format!("{separator}{}", human(shown)));
        }
    }
    Ok(())
}

fn human(shown: &Shown) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}  ({})", value(&shown.name), shown.source);
    field(&mut text, "digest", format_args!("sha256:{}", shown.digest.sha256));
    match &shown.tuf {
        Some(Tuf { root_version, expires, expired, as_of, mirror }) => {
            let counts = match expired {
                true => format!("{WARNING}expired{WARNING:#} {expires}"),
                false => format!("counts until {expires}"),
            };
            field(&mut text, "TUF root", format_args!("{root_version}, {counts}"));
            field(&mut text, "as of", as_of);
            field(&mut text, "mirror", value(mirror));
        }
        None => field(&mut text, "counts", "at all times"),
    }
    if shown.signing_config {
        field(&mut text, "signing", "a signing configuration came with it");
    }
    for service in &shown.services {
        let window = match (service.start, service.end) {
            (None, None) => "at all times".into(),
            (Some(start), None) => format!("since {start}"),
            (None, Some(end)) => format!("until {end}"),
            (Some(start), Some(end)) => format!("{start} to {end}"),
        };
        let uri = value(service.uri.as_deref().unwrap_or("(no address)"));
        field(&mut text, label(service.kind), format_args!("{uri}  {window}"));
    }
    text
}

fn label(kind: &str) -> &'static str {
    [
        (ServiceKind::CertificateAuthority, "authority"),
        (ServiceKind::Log, "log"),
        (ServiceKind::CertificateLog, "receipts"),
        (ServiceKind::TimestampAuthority, "timestamps"),
    ]
    .into_iter()
    .find(|(known, _)| known.as_str() == kind)
    .map_or("service", |(_, label)| label)
}
