//! Releases that were accepted before, from evidence that holds under the same roots and the same policy.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::{Statement, predicate_type};

use crate::attribute::Trusted;
use crate::claims::RawLine;
use crate::compare::{manifest, names, provenance, sbom};
use crate::evaluate::{Candidate, Context, speaker};
use crate::handed::File;
use crate::inspect::{self, ClaimedContent};
use crate::ladder::Line;
use crate::measured::{Gap, Got};
use crate::step::Stage;

/// A release that was accepted before.
pub(super) struct Earlier<'a> {
    source: &'a str,
    pub(super) statement: &'a Trusted,
    /// The tool manifests of the same file that count as this one does.
    pub(super) beside: Vec<&'a Trusted>,
    pub(super) manifest: ToolManifest,
    /// Every name of any of its subjects.
    pub(super) packages: Vec<Purl>,
    /// SBOMs that go with the manifest, of those of its subjects that are the candidate's package.
    pub(super) sboms: Vec<&'a Trusted>,
    /// Provenance of its subjects that can be used.
    pub(super) provenance: Vec<&'a Trusted>,
}

/// The releases of the candidate's server in the history, the one in question among them where it was accepted before:
/// 1. a file in which a tool manifest of this server holds is a release;
/// 2. one that holds nothing of this server, as far as it claims, is none;
/// 3. of any other nobody knows what it proves, and it takes nothing from what the rest proves.
pub(super) fn history<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> History<'a> {
    let mut all = History::default();
    let files = match &context.handed.history {
        Got::Some(files) => files,
        Got::Missing(gap) => {
            all.unusable.push(gap.clone().into());
            return all;
        }
    };
    for file in files {
        let unusable = |why: &str| Gap {
            code: code::evidence::HISTORY_UNUSABLE,
            message: format!("`{}` in the history: {why}", file.given.source),
        };
        let lines = match &file.lines {
            Ok(lines) => lines,
            Err(gap) => {
                all.unusable.push(unusable(&gap.message).into());
                continue;
            }
        };
        let mut found: Vec<_> = lines
            .iter()
            .filter_map(Line::trusted)
            .filter_map(|statement| release(statement, file, lines, candidate, context))
            .collect();
        if found.is_empty() {
            match concerns(file, candidate) {
                Concern::Nothing => {}
                Concern::This => {
                    let gap = unusable("no tool manifest of this server in it holds under the policy");
                    all.unusable.push(Unusable { gap, stranger: lines.iter().find_map(stranger) });
                }
                Concern::Unknown => {
                    all.unusable.push(unusable("it cannot be read, and may be about this server").into());
                }
            }
            continue;
        }
        if let Some(why) = lines.iter().find_map(tampered) {
            all.unusable.push(unusable(&why).into());
        }
        // What a publisher says is compared with what an observer says only where nothing else can be.
        let kind = candidate.manifest.kind;
        if found.iter().any(|release| release.manifest.kind == kind) {
            found.retain(|release| release.manifest.kind == kind);
        }
        let manifests: Vec<&Trusted> = found.iter().map(|release| release.statement).collect();
        all.releases
            .extend(found.into_iter().map(|release| Earlier { beside: manifests.clone(), ..release }));
    }
    all
}

/// What history holds of a server.
#[derive(Default)]
pub(super) struct History<'a> {
    pub(super) releases: Vec<Earlier<'a>>,
    /// Why it may hold more.
    pub(super) unusable: Vec<Unusable>,
}

/// Why nobody knows what was accepted before.
pub(super) struct Unusable {
    pub(super) gap: Gap,
    /// Who signed what was accepted, where that is the reason: somebody whom the policy does not believe. It can only be a
    /// reason to refuse.
    pub(super) stranger: Option<String>,
}

impl From<Gap> for Unusable {
    fn from(gap: Gap) -> Self {
        Self { gap, stranger: None }
    }
}

/// What a manifest that holds says of a release of the candidate's server: of one of its packages, or at its address. As of
/// the candidate, each subject has the names that it is given, and whoever signs speaks for those.
fn release<'a>(
    statement: &'a Trusted,
    file: &'a File<'_>,
    lines: &'a [Line],
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Option<Earlier<'a>> {
    if statement.statement().predicate_type != predicate_type::TOOL_MANIFEST {
        return None;
    }
    let manifest = manifest::parse(statement.statement()).ok()?;
    manifest::is_whole(&manifest, statement.statement()).ok()?;
    let packages = manifest
        .packages
        .iter()
        .map(|package| Purl::parse(&package.purl).ok())
        .collect::<Option<Vec<_>>>()?;
    let subjects = digests(statement.statement());
    let same = |one: &Purl| candidate.packages.iter().any(|other| other.same_package(one));
    let speaks_of = |subject: &Sha256Digest| {
        names::packages(&manifest, *subject).is_ok_and(|packages| {
            (*subject == candidate.subject || packages.iter().any(same)) && {
                let rule = context.policy.rule_for(&manifest.server.name, &packages);
                let artifact = &context.measured.subject;
                speaker(statement, (&manifest, &packages), rule, artifact, context.policy).is_ok()
            }
        })
    };
    // A release has several forms, and what a wheel is made of says nothing of a tarball.
    let same: Vec<Sha256Digest> = subjects.iter().copied().filter(speaks_of).collect();
    if same.is_empty() {
        return None;
    }
    let about = |these: &[Sha256Digest], of: fn(&str) -> bool| -> Vec<&'a Trusted> {
        let lines = lines.iter().filter_map(Line::trusted).filter(|other| {
            of(&other.statement().predicate_type)
                && digests(other.statement()).iter().any(|digest| these.contains(digest))
                && sbom::is_listed(other, &manifest)
        });
        lines.collect()
    };
    Some(Earlier {
        source: &file.given.source,
        statement,
        beside: Vec::new(),
        packages,
        sboms: about(&same, predicate_type::is_sbom),
        provenance: about(&subjects, predicate_type::is_provenance)
            .into_iter()
            .filter(|other| provenance::holds(other).is_ok())
            .collect(),
        manifest,
    })
}

impl Earlier<'_> {
    /// By which reports name it.
    pub(super) fn shown(&self) -> String {
        let name =
            self.packages.first().map_or_else(|| self.manifest.server.name.clone(), ToString::to_string);
        format!("{name} ({})", self.source)
    }
}

fn digests(statement: &Statement) -> Vec<Sha256Digest> {
    statement.subject.iter().filter_map(|subject| subject.digest.get("sha256")?.parse().ok()).collect()
}

/// Whom a file concerns by what it claims.
enum Concern {
    Nothing,
    This,
    Unknown,
}

/// What it claims may be a lie, so it can only be a reason not to pass over the file.
fn concerns(file: &File<'_>, candidate: &Candidate<'_>) -> Concern {
    // What was cut to nothing was somebody's evidence.
    let mut concern = if file.given.lines.is_empty() { Concern::Unknown } else { Concern::Nothing };
    for (line, bytes) in &file.given.lines {
        let raw = RawLine { source: file.given.source.clone(), line: *line, bytes };
        let Ok(description) = inspect::describe(&raw) else { return Concern::Unknown };
        let ClaimedContent::Statement { predicate_type: ty, predicate: Some(predicate), subjects, .. } =
            description.content
        else {
            return Concern::Unknown;
        };
        if ty.as_deref() != Some(predicate_type::TOOL_MANIFEST) {
            continue;
        }
        let Some(packages) = predicate.get("packages").and_then(Json::as_array) else {
            return Concern::Unknown;
        };
        let purl = |package: &Json| {
            package.get("purl").and_then(Json::as_str).and_then(|purl| Purl::parse(purl).ok())
        };
        let Some(purls) = packages.iter().map(purl).collect::<Option<Vec<_>>>() else {
            return Concern::Unknown;
        };
        let subject = candidate.subject.to_string();
        let same = |one: &Purl| candidate.packages.iter().any(|other| other.same_package(one));
        if purls.iter().any(same)
            || subjects.iter().any(|other| other.digest.get("sha256") == Some(subject.as_str()))
        {
            concern = Concern::This;
        }
    }
    concern
}

/// Codes of signatures by somebody whom the policy, or the roots, do not know.
const STRANGERS: [Code; 6] = [
    code::signature::KEY_NOT_TRUSTED,
    code::signature::KEY_MISSING,
    code::signature::NO_TRUST_ROOT,
    code::identity::SIGNER_NOT_ALLOWED,
    code::identity::ISSUER_MISMATCH,
    code::identity::SUBJECT_MISMATCH,
];

/// Who signed a line that claims to be a tool manifest, as far as can be told, if that is why it does not count.
fn stranger(line: &Line) -> Option<String> {
    let rejection =
        line.rejection().filter(|_| line.claimed.as_deref() == Some(predicate_type::TOOL_MANIFEST))?;
    let finding = rejection.findings.iter().find(|finding| STRANGERS.contains(&finding.code))?;
    Some(finding.found.clone().unwrap_or_else(|| finding.message.clone()))
}

/// Why a line of a release says that the file was changed: its signature does not hold. One by somebody who is not trusted
/// here is anybody's.
pub(crate) fn tampered(line: &Line) -> Option<String> {
    let rejection = line.rejection().filter(|rejection| rejection.stage == Stage::Signature)?;
    let finding = rejection.findings.iter().find(|finding| !STRANGERS.contains(&finding.code))?;
    Some(format!("line {}: {}", line.evidence.line, finding.message))
}
