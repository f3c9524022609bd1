//! Is a statement about the bytes that we hold? in-toto lets any digest of any subject match; here every digest that we
//! know must.

use std::collections::BTreeSet;

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::statement::{Statement, Subject};

use crate::measured::Gap;
use crate::statement::is_own;

/// Begins the media types by which our subjects say that they are not files.
const OWN_MEDIA_TYPES: &str = "application/vnd.mcpsign.";

/// A statement that is not about the artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// It names no subject.
    #[error("the statement names no subject")]
    None,
    /// Two subjects have one name.
    #[error("two subjects are called `{name}`")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A subject without name, in a statement of ours.
    #[error("a subject has no name")]
    Unnamed,
    /// No subject has a digest that suffices.
    #[error("no subject has a {} digest", if *.own { "SHA-256" } else { "SHA-256 or SHA-512" })]
    DigestMissing {
        /// Whether it is a statement of ours, which needs SHA-256.
        own: bool,
    },
    /// Signed as a directory and found as a file, or the other way round.
    #[error("no subject is a {}", if *.tree { "directory" } else { "file" })]
    FormMismatch {
        /// Whether we hold a directory.
        tree: bool,
    },
    /// One digest is right and another wrong, or one that we did not compute.
    #[error("`{name}`: one digest is that of the artifact and its {algorithm} is not")]
    DigestConflict {
        /// Name of the subject.
        name: String,
        /// The algorithm that differs.
        algorithm: &'static str,
    },
    /// What no statement can be about.
    #[error("the artifact cannot have been signed: {why}")]
    Unfit {
        /// Why not.
        why: String,
    },
    /// Other bytes, or execute bits that could not be seen.
    #[error("no execute bits are kept here, and without them the directory is not the one that was signed")]
    ModeUnobservable,
    /// Other bytes.
    #[error("the attestation is about other bytes")]
    DigestMismatch {
        /// The digest stated, with its algorithm.
        expected: String,
        /// The digest measured.
        found: String,
    },
}

/// The subject that the artifact is.
///
/// 1. There are subjects, and their names differ.
/// 2. Those of the artifact's form count: a tree by its media type, a file by having none of ours.
/// 3. One has a digest that suffices (SHA-256; in others' statements SHA-512 alone is enough) and it is the measured one.
/// 4. So is every other digest of a known algorithm, of this and of every subject that shares one with the artifact.
///
/// # Errors
/// The first of these that does not hold.
pub(crate) fn matching<'s>(
    statement: &'s Statement,
    measured: &MeasuredDigests,
    media_type: Option<&str>,
) -> Result<&'s Subject, SubjectError> {
    let own = is_own(&statement.predicate_type);
    names(&statement.subject, own)?;

    let of_form: Vec<&Subject> =
        statement.subject.iter().filter(|subject| is_form(subject, media_type)).collect();
    if of_form.is_empty() {
        return Err(SubjectError::FormMismatch { tree: media_type.is_some() });
    }
    let mut matched = None;
    let mut usable = None;
    for subject in of_form {
        match compare(subject, measured, own) {
            Match::Yes => matched = matched.or(Some(subject)),
            Match::Conflict(algorithm) => {
                return Err(SubjectError::DigestConflict { name: subject.name.clone(), algorithm });
            }
            Match::No { stated } => usable = usable.or(Some(stated)),
            Match::NoDigest => {}
        }
    }
    match (matched, usable) {
        (Some(subject), _) => Ok(subject),
        (None, Some(expected)) => {
            let found = if expected.starts_with("sha512") {
                measured.sha512.map(|digest| format!("sha512:{digest}"))
            } else {
                None
            };
            let found = found.unwrap_or_else(|| format!("sha256:{}", measured.sha256));
            Err(SubjectError::DigestMismatch { expected, found })
        }
        (None, None) => Err(SubjectError::DigestMissing { own }),
    }
}

fn names(subjects: &[Subject], own: bool) -> Result<(), SubjectError> {
    if subjects.is_empty() {
        return Err(SubjectError::None);
    }
    let mut seen = BTreeSet::new();
    for subject in subjects {
        // Others leave names out (cosign, GitHub's releases): those say nothing, so they cannot contradict.
        if subject.name.is_empty() {
            if own {
                return Err(SubjectError::Unnamed);
            }
        } else if !seen.insert(subject.name.as_str()) {
            return Err(SubjectError::DuplicateName { name: subject.name.clone() });
        }
    }
    Ok(())
}

fn is_form(subject: &Subject, media_type: Option<&str>) -> bool {
    match (media_type, subject.media_type.as_deref()) {
        (Some(expected), found) => found == Some(expected),
        (None, None) => true,
        // It may be said what kind of file it is. Media types are in any case (RFC 6838 §4.2).
        (None, Some(found)) => {
            let begins = found.trim_start().as_bytes().get(..OWN_MEDIA_TYPES.len());
            !begins.is_some_and(|begins| begins.eq_ignore_ascii_case(OWN_MEDIA_TYPES.as_bytes()))
        }
    }
}

enum Match {
    Yes,
    No { stated: String },
    Conflict(&'static str),
    NoDigest,
}

/// Holds one subject's digests against the measured ones. Unknown algorithms say nothing; SHA-1 and MD5 are unknown.
fn compare(subject: &Subject, measured: &MeasuredDigests, own: bool) -> Match {
    // Stated but no digest of its algorithm, or one that we did not compute: not equal to anything.
    let sha256 = subject.digest.get("sha256").map(|hex| hex.parse::<Sha256Digest>() == Ok(measured.sha256));
    let sha512 = subject
        .digest
        .get("sha512")
        .map(|hex| hex.parse::<Sha512Digest>().is_ok_and(|digest| Some(digest) == measured.sha512));
    match (sha256, sha512) {
        (Some(true), Some(true) | None) => Match::Yes,
        (Some(true), Some(false)) => Match::Conflict("SHA-512"),
        (Some(false), Some(true)) => Match::Conflict("SHA-256"),
        (Some(false), _) => stated(subject, "sha256"),
        // npm's own attestations hold SHA-512 alone.
        (None, Some(true)) if !own => Match::Yes,
        (None, Some(false)) if !own => stated(subject, "sha512"),
        (None, _) => Match::NoDigest,
    }
}

fn stated(subject: &Subject, algorithm: &str) -> Match {
    let hex = subject.digest.get(algorithm).unwrap_or_default();
    let well_formed = match algorithm {
        "sha256" => hex.parse::<Sha256Digest>().is_ok(),
        _ => hex.parse::<Sha512Digest>().is_ok(),
    };
    if well_formed { Match::No { stated: format!("{algorithm}:{hex}") } } else { Match::NoDigest }
}

impl SubjectError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        use code::subject;
        match self {
            Self::None => subject::NONE,
            Self::DuplicateName { .. } => subject::DUPLICATE_NAME,
            Self::Unnamed => code::signature::STATEMENT_MALFORMED,
            Self::DigestMissing { .. } => subject::DIGEST_MISSING,
            Self::FormMismatch { .. } => subject::FORM_MISMATCH,
            Self::DigestConflict { .. } => subject::DIGEST_CONFLICT,
            Self::Unfit { .. } => subject::UNFIT,
            Self::ModeUnobservable => subject::MODE_UNOBSERVABLE,
            Self::DigestMismatch { .. } => subject::DIGEST_MISMATCH,
        }
    }

    /// The same where a directory was listed without execute bits: then it is open whether anything else differs.
    pub(crate) fn without_modes(self) -> Self {
        if matches!(self, Self::DigestMismatch { .. }) { Self::ModeUnobservable } else { self }
    }

    /// What was not seen, where that is why it was not matched.
    pub(crate) fn gap(&self) -> Option<Gap> {
        let unseen = matches!(self, Self::ModeUnobservable);
        unseen.then(|| Gap { code: self.code(), message: self.to_string() })
    }

    /// What a report says of it.
    pub fn finding(&self) -> Finding {
        let finding = Finding::new(self.code(), self.to_string());
        match self {
            Self::DigestMismatch { expected, found } => {
                finding.expected(expected.clone()).found(found.clone())
            }
            _ => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::canonical::Json;
    use mcpsign_schemas::digest::DigestSet;
    use mcpsign_schemas::statement::predicate_type::{CYCLONEDX, TOOL_MANIFEST};
    use mcpsign_schemas::tree::TREE_MEDIA_TYPE;

    const BYTES: &[u8] = b"artifact";

    fn measured() -> MeasuredDigests {
        MeasuredDigests { sha256: Sha256Digest::of(BYTES), sha512: Some(Sha512Digest::of(BYTES)) }
    }

    fn subject(name: &str, digests: &[(&str, &str)]) -> Subject {
        let digest =
            digests.iter().map(|(algorithm, hex)| ((*algorithm).to_owned(), (*hex).to_owned())).collect();
        Subject { name: name.into(), digest: DigestSet(digest), media_type: None }
    }

    fn judge(predicate: &str, subjects: Vec<Subject>) -> Result<String, Code> {
        let statement = Statement::new(subjects, predicate, Json::Null);
        matching(&statement, &measured(), None).map(|s| s.name.clone()).map_err(|error| error.code())
    }

    #[test]
    fn b18_names_and_weak_digests_never_suffice() {
        let right = Sha256Digest::of(BYTES).to_string();
        let upper = right.to_uppercase();
        assert_eq!(judge(TOOL_MANIFEST, vec![]), Err(code::subject::NONE));
        for digests in [
            &[][..],
            &[("sha1", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12")],
            &[("md5", "9e107d9d372bb6826bd81d3542a419d6")],
            &[("blake3", right.as_str())],
            &[("SHA256", right.as_str())],
            &[("sha256", "")],
            &[("sha256", upper.as_str())],
            &[("sha256", "abc")],
        ] {
            assert_eq!(
                judge(TOOL_MANIFEST, vec![subject("a", digests)]),
                Err(code::subject::DIGEST_MISSING),
                "{digests:?}"
            );
        }
        let other = Sha256Digest::of(b"other").to_string();
        assert_eq!(
            judge(TOOL_MANIFEST, vec![subject("a", &[("sha256", &other)])]),
            Err(code::subject::DIGEST_MISMATCH)
        );
    }

    #[test]
    fn b25_every_known_digest_must_match() {
        let right = (Sha256Digest::of(BYTES).to_string(), Sha512Digest::of(BYTES).to_string());
        let wrong = (Sha256Digest::of(b"x").to_string(), Sha512Digest::of(b"x").to_string());
        let both =
            |a: &str, b: &str| judge(TOOL_MANIFEST, vec![subject("a", &[("sha256", a), ("sha512", b)])]);
        assert_eq!(both(&right.0, &right.1), Ok("a".into()));
        assert_eq!(both(&right.0, &wrong.1), Err(code::subject::DIGEST_CONFLICT));
        assert_eq!(both(&wrong.0, &right.1), Err(code::subject::DIGEST_CONFLICT));
        assert_eq!(both(&wrong.0, &wrong.1), Err(code::subject::DIGEST_MISMATCH));
        assert_eq!(both(&right.0, "zz"), Err(code::subject::DIGEST_CONFLICT));
        // One good subject does not heal another's contradiction.
        let mixed = vec![
            subject("a", &[("sha256", &right.0)]),
            subject("b", &[("sha256", &right.0), ("sha512", &wrong.1)]),
        ];
        assert_eq!(judge(TOOL_MANIFEST, mixed), Err(code::subject::DIGEST_CONFLICT));
    }

    #[test]
    fn a_digest_that_we_did_not_compute_matches_nothing() {
        let digests = [
            ("sha256", &*Sha256Digest::of(BYTES).to_string()),
            ("sha512", &*Sha512Digest::of(BYTES).to_string()),
        ]
        .map(|(a, hex)| (a, hex.to_owned()));
        let digests: Vec<(&str, &str)> = digests.iter().map(|(a, hex)| (*a, hex.as_str())).collect();
        let statement = Statement::new(vec![subject("a", &digests)], TOOL_MANIFEST, Json::Null);
        let without = MeasuredDigests { sha512: None, ..measured() };
        assert_eq!(
            matching(&statement, &without, None).map_err(|e| e.code()),
            Err(code::subject::DIGEST_CONFLICT)
        );
    }

    #[test]
    fn sha512_alone_is_enough_for_others_only() {
        let sha512 = Sha512Digest::of(BYTES).to_string();
        let subjects = || vec![subject("pkg:npm/a@1", &[("sha512", &sha512)])];
        assert_eq!(judge("https://slsa.dev/provenance/v1", subjects()), Ok("pkg:npm/a@1".into()));
        assert_eq!(judge(CYCLONEDX, subjects()), Ok("pkg:npm/a@1".into()));
        assert_eq!(judge(TOOL_MANIFEST, subjects()), Err(code::subject::DIGEST_MISSING));
    }

    #[test]
    fn names_differ_and_ours_are_not_empty() {
        let right = Sha256Digest::of(BYTES).to_string();
        let twice =
            |name: &str| vec![subject(name, &[("sha256", &right)]), subject(name, &[("sha256", &right)])];
        assert_eq!(judge(TOOL_MANIFEST, twice("a")), Err(code::subject::DUPLICATE_NAME));
        assert_eq!(judge(CYCLONEDX, twice("")), Ok(String::new()));
        assert_eq!(judge(TOOL_MANIFEST, twice("")), Err(code::signature::STATEMENT_MALFORMED));
    }

    #[test]
    fn a_tree_is_no_file_and_a_file_no_tree() {
        let digest = DigestSet::sha256(measured().sha256);
        let tree =
            Subject { name: "dir".into(), digest: digest.clone(), media_type: Some(TREE_MEDIA_TYPE.into()) };
        let file = Subject { name: "f".into(), digest: digest.clone(), media_type: None };
        let typed = Subject { name: "t".into(), digest, media_type: Some("application/gzip".into()) };
        let judge = |predicate: &str, subject: &Subject, media_type| {
            let statement = Statement::new(vec![subject.clone()], predicate, Json::Null);
            matching(&statement, &measured(), media_type).map(|_| ()).map_err(|error| error.code())
        };
        let mismatch = Err(code::subject::FORM_MISMATCH);
        assert_eq!(judge(TOOL_MANIFEST, &tree, Some(TREE_MEDIA_TYPE)), Ok(()));
        assert_eq!(judge(TOOL_MANIFEST, &tree, None), mismatch);
        assert_eq!(judge(CYCLONEDX, &tree, None), mismatch);
        for spelled in ["Application/vnd.mcpsign.tree.v1", " application/VND.mcpsign.tree.v1"] {
            let tree = Subject { media_type: Some(spelled.into()), ..tree.clone() };
            assert_eq!(judge(TOOL_MANIFEST, &tree, None), mismatch, "{spelled}");
            assert_eq!(judge(TOOL_MANIFEST, &tree, Some(TREE_MEDIA_TYPE)), mismatch, "{spelled}");
        }
        assert_eq!(judge(TOOL_MANIFEST, &file, Some(TREE_MEDIA_TYPE)), mismatch);
        assert_eq!(judge(TOOL_MANIFEST, &typed, None), Ok(()));
        assert_eq!(judge("https://slsa.dev/provenance/v1", &typed, None), Ok(()));
    }
}
