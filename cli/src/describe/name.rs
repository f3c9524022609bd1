//! What a server is called, in the order of who says so.

use std::collections::BTreeMap;

use mcpsign_collect::archive::PackageForm;
use mcpsign_collect::artifact::Artifact;
use mcpsign_collect::project::same_version;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::manifest::{Profile, Server};
use mcpsign_schemas::purl::Purl;

/// Name and version of the server: `mcpName` of its package.json, `name` of its server.json, the package's name, the
/// first artifact's file name. The version is the package's, or server.json's.
///
/// The second value says where they contradict each other.
pub(crate) fn server<'a>(
    artifacts: impl Iterator<Item = &'a Artifact> + Clone,
    project_name: Option<&str>,
    server_json: Option<&Json>,
) -> (Server, Vec<String>) {
    let text = |member: &str| server_json.and_then(|json| json.get(member)).and_then(Json::as_str);
    let mcp_name = artifacts.clone().find_map(Artifact::mcp_name).or(project_name);
    let identity = artifacts.clone().find_map(|artifact| artifact.identity.first());
    let file_name = artifacts.clone().next().map_or("server", |artifact| artifact.name.as_str());

    let version = identity.and_then(|identity| identity.version.as_deref());
    let mut contradictions = Vec::new();
    // What a sibling of this one is called is not its name.
    let foreign = server_json.and_then(|json| of_other_packages(artifacts.clone(), json));
    let is_foreign = foreign.is_some();
    contradictions.extend(foreign);
    for artifact in artifacts.clone() {
        let own =
            [("name", artifact.mcp_name(), text("name")), ("version", version_of(artifact), text("version"))];
        for (what, ours, theirs) in own {
            if let (Some(ours), Some(theirs)) = (ours, theirs)
                && !(ours == theirs || what == "version" && same_version(ours, theirs))
            {
                contradictions
                    .push(format!("server.json has the {what} `{theirs}`, `{}` has `{ours}`", artifact.name));
            }
        }
        contradictions.extend(server_json.into_iter().flat_map(|json| of_package(artifact, json)));
        contradictions.extend(server_json.and_then(|json| of_bundle(artifact, json)));
        // Two forms that name different servers.
        if let (Some(first), Some(other)) = (mcp_name, artifact.mcp_name())
            && first != other
        {
            contradictions
                .push(format!("`{}` is of the server `{other}`, another form of `{first}`", artifact.name));
        }
    }
    // A project's word counts where no form of it says another.
    if let (Some(ours), Some(theirs)) = (project_name, text("name"))
        && mcp_name == Some(ours)
        && ours != theirs
        && artifacts.clone().all(|artifact| artifact.mcp_name().is_none())
    {
        contradictions.push(format!("server.json has the name `{theirs}`, the project `{ours}`"));
    }
    contradictions.sort();
    contradictions.dedup();
    let listed = |member: &str| text(member).filter(|_| !is_foreign);
    let name =
        mcp_name.or(listed("name")).or(identity.map(|identity| identity.name.as_str())).unwrap_or(file_name);
    let version = version.or(listed("version"));
    (Server { name: name.to_owned(), version: version.map(str::to_owned) }, contradictions)
}

/// Name and version of a remote server: what it calls itself, or else its address.
pub(crate) fn remote(
    endpoint: &Endpoint,
    profiles: &[Profile],
    items: &BTreeMap<Sha256Digest, Json>,
) -> Server {
    let info = profiles.iter().find_map(|profile| items.get(&profile.server_info?));
    let text = |member: &str| {
        let text = info?.get(member)?.as_str()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    Server { name: text("name").unwrap_or_else(|| endpoint.as_str().to_owned()), version: text("version") }
}

/// The package URL of an artifact that names no package: `pkg:generic/` and its file name, every character that a
/// package URL would have to escape replaced by `_`. It binds the digest; it is nothing to look it up by.
pub(crate) fn generic_purl(file_name: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~') { c } else { '_' };
    let name: String = file_name.chars().map(plain).collect();
    // `.` and `..` are no names.
    if name.chars().all(|c| c == '.') { "pkg:generic/_".to_owned() } else { format!("pkg:generic/{name}") }
}

fn version_of(artifact: &Artifact) -> Option<&str> {
    artifact.identity.iter().find_map(|identity| identity.version.as_deref())
}

/// What to say where `packages[]` of the entry has others alone. Bundles and images are named by addresses, which say nothing of
/// what they are called.
fn of_other_packages<'a>(artifacts: impl Iterator<Item = &'a Artifact>, json: &Json) -> Option<String> {
    let listed = json.get("packages").and_then(Json::as_array).unwrap_or_default();
    let text = |package: &Json, member: &str| package.get(member).and_then(Json::as_str).map(str::to_owned);
    let listed: Vec<(String, String)> = listed
        .iter()
        .map(|package| Some((text(package, "registryType")?, text(package, "identifier")?)))
        .collect::<Option<_>>()?;
    let own = artifacts.flat_map(|artifact| &artifact.identity).filter_map(|own| own.parsed().ok());
    let own: Vec<Purl> = own.filter(|own| matches!(own.ty(), "npm" | "pypi" | "cargo")).collect();
    let is_named = |(registry, identifier): &(String, String)| {
        let listed = match registry.as_str() {
            "npm" => Purl::npm(identifier, None),
            "pypi" => Purl::pypi(identifier, None),
            "cargo" => Purl::cargo(identifier, None),
            _ => return true,
        };
        listed.is_ok_and(|listed| own.iter().any(|own| own.same_package(&listed)))
    };
    let (_, other) = listed.first().filter(|_| !own.is_empty() && !listed.iter().any(is_named))?;
    let ours = own.first()?;
    Some(format!("server.json is of `{other}`, and not of `{ours}`: its name does not count"))
}

/// What `packages[]` of the entry says of the artifact's package that is not so.
fn of_package(artifact: &Artifact, json: &Json) -> Vec<String> {
    let listed = json.get("packages").and_then(Json::as_array).unwrap_or_default();
    let text = |package: &Json, member: &str| package.get(member).and_then(Json::as_str).map(str::to_owned);
    let own: Vec<(Purl, &str)> = artifact
        .identity
        .iter()
        .filter_map(|identity| Some((identity.parsed().ok()?, identity.version.as_deref()?)))
        .collect();
    let mut wrong = Vec::new();
    for package in listed {
        let (registry, identifier) = (text(package, "registryType"), text(package, "identifier"));
        let is_own = |purl: &Purl| {
            Some(purl.ty()) == registry.as_deref() && identifier.as_ref().is_some_and(|id| *id == purl.name())
        };
        let version = text(package, "version");
        for (_, ours) in own.iter().filter(|(purl, _)| is_own(purl)) {
            if let Some(theirs) = version.as_deref().filter(|theirs| !same_version(ours, theirs)) {
                wrong.push(format!(
                    "server.json lists the package as `{theirs}`, `{}` has `{ours}`",
                    artifact.name
                ));
            }
        }
    }
    wrong
}

/// Whether the digest that the entry has of a bundle is another one: clients then refuse what they download.
fn of_bundle(artifact: &Artifact, json: &Json) -> Option<String> {
    artifact.package().filter(|package| package.form == PackageForm::Mcpb)?;
    let text = |package: &Json, member: &str| package.get(member).and_then(Json::as_str).map(str::to_owned);
    let listed = json.get("packages").and_then(Json::as_array).unwrap_or_default();
    let is_named = |package: &&Json| {
        let address = text(package, "identifier").unwrap_or_default();
        text(package, "registryType").as_deref() == Some("mcpb")
            && address.rsplit('/').next() == Some(artifact.name.as_str())
    };
    let stated = listed.iter().filter(is_named).find_map(|package| text(package, "fileSha256"))?;
    let own = artifact.digests.sha256.to_string();
    (!stated.eq_ignore_ascii_case(&own))
        .then(|| format!("server.json has the `fileSha256` `{stated}`, `{}` has `{own}`", artifact.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_name_makes_a_package_url() {
        for name in ["server", "a b@1#x?y%z", "..", "ü.bin", "x-1.0.0.tar.gz", "%2F", "a+b"] {
            let purl = generic_purl(name);
            let parsed = Purl::parse(&purl).unwrap_or_else(|error| panic!("{purl}: {error}"));
            assert_eq!(parsed.to_string(), purl);
            assert_eq!(parsed.version(), None, "{purl}");
        }
    }
}
