//! Trust roots that say less, more or something else than they should.

use mcpsign_simulator::RootLie;
use mcpsign_verifier::{SigstoreRoot, TrustRootError};

use super::{ALL, SIMULATOR, now, refusal, root};

fn loaded(lie: RootLie) -> Result<SigstoreRoot, TrustRootError> {
    SigstoreRoot::from_json(SIMULATOR.trusted_root_with(&[lie]).to_string().as_bytes())
}

#[test]
fn b19_a_root_of_nothing_and_a_key_of_nobodys_algorithm_are_refused() {
    assert!(matches!(loaded(RootLie::Empty), Err(TrustRootError::Empty)));
    assert!(matches!(loaded(RootLie::UnknownLogKey), Err(TrustRootError::Content(_))));
}

#[test]
fn b13_an_authority_without_certificates_is_refused_and_not_skipped() {
    assert!(matches!(loaded(RootLie::EmptyTsaChain), Err(TrustRootError::Content(_))));
}

#[test]
fn b09_a_log_that_stands_twice_is_refused() {
    assert!(matches!(loaded(RootLie::LogTwice), Err(TrustRootError::Content(_))));
    assert!(matches!(loaded(RootLie::CtLogTwice), Err(TrustRootError::Content(_))));
}

/// Without a log in the root there is none whose entries could count, and what an instance always gives is a timestamp.
#[test]
fn what_the_root_does_not_list_cannot_be_proven_by_it() {
    for setup in ALL {
        let found = refusal(setup, &[], &root(&[RootLie::NoLogs]), now());
        assert_eq!(found, Some("signature/log-entry"), "{setup:?}");
        // Certificates need no receipt of logs that there are none of.
        assert_eq!(refusal(setup, &[], &root(&[RootLie::NoCtLogs]), now()), None, "{setup:?}");
    }
}
