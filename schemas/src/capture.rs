//! The capture file: what `mcpsign manifest capture` saw, before anybody signs it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::canonical::{self, Json, JsonError, Limits};
use crate::digest::Sha256Digest;
use crate::manifest::{self, ManifestError, Product, Profile};

/// `schema` of a capture file.
pub const SCHEMA: &str = "https://mcpsign.dev/capture/v1";
/// Bytes of a capture file at the most: the frames it repeats, the items made of them, and escapes.
pub const MAX_BYTES: usize = 64 << 20;

/// A capture. Unlike in a signed predicate, unknown members are errors: nothing in it may go unread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CaptureFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// When the capture ended, by this machine's clock.
    pub created_on: Timestamp,
    /// What captured.
    pub producer: Product,
    /// What was seen, a profile for each way of starting the server.
    pub profiles: Vec<Profile>,
    /// Every item named by a profile, by its wire digest.
    pub items: BTreeMap<Sha256Digest, Json>,
    /// Of each profile, by name, the replies of the agreed pass as received, one frame a string.
    pub frames: BTreeMap<String, Vec<String>>,
}

/// A file that is no capture, or one that contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFileError {
    /// Not strict JSON, or not of this shape.
    #[error("not a capture file")]
    Json(#[from] JsonError),
    /// Another `schema`.
    #[error("`schema` is `{found}`, not `{SCHEMA}`")]
    Schema {
        /// What it says.
        found: String,
    },
    /// A member that this version does not know.
    #[error("a capture file has members that this version does not know")]
    UnknownMember,
    /// Its digests do not agree with its items.
    #[error(transparent)]
    Content(#[from] ManifestError),
}

impl CaptureFile {
    /// Parses and checks a capture file.
    ///
    /// # Errors
    /// When it is not strict JSON of exactly this shape, or when a stated digest is not the recomputed one.
    pub fn parse(bytes: &[u8]) -> Result<Self, CaptureFileError> {
        let json = Json::parse(bytes, Limits::bytes(MAX_BYTES))?;
        let schema = json.get("schema").and_then(Json::as_str).unwrap_or_default();
        if schema != SCHEMA {
            return Err(CaptureFileError::Schema { found: schema.into() });
        }
        let capture: Self = json.to_typed()?;
        // What we would write again is all there is; anything else in the file was not understood.
        if Json::from_serialize(&capture)? != json {
            return Err(CaptureFileError::UnknownMember);
        }
        manifest::check_items(&capture.profiles, &capture.items)?;
        Ok(capture)
    }

    /// The file's bytes: canonical JSON and a line end.
    ///
    /// # Errors
    /// Never for a capture that was built from strict JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let mut bytes = canonical::to_canonical(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
