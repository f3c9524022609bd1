//! Provenance: how the release was built, as the CI platform's token says it, and nothing else says it.
//!
//! Made of the token's claims alone, never of the environment: the job can set a variable to anything, a claim it cannot.
//! It claims no SLSA level; what a builder is worth is for the verifier's policy.

mod buildkite;
mod circleci;
mod github;
mod gitlab;

use mcpsign_schemas::canonical::{Json, JsonError};
use serde::Serialize;
use serde_json::Value;

/// Each reads the tokens of one platform; the first that knows a token's claims tells the build.
const PLATFORMS: [fn(&Claims<'_>) -> Read; 4] =
    [github::build, gitlab::build, buildkite::build, circleci::build];

/// What reading a token comes to; `None` where it is another platform's.
type Read = Option<Result<Build, MissingClaim>>;

/// What a platform says of a build.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Build {
    build_type: &'static str,
    /// What whoever started the build could choose.
    external: Value,
    /// What the platform set.
    internal: Value,
    source: Source,
    /// As the certificate names the workflow.
    builder: String,
    /// Address of the run.
    invocation: String,
}

/// Where the sources came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Source {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Commit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    git_commit: String,
}

/// A claim that tokens of the platform have, and this one has not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the identity token of {platform} has no usable claim `{claim}`, which its provenance needs")]
pub(crate) struct MissingClaim {
    platform: &'static str,
    claim: &'static str,
}

impl Build {
    /// Reads a build from the claims of a token; `None` where it is of no CI platform that is known here, or of a person.
    ///
    /// # Errors
    /// When it is of one, and lacks what the provenance needs.
    pub(crate) fn of_token(claims: &Json) -> Result<Option<Self>, MissingClaim> {
        let claims = Claims(claims);
        PLATFORMS.iter().find_map(|platform| platform(&claims)).transpose()
    }

    /// Who built: must be whom the certificate names.
    pub(crate) fn builder(&self) -> &str {
        &self.builder
    }

    /// The predicate of `https://slsa.dev/provenance/v1`.
    ///
    /// # Errors
    /// Never for what a token held; the encoder's error is passed on.
    pub(super) fn predicate(&self) -> Result<Json, JsonError> {
        Json::from_serialize(&serde_json::json!({
            "buildDefinition": {
                "buildType": self.build_type,
                "externalParameters": self.external,
                "internalParameters": self.internal,
                "resolvedDependencies": [self.source],
            },
            "runDetails": {
                "builder": { "id": self.builder },
                "metadata": { "invocationId": self.invocation },
            },
        }))
    }
}

/// The claims of a token.
struct Claims<'a>(&'a Json);

impl<'a> Claims<'a> {
    fn get(&self, claim: &str) -> Option<&'a str> {
        self.0.get(claim).and_then(Json::as_str).filter(|text| !text.is_empty())
    }

    /// Some platforms write ids and numbers as numbers.
    fn text(&self, platform: &'static str, claim: &'static str) -> Result<String, MissingClaim> {
        let number = || self.0.get(claim).and_then(Json::as_u64).map(|number| number.to_string());
        self.get(claim).map(str::to_owned).or_else(number).ok_or(MissingClaim { platform, claim })
    }
}

impl Source {
    /// A Git repository, at the commit that the platform checked out.
    fn git(repository: &str, git_ref: &str, commit: String) -> Self {
        Self { uri: Some(format!("git+{repository}@{git_ref}")), digest: Some(Commit { git_commit: commit }) }
    }
}

#[cfg(test)]
mod tests;
