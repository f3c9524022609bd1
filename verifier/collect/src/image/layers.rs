//! What lies in the layers of an image: the files that catalogers read, as they are once every layer was unpacked.
//!
//! A layer is covered by its digest whatever is in it, so nothing in one is refused: what cannot be read is a known gap.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use crate::catalog::{Content, Document, Keeper};

/// Entries of one layer. The largest base images have 200,000.
const MAX_ENTRIES: usize = 1_000_000;

/// Bytes of all names of one layer.
const MAX_NAMES: usize = 128 << 20;

/// Bytes that a layer may inflate to whatever its size, and how many times its size beyond that: sparse files of databases
/// compress to a hundredth.
const FLOOR: u64 = 1 << 30;
const MAX_RATIO: u64 = 100;

/// The name before that of a file which a layer takes away, and the name by which it takes away all of a folder.
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// What one layer does to those below it.
#[derive(Debug, Default)]
pub(super) struct Layer {
    documents: Vec<Document>,
    /// Every path that it has an entry for.
    touched: HashSet<String>,
    /// Paths that it takes away, with all below them.
    removed: Vec<String>,
    /// Folders of whose files below it nothing is left.
    emptied: Vec<String>,
    /// Why it was not read, or not wholly.
    pub(super) gaps: Vec<String>,
}

/// Reads a layer of `size` bytes, at most to its end.
pub(super) fn read(mut reader: impl BufRead, media_type: &str, size: u64, keeper: &Keeper) -> Layer {
    let mut layer = Layer::default();
    if media_type.contains("zstd") {
        layer.gaps.push("a layer that zstd compressed".into());
        return layer;
    }
    let left = size.saturating_mul(MAX_RATIO).max(FLOOR);
    let read = match reader.fill_buf() {
        Ok([0x1f, 0x8b, ..]) => layer.read(Bounded { inner: MultiGzDecoder::new(reader), left }, keeper),
        Ok(_) => layer.read(Bounded { inner: reader, left }, keeper),
        Err(error) => Err(error),
    };
    if let Err(error) = read {
        layer.gaps.push(format!("the layer cannot be read to its end: {}", escape(&error.to_string())));
    }
    layer
}

impl Layer {
    fn read(&mut self, reader: impl Read, keeper: &Keeper) -> io::Result<()> {
        let mut names = 0;
        let mut archive = tar::Archive::new(reader);
        for (count, entry) in archive.entries()?.enumerate() {
            let mut entry = entry?;
            let Some(path) = path(&entry.path_bytes()) else { continue };
            names += path.as_str().len();
            if count == MAX_ENTRIES || names > MAX_NAMES {
                return Err(io::Error::other("more entries than are read"));
            }
            let (folder, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
            if name == OPAQUE {
                self.emptied.push(folder.to_owned());
                continue;
            }
            if let Some(gone) = name.strip_prefix(WHITEOUT) {
                self.removed.push(if folder.is_empty() {
                    gone.to_owned()
                } else {
                    format!("{folder}/{gone}")
                });
                continue;
            }
            self.touched.insert(path.to_string());
            if entry.header().entry_type().is_file() {
                self.file(path, &mut entry, keeper)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: TreePath, content: &mut impl Read, keeper: &Keeper) -> io::Result<()> {
        let mut kept = keeper.file(&path);
        let mut buffer = [0; 16 << 10];
        loop {
            let length = content.read(&mut buffer)?;
            if length == 0 {
                break;
            }
            kept.push(buffer.get(..length).unwrap_or_default());
        }
        match kept.finish() {
            None => {}
            Some(Content::TooLarge) => {
                self.gaps.push(format!("`{}`: too large to be read", escape(path.as_str())))
            }
            Some(content) => {
                let sha256 = match &content {
                    Content::Bytes(bytes) => Sha256Digest::of(bytes),
                    Content::TooLarge => return Ok(()),
                };
                self.documents.retain(|known| known.path != path);
                self.documents.push(Document { path, sha256, content });
            }
        }
        Ok(())
    }
}

/// The path of an entry; `None` for what no tree may have, which no cataloger reads.
fn path(name: &[u8]) -> Option<TreePath> {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    let name = name.strip_prefix(b"/").unwrap_or(name);
    TreePath::try_from(name.strip_suffix(b"/").unwrap_or(name)).ok()
}

/// The files that are left of `layers`, the lowest first.
pub(super) fn stack<'l>(layers: impl Iterator<Item = &'l Layer>) -> Vec<&'l Document> {
    let mut files: BTreeMap<&str, &Document> = BTreeMap::new();
    for layer in layers {
        let is_below = |path: &str, folder: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        files.retain(|path, _| {
            let gone = layer.removed.iter().any(|gone| *path == gone || is_below(path, gone));
            let emptied = layer.emptied.iter().any(|folder| is_below(path, folder));
            !(gone || emptied || layer.touched.contains(*path))
        });
        files.extend(layer.documents.iter().map(|document| (document.path.as_str(), document)));
    }
    files.into_values().collect()
}

/// Stops a layer that inflates to more than any real one does.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(out)?;
        self.left = self
            .left
            .checked_sub(length as u64)
            .ok_or_else(|| io::Error::other("it inflates to too much"))?;
        Ok(length)
    }
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
        read(
            bytes.as_slice(),
            "application/vnd.oci.image.layer.v1.tar",
            bytes.len() as u64,
            &Keeper::of_catalogers(),
        )
    }

    fn left(layers: &[Layer]) -> Vec<String> {
        let text = |document: &&Document| match &document.content {
            Content::Bytes(bytes) => format!("{}={}", document.path, String::from_utf8_lossy(bytes)),
            Content::TooLarge => document.path.to_string(),
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
        // A file of which nothing is kept stands in the place of one that was.
        assert_eq!(
            left(&[layer(&[("etc/os-release", "1")]), layer(&[("etc/os-release/x", "")])]),
            ["etc/os-release=1"]
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let gaps = |bytes: &[u8], media_type: &str| {
            read(bytes, media_type, bytes.len() as u64, &Keeper::of_catalogers()).gaps
        };
        let plain = "application/vnd.oci.image.layer.v1.tar+gzip";
        assert_eq!(gaps(b"", "application/vnd.oci.image.layer.v1.tar+zstd").len(), 1);
        assert_eq!(gaps(b"no tar file, but longer than nothing", plain).len(), 1);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar(&[("var/lib/dpkg/status", "x")])).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(gaps(&gzip, plain), [""; 0]);
        assert_eq!(gaps(&gzip[..gzip.len() / 2], plain).len(), 1);
        let mut bounded = Bounded { inner: &b"abc"[..], left: 2 };
        assert!(bounded.read_to_end(&mut Vec::new()).is_err());
    }
}
