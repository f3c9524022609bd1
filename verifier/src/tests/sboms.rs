//! The SBOM that the manifest binds.

use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{
    CatalogerState, CatalogerStatus, FileOutcome, Inventory, KnownGap, Location, Means, Origin, Package,
    Scope, SourceFile,
};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::report::StageState;
use mcpsign_schemas::statement::predicate_type;

use super::{Case, flags, has};
use crate::measured::{Gap, Got};
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

/// A package that the artifact holds.
fn package(purl: &str, means: Means) -> Package {
    let version = purl.rsplit_once('@').map(|(_, version)| version.to_owned());
    let file = if means == Means::Lockfile { "npm-shrinkwrap.json" } else { "node_modules/x/package.json" };
    Package {
        version,
        found: [Location { file: file.into(), ..Location::at("", means) }].into(),
        ..Package::new(purl, purl, "x")
    }
}

fn made_of(packages: impl IntoIterator<Item = Package>) -> Inventory {
    Inventory {
        packages: packages.into_iter().map(|package| (package.id.clone(), package)).collect(),
        ..Inventory::default()
    }
}

/// A release whose SBOM lists these, and whose artifact is made of that.
fn listing(purls: &[&str], contents: Inventory) -> Case {
    let key = Key::generate();
    let mut release = Release::honest();
    let components: Vec<String> =
        purls.iter().map(|purl| format!(r#"{{"type":"library","name":"x","purl":"{purl}"}}"#)).collect();
    let root = release.sbom.get("metadata").unwrap().clone();
    release.sbom = json(&format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{}]}}"#,
        components.join(",")
    ));
    release.sbom.as_object_mut().unwrap().insert("metadata".into(), root);
    release.bind();
    let mut case = Case::of(&key, &release);
    case.measured.subject.contents = Got::Some(contents);
    case
}

const ZOD: &str = "pkg:npm/zod@4.4.3";
const WS: &str = "pkg:npm/ws@8.21.0";

#[test]
fn b24_an_sbom_that_shares_nothing_with_the_artifact_is_not_its_own() {
    let contents = || made_of([package(ZOD, Means::Installed), package(WS, Means::Installed)]);
    let document = listing(&["pkg:npm/left-pad@1.3.0"], contents()).denied(code::sbom::COMPONENT_MISSING);
    assert!(has(&document.findings, code::sbom::UNRELATED));
    assert_eq!(document.stages.sbom.state, StageState::Failed);
    // One of them is enough to be about it; what it lacks still fails.
    let document = listing(&[ZOD], contents()).denied(code::sbom::COMPONENT_MISSING);
    assert!(!has(&document.findings, code::sbom::UNRELATED));
    listing(&[ZOD, WS], contents()).allowed();
}

#[test]
fn b63_an_empty_sbom_lists_nothing_that_is_there() {
    listing(&[], made_of([package(ZOD, Means::Installed)])).denied(code::sbom::COMPONENT_MISSING);
    // Of an artifact that is made of nothing else it is true.
    let document = listing(&[], Inventory::default()).allowed();
    assert!(!has(&document.findings, code::sbom::NOT_COMPARED));
}

#[test]
fn b63_a_component_taken_out_is_missed() {
    let found = [Means::Installed, Means::Binary, Means::Lockfile, Means::Manifest];
    for means in found {
        let contents = made_of([package(ZOD, Means::Installed), package(WS, means)]);
        let document = listing(&[ZOD], contents).denied(code::sbom::COMPONENT_MISSING);
        let finding = &document.findings[0];
        assert!(finding.expected.as_deref().unwrap().starts_with(WS), "{finding:?}");
        assert_eq!(finding.found.as_deref(), Some("not listed"));
    }
    // Another version is no substitute, unless only a lock file says so, which not every installer follows.
    let other = ["pkg:npm/zod@4.4.3", "pkg:npm/ws@8.0.0"];
    let with = |means| listing(&other, made_of([package(ZOD, Means::Installed), package(WS, means)]));
    let document = with(Means::Installed).denied(code::sbom::COMPONENT_MISSING);
    assert_eq!(document.findings[0].found.as_deref(), Some("8.0.0"));
    assert!(has(&with(Means::Lockfile).allowed().findings, code::sbom::COMPONENT_INVENTED));
    // A bundler's notice may name what was dropped again.
    let hinted = listing(&[ZOD], made_of([package(ZOD, Means::Installed), package(WS, Means::BundleNotice)]));
    assert!(has(&hinted.allowed().findings, code::sbom::COMPONENT_MISSING));
}

#[test]
fn b63_package_urls_are_compared_not_their_spelling() {
    for (ours, theirs) in [
        ("pkg:npm/%40scope/a@1.0.0", "pkg:NPM/@scope/a@1.0.0"),
        ("pkg:pypi/a-b@1.0", "pkg:pypi/A_b@1.0"),
        ("pkg:golang/github.com/acme/a@v1.0.0", "pkg:golang/github.com/Acme/a@v1.0.0"),
        ("pkg:npm/a@1.0.0%2Bbuild", "pkg:npm/a@1.0.0+build"),
        ("pkg:npm/a@1.0.0", "pkg:npm/a@1.0.0?download_url=https://registry.example/a.tgz"),
    ] {
        listing(&[theirs], made_of([package(ours, Means::Installed)])).allowed();
    }
    // npm's names are told apart by case.
    listing(&["pkg:npm/JSONStream@1.0.0"], made_of([package("pkg:npm/jsonstream@1.0.0", Means::Installed)]))
        .denied(code::sbom::COMPONENT_MISSING);
}

#[test]
fn what_is_only_asked_for_needs_a_name_and_what_may_be_left_out_none() {
    let asked = |change: fn(&mut Package)| {
        let mut package = Package { origin: Origin::Declared, ..package("pkg:npm/ws", Means::Manifest) };
        package.version = None;
        change(&mut package);
        package
    };
    listing(&[WS], made_of([asked(|_| {})])).allowed();
    listing(&[ZOD], made_of([asked(|_| {})])).denied(code::sbom::COMPONENT_MISSING);
    listing(&[ZOD], made_of([asked(|package| package.scope = Scope::Optional)])).allowed();
    listing(&[ZOD], made_of([asked(|package| package.scope = Scope::Development)])).allowed();
    let on_windows = |package: &mut Package| {
        package.markers.insert("sys_platform == 'win32'".into());
    };
    listing(&[ZOD], made_of([asked(on_windows)])).allowed();
}

/// What an artifact with a lock file of its own, wholly understood, is made of.
fn locked() -> Inventory {
    Inventory {
        files: vec![SourceFile {
            path: "npm-shrinkwrap.json".into(),
            origin: LockfileOrigin::Artifact,
            sha256: Sha256Digest::of(b""),
            cataloger: "javascript/npm-shrinkwrap".into(),
            pins: true,
            outcome: FileOutcome::Used,
        }],
        catalogers: vec![CatalogerStatus {
            id: "javascript/npm-shrinkwrap".into(),
            state: CatalogerState::Complete,
        }],
        ..made_of([package(ZOD, Means::Lockfile)])
    }
}

#[test]
fn a_component_that_the_artifact_contradicts_is_told_and_a_gap_contradicts_nothing() {
    let invented = |contents: Inventory| {
        has(&listing(&[ZOD, WS], contents).allowed().findings, code::sbom::COMPONENT_INVENTED)
    };
    assert!(invented(locked()));
    assert!(!invented(made_of([package(ZOD, Means::Installed)])));
    let mut gap = locked();
    gap.gaps.push(KnownGap { path: None, reason: "an archive in it".into() });
    assert!(!invented(gap));
    let mut failed = locked();
    failed.catalogers[0].state = CatalogerState::Failed { error: "x".into() };
    assert!(!invented(failed));
    // Of other ecosystems the lock file says nothing.
    let other = listing(&[ZOD, "pkg:pypi/anyio@4.16.0"], locked()).allowed();
    assert!(!has(&other.findings, code::sbom::COMPONENT_INVENTED));
}

#[test]
fn contents_that_could_not_be_made_out_leave_it_open() {
    let mut case = Case::honest(&Key::generate());
    assert!(has(&case.allowed().findings, code::sbom::NOT_COMPARED));
    let gap = Gap { code: code::evidence::UNREADABLE, message: "too many packages".into() };
    case.measured.subject.contents = Got::Missing(gap);
    case.undecided(code::evidence::UNREADABLE);
}
