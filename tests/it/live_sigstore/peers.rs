//! The clients side by side: each signs and verifies by its own command line, or library where it has none.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use mcpsign_tests::sigstore::{Loopback, Platform};
use mcpsign_verifier::SigstoreRoot;
use mcpsign_verifier::bundle::{Artifact, Expected, LogEvidence, authenticate_artifact};
use serde_json::json;
use tempfile::TempDir;

use crate::support::workspace;

/// Of every statement made here; sigstore-python's command line signs no other.
pub(super) const PREDICATE: &str = "https://slsa.dev/provenance/v1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Mcpsign,
    Cosign,
    Python,
    JavaScript,
}

impl Peer {
    pub(super) const ALL: [Self; 4] = [Self::Mcpsign, Self::Cosign, Self::Python, Self::JavaScript];
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mcpsign => "mcpsign",
            Self::Cosign => "cosign",
            Self::Python => "sigstore-python",
            Self::JavaScript => "sigstore-js",
        })
    }
}

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Message,
    /// With this predicate type.
    Statement(String),
}

impl Content {
    /// What a bundle says of itself.
    pub(super) fn of(bundle: &Path) -> Self {
        use base64::Engine as _;
        let bundle: serde_json::Value = serde_json::from_slice(&std::fs::read(bundle).unwrap()).unwrap();
        match bundle["dsseEnvelope"]["payload"].as_str() {
            None => Self::Message,
            Some(payload) => {
                let payload = base64::engine::general_purpose::STANDARD.decode(payload).unwrap();
                let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
                Self::Statement(statement["predicateType"].as_str().unwrap().to_owned())
            }
        }
    }
}

/// The log that a signature goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rekor {
    V2,
    V1,
}

impl Rekor {
    /// `signing_config` or `client_trust_config` of an instance.
    pub(super) fn config(self, name: &str) -> String {
        match self {
            Self::V2 => format!("{name}.json"),
            Self::V1 => format!("{name}_v1.json"),
        }
    }
}

/// Who a bundle must be signed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signer {
    pub(super) identity: String,
    pub(super) issuer: String,
}

/// A desk with all clients, where one instance is what they know of Sigstore.
pub(super) struct Desk<'a> {
    pub(super) instance: &'a Loopback,
    installed: PathBuf,
    /// Also everybody's home: no client finds a configuration or a cache of whoever runs the tests.
    folder: TempDir,
}

impl<'a> Desk<'a> {
    pub(super) fn new(instance: &'a Loopback, installed: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { instance, installed: installed.to_owned(), folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A token's file, and whom its certificate will name.
    pub(super) fn token(
        &self,
        name: &str,
        platform: Platform,
        claims: &serde_json::Value,
    ) -> (PathBuf, Signer) {
        let token = self.instance.token(platform, claims).unwrap();
        let identity = match platform {
            Platform::Login => "dev@example.com",
            Platform::User => "alice!127.0.0.1",
            Platform::Actions | Platform::GitHub => {
                "https://github.com/example-org/example-server/.github/workflows/release.yml@refs/heads/main"
            }
        };
        let issuer = self.instance.issuer(platform).to_owned();
        (self.write(name, token.as_bytes()), Signer { identity: identity.to_owned(), issuer })
    }

    /// Has `peer` sign `artifact`, or a statement about it, into a file.
    ///
    /// # Errors
    /// With what the client said.
    pub(super) fn sign(
        &self,
        peer: Peer,
        rekor: Rekor,
        content: &Content,
        artifact: &Path,
        token: &Path,
        bundle: &Path,
    ) -> Result<(), String> {
        let root = self.instance.file("trusted_root.json");
        let config = self.instance.file(&rekor.config("signing_config"));
        let statement = matches!(content, Content::Statement(_));
        let predicate = json!({
            "buildDefinition": {
                "buildType": "https://example.com/build/v1", "externalParameters": {}, "resolvedDependencies": [],
            },
            "runDetails": { "builder": { "id": "https://example.com/builder" } },
        });
        let described = || {
            let digest =
                hex::encode(<sha2::Sha256 as sha2::Digest>::digest(std::fs::read(artifact).unwrap()));
            let statement = json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{ "name": artifact.file_name().unwrap().to_str(), "digest": { "sha256": digest } }],
                "predicateType": PREDICATE,
                "predicate": predicate,
            });
            let name = format!("{}.statement", bundle.file_name().unwrap().to_str().unwrap());
            self.write(&name, statement.to_string().as_bytes())
        };
        let mut command = match peer {
            // As the conformance suite has it sign; `attest` says more than that.
            Peer::Mcpsign => {
                let mut command = self.ours();
                command.arg("sign-bundle").args(statement.then_some("--in-toto"));
                command.arg("--identity-token").arg(std::fs::read_to_string(token).unwrap());
                command.arg("--bundle").arg(bundle);
                command.arg("--trusted-root").arg(root).arg("--signing-config").arg(config);
                if statement {
                    command.arg(described())
                } else {
                    command.arg(artifact)
                };
                command
            }
            Peer::Cosign => {
                let mut command = self.command("services/cosign");
                command.arg(if statement { "attest-blob" } else { "sign-blob" }).arg("--yes");
                command.arg("--signing-config").arg(config).arg("--trusted-root").arg(root);
                command.arg("--identity-token").arg(token).arg("--bundle").arg(bundle);
                if statement {
                    command.arg("--statement").arg(described())
                } else {
                    command.arg(artifact)
                };
                command
            }
            Peer::Python => {
                let mut command = self.command("pypi/bin/sigstore");
                command.arg("--trust-config").arg(self.instance.file(&rekor.config("client_trust_config")));
                command.arg(if statement { "attest" } else { "sign" });
                command.arg("--identity-token").arg(std::fs::read_to_string(token).unwrap());
                command.arg("--bundle").arg(bundle);
                if statement {
                    let file = format!("{}.predicate", bundle.file_name().unwrap().to_str().unwrap());
                    let file = self.write(&file, predicate.to_string().as_bytes());
                    command.args(["--predicate-type", PREDICATE, "--predicate"]).arg(file);
                }
                command.arg(artifact);
                command
            }
            Peer::JavaScript => {
                let mut command = self.script("sign.cjs");
                command.arg(if statement { "statement" } else { "message" }).arg(config).arg(token);
                if statement {
                    command.arg(described())
                } else {
                    command.arg(artifact)
                };
                command.arg(bundle);
                command
            }
        };
        succeeded(&mut command)
    }

    /// Has `peer` verify that `signer` signed `artifact`, or a statement about it.
    ///
    /// # Errors
    /// With why not.
    pub(super) fn verify(
        &self,
        peer: Peer,
        bundle: &Path,
        content: &Content,
        artifact: &Path,
        signer: &Signer,
    ) -> Result<(), String> {
        let root = self.instance.file("trusted_root.json");
        let Signer { identity, issuer } = signer;
        let mut command = match peer {
            Peer::Mcpsign => {
                authenticated(bundle, &root, artifact, signer)?;
                let mut command = self.ours();
                command.arg("verify-bundle").arg("--bundle").arg(bundle);
                command.args(["--certificate-identity", identity, "--certificate-oidc-issuer", issuer]);
                command.arg("--trusted-root").arg(root).arg(artifact);
                command
            }
            Peer::Cosign => {
                let mut command = self.command("services/cosign");
                match content {
                    Content::Message => command.arg("verify-blob"),
                    Content::Statement(predicate) => {
                        command.args(["verify-blob-attestation", "--type", predicate])
                    }
                };
                command.arg("--trusted-root").arg(root).arg("--bundle").arg(bundle);
                command.args(["--certificate-identity", identity, "--certificate-oidc-issuer", issuer]);
                command.arg(artifact);
                command
            }
            Peer::Python => {
                let mut command = self.command("pypi/bin/sigstore");
                command.arg("--trust-config").arg(self.instance.file("client_trust_config.json"));
                command.args(["verify", "identity", "--bundle"]).arg(bundle);
                command.args(["--cert-identity", identity, "--cert-oidc-issuer", issuer]).arg(artifact);
                command
            }
            Peer::JavaScript => {
                let mut command = self.script("verify.cjs");
                command.arg(root).arg(bundle).arg(artifact).arg(identity).arg(issuer);
                command
            }
        };
        succeeded(&mut command)
    }

    fn ours(&self) -> Command {
        self.bare(Path::new(env!("CARGO_BIN_EXE_sigstore-conformance-client")))
    }

    fn command(&self, program: &str) -> Command {
        self.bare(&self.installed.join(program))
    }

    /// A program with nothing of our environment.
    fn bare(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        command
    }

    fn script(&self, name: &str) -> Command {
        let mut command = self.command("npm/node");
        command.env("NODE_PATH", self.installed.join("npm/node_modules"));
        command.arg(workspace().join("tests/sigstore/npm").join(name));
        command
    }
}

/// As a verdict authenticates: with a proof of inclusion, not a promise.
fn authenticated(bundle: &Path, root: &Path, artifact: &Path, signer: &Signer) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).unwrap();
    let root = SigstoreRoot::from_json(&read(root)).map_err(|error| error.to_string())?;
    let expected = Expected::Identity { subject: &signer.identity, issuer: Some(&signer.issuer) };
    let (bundle, artifact) = (read(bundle), read(artifact));
    let proof = LogEvidence::InclusionProofRequired;
    authenticate_artifact(&bundle, Artifact::Bytes(&artifact), &root, expected, proof, Timestamp::now())
        .map(drop)
        .map_err(|error| error.to_string())
}

fn succeeded(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
