//! Artifacts that tests of catalogers are about.

use std::fs;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mcpsign_collect::artifact::{Artifact, open};

/// An npm tarball of these files.
pub(crate) fn tarball(dir: &Path, files: &[(&str, &str)]) -> Artifact {
    packed(dir, "artifact.tgz", "package", files)
}

/// A compressed archive `name` of these files below the folder `top`.
pub(crate) fn packed(dir: &Path, name: &str, top: &str, files: &[(&str, &str)]) -> Artifact {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, format!("{top}/{path}"), content.as_bytes()).expect("appended");
    }
    let path = dir.join(name);
    fs::write(&path, tar.into_inner().and_then(GzEncoder::finish).expect("packed")).expect("written");
    open(&path).expect("an artifact")
}
