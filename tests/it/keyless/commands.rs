//! The same from the command line: one of each family of lies, as whoever verifies a download meets it.

use std::path::PathBuf;

use mcpsign_simulator::serve::Service;
use mcpsign_simulator::{Content, Identity, Lie, Rekor, RootLie, Simulator, Tsa};
use mcpsign_tests::forge::TARBALL;
use serde_json::{Value, json};

use super::{RELEASE, SIMULATOR, Setup, evidence, github, github_token};
use crate::support::run;

const V1: Setup = Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[] };
const V2: Setup = Setup { rekor: Rekor::V2, content: Content::Dsse, tsas: &[Tsa::First] };

/// A folder with the release, and a trust root.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(root_lies: &[RootLie]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write(TARBALL, &RELEASE.artifact);
        desk.write("root.json", SIMULATOR.trusted_root_with(root_lies).to_string().as_bytes());
        desk
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        self.0.path().join(name)
    }

    /// Exit code and report of `verify`, for whoever trusts `expected`.
    fn verify(&self, evidence: &[Value], expected: &Identity) -> (Option<i32>, Value) {
        let lines: Vec<String> = evidence.iter().map(|line| format!("{line}\n")).collect();
        self.write("evidence.jsonl", lines.concat().as_bytes());
        let (artifact, evidence, root) =
            (self.path(TARBALL), self.path("evidence.jsonl"), self.path("root.json"));
        let identity = ["--identity", expected.subject.as_str(), "--issuer", &expected.issuer];
        let rest = ["--evidence", &evidence, "--trusted-root", &root, "--format", "json"];
        let output = run(&[&["verify", &artifact][..], &identity, &rest].concat(), &[]);
        let report = serde_json::from_slice(&output.stdout);
        (
            output.status.code(),
            report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))),
        )
    }

    #[track_caller]
    fn denied(&self, evidence: &[Value], code: &str, what: &str) {
        let (exit, report) = self.verify(evidence, &github());
        assert_eq!((exit, &report["verdict"]), (Some(1), &json!("deny")), "{what}: {report:#}");
        assert_eq!(report["findings"][0]["code"], code, "{what}");
    }
}

#[test]
fn one_of_each_family_of_lies_is_denied_by_its_code() {
    let desk = Desk::new(&[]);
    for setup in [V1, V2] {
        let (exit, report) = desk.verify(&evidence(setup, &[], &github()), &github());
        assert_eq!((exit, &report["verdict"]), (Some(0), &json!("allow")), "{report:#}");
        let (log, certificate, timestamp) =
            ("signature/log-entry", "signature/certificate", "signature/timestamp");
        let stamped = Setup { tsas: &[Tsa::First], ..setup };
        for (lies, code) in [
            (Lie::EntryOfOtherArtifact, log),
            (Lie::EntryByOtherSigner, log),
            (Lie::ProofAltered, log),
            (Lie::CheckpointByOtherKey, log),
            (Lie::ProofMissing, "signature/no-inclusion-proof"),
            (Lie::Downgraded, "signature/no-inclusion-proof"),
            (Lie::AlsoStampedAt(601), certificate),
            (Lie::StampedBy(Tsa::Retired), timestamp),
            (Lie::SecondSignerInfo, timestamp),
            (Lie::ForgedCertificateInBag, timestamp),
            (Lie::ReceiptOfTwin, certificate),
            (Lie::CertificateExpired, certificate),
            (Lie::IssuerTwice, certificate),
            (Lie::ClaimMalformed(15), certificate),
            (Lie::TwoSubjects, certificate),
            (Lie::UnknownEntryHash, log),
            (Lie::ChainEmbedded, "signature/bundle-version"),
        ] {
            desk.denied(&evidence(stamped, &[lies], &github()), code, &format!("{lies:?} {:?}", setup.rekor));
        }
    }
    desk.denied(&evidence(V1, &[Lie::PromiseWithheld(5)], &github()), "signature/timestamp", "B11");
    desk.denied(&evidence(V2, &[Lie::TimestampMissing], &github()), "signature/timestamp", "B11");
    desk.denied(&[], "signature/no-attestation", "B05");
}

#[test]
fn another_signer_and_another_root_are_denied_by_their_codes() {
    let desk = Desk::new(&[]);
    let honest = github();
    let mut stolen = github_token();
    stolen["job_workflow_ref"] = "acme/notes-mcp/.github/workflows/release.yml@refs/heads/main".into();
    let stolen = Identity::from_token(&stolen).unwrap();
    desk.denied(&evidence(V2, &[], &stolen), "identity/subject-mismatch", "I14");
    let issuer = Identity { issuer: "https://issuer.example".into(), ..honest.clone() };
    desk.denied(&evidence(V2, &[], &issuer), "identity/issuer-mismatch", "B02");

    let lines = evidence(V2, &[], &honest);
    for (lie, code) in [
        (RootLie::LogsEnded, "signature/log-entry"),
        (RootLie::TsasEnded, "signature/timestamp"),
        (RootLie::IssuersEnded, "signature/certificate"),
        (RootLie::NoLogs, "signature/log-entry"),
        (RootLie::NoTsas, "signature/timestamp"),
    ] {
        Desk::new(&[lie]).denied(&lines, code, &format!("{lie:?}"));
    }
    let other = Desk::new(&[]);
    other.write("root.json", Simulator::new().trusted_root_json().to_string().as_bytes());
    other.denied(&lines, "signature/timestamp", "another instance");
    // A root that is none is a usage error, not a verdict.
    for lie in [RootLie::Empty, RootLie::LogTwice, RootLie::EmptyTsaChain, RootLie::UnknownLogKey] {
        let desk = Desk::new(&[lie]);
        desk.write("evidence.jsonl", format!("{}\n", lines[0]).as_bytes());
        let (artifact, evidence, root) =
            (desk.path(TARBALL), desk.path("evidence.jsonl"), desk.path("root.json"));
        let identity = ["--identity", honest.subject.as_str(), "--issuer", &honest.issuer];
        let rest = ["--evidence", &evidence, "--trusted-root", &root];
        let output = run(&[&["verify", &artifact][..], &identity, &rest].concat(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{lie:?}: {said}");
        assert!(said.contains("is no usable Sigstore trust root"), "{lie:?}: {said}");
    }
}

/// What would be signed is printed; nobody is asked for anything, and there is no need of a token.
#[test]
fn a_dry_run_asks_nobody() {
    let running = Simulator::new().serve();
    let desk = Desk::new(&[]);
    desk.write("acme.json", running.client_trust_config_json().to_string().as_bytes());
    let (artifact, config) = (desk.path(TARBALL), desk.path("acme.json"));
    let dry = ["attest", &artifact, "--no-manifest", "--keyless", "--dry-run", "--trust-config", &config];
    let output = run(&dry, &[]);
    let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{said}");
    let statements: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!statements.is_empty());
    for statement in statements {
        assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
        assert_ne!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    }
    assert!(said.contains("there is provenance, too"), "{said}");
    for service in [Service::Fulcio, Service::Tsa, Service::RekorV2, Service::Oidc] {
        assert_eq!(running.asked(service), 0, "{service:?}");
    }
    assert_eq!(std::fs::read_dir(desk.0.path()).unwrap().count(), 3, "nothing was written");
}
