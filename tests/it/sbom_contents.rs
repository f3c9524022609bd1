//! What lies in archives, programs and SBOMs of an artifact is in the SBOM that is signed, and is looked for again when the artifact is
//! verified.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use serde_json::Value;

use crate::support::{run, test_server};

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");

fn tgz(path: &str, content: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, path, content).unwrap();
    tar.into_inner().and_then(GzEncoder::finish).unwrap()
}

fn zip(path: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut zip = rawzip::ZipArchiveWriter::new(&mut bytes);
    let deflated = rawzip::CompressionMethod::DEFLATE;
    let (mut entry, config) = zip.new_file(path).compression_method(deflated).start().unwrap();
    let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
    writer.write_all(content).unwrap();
    let (encoder, descriptor) = writer.finish().unwrap();
    encoder.finish().unwrap();
    entry.finish(descriptor).unwrap();
    zip.finish().unwrap();
    bytes
}

/// A program of macOS in which cargo-auditable's list names one crate: the head, one command of 152 bytes that loads a segment,
/// its section, and behind them the bytes of it.
fn auditable(name: &str) -> Vec<u8> {
    let list =
        format!(r#"{{"packages":[{{"name":"{name}","version":"1.0.0","source":"crates.io","root":true}}]}}"#);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(list.as_bytes()).unwrap();
    let list = zlib.finish().unwrap();
    let name = |text: &str| [text.as_bytes(), &vec![0; 16 - text.len()]].concat();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let size = u32::try_from(list.len()).unwrap();
    [
        words(&[0xfeed_facf, 0x0100_0007, 3, 2, 1, 152, 0, 0]),
        words(&[0x19, 152]),
        name("__DATA"),
        words(&[0, 0, size, 0, 184, 0, size, 0, 3, 3, 1, 0]),
        name(".dep-v0"),
        name("__DATA"),
        words(&[0, 0, size, 0, 184, 0, 0, 0, 0, 0, 0, 0]),
        list,
    ]
    .concat()
}

/// Two such programs in one file.
fn universal() -> Vec<u8> {
    let parts = [auditable("on-intel"), auditable("on-apple")];
    let mut file: Vec<u8> = [0xcafe_babe_u32, 2].iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut at = 48;
    for (part, processor) in parts.iter().zip([0x0100_0007_u32, 0x0100_000c]) {
        let size = u32::try_from(part.len()).unwrap();
        file.extend([processor, 3, at, size, 0].iter().flat_map(|word| word.to_be_bytes()));
        at += size;
    }
    file.extend(parts.concat());
    file
}

/// A server in a folder, with what it brings along; and a key.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let folder = desk.path("notes");
        let metadata = b"Metadata-Version: 2.1\nName: wheeled\nVersion: 2.0\n";
        let pom = b"groupId=io.example\nartifactId=core\nversion=3.1\n";
        let sbom = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"machine-learning-model","name":"bge-small","version":"1.5","purl":"pkg:huggingface/acme/bge-small@1.5"}]}"#;
        for (path, content) in [
            ("vendor/packed.tgz", tgz("package/package.json", br#"{"name":"packed","version":"1.2.3"}"#)),
            ("lib/wheeled.whl", zip("wheeled-2.0.dist-info/METADATA", metadata)),
            ("lib/core.jar", zip("META-INF/maven/io.example/core/pom.properties", pom)),
            ("bin/notes-darwin", universal()),
            ("models.cdx.json", sbom.to_vec()),
        ] {
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), content).unwrap();
        }
        fs::copy(test_server(), folder.join("server")).unwrap();
        let made = run(&["keys", "generate", "--out", desk.text("key")], &[PASSPHRASE]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> &'static str {
        self.path(name).to_str().unwrap().to_owned().leak()
    }

    fn attest(&self, more: &[&str]) -> (Option<i32>, String) {
        let folder = self.text("notes");
        let args = [
            &["attest", folder, "--key", self.text("key"), "--force"],
            more,
            &["--", self.text("notes/server")],
        ];
        let output = run(&args.concat(), &[PASSPHRASE]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn verdict(&self) -> Value {
        let args = ["verify", self.text("notes"), "--public-key", self.text("key.pub"), "--format", "json"];
        serde_json::from_slice(&run(&args, &[]).stdout).unwrap()
    }

    /// The SBOM of the folder, and where it lies.
    fn sbom(&self) -> (Value, &'static str) {
        let out = self.text("notes.cdx.json");
        let args = ["sbom", "generate", self.text("notes"), "--installed", "--out", out, "--force"];
        let output = run(&args, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (serde_json::from_slice(&fs::read(Path::new(out)).unwrap()).unwrap(), out)
    }
}

const FOUND: [&str; 5] = [
    "pkg:npm/packed@1.2.3",
    "pkg:pypi/wheeled@2.0",
    "pkg:maven/io.example/core@3.1",
    "pkg:cargo/on-intel@1.0.0",
    "pkg:cargo/on-apple@1.0.0",
];

#[test]
fn what_is_in_archives_and_programs_is_signed_and_found_again() {
    let desk = Desk::new();
    let (document, _) = desk.sbom();
    let purls: Vec<&str> =
        document["components"].as_array().unwrap().iter().map(|one| one["purl"].as_str().unwrap()).collect();
    for purl in FOUND.iter().chain(&["pkg:huggingface/acme/bge-small@1.5"]) {
        assert!(purls.contains(purl), "{purl} is not among {purls:?}");
    }
    let (code, said) = desk.attest(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(desk.verdict()["verdict"], "allow");
}

#[test]
fn b63_what_an_sbom_hides_of_archives_and_programs_is_missed() {
    let desk = Desk::new();
    let (whole, out) = desk.sbom();
    for purl in FOUND {
        let mut document = whole.clone();
        document["components"].as_array_mut().unwrap().retain(|one| one["purl"] != purl);
        document.as_object_mut().unwrap().remove("dependencies");
        document.as_object_mut().unwrap().remove("compositions");
        fs::write(out, document.to_string()).unwrap();
        // What we sign passes our own verifier before it leaves the machine.
        let (code, said) = desk.attest(&["--sbom", out]);
        assert_eq!(code, Some(1), "{purl}: {said}");
        assert!(said.contains("sbom/component-missing") && said.contains(purl), "{purl}: {said}");
    }
    // Whoever does not say to have looked into archives did not hide what is in one.
    let mut document = whole.clone();
    document["components"].as_array_mut().unwrap().retain(|one| one["purl"] != FOUND[0]);
    let facts = document["metadata"]["properties"].as_array_mut().unwrap();
    facts.retain(|fact| !fact["value"].as_str().unwrap().starts_with("archives/"));
    fs::write(out, document.to_string()).unwrap();
    let (code, said) = desk.attest(&["--sbom", out]);
    assert_eq!(code, Some(0), "{said}");
    // What only an SBOM in the artifact names is somebody's word.
    let mut document = whole;
    let components = document["components"].as_array_mut().unwrap();
    components.retain(|one| one["type"] != "machine-learning-model");
    fs::write(out, document.to_string()).unwrap();
    let (code, said) = desk.attest(&["--sbom", out]);
    assert_eq!(code, Some(0), "{said}");
    let report = desk.verdict();
    assert_eq!(report["verdict"], "allow");
    let findings = report["findings"].as_array().unwrap();
    let told = findings.iter().find(|finding| finding["code"] == "sbom/component-missing").unwrap();
    assert_eq!(told["level"], "warning");
}
