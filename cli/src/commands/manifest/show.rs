//! `mcpsign manifest show`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::manifest::{ItemDigests, Launch, Profile};
use mcpsign_schemas::surface::ItemKind;
use serde::Serialize;

use super::source::Source;
use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, DIM, WARNING};
use crate::render::human::field;
use crate::render::json;
use crate::render::untrusted::{excerpt, short_digest, value};

/// Arguments of `manifest show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A capture file, an evidence file or a bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    format: FormatArgs,
}

/// The JSON form; `items[]` has the spellings that scripts rely on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    /// `capture` or `manifest`.
    source: &'static str,
    /// Always false: `verify` is another command.
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a mcpsign_schemas::manifest::Server>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<mcpsign_schemas::manifest::Kind>,
    created_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    profiles: Vec<ShownProfile<'a>>,
    items: Vec<ShownItem<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownProfile<'a> {
    name: &'a str,
    protocol_version: &'a str,
    wire_digest: String,
    surface_digest: String,
    launch: &'a Launch,
}

#[derive(Debug, Serialize)]
struct ShownItem<'a> {
    kind: ItemKind,
    name: &'a str,
    wire: String,
    surface: String,
    /// Names of the profiles that show it so.
    profiles: Vec<&'a str>,
}

/// Shows a manifest.
///
/// # Errors
/// When the file cannot be read as one.
pub(crate) fn run(args: &ShowArgs, out: &mut Output) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?;
    match args.format.format {
        Format::Json => out.result(json::line(&shown(&source))?),
        Format::Human => out.result(human(&source)),
    }
    Ok(Exit::Allowed)
}

fn shown(source: &Source) -> Shown<'_> {
    let release = source.release.as_ref();
    Shown {
        source: if release.is_some() { "manifest" } else { "capture" },
        verified: false,
        server: release.map(|release| &release.server),
        kind: release.map(|release| release.kind),
        created_on: source.created_on.to_string(),
        valid_until: release.and_then(|release| release.valid_until).map(|time| time.to_string()),
        profiles: source.profiles.iter().map(shown_profile).collect(),
        items: items(&source.profiles),
    }
}

fn shown_profile(profile: &Profile) -> ShownProfile<'_> {
    ShownProfile {
        name: &profile.name,
        protocol_version: &profile.protocol_version,
        wire_digest: profile.wire_digest.sha256.to_string(),
        surface_digest: profile.surface_digest.sha256.to_string(),
        launch: &profile.launch,
    }
}

/// Every item of every profile once, by kind, name and digests.
fn items(profiles: &[Profile]) -> Vec<ShownItem<'_>> {
    let mut seen: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for profile in profiles {
        for (kind, name, ItemDigests { wire, surface }) in profile.items() {
            seen.entry((kind, name, wire, surface)).or_default().push(&profile.name);
        }
    }
    seen.into_iter()
        .map(|((kind, name, wire, surface), profiles)| ShownItem {
            kind,
            name,
            wire: wire.to_string(),
            surface: surface.to_string(),
            profiles,
        })
        .collect()
}

fn human(source: &Source) -> String {
    let mut text = String::new();
    let what = match &source.release {
        Some(release) => {
            let version = release.server.version.as_ref().map(|version| format!(" {}", value(version)));
            format!("tool manifest of {}{}", value(&release.server.name), version.unwrap_or_default())
        }
        None => "capture".to_owned(),
    };
    text.push_str(&format!("{BOLD}{what}{BOLD:#}, {WARNING}not verified{WARNING:#}\n"));
    field(&mut text, "made on", format_args!("{} (not verified)", source.created_on));
    for profile in &source.profiles {
        text.push_str(&format!("\n{BOLD}profile {}{BOLD:#}\n", value(&profile.name)));
        field(&mut text, "protocol", value(&profile.protocol_version));
        field(&mut text, "wire", profile.wire_digest.sha256);
        field(&mut text, "surface", profile.surface_digest.sha256);
        let (what, server) = asked(&profile.launch);
        field(&mut text, what, server);
        for finding in &profile.findings {
            let allowed = if finding.allowed { " (allowed)" } else { "" };
            field(
                &mut text,
                "finding",
                format_args!("{}: {}{allowed}", value(&finding.code), value(&finding.message)),
            );
        }
        for (kind, name, digests) in profile.items() {
            let (wire, surface) = (digests.wire.to_string(), digests.surface.to_string());
            text.push_str(&format!(
                "  {kind:<17} {BOLD}{}{BOLD:#}  {DIM}wire {} surface {}{DIM:#}\n",
                value(name),
                short_digest(&wire),
                short_digest(&surface)
            ));
            if let Some(description) = source.items.get(&digests.wire).and_then(description) {
                text.push_str(&format!("  {:<17} {}\n", "", excerpt(description)));
            }
        }
    }
    text
}

fn description(item: &Json) -> Option<&str> {
    item.as_str().or_else(|| item.get("description")?.as_str()).or_else(|| item.get("title")?.as_str())
}

/// What was started or, of a remote server, where it is and which headers it was sent.
fn asked(launch: &Launch) -> (&'static str, String) {
    let headers = launch.headers.join(", ");
    match launch.url.as_deref() {
        None => ("command", value(&launch.argv.join(" ")).to_string()),
        Some(url) if headers.is_empty() => ("address", value(url).to_string()),
        Some(url) => ("address", format!("{} (headers: {})", value(url), value(&headers))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_server_is_shown_by_its_address() {
        let local = Launch::of_command(vec!["node".into(), "i.js".into()]);
        assert_eq!(asked(&local), ("command", "node i.js".into()));
        let url = "https://acme.example/mcp";
        let remote = Launch { url: Some(url.into()), ..Launch::of_command(Vec::new()) };
        assert_eq!(asked(&remote), ("address", url.into()));
        let told = Launch { headers: vec!["authorization".into(), "x-org".into()], ..remote };
        assert_eq!(asked(&told), ("address", format!("{url} (headers: authorization, x-org)")));
    }
}
