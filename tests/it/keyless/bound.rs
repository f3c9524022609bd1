//! Provenance that the platform made, bound by the manifest: that one, and no other good one of the same signer.

use std::path::Path;
use std::process::Output;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_simulator::serve::{Running, Service};
use mcpsign_simulator::{Content, Identity, Options, Rekor, Simulator};
use mcpsign_tests::forge::{jcs, statement};
use serde_json::{Value, json};

use super::{github, github_token, instance, provenance};
use crate::support::{run, test_server};

const SLSA: &str = "https://slsa.dev/provenance/v1";

/// A folder with a server, and an instance on loopback that signs.
struct Desk {
    folder: tempfile::TempDir,
    running: Running,
}

impl Desk {
    fn new() -> Self {
        let (folder, running) = instance();
        let desk = Self { folder, running };
        std::fs::copy(test_server(), desk.folder.path().join("server")).unwrap();
        desk.write("token", &desk.running.simulator().token(&github_token()));
        desk.write("root.json", &desk.running.trusted_root_json().to_string());
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn subject(&self) -> Value {
        let digest = Sha256Digest::of(&std::fs::read(self.folder.path().join("server")).unwrap());
        json!([{ "name": "server", "digest": { "sha256": digest.to_string() } }])
    }

    /// A statement of `simulator`'s, by `identity`.
    fn mint(simulator: &Simulator, statement: &Value, identity: &Identity) -> String {
        simulator.mint(&jcs(statement), identity, Options::new(Rekor::V2, Content::Dsse)).to_string()
    }

    /// Good provenance of a run.
    fn provenance(&self, subject: &Value, run: &str) -> Value {
        let mut predicate = provenance::predicate(".github/workflows/release.yml", provenance::COMMIT);
        predicate["runDetails"]["metadata"] = json!({ "invocationId": run });
        statement(subject, SLSA, &predicate)
    }

    fn attest(&self, bound: &str) -> Output {
        self.write("provenance.json", bound);
        let (server, token, config) = (self.path("server"), self.path("token"), self.path("config.json"));
        let (provenance, out) = (self.path("provenance.json"), self.path("out.jsonl"));
        let keyless = ["--keyless", "--identity-token", &token, "--trust-config", &config];
        let rest = ["--provenance", &provenance, "--evidence-out", &out, "--force", "--", "{artifact}"];
        run(&[&["attest", &server][..], &keyless, &rest].concat(), &[])
    }

    /// Exit code and first finding of `verify`, which asks for provenance.
    fn verify(&self, lines: &str) -> (Option<i32>, Value) {
        self.write("evidence.jsonl", lines);
        let (server, evidence, root) =
            (self.path("server"), self.path("evidence.jsonl"), self.path("root.json"));
        let signer = github();
        let who = ["--identity", signer.subject.as_str(), "--issuer", &signer.issuer, "--require", SLSA];
        let rest = ["--evidence", &evidence, "--trusted-root", &root, "--format", "json"];
        let output = run(&[&["verify", &server][..], &who, &rest].concat(), &[]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors = report["findings"].as_array().unwrap().iter();
        let first =
            errors.filter(|finding| finding["level"] == "error").map(|finding| finding["code"].clone());
        (output.status.code(), first.into_iter().next().unwrap_or_default())
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn another_good_provenance_of_the_same_signer_is_not_the_bound_one() {
    let desk = Desk::new();
    let simulator = desk.running.simulator();
    let mint = |run: &str| Desk::mint(simulator, &desk.provenance(&desk.subject(), run), &github());
    let (bound, other) = (
        mint("https://github.com/acme/notes-mcp/actions/runs/1"),
        mint("https://github.com/acme/notes-mcp/actions/runs/2"),
    );
    let attested = desk.attest(&bound);
    assert!(attested.status.success(), "{}", said(&attested));
    let lines = std::fs::read_to_string(desk.path("out.jsonl")).unwrap();
    assert!(lines.lines().any(|line| line == bound), "it goes along as it is");
    assert_eq!(desk.verify(&lines), (Some(0), Value::Null));

    let swapped = lines.replace(&bound, &other);
    assert_eq!(desk.verify(&swapped), (Some(1), json!("provenance/not-bound")));
    let without = lines.replace(&format!("{bound}\n"), "");
    assert_eq!(desk.verify(&without), (Some(1), json!("provenance/missing")));
    // Beside the bound one it changes nothing.
    assert_eq!(desk.verify(&format!("{lines}{other}\n")), (Some(0), Value::Null));
}

#[test]
fn what_is_not_provenance_of_the_artifact_that_holds_is_not_bound() {
    let desk = Desk::new();
    let (simulator, elsewhere) = (desk.running.simulator(), Simulator::new());
    let run = "https://github.com/acme/notes-mcp/actions/runs/1";
    let good = desk.provenance(&desk.subject(), run);
    let another =
        json!([{ "name": "server", "digest": { "sha256": Sha256Digest::of(b"another").to_string() } }]);
    let sbom = statement(&desk.subject(), "https://cyclonedx.org/bom", &json!({}));
    let mint = |statement: &Value| Desk::mint(simulator, statement, &github());
    let mut altered: Value = serde_json::from_str(&mint(&good)).unwrap();
    altered["dsseEnvelope"]["signatures"][0]["sig"] = "MEUCIQ==".into();
    // Good signatures of something that contradicts the certificate, or says nothing.
    let says = |path, commit| statement(&desk.subject(), SLSA, &provenance::predicate(path, commit));
    let elsewhere_built = says(".github/workflows/other.yml", provenance::COMMIT);
    let other_commit = says(".github/workflows/release.yml", "76543210fedcba9876543210fedcba9876543210");
    let nothing = statement(&desk.subject(), SLSA, &json!({}));
    let old = statement(&desk.subject(), "https://slsa.dev/provenance/v0.2", &json!({ "builder": {} }));
    for (exit, what, bundle) in [
        (1, "provenance/workflow-mismatch", mint(&elsewhere_built)),
        (1, "provenance/commit-mismatch", mint(&other_commit)),
        (1, "provenance/malformed", mint(&nothing)),
        (1, "provenance/malformed", mint(&old)),
        (2, "cannot be bound", mint(&sbom)),
        (2, "cannot be bound", "{}".to_owned()),
        (2, "about none of the artifacts", mint(&desk.provenance(&another, run))),
        (1, "would not verify", Desk::mint(&elsewhere, &good, &github())),
        (1, "would not verify", altered.to_string()),
    ] {
        let logged = desk.running.asked(Service::RekorV2);
        let refused = desk.attest(&bundle);
        assert_eq!(refused.status.code(), Some(exit), "{what}: {}", said(&refused));
        assert!(said(&refused).contains(what), "{what}: {}", said(&refused));
        assert_eq!(said(&refused).contains("attest/check-failed"), exit == 1, "{what}: {}", said(&refused));
        assert!(!Path::new(&desk.path("out.jsonl")).exists(), "{what}");
        assert_eq!(desk.running.asked(Service::RekorV2), logged, "{what}: nothing was logged");
    }
}

/// As `gh attestation download` writes them, and as registries list them.
#[test]
fn the_one_provenance_among_other_attestations_is_bound() {
    let desk = Desk::new();
    let run = |number: usize| format!("https://github.com/acme/notes-mcp/actions/runs/{number}");
    let mint = |statement: &Value| Desk::mint(desk.running.simulator(), statement, &github());
    let (one, other) =
        (mint(&desk.provenance(&desk.subject(), &run(1))), mint(&desk.provenance(&desk.subject(), &run(2))));
    let sbom = mint(&statement(&desk.subject(), "https://cyclonedx.org/bom", &json!({})));
    let parsed = |bundle: &str| serde_json::from_str::<Value>(bundle).unwrap();
    let list = |bundles: &[&String]| {
        let attestations: Vec<Value> =
            bundles.iter().map(|bundle| json!({ "predicateType": SLSA, "bundle": parsed(bundle) })).collect();
        json!({ "attestations": attestations })
    };
    for document in [
        format!("{sbom}\n{one}\n"),
        format!("{one}\nno bundle\n"),
        list(&[&sbom, &one]).to_string(),
        format!("{:#}\n", list(&[&one])),
        format!("{:#}\n", parsed(&one)),
    ] {
        let attested = desk.attest(&document);
        assert!(attested.status.success(), "{document}: {}", said(&attested));
        let lines = std::fs::read_to_string(desk.path("out.jsonl")).unwrap();
        assert!(lines.lines().any(|line| parsed(line) == parsed(&one)), "{document}");
        assert!(!lines.lines().any(|line| parsed(line) == parsed(&sbom)), "{document}");
        assert_eq!(desk.verify(&lines), (Some(0), Value::Null), "{document}");
    }
    std::fs::remove_file(desk.path("out.jsonl")).unwrap();
    for (document, what) in [
        (format!("{one}\n{other}\n"), "it holds 2 provenances, and one is bound"),
        (list(&[&one, &other]).to_string(), "it holds 2 provenances, and one is bound"),
        (format!("{sbom}\nno bundle\n"), "nothing in it is a bundle of SLSA provenance"),
        (list(&[]).to_string(), "nothing in it is a bundle of SLSA provenance"),
        (list(&[&sbom]).to_string(), "no SLSA provenance"),
    ] {
        let refused = desk.attest(&document);
        assert_eq!(refused.status.code(), Some(2), "{what}: {}", said(&refused));
        assert!(said(&refused).contains(what), "{what}: {}", said(&refused));
        assert!(!Path::new(&desk.path("out.jsonl")).exists(), "{what}");
    }
}
