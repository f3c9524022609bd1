//! The capture file: what `mcpsign manifest capture` saw, before anybody signs it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::canonical::{Json, JsonError, Limits, Object};
use crate::digest::Sha256Digest;
use crate::endpoint::{Endpoint, PlainHttp};
use crate::manifest::{self, Binding, ManifestError, Network, Product, Profile, Sandbox, Transport};

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
    /// A launch that there cannot have been.
    #[error("the launch of profile `{profile}` contradicts itself: {what}")]
    Launch {
        /// Name of the profile.
        profile: String,
        /// What cannot be.
        what: &'static str,
    },
}

impl CaptureFile {
    /// Parses and checks a capture file.
    ///
    /// # Errors
    /// When it is not strict JSON of exactly this shape, when a stated digest is not the recomputed one, or when a profile says
    /// of its launch what cannot be true together. Whether what it says is true, nobody can tell from the file.
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
        for profile in &capture.profiles {
            check_launch(profile)
                .map_err(|what| CaptureFileError::Launch { profile: profile.name.clone(), what })?;
        }
        Ok(capture)
    }

    /// The document that it is as JSON: as [`Json::from_serialize`] makes it, without another copy of items and frames.
    ///
    /// # Errors
    /// Never for a capture that was built from strict JSON.
    pub fn into_json(mut self) -> Result<Json, JsonError> {
        let items = std::mem::take(&mut self.items).into_iter();
        let items: Object = items.map(|(digest, item)| (digest.to_string(), item)).collect();
        let frames = std::mem::take(&mut self.frames).into_iter().map(|(name, frames)| {
            let frames: Vec<Json> = frames.into_iter().map(Json::from).collect();
            (name, Json::from(frames))
        });
        let frames: Object = frames.collect();
        let mut document = Json::from_serialize(&self)?;
        if let Some(document) = document.as_object_mut() {
            document.insert("items".into(), items.into());
            document.insert("frames".into(), frames.into());
        }
        Ok(document)
    }

    /// The file's bytes: canonical JSON and a line end.
    ///
    /// # Errors
    /// Never for a capture that was built from strict JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        Ok(Self::bytes_of(&Json::from_serialize(self)?))
    }

    /// The same, of the document that it is as JSON.
    pub fn bytes_of(document: &Json) -> Vec<u8> {
        let mut bytes = document.to_canonical();
        bytes.push(b'\n');
        bytes
    }
}

/// What a captured launch can be besides: a process and what it was given, or an address and the names of what was sent to it.
fn check_launch(profile: &Profile) -> Result<(), &'static str> {
    let launch = &profile.launch;
    let proven = matches!(launch.binding, Binding::Unpacked | Binding::Installed);
    match launch.transport {
        Transport::Stdio => manifest::first(&[
            (
                launch.sandbox == Sandbox::None && launch.network == Network::None,
                "no network, and nothing that kept it away",
            ),
            (proven && profile.subject.is_none(), "bound to an artifact, and to none"),
        ]),
        Transport::StreamableHttp => manifest::first(&[
            (launch.runtime.is_some(), "an address with an interpreter"),
            (!launch.env.is_empty() || !launch.secret_env.is_empty(), "an address with variables"),
            (
                launch.sandbox != Sandbox::None || launch.network == Network::None,
                "an address in a sandbox, or reached without a network",
            ),
            (!is_address(launch.url.as_deref(), &launch.headers), "an address or a header that there is not"),
        ]),
    }
}

/// An address in its one spelling, and names of headers in theirs: in lower case, sorted, each once.
fn is_address(url: Option<&str>, headers: &[String]) -> bool {
    let spelled = url
        .and_then(|url| Endpoint::parse(url, PlainHttp::Loopback).ok())
        .is_some_and(|endpoint| Some(endpoint.as_str()) == url);
    let token = |name: &String| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    spelled && headers.iter().all(token) && headers.is_sorted_by(|a, b| a < b)
}
