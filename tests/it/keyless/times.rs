//! Times: forged, backdated, of the future, and by authorities that may not say.

use jiff::SignedDuration;
use mcpsign_simulator::{Content, Lie, Rekor, RootLie, Tsa};

use super::{ALL, SIMULATOR, Setup, now, refusal, refused, refused_with, root, v1};

const TIMESTAMP: &str = "signature/timestamp";

fn unstamped(setups: &[Setup]) -> Vec<Setup> {
    setups.iter().map(|setup| Setup { tsas: &[], ..*setup }).collect()
}

#[test]
fn b11_a_time_without_a_promise_is_no_time() {
    // Well within the certificate's ten minutes, and nobody signed it.
    refused(&unstamped(&v1()), &[(Lie::PromiseWithheld(5), TIMESTAMP)]);
    // With a timestamp there is a time, and the invented one is not it.
    let setup = Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[Tsa::First] };
    assert_eq!(refusal(setup, &[Lie::PromiseWithheld(-86_400)], &root(&[]), now()), None);
    let report = super::judged(
        &super::evidence(setup, &[Lie::PromiseWithheld(-86_400)], &super::github()),
        root(&[]),
        now(),
    );
    let times = &report.document().signers[0].times;
    assert!(times.len() == 1 && times[0].source == "timestamp-authority", "{times:?}");
}

#[test]
fn b11_without_any_time_nothing_is_proven() {
    let v2: Vec<_> = ALL.into_iter().filter(|setup| setup.rekor.is_v2()).collect();
    refused(&v2, &[(Lie::TimestampMissing, TIMESTAMP)]);
}

#[test]
fn b12_every_time_must_fit_the_certificate_and_not_only_the_earliest() {
    refused(
        &ALL,
        &[
            (Lie::AlsoStampedAt(-86_400), "signature/certificate"),
            (Lie::AlsoStampedAt(601), "signature/certificate"),
            (Lie::StampedAt(-60), "signature/certificate"),
            (Lie::StampedAt(601), "signature/certificate"),
        ],
    );
    refused(&v1(), &[(Lie::LoggedAt(-60), "signature/certificate")]);
}

/// The first and the last second of a certificate count.
#[test]
fn b12_the_edges_of_the_certificate_count() {
    let late = SIMULATOR.time() + SignedDuration::from_mins(10);
    for (lie, fits) in [
        (Lie::StampedAt(-2), true),
        (Lie::StampedAt(-3), false),
        (Lie::StampedAt(598), true),
        (Lie::StampedAt(599), false),
    ] {
        for setup in ALL {
            let found = refusal(setup, &[lie], &root(&[]), late);
            // The machine's own clock has not seen the last second before the simulator is ten minutes old.
            assert_eq!(found, (!fits).then_some("signature/certificate"), "{lie:?} {setup:?}");
        }
    }
}

#[test]
fn b13_an_authority_counts_in_its_own_window_only() {
    refused(
        &ALL,
        &[
            (Lie::StampedBy(Tsa::Retired), TIMESTAMP),
            (Lie::StampedBy(Tsa::Stranger), TIMESTAMP),
            (Lie::StampedBy(Tsa::Expired), TIMESTAMP),
        ],
    );
    refused_with(&root(&[RootLie::TsasEnded]), &ALL, &[(Lie::StampedBy(Tsa::First), TIMESTAMP)]);
    // Listed, and in its window by the list, but its certificate is over.
    refused_with(
        &root(&[RootLie::ListsTsa(Tsa::Expired)]),
        &ALL,
        &[(Lie::StampedBy(Tsa::Expired), TIMESTAMP)],
    );
}

#[test]
fn b14_a_log_in_the_future_is_not_waited_for() {
    let root = root(&[]);
    for ahead in [1, 60] {
        // By our clock, which the caller says: the entry comes a second after the certificate.
        let early = SIMULATOR.time() + SignedDuration::from_secs(1 - ahead);
        for setup in v1() {
            let setup = Setup { tsas: &[], ..setup };
            assert_eq!(refusal(setup, &[], &root, early), Some("signature/time-in-future"), "{setup:?}");
        }
        // And a timestamp two seconds after it.
        let early = SIMULATOR.time() + SignedDuration::from_secs(2 - ahead);
        for setup in ALL {
            assert_eq!(refusal(setup, &[], &root, early), Some("signature/time-in-future"), "{setup:?}");
        }
        // By the machine's.
        let far = Lie::LoggedAt(86_400 + ahead);
        for setup in v1() {
            assert_eq!(refusal(setup, &[far], &root, now()), Some("signature/time-in-future"), "{setup:?}");
        }
    }
    // The very second is not the future.
    for setup in ALL {
        assert_eq!(
            refusal(setup, &[], &root, SIMULATOR.time() + SignedDuration::from_secs(2)),
            None,
            "{setup:?}"
        );
    }
}

#[test]
fn b09_an_authority_that_stamps_twice_is_one_authority() {
    for setup in ALL {
        assert_eq!(refusal(setup, &[Lie::TimestampTwice], &root(&[]), now()), None, "{setup:?}");
    }
    let v2 = Setup { rekor: Rekor::V2, content: Content::Dsse, tsas: &[Tsa::First] };
    assert_eq!(stampers(v2, &[Lie::TimestampTwice], &[]), ["tsa-first"]);
    // Neither is one that the root lists twice more than one.
    assert_eq!(stampers(v2, &[], &[RootLie::TsaTwice]), ["tsa-first"]);
    // At two times it says two things, and is still one.
    let later = Setup { tsas: &[Tsa::First, Tsa::First], ..v2 };
    assert_eq!(stampers(later, &[], &[]), ["tsa-first", "tsa-first"]);
}

/// By whose key it is: name, number and issuer's name are whatever somebody certified.
#[test]
fn b09_a_timestamp_is_its_own_authoritys() {
    let lists = [RootLie::ListsTsa(Tsa::Namesake)];
    for rekor in [Rekor::V1, Rekor::V2] {
        let both = Setup { rekor, content: Content::Dsse, tsas: &[Tsa::Namesake, Tsa::First] };
        assert_eq!(stampers(both, &[], &lists), ["tsa-namesake", "tsa-first"]);
    }
}

/// Whom the manifest's timestamps are said to be by; the root has the names of these ids.
fn stampers(setup: Setup, lies: &[Lie], root_lies: &[RootLie]) -> Vec<String> {
    let root = root(root_lies);
    let services = root.services();
    let report = super::judged(&super::evidence(setup, lies, &super::github()), root, now());
    let times = report.document().signers.swap_remove(0).times;
    let stamps = times.iter().filter(|time| time.source == "timestamp-authority");
    stamps
        .map(|time| {
            let service = services.iter().find(|service| service.id == time.id).unwrap();
            let uri = service.uri.as_deref().unwrap();
            uri.trim_start_matches("https://").split('.').next().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn b19_without_authorities_no_timestamp_holds() {
    for setup in ALL {
        assert_eq!(refusal(setup, &[], &root(&[RootLie::NoTsas]), now()), Some(TIMESTAMP), "{setup:?}");
    }
    let setup = Setup { rekor: Rekor::V2, content: Content::Dsse, tsas: &[] };
    assert_eq!(refusal(setup, &[], &root(&[RootLie::NoTsas]), now()), Some(TIMESTAMP));
}
