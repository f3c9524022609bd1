//! A release of the project's own server, attested keyless.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mcpsign_tests::forge::npm_tarball;
use tempfile::TempDir;

use crate::support;

const TARBALL: &str = "acme-notes-mcp-1.4.0.tgz";

/// A folder with a tarball, and nobody's environment.
pub(super) struct Release {
    folder: TempDir,
    artifact: PathBuf,
    server: Vec<PathBuf>,
}

impl Release {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let artifact = folder.path().join(TARBALL);
        std::fs::write(&artifact, npm_tarball("@acme/notes-mcp", "1.4.0").unwrap()).unwrap();
        Self { folder, artifact, server: vec![support::test_server()] }
    }

    /// Of a package that was really published, and how it is started.
    pub(super) fn published(tarball: &Path, server: Vec<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let artifact = folder.path().join(tarball.file_name().unwrap());
        std::fs::copy(tarball, &artifact).unwrap();
        Self { folder, artifact, server }
    }

    pub(super) fn artifact(&self) -> &Path {
        &self.artifact
    }

    pub(super) fn evidence(&self) -> PathBuf {
        let mut name = self.artifact.clone().into_os_string();
        name.push(".mcpsign.jsonl");
        name.into()
    }

    /// For its owner alone, as a token must be.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    /// `mcpsign` with nothing of the environment of whoever runs the tests.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(support::mcpsign());
        command.current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command
    }

    /// `attest --keyless` of the tarball and of the server as it runs.
    pub(super) fn attest(&self, token: &Path, config: &Path, more: &[&str]) -> Output {
        let mut command = self.command();
        command.arg("attest").arg(&self.artifact).arg("--keyless").args(more);
        command.arg("--identity-token").arg(token).arg("--trust-config").arg(config);
        command.arg("--").args(&self.server).output().unwrap()
    }

    /// Each statement as a bundle of its own.
    pub(super) fn split(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("split");
        let mut command = self.command();
        let output =
            command.arg("inspect").arg(self.evidence()).arg("--split").arg(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut bundles: Vec<PathBuf> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        bundles.sort();
        bundles
    }
}
