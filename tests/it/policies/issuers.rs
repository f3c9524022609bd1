//! Whoever vouches, there is a way to name who they vouch for, and nobody else.

use mcpsign_simulator::Identity;
use mcpsign_tests::forge::TOOL_MANIFEST;
use serde_json::{Value, json};

use crate::policy_fields::Outcome;
use crate::policy_fields::world::World;

/// What a rule asks that knows nothing of provenance and reviews.
fn world(identity: &Identity, entry: Value) -> World {
    let mut world = World::signed_by(identity).put("/signers/0/identity", entry);
    world.policy["rules"][0]["require"] = json!({
        "predicates": [TOOL_MANIFEST],
        "manifest": world.policy["rules"][1]["require"]["manifest"],
        "sbom": "bound"
    });
    world
}

fn gitlab() -> Identity {
    Identity::from_token(&json!({
        "iss": "https://gitlab.com", "sub": "project_path:acme/notes-mcp:ref_type:tag:ref:v1.4.0",
        "project_path": "acme/notes-mcp", "project_id": "4242", "namespace_path": "acme", "namespace_id": "77",
        "project_visibility": "public", "ref": "v1.4.0", "ref_type": "tag", "pipeline_source": "push",
        "sha": "0123456789abcdef0123456789abcdef01234567", "runner_environment": "gitlab-hosted",
        "ci_config_ref_uri": "gitlab.com/acme/notes-mcp//.gitlab-ci.yml@refs/tags/v1.4.0",
        "ci_config_sha": "0123456789abcdef0123456789abcdef01234567", "job_id": "9", "environment": "release"
    }))
    .unwrap()
}

fn buildkite() -> Identity {
    Identity::from_token(&json!({
        "iss": "https://agent.buildkite.com", "sub": "organization:acme:pipeline:notes:ref:refs/heads/main",
        "organization_slug": "acme", "pipeline_slug": "notes", "build_number": "7", "job_id": "j",
        "build_branch": "main", "build_commit": "0123456789abcdef0123456789abcdef01234567",
        "build_source": "webhook", "runner_environment": "buildkite-hosted"
    }))
    .unwrap()
}

#[test]
fn signers_of_every_issuer_can_be_named() {
    let uri = |issuer: &str, subject: &str| {
        Identity::from_token(&json!({ "iss": issuer, "sub": subject })).unwrap()
    };
    let circle = uri(
        "https://oidc.circleci.com/org/6e1e9a5e",
        "https://circleci.com/api/v2/projects/1/pipeline-definitions/2",
    );
    let spiffe = uri("https://spire.acme.example", "spiffe://acme.example/ns/ci/sa/release");
    let entra =
        uri("https://login.microsoftonline.com/72f988bf/v2.0", "https://acme.example/workload/release");
    let google = Identity::email("release@acme.iam.gserviceaccount.com", "https://accounts.google.com");
    let person = Identity::email("ann@acme.example", "https://github.com/login/oauth");
    for (identity, members, other) in [
        (
            gitlab(),
            json!({
                "signerWorkflow": {
                    "repository": "https://gitlab.com/acme/notes-mcp", "path": ".gitlab-ci.yml", "ref": "refs/tags/v*"
                },
                "repositoryId": "4242", "ownerId": "77", "ref": "refs/tags/v*", "triggers": ["push"],
                "runner": "hosted", "environment": "release", "visibility": "public"
            }),
            json!({ "subject": "https://gitlab.com/acme/notes-mcp//.gitlab-ci.yml@refs/heads/main" }),
        ),
        (
            buildkite(),
            json!({ "subject": "https://buildkite.com/acme/notes", "ref": "refs/heads/main" }),
            json!({ "subjectPattern": "https://buildkite.com/acme-evil/*" }),
        ),
        (
            circle,
            json!({ "subjectPattern": "https://circleci.com/api/v2/projects/1/pipeline-definitions/*" }),
            json!({ "subjectPattern": "https://circleci.com/api/v2/projects/2/pipeline-definitions/*" }),
        ),
        (
            spiffe,
            json!({ "subjectPattern": "spiffe://acme.example/ns/ci/sa/*" }),
            json!({ "subjectPattern": "spiffe://acme.example/ns/*/release" }),
        ),
        (
            entra,
            json!({ "subject": "https://acme.example/workload/release" }),
            json!({ "subject": "https://acme.example/workload/other" }),
        ),
        (
            google,
            json!({ "subject": "release@acme.iam.gserviceaccount.com" }),
            json!({ "subject": "release@acme.iam.gserviceaccount.com.evil.example" }),
        ),
        (person, json!({ "subjectPattern": "*@acme.example" }), json!({ "subjectPattern": "*@cme.example" })),
    ] {
        let entry = |mut members: Value, issuer: &str| {
            members["issuer"] = json!(issuer);
            members
        };
        let outcome = |entry| world(&identity, entry).outcome();
        let named = identity.subject.as_str();
        assert_eq!(outcome(entry(members.clone(), &identity.issuer)), Outcome::Allowed, "{named}");
        let subject = Outcome::Denied("identity/subject-mismatch".into());
        assert_eq!(outcome(entry(other, &identity.issuer)), subject, "{named}");
        // The issuer is whole, too: another tenant, organisation or enterprise is another issuer.
        for issuer in
            [format!("{}/", identity.issuer), format!("{}.evil.example", identity.issuer), "none".into()]
        {
            let found = outcome(entry(members.clone(), &issuer));
            assert_eq!(found, Outcome::Denied("identity/issuer-mismatch".into()), "{named}: {issuer}");
        }
    }
}
