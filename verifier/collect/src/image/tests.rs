//! Layouts as builders write them, and those that two readers could take differently.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A layout in the making: whatever is put into it may be changed before it is read.
struct Made {
    dir: tempfile::TempDir,
}

impl Made {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("blobs/sha256")).unwrap();
        fs::write(dir.path().join(MARK), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        Self { dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Adds a blob; its descriptor.
    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Sha256Digest::of(bytes);
        fs::write(self.path().join(format!("blobs/sha256/{digest}")), bytes).unwrap();
        json!({"mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len()})
    }

    fn document(&self, media_type: &str, document: &Value) -> Value {
        self.blob(media_type, document.to_string().as_bytes())
    }

    fn config(&self, architecture: &str, name: &str) -> Value {
        self.document(
            CONFIG,
            &json!({"architecture": architecture, "os": "linux", "config": {"Labels": {
                "io.modelcontextprotocol.server.name": name, "org.opencontainers.image.licenses": "MIT"}},
                "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", Sha256Digest::of(b"x"))]}}),
        )
    }

    /// An image for one architecture.
    fn image(&self, architecture: &str) -> Value {
        let config = self.config(architecture, "io.github.acme/files");
        let layer = self.blob(LAYER, format!("layer for {architecture}").as_bytes());
        self.document(MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": [layer]}))
    }

    fn index(&self, media_type: &str, manifests: &[Value]) -> Value {
        let document = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests});
        self.document(media_type, &document)
    }

    fn name(&self, tops: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": tops});
        fs::write(self.path().join(INDEX), index.to_string()).unwrap();
    }

    fn read(&self) -> Result<Image, ImageError> {
        let dir = OwnedFd::from(fs::File::open(self.path()).unwrap());
        assert!(is_layout(&dir));
        read(&dir, &Keeper::of_catalogers())
    }

    /// Where a blob lies.
    fn file(&self, descriptor: &Value) -> std::path::PathBuf {
        let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        self.path().join("blobs/sha256").join(digest)
    }
}

fn on(mut descriptor: Value, os: &str, architecture: &str) -> Value {
    descriptor["platform"] = json!({"os": os, "architecture": architecture});
    descriptor
}

fn with(mut descriptor: Value, member: &str, value: Value) -> Value {
    descriptor[member] = value;
    descriptor
}

/// A layout of two platforms and an attestation; its top and its manifests.
fn two_platforms() -> (Made, Value, Vec<Value>) {
    let made = Made::new();
    let attestation = {
        let config = made.document(CONFIG, &json!({"architecture": "unknown", "os": "unknown"}));
        let statement = made.blob("application/vnd.in-toto+json", b"{}");
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [statement]});
        on(made.document(MANIFEST, &manifest), "unknown", "unknown")
    };
    let manifests = vec![
        on(made.image("amd64"), "linux", "amd64"),
        on(made.image("arm64"), "linux", "arm64"),
        attestation,
    ];
    let top = made.index(media::OCI_INDEX, &manifests);
    made.name(std::slice::from_ref(&top));
    (made, top, manifests)
}

/// A layout of one image, its manifest made by `manifest` of configuration and layer.
fn single(manifest: impl FnOnce(&Made, Value, Value) -> Value) -> Made {
    let made = Made::new();
    let config = made.config("amd64", "a/b");
    let layer = made.blob(LAYER, b"layer");
    let document = manifest(&made, config, layer);
    let top = made.document(MANIFEST, &document);
    made.name(&[top]);
    made
}

fn plain(_: &Made, config: Value, layer: Value) -> Value {
    json!({"schemaVersion": 2, "config": config, "layers": [layer]})
}

fn hex(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().replace("sha256:", "")
}

#[test]
fn an_image_of_one_platform() {
    let made = single(plain);
    let image = made.read().unwrap();
    assert!(image.manifests.is_empty());
    assert_eq!(image.mcp_name.as_deref(), Some("a/b"));
    assert_eq!(image.licenses, ["MIT"]);
    let files = fs::read_dir(made.path().join("blobs/sha256")).unwrap();
    assert_eq!(image.size, files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>());
}

#[test]
fn an_index_covers_its_platforms_and_not_what_builders_attach() {
    let (made, top, manifests) = two_platforms();
    let image = made.read().unwrap();
    assert_eq!(image.top.digest.to_string(), hex(&top));
    let found: Vec<_> =
        image.manifests.iter().map(|m| (m.digest.to_string(), m.platform.as_deref().unwrap())).collect();
    assert_eq!(found, [(hex(&manifests[0]), "linux/amd64"), (hex(&manifests[1]), "linux/arm64")]);
    assert_eq!(image.mcp_name.as_deref(), Some("io.github.acme/files"));
    // Tags of one image are one image; an index in an index is followed.
    let tagged = with(top.clone(), "annotations", json!({"org.opencontainers.image.ref.name": "1.0"}));
    made.name(&[top.clone(), tagged]);
    let named = made.read().unwrap();
    assert_eq!(named.names, ["1.0"]);
    assert_eq!(Image { names: Vec::new(), ..named }, image);
    let outer = made.index(media::OCI_INDEX, &[top]);
    made.name(&[outer]);
    assert_eq!(made.read().unwrap().manifests, image.manifests);
}

#[test]
fn docker_s_media_types_are_read_too() {
    let made = Made::new();
    let config = made.config("amd64", "a/b");
    let config = with(config, "mediaType", json!("application/vnd.docker.container.image.v1+json"));
    let layer = made.blob("application/vnd.docker.image.rootfs.diff.tar.gzip", b"layer");
    let media_type = "application/vnd.docker.distribution.manifest.v2+json";
    let document = json!({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer]});
    let manifest = made.document(media_type, &document);
    let list = "application/vnd.docker.distribution.manifest.list.v2+json";
    made.name(&[made.index(list, &[on(manifest, "linux", "amd64")])]);
    assert_eq!(made.read().unwrap().manifests.len(), 1);
}

#[test]
fn b31_every_blob_is_there_and_has_its_size_and_digest() {
    let (made, top, manifests) = two_platforms();
    let blobs: Vec<_> =
        fs::read_dir(made.path().join("blobs/sha256")).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(blobs.len(), 10);
    for blob in &blobs {
        let bytes = fs::read(blob).unwrap();
        fs::remove_file(blob).unwrap();
        assert!(matches!(made.read(), Err(ImageError::Missing { .. })), "{blob:?}");
        fs::write(blob, [&bytes[..], b" "].concat()).unwrap();
        assert!(matches!(made.read(), Err(ImageError::Size { .. })), "{blob:?}");
        let mut other = bytes.clone();
        other[0] ^= 1;
        fs::write(blob, &other).unwrap();
        assert!(matches!(made.read(), Err(ImageError::Digest { .. })), "{blob:?}");
        fs::write(blob, &bytes).unwrap();
    }
    // One platform's manifest in the place of the other's: the index is another one.
    fs::copy(made.file(&manifests[0]), made.file(&manifests[1])).unwrap();
    assert!(matches!(made.read(), Err(ImageError::Size { .. } | ImageError::Digest { .. })));
    let _ = top;
}

#[test]
fn b26_no_links_and_nothing_else() {
    let (made, top, manifests) = two_platforms();
    for path in ["extra", "manifest.json", "blobs/sha512", "blobs/sha256/extra", "ingest"] {
        let path = made.path().join(path);
        fs::write(&path, "x").unwrap();
        assert!(matches!(made.read(), Err(ImageError::Unexpected { .. })), "{path:?}");
        fs::remove_file(path).unwrap();
    }
    // A blob that nothing refers to, as tools leave it behind; and something under a blob's name that is none.
    let extra = made.blob(LAYER, b"nobody's");
    assert!(made.read().is_ok());
    fs::write(made.file(&extra), "something else").unwrap();
    assert!(matches!(made.read(), Err(ImageError::Digest { .. })));
    fs::remove_file(made.file(&extra)).unwrap();
    // What BuildKit leaves, and what hides there.
    fs::create_dir(made.path().join("ingest")).unwrap();
    assert!(made.read().is_ok());
    fs::write(made.path().join("ingest/data"), "x").unwrap();
    assert!(matches!(made.read(), Err(ImageError::Unexpected { .. })));
    fs::remove_dir_all(made.path().join("ingest")).unwrap();
    for descriptor in [&top, &manifests[0]] {
        let (blob, elsewhere) = (made.file(descriptor), made.path().with_extension("elsewhere"));
        fs::rename(&blob, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &blob).unwrap();
        assert!(matches!(made.read(), Err(ImageError::NotAFile { .. })));
        fs::remove_file(&blob).unwrap();
        fs::create_dir(&blob).unwrap();
        assert!(matches!(made.read(), Err(ImageError::NotAFile { .. })));
        fs::remove_dir(&blob).unwrap();
        fs::rename(&elsewhere, &blob).unwrap();
    }
    let (blobs, elsewhere) = (made.path().join("blobs"), made.path().with_extension("elsewhere"));
    fs::rename(&blobs, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &blobs).unwrap();
    assert!(matches!(made.read(), Err(ImageError::NotAFile { .. })));
    fs::remove_file(&blobs).unwrap();
    fs::rename(&elsewhere, &blobs).unwrap();
    assert!(made.read().is_ok());
}

#[test]
fn b50_digests_name_no_path() {
    for digest in [
        "sha256:../../../../etc/passwd",
        "../oci-layout",
        "sha512:00",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:",
        "sha256",
    ] {
        let made =
            single(|_, config, layer| plain(&Made::new(), config, with(layer, "digest", json!(digest))));
        assert!(matches!(made.read(), Err(ImageError::Algorithm { .. })), "{digest}");
    }
    let made = single(|_, config, layer| {
        let upper = layer["digest"].as_str().unwrap().to_uppercase().replace("SHA256", "sha256");
        plain(&Made::new(), config, with(layer, "digest", json!(upper)))
    });
    assert!(matches!(made.read(), Err(ImageError::Algorithm { .. })));
}

#[test]
fn descriptors_that_lead_elsewhere() {
    let made = single(|made, config, layer| {
        plain(made, config, with(layer, "urls", json!(["https://registry.example/layer"])))
    });
    assert!(matches!(made.read(), Err(ImageError::Urls { .. })));
    let made = single(|made, config, layer| {
        plain(made, config, with(layer, "data", json!(STANDARD.encode("evil!"))))
    });
    assert!(matches!(made.read(), Err(ImageError::Data { .. })));
    let made = single(|made, config, layer| {
        plain(made, config, with(layer, "data", json!(STANDARD.encode("layer"))))
    });
    assert!(made.read().is_ok());
    for media_type in ["application/x-evil", MANIFEST, "application/vnd.in-toto+json"] {
        let made =
            single(|made, config, layer| plain(made, config, with(layer, "mediaType", json!(media_type))));
        assert!(matches!(made.read(), Err(ImageError::MediaType { .. })), "{media_type}");
    }
    let made = single(|made, config, layer| {
        plain(made, with(config, "mediaType", json!("application/x-evil")), layer)
    });
    assert!(matches!(made.read(), Err(ImageError::MediaType { .. })));
    for size in [json!(-5), json!("5"), json!(5.5), json!(9_007_199_254_740_993_u64)] {
        let made = single(|made, config, layer| plain(made, config, with(layer, "size", size.clone())));
        let error = made.read().unwrap_err();
        assert!(matches!(error, ImageError::Malformed { .. } | ImageError::Json { .. }), "{size}: {error:?}");
    }
}

#[test]
fn documents_that_are_two_things() {
    // CVE-2021-41190: index and manifest at once.
    let made = single(|made, config, layer| {
        let other = made.image("amd64");
        with(plain(made, config, layer), "manifests", json!([other]))
    });
    assert!(matches!(made.read(), Err(ImageError::Malformed { member: "manifests", .. })));
    let made =
        single(|made, config, layer| with(plain(made, config, layer), "mediaType", json!(media::OCI_INDEX)));
    assert!(matches!(made.read(), Err(ImageError::Malformed { member: "mediaType", .. })));
    let made = single(|made, config, layer| with(plain(made, config, layer), "schemaVersion", json!(1)));
    assert!(matches!(made.read(), Err(ImageError::Malformed { member: "schemaVersion", .. })));
    // One blob as two types, or of two sizes.
    let made = single(|_, config, layer| {
        let tar = with(layer.clone(), "mediaType", json!("application/vnd.oci.image.layer.v1.tar"));
        json!({"schemaVersion": 2, "config": config, "layers": [layer, tar]})
    });
    let error = made.read().unwrap_err();
    assert!(
        matches!(error, ImageError::Ambiguous { .. } | ImageError::Malformed { member: "layers", .. }),
        "{error:?}"
    );
    let made = single(plain);
    let top = made.index(media::OCI_INDEX, &[made.image("amd64")]);
    made.name(&[top.clone(), with(top, "size", json!(1))]);
    assert!(matches!(made.read(), Err(ImageError::Ambiguous { .. })));
    // Duplicate keys.
    let made = Made::new();
    let config = made.config("amd64", "a/b");
    let text = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[],"layers":[]}}"#);
    made.name(&[made.blob(MANIFEST, text.as_bytes())]);
    assert!(matches!(made.read(), Err(ImageError::Json { .. })));
    // More or fewer layers than the configuration has.
    let made = single(|made, config, _| plain(made, config, json!(null)));
    assert!(made.read().is_err());
    let made =
        single(|_, config, layer| json!({"schemaVersion": 2, "config": config, "layers": [layer, layer]}));
    assert!(matches!(made.read(), Err(ImageError::Malformed { member: "layers", .. })));
}

#[test]
fn one_image_and_only_one() {
    let made = Made::new();
    made.name(&[]);
    assert!(matches!(made.read(), Err(ImageError::Empty)));
    let (first, second) = (made.image("amd64"), made.image("arm64"));
    made.name(&[first, second]);
    assert!(matches!(made.read(), Err(ImageError::Several { count: 2 })));
    let made = Made::new();
    let top = made.index(media::OCI_INDEX, &[]);
    made.name(&[top]);
    assert!(matches!(made.read(), Err(ImageError::NoPlatform)));
    let made = single(plain);
    fs::write(made.path().join(MARK), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    assert!(matches!(made.read(), Err(ImageError::Version)));
}

/// Copies of what builders and signers made have what is attached to an image beside it.
#[test]
fn what_is_attached_to_the_image_is_no_other_one() {
    let attached = |made: &Made, layer: &str, manifest: Value| {
        let config = made.document(CONFIG, &json!({"architecture": "unknown", "os": "unknown"}));
        let mut document = json!({"schemaVersion": 2, "config": config, "layers": [made.blob(layer, b"{}")]});
        document.as_object_mut().unwrap().extend(manifest.as_object().unwrap().clone());
        made.document(MANIFEST, &document)
    };
    let (intoto, none) = ("application/vnd.in-toto+json", json!({}));
    let annotated = |one, name: &str, value: &str| with(one, "annotations", json!({ name: value }));
    for make in [
        &(|made: &Made| on(attached(made, intoto, none.clone()), "unknown", "unknown"))
            as &dyn Fn(&Made) -> Value,
        &|made| {
            annotated(
                attached(made, intoto, none.clone()),
                "vnd.docker.reference.type",
                "attestation-manifest",
            )
        },
        &|made| annotated(attached(made, intoto, none.clone()), "kind", "dev.cosignproject.cosign/sigs"),
        &|made| attached(made, intoto, json!({"subject": made.image("amd64")})),
        &|made| attached(made, intoto, json!({"artifactType": "application/vnd.example.sbom"})),
    ] {
        let made = Made::new();
        let image = made.image("amd64");
        made.name(&[image.clone(), make(&made)]);
        let read = made.read().unwrap();
        assert_eq!(read.top.digest.to_string(), hex(&image));
        assert!(read.manifests.is_empty());
    }
    // Nobody says it of the first, and the second could be run.
    for make in [
        &(|made: &Made| attached(made, intoto, none.clone())) as &dyn Fn(&Made) -> Value,
        &|made| attached(made, LAYER, json!({"subject": made.image("amd64")})),
        &|made| attached(made, &format!("{LAYER}+encrypted"), json!({"artifactType": "application/x.y"})),
    ] {
        let made = Made::new();
        made.name(&[made.image("amd64"), make(&made)]);
        assert!(matches!(made.read(), Err(ImageError::Several { count: 2 })));
    }
    // Its blobs are checked as all others are.
    let made = Made::new();
    let beside = on(attached(&made, intoto, none.clone()), "unknown", "unknown");
    made.name(&[made.image("amd64"), beside]);
    made.read().unwrap();
    fs::write(made.path().join(format!("blobs/sha256/{}", Sha256Digest::of(b"{}"))), b"[]").unwrap();
    assert!(made.read().is_err());
}

#[test]
fn platforms_are_what_the_index_says() {
    let made = Made::new();
    let swapped = [on(made.image("amd64"), "linux", "arm64"), on(made.image("arm64"), "linux", "amd64")];
    made.name(&[made.index(media::OCI_INDEX, &swapped)]);
    assert!(matches!(made.read(), Err(ImageError::Platform { .. })));
    let made = Made::new();
    let slash = on(made.image("amd64"), "linux", "amd64/../..");
    made.name(&[made.index(media::OCI_INDEX, &[slash])]);
    assert!(matches!(made.read(), Err(ImageError::Malformed { member: "platform", .. })));
    // Another server for one of the platforms.
    let made = Made::new();
    let config = made.config("arm64", "io.github.evil/files");
    let layer = made.blob(LAYER, b"layer");
    let other = made.document(MANIFEST, &plain(&made, config, layer));
    made.name(&[made
        .index(media::OCI_INDEX, &[on(made.image("amd64"), "linux", "amd64"), on(other, "linux", "arm64")])]);
    assert!(matches!(made.read(), Err(ImageError::Labels { .. })));
}

#[test]
fn b47_budgets() {
    let made = Made::new();
    let mut top = made.index(media::OCI_INDEX, &[on(made.image("amd64"), "linux", "amd64")]);
    for _ in 0..4 {
        top = made.index(media::OCI_INDEX, &[top]);
    }
    made.name(&[top]);
    assert!(matches!(made.read(), Err(ImageError::TooDeep { limit: 4 })));
    let made =
        single(|_, config, layer| json!({"schemaVersion": 2, "config": config, "layers": vec![layer; 2001]}));
    assert!(matches!(made.read(), Err(ImageError::TooMany { what: "layers", .. })));
    let made = single(plain);
    let index = fs::read_to_string(made.path().join(INDEX)).unwrap();
    fs::write(made.path().join(INDEX), format!("{index}{}", " ".repeat(5 << 20))).unwrap();
    assert!(matches!(made.read(), Err(ImageError::TooLarge { .. })));
    let made = Made::new();
    made.name(&[json!({"mediaType": MANIFEST, "digest": format!("sha256:{}", Sha256Digest::of(b"")), "size": 1_u64 << 40})]);
    assert!(matches!(made.read(), Err(ImageError::TooLarge { .. })));
}

/// Each layer has a database of other packages: what the first one installed is no longer there.
#[test]
fn databases_of_packages_are_those_that_the_last_layer_leaves() {
    const OLD: &[u8] = include_bytes!("../catalog/os/rpm/testdata/Packages.db");
    let layer = |files: &[(&str, &[u8])]| {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
        tar.into_inner().unwrap()
    };
    let folder = "usr/lib/sysimage/rpm";
    let base = layer(&[
        ("etc/os-release", b"ID=\"rhel\"\nVERSION_ID=\"9.4\"\n"),
        (&format!("{folder}/Packages.db"), OLD),
    ]);
    // An empty database: a page of slots.
    let mut empty = [[0; 16], *b"Slot\0\0\0\0\0\0\0\0\0\0\0\0"].concat();
    empty.splice(..16, *b"RpmP\0\0\0\0\x01\0\0\0\x01\0\0\0");
    empty.splice(16..16, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    while empty.len() < 4096 {
        empty.extend(*b"Slot\0\0\0\0\0\0\0\0\0\0\0\0");
    }
    let found = |layers: &[Vec<u8>]| {
        let made = Made::new();
        let diff_ids: Vec<String> =
            layers.iter().map(|tar| format!("sha256:{}", Sha256Digest::of(tar))).collect();
        let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
        let config = json!({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs});
        let config = made.document(CONFIG, &config);
        let tar = |tar: &Vec<u8>| made.blob("application/vnd.oci.image.layer.v1.tar", tar);
        let layers: Vec<Value> = layers.iter().map(tar).collect();
        made.name(&[
            made.document(MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": layers}))
        ]);
        let artifact = crate::artifact::open(made.path()).unwrap();
        let root = crate::catalog::InventoryRoot { artifact: Some(&artifact), ..Default::default() };
        let found = crate::catalog::inventory(&root).unwrap();
        let is_rpm = |id: &&String| id.starts_with("pkg:rpm/redhat/");
        (found.packages.keys().filter(is_rpm).count(), found.known_gaps().len())
    };
    let with =
        |path: &str, bytes: &[u8]| found(&[base.clone(), layer(&[(&format!("{folder}/{path}"), bytes)])]);
    assert_eq!(found(std::slice::from_ref(&base)), (3, 0));
    assert_eq!(with("Packages.db", &empty), (0, 0));
    assert_eq!(with(".wh.Packages.db", b""), (0, 0));
    assert_eq!(with("Packages.db", &OLD[..8192]), (0, 1));
    assert_eq!(with("Index.db", b"x"), (3, 0));
}

#[test]
fn an_image_is_called_what_index_json_calls_it() {
    let (made, top, _) = two_platforms();
    let called = |name: &str, full: Option<&str>| {
        with(
            top.clone(),
            "annotations",
            json!({"org.opencontainers.image.ref.name": name, "io.containerd.image.name": full}),
        )
    };
    let whole = "registry.example/acme/notes:1.4.0";
    made.name(&[called("latest", None), called("1.4.0", Some(whole)), called("a\u{202e}b", Some(whole))]);
    assert_eq!(made.read().unwrap().names, ["1.4.0", "latest", whole]);
    // What an index says of the manifests in it is no name of the image.
    let platform = made.image("amd64");
    let inner = with(platform, "annotations", json!({"org.opencontainers.image.ref.name": "inner"}));
    made.name(&[made.index(media::OCI_INDEX, &[on(inner, "linux", "amd64")])]);
    assert_eq!(made.read().unwrap().names, [] as [String; 0]);
}
