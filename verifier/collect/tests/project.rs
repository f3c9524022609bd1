//! What is found in a project's folder.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set up has failed"
)]

use std::fs;
use std::path::Path;

use mcpsign_collect::catalog::npm::PackageJsonError;
use mcpsign_collect::project::{Project, ProjectError, discover};
use tempfile::{TempDir, tempdir};

fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().expect("a directory");
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("below dir")).expect("parents");
        fs::write(path, content).expect("written");
    }
    dir
}

fn names(dir: &TempDir, paths: &[std::path::PathBuf]) -> Vec<String> {
    let root = dir.path().canonicalize().expect("it is there");
    paths.iter().map(|path| path.strip_prefix(&root).expect("below").display().to_string()).collect()
}

fn notes(project: &Project) -> String {
    project.notes.join("\n")
}

#[test]
fn a_project_with_everything() {
    let dir = project(&[
        (
            "package.json",
            r#"{"name":"@acme/files-mcp","version":"1.4.0","bin":"./dist/index.js","mcpName":"io.github.acme/files-mcp"}"#,
        ),
        ("dist/index.js", ""),
        ("acme-files-mcp-1.4.0.tgz", ""),
        ("acme-files-mcp-1.3.0.tgz", ""),
        ("acme-files-mcp-2.0.0-rc.1.tgz", ""),
        ("acme-files-mcp-extra-1.4.0.tgz", ""),
        ("files-mcp-1.4.0.tgz", ""),
        ("acme-files-mcp-1.4.0.tgz.mcpsign.jsonl", ""),
        ("package-lock.json", "{}"),
        ("server.json", "{}"),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(found.identity.purl, "pkg:npm/%40acme/files-mcp@1.4.0");
    assert_eq!(found.package.mcp_name.as_deref(), Some("io.github.acme/files-mcp"));
    assert_eq!(names(&dir, &found.artifacts), ["acme-files-mcp-1.4.0.tgz"]);
    assert_eq!(names(&dir, &found.stale), ["acme-files-mcp-1.3.0.tgz", "acme-files-mcp-2.0.0-rc.1.tgz"]);
    let index = dir.path().canonicalize().expect("there").join("dist/index.js").display().to_string();
    assert_eq!(found.launch, Some(vec!["node".to_owned(), index]));
    assert_eq!(names(&dir, &found.lockfile.clone().into_iter().collect::<Vec<_>>()), ["package-lock.json"]);
    assert_eq!(names(&dir, &found.server_json.clone().into_iter().collect::<Vec<_>>()), ["server.json"]);
    assert!(notes(&found).contains("left aside, another version: acme-files-mcp-1.3.0.tgz"));
    assert_eq!(found.root_component().purl.as_deref(), Some("pkg:npm/%40acme/files-mcp@1.4.0"));
    assert_eq!(found.root_component().digests, None);
}

#[test]
fn a_project_with_nothing_says_what_is_missing() {
    let dir = project(&[("package.json", r#"{"name":"bare","version":"0.1.0"}"#)]);
    let found = discover(dir.path()).expect("a project");
    assert!(found.artifacts.is_empty() && found.stale.is_empty() && found.launch.is_none());
    assert!(found.lockfile.is_none() && found.server_json.is_none());
    for text in
        ["no release tarball bare-0.1.0.tgz", "package.json has no `bin`", "no lock file", "no server.json"]
    {
        assert!(notes(&found).contains(text), "{text}");
    }
}

#[test]
fn which_of_several_commands_starts_the_server() {
    let with = |bin: &str| {
        let manifest = format!(r#"{{"name":"@acme/files","version":"1.0.0","bin":{bin}}}"#);
        let dir = project(&[("package.json", &manifest), ("a.js", ""), ("b.js", "")]);
        let found = discover(dir.path()).expect("a project");
        let file =
            found.launch.as_ref().and_then(|argv| Path::new(argv.last()?).file_name().map(ToOwned::to_owned));
        (file.map(|name| name.to_string_lossy().into_owned()), notes(&found))
    };
    assert_eq!(with(r#"{"anything":"a.js"}"#).0.as_deref(), Some("a.js"));
    assert_eq!(with(r#"{"files":"b.js","admin":"a.js"}"#).0.as_deref(), Some("b.js"));
    for (bin, note) in [
        (r#"{"x":"a.js","y":"b.js"}"#, "names 2 commands"),
        (r#""dist/none.js""#, "build the project first"),
        (r#""../a.js""#, "no path inside the package"),
        (r#""/bin/sh""#, "no path inside the package"),
        (r#""a\u001b[31m.js""#, "no path inside the package"),
    ] {
        let (file, notes) = with(bin);
        assert_eq!(file, None, "{bin}");
        assert!(notes.contains(note), "{bin}: {notes}");
        assert!(!notes.contains('\u{1b}'));
    }
}

#[test]
fn npm_s_order_of_lock_files() {
    let dir = project(&[
        ("package.json", r#"{"name":"a","version":"1.0.0"}"#),
        ("package-lock.json", ""),
        ("npm-shrinkwrap.json", ""),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert!(found.lockfile.is_some_and(|path| path.ends_with("npm-shrinkwrap.json")));
}

#[test]
fn folders_that_are_no_project() {
    let empty = project(&[]);
    assert!(matches!(discover(empty.path()), Err(ProjectError::NotAProject { .. })));
    assert!(matches!(discover(Path::new("/nonexistent")), Err(ProjectError::Io { .. })));
    let file = project(&[("package.json", r#"{"name":"a"}"#)]);
    let error = discover(file.path()).expect_err("no version");
    assert!(
        matches!(&error, ProjectError::PackageJson { source: PackageJsonError::Missing("version"), .. }),
        "{error:?}"
    );
    assert!(error.hint().is_some());
    assert!(matches!(discover(&file.path().join("package.json")), Err(ProjectError::Io { .. })));
    // A FIFO would wait for ever.
    let fifo = project(&[]);
    let path = fifo.path().join("package.json");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .expect("a FIFO");
    assert!(matches!(discover(fifo.path()), Err(ProjectError::Io { .. })));
}
