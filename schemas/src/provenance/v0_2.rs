//! `https://slsa.dev/provenance/v0.2`.

use serde::Deserialize;

use super::named::WORKFLOWS;
use super::{Instructions, Material, Named, Provenance, ProvenanceError, Told, git, variable};
use crate::canonical::Json;
use crate::digest::DigestSet;

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
    environment: Option<Json>,
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
    let (config, environment) =
        invocation.map(|invocation| (invocation.config_source, invocation.environment)).unwrap_or_default();
    let told = config.as_ref().map(told).unwrap_or_default();
    let workflow = config.map(instructions).transpose()?.flatten();
    Ok(Provenance {
        builder_id: builder.id,
        build_type,
        source: git::built(&materials, workflow.as_ref().map(|workflow| &workflow.source))?,
        workflow,
        invocation_id: metadata.and_then(|metadata| metadata.build_invocation_id),
        materials,
        told,
        taken: Vec::new(),
        variables: environment.as_ref().map(variable::read).unwrap_or_default(),
    })
}

/// Where the instructions lie: by the address of their repository, and by the name of the workflow, before and behind whose path
/// some say again where it lies (`OWNER/NAME/.github/workflows/FILE@REF`).
fn told(config: &ConfigSource) -> Vec<Told> {
    let digest = config.digest.clone().unwrap_or_default();
    let repository = config.uri.as_deref().map(|uri| Named::of(uri, &digest));
    // Others than GitHub's name a job or a target by it.
    let entry = config.entry_point.as_deref().unwrap_or_default();
    let workflow = entry.find(WORKFLOWS).and_then(|at| entry.split_at_checked(at));
    let workflow = workflow.filter(|(home, _)| home.is_empty() || home.ends_with('/'));
    let again = workflow.and_then(|(home, rest)| {
        let reference = rest.split_once('@').map(|(_, reference)| reference.to_owned());
        let home = home.trim_matches('/');
        let host = repository.as_ref().and_then(|named| named.repository.split('/').next());
        let repository = (!["", "."].contains(&home)).then(|| {
            let address = format!("https://{}/{home}", host.unwrap_or_default());
            Named::of(if home.contains("://") { home } else { &address }, &DigestSet::default())
        });
        (repository.is_some() || reference.is_some()).then_some(Told { repository, reference, path: None })
    });
    let path = workflow.and_then(|(_, rest)| rest.split('@').next()).map(str::to_owned);
    let reference = repository.as_ref().and_then(|named| named.reference.clone());
    std::iter::once(Told { repository, reference, path }).chain(again).collect()
}

fn instructions(config: ConfigSource) -> Result<Option<Instructions>, ProvenanceError> {
    let Some(uri) = config.uri else { return Ok(None) };
    let path = config.entry_point.filter(|path| !path.is_empty());
    let source = git::source(&uri, &config.digest.unwrap_or_default())?;
    Ok(source.map(|source| Instructions { source, path }))
}
