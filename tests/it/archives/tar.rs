//! npm packages, Python source distributions and crates, held against what npm, pip and Cargo unpack with: the `tar`
//! of the npm that is installed, Python's `tarfile` with the `data` filter, the `tar` crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mcpsign_collect::archive::{ArchiveError, ManifestError};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::TreeError;

use super::tar_bytes::{Tar, gzip};
use super::{Case, Ours, Seen, Theirs, ask, judge, write};
use crate::support::{python, skip};

/// A form, its tool and its parts.
struct Form {
    id: &'static str,
    file: &'static str,
    top: &'static str,
    manifest: &'static str,
    text: &'static str,
}

const NPM: Form = Form {
    id: "npm",
    file: "evil-1.0.0.tgz",
    top: "package",
    manifest: "package.json",
    text: r#"{"name":"evil","version":"1.0.0"}"#,
};
const SDIST: Form = Form {
    id: "sdist",
    file: "evil-1.0.tar.gz",
    top: "evil-1.0",
    manifest: "PKG-INFO",
    text: "Metadata-Version: 2.2\nName: evil\nVersion: 1.0\n",
};
const CRATE: Form = Form {
    id: "crate",
    file: "evil-1.0.0.crate",
    top: "evil-1.0.0",
    manifest: "Cargo.toml",
    text: "[package]\nname = \"evil\"\nversion = \"1.0.0\"\n",
};

impl Form {
    /// An archive with its manifest.
    fn tar(&self) -> Tar {
        Tar::default().file(self.at(self.manifest), self.text)
    }

    /// A name below the folder at the top.
    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.top)
    }
}

/// Unpacks as npm does: `pacote`'s options, without its renaming of `.gitignore`.
const NODE: &str = r#"
const tar = require(process.argv[1]), fs = require("fs"), os = require("os"), path = require("path");
const { createHash } = require("crypto");
const walk = (dir, root, files) => {
  for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
    const at = path.join(dir, e.name);
    if (e.isDirectory()) walk(at, root, files);
    else files[path.relative(root, at)] = createHash("sha256").update(fs.readFileSync(at)).digest("hex");
  }
  return files;
};
for (const file of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), "mcpsign-npm-"));
  try {
    tar.x({ file, cwd, sync: true, strip: 1, noChmod: true, noMtime: true, preserveOwner: false,
      filter: (name, entry) => !/Link$/.test(entry.type) && /File$/.test(entry.type), onwarn: () => {} });
    console.log(JSON.stringify({ files: walk(cwd, cwd, {}) }));
  } catch (e) { console.log(JSON.stringify({ error: String(e) })); }
  fs.rmSync(cwd, { recursive: true, force: true });
}
"#;

/// Unpacks as pip does: one leading folder stripped, the `data` filter.
const PYTHON: &str = r#"
import hashlib, json, os, shutil, sys, tarfile, tempfile
if not hasattr(tarfile, "data_filter"):
    from backports import tarfile
def split(name):
    name = name.lstrip("/").lstrip("\\")
    if "/" in name and ("\\" not in name or name.find("/") < name.find("\\")):
        return name.split("/", 1)
    return name.split("\\", 1) if "\\" in name else [name, ""]
for path in sys.stdin:
    into = tempfile.mkdtemp()
    try:
        with tarfile.open(path.rstrip("\n"), "r:gz", encoding="utf-8") as t:
            members = t.getmembers()
            tops = {split(m.name)[0] for m in members}
            if len(tops) == 1 and "" not in tops:
                for m in members:
                    lead, m.name = split(m.name)
                    if m.islnk() and split(m.linkname)[0] == lead:
                        m.linkname = split(m.linkname)[1]
            t.extractall(into, filter=lambda m, to: tarfile.data_filter(m, into))
        files = {}
        for folder, _, names in os.walk(into):
            for name in names:
                at = os.path.join(folder, name)
                with open(at, "rb") as f:
                    shown = os.path.relpath(at, into).encode("utf-8", "replace").decode()
                    files[shown] = hashlib.sha256(f.read()).hexdigest()
        print(json.dumps({"files": files}))
    except Exception as e:
        print(json.dumps({"error": repr(e)}))
    shutil.rmtree(into, ignore_errors=True)
"#;

/// Unpacks as Cargo does: every entry below the crate's folder, its own mark left out.
fn cargo(path: &Path) -> Seen {
    let into = tempfile::tempdir().unwrap();
    let unpack = || -> std::io::Result<()> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(path)?));
        for entry in archive.entries()? {
            let mut entry = entry?;
            let name = entry.path()?.into_owned();
            if !name.starts_with(CRATE.top) {
                return Err(std::io::Error::other("outside the crate's folder"));
            }
            if name.file_name().is_none_or(|name| name != ".cargo-ok") {
                entry.unpack_in(into.path())?;
            }
        }
        Ok(())
    };
    unpack().map_err(|error| error.to_string())?;
    Ok(listed(&into.path().join(CRATE.top)))
}

/// What lies below a folder, whatever its names: links as what they lead to, if that is a file.
fn listed(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.is_file() {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, Sha256Digest::of(&fs::read(&path).unwrap()).to_string());
            }
        }
    }
    found
}

fn npm_s_tar() -> Option<PathBuf> {
    let program =
        ["/usr/lib", "/usr/local/lib", "/usr/share"].map(|lib| Path::new(lib).join("node_modules/npm"));
    let beside = Command::new("npm").args(["root", "-g"]).output().ok();
    let beside = beside.and_then(|output| String::from_utf8(output.stdout).ok());
    let beside = beside.map(|root| Path::new(root.trim()).join("npm"));
    program.into_iter().chain(beside).map(|npm| npm.join("node_modules/tar")).find(|tar| tar.is_dir())
}

fn python_has_the_filter() -> bool {
    // Before 3.11.4 it has none, and who maintains it keeps one for those.
    let asked = Command::new(python()).args(["-c", PYTHON]).stdin(Stdio::null()).output();
    asked.is_ok_and(|output| output.status.success())
}

#[test]
fn b49_npm_packages_that_npm_unpacks_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let cases = cases(&NPM);
    write(root.path(), &cases);
    let seen = match npm_s_tar() {
        Some(tar) => ask(Command::new("node").arg("-e").arg(NODE).arg(tar), root.path(), &cases),
        None => {
            skip("b49_npm_packages_that_npm_unpacks_otherwise", "npm with its `tar`");
            Vec::new()
        }
    };
    judge(root.path(), &cases, &seen);
}

#[test]
fn b49_sdists_that_pip_unpacks_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let cases = cases(&SDIST);
    write(root.path(), &cases);
    let seen = if python_has_the_filter() {
        ask(Command::new(python()).arg("-c").arg(PYTHON), root.path(), &cases)
    } else {
        skip("b49_sdists_that_pip_unpacks_otherwise", "Python with tarfile's data filter");
        Vec::new()
    };
    judge(root.path(), &cases, &seen);
}

#[test]
fn b49_crates_that_cargo_unpacks_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let cases = cases(&CRATE);
    write(root.path(), &cases);
    let paths =
        cases.iter().enumerate().map(|(number, case)| root.path().join(number.to_string()).join(case.file));
    let seen: Vec<Seen> = paths.map(|path| cargo(&path)).collect();
    judge(root.path(), &cases, &seen);
}

#[test]
fn b49_there_are_enough_of_them() {
    let all: Vec<Case> = [&NPM, &SDIST, &CRATE].into_iter().flat_map(cases).collect();
    let good = all.iter().filter(|case| matches!(case.ours, Ours::Takes)).count();
    assert!(all.len() - good >= 100 && good >= 15, "{} hostile, {good} good", all.len() - good);
}

fn cases(form: &Form) -> Vec<Case> {
    [
        good(form),
        streams(form),
        names(form),
        dots(form),
        types(form),
        extensions(form),
        headers(form),
        own(form),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A case whose tool's answer depends on the version, or is said by [`THEIRS`].
fn case(form: &Form, what: &'static str, bytes: Vec<u8>, ours: Ours) -> Case {
    let known = THEIRS.iter().find(|(id, name, _)| *id == form.id && *name == what);
    let theirs = match (&ours, known) {
        (_, Some((_, _, theirs))) => *theirs,
        (Ours::Takes, None) => Theirs::Sees(&[]),
        _ => Theirs::Varies,
    };
    Case { what, file: form.file, bytes, theirs, ours }
}

fn refuses(form: &Form, what: &'static str, tar: Tar, reason: fn(&ArchiveError) -> bool) -> Case {
    case(form, what, tar.gzip(), Ours::Refuses(reason))
}

/// What the tools were seen to make of some of them; of others it varies.
const THEIRS: &[(&str, &str, Theirs)] = &[
    ("npm", "a second gzip member", Theirs::Sees(&["evil"])),
    ("npm", "an archive after the archive", Theirs::Misses("evil")),
    ("npm", "an entry after one zero block", Theirs::Sees(&["evil"])),
    ("npm", "from the root", Theirs::Sees(&["tmp/mcpsign-evil"])),
    ("npm", "another folder", Theirs::Sees(&["evil"])),
    ("npm", "a contiguous file", Theirs::Sees(&["x"])),
    ("npm", "a Solaris header", Theirs::Sees(&["evil"])),
    ("npm", "a hard link", Theirs::Misses("x")),
    ("npm", "a link to the root", Theirs::Misses("x")),
    ("npm", "a smaller size by pax", Theirs::Sees(&["evil"])),
    ("npm", "a size and text", Theirs::Sees(&["evil"])),
    ("npm", "a size with an underscore", Theirs::Sees(&["evil"])),
    ("npm", "a group that is no number", Theirs::Sees(&["evil"])),
    ("npm", "a wrong checksum", Theirs::Misses("a")),
    ("sdist", "a second gzip member", Theirs::Sees(&["evil"])),
    ("sdist", "an entry after one zero block", Theirs::Misses("evil")),
    ("sdist", "from the root", Theirs::Sees(&["tmp/mcpsign-evil"])),
    ("sdist", "a hard link", Theirs::Sees(&["x"])),
    ("sdist", "a Solaris header", Theirs::Sees(&["evil"])),
    ("sdist", "one name for all", Theirs::Sees(&["evil"])),
    ("sdist", "a smaller size by pax", Theirs::Sees(&["evil"])),
    ("sdist", "an owner that is no number", Theirs::Misses("evil")),
    ("sdist", "a group that is no number", Theirs::Misses("evil")),
    ("sdist", "a time that is no number", Theirs::Misses("evil")),
    ("sdist", "a device that is no number", Theirs::Misses("evil")),
    ("sdist", "a size and text", Theirs::Misses("evil")),
    ("sdist", "a size with an underscore", Theirs::Sees(&["evil"])),
    ("sdist", "a wrong checksum", Theirs::Misses("evil")),
    ("sdist", "a signed checksum", Theirs::Sees(&["evil"])),
    ("sdist", "a first part of the name without magic", Theirs::Sees(&["b"])),
    ("sdist", "through a link", Theirs::Sees(&["d/evil"])),
    ("sdist", "a link to the root", Theirs::Fails),
    ("sdist", "out of the folder", Theirs::Fails),
    ("crate", "a comment for all", Theirs::Fails),
    ("crate", "a second gzip member", Theirs::Misses("evil")),
    ("crate", "an entry after one zero block", Theirs::Misses("evil")),
    ("crate", "out of the folder", Theirs::Misses("evil")),
    ("crate", "from the root", Theirs::Fails),
    ("crate", "cut off", Theirs::Sees(&["a"])),
    ("crate", "a mark of Cargo's", Theirs::Misses("src/.cargo-ok")),
    ("crate", "a group that is no number", Theirs::Sees(&["evil"])),
    ("crate", "a wrong checksum", Theirs::Fails),
    ("crate", "a signed checksum", Theirs::Fails),
    ("crate", "a smaller size by pax", Theirs::Sees(&["evil"])),
    ("crate", "a first part of the name without magic", Theirs::Fails),
    ("crate", "an unknown type", Theirs::Sees(&["x"])),
    ("crate", "a hard link", Theirs::Sees(&["x"])),
    ("crate", "through a link", Theirs::Sees(&["d/evil"])),
    ("crate", "one name for all", Theirs::Fails),
];

fn good(form: &Form) -> Vec<Case> {
    let takes = |what, tar: Tar| case(form, what, tar.gzip(), Ours::Takes);
    let long = form.at(&format!("{}/b.txt", "a".repeat(120)));
    let mut cases = vec![
        takes("files alone", form.tar().file(form.at("lib/a.txt"), "a")),
        takes(
            "directories",
            Tar::default()
                .entry(b'5', format!("{}/", form.top), 0o755, "")
                .entry(b'5', form.at("lib"), 0o755, "")
                .file(form.at(form.manifest), form.text)
                .file(form.at("lib/a.txt"), "a"),
        ),
        takes(
            "a long name by pax",
            form.tar().pax(b'x', &[("path", &long), ("mtime", "1.5")]).file("x", "a"),
        ),
        takes("a long name by GNU", form.tar().long(b'L', &long).file("x", "a")),
        takes("an executable file", form.tar().entry(b'0', form.at("run"), 0o755, "#!/bin/sh\n")),
        takes("padded to a record", form.tar().raw(&[0; 8192])),
        takes(
            "a name in two parts",
            form.tar().changed("b.txt", "b", |header| {
                let prefix = format!("{}/{}", form.top, "p".repeat(100));
                header.as_ustar_mut().unwrap().prefix[..prefix.len()].copy_from_slice(prefix.as_bytes());
            }),
        ),
    ];
    let comment = Tar::default().pax(b'g', &[("comment", "abc")]).raw(&form.tar().0);
    // Cargo takes the header for a file outside the crate's folder.
    cases.push(match form.id {
        "crate" => refuses(form, "a comment for all", comment, |e| {
            matches!(e, ArchiveError::EntryType { type_flag: 'g', .. })
        }),
        _ => case(form, "a comment for all", comment.gzip(), Ours::Takes),
    });
    if form.id == "sdist" {
        let links = form.tar().file("evil-1.0/lib/a.txt", "a");
        cases.push(takes("links inside", links.clone().link(b'2', "evil-1.0/bin/a", "../lib/a.txt")));
        cases.push(takes(
            "a long target",
            links
                .long(b'L', &format!("evil-1.0/{}", "t".repeat(120)))
                .file("x", "")
                .long(b'K', &"t".repeat(120))
                .link(b'2', "evil-1.0/l", "t"),
        ));
    }
    cases
}

fn streams(form: &Form) -> Vec<Case> {
    let trailing: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::TrailingData);
    let after: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::DataAfterEnd);
    let damaged: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Damaged(_));
    let whole = form.tar().file(form.at("a"), "a").gzip();
    let extra = Tar::default().file(form.at("evil"), "evil");
    // Two members, the first without end mark: together one archive.
    let member = [gzip(&form.tar().0), extra.clone().gzip()].concat();
    let mut sum = whole.clone();
    let at = sum.len() - 8;
    sum[at] ^= 1;
    let refused = |what, bytes, reason| case(form, what, bytes, Ours::Refuses(reason));
    vec![
        refused("a second gzip member", member, trailing),
        refused("text after gzip", [whole.as_slice(), b"text"].concat(), trailing),
        refused("zeros after gzip", [whole.as_slice(), &[0; 16]].concat(), trailing),
        refused("an archive after the archive", [whole.clone(), extra.clone().gzip()].concat(), trailing),
        refused("cut off", whole[..whole.len() - 9].to_vec(), damaged),
        refused("a wrong gzip checksum", sum, damaged),
        refuses(form, "an entry after the end", form.tar().raw(&[0; 1024]).raw(&extra.0), after),
        refuses(form, "an entry after one zero block", form.tar().raw(&[0; 512]).raw(&extra.0), after),
        refuses(
            form,
            "an entry longer than the archive",
            form.tar().changed(form.at("a"), "", |h| h.set_size(5000)),
            damaged,
        ),
    ]
}

fn names(form: &Form) -> Vec<Case> {
    let path: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Tree(TreeError::Path(_)));
    let outside: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::OutsideTop { .. });
    let with = |what, name: String, reason| refuses(form, what, form.tar().file(name, "evil"), reason);
    let twice = |what, a: &str, b: &str, reason| {
        refuses(form, what, form.tar().file(form.at(a), "one").file(form.at(b), "two"), reason)
    };
    vec![
        with("out of the folder", form.at("../../evil"), path),
        with("to the side", form.at("../evil/x"), path),
        with("from the root", "/tmp/mcpsign-evil".into(), path),
        with("a backslash", form.at("..\\..\\evil"), path),
        with("a drive", form.at("C:evil"), path),
        with("two slashes", form.at("/evil"), path),
        with("a dot at the end", form.at("evil."), path),
        with("a line feed", form.at("evil\nb"), path),
        with("right to left", form.at("\u{202e}evil"), path),
        with("not in NFC", form.at("e\u{301}vil"), path),
        with("another folder", "other/evil".into(), outside),
        with("no folder", "evil".into(), outside),
        twice("twice", "a", "a", |e| matches!(e, ArchiveError::Tree(TreeError::Duplicate { .. }))),
        twice("twice by case", "A", "a", |e| matches!(e, ArchiveError::Tree(TreeError::Collision { .. }))),
        twice("folders twice by case", "A/x", "a/y", |e| {
            matches!(e, ArchiveError::Tree(TreeError::Collision { .. }))
        }),
        twice("a file as a folder", "a", "a/b", |e| {
            matches!(e, ArchiveError::Tree(TreeError::ParentNotDirectory { .. }))
        }),
        with("not UTF-8", form.at("x"), path),
        with("the manifest twice", form.at(form.manifest), |e| {
            matches!(e, ArchiveError::SecondManifest { .. })
        }),
        with(
            "the manifest in capitals",
            form.at(&form.manifest.to_ascii_uppercase().replace("PKG-INFO", "Pkg-Info")),
            |e| matches!(e, ArchiveError::SecondManifest { .. }),
        ),
        refuses(
            form,
            "a name longer than any path",
            form.tar().long(b'L', &form.at(&format!("{}/", "a".repeat(200)).repeat(21))).file("x", ""),
            |e| matches!(e, ArchiveError::NameTooLong { .. }),
        ),
    ]
    .into_iter()
    .map(|mut case| {
        if case.what == "not UTF-8" {
            case.bytes = form.tar().file([form.at("evil").as_bytes(), b"\xff"].concat(), "evil").gzip();
        }
        case
    })
    .collect()
}

/// npm publishes names with a dot between two slashes, and with them files twice.
fn dots(form: &Form) -> Vec<Case> {
    let dot = form.tar().file(form.at("./evil"), "evil");
    let again = form.tar().file(form.at("./lib/a"), "one").file(form.at("lib/a"), "one");
    let again = again.entry(b'5', form.at("lib/"), 0o755, "").entry(b'5', form.at("./lib/"), 0o755, "");
    if form.id != "npm" {
        let path: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Tree(TreeError::Path(_)));
        return vec![refuses(form, "a dot", dot, path), refuses(form, "the same twice", again, path)];
    }
    let other = form.tar().file(form.at("./a"), "one").file(form.at("a"), "two");
    vec![
        case(form, "a dot", dot.gzip(), Ours::Takes),
        case(form, "the same twice", again.gzip(), Ours::Takes),
        refuses(form, "another with a dot", other, |e| {
            matches!(e, ArchiveError::Tree(TreeError::Duplicate { .. }))
        }),
    ]
}

fn types(form: &Form) -> Vec<Case> {
    let entry =
        |what, flag: u8, reason| refuses(form, what, form.tar().entry(flag, form.at("x"), 0o644, ""), reason);
    let link = |what, flag, target: &str, reason| {
        refuses(form, what, form.tar().file(form.at("a"), "a").link(flag, form.at("x"), target), reason)
    };
    let is_sdist = form.id == "sdist";
    let symbolic: fn(&ArchiveError) -> bool = if is_sdist {
        |e| matches!(e, ArchiveError::Tree(TreeError::Link { .. }))
    } else {
        |e| matches!(e, ArchiveError::EntryType { type_flag: '2', .. })
    };
    let through: fn(&ArchiveError) -> bool = if is_sdist {
        |e| matches!(e, ArchiveError::Tree(TreeError::ParentNotDirectory { .. }))
    } else {
        |e| matches!(e, ArchiveError::EntryType { type_flag: '2', .. })
    };
    let hard: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::EntryType { type_flag: '1', .. });
    let fit: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Inconsistent { .. });
    let set_id: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::SetId { .. });
    let mut cases = vec![
        entry("a FIFO", b'6', |e| matches!(e, ArchiveError::EntryType { type_flag: '6', .. })),
        entry("a device", b'3', |e| matches!(e, ArchiveError::EntryType { type_flag: '3', .. })),
        entry("a block device", b'4', |e| matches!(e, ArchiveError::EntryType { type_flag: '4', .. })),
        entry("a contiguous file", b'7', |e| matches!(e, ArchiveError::EntryType { type_flag: '7', .. })),
        entry("a GNU sparse file", b'S', |e| matches!(e, ArchiveError::EntryType { type_flag: 'S', .. })),
        entry("a GNU directory dump", b'D', |e| matches!(e, ArchiveError::EntryType { type_flag: 'D', .. })),
        entry("a volume's end", b'M', |e| matches!(e, ArchiveError::EntryType { type_flag: 'M', .. })),
        entry("a volume's name", b'V', |e| matches!(e, ArchiveError::EntryType { type_flag: 'V', .. })),
        entry("an unknown type", b'Z', |e| matches!(e, ArchiveError::EntryType { type_flag: 'Z', .. })),
        refuses(
            form,
            "a Solaris header",
            form.tar().pax(b'X', &[("path", &form.at("evil"))]).file(form.at("x"), "x"),
            |e| matches!(e, ArchiveError::EntryType { type_flag: 'X', .. }),
        ),
        link("a link to the root", b'2', "/etc/passwd", symbolic),
        link("a link out of the folder", b'2', "../../evil", symbolic),
        link("a link up and down", b'2', "a/../../../evil", symbolic),
        link("a hard link", b'1', &form.at("a"), hard),
        link("a hard link to the outside", b'1', "/etc/hostname", hard),
        refuses(
            form,
            "through a link",
            form.tar().file(form.at("d/a"), "").link(b'2', form.at("l"), "d").file(form.at("l/evil"), "evil"),
            through,
        ),
        refuses(form, "a directory with content", form.tar().entry(b'5', form.at("d/"), 0o755, "evil"), fit),
        refuses(
            form,
            "a file called like a directory",
            form.tar().entry(b'0', form.at("d/"), 0o644, "evil"),
            fit,
        ),
        refuses(
            form,
            "an old file called like a directory",
            form.tar().entry(b'\0', form.at("d/"), 0o644, "evil"),
            fit,
        ),
        refuses(form, "set-user-id", form.tar().entry(b'0', form.at("su"), 0o4755, ""), set_id),
        refuses(form, "set-group-id", form.tar().entry(b'0', form.at("su"), 0o2755, ""), set_id),
    ];
    if is_sdist {
        cases.push(refuses(
            form,
            "a link with content",
            form.tar().entry(b'2', form.at("l"), 0o777, "evil"),
            fit,
        ));
        let manifest =
            Tar::default().file(form.at("real"), form.text).link(b'2', form.at("PKG-INFO"), "real");
        cases.push(refuses(form, "the manifest is a link", manifest, |e| {
            matches!(e, ArchiveError::EntryType { type_flag: '2', .. })
        }));
    }
    cases
}

fn extensions(form: &Form) -> Vec<Case> {
    let extension: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Extension { .. });
    let path: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Tree(TreeError::Path(_)));
    let for_all: fn(&ArchiveError) -> bool = match form.id {
        "crate" => |e| matches!(e, ArchiveError::EntryType { type_flag: 'g', .. }),
        _ => extension,
    };
    let inner = Tar::default().file(form.at("evil"), "evil").0;
    let x = |what, records: &[(&str, &str)], reason| {
        refuses(form, what, form.tar().pax(b'x', records).file(form.at("a"), "a"), reason)
    };
    vec![
        // The content of one file is to some readers the next entry.
        refuses(
            form,
            "a smaller size by pax",
            form.tar().pax(b'x', &[("size", "0")]).entry(b'0', form.at("a"), 0o644, &inner),
            extension,
        ),
        refuses(
            form,
            "a larger size by pax",
            form.tar().pax(b'x', &[("size", "1024")]).file(form.at("a"), "").raw(&inner),
            extension,
        ),
        x("a size that is none", &[("size", "-1")], extension),
        x("two names by pax", &[("path", &form.at("b")), ("path", &form.at("c"))], extension),
        x("out of the folder by pax", &[("path", &form.at("../../evil"))], path),
        x("a zero byte by pax", &[("path", &form.at("evil\0.txt"))], path),
        x("a target for a file", &[("linkpath", "/etc/passwd")], extension),
        x("another character set", &[("hdrcharset", "BINARY")], extension),
        x(
            "sparse by pax",
            &[
                ("GNU.sparse.major", "1"),
                ("GNU.sparse.minor", "0"),
                ("GNU.sparse.name", &form.at("evil")),
                ("GNU.sparse.realsize", "0"),
            ],
            extension,
        ),
        x("star's real size", &[("SCHILY.realsize", "9")], extension),
        refuses(
            form,
            "one name for all",
            form.tar().pax(b'g', &[("path", &form.at("evil"))]).file(form.at("a"), "a"),
            for_all,
        ),
        refuses(
            form,
            "one size for all",
            form.tar().pax(b'g', &[("size", "0")]).file(form.at("a"), "a"),
            for_all,
        ),
        refuses(
            form,
            "two pax headers",
            form.tar()
                .pax(b'x', &[("path", &form.at("b"))])
                .pax(b'x', &[("mtime", "1")])
                .file(form.at("a"), "a"),
            extension,
        ),
        refuses(
            form,
            "a name by GNU and by pax",
            form.tar()
                .long(b'L', &form.at("b"))
                .pax(b'x', &[("path", &form.at("c"))])
                .file(form.at("a"), "a"),
            extension,
        ),
        refuses(
            form,
            "two names by GNU",
            form.tar().long(b'L', &form.at("b")).long(b'L', &form.at("c")).file(form.at("a"), "a"),
            extension,
        ),
        refuses(form, "a header for nothing", form.tar().pax(b'x', &[("path", &form.at("b"))]), extension),
        refuses(
            form,
            "no record",
            form.tar().entry(b'x', "x", 0o644, "nonsense").file(form.at("a"), "a"),
            extension,
        ),
        refuses(
            form,
            "a zero byte by GNU",
            form.tar().long(b'L', &form.at("b\0evil")).file(form.at("a"), "a"),
            path,
        ),
    ]
}

fn headers(form: &Form) -> Vec<Case> {
    let header: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Header { .. });
    let damaged: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::Damaged(_));
    let with = |what, at: usize, bytes: &[u8], reason| {
        let odd = form
            .tar()
            .changed(form.at("a"), "a", |h| h.as_mut_bytes()[at..at + bytes.len()].copy_from_slice(bytes));
        refuses(form, what, odd.file(form.at("evil"), "evil"), reason)
    };
    let sums = |signed: bool| {
        let mut tar = form.tar().changed(form.at("a"), "a", |h| h.as_mut_bytes()[265..268].fill(0xe4));
        let start = tar.0.len() - 1024;
        if signed {
            let sum: i64 =
                (0..512)
                    .map(|at| {
                        if (148..156).contains(&at) { 32 } else { i64::from(tar.0[start + at].cast_signed()) }
                    })
                    .sum();
            tar.0[start + 148..start + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        } else {
            tar.0[start] ^= 1;
        }
        tar.file(form.at("evil"), "evil")
    };
    vec![
        with("a size in base 256", 124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], header),
        with("a negative size", 124, &[0xff; 12], damaged),
        with("a size with a sign", 124, b"+0000000001\0", header),
        with("a size with an underscore", 124, b"0000000_001\0", damaged),
        with("a size and text", 124, b"00000000001x", damaged),
        with("an owner that is no number", 108, b"root\0\0\0\0", header),
        with("a group that is no number", 116, b"zz\0\0\0\0\0\0", header),
        with("a time that is no number", 136, b"yesterday\0\0\0", header),
        with("a device that is no number", 329, b"x\0\0\0\0\0\0\0", header),
        with("a number and more", 116, b"0\0evil\0\0", header),
        refuses(
            form,
            "a first part of the name without magic",
            form.tar().changed("b", "b", |h| {
                let bytes = h.as_mut_bytes();
                bytes[257..265].copy_from_slice(b"ustar  \0");
                bytes[345..345 + form.top.len()].copy_from_slice(form.top.as_bytes());
            }),
            header,
        ),
        refuses(form, "a wrong checksum", sums(false), damaged),
        refuses(form, "a signed checksum", sums(true), damaged),
    ]
}

/// What only one form has.
fn own(form: &Form) -> Vec<Case> {
    let other: fn(&ArchiveError) -> bool = |e| matches!(e, ArchiveError::OtherTop { .. });
    let says = |what, text: &str, reason| {
        refuses(form, what, Tar::default().file(form.at(form.manifest), text), reason)
    };
    let nothing = || case(form, "no manifest", Tar::default().file(form.at("a"), "a").gzip(), Ours::File);
    match form.id {
        "npm" => vec![
            nothing(),
            says("two names", r#"{"name":"a","version":"1.0.0","name":"b"}"#, |e| {
                matches!(e, ArchiveError::Manifest { source: ManifestError::Package(_), .. })
            }),
        ],
        "sdist" => vec![
            nothing(),
            says("another name", "Metadata-Version: 2.2\nName: good\nVersion: 1.0\n", other),
            says("another version", "Metadata-Version: 2.2\nName: evil\nVersion: 2.0\n", other),
            says("two names", "Metadata-Version: 2.2\nName: evil\nVersion: 1.0\nName: good\n", |e| {
                matches!(e, ArchiveError::Manifest { source: ManifestError::Python(_), .. })
            }),
        ],
        _ => vec![
            says("another name", "[package]\nname = \"good\"\nversion = \"1.0.0\"\n", other),
            says("another version", "[package]\nname = \"evil\"\nversion = \"2.0.0\"\n", other),
            says("inherited", "[package]\nname = \"evil\"\nversion.workspace = true\n", |e| {
                matches!(e, ArchiveError::Manifest { source: ManifestError::Package(_), .. })
            }),
            refuses(form, "a mark of Cargo's", form.tar().file(form.at("src/.cargo-ok"), "evil"), |e| {
                matches!(e, ArchiveError::NotUnpacked { .. })
            }),
            case(
                form,
                "an npm package under the name",
                NPM.tar().gzip(),
                Ours::Refuses(|e| {
                    matches!(e, ArchiveError::Manifest { .. } | ArchiveError::NotThatForm { .. })
                }),
            ),
        ],
    }
}
