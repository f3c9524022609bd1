//! A release workflow, the Sigstore that vouches for it, and the policy that names it.

use mcpsign_simulator::{Content, Identity, Lie, Options, Rekor, Simulator};
use mcpsign_tests::forge::{CYCLONEDX, TOOL_MANIFEST, jcs};
use serde_json::{Value, json};

use crate::Result;
use crate::policy::{LENIENT, PROVENANCE};

const ISSUER: &str = "https://token.actions.githubusercontent.com";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What a workflow's token says otherwise than [`token`] has it.
pub(crate) type Claims<'a> = &'a [(&'a str, &'a str)];

/// A Sigstore of its own.
pub(crate) struct Ci(Simulator);

impl Ci {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Simulator::at("2026-11-20T00:00:00Z".parse()?)))
    }

    pub(crate) fn root(&self) -> Vec<u8> {
        self.0.trusted_root_json().to_string().into_bytes()
    }

    /// These statements, each a line, signed by the workflow of which the token says this.
    pub(crate) fn lines(&self, claims: Claims<'_>, lies: &[Lie], statements: &[Value]) -> Result<Vec<u8>> {
        let identity = Identity::from_token(&token(claims)).ok_or("no identity")?;
        let options = Options::new(Rekor::V2, Content::Dsse).lies(lies);
        let lines = statements
            .iter()
            .map(|statement| format!("{}\n", self.0.mint(&jcs(statement), &identity, options)));
        Ok(lines.collect::<String>().into_bytes())
    }
}

fn token(claims: Claims<'_>) -> Value {
    let repository = "acme/notes-mcp";
    let workflow = format!("{repository}/.github/workflows/release.yml@refs/tags/v1.4.0");
    let mut token = json!({
        "iss": ISSUER, "sub": "repo:acme/notes-mcp:ref:refs/tags/v1.4.0", "repository": repository,
        "repository_id": "812345678", "repository_owner": "acme", "repository_owner_id": "98765",
        "repository_visibility": "public", "ref": "refs/tags/v1.4.0", "sha": COMMIT, "event_name": "push",
        "workflow": "release", "workflow_ref": workflow, "workflow_sha": COMMIT, "job_workflow_ref": workflow,
        "job_workflow_sha": COMMIT, "runner_environment": "github-hosted", "run_id": "7654321", "run_attempt": "1"
    });
    for (claim, value) in claims {
        token[*claim] = json!(value);
    }
    token
}

/// The policy that names the workflow, of which it demands this besides, and that of the release.
pub(crate) fn policy(identity: &str, require: &str) -> String {
    format!(
        "schema: mcpsign.dev/policy/v1
name: acme
signers:
  - name: ci
    identity:
      issuer: {ISSUER}
      signerWorkflow: {{ repository: https://github.com/acme/notes-mcp, path: .github/workflows/release.yml, ref: refs/tags/v* }}
      repositoryId: \"812345678\"
      ownerId: \"98765\"
      runner: hosted
{identity}    kinds: [publisher]
    predicates: [{TOOL_MANIFEST}, {CYCLONEDX}, {PROVENANCE}]
rules:
  - name: notes
    match: any-server
    signers: [ci]
    require:
      predicates: [{TOOL_MANIFEST}]
      manifest: {LENIENT}
      sbom: bound
      time: {{ sources: [timestamp-authority], threshold: 1 }}
{require}"
    )
}
