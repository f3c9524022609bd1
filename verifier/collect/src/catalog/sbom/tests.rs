//! Documents as tools write them into artifacts.

use mcpsign_schemas::inventory::PackageKind;

use super::*;

fn read(path: &str, text: &str) -> Result<Vec<Package>, CatalogError> {
    let path = TreePath::try_from(path).unwrap();
    EMBEDDED.read(&FileInput { path: &path, bytes: text.as_bytes() })
}

#[test]
fn documents_are_told_by_their_names() {
    let wants = |path: &str| EMBEDDED.wants(&TreePath::try_from(path).unwrap());
    for path in [
        "a-1.dist-info/sboms/auditwheel.cdx.json",
        "lib/a-1.dist-info/sboms/any.json",
        "META-INF/sbom/application.cdx.json",
        "sbom.json",
        "usr/share/BOM.json",
        "opt/x/.spdx-redis.spdx",
    ] {
        assert!(wants(path), "{path}");
    }
    for path in ["package.json", "sboms/any.json", "xbom.json", "sbom.json.sig"] {
        assert!(!wants(path), "{path}");
    }
}

#[test]
fn components_are_those_of_the_document_and_of_their_kinds() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"library","name":"a","bom-ref":"a"}},
        "components":[
            {"type":"library","bom-ref":"z","name":"zlib","version":"1.3.1","purl":"pkg:rpm/almalinux/zlib@1.3.1","licenses":[{"license":{"id":"Zlib"}}]},
            {"type":"library","bom-ref":"p","group":"@s","name":"p","version":"2.0.0","purl":"pkg:npm/%40s/p","scope":"optional"},
            {"type":"library","name":"openssl","version":"3.0.1"},
            {"type":"machine-learning-model","bom-ref":"m","name":"bge-small","version":"1.5","purl":"pkg:huggingface/acme/bge-small@1.5",
             "modelCard":{"modelParameters":{"datasets":[{"ref":"d"},{"type":"dataset","name":"acme/pairs","contents":{"url":"https://u:p@data.example/pairs"}}]}}},
            {"type":"data","name":"corpus","version":"2026"},
            {"type":"library","name":"j","purl":"pkg:maven/o.a/j@2.14.1?type=jar"},
            {"type":"library","name":"k","purl":"pkg:maven/o.a/k@2.14.1?type=war"},
            {"type":"file","name":"lib/x.so"}],
        "dependencies":[{"ref":"p","dependsOn":["z","gone"]}]}"#;
    let packages = read("a-1.dist-info/sboms/x.cdx.json", text).unwrap();
    let shown: Vec<_> =
        packages.iter().map(|package| (package.purl.as_str(), package.kind, package.scope)).collect();
    assert_eq!(
        shown,
        [
            ("pkg:rpm/almalinux/zlib@1.3.1", PackageKind::Library, Scope::Unstated),
            ("pkg:npm/%40s/p@2.0.0", PackageKind::Library, Scope::Optional),
            ("pkg:generic/openssl@3.0.1", PackageKind::Library, Scope::Unstated),
            ("pkg:huggingface/acme/bge-small@1.5", PackageKind::Model, Scope::Unstated),
            ("pkg:generic/corpus@2026", PackageKind::Data, Scope::Unstated),
            ("pkg:maven/o.a/j@2.14.1", PackageKind::Library, Scope::Unstated),
            ("pkg:maven/o.a/k@2.14.1?type=war", PackageKind::Library, Scope::Unstated),
            ("pkg:generic/acme-pairs", PackageKind::Data, Scope::Unstated),
        ]
    );
    let pairs = Origin::Registry { url: Some("https://data.example/pairs".into()) };
    assert_eq!(packages.last().map(|package| &package.origin), Some(&pairs));
    assert_eq!(packages[1].dependencies.iter().collect::<Vec<_>>(), ["0"]);
    assert!(packages[0].licenses.contains("Zlib") && packages[0].means() == Means::EmbeddedSbom);
    assert!(packages.iter().all(|package| package.bundled));
    assert!(read("bom.json", text).unwrap().iter().all(|package| !package.bundled));
    let spdx = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","documentDescribes":["SPDXRef-a"],"packages":[
        {"SPDXID":"SPDXRef-a","name":"a"},
        {"SPDXID":"SPDXRef-b","name":"b","versionInfo":"1","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:pypi/b@1"}]}]}"#;
    let purls: Vec<String> = read("x.spdx.json", spdx).unwrap().into_iter().map(|p| p.purl).collect();
    assert_eq!(purls, ["pkg:pypi/b@1"]);
}

#[test]
fn credentials_and_paths_of_a_machine_are_not_published() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"type":"library","name":"a","purl":"pkg:generic/a@1?download_url=https:%2F%2Fu:S3CRET%40h.example%2Fa&checksum=sha256:00"},
        {"type":"library","name":"b","purl":"pkg:generic/b@1?vcs_url=git%2Bhttps:%2F%2Ftok:S3CRET%40h.example%2Fb%40v1%23S3CRET"},
        {"type":"library","name":"c","purl":"pkg:pypi/c@1?download_url=file:%2F%2F%2Fhome%2Fada%2Fc.whl&file_name=%2Fhome%2Fada%2Fc"},
        {"type":"library","name":"d","purl":"pkg:cargo/d@1?repository_url=u:S3CRET%40h.example%2Fd"},
        {"type":"library","name":"e","purl":"pkg:cargo/e@1?repository_url=file:%2F%2F%2Fhome%2Fada"},
        {"type":"library","name":"f","purl":"pkg:cargo/f@1?repository_url=https:%2F%2Fa%7CS3CRET"},
        {"type":"library","name":"/home/ada/z.so","version":"1","bom-ref":"/home/ada/q"},
        {"type":"library","name":"C:\\ada\\g.dll","version":"1","purl":"pkg:generic/%2Fhome%2Fada%2Fg.dll@1"}]}"#;
    let packages = read("sbom.json", text).unwrap();
    let shown = format!("{packages:?}");
    assert!(!shown.contains("S3CRET") && !shown.contains("home") && !shown.contains("C:"), "{shown}");
    let purls: Vec<&str> = packages.iter().map(|package| package.purl.as_str()).collect();
    assert_eq!(
        purls,
        [
            "pkg:generic/a@1?checksum=sha256:00&download_url=https:%2F%2Fh.example%2Fa",
            "pkg:generic/b@1?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fb%40v1",
            "pkg:pypi/c@1?download_url=file:",
            "pkg:cargo/d@1?repository_url=h.example%2Fd",
            "pkg:cargo/e@1?repository_url=file:",
            "pkg:cargo/f@1?repository_url=(unreadable)",
            "pkg:generic/z.so@1",
            "pkg:generic/g.dll@1",
        ]
    );
}

#[test]
fn what_is_no_document_is_a_gap() {
    for text in ["<bom/>", "SPDXVersion: SPDX-2.3", ""] {
        assert!(matches!(read("sbom.xml", text), Err(CatalogError::Unread { .. })), "{text}");
    }
    let with = |component: &str| {
        format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{component}]}}"#)
    };
    for text in [
        "{}".to_owned(),
        "{\"bomFormat\":\"CycloneDX\",\"bomFormat\":\"CycloneDX\"}".to_owned(),
        with(r#"{"type":"library","name":""}"#),
        with(r#"{"type":"library","name":"a\u202e"}"#),
        with(r#"{"type":"library","name":"a","purl":"pkg:npm/../a"}"#),
        with(r#"{"type":"library","name":"a","version":"1/2"}"#),
    ] {
        assert!(read("bom.json", &text).is_err(), "{text}");
    }
}
