//! manifest.json of an MCPB bundle: what it says of itself and how its server is started.

use std::collections::BTreeMap;

use mcpsign_schemas::canonical::{Json, Limits, Object};
use mcpsign_schemas::purl::PackageIdentity;

use crate::catalog::PackageManifestError;

/// Bytes of a manifest.json. Those with a whole `tools/list` inside have some hundred KiB.
const MAX_BYTES: usize = 4 << 20;

/// What mcpsign needs of a bundle's manifest.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpbManifest {
    /// `name`, as found.
    pub name: String,
    /// `version`, as found.
    pub version: String,
    /// `server`: how it is started.
    pub server: McpbServer,
    /// `user_config`: what the user is asked for.
    pub user_config: BTreeMap<String, UserConfig>,
    /// `license`.
    pub licenses: Vec<String>,
}

/// How a bundle's server is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpbServer {
    /// `type`: `node`, `python`, `binary`, `uv`, or one that came later.
    pub kind: String,
    /// `entry_point`, relative to the bundle's root.
    pub entry_point: Option<String>,
    /// `mcp_config`, where it has one.
    pub config: Option<McpbConfig>,
    /// `mcp_config.platform_overrides`: what differs on `darwin`, `win32`, `linux`.
    pub overrides: BTreeMap<String, McpbOverride>,
}

/// A command line with `${…}` placeholders, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpbConfig {
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
}

/// What differs on one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpbOverride {
    /// Another program.
    pub command: Option<String>,
    /// Other arguments.
    pub args: Option<Vec<String>>,
    /// More environment.
    pub env: BTreeMap<String, String>,
}

/// A value that the user is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserConfig {
    /// `string`, `number`, `boolean`, `directory`, `file`.
    pub kind: String,
    /// Whether there must be one.
    pub required: bool,
    /// Whether it is a secret.
    pub sensitive: bool,
    /// `default`, as found.
    pub default: Option<Json>,
}

impl McpbManifest {
    /// Reads a manifest.json.
    ///
    /// # Errors
    /// When it is not strict JSON, not of a bundle, or a member that counts is missing or of another type.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(PackageManifestError::TooLarge);
        }
        let json = Json::parse(bytes, Limits::bytes(MAX_BYTES)).map_err(PackageManifestError::Json)?;
        let root = json.as_object().ok_or(PackageManifestError::Foreign)?;
        // Browser extensions have a `manifest_version` too: a number.
        let is_version = |key: &str| root.get(key).is_some_and(|value| value.as_str().is_some());
        if !is_version("manifest_version") && !is_version("dxt_version") {
            return Err(PackageManifestError::Foreign);
        }
        let user_config = match member(root, "user_config")? {
            Some(asked) => asked
                .iter()
                .map(|(key, value)| Some((key.to_owned(), asked_for(value)?)))
                .collect::<Option<_>>()
                .ok_or(PackageManifestError::Member("user_config"))?,
            None => BTreeMap::new(),
        };
        Ok(Self {
            name: required(root, "name")?,
            version: required(root, "version")?,
            server: server(member(root, "server")?.ok_or(PackageManifestError::Missing("server"))?)?,
            user_config,
            licenses: text(root, "license")?.into_iter().collect(),
        })
    }

    /// Which package it says that it is. There is no package URL type for bundles: `pkg:generic/NAME@VERSION`.
    ///
    /// # Errors
    /// When name or version cannot stand in a package URL.
    pub fn identity(&self) -> Result<PackageIdentity, PackageManifestError> {
        PackageIdentity::generic(&self.name, Some(&self.version))
            .map_err(|error| PackageManifestError::Identity(error.to_string()))
    }
}

fn text(object: &Object, key: &'static str) -> Result<Option<String>, PackageManifestError> {
    match object.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(PackageManifestError::Member(key)),
    }
}

fn required(object: &Object, key: &'static str) -> Result<String, PackageManifestError> {
    text(object, key)?.ok_or(PackageManifestError::Missing(key))
}

fn member<'o>(object: &'o Object, key: &'static str) -> Result<Option<&'o Object>, PackageManifestError> {
    match object.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Object(member)) => Ok(Some(member)),
        Some(_) => Err(PackageManifestError::Member(key)),
    }
}

fn server(server: &Object) -> Result<McpbServer, PackageManifestError> {
    let config = member(server, "mcp_config")?;
    let mut overrides = BTreeMap::new();
    if let Some(platforms) = config.map(|config| member(config, "platform_overrides")).transpose()?.flatten()
    {
        for (platform, value) in platforms.iter() {
            let value = value.as_object().ok_or(PackageManifestError::Member("platform_overrides"))?;
            let differs =
                McpbOverride { command: text(value, "command")?, args: args(value)?, env: env(value)? };
            overrides.insert(platform.to_owned(), differs);
        }
    }
    let config = match config {
        Some(config) => Some(McpbConfig {
            command: required(config, "command")?,
            args: args(config)?.unwrap_or_default(),
            env: env(config)?,
        }),
        None => None,
    };
    let kind = required(server, "type")?;
    Ok(McpbServer { kind, entry_point: text(server, "entry_point")?, config, overrides })
}

fn args(object: &Object) -> Result<Option<Vec<String>>, PackageManifestError> {
    match object.get("args") {
        None | Some(Json::Null) => Ok(None),
        Some(list) => {
            let texts = list.as_array().map(|list| list.iter().map(|arg| arg.as_str().map(str::to_owned)));
            texts.and_then(|texts| texts.collect()).map(Some).ok_or(PackageManifestError::Member("args"))
        }
    }
}

fn env(object: &Object) -> Result<BTreeMap<String, String>, PackageManifestError> {
    let entries = member(object, "env")?.into_iter().flat_map(Object::iter);
    entries
        .map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
        .collect::<Option<_>>()
        .ok_or(PackageManifestError::Member("env"))
}

fn asked_for(value: &Json) -> Option<UserConfig> {
    let flag = |key: &str| match value.get(key) {
        None | Some(Json::Null) => Some(false),
        Some(value) => value.as_bool(),
    };
    Some(UserConfig {
        kind: value.get("type")?.as_str()?.to_owned(),
        required: flag("required")?,
        sensitive: flag("sensitive")?,
        default: value.get("default").filter(|default| !default.is_null()).cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"manifest_version":"0.3","name":"files","version":"1.4.0","license":"MIT",
        "author":{"name":"Acme"},"description":"d",
        "server":{"type":"node","entry_point":"server/index.js","mcp_config":{"command":"node",
            "args":["${__dirname}/server/index.js","${user_config.dir}"],"env":{"A":"b"},
            "platform_overrides":{"win32":{"command":"node.exe"}}}},
        "user_config":{"dir":{"type":"directory","title":"t","required":true},
            "key":{"type":"string","sensitive":true,"default":"x"}}}"#;

    fn parse(text: &str) -> Result<McpbManifest, PackageManifestError> {
        McpbManifest::parse(text.as_bytes())
    }

    #[test]
    fn the_manifest_of_a_bundle() {
        let manifest = parse(MANIFEST).unwrap();
        assert_eq!(manifest.identity().unwrap().purl, "pkg:generic/files@1.4.0");
        let config = manifest.server.config.unwrap();
        assert_eq!((config.command.as_str(), config.args.len(), config.env.len()), ("node", 2, 1));
        assert_eq!(manifest.server.overrides["win32"].command.as_deref(), Some("node.exe"));
        assert!(manifest.user_config["dir"].required && manifest.user_config["key"].sensitive);
        assert_eq!(manifest.user_config["key"].default, Some("x".into()));
        assert_eq!(manifest.licenses, ["MIT"]);
        assert!(parse(&MANIFEST.replace("manifest_version", "dxt_version")).is_ok());
    }

    #[test]
    fn what_is_no_bundle_s_or_not_well_formed() {
        let extension = r#"{"manifest_version":3,"name":"x","version":"1"}"#;
        for text in [extension, "{}", "[]", r#"{"name":"x","server":{}}"#] {
            assert_eq!(parse(text), Err(PackageManifestError::Foreign), "{text}");
        }
        let twice = MANIFEST.replacen("\"name\"", "\"name\":\"evil\",\"name\"", 1);
        assert!(matches!(parse(&twice), Err(PackageManifestError::Json(_))));
        for (from, to, error) in [
            ("\"name\":\"files\"", "\"name\":\"\"", PackageManifestError::Missing("name")),
            ("\"name\":\"files\"", "\"name\":1", PackageManifestError::Member("name")),
            ("\"server\":", "\"other\":", PackageManifestError::Missing("server")),
            ("\"type\":\"node\",", "", PackageManifestError::Missing("type")),
            ("\"command\":\"node\",", "", PackageManifestError::Missing("command")),
            ("\"env\":{\"A\":\"b\"}", "\"env\":{\"A\":1}", PackageManifestError::Member("env")),
            ("\"required\":true", "\"required\":1", PackageManifestError::Member("user_config")),
        ] {
            assert_eq!(parse(&MANIFEST.replacen(from, to, 1)), Err(error), "{from} → {to}");
        }
        let odd = parse(&MANIFEST.replacen("\"files\"", "\"my\\u0000files\"", 1)).unwrap();
        assert!(matches!(odd.identity(), Err(PackageManifestError::Identity(_))));
        assert_eq!(McpbManifest::parse(&vec![b' '; MAX_BYTES + 1]), Err(PackageManifestError::TooLarge));
    }
}
