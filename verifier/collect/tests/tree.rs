//! Directories as artifacts: the digest of `formats.md` §3, and everything that no tree may have.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set up has failed"
)]

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use mcpsign_collect::artifact::{Artifact, ArtifactError, ArtifactKind, open};
use mcpsign_collect::tree::{Refused, WalkError};
use mcpsign_schemas::tree::{EntryKind, LinkRule, Listing, PathRule, TREE_MEDIA_TYPE, TreeError};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::{TempDir, tempdir};

/// A directory made by `fill`.
fn dir(fill: impl FnOnce(&Path)) -> TempDir {
    let dir = tempdir().expect("a temporary directory");
    fill(dir.path());
    dir
}

fn write(dir: &Path, name: &str, content: &str, mode: u32) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("below dir")).expect("parents");
    fs::write(&path, content).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
}

fn digest(dir: &TempDir) -> String {
    open(dir.path()).expect("a tree").digests.sha256.to_string()
}

fn walk_error(dir: &TempDir) -> WalkError {
    match open(dir.path()) {
        Err(ArtifactError::Tree { source, .. }) => source,
        other => panic!("not refused as a tree: {other:?}"),
    }
}

fn listing(artifact: &Artifact) -> &Listing {
    match &artifact.kind {
        ArtifactKind::Tree(listing) => listing,
        other => panic!("not a tree: {other:?}"),
    }
}

/// The tree of the specification's vector.
fn sample(dir: &Path) {
    write(dir, "a.txt", "", 0o644);
    write(dir, "a/x.txt", "hello\n", 0o644);
    write(dir, "bin/run", "#!/bin/sh\n", 0o755);
    fs::create_dir(dir.join("a/empty")).expect("a directory");
    symlink("../a/x.txt", dir.join("bin/x")).expect("a link");
}

#[test]
fn vectors_of_the_specification() {
    let tree = dir(sample);
    let artifact = open(tree.path()).expect("a tree");
    assert_eq!(listing(&artifact).to_bytes().len(), 374);
    assert_eq!(
        artifact.digests.sha256.to_string(),
        "e08dce28fb8e8cd9d08a533be79672a3fd833128d71817a7d462fb695efa2ec6"
    );
    assert_eq!((artifact.digests.sha512, artifact.size), (None, 16));
    let subject = artifact.subject();
    assert_eq!(subject.media_type.as_deref(), Some(TREE_MEDIA_TYPE));
    assert_eq!(
        subject.name.as_str(),
        tree.path().file_name().and_then(|name| name.to_str()).expect("a name")
    );
    assert_eq!(subject.digest.0.keys().collect::<Vec<_>>(), ["sha256"]);

    let empty = dir(|_| {});
    assert_eq!(listing(&open(empty.path()).expect("a tree")).to_bytes().len(), 24);
    assert_eq!(digest(&empty), "b7472d2b03bb29ddcf8419e61d82487b116dc689e4863accc171f19dc0e3c0d2");
}

#[test]
fn b26_symlinks_are_recorded_and_never_followed() {
    // What one would read if one followed.
    let outside = dir(|dir| write(dir, "secret", "outside", 0o644));
    for (target, rule) in [
        ("/etc/passwd", LinkRule::Absolute),
        (outside.path().to_str().expect("UTF-8"), LinkRule::Absolute),
        ("..", LinkRule::AboveRoot),
        ("../x", LinkRule::AboveRoot),
        ("a/../../x", LinkRule::ParentNotFirst),
        ("./a", LinkRule::DotComponent),
        ("a//b", LinkRule::EmptyComponent),
    ] {
        let tree = dir(|dir| symlink(target, dir.join("link")).expect("a link"));
        let error = walk_error(&tree);
        assert!(
            matches!(&error, WalkError::Tree(TreeError::Link { rule: found, .. }) if *found == rule),
            "{target}: {error:?}"
        );
    }
    // Loops, dangling links and links to directories lie inside: entries like others, not entered.
    let tree = dir(|dir| {
        write(dir, "real/f", "x", 0o644);
        for (name, target) in
            [("self", "self"), ("one", "two"), ("two", "one"), ("dangling", "gone"), ("dir", "real")]
        {
            symlink(target, dir.join(name)).expect("a link");
        }
        symlink("..", dir.join("real/up")).expect("a link");
    });
    let artifact = open(tree.path()).expect("a tree");
    let kinds: Vec<(&str, EntryKind)> =
        listing(&artifact).entries().iter().map(|entry| (entry.path.as_str(), entry.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("dangling", EntryKind::Symlink),
            ("dir", EntryKind::Symlink),
            ("one", EntryKind::Symlink),
            ("real", EntryKind::Directory),
            ("real/f", EntryKind::File),
            ("real/up", EntryKind::Symlink),
            ("self", EntryKind::Symlink),
            ("two", EntryKind::Symlink),
        ]
    );
}

#[test]
fn b26_hard_links_are_files() {
    let linked = dir(|dir| {
        write(dir, "a", "x", 0o644);
        fs::hard_link(dir.join("a"), dir.join("b")).expect("a hard link");
    });
    let copied = dir(|dir| {
        write(dir, "a", "x", 0o644);
        write(dir, "b", "x", 0o644);
    });
    assert_eq!(digest(&linked), digest(&copied));
}

#[test]
fn b26_fifos_sockets_devices_and_set_id_files_are_refused() {
    let refused = |tree: &TempDir| match walk_error(tree) {
        WalkError::Refused { what, path } => (what, path),
        other => panic!("{other:?}"),
    };
    let fifo = dir(|dir| {
        mknodat(CWD, dir.join("pipe"), FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a FIFO");
    });
    assert_eq!(refused(&fifo), (Refused::Fifo, "pipe".to_owned()));
    let mut listener = None;
    let socket = dir(|dir| listener = UnixListener::bind(dir.join("s")).ok());
    assert!(listener.is_some());
    assert_eq!(refused(&socket), (Refused::Socket, "s".to_owned()));
    for mode in [0o4755, 0o2755, 0o6755, 0o4644] {
        let set_id = dir(|dir| write(dir, "bin/su", "x", mode));
        assert_eq!(refused(&set_id), (Refused::SetId, "bin/su".to_owned()), "{mode:o}");
    }
    let device = dir(|dir| {
        // Only root may, and not in every container.
        let made =
            mknodat(CWD, dir.join("null"), FileType::CharacterDevice, Mode::from_raw_mode(0o600), 0x103);
        if let Err(error) = made {
            eprintln!("b26: no device could be made here ({error}); that part is skipped");
        }
    });
    if device.path().join("null").exists() {
        assert_eq!(refused(&device), (Refused::CharacterDevice, "null".to_owned()));
    }
}

#[test]
fn b28_path_forms() {
    for (name, rule) in [
        (&b"a\\b"[..], PathRule::Backslash),
        (b"C:", PathRule::Colon),
        (b"a.", PathRule::TrailingDotOrSpace),
        (b"a ", PathRule::TrailingDotOrSpace),
        (b"...", PathRule::TrailingDotOrSpace),
        (b"a\nb", PathRule::Control),
        (b"a\x7f", PathRule::Control),
        ("a\u{85}".as_bytes(), PathRule::Control),
        ("a\u{202e}b".as_bytes(), PathRule::BidiControl),
        ("a\u{200f}".as_bytes(), PathRule::BidiControl),
        ("e\u{301}".as_bytes(), PathRule::NotNfc),
        (b"a\xff", PathRule::NotUtf8),
    ] {
        for is_dir in [false, true] {
            let tree = dir(|dir| {
                let path = dir.join(std::ffi::OsStr::from_bytes(name));
                if is_dir {
                    fs::create_dir(path).expect("a directory")
                } else {
                    fs::write(path, "").expect("a file")
                }
            });
            let error = walk_error(&tree);
            assert!(
                matches!(&error, WalkError::Tree(TreeError::Path(found)) if found.rule == rule),
                "{name:?}: {error:?}"
            );
        }
    }
    for (a, b) in [("README", "readme"), ("dir/A", "dir/a"), ("Lib/x", "lib/y"), ("stra\u{df}e", "STRASSE")] {
        let tree = dir(|dir| {
            write(dir, a, "", 0o644);
            write(dir, b, "", 0o644);
        });
        assert!(matches!(walk_error(&tree), WalkError::Tree(TreeError::Collision { .. })), "{a} {b}");
    }
    // However the directory itself is named, it is one tree.
    let tree = dir(sample);
    let plain = digest(&tree);
    for path in [
        tree.path().join("."),
        tree.path().join("a/.."),
        tree.path().join("bin/../a/empty/../.."),
        Path::new(&format!("{}//", tree.path().display())).to_owned(),
    ] {
        let artifact = open(&path).expect("a tree");
        assert_eq!(artifact.digests.sha256.to_string(), plain, "{}", path.display());
        assert_eq!(Some(artifact.name.as_str()), tree.path().file_name().and_then(|name| name.to_str()));
    }
}

#[test]
fn b29_tree_digest_covers_names_modes_and_every_file() {
    let plain = digest(&dir(sample));
    let changed = |what: &str, change: &dyn Fn(&Path)| {
        let tree = dir(|dir| {
            sample(dir);
            change(dir);
        });
        assert_ne!(digest(&tree), plain, "{what}");
    };
    let unchanged = |what: &str, change: &dyn Fn(&Path)| {
        let tree = dir(|dir| {
            sample(dir);
            change(dir);
        });
        assert_eq!(digest(&tree), plain, "{what}");
    };
    changed("renamed", &|dir| fs::rename(dir.join("a.txt"), dir.join("b.txt")).expect("renamed"));
    changed("swapped", &|dir| {
        fs::rename(dir.join("a.txt"), dir.join("t")).expect("renamed");
        fs::rename(dir.join("a/x.txt"), dir.join("a.txt")).expect("renamed");
        fs::rename(dir.join("t"), dir.join("a/x.txt")).expect("renamed");
    });
    changed("moved", &|dir| fs::rename(dir.join("a/x.txt"), dir.join("x.txt")).expect("renamed"));
    changed("made executable", &|dir| write(dir, "a.txt", "", 0o744));
    changed("no longer executable", &|dir| write(dir, "bin/run", "#!/bin/sh\n", 0o655));
    changed("content", &|dir| write(dir, "a/x.txt", "hellO\n", 0o644));
    changed("a file in .git", &|dir| write(dir, ".git/hooks/post-checkout", "", 0o644));
    changed("a file in .github", &|dir| write(dir, ".github/workflows/x.yml", "", 0o644));
    changed("a file that .gitignore names", &|dir| write(dir, "node_modules/x", "", 0o644));
    changed("a backup file", &|dir| write(dir, "a.txt~", "", 0o644));
    changed("an empty directory more", &|dir| fs::create_dir(dir.join("b")).expect("a directory"));
    changed("an empty directory less", &|dir| fs::remove_dir(dir.join("a/empty")).expect("removed"));
    changed("another target", &|dir| {
        fs::remove_file(dir.join("bin/x")).expect("removed");
        symlink("../a.txt", dir.join("bin/x")).expect("a link");
    });
    changed("a file for the link", &|dir| {
        fs::remove_file(dir.join("bin/x")).expect("removed");
        write(dir, "bin/x", "../a/x.txt", 0o644);
    });
    // Not covered: other mode bits, times.
    unchanged("group and others", &|dir| write(dir, "a.txt", "", 0o677));
    unchanged("read only", &|dir| write(dir, "a.txt", "", 0o444));
    unchanged("times", &|dir| {
        let file = fs::File::options().write(true).open(dir.join("a.txt")).expect("open");
        file.set_modified(std::time::UNIX_EPOCH).expect("set");
    });
}

#[test]
fn package_json_at_the_root_says_what_a_directory_is() {
    let with = |text: &str| {
        let tree = dir(|dir| {
            write(dir, "package.json", text, 0o644);
            // Not at the root: says nothing about the whole.
            write(dir, "node_modules/b/package.json", r#"{"name":"b","version":"1.0.0"}"#, 0o644);
        });
        open(tree.path()).expect("a tree")
    };
    let artifact = with(r#"{"name":"@acme/files-mcp","version":"1.4.0"}"#);
    let purls: Vec<&str> = artifact.identity.iter().map(|identity| identity.purl.as_str()).collect();
    assert_eq!(purls, ["pkg:npm/%40acme/files-mcp@1.4.0"]);
    // What is installed is kept for the inventory, of which it is a part.
    assert_eq!(artifact.documents.len(), 2);
    for malformed in ["", "{", "[]", r#"{"name":"a"}"#, r#"{"name":"a","name":"b","version":"1.0.0"}"#] {
        let artifact = with(malformed);
        assert!(artifact.identity.is_empty(), "{malformed}");
    }
}
