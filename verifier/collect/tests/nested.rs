//! Archives and SBOMs in artifacts: what they hold is in the inventory, and what was not looked into is said.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up has failed")]

mod common;

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mcpsign_collect::artifact::{Artifact, open};
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::digest::{Sha256Digest, Sha512Digest};
use mcpsign_schemas::inventory::{HashAlgorithm, Inventory, Means, PackageKind, Scope};
use mcpsign_schemas::manifest::Product;
use mcpsign_schemas::sbom::{DocumentFormat, SbomOptions, write};
use tempfile::tempdir;

use common::{Files, folder, tgz, zip};

fn of(artifact: &Artifact) -> Inventory {
    inventory(&InventoryRoot { artifact: Some(artifact), ..InventoryRoot::default() }).expect("an inventory")
}

fn of_path(path: &Path) -> Inventory {
    of(&open(path).expect("an artifact"))
}

fn gaps(inventory: &Inventory) -> Vec<String> {
    let gaps = inventory.known_gaps().into_iter();
    gaps.map(|gap| format!("{}: {}", gap.path.unwrap_or_default(), gap.reason)).collect()
}

const WHEEL: &[u8] = b"Metadata-Version: 2.1\nName: Wheel_ed\nVersion: 2.0\nRequires-Dist: elsewhere\n";
const TARBALL: &[u8] =
    br#"{"name":"@s/packed","version":"1.2.3","license":"MIT","dependencies":{"elsewhere":"1"}}"#;
const JAR: &[u8] = b"groupId=io.example\nartifactId=core\nversion=3.1\n";

const NUSPEC: &[u8] = b"<package><metadata><id>Acme.Core</id><version>1.2.3</version>\
    <dependencies><dependency id=\"Elsewhere\" version=\"1.0.0\"/></dependencies></metadata></package>";

#[test]
fn packages_of_nuget_say_which_they_are() {
    let nupkg = zip(&[("Acme.Core.nuspec", NUSPEC), ("lib/net8.0/Acme.Core.dll", b"MZ")]);
    let dir = folder(&[("package.json", br#"{"name":"a","version":"1.0.0"}"#), ("lib/core.nupkg", &nupkg)]);
    let found = of_path(dir.path());
    let core = &found.packages["pkg:nuget/Acme.Core@1.2.3"];
    assert_eq!(core.hashes[&HashAlgorithm::Sha256], Sha256Digest::of(&nupkg).to_string());
    assert!(core.bundled && core.found.iter().all(|at| at.file == "lib/core.nupkg!/Acme.Core.nuspec"));
    // What it asks for is installed from elsewhere.
    assert!(!found.packages.keys().any(|id| id.contains("Elsewhere")) && gaps(&found).is_empty());
}

#[test]
fn no_folder_is_taken_for_an_archive() {
    let inside = "META-INF/maven/io.example/core/pom.properties";
    let other = b"groupId=io.example\nartifactId=other\nversion=1\n";
    let beside = format!("lib/core.jar!/{inside}");
    let dir = folder(&[("lib/core.jar", &zip(&[(inside, JAR)])), (&beside, other)]);
    let found = of_path(dir.path());
    let place = |id: &str| found.packages[id].found.first().map(|at| at.file.clone());
    assert_eq!(place("pkg:maven/io.example/core@3.1"), Some(beside.clone()));
    assert_eq!(place("pkg:maven/io.example/other@1"), Some(beside.replace("jar!", "jar!!")));
}

#[test]
fn packages_in_archives_are_in_the_inventory_with_the_digest_of_their_file() {
    let inner = br#"{"name":"inner","version":"0.1.0"}"#;
    let tarball = tgz(&[
        ("package/package.json", TARBALL),
        (
            "package/package-lock.json",
            br#"{"lockfileVersion":3,"packages":{"node_modules/never":{"version":"1.0.0"}}}"#,
        ),
        ("package/node_modules/inner/package.json", inner),
    ]);
    let wheel = zip(&[("wheel_ed/x.py", b"x"), ("wheel_ed-2.0.dist-info/METADATA", WHEEL)]);
    let jar = zip(&[
        ("META-INF/maven/io.example/core/pom.properties", JAR),
        ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x45"),
    ]);
    let dir = folder(&[
        ("package.json", br#"{"name":"notes","version":"1.4.0"}"#),
        ("vendor/packed.tgz", &tarball),
        ("server/lib/wheel_ed-2.0-py3-none-any.whl", &wheel),
        ("server/lib/core.jar", &jar),
        ("data/page.gz", &{
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(b"a page").expect("packed");
            gzip.finish().expect("packed")
        }),
    ]);
    let found = of_path(dir.path());
    assert_eq!(gaps(&found), [""; 0]);
    let ids: Vec<&str> = found.packages.keys().map(String::as_str).collect();
    assert_eq!(
        ids,
        [
            "pkg:maven/io.example/core@3.1",
            "pkg:npm/%40s/packed@1.2.3",
            "pkg:npm/inner@0.1.0",
            "pkg:npm/notes@1.4.0",
            "pkg:pypi/wheel-ed@2.0",
        ]
    );
    for (id, file, name, at) in [
        ("pkg:npm/%40s/packed@1.2.3", &tarball, "packed.tgz", "vendor/packed.tgz!/package.json"),
        (
            "pkg:pypi/wheel-ed@2.0",
            &wheel,
            "wheel_ed-2.0-py3-none-any.whl",
            "server/lib/wheel_ed-2.0-py3-none-any.whl!/wheel_ed-2.0.dist-info/METADATA",
        ),
        (
            "pkg:maven/io.example/core@3.1",
            &jar,
            "core.jar",
            "server/lib/core.jar!/META-INF/maven/io.example/core/pom.properties",
        ),
    ] {
        let package = &found.packages[id];
        assert_eq!(package.hashes[&HashAlgorithm::Sha256], Sha256Digest::of(file).to_string(), "{id}");
        assert_eq!(package.hashes[&HashAlgorithm::Sha512], Sha512Digest::of(file).to_string(), "{id}");
        assert_eq!(package.file_name.as_deref(), Some(name));
        assert_eq!(package.found.first().map(|at| at.file.as_str()), Some(at));
        assert!(package.bundled && package.means() == Means::Installed && package.scope == Scope::Required);
    }
    // Whoever looked at what is unpacked has not said to have looked into archives.
    let looked: Vec<&str> = found.catalogers.iter().map(|status| status.id.as_str()).collect();
    assert_eq!(
        looked,
        [
            "javascript/package-json",
            "archives/javascript/package-json",
            "archives/javascript/node-modules",
            "archives/python/metadata",
            "archives/java/pom-properties",
        ]
    );
    // The artifact holds them all.
    let own = &found.packages["pkg:npm/notes@1.4.0"].dependencies;
    assert!(own.contains("pkg:npm/%40s/packed@1.2.3") && own.contains("pkg:pypi/wheel-ed@2.0"), "{own:?}");
}

#[test]
fn what_is_not_looked_into_is_a_known_gap() {
    let jar = zip(&[("META-INF/maven/io.example/core/pom.properties", JAR)]);
    let outer = zip(&[
        ("META-INF/maven/a/app/pom.properties", b"groupId=a\nartifactId=app\nversion=1\n"),
        ("BOOT-INF/lib/core.jar", &jar),
    ]);
    let zeros = vec![0; (64 << 20) + 1];
    let dir = folder(&[
        ("app.jar", &outer),
        ("broken.zip", &outer[..200]),
        ("data.zip", &zip(&[("a.csv", b"1")])),
        ("bomb.tgz", &tgz(&[("package/package.json", &zeros)])),
        ("old.7z", b"7z\xbc\xaf\x27\x1c"),
    ]);
    let found = of_path(dir.path());
    let told = gaps(&found);
    let is = |start: &str| told.iter().any(|gap| gap.starts_with(start));
    for gap in [
        "app.jar!/BOOT-INF/lib/core.jar: an archive in an archive: not looked into",
        "bomb.tgz: the archive cannot be read to its end: it inflates to too much",
        "broken.zip: the archive cannot be read to its end: ",
        "data.zip: an archive that does not say which packages are in it",
        "old.7z: an archive of 7-Zip: not looked into",
    ] {
        assert!(is(gap), "{gap}: {told:?}");
    }
    assert_eq!((told.len(), found.packages.len()), (5, 1));
    // An archive that is the artifact is opened to find those in it.
    let found = of_path(&dir.path().join("app.jar"));
    assert!(found.packages.contains_key("pkg:maven/io.example/core@3.1"), "{:?}", found.packages.keys());
    assert_eq!(gaps(&found), [""; 0]);
}

const SBOM: &[u8] = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"library","name":"notes"}},"components":[
    {"type":"library","bom-ref":"z","name":"zlib","version":"1.3.1","purl":"pkg:generic/zlib@1.3.1"},
    {"type":"library","bom-ref":"i","name":"inner","version":"0.1.0","purl":"pkg:npm/inner@0.1.0","scope":"excluded"},
    {"type":"machine-learning-model","bom-ref":"m","name":"bge-small","version":"1.5","purl":"pkg:huggingface/acme/bge-small@1.5"},
    {"type":"data","bom-ref":"d","name":"corpus","version":"2026"}]}"#;

#[test]
fn sboms_in_an_artifact_add_components_and_take_none_away() {
    let dir = folder(&[
        ("package.json", br#"{"name":"notes","version":"1.4.0"}"#),
        ("node_modules/inner/package.json", br#"{"name":"inner","version":"0.1.0"}"#),
        ("node_modules/untold/package.json", br#"{"name":"untold","version":"0.2.0"}"#),
        ("sbom.cdx.json", SBOM),
        ("native-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: native\nVersion: 1.0\n"),
        (
            "native-1.0.dist-info/sboms/auditwheel.cdx.json",
            &String::from_utf8_lossy(SBOM).replace("zlib", "lcms2").into_bytes(),
        ),
    ]);
    let found = of_path(dir.path());
    let of = |id: &str| &found.packages[id];
    assert_eq!(of("pkg:generic/zlib@1.3.1").means(), Means::EmbeddedSbom);
    assert!(of("pkg:generic/lcms2@1.3.1").bundled && !of("pkg:generic/zlib@1.3.1").bundled);
    assert_eq!(of("pkg:huggingface/acme/bge-small@1.5").kind, PackageKind::Model);
    assert_eq!(of("pkg:generic/corpus@2026").kind, PackageKind::Data);
    // What the bytes say counts: that one is left out, and another is called dispensable.
    assert_eq!(of("pkg:npm/untold@0.2.0").means(), Means::Installed);
    assert_eq!(
        (of("pkg:npm/inner@0.1.0").means(), of("pkg:npm/inner@0.1.0").scope),
        (Means::Installed, Scope::Unstated)
    );
    let options = SbomOptions {
        timestamp: "2026-11-02T10:11:12Z".parse().expect("a time"),
        tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        creator: None,
    };
    let root = open(dir.path()).expect("an artifact").root_component();
    let document = write(DocumentFormat::CycloneDx16, &root, &found, &options).to_canonical();
    let document = String::from_utf8(document).expect("UTF-8");
    assert!(document.contains(r#""type":"machine-learning-model""#) && document.contains(r#""type":"data""#));
    let spdx = write(DocumentFormat::Spdx301, &root, &found, &options).to_canonical();
    let spdx = String::from_utf8(spdx).expect("UTF-8");
    assert!(spdx.contains(r#""software_primaryPurpose":"model""#));
}

#[test]
fn a_project_s_own_sbom_is_not_taken_for_its_contents() {
    let project =
        folder(&[("package.json", br#"{"name":"notes","version":"1.4.0"}"#), ("sbom.cdx.json", SBOM)]);
    let found = inventory(&InventoryRoot { project: Some(project.path()), ..InventoryRoot::default() });
    assert_eq!(found.expect("an inventory").packages.len(), 1);
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(
        dir.path(),
        &[("package.json", r#"{"name":"notes","version":"1.4.0"}"#), ("bom.xml", "<bom/>")],
    );
    assert_eq!(
        gaps(&of(&artifact)),
        ["bom.xml: an SBOM that is not JSON: what it lists is not in the inventory"]
    );
}

const STATED: &[u8] = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[
    {"type":"library","name":"opt","version":"1.0.0","purl":"pkg:npm/opt@1.0.0"}]}"#;

#[test]
fn an_sbom_in_an_artifact_answers_no_wish() {
    let dir = folder(&[
        ("package.json", br#"{"name":"notes","version":"1.4.0","dependencies":{"opt":"^1.0.0"}}"#),
        ("sbom.cdx.json", STATED),
    ]);
    let found = of_path(dir.path());
    assert!(found.packages.contains_key("pkg:npm/opt@1.0.0"));
    let wish = &found.packages["pkg:npm/opt"];
    assert_eq!((wish.means(), wish.scope), (Means::Manifest, Scope::Required));
}

#[test]
fn an_sbom_in_an_artifact_says_not_what_is_shipped() {
    let lock = br#"{"name":"notes","version":"1.4.0","lockfileVersion":3,"packages":{
        "":{"name":"notes","version":"1.4.0","optionalDependencies":{"opt":"1.0.0"},"bundleDependencies":["opt"]},
        "node_modules/opt":{"version":"1.0.0","optional":true,"inBundle":true}}}"#;
    let package = br#"{"name":"notes","version":"1.4.0","optionalDependencies":{"opt":"1.0.0"},"bundleDependencies":["opt"]}"#;
    let files: Files<'_> =
        &[("package.json", package), ("npm-shrinkwrap.json", lock), ("sbom.cdx.json", STATED)];
    for files in [files, &files[..2]] {
        let dir = folder(files);
        let found = of_path(dir.path());
        let optional = &found.packages["pkg:npm/opt@1.0.0"];
        assert_eq!((optional.bundled, optional.scope), (true, Scope::Optional));
    }
}

fn stating(count: usize, component: impl Fn(usize) -> String) -> Vec<u8> {
    let components: Vec<String> = (0..count).map(component).collect();
    let components = components.join(",");
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{components}]}}"#)
        .into_bytes()
}

#[test]
fn an_sbom_that_states_too_much_hides_nothing_and_is_a_gap() {
    let named = |at| format!(r#"{{"type":"library","name":"p{at}","version":"1","purl":"pkg:npm/p{at}@1"}}"#);
    let (many, most) = (stating(25_001, named), stating(60_000, |_| named(1)));
    let package: (&str, &[u8]) = ("node_modules/evil/package.json", br#"{"name":"evil","version":"1.0.0"}"#);
    let own: (&str, &[u8]) = ("package.json", br#"{"name":"notes","version":"1.4.0"}"#);
    let packed = zip(&[("a.cdx.json", &most), ("b.cdx.json", &most)]);
    for (sbom, at) in [(("sbom.cdx.json", &many), "sbom.cdx.json"), (("a.zip", &packed), "a.zip!/b.cdx.json")]
    {
        let dir = folder(&[own, package, (sbom.0, sbom.1)]);
        let found = of_path(dir.path());
        assert!(found.packages.contains_key("pkg:npm/evil@1.0.0"));
        let gap = format!("{at}: it states more components than are read");
        assert!(gaps(&found).contains(&gap), "{:?}", gaps(&found));
    }
}

#[test]
fn packages_of_one_purl_are_bounded() {
    let sbom = stating(300, |at| {
        let url = format!(r#"[{{"type":"distribution","url":"https://registry.example/{at}"}}]"#);
        format!(
            r#"{{"type":"library","name":"p","version":"1","purl":"pkg:npm/p@1","externalReferences":{url}}}"#
        )
    });
    let dir = folder(&[("package.json", br#"{"name":"notes","version":"1.4.0"}"#), ("sbom.cdx.json", &sbom)]);
    let found = of_path(dir.path());
    let same = found.packages.values().filter(|package| package.purl == "pkg:npm/p@1").count();
    assert_eq!(same, 100);
    let gap = ": more packages than are read are called `pkg:npm/p@1`".to_owned();
    assert_eq!(gaps(&found), [gap]);
}

/// A root folder in a tar is of the distribution that its own os-release names, and one that names none is a gap.
#[test]
fn packages_in_an_archive_are_of_the_distribution_in_it() {
    let status = b"Package: openssl\nStatus: install ok installed\nVersion: 3.0.2-0ubuntu1.10\n";
    let root = |release: &'static [u8]| {
        tgz(&[("./usr/lib/os-release", release), ("./var/lib/dpkg/status", status.as_slice())])
    };
    let dir = folder(&[
        ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
        ("ubuntu.tgz", &root(b"ID=ubuntu\nVERSION_ID=\"22.04\"\n")),
        ("unknown.tgz", &root(b"NAME=x\n")),
    ]);
    let found = of_path(dir.path());
    let ids: Vec<&str> = found.packages.keys().map(String::as_str).collect();
    assert_eq!(
        ids,
        [
            "pkg:deb/debian/openssl@3.0.2-0ubuntu1.10",
            "pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1.10?distro=ubuntu-22.04"
        ]
    );
    let gaps = gaps(&found);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].starts_with("unknown.tgz!/var/lib/dpkg/status: of which distribution"), "{gaps:?}");
}

#[test]
fn an_image_in_an_archive_is_a_gap() {
    let dir = folder(&[(
        "image.tar.gz",
        &tgz(&[("oci-layout", b"{}".as_slice()), ("index.json", b"{}"), ("blobs/sha256/00", b"x")]),
    )]);
    let gaps = gaps(&of_path(dir.path()));
    assert!(gaps.iter().any(|gap| gap.starts_with("image.tar.gz: an image:")), "{gaps:?}");
}
