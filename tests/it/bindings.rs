//! What relates the server that was asked to the artifact that is signed: proven, or said to be not.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::projects::{Desk, NODE_SERVER, have};
use crate::support;

/// The binding of the only profile, and the name of the subject that it is of.
fn binding(manifest: &Value) -> (String, String) {
    let profile = &manifest["predicate"]["profiles"][0];
    let subjects = manifest["subject"].as_array().unwrap();
    let subject = subjects.iter().find(|subject| subject["digest"]["sha256"] == profile["subject"]).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&profile["launch"]["binding"]), text(&subject["name"]))
}

/// Holds the binding of a run against what is expected, and the note against what has to be said.
fn expect(desk: &Desk, args: &[&str], expected: (&str, &str), note: &str) {
    let (manifest, said) = desk.manifest(".", args);
    let (found, subject) = binding(&manifest);
    assert_eq!((found.as_str(), subject.as_str()), expected, "{args:?}: {said}");
    assert!(said.contains(note), "{note:?} is not in {said}");
}

#[test]
fn an_npm_installation_is_the_tarball_s_until_it_is_touched() {
    if !have("an_npm_installation_is_the_tarball_s_until_it_is_touched", &["npm", "node"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    desk.npm_package("next", "files", "1.0.1");
    desk.write("app/package.json", r#"{"name":"app","version":"0.0.0"}"#);
    let install = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    desk.npm("app", &[&install[..], &["../p/files-1.0.0.tgz"]].concat());
    // Another package beside it is nobody's business; one inside is not the package's own.
    desk.write("app/node_modules/other/index.js", "");
    desk.write("app/node_modules/files/node_modules/inner/index.js", "");

    let tarball = "p/files-1.0.0.tgz";
    let script = desk.text("app/node_modules/files/dist/index.js");
    let run = ["--", "node", &script];
    let attest = [&[tarball][..], &run].concat();
    expect(&desk, &attest, ("installed", "files-1.0.0.tgz"), "is of files-1.0.0.tgz: installed");
    expect(
        &desk,
        &[tarball, "--", &desk.text("app/node_modules/.bin/files")],
        ("installed", "files-1.0.0.tgz"),
        "",
    );
    let (manifest, _) = desk.manifest(".", &attest);
    let argv = &manifest["predicate"]["profiles"][0]["launch"]["argv"];
    assert_eq!(*argv, serde_json::json!(["{runtime:node}", "{artifact}/dist/index.js"]));
    // Several forms: the one whose files were proven.
    fs::copy(support::test_server(), desk.at("program")).unwrap();
    expect(&desk, &[&["program", tarball][..], &run].concat(), ("installed", "files-1.0.0.tgz"), "");
    // Of another version.
    let other = [&["next/files-1.0.1.tgz"][..], &run].concat();
    expect(&desk, &other, ("command", "files-1.0.1.tgz"), "it belongs to version 1.0.0 of the package");
    // What else could be run.
    let hooked = [&[tarball][..], &["--env", "NODE_OPTIONS=--no-warnings"], &run].concat();
    expect(&desk, &hooked, ("command", "files-1.0.0.tgz"), "NODE_OPTIONS can make it run other code");
    let hooked = [tarball, "--", "node", "--require", &script, &script];
    expect(
        &desk,
        &hooked,
        ("command", "files-1.0.0.tgz"),
        "the option --require can make node run other code",
    );

    desk.write("app/node_modules/files/dist/more.js", "");
    expect(&desk, &attest, ("command", "files-1.0.0.tgz"), "dist/more.js is not in the artifact");
    fs::remove_file(desk.at("app/node_modules/files/dist/more.js")).unwrap();
    desk.write("app/node_modules/files/dist/index.js", &format!("{NODE_SERVER}// more\n"));
    expect(&desk, &attest, ("command", "files-1.0.0.tgz"), "dist/index.js is not the artifact's");
    // An observer must have proof.
    let output =
        desk.mcpsign(".", &[&["attest", "--dry-run", "--kind", "observer"], attest.as_slice()].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_server_that_changes_its_installation_has_no_proof() {
    if !have("a_server_that_changes_its_installation_has_no_proof", &["npm", "node"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    let touching = format!(
        "{NODE_SERVER}try {{ require('fs').writeFileSync(__dirname + '/late.js', ''); }} catch {{}}\n"
    );
    desk.write("p/dist/index.js", &touching);
    desk.npm("p", &["pack", "--ignore-scripts", "--silent"]);
    desk.write("app/package.json", r#"{"name":"app","version":"0.0.0"}"#);
    desk.npm(
        "app",
        &["install", "--offline", "--ignore-scripts", "--no-audit", "--silent", "../p/files-1.0.0.tgz"],
    );
    let script = desk.text("app/node_modules/files/dist/index.js");
    let (manifest, said) = desk.manifest(".", &["p/files-1.0.0.tgz", "--", "node", &script]);
    if desk.at("app/node_modules/files/dist/late.js").exists() {
        assert_eq!(binding(&manifest).0, "command", "{said}");
        assert!(said.contains("late.js is not in the artifact"), "{said}");
    } else {
        // The sandbox kept it from that.
        assert_eq!(manifest["predicate"]["profiles"][0]["launch"]["sandbox"], "linux-namespaces", "{said}");
        assert_eq!(binding(&manifest).0, "installed", "{said}");
    }
}

#[test]
fn a_project_s_release_runs_from_its_own_bytes_with_its_dependencies() {
    if !have("a_project_s_release_runs_from_its_own_bytes_with_its_dependencies", &["npm", "node"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    desk.write(
        "p/dist/index.js",
        &format!("require('dependency');\n{}", NODE_SERVER.split_once('\n').unwrap().1),
    );
    desk.npm("p", &["pack", "--ignore-scripts", "--silent"]);
    desk.write("p/node_modules/dependency/index.js", "");
    // What lies in the project now is not what was packed.
    desk.write("p/dist/index.js", "process.exit(1)");
    let (manifest, said) = desk.manifest("p", &[]);
    assert_eq!(binding(&manifest), ("unpacked".into(), "files-1.0.0.tgz".into()), "{said}");
    let launch = &manifest["predicate"]["profiles"][0]["launch"];
    assert_eq!(launch["argv"], serde_json::json!(["{runtime:node}", "{artifact}/dist/index.js"]));
    // Named by hand the same command means the same: its dependencies are the project's.
    let start = ["--", "node", "{artifact}/dist/index.js"];
    for forms in [&[][..], &["files-1.0.0.tgz"]] {
        let (manifest, said) = desk.manifest("p", &[forms, &start].concat());
        assert_eq!(binding(&manifest), ("unpacked".into(), "files-1.0.0.tgz".into()), "{said}");
    }
    let capture = ["manifest", "capture", "--out", "c.json", "--artifact", "p/files-1.0.0.tgz"];
    let output = desk.mcpsign(".", &[&capture[..], &start].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Writes a wheel: pip's own format, made by Python's own library.
const MAKE_WHEEL: &str = r#"
import base64, hashlib, sys, zipfile
out, version, server = sys.argv[1], sys.argv[2], sys.argv[3]
info = f"files_mcp-{version}.dist-info"
files = {
    "files_mcp/__init__.py": "from .server import main\n",
    "files_mcp/server.py": server,
    f"{info}/METADATA": f"Metadata-Version: 2.1\nName: files-mcp\nVersion: {version}\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{info}/entry_points.txt": "[console_scripts]\nfiles-mcp = files_mcp:main\n",
}
record = ""
with zipfile.ZipFile(f"{out}/files_mcp-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text.encode())}\n"
    wheel.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
"#;

const PYTHON_SERVER: &str = r#"
import json, sys

def main():
    tools = {"tools": [{"name": "tool", "inputSchema": {"type": "object"}}]}
    info = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "a", "version": "1"}}
    results = {"initialize": info, "tools/list": tools}
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        if message["method"] in results:
            answer["result"] = results[message["method"]]
        else:
            answer["error"] = {"code": -32601, "message": "no"}
        print(json.dumps(answer), flush=True)
"#;

fn python(program: &Path, args: &[&str]) {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_wheel_installed_by_pip_is_the_wheel_s_until_it_is_touched() {
    if !have("a_wheel_installed_by_pip_is_the_wheel_s_until_it_is_touched", &["python3"]) {
        return;
    }
    let desk = Desk::new();
    let system = Path::new("python3");
    for version in ["1.0", "1.1"] {
        python(system, &["-c", MAKE_WHEEL, &desk.text("."), version, PYTHON_SERVER]);
    }
    python(system, &["-m", "venv", &desk.text("venv")]);
    let install = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"];
    let wheel = desk.text("files_mcp-1.0-py3-none-any.whl");
    python(&desk.at("venv/bin/python"), &[&install[..], &["--disable-pip-version-check", &wheel]].concat());
    let site = glob_one(&desk.at("venv/lib"), "python3").join("site-packages");
    let wheel = "files_mcp-1.0-py3-none-any.whl";
    let script = desk.text("venv/bin/files-mcp");
    let attest = [wheel, "--", &script];
    let clean = || {
        let _ = fs::remove_dir_all(site.join("files_mcp/__pycache__"));
    };

    let (manifest, said) = desk.manifest(".", &attest);
    let launch = &manifest["predicate"]["profiles"][0]["launch"];
    let confined = launch["sandbox"] == "linux-namespaces";
    // Where nothing hides or forbids them, Python writes compiled files while it runs, and the next start uses them.
    let proven = if confined { ("installed", wheel) } else { ("command", wheel) };
    assert_eq!(binding(&manifest), (proven.0.to_owned(), wheel.to_owned()), "{said}");
    if !confined {
        assert!(said.contains("compiled files that nobody signed"), "{said}");
    }
    clean();
    let quiet = [&["--env", "PYTHONDONTWRITEBYTECODE=1"], attest.as_slice()].concat();
    expect(&desk, &quiet, ("installed", wheel), "installed");
    let python_of_it = desk.text("venv/bin/python");
    let module = ["--env", "PYTHONDONTWRITEBYTECODE=1", wheel, "--", &python_of_it, "-m", "files_mcp.server"];
    let output = desk.mcpsign(".", &[&["attest", "--dry-run"], &module[..]].concat());
    // It has no `__main__`: nothing is served, whatever it is bound to.
    assert_eq!(output.status.code(), Some(3));

    let other = ["--env", "PYTHONDONTWRITEBYTECODE=1", "files_mcp-1.1-py3-none-any.whl", "--", &script];
    expect(&desk, &other, ("command", "files_mcp-1.1-py3-none-any.whl"), "not installed in this version");
    // Compiled files of somebody else's making.
    python(
        &desk.at("venv/bin/python"),
        &["-m", "compileall", "-q", site.join("files_mcp").to_str().unwrap()],
    );
    expect(&desk, &quiet, proven, if confined { "installed" } else { "compiled files that nobody signed" });
    clean();
    fs::write(site.join("files_mcp/more.py"), "").unwrap();
    expect(&desk, &quiet, ("command", wheel), "files_mcp/more.py is not in the artifact");
    fs::remove_file(site.join("files_mcp/more.py")).unwrap();
    fs::write(site.join("files_mcp/server.py"), format!("{PYTHON_SERVER}# more\n")).unwrap();
    expect(&desk, &quiet, ("command", wheel), "files_mcp/server.py is not the artifact's");
    fs::write(site.join("files_mcp/server.py"), PYTHON_SERVER).unwrap();
    expect(&desk, &quiet, ("installed", wheel), "");
    // What Python would find first, or in the wheel's own name.
    for shadow in ["files_mcp.py", "files_mcp.so", "files_mcp.cpython-311-x86_64-linux-gnu.so"] {
        fs::write(site.join(shadow), "").unwrap();
        expect(&desk, &quiet, ("command", wheel), "would be found for a module of the wheel");
        fs::remove_file(site.join(shadow)).unwrap();
    }
    let text = fs::read_to_string(desk.at("venv/bin/files-mcp")).unwrap();
    fs::write(desk.at("venv/bin/files-mcp"), format!("{text}# more\n")).unwrap();
    expect(&desk, &quiet, ("command", wheel), "is not the script that an installer writes for it");
}

/// The only entry of `folder` whose name begins so.
fn glob_one(folder: &Path, begin: &str) -> std::path::PathBuf {
    let mut found = folder.read_dir().unwrap().flatten().map(|entry| entry.path());
    found.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(begin)).unwrap()
}

#[test]
fn a_bundle_is_unpacked_and_started_as_its_manifest_says() {
    if !have("a_bundle_is_unpacked_and_started_as_its_manifest_says", &["python3", "node"]) {
        return;
    }
    let desk = Desk::new();
    bundle(&desk);
    expect(&desk, &["files.mcpb"], ("unpacked", "files.mcpb"), "is of files.mcpb: unpacked");
    expect(&desk, &["files.mcpb", "--", "node", "{artifact}/index.js"], ("unpacked", "files.mcpb"), "");
    let index = desk.text("b/index.js");
    let elsewhere = ["files.mcpb", "--", "node", &index];
    expect(&desk, &elsewhere, ("command", "files.mcpb"), "belongs to none of the artifacts");
}

/// `files.mcpb`, with the files that it was packed from in `b`.
fn bundle(desk: &Desk) {
    desk.write("b/index.js", NODE_SERVER);
    let manifest = r#"{"manifest_version":"0.3","name":"files","version":"1.0.0","description":"d","author":{"name":"a"},
        "server":{"type":"node","entry_point":"index.js","mcp_config":{"command":"node","args":["${__dirname}/index.js"]}}}"#;
    desk.write("b/manifest.json", manifest);
    let pack = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z:\n    for f in ('manifest.json', 'index.js'):\n        z.write(sys.argv[2] + '/' + f, f)\n";
    python(Path::new("python3"), &["-c", pack, &desk.text("files.mcpb"), &desk.text("b")]);
}

#[test]
fn programs_scripts_and_folders_are_unpacked_and_copies_installed() {
    let desk = Desk::new();
    fs::create_dir_all(desk.at("tree/bin")).unwrap();
    fs::create_dir(desk.at("cargo")).unwrap();
    for path in ["server", "tree/bin/server", "cargo/server"] {
        fs::copy(support::test_server(), desk.at(path)).unwrap();
    }
    expect(&desk, &["server", "--", "{artifact}"], ("unpacked", "server"), "is of server: unpacked");
    let copied = desk.text("cargo/server");
    expect(&desk, &["server", "--", &copied], ("installed", "server"), "is of server: installed");
    expect(&desk, &["tree", "--", "{artifact}/bin/server"], ("unpacked", "tree"), "is of tree: unpacked");
    let own = support::test_server();
    expect(
        &desk,
        &["tree", "--", own.to_str().unwrap()],
        ("command", "tree"),
        "belongs to none of the artifacts",
    );
    fs::write(desk.at("other"), "something else").unwrap();
    expect(&desk, &["other", "--", &copied], ("command", "other"), "is not the artifact's");
    if have("programs_scripts_and_folders_are_unpacked_and_copies_installed", &["node"]) {
        desk.write("bundle.js", NODE_SERVER);
        let bundle = desk.text("bundle.js");
        expect(&desk, &["bundle.js", "--", "node", &bundle], ("unpacked", "bundle.js"), "");
    }
}

/// A published server, as npm installed it.
#[test]
fn a_real_server_s_installation_is_its_tarball_s() {
    let test = "a_real_server_s_installation_is_its_tarball_s";
    let Some(root) = support::real_servers(test, "npm") else { return };
    let desk = Desk::new();
    let package = root.join("node_modules/@modelcontextprotocol/server-memory");
    desk.npm(".", &["pack", "--ignore-scripts", "--silent", package.to_str().unwrap()]);
    let tarball = glob_one(&desk.root, "modelcontextprotocol-server-memory");
    let name = tarball.file_name().unwrap().to_str().unwrap();
    let script = package.join("dist/index.js");
    expect(&desk, &[name, "--", "node", script.to_str().unwrap()], ("installed", name), "installed");
}

/// Nothing but the tarball is there: what `{artifact}/…` names lies in it.
#[test]
fn a_package_is_unpacked_for_a_capture_and_for_a_verification() {
    if !have("a_package_is_unpacked_for_a_capture_and_for_a_verification", &["npm", "node", "python3"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    fs::copy(desk.at("p/files-1.0.0.tgz"), desk.at("files-1.0.0.tgz")).unwrap();
    fs::remove_dir_all(desk.at("p")).unwrap();
    bundle(&desk);
    let capture = |args: &[&str]| {
        let capture = ["manifest", "capture", "--force", "--out", "c.json", "--artifact"];
        let output = desk.mcpsign(".", &[&capture[..], args].concat());
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let file: Value = serde_json::from_slice(&fs::read(desk.at("c.json")).unwrap()).unwrap();
        file["profiles"][0]["launch"].clone()
    };
    let start = ["--", "node", "{artifact}/dist/index.js"];
    let launch = capture(&[&["files-1.0.0.tgz"], &start[..]].concat());
    assert_eq!(launch["binding"], "unpacked");
    assert_eq!(launch["argv"], serde_json::json!(["{runtime:node}", "{artifact}/dist/index.js"]));
    // Whose version is asked for, not guessed.
    let node = Command::new("node").arg("--version").output().unwrap();
    let version = String::from_utf8(node.stdout).unwrap();
    let runtime = serde_json::json!({ "name": "node", "version": version.trim().trim_start_matches('v') });
    assert_eq!(launch["runtime"], runtime);
    let note = "is of files-1.0.0.tgz: unpacked";
    let args = ["files-1.0.0.tgz", "--capture", "c.json"];
    expect(&desk, &args, ("unpacked", "files-1.0.0.tgz"), note);
    // An observer's capture is enough proof in two jobs, too.
    let (manifest, _) = desk.manifest(".", &[&args[..], &["--kind", "observer"]].concat());
    assert_eq!(manifest["predicate"]["kind"], "observer");
    // A bundle says itself how it is started.
    for command in [&[][..], &["--", "node", "{artifact}/index.js"]] {
        let launch = capture(&[&["files.mcpb"], command].concat());
        assert_eq!(launch["binding"], "unpacked", "{command:?}");
        assert_eq!(launch["argv"][1], "{artifact}/index.js", "{command:?}");
    }

    let done = |args: &[&str]| {
        let output = desk.mcpsign(".", args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    };
    done(&["keys", "generate", "--out", "key"]);
    done(&[&["attest", "files-1.0.0.tgz", "--key", "key"], &start[..]].concat());
    let verify = ["verify", "files-1.0.0.tgz", "--public-key", "key.pub", "--format", "json"];
    let output = done(&[&verify[..], &start].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    assert!(!codes.contains(&"manifest/subset"), "the same launch: {codes:?}");
    assert!(!codes.contains(&"manifest/not-observed"), "{codes:?}");
    // Something that lies elsewhere is started all the same, and said to be unproven.
    desk.write("other.js", NODE_SERVER);
    let output = done(&[&verify[..], &["--", "node", "./other.js"]].concat());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing proves"));
}

/// The publisher starts its own bytes, somebody else an installation of them: both see one server, started by one command.
#[test]
fn i14_an_observer_agrees_from_an_installation() {
    if !have("i14_an_observer_agrees_from_an_installation", &["npm", "node"]) {
        return;
    }
    let desk = Desk::new();
    desk.npm_package("p", "files", "1.0.0");
    fs::copy(desk.at("p/files-1.0.0.tgz"), desk.at("files-1.0.0.tgz")).unwrap();
    desk.write("app/package.json", r#"{"name":"app","version":"0.0.0"}"#);
    let install = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    desk.npm("app", &[&install[..], &["../p/files-1.0.0.tgz"]].concat());
    let done = |args: &[&str]| {
        let output = desk.mcpsign(".", args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    };
    let installed = desk.text("app/node_modules/files/dist/index.js");
    let mut entries = Vec::new();
    for (name, script) in [("publisher", "{artifact}/dist/index.js"), ("observer", &*installed)] {
        done(&["keys", "generate", "--out", name]);
        let attest = ["attest", "files-1.0.0.tgz", "--key", name, "--kind", name, "--", "node", script];
        done(&attest);
        fs::rename(desk.at("files-1.0.0.tgz.mcpsign.jsonl"), desk.at(&format!("{name}.jsonl"))).unwrap();
        let pem = fs::read_to_string(desk.at(&format!("{name}.pub"))).unwrap();
        entries.push((name, pem));
    }
    let keys: Vec<Value> = entries
        .iter()
        .map(|(name, pem)| serde_json::json!({ "name": name, "publicKey": pem, "time": "allow-unverified" }))
        .collect();
    let predicates = ["https://mcpsign.dev/tool-manifest/v1", "https://cyclonedx.org/bom"];
    let signers: Vec<Value> = entries
        .iter()
        .map(|(name, _)| {
            serde_json::json!({ "name": name, "key": name, "kinds": [name], "predicates": predicates })
        })
        .collect();
    let policy = serde_json::json!({
        "schema": "mcpsign.dev/policy/v1", "name": "both", "keys": keys, "signers": signers,
        "rules": [{ "name": "all", "match": "any-server", "signers": ["publisher", "observer"], "require": {
            "predicates": [predicates[0]], "sbom": "if-bound", "kinds": ["publisher", "observer"],
            "manifest": {
                "comparison": "subset", "observation": "if-given", "binding": "installed",
                "capture": "this-form", "resources": "ignore"
            }
        }}]
    });
    desk.write("both.json", &policy.to_string());
    let verify = ["verify", "files-1.0.0.tgz", "--policy", "both.json", "--evidence", "publisher.jsonl"];
    let alone = desk.mcpsign(".", &verify);
    assert_eq!(alone.status.code(), Some(1), "{}", String::from_utf8_lossy(&alone.stdout));
    assert!(String::from_utf8_lossy(&alone.stdout).contains("identity/kind-missing"));
    done(&[&verify[..], &["--evidence", "observer.jsonl"]].concat());
}

/// Whoever swaps a folder while its server runs, and puts it back, leaves the same bytes and other times.
#[test]
fn b55_a_folder_that_is_swapped_while_it_runs_and_swapped_back_is_not_proven() {
    let desk = Desk::new();
    fs::create_dir_all(desk.at("tree/bin")).unwrap();
    fs::create_dir(desk.at("copy")).unwrap();
    for path in ["tree/bin/server", "server", "copy/server"] {
        fs::copy(support::test_server(), desk.at(path)).unwrap();
    }
    desk.write("tree/lib/a.txt", "signed");
    // The server's own process touches what lies beside it; in a sandbox it could not.
    for (artifact, command, swapped) in [
        ("tree", "{artifact}/bin/server", "tree/lib/a.txt"),
        ("server", "{artifact}", "server"),
        ("server", &*desk.text("copy/server"), "copy/server"),
    ] {
        let run = |more: &[&str]| {
            let args = [&[artifact, "--sandbox", "off", "--", command], more].concat();
            let (manifest, said) = desk.manifest(".", &args);
            (binding(&manifest).0, said)
        };
        assert_ne!(run(&[]).0, "command", "{artifact}");
        let swapped = desk.text(swapped);
        let lie = format!("swap={swapped}");
        let before = fs::read(&swapped).unwrap();
        let (found, said) = run(&["--lie", &lie]);
        assert_eq!(fs::read(&swapped).unwrap(), before, "it was put back");
        assert_eq!(found, "command", "{artifact}: {said}");
        assert!(said.contains("replaced"), "{said}");
    }
}

/// What is signed is what its server left behind, or nothing.
#[test]
fn b55_an_artifact_that_its_server_changed_is_not_signed() {
    let desk = Desk::new();
    fs::copy(support::test_server(), desk.at("server")).unwrap();
    let made = desk.mcpsign(".", &["keys", "generate", "--out", "key"]);
    assert!(made.status.success());
    let lie = format!("marker={}", desk.text("data.bin"));
    let server = ["--sandbox", "off", "--", "./server", "--lie", &lie];
    for args in [
        &["attest", "data.bin", "server", "--key", "key"][..],
        &["attest", "data.bin", "--dry-run"],
        &["manifest", "capture", "--artifact", "data.bin", "--out", "c.json"],
    ] {
        desk.write("data.bin", "the release");
        let output = desk.mcpsign(".", &[args, &server].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(fs::read(desk.at("data.bin")).unwrap(), b"", "the server emptied it: {said}");
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("error[attest/artifact-changed]") && output.stdout.is_empty(), "{said}");
        let mut left: Vec<_> = desk
            .root
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["data.bin", "key", "key.pub", "server"], "{args:?}");
    }
}

/// The same of a folder above: every file below stays what it was, and lies elsewhere meanwhile.
#[test]
fn b55_a_folder_above_that_is_swapped_and_swapped_back_is_not_proven() {
    let desk = Desk::new();
    for folder in ["a/b", "a/tree/bin", "copies/b"] {
        fs::create_dir_all(desk.at(folder)).unwrap();
    }
    for path in ["a/b/server", "a/tree/bin/server", "copies/b/server"] {
        fs::copy(support::test_server(), desk.at(path)).unwrap();
    }
    for (artifact, command, swapped) in [
        ("a/b/server", "{artifact}", "a/b"),
        ("a/b/server", "{artifact}", "a"),
        ("a/tree", "{artifact}/bin/server", "a"),
        ("a/b/server", &*desk.text("copies/b/server"), "copies"),
    ] {
        let run = |more: &[&str]| {
            let args = [&[artifact, "--sandbox", "off", "--", command], more].concat();
            let (manifest, said) = desk.manifest(".", &args);
            (binding(&manifest).0, said)
        };
        assert_ne!(run(&[]).0, "command", "{artifact}");
        let (found, said) = run(&["--lie", &format!("swap={}", desk.text(swapped))]);
        assert!(desk.at(swapped).is_dir(), "it was put back");
        assert_eq!(found, "command", "{artifact} {swapped}: {said}");
        assert!(said.contains(" was replaced or touched"), "{said}");
    }
    // Behind the walls the server cannot; somebody else can.
    let mark = format!("slow-start={}", 900 + std::process::id() % 97);
    let started = || {
        std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            words.contains(&mark.as_bytes()) && !words.contains(&&b"attest"[..])
        })
    };
    let somebody = || {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !started() && std::time::Instant::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        fs::rename(desk.at("a"), desk.at("aside")).unwrap();
        fs::rename(desk.at("aside"), desk.at("a")).unwrap();
    };
    let (manifest, said) = std::thread::scope(|scope| {
        scope.spawn(somebody);
        desk.manifest(".", &["a/b/server", "--", "{artifact}", "--lie", &mark])
    });
    assert_eq!(binding(&manifest).0, "command", "{said}");
    assert!(said.contains(" was replaced or touched"), "{said}");
}

#[test]
fn a_capture_of_an_artifact_keeps_its_binding_in_another_process() {
    let desk = Desk::new();
    for path in ["server", "other"] {
        fs::copy(support::test_server(), desk.at(path)).unwrap();
    }
    let mut bytes = fs::read(desk.at("other")).unwrap();
    bytes.push(0);
    fs::write(desk.at("other"), bytes).unwrap();
    desk.write("mcpsign.toml", "[server]\ncommand = [\"./server\"]\n[[profile]]\nname = \"a\"\n[[profile]]\nname = \"b\"\nenv = { A = \"1\" }\n");
    let capture = |args: &[&str]| {
        let output =
            desk.mcpsign(".", &[&["manifest", "capture", "--force", "--out", "c.json"], args].concat());
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    capture(&["--artifact", "server", "--", "./server"]);
    expect(&desk, &["server", "--capture", "c.json"], ("unpacked", "server"), "is of server: unpacked");
    let output = desk.mcpsign(".", &["attest", "--dry-run", "other", "--capture", "c.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("from another artifact"));
    capture(&["--", "./server"]);
    expect(&desk, &["server", "--capture", "c.json"], ("command", "server"), "without `--artifact`");
    // Several profiles, from the file.
    capture(&["--artifact", "server", "--profile", "all"]);
    let (manifest, _) = desk.manifest(".", &["server", "--capture", "c.json"]);
    let names: Vec<&Value> = manifest["predicate"]["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|profile| &profile["name"])
        .collect();
    assert_eq!(names, ["a", "b"]);
    capture(&["--profile", "b"]);
    let output = desk.mcpsign(".", &["manifest", "capture", "--profile", "c"]);
    assert_eq!(output.status.code(), Some(2));
}
