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
        Err(CatalogError::Version { found, known: "1 to 3", .. }) => found,
        other => panic!("{other:?}"),
    };
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

/// What the tool that made the file says is in it.
fn set_of(packages: &[Package]) -> BTreeSet<String> {
    let foreign = packages.iter().filter(|package| package.name != "notes-mcp");
    foreign.map(|p| format!("{}@{}", p.name, p.version.as_deref().unwrap_or_default())).collect()
}

fn expected(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

macro_rules! notes {
    ($name:literal, $file:literal, $cataloger:expr) => {{
        let path = TreePath::try_from($name).unwrap();
        let bytes = include_bytes!(concat!("testdata/notes/", $file));
        let packages = $cataloger.read(&FileInput { path: &path, bytes }).unwrap();
        (packages, expected(include_str!(concat!("testdata/notes/", $file, ".expected"))))
    }};
}

#[test]
fn sets_are_those_of_the_tools_themselves() {
    for (file, (packages, expected)) in [
        ("npm 1", notes!("package-lock.json", "npm-v1.json", PACKAGE_LOCK)),
        ("npm 2", notes!("package-lock.json", "npm-v2.json", PACKAGE_LOCK)),
        ("npm 3", notes!("package-lock.json", "npm-v3.json", PACKAGE_LOCK)),
        ("pnpm 5.3", notes!("pnpm-lock.yaml", "pnpm-5.3.yaml", PNPM_LOCK)),
        ("pnpm 6", notes!("pnpm-lock.yaml", "pnpm-6.0.yaml", PNPM_LOCK)),
        ("pnpm 9", notes!("pnpm-lock.yaml", "pnpm-9.0.yaml", PNPM_LOCK)),
        ("yarn 1", notes!("yarn.lock", "yarn-1.lock", YARN_LOCK)),
        ("yarn 4", notes!("yarn.lock", "yarn-4.lock", YARN_LOCK)),
        ("bun", notes!("bun.lock", "bun.lock", BUN_LOCK)),
    ] {
        let found = set_of(&packages);
        let missing: Vec<_> = expected.difference(&found).collect();
        let invented: Vec<_> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && invented.is_empty(),
            "{file}: missing {missing:?}, invented {invented:?}"
        );
        // Every reference leads somewhere, and every package is found on a line.
        let ids: BTreeSet<&str> = packages.iter().map(|package| package.id.as_str()).collect();
        assert_eq!(ids.len(), packages.len(), "{file}");
        for package in &packages {
            assert!(
                package.dependencies.iter().all(|id| ids.contains(id.as_str())),
                "{file}: {}",
                package.purl
            );
            assert!(
                package.name == "notes-mcp" || package.found.iter().all(|at| at.line.is_some()),
                "{file}: {}",
                package.purl
            );
        }
        // Digests of the registry's files, but for yarn 4, which keeps those of its own.
        let hashed = packages.iter().filter(|package| !package.hashes.is_empty()).count();
        assert_eq!(hashed > 100, file != "yarn 4", "{file}: {hashed}");
        let marked: Vec<&Package> = packages
            .iter()
            .filter(|p| p.name.starts_with("@esbuild/linux-x64") && !p.markers.is_empty())
            .collect();
        let knows_platforms = !matches!(file, "yarn 1" | "npm 1");
        assert_eq!(marked.len(), usize::from(knows_platforms), "{file}: {marked:?}");
    }
}

#[test]
fn scopes_are_those_of_the_project_s_wishes() {
    let scope = |packages: &[Package], name: &str| {
        packages.iter().find(|package| package.name == name).map(|package| package.scope).unwrap()
    };
    for (file, (packages, _)) in [
        ("npm 1", notes!("package-lock.json", "npm-v1.json", PACKAGE_LOCK)),
        ("npm 3", notes!("package-lock.json", "npm-v3.json", PACKAGE_LOCK)),
        ("pnpm 5.3", notes!("pnpm-lock.yaml", "pnpm-5.3.yaml", PNPM_LOCK)),
        ("pnpm 6", notes!("pnpm-lock.yaml", "pnpm-6.0.yaml", PNPM_LOCK)),
        ("pnpm 9", notes!("pnpm-lock.yaml", "pnpm-9.0.yaml", PNPM_LOCK)),
        ("bun", notes!("bun.lock", "bun.lock", BUN_LOCK)),
    ] {
        assert_eq!(scope(&packages, "express"), Scope::Required, "{file}");
        assert_eq!(scope(&packages, "bufferutil"), Scope::Optional, "{file}");
        assert_eq!(scope(&packages, "fsevents"), Scope::Optional, "{file}");
        assert_eq!(scope(&packages, "typescript"), Scope::Development, "{file}");
        assert_eq!(scope(&packages, "@esbuild/linux-x64"), Scope::Development, "{file}");
    }
}

#[test]
fn formats_of_others_are_refused_by_version() {
    let read = |cataloger: &dyn Cataloger, name: &str, text: &str| {
        let path = TreePath::try_from(name).unwrap();
        cataloger.read(&FileInput { path: &path, bytes: text.as_bytes() })
    };
    for (cataloger, name, text) in [
        (&PNPM_LOCK as &dyn Cataloger, "pnpm-lock.yaml", "lockfileVersion: '10.0'\n"),
        (&PNPM_LOCK, "pnpm-lock.yaml", "packages: {}\n"),
        (&YARN_LOCK, "yarn.lock", "__metadata:\n  version: 99\n"),
        (&BUN_LOCK, "bun.lock", "{\"lockfileVersion\": 3}"),
    ] {
        let found = read(cataloger, name, text);
        assert!(matches!(found, Err(CatalogError::Version { .. })), "{text}: {found:?}");
    }
    for (cataloger, name, text) in [
        (&PNPM_LOCK as &dyn Cataloger, "pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: 1\n"),
        (&PNPM_LOCK, "pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages: {}\nsnapshots:\n  a@1.0.0: {}\n"),
        (
            &PNPM_LOCK,
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\npackages:\n  ../a@1.0.0: {resolution: {integrity: x}}\n",
        ),
        (
            &PNPM_LOCK,
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\npackages:\n  \"a\\u202e@1.0.0\": {resolution: {}}\n",
        ),
        (
            &PNPM_LOCK,
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .: {dependencies: {a: 1.0.0}}\n",
        ),
        (&YARN_LOCK, "yarn.lock", "__metadata:\n  version: 8\n\"a@npm:1\":\n  version: 1.0.0\n"),
        (
            &YARN_LOCK,
            "yarn.lock",
            "__metadata:\n  version: 8\n\"a@npm:1\":\n  version: 1.0.0\n  resolution: \"../b@npm:1.0.0\"\n",
        ),
        (
            &BUN_LOCK,
            "bun.lock",
            r#"{"lockfileVersion":1,"workspaces":{},"packages":{"a":["a@1.0.0","",{},"sha512-x"]}}"#,
        ),
        (
            &BUN_LOCK,
            "bun.lock",
            r#"{"lockfileVersion":1,"workspaces":{},"packages":{"a":["a@1.0.0","",{},""],"a":[]}}"#,
        ),
        (
            &BUN_LOCK,
            "bun.lock",
            r#"{"lockfileVersion":1,"workspaces":{},"packages":{"a":["a/../b@1.0.0","",{},""]}}"#,
        ),
    ] {
        let found = read(cataloger, name, text);
        assert!(found.is_err(), "{text}: {found:?}");
    }
}

#[test]
fn what_asks_for_itself_comes_to_an_end() {
    let lock = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: '1', version: 1.0.0}\n\
        packages:\n  a@1.0.0: {resolution: {}}\n  b@1.0.0: {resolution: {}}\n\
        snapshots:\n  a@1.0.0: {dependencies: {b: 1.0.0}}\n  b@1.0.0: {dependencies: {a: 1.0.0, b: 1.0.0}}\n";
    let path = TreePath::try_from("pnpm-lock.yaml").unwrap();
    let packages = PNPM_LOCK.read(&FileInput { path: &path, bytes: lock.as_bytes() }).unwrap();
    assert!(packages.iter().all(|package| package.scope == Scope::Required));
}

#[test]
fn no_credential_stands_in_a_place_or_an_error() {
    let yarn = |text: &str| {
        YARN_LOCK.read(&FileInput { path: &"yarn.lock".try_into().unwrap(), bytes: text.as_bytes() })
    };
    let pnpm = |text: &str| {
        PNPM_LOCK.read(&FileInput { path: &"pnpm-lock.yaml".try_into().unwrap(), bytes: text.as_bytes() })
    };
    let at = "priv@git+https://x-access-token:TOKEN@git.example/priv.git#main";
    for (found, fails) in [
        (
            yarn(&format!(
                "\"{at}\":\n  version \"1.0.0\"\n  resolved \"git+https://x:TOKEN@git.example/priv.git#0\"\n"
            )),
            false,
        ),
        (yarn(&format!("\"{at}\":\n")), true),
        (
            yarn(&format!(
                "__metadata:\n  version: 8\n\"{at}\":\n  version: 1.0.0\n  resolution: \"{at}\"\n"
            )),
            false,
        ),
        (yarn(&format!("__metadata:\n  version: 8\n\"{at}\":\n  version: 1.0.0\n")), true),
        (
            pnpm(&format!(
                "lockfileVersion: '9.0'\npackages:\n  {at}:\n    resolution: {{type: git, repo: 'https://x:TOKEN@git.example/a.git', commit: '0'}}\n    version: 1.0.0\n"
            )),
            false,
        ),
        (pnpm(&format!("lockfileVersion: '9.0'\npackages:\n  {at}: x\n")), true),
    ] {
        assert_eq!(found.is_err(), fails, "{found:?}");
        let shown = match found {
            Ok(packages) => {
                packages.iter().map(|p| format!("{} {:?} {:?}", p.purl, p.found, p.origin)).collect()
            }
            Err(error) => error.to_string(),
        };
        assert!(shown.contains("priv") && !shown.contains("TOKEN"), "{shown}");
    }
}

fn found_by(cataloger: &dyn Cataloger, name: &str, text: &str) -> BTreeMap<String, Package> {
    let path = TreePath::try_from(name).unwrap();
    let packages = cataloger.read(&FileInput { path: &path, bytes: text.as_bytes() }).unwrap();
    packages.into_iter().map(|package| (package.id.clone(), package)).collect()
}

fn line(packages: &BTreeMap<String, Package>, id: &str) -> Option<u32> {
    packages[id].found.first().and_then(|at| at.line)
}

#[test]
fn packages_are_found_where_they_are_resolved_and_not_where_they_are_asked_for() {
    let v1 = found_by(
        &PACKAGE_LOCK,
        "package-lock.json",
        "{\n\"name\": \"a\",\n\"lockfileVersion\": 1,\n\"dependencies\": {\n\"b\": {\n\"version\": \"1.0.0\",\n\
         \"dependencies\": {\n\"c\": {\"version\": \"2.0.0\"}}},\n\"c\": {\"version\": \"1.0.0\"}}}",
    );
    let places = ["node_modules/b", "node_modules/b/node_modules/c", "node_modules/c"];
    assert_eq!(places.map(|place| line(&v1, place)), [5, 8, 9].map(Some));
    let bun = found_by(
        &BUN_LOCK,
        "bun.lock",
        "{\n\"lockfileVersion\": 1,\n\"workspaces\": {\"\": {\"name\": \"a\", \"dependencies\": {\n\"zod\": \"^3\",\n}}},\n\
         \"packages\": {\n\"zod\": [\"zod@3.0.0\", \"\", {\"bundled\": true}, \"\"],\n}}",
    );
    assert_eq!((line(&bun, "zod"), bun["zod"].bundled), (Some(7), true));
    let manifest = found_by(
        &PACKAGE_JSON,
        "package.json",
        "{\"name\": \"a\",\n\"scripts\": {\"zod\": \"x\"},\n\"dependencies\": {\n\"zod\": \"^3\", \"b\": \"1\"},\n\
         \"optionalDependencies\": {\"b\": \"1\"}}",
    );
    assert_eq!(["zod", "b"].map(|id| line(&manifest, id)), [4, 5].map(Some));
}

#[test]
fn pnpm_writes_down_where_a_registry_keeps_its_files() {
    let packages = found_by(
        &PNPM_LOCK,
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0':\n    resolution: {tarball: https://npm.example/download/@s/a/1.0.0/0123}\n\
         \x20   bundledDependencies:\n      - inner\n  b@https://x.example/b.tgz:\n    resolution: {tarball: https://x.example/b.tgz}\n",
    );
    let a = &packages["@s/a@1.0.0"];
    assert_eq!(a.version.as_deref(), Some("1.0.0"));
    assert_eq!(
        a.purl,
        "pkg:npm/%40s/a@1.0.0?download_url=https:%2F%2Fnpm.example%2Fdownload%2F%40s%2Fa%2F1.0.0%2F0123"
    );
    // What it brings along is not in the file.
    assert_eq!(a.completeness, Completeness::Incomplete);
    assert_eq!(packages["b@https://x.example/b.tgz"].version, None);
}

#[test]
fn yarn_binds_folders_and_patches_to_who_asks_for_them() {
    let bound = "::locator=a%40workspace%3A.";
    let packages = found_by(
        &YARN_LOCK,
        "yarn.lock",
        &format!(
            "__metadata:\n  version: 8\n\n\"a@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"a@workspace:.\"\n\
             \x20 dependencies:\n    b: \"portal:../b\"\n    c: \"patch:c@npm%3A1.3.0#./c.patch\"\n\n\
             \"b@portal:../b{bound}\":\n  version: 0.0.0-use.local\n  resolution: \"b@portal:../b{bound}\"\n\n\
             \"c@patch:c@npm%3A1.3.0#./c.patch{bound}\":\n  version: 1.3.0\n  resolution: \"c@patch:c@npm%3A1.3.0#./c.patch::version=1.3.0\"\n"
        ),
    );
    let a = &packages["a@workspace:."];
    assert_eq!((a.dependencies.len(), a.completeness), (2, Completeness::Complete));
    let b = &packages[&format!("b@portal:../b{bound}")];
    assert_eq!((b.version.as_deref(), &b.origin), (None, &Origin::Local { path: Some("../b".into()) }));
    let purls: Vec<&str> = packages.values().map(|package| package.purl.as_str()).collect();
    assert_eq!(purls, ["pkg:npm/a", "pkg:npm/b", "pkg:npm/c@1.3.0"]);
}

#[test]
fn parts_of_a_workspace_are_packages_with_wishes_of_their_own() {
    let packages = found_by(
        &PNPM_LOCK,
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      '@s/w': {version: 'link:packages/w'}\n      a: {version: 1.0.0}\n\
         \x20 packages/w:\n    dependencies:\n      a: {version: 2.0.0}\n      v: {version: 'link:../v'}\n    devDependencies:\n      b: {version: 1.0.0}\n\
         \x20 packages/v: {}\n  packages/unnamed:\n    dependencies:\n      '@s/w': {version: 'link:../w'}\n      out: {version: 'link:../../../out'}\n\
         packages:\n  a@1.0.0: {resolution: {}}\n  a@2.0.0: {resolution: {}}\n  b@1.0.0: {resolution: {}}\n\
         snapshots:\n  a@1.0.0: {}\n  a@2.0.0: {}\n  b@1.0.0: {}\n",
    );
    let ids: Vec<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(ids, ["a@1.0.0", "a@2.0.0", "b@1.0.0", "link:packages/v", "link:packages/w"]);
    let w = &packages["link:packages/w"];
    assert_eq!((w.purl.as_str(), w.version.as_deref()), ("pkg:npm/%40s/w", None));
    assert_eq!(w.origin, Origin::Local { path: Some("packages/w".into()) });
    assert_eq!(w.dependencies, set(&["a@2.0.0", "b@1.0.0", "link:packages/v"]));
    assert_eq!(line(&packages, "link:packages/w"), Some(7));
    let direct: Vec<&str> = packages.values().filter(|p| p.direct).map(|p| p.id.as_str()).collect();
    assert_eq!(direct, ["a@1.0.0", "link:packages/w"]);
    assert_eq!(packages["b@1.0.0"].scope, Scope::Development);
}

/// As bun writes them since it keeps digests of what is not from a registry: four elements too.
#[test]
fn bun_tells_what_is_of_no_registry_by_where_the_object_stands() {
    let sha512 = format!("sha512-{}==", "A".repeat(86));
    let packages = found_by(
        &BUN_LOCK,
        "bun.lock",
        &format!(
            r#"{{"lockfileVersion":1,"workspaces":{{"":{{"name":"p"}},"packages/wa":{{"name":"wa","version":"1.0.0"}}}},"packages":{{
            "gh":["gh@github:user/repo#0123456",{{"dependencies":{{"ms":"2"}}}},"user-repo-0123456","{sha512}"],
            "old":["old@github:user/old#main",{{}},"user-old-main"],
            "packed":["packed@./packed-1.0.0.tgz",{{}},"{sha512}"],
            "served":["served@https://r.example/served/-/served-7.0.0.tgz",{{}},"{sha512}"],
            "strange":["strange@what:ever",{{}}],
            "ms":["ms@2.1.2","",{{}},"{sha512}"],
            "wa":["wa@workspace:packages/wa"]}}}}"#
        ),
    );
    let shown = |id: &str| (packages[id].purl.as_str(), packages[id].hashes.len());
    let git =
        |repository: &str| format!("pkg:npm/{repository}?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fuser%2F");
    assert_eq!(shown("gh"), (format!("{}repo.git", git("gh")).as_str(), 1));
    assert_eq!(shown("old"), (format!("{}old.git", git("old")).as_str(), 0));
    assert_eq!(packages["gh"].dependencies, set(&["ms"]));
    assert_eq!(packages["packed"].origin, Origin::Local { path: Some("./packed-1.0.0.tgz".into()) });
    assert_eq!(shown("packed"), ("pkg:npm/packed", 1));
    assert_eq!(shown("served"), ("pkg:npm/served@7.0.0", 1));
    assert_eq!(packages["strange"].origin, Origin::Local { path: None });
    assert_eq!(shown("ms"), ("pkg:npm/ms@2.1.2", 1));
    assert_eq!((shown("wa").0, packages["wa"].version.as_deref()), ("pkg:npm/wa@1.0.0", Some("1.0.0")));
}

#[test]
fn npm_6_wrote_false_where_it_had_lost_an_address() {
    for lock in [
        r#"{"name":"p","lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","resolved":false},"b":{"version":"npm:c@2.0.0","resolved":null}}}"#,
        r#"{"name":"p","lockfileVersion":2,"packages":{"":{"name":"p"},"node_modules/a":{"version":"1.0.0","resolved":false},"node_modules/b":{"name":"c","version":"2.0.0","resolved":null}}}"#,
    ] {
        let packages = found_by(&PACKAGE_LOCK, "package-lock.json", lock);
        for (place, purl) in [("node_modules/a", "pkg:npm/a@1.0.0"), ("node_modules/b", "pkg:npm/c@2.0.0")] {
            assert_eq!(packages[place].purl, purl, "{lock}");
            assert_eq!(packages[place].origin, Origin::Registry { url: None });
        }
        assert!(super::lock::read(lock.replace("false", "true").as_bytes()).is_err());
    }
}

#[test]
fn what_yarn_s_resolutions_force_answers_those_who_ask_for_another() {
    let berry = "__metadata:\n  version: 8\n\"ms@npm:2.1.1\":\n  version: 2.1.1\n  resolution: \"ms@npm:2.1.1\"\n\
                 \"debug@npm:4\":\n  version: 4.0.0\n  resolution: \"debug@npm:4.0.0\"\n  dependencies:\n    ms: \"npm:^2.1.3\"\n";
    let classic = "ms@2.1.1:\n  version \"2.1.1\"\n\ndebug@4:\n  version \"4.0.0\"\n  dependencies:\n    ms \"^2.1.3\"\n";
    for (text, debug) in [(berry, "debug@npm:4"), (classic, "debug@4")] {
        let packages = found_by(&YARN_LOCK, "yarn.lock", text);
        assert_eq!(
            (packages[debug].dependencies.len(), packages[debug].completeness),
            (1, Completeness::Complete)
        );
    }
    // Of several it is open which.
    let several = format!("{classic}\nms@2.0.0:\n  version \"2.0.0\"\n");
    let packages = found_by(&YARN_LOCK, "yarn.lock", &several);
    assert_eq!(packages["debug@4"].completeness, Completeness::Incomplete);
}
