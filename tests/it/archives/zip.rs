//! Wheels and MCP bundles, held against Python's `zipfile` (what pip reads with) and fflate (what `mcpb unpack` reads
//! with).

mod around;
mod bundles;
mod content;
mod directory;
mod good;
mod metadata;
mod names;

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpsign_collect::archive::ArchiveError::{self, *};
use mcpsign_collect::archive::{ManifestError, PackageForm, WheelError, ZipError};
use mcpsign_schemas::tree::{PathRule, TreeError};
use sha2::{Digest as _, Sha256};

use super::Ours::{File, Refuses, Takes};
use super::Theirs::{Fails, Misses, Sees, Varies};
use super::zip_bytes::{Entry, Zip, deflate, entry, field};
use super::{Case, Ours, Theirs, ask, judge, write};
use crate::support::{real_servers, run, skip};

const WHEEL: &str = "evil-1.0-py3-none-any.whl";
const METADATA: &str = "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n";
const MANIFEST: &str = r#"{"manifest_version":"0.3","name":"evil","version":"1.0.0","description":"d","author":{"name":"a"},"server":{"type":"node","entry_point":"i.js","mcp_config":{"command":"node","args":["${__dirname}/i.js"]}}}"#;

/// Reads as pip does: every name of the directory, the last of several.
const PYTHON: &str = r#"
import hashlib, json, sys, zipfile
for path in sys.stdin:
    try:
        with zipfile.ZipFile(path.rstrip("\n")) as z:
            files = {n: hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist() if not n.endswith("/")}
        print(json.dumps({"files": files}))
    except Exception as e:
        print(json.dumps({"error": repr(e)}))
"#;

/// Reads as `mcpb unpack` does.
const NODE: &str = r#"
const { createRequire } = require("module"), { createHash } = require("crypto"), fs = require("fs");
const tool = process.argv[1], from = createRequire(tool + "/package.json");
const { unzipSync } = from("fflate");
import(tool + "/dist/node/sign.js").then(({ extractSignatureBlock }) => {
  for (const path of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    try {
      const all = unzipSync(extractSignatureBlock(fs.readFileSync(path)).originalContent), files = {};
      for (const name in all)
        if (Object.prototype.hasOwnProperty.call(all, name) && !name.endsWith("/"))
          files[name] = createHash("sha256").update(all[name]).digest("hex");
      console.log(JSON.stringify({ files }));
    } catch (e) { console.log(JSON.stringify({ error: String(e) })); }
  }
});
"#;

#[test]
fn b49_wheels_that_python_reads_otherwise() {
    let cases: Vec<Case> = hostile_wheels().into_iter().chain(good::good_wheels()).collect();
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &cases);
    // By its absolute path or not at all is the product's rule; a test takes the python3 that there is.
    let python = Command::new("python3").arg("--version").output();
    let seen = if python.is_ok_and(|output| output.status.success()) {
        ask(Command::new("python3").args(["-I", "-c", PYTHON]), root.path(), &cases)
    } else {
        skip("b49_wheels_that_python_reads_otherwise", "python3");
        Vec::new()
    };
    judge(root.path(), &cases, &seen);
}

#[test]
fn b49_bundles_that_fflate_reads_otherwise() {
    let name = "b49_bundles_that_fflate_reads_otherwise";
    let cases: Vec<Case> = bundles::hostile_bundles().into_iter().chain(good::good_bundles()).collect();
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &cases);
    let tool = real_servers(name, "mcpb").map(|mcpb| mcpb.join("tool/node_modules/@anthropic-ai/mcpb"));
    let seen = tool.map(|tool| ask(Command::new("node").args(["-e", NODE]).arg(tool), root.path(), &cases));
    judge(root.path(), &cases, &seen.unwrap_or_default());
}

/// Neither attested nor verified, whatever was signed.
#[test]
fn b49_a_hostile_wheel_is_attested_and_verified_by_nobody() {
    let passphrase = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, artifact) = (at("key"), at(WHEEL));
    let server = crate::support::test_server();
    let attest = ["attest", &artifact, "--key", &key, "--force", "--", server.to_str().unwrap()];
    let public = at("key.pub");
    let verify = ["verify", &artifact, "--public-key", &public, "--format", "json"];
    assert!(run(&["keys", "generate", "--out", &key], &[passphrase]).status.success());

    fs::write(&artifact, wheel(vec![]).bytes()).unwrap();
    let output = run(&attest, &[passphrase]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(run(&verify, &[]).status.code(), Some(0));

    fs::write(&artifact, wheel(vec![]).tail("more").bytes()).unwrap();
    // Tampered with: denied like any other file.
    let output = run(&verify, &[]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report.to_string().contains("subject/digest-mismatch"), "{report:#}");
    // Refused before anything is started or signed.
    let output = run(&attest, &[passphrase]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("data follows the end of the zip archive"), "{message}");
    assert!(message.contains("hint: "), "{message}");
}

/// A wheel with a module and what else there is, all of it in RECORD.
fn wheel(more: Vec<Entry>) -> Zip {
    wheel_of(METADATA, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", more, "")
}

fn wheel_of(metadata: &str, format: &str, more: Vec<Entry>, rows: &str) -> Zip {
    wheel_called("evil-1.0", metadata, format, more, rows)
}

/// A wheel of this name and version, with these files beside its module.
pub(crate) fn wheel_with(name: &str, version: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let format = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let more = more.iter().map(|(path, content)| entry(path, *content)).collect();
    wheel_called(&format!("{}-{version}", name.replace('-', "_")), &metadata, format, more, "").bytes()
}

fn wheel_called(called: &str, metadata: &str, format: &str, more: Vec<Entry>, rows: &str) -> Zip {
    let mut entries = vec![entry("evil/__init__.py", "one = 1\n").deflated()];
    entries.extend(more);
    entries.push(entry(format!("{called}.dist-info/METADATA"), metadata));
    entries.push(entry(format!("{called}.dist-info/WHEEL"), format));
    let mut record = String::new();
    for entry in entries.iter().filter(|entry| !entry.name.ends_with(b"/")) {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&entry.content));
        let name = String::from_utf8_lossy(&entry.name);
        record += &format!("\"{name}\",sha256={digest},{}\n", entry.content.len());
    }
    record += rows;
    record += &format!("{called}.dist-info/RECORD,,\n");
    entries.push(entry(format!("{called}.dist-info/RECORD"), record).deflated());
    Zip::of(entries)
}

fn bundle(more: Vec<Entry>) -> Zip {
    let mut entries = vec![entry("manifest.json", MANIFEST).deflated(), entry("i.js", "1;\n").mode(0o755)];
    entries.extend(more);
    Zip::of(entries)
}

/// A signature frame with a length of its own choice.
fn frame(der: &[u8], length: usize) -> Vec<u8> {
    [b"MCPB_SIG_V1", &(length as u32).to_le_bytes()[..], der, b"MCPB_SIG_END"].concat()
}

fn case(what: &'static str, zip: &Zip, theirs: Theirs, ours: Ours) -> Case {
    Case { what, file: WHEEL, bytes: zip.bytes(), theirs, ours }
}

const SEES: Theirs = Sees(&["evil/__init__.py", "evil-1.0.dist-info/METADATA"]);
const SEES_X: Theirs = Sees(&["x"]);

fn path_rule(error: &ArchiveError, rule: PathRule) -> bool {
    matches!(error, Tree(TreeError::Path(error)) if error.rule == rule)
}

fn hostile_wheels() -> Vec<Case> {
    let mut cases = around::around_the_archive();
    cases.extend(directory::in_the_directory());
    cases.extend(names::names_and_types());
    cases.extend(content::in_the_content());
    cases.extend(metadata::in_the_metadata());
    assert!(cases.len() >= 35);
    cases
}

fn packed(what: &'static str, zip: &Zip, theirs: Theirs, ours: Ours) -> Case {
    Case { file: "evil.mcpb", ..case(what, zip, theirs, ours) }
}

const SEES_I: Theirs = Sees(&["i.js", "manifest.json"]);
