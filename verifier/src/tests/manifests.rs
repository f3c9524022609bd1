//! Is the tool manifest whole in itself?

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::{Binding, Kind, Profile};
use mcpsign_schemas::statement::predicate_type;

use super::Case;
use crate::testing::{Key, Release, json, profile, statement, tool};

fn bent(bend: impl FnOnce(&mut Release)) -> Case {
    let mut release = Release::honest();
    bend(&mut release);
    Case::of(&Key::generate(), &release)
}

#[test]
fn a_manifest_that_is_none_is_malformed() {
    let key = Key::generate();
    let release = Release::honest();
    let with = |predicate: Json| {
        let mut case = Case::honest(&key);
        case.lines[1] =
            key.bundle(&statement(release.subjects.clone(), predicate_type::TOOL_MANIFEST, predicate));
        case
    };
    with(Json::Null).denied(code::manifest::MALFORMED);
    with(json("[]")).denied(code::manifest::MALFORMED);
    for member in ["server", "kind", "createdOn", "packages", "bindings", "profiles", "items", "producer"] {
        let mut predicate = release.manifest_json();
        predicate.as_object_mut().unwrap().remove(member).unwrap();
        with(predicate).denied(code::manifest::MALFORMED);
    }
    // What is not known is ignored.
    let mut predicate = release.manifest_json();
    predicate.as_object_mut().unwrap().insert("future".into(), json("{\"a\":1}"));
    with(predicate).allowed();
}

#[test]
fn m14_items_and_digests_must_agree() {
    bent(|release| {
        let wire = release.manifest.profiles[0].tools["read_note"].wire;
        release.manifest.items.remove(&wire);
    })
    .denied(code::manifest::ITEM_MISSING);
    bent(|release| {
        let extra = tool("hidden", "Not in any list.");
        release.manifest.items.insert(extra.sha256(), extra);
    })
    .denied(code::manifest::ITEM_UNUSED);
    bent(|release| {
        let wire = release.manifest.profiles[0].tools["read_note"].wire;
        release.manifest.items.insert(wire, tool("read_note", "Sends your notes elsewhere."));
    })
    .denied(code::manifest::DIGEST_MISMATCH);
    bent(|release| {
        release.manifest.profiles[0].surface_digest = Sha256Digest::of(b"x").into();
    })
    .denied(code::manifest::DIGEST_MISMATCH);
    bent(|release| {
        let profile = &mut release.manifest.profiles[0];
        let digests = profile.tools.remove("read_note").unwrap();
        profile.tools.insert("write_note".into(), digests);
        profile.seal();
    })
    .denied(code::manifest::MALFORMED);
    bent(|release| release.manifest.profiles.clear()).denied(code::manifest::MALFORMED);
}

#[test]
fn m14_profiles_are_of_their_form() {
    let profile = |bend: fn(&mut Profile)| {
        bent(|release| bend(&mut release.manifest.profiles[0])).denied(code::manifest::MALFORMED);
    };
    profile(|it| it.tool_order = vec!["evil".into()]);
    profile(|it| it.tool_order.push("read_note".into()));
    profile(|it| it.tool_order.clear());
    profile(|it| it.name = " ".into());
    profile(|it| it.protocol_version.clear());
    profile(|it| it.client_capabilities = json("[]"));
    profile(|it| it.launch.argv.clear());
    profile(|it| it.launch.url = Some("https://acme.example/mcp".into()));
    profile(|it| it.launch.headers = vec!["authorization".into()]);
    bent(|release| release.manifest.profiles[0].tool_order.reverse()).allowed();
    bent(|release| {
        let package = release.manifest.packages[0].clone();
        release.manifest.packages.push(package);
    })
    .denied(code::manifest::MALFORMED);
}

#[test]
fn b24_it_speaks_of_its_own_subjects_alone() {
    let other = Sha256Digest::of(b"other");
    bent(|release| {
        let mut package = release.manifest.packages[0].clone();
        package.subject = other;
        release.manifest.packages.push(package);
    })
    .denied(code::manifest::SUBJECT_UNKNOWN);
    bent(|release| release.manifest.profiles[0].subject = Some(other))
        .denied(code::manifest::SUBJECT_UNKNOWN);
    bent(|release| {
        let mut sbom = release.manifest.bindings.sboms[0].clone();
        sbom.subject = other;
        release.manifest.bindings.sboms.push(sbom);
    })
    .denied(code::manifest::SUBJECT_UNKNOWN);
    bent(|release| release.manifest.profiles[0].subject = None).denied(code::manifest::MALFORMED);
}

#[test]
fn packages_may_be_missing_only_where_nothing_is_installed() {
    let mut case = bent(|release| release.manifest.packages.clear());
    case.denied(code::subject::NAME_MISMATCH);
    case.measured.subject.identity.clear();
    case.denied(code::manifest::MALFORMED);
    bent(|release| release.manifest.packages[0].purl = "npm:notes".into()).denied(code::manifest::MALFORMED);
}

#[test]
fn an_observer_must_have_run_the_artifact() {
    let observer = |binding| {
        bent(|release| {
            release.manifest.kind = Kind::Observer;
            release.manifest.profiles[0].launch.binding = binding;
        })
    };
    observer(Binding::Command).denied(code::manifest::OBSERVER_UNBOUND);
    observer(Binding::Installed).allowed();
    let document = bent(|release| release.manifest.profiles[0].launch.binding = Binding::Command).allowed();
    assert!(super::has(&document.stages.manifest.findings, code::manifest::BINDING_UNPROVEN));
}

#[test]
fn another_form_of_the_release_is_said() {
    let document = bent(|release| {
        release.subjects.push(crate::testing::subject("notes-mcp.bin", b"another form"));
        release.manifest.profiles[0].subject = Some(Sha256Digest::of(b"another form"));
    })
    .allowed();
    assert!(super::has(&document.stages.manifest.findings, code::manifest::NOT_CAPTURED_FROM_THIS_FORM));
}

#[test]
fn of_several_manifests_one_that_passes_is_enough_and_the_furthest_is_shown() {
    let key = Key::generate();
    let mut expired = Release::honest();
    expired.manifest.valid_until = Some(super::time("2026-01-01T00:00:00Z"));
    let mut broken = Release::honest();
    broken.manifest.profiles.clear();
    let mut foreign = Release::honest();
    foreign.subjects = vec![crate::testing::subject("x", b"x")];

    let mut case = Case::honest(&key);
    for release in [&expired, &broken, &foreign] {
        case.lines.push(key.bundle(&release.manifest_payload()));
    }
    let document = case.allowed();
    for code in [code::freshness::EXPIRED, code::manifest::MALFORMED, code::subject::DIGEST_MISMATCH] {
        assert!(super::has(&document.findings, code), "{code}");
    }
    case.lines.remove(1);
    let document = case.denied(code::freshness::EXPIRED);
    assert!(super::has(&document.stages.subject.findings, code::subject::DIGEST_MISMATCH));
    case.lines.remove(1);
    case.denied(code::manifest::MALFORMED);
    case.lines.remove(1);
    case.denied(code::subject::DIGEST_MISMATCH);
}

/// What is small and said to be shown in a thousand ways would be read a thousand times.
/// A namespace is passed by with a name that only reads like one within.
#[test]
fn m18_a_server_is_called_what_one_can_read() {
    let key = Key::generate();
    for name in [" @acme/notes", "@acme/notes ", "\u{200b}@acme/notes", "@acme/\u{202e}seton"] {
        let mut release = Release::honest();
        release.manifest.server.name = name.into();
        Case::of(&key, &release).denied(code::manifest::MALFORMED);
    }
}

#[test]
fn b49_what_the_profiles_name_is_bounded() {
    let key = Key::generate();
    let many = |profiles: usize| {
        let mut release = Release::honest();
        let digest = Sha256Digest::of(&release.artifact);
        let (first, items) = profile("p0", digest, &[tool("read_note", &"a".repeat(1 << 20))]);
        release.manifest.profiles = (0..profiles)
            .map(|number| {
                let mut profile = first.clone();
                profile.name = format!("p{number}");
                profile
            })
            .collect();
        release.manifest.items = items;
        Case::of(&key, &release)
    };
    many(31).allowed();
    many(32).denied(code::manifest::MALFORMED);
}
