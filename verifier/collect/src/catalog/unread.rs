//! Lock files and manifests of tools whose formats are not read: what they name is a known gap, and not nothing.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

use super::other_names::usual;
use super::pypi::PYLOCK;
use super::{CatalogError, Cataloger, FileInput, Role};

/// Lock files of other tools.
pub static OTHER_LOCKS: OtherLocks = OtherLocks;

/// The cataloger that reads none of them.
#[derive(Debug)]
pub struct OtherLocks;

/// Their names at the root of a project or artifact.
const NAMES: [&str; 20] = [
    "bun.lockb",
    "deno.lock",
    "vlt-lock.json",
    "Gemfile.lock",
    "gems.locked",
    "composer.lock",
    "pubspec.lock",
    "mix.lock",
    "rebar.lock",
    "Package.resolved",
    "Podfile.lock",
    "Cartfile.resolved",
    "conan.lock",
    "stack.yaml.lock",
    "cabal.project.freeze",
    "renv.lock",
    "paket.lock",
    "Gopkg.lock",
    "conda-lock.yml",
    "pixi.lock",
];

impl Cataloger for OtherLocks {
    fn id(&self) -> &'static str {
        "other/lock-files"
    }

    fn wants(&self, path: &TreePath) -> bool {
        NAMES.contains(&path.as_str())
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Err(CatalogError::Unread {
            what: match file.path.as_str().rsplit('/').next() {
                Some("bun.lockb") => {
                    "bun's lock file of old: `bun install --save-text-lockfile` writes the one that is read"
                }
                _ => "a lock file of a tool whose format is not read",
            },
        })
    }
}

/// Manifests of other tools.
pub static OTHER_MANIFESTS: OtherManifests = OtherManifests;

/// The cataloger that reads none of them: what they ask for, programs or other files decide.
#[derive(Debug)]
pub struct OtherManifests;

/// A manifest that is not read.
struct Manifest {
    /// How it ends.
    end: &'static str,
    /// Of which type of package URL it asks for packages.
    ecosystem: &'static str,
    /// What one has in it that asks for any; empty where each does.
    mark: &'static str,
    /// Why it is not read.
    why: &'static str,
}

const fn always(end: &'static str, ecosystem: &'static str, why: &'static str) -> Manifest {
    Manifest { end, ecosystem, mark: "", why }
}

const fn with(end: &'static str, ecosystem: &'static str, mark: &'static str, why: &'static str) -> Manifest {
    Manifest { end, ecosystem, mark, why }
}

/// How a lock file of PEP 751 for one purpose among others is called here.
const NAMED_PYLOCK: &str = "/pylock.NAME.toml";

const MANIFESTS: [Manifest; 28] = [
    always(
        NAMED_PYLOCK,
        "pypi",
        "a lock file for one purpose among others: it is read where it is named itself",
    ),
    always(".py.lock", "pypi", "the lock file of a script: it is read where it is named itself"),
    always("/setup.py", "pypi", "a program that says what it depends on while it runs, which is not run"),
    with(
        "/setup.cfg",
        "pypi",
        "install_requires",
        "what setuptools makes of it is not known: `PKG-INFO` is read",
    ),
    with("/deno.json", WORKSPACE, "\"imports\"", OF_DENO),
    with("/deno.jsonc", WORKSPACE, "\"imports\"", OF_DENO),
    always("/pom.xml", "maven", OF_A_BUILD),
    always("/build.gradle", "maven", OF_A_BUILD),
    always("/build.gradle.kts", "maven", OF_A_BUILD),
    with("/build.sbt", "maven", "libraryDependencies", OF_A_BUILD),
    always("/buildscript-gradle.lockfile", "maven", OF_A_SCRIPT),
    always("/settings-gradle.lockfile", "maven", OF_A_SCRIPT),
    always(".csproj", "nuget", OF_MSBUILD),
    always(".fsproj", "nuget", OF_MSBUILD),
    always(".vbproj", "nuget", OF_MSBUILD),
    with("/Directory.Packages.props", "nuget", "<PackageVersion", OF_MSBUILD),
    always("/go.work", WORKSPACE, "a workspace of Go: what its other modules ask for is not read"),
    always("/environment.yml", "conda", "an environment of conda, whose packages are not read"),
    always("/environment.yaml", "conda", "an environment of conda, whose packages are not read"),
    with("/Gemfile", "gem", "gem", OF_ANOTHER),
    with("/composer.json", "composer", "\"require\"", OF_ANOTHER),
    with("/pubspec.yaml", "pub", "dependencies:", OF_ANOTHER),
    with("/mix.exs", "hex", "deps", OF_ANOTHER),
    with("/Package.swift", "swift", ".package(", OF_ANOTHER),
    with("/Podfile", "cocoapods", "pod", OF_ANOTHER),
    with("/stack.yaml", "hackage", "extra-deps", OF_ANOTHER),
    always(".cabal", "hackage", OF_ANOTHER),
    always("/conanfile.txt", "conan", OF_ANOTHER),
];

const OF_ANOTHER: &str = "a manifest of a tool whose format is not read";

const OF_DENO: &str = "what Deno fetches for it is not known: `package.json` and `node_modules` are read";

const OF_MSBUILD: &str = "what MSBuild makes of it is not known: `packages.lock.json` is read";

/// What builds, not what is built.
const OF_A_SCRIPT: &str = "what the build itself runs with, which is not read: `gradle.lockfile` is read";

const OF_A_BUILD: &str = "what it depends on its build says, which is not run: `gradle.lockfile` is read";

/// No type: nothing that is read says what this does.
const WORKSPACE: &str = "";

/// The one of [`MANIFESTS`] that a file is, by its name in whatever folder.
fn manifest(path: &TreePath) -> Option<&'static Manifest> {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let is_pylock = usual(path).is_some_and(|usual| PYLOCK.wants(&usual));
    let name = if is_pylock { NAMED_PYLOCK.to_owned() } else { format!("/{name}") };
    MANIFESTS.iter().find(|manifest| match manifest.end.starts_with('/') {
        true => name == manifest.end,
        false => name.ends_with(manifest.end) && name.len() > manifest.end.len() + 1,
    })
}

/// Of which type of package URL a manifest that is not read asks for packages.
pub(super) fn ecosystem(path: &TreePath) -> &'static str {
    manifest(path).map_or(WORKSPACE, |manifest| manifest.ecosystem)
}

impl Cataloger for OtherManifests {
    fn id(&self) -> &'static str {
        "other/manifests"
    }

    /// At the root alone.
    fn wants(&self, path: &TreePath) -> bool {
        path.parent().is_none() && manifest(path).is_some()
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let Some(manifest) = manifest(file.path) else { return Ok(Vec::new()) };
        let is_marked =
            |text: &[u8]| text.windows(manifest.mark.len()).any(|part| part == manifest.mark.as_bytes());
        if !manifest.mark.is_empty() && !is_marked(file.bytes) {
            return Ok(Vec::new());
        }
        Err(CatalogError::Unread { what: manifest.why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_known_at_the_root_and_read_nowhere() {
        let path = |path: &str| TreePath::try_from(path).unwrap();
        for name in NAMES {
            assert!(OTHER_LOCKS.wants(&path(name)) && !OTHER_LOCKS.wants(&path(&format!("a/{name}"))));
            let (path, bytes) = (path(name), &b"{}"[..]);
            let found = OTHER_LOCKS.read(&FileInput { path: &path, bytes });
            assert!(matches!(found, Err(CatalogError::Unread { .. })), "{name}");
        }
    }

    #[test]
    fn manifests_are_known_by_their_names() {
        let of = |path: &str| {
            let path = TreePath::try_from(path).unwrap();
            OTHER_MANIFESTS.wants(&path).then(|| ecosystem(&path))
        };
        for (path, ecosystem) in [
            ("setup.py", Some("pypi")),
            ("pom.xml", Some("maven")),
            ("Acme.Notes.csproj", Some("nuget")),
            ("go.work", Some("")),
            ("environment.yml", Some("conda")),
            ("setup.cfg", Some("pypi")),
            ("deno.json", Some("")),
            ("buildscript-gradle.lockfile", Some("maven")),
            ("notes.cabal", Some("hackage")),
            ("pylock.dev.toml", Some("pypi")),
            ("serve.py.lock", Some("pypi")),
            ("pylock.toml", None),
            (".csproj", None),
            ("a-setup.py", None),
            ("a/setup.py", None),
        ] {
            assert_eq!(of(path), ecosystem, "{path}");
        }
    }

    #[test]
    fn a_manifest_that_asks_for_nothing_is_no_gap() {
        let is_gap = |path: &str, text: &str| {
            let path = TreePath::try_from(path).unwrap();
            OTHER_MANIFESTS.read(&FileInput { path: &path, bytes: text.as_bytes() }).is_err()
        };
        for (path, asking, other) in [
            ("setup.cfg", "[options]\ninstall_requires =\n  a>=1\n", "[flake8]\nmax-line-length = 100\n"),
            ("deno.json", r#"{"imports":{"zod":"npm:zod@3"}}"#, r#"{"fmt":{"indentWidth":4}}"#),
            ("composer.json", r#"{"require":{"a/b":"^1"}}"#, r#"{"name":"a/b"}"#),
            ("Package.swift", ".package(url: \"https://git.example/a\", from: \"1.0.0\")", "let package = 1"),
        ] {
            assert!(is_gap(path, asking), "{path}");
            assert!(!is_gap(path, other), "{path}");
        }
        assert!(is_gap("go.work", ""));
    }
}
