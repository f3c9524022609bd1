//! Descriptors: what refers to a blob.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::{escape, is_deceptive};

use super::{ImageError, ImageManifest};

/// Bytes of a media type: the specification's own limit for each half (RFC 6838) and the slash.
const MAX_MEDIA_TYPE: usize = 255;

/// Size, digest and type of a blob, as a document states them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) digest: Sha256Digest,
    pub(super) size: u64,
    pub(super) media_type: String,
    pub(super) platform: Option<Platform>,
    /// What it is called by whoever wrote it there: a tag, or a whole reference.
    pub(super) names: Vec<String>,
    /// Whether it is said that it leads to what somebody attached to an image.
    is_attached: bool,
}

/// The annotations that say what an image is called: the specification's, and that of containerd and BuildKit.
const NAMES: [&str; 2] = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];

/// Bytes of such a name: those of a repository, a tag and a digest.
const MAX_NAME: usize = 512;

/// How builders and signers say so: the annotation, and how its value begins.
const ATTACHED: [(&str, &str); 4] = [
    ("vnd.docker.reference.type", "attestation-manifest"),
    ("kind", "dev.cosignproject.cosign/atts"),
    ("kind", "dev.cosignproject.cosign/sboms"),
    ("kind", "dev.cosignproject.cosign/sigs"),
];

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Platform {
    pub(super) os: String,
    pub(super) architecture: String,
    variant: Option<String>,
}

impl Descriptor {
    /// Reads one from the document at `path`.
    pub(super) fn read(path: &str, json: &Json) -> Result<Self, ImageError> {
        let malformed = |member, what| ImageError::Malformed { path: path.to_owned(), member, what };
        let object = json.as_object().ok_or_else(|| malformed("descriptor", "not an object"))?;
        let text =
            object.get("digest").and_then(Json::as_str).ok_or_else(|| malformed("digest", "missing"))?;
        let digest = digest(path, text)?;
        let size =
            object.get("size").and_then(Json::as_u64).ok_or_else(|| malformed("size", "not a size"))?;
        let media_type = object
            .get("mediaType")
            .and_then(Json::as_str)
            .ok_or_else(|| malformed("mediaType", "missing"))?;
        let fit = media_type.contains('/') && media_type.bytes().all(|b| b.is_ascii_graphic());
        if media_type.len() > MAX_MEDIA_TYPE || !fit {
            return Err(malformed("mediaType", "not a media type"));
        }
        match object.get("urls") {
            None => {}
            Some(Json::Array(urls)) if urls.is_empty() => {}
            Some(_) => return Err(ImageError::Urls { path: path.to_owned() }),
        }
        if let Some(data) = object.get("data") {
            let bytes = data.as_str().and_then(|text| STANDARD.decode(text).ok());
            let is_content =
                |bytes: &Vec<u8>| bytes.len() as u64 == size && Sha256Digest::of(bytes) == digest;
            if !bytes.as_ref().is_some_and(is_content) {
                return Err(ImageError::Data { path: path.to_owned() });
            }
        }
        let platform = match object.get("platform") {
            None | Some(Json::Null) => None,
            Some(platform) => {
                let platform = platform.as_object().and_then(Platform::read);
                Some(platform.ok_or_else(|| malformed("platform", "not a platform"))?)
            }
        };
        let annotation = |name: &str| object.get("annotations")?.get(name)?.as_str();
        let is_attached = ATTACHED.iter().any(|(name, value)| annotation(name) == Some(value))
            || object.get("artifactType").is_some_and(|ty| !ty.is_null());
        let is_name = |name: &&str| name.len() <= MAX_NAME && !name.chars().any(is_deceptive);
        let names = NAMES.into_iter().filter_map(annotation).filter(is_name).map(str::to_owned).collect();
        Ok(Self { digest, size, media_type: media_type.to_owned(), platform, names, is_attached })
    }

    /// Where the blob lies, relative to the layout.
    pub(super) fn path(&self) -> String {
        format!("blobs/sha256/{}", self.digest)
    }

    /// Whether it is what builders attach to an index: no image that anybody runs.
    pub(super) fn is_attestation(&self) -> bool {
        self.platform.as_ref().is_some_and(|on| on.os == "unknown" && on.architecture == "unknown")
    }

    /// Whether it may be beside the image in index.json. What is attached has no layer of an image.
    pub(super) const fn is_attached(&self) -> bool {
        self.is_attached
    }

    pub(super) fn into_manifest(self) -> ImageManifest {
        let platform = self.platform.map(|platform| platform.to_string());
        ImageManifest { digest: self.digest, size: self.size, media_type: self.media_type, platform }
    }
}

/// `sha256:` and 64 lower-case hex digits: so no digest names a path.
fn digest(path: &str, text: &str) -> Result<Sha256Digest, ImageError> {
    let refused = || ImageError::Algorithm { path: path.to_owned(), digest: escape(text) };
    text.strip_prefix("sha256:").and_then(|hex| hex.parse().ok()).ok_or_else(refused)
}

impl Platform {
    pub(super) fn read(object: &Object) -> Option<Self> {
        let text = |key: &str| match object.get(key) {
            None | Some(Json::Null) => Some(None),
            Some(Json::String(text)) if text.is_empty() => Some(None),
            Some(Json::String(text)) if fit(text) => Some(Some(text.clone())),
            Some(_) => None,
        };
        Some(Self { os: text("os")??, architecture: text("architecture")??, variant: text("variant")? })
    }

    /// Whether both name one system and one processor; of variants one may be left out.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let variants = self.variant.as_ref().zip(other.variant.as_ref());
        self.os == other.os && self.architecture == other.architecture && variants.is_none_or(|(a, b)| a == b)
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

/// Words that may stand in a subject's name.
fn fit(text: &str) -> bool {
    text.len() <= 64 && !text.contains(|c: char| is_deceptive(c) || c.is_whitespace() || "/@\\".contains(c))
}
