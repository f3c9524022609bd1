//! Tarballs that npm makes, and those that it would unpack otherwise than they look.

use std::io::{Seek as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use mcpsign_schemas::digest::{Sha256Digest, Sha512Digest};
use mcpsign_schemas::tree::{EntryKind, TreeError};

use super::*;
use crate::archive::{ManifestError, Package, PackageForm, Reading};
use crate::catalog::{Document, PackageManifestError};

const MANIFEST: &str = r#"{"name":"@acme/files-mcp","version":"1.4.0"}"#;

/// A tar archive made header by header, so that anything can stand in one.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    /// An archive with a well-formed manifest.
    fn package() -> Self {
        Self::default().file("package/package.json", MANIFEST)
    }

    fn file(self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', name.as_ref(), 0o644, content.as_ref())
    }

    fn entry(self, flag: u8, name: &[u8], mode: u32, content: &[u8]) -> Self {
        self.sized(flag, name, mode, content.len() as u64, content)
    }

    /// An entry whose header may state another size than that of its content.
    fn sized(mut self, flag: u8, name: &[u8], mode: u32, size: u64, content: &[u8]) -> Self {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkflag = [flag];
        header.set_mode(mode);
        header.set_size(size);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn end(self) -> Vec<u8> {
        self.raw(&[0; 1024]).0
    }

    fn gzip(self) -> Vec<u8> {
        gzip(&self.end())
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Outcome = Result<Option<(Package, Vec<Document>)>, ArchiveError>;

/// Reads `bytes` as an artifact is read, and checks that everything was hashed whatever came of it.
fn read(bytes: &[u8]) -> Outcome {
    read_as("a.tgz", bytes)
}

fn read_as(name: &str, bytes: &[u8]) -> Outcome {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    let mut reader = HashingReader::new(file);
    let keeper = crate::catalog::Keeper::of_catalogers();
    let reading = Reading { name, size: bytes.len() as u64, keep: &keeper, unpacker: None };
    let outcome = crate::archive::read(&mut reader, reading);
    let (_, size, digests) = reader.finish(bytes.len() as u64).unwrap();
    assert_eq!(size, bytes.len() as u64);
    assert_eq!(digests.sha256, Sha256Digest::of(bytes));
    assert_eq!(digests.sha512, Some(Sha512Digest::of(bytes)));
    outcome.map(|found| found.map(|found| (found.package, found.documents)))
}

fn refused(bytes: &[u8]) -> ArchiveError {
    match read(bytes) {
        Err(error) => error,
        Ok(other) => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_package_is_read() {
    let long = format!("package/{}/x.js", "d".repeat(90));
    let pax = pax(&[("path", &long), ("mtime", "1.5"), ("size", "2")]);
    let tar = Tar::package()
        .entry(b'5', b"package/lib/", 0o755, b"")
        .entry(b'0', b"package/lib/cli.js", 0o755, b"#!/usr/bin/env node\n")
        .entry(b'\0', b"package/README.md", 0o644, b"old header\n")
        .file("package/a/b/c.txt", "")
        .entry(b'g', b"pax_global_header", 0o644, &self::pax(&[("comment", "0123")]))
        .entry(b'x', b"PaxHeader/x", 0o644, &pax)
        .file("package/ddd", "xx")
        .entry(b'L', b"././@LongLink", 0o644, b"package/long/name.js\0")
        .file("package/long", "y")
        .file("package/npm-shrinkwrap.json", "{}");
    let (package, documents) = read(&tar.gzip()).unwrap().unwrap();
    assert_eq!(package.form, PackageForm::Npm);
    assert!(package.has_lockfile);
    let files: Vec<(&str, EntryKind)> =
        package.files.entries().iter().map(|entry| (entry.path.as_str(), entry.kind)).collect();
    let d = "d".repeat(90);
    assert_eq!(
        files,
        [
            ("README.md", EntryKind::File),
            ("a", EntryKind::Directory),
            ("a/b", EntryKind::Directory),
            ("a/b/c.txt", EntryKind::File),
            (d.as_str(), EntryKind::Directory),
            (format!("{d}/x.js").as_str(), EntryKind::File),
            ("lib", EntryKind::Directory),
            ("lib/cli.js", EntryKind::Executable),
            ("long", EntryKind::Directory),
            ("long/name.js", EntryKind::File),
            ("npm-shrinkwrap.json", EntryKind::File),
            ("package.json", EntryKind::File),
        ]
    );
    let kept: Vec<&str> = documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(kept, ["npm-shrinkwrap.json", "package.json"]);
    assert_eq!(documents[1].sha256, Sha256Digest::of(MANIFEST.as_bytes()));
    assert_eq!(documents[1].content, crate::catalog::Content::Bytes(MANIFEST.into()));
}

/// Records of a pax header.
fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in records {
        let bare = key.len() + value.len() + 3;
        let length = (bare..).find(|length| length.to_string().len() + bare == *length).unwrap();
        out.extend_from_slice(format!("{length} {key}={value}\n").as_bytes());
    }
    out
}

#[test]
fn what_is_no_package_is_a_file_like_any_other() {
    let other = Tar::default().file("src/package.json", MANIFEST).file("a/../b", "");
    for bytes in [
        Vec::new(),
        b"\x1f\x8b".to_vec(),
        MANIFEST.as_bytes().to_vec(),
        gzip(b"no tar at all"),
        gzip(&[0; 4096]),
        Tar::default().gzip(),
        other.gzip(),
        // Not compressed, or without the file that makes a package.
        Tar::package().end(),
        Tar::default().file("package/readme", "").entry(b'2', b"package/link", 0o644, b"").gzip(),
    ] {
        assert!(matches!(read(&bytes), Ok(None)), "{bytes:?}");
    }
}

/// Half a tarball is none of somebody else's: cut off before it says what it is, it would be signed as whatever it is.
#[test]
fn b49_a_tarball_that_is_cut_off_is_none() {
    let whole = Tar::package().file("package/a", "x".repeat(3000)).gzip();
    let other = Tar::default().file("src/readme", "y".repeat(3000)).gzip();
    let garbage = b"\x1f\x8b\x08garbage".to_vec();
    let halves = [&whole, &other]
        .into_iter()
        .flat_map(|tar| [12, 20, tar.len() / 2, tar.len() - 9].map(|cut| &tar[..cut]));
    for bytes in halves.chain([garbage.as_slice()]) {
        for name in ["a-1.0.0.tgz", "a-1.0.0.tar.gz", "A-1.0.0.TGZ"] {
            let outcome = read_as(name, bytes);
            assert!(matches!(outcome, Err(ArchiveError::Damaged(_))), "{name}: {outcome:?}");
        }
    }
    // Under another name it is no tarball to anybody.
    assert!(matches!(read_as("a.bin", &garbage), Ok(None)));
    assert!(matches!(read_as("a.tgz", &other), Ok(None)));
}

#[test]
fn b49_only_files_and_directories() {
    for flag in *b"12346789SDMVNXAZ" {
        let tar = Tar::package().entry(flag, b"package/x", 0o644, b"");
        let expected = char::from(flag);
        let error = refused(&tar.gzip());
        assert!(
            matches!(&error, ArchiveError::EntryType { type_flag, .. } if *type_flag == expected),
            "{expected}: {error:?}"
        );
    }
    // The manifest itself a link: it claims to be a package all the same.
    let tar = Tar::default().entry(b'2', b"package/package.json", 0o644, b"");
    assert!(matches!(refused(&tar.gzip()), ArchiveError::EntryType { type_flag: '2', .. }));
    for mode in [0o4755, 0o2755] {
        let tar = Tar::package().entry(b'0', b"package/su", mode, b"");
        assert!(matches!(refused(&tar.gzip()), ArchiveError::SetId { .. }));
    }
    for tar in [
        Tar::package().entry(b'5', b"package/d/", 0o755, b"content"),
        Tar::package().entry(b'0', b"package/d/", 0o644, b""),
    ] {
        assert!(matches!(refused(&tar.gzip()), ArchiveError::Inconsistent { .. }));
    }
}

#[test]
fn b49_rules_hold_before_and_after_the_manifest() {
    let bad: [fn(Tar) -> Tar; 3] = [
        |tar| tar.file("package/../evil", ""),
        |tar| tar.file("other/package.json", ""),
        |tar| tar.entry(b'1', b"package/x", 0o644, b""),
    ];
    for break_rule in bad {
        let after = break_rule(Tar::package());
        let before = break_rule(Tar::default()).file("package/package.json", MANIFEST);
        for tar in [after, before] {
            refused(&tar.gzip());
        }
    }
}

#[test]
fn b28_names_and_collisions() {
    for name in
        ["/package/a", "package//a", "../a", "package/../a", "package\\a", "package/a:b", "package/a "]
    {
        let tar = Tar::package().file(name, "");
        assert!(matches!(refused(&tar.gzip()), ArchiveError::Tree(TreeError::Path(_))), "{name}");
    }
    for name in ["other/a", "a", "Package/a"] {
        assert!(matches!(refused(&Tar::package().file(name, "").gzip()), ArchiveError::OutsideTop { .. }));
    }
    for (a, b) in
        [("package/A", "package/a"), ("package/Lib/x", "package/lib/y"), ("package/A/x", "package/a")]
    {
        let tar = Tar::package().file(a, "").file(b, "");
        assert!(matches!(refused(&tar.gzip()), ArchiveError::Tree(TreeError::Collision { .. })), "{a} {b}");
    }
    let twice = Tar::package().file("package/a", "one").file("package/a", "two");
    assert!(matches!(refused(&twice.gzip()), ArchiveError::Tree(TreeError::Duplicate { .. })));
    let parent = Tar::package().file("package/a", "").file("package/a/b", "");
    assert!(matches!(refused(&parent.gzip()), ArchiveError::Tree(TreeError::ParentNotDirectory { .. })));
}

/// npm publishes names with a dot between slashes, and with them files twice.
#[test]
fn b28_what_stands_twice_is_the_same() {
    let (dotted, plain) = ("package/./dist/index.js", "package/dist/index.js");
    let tar = Tar::package()
        .entry(b'5', b"package/./dist/", 0o755, b"")
        .file(dotted, "x")
        .file(plain, "x")
        .entry(b'5', b"package/dist/", 0o755, b"");
    let (package, _) = read(&tar.gzip()).unwrap().unwrap();
    let files: Vec<&str> = package.files.entries().iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(files, ["dist", "dist/index.js", "package.json"]);
    for (first, second) in [(dotted, plain), (plain, dotted), (plain, plain)] {
        for other in [
            Tar::package().file(first, "x").file(second, "y"),
            Tar::package().file(first, "x").file(second, "xx"),
            Tar::package().file(first, "x").entry(b'0', second.as_bytes(), 0o755, b"x"),
            Tar::package().file(first, "").entry(b'5', format!("{second}/").as_bytes(), 0o755, b""),
            Tar::package().entry(b'5', format!("{first}/").as_bytes(), 0o755, b"").file(second, ""),
        ] {
            let error = refused(&other.gzip());
            assert!(matches!(error, ArchiveError::Tree(TreeError::Duplicate { .. })), "{error:?}");
        }
    }
    // The manifest stands once, whatever its copy says, and under such a name it is one.
    let copy = Tar::package().file("package/./package.json", MANIFEST);
    assert!(matches!(refused(&copy.gzip()), ArchiveError::SecondManifest { .. }));
    let dotted = Tar::default().file("package/./package.json", MANIFEST);
    assert_eq!(read(&dotted.gzip()).unwrap().unwrap().0.form, PackageForm::Npm);
}

#[test]
fn b49_one_manifest() {
    for second in ["package/package.json", "package/Package.json", "package/PACKAGE.JSON"] {
        let tar = Tar::package().file(second, MANIFEST);
        assert!(matches!(refused(&tar.gzip()), ArchiveError::SecondManifest { .. }), "{second}");
    }
    // The only one, which npm reads where case is folded.
    for only in ["package/Package.json", "package/PACKAGE.JSON", "package/package.j\u{17f}on"] {
        let tar = Tar::default().file(only, MANIFEST);
        assert!(matches!(refused(&tar.gzip()), ArchiveError::SecondManifest { .. }), "{only}");
    }
    let kelvin = Tar::default().file("package/pac\u{212a}age.json", MANIFEST);
    assert!(matches!(refused(&kelvin.gzip()), ArchiveError::Tree(_)));
    // Those of bundled packages are theirs.
    let tar = Tar::package().file("package/node_modules/x/package.json", "");
    assert!(matches!(read(&tar.gzip()), Ok(Some(_))));
}

#[test]
fn b49_manifests_that_are_none() {
    for (text, expected) in [
        (r#"{"version":"1.0.0"}"#, Some(PackageManifestError::Missing("name"))),
        (r#"{"name":"a"}"#, Some(PackageManifestError::Missing("version"))),
        (r#"{"name":"a","version":"1","name":"b"}"#, None),
        ("{}x", None),
        ("", None),
        (r#"{"name":"a/b","version":"1.0.0"}"#, None),
    ] {
        let error = refused(&Tar::default().file("package/package.json", text).gzip());
        let ArchiveError::Manifest { source: ManifestError::Package(found), .. } = &error else {
            panic!("{text}: {error:?}")
        };
        assert!(expected.as_ref().is_none_or(|expected| expected == found), "{text}: {found:?}");
    }
    let padded = format!("{}{MANIFEST}", " ".repeat(5 << 20));
    let error = refused(&Tar::default().file("package/package.json", padded).gzip());
    assert!(matches!(
        error,
        ArchiveError::Manifest { source: ManifestError::Package(PackageManifestError::TooLarge), .. }
    ));
}

#[test]
fn b49_extended_headers_that_readers_take_differently() {
    let local = |records: &[(&str, &str)]| {
        Tar::package().entry(b'x', b"x", 0o644, &pax(records)).file("package/a", "")
    };
    for (tar, what) in [
        (local(&[("size", "1")]), "another size than the header's"),
        (local(&[("path", "package/b"), ("path", "package/c")]), "a record stands twice"),
        (local(&[("linkpath", "/etc")]), "a link's target"),
        (local(&[("GNU.sparse.map", "0,1")]), "a sparse file"),
        (Tar::package().entry(b'x', b"x", 0o644, b"nonsense").file("package/a", ""), "a malformed record"),
        (
            Tar::package().entry(b'g', b"g", 0o644, &pax(&[("path", "package/a")])).file("package/b", ""),
            "one name or size for all entries",
        ),
        (
            local(&[("path", "package/b")]).entry(b'x', b"x", 0o644, &pax(&[("mtime", "1")])),
            "no entry follows",
        ),
        (
            Tar::package().entry(b'x', b"x", 0o644, b"").entry(b'x', b"x", 0o644, b"").file("package/a", ""),
            "it stands twice",
        ),
        (
            Tar::package()
                .entry(b'L', b"l", 0o644, b"package/b\0")
                .entry(b'L', b"l", 0o644, b"package/c\0")
                .file("package/a", ""),
            "it stands twice",
        ),
        (
            Tar::package()
                .entry(b'L', b"l", 0o644, b"package/b\0")
                .entry(b'x', b"x", 0o644, &pax(&[("path", "package/c")]))
                .file("package/a", ""),
            "two names for one entry",
        ),
        (Tar::package().entry(b'x', b"x", 0o644, &pax(&[("comment", &"x".repeat(2 << 20))])), "too long"),
    ] {
        let error = refused(&tar.gzip());
        assert!(
            matches!(&error, ArchiveError::Extension { what: found, .. } if *found == what),
            "{what}: {error:?}"
        );
    }
    // A name from an extended header is a name like others.
    let hidden = local(&[("path", "package/../../etc/passwd")]);
    assert!(matches!(refused(&hidden.gzip()), ArchiveError::Tree(TreeError::Path(_))));
    let disguised = Tar::package()
        .entry(b'x', b"x", 0o644, &pax(&[("path", "package/package.json")]))
        .file("package/a", MANIFEST);
    assert!(matches!(refused(&disguised.gzip()), ArchiveError::SecondManifest { .. }));
    let nul = local(&[("path", "package/a\0b")]);
    assert!(matches!(refused(&nul.gzip()), ArchiveError::Tree(TreeError::Path(_))));
}

#[test]
fn b49_nothing_follows_the_end() {
    let package = Tar::package().gzip();
    for tail in [&b"x"[..], b"\0", &package, &gzip(b"")] {
        let error = refused(&[package.as_slice(), tail].concat());
        assert!(matches!(error, ArchiveError::TrailingData), "{error:?}");
    }
    // Node goes on after one zero block, others stop.
    let more = Tar::default().file("package/evil", "").0;
    for zeros in [512, 1024, 10240] {
        let tar = Tar::package().raw(&vec![0; zeros]).raw(&more);
        let error = refused(&tar.gzip());
        assert!(matches!(error, ArchiveError::DataAfterEnd), "{zeros}: {error:?}");
    }
    // Padding to a whole record is what tar does.
    assert!(matches!(read(&Tar::package().raw(&[0; 9216]).gzip()), Ok(Some(_))));
}

#[test]
fn b49_damaged_archives() {
    let mut package = Tar::package().file("package/a", "x".repeat(3000)).gzip();
    let whole = package.clone();
    // The last bytes are checksum and length.
    for length in [whole.len() - 1, whole.len() - 8, whole.len() - 9] {
        assert!(matches!(refused(&whole[..length]), ArchiveError::Damaged(_)), "{length}");
    }
    let checksum = package.len() - 8;
    package[checksum] ^= 1;
    assert!(matches!(refused(&package), ArchiveError::Damaged(_)));
    // Node passes over a header with a wrong checksum and reads on.
    let mut tar = Tar::package().file("package/a", "");
    let header = tar.0.len() - 512;
    tar.0[header] ^= 1;
    assert!(matches!(refused(&tar.gzip()), ArchiveError::Damaged(_)));
    // A last entry that is longer than the archive.
    let cut = Tar::package().sized(b'0', b"package/a", 0o644, 5000, b"short");
    assert!(matches!(refused(&gzip(&cut.0)), ArchiveError::Damaged(_)));
}

#[test]
fn b49_bombs() {
    let bomb = Tar::package().file("package/zeros", vec![0; 65 << 20]).gzip();
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(refused(&bomb), ArchiveError::Bomb { limit } if limit == 64 << 20));
    // Below the floor the ratio does not count.
    let small = Tar::package().file("package/zeros", vec![0; 32 << 20]).gzip();
    assert!(matches!(read(&small), Ok(Some(_))));
}

#[test]
fn b49_too_many_entries_or_names() {
    // Noise, so that it is not the ratio that stops this.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(3 << 20)
    .collect();
    let mut tar = Tar::package().file("package/noise", noise);
    let header = Tar::default().entry(b'5', b"package", 0o755, b"").0;
    for _ in 0..200_000 {
        tar.0.extend_from_slice(&header);
    }
    assert!(matches!(refused(&tar.gzip()), ArchiveError::TooMany { limit: 200_000 }));

    let mut tar = Tar::package();
    for number in 0..8600 {
        let name = format!("package/{number}{}", "a".repeat(4000));
        tar = tar.entry(b'L', b"l", 0o644, name.as_bytes()).file("package/a", "");
    }
    assert!(matches!(refused(&tar.gzip()), ArchiveError::NamesTooLong { .. }));
    // Few names that imply many.
    let mut tar = Tar::package();
    for number in 0..20 {
        let name = format!("package/{number}{}", "/a".repeat(2040));
        tar = tar.entry(b'L', b"l", 0o644, name.as_bytes()).file("package/a", "");
    }
    assert!(matches!(refused(&tar.gzip()), ArchiveError::NamesTooLong { .. }));
    let long = Tar::package().entry(b'L', b"l", 0o644, &[b'a'; 4097]).file("package/a", "");
    assert!(matches!(refused(&long.gzip()), ArchiveError::NameTooLong { limit: 4096 }));
}
