//! OCI image layouts on disk (image-spec v1.1): every blob that the image consists of is there, has the size and the
//! digest under which others refer to it, and nothing is there but blobs.
//!
//! Layers are covered by their digests whatever is in them. They are not unpacked, but catalogers read of them what an
//! unpacked image would have.

mod archived;
mod blobs;
mod config;
mod descriptor;
mod document;
mod error;
mod graph;
mod layers;
mod media;
mod packed;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::KnownGap;
use rustix::fs::{AtFlags, FileType};

pub(crate) use archived::Marks;
pub use archived::is_archived;
pub use error::ImageError;
pub(crate) use packed::packed;

use crate::catalog::{Document, Keeper};
use crate::tree::read_file;
use blobs::Layout;
use layers::Layer;

/// The file that says that a folder is a layout.
const MARK: &str = "oci-layout";

/// The file that says which image it holds.
const INDEX: &str = "index.json";

/// The image of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What stands for all of it: its manifest, or the index of its platforms.
    pub top: ImageManifest,
    /// The manifests of its platforms, where `top` is an index: in its order, those of nested indexes included, each
    /// digest once. Attestations (platform `unknown/unknown`) are none.
    pub manifests: Vec<ImageManifest>,
    /// What index.json calls it, sorted: tags and whole references. Whoever copies a layout may write others, and nobody signs them.
    pub names: Vec<String>,
    /// The server's name in the MCP registry: the label `io.modelcontextprotocol.server.name`, equal for all platforms.
    pub mcp_name: Option<String>,
    /// The label `org.opencontainers.image.licenses`, equal for all platforms.
    pub licenses: Vec<String>,
    /// Bytes of all blobs.
    pub size: u64,
    /// Files in its layers that a cataloger reads, of all platforms, each once.
    pub documents: Vec<Document>,
    /// What of its layers was not read.
    pub gaps: Vec<KnownGap>,
}

/// A manifest or index as others refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageManifest {
    /// Of its bytes.
    pub digest: Sha256Digest,
    /// Its bytes.
    pub size: u64,
    /// As the descriptor states it.
    pub media_type: String,
    /// `os/architecture[/variant]`, where the index says so.
    pub platform: Option<String>,
}

/// Whether the folder behind `dir` is a layout.
pub fn is_layout(dir: &OwnedFd) -> bool {
    [MARK, INDEX].iter().all(|name| {
        rustix::fs::statat(dir, *name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
    })
}

/// Reads the layout in the folder behind `dir`. `keeper` says what of its layers is kept.
///
/// # Errors
/// When it holds several images or none, a blob is missing, is not what refers to it says, or changes while it is read,
/// something is there that does not belong to the image, or readers could take it differently.
pub(crate) fn read(dir: &OwnedFd, keeper: &Keeper) -> Result<Image, ImageError> {
    let layout = Layout::open(dir)?;
    document::check_mark(&layout.root_file(MARK)?)?;
    let index = document::Index::parse(INDEX, &layout.root_file(INDEX)?, media::OCI_INDEX)?;
    let named = graph::only(&layout, index)?;
    let graph = graph::Graph::read(&layout, &named)?;
    let layers = graph.images.iter().flatten().copied().collect();
    let layers = layout.check_rest(&graph.leaves, &graph.known, &layers, keeper)?;
    let (documents, gaps) = contents(&graph.images, &layers, |digest| format!("blobs/sha256/{digest}"));
    let mut names = named.top.names.clone();
    names.sort();
    names.dedup();
    Ok(Image {
        documents,
        gaps,
        names,
        top: named.top.into_manifest(),
        mcp_name: graph.configs.agreed(config::MCP_NAME)?,
        licenses: graph.configs.agreed(config::LICENSES)?.into_iter().collect(),
        size: graph.known.values().map(|known| known.size).sum(),
        manifests: graph.platforms,
    })
}

/// What the layers of all platforms hold, each layer at its `path`. A file that is the same for several platforms is one.
fn contents<L: Ord>(
    images: &[Vec<L>],
    layers: &BTreeMap<L, Layer>,
    path: impl Fn(&L) -> String,
) -> (Vec<Document>, Vec<KnownGap>) {
    let mut documents: BTreeMap<(&str, Sha256Digest), &Document> = BTreeMap::new();
    for image in images {
        for document in layers::stack(image.iter().filter_map(|layer| layers.get(layer))) {
            documents.insert((document.path.as_str(), document.sha256), document);
        }
    }
    let gaps = layers.iter().flat_map(|(of, layer)| {
        let path = path(of);
        layer.gaps.iter().map(move |reason| KnownGap::unread(Some(path.clone()), reason))
    });
    (documents.into_values().cloned().collect(), gaps.collect())
}

/// The digest of index.json: what can still be said of a layout that was refused.
pub fn index_digest(dir: &OwnedFd) -> Sha256Digest {
    Sha256Digest::of(&read_file(dir, c"index.json", document::MAX_DOCUMENT).unwrap_or_default())
}
