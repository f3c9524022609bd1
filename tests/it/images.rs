//! Container images on disk: attested and verified through the command line, and what an attacker does to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpsign_schemas::digest::Sha256Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{run, skip, test_server};

pub(crate) const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");
const NAME: &str = "io.github.acme/notes";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What an attacker does to a layout, and what to call it.
type Change<'a> = (&'static str, Box<dyn Fn(&Path) + 'a>);

/// A key, and layouts.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let key = desk.path("key");
        let output = run(&["keys", "generate", "--out", key.to_str().unwrap()], &[PASSPHRASE]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn attest(&self, layout: &Path) -> Value {
        self.attest_with(layout, &[])
    }

    /// The tool manifest that is signed over a layout.
    pub(crate) fn attest_with(&self, layout: &Path, flags: &[&str]) -> Value {
        let (key, server) = (self.path("key"), test_server());
        let named = ["attest", layout.to_str().unwrap(), "--key", key.to_str().unwrap()];
        let args = [&named[..], flags, &["--", server.to_str().unwrap()]].concat();
        let output = run(&args, &[PASSPHRASE]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = fs::read_to_string(evidence(layout)).unwrap();
        let payloads = lines.lines().map(|line| {
            use base64::Engine as _;
            let bundle: Value = serde_json::from_str(line).unwrap();
            let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
            let bytes = base64::engine::general_purpose::STANDARD.decode(payload).unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()
        });
        let is_manifest = |s: &Value| s["predicateType"].as_str().unwrap().contains("tool-manifest");
        payloads.into_iter().find(is_manifest).expect("a tool manifest")
    }

    /// Verdict, exit code and codes of `verify LAYOUT`; for what is not even decided the words of the error.
    fn verify(&self, layout: &Path) -> (String, Option<i32>, Vec<String>) {
        let key = self.path("key.pub");
        self.verify_with(layout, &["--public-key", key.to_str().unwrap()])
    }

    pub(crate) fn verify_with(&self, layout: &Path, by: &[&str]) -> (String, Option<i32>, Vec<String>) {
        let args = [&["verify", layout.to_str().unwrap(), "--format", "json"][..], by].concat();
        let output = run(&args, &[]);
        let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            return ("error".into(), output.status.code(), vec![words]);
        };
        let findings = report["findings"].as_array().into_iter().flatten();
        let codes = findings.filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect();
        (report["verdict"].as_str().unwrap().to_owned(), output.status.code(), codes)
    }

    #[track_caller]
    fn allowed(&self, layout: &Path) {
        let (verdict, exit, codes) = self.verify(layout);
        assert_eq!((verdict.as_str(), exit), ("allow", Some(0)), "{codes:?}");
    }

    #[track_caller]
    fn denied(&self, layout: &Path, code: &str) {
        let (verdict, exit, codes) = self.verify(layout);
        assert_eq!((verdict.as_str(), exit), ("deny", Some(1)), "{codes:?}");
        assert!(codes.contains(&code.to_owned()), "{code} is not among {codes:?}");
    }
}

pub(crate) fn evidence(layout: &Path) -> PathBuf {
    let name = format!("{}.mcpsign.jsonl", layout.file_name().unwrap().to_str().unwrap());
    layout.with_file_name(name)
}

/// A copy of a layout with its evidence, under another name.
fn copy(layout: &Path, name: &str) -> PathBuf {
    let to = layout.with_file_name(name);
    fs::create_dir_all(to.join("blobs/sha256")).unwrap();
    for file in ["oci-layout", "index.json"] {
        fs::copy(layout.join(file), to.join(file)).unwrap();
    }
    for blob in fs::read_dir(layout.join("blobs/sha256")).unwrap() {
        let blob = blob.unwrap();
        fs::copy(blob.path(), to.join("blobs/sha256").join(blob.file_name())).unwrap();
    }
    fs::copy(evidence(layout), evidence(&to)).unwrap();
    to
}

/// Layouts of one release, made without any tool.
struct Layout(PathBuf);

impl Layout {
    fn new(path: PathBuf) -> Self {
        fs::create_dir_all(path.join("blobs/sha256")).unwrap();
        fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        Self(path)
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Sha256Digest::of(bytes);
        fs::write(self.0.join(format!("blobs/sha256/{digest}")), bytes).unwrap();
        json!({"mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len()})
    }

    fn json(&self, media_type: &str, document: &Value) -> Value {
        self.blob(media_type, document.to_string().as_bytes())
    }

    /// The image of one platform, and its descriptor.
    fn image(&self, architecture: &str) -> Value {
        let layer = self
            .blob("application/vnd.oci.image.layer.v1.tar", format!("a layer for {architecture}").as_bytes());
        let config = json!({"architecture": architecture, "os": "linux",
            "config": {"Labels": {"io.modelcontextprotocol.server.name": NAME}},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}});
        let config = self.json("application/vnd.oci.image.config.v1+json", &config);
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        let mut descriptor = self.json(MANIFEST, &manifest);
        descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
        descriptor
    }

    fn index(&self, manifests: &[Value]) -> Value {
        self.json(INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))
    }

    fn named(self, tops: &[Value]) -> PathBuf {
        let index = json!({"schemaVersion": 2, "manifests": tops});
        fs::write(self.0.join("index.json"), index.to_string()).unwrap();
        self.0
    }
}

/// Two platforms, and each alone.
pub(crate) fn platforms(desk: &Desk) -> (PathBuf, PathBuf) {
    let both = Layout::new(desk.path("both"));
    let manifests = [both.image("amd64"), both.image("arm64")];
    let top = both.index(&manifests);
    let alone = Layout::new(desk.path("alone"));
    let one = alone.image("amd64");
    assert_eq!(one, manifests[0]);
    (both.named(&[top]), alone.named(&[one]))
}

pub(crate) fn digest(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().replace("sha256:", "")
}

pub(crate) fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn blob(layout: &Path, descriptor: &Value) -> PathBuf {
    layout.join("blobs/sha256").join(digest(descriptor))
}

#[test]
fn an_image_made_by_umoci_is_attested_and_verified() {
    let umoci = Path::new("/usr/bin/umoci");
    if !umoci.is_file() {
        return skip("an_image_made_by_umoci_is_attested_and_verified", "umoci");
    }
    let desk = Desk::new();
    let layout = desk.path("image");
    let image = format!("{}:1.0.0", layout.display());
    let bundle = desk.path("bundle");
    let umoci = |args: &[&str]| {
        let output = Command::new(umoci).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    umoci(&["init", "--layout", layout.to_str().unwrap()]);
    umoci(&["new", "--image", &image]);
    umoci(&["unpack", "--rootless", "--image", &image, bundle.to_str().unwrap()]);
    fs::copy(test_server(), bundle.join("rootfs/notes-mcp")).unwrap();
    umoci(&["repack", "--image", &image, bundle.to_str().unwrap()]);
    let label = format!("io.modelcontextprotocol.server.name={NAME}");
    umoci(&["config", "--image", &image, "--config.label", &label, "--config.entrypoint", "/notes-mcp"]);
    umoci(&["gc", "--layout", layout.to_str().unwrap()]);

    let statement = desk.attest(&layout);
    let top = &read(&layout.join("index.json"))["manifests"][0];
    assert_eq!(statement["subject"][0]["digest"]["sha256"], digest(top));
    assert_eq!(statement["subject"][0].get("mediaType"), None);
    assert_eq!(statement["predicate"]["server"]["name"], NAME);
    desk.allowed(&layout);
    // A blob of the real one.
    let manifest = read(&blob(&layout, top));
    let tampered = copy(&layout, "tampered");
    let layer = blob(&tampered, &manifest["layers"][0]);
    let mut bytes = fs::read(&layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&layer, bytes).unwrap();
    desk.denied(&tampered, "subject/digest-mismatch");
}

#[test]
fn evidence_on_an_index_covers_its_platforms() {
    let desk = Desk::new();
    let (both, alone) = platforms(&desk);
    let statement = desk.attest(&both);
    let subjects = statement["subject"].as_array().unwrap();
    let top = &read(&both.join("index.json"))["manifests"][0];
    let index = read(&blob(&both, top));
    let expected: Vec<String> =
        [top, &index["manifests"][0], &index["manifests"][1]].into_iter().map(digest).collect();
    let found: Vec<&str> = subjects.iter().map(|s| s["digest"]["sha256"].as_str().unwrap()).collect();
    assert_eq!(found, expected);
    desk.allowed(&both);
    // Whoever pulled one platform verifies it with the same evidence.
    fs::copy(evidence(&both), evidence(&alone)).unwrap();
    desk.allowed(&alone);
}

#[test]
fn b01_evidence_on_a_platform_never_covers_the_index() {
    let desk = Desk::new();
    let (both, alone) = platforms(&desk);
    let statement = desk.attest(&alone);
    assert_eq!(statement["subject"].as_array().unwrap().len(), 1);
    desk.allowed(&alone);
    fs::copy(evidence(&alone), evidence(&both)).unwrap();
    desk.denied(&both, "subject/digest-mismatch");
}

#[test]
fn b31_whatever_is_changed_in_a_layout_is_denied() {
    let desk = Desk::new();
    let (both, _) = platforms(&desk);
    desk.attest(&both);
    let top = read(&both.join("index.json"))["manifests"][0].clone();
    let index = read(&blob(&both, &top));
    let manifests = index["manifests"].as_array().unwrap().clone();
    let manifest = read(&blob(&both, &manifests[0]));
    let (config, layer) = (manifest["config"].clone(), manifest["layers"][0].clone());
    let changes: Vec<Change> = vec![
        ("layer", Box::new(|at| fs::write(blob(at, &layer), "a layer for amd65").unwrap())),
        ("config", Box::new(|at| fs::write(blob(at, &config), "{}").unwrap())),
        ("manifest", Box::new(|at| fs::write(blob(at, &manifests[0]), "{}").unwrap())),
        ("index", Box::new(|at| fs::write(blob(at, &top), "{}").unwrap())),
        ("missing", Box::new(|at| fs::remove_file(blob(at, &layer)).unwrap())),
        (
            "platform",
            Box::new(|at| {
                fs::copy(blob(at, &manifests[1]), blob(at, &manifests[0])).unwrap();
            }),
        ),
        ("extra", Box::new(|at| fs::write(at.join("manifest.json"), "[]").unwrap())),
        // A well-formed image, and another one: its platforms exchanged.
        (
            "swapped",
            Box::new(|at| {
                let layout = Layout(at.to_owned());
                let mut swapped = manifests.clone();
                swapped.reverse();
                let other = layout.index(&swapped);
                fs::remove_file(blob(at, &top)).unwrap();
                layout.named(&[other]);
            }),
        ),
        (
            "entry",
            Box::new(|at| {
                let layout = Layout(at.to_owned());
                let evil = layout.image("riscv64");
                layout.named(&[top.clone(), evil]);
            }),
        ),
        (
            "link",
            Box::new(|at| {
                let path = blob(at, &layer);
                let elsewhere = at.with_extension("elsewhere");
                fs::rename(&path, &elsewhere).unwrap();
                std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
            }),
        ),
    ];
    for (what, change) in changes {
        let changed = copy(&both, what);
        desk.allowed(&changed);
        change(&changed);
        desk.denied(&changed, "subject/digest-mismatch");
    }
}

#[test]
fn what_cannot_be_attested_says_why() {
    let desk = Desk::new();
    let (both, _) = platforms(&desk);
    let layout = Layout(both.clone());
    let second = layout.image("s390x");
    let top = read(&both.join("index.json"))["manifests"][0].clone();
    layout.named(&[top, second]);
    let (key, server) = (desk.path("key"), test_server());
    let args =
        ["attest", both.to_str().unwrap(), "--key", key.to_str().unwrap(), "--", server.to_str().unwrap()];
    let output = run(&args, &[PASSPHRASE]);
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("index.json names 2 images") && words.contains("hint:"), "{words}");
    assert!(!evidence(&both).exists());
}

/// `docker save`, `skopeo copy … oci-archive:FILE`: a file is attested as the file that it is, and nobody is to think that it is more.
#[test]
fn an_image_in_an_archive_is_said_to_be_no_image() {
    let test = "an_image_in_an_archive_is_said_to_be_no_image";
    if !Path::new("/usr/bin/tar").exists() && !Path::new("/bin/tar").exists() {
        return skip(test, "tar");
    }
    let desk = Desk::new();
    let (both, _) = platforms(&desk);
    let archive = desk.path("notes.tar");
    let layout = ["-C", both.to_str().unwrap(), "."];
    assert!(Command::new("tar").arg("-cf").arg(&archive).args(layout).status().unwrap().success());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &fs::read(&archive).unwrap()).unwrap();
    fs::write(desk.path("notes.tar.gz"), packed.finish().unwrap()).unwrap();
    fs::write(desk.path("other.tar"), "no archive").unwrap();
    for (name, is_said) in [("notes.tar", true), ("notes.tar.gz", true), ("other.tar", false)] {
        let artifact = desk.path(name);
        let output = run(&["attest", artifact.to_str().unwrap(), "--no-manifest", "--dry-run"], &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let note = "is an archive with a container image in it: the file is attested";
        assert_eq!(said.matches(note).count(), usize::from(is_said), "{said}");
        let statement: Value = serde_json::from_slice(&output.stdout).unwrap();
        let file = Sha256Digest::of(&fs::read(&artifact).unwrap());
        assert_eq!(statement["subject"], json!([{"name": name, "digest": {"sha256": file.to_string()}}]));
    }
}
