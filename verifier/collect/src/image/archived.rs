//! Images in an archive, as `docker save` and `skopeo copy … oci-archive:FILE` write them: known by their marks, not read.

use std::fs::File;
use std::io;
use std::path::Path;

use super::{INDEX, MARK};

/// Entries that are looked at. Ten times what the largest image has as blobs.
const MAX_ENTRIES: usize = 100_000;

/// What `docker load` goes by where there is no layout, and what stands beside it.
const DOCKER: [&[u8]; 2] = [b"manifest.json", b"repositories"];

/// Whether the file at `path` is a tar archive of an image: of an OCI layout, or of what Docker wrote before there were those.
/// Reads headers alone. What cannot be read is none.
pub fn is_archived(path: &Path) -> bool {
    marked(path).unwrap_or_default()
}

fn marked(path: &Path) -> io::Result<bool> {
    let (mut layout, mut docker) = ([false; 2], [false; 2]);
    let mut archive = tar::Archive::new(File::open(path)?);
    // Raw: no long name and no extension is read, whatever its length. The marks have short names.
    for entry in archive.entries_with_seek()?.raw(true).take(MAX_ENTRIES) {
        let entry = entry?;
        let name = entry.header().path_bytes();
        let name = name.strip_prefix(b"./").unwrap_or(&name);
        for (found, mark) in layout.iter_mut().zip([MARK.as_bytes(), INDEX.as_bytes()]) {
            *found |= name == mark;
        }
        for (found, mark) in docker.iter_mut().zip(DOCKER) {
            *found |= name == mark;
        }
        if layout == [true; 2] || docker == [true; 2] {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
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
        std::fs::write(dir.path().join("image.tar"), tar.into_inner().unwrap()).unwrap();
        is_archived(&dir.path().join("image.tar"))
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
