//! `https://slsa.dev/provenance/v0.2`.

use serde::Deserialize;

use super::{Instructions, Material, Named, Provenance, ProvenanceError, Told, git};
use crate::canonical::Json;
use crate::digest::DigestSet;

/// Begins the path of GitHub's workflows.
const WORKFLOWS: &str = ".github/workflows/";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    builder: Builder,
    build_type: String,
    invocation: Option<Invocation>,
    metadata: Option<Metadata>,
    materials: Option<Vec<MaterialEntry>>,
}

#[derive(Deserialize)]
struct Builder {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    config_source: Option<ConfigSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigSource {
    uri: Option<String>,
    digest: Option<DigestSet>,
    entry_point: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    build_invocation_id: Option<String>,
}

#[derive(Deserialize)]
struct MaterialEntry {
    uri: Option<String>,
    digest: Option<DigestSet>,
}

pub(super) fn read(predicate: &Json) -> Result<Provenance, ProvenanceError> {
    let Predicate { builder, build_type, invocation, metadata, materials } = predicate.to_typed()?;
    let materials: Vec<Material> = materials
        .unwrap_or_default()
        .into_iter()
        .map(|entry| Material { uri: entry.uri, digest: entry.digest.unwrap_or_default() })
        .collect();
    let config = invocation.and_then(|invocation| invocation.config_source);
    let told = config.as_ref().map(|config| {
        let digest = config.digest.clone().unwrap_or_default();
        let repository = config.uri.as_deref().map(|uri| Named::of(uri, &digest));
        // Others than GitHub's name a job or a target by it.
        let path = config.entry_point.clone().filter(|path| path.starts_with(WORKFLOWS));
        Told { reference: repository.as_ref().and_then(|named| named.reference.clone()), repository, path }
    });
    let workflow = config.map(instructions).transpose()?.flatten();
    Ok(Provenance {
        builder_id: builder.id,
        build_type,
        source: git::built(&materials, workflow.as_ref().map(|workflow| &workflow.source))?,
        workflow,
        invocation_id: metadata.and_then(|metadata| metadata.build_invocation_id),
        materials,
        told: told.into_iter().collect(),
        taken: Vec::new(),
    })
}

fn instructions(config: ConfigSource) -> Result<Option<Instructions>, ProvenanceError> {
    let Some(uri) = config.uri else { return Ok(None) };
    let path = config.entry_point.filter(|path| !path.is_empty());
    let source = git::source(&uri, &config.digest.unwrap_or_default())?;
    Ok(source.map(|source| Instructions { source, path }))
}
