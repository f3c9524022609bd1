//! Archives made byte by byte: what the ecosystem's own tool sees in them, and what we make of them.

mod tar;
mod tar_bytes;
mod zip;
mod zip_bytes;

pub(crate) use self::zip::wheel_with;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mcpsign_collect::archive::{ArchiveError, unpack};
use mcpsign_collect::artifact::{self, ArtifactError, ArtifactKind};
use mcpsign_schemas::digest::Sha256Digest;

/// An archive.
pub(crate) struct Case {
    /// What is wrong with it, unique.
    pub(crate) what: &'static str,
    /// What the file is called.
    pub(crate) file: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// What the ecosystem's tool makes of it.
    pub(crate) theirs: Theirs,
    pub(crate) ours: Ours,
}

/// What another tool makes of an archive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Theirs {
    /// It takes it, and these files are among those that it sees.
    Sees(&'static [&'static str]),
    /// It takes it, and does not see this file, which stands in the archive.
    Misses(&'static str),
    /// It refuses it.
    Fails,
    /// It depends on its version.
    Varies,
}

/// What we make of it.
pub(crate) enum Ours {
    /// A package, and unpacking it makes what the tool sees.
    Takes,
    /// A file like any other.
    File,
    /// Refused for exactly this reason.
    Refuses(fn(&ArchiveError) -> bool),
}

/// Files by their paths, with their SHA-256; or why there are none.
pub(crate) type Seen = Result<BTreeMap<String, String>, String>;

/// Writes every case into a folder of its own below `root`.
pub(crate) fn write(root: &Path, cases: &[Case]) {
    for (number, case) in cases.iter().enumerate() {
        let folder = root.join(number.to_string());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(case.file), &case.bytes).unwrap();
    }
}

/// Lets a program look at all of them at once: it gets the paths as lines, and answers with a line of JSON each,
/// `{"files": {PATH: SHA256}}` or `{"error": WHY}`.
pub(crate) fn ask(program: &mut Command, root: &Path, cases: &[Case]) -> Vec<Seen> {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = (0..cases.len())
        .map(|number| format!("{}\n", root.join(number.to_string()).join(cases[number].file).display()))
        .collect();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let seen: Vec<Seen> = text
        .lines()
        .map(|line| {
            let answer: serde_json::Value = serde_json::from_str(line).unwrap();
            match answer.get("files") {
                Some(files) => Ok(serde_json::from_value(files.clone()).unwrap()),
                None => Err(answer["error"].as_str().unwrap().to_owned()),
            }
        })
        .collect();
    assert_eq!(seen.len(), cases.len());
    seen
}

/// Reads every case, and holds what we and the tool make of it against the table. `seen` is empty where the tool is
/// absent.
pub(crate) fn judge(root: &Path, cases: &[Case], seen: &[Seen]) {
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let path = root.join(number.to_string()).join(case.file);
        if let Err(why) = ours(case, &path, seen.get(number)) {
            wrong.push(format!("{}: we: {why}", case.what));
        }
        if let Some(Err(why)) = seen.get(number).map(|seen| theirs(case.theirs, seen)) {
            wrong.push(format!("{}: they: {why}", case.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn theirs(expected: Theirs, seen: &Seen) -> Result<(), String> {
    let fits = match (expected, seen) {
        (Theirs::Sees(names), Ok(files)) => names.iter().all(|name| files.contains_key(*name)),
        (Theirs::Misses(name), Ok(files)) => !files.contains_key(name),
        (Theirs::Fails, Err(_)) | (Theirs::Varies, _) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("{seen:?}, not {expected:?}")) }
}

fn ours(case: &Case, path: &Path, seen: Option<&Seen>) -> Result<(), String> {
    match (&case.ours, artifact::open(path)) {
        (Ours::File, Ok(artifact)) if matches!(artifact.kind, ArtifactKind::File) => Ok(()),
        (Ours::Refuses(expected), Err(ArtifactError::Archive { source, digests, .. }))
            if expected(&source) =>
        {
            // Refused, and still measured.
            if digests.sha256 == Sha256Digest::of(&case.bytes) { Ok(()) } else { Err("not measured".into()) }
        }
        (Ours::Takes, Ok(artifact)) if artifact.package().is_some() => {
            let folder = tempfile::tempdir().unwrap();
            unpack(&artifact, folder.path()).map_err(|error| error.to_string())?;
            let found = files(folder.path());
            match seen {
                Some(Ok(seen)) if *seen != found => Err(format!("{found:?}, they {seen:?}")),
                Some(Err(error)) => Err(format!("they refuse it: {error}")),
                _ => Ok(()),
            }
        }
        (_, other) => Err(format!("{:?}", other.map(|artifact| artifact.kind))),
    }
}

/// What lies below a folder.
pub(crate) fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, Sha256Digest::of(&fs::read(&path).unwrap()).to_string());
        }
    }
    found
}
