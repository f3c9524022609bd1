//! The writer and the readers, against each other and against documents of others.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::canonical::{Json, Limits};
use crate::digest::Sha512Digest;
use crate::inventory::{
    CatalogerState, CatalogerStatus, Completeness, FileOutcome, Inventory, KnownGap, Location, Means, Origin,
    Package, Scope, SourceFile,
};
use crate::manifest::LockfileOrigin;
use crate::statement::predicate_type::{CYCLONEDX, SPDX_2_3, SPDX_3};

fn package(id: &str, name: &str, version: Option<&str>, dependencies: &[&str]) -> Package {
    Package {
        version: version.map(Into::into),
        found: BTreeSet::from([Location {
            file: "package-lock.json".into(),
            line: Some(12),
            ..Location::at(format!("node_modules/{name}"), Means::Lockfile)
        }]),
        dependencies: dependencies.iter().map(|id| (*id).to_owned()).collect(),
        completeness: Completeness::Complete,
        ..Package::new(id, id, name)
    }
}

fn inventory() -> Inventory {
    let mut root = package(
        "pkg:npm/%40acme/files@1.4.0",
        "@acme/files",
        Some("1.4.0"),
        &["pkg:npm/a@1.0.0", "pkg:npm/b"],
    );
    root.origin = Origin::Root;
    root.completeness = Completeness::Incomplete;
    let mut a = package("pkg:npm/a@1.0.0", "a", Some("1.0.0"), &["pkg:npm/%40acme/files@1.4.0"]);
    a.direct = true;
    a.hashes.insert(HashAlgorithm::Sha512, Sha512Digest::of(b"a").to_string());
    a.licenses.insert("MIT".into());
    a.origin = Origin::Registry { url: Some("https://registry.example/a/-/a-1.0.0.tgz".into()) };
    let mut b = package("pkg:npm/b", "b", None, &[]);
    b.requested.insert("^2".into());
    b.origin = Origin::Declared;
    b.completeness = Completeness::Unknown;
    b.scope = Scope::Development;
    Inventory {
        packages: [root, a, b].into_iter().map(|package| (package.id.clone(), package)).collect(),
        subject: Some("pkg:npm/%40acme/files@1.4.0".into()),
        files: vec![SourceFile {
            path: "package-lock.json".into(),
            origin: LockfileOrigin::Project,
            sha256: Sha256Digest::of(b""),
            cataloger: "javascript/npm-package-lock".into(),
            pins: true,
            outcome: FileOutcome::Used,
        }],
        catalogers: vec![CatalogerStatus {
            id: "javascript/npm-package-lock".into(),
            state: CatalogerState::Complete,
        }],
        gaps: vec![KnownGap::unread(Some("dist/app.js".into()), "bundled code without a notice")],
        resolutions: BTreeSet::new(),
    }
}

fn root() -> RootComponent {
    RootComponent {
        name: "@acme/files".into(),
        version: Some("1.4.0".into()),
        purl: Some("pkg:npm/%40acme/files@1.4.0".into()),
        digests: Some(MeasuredDigests {
            sha256: Sha256Digest::of(b"tarball"),
            sha512: Some(Sha512Digest::of(b"tarball")),
        }),
        media_type: None,
        licenses: vec!["Apache-2.0".into()],
        file_name: Some("acme-files-1.4.0.tgz".into()),
        authors: vec![Party::parse("Ann <ann@acme.example>").unwrap()],
    }
}

fn options() -> SbomOptions {
    SbomOptions {
        timestamp: "2026-11-02T10:11:12.345Z".parse().unwrap(),
        tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        creator: None,
    }
}

fn find<'j>(list: &'j Json, key: &str, value: &str) -> &'j Json {
    let elements = list.as_array().unwrap();
    elements.iter().find(|element| element.get(key).and_then(Json::as_str) == Some(value)).unwrap()
}

fn strings(list: &Json) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|element| element.as_str().unwrap()).collect()
}

/// What every format is written of, is read of every format.
#[test]
fn what_is_written_is_read_back_in_every_format() {
    let mut inventory = inventory();
    let a = inventory.packages.get_mut("pkg:npm/a@1.0.0").unwrap();
    (a.bundled, a.install_script, a.scope) = (true, true, Scope::Optional);
    let subject = inventory.subject.clone().unwrap();
    inventory.packages.get_mut(&subject).unwrap().install_script = true;
    for format in DocumentFormat::ALL {
        let document = write(format, &root(), &inventory, &options());
        assert_eq!(document, write(format, &root(), &inventory, &options()), "{format}");
        let sbom = read(&document, format.predicate_type()).unwrap();
        assert_eq!(read_any(&document), Ok(sbom.clone()), "{format}");
        assert!(sbom.describes(Sha256Digest::of(b"tarball")), "{format}");
        assert_eq!(sbom.root.purl.as_deref(), Some("pkg:npm/%40acme/files@1.4.0"), "{format}");
        assert_eq!(sbom.root.licenses, BTreeSet::from(["Apache-2.0".to_owned()]), "{format}");
        assert_eq!((sbom.root.dependencies.len(), sbom.root.install_script), (2, true), "{format}");
        let of = |purl: &str| {
            let mut of = sbom.packages().filter(|component| component.purl.as_deref() == Some(purl));
            let found = of.next().unwrap();
            assert!(of.next().is_none(), "{format}: {purl}");
            found.clone()
        };
        let (a, b) = (of("pkg:npm/a@1.0.0"), of("pkg:npm/b"));
        assert_eq!(sbom.components.len(), 2, "{format}");
        assert_eq!((a.name.as_str(), a.version.as_deref()), ("a", Some("1.0.0")), "{format}");
        assert_eq!(a.hashes[&HashAlgorithm::Sha512], Sha512Digest::of(b"a").to_string(), "{format}");
        assert_eq!(a.licenses, BTreeSet::from(["MIT".to_owned()]), "{format}");
        assert_eq!(a.address.as_deref(), Some("https://registry.example/a/-/a-1.0.0.tgz"), "{format}");
        assert!(a.bundled && a.install_script && !a.is_file, "{format}");
        assert_eq!(a.scope, Some(Scope::Optional), "{format}");
        assert_eq!((b.version, b.scope), (None, Some(Scope::Development)), "{format}");
        let complete = inventory.catalogers.iter().filter(|status| status.state == CatalogerState::Complete);
        let complete: BTreeSet<String> = complete.map(|status| status.id.clone()).collect();
        assert!(!complete.is_empty());
        assert_eq!(sbom.catalogers, complete, "{format}");
        assert!(b.licenses.is_empty() && b.address.is_none() && !b.bundled, "{format}");
        // The known gap stands in the document itself.
        let text = String::from_utf8(document.to_canonical()).unwrap();
        assert!(text.contains("dist/app.js: bundled code without a notice"), "{format}");
    }
}

/// The files of which one is installed, each with its digests, whatever is told of them.
#[test]
fn files_are_read_back_alike_from_every_format() {
    let file = |name: Option<&str>, url: Option<&str>, of: &[u8]| PackageFile {
        name: name.map(str::to_owned),
        url: url.map(str::to_owned),
        hashes: [(HashAlgorithm::Sha256, Sha256Digest::of(of).to_string())].into(),
    };
    let address = "https://files.example/x/b-2.0-cp312-cp312-manylinux_2_17_x86_64.whl";
    let name = address.rsplit('/').next();
    let mut several = file(Some("b-2.0.tar.gz"), None, b"sdist");
    several.hashes.insert(HashAlgorithm::Sha512, Sha512Digest::of(b"sdist").to_string());
    let cases = [
        vec![
            file(name, Some(address), b"linux"),
            file(Some("b-2.0-cp312-win_amd64.whl"), None, b"windows"),
            several,
        ],
        vec![file(None, None, b"one"), file(None, None, b"other")],
        vec![file(Some("b-2.0+cu121-py3.whl"), None, b"one"), file(None, None, b"other")],
    ];
    for files in cases {
        let files: BTreeSet<PackageFile> = files.into_iter().collect();
        let mut inventory = inventory();
        let b = inventory.packages.get_mut("pkg:npm/a@1.0.0").unwrap();
        (b.files, b.origin) = (files.clone(), Origin::Registry { url: None });
        b.hashes.clear();
        for format in DocumentFormat::ALL {
            let document = write(format, &root(), &inventory, &options());
            assert_eq!(document, write(format, &root(), &inventory, &options()), "{format}");
            let sbom = read(&document, format.predicate_type()).unwrap();
            let of = sbom.packages().find(|one| one.purl.as_deref() == Some("pkg:npm/a@1.0.0")).unwrap();
            assert_eq!(of.files, files, "{format}");
            // No one file's digest is that of the package, and none is where it comes from.
            assert!(of.hashes.is_empty() && of.address.is_none(), "{format}");
        }
    }
}

/// Whatever the format, licences are read alike, and judged alike.
#[test]
fn licences_are_read_back_alike_from_every_format() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&[], &[]),
        (&["NOASSERTION", " "], &[]),
        (&["(MIT OR Apache-2.0)"], &["MIT OR Apache-2.0"]),
        (&["License :: OSI Approved :: MIT License"], &["MIT"]),
        (&["GPL-2.0-with-classpath-exception"], &["GPL-2.0-only WITH Classpath-exception-2.0"]),
        (&["SEE LICENSE IN LICENSE.md"], &["SEE LICENSE IN LICENSE.md"]),
        (&["ISC", "MIT OR X11", "mit or x11"], &["ISC AND (MIT OR X11)"]),
        (
            &["License :: OSI Approved :: BSD License", "MIT OR X11", "(c) us"],
            &["(c) us", "License :: OSI Approved :: BSD License", "MIT OR X11"],
        ),
        (&["LicenseRef-shop AND ISC"], &["LicenseRef-shop AND ISC"]),
    ];
    for (stated, expected) in cases {
        let mut inventory = inventory();
        let a = inventory.packages.get_mut("pkg:npm/a@1.0.0").unwrap();
        a.licenses = stated.iter().map(|text| (*text).to_owned()).collect();
        for format in DocumentFormat::ALL {
            let document = write(format, &root(), &inventory, &options());
            let sbom = read(&document, format.predicate_type()).unwrap();
            let a = sbom.components.iter().find(|component| component.name == "a").unwrap();
            assert_eq!(a.licenses.iter().collect::<Vec<_>>(), expected, "{format}");
            let mut judged: Vec<&str> = licenses(&document)
                .into_iter()
                .filter(|stated| stated.component == "pkg:npm/a@1.0.0")
                .flat_map(|stated| stated.licenses)
                .filter(|text| *text != "NOASSERTION")
                .collect();
            judged.sort_unstable();
            judged.dedup();
            assert_eq!(judged, expected, "{format}");
        }
    }
}

/// Words that no digest of the identifier belongs to are somebody else's: the identifier stays one.
#[test]
fn a_licence_of_ours_with_other_words_stays_an_identifier() {
    let document = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"d","packages":[{"SPDXID":"p","name":"p",
        "licenseDeclared":"LicenseRef-mcpsign-0123456789abcdef"}],"documentDescribes":["p"],
        "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-mcpsign-0123456789abcdef","extractedText":"MIT"}]}"#;
    let root = read_text(document, SPDX_2_3).unwrap().root;
    assert_eq!(root.licenses, BTreeSet::from(["LicenseRef-mcpsign-0123456789abcdef".to_owned()]));
}

#[test]
fn an_identifier_of_an_spdx_document_means_one_thing() {
    let mut inventory = inventory();
    // Of one package URL, and told apart by what they are.
    let mut twin = package("pkg:npm/a@1.0.0#0123456789abcdef", "a", Some("1.0.0"), &[]);
    twin.purl = "pkg:npm/a@1.0.0".into();
    inventory.packages.insert(twin.id.clone(), twin);
    for format in [DocumentFormat::Spdx23, DocumentFormat::Spdx301] {
        let document = write(format, &root(), &inventory, &options());
        assert_eq!(read(&document, format.predicate_type()).unwrap().components.len(), 3, "{format}");
    }
}

#[test]
fn a_document_about_nothing_in_particular_has_components() {
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.7","components":[
        {"type":"library","name":"a","version":"","hashes":[{"alg":"SHA-256","content":"zz"}],
         "components":[{"type":"file","name":"a.so"}]}]}"#;
    assert!(matches!(read_text(bom, CYCLONEDX), Err(SbomError::Member(_))));
    let sbom = read_any(&Json::parse(bom.as_bytes(), Limits::bytes(1 << 20)).unwrap()).unwrap();
    assert_eq!(sbom.root, SbomComponent::default());
    assert_eq!(sbom.components.len(), 2);
    assert_eq!(sbom.packages().count(), 1);
    let a = sbom.packages().next().unwrap();
    assert!(a.version.is_none() && a.hashes.is_empty());
    assert_eq!(read_any(&Json::from("x")), Err(SbomError::UnknownFormat));
    let answer = Json::parse(br#"{"sbom":{"spdxVersion":"SPDX-2.3"}}"#, Limits::bytes(100)).unwrap();
    assert_eq!(read_any(&answer), Err(SbomError::Inside));
}

#[test]
fn equal_input_gives_an_equal_document() {
    let document = write(DocumentFormat::CycloneDx16, &root(), &inventory(), &options());
    assert_eq!(
        document.to_canonical(),
        write(DocumentFormat::CycloneDx16, &root(), &inventory(), &options()).to_canonical()
    );
    let other = SbomOptions { timestamp: Timestamp::UNIX_EPOCH, ..options() };
    let other = write(DocumentFormat::CycloneDx16, &root(), &inventory(), &other);
    // Another document, another number.
    assert_ne!(document.get("serialNumber"), other.get("serialNumber"));
    let serial = document.get("serialNumber").and_then(Json::as_str).unwrap();
    let uuid = serial.strip_prefix("urn:uuid:").unwrap();
    assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(uuid.as_bytes()[14], b'8');
    assert!(b"89ab".contains(&uuid.as_bytes()[19]));
    assert_eq!(
        document.get("metadata").and_then(|m| m.get("timestamp")),
        Some(&"2026-11-02T10:11:12Z".into())
    );
}

#[test]
fn the_root_is_the_artifact_and_carries_its_digests() {
    let document = write(DocumentFormat::CycloneDx16, &root(), &inventory(), &options());
    let summary = read(&document, CYCLONEDX).unwrap();
    assert_eq!(summary.format, SbomFormat::CycloneDx("1.6".into()));
    assert_eq!(summary.root.name, "@acme/files");
    assert_eq!(summary.root.version.as_deref(), Some("1.4.0"));
    assert_eq!(summary.root.purl.as_deref(), Some("pkg:npm/%40acme/files@1.4.0"));
    assert_eq!(summary.components.len(), 2);
    assert!(summary.describes(Sha256Digest::of(b"tarball")));
    assert!(!summary.describes(Sha256Digest::of(b"another")));
    assert_eq!(summary.root.hashes.len(), 2);
    // The lock file's entry for the artifact itself is the root, not a component beside it.
    let text = String::from_utf8(document.to_canonical()).unwrap();
    assert_eq!(text.matches("pkg:npm/%40acme/files@1.4.0").count(), 1);
}

#[test]
fn what_is_known_and_what_is_not_is_said() {
    let document = write(DocumentFormat::CycloneDx16, &root(), &inventory(), &options());
    let dependencies = document.get("dependencies").unwrap();
    let of = |id| strings(find(dependencies, "ref", id).get("dependsOn").unwrap());
    assert_eq!(of("root"), ["pkg:npm/a@1.0.0", "pkg:npm/b"]);
    // A reference back to the artifact's own package means the root.
    assert_eq!(of("pkg:npm/a@1.0.0"), ["root"]);
    // Unknown dependencies: not in the graph, which would say that there are none.
    assert_eq!(dependencies.as_array().unwrap().len(), 2);
    let compositions = document.get("compositions").unwrap();
    let of = |aggregate| strings(find(compositions, "aggregate", aggregate).get("dependencies").unwrap());
    assert_eq!(of("complete"), ["pkg:npm/a@1.0.0"]);
    assert_eq!(of("incomplete"), ["root"]);
    assert_eq!(of("unknown"), ["pkg:npm/b"]);
    let last = compositions.as_array().unwrap().last().unwrap();
    assert_eq!(last.get("assemblies").map(strings), Some(vec!["root"]));

    let components = document.get("components").unwrap();
    let b = find(components, "bom-ref", "pkg:npm/b");
    assert_eq!(b.get("version"), None);
    assert_eq!(b.get("scope"), Some(&"excluded".into()));
    let properties = b.get("properties").unwrap();
    assert_eq!(find(properties, "name", "mcpsign:requested").get("value"), Some(&"^2".into()));
    assert_eq!(find(properties, "name", "mcpsign:origin").get("value"), Some(&"declared".into()));
}

#[test]
fn every_format_says_how_its_data_came_about() {
    let of_project = RootComponent { digests: None, ..root() };
    for (root, types) in [(root(), &["source", "analyzed"][..]), (of_project, &["source"])] {
        let written = |format| write(format, &root, &inventory(), &options());
        let cyclonedx = written(DocumentFormat::CycloneDx16);
        let phases =
            cyclonedx.get("metadata").and_then(|all| all.get("lifecycles")).unwrap().as_array().unwrap();
        let phases: Vec<&str> =
            phases.iter().map(|one| one.get("phase").unwrap().as_str().unwrap()).collect();
        assert_eq!(phases, &["pre-build", "post-build"][..types.len()]);
        let spdx_2 = written(DocumentFormat::Spdx23);
        let comment = spdx_2.get("creationInfo").and_then(|info| info.get("comment")).and_then(Json::as_str);
        assert_eq!(comment, Some(format!("SBOM type: {}", types.join(", ")).as_str()));
        let spdx_3 = written(DocumentFormat::Spdx301);
        let sbom = find(spdx_3.get("@graph").unwrap(), "type", "software_Sbom");
        assert_eq!(strings(sbom.get("software_sbomType").unwrap()), types);
    }
}

#[test]
fn a_lock_file_that_was_not_understood_makes_the_root_incomplete() {
    let mut inventory = inventory();
    inventory.packages.get_mut("pkg:npm/%40acme/files@1.4.0").unwrap().completeness = Completeness::Complete;
    let aggregate =
        |inventory: &Inventory| {
            let document = write(DocumentFormat::CycloneDx16, &root(), inventory, &options());
            let of_root =
                document.get("compositions").unwrap().as_array().unwrap().iter().find(|entry| {
                    entry.get("dependencies").is_some_and(|list| strings(list).contains(&"root"))
                });
            of_root.unwrap().get("aggregate").and_then(Json::as_str).unwrap().to_owned()
        };
    assert_eq!(aggregate(&inventory), "complete");
    inventory.files[0].outcome = FileOutcome::Failed { error: "x".into() };
    assert_eq!(aggregate(&inventory), "incomplete");
    inventory.files[0].outcome = FileOutcome::Used;
    inventory.gaps.push(KnownGap::opaque("server.node", "a program"));
    assert_eq!(aggregate(&inventory), "incomplete");
    inventory.gaps.pop();
    assert_eq!(aggregate(&inventory), "complete");
    // Nothing found at all: nothing known.
    assert_eq!(aggregate(&Inventory::default()), "unknown");
    // A project, but nothing says that the artifact is its package.
    inventory.subject = None;
    assert_eq!(aggregate(&inventory), "incomplete");
}

#[test]
fn a_tree_says_that_its_digest_is_a_listing_s() {
    let tree = RootComponent {
        name: "files".into(),
        version: None,
        purl: None,
        digests: Some(MeasuredDigests { sha256: Sha256Digest::of(b"listing"), sha512: None }),
        media_type: Some(crate::tree::TREE_MEDIA_TYPE.into()),
        licenses: Vec::new(),
        file_name: None,
        authors: Vec::new(),
    };
    let document = write(DocumentFormat::CycloneDx16, &tree, &Inventory::default(), &options());
    assert!(read(&document, CYCLONEDX).unwrap().describes(Sha256Digest::of(b"listing")));
    let component = document.get("metadata").and_then(|m| m.get("component")).unwrap();
    let media_type = find(component.get("properties").unwrap(), "name", "mcpsign:mediaType");
    assert_eq!(media_type.get("value"), Some(&crate::tree::TREE_MEDIA_TYPE.into()));
}

fn read_text(text: &str, predicate_type: &str) -> Result<Sbom, SbomError> {
    read(&Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap(), predicate_type)
}

#[test]
fn the_predicate_type_decides_the_format() {
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"name":"a","type":"library"}}}"#;
    assert!(read_text(bom, CYCLONEDX).is_ok());
    assert!(read_text(bom, "https://cyclonedx.org/bom/v1.5").is_ok());
    for other in ["https://cyclonedx.org/bom/v1.6", "https://cyclonedx.org/bom/v1.4"] {
        assert!(
            matches!(read_text(bom, other), Err(SbomError::Format { member: "specVersion", .. })),
            "{other}"
        );
    }
    for other in [SPDX_2_3, SPDX_3, "https://spdx.dev/Document"] {
        assert!(matches!(read_text(bom, other), Err(SbomError::Member(_))), "{other}");
    }
    for other in [
        "",
        "https://cyclonedx.org/bom/v2.0",
        "https://cyclonedx.org/BOM",
        "https://mcpsign.dev/tool-manifest/v1",
    ] {
        assert_eq!(read_text(bom, other), Err(SbomError::PredicateType(other.into())));
    }
}

#[test]
fn malformed_cyclonedx() {
    let with = |component: &str, rest: &str| {
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{{"component":{component}}}{rest}}}"#
        )
    };
    let root = r#"{"name":"a","type":"library","bom-ref":"r"}"#;
    assert!(read_text(&with(root, ""), CYCLONEDX).is_ok());
    for (text, error) in [
        ("{}".to_owned(), SbomError::Member("bomFormat".into())),
        (
            r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#.to_owned(),
            SbomError::Member("metadata.component".into()),
        ),
        (with(r#"{"type":"library"}"#, ""), SbomError::Member("name".into())),
        (with(r#"{"name":"a","type":"library","version":1}"#, ""), SbomError::Member("version".into())),
        (with(root, r#","components":{}"#), SbomError::Member("components".into())),
        (
            with(root, r#","components":[{"name":"b","type":"library","bom-ref":"r"}]"#),
            SbomError::DuplicateReference("r".into()),
        ),
        (
            with(r#"{"name":"a","type":"x","hashes":[{"alg":"SHA-256","content":"00"}]}"#, ""),
            SbomError::Hash("SHA-256".into()),
        ),
    ] {
        assert_eq!(read_text(&text, CYCLONEDX), Err(error), "{text}");
    }
    let two = format!(
        r#"{{"name":"a","type":"x","hashes":[{{"alg":"SHA-1","content":"{}"}},{{"alg":"SHA-1","content":"{}"}}]}}"#,
        "0".repeat(40),
        "1".repeat(40)
    );
    assert_eq!(read_text(&with(&two, ""), CYCLONEDX), Err(SbomError::HashConflict("SHA-1".into())));
    let unknown = r#"{"name":"a","type":"x","hashes":[{"alg":"BLAKE3","content":"??"}]}"#;
    assert_eq!(read_text(&with(unknown, ""), CYCLONEDX).unwrap().root.hashes, BTreeMap::new());
    let found = with(root, "").replace("1.6", "2.0");
    assert!(matches!(read_text(&found, CYCLONEDX), Err(SbomError::Format { .. })));
}

#[test]
fn spdx_2_is_read() {
    let digest = Sha256Digest::of(b"x").to_string();
    let document = |relationships: &str| {
        format!(
            r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d","packages":[
            {{"SPDXID":"SPDXRef-root","name":"@acme/files","versionInfo":"1.4.0",
              "checksums":[{{"algorithm":"SHA256","checksumValue":"{digest}"}}],
              "externalRefs":[{{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/x@1"}}]}},
            {{"SPDXID":"SPDXRef-a","name":"a"}}],"relationships":[{relationships}]}}"#
        )
    };
    let describes = r#"{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-root"}"#;
    let summary = read_text(&document(describes), SPDX_2_3).unwrap();
    assert!(summary.describes(Sha256Digest::of(b"x")));
    assert_eq!((summary.components.len(), summary.root.purl.as_deref()), (1, Some("pkg:npm/x@1")));
    assert_eq!(read_text(&document(describes), "https://spdx.dev/Document"), Ok(summary.clone()));
    let by_address = document(describes)
        .replace(r#""referenceType":"purl""#, r#""referenceType":"http://spdx.org/rdf/references/purl""#);
    assert_eq!(read_text(&by_address, SPDX_2_3), Ok(summary.clone()));
    // Of several package URLs the one that the package is called by, wherever it stands.
    let more = r#""externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/%40acme/files@1.4.0"},"#;
    let several = document(describes).replace(r#""externalRefs":["#, more);
    let read = read_text(&several, SPDX_2_3).unwrap();
    assert_eq!(read.root.purl.as_deref(), Some("pkg:npm/%40acme/files@1.4.0"));
    let inverse = r#"{"spdxElementId":"SPDXRef-root","relationshipType":"DESCRIBED_BY","relatedSpdxElement":"SPDXRef-DOCUMENT"}"#;
    assert_eq!(read_text(&document(inverse), SPDX_2_3), Ok(summary));
    assert_eq!(read_text(&document(""), SPDX_2_3), Err(SbomError::Root(0)));
    let other = describes.replace("SPDXRef-root", "SPDXRef-a");
    assert_eq!(read_text(&document(&format!("{describes},{other}")), SPDX_2_3), Err(SbomError::Root(2)));
    let gone = describes.replace("SPDXRef-root", "SPDXRef-gone");
    assert_eq!(read_text(&document(&gone), SPDX_2_3), Err(SbomError::Root(0)));
    let twice = document(describes).replace("\"SPDXRef-a\"", "\"SPDXRef-root\"");
    assert_eq!(read_text(&twice, SPDX_2_3), Err(SbomError::DuplicateReference("SPDXRef-root".into())));
    let older = document(describes).replace("SPDX-2.3", "SPDX-2.2");
    assert!(matches!(read_text(&older, SPDX_2_3), Err(SbomError::Format { member: "spdxVersion", .. })));
    assert!(read_text(&older, "https://spdx.dev/Document").is_ok());
}

#[test]
fn spdx_3_is_read() {
    let digest = Sha256Digest::of(b"x").to_string();
    let document = |root: &str| {
        format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
            {{"type":"CreationInfo","@id":"_:c"}},
            {{"type":"SpdxDocument","spdxId":"urn:d","rootElement":["{root}"]}},
            {{"type":"software_Sbom","spdxId":"urn:s","rootElement":["urn:p"]}},
            {{"type":"software_Package","spdxId":"urn:p","name":"files","software_packageVersion":"1.4.0",
              "software_packageUrl":"pkg:npm/files@1.4.0","verifiedUsing":[{{"type":"Hash","algorithm":"sha256","hashValue":"{digest}"}}]}},
            {{"type":"software_Package","spdxId":"urn:q","name":"q"}}]}}"#
        )
    };
    for root in ["urn:s", "urn:p"] {
        let summary = read_text(&document(root), SPDX_3).unwrap();
        assert!(summary.describes(Sha256Digest::of(b"x")));
        assert_eq!((summary.format, summary.components.len()), (SbomFormat::Spdx3, 1));
    }
    for kind in ["ai_AIPackage", "dataset_DatasetPackage"] {
        let text = document("urn:s")
            .replace(r#""software_Package","spdxId":"urn:q""#, &format!(r#""{kind}","spdxId":"urn:q""#));
        assert_eq!(read_text(&text, SPDX_3).unwrap().components.len(), 1, "{kind}");
    }
    assert!(read_text(&document("urn:s"), "https://spdx.dev/Document").is_ok());
    assert_eq!(read_text(&document("urn:none"), SPDX_3), Err(SbomError::Root(0)));
    let twice = document("urn:s").replace("urn:q", "urn:p");
    assert_eq!(read_text(&twice, SPDX_3), Err(SbomError::DuplicateReference("urn:p".into())));
    let no_document = document("urn:s").replace("SpdxDocument", "Other");
    assert_eq!(read_text(&no_document, SPDX_3), Err(SbomError::Root(0)));
}
