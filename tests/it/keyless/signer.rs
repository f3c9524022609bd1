//! What the signer does not take from services: each answer that is not what it was asked for, and none at all.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_signing::keyless::{Instance, KeylessError, KeylessSigner, Logged, Patience};
use mcpsign_signing::signer::{SignError, Signed, Signer as _};
use mcpsign_signing::token::IdentityToken;
use mcpsign_simulator::serve::{Fault, Running, Service};
use mcpsign_simulator::{Lie, Rekor, Simulator, Tsa};
use mcpsign_tests::forge::{jcs, statement};
use serde_json::{Value, json};

use super::{RELEASE, github_token};

const PATIENCE: Patience = Patience {
    run: Duration::from_secs(120),
    exchange: Duration::from_secs(30),
    pause: Duration::from_millis(5),
};
/// For those who never answer.
const LITTLE: Patience =
    Patience { run: Duration::from_secs(4), exchange: Duration::from_secs(1), ..PATIENCE };

fn token(running: &Running, claims: &Value) -> IdentityToken {
    IdentityToken::parse(running.simulator().token(claims).into()).unwrap()
}

fn instance(running: &Running, signing_config: &Value) -> Instance {
    let root = running.trusted_root_json().to_string();
    Instance::new(root.as_bytes(), signing_config.to_string().as_bytes(), Timestamp::now()).unwrap()
}

/// Signs the release's two statements; with what was logged by then.
fn signed(instance: &Instance, token: &IdentityToken) -> (Result<usize, KeylessError>, Vec<Logged>) {
    signed_within(PATIENCE, instance, token)
}

fn signed_within(
    patience: Patience,
    instance: &Instance,
    token: &IdentityToken,
) -> (Result<usize, KeylessError>, Vec<Logged>) {
    let signer = match KeylessSigner::new(instance, token, patience) {
        Ok(signer) => signer,
        Err(error) => return (Err(error), Vec::new()),
    };
    let payloads = vec![jcs(&RELEASE.sbom_statement()), jcs(&RELEASE.manifest_statement())];
    let signed = signer.sign_all(payloads).map(|signed| signed.len()).map_err(|error| match error {
        SignError::Keyless(error) => error,
        error => panic!("{error}"),
    });
    (signed, signer.logged())
}

#[test]
fn an_answer_that_is_not_what_was_asked_for_is_refused() {
    let running = Simulator::new().serve();
    let token = token(&running, &github_token());
    for rekor in [Rekor::V1, Rekor::V2] {
        let instance = instance(&running, &running.signing_config_with(&[rekor]));
        let log = if rekor.is_v2() { Service::RekorV2 } else { Service::RekorV1 };
        assert_eq!(signed(&instance, &token).0.unwrap(), 2, "honest");
        let cases = [
            (Service::Fulcio, Fault::Garbage, "something else"),
            (Service::Fulcio, Fault::Status(403), "HTTP status 403"),
            (Service::Fulcio, Fault::CertificateOfOtherKey, "for the key"),
            (Service::Fulcio, Fault::CertificateOfOtherSubject, "for `mallory@other.example`"),
            (Service::Fulcio, Fault::CertificateOfOtherIssuer, "of the issuer"),
            (Service::Fulcio, Fault::Lie(Lie::SubjectMissing), "it has 0 subject alternative names, not one"),
            (Service::Fulcio, Fault::Lie(Lie::TwoSubjects), "it has 2 subject alternative names, not one"),
            (Service::Fulcio, Fault::Lie(Lie::ClaimTwice(15)), "is there twice"),
            (Service::Fulcio, Fault::Lie(Lie::ClaimMalformed(15)), "is malformed"),
            (Service::Fulcio, Fault::Lie(Lie::IssuerMissing), "of the issuer"),
            (Service::Fulcio, Fault::Lie(Lie::CertificateExpired), "over at"),
            (Service::Fulcio, Fault::Lie(Lie::CertificateNotYetValid), "does not verify"),
            (Service::Fulcio, Fault::Lie(Lie::ReceiptMissing), "does not verify"),
            (Service::Fulcio, Fault::Lie(Lie::ReceiptAltered), "does not verify"),
            (Service::Fulcio, Fault::Lie(Lie::NoCodeSigning), "does not verify"),
            (Service::Tsa, Fault::Garbage, "does not verify"),
            (Service::Tsa, Fault::Empty, "nothing"),
            (Service::Tsa, Fault::TimestampOfOtherDigest, "does not verify"),
            (Service::Tsa, Fault::Lie(Lie::StampedBy(Tsa::Stranger)), "does not verify"),
            (Service::Tsa, Fault::Lie(Lie::StampedAt(-86_400)), "does not verify"),
            (log, Fault::Garbage, "something else"),
            (log, Fault::Empty, "something else"),
            (log, Fault::EntryOfOtherPayload, "does not verify"),
            (log, Fault::Lie(Lie::ProofAltered), "does not verify"),
            (log, Fault::Lie(Lie::CheckpointByOtherKey), "does not verify"),
            (log, Fault::Lie(Lie::ProofMissing), "does not verify"),
        ];
        for (service, fault, said) in cases {
            let what = format!("{service:?} {fault:?} {rekor:?}");
            let logs = running.asked(log);
            running.next(service, fault);
            let (signed, logged) = signed(&instance, &token);
            let error = signed.expect_err(&what);
            assert!(error.to_string().contains(said), "{what}: {error}");
            assert!(!error.is_gap(), "{what}: it answered");
            // All that can be verified is before the first entry, and nothing is logged after what does not verify.
            let expected = usize::from(service == log);
            assert_eq!((running.asked(log) - logs, logged.len()), (expected, expected), "{what}");
        }
    }
}

/// Statements of one run, the manifest first: it may stand anywhere.
fn run_of_four() -> Vec<Vec<u8>> {
    let other = |number: usize| {
        jcs(&statement(&RELEASE.subjects, "https://example.com/predicate/v1", &json!({ "number": number })))
    };
    vec![jcs(&RELEASE.manifest_statement()), other(1), other(2), other(3)]
}

fn digests(payloads: &[Vec<u8>]) -> Vec<Sha256Digest> {
    payloads.iter().map(|payload| Sha256Digest::of(payload)).collect()
}

/// What binds the others must not be known before they are.
#[test]
fn statements_are_logged_side_by_side_and_the_manifest_after_them() {
    for (rekor, log) in [(Rekor::V1, Service::RekorV1), (Rekor::V2, Service::RekorV2)] {
        let running = Simulator::new().serve();
        let token = token(&running, &github_token());
        let instance = instance(&running, &running.signing_config_with(&[rekor]));
        for service in [Service::Tsa, log] {
            running.always(service, Fault::Slow(Duration::from_secs(1)));
        }
        let signer = KeylessSigner::new(&instance, &token, PATIENCE).unwrap();
        let payloads = run_of_four();
        let signed = signer.sign_all(payloads.clone()).unwrap();
        let given: Vec<_> = signed.iter().map(Signed::payload_digest).collect();
        assert_eq!(given, digests(&payloads), "{rekor:?}: in their order");
        let logged = signer.logged();
        assert_eq!(
            logged.iter().map(|one| one.payload).collect::<Vec<_>>(),
            given,
            "{rekor:?}: told in their order"
        );
        let places: Vec<u64> = logged.iter().map(|one| one.index.unwrap()).collect();
        assert!(places[1..].iter().all(|place| *place < places[0]), "{rekor:?}: {places:?}");
        assert_eq!((running.asked(log), running.asked_at_once(log)), (4, 3), "{rekor:?}");
        assert_eq!((running.asked(Service::Tsa), running.asked_at_once(Service::Tsa)), (4, 4), "{rekor:?}");
    }
}

/// One is slow, one fails, one is quick: what the slow one leaves behind is waited for, and nothing begins any more.
#[test]
fn everything_that_was_logged_is_told_where_one_of_them_failed() {
    let failures = [(Fault::Status(403), 1), (Fault::Garbage, 1), (Fault::EntryOfOtherPayload, 0)];
    for rekor in [Rekor::V1, Rekor::V2] {
        for (fault, unknown) in failures.clone() {
            let running = Simulator::new().serve();
            let token = token(&running, &github_token());
            let log = if rekor.is_v2() { Service::RekorV2 } else { Service::RekorV1 };
            let instance = instance(&running, &running.signing_config_with(&[rekor]));
            running.next(log, Fault::Slow(Duration::from_secs(1)));
            running.next(log, fault.clone());
            let signer = KeylessSigner::new(&instance, &token, PATIENCE).unwrap();
            let payloads = run_of_four();
            assert!(signer.sign_all(payloads.clone()).is_err(), "{rekor:?} {fault:?}");
            let logged = signer.logged();
            let about: Vec<_> = logged.iter().map(|one| one.payload).collect();
            assert_eq!(
                about,
                digests(&payloads)[1..],
                "{rekor:?} {fault:?}: all but the manifest, in their order"
            );
            let without = logged.iter().filter(|one| one.index.is_none()).count();
            assert_eq!((without, running.asked(log)), (unknown, 3), "{rekor:?} {fault:?}");
        }
    }
}

/// Where a log of version 1 has the entry already it says where. That is asked for by its id alone, of the log itself.
#[test]
fn the_place_of_an_entry_that_is_there_already_is_its_id() {
    let running = Simulator::new().serve();
    let token = token(&running, &github_token());
    let instance = instance(&running, &running.signing_config_with(&[Rekor::V1]));
    for place in [
        "",
        "/",
        "/api/v1/log/entries/",
        "/api/v1/log/entries/00",
        "/api/v1/log/entries/../../../../metrics",
        "/api/v1/log/entries/0000000000000000000000000000000000000000000000000000000000000000?x",
        "/api/v1/log/entries/0000000000000000000000000000000000000000000000000000000000000000/",
        "/api/v1/log/entries/0000000000000000000000000000000000000000000000000000000000000%30",
        "/api/v1/log/entries/00000000000000000000000000000000000000000000000000000000000000000",
        "/api/v1/log/entries/000000000000000000000000000000000000000000000000000000000000000g",
    ] {
        let before = running.asked(Service::RekorV1);
        running.next(Service::RekorV1, Fault::LoggedBefore(place));
        let (signed, logged) = signed(&instance, &token);
        let error = signed.expect_err(place);
        assert!(error.to_string().contains("does not say where"), "{place}: {error}");
        assert!(!error.is_gap(), "{place}");
        assert_eq!(logged.len(), 1, "{place}");
        assert_eq!(running.asked(Service::RekorV1), before + 1, "{place}: nothing else was asked for");
    }
    // Of both lengths, with and without a host: the log itself is asked, which has none such.
    for place in [
        "/api/v1/log/entries/0000000000000000000000000000000000000000000000000000000000000000",
        "https://evil.example/api/v1/log/entries/0000000000000000000000000000000000000000000000000000000000000000",
        "/api/v1/log/entries/00000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ] {
        let before = running.asked(Service::RekorV1);
        running.next(Service::RekorV1, Fault::LoggedBefore(place));
        let error = signed(&instance, &token).0.expect_err(place);
        assert!(error.to_string().contains("HTTP status 404"), "{place}: {error}");
        assert_eq!(running.asked(Service::RekorV1), before + 2, "{place}");
    }
    // The answer was lost, and the entry is found.
    running.next(Service::RekorV1, Fault::Truncated);
    assert_eq!(signed(&instance, &token).0.unwrap(), 2);
}

/// A log of version 2 has no way to say where: another signature makes another entry, once.
#[test]
fn a_log_that_has_the_entry_already_gets_another_once() {
    let running = Simulator::new().serve();
    let token = token(&running, &github_token());
    let instance = instance(&running, &running.signing_config_with(&[Rekor::V2]));
    running.next(Service::RekorV2, Fault::Status(409));
    assert_eq!(signed(&instance, &token).0.unwrap(), 2);
    assert_eq!(running.asked(Service::RekorV2), 3);
    running.next(Service::RekorV2, Fault::Status(409));
    running.next(Service::RekorV2, Fault::Status(409));
    let (again, logged) = signed(&instance, &token);
    let error = again.unwrap_err();
    assert!(matches!(error, KeylessError::LoggedBefore { .. }), "{error}");
    assert_eq!((running.asked(Service::RekorV2), logged.len()), (5, 2));
}

/// A service that accepts the connection, and then takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tardy {
    Silent,
    DripsHead,
    DripsBody,
}

struct Server {
    url: String,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    fn start(how: Tardy) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut connections: Vec<TcpStream> = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nonblocking(false).unwrap();
                    // The first part of what is asked will do.
                    let _ = stream.read(&mut [0; 4096]);
                    let head = "HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n";
                    let _ = match how {
                        Tardy::Silent => Ok(()),
                        Tardy::DripsHead => stream.write_all(&head.as_bytes()[..20]),
                        Tardy::DripsBody => stream.write_all(head.as_bytes()),
                    };
                    connections.push(stream);
                }
                for stream in connections.iter_mut().filter(|_| how != Tardy::Silent) {
                    let _ = stream.write_all(b"x");
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { url, stop, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// The deadline is for the whole answer, however lively it begins; of a log without one nobody knows what it holds.
#[test]
fn b47_a_service_that_never_answers_is_not_waited_for() {
    let running = Simulator::new().serve();
    let token = token(&running, &github_token());
    let services = [
        ("caUrls", Rekor::V2),
        ("tsaUrls", Rekor::V2),
        ("rekorTlogUrls", Rekor::V2),
        ("rekorTlogUrls", Rekor::V1),
    ];
    let never = &|how: Tardy, list: &str, rekor: Rekor| {
        let what = format!("{how:?} {list} {rekor:?}");
        let server = Server::start(how);
        let mut config = running.signing_config_with(&[rekor]);
        config[list][0]["url"] = server.url.as_str().into();
        let began = Instant::now();
        let (signed, logged) = signed_within(LITTLE, &instance(&running, &config), &token);
        let error = signed.expect_err(&what);
        assert!(error.is_gap(), "{what}: {error}");
        assert!(error.to_string().contains("was not reached"), "{what}: {error}");
        // It would drip for half an hour.
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        let indices: Vec<_> = logged.iter().map(|logged| logged.index).collect();
        assert_eq!(indices, vec![None; usize::from(list == "rekorTlogUrls")], "{what}");
    };
    std::thread::scope(|scope| {
        for how in [Tardy::Silent, Tardy::DripsHead, Tardy::DripsBody] {
            for (list, rekor) in services {
                scope.spawn(move || never(how, list, rekor));
            }
        }
    });
}

/// A service that wants to be asked again in more seconds than there are is one that is not to be had now.
#[test]
fn b47_a_service_that_wants_to_be_asked_again_after_the_end_of_time_is_not_waited_for() {
    let running = Simulator::new().serve();
    let token = token(&running, &github_token());
    for rekor in [Rekor::V1, Rekor::V2] {
        let instance = instance(&running, &running.signing_config_with(&[rekor]));
        let log = if rekor.is_v2() { Service::RekorV2 } else { Service::RekorV1 };
        for service in [Service::Fulcio, Service::Tsa, log] {
            for seconds in [u64::MAX, u64::MAX / 2, 1 << 40, 3600] {
                let (asked, began) = (running.asked(service), Instant::now());
                running.next(service, Fault::RetryAfter(seconds));
                let (signed, logged) = signed(&instance, &token);
                let error = signed.unwrap_err();
                assert!(error.is_gap() && error.to_string().contains("HTTP status 429"), "{error}");
                assert!(began.elapsed() < Duration::from_secs(60), "{service:?} {seconds}");
                assert_eq!(logged.len(), usize::from(service == log), "{service:?} {seconds}");
                assert!(running.asked(service) > asked, "{service:?} {seconds}");
            }
        }
    }
}

/// Whom the certificate names has to be whom the token speaks for, person or workload.
#[test]
fn a_token_of_a_person_gets_a_certificate_of_that_person() {
    let running = Simulator::new().serve();
    let claims = json!({
        "iss": "https://login.acme.example", "sub": "4711", "email": "release@acme.example", "email_verified": true
    });
    let token = token(&running, &claims);
    let instance = instance(&running, &running.signing_config_json());
    assert_eq!(signed(&instance, &token).0.unwrap(), 2);
    running.next(Service::Fulcio, Fault::CertificateOfOtherSubject);
    let error = signed(&instance, &token).0.unwrap_err().to_string();
    assert!(error.contains("for `mallory@other.example`, not `release@acme.example`"), "{error}");
}

/// Nothing is signed that no reader would take, and nobody is asked for it.
#[test]
fn b48_a_statement_that_is_too_large_is_not_logged() {
    let running = Simulator::new().serve();
    let token = token(&running, &github_token());
    let instance = instance(&running, &running.signing_config_json());
    let signer = KeylessSigner::new(&instance, &token, PATIENCE).unwrap();
    let (small, large) = (jcs(&RELEASE.sbom_statement()), vec![b' '; (16 << 20) + 1]);
    let refused = signer.sign_all(vec![small, large]).unwrap_err();
    assert!(matches!(refused, SignError::TooLarge { .. }), "{refused}");
    assert!(signer.logged().is_empty());
    assert_eq!((running.asked(Service::Tsa), running.asked(Service::RekorV2)), (0, 0));
    // Nor what is no statement.
    let refused = signer.sign_all(vec![b"{}".to_vec()]).unwrap_err();
    assert!(matches!(refused, SignError::Keyless(KeylessError::Statement)), "{refused}");
    assert_eq!(running.asked(Service::RekorV2), 0);
}
