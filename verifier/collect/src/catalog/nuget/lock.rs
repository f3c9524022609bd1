//! packages.lock.json: what NuGet resolved, for each framework.

use std::collections::{BTreeMap, HashMap};

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::{malformed, package};
use crate::catalog::{
    CatalogError, Cataloger, FileInput, MAX_BYTES, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES, lines,
};

/// packages.lock.json.
pub static PACKAGES_LOCK: PackagesLock = PackagesLock;

/// The cataloger of packages.lock.json.
#[derive(Debug)]
pub struct PackagesLock;

impl Cataloger for PackagesLock {
    fn id(&self) -> &'static str {
        "dotnet/packages-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "packages.lock.json"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let json = Json::parse(file.bytes, Limits::bytes(MAX_BYTES))?;
        match json.get("version").and_then(Json::as_u64) {
            Some(1 | 2) => {}
            other => {
                let found = other.map_or_else(|| "(none)".to_owned(), |version| version.to_string());
                return Err(CatalogError::Version {
                    found,
                    known: "1 or 2",
                    hint: "a newer mcpsign may read it",
                });
            }
        }
        let frameworks = json.get("dependencies").and_then(Json::as_object);
        let frameworks = frameworks.ok_or_else(|| malformed("dependencies", "not an object"))?;
        let mut lines = HashMap::new();
        lines::each_key(file.bytes, |above, key, line| {
            if let [Some("dependencies"), Some(framework)] = above {
                lines.entry((*framework, key)).or_insert(line);
            }
        });
        let mut packages = Vec::new();
        for (framework, listed) in frameworks.iter() {
            let listed = listed.as_object().ok_or_else(|| malformed(framework, "not an object"))?;
            if packages.len() + listed.len() > MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            let entries: BTreeMap<&str, &Json> = listed.iter().collect();
            packages.extend(of_framework(framework, &entries, &lines)?);
        }
        Ok(packages)
    }
}

/// Names are compared without case.
fn of_framework(
    framework: &str,
    entries: &BTreeMap<&str, &Json>,
    lines: &HashMap<(&str, &str), u32>,
) -> Result<Vec<Package>, CatalogError> {
    let id = |name: &str| format!("{framework} {}", name.to_lowercase());
    let mut names = std::collections::HashSet::new();
    for name in entries.keys() {
        if !names.insert(name.to_lowercase()) {
            return Err(malformed(name, "it stands twice"));
        }
    }
    let mut packages = Vec::with_capacity(entries.len());
    let mut count = 0;
    for (name, entry) in entries {
        let text = |key: &'static str| match entry.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(malformed(name, "a member is no text")),
        };
        let kind = text("type")?.ok_or_else(|| malformed(name, "no type"))?;
        let version = text("resolved")?;
        let is_project = kind == "Project";
        if version.is_none() && !is_project {
            return Err(malformed(name, "no version"));
        }
        let mut found = package(id(name), name, version)?;
        found.origin = if is_project { Origin::Local { path: None } } else { Origin::Registry { url: None } };
        found.direct = kind == "Direct";
        found.scope = Scope::Required;
        found.completeness = Completeness::Complete;
        found.found.insert(Location {
            line: lines.get(&(framework, *name)).copied(),
            ..Location::at(format!("{framework}/{name}"), Means::Lockfile)
        });
        let asks = match entry.get("dependencies") {
            None => None,
            Some(Json::Object(asks)) => Some(asks),
            Some(_) => return Err(malformed(name, "`dependencies` is not an object")),
        };
        for ask in asks.into_iter().flat_map(|asks| asks.keys()) {
            count += 1;
            if count > MAX_EDGES {
                return Err(TOO_MANY_EDGES);
            }
            if names.contains(&ask.to_lowercase()) {
                found.dependencies.insert(id(ask));
            } else {
                found.completeness = Completeness::Incomplete;
            }
        }
        packages.push(found);
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("packages.lock.json").unwrap();
        PACKAGES_LOCK.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn packages_of_each_framework() {
        let text = r#"{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "ModelContextProtocol": {
        "type": "Direct", "requested": "[0.4.0, )", "resolved": "0.4.0", "contentHash": "x",
        "dependencies": { "microsoft.Extensions.AI": "9.9.0", "Gone": "1.0.0" }
      },
      "Microsoft.Extensions.AI": { "type": "Transitive", "resolved": "9.9.0", "contentHash": "y" },
      "own.lib": { "type": "Project" }
    }
  }
}"#;
        let packages = read(text).unwrap();
        let shown: Vec<_> =
            packages.iter().map(|p| (p.purl.as_str(), p.direct, p.dependencies.len())).collect();
        assert_eq!(
            shown,
            [
                ("pkg:nuget/Microsoft.Extensions.AI@9.9.0", false, 0),
                ("pkg:nuget/ModelContextProtocol@0.4.0", true, 1),
                ("pkg:nuget/own.lib", false, 0)
            ]
        );
        assert_eq!(packages[1].completeness, Completeness::Incomplete);
        assert!(packages[0].found.iter().all(|at| at.line == Some(9)));
    }

    #[test]
    fn what_nuget_does_not_write_is_refused() {
        for text in [
            "",
            "{}",
            r#"{"version":3,"dependencies":{}}"#,
            r#"{"version":1}"#,
            r#"{"version":1,"dependencies":{"net8.0":{"a":{}}}}"#,
            r#"{"version":1,"dependencies":{"net8.0":{"a":{"type":"Direct"}}}}"#,
            r#"{"version":1,"dependencies":{"net8.0":{"a":{"type":"Project"},"A":{"type":"Project"}}}}"#,
            r#"{"version":1,"dependencies":{"net8.0":{"a/../b":{"type":"Direct","resolved":"1"}}}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
