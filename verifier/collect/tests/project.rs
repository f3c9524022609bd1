//! What is found in a project's folder.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set up has failed"
)]

mod common;

use std::fs;
use std::path::Path;

use mcpsign_collect::project::{LOCK_FILES, Project, ProjectError};
use tempfile::TempDir;

use common::text_folder as project;

/// The only release in a folder.
fn discover(dir: &Path) -> Result<Project, ProjectError> {
    let mut found = mcpsign_collect::project::discover(dir)?.projects;
    assert_eq!(found.len(), 1);
    found.pop().ok_or(ProjectError::NotAProject { dir: dir.to_owned() })
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
    assert_eq!(found.packages[0].purl, "pkg:npm/%40acme/files-mcp@1.4.0");
    assert_eq!(found.mcp_name.as_deref(), Some("io.github.acme/files-mcp"));
    assert_eq!(names(&dir, &found.artifacts), ["acme-files-mcp-1.4.0.tgz"]);
    assert_eq!(names(&dir, &found.stale), ["acme-files-mcp-1.3.0.tgz", "acme-files-mcp-2.0.0-rc.1.tgz"]);
    let launch = found.launch.clone().expect("a launch");
    assert_eq!(launch.argv, ["node", "{artifact}/dist/index.js"]);
    assert_eq!(names(&dir, &launch.unpack.into_iter().collect::<Vec<_>>()), ["acme-files-mcp-1.4.0.tgz"]);
    assert!(notes(&found).contains("lock file: package-lock.json"));
    assert_eq!(names(&dir, &found.server_json.clone().into_iter().collect::<Vec<_>>()), ["server.json"]);
    assert!(notes(&found).contains("left aside, another version: acme-files-mcp-1.3.0.tgz"));
}

#[test]
fn a_project_with_nothing_says_what_is_missing() {
    let dir = project(&[("package.json", r#"{"name":"bare","version":"0.1.0"}"#)]);
    let found = discover(dir.path()).expect("a project");
    assert!(found.artifacts.is_empty() && found.stale.is_empty() && found.launch.is_none());
    assert!(found.server_json.is_none());
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
        let file = found
            .launch
            .as_ref()
            .and_then(|launch| Path::new(launch.argv.last()?).file_name().map(ToOwned::to_owned));
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
    assert!(notes(&found).contains("lock file: npm-shrinkwrap.json"));
}

#[test]
fn folders_that_are_no_project() {
    let empty = project(&[]);
    assert!(matches!(discover(empty.path()), Err(ProjectError::NotAProject { .. })));
    assert!(matches!(discover(Path::new("/nonexistent")), Err(ProjectError::Io { .. })));
    let file = project(&[("package.json", r#"{"name":"a"}"#)]);
    let error = discover(file.path()).expect_err("no version");
    assert!(
        matches!(&error, ProjectError::Manifest { why, .. } if why == "`version` is missing"),
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

#[test]
fn python_builds_of_this_version_alone() {
    let pyproject = "[project]\nname = \"Acme.Files\"\nversion = \"1.4.0\"\n[project.scripts]\nacme-files = \"a:main\"\nother = \"a:b\"\n";
    let dir = project(&[
        ("pyproject.toml", pyproject),
        ("dist/acme_files-1.4.0-py3-none-any.whl", ""),
        ("dist/acme_files-1.4-cp311-cp311-manylinux_2_17_aarch64.whl", ""),
        ("dist/acme_files-1.4.0.tar.gz", ""),
        ("dist/acme_files-1.3.0-py3-none-any.whl", ""),
        ("dist/acme_files_extra-1.4.0-py3-none-any.whl", ""),
        (".venv/bin/acme-files", ""),
        ("uv.lock", ""),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(found.packages[0].purl, "pkg:pypi/acme.files@1.4.0");
    let wheels =
        ["acme_files-1.4-cp311-cp311-manylinux_2_17_aarch64.whl", "acme_files-1.4.0-py3-none-any.whl"];
    let expected = [wheels[0], wheels[1], "acme_files-1.4.0.tar.gz"].map(|name| format!("dist/{name}"));
    assert_eq!(names(&dir, &found.artifacts), expected);
    assert_eq!(names(&dir, &found.stale), ["dist/acme_files-1.3.0-py3-none-any.whl"]);
    let launch = found.launch.clone().expect("a launch");
    assert!(launch.argv[0].ends_with(".venv/bin/acme-files"), "{launch:?}");
    assert!(notes(&found).contains("lock file: uv.lock"));
}

#[test]
fn a_dynamic_version_is_that_of_what_was_built() {
    let pyproject = "[project]\nname = \"acme\"\ndynamic = [\"version\"]\n";
    let built = ("dist/acme-1.2.3-py3-none-any.whl", "");
    let dir = project(&[("pyproject.toml", pyproject), built, ("dist/acme-1.2.3.tar.gz", "")]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(found.packages[0].version.as_deref(), Some("1.2.3"));
    assert_eq!(found.artifacts.len(), 2);
    for (files, why) in [
        (&[("pyproject.toml", pyproject)][..], "nothing in dist/ carries it"),
        (&[("pyproject.toml", pyproject), built, ("dist/acme-1.2.2.tar.gz", "")], "from 1.2.2 to 1.2.3"),
        (&[("pyproject.toml", "[project]\nname = \"acme\"\n")], "`project.version` is missing"),
        (&[("pyproject.toml", "[project]\nname = acme\n")], "TOML"),
    ] {
        let dir = project(files);
        let error = discover(dir.path()).expect_err(why);
        assert!(matches!(&error, ProjectError::Manifest { .. }), "{error:?}");
        assert!(why == "TOML" || error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_crate_and_its_program() {
    let dir = project(&[
        ("Cargo.toml", "[package]\nname = \"acme-files\"\nversion = \"0.3.0\"\n[[bin]]\nname = \"files\"\n"),
        ("target/package/acme-files-0.3.0.crate", ""),
        ("target/package/acme-files-0.2.0.crate", ""),
        ("target/release/files", ""),
        ("target/release/helper", ""),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(found.packages[0].purl, "pkg:cargo/acme-files@0.3.0");
    let expected = ["target/package/acme-files-0.3.0.crate", "target/release/files"];
    assert_eq!(names(&dir, &found.artifacts), expected);
    assert_eq!(names(&dir, &found.stale), ["target/package/acme-files-0.2.0.crate"]);
    assert!(found.launch.expect("a launch").argv[0].ends_with("target/release/files"));
}

#[test]
fn a_bundle_an_image_and_a_registry_entry() {
    let manifest = r#"{"manifest_version":"0.3","name":"files","version":"1.4.0","description":"d","author":{"name":"a"},
        "server":{"type":"node","entry_point":"index.js","mcp_config":{"command":"node","args":["${__dirname}/index.js"]}}}"#;
    let dir = project(&[
        ("manifest.json", manifest),
        ("files.mcpb", ""),
        ("files-1.3.0.mcpb", ""),
        ("image/oci-layout", "{}"),
        ("image/index.json", "{}"),
        ("dist/other/oci-layout", "{}"),
        ("node_modules/oci-layout", "{}"),
        ("node_modules/index.json", "{}"),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(names(&dir, &found.artifacts), ["files.mcpb", "image"]);
    assert_eq!(names(&dir, &found.stale), ["files-1.3.0.mcpb"]);
    // A browser extension's manifest is another.
    let other = project(&[("manifest.json", r#"{"manifest_version":3,"name":"x","version":"1"}"#)]);
    assert!(matches!(
        mcpsign_collect::project::discover(other.path()),
        Err(ProjectError::NotAProject { .. })
    ));
}

#[test]
fn arguments_come_from_the_registry_entry_and_what_only_a_user_knows_is_said() {
    let with = |arguments: &str| {
        let entry = format!(
            r#"{{"name":"io.github.acme/a","version":"1.0.0","packages":[{{"registryType":"npm","identifier":"a",
            "packageArguments":{arguments},"environmentVariables":[{{"name":"MODE","value":"ro"}},{{"name":"KEY"}}]}}]}}"#
        );
        let dir = project(&[
            ("package.json", r#"{"name":"a","version":"1.0.0","bin":"a.js"}"#),
            ("a.js", ""),
            ("a-1.0.0.tgz", ""),
            ("server.json", &entry),
        ]);
        discover(dir.path()).expect("a project")
    };
    let found = with(
        r#"[{"type":"named","name":"--root","value":"/srv"},{"type":"positional","default":"x"},{"type":"positional"}]"#,
    );
    let launch = found.launch.expect("a launch");
    assert_eq!(launch.argv, ["node", "{artifact}/a.js", "--root", "/srv", "x"]);
    assert_eq!(launch.env.into_iter().collect::<Vec<_>>(), [("MODE".to_owned(), "ro".to_owned())]);
    for arguments in [
        r#"[{"type":"positional","valueHint":"folder","isRequired":true}]"#,
        r#"[{"type":"named","name":"folder","value":"{folder}"}]"#,
    ] {
        let found = with(arguments);
        assert!(found.launch.is_none() && notes(&found).contains("folder"), "{}", notes(&found));
    }
}

#[test]
fn several_ecosystems_are_one_release_if_their_versions_agree() {
    let with = |python: &str| {
        let pyproject = format!("[project]\nname = \"a\"\nversion = \"{python}\"\n");
        let wheel = format!("dist/a-{python}-py3-none-any.whl");
        project(&[
            ("package.json", r#"{"name":"a","version":"1.4.0-rc.1"}"#),
            ("a-1.4.0-rc.1.tgz", ""),
            ("pyproject.toml", &pyproject),
            (&wheel, ""),
        ])
    };
    let dir = with("1.4.0rc1");
    let found = discover(dir.path()).expect("a project");
    assert_eq!(names(&dir, &found.artifacts), ["a-1.4.0-rc.1.tgz", "dist/a-1.4.0rc1-py3-none-any.whl"]);
    let error = discover(with("1.3.0").path()).expect_err("two versions");
    assert!(matches!(error, ProjectError::Versions { .. }), "{error:?}");
    for part in ["package.json", "1.4.0-rc.1", "pyproject.toml", "1.3.0"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn every_member_of_a_workspace_with_an_artifact_is_a_release() {
    let dir = project(&[
        ("package.json", r#"{"private":true,"workspaces":["packages/*","!packages/old"]}"#),
        ("package-lock.json", "{}"),
        ("packages/a/package.json", r#"{"name":"a","version":"1.0.0"}"#),
        ("packages/a/a-1.0.0.tgz", ""),
        ("packages/b/package.json", r#"{"name":"b","version":"2.0.0"}"#),
        ("b-2.0.0.tgz", ""),
        ("packages/c/package.json", r#"{"name":"c","version":"3.0.0"}"#),
        ("packages/old/package.json", r#"{"name":"old","version":"1.0.0"}"#),
        ("packages/old/old-1.0.0.tgz", ""),
    ]);
    let found = mcpsign_collect::project::discover(dir.path()).expect("a workspace");
    let artifacts: Vec<_> = found.projects.iter().map(|project| names(&dir, &project.artifacts)).collect();
    assert_eq!(artifacts, [["packages/a/a-1.0.0.tgz"], ["b-2.0.0.tgz"]]);
    let root = dir.path().canonicalize().expect("there");
    assert!(found.projects.iter().all(|project| project.locked_in == root));
    assert!(notes(&found.projects[0]).contains("package-lock.json of the workspace"));
    assert!(found.notes.iter().any(|note| note.contains("packages/c")), "{:?}", found.notes);

    // The same from the member's own folder.
    let member = discover(&dir.path().join("packages/b")).expect("a project");
    assert_eq!(names(&dir, &member.artifacts), ["b-2.0.0.tgz"]);
    assert_eq!(member.locked_in, root);
}

#[test]
fn members_of_cargo_and_uv_inherit_and_share() {
    let dir = project(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/no\"]\n[workspace.package]\nversion = \"0.5.0\"\n",
        ),
        ("Cargo.lock", ""),
        ("crates/one/Cargo.toml", "[package]\nname = \"one\"\nversion.workspace = true\n"),
        ("crates/one/src/main.rs", ""),
        ("crates/no/Cargo.toml", "[package]\nname = \"no\"\nversion = \"0.5.0\"\n"),
        ("target/package/one-0.5.0.crate", ""),
        ("target/package/no-0.5.0.crate", ""),
        ("target/release/one", ""),
        ("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"py\"]\n"),
        ("py/pyproject.toml", "[project]\nname = \"two\"\nversion = \"2.0\"\n"),
        ("dist/two-2.0-py3-none-any.whl", ""),
    ]);
    let found = mcpsign_collect::project::discover(dir.path()).expect("a workspace");
    let artifacts: Vec<_> = found.projects.iter().map(|project| names(&dir, &project.artifacts)).collect();
    let one = vec!["target/package/one-0.5.0.crate".to_owned(), "target/release/one".to_owned()];
    assert_eq!(artifacts, [one, vec!["dist/two-2.0-py3-none-any.whl".to_owned()]]);
    assert_eq!(found.projects[0].packages[0].purl, "pkg:cargo/one@0.5.0");
}

#[test]
fn a_workspace_of_pnpm_lists_its_members_at_any_depth_and_locks_them_together() {
    let dir = project(&[
        // pnpm does not look at the list in package.json.
        ("package.json", r#"{"private":true,"workspaces":["elsewhere/*"]}"#),
        (
            "pnpm-workspace.yaml",
            "packages:\n  - 'packages/*'\n  - servers/**\n  - '!**/old'\ncatalog:\n  zod: ^4.0.0\n",
        ),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
        ("packages/a/package.json", r#"{"name":"@acme/a","version":"1.0.0"}"#),
        ("packages/a/acme-a-1.0.0.tgz", ""),
        ("servers/group/deep/b/package.json", r#"{"name":"b","version":"2.0.0"}"#),
        ("servers/group/deep/b/b-2.0.0.tgz", ""),
        ("servers/group/node_modules/x/package.json", r#"{"name":"x","version":"1.0.0"}"#),
        ("servers/group/node_modules/x/x-1.0.0.tgz", ""),
        ("servers/group/old/package.json", r#"{"name":"old","version":"1.0.0"}"#),
        ("servers/group/old/old-1.0.0.tgz", ""),
        ("elsewhere/c/package.json", r#"{"name":"c","version":"1.0.0"}"#),
        ("elsewhere/c/c-1.0.0.tgz", ""),
    ]);
    let found = mcpsign_collect::project::discover(dir.path()).expect("a workspace");
    let artifacts: Vec<_> = found.projects.iter().map(|project| names(&dir, &project.artifacts)).collect();
    assert_eq!(artifacts, [["packages/a/acme-a-1.0.0.tgz"], ["servers/group/deep/b/b-2.0.0.tgz"]]);
    let root = dir.path().canonicalize().expect("there");
    for project in &found.projects {
        assert_eq!(project.locked_in, root);
        assert!(notes(project).contains("lock file: pnpm-lock.yaml of the workspace"), "{}", notes(project));
    }
    // Folders on the way are no members, and nothing is said of them.
    assert!(!found.notes.iter().any(|note| note.contains("servers")), "{:?}", found.notes);
    let member = discover(&dir.path().join("servers/group/deep/b")).expect("a project");
    assert_eq!(member.locked_in, root);
}

#[test]
fn members_that_are_not_understood_are_said() {
    let with = |file: &str, text: &str| {
        let dir = project(&[
            (file, text),
            ("packages/a/package.json", r#"{"name":"a","version":"1.0.0"}"#),
            ("packages/a/a-1.0.0.tgz", ""),
        ]);
        mcpsign_collect::project::discover(dir.path())
            .map(|found| (found.projects.len(), found.notes.join("\n")))
    };
    let (members, said) =
        with("package.json", r#"{"private":true,"workspaces":["packages/*","{x,y}/*","../z"]}"#)
            .expect("one");
    assert_eq!(members, 1);
    for pattern in ["{x,y}/*", "../z"] {
        assert!(said.contains(&format!("workspace members {pattern} are not looked for")), "{said}");
    }
    let (_, said) =
        with("package.json", r#"{"private":true,"workspaces":["packages/**","!(b|c)"]}"#).expect("one");
    assert!(said.contains("workspace members (b|c) are not left out"), "{said}");
    let error = with("pnpm-workspace.yaml", "packages: [a, a: b]\n").expect_err("no list of patterns");
    assert!(error.to_string().contains("pnpm-workspace.yaml is not understood"), "{error}");
}

#[test]
fn every_lock_file_that_an_inventory_reads_is_named() {
    for name in LOCK_FILES {
        let dir = project(&[("package.json", r#"{"name":"a","version":"1.0.0"}"#), (name, "")]);
        let found = discover(dir.path()).expect("a project");
        assert!(notes(&found).contains(&format!("lock file: {name}")), "{}", notes(&found));
        assert!(mcpsign_collect::catalog::is_lockfile(Path::new(name)), "{name} is read by nobody");
    }
}

#[test]
fn releases_have_the_names_that_each_tool_gives_them() {
    let package = ("package.json", r#"{"name":"@acme/a","version":"1.0.0"}"#);
    for (files, artifacts, stale) in [
        // The first yarn.
        (
            &["acme-a-v1.0.0.tgz", "acme-a-v0.9.0.tgz"][..],
            &["acme-a-v1.0.0.tgz"][..],
            &["acme-a-v0.9.0.tgz"][..],
        ),
        // Later ones.
        (&["package.tgz"], &["package.tgz"], &[]),
        (&["package.tgz", "acme-a-1.0.0.tgz"], &["acme-a-1.0.0.tgz"], &[]),
    ] {
        let files: Vec<_> = files.iter().map(|file| (*file, "")).chain([package]).collect();
        let dir = project(&files);
        let found = discover(dir.path()).expect("a project");
        assert_eq!(
            (names(&dir, &found.artifacts), names(&dir, &found.stale)),
            (strings(artifacts), strings(stale))
        );
    }

    // `mcpb pack` takes the folder's name.
    let dir = project(&[(
        "manifest.json",
        r#"{"manifest_version":"0.3","name":"files","version":"1.4.0","description":"d","author":{"name":"a"},
        "server":{"type":"node","entry_point":"index.js","mcp_config":{"command":"node","args":[]}}}"#,
    )]);
    let name = format!("{}.mcpb", dir.path().file_name().expect("named").display());
    fs::write(dir.path().join(&name), "").expect("written");
    assert_eq!(names(&dir, &discover(dir.path()).expect("a project").artifacts), [name]);

    let poetry = "[tool.poetry]\nname = \"acme-files\"\nversion = \"1.4.0\"\n[tool.poetry.scripts]\nacme-files = \"a:main\"\n";
    let dir = project(&[
        ("pyproject.toml", poetry),
        ("dist/acme_files-1.4.0-py3-none-any.whl", ""),
        ("dist/acme_files-1.3.0.tar.gz", ""),
        (".venv/bin/acme-files", ""),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(names(&dir, &found.artifacts), ["dist/acme_files-1.4.0-py3-none-any.whl"]);
    assert_eq!(names(&dir, &found.stale), ["dist/acme_files-1.3.0.tar.gz"]);
    assert!(found.launch.is_some(), "{}", notes(&found));

    let dir = project(&[
        ("Cargo.toml", "[package]\nname = \"one\"\nversion = \"0.5.0\"\n"),
        ("src/bin/server.rs", ""),
        ("src/bin/other/main.rs", ""),
        ("target/release/server", ""),
        ("target/release/unrelated", ""),
    ]);
    let found = discover(dir.path()).expect("a project");
    assert_eq!(names(&dir, &found.artifacts), ["target/release/server"]);
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn an_entry_for_the_registry_alone_says_what_it_names() {
    let dir = project(&[(
        "server.json",
        r#"{"name":"io.github.acme/files","version":"1.0.0","packages":[
            {"registryType":"npm","identifier":"@acme/files","version":"1.0.0"},
            {"registryType":"pypi","identifier":"acme-files","version":"1.0.0"},
            {"registryType":"mcpb","identifier":"https://downloads.example/files.mcpb"}],
            "remotes":[{"type":"streamable-http","url":"https://acme.example/mcp"}]}"#,
    )]);
    let error = discover(dir.path()).expect_err("nothing to attest");
    assert!(matches!(error, ProjectError::EntryAlone { .. }), "{error:?}");
    for named in [
        "npm:@acme/files@1.0.0",
        "pypi:acme-files==1.0.0",
        "https://downloads.example/files.mcpb",
        "https://acme.example/mcp",
    ] {
        assert!(error.to_string().contains(named), "{error}");
    }
}
