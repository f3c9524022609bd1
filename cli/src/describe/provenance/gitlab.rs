//! GitLab CI/CD.

use serde_json::json;

use super::{Build, Claims, MissingClaim, Read, Source};

const PLATFORM: &str = "GitLab";
/// `schemas/spec/statement.md` §5.
const BUILD_TYPE: &str = "https://mcpsign.dev/buildtypes/gitlab-pipeline/v1";

/// Known by its pipeline's configuration, which its certificate names.
pub(super) fn build(claims: &Claims<'_>) -> Read {
    claims.get("ci_config_ref_uri").map(|config| of_pipeline(claims, config))
}

fn of_pipeline(claims: &Claims<'_>, config: &str) -> Result<Build, MissingClaim> {
    let text = |claim| claims.text(PLATFORM, claim);
    let server = text("iss")?.trim_end_matches('/').to_owned();
    let project = format!("{server}/{}", text("project_path")?);
    let kind = if text("ref_type")? == "branch" { "heads" } else { "tags" };
    let git_ref = format!("refs/{kind}/{}", text("ref")?);
    let job = text("job_id")?;
    Ok(Build {
        build_type: BUILD_TYPE,
        external: json!({ "pipeline": {
            "ref": git_ref, "repository": project, "configuration": format!("https://{config}"),
        } }),
        internal: json!({ "gitlab": {
            "pipeline_source": text("pipeline_source")?,
            "pipeline_id": text("pipeline_id")?,
            "project_id": text("project_id")?,
            "namespace_id": text("namespace_id")?,
            "ci_config_sha": text("ci_config_sha")?,
            "runner_environment": text("runner_environment")?,
        } }),
        source: Source::git(&project, &git_ref, text("sha")?),
        builder: format!("https://{config}"),
        invocation: format!("{project}/-/jobs/{job}"),
    })
}
