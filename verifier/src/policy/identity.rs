//! `signers[].identity`, held against what a certificate says.

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::{IdentityEntry, NO_ISSUER, RefPattern, SubjectPattern, WorkflowEntry};
use mcpsign_schemas::workload::{Runner, Visibility, Workflow, claim, home_of};

use super::Fault;
use crate::authenticate::CertificateIdentity;

/// Events that run with the repository's rights for whoever causes them: refused unless an entry names them.
const FOREIGN_TRIGGERS: [&str; 3] = ["pull_request_target", "workflow_run", "issue_comment"];

/// Whom a certificate must name, and what it must say of the build.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    entry: IdentityEntry,
    subject: SubjectPattern,
    signer_workflow: Option<WorkflowRule>,
    workflow: Option<WorkflowRule>,
    reference: Option<RefPattern>,
}

#[derive(Debug, Clone)]
struct WorkflowRule {
    entry: WorkflowEntry,
    reference: RefPattern,
}

/// One thing that a certificate says otherwise than a policy's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub code: Code,
    /// What the entry demands.
    pub expected: String,
    /// What the certificate says; `none` where it says nothing.
    pub found: String,
}

impl Difference {
    /// What a report says of it.
    pub fn finding(&self) -> Finding {
        Finding::new(self.code, self.code.title).expected(self.expected.clone()).found(self.found.clone())
    }

    /// Whether the certificate names somebody else, and not the same one in another build.
    pub(crate) fn is_of_somebody_else(&self) -> bool {
        [code::identity::ISSUER_MISMATCH, code::identity::SUBJECT_MISMATCH].contains(&self.code)
    }
}

impl Identity {
    /// The entry at `path` of a document that was checked.
    pub(super) fn compile(entry: &IdentityEntry, path: &str) -> Result<Self, Fault> {
        let at = |member: &str| format!("{path}.{member}");
        let rule = |entry: &Option<WorkflowEntry>, member: &str| {
            entry.as_ref().map(WorkflowRule::compile).transpose().map_err(|error| (at(member), error.into()))
        };
        Ok(Self {
            subject: SubjectPattern::of_entry(entry).map_err(|error| (path.to_owned(), error.into()))?,
            signer_workflow: rule(&entry.signer_workflow, "signerWorkflow")?,
            workflow: rule(&entry.workflow, "workflow")?,
            reference: entry
                .reference
                .as_deref()
                .map(RefPattern::parse)
                .transpose()
                .map_err(|error| (at("ref"), error.into()))?,
            entry: entry.clone(),
        })
    }

    /// What a certificate that leads to the trust roots of these names says otherwise.
    pub(crate) fn differences(&self, found: &CertificateIdentity, roots: &[&str]) -> Vec<Difference> {
        use code::identity;
        let (entry, build) = (&self.entry, &found.workload);
        let mut differences = Differences(Vec::new());
        // A certificate without issuer or subject equals nothing, unless that is what is written.
        let issuer = found.issuer.as_deref();
        let same_issuer =
            if entry.issuer == NO_ISSUER { issuer.is_none() } else { issuer == Some(&entry.issuer) };
        differences.unless(same_issuer, identity::ISSUER_MISMATCH, &entry.issuer, issuer);
        let subject = found.subject_name();
        let same_subject = subject.is_some_and(|subject| self.subject.matches(subject));
        differences.unless(same_subject, identity::SUBJECT_MISMATCH, &self.expected_subject(), subject);
        let root = entry.trust_root.as_deref().and_then(|name| roots.iter().find(|root| **root == name));
        let root = root.or(roots.first()).copied();
        differences.exact(identity::TRUST_ROOT_MISMATCH, entry.trust_root.as_deref(), root);
        self.signed_by(found, &mut differences);
        let text = Option::as_deref;
        differences.exact(identity::REPOSITORY_MISMATCH, text(&entry.repository), text(&build.repository));
        differences.0.extend(self.foreign_caller(found));
        let (id, found_id) = (text(&entry.repository_id), text(&build.repository_id));
        differences.exact(identity::REPOSITORY_ID_MISMATCH, id, found_id);
        differences.exact(identity::OWNER_MISMATCH, text(&entry.owner), text(&build.owner));
        differences.exact(identity::OWNER_ID_MISMATCH, text(&entry.owner_id), text(&build.owner_id));
        let visible = |visibility: Option<Visibility>| visibility.map(visibility_name);
        let (demanded, seen) = (visible(entry.visibility), visible(build.visibility));
        differences.exact(identity::VISIBILITY_MISMATCH, demanded, seen);
        if let Some(rule) = &self.workflow {
            let started = build.workflow.as_ref();
            let shown = started.map(shown_workflow);
            let same = started.is_some_and(|started| rule.matches(started));
            differences.unless(same, identity::WORKFLOW_MISMATCH, &rule.shown(), shown.as_deref());
        }
        if let (Some(pattern), Some(expected)) = (&self.reference, &entry.reference) {
            let built = build.reference.as_deref();
            let same = built.is_some_and(|built| pattern.matches(built));
            differences.unless(same, identity::REF_MISMATCH, expected, built);
        }
        differences.exact(identity::COMMIT_MISMATCH, text(&entry.commit), text(&build.commit));
        self.started_by(found, &mut differences);
        let (runner, ran) = (entry.runner.map(runner_name), build.runner.map(runner_name));
        differences.exact(identity::RUNNER_MISMATCH, runner, ran);
        let (environment, ran) = (text(&entry.environment), text(&build.environment));
        differences.exact(identity::ENVIRONMENT_MISMATCH, environment, ran);
        differences.0
    }

    fn expected_subject(&self) -> String {
        let entry = &self.entry;
        entry
            .subject
            .clone()
            .or_else(|| entry.subject_pattern.clone())
            .unwrap_or_else(|| self.signer_workflow.as_ref().map(WorkflowRule::shown).unwrap_or_default())
    }

    /// The subject names the signer's workflow; what the certificate says of it besides must agree, and alone names a commit.
    fn signed_by(&self, found: &CertificateIdentity, differences: &mut Differences) {
        let Some(rule) = &self.signer_workflow else { return };
        let signer = found.workload.signer_workflow.as_ref();
        let silent = !found.claims.contains_key(claim::BUILD_SIGNER_URI) && rule.entry.commit.is_none();
        let same = silent || signer.is_some_and(|signer| rule.matches(signer));
        let shown = signer.map(shown_workflow);
        let code = code::identity::SIGNER_WORKFLOW_MISMATCH;
        differences.unless(same, code, &rule.shown(), shown.as_deref());
    }

    /// A workflow that anybody may call signs in its own name for whoever calls it. Where an entry does not say whose build it
    /// means, it means one of the repository that the signer's workflow lies in.
    fn foreign_caller(&self, found: &CertificateIdentity) -> Option<Difference> {
        let IdentityEntry { repository, repository_id, owner, owner_id, .. } = &self.entry;
        if [repository, repository_id, owner, owner_id].into_iter().any(Option::is_some)
            || self.workflow.is_some()
        {
            return None;
        }
        let signers = found.claims.get(claim::BUILD_SIGNER_URI).map(String::as_str);
        let homes = found.subject_name().into_iter().chain(signers).filter_map(home_of);
        // As it is claimed: what is not of its form is another one.
        let built = found.claims.get(claim::SOURCE_REPOSITORY_URI);
        let built = built.or_else(|| found.deprecated_claims.get(claim::OLD_REPOSITORY))?;
        let is_built = |home: &&str| {
            let name = home.splitn(4, '/').nth(3).unwrap_or_default();
            home.eq_ignore_ascii_case(built) || name.eq_ignore_ascii_case(built)
        };
        homes.into_iter().find(|home| !is_built(home)).map(|home| Difference {
            code: code::identity::REPOSITORY_MISMATCH,
            expected: home.to_owned(),
            found: built.clone(),
        })
    }

    /// The event: one of those that are named or, if none are, none that runs for strangers, in whatever form it is said.
    fn started_by(&self, found: &CertificateIdentity, differences: &mut Differences) {
        let code = code::identity::TRIGGER_NOT_ALLOWED;
        let said = found.claims.get(claim::BUILD_TRIGGER).map(String::as_str);
        let (read, old) = (
            found.workload.trigger.as_deref(),
            found.deprecated_claims.get(claim::OLD_TRIGGER).map(String::as_str),
        );
        match &self.entry.triggers {
            Some(triggers) => {
                let may = |event: &str| triggers.iter().any(|trigger| trigger == event);
                let same = read.is_some_and(may) && old.is_none_or(may);
                differences.unless(same, code, &triggers.join(", "), read.or(said).or(old));
            }
            None => {
                let readable = said.is_none() || read.is_some();
                let foreign = [said, old]
                    .into_iter()
                    .flatten()
                    .find(|e| FOREIGN_TRIGGERS.iter().any(|f| e.trim().eq_ignore_ascii_case(f)));
                let expected = format!("none of {}", FOREIGN_TRIGGERS.join(", "));
                differences.unless(readable && foreign.is_none(), code, &expected, foreign.or(said));
            }
        }
    }
}

impl WorkflowRule {
    fn compile(entry: &WorkflowEntry) -> Result<Self, mcpsign_schemas::policy::PatternError> {
        Ok(Self { reference: RefPattern::parse(&entry.reference)?, entry: entry.clone() })
    }

    fn matches(&self, found: &Workflow) -> bool {
        found.repository == self.entry.repository
            && found.path == self.entry.path
            && self.reference.matches(&found.reference)
            && (self.entry.commit.is_none() || self.entry.commit == found.commit)
    }

    fn shown(&self) -> String {
        let WorkflowEntry { repository, path, reference, commit } = &self.entry;
        shown(repository, path, reference, commit.as_deref())
    }
}

fn shown_workflow(workflow: &Workflow) -> String {
    shown(&workflow.repository, &workflow.path, &workflow.reference, workflow.commit.as_deref())
}

fn shown(repository: &str, path: &str, reference: &str, commit: Option<&str>) -> String {
    let commit = commit.map_or_else(String::new, |commit| format!(" ({commit})"));
    format!("{repository} {path}@{reference}{commit}")
}

const fn runner_name(runner: Runner) -> &'static str {
    match runner {
        Runner::Hosted => "hosted",
        Runner::SelfHosted => "self-hosted",
    }
}

const fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Internal => "internal",
        Visibility::Private => "private",
    }
}

struct Differences(Vec<Difference>);

impl Differences {
    fn unless(&mut self, same: bool, code: Code, expected: &str, found: Option<&str>) {
        if !same {
            let found = found.unwrap_or("none").to_owned();
            self.0.push(Difference { code, expected: expected.to_owned(), found });
        }
    }

    fn exact(&mut self, code: Code, expected: Option<&str>, found: Option<&str>) {
        if let Some(text) = expected {
            self.unless(found == expected, code, text, found);
        }
    }
}
