//! dpkg's status: one file, or in images without a package manager one for each package.

use mcpsign_schemas::inventory::{Location, Means, Package};
use mcpsign_schemas::tree::TreePath;

use super::{field, package, packages, wrong};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// What dpkg installed.
pub static DPKG: Dpkg = Dpkg;

/// The cataloger of `var/lib/dpkg/status` and of `status.d`.
#[derive(Debug)]
pub struct Dpkg;

impl Cataloger for Dpkg {
    fn id(&self) -> &'static str {
        "os/dpkg"
    }

    fn wants(&self, path: &TreePath) -> bool {
        match path.as_str().strip_prefix("var/lib/dpkg/") {
            Some("status") => true,
            Some(rest) => rest
                .strip_prefix("status.d/")
                .is_some_and(|name| !name.contains('/') && !name.ends_with(".md5sums")),
            None => false,
        }
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        packages(file.bytes, read)
    }
}

/// Whether a status says that none of a package's files are there, apart from its configuration. In every other state dpkg has
/// unpacked some.
fn is_gone(status: &str) -> bool {
    matches!(status.split_ascii_whitespace().next_back(), Some("not-installed" | "config-files"))
}

/// `None` for what is no longer installed.
fn read(line: u32, stanza: &[&str]) -> Result<Option<Package>, CatalogError> {
    let field = |name: &str| field(line, stanza, name);
    if field("Status")?.is_some_and(is_gone) {
        return Ok(None);
    }
    let name = field("Package")?.ok_or_else(|| wrong(line, "no package"))?;
    let version = match field("Version")? {
        Some(version) => version,
        // dpkg writes none while it unpacks a package for the first time.
        None if field("Status")?.is_some_and(|status| status.ends_with("half-installed")) => return Ok(None),
        None => return Err(wrong(line, "no version")),
    };
    // `name (version)` where the source's is another version.
    let source = field("Source")?.map(|source| match source.split_once(" (") {
        Some((name, version)) => format!("{name}@{}", version.trim_end_matches(')')),
        None => source.to_owned(),
    });
    let qualifiers = [("arch", field("Architecture")?.map(str::to_owned)), ("upstream", source)];
    let mut package = package(("deb", Some("debian")), name, version, qualifiers)?;
    package.found.insert(Location { line: Some(line), ..Location::at(name, Means::Installed) });
    Ok(Some(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<String>, CatalogError> {
        let path = TreePath::try_from("var/lib/dpkg/status").unwrap();
        let packages = DPKG.read(&FileInput { path: &path, bytes: text.as_bytes() })?;
        Ok(packages.into_iter().map(|package| package.purl).collect())
    }

    #[test]
    fn what_is_unpacked_counts_whatever_dpkg_has_still_to_do() {
        for (state, is_there) in [
            ("install ok unpacked", true),
            ("install ok half-configured", true),
            ("install ok triggers-awaited", true),
            ("install ok triggers-pending", true),
            ("install reinstreq half-installed", true),
            ("hold ok installed", true),
            ("deinstall ok installed", true),
            ("install ok Installed", true),
            ("purge ok not-installed", false),
            ("deinstall ok config-files", false),
        ] {
            let found = parse(&format!("Package: a\nStatus: {state}\nVersion: 1\n")).unwrap();
            assert_eq!(found.len(), usize::from(is_there), "{state}");
        }
    }

    /// A package that is being unpacked for the first time has no version yet, and takes nothing from the others.
    #[test]
    fn what_has_no_version_yet_hides_no_other_package() {
        let text = "Package: a\nStatus: install reinstreq half-installed\n\nPackage: b\nStatus: install ok installed\nVersion: 1\n";
        let path = TreePath::try_from("var/lib/dpkg/status").unwrap();
        let found = DPKG.read(&FileInput { path: &path, bytes: text.as_bytes() }).unwrap();
        assert_eq!(found.len(), 1);
        let nameless = text.replace("half-installed", "installed");
        assert!(DPKG.read(&FileInput { path: &path, bytes: nameless.as_bytes() }).is_err());
    }

    #[test]
    fn what_is_installed_counts() {
        let text = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u1\n\
            Description: GNU C Library\n Package: not a field\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
            Package: tzdata\nVersion: 2026a-0+deb12u1\n";
        assert_eq!(
            parse(text).unwrap(),
            [
                "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&upstream=glibc%402.36-9",
                "pkg:deb/debian/tzdata@2026a-0%2Bdeb12u1"
            ]
        );
        for text in [
            "Version: 1\n",
            "Package: a\n",
            "Package: a\nVersion: 1\nVersion: 2\n",
            "Package: a/../b\nVersion: 1\n",
            "Package: a\nVersion: 1\u{1b}\n",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        let wants = |path: &str| DPKG.wants(&TreePath::try_from(path).unwrap());
        assert!(wants("var/lib/dpkg/status.d/base") && !wants("var/lib/dpkg/status.d/base.md5sums"));
        assert!(!wants("app/var/lib/dpkg/status") && !wants("var/lib/dpkg/status-old"));
    }
}
