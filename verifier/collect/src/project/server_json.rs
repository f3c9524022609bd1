//! server.json: what the registry's entry adds to the command line.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::untrusted::escape;

use super::folder::Folder;
use super::{Launch, ProjectError};

/// The file's name.
pub(super) const FILE: &str = "server.json";
/// Bytes of it. Entries have about 2 KiB, of which the publisher's part may be 4 KiB.
const MAX_BYTES: usize = 1 << 20;

/// Adds the arguments that `packages[]` of the entry has for a package, and the variables with a fixed value.
///
/// # Errors
/// Why the launch cannot be completed, in words: something that only a user knows is asked for.
pub(super) fn complete(
    json: &Json,
    registry_type: &str,
    identifier: &str,
    launch: &mut Launch,
) -> Result<(), String> {
    let text = |package: &Json, member: &str| package.get(member).and_then(Json::as_str).map(str::to_owned);
    let packages = json.get("packages").and_then(Json::as_array).unwrap_or_default();
    let Some(package) = packages.iter().find(|package| {
        text(package, "registryType").as_deref() == Some(registry_type)
            && text(package, "identifier").as_deref() == Some(identifier)
    }) else {
        return Ok(());
    };
    for argument in package.get("packageArguments").and_then(Json::as_array).unwrap_or_default() {
        let Some(value) = value(argument)? else { continue };
        if text(argument, "type").as_deref() == Some("named") {
            launch.argv.extend(text(argument, "name"));
        }
        launch.argv.extend(Some(value).filter(|value| !value.is_empty()));
    }
    for variable in package.get("environmentVariables").and_then(Json::as_array).unwrap_or_default() {
        if let (Some(name), Some(value)) = (text(variable, "name"), value(variable)?) {
            launch.env.insert(name, value);
        }
    }
    Ok(())
}

/// The fixed value of an argument or variable, or its default; `None` for one that may be left out.
fn value(input: &Json) -> Result<Option<String>, String> {
    let text = |member: &str| input.get(member).and_then(Json::as_str);
    let called = || escape(text("name").or(text("valueHint")).unwrap_or("an argument"));
    match text("value").or(text("default")) {
        Some(value) if value.contains('{') => Err(format!("server.json leaves {} to the user", called())),
        Some(value) => Ok(Some(value.to_owned())),
        None if input.get("isRequired").and_then(Json::as_bool) == Some(true) => {
            Err(format!("server.json asks the user for {}", called()))
        }
        None => Ok(None),
    }
}

/// What an entry names, as it is named on the command line: packages, addresses of remote servers.
pub(super) fn named(json: &Json) -> Vec<String> {
    let text = |object: &Json, member: &str| object.get(member).and_then(Json::as_str).map(str::to_owned);
    let list = |member: &str| json.get(member).and_then(Json::as_array).unwrap_or_default();
    let package = |package: &Json| {
        let identifier = text(package, "identifier")?;
        Some(match (text(package, "registryType")?.as_str(), text(package, "version")) {
            ("pypi", Some(version)) => format!("pypi:{identifier}=={version}"),
            (registry, Some(version)) => format!("{registry}:{identifier}@{version}"),
            // An image or a bundle is named by its address alone.
            (_, None) => identifier,
        })
    };
    let packages = list("packages").iter().filter_map(package);
    packages.chain(list("remotes").iter().filter_map(|remote| text(remote, "url"))).collect()
}

/// The entry, where there is one that can be read.
pub(super) fn read(folder: &Folder) -> Result<Option<Json>, ProjectError> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(None) };
    Ok(Json::parse(&bytes, Limits::bytes(MAX_BYTES)).ok())
}
