//! `signers[].identity`.

use serde_json::json;

use super::Pair;
use crate::keyless::github;
use crate::policy_fields::world::World;

const OTHER: &str = "https://github.com/acme/other-mcp";
const OTHER_COMMIT: &str = "76543210fedcba9876543210fedcba9876543210";

pub(super) fn pairs() -> Vec<Pair> {
    let mut pairs = vec![
        Pair::denied(
            "/signers/0/identity/issuer",
            json!("https://issuer.example"),
            "identity/issuer-mismatch",
        ),
        Pair::denied(
            "/signers/0/identity/subject",
            json!("https://github.com/acme/notes-mcp/.github/workflows/release.yml@refs/tags/v1.3.0"),
            "identity/subject-mismatch",
        ),
        Pair::denied(
            "/signers/0/identity/subjectPattern",
            json!("https://github.com/acme/*/.github/workflows/build.yml@refs/tags/v1.4.0"),
            "identity/subject-mismatch",
        )
        .in_world(any_repository_of_acme),
    ];
    pairs.extend(
        [
            ("/signers/0/identity/trustRoot", json!("public-good"), "identity/trust-root-mismatch"),
            ("/signers/0/identity/repository", json!(OTHER), "identity/repository-mismatch"),
            ("/signers/0/identity/repositoryId", json!("812345679"), "identity/repository-id-mismatch"),
            ("/signers/0/identity/owner", json!("https://github.com/other"), "identity/owner-mismatch"),
            ("/signers/0/identity/ownerId", json!("98766"), "identity/owner-id-mismatch"),
            ("/signers/0/identity/visibility", json!("private"), "identity/visibility-mismatch"),
            ("/signers/0/identity/visibility", json!("internal"), "identity/visibility-mismatch"),
            ("/signers/0/identity/workflow/repository", json!(OTHER), "identity/workflow-mismatch"),
            (
                "/signers/0/identity/workflow/path",
                json!(".github/workflows/build.yml"),
                "identity/workflow-mismatch",
            ),
            ("/signers/0/identity/workflow/ref", json!("refs/heads/**"), "identity/workflow-mismatch"),
            ("/signers/0/identity/workflow/commit", json!(OTHER_COMMIT), "identity/workflow-mismatch"),
            ("/signers/0/identity/ref", json!("refs/heads/main"), "identity/ref-mismatch"),
            ("/signers/0/identity/commit", json!(OTHER_COMMIT), "identity/commit-mismatch"),
            ("/signers/0/identity/triggers", json!(["schedule"]), "identity/trigger-not-allowed"),
            ("/signers/0/identity/runner", json!("self-hosted"), "identity/runner-mismatch"),
            ("/signers/0/identity/environment", json!("staging"), "identity/environment-mismatch"),
        ]
        .map(|(at, to, code)| Pair::denied(at, to, code).in_world(World::whole_identity)),
    );
    pairs.extend(
        [
            ("/signers/0/identity/signerWorkflow/repository", json!(OTHER), "identity/subject-mismatch"),
            (
                "/signers/0/identity/signerWorkflow/path",
                json!(".github/workflows/build.yml"),
                "identity/subject-mismatch",
            ),
            ("/signers/0/identity/signerWorkflow/ref", json!("refs/heads/**"), "identity/subject-mismatch"),
            (
                "/signers/0/identity/signerWorkflow/commit",
                json!(OTHER_COMMIT),
                "identity/signer-workflow-mismatch",
            ),
        ]
        .map(|(at, to, code)| Pair::denied(at, to, code).in_world(World::signer_workflow)),
    );
    pairs
}

fn any_repository_of_acme() -> World {
    let pattern = "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v1.4.0";
    World::honest()
        .put("/signers/0/identity", json!({ "issuer": github().issuer, "subjectPattern": pattern }))
}
