//! Records, archives and SBOMs to check with.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use jiff::Timestamp;
use mcpsign_advisories::snapshot::WholeSnapshot;
use mcpsign_evidence::advisories::Origin;
use mcpsign_evidence::advisories::store::{self, Demands};
use mcpsign_evidence::advisories::update::{Request, update};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use serde_json::Value;

/// A record of one npm package in a range of versions.
pub(super) fn record(id: &str, name: &str, fixed: &str) -> String {
    format!(
        r#"{{"schema_version":"1.7.5","id":"{id}","modified":"2026-05-01T00:00:00Z","summary":"of {name}",
        "affected":[{{"package":{{"ecosystem":"npm","name":"{name}"}},
        "ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

/// An archive of files with these names.
pub(super) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut zip = ZipArchiveWriter::new(&mut out);
    for (name, content) in files {
        let (mut entry, config) =
            zip.new_file(*name).compression_method(CompressionMethod::DEFLATE).start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
        writer.write_all(content).unwrap();
        let (deflate, descriptor) = writer.finish().unwrap();
        deflate.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap();
    out.into_inner()
}

/// An archive of `count` records, `A-0` of `package-0` fixed in 1.0.0 and so on.
pub(super) fn records(count: usize) -> Vec<u8> {
    let files: Vec<(String, String)> = (0..count)
        .map(|n| (format!("A-{n}.json"), record(&format!("A-{n}"), &format!("package-{n}"), "1.0.0")))
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (&**name, text.as_bytes())).collect();
    archive(&files)
}

/// A CycloneDX document of these packages.
pub(super) fn sbom(purls: &[&str]) -> String {
    let mut components = String::new();
    for purl in purls {
        let comma = if components.is_empty() { "" } else { "," };
        let _ = write!(components, r#"{comma}{{"type":"library","name":"x","purl":"{purl}"}}"#);
    }
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{components}]}}"#)
}

/// Writes `bytes` below `dir`, with the folders that they need.
pub(super) fn put(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> std::path::PathBuf {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The files of an archive that is whole.
pub(super) fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let archive = rawzip::ZipArchive::from_slice(bytes).unwrap();
    let mut files = Vec::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().unwrap() {
        let name = String::from_utf8(entry.file_path().as_bytes().to_vec()).unwrap();
        let content = archive.get_entry(entry.wayfinder()).unwrap();
        let mut inflated = Vec::new();
        std::io::Read::read_to_end(&mut flate2::bufread::DeflateDecoder::new(content.data()), &mut inflated)
            .unwrap();
        files.push((name, inflated));
    }
    files
}

/// CISA's catalogue, with one entry.
pub(crate) fn kev(cve: &str) -> String {
    format!(r#"{{"vulnerabilities":[{{"cveID":"{cve}","dateAdded":"2026-02-03"}}]}}"#)
}

/// A snapshot of these records, made at `now`, as `verify` reads it.
pub(crate) fn snapshot(records: &[Value], kev: Option<&str>, now: Timestamp) -> Arc<WholeSnapshot> {
    let dir = tempfile::tempdir().unwrap();
    for (n, record) in records.iter().enumerate() {
        put(dir.path(), &format!("records/{n}.json"), record.to_string());
    }
    let kept = dir.path().join("kept");
    let kev = kev.map(|kev| put(dir.path(), "kev.json", kev));
    let request = Request {
        dir: &kept,
        from: &[Origin::parse(dir.path().join("records").as_os_str()).unwrap()],
        ecosystems: &[],
        ca: &[],
        kev: kev.as_deref(),
        epss: None,
        force: false,
        tool: "test",
        now,
    };
    update(&request, None).unwrap();
    Arc::new(store::read(&kept, Demands::default(), now).unwrap())
}
