//! go.mod: since Go 1.17 every module that a build needs, in the one version that counts.

use std::collections::HashMap;

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::{module, words};
use crate::catalog::url::is_absolute;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES};

/// go.mod.
pub static GO_MOD: GoMod = GoMod;

/// The cataloger of go.mod.
#[derive(Debug)]
pub struct GoMod;

impl Cataloger for GoMod {
    fn id(&self) -> &'static str {
        "go/mod"
    }

    /// At the root alone, as with npm's lock files.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "go.mod"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = str::from_utf8(file.bytes).map_err(|_| wrong(0, "not UTF-8"))?;
        read(text)
    }
}

#[derive(Default)]
struct Found<'t> {
    name: Option<(u32, &'t str)>,
    /// Whether indirect requirements are all listed.
    lists_all: bool,
    required: Vec<(u32, &'t str, &'t str, bool)>,
    /// By path, and by version where only one is replaced.
    replaced: HashMap<Module<'t>, Module<'t>>,
}

/// A module's path, and its version where it has one.
type Module<'t> = (&'t str, Option<&'t str>);

fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
    let mut found = Found::default();
    let mut block: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let words = words(line);
        let comment = line.split_once("//").map(|(_, comment)| comment.trim());
        let indirect = comment.is_some_and(|text| text == "indirect" || text.starts_with("indirect;"));
        match (words.as_slice(), block) {
            ([], _) => {}
            ([")"], Some(_)) => block = None,
            ([directive, "("], None) => block = Some(directive),
            ([directive, rest @ ..], None) => found.line(number, directive, rest, indirect)?,
            (rest, Some(directive)) => found.line(number, directive, rest, indirect)?,
        }
    }
    if block.is_some() {
        return Err(wrong(0, "a block does not end"));
    }
    found.packages()
}

impl<'t> Found<'t> {
    fn line(
        &mut self,
        number: u32,
        directive: &str,
        words: &[&'t str],
        indirect: bool,
    ) -> Result<(), CatalogError> {
        match (directive, words) {
            ("module", [name]) => self.name = Some((number, name)),
            ("go", [version]) => {
                let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
                self.lists_all =
                    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) >= (1, 17);
            }
            ("require", [path, version]) => {
                if self.required.len() == MAX_PACKAGES {
                    return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
                }
                self.required.push((number, path, version, indirect));
            }
            ("replace", [path, "=>", to]) => _ = self.replaced.insert((path, None), (to, None)),
            ("replace", [path, "=>", to, version]) => {
                self.replaced.insert((path, None), (to, Some(version)));
            }
            ("replace", [path, of, "=>", to]) => _ = self.replaced.insert((path, Some(of)), (to, None)),
            ("replace", [path, of, "=>", to, version]) => {
                self.replaced.insert((path, Some(of)), (to, Some(version)));
            }
            ("exclude" | "retract" | "toolchain" | "godebug" | "tool" | "ignore", _) => {}
            _ => return Err(wrong(number, "a directive that is not known")),
        }
        Ok(())
    }

    fn packages(self) -> Result<Vec<Package>, CatalogError> {
        let (line_of_name, name) = self.name.ok_or_else(|| wrong(0, "no module"))?;
        let mut packages = Vec::with_capacity(self.required.len() + 1);
        for (line, path, version, indirect) in &self.required {
            let replaced =
                self.replaced.get(&(path, Some(version))).or_else(|| self.replaced.get(&(path, None)));
            let (to, to_version) = replaced.copied().unwrap_or((path, Some(version)));
            // A folder must call itself what it stands for.
            let named = if to_version.is_none() { path } else { to };
            let mut package = module((*path).to_owned(), named, to_version)?;
            if to_version.is_none() {
                package.origin = Origin::Local { path: (!is_absolute(to)).then(|| to.to_owned()) };
            }
            package.scope = Scope::Required;
            package.direct = !indirect;
            package.found.insert(Location { line: Some(*line), ..Location::at(*path, Means::Lockfile) });
            packages.push(package);
        }
        let mut root = module(String::new(), name, None)?;
        root.origin = Origin::Root;
        // Who asks for the indirect ones the file does not say: the project, in the end.
        root.dependencies = packages.iter().map(|package| package.id.clone()).collect();
        root.completeness = if self.lists_all { Completeness::Complete } else { Completeness::Incomplete };
        root.found.insert(Location { line: Some(line_of_name), ..Location::at("module", Means::Lockfile) });
        packages.push(root);
        let mut ids: Vec<&str> = packages.iter().map(|package| package.id.as_str()).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(_) => Err(wrong(0, "a module is required twice")),
            None => Ok(packages),
        }
    }
}

fn wrong(line: u32, what: &str) -> CatalogError {
    CatalogError::Line { line, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_and_replacements() {
        let text = "module github.example/acme/notes // ours\n\ngo 1.23.0\n\ntoolchain go1.24.1\n\nrequire (\n\
            \tgithub.example/mark3/mcp-go v0.40.0\n\tgolang.example/x/sys v0.30.0 // indirect; for x\n)\nrequire github.example/old/a v1.0.0\n\
            replace github.example/old/a => ../a\nreplace golang.example/x/sys v0.30.0 => golang.example/fork/sys v0.30.1\n\
            exclude github.example/b v1.0.0\n";
        let packages = read(text).unwrap();
        let shown: Vec<_> = packages
            .iter()
            .map(|p| (p.purl.as_str(), p.direct, p.found.first().and_then(|at| at.line)))
            .collect();
        assert_eq!(
            shown,
            [
                ("pkg:golang/github.example/mark3/mcp-go@v0.40.0", true, Some(8)),
                ("pkg:golang/golang.example/fork/sys@v0.30.1", false, Some(9)),
                ("pkg:golang/github.example/old/a", true, Some(11)),
                ("pkg:golang/github.example/acme/notes", false, Some(1)),
            ]
        );
        assert_eq!(packages[3].completeness, Completeness::Complete);
        assert_eq!(packages[2].origin, Origin::Local { path: Some("../a".into()) });
        let raw = text.replace("\tgithub.example/mark3/mcp-go ", "\t`github.example/mark3/mcp-go` ");
        assert_eq!(read(&raw).unwrap()[0].purl, packages[0].purl);
        assert_eq!(read(&text.replace("1.23.0", "1.16")).unwrap()[3].completeness, Completeness::Incomplete);
    }

    #[test]
    fn folders_of_one_machine_are_named_by_what_they_replace() {
        for to in ["/home/me/a", "C:\\me\\a"] {
            let text =
                format!("module a\ngo 1.23\nrequire b.example/b v1.0.0\nreplace b.example/b => {to}\n");
            let packages = read(&text).unwrap();
            assert_eq!(packages[0].purl, "pkg:golang/b.example/b");
            assert_eq!(packages[0].origin, Origin::Local { path: None });
        }
    }

    #[test]
    fn what_go_does_not_write_is_refused() {
        for text in [
            "",
            "module a\nrequire (\n",
            "module a\nstrange b\n",
            "module a\nrequire b\n",
            "module a\nrequire b c d\n",
            "module a\nrequire b v1\nrequire b v1\n",
            "module \u{202e}a\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
