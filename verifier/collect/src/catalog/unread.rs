//! Lock files and manifests of tools whose formats are not read: what they name is a known gap, and not nothing.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

use super::{CatalogError, Cataloger, FileInput, Role};

/// Lock files of other tools.
pub static OTHER_LOCKS: OtherLocks = OtherLocks;

/// The cataloger that reads none of them.
#[derive(Debug)]
pub struct OtherLocks;

/// Their names at the root of a project or artifact.
const NAMES: [&str; 9] = [
    "bun.lockb",
    "deno.lock",
    "Gemfile.lock",
    "composer.lock",
    "pubspec.lock",
    "mix.lock",
    "Package.resolved",
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

/// How they end, of which type of package URL they ask for packages, and why they are not read.
const MANIFESTS: [(&str, &str, &str); 10] = [
    ("/setup.py", "pypi", "a program that says what it depends on while it runs, which is not run"),
    ("/pom.xml", "maven", OF_A_BUILD),
    ("/build.gradle", "maven", OF_A_BUILD),
    ("/build.gradle.kts", "maven", OF_A_BUILD),
    (".csproj", "nuget", "what MSBuild makes of it is not known: `packages.lock.json` is read"),
    (".fsproj", "nuget", "what MSBuild makes of it is not known: `packages.lock.json` is read"),
    (".vbproj", "nuget", "what MSBuild makes of it is not known: `packages.lock.json` is read"),
    ("/go.work", WORKSPACE, "a workspace of Go: what its other modules ask for is not read"),
    ("/environment.yml", "conda", "an environment of conda, whose packages are not read"),
    ("/environment.yaml", "conda", "an environment of conda, whose packages are not read"),
];

const OF_A_BUILD: &str = "what it depends on its build says, which is not run: `gradle.lockfile` is read";

/// No type: nothing that is read says what this does.
const WORKSPACE: &str = "";

/// The one of [`MANIFESTS`] that a file is, by its name in whatever folder.
fn manifest(path: &TreePath) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let name = format!("/{name}");
    MANIFESTS.iter().find(|(end, ..)| match end.starts_with('/') {
        true => name == *end,
        false => name.ends_with(end) && name.len() > end.len() + 1,
    })
}

/// Of which type of package URL a manifest that is not read asks for packages.
pub(super) fn ecosystem(path: &TreePath) -> &'static str {
    manifest(path).map_or(WORKSPACE, |(_, ecosystem, _)| ecosystem)
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
        let what = manifest(file.path).map_or("a manifest of another tool", |(_, _, why)| why);
        Err(CatalogError::Unread { what })
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
            (".csproj", None),
            ("a-setup.py", None),
            ("a/setup.py", None),
        ] {
            assert_eq!(of(path), ecosystem, "{path}");
        }
    }
}
