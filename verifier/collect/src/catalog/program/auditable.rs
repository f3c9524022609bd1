//! cargo-auditable: the crates that a program was built from, in a section of its own.

use std::collections::BTreeSet;

use auditable_info::{Error, audit_info_from_slice};
use auditable_serde::{DependencyKind, Source};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

use super::InProgram;
use crate::catalog::url::UNREADABLE;
use crate::catalog::{CatalogError, MAX_PACKAGES};

/// How the section is called, in Mach-O without the dot before it.
const SECTION: &str = ".dep-v0";

/// How a module of WebAssembly begins.
const WASM: &[u8] = b"\0asm";

/// Bytes of a file's lists together, decompressed: 200 for each crate.
pub(super) const MAX_LIST: usize = 8 << 20;

/// The list of crates in a program.
pub static AUDITABLE: InProgram = InProgram { id: "rust/cargo-auditable", read };

/// Whether there may be a list in a program. Sections of WebAssembly have their names before them, and others may be called so.
pub(super) fn is_in(program: &[u8]) -> bool {
    if program.starts_with(WASM) {
        return program.windows(SECTION.len()).any(|name| name == SECTION.as_bytes());
    }
    super::section(program, &[SECTION]).is_some()
}

fn read(program: &[u8], machines: usize) -> Result<Vec<Package>, CatalogError> {
    if !is_in(program) {
        return Ok(Vec::new());
    }
    let list = match audit_info_from_slice(program, MAX_LIST / machines.max(1)) {
        Ok(list) => list,
        Err(Error::NoAuditData) if program.starts_with(WASM) => return Ok(Vec::new()),
        Err(error) => {
            let what = format!("cargo-auditable: {}", escape(&error.to_string()));
            return Err(CatalogError::Line { line: 0, what });
        }
    };
    if list.packages.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let mut packages = Vec::with_capacity(list.packages.len());
    for (at, found) in list.packages.iter().enumerate() {
        let version = found.version.to_string();
        let purl = Purl::cargo(&found.name, Some(&version))
            .and_then(|purl| match &found.source {
                _ if found.root => Ok(purl),
                // Neither is the package of that name of crates.io, and the list does not say where it comes from.
                Source::Git => purl.with_qualifier("vcs_url", UNREADABLE.to_owned()),
                Source::Registry => purl.with_qualifier("repository_url", UNREADABLE.to_owned()),
                _ => Ok(purl),
            })
            .map_err(|source| CatalogError::Package { at: escape(&found.name), source })?;
        let mut package = Package::new(at.to_string(), purl.to_string(), &found.name);
        package.version = Some(version);
        package.scope = match found.kind {
            DependencyKind::Build => Scope::Development,
            DependencyKind::Runtime => Scope::Required,
        };
        package.origin = match &found.source {
            _ if found.root => Origin::Root,
            Source::CratesIo | Source::Registry => Origin::Registry { url: None },
            Source::Git => Origin::Git { url: "git:".into(), commit: None },
            _ => Origin::Local { path: None },
        };
        package.dependencies = found.dependencies.iter().map(ToString::to_string).collect();
        package.completeness = Completeness::Complete;
        package.found = BTreeSet::from([Location::at(&found.name, Means::Binary)]);
        packages.push(package);
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    /// A module with one section of its own, shorter than 128 bytes.
    fn module(name: &str, content: &[u8]) -> Vec<u8> {
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        let section = [&[length(name.as_bytes())], name.as_bytes(), content].concat();
        [WASM, &[1, 0, 0, 0, 0, length(&section)], &section].concat()
    }

    /// Likewise of less than 16 KiB.
    fn long_module(name: &str, content: &[u8]) -> Vec<u8> {
        let section = [&[u8::try_from(name.len()).unwrap()], name.as_bytes(), content].concat();
        let low = u8::try_from(section.len() & 0x7f).unwrap() | 0x80;
        let high = u8::try_from(section.len() >> 7).unwrap();
        [WASM, &[1, 0, 0, 0, 0, low, high], &section].concat()
    }

    fn purls(program: &[u8]) -> Result<Vec<String>, CatalogError> {
        let packages = read(program, 1)?;
        Ok(packages.into_iter().map(|package| package.purl).collect())
    }

    #[test]
    fn crates_of_elsewhere_are_not_those_of_the_registry() {
        let list = r#"{"packages":[
            {"name":"a","version":"1.0.0","source":"local","root":true,"dependencies":[1,2,3]},
            {"name":"b","version":"1.0.0","source":"git"},
            {"name":"c","version":"1.0.0","source":"registry"},
            {"name":"d","version":"1.0.0","source":"crates.io"}]}"#;
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(list.as_bytes()).unwrap();
        let program = long_module(SECTION, &zlib.finish().unwrap());
        assert_eq!(
            purls(&program).unwrap(),
            [
                "pkg:cargo/a@1.0.0",
                "pkg:cargo/b@1.0.0?vcs_url=(unreadable)",
                "pkg:cargo/c@1.0.0?repository_url=(unreadable)",
                "pkg:cargo/d@1.0.0",
            ]
        );
    }

    #[test]
    fn modules_of_webassembly_have_lists_too() {
        let list = r#"{"packages":[{"name":"a","version":"1.0.0","source":"local","root":true}]}"#;
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(list.as_bytes()).unwrap();
        let list = zlib.finish().unwrap();
        let program = module(SECTION, &list);
        assert!(super::super::tells(&program) && super::super::is_program(&program));
        assert_eq!(purls(&program).unwrap(), ["pkg:cargo/a@1.0.0"]);
        // Where it is only spoken of there is none, and half a list is not understood.
        assert_eq!(purls(&module("other", SECTION.as_bytes())).unwrap(), [""; 0]);
        assert!(!super::super::tells(&module("other", b"")));
        assert!(purls(&module(SECTION, &list[..9])).is_err());
        assert!(purls(&program[..program.len() - 1]).is_err());
    }
}
