//! A small release: an npm tarball, its SBOM and its tool manifest, each open to being bent.

use std::collections::BTreeMap;

use flate2::{Compression, GzBuilder};
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::purl::{PackageIdentity, PurlError};
use mcpsign_verifier::{Form, Got, Measured, MeasuredArtifact};
use serde_json::{Value, json};

use super::{CYCLONEDX, TOOL_MANIFEST, jcs, sha256, sha512, statement};

/// File name of the release.
pub const TARBALL: &str = "acme-notes-mcp-1.4.0.tgz";

/// An npm tarball of one small script. Equal arguments give equal bytes.
///
/// # Errors
/// When writing to memory fails.
pub fn npm_tarball(name: &str, version: &str) -> std::io::Result<Vec<u8>> {
    let manifest = json!({ "name": name, "version": version, "bin": "server.js", "license": "Apache-2.0" });
    npm_tarball_of(&[("package.json", &manifest.to_string()), ("server.js", "// a server\n")])
}

/// An npm tarball of these files, whose paths are those in the package. Equal arguments give equal bytes.
///
/// # Errors
/// When writing to memory fails.
pub fn npm_tarball_of(files: &[(&str, &str)]) -> std::io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let mut tar = tar::Builder::new(gzip);
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(499_162_500); // npm's own constant: 1985-10-26T08:15:00Z
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, format!("package/{path}"), content.as_bytes())?;
    }
    tar.into_inner()?.finish()
}

/// `artifact` as whoever downloaded [`TARBALL`] measures it.
///
/// # Errors
/// None: the package's name is a constant.
pub fn measured(artifact: &[u8]) -> Result<Measured, PurlError> {
    let package = PackageIdentity::npm("@acme/notes-mcp", Some("1.4.0"))?;
    Ok(Measured::of(MeasuredArtifact {
        reference: TARBALL.into(),
        name: TARBALL.into(),
        form: Form::File,
        digests: MeasuredDigests {
            sha256: Sha256Digest::of(artifact),
            sha512: Some(Sha512Digest::of(artifact)),
        },
        identity: vec![package],
        asked: None,
        contents: Got::not_asked(),
    }))
}

/// Everything of one release, as values to bend before they are signed.
#[derive(Debug, Clone)]
pub struct Release {
    /// The artifact's bytes.
    pub artifact: Vec<u8>,
    /// The statements' subjects.
    pub subjects: Value,
    /// The SBOM.
    pub sbom: Value,
    /// The tool manifest's predicate.
    pub manifest: Value,
}

impl Release {
    /// An honest release of `@acme/notes-mcp` 1.4.0.
    ///
    /// # Errors
    /// When writing to memory fails.
    pub fn honest() -> std::io::Result<Self> {
        let artifact = npm_tarball("@acme/notes-mcp", "1.4.0")?;
        let digest = sha256(&artifact);
        let subjects = json!([{
            "name": TARBALL,
            "digest": { "sha256": digest, "sha512": sha512(&artifact) }
        }]);
        let sbom = json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": { "component": {
                "type": "application", "bom-ref": "root", "name": "@acme/notes-mcp", "version": "1.4.0",
                "purl": "pkg:npm/%40acme/notes-mcp@1.4.0",
                "hashes": [ { "alg": "SHA-256", "content": digest } ]
            } },
            "components": []
        });
        let manifest = manifest(&digest, &subjects, &sbom);
        Ok(Self { artifact, subjects, sbom, manifest })
    }

    /// The SBOM's statement.
    pub fn sbom_statement(&self) -> Value {
        statement(&self.subjects, CYCLONEDX, &self.sbom)
    }

    /// The tool manifest's statement.
    pub fn manifest_statement(&self) -> Value {
        statement(&self.subjects, TOOL_MANIFEST, &self.manifest)
    }

    /// Binds the SBOM as it now is, after it was bent.
    pub fn rebind(&mut self) {
        let digest = &self.subjects[0]["digest"]["sha256"];
        self.manifest["bindings"] = bindings(digest, &self.sbom, &self.sbom_statement());
    }

    /// The lists a client would have received, one JSON-RPC reply a line, of the tools given.
    pub fn replies(tools: &[Value]) -> String {
        format!("{}\n", json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": tools } }))
    }
}

/// Wire and surface digest of a tool without inert members.
pub fn item_digests(tool: &Value) -> Value {
    let digest = sha256(&jcs(tool));
    json!({ "wire": digest, "surface": digest })
}

fn manifest(digest: &str, subjects: &Value, sbom: &Value) -> Value {
    let sbom_statement = statement(subjects, CYCLONEDX, sbom);
    let tools = [Release::read_note(), Release::add_note()];
    let server_info = json!({ "name": "notes", "version": "1.4.0" });
    let mut items: BTreeMap<String, Value> =
        tools.iter().map(|tool| (sha256(&jcs(tool)), tool.clone())).collect();
    items.insert(sha256(&jcs(&server_info)), server_info.clone());
    let column = json!({
        "read_note": sha256(&jcs(&tools[0])),
        "add_note": sha256(&jcs(&tools[1]))
    });
    let summary = json!({
        "capabilities": null, "instructions": null, "serverInfo": sha256(&jcs(&server_info)),
        "tools": column, "prompts": {}, "resources": {}, "resourceTemplates": {}, "skills": {}, "ui": {}
    });
    let mut wire_summary = summary.clone();
    wire_summary["resultMembers"] = json!({});
    json!({
        "server": { "name": "@acme/notes-mcp", "version": "1.4.0" },
        "kind": "publisher",
        "createdOn": "2026-11-02T10:11:12Z",
        "packages": [ { "purl": "pkg:npm/%40acme/notes-mcp@1.4.0", "subject": digest } ],
        "bindings": bindings(&json!(digest), sbom, &sbom_statement),
        "profiles": [ {
            "name": "default",
            "subject": digest,
            "launch": {
                "binding": "command", "transport": "stdio", "argv": ["{runtime:node}", "{artifact}/server.js"],
                "env": { "LANG": "C.UTF-8", "TZ": "UTC" }, "secretEnv": [], "network": "host", "sandbox": "none"
            },
            "protocolVersion": "2026-07-28",
            "clientInfo": { "name": "mcpsign", "version": "0.1.0" },
            "clientCapabilities": {},
            "authScope": null,
            "capabilities": null,
            "serverInfo": sha256(&jcs(&server_info)),
            "instructions": null,
            "tools": { "read_note": item_digests(&tools[0]), "add_note": item_digests(&tools[1]) },
            "prompts": {}, "resources": {}, "resourceTemplates": {}, "skills": {}, "ui": {},
            "resultMembers": {},
            "toolOrder": ["read_note", "add_note"],
            "findings": [],
            "wireDigest": { "sha256": sha256(&jcs(&wire_summary)) },
            "surfaceDigest": { "sha256": sha256(&jcs(&summary)) }
        } ],
        "items": items,
        "producer": { "name": "mcpsign", "version": "0.1.0" }
    })
}

fn bindings(digest: &Value, sbom: &Value, sbom_statement: &Value) -> Value {
    json!({
        "sboms": [ {
            "subject": digest, "predicateType": CYCLONEDX, "digest": { "sha256": sha256(&jcs(sbom)) }
        } ],
        "lockfiles": [],
        "statements": [ {
            "predicateType": CYCLONEDX, "payload": { "sha256": sha256(&jcs(sbom_statement)) }
        } ]
    })
}

impl Release {
    /// The first of the two tools.
    pub fn read_note() -> Value {
        json!({
            "name": "read_note",
            "description": "Read a note by its title.",
            "inputSchema": {
                "type": "object", "properties": { "title": { "type": "string" } }, "required": ["title"]
            },
            "annotations": { "readOnlyHint": true }
        })
    }

    /// The second.
    pub fn add_note() -> Value {
        json!({
            "name": "add_note",
            "description": "Add a note.",
            "inputSchema": {
                "type": "object",
                "properties": { "title": { "type": "string" }, "text": { "type": "string" } },
                "required": ["title", "text"]
            }
        })
    }
}
