//! Installations as npm, pip and uv leave them, and what somebody did to them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::manifest::{Binding, Sandbox};
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::{Listing, TreeEntry, TreePath};

use super::*;
use crate::archive::Package;

const NPM: [(&str, &str); 3] = [
    ("package.json", r#"{"name":"a","version":"1.0.0"}"#),
    ("dist/index.js", "serve()"),
    (".gitignore", "x"),
];
const WHEEL: [(&str, &str); 6] = [
    ("a/__init__.py", "def main(): ..."),
    ("a/inner/tool.py", "pass"),
    ("a-1.0.dist-info/METADATA", "Name: a"),
    ("a-1.0.dist-info/RECORD", "as built"),
    ("a-1.0.dist-info/entry_points.txt", "[console_scripts]\nserve-a = a:main\n"),
    ("a-1.0.data/data/share/a.txt", "data"),
];
const SCRIPT: &str = "# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom a import main\nif __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main())\n";

struct Desk {
    _dir: tempfile::TempDir,
    root: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        Self { _dir: dir, root }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn program(&self, path: &str, content: &str) {
        self.write(path, content);
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `node_modules/a` as npm makes it.
    fn npm() -> Self {
        let desk = Self::new();
        desk.program("tools/node", "");
        desk.write("node_modules/a/package.json", NPM[0].1);
        desk.write("node_modules/a/dist/index.js", NPM[1].1);
        desk.write("node_modules/a/.npmignore", NPM[2].1);
        desk.write("node_modules/a/node_modules/b/index.js", "another package's");
        desk
    }

    /// A virtual environment with the wheel in it.
    fn venv() -> Self {
        let desk = Self::new();
        let site = "venv/lib/python3.11/site-packages";
        for (path, content) in
            WHEEL.iter().filter(|(path, _)| !path.contains("RECORD") && !path.contains(".data/"))
        {
            desk.write(&format!("{site}/{path}"), content);
        }
        desk.write("venv/share/a.txt", "data");
        desk.write(&format!("{site}/other/x.py"), "another package's");
        for (file, content) in [("RECORD", "as installed"), ("INSTALLER", "pip"), ("REQUESTED", "")] {
            desk.write(&format!("{site}/a-1.0.dist-info/{file}"), content);
        }
        desk.program("venv/bin/python3", "");
        desk.program("venv/bin/serve-a", &format!("#!{}\n{SCRIPT}", desk.at("venv/bin/python3").display()));
        desk
    }

    fn npm_argv(&self) -> Vec<PathBuf> {
        vec![self.at("tools/node"), self.at("node_modules/a/dist/index.js")]
    }
}

fn package(form: PackageForm, identity: PackageIdentity, contents: &[(&str, &str)]) -> Artifact {
    let mut entries = Vec::new();
    let mut folders = BTreeSet::new();
    for (path, content) in contents {
        let path = TreePath::try_from(*path).unwrap();
        let mut above = path.as_str();
        while let Some((parent, _)) = above.rsplit_once('/') {
            folders.insert(parent.to_owned());
            above = parent;
        }
        entries.push(TreeEntry::file(
            path.clone(),
            content.len() as u64,
            Sha256Digest::of(content.as_bytes()),
        ));
    }
    entries
        .extend(folders.iter().map(|path| TreeEntry::directory(TreePath::try_from(path.as_str()).unwrap())));
    let files = Listing::new(entries).unwrap();
    let package = Package {
        form,
        mcp_name: None,
        licenses: Vec::new(),
        files,
        has_lockfile: false,
        signature: crate::archive::InnerSignature::Absent,
    };
    artifact(ArtifactKind::Package(package), vec![identity], Path::new("/nowhere/a"), b"")
}

fn artifact(kind: ArtifactKind, identity: Vec<PackageIdentity>, path: &Path, bytes: &[u8]) -> Artifact {
    Artifact {
        path: path.to_owned(),
        name: "a".into(),
        kind,
        digests: MeasuredDigests { sha256: Sha256Digest::of(bytes), sha512: None },
        identity,
        size: bytes.len() as u64,
        documents: Vec::new(),
        gaps: Vec::new(),
        is_whole: true,
        keeps_modes: true,
        stamp: None,
    }
}

fn tarball() -> Artifact {
    package(PackageForm::Npm, PackageIdentity::npm("a", Some("1.0.0")).unwrap(), &NPM)
}

fn wheel() -> Artifact {
    package(PackageForm::Wheel, PackageIdentity::pypi("a", Some("1.0")).unwrap(), &WHEEL)
}

fn prove(argv: &[PathBuf], forms: &[&Artifact]) -> Result<Proof, Unproven> {
    prove_with(argv, &[], forms)
}

fn prove_with(argv: &[PathBuf], variables: &[&str], forms: &[&Artifact]) -> Result<Proof, Unproven> {
    let argv: Vec<OsString> = argv.iter().map(|arg| arg.clone().into_os_string()).collect();
    let variables = variables.iter().map(|name| (*name).to_owned()).collect();
    super::prove(&Invocation { argv: &argv, variables: &variables, unpacked: None }, forms)
}

fn why(proof: Result<Proof, Unproven>) -> String {
    proof.map(|proof| format!("proven: {proof:?}")).unwrap_or_else(|why| why.to_string())
}

#[test]
fn an_npm_package_in_node_modules_is_installed() {
    let desk = Desk::npm();
    let proof = prove(&desk.npm_argv(), &[&tarball()]).unwrap();
    assert_eq!((proof.binding, proof.form), (Binding::Installed, 0));
    assert_eq!(proof.holds(Sandbox::None), Ok(()));
    // By the link that npm makes, too.
    fs::create_dir_all(desk.at("node_modules/.bin")).unwrap();
    fs::set_permissions(desk.at("node_modules/a/dist/index.js"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../a/dist/index.js", desk.at("node_modules/.bin/a")).unwrap();
    assert!(prove(&[desk.at("node_modules/.bin/a")], &[&tarball()]).is_ok());
    // A file in two places is still the file: its content is what counts, before and after.
    fs::hard_link(desk.at("node_modules/a/dist/index.js"), desk.at("elsewhere")).unwrap();
    assert!(prove(&desk.npm_argv(), &[&tarball()]).is_ok());
    fs::write(desk.at("elsewhere"), "serve2()").unwrap();
    assert!(why(proof.holds(Sandbox::None).map(|()| proof)).contains("index.js is not the artifact's"));
}

#[test]
fn an_npm_package_that_is_not_the_artifact_s_is_not() {
    type Harm = fn(&Desk);
    let harms: [(Harm, &str); 8] = [
        (|desk| desk.write("node_modules/a/dist/index.js", "SERVE()"), "index.js is not the artifact's"),
        (|desk| desk.write("node_modules/a/dist/more.js", ""), "more.js is not in the artifact"),
        (|desk| desk.write("node_modules/a/lib/more.js", ""), "lib is not in the artifact"),
        (|desk| fs::remove_file(desk.at("node_modules/a/.npmignore")).unwrap(), "is missing"),
        (
            |desk| {
                fs::remove_file(desk.at("node_modules/a/.npmignore")).unwrap();
                desk.write("ignore", NPM[2].1);
                symlink(desk.at("ignore"), desk.at("node_modules/a/.npmignore")).unwrap();
            },
            "is missing, or no plain file",
        ),
        (|desk| symlink("/etc/passwd", desk.at("node_modules/a/x")).unwrap(), "is a link"),
        (
            |desk| desk.write("node_modules/a/package.json", r#"{"name":"a","version":"1.0.1"}"#),
            "it belongs to version 1.0.1",
        ),
        (
            |desk| desk.write("node_modules/a/package.json", r#"{"name":"b","version":"1.0.0"}"#),
            "belongs to none of the artifacts",
        ),
    ];
    for (harm, expected) in harms {
        let desk = Desk::npm();
        harm(&desk);
        let why = why(prove(&desk.npm_argv(), &[&tarball()]));
        assert!(why.contains(expected), "{expected}: {why}");
    }
    // The whole folder moved away, and a link in its place: Node.js follows it, so it counts where it leads.
    let desk = Desk::npm();
    fs::rename(desk.at("node_modules/a/dist"), desk.at("dist")).unwrap();
    symlink(desk.at("dist"), desk.at("node_modules/a/dist")).unwrap();
    assert!(prove(&desk.npm_argv(), &[&tarball()]).is_err());
}

#[test]
fn a_wheel_in_a_virtual_environment_is_installed() {
    let desk = Desk::venv();
    let argv = [desk.at("venv/bin/serve-a")];
    let proof = prove(&argv, &[&tarball(), &wheel()]).unwrap();
    assert_eq!((proof.binding, proof.form), (Binding::Installed, 1));
    assert_eq!(proof.holds(Sandbox::None), Ok(()));
    let module = |options: &[&str]| {
        let mut argv = vec![desk.at("venv/bin/python3")];
        argv.extend(options.iter().map(PathBuf::from));
        why(prove(&argv, &[&wheel()]))
    };
    assert!(module(&["-P", "-m", "a.inner.tool"]).contains("Installed"));
    assert!(module(&["-P", "-m", "other.x"]).contains("not in the wheel"));
    assert!(module(&["-m", "a.inner.tool"]).contains("current folder first"));
    assert!(module(&["-c", "import a"]).contains("other code"));
}

#[test]
fn compiled_files_count_unless_they_are_hidden() {
    let desk = Desk::venv();
    let argv = [desk.at("venv/bin/serve-a")];
    let cache = "venv/lib/python3.11/site-packages/a/__pycache__";
    desk.write(&format!("{cache}/__init__.cpython-311.pyc"), "compiled");
    let proof = prove(&argv, &[&wheel()]).unwrap();
    assert_eq!(proof.hidden, [desk.at(cache)]);
    assert_eq!(proof.holds(Sandbox::LinuxNamespaces), Ok(()));
    assert!(proof.holds(Sandbox::None).unwrap_err().to_string().contains("compiled files"));
    // Another appeared while it ran.
    desk.write("venv/lib/python3.11/site-packages/a/inner/__pycache__/x.pyc", "compiled");
    assert!(proof.holds(Sandbox::LinuxNamespaces).is_err());
}

#[test]
fn a_wheel_that_is_not_the_artifact_s_is_not() {
    const SITE: &str = "venv/lib/python3.11/site-packages";
    type Harm = fn(&Desk);
    let harms: [(Harm, &str); 9] = [
        (|desk| desk.write(&format!("{SITE}/a/__init__.py"), "def main(): evil"), "is not the artifact's"),
        (|desk| desk.write(&format!("{SITE}/a/more.py"), ""), "more.py is not in the artifact"),
        (|desk| desk.write(&format!("{SITE}/a/inner/tool.pyc"), ""), "tool.pyc is not in the artifact"),
        (
            |desk| desk.write(&format!("{SITE}/a-1.0.dist-info/more.txt"), ""),
            "more.txt is not in the artifact",
        ),
        (|desk| desk.write("venv/share/a.txt", "other"), "a.txt is not the artifact's"),
        (
            |desk| desk.program("venv/bin/serve-a", "#!/bin/sh\nevil\n"),
            "not the script that an installer writes",
        ),
        (
            |desk| desk.program("venv/bin/serve-a", &format!("#!/usr/bin/python3\n{SCRIPT}")),
            "not the script that an installer writes",
        ),
        (|desk| desk.write("venv/bin/re.py", "evil"), "found before the wheel's modules"),
        (
            |desk| {
                fs::rename(desk.at(SITE).join("a-1.0.dist-info"), desk.at(SITE).join("a-1.1.dist-info"))
                    .unwrap()
            },
            "not installed in this version",
        ),
    ];
    for (harm, expected) in harms {
        let desk = Desk::venv();
        harm(&desk);
        let why = why(prove(&[desk.at("venv/bin/serve-a")], &[&wheel()]));
        assert!(why.contains(expected), "{expected}: {why}");
    }
    // The folder of a package that is a link out of the environment.
    let desk = Desk::venv();
    fs::rename(desk.at(SITE).join("a"), desk.at("a")).unwrap();
    symlink(desk.at("a"), desk.at(SITE).join("a")).unwrap();
    assert!(why(prove(&[desk.at("venv/bin/serve-a")], &[&wheel()])).contains("link"));
}

#[test]
fn a_file_or_tree_that_is_started_is_unpacked_and_a_copy_is_installed() {
    let desk = Desk::new();
    desk.program("tools/node", "");
    desk.program("bin/server", "program");
    desk.write("bundle.js", "bundle");
    desk.write("tree/dist/index.js", "");
    desk.program("tree/run", "");
    let program = artifact(ArtifactKind::File, Vec::new(), &desk.at("bin/server"), b"program");
    let bundle = artifact(ArtifactKind::File, Vec::new(), &desk.at("bundle.js"), b"bundle");
    let tree =
        artifact(ArtifactKind::Tree(Listing::new(Vec::new()).unwrap()), Vec::new(), &desk.at("tree"), b"");
    let forms = [&program, &bundle, &tree];
    for (argv, form) in [
        (vec![desk.at("bin/server")], 0),
        (vec![desk.at("tools/node"), desk.at("bundle.js")], 1),
        (vec![desk.at("tools/node"), "--no-warnings".into(), desk.at("bundle.js")], 1),
        (vec![desk.at("tools/node"), desk.at("tree/dist/index.js")], 2),
        (vec![desk.at("tree/run")], 2),
    ] {
        let proof = prove(&argv, &forms).unwrap();
        assert_eq!((proof.binding, proof.form), (Binding::Unpacked, form), "{argv:?}");
        assert_eq!(proof.holds(Sandbox::None), Ok(()));
    }
    fs::create_dir(desk.at("cargo")).unwrap();
    fs::copy(desk.at("bin/server"), desk.at("cargo/server")).unwrap();
    let proof = prove(&[desk.at("cargo/server")], &forms).unwrap();
    assert_eq!((proof.binding, proof.form), (Binding::Installed, 0));
    desk.program("cargo/server", "PROGRAM");
    assert!(proof.holds(Sandbox::None).is_err());
    // Replaced while it ran, by a file of the same content even.
    let proof = prove(&[desk.at("bin/server")], &forms).unwrap();
    desk.program("bin/new", "program");
    fs::rename(desk.at("bin/new"), desk.at("bin/server")).unwrap();
    assert!(proof.holds(Sandbox::None).is_err());
}

/// Clocks are coarse: what happens within one tick leaves times as they are.
fn later() {
    std::thread::sleep(std::time::Duration::from_millis(20));
}

#[test]
fn b55_a_folder_above_is_held_to_where_it_was() {
    let desks: [(Desk, Vec<&str>, Artifact, &[&str]); 2] = [
        (
            Desk::npm(),
            vec!["tools/node", "node_modules/a/dist/index.js"],
            tarball(),
            &["node_modules", "tools"],
        ),
        (
            Desk::venv(),
            vec!["venv/bin/serve-a"],
            wheel(),
            &["venv", "venv/lib", "venv/lib/python3.11", "venv/lib/python3.11/site-packages", "venv/share"],
        ),
    ];
    for (desk, argv, artifact, folders) in desks {
        let argv: Vec<PathBuf> = argv.into_iter().map(|arg| desk.at(arg)).collect();
        for folder in folders {
            let proof = prove(&argv, &[&artifact]).unwrap();
            later();
            assert_eq!(proof.holds(Sandbox::None), Ok(()));
            fs::rename(desk.at(folder), desk.at("aside")).unwrap();
            fs::rename(desk.at("aside"), desk.at(folder)).unwrap();
            let why = why(proof.holds(Sandbox::None).map(|()| proof));
            assert!(why.contains("was replaced or touched"), "{folder}: {why}");
        }
    }
    // A link on the way that leads there again.
    let desk = Desk::npm();
    symlink("node_modules", desk.at("link")).unwrap();
    let proof = prove(&[desk.at("tools/node"), desk.at("link/a/dist/index.js")], &[&tarball()]).unwrap();
    later();
    fs::remove_file(desk.at("link")).unwrap();
    symlink("node_modules", desk.at("link")).unwrap();
    assert!(proof.holds(Sandbox::None).is_err());
}

#[test]
fn in_a_folder_that_everybody_shares_others_may_do_what_they_like() {
    let desk = Desk::new();
    desk.program("shared/ours/server", "program");
    fs::set_permissions(desk.at("shared"), fs::Permissions::from_mode(0o1777)).unwrap();
    let program = artifact(ArtifactKind::File, Vec::new(), &desk.at("shared/ours/server"), b"program");
    let proof = prove(&[desk.at("shared/ours/server")], &[&program]).unwrap();
    later();
    desk.write("shared/other", "");
    assert_eq!(proof.holds(Sandbox::None), Ok(()));
    desk.write("shared/ours/other", "");
    assert!(proof.holds(Sandbox::None).is_err());
}

#[test]
fn what_was_built_is_held_to_every_file() {
    let desk = Desk::new();
    desk.program("prefix/bin/server", "program");
    desk.write("prefix/lib/a/b.py", "");
    let argv = [desk.at("prefix/bin/server").into_os_string()];
    let build = |variables: &[&str]| {
        let variables = variables.iter().map(|name| (*name).to_owned()).collect();
        let invocation = Invocation { argv: &argv, variables: &variables, unpacked: None };
        super::built(&invocation, &desk.at("prefix"))
    };
    let proof = build(&["LANG"]).unwrap();
    assert_eq!((proof.binding, proof.holds(Sandbox::LinuxNamespaces)), (Binding::Installed, Ok(())));
    assert!(proof.holds(Sandbox::None).unwrap_err().to_string().contains("without a sandbox"));
    assert!(why(build(&["LD_LIBRARY_PATH"])).contains("LD_LIBRARY_PATH can make it run other code"));
    for harm in [
        |desk: &Desk| desk.write("prefix/lib/a/b.py", "other"),
        |desk: &Desk| desk.write("prefix/lib/a/c.py", ""),
        |desk: &Desk| {
            fs::rename(desk.at("prefix"), desk.at("aside")).unwrap();
            fs::rename(desk.at("aside"), desk.at("prefix")).unwrap();
        },
    ] {
        let proof = build(&[]).unwrap();
        later();
        harm(&desk);
        assert!(
            proof.holds(Sandbox::LinuxNamespaces).unwrap_err().to_string().contains("replaced or touched")
        );
    }
}

#[test]
fn what_can_run_other_code_proves_nothing() {
    let desk = Desk::npm();
    let argv = desk.npm_argv();
    for variable in ["NODE_OPTIONS", "NODE_PATH", "LD_PRELOAD", "PYTHONPATH", "PATH", "DYLD_INSERT_LIBRARIES"]
    {
        assert!(why(prove_with(&argv, &[variable], &[&tarball()])).contains("other code"), "{variable}");
    }
    for variable in ["NODE_ENV", "API_TOKEN", "PYTHONUNBUFFERED"] {
        assert!(prove_with(&argv, &[variable], &[&tarball()]).is_ok(), "{variable}");
    }
    for option in ["--require=./x.js", "-r", "--loader", "--import=x", "-e", "--inspect"] {
        let argv = [argv[0].clone(), option.into(), argv[1].clone()];
        assert!(why(prove(&argv, &[&tarball()])).contains("other code"), "{option}");
    }
    // `#!/usr/bin/env node` finds the one beside it first.
    desk.program("node_modules/.bin/serve", "#!/usr/bin/env node\n");
    desk.program("node_modules/.bin/node", "");
    assert!(why(prove(&[desk.at("node_modules/.bin/serve")], &[&tarball()])).contains("would be run by"));
}

/// `import json` takes the one that lies beside the script, before that of Python itself.
#[test]
fn b27_nothing_is_imported_from_beside_a_release_that_is_one_file() {
    let desk = Desk::new();
    let (python, script) = (desk.at("tools/python3"), desk.at("release/server.py"));
    desk.program("tools/python3", "");
    desk.program("release/server.py", "#!/usr/bin/python3\nserve()");
    desk.write("release/notes.txt", "");
    desk.write("release/data/x.json", "");
    desk.write("elsewhere/server.py", "#!/usr/bin/python3\nserve()");
    let form = artifact(ArtifactKind::File, Vec::new(), &script, b"#!/usr/bin/python3\nserve()");
    let binding = |argv: &[PathBuf]| prove(argv, &[&form]).map(|proof| proof.binding);
    let (given, itself) = ([python.clone(), script.clone()], [script.clone()]);
    assert_eq!(binding(&given), Ok(Binding::Unpacked));
    assert_eq!(binding(&itself), Ok(Binding::Unpacked));
    for (path, of) in [("json.py", "json.py"), ("re.so", "re.so"), ("ssl/__init__.py", "ssl")] {
        desk.write(&format!("release/{path}"), "evil()");
        for argv in [&given[..], &itself] {
            let why = why(prove(argv, &[&form]));
            assert!(
                why.contains(&format!("would import {}", desk.at("release").join(of).display())),
                "{why}"
            );
        }
        // Told not to look there it does not.
        assert_eq!(binding(&[python.clone(), "-P".into(), script.clone()]), Ok(Binding::Unpacked));
        fs::remove_file(desk.at(&format!("release/{path}"))).unwrap();
    }
    let copy = [python, desk.at("elsewhere/server.py")];
    assert_eq!(binding(&copy), Ok(Binding::Installed));
    desk.write("elsewhere/json.pyc", "");
    assert!(binding(&copy).is_err());
}
