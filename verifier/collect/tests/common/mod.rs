//! Artifacts and folders that tests of catalogers are about.

#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use mcpsign_collect::artifact::{Artifact, open};
use tempfile::{TempDir, tempdir};

/// Names and bytes.
pub(crate) type Files<'f> = &'f [(&'f str, &'f [u8])];

/// An npm tarball of these files.
pub(crate) fn tarball(dir: &Path, files: &[(&str, &str)]) -> Artifact {
    packed(dir, "artifact.tgz", "package", files)
}

/// A compressed archive `name` of these files below the folder `top`.
pub(crate) fn packed(dir: &Path, name: &str, top: &str, files: &[(&str, &str)]) -> Artifact {
    let paths: Vec<String> = files.iter().map(|(path, _)| format!("{top}/{path}")).collect();
    let below: Vec<(&str, &[u8])> =
        paths.iter().zip(files).map(|(path, (_, content))| (path.as_str(), content.as_bytes())).collect();
    let path = dir.join(name);
    fs::write(&path, tgz(&below)).expect("written");
    open(&path).expect("an artifact")
}

/// A compressed archive of these files.
pub(crate) fn tgz(files: Files<'_>) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, *content).expect("appended");
    }
    tar.into_inner().and_then(GzEncoder::finish).expect("packed")
}

pub(crate) fn zip(files: Files<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut zip = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (path, content) in files {
        let deflated = rawzip::CompressionMethod::DEFLATE;
        let (mut entry, config) = zip.new_file(path).compression_method(deflated).start().expect("begun");
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(content).expect("written");
        let (encoder, descriptor) = writer.finish().expect("packed");
        encoder.finish().expect("packed");
        entry.finish(descriptor).expect("packed");
    }
    zip.finish().expect("packed");
    bytes
}

/// A folder of these files.
pub(crate) fn folder(files: Files<'_>) -> TempDir {
    let dir = tempdir().expect("a directory");
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("below dir")).expect("parents");
        fs::write(path, content).expect("written");
    }
    dir
}

/// The same of texts.
pub(crate) fn text_folder(files: &[(&str, &str)]) -> TempDir {
    let bytes: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    folder(&bytes)
}
