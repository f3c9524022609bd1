//! The snapshot that is there already: what of it is taken over as it stands, and what of it cannot be used.

use std::collections::BTreeMap;
use std::path::Path;

use mcpsign_advisories::index::{Blocks, IndexError, IndexWriter, Placed};
use mcpsign_schemas::advisory::snapshot::{Enrichment, Segment, SnapshotManifest};
use mcpsign_schemas::untrusted::escape;

use super::update::{Request, Updated};
use super::{AdvisoriesError, store};

/// The snapshot of before.
pub(super) struct Before {
    /// `None` where it cannot be read, and nobody minds.
    manifest: Option<SnapshotManifest>,
    /// Its index, or why that cannot be used.
    blocks: Result<Blocks<store::Source>, String>,
}

/// Sources and lists of a new snapshot.
type Named<'m> = (&'m mut BTreeMap<String, Segment>, &'m mut BTreeMap<String, Enrichment>);

/// The snapshot in `dir`, if there is one. Of one whose manifest cannot be read nobody knows what would be lost: whoever renews it
/// has to `force` that.
pub(super) fn before(dir: &Path, force: bool) -> Result<Option<Before>, AdvisoriesError> {
    let manifest = match store::manifest(dir) {
        Ok((manifest, _)) => manifest,
        Err(AdvisoriesError::Missing { .. }) => return Ok(None),
        Err(error @ (AdvisoriesError::Damaged { .. } | AdvisoriesError::Version { .. })) if force => {
            return Ok(Some(Before { manifest: None, blocks: Err(error.to_string()) }));
        }
        Err(error) => return Err(error),
    };
    let blocks = store::blocks(dir, &manifest).map_err(|error| error.to_string());
    Ok(Some(Before { manifest: Some(manifest), blocks }))
}

impl Before {
    /// What a source came to.
    pub(super) fn segment(&self, name: &str) -> Option<&Segment> {
        self.manifest.as_ref()?.segments.get(name)
    }

    /// Why what there is of a source cannot be used, as far as that is known without reading it.
    pub(super) fn damage(&self, name: &str) -> Option<String> {
        let is_there = self.manifest.is_none() || self.segment(name).is_some();
        self.blocks.as_ref().err().filter(|_| is_there).cloned()
    }

    /// Takes a segment over as it stands, or says why it cannot be used.
    pub(super) fn keep(
        &self,
        segment: &Segment,
        writer: &mut IndexWriter,
    ) -> Result<Result<Segment, String>, AdvisoriesError> {
        let blocks = match &self.blocks {
            Ok(blocks) => blocks,
            Err(reason) => return Ok(Err(reason.clone())),
        };
        let placed = Placed { names: segment.names, packages: segment.packages, records: segment.records };
        Ok(usable(writer.keep(placed, blocks))?.map(|placed| Segment {
            names: placed.names,
            packages: placed.packages,
            records: placed.records,
            ..segment.clone()
        }))
    }

    /// Takes over all that nobody `named`. What of it cannot be used is lost where that is forced, and said.
    pub(super) fn rest(
        &self,
        (segments, lists): Named<'_>,
        writer: &mut IndexWriter,
        request: &Request<'_>,
    ) -> Result<Vec<Updated>, AdvisoriesError> {
        let Some(manifest) = &self.manifest else { return Ok(Vec::new()) };
        let mut lost = Vec::new();
        for (name, segment) in &manifest.segments {
            if segments.contains_key(name) {
                continue;
            }
            match self.keep(segment, writer)? {
                Ok(kept) => {
                    let last = segment.updated.unwrap_or(manifest.updated);
                    segments.insert(name.clone(), Segment { updated: Some(last), ..kept });
                }
                Err(reason) => lost.push((name, reason)),
            }
        }
        for (name, list) in &manifest.enrichment {
            if lists.contains_key(name) {
                continue;
            }
            let kept = match &self.blocks {
                Ok(blocks) => usable(writer.keep_part(list.names, blocks))?,
                Err(reason) => Err(reason.clone()),
            };
            match kept {
                Ok(names) => drop(lists.insert(name.clone(), Enrichment { names, ..list.clone() })),
                Err(reason) => lost.push((name, reason)),
            }
        }
        if let (Some((_, reason)), false) = (lost.first(), request.force) {
            let names = lost.iter().map(|(name, _)| escape(name)).collect();
            return Err(AdvisoriesError::Lost { reason: reason.clone(), names });
        }
        let updated = lost.into_iter().map(|(name, reason)| Updated {
            name: name.clone(),
            changed: false,
            unparsed: Vec::new(),
            damaged: Some(reason),
        });
        Ok(updated.collect())
    }
}

/// What was kept, or why it cannot be; what would be too large is no damage.
fn usable<T>(kept: Result<T, IndexError>) -> Result<Result<T, String>, AdvisoriesError> {
    match kept {
        Err(error @ IndexError::TooLarge { .. }) => Err(error.into()),
        kept => Ok(kept.map_err(|error| error.to_string())),
    }
}
