//! Cargo.toml as `cargo package` writes it into a crate.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::license;
use mcpsign_schemas::purl::{PackageIdentity, Purl, PurlError};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::catalog::lines::Lines;
use crate::catalog::url::{UNREADABLE, is_file, wished, without_credentials};
use crate::catalog::{CatalogError, Cataloger, FileInput, PackageManifestError, Role};

/// Bytes of a Cargo.toml. Generated ones with thousands of features (`web-sys`, `windows`) have some 200 KiB.
const MAX_BYTES: usize = 2 << 20;

/// Bytes of a crate's name, as the default registry has it.
const MAX_NAME: usize = 64;

/// What Cargo calls its default registry, whatever else is configured.
const DEFAULT: &str = "crates-io";

/// Declared dependencies, where no lock file says what they resolve to.
pub static CARGO_TOML: CargoToml = CargoToml;

/// The cataloger of Cargo.toml.
#[derive(Debug)]
pub struct CargoToml;

/// What mcpsign needs of a crate's Cargo.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoManifest {
    /// `package.name`.
    pub name: String,
    /// `package.version`; SemVer.
    pub version: String,
    /// `package.license`.
    pub licenses: Vec<String>,
    /// `package.readme`, where it is a path.
    pub readme: Option<String>,
    /// Names of the programs that `[[bin]]` lists: today `cargo package` lists all of them.
    pub bins: Vec<String>,
    /// What building it needs; development dependencies left out.
    pub dependencies: Vec<CargoDependency>,
}

/// A dependency as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoDependency {
    /// The crate, whatever it is called inside.
    pub name: String,
    /// The index of its registry without credentials, where it is not the default one.
    pub registry: Option<String>,
    /// The repository or folder that it is taken from, where that is no registry.
    pub origin: Option<Origin>,
    /// Versions and, in brackets, the target it is for.
    pub requested: String,
    /// Whether some feature asks for it.
    pub optional: bool,
    /// The line on which it begins, from 1.
    pub line: Option<u32>,
}

/// Dependencies by the name that they have inside.
type Wishes = BTreeMap<Spanned<String>, Value>;

#[derive(Deserialize)]
struct File {
    package: Option<Head>,
    /// Of old.
    project: Option<Head>,
    workspace: Option<Workspace>,
    #[serde(default)]
    bin: Vec<Bin>,
    #[serde(default)]
    dependencies: Wishes,
    #[serde(default, rename = "build-dependencies", alias = "build_dependencies")]
    build: Wishes,
    #[serde(default)]
    target: BTreeMap<String, Target>,
    #[serde(default)]
    patch: BTreeMap<String, Table>,
}

/// What the packages of a workspace share, the one at its root among them.
#[derive(Default, Deserialize)]
struct Workspace {
    #[serde(default)]
    package: Table,
    #[serde(default)]
    dependencies: Table,
}

#[derive(Deserialize)]
struct Head {
    name: Option<Value>,
    version: Option<Value>,
    license: Option<Value>,
    readme: Option<Value>,
}

#[derive(Deserialize)]
struct Bin {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    dependencies: Wishes,
    #[serde(default, rename = "build-dependencies", alias = "build_dependencies")]
    build: Wishes,
}

impl CargoManifest {
    /// Reads a crate's Cargo.toml.
    ///
    /// # Errors
    /// When it is not TOML, has no name and version that a crate can have, or inherits a value.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(PackageManifestError::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| PackageManifestError::Toml("not UTF-8".into()))?;
        let file: File =
            toml::from_str(text).map_err(|error| PackageManifestError::Toml(escape(error.message())))?;
        let head = file.package.or(file.project).ok_or(PackageManifestError::Foreign)?;
        let workspace = file.workspace.unwrap_or_default();
        let text_of = |key, value| text_of(key, value, &workspace.package);
        let name = text_of("name", head.name)?.ok_or(PackageManifestError::Missing("package.name"))?;
        // As cargo has it since 1.75 for what is not published.
        let version = text_of("version", head.version)?.unwrap_or_else(|| "0.0.0".to_owned());
        if !is_name(&name) {
            return Err(unfit(&name));
        }
        if version.parse::<semver::Version>().is_err() {
            return Err(unfit(&version));
        }
        let lines = Lines::of(text);
        let mut dependencies = Vec::new();
        let targets = file.target.iter().flat_map(|(target, lists)| {
            [(Some(target.as_str()), &lists.dependencies), (Some(target.as_str()), &lists.build)]
        });
        for (target, list) in [(None, &file.dependencies), (None, &file.build)].into_iter().chain(targets) {
            for (key, value) in list {
                let line = lines.at(key.span().start);
                let mut found = dependency(key.get_ref(), value, target, &workspace.dependencies)?;
                if let Some(origin) = patched(&found, &file.patch)? {
                    (found.registry, found.origin) = (None, Some(origin));
                }
                dependencies.push(CargoDependency { line, ..found });
            }
        }
        Ok(Self {
            name,
            version,
            licenses: text_of("license", head.license)?.as_deref().map(choice).into_iter().collect(),
            readme: match head.readme {
                Some(Value::Boolean(_)) | None => None,
                some => text_of("readme", some)?,
            },
            bins: file.bin.into_iter().filter_map(|bin| bin.name).collect(),
            dependencies,
        })
    }

    /// Which package it says that it is.
    ///
    /// # Errors
    /// When name or version cannot stand in a package URL.
    pub fn identity(&self) -> Result<PackageIdentity, PackageManifestError> {
        PackageIdentity::cargo(&self.name, Some(&self.version)).map_err(|_| unfit(&self.name))
    }

    fn packages(&self) -> Result<Vec<Package>, CatalogError> {
        let at = |at: &str, source: PurlError| CatalogError::Package { at: escape(at), source };
        let mut packages = Vec::new();
        let mut ids = BTreeSet::new();
        // One crate may be asked for several times: for targets, in two versions, to build and to run.
        for (number, wish) in self.dependencies.iter().enumerate() {
            let id = format!("{} {number}", wish.name);
            let purl = Purl::cargo(&wish.name, None).and_then(|purl| match (&wish.origin, &wish.registry) {
                (Some(origin), _) => wished(purl, origin),
                (None, Some(registry)) => purl.with_qualifier("repository_url", registry.clone()),
                (None, None) => Ok(purl),
            });
            ids.insert(id.clone());
            packages.push(Package {
                requested: BTreeSet::from([wish.requested.clone()]),
                scope: if wish.optional { Scope::Optional } else { Scope::Required },
                origin: Origin::Declared,
                direct: true,
                found: BTreeSet::from([Location {
                    line: wish.line,
                    ..Location::at(wish.name.clone(), Means::Manifest)
                }]),
                ..Package::new(id, purl.map_err(|e| at(&wish.name, e))?.to_string(), wish.name.clone())
            });
        }
        packages.push(Package {
            version: Some(self.version.clone()),
            licenses: self.licenses.iter().cloned().collect(),
            origin: Origin::Root,
            found: BTreeSet::from([Location::at("", Means::Manifest)]),
            completeness: if ids.is_empty() { Completeness::Complete } else { Completeness::Incomplete },
            dependencies: ids,
            ..Package::new(
                "",
                Purl::cargo(&self.name, Some(&self.version)).map_err(|e| at(&self.name, e))?.to_string(),
                self.name.clone(),
            )
        });
        Ok(packages)
    }
}

impl Cataloger for CargoToml {
    fn id(&self) -> &'static str {
        "rust/cargo-toml"
    }

    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "Cargo.toml"
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        match CargoManifest::parse(file.bytes) {
            Ok(manifest) => manifest.packages(),
            // A workspace's: it names no package of its own.
            Err(PackageManifestError::Foreign) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

fn unfit(found: &str) -> PackageManifestError {
    PackageManifestError::Identity(format!("`{}` is none that a crate can have", escape(found)))
}

/// The text that stands there, or that `shared` has where it is inherited from a workspace whose root this file is.
fn text_of(
    key: &'static str,
    value: Option<Value>,
    shared: &Table,
) -> Result<Option<String>, PackageManifestError> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Value::Table(table)) if table.contains_key("workspace") => match shared.get(key) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            _ => Err(PackageManifestError::Inherited(format!("package.{key}"))),
        },
        Some(_) => Err(PackageManifestError::Toml(format!("`package.{key}` is not text"))),
    }
}

/// Of old, "multiple licenses could be separated with a `/`" (Cargo's reference), which left the choice. What has anything but
/// single licences between them stays as it stands, which is no expression: how far such a choice reaches nobody can say.
fn choice(license: &str) -> String {
    let parts: Vec<&str> = license.split('/').map(str::trim).collect();
    match parts.iter().all(|part| is_one_license(part)) {
        true => parts.join(" OR "),
        false => license.to_owned(),
    }
}

fn is_one_license(text: &str) -> bool {
    license::expression(text).and_then(|text| license::parse_one(&text)).is_some()
}

fn dependency(
    key: &str,
    value: &Value,
    target: Option<&str>,
    shared: &Table,
) -> Result<CargoDependency, PackageManifestError> {
    let malformed = || PackageManifestError::Toml(format!("dependency `{}`", escape(key)));
    let none = Table::new();
    let (table, bare) = match value {
        Value::String(range) => (&none, Some(range.as_str())),
        Value::Table(table) => (table, None),
        _ => return Err(malformed()),
    };
    if table.contains_key("workspace") {
        let inherited = shared.get(key).ok_or_else(|| PackageManifestError::Inherited(escape(key)))?;
        // Whether it is optional each package says for itself.
        let found = dependency(key, inherited, target, &none)?;
        return Ok(CargoDependency { optional: is_optional(table), ..found });
    }
    let text = |member: &str| match table.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(malformed()),
    };
    let clean = |address: &str| without_credentials(address).unwrap_or_else(|| UNREADABLE.to_owned());
    let reference = [text("rev")?, text("tag")?, text("branch")?].into_iter().flatten().next();
    let origin = match (text("git")?, text("path")?) {
        (Some(address), _) => Some(Origin::Git {
            url: clean(address),
            commit: reference.filter(|text| is_reference(text)).map(str::to_owned),
        }),
        (None, Some(_)) => Some(Origin::Local { path: None }),
        (None, None) => None,
    };
    let range = match (bare.or(text("version")?), &origin) {
        (_, Some(Origin::Git { url, .. })) => format!("git+{url}"),
        (Some(range), _) => range.trim().to_owned(),
        (None, _) => "*".to_owned(),
    };
    let registry = match (text("registry-index")?, text("registry")?) {
        (Some(index), _) if is_file(index) => Some("file:".to_owned()),
        (Some(index), _) => Some(clean(index)).filter(|index| {
            let address = index.strip_prefix("sparse+").unwrap_or(index);
            !Purl::is_default_registry("cargo", address)
        }),
        (None, Some(DEFAULT)) => None,
        (None, Some(name)) if is_name(name) => Some(name.to_owned()),
        (None, Some(_)) => Some(UNREADABLE.to_owned()),
        (None, None) => None,
    };
    Ok(CargoDependency {
        name: text("package")?.unwrap_or(key).to_owned(),
        registry,
        origin,
        requested: match target {
            Some(target) => format!("{range} [{target}]"),
            None => range,
        },
        optional: is_optional(table),
        line: None,
    })
}

/// What `[patch]` puts in the place of a dependency, which is what it is called there, whatever its key. Cargo takes it where its
/// version fits, and says where it does not.
fn patched(
    wish: &CargoDependency,
    patches: &BTreeMap<String, Table>,
) -> Result<Option<Origin>, PackageManifestError> {
    let source = match (&wish.origin, &wish.registry) {
        (Some(Origin::Git { url, .. }), _) => Some(url.as_str()),
        (Some(_), _) => return Ok(None),
        (None, registry) => registry.as_deref(),
    };
    let is_of_source = |named: &str| {
        let is_default = named == DEFAULT || Purl::is_default_registry("cargo", named);
        match source {
            None => is_default,
            Some(source) => {
                named == source || without_credentials(named).is_some_and(|named| named == source)
            }
        }
    };
    for (key, value) in patches.iter().filter(|(named, _)| is_of_source(named)).flat_map(|(_, table)| table) {
        let patch = dependency(key, value, None, &Table::new())?;
        if patch.name == wish.name {
            return Ok(patch.origin);
        }
    }
    Ok(None)
}

/// What can stand behind the `@` of a repository's address.
fn is_reference(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./+".contains(&b))
}

fn is_optional(table: &Table) -> bool {
    table.get("optional").and_then(Value::as_bool) == Some(true)
}

/// The default registry's rule; Cargo itself would take any letters.
fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CargoManifest, PackageManifestError> {
        CargoManifest::parse(text.as_bytes())
    }

    #[test]
    fn a_published_cargo_toml() {
        let manifest = parse(
            r#"
            [package]
            name = "files-mcp"
            version = "1.4.0+x"
            license = "MIT / Apache-2.0"
            readme = "README.md"
            [[bin]]
            name = "files-mcp"
            path = "src/main.rs"
            [dependencies]
            serde = "1"
            [dependencies.yaml]
            version = "0.9"
            package = "serde_yaml"
            optional = true
            [dependencies.other]
            version = "2"
            registry-index = "sparse+https://user:pw@registry.example/index/"
            [build-dependencies.cc]
            version = "1"
            [dev-dependencies]
            tempfile = "3"
            [target."cfg(windows)".dependencies.serde]
            version = "1.0.100"
            "#,
        )
        .unwrap();
        assert_eq!(manifest.identity().unwrap().purl, "pkg:cargo/files-mcp@1.4.0%2Bx");
        assert_eq!((manifest.bins.len(), manifest.readme.as_deref()), (1, Some("README.md")));
        assert_eq!(manifest.licenses, ["MIT OR Apache-2.0"]);
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (d.name.as_str(), d.requested.as_str(), d.optional, d.registry.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                ("other", "2", false, Some("sparse+https://registry.example/index/")),
                ("serde", "1", false, None),
                ("serde_yaml", "0.9", true, None),
                ("cc", "1", false, None),
                ("serde", "1.0.100 [cfg(windows)]", false, None),
            ]
        );
        let packages = manifest.packages().unwrap();
        assert_eq!(packages.len(), 6);
        assert_eq!(packages[5].dependencies.len(), 5);
        let lines: Vec<_> = manifest.dependencies.iter().map(|dependency| dependency.line).collect();
        assert_eq!(lines, [16, 11, 12, 19, 23].map(Some));
    }

    #[test]
    fn the_default_registry_is_none_of_its_own_however_it_is_named() {
        let names = Purl::default_registry("cargo");
        let indexes =
            names.flat_map(|name| ["https://", "sparse+https://"].map(|scheme| format!("{scheme}{name}")));
        let indexes = indexes.map(|index| format!("registry-index = \"{index}\""));
        for how in indexes.chain(["registry = \"crates-io\"".to_owned()]) {
            let text = format!(
                "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = {{ version = \"1\", {how} }}\n"
            );
            assert_eq!(parse(&text).unwrap().dependencies[0].registry, None, "{how}");
        }
    }

    #[test]
    fn a_registry_that_cannot_be_shown_is_still_another_one() {
        let head = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\n";
        for how in ["registry-index = \"https://u:S3CRET@h.example/a b\"", "registry = \"a b\""] {
            let manifest = parse(&format!("{head}b = {{ version = \"1\", {how} }}\n")).unwrap();
            let packages = manifest.packages().unwrap();
            assert_eq!(packages[0].purl, "pkg:cargo/b?repository_url=(unreadable)", "{how}");
        }
    }

    #[test]
    fn what_is_of_no_registry_is_not_the_registry_s_crate_of_that_name() {
        let head = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\n";
        for (how, purl) in [
            (
                "b = { git = \"https://u:S3CRET@git.example/b\", rev = \"abc\" }",
                "?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fb%40abc",
            ),
            (
                "b = { git = \"https://git.example/b\", branch = \"x y\" }",
                "?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fb",
            ),
            ("b = { git = \"git.example:b\" }", "?vcs_url=git%2B(unreadable)"),
            ("b = { path = \"../b\", version = \"1\" }", "?download_url=(unreadable)"),
            ("c = { package = \"b\", path = \"../b\" }", "?download_url=(unreadable)"),
            ("b = { version = \"1\" }", ""),
            (
                "b = \"1\"\n[patch.crates-io]\nb = { git = \"https://git.example/b\", tag = \"v1\" }",
                "?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fb%40v1",
            ),
            (
                "b = \"1\"\n[patch.crates-io]\nx = { package = \"b\", path = \"../b\" }",
                "?download_url=(unreadable)",
            ),
            ("b = \"1\"\n[patch.crates-io]\nc = { path = \"../c\" }", ""),
            ("b = \"1\"\n[patch.\"https://git.example/b\"]\nb = { path = \"../b\" }", ""),
            (
                "b = { git = \"https://u:S3CRET@git.example/b\" }\n[patch.\"https://git.example/b\"]\nb = { path = \"../b\" }",
                "?download_url=(unreadable)",
            ),
            (
                "b = { version = \"1\", registry = \"mine\" }\n[patch.mine]\nb = { path = \"../b\" }",
                "?download_url=(unreadable)",
            ),
            (
                "b = { version = \"1\", registry = \"mine\" }\n[patch.crates-io]\nb = { path = \"../b\" }",
                "?repository_url=mine",
            ),
            (
                "b = { workspace = true }\n[workspace.dependencies]\nb = { path = \"b\" }",
                "?download_url=(unreadable)",
            ),
        ] {
            let packages = parse(&format!("{head}{how}\n")).unwrap().packages().unwrap();
            assert_eq!(packages[0].purl, format!("pkg:cargo/b{purl}"), "{how}");
        }
        // A patch is no dependency of its own, and one that cannot be read is none to be passed over.
        assert_eq!(
            parse(&format!("{head}[patch.crates-io]\nb = {{ path = \"b\" }}\n")).unwrap().dependencies,
            []
        );
        assert!(parse(&format!("{head}b = \"1\"\n[patch.crates-io]\nb = 1\n")).is_err());
    }

    #[test]
    fn the_root_of_a_workspace_inherits_from_itself() {
        let manifest = parse(
            "[workspace.package]\nversion = \"1.4.0\"\nlicense = \"MIT\"\n\
             [workspace.dependencies]\nserde = { version = \"1.0.200\", optional = true }\n\
             [package]\nname = \"a\"\nversion.workspace = true\nlicense = { workspace = true }\n\
             [dependencies]\nserde = { workspace = true, features = [\"derive\"] }\n",
        )
        .unwrap();
        assert_eq!((manifest.version.as_str(), manifest.licenses), ("1.4.0", vec!["MIT".to_owned()]));
        let [serde] = manifest.dependencies.as_slice() else { panic!("{:?}", manifest.dependencies) };
        assert_eq!((serde.requested.as_str(), serde.optional, serde.line), ("1.0.200", false, Some(11)));
    }

    #[test]
    fn a_slash_is_a_choice_between_single_licences_alone() {
        for (text, license) in [
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            (
                "gpl-3.0+ / Apache-2.0 WITH LLVM-exception/MIT",
                "gpl-3.0+ OR Apache-2.0 WITH LLVM-exception OR MIT",
            ),
            ("MIT AND Zlib", "MIT AND Zlib"),
            ("GPL-3.0-only AND MIT/Apache-2.0", "GPL-3.0-only AND MIT/Apache-2.0"),
            ("MIT/Apache-2.0 AND GPL-3.0-only", "MIT/Apache-2.0 AND GPL-3.0-only"),
            ("N/A", "N/A"),
            ("MIT/", "MIT/"),
        ] {
            assert_eq!(choice(text), license);
        }
        assert_eq!(license::expression("GPL-3.0-only AND MIT/Apache-2.0"), None);
    }

    #[test]
    fn what_is_no_published_crate_s() {
        let head = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n";
        assert!(parse(head).is_ok());
        assert_eq!(parse("[workspace]\nmembers = []\n"), Err(PackageManifestError::Foreign));
        // What is not published needs no version.
        assert_eq!(parse("[package]\nname = \"a\"\n").unwrap().version, "0.0.0");
        assert_eq!(
            parse("[package]\nname = \"a\"\nversion.workspace = true\n"),
            Err(PackageManifestError::Inherited("package.version".into()))
        );
        assert_eq!(
            parse(&format!("{head}[dependencies]\nb = {{ workspace = true }}\n")),
            Err(PackageManifestError::Inherited("b".into()))
        );
        for (name, version, wrong) in [
            ("../a", "1.0.0", "../a"),
            ("a b", "1.0.0", "a b"),
            ("1a", "1.0.0", "1a"),
            ("a", "1.0", "1.0"),
            ("a", "1.0.0/..", "1.0.0/.."),
        ] {
            let text = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n");
            assert_eq!(parse(&text), Err(unfit(wrong)), "{text}");
        }
        for text in
            ["=", "[package]\nname = \"a\"\nname = \"b\"\nversion = \"1.0.0\"\n", "package = 1", "\u{feff}["]
        {
            assert!(matches!(parse(text), Err(PackageManifestError::Toml(_))), "{text:?}");
        }
        assert_eq!(CargoManifest::parse(&vec![b'\n'; MAX_BYTES + 1]), Err(PackageManifestError::TooLarge));
    }
}
