//! CircleCI. Its tokens name a repository and a ref, and no commit.

use serde_json::json;

use super::{Build, Claims, MissingClaim, Read, Source};

const PLATFORM: &str = "CircleCI";
/// `schemas/spec/statement.md` §5.
const BUILD_TYPE: &str = "https://mcpsign.dev/buildtypes/circleci-pipeline/v1";
const API: &str = "https://circleci.com/api/v2";
const APP: &str = "https://app.circleci.com";

/// Known by its pipeline's definition, which its certificate names.
pub(super) fn build(claims: &Claims<'_>) -> Read {
    let project = claims.get("oidc.circleci.com/project-id")?;
    Some(of_project(claims, project))
}

fn of_project(claims: &Claims<'_>, project: &str) -> Result<Build, MissingClaim> {
    let text = |claim| claims.text(PLATFORM, claim);
    let definition = text("oidc.circleci.com/pipeline-definition-id")?;
    let pipeline = format!("{API}/projects/{project}/pipeline-definitions/{definition}");
    let (origin, git_ref) = (text("oidc.circleci.com/vcs-origin")?, text("oidc.circleci.com/vcs-ref")?);
    let origin = if origin.contains("://") { origin } else { format!("https://{origin}") };
    let (workflow, job) = (text("oidc.circleci.com/workflow-id")?, text("oidc.circleci.com/job-id")?);
    Ok(Build {
        build_type: BUILD_TYPE,
        external: json!({ "pipeline": { "ref": git_ref, "repository": origin, "definition": pipeline } }),
        internal: json!({ "circleci": { "pipeline_id": text("oidc.circleci.com/pipeline-id")? } }),
        source: Source { uri: Some(format!("git+{origin}@{git_ref}")), digest: None },
        builder: pipeline,
        invocation: format!("{APP}/workflow/{workflow}/job/{job}"),
    })
}
