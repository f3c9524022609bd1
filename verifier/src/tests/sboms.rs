//! The SBOM that the manifest binds.

use mcpsign_schemas::canonical::Json;
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
use crate::policy::Policy;
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

/// Whichever of two statements of a signer is asked first: one that counts is enough.
#[test]
fn another_sbom_beside_one_that_counts_spoils_nothing() {
    let key = Key::generate();
    // The bound document once more, over two subjects.
    let mut release = Release::honest();
    release.manifest.bindings.statements.clear();
    let two = vec![release.subjects[0].clone(), subject("x", b"x")];
    let over_two = statement(two, predicate_type::CYCLONEDX, release.sbom.clone());
    let mut case = Case::of(&key, &release);
    case.lines.push(key.bundle(&over_two));
    case.allowed();
    case.lines.remove(0);
    case.denied(code::sbom::MALFORMED);

    // Nothing is bound, and other documents have another root.
    release.manifest.bindings.sboms.clear();
    let mut case = Case::of(&key, &release);
    case.policy = flags(&key, &[predicate_type::CYCLONEDX]);
    for at in 0..8 {
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":{at},"metadata":{{"component":{{"type":"application","bom-ref":"r","name":"n","purl":"pkg:npm/other@1.0.0"}}}},"components":[]}}"#
        );
        let one = vec![release.subjects[0].clone()];
        case.lines.push(key.bundle(&statement(one, predicate_type::CYCLONEDX, json(&text))));
    }
    case.allowed();
    case.lines.remove(0);
    case.denied(code::sbom::UNRELATED);
}

/// Two signers of an SBOM, which need not be bound.
fn two_of_an_sbom(acme: &Key, audit: &Key) -> Policy {
    let key = |name: &str, key: &Key| {
        format!(r#"{{"name":"{name}","publicKey":{:?},"time":"allow-unverified"}}"#, key.pem())
    };
    let (manifest, sbom) = (predicate_type::TOOL_MANIFEST, predicate_type::CYCLONEDX);
    let text = format!(
        r#"{{"schema":"mcpsign.dev/policy/v1","name":"two","keys":[{},{}],
        "signers":[
          {{"name":"acme","key":"acme","kinds":["publisher"],"predicates":["{manifest}","{sbom}"]}},
          {{"name":"audit","key":"audit","predicates":["{sbom}"]}}],
        "rules":[{{"name":"all","match":"any-server","signers":["acme","audit"],"require":{{
          "predicates":["{manifest}","{sbom}"],
          "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
          "sbom":"if-bound",
          "signatures":[{{"predicate":"{sbom}","threshold":2,"signers":["acme","audit"]}}]}}}}]}}"#,
        key("acme", acme),
        key("audit", audit),
    );
    Policy::load(text.as_bytes(), "policy.json").unwrap()
}

/// Whoever signs something else under the type of an SBOM has not signed an SBOM of this artifact.
#[test]
fn b10_what_is_not_the_sbom_is_no_second_signature_of_it() {
    let (acme, audit) = (Key::generate(), Key::generate());
    let with = |release: &Release, second: Option<(&str, &Json)>| {
        let mut case = Case::of(&acme, release);
        case.policy = two_of_an_sbom(&acme, &audit);
        let signed = |(ty, document): (&str, &Json)| {
            audit.bundle(&statement(release.subjects.clone(), ty, document.clone()))
        };
        case.lines.extend(second.map(signed));
        case
    };
    let too_few = code::identity::TOO_FEW_SIGNERS;
    let honest = Release::honest();
    let mut unlisted = honest.clone();
    unlisted.manifest.bindings.statements.clear();
    let mut unbound = unlisted.clone();
    unbound.manifest.bindings.sboms.clear();
    let mut other = honest.sbom.clone();
    other.as_object_mut().unwrap().insert("version".into(), 2.into());
    let garbage = json(r#"{"hello":1}"#);
    for release in [&honest, &unlisted, &unbound] {
        with(release, None).denied(too_few);
        for ty in [predicate_type::CYCLONEDX, "https://cyclonedx.org/bom/v1.6"] {
            with(release, Some((ty, &garbage))).denied(too_few);
            with(release, Some((ty, &honest.sbom))).allowed();
            let another = with(release, Some((ty, &other)));
            // Of several documents about the artifact the manifest binds none.
            if std::ptr::eq(release, &unbound) {
                another.allowed();
            } else {
                another.denied(too_few);
            }
        }
    }
}

/// A package that the artifact holds.
pub(super) fn package(purl: &str, means: Means) -> Package {
    let version = purl.rsplit_once('@').map(|(_, version)| version.to_owned());
    let file = if means == Means::Lockfile { "npm-shrinkwrap.json" } else { "node_modules/x/package.json" };
    Package {
        version,
        found: [Location { file: file.into(), ..Location::at("", means) }].into(),
        ..Package::new(purl, purl, "x")
    }
}

pub(super) fn made_of(packages: impl IntoIterator<Item = Package>) -> Inventory {
    let read = |path: &str, cataloger: &str| SourceFile {
        path: path.into(),
        origin: LockfileOrigin::Artifact,
        sha256: Sha256Digest::of(b""),
        cataloger: cataloger.into(),
        pins: true,
        outcome: FileOutcome::Used,
    };
    Inventory {
        files: vec![
            read("node_modules/x/package.json", "javascript/node-modules"),
            read("npm-shrinkwrap.json", "javascript/npm-shrinkwrap"),
        ],
        packages: packages.into_iter().map(|package| (package.id.clone(), package)).collect(),
        ..Inventory::default()
    }
}

/// A release whose SBOM lists these, and whose artifact is made of that. It says that its maker looked for such.
fn listing(purls: &[&str], contents: Inventory) -> Case {
    let components = purls.iter().map(|purl| format!(r#"{{"type":"library","name":"x","purl":"{purl}"}}"#));
    described(&components.collect::<Vec<_>>(), contents, true)
}

/// A release whose SBOM has these components, and whose artifact is made of that.
fn described(components: &[String], contents: Inventory, claims: bool) -> Case {
    let key = Key::generate();
    let mut release = Release::honest();
    let mut root = release.sbom.get("metadata").unwrap().clone();
    if claims {
        let properties = json(
            r#"[{"name":"mcpsign:cataloger","value":"javascript/node-modules complete"},
            {"name":"mcpsign:cataloger","value":"javascript/npm-shrinkwrap complete"}]"#,
        );
        root.as_object_mut().unwrap().insert("properties".into(), properties);
    }
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

/// A template or a test's package that lies packed in a release says nothing of what the release is made of.
#[test]
fn a_packed_fixture_makes_no_sbom_unrelated() {
    let packed = |file: &str| {
        let mut package = package(ZOD, Means::Installed);
        let at = package.found.pop_first().unwrap();
        package.found.insert(Location { file: file.to_owned(), ..at });
        listing(&["pkg:npm/left-pad@1.3.0"], made_of([package]))
    };
    let document = packed("templates/t.tgz!/package.json").allowed();
    assert!(has(&document.findings, code::sbom::COMPONENT_MISSING), "said all the same");
    packed("node_modules/zod/package.json").denied(code::sbom::UNRELATED);
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
        ("pkg:pypi/certifi@2023.07.22", "pkg:pypi/certifi@2023.7.22"),
        ("pkg:pypi/a@1.0.0-rc1", "pkg:pypi/a@1.0.0rc1"),
        ("pkg:nuget/A@1.0.0.0", "pkg:nuget/a@1.0.0"),
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

/// What is demanded of an SBOM is demanded whatever `sbom` says of its presence.
#[test]
fn b35_components_are_compared_where_no_sbom_is_required() {
    for components in ["at-least", "exactly", "not-compared"] {
        let mut case = listing(&[], made_of([package(ZOD, Means::Installed)]));
        case.policy = changed(&demanding(&case.policy, components), "sbom: if-bound", "sbom: not-required");
        if components == "not-compared" {
            case.allowed();
        } else {
            case.denied(code::sbom::COMPONENT_MISSING);
        }
    }
}

/// Conditions see the SBOM that is there, whoever else asks for it.
#[test]
fn b35_conditions_see_the_sbom_where_none_is_required() {
    for (expression, holds) in [
        ("evidence.sbom.components == 1", true),
        ("has(evidence.sbom)", true),
        ("!has(evidence.sbom)", false),
    ] {
        let mut case = listing(&[ZOD], made_of([package(ZOD, Means::Installed)]));
        let conditions =
            format!("sbom: not-required\n      conditions: [{{ name: c, expression: '{expression}' }}]");
        case.policy = changed(&case.policy, "sbom: if-bound", &conditions);
        if holds {
            assert_eq!(case.allowed().stages.sbom.state, StageState::Passed);
        } else {
            case.denied(code::policy::CONDITION_NOT_MET);
        }
    }
}

fn changed(policy: &Policy, from: &str, to: &str) -> Policy {
    let yaml = policy.explain().to_yaml().unwrap();
    let (before, after) = yaml.split_once(from).unwrap();
    let indent = before.rsplit('\n').next().unwrap();
    let to = to.replace("\n      ", &format!("\n{indent}"));
    Policy::load(format!("{before}{to}{after}").as_bytes(), "changed.yaml")
        .unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// The same policy, which demands this of the components.
fn demanding(policy: &Policy, components: &str) -> Policy {
    let mut yaml = String::new();
    for line in policy.explain().to_yaml().unwrap().lines() {
        yaml.push_str(&format!("{line}\n"));
        if let Some((indent, _)) = line.split_once("sbom: ") {
            yaml.push_str(&format!("{indent}components: {components}\n"));
        }
    }
    Policy::load(yaml.as_bytes(), "demanding.yaml").unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// What an artifact with a lock file of its own, wholly understood, is made of.
fn locked() -> Inventory {
    Inventory {
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
    let mut unlocked = made_of([package(ZOD, Means::Installed)]);
    unlocked.files.clear();
    assert!(!invented(unlocked));
    let mut gap = locked();
    gap.gaps.push(KnownGap::unread(None, "an archive in it"));
    assert!(!invented(gap));
    // Code that says nothing says nothing against the lock file either.
    let mut opaque = locked();
    opaque.gaps.push(KnownGap::opaque("server.node", "a program that does not say what it was built from"));
    assert!(invented(opaque));
    let mut failed = locked();
    failed.catalogers[0].state = CatalogerState::Failed { error: "x".into() };
    assert!(!invented(failed));
    // Of other ecosystems the lock file says nothing.
    let other = listing(&[ZOD, "pkg:pypi/anyio@4.16.0"], locked()).allowed();
    assert!(!has(&other.findings, code::sbom::COMPONENT_INVENTED));
}

/// Whoever made an artifact decides how long it takes to look into it: nobody does before somebody speaks of it who counts.
#[test]
fn an_artifact_of_which_nobody_speaks_who_counts_is_not_looked_into() {
    let key = Key::generate();
    let honest = || Case::honest(&key);
    assert!(honest().needs_contents());
    let unsigned = Case { lines: Vec::new(), ..honest() };
    let mut damaged = honest();
    damaged.lines.iter_mut().for_each(|line| *line = Key::generate().bundle(b"{}"));
    let of_others = Case { policy: flags(&Key::generate(), &[]), ..honest() };
    let mut exchanged = honest();
    exchanged.measured.subject.digests.sha256 = Sha256Digest::of(b"other bytes");
    let without_manifest = Case { lines: honest().lines[..1].to_vec(), ..honest() };
    for case in [unsigned, damaged, of_others, exchanged, without_manifest] {
        assert!(!case.needs_contents());
        assert!(!matches!(case.verify().verdict(), crate::Verdict::Allow(_)));
    }
    // Nor where no SBOM is there to be compared, or the rule does not want it to be.
    let mut release = Release::honest();
    release.manifest.bindings.sboms.clear();
    release.manifest.bindings.statements.clear();
    let mut bare = Case::of(&key, &release);
    bare.lines.remove(0);
    assert!(!bare.needs_contents());
    bare.allowed();
    for (components, needs) in [("at-least", true), ("exactly", true), ("not-compared", false)] {
        let case = honest();
        let policy = demanding(&case.policy, components);
        assert_eq!(Case { policy, ..case }.needs_contents(), needs, "{components}");
    }
}

/// It is shipped, whoever works without it.
#[test]
fn what_lies_there_is_listed_however_it_is_needed() {
    let optional = |package: Package| Package { scope: Scope::Optional, ..package };
    let installed = made_of([package(ZOD, Means::Lockfile), optional(package(WS, Means::Installed))]);
    listing(&[ZOD], installed).denied(code::sbom::COMPONENT_MISSING);
    // Also where nobody says in which version.
    let bare = Package { version: None, purl: "pkg:npm/ws".into(), ..package(WS, Means::Installed) };
    let installed = made_of([package(ZOD, Means::Lockfile), optional(bare)]);
    listing(&[ZOD], installed).denied(code::sbom::COMPONENT_MISSING);
}

#[test]
fn contents_that_could_not_be_made_out_leave_it_open() {
    let mut case = Case::honest(&Key::generate());
    assert!(has(&case.allowed().findings, code::sbom::NOT_COMPARED));
    let gap = Gap { code: code::evidence::UNREADABLE, message: "too many packages".into() };
    case.measured.subject.contents = Got::Missing(gap);
    // Where nobody asked it is told.
    let document = case.allowed();
    let told = document.findings.iter().find(|finding| finding.code == code::sbom::NOT_COMPARED).unwrap();
    assert_eq!(told.found.as_deref(), Some("too many packages"));
    case.policy = demanding(&case.policy, "at-least");
    case.undecided(code::evidence::UNREADABLE);
}

/// A package.json that nobody here can read, and npm may.
pub(super) fn with_unread(mut contents: Inventory, path: &str, cataloger: &str) -> Inventory {
    contents.files.push(SourceFile {
        path: path.into(),
        origin: LockfileOrigin::Artifact,
        sha256: Sha256Digest::of(b""),
        cataloger: cataloger.into(),
        pins: true,
        outcome: FileOutcome::Failed { error: "not strict JSON".into() },
    });
    contents
}

#[test]
fn b63_a_package_that_hides_in_a_file_that_cannot_be_read_leaves_it_open() {
    let contents = || made_of([package(ZOD, Means::Installed)]);
    let hidden = || with_unread(contents(), "node_modules/y/package.json", "javascript/node-modules");
    let with = |contents: Inventory, demand: &str| {
        let mut case = listing(&[ZOD], contents);
        case.policy = demanding(&case.policy, demand);
        case
    };
    for demand in ["at-least", "exactly"] {
        with(hidden(), demand).undecided(code::evidence::UNREADABLE);
        with(contents(), demand).allowed();
        // npm does not look into archives.
        let path = "a.tgz/package/package.json";
        with(with_unread(contents(), path, "archives/javascript/package-json"), demand).allowed();
    }
    // What is seen to be missing is missing whatever else there is.
    let worse = made_of([package(ZOD, Means::Installed), package(WS, Means::Installed)]);
    with(with_unread(worse, "package.json", "javascript/package-json"), "at-least")
        .denied(code::sbom::COMPONENT_MISSING);
    // Where nobody asked it is no matter.
    listing(&[ZOD], hidden()).allowed();
}

#[test]
fn what_the_maker_of_an_sbom_did_not_look_for_is_shown_and_fails_where_it_is_demanded() {
    let contents = || made_of([package(ZOD, Means::Installed), package(WS, Means::Installed)]);
    let component = |purl: &str| format!(r#"{{"type":"library","name":"x","purl":"{purl}"}}"#);
    let mut case = described(&[component(ZOD)], contents(), false);
    let document = case.allowed();
    let shown =
        document.findings.iter().find(|finding| finding.code == code::sbom::COMPONENT_MISSING).unwrap();
    assert_eq!(shown.level, code::Level::Warning);
    case.policy = demanding(&case.policy, "at-least");
    case.denied(code::sbom::COMPONENT_MISSING);
    // It says that it looked.
    described(&[component(ZOD)], contents(), true).denied(code::sbom::COMPONENT_MISSING);
    // One that lists others of the same ecosystem, and none of these, is about something else.
    described(&[component("pkg:npm/left-pad@1.3.0")], contents(), false).denied(code::sbom::UNRELATED);
    let locked = || made_of([package(ZOD, Means::Manifest)]);
    described(&[component("pkg:deb/debian/bash@5")], locked(), false).allowed();
}

/// Whoever says nothing, or lists other ecosystems alone, does not get away with what a less wrong list is refused for.
#[test]
fn b24_a_list_of_nothing_and_one_of_elsewhere_are_of_another_artifact() {
    for means in [Means::Installed, Means::Binary] {
        let contents = || made_of([package(ZOD, means)]);
        for components in
            [&[][..], &[r#"{"type":"library","name":"x","purl":"pkg:pypi/requests@2"}"#.to_owned()]]
        {
            described(components, contents(), false).denied(code::sbom::UNRELATED);
        }
    }
}

#[test]
fn the_package_that_a_bundle_is_elsewhere_need_not_be_listed() {
    let own = Package { origin: Origin::Root, ..package("pkg:npm/x@1.1.0", Means::Manifest) };
    let found = listing(&[ZOD], made_of([package(ZOD, Means::Installed), own])).allowed();
    assert!(!has(&found.findings, code::sbom::COMPONENT_MISSING));
}

#[test]
fn a_lock_file_that_no_installer_reads_there_does_not_deny() {
    let locked = |file: &str, marker: Option<&str>| {
        let mut package = package(WS, Means::Lockfile);
        package.found = [Location { file: file.into(), ..Location::at("", Means::Lockfile) }].into();
        package.markers.extend(marker.map(str::to_owned));
        let mut contents = made_of([self::package(ZOD, Means::Installed), package]);
        contents.files[1].path = file.into();
        listing(&[ZOD], contents)
    };
    for (file, marker) in [
        ("uv.lock", None),
        ("requirements.txt", None),
        ("yarn.lock", None),
        ("npm-shrinkwrap.json", Some("os: win32")),
    ] {
        let document = locked(file, marker).allowed();
        let told = document.findings.iter().find(|f| f.code == code::sbom::COMPONENT_MISSING).unwrap();
        assert_eq!(told.level, code::Level::Warning, "{file}");
    }
    for file in ["npm-shrinkwrap.json", "server/node_modules/.package-lock.json", "Cargo.lock"] {
        locked(file, None).denied(code::sbom::COMPONENT_MISSING);
    }
}

#[test]
fn a_component_without_package_url_is_taken_by_name() {
    let with = |purl: &str, name: &str, version: &str| {
        let found = Package { name: purl_name(purl), ..package(purl, Means::Installed) };
        let component = format!(r#"{{"type":"library","name":"{name}"{version}}}"#);
        described(&[component], made_of([found]), true)
    };
    with(ZOD, "zod", r#","version":"4.4.3""#).allowed();
    with(ZOD, "zod", "").allowed();
    with("pkg:pypi/a-b@1.0", "A_b", r#","version":"1.0""#).allowed();
    with(ZOD, "zod", r#","version":"4.0.0""#).denied(code::sbom::COMPONENT_MISSING);
    with(ZOD, "Zod", "").denied(code::sbom::COMPONENT_MISSING);
}

fn purl_name(purl: &str) -> String {
    mcpsign_schemas::purl::Purl::parse(purl).unwrap().name()
}
