//! `https://slsa.dev/provenance/v1`.

use serde::Deserialize;

use super::{Instructions, Material, Named, Provenance, ProvenanceError, Source, git};
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
    let workflow = instructions(&build_definition.external_parameters);
    Ok(Provenance {
        builder_id: run_details.builder.id,
        build_type: build_definition.build_type,
        source: git::built(&materials, workflow.as_ref().map(|workflow| &workflow.source))?,
        workflow,
        invocation_id: run_details.metadata.and_then(|metadata| metadata.invocation_id),
        materials,
        told: told(&build_definition.external_parameters),
        taken: taken(&build_definition.external_parameters),
    })
}

/// By which names build types call what is started; `pipeline` is ours.
const INSTRUCTIONS: [&str; 3] = ["workflow", "buildConfigSource", "pipeline"];

/// Where the instructions lie, in whatever form: what is stated and no text names nothing that anybody could hold.
fn told(parameters: &Json) -> Vec<Named> {
    let of = |said: &Json| {
        let repository = said.get("repository")?.as_str().unwrap_or_default();
        let reference = said.get("ref").map(|reference| reference.as_str().unwrap_or_default().to_owned());
        let named = Named::of(repository, &DigestSet::default());
        Some(Named { reference: reference.or(named.reference), ..named })
    };
    INSTRUCTIONS.iter().filter_map(|name| of(parameters.get(name)?)).collect()
}

/// `source` as the address of a repository, or as what a dependency is described by; builders call other things so, too.
fn taken(parameters: &Json) -> Vec<Named> {
    let Some(source) = parameters.get("source") else { return Vec::new() };
    let digest: DigestSet =
        source.get("digest").and_then(|digest| digest.to_typed().ok()).unwrap_or_default();
    let is_git = |address: &&str| {
        ["git+", "git:", "git@", "ssh:"].iter().any(|scheme| address.starts_with(scheme))
            || digest.get("gitCommit").or(digest.get("sha1")).is_some()
    };
    let address = source.as_str().or_else(|| source.get("uri")?.as_str()).filter(is_git);
    address.map(|address| Named::of(address, &digest)).into_iter().collect()
}

/// Repository, reference and path, which GitHub's build types call `workflow` and Google's `buildConfigSource`.
fn instructions(parameters: &Json) -> Option<Instructions> {
    let said = ["workflow", "buildConfigSource"].into_iter().find_map(|name| parameters.get(name))?;
    let text = |member| said.get(member).and_then(Json::as_str);
    let reference = text("ref").filter(|reference| is_reference(reference)).map(str::to_owned);
    Some(Instructions {
        source: Source { repository: git::repository(text("repository")?)?, reference, commit: None },
        path: text("path").map(str::to_owned),
    })
}
