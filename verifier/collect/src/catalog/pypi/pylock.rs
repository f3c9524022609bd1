//! pylock.toml (PEP 751): what one resolution came to; and how one is written from pip's report of an installation.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::{escape, is_deceptive};
use serde::Deserialize;
use toml::Spanned;

use super::locked::{self, Choice, Names, only, set_files, set_index, set_origin};
use super::{Requirement, normalized};
use crate::catalog::lines::Lines;
use crate::catalog::url::without_credentials;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_EDGES, TOO_MANY_EDGES};

/// Packages of one file at the most.
const MAX_PACKAGES: usize = 20_000;
/// Bytes of pip's report at the most: it has every description in it.
const MAX_REPORT: usize = 64 << 20;

/// pylock.toml.
pub static PYLOCK: Pylock = Pylock;

/// The cataloger of pylock.toml.
#[derive(Debug)]
pub struct Pylock;

impl Cataloger for Pylock {
    fn id(&self) -> &'static str {
        "python/pylock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "pylock.toml"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        read(file.bytes)
    }
}

/// Of the file what an inventory needs; PEP 751 has more, and lets tools add to it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock {
    lock_version: String,
    #[serde(default)]
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: Option<String>,
    marker: Option<String>,
    index: Option<String>,
    dependencies: Option<Vec<Reference>>,
    #[serde(default)]
    wheels: Vec<File>,
    sdist: Option<File>,
    archive: Option<File>,
    vcs: Option<Repository>,
    directory: Option<Directory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Repository {
    url: Option<String>,
    commit_id: String,
}

#[derive(Deserialize)]
struct Directory {
    path: String,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct File {
    name: Option<String>,
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

fn read(bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    let text = locked::text(bytes, "pylock.toml")?;
    let lock: Lock = toml::from_str(text).map_err(|_| malformed("pylock.toml", "not of PEP 751's form"))?;
    if !lock.lock_version.starts_with("1.") {
        let hint = "a newer mcpsign may read it";
        return Err(CatalogError::Version { found: escape(&lock.lock_version), known: "1", hint });
    }
    if lock.packages.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let mut packages = Vec::with_capacity(lock.packages.len());
    let mut seen = HashSet::new();
    let names = Names::of(lock.packages.iter().map(|entry| entry.name.get_ref().as_str()));
    let lines = Lines::of(text);
    // Who asks for whom not every tool writes down.
    let is_told = lock.packages.iter().any(|entry| entry.dependencies.is_some());
    let completeness = if is_told { Completeness::Complete } else { Completeness::Unknown };
    let mut edges = 0;
    for (at, entry) in lock.packages.iter().enumerate() {
        let name = entry.name.get_ref();
        // For several platforms a package may stand there several times, from one index or another.
        let told = (normalized(name), &entry.version, &entry.marker, &entry.index);
        if entry.vcs.is_none() && !seen.insert(told) {
            return Err(malformed(name, "the package stands twice"));
        }
        let line = lines.at(entry.name.span().start);
        let mut package = package(at, entry, line)?;
        package.completeness = completeness;
        link(&mut package, entry, (&lock.packages, &names), &mut edges)?;
        packages.push(package);
    }
    Ok(packages)
}

fn package(at: usize, entry: &Entry, line: Option<u32>) -> Result<Package, CatalogError> {
    let name = entry.name.get_ref();
    let mut package = locked::package(at.to_string(), name, entry.version.as_deref(), line)?;
    let files: Vec<Choice<'_>> = entry
        .wheels
        .iter()
        .chain(&entry.sdist)
        .chain(&entry.archive)
        .map(|file| Choice {
            name: file.name.as_deref().or(file.url.as_deref()).or(file.path.as_deref()),
            url: file.url.as_deref(),
            digest: None,
            digests: Some(&file.hashes),
        })
        .collect();
    set_files(&mut package, &files)?;
    let only = only(&files);
    let url = only.and_then(|file| file.name).and_then(without_credentials);
    let origin = match (&entry.vcs, &entry.directory, &entry.archive, url) {
        (Some(repository), ..) => {
            let url = repository.url.as_deref().and_then(without_credentials);
            Origin::Git {
                url: url.unwrap_or_else(|| "git:".to_owned()),
                commit: Some(repository.commit_id.clone()),
            }
        }
        (_, Some(Directory { path }), ..) if path == "." => Origin::Root,
        (_, Some(Directory { path }), ..) => Origin::Local { path: Some(path.clone()) },
        (_, _, Some(_), Some(url)) => Origin::Archive { url },
        // A file beside the lock file.
        (_, _, Some(_), None) => Origin::Local { path: None },
        (.., url) => Origin::Registry { url },
    };
    set_origin(&mut package, origin)?;
    if let Some(index) = &entry.index {
        set_index(&mut package, index)?;
    }
    package.scope = Scope::Required;
    package.markers = locked::markers(name, entry.marker.as_deref().into_iter())?;
    Ok(package)
}

/// Lets `package` ask for others. Of one name there may be as many as there are packages: `edges` counts all that are looked at.
fn link(
    package: &mut Package,
    entry: &Entry,
    (all, names): (&[Entry], &Names),
    edges: &mut usize,
) -> Result<(), CatalogError> {
    for reference in entry.dependencies.iter().flatten() {
        let fits = |other: &&Entry| {
            reference.version.as_ref().is_none_or(|version| other.version.as_ref() == Some(version))
        };
        let called = names.called(&reference.name);
        *edges += called.len();
        if *edges > MAX_EDGES {
            return Err(TOO_MANY_EDGES);
        }
        let fitting = called.iter().filter(|at| all.get(**at).is_some_and(|other| fits(&other)));
        let known = package.dependencies.len();
        package.dependencies.extend(fitting.map(ToString::to_string));
        if package.dependencies.len() == known {
            package.completeness = Completeness::Incomplete;
        }
    }
    Ok(())
}

/// Writes what `pip install --report` says as a pylock.toml: every package with the digest of the file that was
/// installed, without host names of files that lay on this machine. `local` is the file name of the one that did.
///
/// # Errors
/// When it is not such a report, or a package has no digest.
pub fn lock_of_report(report: &[u8], local: &str) -> Result<String, CatalogError> {
    let json = Json::parse(report, Limits::bytes(MAX_REPORT))?;
    let installed = json.get("install").and_then(Json::as_array);
    let installed = installed.ok_or_else(|| malformed("install", "not a list"))?;
    let mut entries = BTreeMap::new();
    for one in installed {
        let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let metadata =
            one.get("metadata").ok_or_else(|| malformed("install", "a package has no metadata"))?;
        let name = text(metadata, "name").ok_or_else(|| malformed("install", "a package has no name"))?;
        let version =
            text(metadata, "version").ok_or_else(|| malformed(&name, "the package has no version"))?;
        let info = one.get("download_info").ok_or_else(|| malformed(&name, "it says not where from"))?;
        let hash = info.get("archive_info").and_then(|archive| archive.get("hashes"));
        let sha256 = hash.and_then(|hashes| text(hashes, "sha256"));
        let sha256: Sha256Digest = sha256
            .and_then(|hex| hex.parse().ok())
            .ok_or_else(|| malformed(&name, "no SHA-256 of what was installed"))?;
        let url = text(info, "url").and_then(|url| without_credentials(&url)).unwrap_or_default();
        let wishes = metadata.get("requires_dist").and_then(Json::as_array).unwrap_or_default();
        // What the marker of an extra asks for is there only if somebody asked for the extra; nobody says who.
        let wishes = wishes
            .iter()
            .filter_map(|wish| Requirement::parse(wish.as_str()?))
            .filter(|wish| !wish.is_extra())
            .map(|wish| normalized(&wish.name));
        entries.insert(normalized(&name), (version, sha256, url, wishes.collect::<BTreeSet<_>>()));
    }
    let mut lock = String::from("lock-version = \"1.0\"\ncreated-by = \"mcpsign\"\n");
    for (name, (version, sha256, url, wishes)) in &entries {
        let place = if url.is_empty() {
            format!("path = {}", quoted(local))
        } else {
            format!("url = {}", quoted(url))
        };
        // Of a requirement whose marker did not hold here nothing was installed.
        let there: Vec<String> = wishes
            .iter()
            .filter(|wish| entries.contains_key(*wish))
            .map(|wish| format!("{{ name = {} }}", quoted(wish)))
            .collect();
        let kind = if url.ends_with(".tar.gz") || (url.is_empty() && !local.ends_with(".whl")) {
            format!("sdist = {{ {place}, hashes = {{ sha256 = \"{sha256}\" }} }}")
        } else {
            format!("wheels = [{{ {place}, hashes = {{ sha256 = \"{sha256}\" }} }}]")
        };
        // Writing to a string does not fail.
        let _ = write!(
            lock,
            "\n[[packages]]\nname = {}\nversion = {}\ndependencies = [{}]\n{kind}\n",
            quoted(name),
            quoted(version),
            there.join(", "),
        );
    }
    Ok(lock)
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if is_deceptive(c) || c.is_control() => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(at), what }
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::inventory::HashAlgorithm;

    use super::*;

    const REPORT: &str = r#"{"version":"1","install":[
        {"download_info":{"url":"file:///tmp/x/a_b-1.0-py3-none-any.whl","archive_info":{"hashes":{"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}},
         "metadata":{"name":"A_b","version":"1.0","requires_dist":["Dep.x>=1","win; sys_platform=='win32'","dev; extra == 'dev'"]}},
        {"download_info":{"url":"https://u:p@files.example/dep_x-2-py3-none-any.whl","archive_info":{"hashes":{"sha256":"486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"}}},
         "metadata":{"name":"dep-x","version":"2","requires_dist":[]}}]}"#;

    #[test]
    fn a_report_becomes_a_lock_that_is_read_back() {
        let lock = lock_of_report(REPORT.as_bytes(), "a_b-1.0-py3-none-any.whl").unwrap();
        assert!(!lock.contains("u:p") && !lock.contains("/tmp/x"), "{lock}");
        let packages = read(lock.as_bytes()).unwrap();
        let names: Vec<&str> = packages.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(names, ["pkg:pypi/a-b@1.0", "pkg:pypi/dep-x@2"]);
        let [ours, dep] = packages.as_slice() else { panic!() };
        assert_eq!(ours.dependencies, BTreeSet::from([dep.id.clone()]));
        assert_eq!(ours.completeness, Completeness::Complete);
        assert_eq!(
            dep.origin,
            Origin::Registry { url: Some("https://files.example/dep_x-2-py3-none-any.whl".into()) }
        );
        assert!(dep.hashes[&HashAlgorithm::Sha256].starts_with("486ea462"));
    }

    #[test]
    fn half_a_lock_is_none() {
        for bad in [
            "",
            "lock-version = \"2.0\"",
            "lock-version = \"1.0\"\n[[packages]]\nname = \"a/b\"",
            "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n[[packages]]\nname = \"A\"",
            "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nsdist = { hashes = { sha256 = \"zz\" } }",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in ["{}", r#"{"install":[{}]}"#, &REPORT.replace("sha256", "md5")] {
            assert!(lock_of_report(bad.as_bytes(), "x").is_err(), "{bad}");
        }
        assert_eq!(quoted("a\"\\\u{202e}\n"), "\"a\\\"\\\\\\U0000202E\\U0000000A\"");
    }
}
