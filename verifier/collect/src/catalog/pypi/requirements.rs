//! requirements.txt as `uv export`, `pip-compile` and `pip freeze` write it: names with exact versions, and digests.

use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::Requirement;
use super::locked::{Choice, malformed, package, set_file};
use crate::catalog::url::archive;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES};

/// requirements.txt.
pub static REQUIREMENTS: Requirements = Requirements;

/// The cataloger of requirements.txt.
#[derive(Debug)]
pub struct Requirements;

impl Cataloger for Requirements {
    fn id(&self) -> &'static str {
        "python/requirements"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        matches!(path.as_str(), "requirements.txt" | "requirements.lock")
    }

    /// What has no exact version is only asked for.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = str::from_utf8(file.bytes).map_err(|_| malformed("requirements.txt", "not UTF-8"))?;
        let mut packages = Vec::new();
        for (line, text) in logical_lines(text) {
            if packages.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            if let Some(package) = read(packages.len(), &text, line)? {
                packages.push(package);
            }
        }
        Ok(packages)
    }
}

/// Lines with their continuations, without comments, each with the number of its first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = match line.find(" #") {
            _ if line.trim_start().starts_with('#') => "",
            Some(comment) => line.get(..comment).unwrap_or(line),
            None => line,
        };
        let (content, continues) = match line.trim_end().strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line, false),
        };
        let (_, all) =
            open.get_or_insert_with(|| (u32::try_from(number + 1).unwrap_or(u32::MAX), String::new()));
        all.push(' ');
        all.push_str(content.trim());
        if !continues {
            lines.extend(open.take());
        }
    }
    lines.extend(open);
    lines
        .into_iter()
        .map(|(number, line)| (number, line.trim().to_owned()))
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

fn read(at: usize, line: &str, number: u32) -> Result<Option<Package>, CatalogError> {
    let wrong = |what: &str| CatalogError::Line { line: number, what: what.to_owned() };
    if line.starts_with("-r") || line.starts_with("--requirement") {
        return Err(wrong("it includes another file"));
    }
    if line.starts_with("-e") || line.starts_with("--editable") || line.starts_with(['.', '/']) {
        return Err(wrong("a folder, of which it does not say which package it is"));
    }
    if line.starts_with('-') {
        return Ok(None);
    }
    let (wish, options) = line.split_once(" --").unwrap_or((line, ""));
    let wish = Requirement::parse(wish).ok_or_else(|| wrong("not a requirement"))?;
    let digests: Vec<&str> = options.split_whitespace().filter_map(digest).collect();
    let exact = wish.specifier.strip_prefix("===").or_else(|| wish.specifier.strip_prefix("=="));
    let version = exact.map(str::trim).filter(|version| !version.contains([',', '*']));
    let mut package = package(at.to_string(), &wish.name, version, Some(number))?;
    package.markers = wish.marker.iter().cloned().collect();
    package.completeness = Completeness::Unknown;
    // The file is for one purpose, and does not say for which.
    package.scope = Scope::Unstated;
    package.origin = match (version, wish.specifier.strip_prefix("@ ")) {
        (_, Some(address)) if address.starts_with("git+") => {
            let url = address.trim_start_matches("git+");
            let (url, commit) = match url.rsplit_once('@') {
                Some((url, commit)) if !commit.contains('/') => (url, Some(commit.to_owned())),
                _ => (url, None),
            };
            Origin::Git { url: url.to_owned(), commit }
        }
        (_, Some(address)) => archive(address).unwrap_or(Origin::Local { path: None }),
        (Some(_), None) => Origin::Registry { url: None },
        (None, None) => {
            package.requested.insert(wish.requested());
            Origin::Declared
        }
    };
    // Of several files it is open which.
    if let [only] = digests.as_slice() {
        set_file(&mut package, &Choice { name: None, digest: Some(only) })?;
    }
    Ok(Some(package))
}

/// The value of `--hash=…`, the leading hyphens of the first gone.
fn digest(option: &str) -> Option<&str> {
    option.strip_prefix("--").unwrap_or(option).strip_prefix("hash=")
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::inventory::HashAlgorithm;

    use super::*;

    fn parse(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("requirements.txt").unwrap();
        REQUIREMENTS.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn pinned_with_digests_and_markers() {
        let digest = "a".repeat(64);
        let text = format!(
            "# made by a tool\n--index-url https://registry.example/simple\na==1.0.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{digest}\n    # via b\n\n\
             b[x]==2.0 --hash=sha256:{digest} --hash=sha256:{}\nc>=1 # any\nd @ git+https://git.example/d.git@abc\n",
            "b".repeat(64)
        );
        let found = parse(&text).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|p| (p.purl.as_str(), p.hashes.len(), p.found.first().and_then(|at| at.line).unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                ("pkg:pypi/a@1.0.0", 1, 3),
                ("pkg:pypi/b@2.0", 0, 7),
                ("pkg:pypi/c", 0, 8),
                ("pkg:pypi/d", 0, 9)
            ]
        );
        assert_eq!(found[0].hashes[&HashAlgorithm::Sha256], digest);
        assert!(found[0].markers.contains("sys_platform == 'win32'"));
        assert_eq!(found[2].origin, Origin::Declared);
        assert!(matches!(&found[3].origin, Origin::Git { commit: Some(commit), .. } if commit == "abc"));
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        for (text, line) in [("a==1\n-r more.txt\n", 2), ("-e .\n", 1), ("./a.whl\n", 1), ("a b\n", 1)] {
            assert!(matches!(parse(text), Err(CatalogError::Line { line: at, .. }) if at == line), "{text}");
        }
        assert!(matches!(parse("a==1 --hash=sha256:zz\n"), Err(CatalogError::Malformed { .. })));
        assert!(matches!(parse("a==1/../2\n"), Err(CatalogError::Malformed { .. })));
        assert_eq!(parse("").unwrap(), []);
    }
}
