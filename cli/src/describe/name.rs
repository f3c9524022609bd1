//! What a server is called, in the order of who says so.

use std::collections::BTreeMap;

use mcpsign_collect::artifact::Artifact;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_schemas::manifest::{Profile, Server};

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

    let mut contradictions = Vec::new();
    let version = identity.and_then(|identity| identity.version.as_deref());
    for (what, ours, theirs) in [("name", mcp_name, text("name")), ("version", version, text("version"))] {
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && ours != theirs
        {
            contradictions.push(format!("server.json has the {what} `{theirs}`, the package `{ours}`"));
        }
    }
    let name =
        mcp_name.or(text("name")).or(identity.map(|identity| identity.name.as_str())).unwrap_or(file_name);
    let version = version.or(text("version"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::purl::Purl;

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
