use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// What a launch with `args` shows, below `dir` and relative to it.
fn shown(dir: &Path, program: &str, args: &[&str]) -> Vec<String> {
    let confinement = Confinement::default();
    let args: Vec<String> = args.iter().map(|arg| dir.join(arg).to_str().unwrap().to_owned()).collect();
    let program = dir.join(program);
    let needy = Needy {
        program: &program,
        args: &args,
        values: &[],
        artifact: None,
        current: None,
        confinement: &confinement,
    };
    let found = needs(&needy);
    let mut inside: Vec<String> = found
        .iter()
        .filter_map(|path| path.strip_prefix(dir).ok())
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    inside.sort();
    inside.dedup();
    inside
}

fn file(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().canonicalize().unwrap();
    (dir, real)
}

#[test]
fn a_virtual_environment_brings_the_interpreter_that_it_was_made_with() {
    let (_kept, dir) = folder();
    file(dir.join("base/bin/python3.11"), "");
    file(dir.join("base/lib/os.py"), "");
    symlink("python3.11", dir.join("base/bin/python3")).unwrap();
    let python = dir.join("venv/bin/python");
    file(dir.join("venv/bin/server"), &format!("#!{}\n", python.display()));
    symlink(dir.join("base/bin/python3"), &python).unwrap();
    file(dir.join("venv/pyvenv.cfg"), &format!("home = {}\n", dir.join("base/bin").display()));
    let shown = shown(&dir, "venv/bin/server", &[]);
    for needed in ["venv", "base", "venv/bin/python"] {
        assert!(shown.iter().any(|path| path == needed), "{needed}: {shown:?}");
    }
}

#[test]
fn a_script_brings_its_package_and_what_is_installed_above_it() {
    let (_kept, dir) = folder();
    file(dir.join("mono/node_modules/dep/index.js"), "");
    file(dir.join("mono/packages/one/package.json"), "{}");
    file(dir.join("mono/packages/one/dist/index.js"), "");
    file(dir.join("other/data.txt"), "");
    let shown = shown(&dir, "/bin/sh", &["mono/packages/one/dist/index.js", "other/data.txt"]);
    for needed in ["mono", "mono/packages/one", "other/data.txt"] {
        assert!(shown.iter().any(|path| path == needed), "{needed}: {shown:?}");
    }
    assert!(!shown.iter().any(|path| path == "other"), "of data only the file: {shown:?}");
}

#[test]
fn dependencies_that_are_links_are_followed_to_where_packages_are_installed() {
    let (_kept, dir) = folder();
    file(dir.join("elsewhere/node_modules/dep/index.js"), "");
    file(dir.join("global/node_modules/dep/index.js"), "");
    file(dir.join("secrets/key"), "");
    file(dir.join("one/package.json"), "{}");
    file(dir.join("one/index.js"), "");
    symlink(dir.join("elsewhere/node_modules"), dir.join("one/node_modules")).unwrap();
    fs::create_dir(dir.join("elsewhere/node_modules/@scope")).unwrap();
    symlink(dir.join("global/node_modules/dep"), dir.join("elsewhere/node_modules/@scope/dep")).unwrap();
    symlink(dir.join("secrets"), dir.join("elsewhere/node_modules/evil")).unwrap();
    let shown = shown(&dir, "/bin/sh", &["one/index.js"]);
    for needed in ["one/node_modules", "one/node_modules/@scope/dep"] {
        assert!(shown.iter().any(|path| path == needed), "{needed}: {shown:?}");
    }
    assert!(!shown.iter().any(|path| path.contains("evil")), "a package chooses nothing: {shown:?}");
}

#[test]
fn what_a_script_calls_its_interpreter_brings_no_folder_unless_it_is_one() {
    let (_kept, dir) = folder();
    file(dir.join("private/bin/tool"), "");
    file(dir.join("private/lib/key"), "");
    file(dir.join("one/server"), &format!("#!{}\n", dir.join("private/bin/tool").display()));
    let shown = shown(&dir, "one/server", &[]);
    assert!(shown.iter().any(|path| path == "private/bin/tool"), "{shown:?}");
    assert!(!shown.iter().any(|path| path == "private" || path == "private/bin"), "{shown:?}");
}

#[test]
fn options_and_what_does_not_exist() {
    let (_kept, dir) = folder();
    let here = dir.to_str().unwrap();
    assert_eq!(paths(&format!("--root={here}")), std::slice::from_ref(&dir));
    assert!(paths(&format!("{here}/missing")).is_empty());
    assert!(paths("").is_empty());
}
