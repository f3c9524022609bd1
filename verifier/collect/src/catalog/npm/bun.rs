//! bun.lock, lock file versions 0 to 2: JSON with trailing commas.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::resolve::is_place;
use super::{integrity, origin};
use crate::catalog::graph::{Wishes, set_direct, set_scopes};
use crate::catalog::url::shown;
use crate::catalog::{
    CatalogError, Cataloger, FileInput, MAX_BYTES, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES, lines,
};

/// bun.lock.
pub static BUN_LOCK: BunLock = BunLock;

/// The cataloger of bun.lock.
#[derive(Debug)]
pub struct BunLock;

impl Cataloger for BunLock {
    fn id(&self) -> &'static str {
        "javascript/bun-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "bun.lock"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let json = Json::parse(&without_trailing_commas(file.bytes), Limits::bytes(MAX_BYTES))?;
        match json.get("lockfileVersion").and_then(Json::as_u64) {
            Some(0..=2) => {}
            other => {
                return Err(CatalogError::Version {
                    found: other.map_or_else(|| "(none)".to_owned(), |version| version.to_string()),
                    known: "0 to 2",
                    hint: "a newer mcpsign may read it",
                });
            }
        }
        read(&json, &lines::members(file.bytes, &["packages"]))
    }
}

/// Blanks every comma that no member follows, so that strict JSON is left. Lines stay where they are.
fn without_trailing_commas(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let (mut in_string, mut escaped, mut comma) = (false, false, None);
    for (at, byte) in bytes.iter().enumerate() {
        if in_string {
            (in_string, escaped) = (escaped || *byte != b'"', !escaped && *byte == b'\\');
            continue;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(blank) = comma.take().and_then(|at| out.get_mut(at)) {
                    *blank = b' ';
                }
            }
            other => (in_string, comma) = (*other == b'"', None),
        }
    }
    out
}

type LinesByKey<'k> = std::collections::HashMap<&'k str, u32>;

fn read(json: &Json, lines: &LinesByKey<'_>) -> Result<Vec<Package>, CatalogError> {
    let member = |key: &'static str| match json.get(key) {
        Some(Json::Object(object)) => Ok(object),
        _ => Err(malformed(key, "not an object")),
    };
    let (workspaces, listed) = (member("workspaces")?, member("packages")?);
    if listed.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let places = listed.iter().map(|(key, _)| key).chain(workspaces.iter().map(|(path, _)| path));
    for place in places {
        if !is_place(place) {
            return Err(malformed(place, "not a package"));
        }
    }
    let mut edges = 0;
    let mut counted = |asks: &[(String, Scope)]| {
        edges += asks.len();
        if edges > MAX_EDGES { Err(TOO_MANY_EDGES) } else { Ok(()) }
    };
    let keys: HashSet<&str> = listed.iter().map(|(key, _)| key).collect();
    let mut wishes = Wishes::default();
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for (key, entry) in listed.iter() {
        let (mut package, asks) = package(key, entry, lines.get(key).copied())?;
        counted(&asks)?;
        for (name, scope) in asks {
            match resolve(&keys, key, &name) {
                Some(target) => {
                    if scope == Scope::Optional {
                        wishes.optional.insert((key.to_owned(), target.to_owned()));
                    }
                    package.dependencies.insert(target.to_owned());
                }
                None if scope == Scope::Optional => {}
                None => package.completeness = Completeness::Incomplete,
            }
        }
        packages.insert(key.to_owned(), package);
    }
    let mut roots = Vec::new();
    for (path, workspace) in workspaces.iter() {
        let name = workspace.get("name").and_then(Json::as_str);
        // Those below the root stand among the packages too, under their names.
        let id = match name.filter(|name| !path.is_empty() && keys.contains(name)) {
            Some(name) => name.to_owned(),
            None => format!("workspace:{path}"),
        };
        let mut asked = BTreeSet::new();
        let asks = asks(path, workspace, true)?;
        counted(&asks)?;
        for (name, scope) in asks {
            let below = if path.is_empty() { "" } else { id.as_str() };
            if let Some(target) = resolve(&keys, below, &name) {
                wishes.asked.push((target.to_owned(), scope));
                asked.insert(target.to_owned());
            }
        }
        if path.is_empty() {
            wishes.own.clone_from(&asked);
        }
        let version = workspace.get("version").and_then(Json::as_str);
        if let Some(known) = packages.get_mut(&id) {
            known.dependencies.extend(asked);
            if known.version.is_none() && version.is_some() {
                known.purl = origin::purl(path, &known.name, version, &known.origin)?;
                known.version = version.map(str::to_owned);
            }
            continue;
        }
        let Some(name) = name else { continue };
        let origin = match path {
            "" => Origin::Root,
            path => Origin::Local { path: Some(path.to_owned()) },
        };
        let mut root = Package::new(id, origin::purl(path, name, version, &origin)?, name);
        root.version = version.map(str::to_owned);
        root.origin = origin;
        root.dependencies = asked;
        root.completeness = Completeness::Complete;
        root.found.insert(Location::at(format!("workspaces.{path}"), Means::Lockfile));
        roots.push(root);
    }
    let mut packages: Vec<Package> = packages.into_values().chain(roots).collect();
    set_scopes(&mut packages, &wishes);
    set_direct(&mut packages, &wishes);
    Ok(packages)
}

/// `[NAME@VERSION, registry, {…}, integrity]` of a registry's package; of others the object stands second, and behind it a mark of
/// bun's own, a digest, or both.
fn package(
    key: &str,
    entry: &Json,
    line: Option<u32>,
) -> Result<(Package, Vec<(String, Scope)>), CatalogError> {
    let Json::Array(parts) = entry else { return Err(malformed(key, "not a list")) };
    let ident = parts.first().and_then(Json::as_str).and_then(origin::split);
    let (name, resolved) = ident.ok_or_else(|| malformed(key, "no name and version"))?;
    let info = parts.iter().find(|part| part.as_object().is_some()).unwrap_or(&Json::Null);
    let registry = parts.get(1).and_then(Json::as_str);
    let (origin, version) = match registry {
        Some(address) => {
            let address = Some(address).filter(|address| address.ends_with(".tgz"));
            (origin::of_address(name, Some(resolved), address), Some(resolved))
        }
        None => elsewhere(name, resolved),
    };
    let mut package = Package::new(key, origin::purl(key, name, version, &origin)?, name);
    package.version = version.map(str::to_owned);
    package.scope = Scope::Unstated;
    package.origin = origin;
    let digest = parts.get(2..).and_then(<[Json]>::last).and_then(Json::as_str);
    if let Some(text) = digest.filter(|text| text.contains('-')) {
        package.hashes = match integrity::parse(text) {
            Some(hashes) => hashes,
            None if registry.is_some() => return Err(malformed(key, "no digest")),
            // Of a git repository it is bun's own mark.
            None => BTreeMap::new(),
        };
    }
    let texts = |name: &str| match info.get(name) {
        Some(Json::String(text)) => vec![text.as_str()],
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    package.markers = origin::marker([("os", texts("os")), ("cpu", texts("cpu")), ("libc", texts("libc"))])
        .into_iter()
        .collect();
    package.bundled = info.get("bundled").and_then(Json::as_bool) == Some(true);
    package.completeness = Completeness::Complete;
    package.found.insert(Location { line, ..Location::at(shown(key), Means::Lockfile) });
    Ok((package, asks(key, info, false)?))
}

/// Where a package of no registry comes from, and its version where the address tells it.
fn elsewhere<'r>(name: &str, resolved: &'r str) -> (Origin, Option<&'r str>) {
    let hosted = || resolved.starts_with("github:").then(|| origin::hosted(resolved)).flatten();
    let address = match resolved.strip_prefix("root:") {
        Some(_) => Cow::Borrowed("file:."),
        None => hosted().map_or(Cow::Borrowed(resolved), Cow::Owned),
    };
    let version = origin::served_version(name, resolved);
    match origin::of_address(name, version, Some(&address)) {
        // Whatever else it is, the registry's package it is not.
        Origin::Registry { url: None } => (Origin::Local { path: None }, None),
        origin => (origin, version),
    }
}

/// Which names it asks for, and what for. What a project develops with counts for the project alone.
fn asks(at: &str, info: &Json, own: bool) -> Result<Vec<(String, Scope)>, CatalogError> {
    let optional_peers: HashSet<&str> = info
        .get("optionalPeers")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let mut asks = Vec::new();
    for (list, scope) in [
        ("dependencies", Scope::Required),
        ("optionalDependencies", Scope::Optional),
        ("peerDependencies", Scope::Required),
        ("devDependencies", Scope::Development),
    ] {
        let names = match info.get(list) {
            None => continue,
            Some(Json::Object(names)) => names,
            Some(_) => return Err(malformed(at, "a list of dependencies is not an object")),
        };
        if list == "devDependencies" && !own {
            continue;
        }
        asks.extend(names.keys().map(|name| {
            let peer = list == "peerDependencies" && optional_peers.contains(name);
            (name.to_owned(), if peer { Scope::Optional } else { scope })
        }));
    }
    Ok(asks)
}

/// The key of the package that the one at `key` gets when it asks for `name`: the nearest, as in `node_modules`.
fn resolve<'k>(keys: &HashSet<&'k str>, key: &str, name: &str) -> Option<&'k str> {
    let mut folder = key;
    loop {
        let candidate = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        if let Some(found) = keys.get(candidate.as_str()) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(&shown(at)), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_edges_are_bounded() {
        let of = |key: &str, asks: usize| {
            let asks: Vec<String> = (0..asks).map(|n| format!("\"{n}\":\"\"")).collect();
            let text = format!(
                "{{\"lockfileVersion\":1,\"workspaces\":{{\"\":{{}}}},\"packages\":{{\"{key}\":[\"a@1\",\"\",\
                 {{\"dependencies\":{{{}}}}},\"\"]}}}}",
                asks.join(",")
            );
            read(&Json::parse(text.as_bytes(), Limits::bytes(MAX_BYTES))?, &LinesByKey::new())
        };
        assert!(matches!(of(&format!("{}a", "a/".repeat(65)), 1), Err(CatalogError::Malformed { .. })));
        assert!(of(&format!("{}a", "a/".repeat(64)), 1).is_ok());
        let found = of("a", MAX_EDGES + 1);
        assert_eq!(found.err(), Some(TOO_MANY_EDGES));
    }

    #[test]
    fn commas_before_an_end_are_blanked_and_those_in_strings_stay() {
        for (text, strict) in [
            ("{\"a,}\": [1, 2,\n],}", "{\"a,}\": [1, 2 \n] }"),
            (r#"{"\"": ",]",}"#, r#"{"\"": ",]" }"#),
            (r#"["\\",]"#, r#"["\\" ]"#),
            ("[,]", "[ ]"),
            ("[1,,]", "[1, ]"),
        ] {
            assert_eq!(String::from_utf8(without_trailing_commas(text.as_bytes())).unwrap(), strict);
        }
    }
}
