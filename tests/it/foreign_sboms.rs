//! SBOMs as others' generators wrote them (`tests/sboms/README.md`): what is read of each is exactly what stands in it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mcpsign_advisories::components;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::HashAlgorithm;
use mcpsign_schemas::license::{Judged, LicenseRules};
use mcpsign_schemas::sbom::{self, Sbom, SbomFormat, read_any};
use mcpsign_schemas::statement::predicate_type::{CYCLONEDX, SPDX_2_3, SPDX_3};
use serde_json::{Value, json};

use crate::support::{run, workspace};

/// What the project's lock file pins, but for what not every generator lists.
const LOCKED: [&str; 17] = [
    "%40isaacs/cliui@8.0.2",
    "ansi-regex@5.0.1",
    "ansi-regex@6.6.0",
    "ansi-styles@4.3.0",
    "ansi-styles@6.2.3",
    "color-convert@2.0.1",
    "color-name@1.1.4",
    "eastasianwidth@0.2.0",
    "emoji-regex@8.0.0",
    "emoji-regex@9.2.2",
    "is-fullwidth-code-point@3.0.0",
    "string-width@4.2.3",
    "string-width@5.1.2",
    "strip-ansi@6.0.1",
    "strip-ansi@7.2.0",
    "wrap-ansi@7.0.0",
    "wrap-ansi@8.1.0",
];
/// Wanted on one platform, which is not the one that the documents were made on.
const OPTIONAL: &str = "fsevents@2.3.3";
const DEVELOPMENT: &str = "semver@7.7.3";
const PROJECT: &str = "files-mcp@1.4.0";

/// What is installed in the project of Python's.
const INSTALLED: [&str; 8] = [
    "anyio@4.11.0",
    "click@8.3.0",
    "idna@3.20",
    "python-dateutil@2.9.0.post0",
    "pyyaml@6.0.3",
    "six@1.17.0",
    "sniffio@1.3.1",
    "typing-extensions@4.16.0",
];

/// One document of the folder.
struct Document {
    file: &'static str,
    predicate: &'static str,
    ty: &'static str,
    /// What it describes: its name, and its package URL.
    root: (&'static str, Option<&'static str>),
    /// What it lists besides the packages above.
    besides: &'static [&'static str],
    /// How many of all components are a package once more, installed in another place.
    again: usize,
}

const NPM: [Document; 9] = [
    // npm takes the folder's name for the project's.
    Document {
        file: "npm.cdx.json",
        predicate: CYCLONEDX,
        ty: "npm",
        root: ("checkout", Some("pkg:npm/files-mcp@1.4.0")),
        besides: &[DEVELOPMENT],
        again: 0,
    },
    Document {
        file: "npm.spdx.json",
        predicate: SPDX_2_3,
        ty: "npm",
        root: ("files-mcp", Some("pkg:npm/files-mcp@1.4.0")),
        besides: &[DEVELOPMENT],
        again: 0,
    },
    // What is installed inside of a package is a component inside of a component.
    Document {
        file: "cyclonedx-npm.cdx.json",
        predicate: CYCLONEDX,
        ty: "npm",
        root: ("files-mcp", Some("pkg:npm/files-mcp@1.4.0")),
        besides: &[DEVELOPMENT],
        again: 6,
    },
    Document {
        file: "cdxgen.cdx.json",
        predicate: CYCLONEDX,
        ty: "npm",
        root: ("files-mcp", Some("pkg:npm/files-mcp@1.4.0")),
        besides: &[DEVELOPMENT, OPTIONAL],
        again: 0,
    },
    Document {
        file: "cdxgen.spdx3.json",
        predicate: SPDX_3,
        ty: "npm",
        root: ("files-mcp", Some("pkg:npm/files-mcp@1.4.0")),
        besides: &[DEVELOPMENT, OPTIONAL],
        again: 0,
    },
    // Syft describes a folder, in which the project is one package of several.
    Document {
        file: "syft.cdx.json",
        predicate: CYCLONEDX,
        ty: "npm",
        root: (".", None),
        besides: &[OPTIONAL, PROJECT],
        again: 0,
    },
    Document {
        file: "syft.spdx.json",
        predicate: SPDX_2_3,
        ty: "npm",
        root: (".", None),
        besides: &[OPTIONAL, PROJECT],
        again: 0,
    },
    // Trivy lists what it found under the lock file, which is no package.
    Document {
        file: "trivy.cdx.json",
        predicate: CYCLONEDX,
        ty: "npm",
        root: (".", None),
        besides: &[OPTIONAL],
        again: 0,
    },
    Document {
        file: "trivy.spdx.json",
        predicate: SPDX_2_3,
        ty: "npm",
        root: (".", None),
        besides: &[OPTIONAL],
        again: 0,
    },
];

const PYTHON: [Document; 2] = [
    Document {
        file: "cyclonedx-py.cdx.json",
        predicate: CYCLONEDX,
        ty: "pypi",
        root: ("files-mcp", None),
        besides: &[],
        again: 0,
    },
    Document {
        file: "syft-python.cdx.json",
        predicate: CYCLONEDX,
        ty: "pypi",
        root: ("env", None),
        besides: &[],
        again: 0,
    },
];

impl Document {
    fn path(&self) -> PathBuf {
        workspace().join("tests/sboms").join(self.file)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).expect(self.file)
    }

    fn json(&self) -> Json {
        Json::parse(&self.bytes(), Limits::bytes(1 << 20)).expect(self.file)
    }

    /// Read as a verifier does, which knows what the statement's type promises.
    fn sbom(&self) -> Sbom {
        sbom::read(&self.json(), self.predicate).expect(self.file)
    }

    /// Every package that it lists.
    fn expected(&self) -> BTreeSet<String> {
        let listed: &[&str] = if self.ty == "npm" { &LOCKED } else { &INSTALLED };
        listed.iter().chain(self.besides).map(|name| format!("pkg:{}/{name}", self.ty)).collect()
    }
}

fn all() -> impl Iterator<Item = &'static Document> {
    NPM.iter().chain(&PYTHON)
}

fn component<'s>(sbom: &'s Sbom, purl: &str) -> &'s sbom::SbomComponent {
    sbom.components.iter().find(|component| component.purl.as_deref() == Some(purl)).expect(purl)
}

#[test]
fn verification_reads_exactly_what_is_listed() {
    for document in all() {
        let file = document.file;
        let read = document.sbom();
        assert_eq!(read_any(&document.json()).expect(file), read, "{file}");
        assert_eq!((read.root.name.as_str(), read.root.purl.as_deref()), document.root, "{file}");
        let listed: Vec<String> =
            read.packages().map(|component| component.purl.clone().expect("a package URL")).collect();
        assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), document.expected(), "{file}");
        assert_eq!(listed.len(), document.expected().len() + document.again, "{file}");
        // No document of others says which of our catalogers ran.
        assert!(read.catalogers.is_empty(), "{file}");
    }
}

#[test]
fn advisories_are_asked_for_exactly_what_is_listed() {
    for document in all() {
        let found = components::of_sbom(&document.bytes()).expect(document.file);
        assert_eq!(found, components::of_json(&document.json()).expect(document.file));
        let asked: BTreeSet<String> =
            found.into_iter().filter_map(|component| component.purl().map(str::to_owned)).collect();
        let mut expected = document.expected();
        expected.extend(document.root.1.map(str::to_owned));
        assert_eq!(asked, expected, "{}", document.file);
    }
}

#[test]
fn what_generators_say_of_a_package_is_read() {
    let of = |file: &str| NPM.iter().find(|document| document.file == file).expect(file).sbom();
    let versions: Vec<SbomFormat> =
        ["npm.cdx.json", "cyclonedx-npm.cdx.json", "cdxgen.cdx.json", "npm.spdx.json", "cdxgen.spdx3.json"]
            .map(|file| of(file).format)
            .into();
    assert_eq!(
        versions,
        [
            SbomFormat::CycloneDx("1.5".into()),
            SbomFormat::CycloneDx("1.6".into()),
            SbomFormat::CycloneDx("1.7".into()),
            SbomFormat::Spdx2("SPDX-2.3".into()),
            SbomFormat::Spdx3,
        ]
    );
    // npm states each digest of the registry, whatever the format.
    for file in ["npm.cdx.json", "npm.spdx.json"] {
        let read = of(file);
        assert!(read.components.iter().all(|component| component.hashes.len() == 1), "{file}");
    }
    // Who asks for whom.
    for file in [
        "npm.cdx.json",
        "npm.spdx.json",
        "cdxgen.cdx.json",
        "cdxgen.spdx3.json",
        "trivy.cdx.json",
        "trivy.spdx.json",
    ] {
        let read = of(file);
        let asked: BTreeSet<&str> = component(&read, "pkg:npm/%40isaacs/cliui@8.0.2")
            .dependencies
            .iter()
            .map(|id| {
                let named = |one: &&sbom::SbomComponent| one.reference == *id;
                read.components.iter().find(named).and_then(|one| one.purl.as_deref()).expect("a component")
            })
            .collect();
        let expected = ["string-width@4.2.3", "string-width@5.1.2", "strip-ansi@6.0.1", "strip-ansi@7.2.0"]
            .into_iter()
            .chain(["wrap-ansi@7.0.0", "wrap-ansi@8.1.0"])
            .map(|name| format!("pkg:npm/{name}"));
        assert_eq!(asked, expected.collect::<Vec<_>>().iter().map(String::as_str).collect(), "{file}");
    }
}

#[test]
fn licences_of_generators_are_judged() {
    let none = LicenseRules { allow: None, deny: Vec::new() };
    let judged = |file: &str, purl: &str| -> Vec<Judged> {
        let document = all().find(|document| document.file == file).expect(file);
        let json = document.json();
        let stated = sbom::licenses(&json);
        let of = stated.iter().find(|stated| stated.component == purl).expect(purl);
        of.licenses.iter().map(|text| none.judge(text)).collect()
    };
    for document in NPM.iter().filter(|document| document.predicate == CYCLONEDX) {
        assert_eq!(
            judged(document.file, "pkg:npm/%40isaacs/cliui@8.0.2"),
            [Judged::Allowed],
            "{}",
            document.file
        );
    }
    for file in ["npm.spdx.json", "syft.spdx.json", "trivy.spdx.json"] {
        assert!(judged(file, "pkg:npm/%40isaacs/cliui@8.0.2").contains(&Judged::Allowed), "{file}");
    }
    // Two classifiers that mean several licences each, and a word that means any.
    let dateutil = "pkg:pypi/python-dateutil@2.9.0.post0";
    assert_eq!(judged("cyclonedx-py.cdx.json", dateutil), [Judged::Unknown, Judged::Unknown]);
    assert_eq!(judged("syft-python.cdx.json", dateutil), [Judged::Unknown]);
    assert_eq!(judged("cyclonedx-py.cdx.json", "pkg:pypi/sniffio@1.3.1"), [Judged::Allowed]);
    // cdxgen writes licences into extensions of SPDX 3, which its relationships do not give to packages.
    assert_eq!(judged("cdxgen.spdx3.json", "pkg:npm/%40isaacs/cliui@8.0.2"), []);
}

/// spdx-sbom-generator knows no package URLs, calls relationships otherwise than SPDX does, and writes digests in a form of its own.
#[test]
fn what_spdx_sbom_generator_says_is_read() {
    let path = workspace().join("tests/sboms/spdx-sbom-generator.spdx.json");
    let json = Json::parse(&std::fs::read(path).expect("read"), Limits::bytes(1 << 20)).expect("JSON");
    let read = sbom::read(&json, "https://spdx.dev/Document").expect("an SBOM");
    assert_eq!(read.format, SbomFormat::Spdx2("SPDX-2.2".into()));
    assert_eq!((read.root.name.as_str(), read.root.version.as_deref()), ("files-mcp", Some("1.4.0")));
    assert_eq!(read.root.dependencies.len(), 2);
    let listed: BTreeSet<String> = read
        .packages()
        .map(|one| format!("{}@{}", one.name.replace('@', "%40"), one.version.as_deref().expect("a version")))
        .collect();
    assert_eq!(listed, LOCKED.iter().chain(&[OPTIONAL]).map(|&name| name.to_owned()).collect());
    assert!(read.components.iter().all(|one| one.purl.is_none() && one.licenses.is_empty()));
    assert!(read.components.iter().all(|one| one.hashes.contains_key(&HashAlgorithm::Sha1)));
    let cliui = read.components.iter().find(|one| one.name == "@isaacs/cliui").expect("listed");
    assert_eq!(cliui.dependencies.len(), 6);
    // What its root's digest is believed to be has to be in SPDX's own form.
    assert!(read.root.hashes.is_empty());
    // Its other form is refused by name, wherever an SBOM is asked for (`sboms_in_other_forms_are_refused_by_name`).
    let tags = "SPDXVersion: SPDX-2.2\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nCreator: Tool: spdx-sbom-generator-v0.0.15\n";
    assert_eq!(sbom::unread_form(tags.as_bytes()), Some("SPDX as tags and values"));
}

/// The names of what changed.
fn changes(before: &Document, after: &Document) -> BTreeSet<(String, String)> {
    let paths = [before.path(), after.path()].map(|path| path.to_str().expect("UTF-8").to_owned());
    let output = run(&["sbom", "diff", &paths[0], &paths[1], "--format", "json"], &[]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |one: &Value, member: &str| one[member].as_str().expect("text").to_owned();
    let all = report["components"].as_array().expect("a list").iter();
    all.map(|one| (text(one, "package"), text(one, "change"))).collect()
}

/// Documents of one project by different generators differ in what they list, and in nothing else.
#[test]
fn documents_of_one_project_differ_in_what_they_list() {
    let expected = |before: &Document, after: &Document| {
        let (old, new) = (before.expected(), after.expected());
        let name = |purl: &String| purl.rsplit_once('@').expect("a version").0.to_owned();
        let removed = old.difference(&new).map(|purl| (name(purl), "removed".to_owned()));
        removed
            .chain(new.difference(&old).map(|purl| (name(purl), "added".to_owned())))
            .collect::<BTreeSet<_>>()
    };
    for (before, after) in NPM.iter().zip(NPM.iter().skip(1)) {
        assert_eq!(changes(before, after), expected(before, after), "{} → {}", before.file, after.file);
    }
    assert_eq!(changes(&PYTHON[0], &PYTHON[1]), BTreeSet::new());
}

/// An advisory finds its package in every document, and nothing but it.
#[test]
fn advisories_find_their_packages_in_documents_of_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let record = |id: &str, ecosystem: &str, name: &str, fixed: &str| {
        let kind = if ecosystem == "npm" { "SEMVER" } else { "ECOSYSTEM" };
        let affected = json!([{ "package": { "ecosystem": ecosystem, "name": name },
            "ranges": [{ "type": kind, "events": [{ "introduced": "0" }, { "fixed": fixed }] }] }]);
        let record = json!({ "id": id, "modified": "2026-01-01T00:00:00Z", "affected": affected });
        let folder = dir.path().join("records").join(ecosystem);
        std::fs::create_dir_all(&folder).expect("made");
        std::fs::write(folder.join(format!("{id}.json")), record.to_string()).expect("written");
    };
    record("MAL-1", "npm", "@isaacs/cliui", "8.0.3");
    record("A-1", "npm", "string-width", "5.0.0");
    record("A-2", "PyPI", "PyYAML", "7");
    record("A-3", "PyPI", "typing_extensions", "4.16");
    let kept = dir.path().join("kept");
    let kept = kept.to_str().expect("UTF-8");
    for ecosystem in ["npm", "PyPI"] {
        let from = dir.path().join("records").join(ecosystem);
        let output =
            run(&["advisories", "update", "--from", from.to_str().expect("UTF-8"), "--dir", kept], &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for document in all() {
        let path = document.path();
        let path = path.to_str().expect("UTF-8");
        let output = run(&["advisories", "check", path, "--dir", kept, "--format", "json"], &[]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let matches = report["matches"].as_array().expect("a list").iter();
        let found: Vec<(&str, &str)> = matches
            .map(|found| (found["id"].as_str().expect("an id"), found["purl"].as_str().expect("a purl")))
            .collect();
        let expected: &[(&str, &str)] = match document.ty {
            "npm" => &[("MAL-1", "pkg:npm/%40isaacs/cliui@8.0.2"), ("A-1", "pkg:npm/string-width@4.2.3")],
            _ => &[("A-2", "pkg:pypi/pyyaml@6.0.3")],
        };
        assert_eq!(found, expected, "{}", document.file);
    }
}
