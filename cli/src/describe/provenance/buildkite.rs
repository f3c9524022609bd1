//! Buildkite. Its tokens name a commit, and no repository.

use serde_json::json;

use super::{Build, Claims, Commit, MissingClaim, Read, Source};

const PLATFORM: &str = "Buildkite";
/// `schemas/spec/statement.md` §5.
const BUILD_TYPE: &str = "https://mcpsign.dev/buildtypes/buildkite-pipeline/v1";
const BUILDKITE: &str = "https://buildkite.com";

/// Known by its pipeline, which its certificate names.
pub(super) fn build(claims: &Claims<'_>) -> Read {
    let (organization, pipeline) = (claims.get("organization_slug")?, claims.get("pipeline_slug")?);
    Some(of_pipeline(claims, &format!("{BUILDKITE}/{organization}/{pipeline}")))
}

fn of_pipeline(claims: &Claims<'_>, pipeline: &str) -> Result<Build, MissingClaim> {
    let text = |claim| claims.text(PLATFORM, claim);
    let (number, job) = (text("build_number")?, text("job_id")?);
    let mut external = json!({ "pipeline": pipeline, "branch": text("build_branch")? });
    for (name, claim) in [("tag", "build_tag"), ("step", "step_key")] {
        if let Some(value) = claims.get(claim) {
            external[name] = value.into();
        }
    }
    let mut internal = json!({});
    for claim in ["organization_id", "pipeline_id", "build_source", "runner_environment"] {
        if let Some(value) = claims.get(claim) {
            internal[claim] = value.into();
        }
    }
    Ok(Build {
        build_type: BUILD_TYPE,
        external,
        internal: json!({ "buildkite": internal }),
        source: Source { uri: None, digest: Some(Commit { git_commit: text("build_commit")? }) },
        builder: pipeline.to_owned(),
        invocation: format!("{pipeline}/builds/{number}#{job}"),
    })
}
