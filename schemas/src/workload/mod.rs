//! What a certificate of Fulcio says of the build that it was issued to, read into types.
//!
//! Fulcio copies claims of an identity token into extensions of the certificate, whatever the provider puts into them. Here
//! those are read that have a form which can be held against another one. What does not have it is absent here, never
//! guessed, and stays as received in the claims beside it.

pub mod claim;
mod issuer;
pub(crate) mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::issuer::IssuerKind;

/// A build, by what the certificate of its signer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// What kind of provider vouched for the identity.
    pub issuer_kind: IssuerKind,
    /// Repository that was built: an `https` URL without query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Its number, which no other repository of the provider gets after it; decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<String>,
    /// Its owner: an `https` URL without query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The owner's number; decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Git reference that was built, `refs/…`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Commit that was built: 40 or 64 lower-case hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The workflow that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Workflow>,
    /// The workflow that asked for the certificate: the same, or one that it called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer_workflow: Option<Workflow>,
    /// The event that started it, `push` say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Whose machine it ran on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// Deployment environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The run: an `https` URL without query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Who could read the repository then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
}

/// Instructions that a provider ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    /// Repository that they lie in: an `https` URL without query.
    pub repository: String,
    /// Path in it, `.github/workflows/release.yml` say.
    pub path: String,
    /// Git reference that they were taken from, `refs/…`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Commit that they were taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Whose machine a build ran on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// The provider's.
    Hosted,
    /// The repository owner's.
    SelfHosted,
}

/// Who can read a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Everybody in the owner's company.
    Internal,
    /// Whom its owner lets.
    Private,
}

/// The repository that a workflow lies in, by a certificate's subject or claim, whatever it says of it besides.
pub fn home_of(workflow: &str) -> Option<&str> {
    parse::home(workflow)
}

/// What a certificate's subject alternative name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// An `rfc822Name`.
    Email,
    /// A `uniformResourceIdentifier`.
    Uri,
    /// A user of an issuer, `NAME!DOMAIN`.
    Username,
}

impl Workload {
    /// Reads `claims`, by the names of [`claim::CURRENT`]. Deprecated claims have other names and are not looked at.
    pub fn of(
        issuer: Option<&str>,
        subject: Option<(SubjectKind, &str)>,
        claims: &BTreeMap<&'static str, String>,
    ) -> Self {
        let claim = |name| claims.get(name).map(String::as_str);
        let commit = |name| claim(name).filter(|text| parse::is_commit(text)).map(str::to_owned);
        let url = |name| claim(name).filter(|text| parse::is_repository(text)).map(str::to_owned);
        let number = |name| claim(name).filter(|text| parse::is_number(text)).map(str::to_owned);
        let workflow = |uri, digest| {
            let workflow = claim(uri).and_then(parse::workflow)?;
            Some(Workflow { commit: commit(digest), ..workflow })
        };
        Self {
            issuer_kind: IssuerKind::of(issuer, subject),
            repository: url(claim::SOURCE_REPOSITORY_URI),
            repository_id: number(claim::SOURCE_REPOSITORY_IDENTIFIER),
            owner: url(claim::SOURCE_REPOSITORY_OWNER_URI),
            owner_id: number(claim::SOURCE_REPOSITORY_OWNER_IDENTIFIER),
            reference: claim(claim::SOURCE_REPOSITORY_REF)
                .filter(|text| parse::is_reference(text))
                .map(str::to_owned),
            commit: commit(claim::SOURCE_REPOSITORY_DIGEST),
            workflow: workflow(claim::BUILD_CONFIG_URI, claim::BUILD_CONFIG_DIGEST),
            signer_workflow: workflow(claim::BUILD_SIGNER_URI, claim::BUILD_SIGNER_DIGEST),
            trigger: claim(claim::BUILD_TRIGGER).filter(|text| parse::is_word(text)).map(str::to_owned),
            runner: claim(claim::RUNNER_ENVIRONMENT).and_then(parse::runner),
            environment: claim(claim::DEPLOYMENT_ENVIRONMENT)
                .filter(|text| parse::is_name(text))
                .map(str::to_owned),
            run: url(claim::RUN_INVOCATION_URI),
            visibility: claim(claim::SOURCE_REPOSITORY_VISIBILITY).and_then(parse::visibility),
        }
    }
}
