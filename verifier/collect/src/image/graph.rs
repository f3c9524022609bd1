//! From the one entry of index.json to every blob that the image consists of.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::escape;

use super::blobs::{Known, Layout};
use super::config::{Config, Configs};
use super::descriptor::{Descriptor, Platform};
use super::document::{Index, MAX_MANIFESTS, Manifest};
use super::media::{self, Kind};
use super::{ImageError, ImageManifest};

/// Indexes in each other. Builders write one, at most two.
const MAX_DEPTH: usize = 4;

/// Blobs of one image. Each costs some 100 bytes here; images for twenty platforms have some hundred.
const MAX_BLOBS: usize = 50_000;

/// What an image consists of.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Every blob, once.
    pub(super) known: BTreeMap<Sha256Digest, Known>,
    /// Those that were not read yet: layers, and what attestations hold.
    pub(super) leaves: BTreeSet<Sha256Digest>,
    /// Manifests of platforms below the top.
    pub(super) platforms: Vec<ImageManifest>,
    /// Of every platform.
    pub(super) configs: Configs,
    /// The layers of each platform, the lowest first.
    pub(super) images: Vec<Vec<Sha256Digest>>,
    /// What each manifest that was read is for.
    read: BTreeMap<Sha256Digest, Platform>,
}

/// What index.json names.
pub(super) struct Named {
    /// The one image, under however many tags, with the names of each.
    pub(super) top: Descriptor,
    /// What is attached to it: copies of what builders made have their attestations beside it, those of signers signatures.
    attached: Vec<Descriptor>,
}

/// Tells the one image from what is attached to it, which nobody could run.
pub(super) fn only(layout: &Layout<'_>, index: Index) -> Result<Named, ImageError> {
    let mut distinct: Vec<Descriptor> = Vec::new();
    for named in index.manifests {
        match distinct.iter_mut().find(|known| known.digest == named.digest) {
            None => distinct.push(named),
            Some(known) if (known.size, &known.media_type) == (named.size, &named.media_type) => {
                known.names.extend(named.names);
            }
            Some(_) => return Err(ImageError::Ambiguous { digest: named.digest }),
        }
    }
    let mut attached = Vec::new();
    if distinct.len() > 1 {
        let (beside, others) = partition(layout, distinct)?;
        (attached, distinct) = (beside, others);
    }
    let count = distinct.len();
    match (distinct.pop(), count) {
        (Some(top), 1) => Ok(Named { top, attached }),
        (None, _) => Err(ImageError::Empty),
        (Some(_), count) => Err(ImageError::Several { count }),
    }
}

/// What is attached, and what else there is.
fn partition(
    layout: &Layout<'_>,
    named: Vec<Descriptor>,
) -> Result<(Vec<Descriptor>, Vec<Descriptor>), ImageError> {
    let (mut attached, mut others) = (Vec::new(), Vec::new());
    for one in named {
        let is_attached = Kind::of(&one.media_type) == Kind::Manifest && {
            let manifest = Manifest::parse(&one.path(), &layout.document(&one)?, &one.media_type)?;
            let is_said = one.is_attestation() || one.is_attached() || manifest.is_attached();
            is_said && !manifest.layers.iter().any(|layer| media::is_of_image(&layer.media_type))
        };
        if is_attached { attached.push(one) } else { others.push(one) }
    }
    Ok((attached, others))
}

impl Graph {
    /// Follows what is named, and reads the documents on the way.
    pub(super) fn read(layout: &Layout<'_>, Named { top, attached }: &Named) -> Result<Self, ImageError> {
        let mut graph = Self::default();
        match Kind::of(&top.media_type) {
            Kind::Index => {
                graph.index(layout, top, 1)?;
                if graph.platforms.is_empty() {
                    return Err(ImageError::NoPlatform);
                }
            }
            Kind::Manifest => graph.manifest(layout, top)?,
            _ => return Err(unknown("index.json", top)),
        }
        attached.iter().try_for_each(|one| graph.attestation(layout, one))?;
        Ok(graph)
    }

    fn index(&mut self, layout: &Layout<'_>, at: &Descriptor, depth: usize) -> Result<(), ImageError> {
        if depth > MAX_DEPTH {
            return Err(ImageError::TooDeep { limit: MAX_DEPTH });
        }
        if !self.meet(at)? {
            return Ok(());
        }
        let index = Index::parse(&at.path(), &layout.document(at)?, &at.media_type)?;
        for listed in index.manifests {
            match Kind::of(&listed.media_type) {
                Kind::Index => self.index(layout, &listed, depth + 1)?,
                Kind::Manifest if listed.is_attestation() => self.attestation(layout, &listed)?,
                Kind::Manifest => {
                    self.manifest(layout, &listed)?;
                    if !self.platforms.iter().any(|known| known.digest == listed.digest) {
                        self.platforms.push(listed.into_manifest());
                    }
                    if self.platforms.len() > MAX_MANIFESTS {
                        return Err(ImageError::TooMany { limit: MAX_MANIFESTS, what: "manifests" });
                    }
                }
                _ => return Err(unknown(&at.path(), &listed)),
            }
        }
        Ok(())
    }

    /// The manifest of an image that runs.
    fn manifest(&mut self, layout: &Layout<'_>, at: &Descriptor) -> Result<(), ImageError> {
        self.meet(at)?;
        if !self.read.contains_key(&at.digest) {
            let platform = self.image(layout, at)?;
            self.read.insert(at.digest, platform);
        }
        // Listed for two platforms it must be what the index says for both.
        match (self.read.get(&at.digest), &at.platform) {
            (Some(found), Some(stated)) if !stated.agrees(found) => {
                let (stated, found) = (stated.to_string(), found.to_string());
                Err(ImageError::Platform { digest: at.digest, stated, found })
            }
            _ => Ok(()),
        }
    }

    /// Reads a manifest, and returns what it is for.
    fn image(&mut self, layout: &Layout<'_>, at: &Descriptor) -> Result<Platform, ImageError> {
        let path = at.path();
        let manifest = Manifest::parse(&path, &layout.document(at)?, &at.media_type)?;
        if manifest.has_subject {
            let what = "an image that is about another one is an attachment";
            return Err(ImageError::Malformed { path, member: "subject", what });
        }
        if Kind::of(&manifest.config.media_type) != Kind::Config {
            return Err(unknown(&path, &manifest.config));
        }
        self.meet(&manifest.config)?;
        let config = Config::parse(&manifest.config.path(), &layout.document(&manifest.config)?)?;
        if config.layers != manifest.layers.len() {
            let what = "not as many layers as the configuration has";
            return Err(ImageError::Malformed { path, member: "layers", what });
        }
        let platform = config.platform.clone();
        self.configs.0.push(config);
        for layer in &manifest.layers {
            if Kind::of(&layer.media_type) != Kind::Layer {
                return Err(unknown(&path, layer));
            }
            self.leaf(layer)?;
        }
        self.images.push(manifest.layers.iter().map(|layer| layer.digest).collect());
        Ok(platform)
    }

    /// What a builder attached: its blobs are checked, and nothing in it is believed.
    fn attestation(&mut self, layout: &Layout<'_>, at: &Descriptor) -> Result<(), ImageError> {
        if !self.meet(at)? {
            return Ok(());
        }
        let path = at.path();
        let manifest = Manifest::parse(&path, &layout.document(at)?, &at.media_type)?;
        for part in manifest.layers.iter().chain([&manifest.config]) {
            if matches!(Kind::of(&part.media_type), Kind::Index | Kind::Manifest) {
                return Err(unknown(&path, part));
            }
            self.leaf(part)?;
        }
        Ok(())
    }

    fn leaf(&mut self, at: &Descriptor) -> Result<(), ImageError> {
        if self.meet(at)? {
            self.leaves.insert(at.digest);
        }
        Ok(())
    }

    /// Notes a reference; whether it is the first to this blob.
    fn meet(&mut self, at: &Descriptor) -> Result<bool, ImageError> {
        let known = Known { size: at.size, media_type: at.media_type.clone() };
        match self.known.get(&at.digest) {
            Some(before) if *before == known => Ok(false),
            Some(_) => Err(ImageError::Ambiguous { digest: at.digest }),
            None if self.known.len() == MAX_BLOBS => {
                Err(ImageError::TooMany { limit: MAX_BLOBS, what: "blobs" })
            }
            None => {
                self.known.insert(at.digest, known);
                Ok(true)
            }
        }
    }
}

fn unknown(path: &str, at: &Descriptor) -> ImageError {
    ImageError::MediaType { path: path.to_owned(), media_type: escape(&at.media_type) }
}
