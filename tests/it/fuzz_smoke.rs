//! The fuzz targets without a fuzzer: their seeds, and some hundred mutations of each, the same in every run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mcpsign_tests::targets::mutate::{Random, mutated};
use mcpsign_tests::targets::{TARGETS, Target};

/// Mutations of each seed; those of archives write files.
fn rounds(target: &Target) -> usize {
    if target.name == "archive" { 60 } else { 150 }
}

fn smoke(target: &Target) {
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{} has no seeds", target.name);
    let mut random = Random::new(0x6d63_7073_6967_6e21);
    for (name, seed) in &seeds {
        (target.run)(seed);
        for round in 0..rounds(target) {
            let other = &seeds[random.below(seeds.len())].1;
            let input = mutated(seed, other, &mut random);
            if catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
                let path = std::env::temp_dir().join(format!("mcpsign-{}-{name}-{round}", target.name));
                std::fs::write(&path, &input).unwrap();
                panic!("{}: seed {name}, round {round}; the input is in {}", target.name, path.display());
            }
        }
    }
}

macro_rules! smokes {
    ($($test:ident = $target:literal;)+) => {
        $(#[test]
        fn $test() {
            smoke(&mcpsign_tests::targets::target($target));
        })+

        /// So that no target is left out here.
        #[test]
        fn every_target_has_its_test() {
            let tested = [$($target),+];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), tested);
        }
    };
}

smokes! {
    archives_are_unpacked_as_listed = "archive";
    catalogers_name_packages_that_can_be_named = "catalog";
    frames_show_what_is_in_them = "frames";
    captures_are_written_as_they_were_read = "capture";
    event_streams_are_the_same_wherever_they_are_cut = "sse";
    strict_json_is_json = "json";
    what_lint_shows_is_harmless_and_at_its_place = "lint";
    advisories_of_others_are_evaluated_alike_from_every_side = "advisories";
    names_are_written_as_they_are_read = "names";
    b53_policies_are_read_back_as_they_are = "policy";
    b53_conditions_are_bounded_and_allow_nothing_unsigned = "condition";
    b53_nothing_is_allowed_for_what_nobody_signed = "verdict";
    b53_no_decision_that_cannot_be_read_allows_anything = "decisions";
    b53_nothing_but_the_signed_payloads_is_allowed = "verify";
}

/// Every cataloger reads one of the seeds, and says no that it is a file of its format.
#[test]
fn every_cataloger_has_a_seed() {
    use mcpsign_collect::catalog::{CATALOGERS, CatalogError, FileInput};
    use mcpsign_schemas::tree::TreePath;
    use mcpsign_tests::targets::catalog::{SAMPLES, reads};
    for cataloger in CATALOGERS {
        let wanted = SAMPLES.iter().filter_map(|(path, file)| {
            let path = TreePath::try_from(*path).expect("a path");
            reads(*cataloger, &path, file.as_bytes())
                .then(|| cataloger.read(&FileInput { path: &path, bytes: file.as_bytes() }))
        });
        let read: Vec<_> = wanted.collect();
        assert!(!read.is_empty(), "{} has no seed", cataloger.id());
        for read in read {
            let known = matches!(&read, Ok(_) | Err(CatalogError::Unread { .. }));
            assert!(known, "{}: {read:?}", cataloger.id());
        }
    }
}

/// An archive that is a package to begin with: else the target would look at nothing.
#[test]
fn seeds_of_archives_are_packages() {
    use mcpsign_collect::artifact;
    let dir = tempfile::tempdir().unwrap();
    let mut packages = 0;
    for (name, seed) in (mcpsign_tests::targets::target("archive").seeds)() {
        if seed[0] < 3 {
            continue; // A tar file, which the target compresses.
        }
        let file = match name.as_str() {
            "npm.tgz" => "notes-mcp-1.0.0.tgz",
            "wheel.whl" | "wheel.bin" => "notes_mcp-1.0.0-py3-none-any.whl",
            "bundle.mcpb" => "notes-mcp.mcpb",
            _ => "notes-mcp-1.0.0.crate",
        };
        let path = dir.path().join(file);
        std::fs::write(&path, &seed[1..]).unwrap();
        let artifact = artifact::open(&path)
            .unwrap_or_else(|error| panic!("{name}: {error}: {:?}", std::error::Error::source(&error)));
        assert!(artifact.package().is_some(), "{name}");
        packages += 1;
    }
    assert!(packages == 5, "{packages}");
}
