//! Packages with a small MCP server in them, made here: an npm tarball, a wheel, a crate.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use serde_json::json;
use sha2::{Digest as _, Sha256, Sha512};

/// Says one tool, and another one if an install script of its has left a mark beside it.
const NODE: &str = r#"#!/usr/bin/env node
const fs = require('fs'), path = require('path');
const tools = [{ name: 'echo', description: 'Say it again', inputSchema: { type: 'object' } }];
if (fs.existsSync(path.join(__dirname, '..', '.scripted'))) tools.push({ name: 'scripted', inputSchema: { type: 'object' } });
const say = (id, rest) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...rest }) + '\n');
require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  if (method === 'initialize') say(id, { result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'files', version: '1.0.0' } } });
  else if (method === 'tools/list') say(id, { result: { tools } });
  else say(id, { error: { code: -32601, message: 'unknown' } });
});
"#;

const PYTHON: &str = r#"import json, sys
def main():
    for line in sys.stdin:
        m = json.loads(line)
        if 'id' not in m: continue
        if m['method'] == 'initialize': r = {'result': {'protocolVersion': '2025-06-18', 'capabilities': {'tools': {}}, 'serverInfo': {'name': 'files', 'version': '1.0.0'}}}
        elif m['method'] == 'tools/list': r = {'result': {'tools': [{'name': 'echo', 'inputSchema': {'type': 'object'}}]}}
        else: r = {'error': {'code': -32601, 'message': 'unknown'}}
        print(json.dumps({'jsonrpc': '2.0', 'id': m['id'], **r}), flush=True)
"#;

const RUST: &str = r##"use std::io::{BufRead, Write};
fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Some(at) = line.find("\"id\":") else { continue };
        let id: String = line[at + 5..].chars().take_while(|c| !",}".contains(*c)).collect();
        let rest = if line.contains("\"initialize\"") {
            r#""result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"files","version":"1.0.0"}}"#
        } else if line.contains("\"tools/list\"") {
            r#""result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}"#
        } else {
            r#""error":{"code":-32601,"message":"unknown"}"#
        };
        println!("{{\"jsonrpc\":\"2.0\",\"id\":{id},{rest}}}");
        let _ = std::io::stdout().flush();
    }
}
"##;

/// A gzipped tar of these files, by path.
pub(super) fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// An npm package with the server, an install script and one dependency, which the registry has too.
pub(super) fn npm(name: &str, version: &str) -> Vec<u8> {
    let manifest = json!({
        "name": name,
        "version": version,
        "bin": { "files-mcp": "server.js" },
        "dependencies": { "dep": "^1.0.0" },
        "scripts": { "postinstall": "echo x > ../.scripted; echo x > /tmp/../var/tmp/mcpsign-escaped" },
    });
    tarball(&[("package/package.json", &manifest.to_string()), ("package/server.js", NODE)])
}

/// The dependency.
pub(super) fn dep() -> Vec<u8> {
    tarball(&[("package/package.json", r#"{"name":"dep","version":"1.0.0"}"#), ("package/index.js", "")])
}

pub(super) fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", base64::engine::general_purpose::STANDARD.encode(Sha512::digest(bytes)))
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A source distribution whose build asks `address` whether it runs.
pub(super) fn asks_when_built(address: &str) -> Vec<u8> {
    let backend = format!("import urllib.request\nurllib.request.urlopen('{address}/ran')\n");
    let project = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
    tarball(&[
        ("evil-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"),
        ("evil-1.0/pyproject.toml", project),
        ("evil-1.0/backend.py", &backend),
    ])
}

/// A wheel with the server.
pub(super) fn wheel(folder: &Path) -> Vec<u8> {
    wheel_with(folder, "")
}

/// The same with more headers in METADATA. Python's own zipfile writes it.
pub(super) fn wheel_with(folder: &Path, headers: &str) -> Vec<u8> {
    let metadata = format!("Metadata-Version: 2.1\nName: files-mcp\nVersion: 1.0.0\n{headers}");
    let files = json!({
        "files_mcp/__init__.py": PYTHON,
        "files_mcp-1.0.0.dist-info/METADATA": metadata,
        "files_mcp-1.0.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "files_mcp-1.0.0.dist-info/entry_points.txt": "[console_scripts]\nfiles-mcp = files_mcp:main\n",
    });
    let program = r#"import sys, json, zipfile, hashlib, base64
files = json.loads(sys.argv[2]); record = ''
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:
    for name, text in files.items():
        z.writestr(name, text)
        d = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()
        record += f'{name},sha256={d},{len(text.encode())}\n'
    z.writestr('files_mcp-1.0.0.dist-info/RECORD', record + 'files_mcp-1.0.0.dist-info/RECORD,,\n')
"#;
    let path = folder.join("files_mcp-1.0.0-py3-none-any.whl");
    let status = Command::new("/usr/bin/python3")
        .args(["-I", "-c", program])
        .arg(&path)
        .arg(files.to_string())
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(path).unwrap()
}

/// A crate with the server, as cargo packs it.
pub(super) fn crate_file() -> Vec<u8> {
    let manifest = "[package]\nname = \"files-mcp\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"MIT\"\ndescription = \"x\"\n\n[[bin]]\nname = \"files-mcp\"\npath = \"src/main.rs\"\n";
    let lock = "version = 3\n\n[[package]]\nname = \"files-mcp\"\nversion = \"1.0.0\"\n";
    tarball(&[
        ("files-mcp-1.0.0/Cargo.toml", manifest),
        ("files-mcp-1.0.0/Cargo.lock", lock),
        ("files-mcp-1.0.0/src/main.rs", RUST),
    ])
}

/// An executable script that leaves `mark` when it is run.
pub(super) fn attacker(path: &Path, mark: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut file = std::fs::File::create(path).unwrap();
    writeln!(file, "#!/bin/sh\necho run > {}\nexit 1", mark.display()).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
}
