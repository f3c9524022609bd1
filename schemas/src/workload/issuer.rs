//! What kind of provider an issuer is.

use serde::Serialize;

use super::SubjectKind;

/// A kind of identity provider. Of no weight by itself: who may sign is said by issuer and subject, each whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IssuerKind {
    /// GitHub Actions, an enterprise's own issuer included.
    GithubActions,
    /// gitlab.com.
    GitlabCi,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    CircleCi,
    /// Google: people, and workloads by their service account.
    Google,
    /// Microsoft Entra: one tenant.
    Entra,
    /// A SPIFFE trust domain.
    Spiffe,
    /// A person, by an e-mail address that some other provider vouches for.
    Email,
    /// Any other, and a certificate that names none.
    Other,
}

impl IssuerKind {
    /// By the issuer where that is a known one, else by what the subject is.
    pub(super) fn of(issuer: Option<&str>, subject: Option<(SubjectKind, &str)>) -> Self {
        issuer.and_then(known).unwrap_or(match subject {
            Some((SubjectKind::Email, _)) => Self::Email,
            Some((SubjectKind::Uri, uri)) if uri.starts_with("spiffe://") => Self::Spiffe,
            _ => Self::Other,
        })
    }
}

/// The issuers that Fulcio's configuration names by kind. An issuer is compared with a slash after it, so that one host is
/// never the beginning of another.
fn known(issuer: &str) -> Option<IssuerKind> {
    let whole = issuer.strip_prefix("https://")?;
    let (host, path) = whole.split_once('/').unwrap_or((whole, ""));
    match host {
        "token.actions.githubusercontent.com" => Some(IssuerKind::GithubActions),
        "gitlab.com" if path.is_empty() => Some(IssuerKind::GitlabCi),
        "agent.buildkite.com" if path.is_empty() => Some(IssuerKind::Buildkite),
        "oidc.circleci.com" if path.starts_with("org/") => Some(IssuerKind::CircleCi),
        "accounts.google.com" if path.is_empty() => Some(IssuerKind::Google),
        "login.microsoftonline.com" | "sts.windows.net" if !path.is_empty() => Some(IssuerKind::Entra),
        // `token.actions.TENANT.ghe.com`
        _ => host
            .strip_prefix("token.actions.")
            .and_then(|rest| rest.strip_suffix(".ghe.com"))
            .filter(|tenant| !tenant.is_empty() && !tenant.contains('.'))
            .map(|_| IssuerKind::GithubActions),
    }
}
