//! Go's build information: which modules a program was built from, as `go version -m` shows it.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::untrusted::{escape, is_deceptive};

use super::InProgram;
use crate::catalog::go::module;
use crate::catalog::url::is_absolute;
use crate::catalog::{CatalogError, MAX_PACKAGES};

/// How the section is called in ELF and in Mach-O. In PE it is part of `.data`.
const SECTIONS: &[&str] = &[".go.buildinfo", "__go_buildinfo"];

/// With what it begins, on a border of 16 bytes.
const MAGIC: &[u8] = b"\xff Go buildinf:";

/// Bytes of a section without name that are searched: the linker puts it first.
const MAX_SEARCH: usize = 1 << 20;

/// Go's build information in a program.
pub static GO_BUILD: InProgram = InProgram { id: "go/build-information", read };

fn read(program: &[u8], _: usize) -> Result<Vec<Package>, CatalogError> {
    let Some(information) = information(program) else { return Ok(Vec::new()) };
    let (version, modules) = strings(information)?;
    packages(version, modules)
}

/// The build information, from its mark on.
pub(super) fn information(program: &[u8]) -> Option<&[u8]> {
    if let Some(found) = super::section(program, SECTIONS) {
        return at_mark(found);
    }
    program.starts_with(b"MZ").then(|| super::section(program, &[".data"])).flatten().and_then(at_mark)
}

fn at_mark(section: &[u8]) -> Option<&[u8]> {
    let searched = section.get(..section.len().min(MAX_SEARCH))?;
    let at = searched.chunks(16).position(|chunk| chunk.starts_with(MAGIC))?;
    section.get(16 * at..)
}

/// Version of Go, and the list of modules: since Go 1.18 both stand right behind a head of 32 bytes.
fn strings(information: &[u8]) -> Result<(&str, &str), CatalogError> {
    let inline = information.get(15).is_some_and(|flags| flags & 2 != 0);
    if !inline {
        let hint = "built by Go before 1.18: `go version -m` shows it";
        return Err(CatalogError::Version { found: "with pointers".into(), known: "inline", hint });
    }
    let rest = information.get(32..).unwrap_or_default();
    let (version, rest) = string(rest).ok_or_else(|| malformed("no version of Go"))?;
    let (modules, _) = string(rest).ok_or_else(|| malformed("no list of modules"))?;
    // 16 bytes of a mark stand before and behind the list.
    let framed = modules.len() >= 33 && modules.get(modules.len() - 17) == Some(&b'\n');
    let modules = if framed { modules.get(16..modules.len() - 16).unwrap_or_default() } else { &[] };
    let text = |bytes| str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"));
    Ok((text(version)?, text(modules)?))
}

/// Bytes with their number before them, as `encoding/binary` writes an unsigned one.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut shift) = (0_usize, 0_u32);
    for (at, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return bytes.get(at + 1..)?.split_at_checked(length);
        }
    }
    None
}

fn packages(version: &str, modules: &str) -> Result<Vec<Package>, CatalogError> {
    if modules.chars().any(|c| is_deceptive(c) && !matches!(c, '\n' | '\t')) {
        return Err(malformed("control characters in the list of modules"));
    }
    let mut packages: Vec<Package> = Vec::new();
    for line in modules.lines() {
        let mut words = line.split('\t');
        let (kind, path, version) = (words.next().unwrap_or_default(), words.next(), words.next());
        let Some(path) = path else { continue };
        let version = version.filter(|version| !version.is_empty() && *version != "(devel)");
        if packages.len() == MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        match kind {
            "mod" | "dep" => {
                let mut package = module(packages.len().to_string(), path, version)?;
                package.scope = Scope::Required;
                package.completeness = Completeness::Unknown;
                package.origin = if kind == "mod" { Origin::Root } else { Origin::Registry { url: None } };
                package.found.insert(Location::at(path, Means::Binary));
                packages.push(package);
            }
            // What really was built, in the place of the line before.
            "=>" => {
                let last = packages.pop().ok_or_else(|| malformed("a replacement of nothing"))?;
                // A folder, which must call itself what it stands for.
                let named = if version.is_none() { &last.name } else { path };
                let mut package = module(last.id, named, version)?;
                package.origin = if path.starts_with('.') || is_absolute(path) {
                    Origin::Local { path: None }
                } else {
                    last.origin
                };
                package.completeness = last.completeness;
                package.found = last.found;
                packages.push(package);
            }
            _ => {}
        }
    }
    let standard = version.strip_prefix("go").and_then(|version| version.split([' ', '-']).next());
    if let Some(version) = standard.filter(|version| version.starts_with(|c: char| c.is_ascii_digit())) {
        let mut package = module("stdlib".into(), "stdlib", Some(version))?;
        package.found.insert(Location::at("stdlib", Means::Binary));
        packages.push(package);
    }
    // The list says what is in the program, not who asked for it.
    let all: Vec<String> =
        packages.iter().filter(|p| p.origin != Origin::Root).map(|p| p.id.clone()).collect();
    if let Some(root) = packages.iter_mut().find(|package| package.origin == Origin::Root) {
        root.dependencies = all.into_iter().collect();
        root.completeness = Completeness::Complete;
    }
    Ok(packages)
}

fn malformed(what: &str) -> CatalogError {
    CatalogError::Line { line: 0, what: format!("Go's build information: {}", escape(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULES: &str = "path\tgithub.example/acme/notes\nmod\tgithub.example/acme/notes\tv1.4.0\t\n\
        dep\tgolang.example/x/net\tv0.30.0\th1:abc=\ndep\tgithub.example/old/fork\tv1.0.0\n\
        =>\tgithub.example/new/fork\tv1.0.1\th1:x=\nbuild\t-compiler=gc\n";

    fn information_of(version: &str, modules: &str) -> Vec<u8> {
        let framed = [&[b'x'; 16][..], modules.as_bytes(), &[b'y'; 16]].concat();
        let number = |length: usize| {
            let mut out = Vec::new();
            let mut rest = length;
            while rest >= 0x80 {
                out.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
                rest >>= 7;
            }
            out.push(u8::try_from(rest).unwrap());
            out
        };
        let mut bytes = [MAGIC, &[8, 2], &[0; 16]].concat();
        bytes.extend(number(version.len()));
        bytes.extend(version.as_bytes());
        bytes.extend(number(framed.len()));
        bytes.extend(framed);
        bytes
    }

    fn purls(information: &[u8]) -> Result<Vec<String>, CatalogError> {
        let (version, modules) = strings(information)?;
        Ok(packages(version, modules)?.into_iter().map(|package| package.purl).collect())
    }

    #[test]
    fn modules_replacements_and_the_standard_library() {
        assert_eq!(
            purls(&information_of("go1.23.4", MODULES)).unwrap(),
            [
                "pkg:golang/github.example/acme/notes@v1.4.0",
                "pkg:golang/golang.example/x/net@v0.30.0",
                "pkg:golang/github.example/new/fork@v1.0.1",
                "pkg:golang/stdlib@1.23.4"
            ]
        );
        for folder in ["../a", "/home/ada/a"] {
            let list = format!("dep\tgithub.example/old/a\tv1.0.0\n=>\t{folder}\t(devel)\t\n");
            let (version, modules) = ("devel", information_of("devel", &list));
            let packages = packages(version, strings(&modules).unwrap().1).unwrap();
            assert_eq!(packages[0].purl, "pkg:golang/github.example/old/a");
            assert_eq!(packages[0].origin, Origin::Local { path: None });
        }
        // Without modules: built with `-trimpath` and such from files alone.
        assert_eq!(purls(&information_of("devel", "")).unwrap(), [""; 0]);
    }

    #[test]
    fn what_go_does_not_write_is_refused() {
        let good = information_of("go1.23.4", MODULES);
        for end in [15, 16, 32, 33, 40, 60, good.len() - 1] {
            assert!(purls(&good[..end]).is_err(), "{end}");
        }
        let mut old = good.clone();
        old[15] = 0;
        assert!(matches!(purls(&old), Err(CatalogError::Version { .. })));
        let mut endless = good.clone();
        endless[32..37].fill(0xff);
        assert!(purls(&endless).is_err());
        for modules in ["dep\tgithub.example/a\tv1\u{1b}[31m\n", "=>\ta\tv1.0.0\n", "dep\t../../x y\tv1\n"] {
            let found = purls(&information_of("go1.23", modules));
            assert!(found.is_err(), "{modules:?}: {found:?}");
        }
        assert!(at_mark(b"\xff Go").is_none());
    }
}
