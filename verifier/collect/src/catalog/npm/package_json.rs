//! package.json: what a package says of itself.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::license::expression;
use mcpsign_schemas::purl::{PackageIdentity, Purl, PurlError};
use mcpsign_schemas::untrusted::escape;
use serde_json::Value;

use super::{lock, origin};
use crate::catalog::url::{shown, wished, without_credentials};
use crate::catalog::{CatalogError, PackageManifestError};

/// Bytes of a package.json. The largest on npm, generated ones, have less than one megabyte.
const MAX_BYTES: usize = 4 << 20;

/// What installing a package installs as well. Later lists win, as with npm: what is optional as well is optional.
pub(super) const LISTS: [&str; 3] = ["peerDependencies", "dependencies", "optionalDependencies"];

/// What mcpsign needs of a package.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageJson {
    /// `name`, as found.
    pub name: Option<String>,
    /// `version`, as found.
    pub version: Option<String>,
    /// `bin`: command name to path, as found.
    pub bin: BTreeMap<String, String>,
    /// `mcpName`: the server's name in the MCP registry.
    pub mcp_name: Option<String>,
    /// What installing the package installs as well: `dependencies`, `optionalDependencies`, `peerDependencies`.
    pub dependencies: Vec<Dependency>,
    /// `license`, and the `licenses` of old packages.
    pub licenses: Vec<String>,
    /// Whether installing it runs a program of its own.
    pub install_script: bool,
    /// Whether installing it runs `node-gyp rebuild` where a `binding.gyp` stands beside it.
    pub builds_by_gyp: bool,
    /// On which platforms npm installs it, where not on all.
    pub marker: Option<String>,
}

/// A dependency as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Under which name it is installed.
    pub key: String,
    /// The package that is installed: another one where the range is `npm:other@range`.
    pub name: String,
    /// Which versions will do; a git or archive address without credentials.
    pub range: String,
    /// Where it comes from, where that is no registry.
    pub origin: Option<Origin>,
    /// Whether the package works without it.
    pub optional: bool,
    /// Whether the tarball brings it along.
    pub bundled: bool,
}

impl PackageJson {
    /// Reads a package.json.
    ///
    /// # Errors
    /// When it is not strict JSON, or a member that counts is of the wrong type.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(PackageManifestError::TooLarge);
        }
        let json = Json::parse(bytes, Limits::bytes(MAX_BYTES)).map_err(PackageManifestError::Json)?;
        Self::of(&json)
    }

    /// Reads the package.json of what is installed as npm does, which takes more: a byte order mark, bytes that are not UTF-8,
    /// the last of two members of one name. Also says whether every member could be read; npm passes over the others.
    ///
    /// # Errors
    /// When npm could not read it either, or it is too large or nested too deep to be read here.
    pub fn as_npm_reads(bytes: &[u8]) -> Result<(Self, bool), PackageManifestError> {
        let error = match Self::parse(bytes) {
            Ok(package) => return Ok((package, true)),
            Err(PackageManifestError::TooLarge) => return Err(PackageManifestError::TooLarge),
            Err(error) => error,
        };
        let mut json = lenient(bytes).ok_or(error)?;
        let mut whole = true;
        loop {
            match Self::of(&json) {
                Err(PackageManifestError::Member(key)) => {
                    let removed = json.as_object_mut().and_then(|members| members.remove(key));
                    removed.ok_or(PackageManifestError::Member(key))?;
                    whole = false;
                }
                read => return read.map(|package| (package, whole)),
            }
        }
    }

    fn of(json: &Json) -> Result<Self, PackageManifestError> {
        if json.as_object().is_none() {
            return Err(PackageManifestError::Member("(root)"));
        }
        let name = text(json, "name")?;
        Ok(Self {
            bin: bin(json, name.as_deref())?,
            name,
            version: text(json, "version")?,
            mcp_name: text(json, "mcpName")?,
            dependencies: dependencies(json)?,
            licenses: licenses(json),
            install_script: ["preinstall", "install", "postinstall"]
                .iter()
                .any(|script| json.get("scripts").is_some_and(|scripts| scripts.get(script).is_some())),
            builds_by_gyp: !["preinstall", "install"].iter().any(|script| has_script(json, script))
                && json.get("gypfile").and_then(Json::as_bool) != Some(false),
            marker: lock::marker(json),
        })
    }

    /// Which package it says that it is.
    ///
    /// # Errors
    /// When it has no name or version that a published package could have.
    pub fn identity(&self) -> Result<PackageIdentity, PackageManifestError> {
        let name = self.name.as_deref().ok_or(PackageManifestError::Missing("name"))?;
        let version = self.version.as_deref().ok_or(PackageManifestError::Missing("version"))?;
        // npm publishes nothing else: tags (`latest`) and `v1.0.0` are no versions.
        if let Err(error) = semver::Version::parse(version) {
            return Err(PackageManifestError::Identity(format!(
                "`{}` is no version: {error}",
                escape(version)
            )));
        }
        PackageIdentity::npm(name, Some(version))
            .map_err(|error| PackageManifestError::Identity(error.to_string()))
    }

    /// The package and what it asks for, as an inventory's packages; development dependencies, which installing it
    /// does not install, left out. Of a project that has no name what it asks for alone.
    pub(super) fn packages(&self) -> Result<Vec<Package>, CatalogError> {
        let mut packages = self.declared()?;
        let Some(name) = self.name.as_deref() else {
            // Of nobody it could be said that it runs a program.
            let is_lost = self.install_script;
            return if is_lost { Err(PackageManifestError::Missing("name").into()) } else { Ok(packages) };
        };
        packages.push(Package {
            // No dependency has an empty name.
            version: self.version.clone(),
            licenses: self.licenses.iter().cloned().collect(),
            install_script: self.install_script,
            markers: self.marker.clone().into_iter().collect(),
            origin: Origin::Root,
            found: BTreeSet::from([Location::at("", Means::Manifest)]),
            dependencies: self.dependencies.iter().map(|dependency| dependency.key.clone()).collect(),
            completeness: match self.dependencies.as_slice() {
                [] => Completeness::Complete,
                _ => Completeness::Incomplete,
            },
            ..Package::new(
                "",
                Purl::npm(name, self.version.as_deref()).map_err(|e| refused("name", e))?.to_string(),
                name,
            )
        });
        Ok(packages)
    }

    fn declared(&self) -> Result<Vec<Package>, CatalogError> {
        let declared = self.dependencies.iter().map(|dependency| {
            let purl = Purl::npm(&dependency.name, None).and_then(|purl| match &dependency.origin {
                Some(origin) => wished(purl, origin),
                None => Ok(purl),
            });
            let purl = purl.map_err(|e| refused(&dependency.key, e))?;
            Ok(Package {
                requested: BTreeSet::from([shown(&dependency.range).into_owned()]),
                scope: if dependency.optional { Scope::Optional } else { Scope::Required },
                origin: Origin::Declared,
                direct: true,
                bundled: dependency.bundled,
                found: BTreeSet::from([Location::at(dependency.key.clone(), Means::Manifest)]),
                ..Package::new(dependency.key.clone(), purl.to_string(), dependency.name.clone())
            })
        });
        declared.collect()
    }
}

fn refused(at: &str, source: PurlError) -> CatalogError {
    CatalogError::Package { at: escape(at), source }
}

/// A document as `JSON.parse` takes it; no number in it counts.
fn lenient(bytes: &[u8]) -> Option<Json> {
    fn forget_numbers(value: &mut Value) {
        match value {
            Value::Number(_) => *value = Value::Null,
            Value::Array(values) => values.iter_mut().for_each(forget_numbers),
            Value::Object(members) => members.values_mut().for_each(forget_numbers),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let mut value = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text)).ok()?;
    forget_numbers(&mut value);
    Json::from_serialize(&value).ok()
}

/// Whether the script `name` counts for npm, for which an empty one is none.
fn has_script(json: &Json, name: &str) -> bool {
    match json.get("scripts").and_then(|scripts| scripts.get(name)) {
        None | Some(Json::Null | Json::Bool(false)) => false,
        Some(script) => script.as_str() != Some(""),
    }
}

/// The string `key`; an empty one is none.
fn text(json: &Json, key: &'static str) -> Result<Option<String>, PackageManifestError> {
    match json.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if text.is_empty() => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(PackageManifestError::Member(key)),
    }
}

/// `bin`: a map, or one path for the command that is called like the package without its scope.
fn bin(json: &Json, name: Option<&str>) -> Result<BTreeMap<String, String>, PackageManifestError> {
    let error = PackageManifestError::Member("bin");
    match json.get("bin") {
        None | Some(Json::Null) => Ok(BTreeMap::new()),
        Some(Json::String(path)) => {
            let command = name.map(|name| name.rsplit('/').next().unwrap_or(name));
            Ok(command.map(|command| (command.to_owned(), path.clone())).into_iter().collect())
        }
        Some(Json::Object(commands)) => commands
            .iter()
            .map(|(command, path)| Some((command.to_owned(), path.as_str()?.to_owned())))
            .collect::<Option<_>>()
            .ok_or(error),
        Some(_) => Err(error),
    }
}

fn dependencies(json: &Json) -> Result<Vec<Dependency>, PackageManifestError> {
    let bundled = bundled(json)?;
    let mut found: BTreeMap<String, Dependency> = BTreeMap::new();
    for list in LISTS {
        let entries = match json.get(list) {
            None | Some(Json::Null) => continue,
            Some(Json::Object(entries)) => entries,
            Some(_) => return Err(PackageManifestError::Member(list)),
        };
        for (key, spec) in entries.iter() {
            let spec = spec.as_str().ok_or(PackageManifestError::Member(list))?;
            let optional_peer = || {
                let meta = json.get("peerDependenciesMeta").and_then(|meta| meta.get(key));
                meta.and_then(|meta| meta.get("optional")).and_then(Json::as_bool) == Some(true)
            };
            let (name, range) = alias(key, spec);
            let dependency = Dependency {
                key: key.to_owned(),
                origin: origin::of_wish(&name, spec),
                name,
                range,
                optional: list == "optionalDependencies" || (list == "peerDependencies" && optional_peer()),
                bundled: bundled.contains(key),
            };
            found.insert(key.to_owned(), dependency);
        }
    }
    Ok(found.into_values().collect())
}

/// `bundleDependencies`, under both of its names: a list, or `true` for all `dependencies`.
fn bundled(json: &Json) -> Result<BTreeSet<String>, PackageManifestError> {
    let list = match json.get("bundleDependencies") {
        Some(_) => "bundleDependencies",
        None => "bundledDependencies",
    };
    match json.get(list) {
        None | Some(Json::Null | Json::Bool(false)) => Ok(BTreeSet::new()),
        Some(Json::Bool(true)) => {
            let all = json.get("dependencies").and_then(Json::as_object);
            Ok(all.into_iter().flat_map(|all| all.keys()).map(str::to_owned).collect())
        }
        Some(Json::Array(names)) => names
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(PackageManifestError::Member(list)),
        Some(_) => Err(PackageManifestError::Member(list)),
    }
}

/// The package and the range that `spec` means under `key`.
fn alias(key: &str, spec: &str) -> (String, String) {
    if let Some(other) = spec.strip_prefix("jsr:") {
        return of_jsr(key, other);
    }
    let (name, range) = match spec.strip_prefix("npm:") {
        // `npm:@scope/name@range`: the first `@` may belong to the scope.
        Some(other) => match other.get(1..).and_then(|rest| rest.find('@')) {
            Some(at) => (&other[..=at], &other[at + 2..]),
            None => (other, "*"),
        },
        None => (key, spec),
    };
    let range = match range.trim() {
        "" => "*".to_owned(),
        range if range.contains("://") => {
            without_credentials(range).unwrap_or_else(|| "(an address)".to_owned())
        }
        range => range.to_owned(),
    };
    (name.to_owned(), range)
}

/// A package of JSR as npm's clients call it: `@SCOPE/NAME@RANGE`, or the range alone of one under its own name.
fn of_jsr(key: &str, spec: &str) -> (String, String) {
    let (name, range) = match spec.strip_prefix('@') {
        Some(named) => named.split_once('@').unwrap_or((named, "*")),
        None => (key.trim_start_matches('@'), spec),
    };
    (format!("@jsr/{}", name.replacen('/', "__", 1)), range.to_owned())
}

/// Licences in whatever form the member has; what has none says nothing.
pub(super) fn licenses(json: &Json) -> Vec<String> {
    fn words(json: &Json) -> Option<String> {
        let words = json.as_str().or_else(|| json.get("type").and_then(Json::as_str))?.trim();
        (!words.is_empty()).then(|| words.to_owned())
    }
    let members = ["license", "licenses"].into_iter().filter_map(|key| json.get(key));
    members
        .flat_map(|member| match member {
            Json::Array(several) => choice(several.iter().filter_map(words).collect()),
            one => words(one).into_iter().collect(),
        })
        .collect()
}

/// A list of licences leaves the choice: npm's documentation of `license` has `(MIT OR Apache-2.0)` for one.
fn choice(licenses: Vec<String>) -> Vec<String> {
    let each: Option<Vec<String>> =
        licenses.iter().map(|words| Some(format!("({})", expression(words)?))).collect();
    let joined = each.filter(|each| each.len() > 1).and_then(|each| expression(&each.join(" OR ")));
    joined.map_or(licenses, |one| vec![one])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PackageJson, PackageManifestError> {
        PackageJson::parse(text.as_bytes())
    }

    #[test]
    fn a_server_s_package_json() {
        let package = parse(
            r#"{"name":"@acme/files-mcp","version":"1.4.0","mcpName":"io.github.acme/files-mcp","license":"MIT",
            "bin":"./dist/index.js","scripts":{"postinstall":"exit 1"},
            "dependencies":{"zod":"^3","real":"npm:@other/pkg@~2.0.0","bare":"npm:x","any":"",
                "fork":"git+https://user:pw@git.example/o/r.git#main"},
            "optionalDependencies":{"fsevents":"*"},"devDependencies":{"typescript":"5"},
            "peerDependencies":{"hono":"^4","zod":"^4"},"peerDependenciesMeta":{"hono":{"optional":true}},
            "bundleDependencies":["zod"]}"#,
        )
        .unwrap();
        let identity = package.identity().unwrap();
        assert_eq!(identity.purl, "pkg:npm/%40acme/files-mcp@1.4.0");
        assert_eq!(package.bin, BTreeMap::from([("files-mcp".to_owned(), "./dist/index.js".to_owned())]));
        assert_eq!(package.mcp_name.as_deref(), Some("io.github.acme/files-mcp"));
        assert_eq!(package.licenses, ["MIT"]);
        let found: Vec<_> = package
            .dependencies
            .iter()
            .map(|d| (d.key.as_str(), d.name.as_str(), d.range.as_str(), d.optional, d.bundled))
            .collect();
        assert_eq!(
            found,
            [
                ("any", "any", "*", false, false),
                ("bare", "x", "*", false, false),
                ("fork", "fork", "git+https://git.example/o/r.git", false, false),
                ("fsevents", "fsevents", "*", true, false),
                ("hono", "hono", "^4", true, false),
                ("real", "@other/pkg", "~2.0.0", false, false),
                ("zod", "zod", "^3", false, true),
            ]
        );
        let packages = package.packages().unwrap();
        let root = packages.last().unwrap();
        assert_eq!((root.completeness, root.dependencies.len()), (Completeness::Incomplete, 7));
        assert!(packages.iter().all(|p| p.origin == Origin::Root || p.completeness == Completeness::Unknown));
    }

    #[test]
    fn other_forms_of_the_same() {
        let package =
            parse(r#"{"name":"a","bin":{"x":"a.js","y":"b.js"},"licenses":[{"type":"MIT"},"ISC"]}"#).unwrap();
        assert_eq!((package.bin.len(), package.licenses.as_slice()), (2, &["MIT OR ISC".to_owned()][..]));
        let own = parse(r#"{"name":"a","license":[{"type":"Own"},{"type":"ISC"}]}"#).unwrap();
        assert_eq!(own.licenses, ["Own", "ISC"]);
        assert_eq!(package.identity(), Err(PackageManifestError::Missing("version")));
        for version in ["latest", "v1.0.0", "1.0", "1.0.0 ", "=1.0.0", "1.0.0-a_b"] {
            let package = parse(&format!(r#"{{"name":"a","version":"{version}"}}"#)).unwrap();
            assert!(matches!(package.identity(), Err(PackageManifestError::Identity(_))), "{version}");
        }
        assert_eq!(package.packages().unwrap().len(), 1);
        let package = parse(r#"{"version":"1","license":{"type":"BSD-3-Clause","url":"x"},"bundledDependencies":true,"dependencies":{"b":"1"}}"#).unwrap();
        assert_eq!(package.licenses, ["BSD-3-Clause"]);
        assert!(package.dependencies[0].bundled);
        assert_eq!(package.identity(), Err(PackageManifestError::Missing("name")));
    }

    #[test]
    fn what_readers_take_differently_is_refused() {
        assert!(matches!(parse(r#"{"name":"a","name":"b"}"#), Err(PackageManifestError::Json(_))));
        assert!(matches!(parse("\u{feff}{}"), Err(PackageManifestError::Json(_))));
        assert_eq!(parse("[]"), Err(PackageManifestError::Member("(root)")));
        for (text, member) in [
            (r#"{"name":1}"#, "name"),
            (r#"{"version":{}}"#, "version"),
            (r#"{"bin":[]}"#, "bin"),
            (r#"{"bin":{"a":1}}"#, "bin"),
            (r#"{"dependencies":["a"]}"#, "dependencies"),
            (r#"{"peerDependencies":{"a":null}}"#, "peerDependencies"),
            (r#"{"bundleDependencies":"a"}"#, "bundleDependencies"),
        ] {
            assert_eq!(parse(text), Err(PackageManifestError::Member(member)), "{text}");
        }
        assert_eq!(PackageJson::parse(&vec![b' '; MAX_BYTES + 1]), Err(PackageManifestError::TooLarge));
        assert!(matches!(
            PackageJson::as_npm_reads(&vec![b' '; MAX_BYTES + 1]),
            Err(PackageManifestError::TooLarge)
        ));
        let odd = parse(r#"{"name":"../x","version":"1.0.0"}"#).unwrap();
        assert!(matches!(odd.identity(), Err(PackageManifestError::Identity(_))));
    }

    #[test]
    fn of_what_is_installed_npm_reads_more() {
        let read = |bytes: &[u8]| PackageJson::as_npm_reads(bytes);
        let script = r#"{"name":"a","scripts":{"postinstall":"x"}}"#;
        for text in [
            format!("\u{feff}{script}"),
            script.replace(r#""name""#, r#""name":"b","name""#),
            script.replace(r#""scripts""#, r#""scripts":{},"scripts""#),
            script.replace(r#""name""#, r#""n":12345678901234567890,"name""#),
        ] {
            let (package, whole) = read(text.as_bytes()).unwrap();
            assert_eq!(
                (package.name.as_deref(), package.install_script, whole),
                (Some("a"), true, true),
                "{text}"
            );
        }
        let latin: Vec<u8> = [script.trim_end_matches('}').as_bytes(), b"},\"author\":\"Ren\xe9\"}"].concat();
        assert!(read(&latin).unwrap().0.install_script);
        // What npm passes over is passed over, and said.
        for member in [r#""dependencies":[]"#, r#""bin":true"#, r#""bundledDependencies":"x""#] {
            let (package, whole) = read(script.replace(r#""name":"a""#, member).as_bytes()).unwrap();
            assert!(package.install_script && !whole, "{member}");
        }
        for text in ["", "{", "[]", "{'name':'a'}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn npm_builds_what_has_no_script_that_does() {
        for (text, builds) in [
            ("{}", true),
            (r#"{"scripts":{"install":"","postinstall":"x"}}"#, true),
            (r#"{"gypfile":true}"#, true),
            (r#"{"gypfile":false}"#, false),
            (r#"{"scripts":{"install":"x"}}"#, false),
            (r#"{"scripts":{"preinstall":"x"}}"#, false),
        ] {
            assert_eq!(parse(text).unwrap().builds_by_gyp, builds, "{text}");
        }
    }
}
