//! Provenance beside the certificate that signed it: where they differ, nobody is shown what the provenance says.

use mcpsign_schemas::code::Level;
use mcpsign_schemas::report::VerdictWord;
use mcpsign_simulator::{Content, Identity, Options, Rekor, Tsa};
use mcpsign_tests::forge::{jcs, statement};
use mcpsign_verifier::{Report, Verdict};
use serde_json::{Value, json};

use super::{RELEASE, SIMULATOR, Setup, evidence, github, github_token, judged_requiring, now, root};

const SLSA: &str = "https://slsa.dev/provenance/v1";
const SETUP: Setup = Setup { rekor: Rekor::V2, content: Content::Dsse, tsas: &[Tsa::First] };
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER_COMMIT: &str = "76543210fedcba9876543210fedcba9876543210";

/// What GitHub's builder says of the release workflow, of this file and commit.
fn provenance(path: &str, commit: &str) -> Value {
    statement(&RELEASE.subjects, SLSA, &predicate(path, commit))
}

pub(super) fn predicate(path: &str, commit: &str) -> Value {
    let repository = "https://github.com/acme/notes-mcp";
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": { "ref": "refs/tags/v1.4.0", "repository": repository, "path": path }
            },
            "resolvedDependencies": [{
                "uri": format!("git+{repository}@refs/tags/v1.4.0"), "digest": { "gitCommit": commit }
            }]
        },
        "runDetails": { "builder": { "id": "https://github.com/actions/runner/github-hosted" } }
    })
}

fn signed(statement: &Value, identity: &Identity) -> Value {
    SIMULATOR.mint(&jcs(statement), identity, Options::new(SETUP.rekor, SETUP.content).tsas(SETUP.tsas))
}

fn judged(more: &[&Value]) -> Report {
    let mut lines = evidence(SETUP, &[], &github());
    lines.extend(more.iter().map(|line| (*line).clone()));
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    judged_requiring(&[SLSA], &lines, root(&[]), &github(), now())
}

#[test]
fn b57_provenance_that_contradicts_its_certificate_is_a_note_and_not_shown() {
    let workflow = ".github/workflows/release.yml";
    let honest = signed(&provenance(workflow, COMMIT), &github());
    let alone = judged(&[&honest]).document();
    assert_eq!((alone.verdict, alone.provenance.len()), (VerdictWord::Allow, 1));
    for (path, commit, code) in [
        (workflow, OTHER_COMMIT, "provenance/commit-mismatch"),
        (".github/workflows/other.yml", COMMIT, "provenance/workflow-mismatch"),
    ] {
        let bent = signed(&provenance(path, commit), &github());
        // Beside one that holds it decides nothing.
        let document = judged(&[&honest, &bent]).document();
        assert_eq!((document.verdict, &document.provenance), (VerdictWord::Allow, &alone.provenance));
        let notes = &document.stages.provenance.findings;
        let found: Vec<_> = notes.iter().map(|note| (note.code.id, note.level)).collect();
        assert_eq!(found, [(code, Level::Note)]);
        // Where it is the only one, there is none.
        let document = judged(&[&bent]).document();
        assert_eq!((document.verdict, document.provenance.len()), (VerdictWord::Deny, 0));
        assert_eq!(document.findings[0].code.id, code);
    }
}

/// One payload, signed under two certificates of one identity: that it contradicts one of them takes nothing from the
/// other, whichever stands first.
#[test]
fn b57_certificates_of_one_identity_at_two_commits_are_not_one_signer() {
    let mut token = github_token();
    for claim in ["sha", "workflow_sha", "job_workflow_sha"] {
        token[claim] = OTHER_COMMIT.into();
    }
    let elsewhere = Identity::from_token(&token).unwrap();
    assert_eq!(elsewhere.subject, github().subject);
    let statement = provenance(".github/workflows/release.yml", COMMIT);
    let (right, wrong) = (signed(&statement, &github()), signed(&statement, &elsewhere));
    for more in [[&right, &wrong], [&wrong, &right]] {
        assert!(matches!(judged(&more).verdict(), Verdict::Allow(_)));
    }
    let report = judged(&[&wrong]);
    let Verdict::Deny(findings) = report.verdict() else { panic!("{:?}", report.verdict()) };
    assert_eq!(findings.first().code.id, "provenance/commit-mismatch");
}
