//! Why a layout is refused.

use std::io;

use mcpsign_schemas::canonical::JsonError;
use mcpsign_schemas::digest::Sha256Digest;

/// A layout that is not wholly there, not what it says, or that readers could take differently. Names in it are escaped
/// and shortened.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Something that does not belong to a layout, or a blob that nothing refers to.
    #[error("`{path}` does not belong to the image")]
    Unexpected {
        /// Relative to the layout.
        path: String,
    },
    /// A link, or another thing that is no regular file, where a blob or document should be.
    #[error("`{path}` is not a regular file")]
    NotAFile {
        /// Relative to the layout.
        path: String,
    },
    /// A blob or folder that is not there.
    #[error("`{path}` is missing")]
    Missing {
        /// Relative to the layout.
        path: String,
    },
    /// A blob of another size than what refers to it says.
    #[error("`{path}` has {found} bytes, not {stated}")]
    Size {
        /// Relative to the layout.
        path: String,
        /// What refers to it says.
        stated: u64,
        /// What it has.
        found: u64,
    },
    /// A blob whose bytes have another digest than its name.
    #[error("`{path}` has another content: sha256:{found}")]
    Digest {
        /// Relative to the layout.
        path: String,
        /// Of its bytes.
        found: Sha256Digest,
    },
    /// It changed while it was read.
    #[error("`{path}` changed while it was read")]
    Changed {
        /// Relative to the layout; `.` for the layout itself.
        path: String,
    },
    /// It cannot be read.
    #[error("`{path}` cannot be read")]
    Io {
        /// Relative to the layout.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Another version of layouts.
    #[error("not version 1.0.0 of OCI image layouts")]
    Version,
    /// A document that is longer than registries take.
    #[error("`{path}` has more than {limit} bytes")]
    TooLarge {
        /// Relative to the layout.
        path: String,
        /// Bytes read at the most.
        limit: usize,
    },
    /// Not strict JSON: readers would not agree on what it says.
    #[error("`{path}`: not strict JSON: {source}")]
    Json {
        /// Relative to the layout.
        path: String,
        /// Why.
        source: JsonError,
    },
    /// A member that is missing, of another type, or not to be there.
    #[error("`{path}`: `{member}`: {what}")]
    Malformed {
        /// Relative to the layout.
        path: String,
        /// The member.
        member: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// A digest that is not `sha256:` and 64 lower-case hex digits.
    #[error("`{path}`: `{digest}` is no SHA-256 digest as OCI writes it")]
    Algorithm {
        /// The document that has it.
        path: String,
        /// As stated.
        digest: String,
    },
    /// Content that is to be fetched from elsewhere.
    #[error("`{path}`: content with `urls` lies elsewhere")]
    Urls {
        /// The document that has it.
        path: String,
    },
    /// Embedded content that is not the blob's.
    #[error("`{path}`: `data` is not the content of its digest")]
    Data {
        /// The document that has it.
        path: String,
    },
    /// A type of content that is not known at its place.
    #[error("`{path}`: media type `{media_type}` is not known here")]
    MediaType {
        /// The document that has it.
        path: String,
        /// As stated.
        media_type: String,
    },
    /// One blob under two sizes or media types: readers could take it for two things.
    #[error("sha256:{digest} is referred to in two ways")]
    Ambiguous {
        /// The blob.
        digest: Sha256Digest,
    },
    /// A platform manifest whose configuration is for another platform than the index says.
    #[error("sha256:{digest} is for {found}, not {stated}")]
    Platform {
        /// The manifest.
        digest: Sha256Digest,
        /// What the index says.
        stated: String,
        /// What the configuration says.
        found: String,
    },
    /// Platforms that disagree on what they are.
    #[error("the label `{label}` is not the same for all platforms")]
    Labels {
        /// The label.
        label: &'static str,
    },
    /// No image.
    #[error("index.json names no image")]
    Empty,
    /// Several images: which one is meant?
    #[error("index.json names {count} images")]
    Several {
        /// How many.
        count: usize,
    },
    /// An index without a manifest that is for a platform: evidence on it would cover nothing that runs.
    #[error("the index lists no platform")]
    NoPlatform,
    /// Indexes in indexes.
    #[error("indexes lie deeper than {limit} in each other")]
    TooDeep {
        /// How many are read.
        limit: usize,
    },
    /// More than an image has.
    #[error("more than {limit} {what}")]
    TooMany {
        /// How many are read.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
}

impl ImageError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unexpected { .. } => Some("remove what does not belong there"),
            Self::Several { .. } => {
                Some("copy the one that is meant into a layout of its own (`skopeo copy`)")
            }
            Self::Empty | Self::NoPlatform => Some("build the image first"),
            Self::Missing { .. } | Self::Size { .. } | Self::Digest { .. } => Some("copy the image again"),
            Self::Changed { .. } => Some("wait until it is written, then try again"),
            Self::Labels { .. } => Some("label every platform's image alike"),
            Self::Urls { .. } => Some("fetch its content into the layout"),
            _ => None,
        }
    }
}
