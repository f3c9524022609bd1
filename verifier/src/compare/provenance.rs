//! Does a provenance say what the certificate says that signed it?

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::DigestSet;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::provenance::{Named, Provenance, Told, Variable, file_at, may_be_at};
use mcpsign_schemas::statement::predicate_type::is_provenance;
use mcpsign_schemas::workload::{SubjectKind, Workload};

use crate::attribute::Trusted;
use crate::authenticate::CertificateIdentity;
use crate::policy::{Policy, ProvenanceRule, Rule, SignerId};

/// What a trusted statement says of the build; `None` if it is no provenance. One of a version that is not read has no form.
///
/// # Errors
/// `provenance/malformed`.
pub(crate) fn read(statement: &Trusted) -> Option<Result<Provenance, Finding>> {
    let (predicate_type, predicate) =
        (&statement.statement().predicate_type, &statement.statement().predicate);
    is_provenance(predicate_type).then(|| {
        let mut provenance = Provenance::read(predicate_type, predicate).map_err(|error| {
            Finding::new(code::provenance::MALFORMED, code::provenance::MALFORMED.title)
                .found(error.to_string())
                .evidence(statement.evidence().clone())
        })?;
        // Where several repositories went in, the certificate tells which was built.
        let certified = statement.certificate().and_then(|identity| identity.workload.repository.as_deref());
        if let Some(repository) = certified {
            provenance.source = provenance.source_in(repository);
        }
        Ok(provenance)
    })
}

/// Whether a provenance can be used: it has its form, and contradicts its signer's certificate nowhere.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn holds(statement: &Trusted) -> Result<(), Finding> {
    usable(statement).transpose().map(drop)
}

/// What a provenance that [`holds`] says; `None` if a statement is none.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn usable(statement: &Trusted) -> Option<Result<Provenance, Finding>> {
    let agreeing = |provenance: Provenance| match statement.certificate() {
        Some(identity) => agrees(&provenance, &identity.workload)
            .and_then(|()| is_itself(&provenance, identity))
            .map_err(|finding| finding.evidence(statement.evidence().clone()))
            .map(|()| provenance),
        None => Ok(provenance),
    };
    read(statement).map(|read| read.and_then(agreeing))
}

/// Whether a provenance meets what a rule demands of one. Statements of other types do.
///
/// # Errors
/// The first demand that it does not meet.
pub(crate) fn meets(
    statement: &Trusted,
    demands: &ProvenanceRule,
    rule: &Rule,
    policy: &Policy,
) -> Result<(), Finding> {
    use code::provenance::{
        BUILDER_NOT_ALLOWED, COMMIT_NOT_ALLOWED, LEVEL_TOO_LOW, REF_NOT_ALLOWED, REPOSITORY_NOT_ALLOWED,
    };
    let Some(provenance) = read(statement).transpose()? else { return Ok(()) };
    let refused = |code: Code, expected: String, found: Option<&str>| {
        let found = found.unwrap_or("none").to_owned();
        Err(Finding::new(code, code.title)
            .expected(expected)
            .found(found)
            .evidence(statement.evidence().clone()))
    };
    if let Some(builders) = &demands.builders {
        let signers = counting(statement, rule);
        match builders.level(&provenance.builder_id, &signers) {
            None => {
                let names = signers.iter().filter_map(|id| Some(policy.signer(*id)?.name.as_str()));
                let expected = format!("a builder that is known by {}", names.collect::<Vec<_>>().join(", "));
                return refused(BUILDER_NOT_ALLOWED, expected, Some(&provenance.builder_id));
            }
            Some(level) if level < builders.minimum_level => {
                let found = format!("level {level}: {}", provenance.builder_id);
                return refused(LEVEL_TOO_LOW, format!("level {}", builders.minimum_level), Some(&found));
            }
            Some(_) => {}
        }
    }
    let source = provenance.source.as_ref();
    let repository = source.map(|source| source.repository.as_str());
    let reference = source.and_then(|source| source.reference.as_deref());
    let commit = source.and_then(|source| source.commit.as_deref());
    if let Some(expected) = demands.repository.as_deref()
        && repository != Some(expected)
    {
        let several: Vec<String> = provenance.repositories().map(|named| named.repository).collect();
        let found = repository
            .map(str::to_owned)
            .or((!several.is_empty()).then(|| format!("one of {}", several.join(", "))));
        return refused(REPOSITORY_NOT_ALLOWED, expected.into(), found.as_deref());
    }
    if let Some((expected, pattern)) = &demands.reference
        && !reference.is_some_and(|reference| pattern.matches(reference))
    {
        return refused(REF_NOT_ALLOWED, expected.clone(), reference);
    }
    if let Some(expected) = demands.commit.as_deref()
        && commit != Some(expected)
    {
        return refused(COMMIT_NOT_ALLOWED, expected.into(), commit);
    }
    Ok(())
}

/// The level that a rule gives the builder of a provenance, and that builder; `None` for statements of other types, and where
/// the rule says nothing of the builder from any of those who signed.
pub(crate) fn level(statement: &Trusted, rule: &Rule) -> Option<(u8, String)> {
    let builders = rule.provenance.as_ref()?.builders.as_ref()?;
    let builder = read(statement)?.ok()?.builder_id;
    Some((builders.level(&builder, &counting(statement, rule))?, builder))
}

/// The entries for whoever signed that a rule names.
fn counting(statement: &Trusted, rule: &Rule) -> Vec<SignerId> {
    statement.entries().iter().copied().filter(|id| rule.names(*id)).collect()
}

/// Holds what was built and by which instructions against the same facts in the certificate. Those that one side does not
/// state are no contradiction; whether they must be stated is the policy's business.
///
/// # Errors
/// The first fact that differs.
pub(crate) fn agrees(provenance: &Provenance, workload: &Workload) -> Result<(), Finding> {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH};
    materials(provenance, workload)?;
    instructions(provenance, workload)?;
    variables(provenance, workload)?;
    if let Some(source) = &provenance.source {
        same(REPOSITORY_MISMATCH, workload.repository.as_ref(), Some(&source.repository))?;
        same(REF_MISMATCH, workload.reference.as_ref(), source.reference.as_ref())?;
        same(COMMIT_MISMATCH, workload.commit.as_ref(), source.commit.as_ref())?;
    }
    Ok(())
}

/// Every Git repository that went in, however it is spelled: the certificate's is among them, wherever it stands in the state
/// that the certificate names. Others may stand beside it.
fn materials(provenance: &Provenance, workload: &Workload) -> Result<(), Finding> {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH};
    let Some(repository) = &workload.repository else { return Ok(()) };
    let certified = spelled(repository);
    let (mut is_there, mut other) = (false, None);
    for named in provenance.repositories() {
        if named.repository != certified.repository {
            // What may be any file elsewhere is a repository where repositories lie.
            if !named.is_open || named.is_beside(&certified) {
                other.get_or_insert(named.repository);
            }
            continue;
        }
        is_there = true;
        if let Some(reference) =
            elsewhere(named.reference.as_deref(), workload.reference.as_ref(), workload.commit.as_ref())
        {
            return Err(differs(REF_MISMATCH, reference, named.reference.unwrap_or_default()));
        }
        if let Some(commit) = &workload.commit
            && let Some(other) = named.other_commit(commit)
        {
            return Err(differs(COMMIT_MISMATCH, commit, other.to_owned()));
        }
    }
    match other {
        Some(other) if !is_there => return Err(differs(REPOSITORY_MISMATCH, repository, other)),
        _ if is_there => return Ok(()),
        _ => {}
    }
    // A state without a place can only be that of what was built.
    let Some(commit) = &workload.commit else { return Ok(()) };
    match provenance.placeless().next() {
        Some(other) if provenance.placeless().all(|named| named != commit) => {
            Err(differs(COMMIT_MISMATCH, commit, other.to_owned()))
        }
        _ => Ok(()),
    }
}

/// Where the instructions lie, however it is spelled: where those lie that the certificate names, else what was built.
fn instructions(provenance: &Provenance, workload: &Workload) -> Result<(), Finding> {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH, WORKFLOW_MISMATCH};
    let (repository, reference, commit) = match &workload.workflow {
        Some(workflow) => (Some(&workflow.repository), Some(&workflow.reference), workflow.commit.as_ref()),
        None => (workload.repository.as_ref(), workload.reference.as_ref(), workload.commit.as_ref()),
    };
    for told in &provenance.told {
        if let (Some(repository), Some(named)) = (repository, &told.repository)
            && spelled(repository).repository != named.repository
        {
            return Err(differs(REPOSITORY_MISMATCH, repository, named.repository.clone()));
        }
        if let Some(reference) = elsewhere(told.reference.as_deref(), reference, commit) {
            return Err(differs(REF_MISMATCH, reference, told.reference.clone().unwrap_or_default()));
        }
        if let (Some(commit), Some(named)) = (commit, &told.repository)
            && let Some(other) = named.other_commit(commit)
        {
            return Err(differs(COMMIT_MISMATCH, commit, other.to_owned()));
        }
        if let (Some(workflow), Some(path)) = (&workload.workflow, &told.path)
            && path.strip_prefix("./").unwrap_or(path) != workflow.path
        {
            return Err(differs(WORKFLOW_MISMATCH, &workflow.path, path.clone()));
        }
    }
    Ok(())
}

/// What the platform's variables said, and where its own address of the run lies.
fn variables(provenance: &Provenance, workload: &Workload) -> Result<(), Finding> {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH};
    for (variable, found) in &provenance.variables {
        // Names are stated without their host.
        let at_home = |address: &String| {
            spelled(address).repository.split_once('/').is_some_and(|(_, path)| path == found)
        };
        let (code, fact) = match variable {
            Variable::Repository => (REPOSITORY_MISMATCH, &workload.repository),
            Variable::Owner => (REPOSITORY_MISMATCH, &workload.owner),
            Variable::RepositoryId => (REPOSITORY_MISMATCH, &workload.repository_id),
            Variable::OwnerId => (REPOSITORY_MISMATCH, &workload.owner_id),
            Variable::Reference => (REF_MISMATCH, &workload.reference),
            Variable::Commit => (COMMIT_MISMATCH, &workload.commit),
        };
        let agrees = |fact: &String| match variable {
            Variable::Repository | Variable::Owner => at_home(fact),
            _ => fact == found,
        };
        if let Some(fact) = fact.as_ref().filter(|fact| !agrees(fact)) {
            return Err(differs(code, fact, found.clone()));
        }
    }
    let Some(repository) = &workload.repository else { return Ok(()) };
    // BuildKit's action calls the builder after the run.
    for run in provenance.invocation_id.iter().chain([&provenance.builder_id]) {
        if let Some((named, _)) = run.split_once(RUNS)
            && spelled(named).repository != spelled(repository).repository
        {
            return Err(differs(REPOSITORY_MISMATCH, repository, named.to_owned()));
        }
    }
    Ok(())
}

/// Stands behind a repository in the addresses of GitHub's runs.
const RUNS: &str = "/actions/runs/";

/// A builder that is called after a file of instructions lies in the repository of the workflow that asked for the certificate:
/// any other could call itself a generator that somebody trusts. One file stands for another of its repository, which SLSA's
/// delegating builders do; the same file is from the same reference.
fn is_itself(provenance: &Provenance, identity: &CertificateIdentity) -> Result<(), Finding> {
    use mcpsign_schemas::workload::IssuerKind::{Buildkite, CircleCi, GithubActions, GitlabCi};
    let subject = identity.subject.as_ref().filter(|subject| subject.kind == SubjectKind::Uri);
    let (Some(builder), Some(subject)) = (file_at(&provenance.builder_id), subject) else { return Ok(()) };
    let same = match file_at(&subject.name) {
        Some(own) => {
            let home = |told: &Told| told.repository.as_ref().map(|named| named.repository.clone());
            let from_there = own.path != builder.path
                || own.reference.as_deref().is_none_or(|full| may_be_at(builder.reference.as_deref(), full));
            home(&own) == home(&builder) && from_there
        }
        // Jobs of these are called after their files, or have none.
        None => !matches!(identity.workload.issuer_kind, GithubActions | GitlabCi | Buildkite | CircleCi),
    };
    if same {
        return Ok(());
    }
    Err(differs(code::provenance::WORKFLOW_MISMATCH, &subject.name, provenance.builder_id.clone()))
}

/// The certificate's reference, where what is named cannot be it. A commit may stand where references do.
fn elsewhere<'a>(
    named: Option<&str>,
    reference: Option<&'a String>,
    commit: Option<&String>,
) -> Option<&'a String> {
    reference.filter(|full| !may_be_at(named, full) && named != commit.map(String::as_str))
}

fn spelled(repository: &str) -> Named {
    Named::of(repository, &DigestSet::default())
}

fn differs(code: Code, certificate: &str, provenance: String) -> Finding {
    Finding::new(code, code.title).expected(certificate).found(provenance)
}

fn same(code: Code, certificate: Option<&String>, provenance: Option<&String>) -> Result<(), Finding> {
    match (certificate, provenance) {
        (Some(expected), Some(found)) if expected != found => Err(differs(code, expected, found.clone())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
