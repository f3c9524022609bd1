//! The JSON documents of a layout: its mark, indexes, manifests.

use mcpsign_schemas::canonical::{Json, Limits, Object};

use super::ImageError;
use super::descriptor::Descriptor;
use super::media::is_docker;

/// Bytes of an index, manifest or configuration: registries take no larger manifests.
pub(super) const MAX_DOCUMENT: usize = 4 << 20;

/// Manifests of one index: a statement has 1024 subjects at the most.
pub(super) const MAX_MANIFESTS: usize = 1000;

/// Layers of one manifest. Docker runs some 120, artifacts of models have hundreds.
const MAX_LAYERS: usize = 2000;

/// An index's manifests.
pub(super) struct Index {
    pub(super) manifests: Vec<Descriptor>,
}

/// What a manifest refers to.
pub(super) struct Manifest {
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
    /// Another manifest that this one is about; need not be here.
    pub(super) has_subject: bool,
    /// Whether it says what else than an image it is.
    has_type: bool,
}

/// `{"imageLayoutVersion": "1.0.0"}`.
pub(super) fn check_mark(bytes: &[u8]) -> Result<(), ImageError> {
    let mark = parse(super::MARK, bytes)?;
    match mark.get("imageLayoutVersion").and_then(Json::as_str) {
        Some("1.0.0") => Ok(()),
        _ => Err(ImageError::Version),
    }
}

/// Parses strictly.
pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Json, ImageError> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(ImageError::TooLarge { path: path.to_owned(), limit: MAX_DOCUMENT });
    }
    Json::parse(bytes, Limits::bytes(MAX_DOCUMENT))
        .map_err(|source| ImageError::Json { path: path.to_owned(), source })
}

impl Index {
    pub(super) fn parse(path: &str, bytes: &[u8], media_type: &str) -> Result<Self, ImageError> {
        let json = parse(path, bytes)?;
        // A document that is index and manifest at once is one of the two to each reader.
        let object = head(path, &json, media_type, &["config", "layers", "fsLayers"])?;
        let manifests = descriptors(path, object, "manifests", MAX_MANIFESTS)?;
        Ok(Self { manifests })
    }
}

impl Manifest {
    pub(super) fn parse(path: &str, bytes: &[u8], media_type: &str) -> Result<Self, ImageError> {
        let json = parse(path, bytes)?;
        let object = head(path, &json, media_type, &["manifests", "fsLayers"])?;
        let config = object.get("config").ok_or_else(|| malformed(path, "config", "missing"))?;
        let is_there = |member: &str| object.get(member).is_some_and(|value| !value.is_null());
        Ok(Self {
            config: Descriptor::read(path, config)?,
            layers: descriptors(path, object, "layers", MAX_LAYERS)?,
            has_subject: is_there("subject"),
            has_type: is_there("artifactType"),
        })
    }

    /// Whether it says that it is attached to another, or no image.
    pub(super) const fn is_attached(&self) -> bool {
        self.has_subject || self.has_type
    }
}

/// The object, its version and type checked, without the members of other documents.
fn head<'j>(
    path: &str,
    json: &'j Json,
    media_type: &str,
    foreign: &[&'static str],
) -> Result<&'j Object, ImageError> {
    let object = json.as_object().ok_or_else(|| malformed(path, "(root)", "not an object"))?;
    if object.get("schemaVersion").and_then(Json::as_u64) != Some(2) {
        return Err(malformed(path, "schemaVersion", "not 2"));
    }
    match object.get("mediaType") {
        None if !is_docker(media_type) => {}
        Some(Json::String(stated)) if stated == media_type => {}
        _ => return Err(malformed(path, "mediaType", "not that of the descriptor")),
    }
    match foreign.iter().find(|member| object.get(member).is_some()) {
        Some(member) => Err(malformed(path, member, "not a member of this kind of document")),
        None => Ok(object),
    }
}

fn descriptors(
    path: &str,
    object: &Object,
    member: &'static str,
    limit: usize,
) -> Result<Vec<Descriptor>, ImageError> {
    let list = object.get(member).and_then(Json::as_array);
    let list = list.ok_or_else(|| malformed(path, member, "not a list"))?;
    if list.len() > limit {
        return Err(ImageError::TooMany { limit, what: member });
    }
    list.iter().map(|json| Descriptor::read(path, json)).collect()
}

fn malformed(path: &str, member: &'static str, what: &'static str) -> ImageError {
    ImageError::Malformed { path: path.to_owned(), member, what }
}
