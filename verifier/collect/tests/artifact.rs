//! What `open` makes of the paths that people name.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set up has failed"
)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use mcpsign_collect::archive::{ArchiveError, UnpackError, unpack};
use mcpsign_collect::artifact::{ArtifactError, ArtifactKind, open};
use mcpsign_collect::tree::Refused;
use mcpsign_schemas::digest::{Sha256Digest, Sha512Digest};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::tempdir;

fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_bytes()).expect("appended");
    }
    tar.into_inner().and_then(GzEncoder::finish).expect("packed")
}

#[test]
fn a_file_has_both_digests_and_no_identity() {
    let dir = tempdir().expect("a directory");
    // Larger than what is read at a time, and not a multiple of it.
    for size in [0, 1, 4096, (1 << 20) + 1, (3 << 20) + 12345] {
        let bytes: Vec<u8> =
            (0..size).map(|at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        let path = dir.path().join("server.bin");
        fs::write(&path, &bytes).expect("written");
        let artifact = open(&path).expect("a file");
        assert!(matches!(artifact.kind, ArtifactKind::File));
        assert_eq!(artifact.digests.sha256, Sha256Digest::of(&bytes), "{size}");
        assert_eq!(artifact.digests.sha512, Some(Sha512Digest::of(&bytes)), "{size}");
        assert_eq!((artifact.size, artifact.name.as_str()), (u64::from(size), "server.bin"));
        assert!(artifact.identity.is_empty() && artifact.documents.is_empty());
        let subject = artifact.subject();
        assert_eq!(subject.media_type, None);
        assert_eq!(subject.digest.0.keys().collect::<Vec<_>>(), ["sha256"]);
        assert_eq!(artifact.root_component().name, "server.bin");
    }
}

#[test]
fn an_npm_tarball_says_what_it_is() {
    let dir = tempdir().expect("a directory");
    let path = dir.path().join("acme-files-mcp-1.4.0.tgz");
    let manifest = r#"{"name":"@acme/files-mcp","version":"1.4.0","license":"MIT","bin":"cli.js"}"#;
    let bytes = tarball(&[("package/package.json", manifest), ("package/cli.js", "")]);
    fs::write(&path, &bytes).expect("written");
    let artifact = open(&path).expect("a package");
    let ArtifactKind::Package(package) = &artifact.kind else { panic!("{:?}", artifact.kind) };
    assert_eq!((package.files.entries().len(), package.has_lockfile), (2, false));
    assert_eq!(artifact.identity[0].purl, "pkg:npm/%40acme/files-mcp@1.4.0");
    let subject = artifact.subject();
    assert_eq!((subject.name.as_str(), subject.media_type.as_deref()), ("acme-files-mcp-1.4.0.tgz", None));
    assert_eq!(subject.digest.get("sha256"), Some(Sha256Digest::of(&bytes).to_string().as_str()));
    assert_eq!(subject.digest.get("sha512"), Some(Sha512Digest::of(&bytes).to_string().as_str()));
    let root = artifact.root_component();
    assert_eq!((root.name.as_str(), root.version.as_deref()), ("@acme/files-mcp", Some("1.4.0")));
    assert_eq!(root.licenses, ["MIT"]);
    // The content decides, not the name.
    let renamed = dir.path().join("anything");
    fs::rename(&path, &renamed).expect("renamed");
    assert!(matches!(open(&renamed).expect("a package").kind, ArtifactKind::Package(_)));
}

#[test]
fn a_package_that_breaks_a_rule_is_no_file_either() {
    let dir = tempdir().expect("a directory");
    let path = dir.path().join("evil.tgz");
    let manifest = r#"{"name":"a","version":"1.0.0"}"#;
    let bytes = tarball(&[("package/package.json", manifest), ("other/package.json", manifest)]);
    fs::write(&path, &bytes).expect("written");
    let error = open(&path).expect_err("refused");
    assert!(error.hint().is_some());
    let ArtifactError::Archive { source: ArchiveError::OutsideTop { .. }, digests, .. } = error else {
        panic!("{error:?}");
    };
    // Refused, and still measured.
    assert_eq!(digests.sha256, Sha256Digest::of(&bytes));
    assert_eq!(digests.sha512, Some(Sha512Digest::of(&bytes)));
}

#[test]
fn links_are_followed_and_keep_their_name() {
    let dir = tempdir().expect("a directory");
    fs::write(dir.path().join("server-1.0.0"), "x").expect("written");
    symlink("server-1.0.0", dir.path().join("latest")).expect("a link");
    let artifact = open(&dir.path().join("latest")).expect("a file");
    assert_eq!((artifact.name.as_str(), artifact.digests.sha256), ("latest", Sha256Digest::of(b"x")));
    let elsewhere = tempdir().expect("a directory");
    symlink(elsewhere.path(), dir.path().join("installed")).expect("a link");
    assert_eq!(open(&dir.path().join("installed")).map(|tree| tree.name).ok().as_deref(), Some("installed"));
    symlink("gone", dir.path().join("dangling")).expect("a link");
    assert!(matches!(open(&dir.path().join("dangling")), Err(ArtifactError::NotFound { .. })));
    symlink("loop", dir.path().join("loop")).expect("a link");
    assert!(matches!(open(&dir.path().join("loop")), Err(ArtifactError::Io { .. })));
}

#[test]
fn nothing_waits_for_a_fifo_or_reads_a_device() {
    let dir = tempdir().expect("a directory");
    let started = Instant::now();
    let refused = |path: &Path| match open(path) {
        Err(ArtifactError::NotAnArtifact { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let fifo = dir.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a FIFO");
    assert_eq!(refused(&fifo), Refused::Fifo);
    symlink(&fifo, dir.path().join("link")).expect("a link");
    assert_eq!(refused(&dir.path().join("link")), Refused::Fifo);
    assert_eq!(refused(Path::new("/dev/zero")), Refused::CharacterDevice);
    let socket = dir.path().join("s");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    assert_eq!(refused(&socket), Refused::Socket);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_cannot_be_named_or_read() {
    let dir = tempdir().expect("a directory");
    assert!(matches!(open(&dir.path().join("none")), Err(ArtifactError::NotFound { .. })));
    assert!(matches!(open(Path::new("")), Err(ArtifactError::NotFound { .. })));
    assert!(matches!(open(Path::new("/")), Err(ArtifactError::Name { .. })));
    assert!(matches!(open(&dir.path().join("none/..")), Err(ArtifactError::NotFound { .. })));
    for name in ["a\nb", "a\u{202e}b", "a\u{200b}"] {
        let path = dir.path().join(name);
        fs::write(&path, "").expect("written");
        assert!(matches!(open(&path), Err(ArtifactError::Name { .. })), "{name:?}");
    }
    let file = dir.path().join("file");
    fs::File::create(&file).expect("created").write_all(b"x").expect("written");
    assert!(matches!(open(&file.join("below")), Err(ArtifactError::Io { .. })));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).expect("mode");
    if rustix::process::geteuid().is_root() {
        eprintln!(
            "what_cannot_be_named_or_read: root reads everything; the part about permissions is skipped"
        );
    } else {
        assert!(matches!(open(&file), Err(ArtifactError::Permission { .. })));
    }
}

#[test]
fn b55_what_is_unpacked_is_what_was_read() {
    let dir = tempdir().expect("a directory");
    let path = dir.path().join("a-1.0.0.tgz");
    let manifest = r#"{"name":"a","version":"1.0.0"}"#;
    let pack = |content| tarball(&[("package/package.json", manifest), ("package/lib/cli.js", content)]);
    fs::write(&path, pack("one")).expect("written");
    let artifact = open(&path).expect("a package");

    let into = dir.path().join("unpacked");
    assert!(matches!(unpack(&artifact, &into), Err(UnpackError::NotEmpty { .. })), "it is not there");
    fs::create_dir(&into).expect("a directory");
    unpack(&artifact, &into).expect("unpacked");
    let unpacked = open(&into).expect("a tree");
    let ArtifactKind::Tree(listing) = &unpacked.kind else { panic!("{:?}", unpacked.kind) };
    assert_eq!(Some(listing), artifact.package().map(|package| &package.files));
    assert!(matches!(unpack(&artifact, &into), Err(UnpackError::NotEmpty { .. })), "it is full");

    let other = dir.path().join("other");
    fs::create_dir(&other).expect("a directory");
    for changed in [pack("two"), b"no package".to_vec(), pack("one")[..40].to_vec()] {
        fs::write(&path, changed).expect("written");
        assert!(matches!(unpack(&artifact, &other), Err(UnpackError::Changed { .. })));
        fs::remove_dir_all(&other).and_then(|()| fs::create_dir(&other)).expect("emptied");
    }
    assert!(matches!(unpack(&unpacked, &other), Err(UnpackError::NotAPackage { .. })));
}

#[test]
fn a_file_called_like_a_package_is_one_or_is_refused() {
    let dir = tempdir().expect("a directory");
    let npm = tarball(&[("package/package.json", r#"{"name":"a","version":"1.0.0"}"#)]);
    for name in ["a-1.0-py3-none-any.whl", "a.WHL", "a-1.0.0.crate", "a.mcpb", "a.dxt"] {
        let path = dir.path().join(name);
        for bytes in [&b""[..], b"hello", &npm] {
            fs::write(&path, bytes).expect("written");
            let error = open(&path).expect_err(name);
            let ArtifactError::Archive { source, digests, .. } = error else { panic!("{name}: {error:?}") };
            // Of a tarball more can be said than that it is no crate.
            let is_tarball = name.ends_with(".crate") && bytes == npm;
            assert!(is_tarball || matches!(source, ArchiveError::NotThatForm { .. }), "{name}: {source:?}");
            assert_eq!(digests.sha256, Sha256Digest::of(bytes));
        }
    }
}
