//! Lock files as npm writes them, and as it does not.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::canonical::JsonErrorKind;
use mcpsign_schemas::inventory::{Completeness, HashAlgorithm, Origin, Scope};
use mcpsign_schemas::tree::TreePath;

use super::*;

const V3: &[u8] = include_bytes!("testdata/v3.json");

fn read(bytes: &[u8]) -> Result<BTreeMap<String, Package>, CatalogError> {
    let path = TreePath::try_from("package-lock.json").unwrap();
    let packages = PACKAGE_LOCK.read(&FileInput { path: &path, bytes })?;
    Ok(packages.into_iter().map(|package| (package.id.clone(), package)).collect())
}

fn asks(packages: &BTreeMap<String, Package>, place: &str) -> BTreeSet<String> {
    packages[place].dependencies.clone()
}

fn set(places: &[&str]) -> BTreeSet<String> {
    places.iter().map(|place| (*place).to_owned()).collect()
}

#[test]
fn every_place_is_a_package_and_links_are_none() {
    let packages = read(V3).unwrap();
    let purls: BTreeMap<&str, &str> =
        packages.iter().map(|(place, package)| (place.as_str(), package.purl.as_str())).collect();
    let git = "pkg:npm/fork@2.0.0?vcs_url=git%2Bssh:%2F%2Fgit.example%2Facme%2Ffork.git%404f6c2a1b9d8e7f60514233241506f7e8d9c0b1a2";
    assert_eq!(
        purls,
        BTreeMap::from([
            ("", "pkg:npm/%40acme/files-mcp@1.4.0"),
            ("node_modules/@modelcontextprotocol/sdk", "pkg:npm/%40modelcontextprotocol/sdk@1.32.2"),
            ("node_modules/@modelcontextprotocol/sdk/node_modules/debug", "pkg:npm/debug@2.6.9"),
            ("node_modules/@modelcontextprotocol/sdk/node_modules/ms", "pkg:npm/ms@2.0.0"),
            ("node_modules/bundled", "pkg:npm/bundled@1.2.0"),
            ("node_modules/bundled/node_modules/inner", "pkg:npm/inner@1.0.1"),
            ("node_modules/debug", "pkg:npm/debug@4.4.1"),
            ("node_modules/fork", git),
            ("node_modules/fsevents", "pkg:npm/fsevents@2.3.3"),
            (
                "node_modules/legacy",
                "pkg:npm/legacy@0.9.0?download_url=https:%2F%2Ffiles.example%2Flegacy-0.9.0.tgz"
            ),
            ("node_modules/ms", "pkg:npm/ms@2.1.3"),
            // Installed under another name.
            ("node_modules/schema", "pkg:npm/%40acme/json-schema@2.1.0"),
            ("node_modules/tslib", "pkg:npm/tslib@2.8.1"),
            ("node_modules/typescript", "pkg:npm/typescript@5.6.3"),
            ("node_modules/zod", "pkg:npm/zod@3.25.76"),
            ("packages/shared", "pkg:npm/%40acme/shared@1.4.0"),
            ("packages/shared/node_modules/ms", "pkg:npm/ms@2.0.0"),
            ("packages/tool", "pkg:npm/shared-tool@0.0.1"),
            ("vendor/vendored", "pkg:npm/vendored@0.1.0"),
        ])
    );
}

#[test]
fn edges_lead_where_node_would_look() {
    let packages = read(V3).unwrap();
    assert_eq!(
        asks(&packages, ""),
        set(&[
            "node_modules/@modelcontextprotocol/sdk",
            "node_modules/bundled",
            "node_modules/debug",
            "node_modules/fork",
            "node_modules/fsevents",
            "node_modules/legacy",
            "node_modules/schema",
            "node_modules/typescript",
            "vendor/vendored",
        ])
    );
    let sdk = "node_modules/@modelcontextprotocol/sdk";
    assert_eq!(
        asks(&packages, sdk),
        set(&["node_modules/@modelcontextprotocol/sdk/node_modules/debug", "node_modules/zod"])
    );
    let nested = "node_modules/@modelcontextprotocol/sdk/node_modules/debug";
    assert_eq!(asks(&packages, nested), set(&["node_modules/@modelcontextprotocol/sdk/node_modules/ms"]));
    assert_eq!(asks(&packages, "node_modules/debug"), set(&["node_modules/ms"]));
    assert_eq!(asks(&packages, "node_modules/bundled"), set(&["node_modules/bundled/node_modules/inner"]));
    // Development dependencies count for the project's own packages alone.
    assert_eq!(
        asks(&packages, "packages/shared"),
        set(&["node_modules/tslib", "packages/shared/node_modules/ms"])
    );
    assert_eq!(asks(&packages, "packages/tool"), set(&["packages/shared"]));
}

#[test]
fn what_is_missing_is_said_unless_it_is_optional() {
    let packages = read(V3).unwrap();
    // `never-published` is an optional dependency, `@cfworker/json-schema` an optional peer.
    assert_eq!(packages[""].completeness, Completeness::Complete);
    assert_eq!(packages["node_modules/@modelcontextprotocol/sdk"].completeness, Completeness::Complete);
    assert_eq!(packages["node_modules/fork"].completeness, Completeness::Incomplete);
}

#[test]
fn scope_origin_hashes_and_licences() {
    let packages = read(V3).unwrap();
    let scope = |place: &str| packages[place].scope;
    assert_eq!(scope("node_modules/zod"), Scope::Required);
    assert_eq!(scope("node_modules/fsevents"), Scope::Optional);
    assert_eq!(scope("node_modules/tslib"), Scope::Optional);
    assert_eq!(scope("node_modules/typescript"), Scope::Development);
    let origin = |place: &str| packages[place].origin.clone();
    assert_eq!(origin(""), Origin::Root);
    assert_eq!(origin("packages/tool"), Origin::Local { path: Some("packages/tool".into()) });
    let url = Some("https://registry.example/@modelcontextprotocol/sdk/-/sdk-1.32.2.tgz".to_owned());
    assert_eq!(origin("node_modules/@modelcontextprotocol/sdk"), Origin::Registry { url });
    assert_eq!(origin("node_modules/bundled/node_modules/inner"), Origin::Registry { url: None });
    let commit = Some("4f6c2a1b9d8e7f60514233241506f7e8d9c0b1a2".to_owned());
    assert_eq!(
        origin("node_modules/fork"),
        Origin::Git { url: "ssh://git.example/acme/fork.git".into(), commit }
    );
    // Neither the password nor the token.
    assert_eq!(
        origin("node_modules/legacy"),
        Origin::Archive { url: "https://files.example/legacy-0.9.0.tgz".into() }
    );

    let hashes = &packages["node_modules/legacy"].hashes;
    assert_eq!(hashes.keys().collect::<Vec<_>>(), [&HashAlgorithm::Sha1, &HashAlgorithm::Sha512]);
    assert!(packages["node_modules/bundled"].bundled && !packages["node_modules/zod"].bundled);
    assert!(packages["node_modules/zod"].licenses.contains("MIT"));
    assert!(packages["node_modules/fork"].licenses.contains("SEE LICENSE IN LICENSE.txt"));
    let direct: Vec<&str> = packages.values().filter(|p| p.direct).map(|p| p.name.as_str()).collect();
    assert_eq!(
        direct,
        [
            "@modelcontextprotocol/sdk",
            "bundled",
            "debug",
            "fork",
            "fsevents",
            "legacy",
            "@acme/json-schema",
            "typescript",
            "vendored"
        ]
    );
}

#[test]
fn version_2_is_read_by_its_new_half() {
    let packages = read(include_bytes!("testdata/v2.json")).unwrap();
    assert_eq!(packages.len(), 3);
    assert_eq!(asks(&packages, "node_modules/a"), set(&["node_modules/b"]));
}

#[test]
fn other_versions_are_refused_by_number() {
    let found = |bytes: &[u8]| match read(bytes) {
        Err(CatalogError::Version { found, known: "2 or 3", .. }) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(found(include_bytes!("testdata/v1.json")), "1");
    assert_eq!(found(br#"{"lockfileVersion":4,"packages":{}}"#), "4");
    assert_eq!(found(br#"{"packages":{}}"#), "(none)");
    assert_eq!(found(br#"{"lockfileVersion":"3","packages":{}}"#), "(not a number)");
}

#[test]
fn half_understood_is_not_understood() {
    let lock = |packages: &str| format!(r#"{{"name":"x","lockfileVersion":3,"packages":{packages}}}"#);
    let place = |entry: &str| lock(&format!(r#"{{"node_modules/a":{entry}}}"#));
    for (text, what) in [
        (lock("[]"), "not an object"),
        (lock(r#"{"node_modules/a":1}"#), "not a package"),
        (lock(&format!(r#"{{"node_modules/{}":{{}}}}"#, "a".repeat(1100))), "not a package"),
        (place("{}"), "no version"),
        (place(r#"{"version":1}"#), "a name, version, address or digest is not a string"),
        (place(r#"{"version":"1.0.0","integrity":"sha512-AAAA"}"#), "`integrity` is no digest"),
        (place(r#"{"version":"1.0.0","dev":"yes"}"#), "a flag is neither true nor false"),
        (place(r#"{"version":"1.0.0","dependencies":[]}"#), "a list of dependencies is not an object"),
    ] {
        assert!(
            matches!(read(text.as_bytes()), Err(CatalogError::Malformed { what: found, .. }) if found == what),
            "{text}"
        );
    }
    for text in [
        place(r#"{"version":"1 0"}"#),
        lock(r#"{"node_modules/..":{"version":"1.0.0"}}"#),
        lock(r#"{"":{"name":"a/b"}}"#),
    ] {
        assert!(matches!(read(text.as_bytes()), Err(CatalogError::Package { .. })), "{text}");
    }
    let twice = lock(r#"{"node_modules/a":{"version":"1.0.0"},"node_modules/a":{"version":"2.0.0"}}"#);
    let Err(CatalogError::Json(error)) = read(twice.as_bytes()) else { panic!("duplicate key") };
    assert!(matches!(error.kind, JsonErrorKind::DuplicateKey { .. }));
    assert!(matches!(read(b""), Err(CatalogError::Json(_))));
}

#[test]
fn a_project_without_a_name_is_called_like_its_folder() {
    let packages =
        read(br#"{"name":"folder","lockfileVersion":3,"packages":{"":{"dependencies":{}}}}"#).unwrap();
    assert_eq!((packages[""].name.as_str(), packages[""].version.as_deref()), ("folder", None));
}

#[test]
fn only_files_at_the_root_are_wanted() {
    let wanted = |path: &str| {
        let path = TreePath::try_from(path).unwrap();
        [&SHRINKWRAP as &dyn Cataloger, &PACKAGE_LOCK, &PACKAGE_JSON].map(|cataloger| cataloger.wants(&path))
    };
    assert_eq!(wanted("npm-shrinkwrap.json"), [true, false, false]);
    assert_eq!(wanted("package-lock.json"), [false, true, false]);
    assert_eq!(wanted("package.json"), [false, false, true]);
    for other in ["a/package.json", "node_modules/a/package-lock.json", "Package.json", "package.json.bak"] {
        assert_eq!(wanted(other), [false; 3], "{other}");
    }
}
