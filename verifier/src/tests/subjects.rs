//! Is it about these bytes, under this name?

use mcpsign_schemas::code;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::report::StageState;

use super::Case;
use crate::testing::{Key, PURL, Release, subject};

#[test]
fn b06_m09_other_bytes_are_called_that() {
    let key = Key::generate();
    let mut case = Case::honest(&key);
    let bytes = b"changed";
    case.measured.subject.digests =
        MeasuredDigests { sha256: Sha256Digest::of(bytes), sha512: Some(Sha512Digest::of(bytes)) };
    let document = case.denied(code::subject::DIGEST_MISMATCH);
    for stage in [&document.stages.signature, &document.stages.identity] {
        assert_eq!(stage.state, StageState::Passed);
    }
    assert_eq!(document.stages.subject.state, StageState::Failed);
    let finding = &document.findings[0];
    assert_eq!(finding.found, Some(format!("sha256:{}", Sha256Digest::of(bytes))));
    assert!(document.subjects.is_empty());
}

/// Where no execute bits are kept a listing has none. One that was signed without any is matched; of another it is open
/// whether bits or bytes differ.
#[test]
fn a_directory_whose_execute_bits_cannot_be_seen_is_open() {
    use crate::Form;
    use mcpsign_schemas::tree::{Listing, TREE_MEDIA_TYPE, TreeEntry, TreePath};

    let key = Key::generate();
    let listing = |entry: fn(TreePath, u64, Sha256Digest) -> TreeEntry, bytes: &[u8]| {
        let path = TreePath::try_from("run").unwrap();
        Listing::new(vec![entry(path, bytes.len() as u64, Sha256Digest::of(bytes))]).unwrap()
    };
    let (plain, executable) = (listing(TreeEntry::file, b"run"), listing(TreeEntry::executable, b"run"));
    let case = |signed: &Listing, form: Form, found: &Listing| {
        let mut release = Release::honest();
        release.artifact = signed.to_bytes();
        release.subjects = vec![subject("notes-mcp", &release.artifact)];
        release.manifest.packages[0].subject = signed.digest();
        release.manifest.profiles[0].subject = Some(signed.digest());
        release.subjects[0].digest.0.remove("sha512");
        release.subjects[0].media_type = Some(TREE_MEDIA_TYPE.into());
        let mut case = Case::of(&key, &release);
        case.measured.subject.form = form;
        case.measured.subject.digests = MeasuredDigests { sha256: found.digest(), sha512: None };
        case
    };
    let unseen = |signed: &Listing| case(signed, Form::TreeWithoutModes(plain.clone()), &plain);
    let document = unseen(&executable).undecided(code::subject::MODE_UNOBSERVABLE);
    assert_eq!(document.stages.subject.state, StageState::NotRun);
    unseen(&listing(TreeEntry::executable, b"changed")).undecided(code::subject::MODE_UNOBSERVABLE);
    // Where they are kept the same is another directory; and a file is none.
    case(&executable, Form::Tree(plain.clone()), &plain).denied(code::subject::DIGEST_MISMATCH);
    let mut file = unseen(&executable);
    file.measured.subject.form = Form::File;
    file.denied(code::subject::FORM_MISMATCH);
    // Nothing speaks of the subject when all of it is matched.
    let document = unseen(&plain).document();
    assert_eq!(document.stages.subject.state, StageState::Passed);
}

#[test]
fn b18_a_statement_about_nothing_or_by_name_only() {
    let key = Key::generate();
    let bent = |bend: fn(&mut Release)| {
        let mut release = Release::honest();
        bend(&mut release);
        Case::of(&key, &release)
    };
    bent(|release| release.subjects.clear()).denied(code::subject::NONE);
    bent(|release| release.subjects[0].digest.0.clear()).denied(code::subject::DIGEST_MISSING);
    bent(|release| {
        release.subjects[0].digest.0.clear();
        release.subjects[0].digest.0.insert("sha1".into(), "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12".into());
    })
    .denied(code::subject::DIGEST_MISSING);
    bent(|release| {
        release.subjects[0].digest.0.insert("sha256".into(), Sha256Digest::of(b"other").to_string());
        release.subjects[0].digest.0.remove("sha512");
    })
    .denied(code::subject::DIGEST_MISMATCH);
    bent(|release| {
        let again = release.subjects[0].clone();
        release.subjects.push(again);
    })
    .denied(code::subject::DUPLICATE_NAME);
}

#[test]
fn b25_all_listed_digests_must_match() {
    let key = Key::generate();
    for (algorithm, wrong) in
        [("sha256", Sha256Digest::of(b"x").to_string()), ("sha512", Sha512Digest::of(b"x").to_string())]
    {
        let mut release = Release::honest();
        release.subjects[0].digest.0.insert(algorithm.into(), wrong);
        Case::of(&key, &release).denied(code::subject::DIGEST_CONFLICT);
    }
}

#[test]
fn names_and_versions_must_agree() {
    let key = Key::generate();
    let named = |purl: &str| {
        let mut case = Case::honest(&key);
        case.measured.subject.identity =
            vec![PackageIdentity { purl: purl.into(), name: String::new(), version: None }];
        case
    };
    named("pkg:npm/%40acme/notes-mcp@1.4.1").denied(code::subject::VERSION_MISMATCH);
    named("pkg:npm/%40acme-evil/notes-mcp@1.4.0").denied(code::subject::NAME_MISMATCH);
    let asked = |purl: &str| {
        let mut case = Case::honest(&key);
        case.measured.subject.asked = Some(purl.into());
        case
    };
    let document = asked(PURL).allowed();
    // A version was asked for: an older one would not pass.
    assert!(!super::has(&document.findings, code::freshness::NO_ROLLBACK_PROTECTION));
    asked("pkg:npm/%40acme/notes-mcp@2.0.0").denied(code::subject::VERSION_MISMATCH);
    asked("pkg:npm/notes-mcp@1.4.0").denied(code::subject::NAME_MISMATCH);

    // Nothing is signed for the artifact's own digest.
    let mut release = Release::honest();
    let other = crate::testing::subject("other", b"other");
    release.manifest.packages[0].subject = Sha256Digest::of(b"other");
    release.subjects.push(other);
    Case::of(&key, &release).denied(code::subject::NAME_MISMATCH);
}
