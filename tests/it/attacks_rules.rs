//! Attacks that a policy's rules stop: played on minted evidence, from the policy's text to the code.

use std::fs;
use std::path::PathBuf;

use mcpsign_schemas::code;
use mcpsign_schemas::report::{ReportDocument, VerdictWord};
use mcpsign_simulator::{Content, Identity, Options, Rekor};
use mcpsign_tests::forge::{Key, Release, TARBALL, jcs, npm_tarball, sha256, sha512, statement};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{Claims, RawLine, Trust, verify};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::incidents::scripted;
use crate::keyless::{RELEASE, SIMULATOR, github, github_token, measured, now, root};
use crate::support::run;

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// A policy for the release workflow, with these more lines below `require`.
fn policy(subject: &str, require: &str) -> String {
    format!(
        "schema: mcpsign.dev/policy/v1
name: acme
signers:
  - name: ci
    identity: {{ issuer: https://token.actions.githubusercontent.com, subject: {subject} }}
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom, {PROVENANCE}]
rules:
  - name: notes
    match: {{ package: pkg:npm/%40acme/notes-mcp }}
    signers: [ci]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: bound
{require}"
    )
}

fn minted(statements: &[Value], identity: &Identity) -> Vec<Vec<u8>> {
    let options = Options::new(Rekor::V2, Content::Dsse);
    statements
        .iter()
        .map(|one| SIMULATOR.mint(&jcs(one), identity, options).to_string().into_bytes())
        .collect()
}

fn judged(policy: &str, lines: &[Vec<u8>]) -> ReportDocument {
    held(&Policy::load(policy.as_bytes(), "acme.yaml").unwrap_or_else(|error| panic!("{error}")), lines)
}

fn held(policy: &Policy, lines: &[Vec<u8>]) -> ReportDocument {
    let lines = lines.iter().zip(1..).map(|(bytes, line)| RawLine { source: "evidence".into(), line, bytes });
    let claims = Claims { lines: lines.collect(), over_budget: None };
    let trust = Trust { sigstore: vec![root(&[])], keys: Vec::new() };
    verify(&claims, &measured(), &trust, policy, now()).document()
}

#[track_caller]
fn denied(document: &ReportDocument, code: code::Code) {
    assert_eq!(document.verdict, VerdictWord::Deny, "{:?}", document.findings);
    assert_eq!(document.findings.first().map(|finding| finding.code), Some(code), "{:?}", document.findings);
}

fn release() -> [Value; 2] {
    [RELEASE.sbom_statement(), RELEASE.manifest_statement()]
}

const SUBJECT: &str = "https://github.com/acme/notes-mcp/.github/workflows/release.yml@refs/tags/v1.4.0";

/// Empty means nothing, never anything: each is refused when the policy is loaded, before any evidence is read.
#[test]
fn b20_empty_policies_rules_and_requirements_do_not_load() {
    let whole = policy(SUBJECT, "");
    assert_eq!(judged(&whole, &minted(&release(), &github())).verdict, VerdictWord::Allow);
    let rules = whole.find("rules:").unwrap();
    for (broken, at) in [
        (String::new(), ""),
        ("{}".into(), ""),
        (format!("{}rules: []\n", &whole[..rules]), "rules"),
        (whole.replace("signers: [ci]", "signers: []"), "rules[0].signers"),
        (
            whole.replace("predicates: [https://mcpsign.dev/tool-manifest/v1]\n", "predicates: []\n"),
            "rules[0].require.predicates",
        ),
        (whole.replace(&format!("subject: {SUBJECT}"), "subject: \"\""), "signers[0].identity.subject"),
        (format!("{whole}      tools: {{}}\n"), "rules[0].require.tools"),
        (format!("{whole}      tools: {{ names: {{}} }}\n"), "rules[0].require.tools.names"),
        (format!("{whole}      tools: {{ names: {{ allow: [] }} }}\n"), "rules[0].require.tools.names.allow"),
        (format!("{whole}      tools: {{ atMost: 0 }}\n"), "rules[0].require.tools.atMost"),
        (format!("{whole}      lint: {{ severity: error, allow: [] }}\n"), "rules[0].require.lint.allow"),
        (format!("{whole}      conditions: []\n"), "rules[0].require.conditions"),
        (
            format!("{whole}      conditions: [{{ name: c, expression: \"\" }}]\n"),
            "rules[0].require.conditions[0].expression",
        ),
    ] {
        let error = Policy::load(broken.as_bytes(), "acme.yaml").expect_err(&broken);
        assert!(error.path.starts_with(at) || at.is_empty(), "{error}: not {at}");
    }
}

/// A setting at the wrong place is no setting: it is an error, with its place.
#[test]
fn b36_m20_a_setting_at_the_wrong_place_is_an_error() {
    let whole = policy(SUBJECT, "");
    for (broken, place) in [
        (format!("mode: warn\n{whole}"), ":1:1"),
        (whole.replace("    signers: [ci]\n", "    signers: [ci]\n    enforce: true\n"), "rules[0]"),
        (format!("{whole}      tool: {{ atMost: 1 }}\n"), "rules[0].require"),
        (format!("{whole}      tools: {{ atmost: 1 }}\n"), "rules[0].require.tools"),
        (format!("{whole}      tools: {{ destructive: allow }}\n"), "rules[0].require.tools"),
        (
            format!("{whole}      tools: {{ names: {{ allow: [\"read*\"] }} }}\n"),
            "rules[0].require.tools.names.allow[0]",
        ),
        (
            format!(
                "{whole}      lint: {{ severity: error, allow: [{{ rule: lint/shel-orders, reason: r }}] }}\n"
            ),
            "rules[0].require.lint.allow[0].rule",
        ),
        (
            format!("{whole}      conditions: [{{ name: c, expression: \"tools.all(t, t.readonly)\" }}]\n"),
            "1:15 of the expression",
        ),
    ] {
        let error = Policy::load(broken.as_bytes(), "acme.yaml").expect_err(&broken).to_string();
        assert!(error.starts_with("acme.yaml:") && error.contains(place), "{place}: {error}");
    }
}

/// The right workflow is not enough: at another branch, anybody who may push there signs.
#[test]
fn m10_the_right_workflow_at_another_branch_is_another_signer() {
    let mut token = github_token();
    for claim in ["workflow_ref", "job_workflow_ref"] {
        token[claim] = json!("acme/notes-mcp/.github/workflows/release.yml@refs/heads/anything");
    }
    token["ref"] = json!("refs/heads/anything");
    token["sub"] = json!("repo:acme/notes-mcp:ref:refs/heads/anything");
    let lines = minted(&release(), &Identity::from_token(&token).unwrap());
    denied(&judged(&policy(SUBJECT, ""), &lines), code::identity::SUBJECT_MISMATCH);
    let wildcard = policy("https://github.com/acme/notes-mcp/.github/workflows/release.yml@*", "");
    assert!(Policy::load(wildcard.as_bytes(), "acme.yaml").is_err());
}

/// A server is not its command: what was approved as `node server.js` is the artifact and its signer, whatever the command.
#[test]
fn m16_the_same_command_is_not_the_same_server() {
    let mut other = Release::honest().unwrap();
    other.artifact = npm_tarball("@acme/notes-mcp", "1.4.1").unwrap();
    // The launch that is signed is equal in every word.
    assert_eq!(other.manifest["profiles"][0]["launch"], RELEASE.manifest["profiles"][0]["launch"]);
    let lines = minted(
        &[other.sbom_statement(), other.manifest_statement()],
        &Identity::email("mallory@evil.example", "https://accounts.google.com"),
    );
    denied(&judged(&policy(SUBJECT, ""), &lines), code::identity::ISSUER_MISMATCH);
}

/// Who may publish one server of a namespace may not publish the others.
#[test]
fn m18_who_signs_for_one_server_does_not_sign_for_its_neighbours() {
    let elsewhere = policy(SUBJECT, "").replace("notes-mcp }", "files-mcp }");
    denied(&judged(&elsewhere, &minted(&release(), &github())), code::policy::NO_RULE);
}

/// An allow-list of names says nothing of who signed: with the right names by the wrong signer it is denied, and the right
/// signer's tool of another name, too.
#[test]
fn m20_names_alone_allow_nothing() {
    let named = policy(SUBJECT, "      tools: { names: { allow: [read_note, add_note] } }\n");
    assert_eq!(judged(&named, &minted(&release(), &github())).verdict, VerdictWord::Allow);
    let mallory = Identity::email("mallory@evil.example", "https://accounts.google.com");
    denied(&judged(&named, &minted(&release(), &mallory)), code::identity::ISSUER_MISMATCH);
    let fewer = policy(SUBJECT, "      tools: { names: { allow: [read_note] } }\n");
    denied(&judged(&fewer, &minted(&release(), &github())), code::manifest::TOOL_NAME_NOT_ALLOWED);
}

/// What is expected and is not there is no pass, however it is expected.
#[test]
fn b61_what_is_missing_never_passes() {
    let provenance = policy(SUBJECT, "").replace(
        "tool-manifest/v1]\n      manifest",
        &format!("tool-manifest/v1, {PROVENANCE}]\n      manifest"),
    );
    denied(&judged(&provenance, &minted(&release(), &github())), code::provenance::MISSING);
    let condition = |text: &str| {
        policy(SUBJECT, &format!("      conditions: [{{ name: c, expression: {} }}]\n", json!(text)))
    };
    for absent in [
        "evidence.provenance.builderId == 'https://github.com/actions/runner'",
        "evidence.provenance.commit != '0000'",
        "!(evidence.provenance.builderId == 'https://evil.example')",
    ] {
        denied(&judged(&condition(absent), &minted(&release(), &github())), code::policy::CONDITION_ERROR);
    }
    denied(
        &judged(&condition("has(evidence.provenance)"), &minted(&release(), &github())),
        code::policy::CONDITION_NOT_MET,
    );
}

/// Evidence stays monotonic under conditions: one more provenance takes no allow away, and one less gives none.
#[test]
fn b61_conditions_hold_with_one_provenance_whatever_others_say() {
    let built = |id: &str| {
        let predicate = json!({
            "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
            "runDetails": { "builder": { "id": id } }
        });
        statement(&RELEASE.subjects, PROVENANCE, &predicate)
    };
    let (good, other) = (built("https://build.example/good"), built("https://build.example/other"));
    let rule = |text: &str| {
        policy(SUBJECT, &format!("      conditions: [{{ name: c, expression: {} }}]\n", json!(text)))
    };
    let verdict = |rule: &str, more: &[&Value]| {
        let mut statements = release().to_vec();
        statements.extend(more.iter().map(|one| (*one).clone()));
        judged(rule, &minted(&statements, &github())).verdict
    };
    let wants = rule("evidence.provenance.builderId == 'https://build.example/good'");
    assert_eq!(verdict(&wants, &[]), VerdictWord::Deny);
    assert_eq!(verdict(&wants, &[&other]), VerdictWord::Deny);
    assert_eq!(verdict(&wants, &[&good]), VerdictWord::Allow);
    assert_eq!(verdict(&wants, &[&other, &good]), VerdictWord::Allow);
    assert_eq!(verdict(&wants, &[&good, &other]), VerdictWord::Allow);
    let refuses =
        rule("!has(evidence.provenance) || evidence.provenance.builderId != 'https://build.example/other'");
    assert_eq!(verdict(&refuses, &[]), VerdictWord::Allow);
    assert_eq!(verdict(&refuses, &[&other]), VerdictWord::Allow);
}

/// A hijacked build of a tag that is not its version's: every claim fits the patterns, and only the two together tell.
#[test]
fn i14_a_tag_of_another_version_is_told_by_a_condition() {
    let consistent = policy(
        SUBJECT,
        "      conditions: [{ name: tag, expression: 'signer.workload.ref == \"refs/tags/v\" + server.version' }]\n",
    );
    let mut token = github_token();
    assert_eq!(token["ref"], "refs/tags/v1.4.0");
    let built = |token: &Value| minted(&release(), &Identity::from_token(token).unwrap());
    assert_eq!(judged(&consistent, &built(&token)).verdict, VerdictWord::Allow);
    token["ref"] = json!("refs/tags/v1.3.9");
    assert_eq!(judged(&policy(SUBJECT, ""), &built(&token)).verdict, VerdictWord::Allow);
    denied(&judged(&consistent, &built(&token)), code::policy::CONDITION_NOT_MET);
}

/// Smithery's host could exchange what it served: the artifact's digest and the publisher's signature are not the host's.
#[test]
fn i05_smithery_a_host_that_exchanges_the_server_is_denied() {
    let desk = Desk::new();
    let served = desk.path(TARBALL);
    fs::write(&served, npm_tarball("@acme/notes-mcp", "1.4.0").unwrap()).unwrap();
    desk.signed_by(&desk.publisher);
    assert_eq!(desk.verify(&[]).0["verdict"], "allow");
    // The same name and version, another content.
    let exchanged = scripted("@acme/notes-mcp", "1.4.0");
    fs::write(&served, &exchanged).unwrap();
    desk.denied(&[], "subject/digest-mismatch");
    // With evidence for it, by the host: good for those very bytes, and not the publisher's.
    let digests = |bytes: &[u8]| (sha256(bytes), sha512(bytes));
    let ((old_256, old_512), (new_256, new_512)) = (digests(&RELEASE.artifact), digests(&exchanged));
    let about = |statement: &Value| -> Value {
        let text = statement.to_string().replace(&old_256, &new_256).replace(&old_512, &new_512);
        serde_json::from_str(&text).unwrap()
    };
    let mut other = RELEASE.clone();
    (other.subjects, other.sbom, other.manifest) =
        (about(&other.subjects), about(&other.sbom), about(&other.manifest));
    other.rebind();
    desk.signed(&[other.sbom_statement(), other.manifest_statement()], &desk.host);
    desk.denied(&[], "signature/key-not-trusted");
    let host = desk.path("host.pub");
    fs::write(&host, desk.host.public_pem()).unwrap();
    let args =
        ["verify", served.to_str().unwrap(), "--public-key", host.to_str().unwrap(), "--format", "json"];
    let by_host: Value = serde_json::from_slice(&run(&args, &[]).stdout).unwrap();
    assert_eq!(by_host["verdict"], "allow", "whoever trusts the host is served by the host: {by_host}");
}

/// Oura's server was forked under another owner, and the fork signed by the fork's workflow: all in order, and not theirs.
#[test]
fn i10_oura_a_fork_signs_for_itself_alone() {
    let mut token = github_token();
    token["repository"] = json!("mallory/notes-mcp");
    token["repository_id"] = json!("999999999");
    token["repository_owner"] = json!("mallory");
    token["repository_owner_id"] = json!("11111");
    token["sub"] = json!("repo:mallory/notes-mcp:ref:refs/tags/v1.4.0");
    for claim in ["workflow_ref", "job_workflow_ref"] {
        token[claim] = json!("mallory/notes-mcp/.github/workflows/release.yml@refs/tags/v1.4.0");
    }
    let fork = minted(&release(), &Identity::from_token(&token).unwrap());
    denied(&judged(&policy(SUBJECT, ""), &fork), code::identity::SUBJECT_MISMATCH);
    // A reusable workflow of the original signs for whoever calls it: then the repository tells them apart.
    token["job_workflow_ref"] = json!("acme/notes-mcp/.github/workflows/release.yml@refs/tags/v1.4.0");
    let called = minted(&release(), &Identity::from_token(&token).unwrap());
    denied(&judged(&policy(SUBJECT, ""), &called), code::identity::REPOSITORY_MISMATCH);
    // Flags mean the workflow's own repository, unless they say another.
    let flags = |repository: Option<&str>| {
        let issuer = "https://token.actions.githubusercontent.com".to_owned();
        let repository = repository.map(str::to_owned);
        let signer = FlagSigner::Identity { subject: SUBJECT.into(), issuer, repository };
        Policy::flags(FlagsPolicy::of(signer)).unwrap()
    };
    let mallory = Some("https://github.com/mallory/notes-mcp");
    let original = minted(&release(), &github());
    denied(&held(&flags(None), &called), code::identity::REPOSITORY_MISMATCH);
    denied(&held(&flags(mallory), &original), code::identity::REPOSITORY_MISMATCH);
    for (repository, lines) in [(None, &original), (mallory, &called)] {
        let document = held(&flags(repository), lines);
        assert_eq!(document.verdict, VerdictWord::Allow, "{:?}", document.findings);
    }
    let theirs = |text: &str| {
        text.replace(
            &format!("subject: {SUBJECT}"),
            &format!("subject: {SUBJECT}, repository: https://github.com/mallory/notes-mcp"),
        )
    };
    // Whoever names the repository that called it means it.
    assert_eq!(judged(&theirs(&policy(SUBJECT, "")), &called).verdict, VerdictWord::Allow);
    let owner = policy(
        SUBJECT,
        "      conditions: [{ name: owner, expression: \"signer.workload.ownerId == '98765' && signer.workload.repositoryId == '812345678'\" }]\n",
    );
    denied(&judged(&theirs(&owner), &called), code::policy::CONDITION_NOT_MET);
    assert_eq!(judged(&owner, &minted(&release(), &github())).verdict, VerdictWord::Allow);
    // So do its numbers, written where the signer is.
    let numbered = |id: &str| {
        policy(SUBJECT, "").replace(&format!("subject: {SUBJECT}"), &format!("subject: {SUBJECT}, {id}"))
    };
    let repository = numbered("repositoryId: \"812345678\"");
    denied(&judged(&repository, &called), code::identity::REPOSITORY_ID_MISMATCH);
    let owner = numbered("ownerId: \"98765\"");
    denied(&judged(&owner, &called), code::identity::OWNER_ID_MISMATCH);
    assert_eq!(judged(&owner, &minted(&release(), &github())).verdict, VerdictWord::Allow);
    // The listing had no provenance, and nobody had signed for it.
    let provenance = policy(SUBJECT, "").replace(
        "tool-manifest/v1]\n      manifest",
        &format!("tool-manifest/v1, {PROVENANCE}]\n      manifest"),
    );
    denied(&judged(&provenance, &minted(&release(), &github())), code::provenance::MISSING);
    denied(&judged(&policy(SUBJECT, ""), &[]), code::signature::NO_ATTESTATION);
}

/// A folder, its publisher and somebody else who signs just as well.
struct Desk {
    folder: TempDir,
    publisher: Key,
    host: Key,
}

impl Desk {
    fn new() -> Self {
        let (publisher, host) = (Key::generate().unwrap(), Key::generate().unwrap());
        let desk = Self { folder: tempfile::tempdir().unwrap(), publisher, host };
        fs::write(desk.path("key.pub"), desk.publisher.public_pem()).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Evidence of the honest release by this key.
    fn signed_by(&self, key: &Key) {
        self.signed(&release(), key);
    }

    /// These statements by this key, beside the artifact.
    fn signed(&self, statements: &[Value], key: &Key) {
        let lines: String =
            statements.iter().map(|one| format!("{}\n", key.bundle(&jcs(one)).unwrap())).collect();
        fs::write(self.path(&format!("{TARBALL}.mcpsign.jsonl")), lines).unwrap();
    }

    fn verify(&self, more: &[&str]) -> (Value, Option<i32>) {
        let (artifact, key) = (self.path(TARBALL), self.path("key.pub"));
        let mut args = vec![
            "verify",
            artifact.to_str().unwrap(),
            "--public-key",
            key.to_str().unwrap(),
            "--format",
            "json",
        ];
        args.extend(more);
        let output = run(&args, &[]);
        (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
    }

    #[track_caller]
    fn denied(&self, more: &[&str], code: &str) -> Value {
        let (report, exit) = self.verify(more);
        assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), Some(1)), "{report}");
        assert!(report["findings"].to_string().contains(&format!("\"{code}\"")), "{code}: {report}");
        report
    }
}
