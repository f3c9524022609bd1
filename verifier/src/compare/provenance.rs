//! Does a provenance say what the certificate says that signed it?

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::provenance::Provenance;
use mcpsign_schemas::statement::predicate_type::is_provenance;
use mcpsign_schemas::workload::Workload;

use crate::attribute::Trusted;
use crate::policy::{Policy, ProvenanceRule, Rule, SignerId};

/// What a trusted statement says of the build; `None` if it is no provenance. One of a version that is not read has no form.
///
/// # Errors
/// `provenance/malformed`.
pub(crate) fn read(statement: &Trusted) -> Option<Result<Provenance, Finding>> {
    let (predicate_type, predicate) =
        (&statement.statement().predicate_type, &statement.statement().predicate);
    is_provenance(predicate_type).then(|| {
        Provenance::read(predicate_type, predicate).map_err(|error| {
            Finding::new(code::provenance::MALFORMED, code::provenance::MALFORMED.title)
                .found(error.to_string())
                .evidence(statement.evidence().clone())
        })
    })
}

/// Whether a provenance can be used: it has its form, and contradicts its signer's certificate nowhere.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn holds(statement: &Trusted) -> Result<(), Finding> {
    let Some(provenance) = read(statement).transpose()? else { return Ok(()) };
    let Some(identity) = statement.certificate() else { return Ok(()) };
    agrees(&provenance, &identity.workload).map_err(|finding| finding.evidence(statement.evidence().clone()))
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
        return refused(REPOSITORY_NOT_ALLOWED, expected.into(), repository);
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

/// Begins the path of GitHub's workflows; other builders name their instructions as they like.
const WORKFLOWS: &str = ".github/workflows/";

/// Holds what was built and by which instructions against the same facts in the certificate. Those that one side does not
/// state are no contradiction; whether they must be stated is the policy's business.
///
/// # Errors
/// The first fact that differs.
pub(crate) fn agrees(provenance: &Provenance, workload: &Workload) -> Result<(), Finding> {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH, WORKFLOW_MISMATCH};
    if let Some(source) = &provenance.source {
        same(REPOSITORY_MISMATCH, workload.repository.as_ref(), Some(&source.repository))?;
        same(REF_MISMATCH, workload.reference.as_ref(), source.reference.as_ref())?;
        same(COMMIT_MISMATCH, workload.commit.as_ref(), source.commit.as_ref())?;
    }
    if let (Some(said), Some(signed)) = (&provenance.workflow, &workload.workflow) {
        same(REPOSITORY_MISMATCH, Some(&signed.repository), Some(&said.source.repository))?;
        same(REF_MISMATCH, Some(&signed.reference), said.source.reference.as_ref())?;
        same(COMMIT_MISMATCH, signed.commit.as_ref(), said.source.commit.as_ref())?;
        let path = said.path.as_ref().filter(|path| path.starts_with(WORKFLOWS));
        same(WORKFLOW_MISMATCH, Some(&signed.path), path)?;
    }
    Ok(())
}

fn same(code: Code, certificate: Option<&String>, provenance: Option<&String>) -> Result<(), Finding> {
    match (certificate, provenance) {
        (Some(expected), Some(found)) if expected != found => {
            Err(Finding::new(code, code.title).expected(expected.clone()).found(found.clone()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json;
    use mcpsign_schemas::statement::predicate_type::SLSA_PROVENANCE;
    use mcpsign_schemas::workload::claim;

    const COMMIT: &str = "599500821344b070902a7a5666064bfdaba715df";

    fn workload(changed: Option<(&'static str, &str)>) -> Workload {
        let mut claims = std::collections::BTreeMap::from([
            (claim::SOURCE_REPOSITORY_URI, "https://git.example/acme/x".to_owned()),
            (claim::SOURCE_REPOSITORY_REF, "refs/tags/v1".to_owned()),
            (claim::SOURCE_REPOSITORY_DIGEST, COMMIT.to_owned()),
            (
                claim::BUILD_CONFIG_URI,
                "https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v1".to_owned(),
            ),
            (claim::BUILD_CONFIG_DIGEST, COMMIT.to_owned()),
        ]);
        claims.extend(changed.map(|(name, value)| (name, value.to_owned())));
        Workload::of(None, None, &claims)
    }

    fn provenance() -> Provenance {
        let predicate = json(&format!(
            r#"{{"buildDefinition":{{"buildType":"t","externalParameters":{{"workflow":{{"ref":"refs/tags/v1","repository":"https://git.example/acme/x","path":".github/workflows/r.yml"}}}},"resolvedDependencies":[{{"uri":"git+https://git.example/acme/x@refs/tags/v1","digest":{{"gitCommit":"{COMMIT}"}}}}]}},"runDetails":{{"builder":{{"id":"b"}}}}}}"#
        ));
        Provenance::read(SLSA_PROVENANCE, &predicate).unwrap()
    }

    #[test]
    fn b57_each_fact_that_differs_has_its_code() {
        use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH, WORKFLOW_MISMATCH};
        assert_eq!(agrees(&provenance(), &workload(None)), Ok(()));
        let other = COMMIT.replace('5', "6");
        for (claim, value, code) in [
            (claim::SOURCE_REPOSITORY_URI, "https://git.example/acme/y", REPOSITORY_MISMATCH),
            (claim::SOURCE_REPOSITORY_REF, "refs/heads/v1", REF_MISMATCH),
            (claim::SOURCE_REPOSITORY_DIGEST, other.as_str(), COMMIT_MISMATCH),
            (
                claim::BUILD_CONFIG_URI,
                "https://git.example/acme/y/.github/workflows/r.yml@refs/tags/v1",
                REPOSITORY_MISMATCH,
            ),
            (
                claim::BUILD_CONFIG_URI,
                "https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v2",
                REF_MISMATCH,
            ),
            (
                claim::BUILD_CONFIG_URI,
                "https://git.example/acme/x/.github/workflows/s.yml@refs/tags/v1",
                WORKFLOW_MISMATCH,
            ),
        ] {
            let finding = agrees(&provenance(), &workload(Some((claim, value)))).unwrap_err();
            assert_eq!(finding.code, code, "{claim}");
            assert!(finding.expected.is_some() && finding.found.is_some());
        }
        // What a side does not say contradicts nothing.
        let unknown = workload(Some((claim::SOURCE_REPOSITORY_URI, "acme/x")));
        assert_eq!(agrees(&provenance(), &unknown), Ok(()));
    }
}
