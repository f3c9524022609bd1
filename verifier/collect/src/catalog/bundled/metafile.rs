//! What bundlers write about a build: esbuild's metafile, webpack's statistics.

use std::borrow::Cow;
use std::collections::HashMap;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Bundled, package_of};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// Modules inside each other: webpack's concatenated ones, which hold no further ones.
const MAX_DEPTH: usize = 8;

/// A bundler's account of a build.
pub static METAFILE: Metafile = Metafile;

/// The cataloger of esbuild's and webpack's accounts.
#[derive(Debug)]
pub struct Metafile;

impl Cataloger for Metafile {
    fn id(&self) -> &'static str {
        "javascript/bundler-metafile"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        ["meta.json", "metafile.json", "stats.json"].iter().any(|end| {
            name.strip_suffix(end)
                .is_some_and(|before| before.is_empty() || before.ends_with(['.', '-', '_']))
        })
    }

    fn role(&self) -> Role {
        Role::Notice
    }

    /// Nothing in files that only share the name.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let Ok(account) = serde_json::from_slice::<Account<'_>>(file.bytes) else { return Ok(Vec::new()) };
        let mut found = Bundled::default();
        if account.outputs.is_some() {
            for path in account.inputs.iter().flatten().map(|(path, _)| path) {
                note(&mut found, path);
            }
        }
        of_build(&account, &mut found)?;
        found.packages()
    }
}

#[derive(Deserialize)]
struct Account<'a> {
    /// esbuild: by path.
    #[serde(borrow)]
    inputs: Option<HashMap<Cow<'a, str>, IgnoredAny>>,
    outputs: Option<HashMap<Cow<'a, str>, IgnoredAny>>,
    /// webpack.
    #[serde(borrow, default)]
    modules: Vec<Module<'a>>,
    /// webpack: of each of several configurations, and of builds within one.
    #[serde(borrow, default)]
    children: Vec<Self>,
}

#[derive(Deserialize)]
struct Module<'a> {
    #[serde(borrow)]
    identifier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    modules: Vec<Self>,
    /// Those that it stands for, of one kind.
    #[serde(borrow, default)]
    children: Vec<Self>,
}

/// What webpack says of a build. The parser of JSON bounds how many lie in each other.
fn of_build(account: &Account<'_>, found: &mut Bundled) -> Result<(), CatalogError> {
    account.modules.iter().try_for_each(|module| collect(module, 0, found))?;
    account.children.iter().try_for_each(|inner| of_build(inner, found))
}

fn collect(module: &Module<'_>, depth: usize, found: &mut Bundled) -> Result<(), CatalogError> {
    if depth > MAX_DEPTH {
        return Err(CatalogError::Malformed { at: "modules".into(), what: "so many levels" });
    }
    if let Some(path) = module.name.as_deref().or(module.identifier.as_deref()) {
        note(found, path);
    }
    module.modules.iter().chain(&module.children).try_for_each(|inner| collect(inner, depth + 1, found))
}

fn note(found: &mut Bundled, path: &str) {
    // Loaders stand before the file that they load; esbuild's plugins before the path.
    let path = path.rsplit('!').next().unwrap_or_default();
    let path = path.split(" + ").next().unwrap_or_default();
    if let Some((name, version)) = package_of(path) {
        found.add(name, version, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let path = TreePath::try_from("dist/meta.json").unwrap();
        let packages = METAFILE.read(&FileInput { path: &path, bytes: text.as_bytes() }).unwrap();
        packages.into_iter().map(|package| package.purl).collect()
    }

    #[test]
    fn both_bundlers_accounts_name_packages() {
        let esbuild = r#"{"inputs":{"src/a.ts":{"bytes":1,"imports":[]},"node_modules/@s/a/x.js":{"bytes":2},
            "ns:node_modules/b/x.js":{}},"outputs":{"out.js":{}}}"#;
        assert_eq!(read(esbuild), ["pkg:npm/%40s/a"]);
        let webpack = r#"{"version":"5","modules":[{"name":"./src/a.js + 2 modules","modules":[
            {"name":"./node_modules/.pnpm/c@2.0.0/node_modules/c/x.js"}]},{"identifier":"/x/node_modules/l/l.js!/w/node_modules/d/x.js"}]}"#;
        assert_eq!(read(webpack), ["pkg:npm/c@2.0.0", "pkg:npm/d"]);
        let several = r#"{"children":[{"name":"server","modules":[{"type":"cacheable modules","children":[
            {"name":"./node_modules/e/x.js"}]}]},{"children":[{"modules":[{"name":"./node_modules/f/x.js"}]}]}]}"#;
        assert_eq!(read(several), ["pkg:npm/e", "pkg:npm/f"]);
    }

    #[test]
    fn other_files_of_the_name_say_nothing() {
        for text in ["", "[]", "{}", r#"{"inputs":{"node_modules/a/x.js":1}}"#, r#"{"modules":"x"}"#] {
            assert!(read(text).is_empty(), "{text}");
        }
        let wants = |path: &str| METAFILE.wants(&TreePath::try_from(path).unwrap());
        assert!(wants("meta.json") && wants("a/b.meta.json") && wants("webpack-stats.json"));
        assert!(!wants("xmeta.json") && !wants("metadata.json"));
    }
}
