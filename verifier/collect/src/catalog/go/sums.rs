//! go.sum: modules whose content was ever needed; more than a build takes, where no go.mod says which.

use mcpsign_schemas::inventory::{Location, Means, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::module;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES};

/// go.sum.
pub static GO_SUM: GoSum = GoSum;

/// The cataloger of go.sum.
#[derive(Debug)]
pub struct GoSum;

impl Cataloger for GoSum {
    fn id(&self) -> &'static str {
        "go/sum"
    }

    /// At the root alone, as with npm's lock files.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "go.sum"
    }

    /// Its digests are of lists of files, not of files: none is stated.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let wrong = |line, what: &str| CatalogError::Line { line, what: what.to_owned() };
        let text = str::from_utf8(file.bytes).map_err(|_| wrong(0, "not UTF-8"))?;
        let mut packages: Vec<Package> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
            let words: Vec<&str> = line.split_whitespace().collect();
            let [path, version, digest] = words.as_slice() else {
                return Err(wrong(number, "not a module, a version and a digest"));
            };
            if !digest.starts_with("h1:") {
                return Err(wrong(number, "a digest that is not known"));
            }
            // Of those only go.mod was needed, to choose among versions.
            if version.ends_with("/go.mod") {
                continue;
            }
            if packages.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            let mut package = module(format!("{path} {version} {number}"), path, Some(version))?;
            package.scope = Scope::Unstated;
            package.found.insert(Location { line: Some(number), ..Location::at(*path, Means::Lockfile) });
            packages.push(package);
        }
        Ok(packages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, CatalogError> {
        let path = TreePath::try_from("go.sum").unwrap();
        let packages = GO_SUM.read(&FileInput { path: &path, bytes: text.as_bytes() })?;
        Ok(packages.into_iter().map(|package| package.purl).collect())
    }

    #[test]
    fn modules_whose_content_was_needed() {
        let text = "github.example/a v1.0.0 h1:x=\ngithub.example/a v1.0.0/go.mod h1:y=\ngithub.example/b v0.1.0/go.mod h1:z=\n";
        assert_eq!(read(text).unwrap(), ["pkg:golang/github.example/a@v1.0.0"]);
        for text in [
            "a v1.0.0/go.1:mod h1:x\n",
            "a v1:0 h1:x\n",
            "a v1.0.0\n",
            "a v1.0.0 h2:x\n",
            "../a b v1.0.0 h1:x\n",
            "a\u{202e} v1.0.0 h1:x\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
