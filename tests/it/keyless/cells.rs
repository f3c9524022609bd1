//! Each lie of the simulator in each cell where it can be told: Rekor v1 and v2, statement and message. What a lie is an
//! attack of stands behind it in `lie.rs`; a lie that is not played here, and an attack that misses a cell, fail.
//!
//! The table goes to stderr; what each lie is refused for in every kind of entry, the other tests in here assert.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use jiff::SignedDuration;
use mcpsign_simulator::{Content, CtLogName, Identity, Issuer, Lie, Options, Rekor, RootLie, Tsa};
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::{Signer, Verdict};
use serde_json::json;

use super::{
    OF_PROOFS, RELEASE, SIMULATOR, Setup, evidence, github, github_token, judged, judged_as, now, refusal,
    root,
};
use crate::support::workspace;

const LOG_ENTRY: &str = "signature/log-entry";
const NO_PROOF: &str = "signature/no-inclusion-proof";
const CERTIFICATE: &str = "signature/certificate";
const TIMESTAMP: &str = "signature/timestamp";
const FUTURE: &str = "signature/time-in-future";

/// The cells of the table.
const CELLS: [(Rekor, Content); 4] = [
    (Rekor::V1, Content::Dsse),
    (Rekor::V1, Content::Message),
    (Rekor::V2, Content::Dsse),
    (Rekor::V2, Content::Message),
];

/// What issue and catalogue want played in every cell.
const WANTED: [&str; 14] =
    ["B01", "B02", "B03", "B09", "B11", "B12", "B13", "B14", "B15", "B17", "B19", "B57", "B58", "B60"];

/// What comes of a lie in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Refused with this code.
    Refused(&'static str),
    /// It adds nothing and takes nothing away.
    Counts,
    /// It cannot be told there.
    Absent,
}
use Cell::{Absent, Counts, Refused};

/// Every lie, and what comes of it in the cells in turn.
fn lies() -> Vec<(Lie, [Cell; 4])> {
    let all = |code| [Refused(code); 4];
    let v1 = |cell| [cell, cell, Absent, Absent];
    let mut lies = vec![
        (
            Lie::EntryOfOtherArtifact,
            [
                Refused(LOG_ENTRY),
                Refused("subject/digest-mismatch"),
                Refused(LOG_ENTRY),
                Refused("subject/digest-mismatch"),
            ],
        ),
        (
            Lie::EntryForKeyOf("PKIX_ECDSA_P384_SHA_384"),
            [Absent, Absent, Refused(LOG_ENTRY), Refused(LOG_ENTRY)],
        ),
        (Lie::ProofMissing, all(NO_PROOF)),
        (Lie::Downgraded, all(NO_PROOF)),
        (Lie::EntryTwice, [Counts; 4]),
        (Lie::TimestampTwice, [Counts; 4]),
        // Beside a timestamp an invented time is none; without one there is no other.
        (Lie::PromiseWithheld(5), v1(Counts)),
        // The log's promise has a time, too.
        (Lie::TimestampMissing, [Counts, Counts, Refused(TIMESTAMP), Refused(TIMESTAMP)]),
        (Lie::LoggedAt(-60), v1(Refused(CERTIFICATE))),
        (Lie::LoggedAt(86_460), v1(Refused(FUTURE))),
        (Lie::IssuedBy(Issuer::Twin), [Counts; 4]),
        (
            Lie::UnknownMessageHash,
            [Absent, Refused("signature/unreadable-line"), Absent, Refused("signature/unreadable-line")],
        ),
        // Messages may come in older bundles, which bring issuers along; statements of ours may not.
        (
            Lie::ChainEmbedded,
            [Refused("signature/bundle-version"), Counts, Refused("signature/bundle-version"), Counts],
        ),
    ];
    for lie in [Lie::PromiseAltered, Lie::PromiseByOtherKey, Lie::PromiseOfOtherIndex] {
        lies.push((lie, v1(Refused(LOG_ENTRY))));
    }
    let of_entries = [
        Lie::EntryByOtherSigner,
        Lie::EntryOfOtherSignature,
        Lie::EntryOfOtherKind,
        Lie::SecondEntryByOtherSigner,
        Lie::UnknownEntryHash,
    ];
    for lie in of_entries.into_iter().chain(OF_PROOFS) {
        lies.push((lie, all(LOG_ENTRY)));
    }
    for lie in [
        Lie::StampedBy(Tsa::Retired),
        Lie::StampedBy(Tsa::Stranger),
        Lie::StampedBy(Tsa::Expired),
        Lie::TimestampOfOtherSignature,
        Lie::ForgedCertificateInBag,
        Lie::EmbeddedTsaChain,
        Lie::SecondSignerInfo,
        Lie::SignedAttributesMissing,
        Lie::OtherContentType,
        Lie::OtherSigningCertificate,
        Lie::OtherMessageDigest,
        Lie::UnknownImprintHash,
    ] {
        lies.push((lie, all(TIMESTAMP)));
    }
    for lie in [
        Lie::StampedAt(-60),
        Lie::StampedAt(601),
        Lie::AlsoStampedAt(-86_400),
        Lie::AlsoStampedAt(601),
        Lie::IssuedBy(Issuer::Expired),
        Lie::IssuedBy(Issuer::NotYetValid),
        Lie::IssuedBy(Issuer::NotAuthority),
        Lie::IssuedBy(Issuer::TooDeep),
        Lie::IssuedBy(Issuer::Stranger),
        Lie::ReceiptMissing,
        Lie::ReceiptBy(CtLogName::Retired),
        Lie::ReceiptBy(CtLogName::Stranger),
        Lie::ReceiptOfOtherCertificate,
        Lie::ReceiptOfTwin,
        Lie::ReceiptTwice,
        Lie::ReceiptAltered,
        Lie::CertificateExpired,
        Lie::CertificateNotYetValid,
        Lie::NoCodeSigning,
        Lie::UnknownKeyAlgorithm,
        Lie::UnknownSignatureAlgorithm,
        Lie::IssuerMalformed,
        Lie::IssuerTwice,
        Lie::ClaimMalformed(15),
        Lie::ClaimTwice(15),
        Lie::TwoSubjects,
        Lie::SubjectMissing,
    ] {
        lies.push((lie, all(CERTIFICATE)));
    }
    lies.push((Lie::ReceiptDated(3 * 86_400), all(FUTURE)));
    // Whoever expects an issuer: of messages see below.
    let nobody = Refused("identity/issuer-mismatch");
    lies.push((Lie::IssuerMissing, [nobody, Absent, nobody, Absent]));
    lies
}

const fn setup((rekor, content): (Rekor, Content)) -> Setup {
    Setup { rekor, content, tsas: &[Tsa::First] }
}

/// The name of the variant, without what it is told with.
fn name(lie: Lie) -> String {
    let shown = format!("{lie:?}");
    shown.split('(').next().unwrap_or_default().to_owned()
}

/// The attacks of each lie, as `lie.rs` has them behind it.
fn attacks() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(workspace().join("tests/simulator/src/lie.rs")).unwrap();
    let lies = text.split("pub enum Lie {").nth(1).unwrap().split("\n}\n").next().unwrap();
    let id = regex::Regex::new("B[0-9]{2}").unwrap();
    let (mut attacks, mut ids) = (BTreeMap::new(), BTreeSet::new());
    for line in lies.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            ids.extend(id.find_iter(comment).map(|found| found.as_str().to_owned()));
        } else if let Some(variant) = line.strip_suffix(',') {
            let name = variant.split('(').next().unwrap_or_default().to_owned();
            attacks.insert(name, std::mem::take(&mut ids));
        }
    }
    attacks
}

type Play = fn(Setup) -> Cell;

/// Attacks that are no lie of one bundle's: what comes of each in a cell.
fn others() -> Vec<(&'static str, Play, Cell)> {
    vec![
        ("B02", another_subject, Refused("identity/subject-mismatch")),
        ("B02", another_issuer, Refused("identity/issuer-mismatch")),
        ("B11", unstamped, Refused(TIMESTAMP)),
        ("B13", |setup| with_root(setup, RootLie::TsasEnded), Refused(TIMESTAMP)),
        ("B14", early, Refused(FUTURE)),
        ("B14", |setup| with_root(setup, RootLie::LogsEnded), Refused(LOG_ENTRY)),
        ("B15", |setup| with_root(setup, RootLie::IssuersEnded), Refused(CERTIFICATE)),
        ("B19", |setup| with_root(setup, RootLie::NoTsas), Refused(TIMESTAMP)),
        ("B57", |setup| shown(setup, "sourceRepositoryOwnerIdentifier", "4242"), Counts),
        ("B57", |setup| shown(setup, "sourceRepositoryIdentifier", "999000111"), Counts),
        ("B58", |setup| shown(setup, "buildTrigger", "workflow_dispatch"), Counts),
        ("B58", |setup| shown(setup, "runnerEnvironment", "self-hosted"), Counts),
    ]
}

fn cell(found: Option<&'static str>) -> Cell {
    found.map_or(Counts, Refused)
}

fn with_root(setup: Setup, lie: RootLie) -> Cell {
    cell(refusal(setup, &[], &root(&[lie]), now()))
}

/// No time that anybody vouches for: the promise is withheld, or there never is one.
fn unstamped(setup: Setup) -> Cell {
    let withheld = if setup.rekor.is_v2() { Lie::TimestampMissing } else { Lie::PromiseWithheld(5) };
    cell(refusal(Setup { tsas: &[], ..setup }, &[withheld], &root(&[]), now()))
}

/// A second before the timestamp says.
fn early(setup: Setup) -> Cell {
    let before = SIMULATOR.time() + SignedDuration::from_secs(1);
    cell(refusal(setup, &[], &root(&[]), before))
}

fn another_subject(setup: Setup) -> Cell {
    let mut token = github_token();
    token["job_workflow_ref"] = "acme/notes-mcp/.github/workflows/release.yml@refs/heads/main".into();
    another(setup, &Identity::from_token(&token).unwrap(), "identity/subject-mismatch")
}

fn another_issuer(setup: Setup) -> Cell {
    let other = Identity { issuer: "https://issuer.example".into(), ..github() };
    another(setup, &other, "identity/issuer-mismatch")
}

/// Signed by `signer`, verified by whoever expects the release workflow. Of messages the bundle verifier has one refusal for
/// both parts of an identity, which names what was expected and found.
fn another(setup: Setup, signer: &Identity, code: &'static str) -> Cell {
    match setup.content {
        Content::Dsse => match judged(&evidence(setup, &[], signer), root(&[]), now()).verdict() {
            Verdict::Deny(findings) => Refused(findings.first().code.id),
            Verdict::Allow(_) => Counts,
            Verdict::Undecided(gaps) => panic!("{gaps:?}"),
        },
        Content::Message => match authenticated(setup, signer, &github()) {
            Err(ArtifactError::Identity { expected, found }) => {
                assert!(
                    expected.contains(github().subject.as_str()) && found.contains(signer.subject.as_str())
                );
                assert!(expected.contains(&github().issuer) && found.contains(&signer.issuer));
                Refused(code)
            }
            Err(error) => panic!("{error}"),
            Ok(_) => Counts,
        },
    }
}

fn authenticated(setup: Setup, signer: &Identity, expected: &Identity) -> Result<Signer, ArtifactError> {
    let options = Options::new(setup.rekor, setup.content).tsas(setup.tsas);
    let bundle = SIMULATOR.mint(&RELEASE.artifact, signer, options).to_string();
    let expected = Expected::Identity { subject: expected.subject.as_str(), issuer: Some(&expected.issuer) };
    let (artifact, evidence) = (Artifact::Bytes(&RELEASE.artifact), LogEvidence::InclusionProofRequired);
    authenticate_artifact(bundle.as_bytes(), artifact, &root(&[]), expected, evidence, now())
}

/// That policies are shown this claim as the certificate has it.
fn shown(setup: Setup, claim: &str, value: &str) -> Cell {
    let mut token = github_token();
    for (name, value) in json!({
        "repository_id": "999000111", "repository_owner_id": "4242",
        "event_name": "workflow_dispatch", "runner_environment": "self-hosted",
    })
    .as_object()
    .unwrap()
    {
        token[name] = value.clone();
    }
    let identity = Identity::from_token(&token).unwrap();
    let found: Vec<String> = match setup.content {
        Content::Dsse => {
            let report = judged_as(&evidence(setup, &[], &identity), root(&[]), &identity, now()).document();
            report.signers.iter().map(|signer| signer.claims[claim].clone()).collect()
        }
        Content::Message => match authenticated(setup, &identity, &identity).unwrap() {
            Signer::Certificate { identity, .. } => vec![identity.claims[claim].clone()],
            Signer::Key { .. } => Vec::new(),
        },
    };
    assert!(!found.is_empty() && found.iter().all(|found| found == value), "{setup:?} {claim}: {found:?}");
    Counts
}

#[test]
fn every_lie_is_told_in_every_cell() {
    let (lies, attacks) = (lies(), attacks());
    let played: BTreeSet<String> = lies.iter().map(|(lie, _)| name(*lie)).collect();
    let known: BTreeSet<String> = attacks.keys().cloned().collect();
    assert!(known.len() > 50, "{known:?}");
    let missing: Vec<_> = known.symmetric_difference(&played).collect();
    assert!(missing.is_empty(), "not played, or not there: {missing:?}");

    let mut wrong = Vec::new();
    let mut table: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let root = root(&[]);
    for (at, &cell_of) in CELLS.iter().enumerate() {
        let setup = setup(cell_of);
        for (lie, expected) in &lies {
            if expected[at] == Absent {
                continue;
            }
            let found = cell(refusal(setup, &[*lie], &root, now()));
            if found != expected[at] {
                wrong.push(format!("{lie:?} {cell_of:?}: {found:?}, not {:?}", expected[at]));
            }
            for id in &attacks[&name(*lie)] {
                table.entry(id.clone()).or_default()[at] += 1;
            }
        }
        for (id, play, expected) in others() {
            let found = play(setup);
            if found != expected {
                wrong.push(format!("{id} {cell_of:?}: {found:?}, not {expected:?}"));
            }
            table.entry(id.to_owned()).or_default()[at] += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let mut shown = String::from(
        "| attack | v1 statement | v1 message | v2 statement | v2 message |\n|---|---|---|---|---|\n",
    );
    for (id, [a, b, c, d]) in &table {
        let _ = writeln!(shown, "| {id} | {a} | {b} | {c} | {d} |");
    }
    // Not by macro: those are captured where the test passes.
    let _ = write!(std::io::stderr(), "\n{shown}\n");
    for id in WANTED {
        assert!(table.get(id).is_some_and(|cells| !cells.contains(&0)), "{id} misses a cell:\n{shown}");
    }
}

/// A certificate without an issuer is nobody's for whoever expects one; GitHub's releases have none.
#[test]
fn b22_a_certificate_that_names_no_issuer_is_not_any_issuers() {
    for cell_of in CELLS {
        let setup = setup(cell_of);
        let options = Options::new(setup.rekor, setup.content).tsas(setup.tsas).lies(&[Lie::IssuerMissing]);
        match setup.content {
            Content::Dsse => {
                let lines = evidence(setup, &[Lie::IssuerMissing], &github());
                let report = judged(&lines, root(&[]), now());
                let Verdict::Deny(findings) = report.verdict() else { panic!("{:?}", report.verdict()) };
                assert_eq!(findings.first().code.id, "identity/issuer-mismatch", "{cell_of:?}");
            }
            Content::Message => {
                let bundle = SIMULATOR.mint(&RELEASE.artifact, &github(), options).to_string();
                let (artifact, evidence) =
                    (Artifact::Bytes(&RELEASE.artifact), LogEvidence::InclusionProofRequired);
                for (issuer, holds) in
                    [(Some(github().issuer), false), (Some(String::new()), false), (None, true)]
                {
                    let identity = github();
                    let expected =
                        Expected::Identity { subject: identity.subject.as_str(), issuer: issuer.as_deref() };
                    let found = authenticate_artifact(
                        bundle.as_bytes(),
                        artifact,
                        &root(&[]),
                        expected,
                        evidence,
                        now(),
                    );
                    assert_eq!(found.is_ok(), holds, "{cell_of:?} {issuer:?}: {found:?}");
                }
            }
        }
    }
}
