use mcpsign_schemas::canonical::Limits;

use super::*;

const GITHUB: &str = r#"{
    "iss": "https://token.actions.githubusercontent.com", "aud": "sigstore", "sub": "repo:acme/files-mcp:ref:refs/tags/v1.4.0",
    "repository": "acme/files-mcp", "repository_id": "123456789", "repository_owner": "acme", "repository_owner_id": "987654",
    "ref": "refs/tags/v1.4.0", "sha": "0123456789abcdef0123456789abcdef01234567",
    "workflow_ref": "acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0",
    "job_workflow_ref": "acme/build/.github/workflows/npm.yml@refs/heads/main",
    "event_name": "push", "runner_environment": "github-hosted", "run_id": "4242424242", "run_attempt": "1" }"#;
const GITLAB: &str = r#"{
    "iss": "https://gitlab.com", "aud": "sigstore", "sub": "project_path:acme/files-mcp:ref_type:tag:ref:v1.4.0",
    "project_id": "20", "project_path": "acme/files-mcp", "namespace_id": "30", "namespace_path": "acme",
    "pipeline_id": "574", "pipeline_source": "push", "job_id": "302", "ref": "v1.4.0", "ref_type": "tag",
    "ci_config_ref_uri": "gitlab.com/acme/files-mcp//.gitlab-ci.yml@refs/tags/v1.4.0",
    "ci_config_sha": "89abcdef0123456789abcdef0123456789abcdef", "runner_environment": "gitlab-hosted",
    "sha": "0123456789abcdef0123456789abcdef01234567" }"#;
const BUILDKITE: &str = r#"{
    "iss": "https://agent.buildkite.com", "aud": "sigstore", "sub": "organization:acme:pipeline:files-mcp:ref:refs/heads/main",
    "organization_slug": "acme", "pipeline_slug": "files-mcp", "build_number": 41, "build_branch": "main",
    "build_commit": "0123456789abcdef0123456789abcdef01234567", "step_key": "release", "job_id": "0184990a-4782",
    "organization_id": "0184990a-477b", "pipeline_id": "0184990a-4789", "build_source": "webhook" }"#;
const CIRCLECI: &str = r#"{
    "iss": "https://oidc.circleci.com", "aud": "sigstore", "sub": "org/1/project/2/user/3",
    "oidc.circleci.com/project-id": "p2", "oidc.circleci.com/pipeline-definition-id": "d4",
    "oidc.circleci.com/pipeline-id": "i5", "oidc.circleci.com/workflow-id": "w6", "oidc.circleci.com/job-id": "j7",
    "oidc.circleci.com/vcs-origin": "github.com/acme/files-mcp", "oidc.circleci.com/vcs-ref": "refs/heads/main" }"#;

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap()
}

fn predicate(claims: &str) -> serde_json::Value {
    let build = Build::of_token(&json(claims)).unwrap().unwrap();
    serde_json::from_slice(&build.predicate().unwrap().to_canonical()).unwrap()
}

#[test]
fn github_as_its_own_attestations_say_it() {
    let expected = serde_json::json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": { "workflow": {
                "ref": "refs/tags/v1.4.0",
                "repository": "https://github.com/acme/files-mcp",
                "path": ".github/workflows/release.yml",
            } },
            "internalParameters": { "github": {
                "event_name": "push",
                "repository_id": "123456789",
                "repository_owner_id": "987654",
                "runner_environment": "github-hosted",
            } },
            "resolvedDependencies": [ {
                "uri": "git+https://github.com/acme/files-mcp@refs/tags/v1.4.0",
                "digest": { "gitCommit": "0123456789abcdef0123456789abcdef01234567" },
            } ],
        },
        "runDetails": {
            "builder": { "id": "https://github.com/acme/build/.github/workflows/npm.yml@refs/heads/main" },
            "metadata": { "invocationId": "https://github.com/acme/files-mcp/actions/runs/4242424242/attempts/1" },
        },
    });
    assert_eq!(predicate(GITHUB), expected);
}

#[test]
fn gitlab() {
    let expected = serde_json::json!({
        "buildDefinition": {
            "buildType": "https://mcpsign.dev/buildtypes/gitlab-pipeline/v1",
            "externalParameters": { "pipeline": {
                "ref": "refs/tags/v1.4.0",
                "repository": "https://gitlab.com/acme/files-mcp",
                "configuration": "https://gitlab.com/acme/files-mcp//.gitlab-ci.yml@refs/tags/v1.4.0",
            } },
            "internalParameters": { "gitlab": {
                "pipeline_source": "push", "pipeline_id": "574", "project_id": "20", "namespace_id": "30",
                "ci_config_sha": "89abcdef0123456789abcdef0123456789abcdef", "runner_environment": "gitlab-hosted",
            } },
            "resolvedDependencies": [ {
                "uri": "git+https://gitlab.com/acme/files-mcp@refs/tags/v1.4.0",
                "digest": { "gitCommit": "0123456789abcdef0123456789abcdef01234567" },
            } ],
        },
        "runDetails": {
            "builder": { "id": "https://gitlab.com/acme/files-mcp//.gitlab-ci.yml@refs/tags/v1.4.0" },
            "metadata": { "invocationId": "https://gitlab.com/acme/files-mcp/-/jobs/302" },
        },
    });
    assert_eq!(predicate(GITLAB), expected);
}

#[test]
fn buildkite() {
    let expected = serde_json::json!({
        "buildDefinition": {
            "buildType": "https://mcpsign.dev/buildtypes/buildkite-pipeline/v1",
            "externalParameters": {
                "pipeline": "https://buildkite.com/acme/files-mcp", "branch": "main", "step": "release",
            },
            "internalParameters": { "buildkite": {
                "organization_id": "0184990a-477b", "pipeline_id": "0184990a-4789", "build_source": "webhook",
            } },
            "resolvedDependencies": [ { "digest": { "gitCommit": "0123456789abcdef0123456789abcdef01234567" } } ],
        },
        "runDetails": {
            "builder": { "id": "https://buildkite.com/acme/files-mcp" },
            "metadata": { "invocationId": "https://buildkite.com/acme/files-mcp/builds/41#0184990a-4782" },
        },
    });
    assert_eq!(predicate(BUILDKITE), expected);
}

#[test]
fn circleci() {
    let definition = "https://circleci.com/api/v2/projects/p2/pipeline-definitions/d4";
    let expected = serde_json::json!({
        "buildDefinition": {
            "buildType": "https://mcpsign.dev/buildtypes/circleci-pipeline/v1",
            "externalParameters": { "pipeline": {
                "ref": "refs/heads/main", "repository": "https://github.com/acme/files-mcp", "definition": definition,
            } },
            "internalParameters": { "circleci": { "pipeline_id": "i5" } },
            "resolvedDependencies": [ { "uri": "git+https://github.com/acme/files-mcp@refs/heads/main" } ],
        },
        "runDetails": {
            "builder": { "id": definition },
            "metadata": { "invocationId": "https://app.circleci.com/workflow/w6/job/j7" },
        },
    });
    assert_eq!(predicate(CIRCLECI), expected);
}

#[test]
fn a_person_builds_nothing() {
    for claims in [
        r#"{"iss":"https://login.acme.example","sub":"s","email":"dev@acme.example","email_verified":true}"#,
        r#"{"iss":"https://issuer.example","sub":"s"}"#,
        r#"{"iss":"https://issuer.example","sub":"s","job_workflow_ref":"","sha":"x"}"#,
    ] {
        assert_eq!(Build::of_token(&json(claims)), Ok(None), "{claims}");
    }
}

#[test]
fn a_platforms_token_that_lacks_a_claim_is_none_of_its() {
    for (claims, needed) in [
        (GITHUB, &["repository", "ref", "workflow_ref", "sha", "run_id", "run_attempt", "event_name"][..]),
        (GITLAB, &["iss", "project_path", "ref", "ref_type", "sha", "job_id", "ci_config_sha"]),
        (BUILDKITE, &["build_number", "build_commit", "build_branch", "job_id"]),
        (CIRCLECI, &["oidc.circleci.com/vcs-ref", "oidc.circleci.com/pipeline-definition-id"]),
    ] {
        for claim in needed {
            for value in [None, Some(""), Some("{}")] {
                let mut bent: serde_json::Value = serde_json::from_str(claims).unwrap();
                match value {
                    None => drop(bent.as_object_mut().unwrap().remove(*claim)),
                    Some("") => bent[*claim] = "".into(),
                    Some(_) => bent[*claim] = serde_json::json!({}),
                }
                let error = Build::of_token(&json(&bent.to_string())).unwrap_err();
                assert_eq!(error.claim, *claim);
            }
        }
    }
}
