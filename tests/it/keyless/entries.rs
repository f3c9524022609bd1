//! Log entries: genuine ones of something else, broken ones, and the same one twice.

use mcpsign_simulator::{Content, Lie, Rekor, RootLie, Tsa};
use mcpsign_verifier::Verdict;

use super::{ALL, Setup, evidence, github, judged, now, refusal, refused, root, v1};

const LOG_ENTRY: &str = "signature/log-entry";

#[test]
fn b01_a_genuine_entry_of_something_else_does_not_count() {
    let (messages, statements): (Vec<_>, Vec<_>) =
        ALL.into_iter().partition(|setup| setup.content == Content::Message);
    refused(&statements, &[(Lie::EntryOfOtherArtifact, LOG_ENTRY)]);
    // Of a message the entry holds the digest, as the bundle does: one of them is of other bytes.
    refused(&messages, &[(Lie::EntryOfOtherArtifact, "subject/digest-mismatch")]);
    refused(
        &ALL,
        &[
            (Lie::EntryByOtherSigner, LOG_ENTRY),
            (Lie::EntryOfOtherSignature, LOG_ENTRY),
            (Lie::EntryOfOtherKind, LOG_ENTRY),
            (Lie::SecondEntryByOtherSigner, LOG_ENTRY),
        ],
    );
}

#[test]
fn b03_a_broken_entry_is_refused_and_never_passed_over() {
    refused(
        &ALL,
        &[
            (Lie::EntryAltered, LOG_ENTRY),
            (Lie::ProofAltered, LOG_ENTRY),
            (Lie::ProofShortened, LOG_ENTRY),
            (Lie::ProofOfOtherLeaf, LOG_ENTRY),
            (Lie::ProofMissing, "signature/no-inclusion-proof"),
            (Lie::CheckpointAltered, LOG_ENTRY),
            (Lie::CheckpointByOtherKey, LOG_ENTRY),
            (Lie::CheckpointWithoutLog, LOG_ENTRY),
            (Lie::CheckpointOfOtherSize, LOG_ENTRY),
        ],
    );
}

#[test]
fn b03_a_broken_promise_is_refused_beside_a_good_proof_and_a_good_timestamp() {
    refused(
        &v1(),
        &[
            (Lie::PromiseAltered, LOG_ENTRY),
            (Lie::PromiseByOtherKey, LOG_ENTRY),
            (Lie::PromiseOfOtherIndex, LOG_ENTRY),
        ],
    );
}

/// Nothing counts entries; that they are two adds nothing, and takes nothing away.
#[test]
fn b09_a_log_that_logs_twice_is_one_log() {
    for setup in ALL {
        assert_eq!(refusal(setup, &[Lie::EntryTwice], &root(&[]), now()), None, "{setup:?}");
    }
    let setup = Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[Tsa::First] };
    let report =
        judged(&evidence(setup, &[Lie::EntryTwice, Lie::TimestampTwice], &github()), root(&[]), now());
    assert!(matches!(report.verdict(), Verdict::Allow(_)));
    // The second entry has a time of its own. The second timestamp is the first again, and is not told twice.
    let times = &report.document().signers[0].times;
    let of = |source: &str| times.iter().filter(|time| time.source == source).count();
    assert_eq!((of("log"), of("timestamp-authority")), (2, 1), "{times:?}");
}

#[test]
fn b11_an_older_media_type_is_no_way_around_the_proof() {
    // Of 0.1, which mcpsign's own statements never are, a bundle with the promise alone would do for other clients.
    refused(&ALL, &[(Lie::Downgraded, "signature/no-inclusion-proof")]);
}

/// The log's key counts within its window only, whatever the log itself says of the time.
#[test]
fn b14_a_log_after_the_end_of_its_key() {
    for lie in [RootLie::LogsEnded, RootLie::LogsNotStarted] {
        for setup in ALL {
            assert_eq!(refusal(setup, &[], &root(&[lie]), now()), Some(LOG_ENTRY), "{lie:?} {setup:?}");
        }
    }
}

#[test]
fn b19_an_entry_of_an_unknown_hash_is_refused() {
    refused(&ALL, &[(Lie::UnknownEntryHash, LOG_ENTRY)]);
    let messages: Vec<_> = ALL.into_iter().filter(|setup| setup.content == Content::Message).collect();
    refused(&messages, &[(Lie::UnknownMessageHash, "signature/unreadable-line")]);
}

/// Passed over, a member whose name is off by a letter is not there, and its time needs to fit nothing.
#[test]
fn b11_evidence_is_not_taken_away_by_misspelling_it() {
    let setup = Setup { rekor: Rekor::V1, content: Content::Dsse, tsas: &[Tsa::First, Tsa::Second] };
    let honest = evidence(setup, &[], &github());
    for member in ["inclusionPromise", "rfc3161Timestamps", "timestampVerificationData", "integratedTime"] {
        let (quoted, other) = (format!("\"{member}\":"), format!("\"{member}x\":"));
        let bent = |bundle: &serde_json::Value| {
            serde_json::from_str(&bundle.to_string().replacen(&quoted, &other, 1)).unwrap()
        };
        let bent: Vec<serde_json::Value> = honest.iter().map(bent).collect();
        let report = judged(&bent, root(&[]), now());
        let Verdict::Deny(findings) = report.verdict() else { panic!("{member}: {:?}", report.verdict()) };
        assert_eq!(findings.first().code.id, "signature/unreadable-line", "{member}");
    }
}

/// Each signature may cost a check, in each bundle that is read: they are counted before the first check is made.
#[test]
fn b48_signatures_of_a_checkpoint_are_bounded() {
    let setup = Setup { rekor: Rekor::V2, content: Content::Dsse, tsas: &[Tsa::First] };
    let with = |total: usize, entries: usize, releases: usize| {
        let mut lines: Vec<_> = (0..releases).flat_map(|_| evidence(setup, &[], &github())).collect();
        for line in &mut lines {
            let logged = &mut line["verificationMaterial"]["tlogEntries"];
            let checkpoint = &mut logged[0]["inclusionProof"]["checkpoint"]["envelope"];
            let mut text = checkpoint.as_str().unwrap().to_owned();
            let (_, signatures) = text.split_once("\n\n").unwrap();
            let signature = format!("{}\n", signatures.lines().next().unwrap());
            text.push_str(&signature.repeat(total - signatures.lines().count()));
            *checkpoint = text.into();
            *logged = vec![logged[0].clone(); entries].into();
        }
        judged(&lines, root(&[]), now())
    };
    assert!(matches!(with(64, 1, 1).verdict(), Verdict::Allow(_)));
    let refused = with(65, 1, 1);
    let Verdict::Deny(findings) = refused.verdict() else { panic!("{:?}", refused.verdict()) };
    assert_eq!(findings.first().code.id, "signature/unreadable-line");
    let many = with(64, 32, 2);
    let Verdict::Undecided(gaps) = many.verdict() else { panic!("{:?}", many.verdict()) };
    assert_eq!(gaps.first().code.id, "evidence/over-budget");
}
