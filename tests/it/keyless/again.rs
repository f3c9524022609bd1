//! What was verified before changes no report: neither a line that comes again, nor another statement under a certificate or
//! below a checkpoint that was seen.

use jiff::{SignedDuration, Timestamp};
use mcpsign_simulator::{Leaf, Lie, Options, RootLie, Tsa};
use mcpsign_tests::forge::jcs;
use mcpsign_verifier::{Seen, SigstoreRoot, Trust, Verdict, verify, verify_again};

use super::{ALL, Content, RELEASE, SIMULATOR, Setup, claims, github, measured, now, policy, root};

/// What a bundle is, and what the root says, that was made of the same certificate.
const LIES: [&[Lie]; 17] = [
    &[],
    &[Lie::AlsoStampedAt(-86_400)],
    &[Lie::AlsoStampedAt(601)],
    &[Lie::StampedAt(-60)],
    &[Lie::StampedAt(601)],
    &[Lie::StampedBy(Tsa::Retired)],
    &[Lie::TimestampTwice],
    &[Lie::TimestampMissing],
    &[Lie::LoggedAt(-60)],
    &[Lie::EntryOfOtherArtifact],
    &[Lie::EntryByOtherSigner],
    &[Lie::EntryTwice],
    &[Lie::ProofAltered],
    &[Lie::CheckpointByOtherKey],
    &[Lie::CheckpointOfOtherSize],
    &[Lie::Downgraded],
    &[Lie::ChainEmbedded],
];
const ROOTS: [&[RootLie]; 8] = [
    &[],
    &[RootLie::IssuersEnded],
    &[RootLie::LogsEnded],
    &[RootLie::LogsNotStarted],
    &[RootLie::TsasEnded],
    &[RootLie::NoCtLogs],
    &[RootLie::NoTsas],
    &[RootLie::ListsTsa(Tsa::Namesake)],
];

fn lines(setup: Setup, leaf: &Leaf, lies: &[Lie]) -> Vec<String> {
    let options = Options::new(setup.rekor, setup.content).tsas(setup.tsas).lies(lies);
    [RELEASE.sbom_statement(), RELEASE.manifest_statement()]
        .iter()
        .map(|statement| SIMULATOR.mint_under(leaf, &jcs(statement), options).to_string())
        .collect()
}

/// The report with what was seen is the one without; gives whether it allows.
#[track_caller]
fn same(lines: &[String], root: SigstoreRoot, now: Timestamp, seen: &mut Seen, what: &str) -> bool {
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    let (claims, policy) = (claims(&lines), policy(&[], &github()));
    let trust = Trust { sigstore: vec![root], keys: Vec::new() };
    let again = verify_again(&claims, &measured(), &trust, &policy, now, seen);
    let first = verify(&claims, &measured(), &trust, &policy, now);
    assert_eq!(again.document(), first.document(), "{what}");
    matches!(again.verdict(), Verdict::Allow(_))
}

#[test]
fn b33_a_certificate_that_was_seen_vouches_for_no_other_time_entry_or_root() {
    let early = SIMULATOR.time();
    for setup in ALL.into_iter().filter(|setup| setup.content == Content::Dsse) {
        let leaf = SIMULATOR.certificate(&github(), &[]);
        let mut seen = Seen::default();
        assert!(same(&lines(setup, &leaf, &[]), root(&[]), now(), &mut seen, "what is seen first"));
        for lies in LIES {
            for root_lies in ROOTS {
                let what = format!("{setup:?} {lies:?} {root_lies:?}");
                let lines = lines(setup, &leaf, lies);
                same(&lines, root(root_lies), now(), &mut seen, &what);
                same(&lines, root(root_lies), early, &mut seen, &what);
            }
        }
        // Honest ones are none the worse for it, with or without another under the same certificate.
        let late = now() + SignedDuration::from_hours(1);
        assert!(same(&lines(setup, &leaf, &[]), root(&[]), late, &mut seen, "honest"));
    }
}

/// Of another certificate nothing was seen, whatever else is the same.
#[test]
fn b33_a_certificate_that_was_not_seen_is_verified() {
    let setup = ALL[0];
    let mut seen = Seen::default();
    let good = SIMULATOR.certificate(&github(), &[]);
    assert!(same(&lines(setup, &good, &[]), root(&[]), now(), &mut seen, "good"));
    for lie in [Lie::CertificateExpired, Lie::NoCodeSigning, Lie::ReceiptAltered, Lie::ReceiptMissing] {
        let bad = SIMULATOR.certificate(&github(), &[lie]);
        for _ in 0..2 {
            assert!(!same(&lines(setup, &bad, &[]), root(&[]), now(), &mut seen, "bad"), "{lie:?}");
        }
    }
}

/// An authority's window may end while a certificate of its lives.
#[test]
fn b33_a_certificate_that_was_seen_counts_while_its_authority_does() {
    let mut json = SIMULATOR.trusted_root_json();
    for authority in json["certificateAuthorities"].as_array_mut().unwrap() {
        authority["validFor"]["end"] = (SIMULATOR.time() + SignedDuration::from_secs(5)).to_string().into();
    }
    let root = SigstoreRoot::from_json(json.to_string().as_bytes()).unwrap();
    for setup in ALL.into_iter().filter(|setup| setup.content == Content::Dsse) {
        let leaf = SIMULATOR.certificate(&github(), &[]);
        let mut seen = Seen::default();
        for (lie, counts) in
            [(Lie::StampedAt(0), true), (Lie::StampedAt(10), false), (Lie::StampedAt(1), true)]
        {
            let lines = lines(setup, &leaf, &[lie]);
            assert_eq!(same(&lines, root.clone(), now(), &mut seen, "window"), counts, "{setup:?} {lie:?}");
        }
    }
}
