//! vendor/modules.txt: of which modules `go mod vendor` copied packages, in which versions. `go build` takes these copies, and
//! checks that the list agrees with go.mod.

use mcpsign_schemas::inventory::{Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::module;
use crate::catalog::url::is_absolute;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES, Role, opaque};

/// A list of vendored modules.
pub static GO_VENDORED: GoVendored = GoVendored;

/// The cataloger of `vendor/modules.txt`.
#[derive(Debug)]
pub struct GoVendored;

const NAME: &str = "vendor/modules.txt";

impl Cataloger for GoVendored {
    fn id(&self) -> &'static str {
        "go/vendored"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let before = path.as_str().strip_suffix(NAME);
        before.is_some_and(|before| before.is_empty() || before.ends_with('/')) && !opaque::is_aside(path)
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = str::from_utf8(file.bytes).map_err(|_| wrong(0, "not UTF-8"))?;
        read(text, file.path.parent().unwrap_or_default())
    }
}

/// A module as its line names it, and whether a package of it was copied.
struct Listed {
    package: Package,
    is_there: bool,
}

/// The modules of which packages lie in `folder`: the ids are the folders of these.
fn read(text: &str, folder: &str) -> Result<Vec<Package>, CatalogError> {
    let mut modules: Vec<Listed> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
        if let Some(words) = line.strip_prefix("# ") {
            if modules.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            let words: Vec<&str> = words.split_whitespace().collect();
            modules.push(Listed { package: named(&words, number, folder)?, is_there: false });
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            // A package, of the module above it.
            let module = modules.last_mut().ok_or_else(|| wrong(number, "a package of no module"))?;
            module.is_there = true;
        }
    }
    let mut packages: Vec<Package> =
        modules.into_iter().filter(|module| module.is_there).map(|module| module.package).collect();
    packages.sort_by(|a, b| a.id.cmp(&b.id));
    match packages.windows(2).any(|pair| pair[0].id == pair[1].id) {
        true => Err(wrong(0, "a module stands twice")),
        false => Ok(packages),
    }
}

/// The module of a line: what replaces it, and by its own name where that is a folder, as in go.mod.
fn named(words: &[&str], line: u32, folder: &str) -> Result<Package, CatalogError> {
    let (path, version) = match words {
        [path, "=>", ..] => (*path, None),
        [path, version] | [path, version, "=>", ..] => (*path, Some(*version)),
        _ => return Err(wrong(line, "not a module and its version")),
    };
    let after = words.iter().position(|word| *word == "=>").and_then(|at| words.get(at + 1..));
    let id = format!("{folder}/{path}");
    let mut package = match after {
        None => module(id, path, version)?,
        Some([to, version]) => module(id, to, Some(version))?,
        Some([to]) => {
            let local = Origin::Local { path: (!is_absolute(to)).then(|| (*to).to_owned()) };
            Package { origin: local, ..module(id, path, None)? }
        }
        Some(_) => return Err(wrong(line, "not what replaces a module")),
    };
    package.scope = Scope::Unstated;
    package.found.insert(Location { line: Some(line), ..Location::at(path, Means::Installed) });
    Ok(package)
}

fn wrong(line: u32, what: &str) -> CatalogError {
    CatalogError::Line { line, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go 1.26 writes it, of a project with replaced modules and one of which nothing is imported.
    const LIST: &str = "# golang.example/x/sys v0.30.0 => golang.example/fork/sys v0.30.1\n## explicit; go 1.18\n\
        golang.example/x/sys/unix\n# github.example/a v1.2.3\n## explicit\ngithub.example/a\ngithub.example/a/b\n\
        # github.example/c v1.0.0 => ../c\n## explicit; go 1.20\ngithub.example/c\n\
        # github.example/unused v2.0.0+incompatible\n## explicit\n# golang.example/x/sys => golang.example/fork/sys v0.30.1\n";

    #[test]
    fn modules_whose_packages_were_copied() {
        let packages = read(LIST, "vendor").unwrap();
        let shown: Vec<_> = packages
            .iter()
            .map(|p| (p.id.as_str(), p.purl.as_str(), p.found.first().and_then(|at| at.line)))
            .collect();
        assert_eq!(
            shown,
            [
                ("vendor/github.example/a", "pkg:golang/github.example/a@v1.2.3", Some(4)),
                ("vendor/github.example/c", "pkg:golang/github.example/c", Some(8)),
                ("vendor/golang.example/x/sys", "pkg:golang/golang.example/fork/sys@v0.30.1", Some(1)),
            ]
        );
        assert_eq!(packages[1].origin, Origin::Local { path: Some("../c".into()) });
        for text in [
            "a/b\n",
            "# a\na\n",
            "# a v1 v2\na\n",
            "# a v1 => b v1 c\na\n",
            "# a v1\na\n# a v2\na\n",
            "# \u{202e}a v1\na\n",
        ] {
            assert!(read(text, "vendor").is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_list_lies_where_go_looks() {
        let wants = |path: &str| GO_VENDORED.wants(&TreePath::try_from(path).unwrap());
        assert!(wants("vendor/modules.txt") && wants("src/vendor/modules.txt"));
        for path in ["modules.txt", "a-vendor/modules.txt", "a/testdata/vendor/modules.txt"] {
            assert!(!wants(path), "{path}");
        }
    }
}
