//! Code that was built into files of the artifact: what bundlers leave beside them tells which packages it came from.
//!
//! None of it is signed or complete: a notice proves that a package is named there.

mod metafile;
mod notice;
mod script;
mod source_map;

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::inventory::{Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::Purl;

pub use metafile::{METAFILE, Metafile};
pub use notice::{NOTICE, Notice};
pub use script::{SCRIPT, Script, ScriptCataloger};
pub(crate) use script::{SILENT, Scanner, is_run_as_script, is_script, silent};
pub use source_map::{SOURCE_MAP, SourceMap};

use super::{CatalogError, MAX_PACKAGES};

/// Packages of npm by name and, where it is told, version, each with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Bundled(BTreeMap<(String, Option<String>), Said>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    licenses: BTreeSet<String>,
    /// The first line, where lines count.
    line: Option<u32>,
}

impl Bundled {
    /// Notes a package. What no package of npm can be called is none.
    fn add(&mut self, name: &str, version: Option<&str>, line: Option<u32>) -> Option<&mut Said> {
        Purl::npm(name, version).ok()?;
        let key = (name.to_owned(), version.map(str::to_owned));
        let said = self.0.entry(key).or_default();
        said.line = said.line.or(line);
        Some(said)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes that they take, about.
    fn bytes(&self) -> usize {
        let of =
            |(name, version): &(String, Option<String>)| name.len() + version.as_ref().map_or(0, String::len);
        self.0.keys().map(|key| of(key) + size_of::<Said>()).sum()
    }

    fn packages(mut self) -> Result<Vec<Package>, CatalogError> {
        if self.0.len() > MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        let versioned: BTreeSet<String> =
            self.0.keys().filter(|(_, version)| version.is_some()).map(|(name, _)| name.clone()).collect();
        // Once with its version is enough.
        self.0.retain(|(name, version), _| version.is_some() || !versioned.contains(name));
        let mut packages = Vec::with_capacity(self.0.len());
        for ((name, version), said) in self.0 {
            let Ok(purl) = Purl::npm(&name, version.as_deref()) else { continue };
            let id = purl.to_string();
            let mut package = Package::new(id.clone(), id, name.clone());
            package.version = version;
            package.licenses = said.licenses;
            package.scope = Scope::Required;
            package.origin = Origin::Registry { url: None };
            package.bundled = true;
            package.found.insert(Location { line: said.line, ..Location::at(name, Means::BundleNotice) });
            packages.push(package);
        }
        Ok(packages)
    }
}

/// The package of npm that a source file at `path` belongs to, with the version where the path tells it: in pnpm's and Bun's
/// stores and in yarn's cache.
fn package_of(path: &str) -> Option<(&str, Option<&str>)> {
    let path = path.split(['?', '#']).next()?;
    let (before, inside) = path.rsplit_once("node_modules/")?;
    if !before.is_empty() && !before.ends_with('/') {
        return None;
    }
    if let Some(copy) = inside.strip_prefix(".store/") {
        return in_yarns_store(copy);
    }
    let name = match inside.strip_prefix('@') {
        Some(scoped) => {
            let end = inside.len() - scoped.len() + scoped.find('/')? + 1;
            let base = inside.get(end..)?.split('/').next()?;
            inside.get(..end + base.len())?
        }
        None => inside.split('/').next()?,
    };
    // A file right in node_modules is no package's.
    if name.is_empty() || name.starts_with('.') || name.len() == inside.len() {
        return None;
    }
    let (store, folder) =
        before.strip_suffix('/').unwrap_or_default().rsplit_once('/').unwrap_or(("", before));
    // npm's linked strategy writes a digest behind the version, as though it were a part of it.
    let is_told = !store.ends_with("node_modules/.store");
    Some((name, version_in(folder.trim_end_matches('/'), name).filter(|_| is_told)))
}

/// The package of a file in the store of yarn's linker of pnpm's kind, `NAME-npm-VERSION-DIGEST/package/…`; a package with peers is
/// `NAME-virtual-DIGEST` there, and tells no version. Of a scope in which hyphens are it does not say where it ends.
fn in_yarns_store(copy: &str) -> Option<(&str, Option<&str>)> {
    let (folder, inside) = copy.split_once('/')?;
    inside.strip_prefix("package/")?;
    let (name, _) = folder.rsplit_once("-npm-").or_else(|| folder.rsplit_once("-virtual-"))?;
    (!name.starts_with('@')).then(|| (name, version_in(folder, name)))
}

/// The version in `NAME@VERSION(peers)` of pnpm's store, `NAME@VERSION+DIGEST` of Bun's, `NAME-npm-VERSION-DIGEST-CACHE.zip` of yarn's cache; a scope's
/// slash is a plus or a hyphen there.
fn version_in<'f>(folder: &'f str, name: &str) -> Option<&'f str> {
    let pnpm = name.replace('/', "+");
    if let Some(version) = folder.strip_prefix(&pnpm).and_then(|rest| rest.strip_prefix('@')) {
        // What npm calls a version has nothing behind a plus.
        return version.split(['_', '(', '+']).next().filter(|version| is_version(version));
    }
    let yarn = name.replace('/', "-");
    let rest = folder.strip_prefix(&yarn)?.strip_prefix("-npm-")?;
    let (version, _digest) = rest.strip_suffix(".zip").unwrap_or(rest).rsplit_once('-')?;
    // Before the digest of the file there may be one of the cache.
    let version = version
        .rsplit_once('-')
        .map_or(version, |(short, tail)| if tail.len() == 10 { short } else { version });
    Some(version).filter(|version| is_version(version))
}

/// Whether it is a version of npm.
fn is_version(text: &str) -> bool {
    semver::Version::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_packages() {
        for (path, found) in [
            ("../node_modules/a/lib/x.js", Some(("a", None))),
            ("webpack://app/./node_modules/@s/a/index.js?1234", Some(("@s/a", None))),
            ("node_modules/a/node_modules/b/x.js", Some(("b", None))),
            ("node_modules/.pnpm/a@1.2.3_b@2.0.0/node_modules/a/x.js", Some(("a", Some("1.2.3")))),
            ("node_modules/.pnpm/@s+a@1.2.3/node_modules/@s/a/x.js", Some(("@s/a", Some("1.2.3")))),
            ("node_modules/.pnpm/@s+a@1.2.3/node_modules/b/x.js", Some(("b", None))),
            ("node_modules/.bun/a@1.2.3+0f1e2d3c4b5a6978/node_modules/a/x.js", Some(("a", Some("1.2.3")))),
            ("node_modules/.store/a@1.2.3-MFZ0/node_modules/a/x.js", Some(("a", None))),
            ("node_modules/.store/a-npm-1.2.3-0a1b2c3d4e/package/x.js", Some(("a", Some("1.2.3")))),
            (
                "node_modules/.store/a-npm-b-npm-1.2.3-rc.1-0a1b2c3d4e/package/x.js",
                Some(("a-npm-b", Some("1.2.3-rc.1"))),
            ),
            ("node_modules/.store/a-virtual-0a1b2c3d4e/package/x.js", Some(("a", None))),
            ("node_modules/.store/a-npm-1.2.3-0a1b2c3d4e/x.js", None),
            ("node_modules/.store/@s-a-npm-1.2.3-0a1b2c3d4e/package/x.js", None),
            ("a@1.2.3/node_modules/a/x.js", Some(("a", Some("1.2.3")))),
            ("(disabled):node_modules/a/x.js", None),
            ("/.yarn/cache/a-npm-1.2.3-0a1b2c3d4e.zip/node_modules/a/x.js", Some(("a", Some("1.2.3")))),
            (
                "/.yarn/cache/@s-a-npm-1.2.3-0a1b2c3d4e-9f8e7d6c5b.zip/node_modules/@s/a/x.js",
                Some(("@s/a", Some("1.2.3"))),
            ),
            ("src/index.ts", None),
            ("my_node_modules/a/x.js", None),
            ("node_modules/a", None),
            ("node_modules/.bin/a", None),
            ("node_modules/@s/", None),
            ("node_modules/", None),
            ("", None),
        ] {
            assert_eq!(package_of(path), found, "{path}");
        }
    }
}
