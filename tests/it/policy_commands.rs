//! `mcpsign policy init`, `explain` and `test`, and the policies that we ship.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use mcpsign_schemas::policy::PolicyTests;
use mcpsign_simulator::{Content, Identity, Options, Rekor, Simulator};
use mcpsign_tests::forge::{Key, Release, TARBALL, jcs, sha256, statement};
use mcpsign_verifier::policy::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::keyless::{github, github_token};
use crate::policy_fields::world::provenance;
use crate::support::{run, workspace};

/// A release with its evidence, each file named by what it holds.
struct Desk(TempDir);

impl Desk {
    /// Signed by a key.
    fn with_key(key: &Key) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let release = Release::honest().unwrap();
        let lines = [release.sbom_statement(), release.manifest_statement()];
        let lines: String = lines.iter().map(|one| format!("{}\n", key.bundle(&jcs(one)).unwrap())).collect();
        desk.write(TARBALL, &release.artifact);
        desk.write(&format!("{TARBALL}.mcpsign.jsonl"), lines.as_bytes());
        desk.write("key.pub", key.public_pem().as_bytes());
        desk
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_policy_from_a_release_allows_it_and_nobody_elses() {
    let (publisher, other) = (Key::generate().unwrap(), Key::generate().unwrap());
    let desk = Desk::with_key(&publisher);
    let (artifact, key, policy) = (desk.path(TARBALL), desk.path("key.pub"), desk.path("acme.yaml"));
    let made =
        run(&["policy", "init", &artifact, "--public-key", &key, "--name", "acme", "--out", &policy], &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    let text = fs::read_to_string(&policy).unwrap();
    assert!(text.contains("# ") && text.contains("atMost: 2") && text.contains("sbom: bound"), "{text}");
    assert_eq!(run(&["verify", &artifact, "--policy", &policy], &[]).status.code(), Some(0));
    // The evidence stands for what it lies beside.
    let evidence = format!("{artifact}.mcpsign.jsonl");
    let same = run(&["policy", "init", &evidence, "--public-key", &key, "--name", "acme"], &[]);
    assert_eq!(stdout(&same), text, "{}", stderr(&same));
    let alone = desk.path("alone.mcpsign.jsonl");
    fs::copy(&evidence, &alone).unwrap();
    let refused = run(&["policy", "init", &alone, "--public-key", &key], &[]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("is evidence"),
        "{}",
        stderr(&refused)
    );
    let theirs = Desk::with_key(&other);
    let denied = run(&["verify", &theirs.path(TARBALL), "--policy", &policy, "--format", "json"], &[]);
    assert_eq!(denied.status.code(), Some(1));
    assert!(stdout(&denied).contains("signature/key-not-trusted"), "{}", stdout(&denied));

    // What is there is not written over, and without --out it is printed.
    let again = run(&["policy", "init", &artifact, "--public-key", &key, "--out", &policy], &[]);
    assert_eq!(again.status.code(), Some(2), "{}", stderr(&again));
    assert_eq!(fs::read_to_string(&policy).unwrap(), text);
    let printed = run(&["policy", "init", &artifact, "--public-key", &key, "--name", "acme"], &[]);
    assert_eq!(stdout(&printed), text);

    // Nothing is made of evidence that does not verify, or whose signer nobody names.
    for name in ["", " ", "a\tb", "a\u{7f}", &"a".repeat(10_000)] {
        let unnamed = run(&["policy", "init", &artifact, "--public-key", &key, "--name", name], &[]);
        assert_eq!(unnamed.status.code(), Some(2), "{name:?}: {unnamed:?}");
        assert!(stderr(&unnamed).contains("is no name of a policy"), "{name:?}: {unnamed:?}");
    }
    let wrong = run(&["policy", "init", &theirs.path(TARBALL), "--public-key", &key], &[]);
    assert_eq!((wrong.status.code(), stdout(&wrong)), (Some(1), String::new()));
    let nobody = run(&["policy", "init", &artifact], &[]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(stderr(&nobody).contains("--public-key"), "{}", stderr(&nobody));
}

#[test]
fn a_policy_from_a_workflows_release_is_for_that_workflow() {
    let simulator = Simulator::new();
    let desk = Desk(tempfile::tempdir().unwrap());
    keyless(&simulator, &desk.0.path().join(TARBALL), &github());
    desk.write("root.json", simulator.trusted_root_json().to_string().as_bytes());
    let (artifact, root, policy) = (desk.path(TARBALL), desk.path("root.json"), desk.path("acme.yaml"));
    let made = run(&["policy", "init", &artifact, "--trusted-root", &root, "--out", &policy], &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    let text = fs::read_to_string(&policy).unwrap();
    for part in [
        "signerWorkflow:\n        repository: \"https://github.com/acme/notes-mcp\"\n        path: \".github/workflows/release.yml\"\n        ref: \"refs/tags/v*\"\n",
        "repositoryId: \"812345678\"",
        "ownerId: \"98765\"",
        "triggers: [\"push\"]",
        "runner: hosted",
        "environment: \"release\"",
        "{ server: \"@acme/notes-mcp\", signers: [publisher] }",
        "{ package: \"pkg:npm/%40acme/notes-mcp\", signers: [publisher] }",
        "https://slsa.dev/provenance/v1",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let other = desk.0.path().join("other");
    fs::create_dir_all(&other).unwrap();
    let other = other.join(TARBALL);
    let verify = |claims: &Value| {
        let mut token = github_token();
        for (claim, value) in claims.as_object().unwrap() {
            token[claim] = value.clone();
        }
        keyless(&simulator, &other, &Identity::from_token(&token).unwrap());
        let artifact = other.to_str().unwrap();
        run(&["verify", artifact, "--policy", &policy, "--trusted-root", &root, "--format", "json"], &[])
    };
    let workflow = |path: &str, reference: &str| {
        let workflow = format!("acme/notes-mcp/.github/workflows/{path}@{reference}");
        json!({ "ref": reference, "workflow_ref": workflow, "job_workflow_ref": workflow })
    };
    for allowed in [json!({}), workflow("release.yml", "refs/tags/v1.5.0")] {
        let output = verify(&allowed);
        assert_eq!(output.status.code(), Some(0), "{allowed}: {}", stdout(&output));
    }
    // Another workflow or reference, another event, a repository or owner registered again, another machine.
    for (claims, code) in [
        (workflow("nightly.yml", "refs/tags/v1.4.0"), "identity/subject-mismatch"),
        (workflow("release.yml", "refs/heads/main"), "identity/subject-mismatch"),
        (workflow("release.yml", "refs/tags/nightly"), "identity/subject-mismatch"),
        (json!({ "ref": "refs/heads/main" }), "identity/ref-mismatch"),
        (json!({ "event_name": "pull_request_target" }), "identity/trigger-not-allowed"),
        (json!({ "event_name": "workflow_dispatch" }), "identity/trigger-not-allowed"),
        (json!({ "repository_id": "1" }), "identity/repository-id-mismatch"),
        (json!({ "repository_owner_id": "1" }), "identity/owner-id-mismatch"),
        (json!({ "runner_environment": "self-hosted" }), "identity/runner-mismatch"),
        (json!({ "environment": "staging" }), "identity/environment-mismatch"),
    ] {
        let output = verify(&claims);
        assert_eq!(output.status.code(), Some(1), "{claims}: {}", stdout(&output));
        assert!(stdout(&output).contains(code), "{claims}: {}", stdout(&output));
    }
}

/// Whoever signs for another name is no owner of this one, even where a rule is for everybody.
#[test]
fn m18_a_policy_from_a_release_keeps_its_names() {
    let simulator = Simulator::new();
    let desk = Desk(tempfile::tempdir().unwrap());
    keyless(&simulator, &desk.0.path().join(TARBALL), &github());
    desk.write("root.json", simulator.trusted_root_json().to_string().as_bytes());
    let (artifact, root) = (desk.path(TARBALL), desk.path("root.json"));
    let made = run(&["policy", "init", &artifact, "--trusted-root", &root], &[]);
    let (head, rules) =
        stdout(&made).split_once("namespaces:\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let stranger = "  - name: stranger\n    identity: { issuer: https://login.acme.example, subject: stranger@acme.example }\n    kinds: [publisher]\n    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom, https://slsa.dev/provenance/v1]\n";
    let at = head.rfind("# Whoever else").unwrap();
    let signers = format!("{}{stranger}{}", &head[..at], &head[at..]);
    let rules = rules.replace(
        "    signers: [publisher]\n    require:",
        "    signers: [publisher, stranger]\n    require:",
    );
    desk.write("acme.yaml", format!("{signers}namespaces:\n{rules}").as_bytes());
    let identity = Identity::email("stranger@acme.example", "https://login.acme.example");
    keyless(&simulator, &desk.0.path().join(TARBALL), &identity);
    let args = [
        "verify",
        &artifact,
        "--policy",
        &desk.path("acme.yaml"),
        "--trusted-root",
        &root,
        "--format",
        "json",
    ];
    let denied = run(&args, &[]);
    assert_eq!(denied.status.code(), Some(1), "{}", stderr(&denied));
    assert!(stdout(&denied).contains("identity/namespace-not-allowed"), "{}", stdout(&denied));
}

/// What the provenance says that the release was built from is asked of the next one.
#[test]
fn a_policy_from_a_release_with_provenance_asks_for_its_source() {
    let simulator = Simulator::new();
    let desk = Desk(tempfile::tempdir().unwrap());
    let artifact = desk.0.path().join(TARBALL);
    attested(&simulator, &artifact, &github(), &provenance());
    desk.write("root.json", simulator.trusted_root_json().to_string().as_bytes());
    let (artifact, root, policy) =
        (artifact.to_str().unwrap(), desk.path("root.json"), desk.path("acme.yaml"));
    let made = run(&["policy", "init", artifact, "--trusted-root", &root, "--out", &policy], &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    let text = fs::read_to_string(&policy).unwrap();
    let asked = "provenance:\n        repository: \"https://github.com/acme/notes-mcp\"\n        ref: \"refs/tags/v*\"\n";
    assert!(text.contains(asked), "{text}");
    let verify =
        || run(&["verify", artifact, "--policy", &policy, "--trusted-root", &root, "--format", "json"], &[]);
    assert_eq!(verify().status.code(), Some(0), "{}", stdout(&verify()));
    // One that does not say it.
    keyless(&simulator, Path::new(artifact), &github());
    assert_eq!(verify().status.code(), Some(1));
    assert!(stdout(&verify()).contains("provenance/repository-not-allowed"), "{}", stdout(&verify()));
}

/// A release whose statements a key signed, with these more beside them; and the policy that is made of it.
fn made_of(bend: impl FnOnce(&mut Release), more: impl FnOnce(&Release, &Key) -> String) -> (Desk, String) {
    let publisher = Key::generate().unwrap();
    let desk = Desk::with_key(&publisher);
    let mut release = Release::honest().unwrap();
    bend(&mut release);
    let bundle = |one: &Value| format!("{}\n", publisher.bundle(&jcs(one)).unwrap());
    let lines = bundle(&release.sbom_statement()) + &bundle(&release.manifest_statement());
    desk.write(&format!("{TARBALL}.mcpsign.jsonl"), (lines + &more(&release, &publisher)).as_bytes());
    let (artifact, key, policy) = (desk.path(TARBALL), desk.path("key.pub"), desk.path("acme.yaml"));
    let made = run(&["policy", "init", &artifact, "--public-key", &key, "--out", &policy], &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    let text = fs::read_to_string(policy).unwrap();
    (desk, text)
}

/// Provenance of the old form is asked for like any other.
#[test]
fn a_policy_from_a_release_with_old_provenance_asks_for_it() {
    let source = json!({
        "uri": "git+https://github.com/acme/notes-mcp@refs/tags/v1.4.0",
        "digest": { "sha1": "193b5bd7d3985809503963ae400594ea16df31cf" }
    });
    let built = json!({
        "builder": { "id": "https://build.example/runner" }, "buildType": "https://build.example/v0",
        "invocation": { "configSource": source }, "materials": [source]
    });
    let old = "https://slsa.dev/provenance/v0.2";
    let (desk, text) = made_of(
        |_| {},
        |release, key| format!("{}\n", key.bundle(&jcs(&statement(&release.subjects, old, &built))).unwrap()),
    );
    let asked = "provenance:\n        repository: \"https://github.com/acme/notes-mcp\"\n        ref: \"refs/tags/v*\"\n";
    assert!(text.contains(asked), "{text}");
    let (artifact, policy, evidence) =
        (desk.path(TARBALL), desk.path("acme.yaml"), format!("{TARBALL}.mcpsign.jsonl"));
    let verify = || run(&["verify", &artifact, "--policy", &policy, "--format", "json"], &[]);
    assert_eq!(verify().status.code(), Some(0), "{}", stdout(&verify()));
    let lines = fs::read_to_string(desk.path(&evidence)).unwrap();
    let without: String = lines.lines().take(2).map(|line| format!("{line}\n")).collect();
    desk.write(&evidence, without.as_bytes());
    assert_eq!(verify().status.code(), Some(1));
    assert!(stdout(&verify()).contains("provenance/missing"), "{}", stdout(&verify()));
}

/// Who only looked at a release is not whom its policy is for.
#[test]
fn a_policy_from_a_release_that_others_observed_is_for_its_publisher() {
    let simulator = Simulator::new();
    let desk = Desk(tempfile::tempdir().unwrap());
    let mut release = Release::honest().unwrap();
    release.manifest["profiles"][0]["launch"]["binding"] = json!("installed");
    let observed = {
        let mut observed = release.clone();
        observed.manifest["kind"] = json!("observer");
        observed.manifest["bindings"] = json!({ "sboms": [], "lockfiles": [], "statements": [] });
        observed.manifest_statement()
    };
    let lab = Identity::email("lab@observer.example", "https://login.observer.example");
    let mint = |statement: &Value, identity: &Identity| {
        format!("{}\n", simulator.mint(&jcs(statement), identity, Options::new(Rekor::V2, Content::Dsse)))
    };
    let own = mint(&release.sbom_statement(), &github()) + &mint(&release.manifest_statement(), &github());
    desk.write(TARBALL, &release.artifact);
    desk.write("root.json", simulator.trusted_root_json().to_string().as_bytes());
    let init = |lines: String| {
        desk.write(&format!("{TARBALL}.mcpsign.jsonl"), lines.as_bytes());
        run(&["policy", "init", &desk.path(TARBALL), "--trusted-root", &desk.path("root.json")], &[])
    };
    let alone = init(own.clone());
    assert!(alone.status.success(), "{}", stderr(&alone));
    let made = init(mint(&observed, &lab) + &own);
    assert!(made.status.success(), "{}", stderr(&made));
    assert_eq!(stdout(&made), stdout(&alone));
    assert!(stderr(&made).contains("for the publisher"), "{}", stderr(&made));
    // So it is if each has a file of his own.
    desk.write("own.jsonl", own.as_bytes());
    desk.write("lab.jsonl", mint(&observed, &lab).as_bytes());
    let (artifact, root) = (desk.path(TARBALL), desk.path("root.json"));
    let (publisher, observer) = (desk.path("own.jsonl"), desk.path("lab.jsonl"));
    let args = ["policy", "init", &artifact, "--trusted-root", &root, "--evidence", &publisher];
    let apart = run(&[&args[..], &["--evidence", &observer]].concat(), &[]);
    assert_eq!(stdout(&apart), stdout(&alone), "{}", stderr(&apart));
    // Of two publishers nobody can tell which is meant.
    let other = Identity::email("other@acme.example", "https://login.acme.example");
    let two = init(mint(&release.manifest_statement(), &other) + &own);
    assert_eq!(two.status.code(), Some(2), "{}", stderr(&two));
    assert!(stderr(&two).contains("several signers"), "{}", stderr(&two));
}

/// An image is called after the whole of its repository, a remote server after its host: nobody is given everybody's `notes`.
#[test]
fn m18_a_policy_from_an_image_or_a_remote_server_keeps_that_name() {
    let (_, text) = made_of(
        |release| {
            let mut image = release.manifest["packages"][0].clone();
            image["purl"] = json!("pkg:oci/notes?repository_url=registry.example/acme/notes");
            release.manifest["packages"].as_array_mut().unwrap().push(image);
        },
        |_, _| String::new(),
    );
    assert!(
        text.contains("  - { image: \"registry.example/acme/notes\", signers: [publisher] }\n"),
        "{text}"
    );
    assert!(!text.contains("pkg:oci/notes\""), "{text}");

    let publisher = Key::generate().unwrap();
    let desk = Desk::with_key(&publisher);
    let endpoint = "https://mcp.acme.example/mcp";
    let digest = sha256(endpoint.as_bytes());
    let mut release = Release::honest().unwrap();
    release.subjects = json!([{
        "name": endpoint, "mediaType": "application/vnd.mcpsign.endpoint.v1", "digest": { "sha256": digest }
    }]);
    release.manifest["packages"] = json!([]);
    release.manifest["bindings"] = json!({ "sboms": [], "lockfiles": [], "statements": [] });
    let profile = &mut release.manifest["profiles"][0];
    profile["subject"] = json!(digest);
    profile["launch"] = json!({
        "binding": "endpoint", "transport": "streamable-http", "url": endpoint, "headers": [], "env": {},
        "secretEnv": [], "network": "host", "sandbox": "none"
    });
    let line = format!("{}\n", publisher.bundle(&jcs(&release.manifest_statement())).unwrap());
    desk.write("remote.jsonl", line.as_bytes());
    let (key, evidence, policy) = (desk.path("key.pub"), desk.path("remote.jsonl"), desk.path("acme.yaml"));
    let args = ["policy", "init", endpoint, "--evidence", &evidence, "--public-key", &key, "--out", &policy];
    let made = run(&args, &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    let text = fs::read_to_string(&policy).unwrap();
    assert!(text.contains("  - { endpoint: \"mcp.acme.example\", signers: [publisher] }\n"), "{text}");
    let verify = run(&["verify", endpoint, "--evidence", &evidence, "--policy", &policy], &[]);
    assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
}

/// What a manifest calls its server is somebody's word: a pattern in it would make its signer the owner of more than that.
#[test]
fn m18_a_server_s_name_becomes_no_pattern() {
    for name in ["Acme Notes", "a/*", ": x"] {
        let publisher = Key::generate().unwrap();
        let desk = Desk::with_key(&publisher);
        let named = |name: &str| {
            let mut release = Release::honest().unwrap();
            release.manifest["server"]["name"] = json!(name);
            // Two names of the package: neither is the one for a rule.
            let mut second = release.manifest["packages"][0].clone();
            second["purl"] = json!("pkg:generic/notes@1.4.0");
            release.manifest["packages"].as_array_mut().unwrap().push(second);
            let lines = [release.sbom_statement(), release.manifest_statement()];
            let lines: String =
                lines.iter().map(|one| format!("{}\n", publisher.bundle(&jcs(one)).unwrap())).collect();
            desk.write(&format!("{TARBALL}.mcpsign.jsonl"), lines.as_bytes());
        };
        named(name);
        let (artifact, key, policy) = (desk.path(TARBALL), desk.path("key.pub"), desk.path("acme.yaml"));
        let made = run(&["policy", "init", &artifact, "--public-key", &key, "--out", &policy], &[]);
        assert!(made.status.success(), "{name}: {}", stderr(&made));
        let text = fs::read_to_string(&policy).unwrap();
        assert!(!text.contains("server: \""), "{text}");
        let verify = || run(&["verify", &artifact, "--policy", &policy], &[]);
        assert_eq!(verify().status.code(), Some(0), "{}", stdout(&verify()));
        named("a/other");
        assert_eq!(verify().status.code(), Some(1), "{name}");
        assert!(stdout(&verify()).contains("policy/condition-not-met"), "{}", stdout(&verify()));
    }
}

/// The honest release at `artifact`, its SBOM, manifest and a provenance that says little signed by a workflow.
fn keyless(simulator: &Simulator, artifact: &Path, identity: &Identity) {
    let provenance = json!({
        "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
        "runDetails": { "builder": { "id": "https://build.example/runner" } }
    });
    attested(simulator, artifact, identity, &provenance);
}

fn attested(simulator: &Simulator, artifact: &Path, identity: &Identity, provenance: &Value) {
    let release = Release::honest().unwrap();
    let provenance = statement(&release.subjects, "https://slsa.dev/provenance/v1", provenance);
    let options = Options::new(Rekor::V2, Content::Dsse);
    let lines: String = [release.sbom_statement(), release.manifest_statement(), provenance]
        .iter()
        .map(|one| format!("{}\n", simulator.mint(&jcs(one), identity, options)))
        .collect();
    fs::write(artifact, &release.artifact).unwrap();
    fs::write(format!("{}.mcpsign.jsonl", artifact.display()), lines).unwrap();
}

#[test]
fn explain_tells_which_rule_decided_and_why_the_others_did_not() {
    let desk = Desk::with_key(&Key::generate().unwrap());
    let (artifact, key, policy) = (desk.path(TARBALL), desk.path("key.pub"), desk.path("acme.yaml"));
    let made = stdout(&run(&["policy", "init", &artifact, "--public-key", &key], &[]));
    let (head, rule) = made.split_once("rules:\n").unwrap();
    let named = |name: &str, matching: &str| {
        let rule = rule.replacen("name: release", &format!("name: {name}"), 1);
        let at = rule.find("match:").unwrap();
        let end = at + rule[at..].find('\n').unwrap();
        format!("{}{matching}{}", &rule[..at], &rule[end..])
    };
    let rules = [
        named("other", "match: { package: \"pkg:npm/%40other/*\" }"),
        named("files", "match: { server: \"@acme/files\" }"),
        named("notes", "match: { package: \"pkg:npm/%40acme/notes-mcp\" }"),
        named("rest", "match: any-server"),
    ];
    desk.write("acme.yaml", format!("{head}rules:\n{}", rules.concat()).as_bytes());
    let report = run(&["verify", &artifact, "--policy", &policy, "--format", "json"], &[]);
    assert_eq!(report.status.code(), Some(0), "{}", stderr(&report));
    desk.write("report.json", &report.stdout);
    let explain = |format: &str| {
        run(&["policy", "explain", &policy, "--report", &desk.path("report.json"), "--format", format], &[])
    };
    let shown = stdout(&explain("human"));
    for line in [
        "no match  other: one of the artifact's package URLs is `pkg:npm/%40acme/notes-mcp@1.4.0`",
        "no match  files: the server is called `@acme/notes-mcp`",
        "decides  notes:",
        "not tried  rest: `notes` stands before it",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let json: Value = serde_json::from_slice(&explain("json").stdout).unwrap();
    assert_eq!(
        json["rules"][2],
        json!({ "rule": "notes", "decides": true, "because": "the first rule that is for this server" })
    );
    // Which rule it would have been is told of what is denied, too, and what could not be verified is passed over.
    let only = |rules: &str| desk.write("acme.yaml", format!("{head}rules:\n{rules}").as_bytes());
    only(&rules[..2].concat());
    let gone = desk.path("gone.tgz");
    let denied = run(&["verify", &artifact, &gone, "--policy", &policy, "--format", "json"], &[]);
    desk.write("report.json", &denied.stdout);
    let explained = explain("human");
    let shown = stdout(&explained);
    for line in ["no match  other: ", "no match  files: ", "no rule is for this server: it is denied"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(stderr(&explained).contains("gone.tgz` was not verified"), "{}", stderr(&explained));
    only(&rules.concat());
    // Nor does a report of a later form, which nobody here can read, or one of no form.
    let text = String::from_utf8(report.stdout.clone()).unwrap();
    for (from, to, why) in [
        ("\"reportVersion\":1", "\"reportVersion\":2", "is a report of version 2"),
        ("\"reportVersion\":1", "\"version\":1", "is no report"),
        ("\"verdict\":\"allow\"", "\"verdict\":\"fine\"", "is no report"),
    ] {
        assert!(text.contains(from), "{text}");
        desk.write("report.json", text.replacen(from, to, 1).as_bytes());
        let refused = explain("human");
        assert!(refused.status.code() == Some(2) && stderr(&refused).contains(why), "{}", stderr(&refused));
    }
    desk.write("report.json", &report.stdout);
    assert_eq!(explain("human").status.code(), Some(0));
    // A report by another policy says nothing of this one.
    desk.write("acme.yaml", format!("# changed\n{}", fs::read_to_string(&policy).unwrap()).as_bytes());
    assert_eq!(explain("human").status.code(), Some(2));
}

#[test]
fn b35_cases_that_come_out_otherwise_end_with_1() {
    let desk = Desk::with_key(&Key::generate().unwrap());
    let (artifact, key, policy) = (desk.path(TARBALL), desk.path("key.pub"), desk.path("acme.yaml"));
    assert!(
        run(&["policy", "init", &artifact, "--public-key", &key, "--out", &policy], &[]).status.success()
    );
    let cases = |text: &str| {
        desk.write(
            "acme.tests.yaml",
            format!("schema: mcpsign.dev/policy-tests/v1\ncases:\n{text}").as_bytes(),
        );
        run(&["policy", "test", &policy], &[])
    };
    let case = |expect: &str| {
        format!("  - {{ name: honest, artifact: {TARBALL}, expect: {expect}, rule: release }}\n")
    };
    let fine = cases(&case("allow"));
    assert_eq!((fine.status.code(), stdout(&fine).contains("passed")), (Some(0), true), "{}", stderr(&fine));
    let wrong = cases(&case("deny"));
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stdout(&wrong).contains("expected deny, found allow"), "{}", stdout(&wrong));
    for (more, said) in [
        (", codes: [signature/invalid] }", "expected signature/invalid"),
        (", rule: other }", "expected rule other, found release"),
    ] {
        let failed = cases(&format!("  - {{ name: x, artifact: {TARBALL}, expect: allow{more}\n"));
        assert!(failed.status.code() == Some(1) && stdout(&failed).contains(said), "{}", stdout(&failed));
    }
    // Cases have the policy's own ending, or another one.
    let other = desk.path("other.yml");
    fs::copy(&policy, &other).unwrap();
    let listed = |expect: &str| format!("schema: mcpsign.dev/policy-tests/v1\ncases:\n{}", case(expect));
    desk.write("other.tests.yaml", listed("deny").as_bytes());
    assert_eq!(run(&["policy", "test", &other], &[]).status.code(), Some(1));
    desk.write("other.tests.yml", listed("allow").as_bytes());
    assert_eq!(run(&["policy", "test", &other], &[]).status.code(), Some(0));
    // What is no case is an error, never a pass.
    for bad in [
        "",
        "  - { name: x, artifact: gone.tgz, expect: allow }\n",
        "  - { name: x, artifact: a, expect: pass }\n",
        "  - { name: x, artifact: a, expect: deny, codes: [no/code] }\n",
        "  - { name: x, artifact: a, expect: deny, codes: [] }\n",
        "  - { name: x, artifact: a, expect: deny, verdict: deny }\n",
    ] {
        let refused = cases(bad);
        assert_eq!(refused.status.code(), Some(2), "{bad}: {}", stdout(&refused));
    }
}

/// The policies that we ship decide as their cases say, and every case counts. With `MCPSIGN_BLESS=1` the evidence is made anew.
#[test]
fn shipped_policies_pass_their_tests() {
    let folder = workspace().join("schemas/examples");
    if std::env::var_os("MCPSIGN_BLESS").is_some() {
        bless(&folder.join("release"));
    }
    let policies: Vec<PathBuf> = ["open-source-publisher", "company-registry", "strict-cluster"]
        .map(|name| folder.join(format!("{name}.yaml")))
        .into();
    let mut args = vec!["policy", "test"];
    args.extend(policies.iter().map(|path| path.to_str().unwrap()));
    let output = run(&args, &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let mut count = 0;
    for path in &policies {
        let tests = path.with_extension("tests.yaml");
        let tests = PolicyTests::load(&fs::read(&tests).unwrap(), "tests.yaml").unwrap();
        let expected: Vec<_> = tests.cases.iter().map(|case| case.expect).collect();
        use mcpsign_schemas::policy::Expected::{Allow, Deny};
        assert!(expected.contains(&Allow) && expected.contains(&Deny), "{}", path.display());
        count += tests.cases.len();
        assert!(Policy::load(&fs::read(path).unwrap(), "policy.yaml").is_ok());
    }
    assert_eq!(stdout(&output).lines().count(), count);
}

fn bless(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let simulator = Simulator::at("2026-11-20T00:00:00Z".parse().unwrap());
    let artifact = folder.join(TARBALL);
    keyless(&simulator, &artifact, &github());
    fs::write(folder.join("trusted_root.json"), format!("{:#}\n", simulator.trusted_root_json())).unwrap();
    let beside = folder.join(format!("{TARBALL}.mcpsign.jsonl"));
    let honest = fs::read(&beside).unwrap();
    let with = |name: &str, claims: &[(&str, &str)]| {
        let mut token = github_token();
        for (claim, value) in claims {
            token[*claim] = json!(value);
        }
        keyless(&simulator, &artifact, &Identity::from_token(&token).unwrap());
        fs::rename(&beside, folder.join(name)).unwrap();
    };
    let at = |reference: &str| format!("acme/notes-mcp/.github/workflows/release.yml@{reference}");
    let branch = at("refs/heads/main");
    with(
        "branch.jsonl",
        &[("ref", "refs/heads/main"), ("workflow_ref", &branch), ("job_workflow_ref", &branch)],
    );
    with("pull-request-target.jsonl", &[("event_name", "pull_request_target")]);
    with("self-hosted.jsonl", &[("runner_environment", "self-hosted")]);
    with("registered-again.jsonl", &[("repository_id", "999999999"), ("repository_owner_id", "11111")]);
    let without: Vec<&[u8]> = honest.split_inclusive(|byte| *byte == b'\n').take(2).collect();
    fs::write(folder.join("no-provenance.jsonl"), without.concat()).unwrap();
    fs::write(&beside, &honest).unwrap();
    let mut renamed = Release::add_note();
    renamed["name"] = json!("delete_note");
    fs::write(folder.join("shows-more.jsonl"), Release::replies(&[Release::read_note(), renamed])).unwrap();
    fs::write(
        folder.join("shows-the-same.jsonl"),
        Release::replies(&[Release::read_note(), Release::add_note()]),
    )
    .unwrap();
}
