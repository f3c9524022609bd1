//! `signers[].identity`: whom a certificate must name, and what it must say of the build.

use serde::{Deserialize, Serialize};

use super::check::{Fault, exact, form, name, not_empty, unique_strings};
use super::{Problem, RefPattern, SubjectPattern};
use crate::workload::parse::{is_commit, is_name, is_number, is_repository, is_word, workflow};
use crate::workload::{Runner, Visibility};

/// `issuer` of certificates that name none.
pub const NO_ISSUER: &str = "none";

/// Whom a certificate must name: an issuer, and exactly one of `subject`, `subjectPattern` and `signerWorkflow`. All else is
/// what it must say of the build; a certificate that does not say it is not meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityEntry {
    /// URL of the OpenID Connect issuer that vouched for the subject, exact; `none` for certificates that name no issuer.
    pub issuer: String,
    /// Subject alternative name of the certificate, exact: a workflow's URL with its ref, an e-mail address, a SPIFFE id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The same with `*` for whole parts, none of them behind `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_pattern: Option<String>,
    /// The workflow that asked for the certificate, by which the subject is then known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_workflow: Option<WorkflowEntry>,
    /// Name of the Sigstore trust root that must have vouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<String>,
    /// URL of the repository that was built, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Its number, decimal, which nobody gets who registers its name again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<String>,
    /// URL of its owner, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The owner's number, decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Who could read the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The workflow that was started; where it calls another one, that is not the one that signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowEntry>,
    /// Git reference that was built: exact, or with `*`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Commit that was built: 40 or 64 lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Events that may have started the build; without it any but those that run foreign code with the repository's rights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Vec<String>>,
    /// Whose machine it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// Deployment environment, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// A workflow, in a repository, from a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkflowEntry {
    /// URL of the repository that it lies in, exact.
    pub repository: String,
    /// Its path in there, exact.
    pub path: String,
    /// Git reference that it was taken from: exact, or with `*`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Commit that it was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl IdentityEntry {
    /// Exactly this subject by exactly this issuer.
    pub fn exact(issuer: String, subject: String) -> Self {
        Self { issuer, subject: Some(subject), ..Self::default() }
    }

    /// The same workflow taken from any Git reference of the same kind (`refs/tags/**` for `refs/tags/v1.4.0`); `None` where
    /// the subject is no workflow's URL.
    pub fn at_any_reference(&self) -> Option<Self> {
        self.at(|reference| {
            let (kind, _) = reference.strip_prefix("refs/")?.split_once('/')?;
            Some(format!("refs/{kind}/**"))
        })
    }

    /// The same workflow taken from references that are named alike ([`RefPattern::alike`]); `None` where the subject is no
    /// workflow's URL.
    pub fn at_references_alike(&self) -> Option<Self> {
        self.at(|reference| Some(RefPattern::alike(reference)))
    }

    fn at(&self, references: impl FnOnce(&str) -> Option<String>) -> Option<Self> {
        let workflow = workflow(self.subject.as_deref()?)?;
        let signer_workflow = WorkflowEntry {
            reference: references(&workflow.reference)?,
            repository: workflow.repository,
            path: workflow.path,
            commit: None,
        };
        let entry = Self { subject: None, signer_workflow: Some(signer_workflow), ..self.clone() };
        entry.check("").is_ok().then_some(entry)
    }

    /// Whether some certificate might be meant by both: issuer and subject alone make an identity.
    pub(super) fn may_overlap(&self, other: &Self) -> bool {
        // What does not parse is refused elsewhere.
        let subjects = (SubjectPattern::of_entry(self), SubjectPattern::of_entry(other));
        let (Ok(own), Ok(others)) = subjects else { return true };
        self.issuer == other.issuer && own.may_overlap(&others)
    }

    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        let at = |member: &str| format!("{path}.{member}");
        exact(&self.issuer, &at("issuer"))?;
        match (&self.subject, &self.subject_pattern, &self.signer_workflow) {
            (Some(subject), None, None) => exact(subject, &at("subject"))?,
            (None, Some(pattern), None) => {
                SubjectPattern::parse(pattern).map_err(|error| (at("subjectPattern"), error.into()))?;
            }
            (None, None, Some(workflow)) => workflow.check(&at("signerWorkflow"))?,
            _ => return Err((path.into(), Problem::NotOneSubject)),
        }
        if let Some(root) = &self.trust_root {
            name(root, &at("trustRoot"))?;
        }
        let repository = "URL of a repository or owner";
        form(self.repository.as_deref(), is_address, repository, &at("repository"))?;
        form(self.repository_id.as_deref(), is_number, "number", &at("repositoryId"))?;
        form(self.owner.as_deref(), is_address, repository, &at("owner"))?;
        form(self.owner_id.as_deref(), is_number, "number", &at("ownerId"))?;
        if let Some(workflow) = &self.workflow {
            workflow.check(&at("workflow"))?;
        }
        if let Some(reference) = &self.reference {
            RefPattern::parse(reference).map_err(|error| (at("ref"), error.into()))?;
        }
        form(self.commit.as_deref(), is_commit, "commit", &at("commit"))?;
        if let Some(triggers) = &self.triggers {
            not_empty(triggers, &at("triggers"))?;
            for (place, trigger) in triggers.iter().enumerate() {
                form(Some(trigger), is_word, "event", &at(&format!("triggers[{place}]")))?;
            }
            unique_strings(triggers.iter().map(String::as_str), |place| at(&format!("triggers[{place}]")))?;
        }
        form(self.environment.as_deref(), is_environment, "environment", &at("environment"))
    }
}

impl WorkflowEntry {
    fn check(&self, path: &str) -> Result<(), Fault> {
        let at = |member: &str| format!("{path}.{member}");
        form(Some(&self.repository), is_address, "URL of a repository or owner", &at("repository"))?;
        form(Some(&self.path), is_path, "path in a repository", &at("path"))?;
        RefPattern::parse(&self.reference).map_err(|error| (at("ref"), error.into()))?;
        form(self.commit.as_deref(), is_commit, "commit", &at("commit"))
    }
}

/// As claims spell it: `https`, no slash and no `.git` at the end.
pub(super) fn is_address(text: &str) -> bool {
    is_repository(text) && !text.ends_with(".git") && !text.contains('*')
}

/// A `*` would be read as any, and compared as what it is.
fn is_environment(text: &str) -> bool {
    is_name(text) && !text.contains('*')
}

/// Relative, no part of it empty or dots.
fn is_path(text: &str) -> bool {
    is_repository(&format!("https://host/{text}")) && !text.contains(['@', '*'])
}
