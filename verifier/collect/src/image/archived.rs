//! Images in an archive, as `docker save` and `skopeo copy … oci-archive:FILE` write them: known by their marks, not read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::{INDEX, MARK};

/// Entries that are looked at. Ten times what the largest image has as blobs.
const MAX_ENTRIES: usize = 100_000;

/// Bytes that are inflated to find the marks: Docker writes them behind the layers. Of what holds more nothing is said.
const MAX_INFLATED: u64 = 4 << 30;

/// First bytes of what gzip compressed.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];

/// What `docker load` goes by where there is no layout, and what stands beside it.
const DOCKER: [&[u8]; 2] = [b"manifest.json", b"repositories"];

/// The marks of an image among the names of an archive's entries: those of a layout, or those of what Docker wrote before there
/// were these.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    layout: [bool; 2],
    docker: [bool; 2],
}

impl Marks {
    /// Looks at a name.
    pub(crate) fn see(&mut self, name: &[u8]) {
        let name = name.strip_prefix(b"./").unwrap_or(name);
        for (found, mark) in self.layout.iter_mut().zip([MARK.as_bytes(), INDEX.as_bytes()]) {
            *found |= name == mark;
        }
        for (found, mark) in self.docker.iter_mut().zip(DOCKER) {
            *found |= name == mark;
        }
    }

    /// Whether they are there.
    pub(crate) fn are_there(&self) -> bool {
        self.layout == [true; 2] || self.docker == [true; 2]
    }
}

/// Whether the file at `path` is a tar archive of an image, or one that gzip compressed. Reads headers alone, of what is compressed
/// all that stands before the marks. What cannot be read is none.
pub fn is_archived(path: &Path) -> bool {
    marked(path).unwrap_or_default()
}

fn marked(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut head = [0; GZIP.len()];
    file.read_exact(&mut head)?;
    file.rewind()?;
    if head == GZIP {
        let inflated = MultiGzDecoder::new(BufReader::new(file)).take(MAX_INFLATED);
        return are_in(tar::Archive::new(inflated).entries()?);
    }
    are_in(tar::Archive::new(file).entries_with_seek()?)
}

fn are_in(entries: tar::Entries<'_, impl Read>) -> io::Result<bool> {
    let mut marks = Marks::default();
    // Raw: no long name and no extension is read, whatever its length. The marks have short names.
    for entry in entries.raw(true).take(MAX_ENTRIES) {
        marks.see(&entry?.header().path_bytes());
        if marks.are_there() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn is(names: &[&str]) -> bool {
        let mut tar = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_ustar();
            header.set_size(2);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, &b"{}"[..]).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let (plain, packed) = (dir.path().join("image.tar"), dir.path().join("image.tar.gz"));
        let bytes = tar.into_inner().unwrap();
        std::fs::write(&plain, &bytes).unwrap();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&bytes).unwrap();
        std::fs::write(&packed, gzip.finish().unwrap()).unwrap();
        assert_eq!(is_archived(&plain), is_archived(&packed), "{names:?}");
        is_archived(&plain)
    }

    #[test]
    fn an_archive_of_an_image_is_known_by_its_marks() {
        let blob = format!("blobs/sha256/{}", "0".repeat(64));
        assert!(is(&[&blob, "index.json", "oci-layout"]));
        assert!(is(&["oci-layout", "blobs/", &blob, "index.json"]));
        assert!(is(&["abc/layer.tar", "abc.json", "manifest.json", "repositories"]));
        for other in [&[][..], &["index.json"], &["manifest.json"], &["x/oci-layout", "x/index.json"], &["a"]]
        {
            assert!(!is(other), "{other:?}");
        }
        assert!(!is_archived(Path::new("/missing")) && !is_archived(Path::new("/")));
    }

    /// A name of a gigabyte, of which not one byte is there.
    #[test]
    fn b48_what_announces_more_than_there_is_costs_nothing() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(1 << 30);
        header.set_cksum();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image.tar");
        std::fs::write(&path, header.as_bytes()).unwrap();
        assert!(!is_archived(&path));
    }
}
