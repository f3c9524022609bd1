//! apk's database of what is installed.

use mcpsign_schemas::inventory::{Location, Means, Package};
use mcpsign_schemas::tree::TreePath;

use super::{field, package, packages, wrong};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// What apk installed.
pub static APK: Apk = Apk;

/// The cataloger of `lib/apk/db/installed`.
#[derive(Debug)]
pub struct Apk;

impl Cataloger for Apk {
    fn id(&self) -> &'static str {
        "os/apk"
    }

    fn wants(&self, path: &TreePath) -> bool {
        matches!(path.as_str(), "lib/apk/db/installed" | "usr/lib/apk/db/installed")
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        packages(file.bytes, |line, stanza| read(line, stanza).map(Some))
    }
}

fn read(line: u32, stanza: &[&str]) -> Result<Package, CatalogError> {
    // Fields of files follow those of the package.
    let end = stanza.iter().position(|line| line.starts_with("F:")).unwrap_or(stanza.len());
    let field = |name: &str| field(line, stanza.get(..end).unwrap_or_default(), name);
    let name = field("P")?.ok_or_else(|| wrong(line, "no package"))?;
    let version = field("V")?.ok_or_else(|| wrong(line, "no version"))?;
    let source = field("o")?.filter(|origin| *origin != name).map(str::to_owned);
    let qualifiers = [("arch", field("A")?.map(str::to_owned)), ("upstream", source)];
    let mut package = package(("apk", Some("alpine")), name, version, qualifiers)?;
    package.licenses = field("L")?.map(str::to_owned).into_iter().collect();
    package.found.insert(Location { line: Some(line), ..Location::at(name, Means::Installed) });
    Ok(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_before_their_files() {
        let path = TreePath::try_from("lib/apk/db/installed").unwrap();
        assert!(APK.wants(&path));
        let parse = |text: &str| APK.read(&FileInput { path: &path, bytes: text.as_bytes() });
        let packages = parse("C:Q1x=\nP:musl\nV:1.2.5-r8\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:x\nV:not a field\n\nP:ssl_client\nV:1.37.0-r9\no:busybox\n").unwrap();
        let purls: Vec<&str> = packages.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(
            purls,
            [
                "pkg:apk/alpine/musl@1.2.5-r8?arch=x86_64",
                "pkg:apk/alpine/ssl_client@1.37.0-r9?upstream=busybox"
            ]
        );
        assert!(packages[0].licenses.contains("MIT"));
        for text in ["V:1\n", "P:a\n", "P:a\nP:b\nV:1\n", "P:a b\nV:1\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
