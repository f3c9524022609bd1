//! The SBOM that the manifest binds.

use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::report::StageState;
use mcpsign_schemas::statement::predicate_type;

use super::{Case, flags};
use crate::testing::{Key, Release, json, statement, subject};

#[test]
fn a_swapped_sbom_is_not_the_bound_one() {
    let key = Key::generate();
    let honest = Release::honest();
    // Another document about the same artifact, signed by the same key.
    let mut other = honest.clone();
    other.sbom.as_object_mut().unwrap().insert("version".into(), 2.into());
    let mut case = Case::of(&key, &honest);
    case.lines[0] = key.bundle(&other.sbom_payload());
    let document = case.denied(code::sbom::NOT_BOUND);
    assert_eq!(document.stages.sbom.state, StageState::Failed);
    assert_eq!(document.stages.manifest.state, StageState::Passed);
    assert_eq!(document.findings[0].expected, Some(format!("sha256:{}", honest.sbom.sha256())));

    // The SBOM of another release.
    other.subjects = vec![subject("x", b"x")];
    case.lines[0] = key.bundle(&other.sbom_payload());
    case.denied(code::sbom::NOT_BOUND);

    // The same document in another statement than the one that the run made.
    let again = statement(
        vec![subject("renamed.tgz", &honest.artifact)],
        predicate_type::CYCLONEDX,
        honest.sbom.clone(),
    );
    case.lines[0] = key.bundle(&again);
    case.denied(code::sbom::NOT_BOUND);

    // Beside the right one it does no harm.
    let mut case = Case::of(&key, &honest);
    case.lines.push(key.bundle(&again));
    case.allowed();
}

#[test]
fn b63_it_must_be_an_sbom_of_this_artifact() {
    let key = Key::generate();
    let with = |text: &str| {
        let mut release = Release::honest();
        release.sbom = json(text);
        release.bind();
        Case::of(&key, &release)
    };
    with("{}").denied(code::sbom::MALFORMED);
    with(r#"{"bomFormat":"SPDX","specVersion":"1.6"}"#).denied(code::sbom::MALFORMED);
    let root = |member: &str| {
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"component":{{"type":"application","bom-ref":"r","name":"n"{member}}}}},"components":[]}}"#
        )
    };
    with(&root("")).allowed();
    let other = Sha256Digest::of(b"other");
    with(&root(&format!(r#","hashes":[{{"alg":"SHA-256","content":"{other}"}}]"#)))
        .denied(code::sbom::UNRELATED);
    with(&root(r#","purl":"pkg:npm/other@1.0.0""#)).denied(code::sbom::UNRELATED);
    with(&root(r#","purl":"pkg:npm/%40acme/notes-mcp""#)).allowed();
    with(&root(r#","purl":"notes""#)).denied(code::sbom::MALFORMED);
}

#[test]
fn an_sbom_statement_has_one_subject() {
    let key = Key::generate();
    let mut release = Release::honest();
    let two = vec![release.subjects[0].clone(), subject("x", b"x")];
    let payload = statement(two, predicate_type::CYCLONEDX, release.sbom.clone());
    release.manifest.bindings.statements[0].payload = Sha256Digest::of(&payload).into();
    let mut case = Case::of(&key, &release);
    case.lines[0] = key.bundle(&payload);
    case.denied(code::sbom::MALFORMED);
}

#[test]
fn without_a_binding_none_is_required_by_flags() {
    let key = Key::generate();
    let mut release = Release::honest();
    release.manifest.bindings.sboms.clear();
    release.manifest.bindings.statements.clear();
    let mut case = Case::of(&key, &release);
    assert_eq!(case.allowed().stages.sbom.state, StageState::NotRequired);

    // Unless it is asked for: any spelling of its format answers, bound or not.
    case.policy = flags(&key, &["https://cyclonedx.org/bom/v1.6"]);
    assert_eq!(case.allowed().stages.sbom.state, StageState::Passed);
    case.lines.remove(0);
    case.denied(code::sbom::MISSING);
    case.policy = flags(&key, &[predicate_type::SPDX_2_3]);
    case.denied(code::sbom::MISSING);
}
