//! Pipfile: what a project of pipenv asks for.

use std::collections::BTreeMap;

use mcpsign_schemas::inventory::{Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::Requirement;
use super::locked::{malformed, text};
use crate::catalog::lines::Lines;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// Pipfile.
pub static PIPFILE: Pipfile = Pipfile;

/// The cataloger of Pipfile.
#[derive(Debug)]
pub struct Pipfile;

/// What the project runs with.
const RUNS: &str = "packages";

/// Tables that ask for nothing, or for what the project is developed with. Any other is a category that is installed where it is
/// asked for.
const OTHERS: [&str; 6] = [RUNS, "source", "requires", "scripts", "pipenv", "dev-packages"];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    packages: BTreeMap<Spanned<String>, Value>,
}

impl Cataloger for Pipfile {
    fn id(&self) -> &'static str {
        "python/pipfile"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "Pipfile"
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    /// Of the project itself the file has no name.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = text(file.bytes, "Pipfile")?;
        let wrong = |_| malformed("Pipfile", "not of pipenv's form");
        let own: File = toml::from_str(text).map_err(wrong)?;
        let all: Table = toml::from_str(text).map_err(wrong)?;
        let lines = Lines::of(text);
        let required = own.packages.iter().map(|(name, how)| {
            let line = lines.at(name.span().start);
            package(RUNS, name.get_ref(), how, (Scope::Required, line))
        });
        let categories = all.iter().filter(|(category, _)| !OTHERS.contains(&category.as_str()));
        let optional = categories.flat_map(|(category, wishes)| {
            let wishes = wishes.as_table().into_iter().flatten();
            wishes.map(move |(name, how)| package(category, name, how, (Scope::Optional, None)))
        });
        required.chain(optional).collect()
    }
}

fn package(
    category: &str,
    name: &str,
    how: &Value,
    (scope, line): (Scope, Option<u32>),
) -> Result<Package, CatalogError> {
    let wish = Requirement::of_tool(name, how).ok_or_else(|| malformed(name, "not a requirement"))?;
    let purl = wish.purl().map_err(|source| CatalogError::Package { at: escape(name), source })?;
    let mut package = Package::new(format!("{category} {name}"), purl.to_string(), name);
    package.requested.insert(wish.requested());
    package.markers = wish.marker.into_iter().collect();
    package.scope = scope;
    package.origin = Origin::Declared;
    package.direct = true;
    package.found.insert(Location { line, ..Location::at(name, Means::Manifest) });
    Ok(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("Pipfile").unwrap();
        PIPFILE.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn what_a_project_asks_for() {
        let found = read(
            "[[source]]\nurl = \"https://registry.example/simple\"\nname = \"own\"\n\
             [packages]\nflask = \"*\"\nRequests = {version = \">=2\", extras = [\"socks\"], markers = \"os_name == 'nt'\"}\n\
             mine = {git = \"https://u:S3CRET@git.example/u/mine.git\", ref = \"v1\"}\nfar = {file = \"https://x.example/far.zip\"}\n\
             near = {path = \"./near\", editable = true}\n[dev-packages]\npytest = \"*\"\n[docs]\nsphinx = \"==7.0\"\n\
             [requires]\npython_version = \"3.12\"\n[scripts]\nrun = \"python -m x\"\n",
        );
        let found = found.unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|p| {
                (
                    p.purl.as_str(),
                    p.requested.first().unwrap().as_str(),
                    p.scope,
                    p.found.first().unwrap().line,
                )
            })
            .collect();
        let git = "pkg:pypi/mine?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fu%2Fmine.git%40v1";
        let (required, optional) = (Scope::Required, Scope::Optional);
        assert_eq!(
            told,
            [
                ("pkg:pypi/requests", "[socks] >=2 ; os_name == 'nt'", required, Some(6)),
                (
                    "pkg:pypi/far?download_url=https:%2F%2Fx.example%2Ffar.zip",
                    "@ https://x.example/far.zip",
                    required,
                    Some(8)
                ),
                ("pkg:pypi/flask", "*", required, Some(5)),
                (git, "@ git+https://git.example/u/mine.git@v1", required, Some(7)),
                ("pkg:pypi/near?download_url=(unreadable)", "@ (an address)", required, Some(9)),
                ("pkg:pypi/sphinx", "==7.0", optional, None),
            ]
        );
        assert_eq!(read("[[source]]\nurl = \"x\"\n").unwrap(), []);
        assert!(read("[packages]\n\"a b\" = \"*\"\n").is_err() && read("packages = 1\n").is_err());
    }
}
