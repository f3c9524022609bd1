//! Facts about one candidate for a verdict: from its trusted statements and from what was measured, nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_schemas::advisory::report::AdvisoriesReport;
use mcpsign_schemas::facts::{
    AdvisoryFacts, EvidenceFacts, Facts, ManifestFacts, PackageFacts, ProfileFacts, ProvenanceFacts,
    SbomFacts, ServerFacts, SignerFacts, SubjectFacts, ToolFacts,
};
use mcpsign_schemas::lint;
use mcpsign_schemas::manifest::{Profile, ToolManifest};
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::provenance::Provenance;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::sbom::{self, SbomFormat};

use super::{ADVISORIES, Conditions};
use crate::attribute::Trusted;
use crate::authenticate::Signer;
use crate::compare::provenance;
use crate::evaluate::{Candidate, Context};
use crate::measured::Form;

/// Statements beside the manifest that facts are taken from.
#[derive(Clone, Copy, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) sbom: Option<&'a Trusted>,
    /// And the policy's name for whoever signed it.
    pub(crate) provenance: Option<(&'a Trusted, &'a str)>,
}

/// What the conditions of the candidate's rule may ask, as far as they do ask it.
pub(crate) fn facts(
    asked: &Conditions,
    candidate: &Candidate<'_>,
    statement: &Trusted,
    profiles: &[&Profile],
    known: Option<&AdvisoriesReport>,
    context: Context<'_>,
) -> Facts {
    let subject = &context.measured.subject;
    let manifest = candidate.manifest;
    Facts {
        now: context.now.as_second(),
        subject: SubjectFacts {
            form: match subject.form {
                Form::Tree(_) | Form::TreeWithoutModes(_) | Form::Unfit { unlisted: true, .. } => "tree",
                Form::Endpoint => "endpoint",
                Form::File | Form::Unfit { unlisted: false, .. } => "file",
            },
            sha256: subject.digests.sha256.to_string(),
        },
        server: ServerFacts { name: manifest.server.name.clone(), version: manifest.server.version.clone() },
        packages: candidate.packages.iter().map(package).collect(),
        manifest: ManifestFacts {
            kind: manifest.kind,
            created_on: manifest.created_on.as_second(),
            valid_until: manifest.valid_until.map(Timestamp::as_second),
            binds_server_json: manifest.bindings.server_json.is_some(),
            lockfiles: count(manifest.bindings.lockfiles.len()),
        },
        signer: signer(statement, statement.name(Some(manifest.kind), Some(candidate.rule), context.policy)),
        profiles: profiles.iter().map(|profile| of_profile(profile)).collect(),
        tools: if asked.uses("tools") { tools(manifest, profiles, asked.uses_lint()) } else { Vec::new() },
        evidence: EvidenceFacts::default(),
        advisories: known
            .filter(|_| asked.uses(ADVISORIES))
            .map(|known| known.matches.iter().map(AdvisoryFacts::from).collect()),
    }
}

impl Choice<'_> {
    /// What these statements say.
    pub(super) fn facts(&self) -> EvidenceFacts {
        EvidenceFacts {
            sbom: self.sbom.and_then(of_sbom),
            provenance: self.provenance.and_then(|(statement, signer)| {
                let said = provenance::read(statement)?.ok()?;
                Some(of_provenance(signer.to_owned(), said))
            }),
        }
    }
}

/// Every definition of a tool that one of the profiles has.
fn tools(manifest: &ToolManifest, profiles: &[&Profile], with_lint: bool) -> Vec<ToolFacts> {
    let mut all = BTreeMap::new();
    for profile in profiles {
        let issues = if with_lint {
            lint::server(&ObservedServer::from_profile(profile, &manifest.items))
        } else {
            Vec::new()
        };
        for (name, digests) in &profile.tools {
            if let Some(tool) = manifest.items.get(&digests.wire) {
                all.entry((name, digests.wire)).or_insert_with(|| ToolFacts::of(name, tool, &issues));
            }
        }
    }
    all.into_values().collect()
}

fn package(purl: &Purl) -> PackageFacts {
    PackageFacts {
        purl: purl.to_string(),
        ty: purl.ty().to_owned(),
        namespace: purl.namespace().map(str::to_owned),
        name: purl.name(),
        version: purl.version().map(str::to_owned),
    }
}

fn of_profile(profile: &Profile) -> ProfileFacts {
    ProfileFacts {
        name: profile.name.clone(),
        binding: profile.launch.binding,
        network: profile.launch.network,
        sandbox: profile.launch.sandbox,
        protocol_version: profile.protocol_version.clone(),
        tools: count(profile.tools.len()),
        prompts: count(profile.prompts.len()),
        resources: count(profile.resources.len()),
        resource_templates: count(profile.resource_templates.len()),
        instructs: profile.instructions.is_some(),
    }
}

fn signer(statement: &Trusted, name: &str) -> SignerFacts {
    let signer = statement.signer();
    let mut facts = SignerFacts {
        name: name.to_owned(),
        issuer: None,
        subject: None,
        key_sha256: None,
        claims: BTreeMap::new(),
        workload: None,
        times: signer.times().iter().map(|verified| verified.time.as_second()).collect(),
    };
    match signer {
        Signer::Certificate { identity, .. } => {
            facts.issuer.clone_from(&identity.issuer);
            facts.subject = identity.subject_name().map(str::to_owned);
            facts.claims =
                identity.claims.iter().map(|(name, claim)| ((*name).to_owned(), claim.clone())).collect();
            facts.workload = Some(identity.workload.clone());
        }
        Signer::Key { spki_sha256, .. } => facts.key_sha256 = Some(spki_sha256.to_string()),
    }
    facts
}

fn of_sbom(statement: &Trusted) -> Option<SbomFacts> {
    let signed = statement.statement();
    let summary = sbom::read(&signed.predicate, &signed.predicate_type).ok()?;
    Some(SbomFacts {
        format: match summary.format {
            SbomFormat::CycloneDx(_) => "cyclonedx",
            SbomFormat::Spdx2(_) | SbomFormat::Spdx3 => "spdx",
        },
        components: count(summary.components.len()),
    })
}

fn of_provenance(signer: String, said: Provenance) -> ProvenanceFacts {
    let Provenance { builder_id, build_type, source, workflow, .. } = said;
    let (repository, reference, commit) = match source {
        Some(source) => (Some(source.repository), source.reference, source.commit),
        None => (None, None, None),
    };
    let workflow = workflow.and_then(|workflow| workflow.path);
    ProvenanceFacts { signer, builder_id, build_type, repository, reference, commit, workflow }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
