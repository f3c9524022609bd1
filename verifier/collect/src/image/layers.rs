//! What lies in the layers of an image: the files that catalogers read, as they are once every layer was unpacked.
//!
//! A layer is covered by its digest whatever is in it, so nothing in one is refused: what cannot be read is a known gap.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use crate::catalog::{
    Bounded, Budget, Content, Document, Keeper, TOO_MANY, TOO_MUCH_IN_ARCHIVES, each_entry, entry_path,
};
use crate::zstd;

/// Entries of all layers. The largest base images have 200,000; an image may have half a dozen platforms.
const MAX_ENTRIES: u64 = 2_000_000;

/// Bytes of all names.
const MAX_NAMES: u64 = 256 << 20;

/// Bytes that layers may inflate to whatever their size, and how many times their size beyond that: sparse files of
/// databases compress to a hundredth.
const FLOOR: u64 = 1 << 30;
const MAX_RATIO: u64 = 100;

/// The name before that of a file which a layer takes away, and the name by which it takes away all of a folder.
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// What all layers of an image have together, of `size` bytes.
pub(super) fn budget(size: u64) -> Budget {
    Budget::new(MAX_ENTRIES, MAX_NAMES, size.saturating_mul(MAX_RATIO).max(FLOOR))
}

/// What one layer does to those below it.
#[derive(Debug, Default)]
pub(super) struct Layer {
    documents: BTreeMap<TreePath, Document>,
    /// Every path that it has an entry for, and whether that is a folder: nothing is left below what is none.
    touched: HashMap<String, bool>,
    /// Paths that it takes away, with all below them.
    removed: HashSet<String>,
    /// Folders of whose files below it nothing is left.
    emptied: HashSet<String>,
    /// Why it was not read, or not wholly.
    pub(super) gaps: Vec<String>,
}

/// Reads a layer of `size` bytes, at most to its end.
pub(super) fn read(mut reader: impl BufRead, size: u64, keeper: &Keeper, budget: &Budget) -> Layer {
    let mut layer = Layer::default();
    let left = size.saturating_mul(MAX_RATIO).max(FLOOR);
    let form = reader.fill_buf().map(|head| (head.starts_with(&[0x1f, 0x8b]), zstd::is_frame(head)));
    let read = match form {
        Ok((true, _)) => layer.read(Bounded::new(MultiGzDecoder::new(reader), left, budget), keeper, budget),
        Ok((_, true)) => layer.read(Bounded::new(zstd::Frames::new(reader), left, budget), keeper, budget),
        Ok(_) => layer.read(Bounded::new(reader, left, budget), keeper, budget),
        Err(error) => Err(error),
    };
    if let Err(error) = read {
        layer.gaps.push(format!("the layer cannot be read to its end: {}", escape(&error.to_string())));
    }
    layer
}

impl Layer {
    /// How many of its files are kept.
    pub(super) fn len(&self) -> usize {
        self.documents.len()
    }

    /// Nothing is known of the archives in it.
    pub(super) fn forget_archives(&mut self) {
        let before = self.documents.len();
        self.documents.retain(|_, document| !matches!(document.content, Content::Archive(_)));
        if self.documents.len() < before {
            self.gaps.push(TOO_MUCH_IN_ARCHIVES.to_owned());
        }
    }

    /// Nothing of it is known: of the image it is one gap.
    pub(super) fn forget(&mut self) {
        *self = Self { gaps: vec![TOO_MANY.to_owned()], ..Self::default() };
    }

    fn read(&mut self, reader: impl Read, keeper: &Keeper, budget: &Budget) -> io::Result<()> {
        let mut unread: Option<(TreePath, usize)> = None;
        let read = each_entry(reader, false, |entry| {
            budget.take_entry()?;
            if let Some(path) = self.entry(entry, keeper, budget)? {
                unread.get_or_insert((path, 0)).1 += 1;
            }
            Ok(())
        });
        if let Some((first, count)) = unread {
            let what = "whose bytes do not stand with them (hard links, sparse files), the first";
            self.gaps.push(format!("{count} of its files {what} `{}`", escape(first.as_str())));
        }
        read
    }

    /// Reads one entry. Its path, if a cataloger wants the file and its bytes are not there.
    fn entry(
        &mut self,
        entry: &mut tar::Entry<'_, impl Read>,
        keeper: &Keeper,
        budget: &Budget,
    ) -> io::Result<Option<TreePath>> {
        let Some(path) = entry_path(&entry.path_bytes()) else { return Ok(None) };
        budget.take_name(path.as_str().len())?;
        let (folder, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        if name == OPAQUE {
            self.emptied.insert(folder.to_owned());
            return Ok(None);
        }
        if let Some(gone) = name.strip_prefix(WHITEOUT) {
            self.removed.insert(if folder.is_empty() { gone.to_owned() } else { format!("{folder}/{gone}") });
            return Ok(None);
        }
        let is_folder = entry.header().entry_type().is_dir() || entry.path_bytes().ends_with(b"/");
        self.touched.insert(path.to_string(), is_folder);
        // The last entry of a name is what is unpacked.
        self.documents.remove(&path);
        match entry.header().entry_type() {
            kind if kind.is_file() => {
                let document = keeper.document(path.clone(), entry, &mut self.gaps)?;
                self.documents.extend(document.map(|document| (path, document)));
            }
            kind if (kind.is_hard_link() || kind.is_gnu_sparse()) && keeper.wants(&path) => {
                return Ok(Some(path));
            }
            _ => {}
        }
        Ok(None)
    }
}

/// The files that are left of `layers`, the lowest first.
pub(super) fn stack<'l>(layers: impl Iterator<Item = &'l Layer>) -> Vec<&'l Document> {
    let mut files: BTreeMap<&str, &Document> = BTreeMap::new();
    for layer in layers {
        files.retain(|path, _| {
            let mut above = std::iter::successors(Some(*path), |path| {
                (!path.is_empty()).then(|| path.rsplit_once('/').map_or("", |(folder, _)| folder))
            });
            let is_replaced = |at: &str| layer.emptied.contains(at) || layer.touched.get(at) == Some(&false);
            let is_gone = layer.touched.contains_key(*path)
                || above.any(|at| layer.removed.contains(at) || (at != *path && is_replaced(at)));
            !is_gone
        });
        files.extend(layer.documents.iter().map(|(path, document)| (path.as_str(), document)));
    }
    files.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn layer(files: &[(&str, &str)]) -> Layer {
        let bytes = tar(files);
        read(bytes.as_slice(), bytes.len() as u64, &Keeper::of_catalogers(), &budget(0))
    }

    fn left(layers: &[Layer]) -> Vec<String> {
        let text = |document: &&Document| match &document.content {
            Content::Bytes(bytes) => format!("{}={}", document.path, String::from_utf8_lossy(bytes)),
            _ => document.path.to_string(),
        };
        stack(layers.iter()).iter().map(text).collect()
    }

    #[test]
    fn the_last_layer_wins_and_takes_away() {
        let base = layer(&[
            ("var/lib/dpkg/status", "1"),
            ("app/node_modules/a/package.json", "2"),
            ("usr/bin/x", "3"),
        ]);
        let middle = layer(&[("var/lib/dpkg/status", "4"), ("app/node_modules/b/package.json", "5")]);
        assert_eq!(
            left(&[base, middle]),
            [
                "app/node_modules/a/package.json=2",
                "app/node_modules/b/package.json=5",
                "var/lib/dpkg/status=4"
            ]
        );
        let base = || layer(&[("app/node_modules/a/package.json", "1"), ("lib/apk/db/installed", "2")]);
        assert_eq!(left(&[base(), layer(&[("app/.wh.node_modules", "")])]), ["lib/apk/db/installed=2"]);
        assert_eq!(left(&[base(), layer(&[("app/.wh..wh..opq", "")])]), ["lib/apk/db/installed=2"]);
        assert_eq!(
            left(&[base(), layer(&[("app/.wh..wh..opq", ""), ("app/node_modules/c/package.json", "3")])])
                .len(),
            2
        );
        // What is no folder any more holds nothing.
        assert_eq!(left(&[base(), layer(&[("app/node_modules", "")])]), ["lib/apk/db/installed=2"]);
        // A file of which nothing is kept stands in the place of one that was.
        assert_eq!(
            left(&[layer(&[("etc/os-release", "1")]), layer(&[("etc/os-release/x", "")])]),
            ["etc/os-release=1"]
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let gaps = |bytes: &[u8]| read(bytes, bytes.len() as u64, &Keeper::of_catalogers(), &budget(0)).gaps;
        assert_eq!(gaps(b"no tar file, but longer than nothing").len(), 1);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar(&[("var/lib/dpkg/status", "x")])).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(gaps(&gzip), [""; 0]);
        assert_eq!(gaps(&gzip[..gzip.len() / 2]).len(), 1);
        let zstd = zstd(&tar(&[("var/lib/dpkg/status", "x")]));
        assert_eq!(gaps(&zstd), [""; 0]);
        assert_eq!(gaps(&zstd[..zstd.len() / 2]).len(), 1);
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn what_zstd_compressed_is_read_within_the_same_bounds() {
        let bytes = zstd(&tar(&[("etc/os-release", "1")]));
        let of =
            |budget: &Budget| read(bytes.as_slice(), bytes.len() as u64, &Keeper::of_catalogers(), budget);
        assert_eq!(left(&[of(&budget(0))]), ["etc/os-release=1"]);
        let narrow = Budget::new(MAX_ENTRIES, MAX_NAMES, 600);
        assert_eq!(of(&narrow).gaps.len(), 1);
    }

    #[test]
    fn what_archives_hold_goes_with_them() {
        let inner = String::from_utf8(tar(&[("package/package.json", "{}")])).unwrap();
        let base = || layer(&[("app/vendor/a.tar", &inner)]);
        assert_eq!(left(&[base()]), ["app/vendor/a.tar"]);
        assert!(left(&[base(), layer(&[("app/vendor/.wh.a.tar", "")])]).is_empty());
        assert_eq!(left(&[base(), layer(&[("app/vendor/a.tar", "x")])]), [""; 0]);
        let mut forgotten = base();
        forgotten.forget_archives();
        assert_eq!(
            (left(std::slice::from_ref(&forgotten)).len(), forgotten.gaps.as_slice()),
            (0, &[TOO_MUCH_IN_ARCHIVES.to_owned()][..])
        );
    }

    #[test]
    fn layers_share_one_budget() {
        let bytes = tar(&[("etc/os-release", "1"), ("a", "2")]);
        let budget = Budget::new(3, MAX_NAMES, FLOOR);
        let of = || read(bytes.as_slice(), bytes.len() as u64, &Keeper::of_catalogers(), &budget);
        assert!(of().gaps.is_empty() && !budget.is_exhausted());
        let mut second = of();
        assert!(second.gaps.len() == 1 && budget.is_exhausted());
        second.forget();
        assert_eq!(
            (second.gaps.as_slice(), stack([&second].into_iter()).len()),
            (&[TOO_MANY.to_owned()][..], 0)
        );
    }

    #[test]
    fn files_whose_bytes_stand_elsewhere_are_a_gap() {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, kind) in [
            ("etc/os-release", tar::EntryType::Symlink),
            ("lib/apk/db/installed", tar::EntryType::Link),
            ("readme", tar::EntryType::Link),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(0);
            tar.append_link(&mut header, path, "x").unwrap();
        }
        let bytes = tar.into_inner().unwrap();
        let layer = read(bytes.as_slice(), 0, &Keeper::of_catalogers(), &budget(0));
        assert!(layer.gaps.len() == 1 && layer.gaps[0].starts_with("1 of its files"), "{:?}", layer.gaps);
        assert!(layer.gaps[0].ends_with("`lib/apk/db/installed`"));
    }
}
