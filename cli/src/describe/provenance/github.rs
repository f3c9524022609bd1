//! GitHub Actions: the predicate that GitHub's own attestations have.

use serde_json::json;

use super::{Build, Claims, MissingClaim, Read, Source};

const PLATFORM: &str = "GitHub Actions";
/// <https://actions.github.io/buildtypes/workflow/v1>
const BUILD_TYPE: &str = "https://actions.github.io/buildtypes/workflow/v1";
const GITHUB: &str = "https://github.com";

/// Known by the workflow that it names. Its certificate names `job_workflow_ref`: the reusable workflow, where one runs.
pub(super) fn build(claims: &Claims<'_>) -> Read {
    claims.get("job_workflow_ref").map(|workflow| of_workflow(claims, workflow))
}

fn of_workflow(claims: &Claims<'_>, workflow: &str) -> Result<Build, MissingClaim> {
    let text = |claim| claims.text(PLATFORM, claim);
    let server = server(claims.get("iss").unwrap_or_default());
    let (repository, git_ref) = (text("repository")?, text("ref")?);
    let caller = text("workflow_ref")?;
    let path = caller.strip_prefix(&format!("{repository}/")).unwrap_or(&caller);
    let path = path.split_once('@').map_or(path, |(path, _)| path);
    let (run, attempt) = (text("run_id")?, text("run_attempt")?);
    let address = format!("{server}/{repository}");
    Ok(Build {
        build_type: BUILD_TYPE,
        external: json!({ "workflow": { "ref": git_ref, "repository": address, "path": path } }),
        internal: json!({ "github": {
            "event_name": text("event_name")?,
            "repository_id": text("repository_id")?,
            "repository_owner_id": text("repository_owner_id")?,
            "runner_environment": text("runner_environment")?,
        } }),
        source: Source::git(&address, &git_ref, text("sha")?),
        builder: format!("{server}/{workflow}"),
        invocation: format!("{address}/actions/runs/{run}/attempts/{attempt}"),
    })
}

/// Whose tokens the issuer gives: github.com; a host of GitHub's with data residency (`token.actions.HOST`); an Enterprise
/// Server (`https://HOST/_services/token`). For any other the certificate authority says github.com, too.
fn server(issuer: &str) -> String {
    let host = |text: &str| !text.is_empty() && !text.contains(['/', '?', '#', '@']);
    let rest = issuer.strip_prefix("https://").unwrap_or_default();
    if let Some(name) = rest.strip_suffix("/_services/token").filter(|name| host(name)) {
        return format!("https://{name}");
    }
    match rest.strip_prefix("token.actions.").filter(|name| name.ends_with(".ghe.com") && host(name)) {
        Some(name) => format!("https://{name}"),
        None => GITHUB.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn issuers_tell_whose_tokens_they_give() {
        for (issuer, expected) in [
            ("https://token.actions.githubusercontent.com", "https://github.com"),
            ("https://token.actions.githubusercontent.com/acme", "https://github.com"),
            ("https://git.acme.example/_services/token", "https://git.acme.example"),
            ("https://token.actions.acme.ghe.com", "https://acme.ghe.com"),
            ("https://token.actions.acme.ghe.com/x", "https://github.com"),
            ("https://a/b/_services/token", "https://github.com"),
            ("http://127.0.0.1:9/actions", "https://github.com"),
            ("", "https://github.com"),
        ] {
            assert_eq!(server(issuer), expected, "{issuer}");
        }
    }
}
