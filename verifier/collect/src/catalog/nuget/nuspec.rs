//! NAME.nuspec: what a package of NuGet says of itself.

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use roxmltree::Node;

use super::{malformed, package, xml};
use crate::catalog::lines::Lines;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// NAME.nuspec.
pub static NUSPEC: Nuspec = Nuspec;

/// The cataloger of NAME.nuspec.
#[derive(Debug)]
pub struct Nuspec;

impl Cataloger for Nuspec {
    fn id(&self) -> &'static str {
        "dotnet/nuspec"
    }

    /// At the root alone, where NuGet packs it.
    fn wants(&self, path: &TreePath) -> bool {
        let name = path.as_str().strip_suffix(".nuspec");
        name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    /// Nothing in one that a build has yet to fill in.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = xml::text(file.bytes, "nuspec")?;
        let document = xml::parse(text, "nuspec")?;
        let metadata = child(document.root_element(), "metadata");
        let metadata = metadata.ok_or_else(|| malformed("nuspec", "no `metadata`"))?;
        let (id, version) = (text_of(metadata, "id")?, text_of(metadata, "version")?);
        if [id, version].iter().any(|text| text.contains('$')) {
            return Ok(Vec::new());
        }
        let lines = Lines::of(text);
        let line = |node: Node<'_, '_>| lines.at(node.range().start);
        let mut packages = Vec::new();
        let wishes = child(metadata, "dependencies").into_iter().flat_map(|all| all.descendants());
        for (number, wish) in wishes.filter(|node| node.has_tag_name("dependency")).enumerate() {
            let name = wish.attribute("id").ok_or_else(|| malformed("dependency", "no `id`"))?;
            let range = wish.attribute("version").unwrap_or("*");
            // Those of one framework stand in a group.
            let framework = wish.parent().and_then(|group| group.attribute("targetFramework"));
            let mut found = package(format!("{name} {number}"), name, None)?;
            found.requested.insert(match framework {
                Some(framework) => format!("{} [{}]", shown(range)?, shown(framework)?),
                None => shown(range)?.to_owned(),
            });
            found.origin = Origin::Declared;
            found.direct = true;
            found.found.insert(Location { line: line(wish), ..Location::at(name, Means::Manifest) });
            packages.push(found);
        }
        let mut root = package(String::new(), id, Some(version))?;
        root.licenses = license(metadata).into_iter().collect();
        root.scope = Scope::Required;
        root.origin = Origin::Root;
        root.dependencies = packages.iter().map(|package| package.id.clone()).collect::<BTreeSet<_>>();
        root.completeness =
            if packages.is_empty() { Completeness::Complete } else { Completeness::Incomplete };
        root.found.insert(Location { line: line(metadata), ..Location::at("metadata", Means::Manifest) });
        packages.push(root);
        Ok(packages)
    }
}

/// In whatever version of the format's name space.
fn child<'d, 'i>(node: Node<'d, 'i>, name: &str) -> Option<Node<'d, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn text_of<'d>(metadata: Node<'d, '_>, name: &'static str) -> Result<&'d str, CatalogError> {
    let mut all = metadata.children().filter(|child| child.has_tag_name(name));
    let text = all.next().and_then(|node| node.text()).map(str::trim).filter(|text| !text.is_empty());
    match (text, all.next()) {
        (Some(text), None) => Ok(text),
        (_, Some(_)) => Err(malformed(name, "it stands twice")),
        (None, None) => Err(malformed(name, "it is missing")),
    }
}

/// The expression. Others name a file, or an address.
fn license(metadata: Node<'_, '_>) -> Option<String> {
    let node = child(metadata, "license").filter(|node| node.attribute("type") == Some("expression"))?;
    node.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A range or a framework.
fn shown(text: &str) -> Result<&str, CatalogError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"[](),.*+-_ ".contains(&b);
    if text.bytes().all(fits) { Ok(text) } else { Err(malformed(text, "not a range of versions")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUSPEC_TEXT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata minClientVersion="2.12">
    <id>Acme.Notes.Mcp</id>
    <version>1.4.0</version>
    <license type="expression">MIT</license>
    <dependencies>
      <group targetFramework="net8.0">
        <dependency id="ModelContextProtocol" version="[0.4.0, )" exclude="Build" />
      </group>
    </dependencies>
  </metadata>
</package>"#;

    fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("Acme.Notes.Mcp.nuspec").unwrap();
        assert!(NUSPEC.wants(&path));
        NUSPEC.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn a_package_and_what_it_asks_for() {
        let packages = read(NUSPEC_TEXT).unwrap();
        let [wish, root] = packages.as_slice() else { panic!("{packages:?}") };
        assert_eq!(root.purl, "pkg:nuget/Acme.Notes.Mcp@1.4.0");
        assert!(root.licenses.contains("MIT") && root.dependencies.contains(&wish.id));
        assert_eq!(wish.purl, "pkg:nuget/ModelContextProtocol");
        assert!(wish.requested.contains("[0.4.0, ) [net8.0]"), "{:?}", wish.requested);
        assert_eq!(wish.found.first().and_then(|at| at.line), Some(9));
        assert_eq!(read(&NUSPEC_TEXT.replace("1.4.0", "$version$")).unwrap(), []);
    }

    #[test]
    fn what_nuget_does_not_write_is_refused() {
        for text in [
            "",
            "<package/>",
            &NUSPEC_TEXT.replace("<id>Acme.Notes.Mcp</id>", ""),
            &NUSPEC_TEXT.replace("<version>", "<version>1</version><version>"),
            &NUSPEC_TEXT.replace("Acme.Notes.Mcp", "../a"),
            &NUSPEC_TEXT.replace("[0.4.0, )", "\u{202e}"),
            &NUSPEC_TEXT.replace("<package ", "<!DOCTYPE package [<!ENTITY a \"b\">]><package "),
            &NUSPEC_TEXT.replace(
                "<dependencies>",
                &format!("<dependencies>{}", "<a/>".repeat(xml::MAX_NODES as usize)),
            ),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
