//! NAME.deps.json: what a published program of .NET brings along.

use std::collections::HashMap;

use mcpsign_schemas::canonical::{Json, Limits, Object};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::{malformed, package};
use crate::catalog::{
    CatalogError, Cataloger, FileInput, MAX_BYTES, MAX_EDGES, MAX_PACKAGES, Role, TOO_MANY_EDGES, lines,
};

/// NAME.deps.json.
pub static DEPS_JSON: DepsJson = DepsJson;

/// The kind of an assembly that was only compiled against.
const REFERENCE: &str = "referenceassembly";

/// The cataloger of deps.json.
#[derive(Debug)]
pub struct DepsJson;

impl Cataloger for DepsJson {
    fn id(&self) -> &'static str {
        "dotnet/deps-json"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".deps.json").is_some_and(|name| !name.is_empty())
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    /// Nothing in files that only share the name.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let json = Json::parse(file.bytes, Limits::bytes(MAX_BYTES))?;
        let (Some(libraries), Some(targets)) =
            (json.get("libraries").and_then(Json::as_object), json.get("targets").and_then(Json::as_object))
        else {
            return Ok(Vec::new());
        };
        if libraries.len() > MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        let lines = lines::members(file.bytes, &["libraries"]);
        let mut asks: HashMap<&str, Vec<&Object>> = HashMap::new();
        for (key, entry) in targets.iter().filter_map(|(_, target)| target.as_object()).flat_map(Object::iter)
        {
            if let Some(of) = entry.get("dependencies").and_then(Json::as_object) {
                asks.entry(key).or_default().push(of);
            }
        }
        let mut packages = Vec::with_capacity(libraries.len());
        let mut count = 0;
        for (key, library) in libraries.iter() {
            let (name, version) = key.split_once('/').ok_or_else(|| malformed(key, "no name and version"))?;
            let kind = library.get("type").and_then(Json::as_str).unwrap_or_default();
            // What it was compiled against is no package, and not brought along.
            if kind == REFERENCE {
                continue;
            }
            // The SDK writes this before the name of the package that holds the runtime of a self-contained program.
            let is_runtime = kind == "runtimepack";
            let name = name.strip_prefix("runtimepack.").filter(|_| is_runtime).unwrap_or(name);
            let mut found = package(key.to_owned(), name, Some(version))?;
            found.origin = match kind {
                "project" => Origin::Root,
                "package" | "runtimepack" => Origin::Registry { url: None },
                _ => Origin::Local { path: None },
            };
            found.scope = Scope::Required;
            found.completeness = Completeness::Complete;
            found
                .found
                .insert(Location { line: lines.get(key).copied(), ..Location::at(key, Means::Installed) });
            for (name, version) in asks.get(key).into_iter().flatten().flat_map(|asks| asks.iter()) {
                count += 1;
                if count > MAX_EDGES {
                    return Err(TOO_MANY_EDGES);
                }
                let id = format!("{name}/{}", version.as_str().unwrap_or_default());
                match libraries.get(&id).map(|library| library.get("type").and_then(Json::as_str)) {
                    Some(Some(REFERENCE)) => {}
                    Some(_) => drop(found.dependencies.insert(id)),
                    None => found.completeness = Completeness::Incomplete,
                }
            }
            packages.push(found);
        }
        Ok(packages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_of_a_self_contained_program_is_the_package_that_advisories_name() {
        let text = br#"{"targets":{".NETCoreApp,Version=v8.0":{},".NETCoreApp,Version=v8.0/linux-x64":{
            "notes/1.4.0":{"dependencies":{"runtimepack.Microsoft.NETCore.App.Runtime.linux-x64":"8.0.0","System.Private.Uri.Reference":"10.0.0.0"}}}},
            "libraries":{"notes/1.4.0":{"type":"project"},"System.Private.Uri.Reference/10.0.0.0":{"type":"referenceassembly"},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.0":{"type":"runtimepack"}}}"#;
        let path = TreePath::try_from("notes.deps.json").unwrap();
        let mut packages = DEPS_JSON.read(&FileInput { path: &path, bytes: text }).unwrap();
        packages.sort_by(|a, b| a.purl.cmp(&b.purl));
        let [runtime, notes] = packages.as_slice() else { panic!("{packages:?}") };
        assert_eq!(runtime.purl, "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.0");
        assert_eq!(runtime.origin, Origin::Registry { url: None });
        assert_eq!(notes.dependencies, [runtime.id.clone()].into());
        assert_eq!(notes.completeness, Completeness::Complete);
    }

    #[test]
    fn libraries_and_who_asks_for_them() {
        let text = br#"{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0"},"targets":{".NETCoreApp,Version=v8.0":{
            "notes/1.4.0":{"dependencies":{"ModelContextProtocol":"0.4.0"},"runtime":{"notes.dll":{}}},
            "ModelContextProtocol/0.4.0":{}}},
            "libraries":{"notes/1.4.0":{"type":"project"},"ModelContextProtocol/0.4.0":{"type":"package","sha512":"x"}}}"#;
        let path = TreePath::try_from("app/notes.deps.json").unwrap();
        assert!(DEPS_JSON.wants(&path));
        let packages = DEPS_JSON.read(&FileInput { path: &path, bytes: text }).unwrap();
        let mut shown: Vec<_> = packages.iter().map(|p| (p.purl.as_str(), p.dependencies.len())).collect();
        shown.sort_unstable();
        assert_eq!(shown, [("pkg:nuget/ModelContextProtocol@0.4.0", 0), ("pkg:nuget/notes@1.4.0", 1)]);
        assert_eq!(DEPS_JSON.read(&FileInput { path: &path, bytes: b"{}" }).unwrap(), []);
        for bad in [
            &br#"{"targets":{},"libraries":{"a":{}}}"#[..],
            br#"{"targets":{},"libraries":{"a b/1":{}}}"#,
            b"x",
        ] {
            assert!(DEPS_JSON.read(&FileInput { path: &path, bytes: bad }).is_err());
        }
    }
}
