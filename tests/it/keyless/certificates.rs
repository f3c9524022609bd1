//! What certificates say of their holders: malformed, twice, another's, and all of it shown.

use mcpsign_schemas::report::SignerReport;
use mcpsign_simulator::{Content, Identity, Lie, Rekor, Subject, Tsa};
use mcpsign_verifier::Verdict;
use serde_json::{Value, json};

use super::{ALL, Setup, evidence, github, github_token, judged, judged_as, now, refused, root};

const CERTIFICATE: &str = "signature/certificate";
const STATEMENTS: [Setup; 2] = [
    Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[] },
    Setup { rekor: Rekor::V2, content: Content::Dsse, tsas: &[Tsa::First] },
];

/// The claims of this token, and what a report says of them to whoever expects just that subject and issuer.
fn reported(setup: Setup, token: &Value) -> (Verdict, Vec<SignerReport>) {
    let identity = Identity::from_token(token).unwrap();
    let report = judged_as(&evidence(setup, &[], &identity), root(&[]), &identity, now());
    (report.verdict().clone(), report.document().signers)
}

fn with(change: Value) -> Value {
    let mut token = github_token();
    for (claim, value) in change.as_object().unwrap() {
        token[claim] = value.clone();
    }
    token
}

#[test]
fn b02_one_wrong_part_of_the_identity_is_another_signer() {
    let honest = github();
    let Subject::Uri(subject) = &honest.subject else { panic!("{honest:?}") };
    let other =
        |subject: Subject, issuer: &str| Identity { subject, issuer: issuer.into(), ..honest.clone() };
    let uri = |text: String| Subject::Uri(text);
    let subjects = "identity/subject-mismatch";
    for (signer, code) in [
        (other(uri(subject.replace("v1.4.0", "v1.4.1")), &honest.issuer), subjects),
        (other(uri(subject.replace("refs/tags", "refs/heads")), &honest.issuer), subjects),
        (other(uri(subject.replace("release.yml", "release.yaml")), &honest.issuer), subjects),
        (other(uri(subject.replace("acme/notes", "acme-evil/notes")), &honest.issuer), subjects),
        (other(uri(subject.replace("https:", "http:")), &honest.issuer), subjects),
        (other(uri(subject.to_uppercase()), &honest.issuer), subjects),
        (other(uri(format!("{subject}/")), &honest.issuer), subjects),
        (other(uri(format!("{subject}\n")), &honest.issuer), subjects),
        (other(uri("*".into()), &honest.issuer), subjects),
        (other(uri(String::new()), &honest.issuer), subjects),
        (other(honest.subject.clone(), &format!("{}/", honest.issuer)), "identity/issuer-mismatch"),
        (other(honest.subject.clone(), "https://issuer.example"), "identity/issuer-mismatch"),
        (other(honest.subject.clone(), ""), "identity/issuer-mismatch"),
    ] {
        for setup in STATEMENTS {
            let report = judged(&evidence(setup, &[], &signer), root(&[]), now());
            let Verdict::Deny(findings) = report.verdict() else {
                panic!("{signer:?}: {:?}", report.verdict())
            };
            assert_eq!(findings.first().code.id, code, "{signer:?}");
        }
    }
}

#[test]
fn b19_what_cannot_be_read_in_a_certificate_is_not_passed_over() {
    refused(
        &ALL,
        &[
            (Lie::UnknownKeyAlgorithm, CERTIFICATE),
            (Lie::UnknownSignatureAlgorithm, CERTIFICATE),
            (Lie::IssuerMalformed, CERTIFICATE),
            (Lie::IssuerTwice, CERTIFICATE),
            (Lie::TwoSubjects, CERTIFICATE),
        ],
    );
    for arc in 9..=24 {
        let setups = [STATEMENTS[0], STATEMENTS[1]];
        refused(&setups, &[(Lie::ClaimMalformed(arc), CERTIFICATE), (Lie::ClaimTwice(arc), CERTIFICATE)]);
    }
}

/// Of a private instance whose issuer gives out neither addresses nor e-mail.
#[test]
fn b02_a_user_is_named_whole() {
    let user = |name: &str| Identity {
        subject: Subject::Username(name.into()),
        ..Identity::email("", "https://login.acme.example")
    };
    let alice = user("alice!acme.example");
    for setup in STATEMENTS {
        let of = |signer: &Identity| {
            judged_as(&evidence(setup, &[], signer), root(&[]), &alice, now()).verdict().clone()
        };
        assert!(matches!(of(&alice), Verdict::Allow(_)), "{:?}", of(&alice));
        for other in ["alice!acme.example.org", "mallory!acme.example", "alice", ""] {
            let Verdict::Deny(findings) = of(&user(other)) else { panic!("{other}") };
            assert_eq!(findings.first().code.id, "identity/subject-mismatch", "{other}");
        }
    }
}

/// A name can be registered again; the numbers of owner and repository cannot. Whoever pins them must see them.
#[test]
fn b57_numbers_of_owner_and_repository_are_shown_beside_their_names() {
    for setup in STATEMENTS {
        let (_, before) = reported(setup, &github_token());
        let token = with(json!({ "repository_id": "999000111", "repository_owner_id": "4242" }));
        let (verdict, after) = reported(setup, &token);
        assert!(matches!(verdict, Verdict::Allow(_)), "the names are the same: {verdict:?}");
        for (signers, repository, owner) in [(&before, "812345678", "98765"), (&after, "999000111", "4242")] {
            for signer in signers {
                assert_eq!(signer.claims["sourceRepositoryIdentifier"], repository);
                assert_eq!(signer.claims["sourceRepositoryOwnerIdentifier"], owner);
                assert_eq!(signer.claims["sourceRepositoryURI"], "https://github.com/acme/notes-mcp");
            }
        }
    }
}

#[test]
fn b58_trigger_runner_ref_and_environment_are_shown() {
    for (trigger, runner, reference) in [
        ("push", "github-hosted", "refs/tags/v1.4.0"),
        ("pull_request", "github-hosted", "refs/pull/7/merge"),
        ("schedule", "self-hosted", "refs/heads/main"),
        ("workflow_dispatch", "self-hosted", "refs/heads/main"),
    ] {
        let token = with(json!({
            "event_name": trigger, "runner_environment": runner, "ref": reference, "environment": Value::Null
        }));
        for setup in STATEMENTS {
            let (_, signers) = reported(setup, &token);
            assert_eq!(signers.len(), 2);
            for signer in signers {
                assert_eq!(signer.claims["buildTrigger"], trigger);
                assert_eq!(signer.claims["runnerEnvironment"], runner);
                assert_eq!(signer.claims["sourceRepositoryRef"], reference);
                assert!(!signer.claims.contains_key("deploymentEnvironment"));
            }
        }
    }
}

/// The worm's releases were attested by the right workflow, at another ref and for another trigger: the certificate says
/// both, and to whoever names the workflow's ref it is another signer.
#[test]
fn i14_a_valid_certificate_of_the_wrong_run_tells_which_run_it_was() {
    let workflow = "acme/notes-mcp/.github/workflows/release.yml@refs/heads/main";
    let mut stolen = with(json!({
        "sub": "repo:acme/notes-mcp:ref:refs/heads/main",
        "ref": "refs/heads/main",
        "event_name": "pull_request_target",
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "run_id": "66600666",
    }));
    let identity = Identity::from_token(&stolen).unwrap();
    for setup in STATEMENTS {
        let evidence = evidence(setup, &[], &identity);
        let report = judged(&evidence, root(&[]), now());
        let Verdict::Deny(findings) = report.verdict() else { panic!("{:?}", report.verdict()) };
        assert_eq!(findings.first().code.id, "identity/subject-mismatch");
        // Whoever believes that workflow at that ref still does not believe what strangers may start.
        let (Verdict::Deny(findings), _) = reported(setup, &stolen) else { panic!("allowed") };
        assert_eq!(findings.first().code.id, "identity/trigger-not-allowed");
        assert_eq!(findings.first().found.as_deref(), Some("pull_request_target"));
        // Of another event they see what else there is to see.
        stolen["event_name"] = json!("workflow_dispatch");
        let (verdict, signers) = reported(setup, &stolen);
        stolen["event_name"] = json!("pull_request_target");
        assert!(matches!(verdict, Verdict::Allow(_)), "{verdict:?}");
        let claims = &signers[0].claims;
        assert_eq!(claims["buildTrigger"], "workflow_dispatch");
        assert_eq!(claims["sourceRepositoryRef"], "refs/heads/main");
        assert_eq!(claims["buildConfigURI"], format!("https://github.com/{workflow}"));
        assert_eq!(
            claims["runInvocationURI"],
            "https://github.com/acme/notes-mcp/actions/runs/66600666/attempts/1"
        );
        assert_eq!(claims["tokenSubject"], "repo:acme/notes-mcp:ref:refs/heads/main");
    }
}
