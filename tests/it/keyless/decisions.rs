//! What people decide, signed keyless: a policy, a list of revocations, an approval and a summary, by a mailbox, about a release
//! of a workflow. Each is made by the command line at an instance that runs, and then verified with.

use std::path::PathBuf;
use std::process::{Command, Output};

use mcpsign_simulator::serve::{Running, Service};
use mcpsign_simulator::{Content, Options, Rekor};
use mcpsign_tests::forge::{TARBALL, jcs};
use serde_json::{Value, json};

use super::{RELEASE, github, instance};
use crate::support;

const SECURITY: &str = "security@acme.example";
const ISSUER: &str = "https://login.acme.example";
const AUTHORITY: &str = "https://acme.example/mcpsign";
const VERIFIER: &str = "https://acme.example/verifier";

/// A folder with a release, its evidence, and an instance that signs.
struct Desk {
    folder: tempfile::TempDir,
    running: Running,
}

impl Desk {
    fn new() -> Self {
        let (folder, running) = instance();
        let desk = Self { folder, running };
        let simulator = desk.running.simulator();
        let options = Options::new(Rekor::V2, Content::Dsse);
        let minted = [RELEASE.sbom_statement(), RELEASE.manifest_statement()]
            .map(|statement| format!("{}\n", simulator.mint(&jcs(&statement), &github(), options)));
        desk.write(TARBALL, &RELEASE.artifact);
        desk.write("evidence.jsonl", minted.concat().as_bytes());
        desk.write("token", desk.token(SECURITY).as_bytes());
        desk.write("policy.yaml", policy().as_bytes());
        desk
    }

    fn token(&self, email: &str) -> String {
        let claims = json!({ "iss": ISSUER, "sub": "1", "email": email, "email_verified": true });
        self.running.simulator().token(&claims)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(support::mcpsign());
        command.args(arguments).args(["--trust-config", "config.json"]);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    fn signing(&self, arguments: &[&str]) -> Output {
        self.run(&[arguments, &["--keyless", "--identity-token", "token"]].concat())
    }

    #[track_caller]
    fn signed(&self, arguments: &[&str]) {
        let output = self.signing(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(said.contains(&format!("signing as {SECURITY} ({ISSUER})")), "{said}");
    }

    fn sign_policy(&self) -> Output {
        self.signing(&["policy", "sign", "policy.yaml", "--expires", "30", "--out", "policy.jsonl"])
    }

    /// What comes of the release under the signed policy: its exit code, and report if there is one.
    fn verify(&self, by: &str, more: &[&str]) -> (Option<i32>, Value) {
        let whose = ["--policy-identity", by, "--policy-issuer", ISSUER];
        let verify = ["verify", TARBALL, "--policy", "policy.jsonl", "--evidence", "evidence.jsonl"];
        let output = self.run(&[&verify[..], &whose, more, &["--format", "json"]].concat());
        let said = json!(String::from_utf8_lossy(&output.stderr));
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(said))
    }
}

/// Lets a release of the workflow pass that the mailbox has approved, summed up and not taken back.
fn policy() -> String {
    let ci = github();
    format!(
        "schema: mcpsign.dev/policy/v1
name: acme
signers:
  - name: release
    identity: {{ issuer: {}, subject: '{}' }}
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]
  - name: security
    identity: {{ issuer: {ISSUER}, subject: {SECURITY} }}
    predicates: [https://mcpsign.dev/approval/v1, https://mcpsign.dev/revocation/v1, https://slsa.dev/verification_summary/v1]
rules:
  - name: notes
    match: {{ package: pkg:npm/%40acme/notes-mcp }}
    signers: [release, security]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: bound
      approval: {{ by: [security], scope: all }}
      revocations: {{ authorities: [{{ uri: {AUTHORITY}, signers: [security] }}] }}
      summary: {{ by: [security], verifier: {VERIFIER}, maxAgeDays: 1, resource: pkg:npm/%40acme/notes-mcp@1.4.0 }}
",
        ci.issuer,
        ci.subject.as_str()
    )
}

#[test]
fn a_policy_a_list_an_approval_and_a_summary_are_signed_keyless() {
    let desk = Desk::new();
    let first = desk.sign_policy();
    let said = String::from_utf8_lossy(&first.stderr);
    assert_eq!(first.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("signing as {SECURITY} ({ISSUER})")), "{said}");
    let ci = github();
    let of = ["--identity", ci.subject.as_str(), "--issuer", &ci.issuer, "--evidence", "evidence.jsonl"];
    let approve = ["approve", TARBALL, "--scope", "all", "--reason", "read", "--expires", "30"];
    desk.signed(&[&approve[..], &of, &["--out", "approval.jsonl"]].concat());
    let vsa = ["vsa", TARBALL, "--verifier-id", VERIFIER, "--out", "vsa.jsonl"];
    let resource = ["--resource-uri", "pkg:npm/%40acme/notes-mcp@1.4.0"];
    desk.signed(&[&vsa[..], &of, &resource].concat());
    let revoke = ["revoke", "--list", "list.jsonl", "--authority", AUTHORITY];
    desk.signed(
        &[&revoke[..], &["--package", "pkg:npm/%40acme/notes-mcp", "--versions", "vers:npm/<1.4.0"]].concat(),
    );

    let handed = ["--evidence", "approval.jsonl", "--evidence", "vsa.jsonl", "--revocations", "list.jsonl"];
    let (exit, report) = desk.verify(SECURITY, &handed);
    assert_eq!((exit, &report["verdict"]), (Some(0), &json!("allow")), "{report:#}");
    assert_eq!(report["policy"]["signed"]["signer"]["subject"], SECURITY);
    assert_eq!(report["policy"]["signed"]["sequence"], 1);
    // Each of them is needed.
    let (exit, report) = desk.verify(SECURITY, &handed[2..]);
    assert_eq!(exit, Some(1), "{report:#}");
    assert!(report.to_string().contains("freshness/not-approved"), "{report:#}");
    let (exit, report) = desk.verify(SECURITY, &[&handed[..2], &handed[4..]].concat());
    assert_eq!(exit, Some(1), "{report:#}");
    assert!(report.to_string().contains("provenance/summary-missing"), "{report:#}");
    let digest = format!("sha256:{}", mcpsign_tests::forge::sha256(&RELEASE.artifact));
    desk.signed(&["revoke", "--list", "list.jsonl", "--artifact", &digest]);
    let (exit, report) = desk.verify(SECURITY, &handed);
    assert_eq!(exit, Some(1), "{report:#}");
    assert!(report.to_string().contains("freshness/artifact-revoked"), "{report:#}");

    // By somebody else it is no policy of theirs.
    let (exit, said) = desk.verify("mallory@acme.example", &handed);
    assert_eq!(exit, Some(2), "{said}");
    assert!(said.to_string().contains("identity/subject-mismatch"), "{said}");
}

/// The next version is by the same mailbox, or by nobody: what others would sign is never logged.
#[test]
fn b35_a_keyless_policy_is_followed_by_whoever_signed_it() {
    let desk = Desk::new();
    for version in 1..3 {
        let output = desk.sign_policy();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains(&format!("version {version}, until")), "{said}");
    }
    let (before, logged) =
        (std::fs::read(desk.path("policy.jsonl")).unwrap(), desk.running.asked(Service::RekorV2));
    desk.write("token", desk.token("mallory@acme.example").as_bytes());
    let output = desk.sign_policy();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["cannot be followed: identity/subject-mismatch", "hint: ", "sign as that identity"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert_eq!(std::fs::read(desk.path("policy.jsonl")).unwrap(), before);
    assert_eq!(desk.running.asked(Service::RekorV2), logged);
}
