//! Archives as others pack them, and bombs.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use mcpsign_schemas::digest::Sha256Digest;

use super::*;

pub(super) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = ::tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = ::tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut zip = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (path, content) in files {
        let (mut entry, config) =
            zip.new_file(path).compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap();
    bytes
}

/// What is kept of a file in an artifact.
fn kept(keeper: &Keeper, bytes: &[u8]) -> Option<Content> {
    let path = TreePath::try_from("vendor/file").unwrap();
    let mut kept = keeper.file(&path);
    bytes.chunks(1000).for_each(|chunk| kept.push(chunk));
    kept.finish()
}

/// The files that are kept of an archive, archives in it by what is not known of them, and its gaps.
fn said(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    match kept(&Keeper::of_catalogers(), bytes) {
        Some(Content::Archive(archive)) => {
            let shown = |document: &Document| match &document.content {
                Content::Archive(inner) => format!("{}: {}", document.path, inner.gaps.join(", ")),
                _ => document.path.to_string(),
            };
            (archive.documents.iter().map(shown).collect(), archive.gaps)
        }
        other => panic!("{other:?}"),
    }
}

const PACKAGE: &[u8] = br#"{"name":"a","version":"1.0.0"}"#;

#[test]
fn files_count_by_their_path_or_that_below_the_one_folder() {
    let files: [(&str, &[u8]); 6] = [
        ("package/package.json", PACKAGE),
        ("package/package-lock.json", b"{}"),
        ("package/node_modules/b/package.json", PACKAGE),
        ("package/index.js", b"x"),
        ("./var/lib/dpkg/status", b""),
        ("package/bin/server", b"\x7fELF\x02\x01\x01"),
    ];
    let expected = ["package.json", "package/node_modules/b/package.json", "var/lib/dpkg/status"];
    for bytes in [tar(&files), gzip(&tar(&files)), zip(&files)] {
        let (documents, gaps) = said(&bytes);
        assert_eq!((documents.as_slice(), gaps.as_slice()), (&expected.map(str::to_owned)[..], &[][..]));
    }
}

#[test]
fn what_lies_in_one_of_several_folders_is_a_part() {
    let is_part = |files: &[(&str, &[u8])]| match kept(&Keeper::of_catalogers(), &gzip(&tar(files))) {
        Some(Content::Archive(archive)) => archive.is_part,
        other => panic!("{other:?}"),
    };
    assert!(!is_part(&[("package/package.json", PACKAGE), ("package/index.js", b"x")]));
    assert!(!is_part(&[("package.json", PACKAGE), ("lib/index.js", b"x")]));
    assert!(is_part(&[("app/package.json", PACKAGE), ("etc/passwd", b"x")]));
    assert!(is_part(&[("app/package.json", PACKAGE), ("run.sh", b"x")]));
}

#[test]
fn one_level_is_opened() {
    let inner = zip(&[("package.json", PACKAGE)]);
    let (documents, gaps) = said(&zip(&[("BOOT-INF/lib/a.jar", &inner)]));
    assert_eq!(documents, ["BOOT-INF/lib/a.jar: an archive in an archive: not looked into"]);
    assert!(gaps.is_empty());
    let Some(Content::Archive(outer)) = kept(&Keeper::of_one_file(), &zip(&[("BOOT-INF/lib/a.jar", &inner)]))
    else {
        panic!("not an archive")
    };
    assert!(matches!(&outer.documents[0].content, Content::Archive(inner) if inner.documents.len() == 1));
}

#[test]
fn what_is_no_archive_is_passed_over() {
    for bytes in [&gzip(b"a page of a manual")[..], b"PK", b"\x1f\x8b", &[0; 1024], b""] {
        assert_eq!(kept(&Keeper::of_catalogers(), bytes), None, "{bytes:?}");
    }
    assert_eq!(kept(&Keeper::of(|_| false), &zip(&[])), None);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let whole = gzip(&tar(&[("package.json", PACKAGE), ("a.js", &[7; 9000])]));
    for (bytes, reason) in [
        (&b"7z\xbc\xaf\x27\x1c"[..], "an archive of 7-Zip: not looked into"),
        (b"!<arch>\ndebian-binary", "a package of dpkg: not looked into"),
        (&zip(&[("package.json", PACKAGE)])[..60], "the archive cannot be read to its end: "),
        (&whole[..whole.len() - 20], "the archive cannot be read to its end: "),
    ] {
        let (_, gaps) = said(bytes);
        assert!(gaps.len() == 1 && gaps[0].starts_with(reason), "{reason}: {gaps:?}");
    }
    let mut encrypted = zip(&[("package.json", PACKAGE)]);
    let directory = encrypted.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    encrypted[directory + 8] |= 1;
    assert_eq!(
        said(&encrypted).1,
        ["1 of its files that are encrypted or packed in another way, the first `package.json`"]
    );
}

#[test]
fn bombs_are_bounded() {
    let zeros = vec![0; usize::try_from(FLOOR).unwrap() + 1];
    let limit = "the archive cannot be read to its end: it inflates to too much";
    for bomb in [gzip(&tar(&[("package.json", &zeros)])), zip(&[("package.json", &zeros)])] {
        assert_eq!(said(&bomb).1, [limit]);
    }
    // What nobody wants is not inflated at all.
    assert_eq!(said(&zip(&[("a.bin", &zeros)])), (Vec::new(), Vec::new()));
    // Many small ones are bounded together, whichever is read first.
    let keeper = Keeper::with_budget(Budget::new(3, MAX_NAMES, MAX_INFLATED));
    let two = zip(&[("package.json", PACKAGE), ("x/package.json", PACKAGE)]);
    assert!(kept(&keeper, &two).is_some() && !keeper.has_too_much_in_archives());
    let mut documents = Vec::new();
    for name in ["a", "b"] {
        let path = TreePath::try_from(name).unwrap();
        documents.push(Document {
            path,
            sha256: Sha256Digest::of(&two),
            content: kept(&keeper, &two).unwrap(),
        });
    }
    let gap = keeper.settle(&mut documents).unwrap();
    assert_eq!((gap.reason.as_str(), documents.len()), (super::super::TOO_MUCH_IN_ARCHIVES, 0));
}

#[test]
fn archives_that_hold_too_much_take_nothing_from_the_artifact() {
    let keeper = Keeper::with_budget(budget().keeping(4 * PACKAGE.len() as u64));
    let bomb = zip(&[("package.json", PACKAGE), ("x/package.json", PACKAGE)]);
    let own = TreePath::try_from("node_modules/evil/package.json").unwrap();
    let document = |path: &TreePath, content| Document {
        path: path.clone(),
        sha256: Sha256Digest::of(PACKAGE),
        content,
    };
    let mut file = keeper.file(&own);
    file.push(PACKAGE);
    let mut documents = vec![document(&own, file.finish().unwrap())];
    for name in ["1.zip", "2.zip", "3.zip"] {
        let path = TreePath::try_from(name).unwrap();
        documents.push(document(&path, kept(&keeper, &bomb).unwrap()));
    }
    let gap = keeper.settle(&mut documents).unwrap();
    assert_eq!(gap.reason, super::super::TOO_MUCH_IN_ARCHIVES);
    assert_eq!(documents, [document(&own, Content::Bytes(PACKAGE.to_vec()))]);
}

#[test]
fn names_are_bounded_before_they_are_held() {
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNULongName);
    header.set_path("././@LongLink").unwrap();
    for (flag, length, fits) in [(b'L', 5 << 20, false), (b'x', 5 << 20, false), (b'L', 300, true)] {
        header.set_entry_type(::tar::EntryType::new(flag));
        header.set_size(length as u64);
        header.set_cksum();
        let padded = vec![b'a'; usize::next_multiple_of(length, 512)];
        let bytes = [header.as_bytes(), padded.as_slice(), &tar(&[("package.json", PACKAGE)])].concat();
        // Behind an entry as at the beginning.
        let first = tar(&[("a.js", b"1")]);
        let (_, gaps) = said(&gzip(&[&first[..1024], &bytes].concat()));
        let expected = ["the archive cannot be read to its end: a name too long to be read".to_owned()];
        assert_eq!(gaps.as_slice(), if fits { &[][..] } else { &expected[..] }, "{flag}");
    }
}

#[test]
fn what_is_too_large_to_be_read_is_said() {
    let large = vec![b' '; super::super::MAX_BYTES + 1];
    let (documents, gaps) = said(&gzip(&tar(&[("package.json", &large)])));
    // A cataloger would have read it: that fails.
    assert_eq!(documents.len(), 1, "{documents:?}");
    assert!(gaps.is_empty(), "{gaps:?}");
}

#[test]
fn entries_count_behind_a_block_of_zeros() {
    let (first, second) =
        (tar(&[("package.json", PACKAGE)]), tar(&[("node_modules/b/package.json", PACKAGE)]));
    let bytes = [&first[..1024], &[0; 512], &second].concat();
    assert_eq!(
        said(&gzip(&bytes)),
        (vec!["package.json".to_owned(), "node_modules/b/package.json".to_owned()], Vec::new())
    );
}

#[test]
fn zips_count_behind_what_makes_them_run() {
    let packed = zip(&[("package.json", PACKAGE)]);
    for before in [&b"#!/usr/bin/env python3\n"[..], b"PK\x07\x08"] {
        let (documents, gaps) = said(&[before, &packed].concat());
        assert_eq!((documents.as_slice(), gaps.as_slice()), (&["package.json".to_owned()][..], &[][..]));
    }
    assert_eq!(kept(&Keeper::of_catalogers(), b"#!/bin/sh\necho PK\n"), None);
}

#[test]
fn an_image_is_what_its_layers_leave_whether_gzip_compressed_it_or_not() {
    let base =
        tar(&[("app/node_modules/gone/package.json", PACKAGE), ("app/node_modules/a/package.json", PACKAGE)]);
    let top = tar(&[("app/node_modules/.wh.gone", b""), ("etc/os-release", b"ID=x\n")]);
    let listed = br#"[{"Config":"c.json","RepoTags":["x:1"],"Layers":["b/layer.tar","t/layer.tar"]}]"#;
    let saved = tar(&[
        ("b/layer.tar", &base),
        ("t/layer.tar", &top),
        ("c.json", b"{}"),
        ("manifest.json", listed),
        ("repositories", b"{}"),
    ]);
    let (documents, gaps) = said(&saved);
    assert_eq!(said(&gzip(&saved)), (documents.clone(), gaps.clone()));
    assert_eq!(gaps, [""; 0]);
    assert!(documents.contains(&"app/node_modules/a/package.json".to_owned()), "{documents:?}");
    assert!(
        !documents.iter().any(|path| path.contains("gone") || path.contains("layer.tar")),
        "{documents:?}"
    );
    // One of which nothing says what lies over what.
    let unlisted = tar(&[("b/layer.tar", &base), ("manifest.json", b"[]"), ("repositories", b"{}")]);
    for bytes in [unlisted.clone(), gzip(&unlisted)] {
        assert_eq!(said(&bytes).1, ["an image: what one of its layers takes away is listed as well"]);
    }
}
