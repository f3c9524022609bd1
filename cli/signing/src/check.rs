//! The hinge between making and publishing: what was signed must pass our own verifier, held against what was measured
//! of the artifacts, before anything is written.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mcpsign_schemas::canonical::{self, JsonError, Limits};
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::endpoint::ENDPOINT_MEDIA_TYPE;
use mcpsign_schemas::evidence_file::{MAX_FILE, MAX_LINES, MAX_PAYLOAD};
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::ReportDocument;
use mcpsign_schemas::statement::{Statement, Subject, predicate_type};
use mcpsign_schemas::tree::TREE_MEDIA_TYPE;
use mcpsign_verifier::inspect::{self, ClaimedContent};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{
    Claims, Form, Got, Measured, MeasuredArtifact, RawLine, Report, Step, Trust, Verdict, verify,
};

use crate::bound::Bound;
use crate::signer::Signed;

/// What reports of the check call the lines of the run.
const SOURCE: &str = "this run";

/// One run of signing, and what to hold it against.
#[derive(Debug)]
pub struct Run<'a> {
    /// Every statement of the run.
    pub signed: Vec<Signed>,
    /// What somebody else signed and this run binds.
    pub bound: Option<&'a Bound>,
    /// Every artifact of the run, as measured after whatever was captured had ended.
    pub artifacts: &'a [MeasuredArtifact],
    /// What the server showed, an entry for each profile of the manifest.
    pub observed: &'a [ObservedServer],
    /// For each artifact, in the same order, the lines that its evidence file holds already and that may stay. Empty
    /// where none is appended to.
    pub existing: &'a [Vec<&'a [u8]>],
    /// Whether all artifacts have one file, so that each of them is handed all of its lines.
    pub together: bool,
}

/// Evidence that verifies. Made by [`check`] alone; nothing else is ever written.
#[derive(Debug)]
pub struct Checked {
    /// Of each artifact: lines without their ends, those that were kept first.
    files: Vec<Vec<Vec<u8>>>,
    /// Lines about artifacts that this run did not look at: they stay in a file for all.
    others: Vec<Vec<u8>>,
    dropped: usize,
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A statement is about none of the artifacts, or is no statement.
    #[error("a statement was signed that is about none of the artifacts")]
    NoArtifact,
    /// What was signed is no statement.
    #[error("what was signed is no statement")]
    Statement(#[source] JsonError),
    /// The bundle carries another payload than the one that was to be signed.
    #[error("the bundle does not carry what was to be signed")]
    OtherPayload,
    /// Our own verifier does not accept it.
    #[error("`{}` would not verify with what was signed", .0.measured.name)]
    Refused(Box<ReportDocument>),
    /// More lines or bytes than readers accept.
    #[error(
        "the evidence of `{name}` would have {lines} lines and {bytes} bytes; readers accept {MAX_LINES} and {MAX_FILE}"
    )]
    OverBudget {
        /// Name of the artifact.
        name: String,
        /// Lines of the file.
        lines: usize,
        /// Bytes of the file.
        bytes: usize,
    },
}

/// Verifies everything that was signed: each line by itself, the lines of each artifact together with every profile's
/// observation, and once more together with the lines that stay.
///
/// # Errors
/// The first artifact or line that would not verify. Nothing may be written then.
pub fn check(run: &Run<'_>, trust: &Trust, policy: &Policy, now: Timestamp) -> Result<Checked, CheckError> {
    let judge = Judge { trust, policy, now };
    let mut signed: Vec<Vec<&Signed>> = run.artifacts.iter().map(|_| Vec::new()).collect();
    let mut has_manifest = vec![false; run.artifacts.len()];
    for one in &run.signed {
        let statement: Statement = canonical::from_slice(one.payload(), Limits::bytes(MAX_PAYLOAD))
            .map_err(CheckError::Statement)?;
        let mut about_one = false;
        for (at, artifact) in run.artifacts.iter().enumerate() {
            if statement.subject.iter().any(|subject| is_about(subject, artifact)) {
                about_one = true;
                judge.alone(one, artifact)?;
                signed[at].push(one);
                has_manifest[at] |= statement.predicate_type == predicate_type::TOOL_MANIFEST;
            }
        }
        if !about_one {
            return Err(CheckError::NoArtifact);
        }
    }
    let mut bound: Vec<Option<&[u8]>> = vec![None; run.artifacts.len()];
    if let Some(one) = run.bound {
        for (at, artifact) in run.artifacts.iter().enumerate() {
            let sha512 = artifact.digests.sha512.map(|digest| digest.to_string());
            if one.is_about(&artifact.digests.sha256.to_string(), sha512.as_deref()) {
                judge.bound(one, artifact)?;
                bound[at] = Some(one.line());
            }
        }
        if bound.iter().all(Option::is_none) {
            return Err(CheckError::NoArtifact);
        }
    }

    let mut files = Vec::new();
    let mut used: BTreeSet<&[u8]> = BTreeSet::new();
    for (at, artifact) in run.artifacts.iter().enumerate() {
        let new: Vec<&[u8]> =
            bound[at].into_iter().chain(signed[at].iter().map(|one| one.line().as_bytes())).collect();
        judge.together(&new, artifact, run.observed, has_manifest[at])?;
        let mut file: Vec<&[u8]> = Vec::new();
        for line in run.existing.get(at).into_iter().flatten() {
            if bound[at] == Some(*line) {
                used.insert(line);
            } else if let Some(payload) = judge.still_holds(line, artifact) {
                used.insert(line);
                // The same statement by the same signer counts once: the new signature takes its place.
                if !signed[at].iter().any(|one| one.payload_digest() == payload) {
                    file.push(line);
                }
            } else if judge.is_anothers(line, artifact) {
                used.insert(line);
                file.push(line);
            }
        }
        let kept = !file.is_empty();
        file.extend(new);
        let bytes = file.iter().map(|line| line.len() + 1).sum();
        if file.len() > MAX_LINES || bytes > MAX_FILE {
            return Err(CheckError::OverBudget { name: artifact.name.clone(), lines: file.len(), bytes });
        }
        // Without a manifest of this run the sum is about somebody else's, which cannot be judged here.
        if kept && has_manifest[at] {
            judge.together(&file, artifact, run.observed, has_manifest[at])?;
        }
        files.push(file.into_iter().map(<[u8]>::to_vec).collect());
    }
    let existing: BTreeSet<&[u8]> = run.existing.iter().flatten().copied().collect();
    let mut others: Vec<Vec<u8>> = Vec::new();
    if run.together {
        for line in run.existing.first().into_iter().flatten() {
            if !used.contains(line) && is_about_none(line, run.artifacts) {
                used.insert(line);
                others.push(line.to_vec());
            }
        }
    }
    let checked = Checked { files, others, dropped: existing.difference(&used).count() };
    if run.together {
        let lines = checked.all();
        let bytes = lines.iter().map(|line| line.len() + 1).sum();
        if lines.len() > MAX_LINES || bytes > MAX_FILE {
            let name = run.artifacts.first().map(|artifact| artifact.name.clone()).unwrap_or_default();
            return Err(CheckError::OverBudget { name, lines: lines.len(), bytes });
        }
    }
    Ok(checked)
}

impl Checked {
    /// Bytes of the evidence file of one artifact, by its place in [`Run::artifacts`]; empty for a place that is none.
    pub fn beside(&self, artifact: usize) -> Vec<u8> {
        self.files.get(artifact).map_or_else(Vec::new, |lines| file(lines.iter()))
    }

    /// Bytes of one evidence file for all artifacts: every line once.
    pub fn together(&self) -> Vec<u8> {
        file(self.all().into_iter())
    }

    fn all(&self) -> Vec<&Vec<u8>> {
        let mut lines: Vec<&Vec<u8>> = Vec::new();
        for line in self.others.iter().chain(self.files.iter().flatten()) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// How many lines that were there no longer verify and were left out.
    pub const fn dropped(&self) -> usize {
        self.dropped
    }
}

fn file<'a>(lines: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    lines.flat_map(|line| line.iter().copied().chain([b'\n'])).collect()
}

/// Whether a subject of ours means this artifact: same bytes, same form.
fn is_about(subject: &Subject, artifact: &MeasuredArtifact) -> bool {
    let media_type = match artifact.form {
        // Nothing is signed about what no signature can be about.
        Form::Unfit { .. } | Form::TreeWithoutModes(_) => return false,
        Form::File => None,
        Form::Tree(_) => Some(TREE_MEDIA_TYPE),
        Form::Endpoint => Some(ENDPOINT_MEDIA_TYPE),
    };
    subject.digest.get("sha256") == Some(artifact.digests.sha256.to_string().as_str())
        && subject.media_type.as_deref() == media_type
}

/// Whether a line is a statement, and about none of these.
fn is_about_none(line: &[u8], artifacts: &[MeasuredArtifact]) -> bool {
    let raw = RawLine { source: SOURCE.into(), line: 1, bytes: line };
    let Ok(ClaimedContent::Statement { subjects, .. }) =
        inspect::describe(&raw).map(|description| description.content)
    else {
        return false;
    };
    !subjects.is_empty()
        && !subjects.iter().any(|subject| {
            artifacts.iter().any(|artifact| is_about(subject, artifact) || has_sha512(subject, artifact))
        })
}

/// Whether a subject of somebody else's means this file by its SHA-512, as those of npm do.
fn has_sha512(subject: &Subject, artifact: &MeasuredArtifact) -> bool {
    let sha512 = artifact.digests.sha512.map(|digest| digest.to_string());
    matches!(artifact.form, Form::File)
        && sha512.is_some()
        && subject.digest.get("sha512") == sha512.as_deref()
        && subject.digest.get("sha256").is_none_or(|found| found == artifact.digests.sha256.to_string())
}

struct Judge<'a> {
    trust: &'a Trust,
    policy: &'a Policy,
    now: Timestamp,
}

impl Judge<'_> {
    fn report(
        &self,
        lines: &[&[u8]],
        artifact: &MeasuredArtifact,
        observed: Option<&ObservedServer>,
    ) -> Report {
        let lines = lines.iter().zip(1..).map(|(bytes, line)| RawLine { source: SOURCE.into(), line, bytes });
        let claims = Claims { lines: lines.collect(), over_budget: None };
        let observed = observed.cloned().map_or_else(Got::not_asked, Got::Some);
        let measured = Measured { observed, ..Measured::of(artifact.clone()) };
        verify(&claims, &measured, self.trust, self.policy, self.now)
    }

    /// One line by itself: signed, by the expected signer, about this artifact, and saying what was to be signed. That
    /// the other statements of the run are not there is no fault of it.
    fn alone(&self, signed: &Signed, artifact: &MeasuredArtifact) -> Result<(), CheckError> {
        let report = self.report(&[signed.line().as_bytes()], artifact, None);
        match counted(&report) {
            Some(payload) if payload == signed.payload_digest() => Ok(()),
            Some(_) => Err(CheckError::OtherPayload),
            None => Err(CheckError::Refused(Box::new(report.document()))),
        }
    }

    /// What somebody else signed, by itself: as signed by whom its certificate names.
    fn bound(&self, bound: &Bound, artifact: &MeasuredArtifact) -> Result<(), CheckError> {
        let judge = Judge { policy: bound.policy(), ..*self };
        let report = judge.report(&[bound.line()], artifact, None);
        match counted(&report) {
            Some(payload) if payload == bound.payload_digest() => Ok(()),
            Some(_) => Err(CheckError::OtherPayload),
            None => Err(CheckError::Refused(Box::new(report.document()))),
        }
    }

    /// The lines of one artifact, as a verifier will find them.
    fn together(
        &self,
        lines: &[&[u8]],
        artifact: &MeasuredArtifact,
        observed: &[ObservedServer],
        has_manifest: bool,
    ) -> Result<(), CheckError> {
        let holds = |report: Report| {
            let allowed = matches!(report.verdict(), Verdict::Allow(_));
            // Without a manifest nothing is ever allowed; then all else must hold.
            let fine = if has_manifest { allowed } else { counted(&report).is_some() };
            if fine { Ok(()) } else { Err(CheckError::Refused(Box::new(report.document()))) }
        };
        if observed.is_empty() {
            return holds(self.report(lines, artifact, None));
        }
        observed.iter().try_for_each(|one| holds(self.report(lines, artifact, Some(one))))
    }

    /// The payload of a line that was there before, if it still counts: same signer, same artifact, not expired.
    fn still_holds(&self, line: &[u8], artifact: &MeasuredArtifact) -> Option<Sha256Digest> {
        counted(&self.report(&[line], artifact, None))
    }

    /// Whether a line is somebody else's word about this artifact. It cannot be judged with what is trusted here, counts
    /// for nothing here, and is not ours to take away: an observer's line may stand beside a publisher's.
    fn is_anothers(&self, line: &[u8], artifact: &MeasuredArtifact) -> bool {
        let raw = RawLine { source: SOURCE.into(), line: 1, bytes: line };
        let about = match inspect::describe(&raw).map(|description| description.content) {
            Ok(ClaimedContent::Statement { subjects, .. }) => {
                subjects.iter().any(|subject| is_about(subject, artifact) || has_sha512(subject, artifact))
            }
            _ => false,
        };
        let foreign = [
            code::signature::KEY_NOT_TRUSTED,
            code::signature::KEY_MISSING,
            code::signature::NO_TRUST_ROOT,
            code::identity::SIGNER_NOT_ALLOWED,
            code::identity::SUBJECT_MISMATCH,
            code::identity::ISSUER_MISMATCH,
            // By our own signer, of a type that this run says nothing about: an approval, a summary.
            code::identity::PREDICATE_NOT_ALLOWED,
            // Of another Sigstore instance than the one signed with, as far as anybody can tell here.
            code::signature::CERTIFICATE,
            code::signature::TIMESTAMP,
            code::signature::LOG_ENTRY,
            code::signature::NO_LOG_ENTRY,
        ];
        let report = self.report(&[line], artifact, None);
        about && report.errors().iter().any(|finding| foreign.contains(&finding.code))
    }
}

/// Payload of a statement that is signed, attributed and about the artifact, if nothing speaks against it but the
/// absence of other statements.
fn counted(report: &Report) -> Option<Sha256Digest> {
    let absent = |code: Code| {
        [code::manifest::MISSING, code::sbom::MISSING, code::provenance::MISSING].contains(&code)
    };
    let Step::Passed { by, .. } = &report.steps().subject else { return None };
    if report.errors().iter().all(|finding| absent(finding.code)) { by.first().payload } else { None }
}

#[cfg(test)]
mod tests;
