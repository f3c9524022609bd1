use super::*;

/// A program for two machines that do not lie in it: what cannot be read is kept, to be said.
const UNIVERSAL: &[u8] = b"\xca\xfe\xba\xbe\0\0\0\x02";

#[test]
fn files_are_kept_by_name_or_as_programs() {
    let keeper = Keeper::of_catalogers();
    let kept = |path: &str, chunks: &[&[u8]]| {
        let mut kept = keeper.file(&TreePath::try_from(path).unwrap());
        chunks.iter().for_each(|chunk| kept.push(chunk));
        kept.finish()
    };
    assert_eq!(kept("package.json", &[b"{", b"}"]), Some(Content::Bytes(b"{}".to_vec())));
    let program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, 62, 0, 1], &[0; 43]].concat();
    assert_eq!(kept("server", &[&program]), None);
    assert_eq!(kept("a.libs/server", &[&program]), Some(Content::Opaque(Opaque::Library)));
    let large = [program.as_slice(), &vec![0; program::SILENT_BYTES]].concat();
    assert_eq!(kept("server", &[&large]), Some(Content::Opaque(Opaque::Program)));
    assert_eq!(kept("src/rust/Cargo.lock", &[b"x"]), Some(Content::Opaque(Opaque::Lock)));
    assert_eq!(kept("readme", &[b"x"]), None);
    // What no cataloger reads by its name is an archive if it is one.
    let packed = [b"\xfd7zXZ\0".as_slice(), &[0; 64]].concat();
    for path in ["lib/requirements.lock", "lib/uv.lock", "usr/share/doc/x/copyright", "lib/x"] {
        assert!(matches!(kept(path, &[&packed]), Some(Content::Archive(_))), "{path}");
    }
    assert_eq!(kept("package-lock.json", &[&packed]), Some(Content::Bytes(packed.clone())));
    // However few bytes come at a time.
    let each: Vec<&[u8]> = UNIVERSAL.chunks(1).collect();
    assert_eq!(kept("server", &each), Some(Content::Bytes(UNIVERSAL.to_vec())));
    assert_eq!(kept("A.class", &[b"\xca\xfe\xba\xbe", b"\0\0\0\x45"]), None);
    assert_eq!(keeper.kept.load(Ordering::Relaxed), 2 + UNIVERSAL.len() + packed.len());
    let none = Keeper::of(|_| false);
    let mut file = none.file(&TreePath::try_from("package.json").unwrap());
    file.push(b"{}");
    assert_eq!(file.finish(), None);
}

/// A name that stands in any folder, or whose format nobody reads, tells nothing of what is in the file.
#[test]
fn names_hide_neither_archives_nor_programs_nor_bundles() {
    let keeper = Keeper::of_catalogers();
    let kept = |path: &str, bytes: &[u8]| {
        let mut kept = keeper.file(&TreePath::try_from(path).unwrap());
        kept.push(bytes);
        kept.finish()
    };
    let packed = [b"\xfd7zXZ\0".as_slice(), &[0; 64]].concat();
    let program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, 62, 0, 1], &[0; 43]].concat();
    let large = [program.as_slice(), &vec![0; program::SILENT_BYTES]].concat();
    for path in [
        "Gemfile",
        "deno.json",
        "composer.json",
        "vlt-lock.json",
        "a.py.lock",
        "a/Cargo.toml",
        "a/.cargo-checksum.json",
        "vendor/modules.txt",
        "sitecustomize.so",
    ] {
        assert!(matches!(kept(path, &packed), Some(Content::Archive(_))), "{path}");
        assert_eq!(kept(path, &large), Some(Content::Opaque(Opaque::Program)), "{path}");
    }
    for path in ["Gemfile", "a/Cargo.toml", "setup.py", "vendor/modules.txt"] {
        for text in [b"gem".as_slice(), b"#!/bin/sh\n", &[b'#'; 2 * nested::HEAD]] {
            assert_eq!(kept(path, text), Some(Content::Bytes(text.to_vec())), "{path}");
        }
    }
    let bundle = b"// node_modules/a/index.js\nvar a = 1;\n".repeat(2000);
    assert!(matches!(kept("sitecustomize.js", &bundle), Some(Content::Script(_))));
}

#[test]
fn all_files_together_are_bounded() {
    let keeper = Keeper { limit: 3, ..Keeper::of(|_| true) };
    let path = TreePath::try_from("a").unwrap();
    let keep = |bytes: &[u8]| {
        let mut kept = keeper.file(&path);
        kept.push(bytes);
        let content = kept.finish().unwrap();
        Document { path: path.clone(), sha256: mcpsign_schemas::digest::Sha256Digest::of(bytes), content }
    };
    // One that is too large alone takes nothing from the others.
    assert_eq!(keep(&vec![0; crate::catalog::MAX_BYTES + 1]).content, Content::TooLarge);
    let mut documents = vec![keep(b"ab")];
    assert_eq!((keeper.settle(&mut documents), documents.len()), (None, 1));
    documents.push(keep(b"cd"));
    assert!(keeper.settle(&mut documents).is_some() && documents.is_empty());
}
