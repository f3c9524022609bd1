//! Catalogers: whatever the bytes, packages that can be named, and references that lead somewhere.

use std::collections::BTreeSet;

use mcpsign_collect::catalog::bundled::SCRIPT;
use mcpsign_collect::catalog::os::{COPYRIGHT, copyright_license};
use mcpsign_collect::catalog::{CATALOGERS, Cataloger, FileInput, Role};
use mcpsign_schemas::license;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::is_deceptive;

/// Where a system keeps rpm's database, in whatever format.
const RPM: &str = "var/lib/rpm/rpmdb.sqlite";

/// One of each format.
const RPM_DATABASES: [(&str, &[u8]); 4] = [
    ("sqlite", include_bytes!("../../../verifier/collect/src/catalog/os/rpm/testdata/small.sqlite")),
    ("ndb", include_bytes!("../../../verifier/collect/src/catalog/os/rpm/testdata/Packages.db")),
    ("bdb", include_bytes!("../../../verifier/collect/src/catalog/os/rpm/testdata/Packages")),
    ("big-endian", include_bytes!("../../../verifier/collect/src/catalog/os/rpm/testdata/big-endian")),
];

/// A path that a cataloger wants, and a file of its format; catalogers of programs want any.
pub const SAMPLES: &[(&str, &str)] = &[
    (
        "package-lock.json",
        r#"{"name":"a","lockfileVersion":3,"packages":{"":{"name":"a","dependencies":{"b":"1"}},"node_modules/b":{"version":"1.0.0","os":["linux"],"optional":true}}}"#,
    ),
    (
        "npm-shrinkwrap.json",
        r#"{"name":"a","version":"1.0.0","lockfileVersion":1,"dependencies":{"b":{"version":"1.0.0","requires":{"c":"1"},"dependencies":{"c":{"version":"npm:d@1.0.0"}}}}}"#,
    ),
    (
        "node_modules/.package-lock.json",
        r#"{"lockfileVersion":3,"packages":{"node_modules/b":{"version":"1.0.0"}}}"#,
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: ^1, version: 1.0.0(b@2.0.0)}\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=}\n  b@2.0.0: {resolution: {}}\nsnapshots:\n  a@1.0.0(b@2.0.0):\n    dependencies: {b: 2.0.0}\n  b@2.0.0: {}\n",
    ),
    (
        "yarn.lock",
        "# yarn lockfile v1\n\"a@^1, a@1.x\":\n  version \"1.0.0\"\n  dependencies:\n    \"@s/b\" \"*\"\n\"@s/b@*\":\n  version \"2.0.0\"\n",
    ),
    (
        "bun.lock",
        "{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {\"\": {\"name\": \"a\", \"dependencies\": {\"b\": \"1\",},},},\n  \"packages\": {\n    \"b\": [\"b@1.0.0\", \"\", {\"os\": \"linux\"}, \"\"],\n  },\n}",
    ),
    (
        "package.json",
        r#"{"name":"a","version":"1.0.0","dependencies":{"b":"npm:c@1"},"scripts":{"install":"x"}}"#,
    ),
    ("node_modules/a/package.json", r#"{"name":"a","version":"1.0.0","dependencies":{"b":"1"}}"#),
    (
        "dist/a.js.LICENSE.txt",
        "/*! a v1.0.0 | MIT */\n- @s/b@2.0.0 (https://x)\nName: c\nVersion: 1.0.0\nLicense: MIT\n",
    ),
    ("dist/meta.json", r#"{"inputs":{"node_modules/.pnpm/a@1.0.0/node_modules/a/x.js":{}},"outputs":{}}"#),
    ("dist/a.js.map", r#"{"version":3,"sources":["../node_modules/@s/a/x.js"]}"#),
    (
        "dist/index.js",
        "// node_modules/.pnpm/a@1.0.0/node_modules/a/x.js\n/***/ \"./node_modules/@s/b/x.js\":\n//# sourceMappingURL=data:application/json;base64,eyJzb3VyY2VzIjpbIm5vZGVfbW9kdWxlcy9hL3guanMiXX0=\n",
    ),
    ("Cargo.lock", "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"),
    ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = \"1\"\n"),
    (
        "pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nmarker = \"sys_platform == 'win32'\"\ndependencies = [{ name = \"a\" }]\n",
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"b\", marker = \"os_name == 'nt'\" }]\n[[package]]\nname = \"b\"\nversion = \"2\"\nsource = { registry = \"https://x\" }\n",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\noptional = false\ngroups = [\"main\"]\nfiles = []\n[package.dependencies]\nb = \"*\"\n[metadata]\nlock-version = \"2.1\"\n",
    ),
    (
        "pdm.lock",
        "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"default\"]\ndependencies = [\"a>=1; os_name == 'nt'\"]\n",
    ),
    (
        "Pipfile.lock",
        r#"{"_meta":{"pipfile-spec":6},"default":{"a":{"version":"==1","markers":"os_name == 'nt'","hashes":[]}}}"#,
    ),
    (
        "requirements.txt",
        "a==1 ; os_name == 'nt' \\\n    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\nb>=1 # x\n",
    ),
    ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b\n"),
    ("PKG-INFO", "Metadata-Version: 2.1\nName: a\nVersion: 1\n"),
    ("pyproject.toml", "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b>=1\"]\n"),
    (
        "lib/a-1.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b; extra == 'x'\n",
    ),
    ("lib/site-packages/a.egg-info", "Metadata-Version: 1.1\nName: a\nVersion: 1\nLicense: MIT\n"),
    ("manifest.json", r#"{"manifest_version":"0.3","name":"a","version":"1.0.0","server":{"type":"node"}}"#),
    (
        "go.mod",
        "module a.example/a\ngo 1.23\nrequire (\n\tb.example/b v1.0.0 // indirect\n)\nreplace b.example/b => ../b\n",
    ),
    ("go.sum", "b.example/b v1.0.0 h1:x=\nb.example/b v1.0.0/go.mod h1:y=\n"),
    (
        "packages.lock.json",
        r#"{"version":1,"dependencies":{"net8.0":{"a":{"type":"Direct","resolved":"1.0.0","dependencies":{"b":"1"}}}}}"#,
    ),
    (
        "a.deps.json",
        r#"{"targets":{"x":{"a/1":{"dependencies":{"b":"1"}}}},"libraries":{"a/1":{"type":"project"},"b/1":{"type":"package"}}}"#,
    ),
    (
        "a.nuspec",
        "<package><metadata><id>a</id><version>1</version><license type=\"expression\">MIT</license><dependencies><dependency id=\"b\" version=\"[1, )\"/></dependencies></metadata></package>",
    ),
    ("gradle.lockfile", "# x\na:b:1=compileClasspath\nempty=annotationProcessor\n"),
    ("META-INF/maven/a/b/pom.properties", "#x\ngroupId=a\nartifactId=b\nversion=1\n"),
    ("server", "\x7fELF\x02\x01\x01"),
    ("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"),
    ("lib/apk/db/installed", "P:a\nV:1-r0\nA:x86_64\nL:MIT\n"),
    (
        "usr/share/doc/a/copyright",
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\nLicense: GPL-2+ or Expat, and ISC\n",
    ),
    (RPM, "no database"),
    ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
    (
        "sbom.cdx.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"data","bom-ref":"a","name":"a","version":"1"}],"dependencies":[{"ref":"a","dependsOn":["a"]}]}"#,
    ),
    ("node_modules/a/Package.json", "{}"),
    ("deno.lock", "{}"),
    ("setup.py", "from setuptools import setup\n"),
    (
        "Pipfile",
        "[packages]\na = {git = \"https://x.example/a.git\", ref = \"v1\"}\nb = \"*\"\n[docs]\nc = {version = \">=1\", markers = \"os_name == 'nt'\"}\n",
    ),
    ("a/_vendor/vendor.txt", "a==1  # x\n    b==2 ; os_name == 'nt'\nc\n"),
    (
        "packages.config",
        "<packages><package id=\"a\" version=\"1\" developmentDependency=\"true\"/></packages>",
    ),
    ("node_modules/.store/a-npm-1.0.0-0a1b2c3d4e/package/package.json", r#"{"name":"a","version":"1.0.0"}"#),
    (
        "vendor/modules.txt",
        "# x.example/a v1.0.0\n## explicit; go 1.24\nx.example/a\nx.example/a/b\n# x.example/c v1.0.0 => y.example/c v1.1.0\nx.example/c\n# x.example/d => ./d\n",
    ),
    (
        "vendor/a/.cargo-checksum.json",
        r#"{"files":{},"package":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
    ),
];

/// Whether a cataloger reads such a file; that of scripts none that is kept by its name.
pub fn reads(cataloger: &dyn Cataloger, path: &TreePath, bytes: &[u8]) -> bool {
    let is_script = cataloger.id() == SCRIPT.id() && path.as_str().ends_with(".js");
    is_script || cataloger.wants(path) || cataloger.sniffs(bytes)
}

/// Behind a first byte that chooses the path.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let databases = RPM_DATABASES.map(|(format, bytes)| (format!("rpm-{format}"), RPM, bytes));
    let samples = SAMPLES.iter().map(|(path, file)| (path.replace('/', "-"), *path, file.as_bytes()));
    let each = samples.chain(databases).map(|(name, path, bytes)| {
        let at = SAMPLES.iter().position(|(known, _)| *known == path).expect("a sample");
        let first = u8::try_from(at).expect("few samples");
        (name, [&[first], bytes].concat())
    });
    each.collect()
}

pub(super) fn run(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    let (path, _) = SAMPLES[usize::from(*first) % SAMPLES.len()];
    let path = TreePath::try_from(path).expect("a path");
    if COPYRIGHT.wants(&path)
        && let Some(license) = copyright_license(&String::from_utf8_lossy(bytes))
    {
        assert_eq!(license::expression(&license).as_ref(), Some(&license), "it is what it is");
    }
    for cataloger in CATALOGERS.iter().filter(|one| reads(**one, &path, bytes)) {
        let file = FileInput { path: &path, bytes };
        let Ok(packages) = cataloger.read(&file) else { continue };
        assert_eq!(cataloger.read(&file).expect("the same twice"), packages);
        let ids: BTreeSet<&str> = packages.iter().map(|package| package.id.as_str()).collect();
        assert_eq!(ids.len(), packages.len(), "{}: ids are unique", cataloger.id());
        for package in &packages {
            let purl = Purl::parse(&package.purl).expect("a package URL");
            assert_eq!(purl.version(), package.version.as_deref(), "{}: {}", cataloger.id(), package.purl);
            assert!(!package.name.chars().any(is_deceptive), "{}: {:?}", cataloger.id(), package.name);
            assert!(!package.markers.iter().any(|marker| marker.chars().any(is_deceptive)), "{package:?}");
            assert!(!package.found.is_empty(), "{}: {} was found somewhere", cataloger.id(), package.purl);
            // One that sees a single package writes names, which are resolved once all were read.
            let resolved = |id: &String| {
                ids.contains(id.as_str()) || (cataloger.role() == Role::Contents && id.contains(':'))
            };
            assert!(package.dependencies.iter().all(resolved), "{}: {package:?}", cataloger.id());
        }
    }
}
