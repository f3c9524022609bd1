//! `tests/vectors/input_*`: one folder is one bad input, run against the binary.
//!
//! Whatever it is, the answer is one clear error with a hint, the documented exit code, no word of success on stdout,
//! and no file that was not there before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::Deserialize;

use crate::support::{self, mcpsign, test_server};

/// A case; its folder is copied to an empty one and the command run there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// As typed. `{server}` is the project's own MCP server.
    args: Vec<String>,
    /// The exit code.
    exit: i32,
    /// Each stands in what is said, on stdout or stderr.
    says: Vec<String>,
    /// Made before the command runs, in this order of names.
    #[serde(default)]
    files: BTreeMap<String, Setup>,
    /// Standard input; none is an empty one.
    #[serde(default)]
    stdin: String,
    /// Variables beside the test's own. `{desk}` is the folder.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Standard output goes here instead of to the test.
    stdout: Option<PathBuf>,
    /// Permissions do not bind root, so the case says nothing there.
    #[serde(default)]
    not_as_root: bool,
    /// Several references: one is an error, another has a verdict.
    #[serde(default)]
    beside_an_answer: bool,
    /// Must not be there afterwards, though they lie outside of the folder.
    #[serde(default)]
    absent: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Setup {
    /// A file of this text.
    Text(String),
    /// This text, so many times.
    Repeated(String, usize),
    /// So many zero bytes that take no room on disk.
    Sparse(u64),
    /// A folder.
    Directory,
    /// A pipe that nobody writes to.
    Fifo,
    /// A symbolic link to this.
    Link(PathBuf),
    /// A file or folder of the case with these permissions.
    Mode(u32),
    /// An executable shell script.
    Script(String),
}

#[test]
fn every_bad_input_ends_with_one_clear_error() {
    let root = support::workspace().join("tests/vectors");
    let mut run = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("input_") {
            run += 1;
            if let Err(what) = check(&folder) {
                wrong.push(format!("{name}: {what}"));
            }
        }
    }
    assert!(run > 80, "only {run} cases were found");
    assert!(wrong.is_empty(), "{} of {run} cases:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(folder: &Path) -> Result<(), String> {
    if fs::read_to_string(folder.join("README.md")).map_err(|error| error.to_string())?.trim().is_empty() {
        return Err("its README does not say why".into());
    }
    let text = fs::read(folder.join("case.json")).map_err(|error| error.to_string())?;
    let case: Case = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if case.not_as_root && rustix::process::geteuid().is_root() {
        return Ok(());
    }

    let desk = tempfile::tempdir().map_err(|error| error.to_string())?;
    set_up(folder, desk.path(), &case).map_err(|error| format!("set-up: {error}"))?;
    let before = listing(desk.path());
    let output = run(&case, desk.path()).map_err(|error| error.to_string())?;
    let after = listing(desk.path());

    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said = format!("{stdout}{stderr}");
    let judged = judge(&case, &output, &stdout, &stderr);
    judged.map_err(|what| format!("{what}\n{}", indented(&said)))?;
    if after != before {
        let (new, gone): (Vec<_>, Vec<_>) =
            (after.difference(&before).collect(), before.difference(&after).collect());
        return Err(format!("left {new:?}, took {gone:?}"));
    }
    match case.absent.iter().find(|path| path.exists()) {
        Some(path) => Err(format!("left {}", path.display())),
        None => Ok(()),
    }
}

fn judge(case: &Case, output: &Output, stdout: &str, stderr: &str) -> Result<(), String> {
    if output.status.code() != Some(case.exit) {
        return Err(format!("ended with {}, not {}", output.status, case.exit));
    }
    if let Some(missing) = case.says.iter().find(|part| !stdout.contains(*part) && !stderr.contains(*part)) {
        return Err(format!("does not say {missing:?}"));
    }
    if !stdout.contains("hint: ") && !stderr.contains("hint: ") {
        return Err("gives no hint".into());
    }
    let errors = stderr.lines().filter(|line| line.starts_with("error: ")).count();
    match case.exit {
        0 => return Err("a bad input is not allowed".into()),
        // Denied and undecided are answers; what was asked wrongly has none.
        1 | 3 if errors > 1 => return Err(format!("{errors} errors")),
        2 if errors != 1 => return Err(format!("{errors} errors")),
        2 if !stdout.is_empty() && !case.beside_an_answer => return Err("a result beside the error".into()),
        _ => {}
    }
    // B30: nothing that reads like success.
    let lower = stdout.to_lowercase();
    if lower.contains("success")
        || lower.contains("\"allow\"")
        || lower.lines().any(|line| line.starts_with("allowed"))
    {
        return Err("stdout reads like success".into());
    }
    let raw = stdout.chars().chain(stderr.chars()).find(|c| c.is_control() && *c != '\n');
    match raw {
        Some(raw) => Err(format!("{raw:?} reached the terminal")),
        None => Ok(()),
    }
}

fn run(case: &Case, desk: &Path) -> std::io::Result<Output> {
    let server = test_server();
    let args = case.args.iter().map(|arg| arg.replace("{server}", &server.to_string_lossy()));
    let stdout = match &case.stdout {
        Some(path) => File::options().write(true).open(path)?.into(),
        None => Stdio::piped(),
    };
    let mut child = Command::new(mcpsign())
        .args(args)
        .current_dir(desk)
        .env_remove("MCPSIGN_PASSPHRASE")
        .envs(case.env.iter().map(|(name, value)| (name, value.replace("{desk}", &desk.to_string_lossy()))))
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may have ended without reading.
        let _ = stdin.write_all(case.stdin.as_bytes());
    }
    child.wait_with_output()
}

fn set_up(folder: &Path, desk: &Path, case: &Case) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !["README.md", "case.json"].iter().any(|own| entry.file_name() == *own) {
            fs::copy(entry.path(), desk.join(entry.file_name()))?;
        }
    }
    for (name, setup) in &case.files {
        let path = desk.join(name);
        match setup {
            Setup::Text(text) => fs::write(path, text)?,
            Setup::Repeated(text, times) => fs::write(path, text.repeat(*times))?,
            Setup::Sparse(size) => File::create(path)?.set_len(*size)?,
            Setup::Directory => fs::create_dir(path)?,
            Setup::Fifo => {
                use rustix::fs::{CWD, FileType, Mode, mknodat};
                mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
            }
            Setup::Link(target) => symlink(target, path)?,
            Setup::Mode(mode) => {
                if !path.exists() {
                    fs::write(&path, "")?;
                }
                fs::set_permissions(path, fs::Permissions::from_mode(*mode))?;
            }
            Setup::Script(line) => {
                fs::write(&path, format!("#!/bin/sh\n{line}\n"))?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
            }
        }
    }
    Ok(())
}

/// Every path below `desk` with its size, so that a file which was replaced shows too.
fn listing(desk: &Path) -> BTreeSet<(PathBuf, u64)> {
    let mut found = BTreeSet::new();
    let mut folders = vec![desk.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.path().symlink_metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            }
            found.insert((entry.path(), if metadata.is_file() { metadata.len() } else { 0 }));
        }
    }
    found
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    | {line}\n")).collect()
}
