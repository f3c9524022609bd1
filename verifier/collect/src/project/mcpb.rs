//! manifest.json of an MCP bundle, and the `.mcpb` that MCPB's own tool packs.

use std::collections::BTreeMap;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::untrusted::escape;

use super::folder::Folder;
use super::{Found, Launch, Places, ProjectError};
use crate::catalog::PackageManifestError;
use crate::catalog::mcpb::McpbManifest;

const FILE: &str = "manifest.json";

/// What manifest.json releases.
pub(super) fn find(folder: &Folder, places: &Places<'_>) -> Result<Option<Found>, ProjectError> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(None) };
    let manifest = match McpbManifest::parse(&bytes) {
        Ok(manifest) => manifest,
        // Web pages and browser extensions have a manifest.json too.
        Err(PackageManifestError::Foreign) => return Ok(None),
        Err(error) => return Err(ProjectError::manifest(folder, FILE, &error)),
    };
    let identity = manifest.identity().map_err(|error| ProjectError::manifest(folder, FILE, &error))?;
    // `mcpb pack` calls it like the folder; which version it holds is seen when it is opened.
    let packed = folder.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let named = [manifest.name.clone(), format!("{}-{}", manifest.name, manifest.version)];
    let named: Vec<String> = named.into_iter().chain(packed).collect();
    let (mut artifacts, mut stale) = (Vec::new(), Vec::new());
    for place in places.of_releases() {
        for file in place.files()? {
            let stem = file.strip_suffix(".mcpb").or_else(|| file.strip_suffix(".dxt"));
            let Some(stem) = stem else { continue };
            let version = stem.strip_prefix(&manifest.name).and_then(|rest| rest.strip_prefix('-'));
            if named.iter().any(|name| name == stem) {
                artifacts.push(place.path.join(&file));
            } else if version.is_some_and(|version| version.parse::<semver::Version>().is_ok()) {
                stale.push(place.path.join(&file));
            }
        }
    }
    let launch = Err(match artifacts.as_slice() {
        [] => "the bundle is not packed".into(),
        _ => "the bundle's own manifest says how it is started".into(),
    });
    Ok(Some(Found {
        file: FILE,
        mcp_name: None,
        artifacts,
        stale,
        wanted: format!("{}.mcpb: `mcpb pack` makes one", manifest.name),
        launch,
        identity,
    }))
}

/// How an unpacked bundle's server is started: its `mcp_config` on this platform, `{artifact}` being the folder that it
/// was unpacked into. A folder that the user is asked for is a fresh one.
///
/// # Errors
/// What only a user knows, in words fit to be shown.
pub fn launch(manifest: &McpbManifest) -> Result<Launch, String> {
    let server = &manifest.server;
    let Some(config) = &server.config else {
        let entry =
            server.entry_point.as_deref().ok_or("the bundle does not say how its server is started")?;
        let entry = format!("{{artifact}}/{}", entry.trim_start_matches("./"));
        let argv = match server.kind.as_str() {
            "node" => vec!["node".to_owned(), entry],
            "python" => vec!["python3".to_owned(), entry],
            "binary" => vec![entry],
            other => {
                return Err(format!("bundles of the type {} do not say how they are started", escape(other)));
            }
        };
        return Ok(Launch { argv, ..Launch::default() });
    };
    let platform = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let differs = server.overrides.get(platform);
    let command = differs.and_then(|differs| differs.command.as_ref()).unwrap_or(&config.command);
    let args = differs.and_then(|differs| differs.args.as_ref()).unwrap_or(&config.args);
    let mut env: BTreeMap<&String, &String> = config.env.iter().collect();
    env.extend(differs.iter().flat_map(|differs| &differs.env));

    let mut launch = Launch::default();
    for text in std::iter::once(command).chain(args) {
        launch.argv.extend(filled(text, manifest)?);
    }
    for (name, text) in env {
        if let [value] = filled(text, manifest)?.as_slice() {
            launch.env.insert(name.clone(), value.clone());
        }
    }
    Ok(launch)
}

/// `text` with its `${…}` filled in: none where it is an answer that may be left out, several for a list.
fn filled(text: &str, manifest: &McpbManifest) -> Result<Vec<String>, String> {
    let alone = text.strip_prefix("${user_config.").and_then(|rest| rest.strip_suffix('}'));
    if let Some(key) = alone {
        return answer(key, manifest);
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) =
            after.split_once('}').ok_or_else(|| format!("{} is no argument", escape(text)))?;
        filled.push_str(before);
        match name {
            "__dirname" => filled.push_str("{artifact}"),
            "HOME" => filled.push_str("{home}"),
            "/" | "pathSeparator" => filled.push('/'),
            _ => match name
                .strip_prefix("user_config.")
                .map(|key| answer(key, manifest))
                .transpose()?
                .as_deref()
            {
                Some([answer]) => filled.push_str(answer),
                _ => return Err(format!("the bundle's {} is not known here", escape(name))),
            },
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(vec![filled])
}

/// What a user who only confirms would answer.
fn answer(key: &str, manifest: &McpbManifest) -> Result<Vec<String>, String> {
    let asked = manifest.user_config.get(key);
    let asked = asked.ok_or_else(|| format!("the bundle uses {} and never asks for it", escape(key)))?;
    let one = |value: &Json| match value {
        Json::String(text) => Ok(text.replace("${HOME}", "{home}")),
        Json::Bool(flag) => Ok(flag.to_string()),
        Json::Number(number) => Ok(number.to_string()),
        _ => Err(format!("the default of {} is no text", escape(key))),
    };
    match (&asked.default, asked.kind.as_str()) {
        (Some(Json::Array(values)), _) => values.iter().map(one).collect(),
        (Some(value), _) => one(value).map(|value| vec![value]),
        (None, "directory") if asked.required => Ok(vec!["{work}".to_owned()]),
        (None, _) if asked.required => Err(format!("the bundle asks the user for {}", escape(key))),
        (None, _) => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server: &str, user_config: &str) -> Result<Launch, String> {
        let text = format!(
            r#"{{"manifest_version":"0.3","name":"a","version":"1.0.0","description":"d","author":{{"name":"a"}},
            "server":{server},"user_config":{user_config}}}"#
        );
        launch(&McpbManifest::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_bundle_is_started_as_its_manifest_says() {
        let server = r#"{"type":"node","entry_point":"index.js","mcp_config":{"command":"node",
            "args":["${__dirname}/index.js","--level=${user_config.level}","${user_config.roots}","${user_config.extra}"],
            "env":{"MODE":"${user_config.level}","NOT":"${user_config.extra}"},
            "platform_overrides":{"linux":{"env":{"PLATFORM":"linux"}},"win32":{"command":"node.exe"}}}}"#;
        let asked = r#"{"level":{"type":"number","default":2,"required":true},"extra":{"type":"string"},
            "roots":{"type":"directory","required":true}}"#;
        let found = of(server, asked).unwrap();
        assert_eq!(found.argv, ["node", "{artifact}/index.js", "--level=2", "{work}"]);
        assert_eq!(found.env["MODE"], "2");
        assert!(!found.env.contains_key("NOT"));
        let missing = r#"{"level":{"type":"string","required":true}}"#;
        assert!(of(server, missing).unwrap_err().contains("level"));
        assert!(of(r#"{"type":"binary","entry_point":"bin/a"}"#, "{}").unwrap().argv == ["{artifact}/bin/a"]);
        let unknown = r#"{"type":"node","mcp_config":{"command":"node","args":["${TEMP}/x"]}}"#;
        assert!(of(unknown, "{}").unwrap_err().contains("TEMP"));
    }
}
