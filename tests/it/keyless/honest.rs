//! What the simulator says when it does not lie holds, and holds for other clients, too.

use mcpsign_simulator::{Content, Issuer, Lie, Rekor, Tsa};
use mcpsign_verifier::Verdict;

use super::{ALL, Setup, evidence, github, judged, now, refusal, root};

/// Otherwise every refusal in here would prove nothing.
#[test]
fn honest_bundles_of_every_kind_are_allowed() {
    let root = root(&[]);
    for setup in ALL {
        assert_eq!(refusal(setup, &[], &root, now()), None, "{setup:?}");
    }
    let v1 = Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[] };
    let several = [Tsa::Second, Tsa::First, Tsa::Second];
    for setup in [
        v1,
        Setup { tsas: &[Tsa::First, Tsa::Second], ..v1 },
        Setup { rekor: Rekor::V2, tsas: &[Tsa::First, Tsa::Second], ..v1 },
        Setup { rekor: Rekor::V2, tsas: &[Tsa::Second], ..v1 },
        Setup { rekor: Rekor::V2, tsas: Box::leak(Box::new(several)), ..v1 },
    ] {
        assert_eq!(refusal(setup, &[], &root, now()), None, "{setup:?}");
    }
}

/// What a signer may choose is no lie.
#[test]
fn b17_either_of_two_issuers_of_one_name_is_the_right_one() {
    let root = root(&[]);
    for setup in ALL {
        assert_eq!(refusal(setup, &[Lie::IssuedBy(Issuer::Twin)], &root, now()), None, "{setup:?}");
    }
}

#[test]
fn every_time_that_is_proven_is_reported_with_its_source() {
    let setup = Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[Tsa::First, Tsa::Second] };
    let report = judged(&evidence(setup, &[], &github()), root(&[]), now());
    assert!(matches!(report.verdict(), Verdict::Allow(_)));
    let times = report.document().signers.swap_remove(0).times;
    let sources: Vec<_> = times.iter().map(|time| time.source.as_str()).collect();
    assert_eq!(sources, ["timestamp-authority", "timestamp-authority", "log"]);
    // By the names of `trust show`.
    let services = root(&[]).services();
    for time in &times {
        let service = services.iter().find(|service| service.id == time.id).unwrap();
        assert_eq!(service.kind.as_str(), time.source);
    }
}
