//! The file as it is written, and what it means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use mcpsign_schemas::canonical::{Json, Object};
use serde::Deserialize;
use toml::Spanned;

use super::error::ConfigError;
use super::{Config, DEFAULT_PROFILE, Package, Profile, Settings};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    key: Option<Spanned<PathBuf>>,
    keyless: Option<Spanned<bool>>,
    image: Option<Spanned<String>>,
    #[serde(default)]
    server: ServerTable,
    #[serde(default)]
    profile: Vec<ProfileTable>,
    #[serde(default)]
    output: OutputTable,
    #[serde(default)]
    package: Vec<PackageTable>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServerTable {
    command: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    env: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    secret_env: Vec<Spanned<String>>,
    network: Option<NetworkChoice>,
    sandbox: Option<SandboxChoice>,
    client_capabilities: Option<Spanned<toml::Table>>,
    protocol: Option<ProtocolChoice>,
    valid_for: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProfileTable {
    name: Spanned<String>,
    command: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    secret_env: Vec<Spanned<String>>,
    client_capabilities: Option<Spanned<toml::Table>>,
    protocol: Option<ProtocolChoice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OutputTable {
    evidence: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PackageTable {
    path: Spanned<PathBuf>,
    image: Option<Spanned<String>>,
    server: Option<ServerTable>,
    #[serde(default)]
    profile: Vec<ProfileTable>,
}

/// `sandbox = "…"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SandboxChoice {
    /// As `--sandbox required`.
    Required,
    /// As `--sandbox auto`.
    Auto,
    /// As `--sandbox off`.
    Off,
}

/// `network = "…"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NetworkChoice {
    /// As `--network none`.
    None,
    /// As `--network host`.
    Host,
}

/// `protocol = "…"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProtocolChoice {
    /// As `--protocol auto`.
    Auto,
    /// As `--protocol legacy`.
    Legacy,
}

/// What the parser says, less the names that a Rust program has for what is in the file.
fn in_words_of_toml(message: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("expected u32", "expected a whole number"),
        ("expected path string", "expected a string"),
        ("expected a sequence", "expected an array"),
        ("expected a map", "expected a table"),
        ("type: map", "type: table"),
        ("type: sequence", "type: array"),
    ];
    WORDS.iter().fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours))
}

impl File {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            ConfigError::at(text, error.span().unwrap_or(0..0), &in_words_of_toml(error.message()))
        })
    }

    /// Checks what the types cannot say, and merges what is said once for all profiles into each.
    pub(super) fn resolve(self, text: &str) -> Result<Config, ConfigError> {
        let valid_for = match &self.server.valid_for {
            Some(days) if !(1..=3650).contains(days.get_ref()) => {
                return Err(ConfigError::at(text, days.span(), "`valid-for` is a number of days, 1 to 3650"));
            }
            days => days.as_ref().map(|days| *days.get_ref()),
        };
        let keyless = match (&self.key, &self.keyless) {
            (Some(_), Some(keyless)) if *keyless.get_ref() => {
                return Err(ConfigError::at(text, keyless.span(), "`keyless` and `key` exclude each other"));
            }
            (_, keyless) => keyless.as_ref().is_some_and(|keyless| *keyless.get_ref()),
        };
        if let Some(image) = self.image.as_ref().filter(|_| !self.package.is_empty()) {
            let what = "`image` is that of one release: say it in its `[[package]]`";
            return Err(ConfigError::at(text, image.span(), what));
        }
        let mut packages: Vec<Package> = Vec::new();
        for package in self.package {
            let path = package.path.get_ref();
            let inside =
                path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            if path.as_os_str().is_empty() || !inside {
                return Err(ConfigError::at(
                    text,
                    package.path.span(),
                    "`path` is a folder below this file's",
                ));
            }
            let path: PathBuf = normal(path);
            if packages.iter().any(|other| other.path == path) {
                return Err(ConfigError::at(text, package.path.span(), "two packages have this `path`"));
            }
            let server = package.server.unwrap_or_else(|| self.server.clone());
            if let Some(days) = &server.valid_for
                && self.server.valid_for.as_ref().map(Spanned::span) != Some(days.span())
            {
                return Err(ConfigError::at(text, days.span(), "`valid-for` is said once, in `[server]`"));
            }
            let image = package.image.as_ref();
            packages.push(Package { settings: settings(text, &server, package.profile, image)?, path });
        }
        Ok(Config {
            key: self.key.map(Spanned::into_inner),
            keyless,
            evidence: self.output.evidence,
            valid_for,
            settings: settings(text, &self.server, self.profile, self.image.as_ref())?,
            packages,
        })
    }
}

fn settings(
    text: &str,
    server: &ServerTable,
    profiles: Vec<ProfileTable>,
    image: Option<&Spanned<String>>,
) -> Result<Settings, ConfigError> {
    let image = image.map(|image| {
        let read = crate::commands::attest::image::reference(image.get_ref());
        read.map_err(|why| ConfigError::at(text, image.span(), &format!("`image`: {why}")))
    });
    let base = Profile {
        name: DEFAULT_PROFILE.to_owned(),
        command: command(text, server.command.as_ref())?,
        args: Vec::new(),
        env: variables(text, &server.env)?,
        secret_env: names(text, &server.secret_env)?,
        client_capabilities: capabilities(text, server.client_capabilities.as_ref())?
            .unwrap_or_else(|| Json::Object(Object::new())),
        protocol: server.protocol,
    };
    let mut merged = Vec::new();
    let mut seen = BTreeSet::new();
    for profile in profiles {
        if !is_name(profile.name.get_ref()) {
            let what = "`name` is up to 64 letters, digits, `-`, `_`, `.` and `+`";
            return Err(ConfigError::at(text, profile.name.span(), what));
        }
        if !seen.insert(profile.name.get_ref().clone()) {
            return Err(ConfigError::at(text, profile.name.span(), "two profiles have this name"));
        }
        let mut one = Profile { name: profile.name.into_inner(), args: profile.args, ..base.clone() };
        one.command = command(text, profile.command.as_ref())?.or(one.command);
        one.env.extend(variables(text, &profile.env)?);
        one.secret_env.extend(names(text, &profile.secret_env)?);
        one.secret_env.sort();
        one.secret_env.dedup();
        if let Some(declared) = capabilities(text, profile.client_capabilities.as_ref())? {
            one.client_capabilities = declared;
        }
        one.protocol = profile.protocol.or(one.protocol);
        merged.push(one);
    }
    if merged.is_empty() {
        merged.push(base);
    }
    Ok(Settings {
        sandbox: server.sandbox,
        network: server.network,
        image: image.transpose()?,
        profiles: merged,
    })
}

/// What names a profile: it ends up in file names and reports.
pub(super) fn is_name(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    (1..=64).contains(&name.len()) && name.chars().all(fine)
}

fn command(text: &str, command: Option<&Spanned<Vec<String>>>) -> Result<Option<Vec<String>>, ConfigError> {
    match command {
        Some(argv) if argv.get_ref().first().is_none_or(String::is_empty) => {
            Err(ConfigError::at(text, argv.span(), "`command` is a program and its arguments"))
        }
        argv => Ok(argv.map(|argv| argv.get_ref().clone())),
    }
}

fn variables(
    text: &str,
    table: &BTreeMap<Spanned<String>, String>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    table.iter().map(|(name, value)| Ok((variable(text, name)?, value.clone()))).collect()
}

fn names(text: &str, list: &[Spanned<String>]) -> Result<Vec<String>, ConfigError> {
    list.iter().map(|name| variable(text, name)).collect()
}

fn variable(text: &str, name: &Spanned<String>) -> Result<String, ConfigError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let fits = name.get_ref().chars().all(plain) && !name.get_ref().starts_with(|c: char| c.is_ascii_digit());
    if fits && !name.get_ref().is_empty() {
        Ok(name.get_ref().clone())
    } else {
        Err(ConfigError::at(
            text,
            name.span(),
            "no name of a variable: letters, digits and `_`, no digit first",
        ))
    }
}

fn capabilities(text: &str, table: Option<&Spanned<toml::Table>>) -> Result<Option<Json>, ConfigError> {
    let Some(table) = table else { return Ok(None) };
    match Json::from_serialize(table.get_ref()) {
        Ok(json @ Json::Object(_)) if !table.get_ref().values().any(has_time) => Ok(Some(json)),
        _ => Err(ConfigError::at(text, table.span(), "`client-capabilities` is no JSON object")),
    }
}

/// TOML has dates and times, JSON has none.
fn has_time(value: &toml::Value) -> bool {
    match value {
        toml::Value::Datetime(_) => true,
        toml::Value::Array(values) => values.iter().any(has_time),
        toml::Value::Table(table) => table.values().any(has_time),
        _ => false,
    }
}

/// `./packages//a/` is `packages/a`; `.` is the file's own folder.
fn normal(path: &Path) -> PathBuf {
    let parts: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    if parts.as_os_str().is_empty() { PathBuf::from(".") } else { parts }
}
