//! What `attest` makes of a folder: forms, members, `mcpsign.toml`, and whose programs it runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support;

/// A server in one file, for a runtime that may be missing.
pub(crate) const NODE_SERVER: &str = "#!/usr/bin/env node
const lines = require('readline').createInterface({ input: process.stdin });
const say = (id, body) => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
lines.on('line', (line) => {
    const { id, method } = JSON.parse(line);
    if (id === undefined) return;
    const capabilities = { tools: {} };
    const serverInfo = { name: 'a', version: '1' };
    const results = {
        initialize: { protocolVersion: '2025-06-18', capabilities, serverInfo },
        'tools/list': { tools: [{ name: process.env.TOOL || 'tool', inputSchema: { type: 'object' } }] },
    };
    say(id, method in results ? { result: results[method] } : { error: { code: -32601, message: 'no' } });
});
";

/// Seconds since 1970 when the first test began: what two runs make is compared.
static STARTED: LazyLock<String> = LazyLock::new(|| jiff::Timestamp::now().as_second().to_string());

/// A folder with files in it.
pub(crate) struct Desk {
    _dir: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        Self { _dir: dir, root }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        self.at(path).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), content).unwrap();
    }

    pub(crate) fn program(&self, path: &str, content: &str) {
        self.write(path, content);
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// An npm package whose server is one file, packed by npm.
    pub(crate) fn npm_package(&self, folder: &str, name: &str, version: &str) {
        let manifest = format!(
            r#"{{"name":"{name}","version":"{version}","bin":{{"{name}":"dist/index.js"}},"files":["dist"]}}"#
        );
        self.write(&format!("{folder}/package.json"), &manifest);
        self.write(&format!("{folder}/dist/index.js"), NODE_SERVER);
        self.npm(folder, &["pack", "--ignore-scripts", "--silent"]);
    }

    pub(crate) fn npm(&self, folder: &str, args: &[&str]) {
        let output = Command::new("npm").current_dir(self.at(folder)).args(args).output().unwrap();
        assert!(output.status.success(), "npm {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs `mcpsign` in a folder.
    pub(crate) fn mcpsign(&self, folder: &str, args: &[&str]) -> Output {
        let mut command = Command::new(support::mcpsign());
        command
            .current_dir(self.at(folder))
            .args(args)
            .env("MCPSIGN_PASSPHRASE", "of a test")
            .env("SOURCE_DATE_EPOCH", &*STARTED)
            .output()
            .unwrap()
    }

    /// The statements that `attest --dry-run` prints, and what it says.
    pub(crate) fn statements(&self, folder: &str, args: &[&str]) -> (Vec<Value>, String) {
        let output = self.mcpsign(folder, &[&["attest", "--dry-run"], args].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {said}");
        let statements = String::from_utf8(output.stdout).unwrap();
        (statements.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), said)
    }

    /// The tool manifest's statement alone.
    pub(crate) fn manifest(&self, folder: &str, args: &[&str]) -> (Value, String) {
        let (mut statements, said) = self.statements(folder, args);
        (statements.pop().unwrap(), said)
    }

    fn key(&self, folder: &str) {
        let made = self.mcpsign(folder, &["keys", "generate", "--out", "release.key"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn verdict(&self, folder: &str, artifact: &str) -> Value {
        let args = ["verify", artifact, "--public-key", "release.key.pub", "--format", "json"];
        let output = self.mcpsign(folder, &args);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["verdict"].clone()
    }
}

/// Whether the tools that a test drives are there.
pub(crate) fn have(test: &str, tools: &[&str]) -> bool {
    tools.iter().all(|tool| {
        let there = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
        if !there {
            support::skip(test, tool);
        }
        there
    })
}

fn names(statement: &Value) -> Vec<&str> {
    statement["subject"].as_array().unwrap().iter().map(|subject| subject["name"].as_str().unwrap()).collect()
}

#[test]
fn several_forms_of_one_release_in_one_run() {
    if !have("several_forms_of_one_release_in_one_run", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.4.0");
    fs::create_dir(desk.at("p/out")).unwrap();
    fs::copy(support::test_server(), desk.at("p/out/server")).unwrap();
    desk.write("p/out/SHA256SUMS", "…");
    desk.write("p/out/server.sig", "…");
    desk.key("p");
    let forms = ["files-1.4.0.tgz", "out/server"];
    let everything = [&forms[..], &["out/SHA256SUMS", "out/server.sig"]].concat();
    let attest = |more: &[&str]| {
        let args = [&["attest", "--key", "release.key"], everything.as_slice(), more].concat();
        let output = desk.mcpsign("p", &[&args[..], &["--", "out/server"]].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = attest(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("profile default is of server: unpacked"), "{said}");
    for passed_over in ["out/SHA256SUMS: a list of digests", "out/server.sig: it goes with another"] {
        assert!(said.contains(passed_over), "{said}");
    }
    for form in forms {
        assert_eq!(desk.verdict("p", form), "allow", "{form}");
    }
    // Each file holds one SBOM and the manifest over both.
    let lines = fs::read_to_string(desk.at("p/files-1.4.0.tgz.mcpsign.jsonl")).unwrap().lines().count();
    assert_eq!(lines, 2);
    let (code, said) = attest(&["files-1.4.0.tgz.mcpsign.jsonl", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("passed over files-1.4.0.tgz.mcpsign.jsonl: evidence of mcpsign"), "{said}");

    let (statements, _) = desk.statements("p", &[&forms[..], &["--", "out/server"]].concat());
    let subjects: Vec<_> = statements.iter().map(names).collect();
    assert_eq!(subjects, [vec![forms[0]], vec!["server"], vec![forms[0], "server"]]);
}

/// What other tools write over several lines becomes one line, and stays what it was.
#[test]
fn evidence_that_stands_over_several_lines_is_appended_to() {
    let desk = Desk::new();
    desk.write("p/a.bin", "the bytes");
    desk.key("p");
    let attest = |more: &[&str]| {
        let args = [&["attest", "a.bin", "--no-manifest"], more].concat();
        let output = desk.mcpsign("p", &args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    attest(&["--key", "release.key"]);
    let evidence = desk.at("p/a.bin.mcpsign.jsonl");
    let line = fs::read_to_string(&evidence).unwrap();
    let bundle: Value = serde_json::from_str(&line).unwrap();
    fs::write(&evidence, serde_json::to_string_pretty(&bundle).unwrap()).unwrap();
    fs::create_dir(desk.at("p/other")).unwrap();
    desk.key("p/other");
    attest(&["--key", "other/release.key", "--append"]);
    let written = fs::read_to_string(&evidence).unwrap();
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], bundle);
}

#[test]
fn forms_of_other_releases_are_refused_in_one_run() {
    if !have("forms_of_other_releases_are_refused_in_one_run", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("a", "a", "1.0.0");
    desk.npm_package("b", "b", "1.0.0");
    desk.npm_package("c", "a", "1.1.0");
    for (other, said) in [("../b/b-1.0.0.tgz", "not one release"), ("../c/a-1.1.0.tgz", "not one release")] {
        let output = desk.mcpsign("a", &["attest", "--dry-run", "--no-manifest", "a-1.0.0.tgz", other]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
    // With a project for each, they are two releases.
    desk.write("mcpsign.toml", "[[package]]\npath = \"a\"\n[[package]]\npath = \"b\"\n");
    let (statements, said) = desk.statements(".", &["a/a-1.0.0.tgz", "b/b-1.0.0.tgz"]);
    let manifests: Vec<_> = statements
        .iter()
        .filter(|statement| statement["predicate"]["profiles"].is_array())
        .map(names)
        .collect();
    assert_eq!(manifests, [["a-1.0.0.tgz"], ["b-1.0.0.tgz"]], "{said}");
    let output = desk.mcpsign(".", &["attest", "--dry-run", "a/a-1.0.0.tgz", "c/a-1.1.0.tgz"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("of none of the packages"));
}

#[test]
fn every_member_of_a_monorepo_gets_its_own_evidence() {
    if !have("every_member_of_a_monorepo_gets_its_own_evidence", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("repo/packages/a", "a", "1.0.0");
    desk.npm_package("repo/packages/b", "b", "2.0.0");
    desk.write("repo/packages/b/b-1.9.0.tgz", "stale");
    desk.write("repo/package.json", r#"{"private":true,"workspaces":["packages/*"]}"#);
    desk.npm("repo", &["install", "--package-lock-only", "--offline", "--ignore-scripts", "--silent"]);
    desk.key("repo");
    let output = desk.mcpsign("repo", &["attest", "--key", "release.key"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("lock file: package-lock.json of the workspace"), "{said}");
    for artifact in ["packages/a/a-1.0.0.tgz", "packages/b/b-2.0.0.tgz"] {
        assert_eq!(desk.verdict("repo", artifact), "allow", "{artifact}");
    }
    assert!(!desk.at("repo/packages/b/b-1.9.0.tgz.mcpsign.jsonl").exists());
    let (statements, _) = desk.statements("repo", &[]);
    let manifests: Vec<&Value> =
        statements.iter().filter(|statement| statement["predicate"]["profiles"].is_array()).collect();
    assert_eq!(manifests.len(), 2);
    for manifest in manifests {
        let predicate = &manifest["predicate"];
        assert_eq!(predicate["profiles"][0]["launch"]["binding"], "unpacked");
        assert_eq!(predicate["bindings"]["lockfiles"][0]["path"], "package-lock.json");
    }
}

/// Named or found, a release of a project is the same release.
#[test]
fn an_artifact_that_is_named_is_its_projects() {
    if !have("an_artifact_that_is_named_is_its_projects", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.4.0");
    desk.npm("p", &["install", "--package-lock-only", "--offline", "--ignore-scripts", "--silent"]);
    desk.write("p/server.json", r#"{"name":"io.github.acme/files","version":"1.4.0"}"#);
    let (found, _) = desk.manifest("p", &[]);
    let (named, said) = desk.manifest("p", &["files-1.4.0.tgz"]);
    assert!(said.contains("a release of the project in"), "{said}");
    for what in ["bindings", "profiles", "server", "packages"] {
        assert_eq!(found["predicate"][what], named["predicate"][what], "{what}");
    }
    assert_eq!(named["predicate"]["bindings"]["lockfiles"][0]["path"], "package-lock.json");
    assert!(named["predicate"]["bindings"]["serverJson"].is_object());

    // The same file elsewhere is nobody's, and an observer takes nobody's word.
    fs::create_dir(desk.at("p/kept")).unwrap();
    fs::copy(desk.at("p/files-1.4.0.tgz"), desk.at("p/kept/files-1.4.0.tgz")).unwrap();
    let command = ["--", "node", "{artifact}/dist/index.js"];
    for args in [&["kept/files-1.4.0.tgz"][..], &["files-1.4.0.tgz", "--kind", "observer"]] {
        let (manifest, said) = desk.manifest("p", &[args, &command].concat());
        assert!(manifest["predicate"]["bindings"].get("serverJson").is_none(), "{args:?}: {manifest}");
        assert_eq!(manifest["predicate"]["bindings"]["lockfiles"].as_array().unwrap().len(), 0, "{said}");
    }

    // Members of a workspace are told apart by where their files lie.
    desk.npm_package("repo/packages/a", "a", "1.0.0");
    desk.npm_package("repo/packages/b", "b", "2.0.0");
    desk.write("repo/pnpm-workspace.yaml", "packages: ['packages/**']\n");
    let lock = "lockfileVersion: '9.0'\nimporters:\n  packages/a: {}\n  packages/b: {}\n";
    desk.write("repo/pnpm-lock.yaml", lock);
    let artifacts = ["packages/a/a-1.0.0.tgz", "packages/b/b-2.0.0.tgz"];
    let (statements, said) = desk.statements("repo", &artifacts);
    let manifests: Vec<&Value> =
        statements.iter().filter(|statement| statement["predicate"]["profiles"].is_array()).collect();
    let subjects: Vec<_> = manifests.iter().map(|manifest| names(manifest)).collect();
    assert_eq!(subjects, [["a-1.0.0.tgz"], ["b-2.0.0.tgz"]], "{said}");
}

/// Nothing of it is in the SBOM, and nobody should have to find that out there.
#[test]
fn a_lock_file_of_another_project_is_said_to_be_put_aside() {
    if !have("a_lock_file_of_another_project_is_said_to_be_put_aside", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.4.0");
    for (name, is_said) in [("files", false), ("other", true)] {
        let root = format!(r#""name":"{name}","version":"1.4.0""#);
        let lock = format!(r#"{{{root},"lockfileVersion":3,"packages":{{"":{{{root}}}}}}}"#);
        desk.write("p/package-lock.json", &lock);
        let (_, said) = desk.statements("p", &["--no-manifest"]);
        let warning =
            "warning: `package-lock.json` is the lock file of another project than `files-1.4.0.tgz`";
        assert_eq!(said.contains(warning), is_said, "{name}: {said}");
    }
}

/// What is signed about one package would be believed of the other.
#[test]
fn two_packages_of_one_name_and_version_are_not_told_apart() {
    if !have("two_packages_of_one_name_and_version_are_not_told_apart", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("repo/packages/a", "files", "1.0.0");
    desk.npm_package("repo/packages/b", "files", "1.0.0");
    desk.npm_package("repo/packages/c", "files", "1.1.0");
    let workspace = |members: &str| {
        desk.write("repo/package.json", &format!(r#"{{"private":true,"workspaces":[{members}]}}"#));
    };
    let refused = |what: &str| {
        let output = desk.mcpsign("repo", &["attest", "--dry-run"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("both release {what}")) && output.stdout.is_empty(), "{said}");
        assert!(!said.contains("starting the server"), "{said}");
    };
    workspace(r#""packages/a","packages/b""#);
    refused("pkg:npm/files@1.0.0");
    // One file in the root, under a name that two members could have given it.
    fs::rename(desk.at("repo/packages/a/files-1.0.0.tgz"), desk.at("repo/files-1.0.0.tgz")).unwrap();
    fs::remove_file(desk.at("repo/packages/b/files-1.0.0.tgz")).unwrap();
    refused(&format!("`{}`", desk.text("repo/files-1.0.0.tgz")));
    // Another version is another release; of two of which one releases nothing, that one is left aside.
    workspace(r#""packages/a","packages/c""#);
    let (statements, said) = desk.statements("repo", &[]);
    assert_eq!(statements.len(), 4, "{said}");
    workspace(r#""packages/c","packages/d""#);
    desk.write("repo/packages/d/package.json", r#"{"name":"files","version":"1.1.0"}"#);
    let (statements, said) = desk.statements("repo", &[]);
    assert_eq!(statements.len(), 2, "{said}");
}

/// A file that was not built anew lies under the name of this version, and is the last one.
#[test]
fn what_lies_there_from_the_last_version_is_not_taken_for_this_one() {
    if !have("what_lies_there_from_the_last_version_is_not_taken_for_this_one", &["npm", "python3"]) {
        return;
    }
    let desk = Desk::new();
    let refused = |folder: &str, inside: &str, project: &str| {
        let output = desk.mcpsign(folder, &["attest", "--dry-run"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("is {inside} inside, the project is {project}")), "{said}");
        assert!(output.stdout.is_empty() && !said.contains("starting the server"), "{said}");
    };
    desk.npm_package("p", "files", "1.3.0");
    fs::rename(desk.at("p/files-1.3.0.tgz"), desk.at("p/files-1.4.0.tgz")).unwrap();
    desk.write(
        "p/package.json",
        &fs::read_to_string(desk.at("p/package.json")).unwrap().replace("1.3.0", "1.4.0"),
    );
    refused("p", "pkg:npm/files@1.3.0", "pkg:npm/files@1.4.0");

    // A bundle has no version in its name.
    let manifest = |version: &str| {
        let server = r#"{"type":"node","entry_point":"index.js","mcp_config":{"command":"node","args":["${__dirname}/index.js"]}}"#;
        format!(
            r#"{{"manifest_version":"0.3","name":"files","version":"{version}","description":"d","author":{{"name":"a"}},"server":{server}}}"#
        )
    };
    desk.write("m/manifest.json", &manifest("1.3.0"));
    desk.write("m/index.js", NODE_SERVER);
    let pack = "import zipfile; z = zipfile.ZipFile('files.mcpb', 'w'); z.write('manifest.json'); z.write('index.js'); z.close()";
    let packed = Command::new("python3").current_dir(desk.at("m")).args(["-c", pack]).status().unwrap();
    assert!(packed.success());
    let bytes = fs::read(desk.at("m/files.mcpb")).unwrap();
    let (own, other) = (hex::encode(Sha256::digest(&bytes)), "0".repeat(64));
    for (stated, is_said) in [(own.to_ascii_uppercase(), false), (other, true)] {
        let entry = r#"{"name":"a/files","version":"1.3.0","packages":[{"registryType":"mcpb","fileSha256":"STATED",
            "identifier":"https://downloads.example/files.mcpb"}]}"#;
        desk.write("m/server.json", &entry.replace("STATED", &stated));
        let (statements, said) = desk.statements("m", &[]);
        assert_eq!(statements.len(), 2);
        assert_eq!(said.contains("warning: server.json has the `fileSha256`"), is_said, "{said}");
    }
    desk.write("m/manifest.json", &manifest("1.4.0"));
    refused("m", "pkg:generic/files@1.3.0", "pkg:generic/files@1.4.0");
}

#[test]
fn profiles_of_the_configuration_file_stand_in_one_manifest() {
    if !have("profiles_of_the_configuration_file_stand_in_one_manifest", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    let config = r#"
        [server]
        valid-for = 30
        [[profile]]
        name = "default"
        [[profile]]
        name = "renamed"
        args = ["{work}"]
        env = { TOOL = "other" }
        client-capabilities = { roots = {} }
        protocol = "legacy"
    "#;
    desk.write("p/mcpsign.toml", config);
    let (manifest, said) = desk.manifest("p", &[]);
    let predicate = &manifest["predicate"];
    assert!(predicate["validUntil"].is_string(), "{said}");
    let profiles = predicate["profiles"].as_array().unwrap();
    let column = |member: &str| profiles.iter().map(|profile| profile[member].clone()).collect::<Vec<_>>();
    assert_eq!(column("name"), ["default", "renamed"]);
    assert_eq!(profiles[0]["tools"].as_object().unwrap().keys().collect::<Vec<_>>(), ["tool"]);
    assert_eq!(profiles[1]["tools"].as_object().unwrap().keys().collect::<Vec<_>>(), ["other"]);
    let argv = |n: usize| profiles[n]["launch"]["argv"].as_array().unwrap().clone();
    assert_eq!(argv(0), ["{runtime:node}", "{artifact}/dist/index.js"]);
    assert_eq!(argv(1), ["{runtime:node}", "{artifact}/dist/index.js", "{work}"]);
    assert_eq!(profiles[1]["clientCapabilities"], serde_json::json!({ "roots": {} }));
    for profile in profiles {
        assert_eq!(profile["launch"]["binding"], "unpacked", "{said}");
    }
    // The command line wins.
    let index = desk.text("p/dist/index.js");
    let (manifest, said) =
        desk.manifest("p", &["--env", "TOOL=mine", "files-1.0.0.tgz", "--", "node", &index]);
    let profiles = manifest["predicate"]["profiles"].as_array().unwrap();
    assert_eq!(profiles.len(), 1, "{said}");
    assert!(profiles[0]["tools"]["mine"].is_object());
}

/// `{artifact}` alone is what can be started, whatever else is released from the folder.
#[test]
fn a_program_that_a_project_builds_is_started_by_its_placeholder() {
    let desk = Desk::new();
    desk.write("p/Cargo.toml", "[package]\nname = \"notes\"\nversion = \"1.0.0\"\n");
    desk.write("p/src/main.rs", "");
    fs::create_dir_all(desk.at("p/target/release")).unwrap();
    fs::copy(support::test_server(), desk.at("p/target/release/notes")).unwrap();
    desk.write("p/mcpsign.toml", "[server]\ncommand = [\"{artifact}\"]\n");
    for args in [&[][..], &["target/release/notes"]] {
        let (manifest, said) = desk.manifest("p", args);
        let launch = &manifest["predicate"]["profiles"][0]["launch"];
        assert_eq!(launch["binding"], "unpacked", "{said}");
        assert_eq!(launch["argv"], serde_json::json!(["{artifact}"]), "{said}");
    }
}

#[test]
fn the_configuration_file_is_strict_and_read_by_attest_alone() {
    let desk = Desk::new();
    fs::copy(support::test_server(), desk.at("server")).unwrap();
    desk.key(".");
    let attested = desk.mcpsign(".", &["attest", "server", "--key", "release.key", "--", "{artifact}"]);
    assert!(attested.status.success(), "{}", String::from_utf8_lossy(&attested.stderr));
    desk.write("mcpsign.toml", "[server]\ncommand = [\"./server\"]\nsandbx = \"off\"\n");
    let output = desk.mcpsign(".", &["attest", "server", "--dry-run"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("mcpsign.toml:3:1: unknown field `sandbx`"), "{said}");
    assert_eq!(desk.verdict(".", "server"), "allow");
    for (text, expected) in [
        ("key = 3\n", "1:7: invalid type: integer `3`, expected a string"),
        ("[server]\ncommand = \"a b\"\n", "2:11: invalid type: string \"a b\", expected an array"),
        ("[server]\nvalid-for = -3\n", "2:13: invalid value: integer `-3`, expected a whole number"),
        ("[server]\nvalid-for = 0\n", "2:13: `valid-for` is a number of days, 1 to 3650"),
        ("[profile]\nname = \"a\"\n", "1:1: invalid type: table, expected an array"),
        ("[server]\nenv = { \"A=B\" = \"x\" }\n", "2:9: no name of a variable"),
    ] {
        desk.write("mcpsign.toml", text);
        let output = desk.mcpsign(".", &["attest", "server", "--dry-run"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains(&format!("mcpsign.toml:{expected}")), "{text}: {said}");
    }

    desk.write(
        "mcpsign.toml",
        "key = \"release.key\"\n[server]\ncommand = [\"./server\"]\n[output]\nevidence = \"all.jsonl\"\n",
    );
    let output = desk.mcpsign(".", &["attest", "server"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(desk.at("all.jsonl").is_file() && said.contains("is of server: unpacked"), "{said}");
}

/// What a client would write stands for something that is fetched first, and nothing can be.
#[test]
fn a_command_that_fetches_is_told_apart() {
    let desk = Desk::new();
    desk.program("npx", "#!/bin/sh\nexit 1\n");
    let npx = desk.text("npx");
    let capture = |args: &[&str]| {
        let args = [&["manifest", "capture"], args, &["--", &npx, "-y", "@acme/files-mcp@1.4.0"]].concat();
        String::from_utf8(desk.mcpsign(".", &args).stderr).unwrap()
    };
    let said = capture(&[]);
    assert!(said.contains("starts pkg:npm/%40acme/files-mcp@1.4.0") && said.contains("no network"), "{said}");
    assert!(!capture(&["--network", "host"]).contains("pkg:npm"));
}

/// Programs called like the helpers of other tools, which leave a mark when they run.
fn hostile(desk: &Desk, folder: &str) {
    for name in ["node", "nodejs", "npm", "npx", "git", "python", "python3", "uv", "cargo", "env", "sh"] {
        let mark = desk.text(&format!("ran-{}", folder.replace('/', "-")));
        desk.program(&format!("{folder}/{name}"), &format!("#!/bin/sh\necho {name} >> {mark}\nexit 1\n"));
    }
}

#[test]
fn b27_no_helper_from_the_path_or_the_project_is_run() {
    if !have("b27_no_helper_from_the_path_or_the_project_is_run", &["npm", "/usr/bin/node"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    for folder in ["path", "p", "p/node_modules/.bin", "p/bin"] {
        hostile(&desk, folder);
    }
    let path = ["path", "p", "p/node_modules/.bin"].map(|folder| desk.text(folder)).join(":");
    let path = format!("{path}:.::bin:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(support::mcpsign())
        .current_dir(desk.at("p"))
        .args(["attest", "--dry-run"])
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let marks: Vec<_> = desk.root.read_dir().unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!marks.iter().any(|name| name.to_string_lossy().starts_with("ran-")), "{marks:?}: {said}");
    assert!(said.contains("node is /usr/"), "{said}");
    assert!(said.contains("unpacked"), "{said}");
}

#[test]
fn versions_that_contradict_each_other_are_refused_or_said() {
    if !have("versions_that_contradict_each_other_are_refused_or_said", &["npm"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    desk.write("p/pyproject.toml", "[project]\nname = \"files\"\nversion = \"1.1.0\"\n");
    desk.write("p/dist/files-1.1.0-py3-none-any.whl", "");
    let output = desk.mcpsign("p", &["attest", "--dry-run"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("package.json has the version 1.0.0, pyproject.toml 1.1.0"), "{said}");

    fs::remove_file(desk.at("p/pyproject.toml")).unwrap();
    let entry = r#"{"name":"io.github.acme/files","version":"1.2.0","packages":
        [{"registryType":"npm","identifier":"files","version":"1.3.0"}]}"#;
    desk.write("p/server.json", entry);
    let (manifest, said) = desk.manifest("p", &[]);
    for expected in ["server.json has the version `1.2.0`", "`1.3.0`"] {
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(manifest["predicate"]["server"]["version"], "1.0.0");
    assert!(manifest["predicate"]["bindings"]["serverJson"].is_object());
}

/// Whatever `--force` is given for: what says what a release is, and how it is started, stays.
#[test]
fn nothing_is_written_over_what_decides_a_release() {
    if !have("nothing_is_written_over_what_decides_a_release", &["npm", "node"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    desk.key("p");
    for (file, text) in [
        ("package-lock.json", r#"{"name":"files","version":"1.0.0","lockfileVersion":3,"packages":{}}"#),
        ("server.json", r#"{"name":"io.example/files"}"#),
        ("mcpsign.toml", ""),
        ("caps.json", "{}"),
    ] {
        desk.write(&format!("p/{file}"), text);
    }
    let attest = ["attest", "--no-manifest", "--force", "--key", "release.key", "--evidence-out"];
    let capture = ["manifest", "capture", "--force", "--client-capabilities", "@caps.json", "--out"];
    for (start, file, end) in [
        (&attest[..], "package-lock.json", &[][..]),
        (&attest, "package.json", &[]),
        (&attest, "server.json", &["files-1.0.0.tgz"]),
        (&attest, "mcpsign.toml", &[]),
        (&capture, "mcpsign.toml", &["--", "/bin/cat"]),
        (&capture, "caps.json", &["--", "/bin/cat"]),
        (&["sbom", "generate", ".", "--force", "--out"], "package-lock.json", &[]),
    ] {
        let before = fs::read(desk.at(&format!("p/{file}"))).unwrap();
        let output = desk.mcpsign("p", &[start, &[file], end].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{start:?} {file}: {said}");
        assert!(said.contains("which is read"), "{start:?} {file}: {said}");
        assert_eq!(fs::read(desk.at(&format!("p/{file}"))).unwrap(), before, "{file}");
    }
    let output = desk.mcpsign("p", &[&attest[..], &["release.jsonl"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
