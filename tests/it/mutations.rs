//! One byte of a keyless bundle or of the trust root is changed, put in or taken out: what is refused stays refused, and
//! what is allowed is refused unless the byte says nothing that is signed (`spec/sigstore.md`). Then the report is the
//! same, so that no such byte is ever shown to a person or held against a policy.
//!
//! A hundred thousand changes; `MCPSIGN_MUTATIONS=10000000` makes more, on every core, and says how far it is:
//! `cargo test --release --workspace --test it -- no_change_of_one_byte`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mcpsign_simulator::{Content, CtLogName, Identity, Issuer, Lie, Options, Rekor, Tsa};
use mcpsign_tests::forge::jcs;
use mcpsign_tests::targets::mutate::Random;
use mcpsign_verifier::{SigstoreRoot, Verdict};
use serde_json::Value;

use crate::keyless::{RELEASE, SIMULATOR, github, judged_lines, now, root};
use crate::support::workspace;

mod meaning;

/// Changes in a test run.
const CHANGES: usize = 100_000;

/// A bundle, and which of the two documents is changed.
struct Case {
    name: String,
    bundle: String,
    rekor: Rekor,
    tsas: &'static [Tsa],
    changed: Changed,
    allowed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Bundle,
    Root,
}

/// Made like this, by the release workflow or, where it is a lie who signed, by somebody else.
fn bundle(rekor: Rekor, tsas: &[Tsa], lies: &[Lie], identity: &Identity) -> String {
    let mut manifest = RELEASE.manifest.clone();
    // One line says it all: nothing else has to be there.
    manifest["bindings"] = serde_json::json!({ "sboms": [], "lockfiles": [], "statements": [] });
    let statement =
        mcpsign_tests::forge::statement(&RELEASE.subjects, mcpsign_tests::forge::TOOL_MANIFEST, &manifest);
    let options = Options::new(rekor, Content::Dsse).tsas(tsas).lies(lies);
    SIMULATOR.mint(&jcs(&statement), identity, options).to_string()
}

fn cases() -> Vec<Case> {
    const NONE: &[Tsa] = &[];
    const FIRST: &[Tsa] = &[Tsa::First];
    const BOTH: &[Tsa] = &[Tsa::First, Tsa::Second];
    let mut cases = Vec::new();
    let mut add = |rekor: Rekor, tsas: &'static [Tsa], lies: &[Lie], identity: &Identity| {
        let bundle = bundle(rekor, tsas, lies, identity);
        for changed in [Changed::Bundle, Changed::Root] {
            let name = format!("{changed:?} of {rekor:?} {tsas:?} {lies:?}");
            let allowed = lies.is_empty() && *identity == github();
            cases.push(Case { name, bundle: bundle.clone(), rekor, tsas, changed, allowed });
        }
    };
    for (rekor, tsas) in [
        (Rekor::V1, NONE),
        (Rekor::V1, BOTH),
        (Rekor::V1Intoto, NONE),
        (Rekor::V2, FIRST),
        (Rekor::V2, BOTH),
        (Rekor::V2Ecdsa, BOTH),
    ] {
        add(rekor, tsas, &[], &github());
    }
    // None of these is one byte away from the truth.
    for rekor in [Rekor::V1, Rekor::V2] {
        for lie in [
            Lie::EntryOfOtherArtifact,
            Lie::EntryByOtherSigner,
            Lie::EntryOfOtherSignature,
            Lie::CheckpointByOtherKey,
            Lie::CheckpointWithoutLog,
            Lie::StampedBy(Tsa::Stranger),
            Lie::ForgedCertificateInBag,
            Lie::SignedAttributesMissing,
            Lie::IssuedBy(Issuer::Stranger),
            Lie::ReceiptBy(CtLogName::Stranger),
            Lie::ReceiptOfTwin,
            Lie::AlsoStampedAt(-86_400),
        ] {
            add(rekor, FIRST, &[lie], &github());
        }
    }
    add(Rekor::V1, NONE, &[Lie::PromiseWithheld(5)], &github());
    add(Rekor::V1, NONE, &[Lie::PromiseByOtherKey], &github());
    add(Rekor::V2, NONE, &[Lie::TimestampMissing], &github());
    let mallory = Identity::email("mallory@other.example", "https://accounts.other.example");
    add(Rekor::V2, FIRST, &[], &mallory);
    cases
}

/// One byte set to another value, put in, or taken out.
fn change(document: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = document.as_bytes().to_vec();
    let at = random.below(bytes.len());
    match random.below(8) {
        0 => drop(bytes.remove(at)),
        1 => bytes.insert(at, byte(random)),
        // What stands in base64 and hex is more often hit by what may stand there.
        2..=4 => {
            let alphabet = b"ABCXYZabcdef0123456789+/=";
            bytes[at] = alphabet[random.below(alphabet.len())];
        }
        _ => bytes[at] ^= 1 + u8::try_from(random.below(255)).unwrap(),
    }
    bytes
}

fn byte(random: &mut Random) -> u8 {
    u8::try_from(random.below(256)).unwrap()
}

/// What comes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It is none: the byte was that already.
    Unchanged,
    /// The root is refused.
    NoRoot,
    /// It is not allowed, as it was not before.
    StillDenied,
    /// It was allowed and is not any more.
    Denied,
    /// It is allowed as before, with an equal report.
    StillAllowed,
}

/// What comes of one change.
///
/// # Errors
/// What is wrong with that.
fn judge(
    case: &Case,
    honest: &SigstoreRoot,
    root_json: &str,
    random: &mut Random,
) -> Result<Outcome, String> {
    let original = match case.changed {
        Changed::Bundle => &case.bundle,
        Changed::Root => root_json,
    };
    let changed = change(original, random);
    if changed == original.as_bytes() {
        return Ok(Outcome::Unchanged);
    }
    let report = match case.changed {
        Changed::Bundle => judged_lines(&[&changed], honest.clone(), &github(), now()),
        Changed::Root => {
            let Ok(root) = SigstoreRoot::from_json(&changed) else { return Ok(Outcome::NoRoot) };
            judged_lines(&[case.bundle.as_bytes()], root, &github(), now())
        }
    };
    match (case.allowed, report.verdict()) {
        (true, Verdict::Allow(_)) => {}
        (true, Verdict::Deny(_)) => return Ok(Outcome::Denied),
        (false, Verdict::Deny(_)) => return Ok(Outcome::StillDenied),
        (false, Verdict::Allow(_)) => return Err(format!("{}: allowed now", case.name)),
        (_, Verdict::Undecided(gaps)) => return Err(format!("{}: undecided, {gaps:?}", case.name)),
    }
    let before: Value = serde_json::from_str(original).unwrap();
    let after: Value = match serde_json::from_slice(&changed) {
        Ok(after) => after,
        Err(error) => return Err(format!("{}: allowed, and no JSON: {error}", case.name)),
    };
    let is_signed = match case.changed {
        Changed::Bundle => meaning::signed_difference(&before, &after, case.rekor),
        Changed::Root => meaning::used_difference(&before, &after, case.rekor, case.tsas),
    };
    if let Some(difference) = is_signed {
        return Err(format!("{}: still allowed, {difference}", case.name));
    }
    let mut document = report.document();
    let unchanged = judged_lines(&[case.bundle.as_bytes()], honest.clone(), &github(), now()).document();
    if case.changed == Changed::Root {
        // Of the root itself a report shows the digest, of all its bytes.
        document.trust_root.clone_from(&unchanged.trust_root);
        document.trust_roots.clone_from(&unchanged.trust_roots);
        for (signer, unchanged) in document.signers.iter_mut().zip(&unchanged.signers) {
            signer.trust_root.clone_from(&unchanged.trust_root);
        }
    }
    if document != unchanged {
        return Err(format!("{}: another report", case.name));
    }
    Ok(Outcome::StillAllowed)
}

/// How far a long run is: to stderr, and not by macro, as those are captured.
struct Progress {
    began: Instant,
    said: Instant,
    changes: usize,
}

impl Progress {
    /// Of as many changes; nothing is said of the usual number.
    fn of(changes: usize) -> Option<Self> {
        let now = Instant::now();
        (changes > CHANGES).then_some(Self { began: now, said: now, changes })
    }

    fn say(&self, done: usize) {
        let rate = done as f64 / self.began.elapsed().as_secs_f64();
        let _ = writeln!(std::io::stderr(), "{done} of {} changes, {rate:.0} a second", self.changes);
    }

    /// Every ten seconds.
    fn tick(&mut self, done: usize) {
        if self.said.elapsed() >= Duration::from_secs(10) {
            self.said = Instant::now();
            self.say(done);
        }
    }
}

#[test]
fn no_change_of_one_byte_is_believed() {
    let changes =
        std::env::var("MCPSIGN_MUTATIONS").map_or(CHANGES, |number| number.parse().expect("a number"));
    let (cases, honest) = (cases(), root(&[]));
    let root_json = SIMULATOR.trusted_root_json().to_string();
    for case in &cases {
        let report = judged_lines(&[case.bundle.as_bytes()], honest.clone(), &github(), now());
        assert_eq!(matches!(report.verdict(), Verdict::Allow(_)), case.allowed, "{}", case.name);
    }
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let progress = Progress::of(changes);
    let done = AtomicUsize::new(0);
    let outcomes: Mutex<BTreeMap<Outcome, usize>> = Mutex::default();
    let wrong: Mutex<BTreeMap<String, usize>> = Mutex::default();
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (cases, honest, root_json, done) = (&cases, &honest, &root_json, &done);
            let (outcomes, wrong) = (&outcomes, &wrong);
            // One of them speaks for all.
            let mut progress = Progress::of(changes).filter(|_| worker == 0);
            scope.spawn(move || {
                let mut random = Random::new(worker as u64);
                let mut own: BTreeMap<Outcome, usize> = BTreeMap::new();
                for at in (worker..changes).step_by(workers) {
                    // Half of all changes are of what is allowed.
                    let allowed = cases.iter().filter(|case| case.allowed == (at % 2 == 0));
                    let allowed: Vec<&Case> = allowed.collect();
                    let case = allowed[random.below(allowed.len())];
                    match judge(case, honest, root_json, &mut random) {
                        Ok(outcome) => *own.entry(outcome).or_default() += 1,
                        Err(what) => *wrong.lock().unwrap().entry(what).or_default() += 1,
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if let Some(progress) = &mut progress {
                        progress.tick(done);
                    }
                }
                let mut outcomes = outcomes.lock().unwrap();
                own.into_iter().for_each(|(outcome, count)| *outcomes.entry(outcome).or_default() += count);
            });
        }
    });
    let (outcomes, wrong) = (outcomes.into_inner().unwrap(), wrong.into_inner().unwrap());
    if let Some(progress) = progress {
        progress.say(done.into_inner());
        let _ = writeln!(std::io::stderr(), "{outcomes:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // A run in which nothing came of any change, or all were refused for one reason, shows nothing.
    for outcome in [Outcome::NoRoot, Outcome::StillDenied, Outcome::Denied, Outcome::StillAllowed] {
        assert!(changes < 1_000 || outcomes.contains_key(&outcome), "{outcome:?} never came: {outcomes:?}");
    }
}

/// What the test lets pass stands in the specification, and nothing else does.
#[test]
fn every_unauthenticated_member_is_documented() {
    let text = std::fs::read_to_string(workspace().join("schemas/spec/sigstore.md")).unwrap();
    let documented: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `/"))
        .filter_map(|line| line.split('`').next())
        .collect();
    let known: Vec<&str> = meaning::patterns().map(|pattern| &pattern[1..]).collect();
    assert_eq!(documented, known);
}
