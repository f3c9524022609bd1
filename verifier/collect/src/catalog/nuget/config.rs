//! packages.config: what NuGet of old installed, every package with its version.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::{malformed, package, xml};
use crate::catalog::lines::Lines;
use crate::catalog::{CatalogError, Cataloger, FileInput};

/// packages.config.
pub static PACKAGES_CONFIG: PackagesConfig = PackagesConfig;

/// The cataloger of packages.config.
#[derive(Debug)]
pub struct PackagesConfig;

impl Cataloger for PackagesConfig {
    fn id(&self) -> &'static str {
        "dotnet/packages-config"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "packages.config"
    }

    /// All that is installed; who asks for whom does not stand there.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = xml::text(file.bytes, "packages.config")?;
        let document = xml::parse(text, "packages.config")?;
        let root = document.root_element();
        if !root.has_tag_name("packages") {
            return Err(malformed("packages.config", "no `packages`"));
        }
        let lines = Lines::of(text);
        let listed = root.children().filter(|node| node.has_tag_name("package")).enumerate();
        let each = listed.map(|(number, node)| {
            let name = node.attribute("id").ok_or_else(|| malformed("package", "no `id`"))?;
            let version = node.attribute("version").ok_or_else(|| malformed(name, "no version"))?;
            let mut found = package(format!("{name} {number}"), name, Some(version))?;
            found.scope = match node.attribute("developmentDependency") {
                Some(text) if text.eq_ignore_ascii_case("true") => Scope::Development,
                _ => Scope::Required,
            };
            found.origin = Origin::Registry { url: None };
            found.completeness = Completeness::Unknown;
            let line = lines.at(node.range().start);
            found.found.insert(Location { line, ..Location::at(name, Means::Lockfile) });
            Ok(found)
        });
        each.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("packages.config").unwrap();
        PACKAGES_CONFIG.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn every_package_has_its_version() {
        let packages = read(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<packages>\n  \
             <package id=\"Newtonsoft.Json\" version=\"13.0.1\" targetFramework=\"net472\" />\n  \
             <package id=\"StyleCop\" version=\"1.1.118\" developmentDependency=\"true\" />\n</packages>\n",
        );
        let found: Vec<_> = packages.as_ref().unwrap().iter().map(|p| (p.purl.as_str(), p.scope)).collect();
        assert_eq!(
            found,
            [
                ("pkg:nuget/Newtonsoft.Json@13.0.1", Scope::Required),
                ("pkg:nuget/StyleCop@1.1.118", Scope::Development),
            ]
        );
        assert_eq!(packages.unwrap()[1].found.first().and_then(|at| at.line), Some(4));
        assert_eq!(read("<packages/>").unwrap(), []);
    }

    #[test]
    fn half_a_list_is_none() {
        for text in [
            "",
            "<configuration/>",
            "<packages><package id=\"a\"/></packages>",
            "<packages><package version=\"1\"/></packages>",
            "<packages><package id=\"a b\" version=\"1\"/></packages>",
            "<packages><package id=\"a\" version=\"1/2\"/></packages>",
            "<packages>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
