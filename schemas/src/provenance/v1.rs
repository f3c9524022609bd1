//! `https://slsa.dev/provenance/v1`.

use serde::Deserialize;

use super::named::GIT;
use super::{Instructions, Material, Named, Provenance, ProvenanceError, Source, Told, git, variable};
use crate::canonical::Json;
use crate::digest::DigestSet;
use crate::workload::parse::is_reference;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    external_parameters: Json,
    internal_parameters: Option<Json>,
    resolved_dependencies: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
struct Descriptor {
    uri: Option<String>,
    digest: Option<DigestSet>,
}

#[derive(Deserialize)]
struct RunDetails {
    builder: Builder,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Builder {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    invocation_id: Option<String>,
}

pub(super) fn read(predicate: &Json) -> Result<Provenance, ProvenanceError> {
    let Predicate { build_definition, run_details } = predicate.to_typed()?;
    let materials: Vec<Material> = build_definition
        .resolved_dependencies
        .unwrap_or_default()
        .into_iter()
        .map(|descriptor| Material { uri: descriptor.uri, digest: descriptor.digest.unwrap_or_default() })
        .collect();
    let workflow = instructions(&build_definition.external_parameters)?;
    Ok(Provenance {
        builder_id: run_details.builder.id,
        build_type: build_definition.build_type,
        source: git::built(&materials, workflow.as_ref().map(|workflow| &workflow.source))?,
        workflow,
        invocation_id: run_details.metadata.and_then(|metadata| metadata.invocation_id),
        materials,
        told: told(&build_definition.external_parameters),
        taken: taken(&build_definition.external_parameters),
        variables: build_definition.internal_parameters.as_ref().map(variable::read).unwrap_or_default(),
    })
}

/// By which names build types call what is started; `pipeline` is ours.
const INSTRUCTIONS: [&str; 3] = [WORKFLOW, "buildConfigSource", "pipeline"];

/// GitHub's name, which means a file by `path`; other builders' paths are names of their own.
const WORKFLOW: &str = "workflow";

/// Where the instructions lie, in whatever form: what is stated and no text names nothing that anybody could hold.
fn told(parameters: &Json) -> Vec<Told> {
    let of = |name: &&str| {
        let said = parameters.get(name)?;
        let text = |member| said.get(member).map(|said| said.as_str().unwrap_or_default());
        let repository = text("repository").map(|address| Named::of(address, &DigestSet::default()));
        let reference = text("ref").map(str::to_owned);
        let reference = reference.or_else(|| repository.as_ref()?.reference.clone());
        let path = text("path").filter(|_| *name == WORKFLOW).map(str::to_owned);
        Some(Told { repository, reference, path })
    };
    // BuildKit's has an address instead of a repository.
    let config = parameters.get(CONFIG).and_then(|config| {
        let repository = Named::of(config.get("uri")?.as_str().unwrap_or_default(), &digest(config));
        Some(Told { reference: repository.reference.clone(), repository: Some(repository), path: None })
    });
    INSTRUCTIONS.iter().filter_map(of).chain(config).collect()
}

/// BuildKit's name for where its instructions lie.
const CONFIG: &str = "configSource";

fn digest(said: &Json) -> DigestSet {
    said.get("digest").and_then(|digest| digest.to_typed().ok()).unwrap_or_default()
}

/// `source` as the address of a repository, or as what a dependency is described by; builders call other things so, too.
fn taken(parameters: &Json) -> Vec<Named> {
    let Some(source) = parameters.get("source") else { return Vec::new() };
    let address = source.as_str().or_else(|| source.get("uri")?.as_str());
    address.and_then(|address| Named::source(address, &digest(source))).into_iter().collect()
}

/// Repository, reference and path, which GitHub's build types call `workflow` and Google's `buildConfigSource`; BuildKit has an
/// address.
///
/// # Errors
/// When the state of that address has two commits.
fn instructions(parameters: &Json) -> Result<Option<Instructions>, ProvenanceError> {
    let of = |said: &Json, member| said.get(member).and_then(Json::as_str).map(str::to_owned);
    if let Some(config) = parameters.get(CONFIG).filter(|config| config.get("uri").is_some()) {
        let source = of(config, "uri").map(|uri| git::source(&uri, &digest(config))).transpose()?.flatten();
        return Ok(source.map(|source| Instructions { source, path: of(config, "path") }));
    }
    let Some(said) = [WORKFLOW, "buildConfigSource"].into_iter().find_map(|name| parameters.get(name)) else {
        return Ok(None);
    };
    let reference = of(said, "ref").filter(|reference| is_reference(reference));
    let repository = of(said, "repository")
        .and_then(|repository| git::repository(repository.strip_prefix(GIT).unwrap_or(&repository)));
    Ok(repository.map(|repository| Instructions {
        source: Source { repository, reference, commit: None },
        path: of(said, "path"),
    }))
}
