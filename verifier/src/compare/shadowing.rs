//! Do the signed tools keep away from those of the other servers that a client has?

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::lint::Foreign;
use mcpsign_schemas::manifest::{Profile, ToolManifest};
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::policy::{ShadowingRequirement, Weight};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::toolname::looks;

use crate::measured::{MeasuredArtifact, OtherServer};

/// Findings at the most, of those that deny and of those that are said.
const MAX_FINDINGS: usize = 64;

/// What denies, and what is said, of the tools and texts of the profiles that count:
/// 1. no tool is called like one of another server;
/// 2. no tool's name looks like one of another server's without being the same;
/// 3. no text names a tool of another server.
///
/// What others offer is nobody's signed word here. It can only be a reason to refuse.
pub(crate) fn judged(
    requirement: &ShadowingRequirement,
    manifest: &ToolManifest,
    profiles: &[&Profile],
    others: &[&OtherServer],
) -> (Vec<Finding>, Vec<Finding>) {
    let (mut denied, mut said) = (Vec::new(), Vec::new());
    let mut add = |weight: Weight, finding: Finding| match weight {
        Weight::Deny => denied.push(finding.as_error()),
        Weight::Note => said.push(finding.as_note()),
    };
    let (equal, alike) = names(profiles, others);
    for (weight, findings) in [(requirement.same_name, equal), (requirement.similar_name, alike)] {
        if let Some(weight) = weight {
            findings.into_iter().for_each(|finding| add(weight, finding));
        }
    }
    if let Some(weight) = requirement.mention {
        mentions(manifest, profiles, others).into_iter().for_each(|finding| add(weight, finding));
    }
    denied.truncate(MAX_FINDINGS);
    said.truncate(MAX_FINDINGS);
    (denied, said)
}

/// What is said of those that are the server itself, and were held against nothing: an artifact says itself which package it is.
pub(crate) fn passed_over(itself: &[&OtherServer]) -> Vec<Finding> {
    let said = itself.iter().take(MAX_FINDINGS).map(|other| {
        let message = format!(
            "`{}` is the server itself by bytes or package: its tools were not compared",
            other.shown()
        );
        Finding::new(code::evidence::NOT_LOOKED_AT, message).found(other.source.clone())
    });
    said.collect()
}

/// Whether it is no other server but the same, in whatever release: one with the same bytes, or of the package that the artifact
/// itself is or was asked for as; what its manifest calls it besides does not count.
pub(crate) fn is_same(other: &OtherServer, artifact: &MeasuredArtifact) -> bool {
    let borne = artifact.identity.iter().filter_map(|identity| identity.parsed().ok());
    let asked = artifact.asked.iter().filter_map(|asked| Purl::parse(asked).ok());
    let own: Vec<Purl> = borne.chain(asked).collect();
    other.subjects.contains(&artifact.digests.sha256)
        || other.packages.iter().any(|purl| own.iter().any(|own| own.same_package(purl)))
}

/// Tools that are called like one of the others, and tools whose names only look so; each pair once, and of each no more than
/// are told: whoever names tools chooses how many pairs there are.
fn names(profiles: &[&Profile], others: &[&OtherServer]) -> (Vec<Finding>, Vec<Finding>) {
    let mut servers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut theirs: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for other in others {
        for tool in &other.tools {
            servers.entry(tool).or_default().push(other.shown());
            for look in looks(tool) {
                theirs.entry(look).or_default().insert(tool);
            }
        }
    }
    let of = |tool: &str| servers.get(tool).map(Vec::as_slice).unwrap_or_default();
    let own: BTreeSet<&str> =
        profiles.iter().flat_map(|profile| profile.tools.keys().map(String::as_str)).collect();
    let (mut equal, mut alike) = (Vec::new(), Vec::new());
    for name in own {
        let finding = |code: Code, message: String| Finding::new(code, message).found(name);
        for server in of(name).iter().take(MAX_FINDINGS - equal.len()) {
            let message = format!("tool `{name}` is called like one of `{server}`");
            equal.push(finding(code::manifest::TOOL_NAME_TAKEN, message));
        }
        let room = MAX_FINDINGS - alike.len();
        let shared = looks(name).into_iter().filter_map(|look| theirs.get(&look));
        // Each tool twice at the most, once by each look.
        let shared = shared.flatten().copied().filter(|tool| *tool != name).take(2 * room);
        let shared: BTreeSet<&str> = shared.collect();
        let pairs = shared.iter().flat_map(|tool| of(tool).iter().map(move |server| (tool, server)));
        for (tool, server) in pairs.take(room) {
            let message = format!("tool `{name}` looks like `{tool}` of `{server}`");
            alike.push(finding(code::manifest::TOOL_NAME_CONFUSABLE, message));
        }
    }
    (equal, alike)
}

/// As many as are told.
fn mentions(manifest: &ToolManifest, profiles: &[&Profile], others: &[&OtherServer]) -> Vec<Finding> {
    let mut foreign = Foreign::default();
    for other in others {
        other.tools.iter().for_each(|tool| foreign.add(tool, other.shown()));
    }
    let mut all: Vec<Finding> = Vec::new();
    for profile in profiles {
        let shown = ObservedServer::from_profile(profile, &manifest.items);
        for issue in foreign.mentions(&shown, code::manifest::TOOL_OF_ANOTHER_NAMED) {
            let finding = issue.finding();
            if all.len() < MAX_FINDINGS && !all.contains(&finding) {
                all.push(finding);
            }
        }
    }
    all
}
