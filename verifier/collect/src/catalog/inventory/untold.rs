//! What is in an artifact, or in an archive in it, and does not tell what it is made of, where no other file does.

use std::collections::HashSet;

use mcpsign_schemas::tree::TreePath;

use crate::catalog::cargo::{self, CARGO_VENDORED};
use crate::catalog::nuget::DEPS_JSON;
use crate::catalog::os::is_database;
use crate::catalog::sbom::EMBEDDED;
use crate::catalog::{CATALOGERS, Cataloger, Content, Document, FileInput, Opaque, mcpb, opaque};

/// Where a distribution's packages are unpacked: its database says which.
const OF_SYSTEM: [&str; 7] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"];

/// How far up an account of a program is looked for.
const MAX_ABOVE: usize = 32;

/// Such files among `documents`. What lies in the folder of a bundle's server is read where there is a bundle.
pub(super) fn untold(documents: &[Document], is_bundle: bool) -> Vec<(&TreePath, Opaque)> {
    let found = documents.iter().filter_map(|document| Some((&document.path, of(document, is_bundle)?)));
    let found: Vec<(&TreePath, Opaque)> = found.collect();
    if found.is_empty() {
        return found;
    }
    let told = Told::of(documents);
    found.into_iter().filter(|(path, opaque)| !told.tells(path.as_str(), *opaque)).collect()
}

fn of(document: &Document, is_bundle: bool) -> Option<Opaque> {
    match document.content {
        Content::Opaque(opaque) => Some(opaque),
        Content::Bytes(_) if cargo::is_of_no_registry(document) => Some(Opaque::Crate),
        _ if !is_bundle && mcpb::is_of_server(&document.path) => opaque::by_name(&document.path),
        _ => None,
    }
}

/// What the other files tell of.
struct Told<'d> {
    /// Folders with a list of crates, and those with the sources of a crate that is listed.
    crates: HashSet<&'d str>,
    vendored: HashSet<&'d str>,
    /// Folders of whose programs an account names packages.
    accounts: HashSet<&'d str>,
    /// Folders of projects whose packages are installed beside them.
    installed: HashSet<&'d str>,
    /// Folders of the metadata of an installed distribution of Python.
    metadata: HashSet<&'d str>,
    /// Whether there is the database of a distribution.
    has_database: bool,
}

impl<'d> Told<'d> {
    fn of(documents: &'d [Document]) -> Self {
        let paths = || documents.iter().map(|document| document.path.as_str());
        let vendored = documents.iter().filter(|document| CARGO_VENDORED.wants(&document.path));
        let is_database =
            |document: &Document| CATALOGERS.iter().any(|one| is_database(*one) && one.wants(&document.path));
        Self {
            crates: paths().filter_map(|path| folder_of(path, "Cargo.lock")).collect(),
            vendored: vendored.filter_map(|document| document.path.parent()).collect(),
            accounts: documents.iter().filter_map(account_of).collect(),
            installed: paths().filter_map(project_of).collect(),
            metadata: paths().filter_map(|path| folder_of(path, "METADATA")).collect(),
            has_database: documents.iter().any(is_database),
        }
    }

    fn tells(&self, path: &str, opaque: Opaque) -> bool {
        let is_in = |those: &HashSet<&str>| folders(path).next().is_some_and(|folder| those.contains(folder));
        let is_below = |those: &HashSet<&str>| folders(path).any(|folder| those.contains(folder));
        match opaque {
            Opaque::Program | Opaque::Library => {
                // Of what is installed below it the account of a folder says nothing.
                let mut own = folders(path).take_while(|folder| !folder.ends_with("node_modules"));
                self.has_database && is_of_system(path) || own.any(|folder| self.accounts.contains(folder))
            }
            Opaque::Lock => is_in(&self.installed) || is_below(&self.vendored),
            // Cargo refuses to build from copies of others than these list.
            Opaque::Crate => is_below(&self.crates),
            Opaque::Record => is_in(&self.metadata),
            Opaque::Conda | Opaque::Gem => false,
        }
    }
}

/// The folder that a file lies in, and those above it; the root is an empty name.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let parent = |path: &str| path.rsplit_once('/').map_or(0, |(folder, _)| folder.len());
    let first = path.get(..parent(path)).unwrap_or_default();
    std::iter::successors(Some(first), move |folder| {
        (!folder.is_empty()).then(|| folder.get(..parent(folder)).unwrap_or_default())
    })
    .take(MAX_ABOVE)
}

/// The folder of a file that is called `name`.
fn folder_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let folder = path.strip_suffix(name)?;
    if folder.is_empty() { Some(folder) } else { folder.strip_suffix('/') }
}

fn is_of_system(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    OF_SYSTEM.contains(&first) && !path.starts_with("usr/local/")
}

/// Of which folder a file is an account: an SBOM or .NET's list that names a package. What a wheel has of them is about all of it
/// (PEP 770).
fn account_of(document: &Document) -> Option<&str> {
    let readers: [&dyn Cataloger; 2] = [&EMBEDDED, &DEPS_JSON];
    let file = FileInput { path: &document.path, bytes: document.bytes()? };
    let mut wanting = readers.iter().filter(|reader| reader.wants(&document.path));
    let names_some = wanting.any(|reader| reader.read(&file).is_ok_and(|packages| !packages.is_empty()));
    let folder = document.path.parent().unwrap_or_default();
    let is_of_wheel =
        folder.split_once('/').is_some_and(|(info, sboms)| info.ends_with(".dist-info") && sboms == "sboms");
    names_some.then_some(if is_of_wheel { "" } else { folder })
}

/// The folder of the project that a file is installed for.
fn project_of(path: &str) -> Option<&str> {
    match path.split_once("node_modules/") {
        Some(("", _)) => Some(""),
        Some((project, _)) => project.strip_suffix('/'),
        None => path.split_once("/.venv/").map(|(project, _)| project),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{InventoryRoot, inventory};
    use super::*;
    use crate::catalog::program::SILENT_BYTES;

    /// The opaque gaps of a tree of these files; those that are empty are programs that tell nothing.
    fn gaps(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; SILENT_BYTES]].concat();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let bytes = if text.is_empty() { program.as_slice() } else { text.as_bytes() };
            fs::write(path, bytes).unwrap();
        }
        let artifact = crate::artifact::open(dir.path()).unwrap();
        let root = InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() };
        let found = inventory(&root).unwrap().known_gaps().into_iter();
        found.map(|gap| format!("{}: {}", gap.path.unwrap_or_default(), gap.reason)).collect()
    }

    #[test]
    fn programs_that_say_nothing_are_gaps_where_nothing_else_says_it() {
        let silent = |path: &str| format!("{path}: {}", Opaque::Program.reason());
        let sbom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,
            "components":[{"type":"library","name":"a","version":"1.0.0","purl":"pkg:cargo/a@1.0.0"}]}"#;
        let empty = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}"#;
        let database = "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nArchitecture: amd64\n";
        let release = ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        let program = "a/_rust.abi3.so";
        assert_eq!(gaps(&[(program, "")]), [silent(program)]);
        assert_eq!(gaps(&[(program, ""), ("a/bom.json", empty)]), [silent(program)]);
        assert_eq!(gaps(&[(program, ""), ("b/bom.json", sbom)]), [silent(program)]);
        let installed = "node_modules/x/x.node";
        assert_eq!(gaps(&[(program, ""), (installed, ""), ("bom.json", sbom)]), [silent(installed)]);
        for account in ["a/bom.json", "bom.json", "a-1.0.dist-info/sboms/rust.cdx.json"] {
            assert_eq!(gaps(&[(program, ""), (account, sbom)]), [""; 0], "{account}");
        }
        let (own, of_system) = ("usr/local/bin/server", "usr/bin/bash");
        let root = [("var/lib/dpkg/status", database), release, (own, ""), (of_system, "")];
        assert_eq!(gaps(&root), [silent(own)]);
        assert_eq!(gaps(&[(of_system, "")]), [silent(of_system)]);
        // Several are told by the first of them, each kind by itself.
        let library = format!("numpy.libs/libx.so: {}", Opaque::Library.reason());
        let several = gaps(&[("a.so", ""), ("b.so", ""), ("numpy.libs/libx.so", "")]);
        assert_eq!(several, [silent("a.so") + "; 2 such files, of which this is the first", library]);
    }

    #[test]
    fn what_lies_below_the_root_and_is_not_read_is_a_gap() {
        let git = ("vendor/g/.cargo-checksum.json", r#"{"files":{},"package":null}"#);
        for file in [
            ("src/rust/Cargo.lock", "x"),
            ("server/package-lock.json", "{}"),
            ("conda-meta/openssl-3.0.1-h_0.json", "{}"),
            ("lib/site-packages/a-1.0.dist-info/RECORD", "x"),
            git,
        ] {
            assert!(matches!(gaps(&[file]).as_slice(), [gap] if gap.starts_with(file.0)), "{file:?}");
        }
        // Another file says what it would.
        let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
        let vendored = (
            "vendor/a/.cargo-checksum.json",
            r#"{"package":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
        );
        let manifest = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n";
        let of_npm = r#"{"name":"a","version":"1.0.0"}"#;
        for files in [
            [("app/package-lock.json", "x"), ("app/node_modules/a/package.json", of_npm)].as_slice(),
            &[git, ("Cargo.lock", lock)],
            &[("vendor/a/Cargo.lock", "x"), vendored, ("vendor/a/Cargo.toml", manifest)],
            &[
                ("lib/site-packages/a-1.0.dist-info/RECORD", "x"),
                (
                    "lib/site-packages/a-1.0.dist-info/METADATA",
                    "Metadata-Version: 2.1\nName: a\nVersion: 1.0\n",
                ),
            ],
        ] {
            assert_eq!(gaps(files), [""; 0], "{files:?}");
        }
    }
}
