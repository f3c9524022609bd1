//! Configurations of images: what they run on, and their labels.

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::untrusted::is_deceptive;

use super::ImageError;
use super::descriptor::Platform;
use super::document::parse;

/// The label that the MCP registry looks at.
pub(super) const MCP_NAME: &str = "io.modelcontextprotocol.server.name";

/// An SPDX expression.
pub(super) const LICENSES: &str = "org.opencontainers.image.licenses";

/// Bytes of a label that is believed.
const MAX_LABEL: usize = 1024;

/// What mcpsign needs of a configuration.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) platform: Platform,
    /// Layers that it says there are.
    pub(super) layers: usize,
    labels: Object,
}

/// The configurations of all platforms.
#[derive(Debug, Default)]
pub(super) struct Configs(pub(super) Vec<Config>);

impl Config {
    pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Self, ImageError> {
        let malformed = |member, what| ImageError::Malformed { path: path.to_owned(), member, what };
        let json = parse(path, bytes)?;
        let object = json.as_object().ok_or_else(|| malformed("(root)", "not an object"))?;
        let platform = Platform::read(object).ok_or_else(|| malformed("os", "not a platform"))?;
        let layers = json.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
        let layers = match layers {
            None | Some(Json::Null) => 0,
            Some(Json::Array(layers)) => layers.len(),
            Some(_) => return Err(malformed("rootfs", "not a list of layers")),
        };
        let labels = match json.get("config").and_then(|config| config.get("Labels")) {
            None | Some(Json::Null) => Object::default(),
            Some(Json::Object(labels)) => labels.clone(),
            Some(_) => return Err(malformed("Labels", "not an object")),
        };
        for label in [MCP_NAME, LICENSES] {
            let is_fit = |text: &str| text.len() <= MAX_LABEL && !text.chars().any(is_deceptive);
            if labels.get(label).is_some_and(|value| !value.as_str().is_some_and(is_fit)) {
                return Err(malformed("Labels", "a label that cannot be believed"));
            }
        }
        Ok(Self { platform, layers, labels })
    }
}

impl Configs {
    /// What every configuration says under `label`; an empty one says nothing.
    pub(super) fn agreed(&self, label: &'static str) -> Result<Option<String>, ImageError> {
        let mut all = self.0.iter().map(|config| config.labels.get(label).and_then(Json::as_str));
        let first = all.next().flatten().filter(|text| !text.is_empty());
        if all.any(|other| other.filter(|text| !text.is_empty()) != first) {
            return Err(ImageError::Labels { label });
        }
        Ok(first.map(str::to_owned))
    }
}
