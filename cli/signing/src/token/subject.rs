//! Whom a certificate for a token has to name.

use mcpsign_schemas::canonical::Json;

use super::IdentityToken;

/// The name that a certificate for the token must carry, as far as the token tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeaksFor {
    /// Exactly this.
    Exactly(String),
    /// An `https` address of some host that ends in this path.
    Below(String),
}

impl SpeaksFor {
    /// Whether `name` is it.
    pub fn is(&self, name: &str) -> bool {
        match self {
            Self::Exactly(expected) => expected == name,
            Self::Below(path) => name
                .strip_prefix("https://")
                .and_then(|rest| rest.split_once('/'))
                .is_some_and(|(host, rest)| !host.is_empty() && rest == path),
        }
    }

    /// What is compared.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Exactly(expected) | Self::Below(expected) => expected,
        }
    }
}

impl IdentityToken {
    /// Whom the certificate must name: the e-mail address, or the workflow of a CI platform (as Fulcio's public
    /// configuration says); `None` where only the certificate authority knows.
    pub fn speaks_for(&self) -> Option<SpeaksFor> {
        if let Some(email) = self.email() {
            return Some(SpeaksFor::Exactly(email.into()));
        }
        let text = |claim: &str| self.claims().get(claim).and_then(Json::as_str);
        if let Some(workflow) = text("job_workflow_ref") {
            return Some(SpeaksFor::Below(workflow.into()));
        }
        text("ci_config_ref_uri").map(|config| SpeaksFor::Exactly(format!("https://{config}")))
    }

    /// Whom the certificate may name as issuer: the token's own; or, where that one passes on what another says (Dex),
    /// the other. The first is the expected one.
    pub fn issuers(&self) -> Vec<&str> {
        let federated = self.claims().get("federated_claims").and_then(|claims| claims.get("connector_id"));
        federated.and_then(Json::as_str).into_iter().chain([self.issuer()]).collect()
    }
}
