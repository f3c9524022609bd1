//! Packages by name: attested by somebody who did not make them, from registries that may lie.

mod files;
mod packages;
mod registry;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use self::registry::{Answer, Asked, Registry};
use crate::http::tls::Front;
use crate::support;

/// A desk with a home of its own, a key, and nothing of this machine's configuration.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(desk.at("home")).unwrap();
        desk
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn npmrc(&self, text: &str) {
        std::fs::write(self.at("home/.npmrc"), text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(support::mcpsign());
        command
            .current_dir(&self.folder)
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.at("home"))
            .env("MCPSIGN_PASSPHRASE", "observer");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn key(&self) {
        assert!(self.run(&["keys", "generate", "--out", "observer.key"]).status.success());
    }

    /// The statements that would be signed, by predicate type.
    fn statements(&self, args: &[&str]) -> Vec<Value> {
        let output = self.run(&[&["attest", "--dry-run"], args].concat());
        assert!(output.status.success(), "{}", said(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Attests and is refused: the exit code and the codes that are said. Nothing stays behind.
    fn refused(&self, args: &[&str], exit: i32, code: &str) {
        let before = std::fs::read_dir(&self.folder).unwrap().count();
        let output = self.run(&[&["attest", "--dry-run", "--no-manifest"], args].concat());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(exit), "{code}: {said}");
        assert!(said.contains(code), "{code}: {said}");
        assert!(output.stdout.is_empty(), "{code}: {said}");
        assert_eq!(std::fs::read_dir(&self.folder).unwrap().count(), before, "{code}: something stayed");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn tool_manifest(statements: &[Value]) -> &Value {
    let own = |statement: &&Value| {
        statement["predicateType"].as_str().is_some_and(|ty| ty.ends_with("/tool-manifest/v1"))
    };
    &statements.iter().find(own).expect("a tool manifest")["predicate"]
}

const NPM: &str = "npm:@acme/files-mcp@1.0.0";

/// An npm registry with the package and its dependency; `lie` changes the packument, `tarball` what is served.
fn npm_registry(
    lie: impl Fn(&mut Value) + Send + Sync + 'static,
    tarball: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
) -> Registry {
    Registry::start(move |own, asked, before| {
        let document = |name: &str, bytes: &[u8], lie: &dyn Fn(&mut Value)| {
            let base = name.rsplit('/').next().unwrap();
            let mut document = json!({
                "name": name, "dist-tags": { "latest": "1.0.0" },
                "versions": { "1.0.0": {
                    "name": name, "version": "1.0.0", "dependencies": if name == "dep" { json!({}) } else { json!({ "dep": "^1.0.0" }) },
                    "dist": { "integrity": packages::integrity(bytes), "shasum": "0000", "tarball": format!("{own}/files/{base}.tgz") },
                } },
            });
            lie(&mut document);
            Answer::Bytes("application/json", document.to_string().into_bytes())
        };
        let honest = packages::npm("@acme/files-mcp", "1.0.0");
        match asked.path.as_str() {
            "/@acme%2Ffiles-mcp" | "/@acme%2ffiles-mcp" => document("@acme/files-mcp", &honest, &lie),
            "/dep" => document("dep", &packages::dep(), &|_| {}),
            "/files/files-mcp.tgz" => Answer::Bytes("application/octet-stream", tarball(before)),
            "/files/dep.tgz" => Answer::Bytes("application/octet-stream", packages::dep()),
            _ => Answer::Status(404),
        }
    })
}

fn honest_npm() -> Registry {
    npm_registry(|_| {}, |_| packages::npm("@acme/files-mcp", "1.0.0"))
}

fn has_npm(test: &str) -> bool {
    let there = Path::new("/usr/bin/npm").exists() || Path::new("/usr/local/bin/npm").exists();
    if !there {
        support::skip(test, "npm in a folder of the system");
    }
    there
}

fn has_python(test: &str) -> bool {
    let there = Command::new("/usr/bin/python3")
        .args(["-I", "-c", "import ensurepip, venv, pip"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        support::skip(test, "python3 with pip and venv in a folder of the system");
    }
    there
}

#[test]
fn an_npm_package_is_attested_and_verified_by_name_and_no_script_of_it_runs() {
    if !has_npm("an_npm_package_is_attested_and_verified_by_name") {
        return;
    }
    let (desk, registry) = (Desk::new(), honest_npm());
    desk.npmrc(&format!("registry={}\n", registry.address));
    desk.key();
    let statements = desk.statements(&[NPM]);
    let manifest = tool_manifest(&statements);
    assert_eq!(manifest["kind"], "observer");
    assert_eq!(manifest["packages"][0]["purl"], "pkg:npm/%40acme/files-mcp@1.0.0");
    let profile = &manifest["profiles"][0];
    assert_eq!(profile["launch"]["binding"], "installed", "{profile}");
    assert_eq!(profile["launch"]["argv"][0], "{runtime:node}");
    assert_eq!(profile["launch"]["argv"][1], "{artifact}/server.js");
    assert_eq!(profile["launch"]["network"], "none");
    let tools: Vec<&String> = profile["tools"].as_object().unwrap().keys().collect();
    assert_eq!(tools, ["echo"], "a script ran");
    let locks = manifest["bindings"]["lockfiles"].as_array().unwrap();
    assert!(
        locks.iter().any(|lock| lock["path"] == "package-lock.json" && lock["origin"] == "resolved"),
        "{locks:?}"
    );
    let sbom = statements.iter().find(|one| one["predicateType"] == "https://cyclonedx.org/bom").unwrap();
    assert!(sbom.to_string().contains("pkg:npm/dep@1.0.0"), "{sbom}");
    assert!(!desk.at("acme-files-mcp-1.0.0.tgz").exists(), "a dry run left the package");

    let attested = desk.run(&["attest", NPM, "--key", "observer.key"]);
    assert!(attested.status.success(), "{}", said(&attested));
    assert!(desk.at("acme-files-mcp-1.0.0.tgz").is_file());
    let verify = |reference: &str, evidence: &str| {
        desk.run(&[
            "verify",
            reference,
            "--evidence",
            evidence,
            "--public-key",
            "observer.key.pub",
            "--format",
            "json",
        ])
    };
    let evidence = "acme-files-mcp-1.0.0.tgz.mcpsign.jsonl";
    let verified = verify(NPM, evidence);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(report["verdict"], "allow");
    assert_eq!(verify("pkg:npm/%40acme/files-mcp@1.0.0", evidence).status.code(), Some(0));
    // Without a socket there is nothing to verify, and without evidence nothing to hold it against.
    for more in [&["--evidence", evidence, "--offline"][..], &[]] {
        let args = [&["verify", NPM, "--public-key", "observer.key.pub"], more].concat();
        assert_eq!(desk.run(&args).status.code(), Some(2));
    }
}

/// A registry whose root of trust is nobody's but its own.
#[test]
fn a_private_registry_is_asked_where_its_root_is_named() {
    if !has_npm("a_private_registry_is_asked_where_its_root_is_named") {
        return;
    }
    let place = Arc::new(OnceLock::<String>::new());
    let told = Arc::clone(&place);
    let lie = move |document: &mut Value| {
        let tarball = format!("{}/files/files-mcp.tgz", told.get().unwrap());
        document["versions"]["1.0.0"]["dist"]["tarball"] = tarball.into();
    };
    let registry = npm_registry(lie, |_| packages::npm("@acme/files-mcp", "1.0.0"));
    let port = registry.address.rsplit(':').next().unwrap().parse().unwrap();
    let front = Front::before(port, &["localhost"]);
    place.set(format!("https://localhost:{}", front.port)).unwrap();
    let desk = Desk::new();
    desk.npmrc(&format!("registry={}\n", place.get().unwrap()));
    desk.key();
    let ca = front.ca();
    let named = ["--ca", ca.to_str().unwrap()];
    desk.refused(&[NPM], 3, "evidence/registry-unreachable");
    let attest = ["attest", NPM, "--key", "observer.key", "--no-manifest"];
    let attested = desk.run(&[&attest[..], &named].concat());
    assert!(attested.status.success(), "{}", said(&attested));
    let evidence = "acme-files-mcp-1.0.0.tgz.mcpsign.jsonl";
    let verify = ["verify", NPM, "--evidence", evidence, "--public-key", "observer.key.pub"];
    // Fetched, it is denied for the want of a manifest.
    for (more, exit) in [(&[][..], 3), (&named, 1)] {
        let verified = desk.run(&[&verify[..], more].concat());
        assert_eq!(verified.status.code(), Some(exit), "{}", said(&verified));
    }
    // What is not fetched needs no root.
    let tarball = ["acme-files-mcp-1.0.0.tgz", "--public-key", "observer.key.pub"];
    for args in
        [&["attest", tarball[0], "--no-manifest", "--dry-run"][..], &[&["verify"], &tarball[..]].concat()]
    {
        let refused = desk.run(&[args, &named].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", said(&refused));
    }
}

/// What has no meaning for a package that is installed is refused before it is fetched.
#[test]
fn flags_that_a_package_has_no_use_for_are_refused() {
    let (desk, registry) = (Desk::new(), honest_npm());
    desk.npmrc(&format!("registry={}\n", registry.address));
    for (more, says) in [
        (&["--url", "https://acme.example/mcp"][..], "`--url` asks another server"),
        (&["--no-manifest", "--bin", "files-mcp"], "`--bin` says which command is the server"),
    ] {
        let refused = desk.run(&[&["attest", NPM, "--dry-run"], more].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains(says), "{}", said(&refused));
    }
    assert!(registry.asked().is_empty());
}

#[test]
fn scripts_run_where_that_is_asked_for_and_only_inside_the_sandbox() {
    if !has_npm("scripts_run_where_that_is_asked_for") {
        return;
    }
    let escaped = Path::new("/var/tmp/mcpsign-escaped");
    assert!(!escaped.exists(), "left by an earlier run");
    let (desk, registry) = (Desk::new(), honest_npm());
    desk.npmrc(&format!("registry={}\n", registry.address));
    let output = desk.run(&["attest", "--dry-run", "--sandbox", "required", "--allow-scripts", NPM]);
    if said(&output).contains("gives no sandbox") {
        support::skip("scripts_run_where_that_is_asked_for", "the sandbox");
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", said(&output));
    assert!(text.contains("\"scripted\""), "the script did not run: {}", said(&output));
    assert!(!escaped.exists(), "the script wrote outside");
}

#[test]
fn what_an_npm_registry_says_of_the_bytes_is_held_against_them() {
    let dist = |document: &mut Value, change: &dyn Fn(&mut Value)| {
        change(&mut document["versions"]["1.0.0"]["dist"]);
    };
    type Lie = Box<dyn Fn(&mut Value) + Send + Sync>;
    let lies: Vec<(&str, i32, Lie)> = vec![
        (
            "evidence/registry-digest-mismatch",
            1,
            Box::new(move |d| dist(d, &|dist| dist["integrity"] = packages::integrity(b"other").into())),
        ),
        (
            "evidence/registry-digest-missing",
            1,
            Box::new(move |d| {
                dist(d, &|dist| {
                    dist.as_object_mut().unwrap().remove("integrity");
                })
            }),
        ),
        (
            "evidence/registry-digest-missing",
            1,
            Box::new(move |d| {
                dist(d, &|dist| dist["integrity"] = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=".into())
            }),
        ),
        ("evidence/registry-other-package", 1, Box::new(|d| d["name"] = "@acme/other".into())),
        (
            "evidence/registry-other-package",
            1,
            Box::new(|d| d["versions"]["1.0.0"]["version"] = "1.0.1".into()),
        ),
        ("evidence/registry-other-package", 1, Box::new(|d| d["versions"]["1.0.0"]["name"] = "other".into())),
        (
            "evidence/registry-not-found",
            1,
            Box::new(|d| {
                d["versions"].as_object_mut().unwrap().remove("1.0.0");
            }),
        ),
        (
            "evidence/registry-host",
            1,
            Box::new(move |d| dist(d, &|dist| dist["tarball"] = "https://169.254.169.254/a.tgz".into())),
        ),
        (
            "evidence/registry-host",
            1,
            Box::new(move |d| dist(d, &|dist| dist["tarball"] = "http://files.example/a.tgz".into())),
        ),
        (
            "evidence/registry-host",
            1,
            Box::new(move |d| dist(d, &|dist| dist["tarball"] = "file:///etc/passwd".into())),
        ),
        ("evidence/registry-malformed", 1, Box::new(|d| d["versions"] = "none".into())),
    ];
    for (code, exit, lie) in lies {
        let desk = Desk::new();
        let registry = npm_registry(lie, |_| packages::npm("@acme/files-mcp", "1.0.0"));
        desk.refused(&[NPM, "--registry", &registry.address], exit, code);
    }
}

#[test]
fn what_is_inside_is_what_was_asked_for() {
    for (name, version, code) in [
        ("@acme/other", "1.0.0", "subject/name-mismatch"),
        ("@acme/files-mcp", "1.0.1", "subject/version-mismatch"),
    ] {
        let desk = Desk::new();
        let inside = packages::npm(name, version);
        let integrity = packages::integrity(&inside);
        let registry = npm_registry(
            move |d| d["versions"]["1.0.0"]["dist"]["integrity"] = integrity.clone().into(),
            move |_| inside.clone(),
        );
        desk.refused(&[NPM, "--registry", &registry.address], 1, code);
    }
}

#[test]
fn b31_other_bytes_on_a_second_request_are_never_asked_for() {
    let registry = npm_registry(
        |_| {},
        |before| {
            if before == 0 {
                packages::npm("@acme/files-mcp", "1.0.0")
            } else {
                packages::npm("@acme/evil", "1.0.0")
            }
        },
    );
    let desk = Desk::new();
    let statements = desk.statements(&["--no-manifest", NPM, "--registry", &registry.address]);
    let honest = packages::sha256(&packages::npm("@acme/files-mcp", "1.0.0"));
    assert_eq!(statements[0]["subject"][0]["digest"]["sha256"], honest);
    let tarballs = registry.asked().into_iter().filter(|asked| asked.path.ends_with(".tgz")).count();
    assert_eq!(tarballs, 1);
    // The second run gets the other bytes, and what is said of them does not hold.
    desk.refused(&[NPM, "--registry", &registry.address], 1, "evidence/registry-digest-mismatch");
}

#[test]
fn b47_an_answer_without_end_and_no_answer_are_undecided() {
    for (answer, code) in [
        (Answer::Endless, "evidence/over-budget"),
        (Answer::Status(500), "evidence/registry-unreachable"),
        (Answer::Status(429), "evidence/registry-unreachable"),
        (Answer::Status(401), "evidence/registry-unreachable"),
        (Answer::Redirect("/again".into()), "evidence/registry-unreachable"),
    ] {
        let registry = Registry::start(move |_, _, _| answer.clone());
        Desk::new().refused(&[NPM, "--registry", &registry.address], 3, code);
    }
    let registry = Registry::start(|_, _, _| Answer::Status(404));
    Desk::new().refused(&[NPM, "--registry", &registry.address], 1, "evidence/registry-not-found");
}

#[test]
fn b52_a_token_goes_to_its_registry_and_to_nobody_that_it_sends_us_to() {
    let store = Registry::start(|_, _, _| {
        Answer::Bytes("application/octet-stream", packages::npm("@acme/files-mcp", "1.0.0"))
    });
    let elsewhere = store.address.clone();
    let honest = honest_npm();
    let inner = honest.address.clone();
    // The packument is the honest one's; the tarball is sent on to another port.
    let registry = Registry::start(move |own, asked: &Asked, _| {
        if asked.path.ends_with(".tgz") {
            return Answer::Redirect(format!("{elsewhere}/stored"));
        }
        let bytes = packages::npm("@acme/files-mcp", "1.0.0");
        let _ = &inner;
        let document = json!({ "name": "@acme/files-mcp", "versions": { "1.0.0": {
            "name": "@acme/files-mcp", "version": "1.0.0",
            "dist": { "integrity": packages::integrity(&bytes), "tarball": format!("{own}/files/x.tgz") } } } });
        Answer::Bytes("application/json", document.to_string().into_bytes())
    });
    let desk = Desk::new();
    let host = registry.address.trim_start_matches("http:").to_owned();
    desk.npmrc(&format!("registry={}\n{host}/:_authToken=the-token-of-this-test\n", registry.address));
    let statements = desk.statements(&["--no-manifest", NPM]);
    assert!(!statements.is_empty());
    let bearer = Some("Bearer the-token-of-this-test".to_owned());
    assert!(registry.asked().iter().all(|asked| asked.authorization == bearer), "{:?}", registry.asked());
    assert_eq!(store.asked().len(), 1);
    assert!(store.asked().iter().all(|asked| asked.authorization.is_none()), "{:?}", store.asked());
}

#[test]
fn a_scopes_own_registry_is_asked_and_no_other() {
    let (ours, other) = (honest_npm(), honest_npm());
    let desk = Desk::new();
    desk.npmrc(&format!("registry={}\n@acme:registry={}\n", other.address, ours.address));
    assert!(!desk.statements(&["--no-manifest", NPM]).is_empty());
    assert!(!ours.asked().is_empty());
    assert!(other.asked().is_empty(), "{:?}", other.asked());
    // The folder that we stand in configures nothing.
    std::fs::write(desk.at(".npmrc"), format!("@acme:registry={}\n", other.address)).unwrap();
    std::fs::write(desk.at("package.json"), "{}").unwrap();
    assert!(!desk.statements(&["--no-manifest", NPM]).is_empty());
    assert!(other.asked().is_empty());
}

/// What `advisories check` catalogues is what the registry serves now, of the digest that it states.
#[test]
fn packages_by_name_are_held_against_advisories() {
    let (desk, registry) = (Desk::new(), honest_npm());
    let record = r#"{"id":"GHSA-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"@acme/files-mcp"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.1"}]}]}]}"#;
    std::fs::create_dir(desk.at("records")).unwrap();
    std::fs::write(desk.at("records/a.json"), record).unwrap();
    let made =
        desk.command(&["advisories", "update", "--from", "records", "--dir", "kept"]).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let check = ["advisories", "check", NPM, "--dir", "kept", "--registry", &registry.address];
    let output = desk.command(&[&check[..], &["--format", "json"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["matches"][0]["purl"], "pkg:npm/%40acme/files-mcp@1.0.0");
    let asked = registry.asked().len();
    let output = desk.command(&[&check[..], &["--offline"]].concat()).output().unwrap();
    assert_eq!((output.status.code(), registry.asked().len()), (Some(2), asked), "{}", said(&output));
    // Nor is anything fetched where there are no advisories to hold it against.
    let none = ["advisories", "check", NPM, "--dir", "none", "--registry", &registry.address];
    let output = desk.command(&none).output().unwrap();
    assert_eq!((output.status.code(), registry.asked().len()), (Some(3), asked), "{}", said(&output));
    let output = desk.command(&["advisories", "check", "records", "--registry", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn b27_programs_first_in_the_callers_path_are_not_run() {
    let desk = Desk::new();
    let mark = desk.at("run");
    for folder in ["evil", "here", "here/node_modules/.bin", "here/.venv/bin"] {
        std::fs::create_dir_all(desk.at(folder)).unwrap();
        for name in HELPERS {
            packages::attacker(&desk.at(folder).join(name), &mark);
        }
    }
    let folders = ["evil", "here", "here/node_modules/.bin", "here/.venv/bin"].map(|folder| desk.at(folder));
    let path = std::env::join_paths(
        folders.iter().map(PathBuf::as_path).chain(["/usr/bin", "/bin", "."].map(Path::new)),
    );
    let path = path.unwrap();
    let attest = |args: &[&str]| {
        let mut command = desk.command(&[&["attest", "--dry-run"], args].concat());
        command.current_dir(desk.at("here")).env("PATH", &path);
        // What cargo, its build scripts, npm and pip would take a helper from.
        for (variable, name) in [
            ("RUSTC", "rustc"),
            ("RUSTC_WRAPPER", "sccache"),
            ("RUSTC_WORKSPACE_WRAPPER", "sccache"),
            ("CARGO_BUILD_RUSTC", "rustc"),
            ("CARGO_BUILD_RUSTC_WRAPPER", "sccache"),
            ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "cc"),
            ("CC", "cc"),
            ("GIT_SSH", "ssh"),
            ("npm_config_git", "git"),
            ("npm_config_script_shell", "sh"),
            ("npm_config_node_gyp", "node"),
            ("PIP_PYTHON", "python3"),
        ] {
            command.env(variable, desk.at("evil").join(name));
        }
        let output = command.output().unwrap();
        assert!(!mark.exists(), "{args:?}: {}", said(&output));
        output
    };
    let installed = |output: &Output| {
        assert!(output.status.success(), "{}", said(output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(r#""binding":"installed""#), "{}", said(output));
    };
    let registry = honest_npm();
    let output = attest(&[NPM, "--registry", &registry.address]);
    if has_npm("b27_programs_first_in_the_callers_path_are_not_run") {
        installed(&output);
        installed(&attest(&[NPM, "--registry", &registry.address, "--allow-scripts"]));
    }
    if has_python("b27_programs_first_in_the_callers_path_are_not_run") {
        let registry = pypi_registry(packages::wheel(&desk.at("home")), |_| {});
        installed(&attest(&[PYPI, "--registry", &format!("{}/simple", registry.address)]));
    }
    let registry = cargo_registry(|_| {});
    let index = format!("sparse+{}/", registry.address);
    let cargo = [CARGO, "--registry", &index, "--allow-scripts", "--installer", env!("CARGO")];
    installed(&attest(&cargo));
    // Nothing configured: the clients are asked for their defaults, which this test does not follow.
    attest(&["--no-manifest", PYPI, "--registry", &registry.address]);
    attest(&["--no-manifest", CARGO]);
    // The test can fail.
    assert!(!Command::new(desk.at("evil/git")).status().unwrap().success());
    assert!(mark.exists());
}

/// What installers, package managers and builds start.
const HELPERS: [&str; 22] = [
    "npm", "npx", "node", "node-gyp", "python", "python3", "pip", "uv", "cargo", "rustc", "rustdoc",
    "rustup", "sccache", "cc", "gcc", "ld", "ar", "sh", "bash", "git", "ssh", "env",
];

#[test]
fn a_reference_that_moves_or_several_are_usage_errors() {
    let desk = Desk::new();
    for (args, says) in [
        (&["npm:files-mcp"][..], "exact version"),
        (&["npm:files-mcp@latest"], "exact version"),
        (&["npm:a@1.0.0", "npm:b@1.0.0"], "a run of its own"),
        (&["npm:a@1.0.0", "x.tgz"], "a run of its own"),
        (&["pkg:npm/a@1.0.0?repository_url=https://registry.example"], "qualifiers"),
        (&["npm:a@1.0.0", "--registry", "http://registry.example"], "neither `https`"),
        (&["cargo:a@1.0.0"], "`--registry URL`"),
    ] {
        desk.refused(args, 2, says);
    }
    let output = desk.run(&["attest", "--dry-run", "cargo:a@1.0.0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--allow-scripts"), "{}", said(&output));
}

/// The JSON form of the Simple API; `lie` changes the one file's entry.
fn pypi_registry(wheel: Vec<u8>, lie: impl Fn(&mut Value) + Send + Sync + 'static) -> Registry {
    Registry::start(move |own, asked, _| match asked.path.as_str() {
        "/simple/files-mcp/" => {
            let mut file = json!({
                "filename": "files_mcp-1.0.0-py3-none-any.whl", "url": format!("{own}/f/files_mcp-1.0.0-py3-none-any.whl"),
                "hashes": { "sha256": packages::sha256(&wheel) }, "yanked": false,
            });
            lie(&mut file);
            let document = json!({ "meta": { "api-version": "1.1" }, "name": "files-mcp", "files": [file] });
            Answer::Bytes("application/vnd.pypi.simple.v1+json", document.to_string().into_bytes())
        }
        "/f/files_mcp-1.0.0-py3-none-any.whl" => Answer::Bytes("application/octet-stream", wheel.clone()),
        _ => Answer::Status(404),
    })
}

const PYPI: &str = "pypi:files-mcp==1.0.0";

#[test]
fn a_python_package_is_attested_by_name() {
    if !has_python("a_python_package_is_attested_by_name") {
        return;
    }
    let desk = Desk::new();
    let registry = pypi_registry(packages::wheel(&desk.at("home")), |_| {});
    let index = format!("{}/simple", registry.address);
    let statements = desk.statements(&[PYPI, "--registry", &index]);
    let manifest = tool_manifest(&statements);
    assert_eq!(manifest["kind"], "observer");
    assert_eq!(manifest["packages"][0]["purl"], "pkg:pypi/files-mcp@1.0.0");
    assert_eq!(manifest["profiles"][0]["launch"]["binding"], "installed", "{manifest}");
    let locks = manifest["bindings"]["lockfiles"].as_array().unwrap();
    assert!(
        locks.iter().any(|lock| lock["path"] == "pylock.toml" && lock["origin"] == "resolved"),
        "{locks:?}"
    );
}

/// `--only-binary` is for what an index offers; a requirement with an address of its own would be built all the same.
#[test]
fn b27_a_dependency_at_an_address_of_its_own_is_not_built() {
    if !has_python("b27_a_dependency_at_an_address_of_its_own_is_not_built") {
        return;
    }
    let desk = Desk::new();
    let (home, made) = (desk.at("home"), std::sync::OnceLock::new());
    let registry = Registry::start(move |own, asked, _| {
        let evil = format!("Requires-Dist: evil @ {own}/evil-1.0.tar.gz\n");
        let wheel = made.get_or_init(|| packages::wheel_with(&home, &evil)).clone();
        match asked.path.as_str() {
            "/simple/files-mcp/" => {
                let document = json!({ "meta": { "api-version": "1.1" }, "name": "files-mcp", "files": [{
                    "filename": "files_mcp-1.0.0-py3-none-any.whl", "url": format!("{own}/f/files_mcp-1.0.0-py3-none-any.whl"),
                    "hashes": { "sha256": packages::sha256(&wheel) }, "yanked": false,
                }] });
                Answer::Bytes("application/vnd.pypi.simple.v1+json", document.to_string().into_bytes())
            }
            "/f/files_mcp-1.0.0-py3-none-any.whl" => Answer::Bytes("application/octet-stream", wheel),
            "/evil-1.0.tar.gz" => Answer::Bytes("application/gzip", packages::asks_when_built(own)),
            _ => Answer::Status(404),
        }
    });
    let ran = || registry.asked().iter().any(|asked| asked.path == "/ran");
    let index = format!("{}/simple", registry.address);
    let output = desk.run(&["attest", "--dry-run", PYPI, "--registry", &index]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("attest/install-failed"), "{}", said(&output));
    assert!(!ran(), "a build ran that nobody had allowed");
    desk.run(&["attest", "--dry-run", PYPI, "--registry", &index, "--allow-scripts"]);
    assert!(ran(), "where it is allowed, the build runs: the test can fail");
}

/// npm prepares what lies in git by a second npm, scripts and all.
#[test]
fn b27_a_dependency_in_git_is_not_prepared() {
    if !has_npm("b27_a_dependency_in_git_is_not_prepared") {
        return;
    }
    let desk = Desk::new();
    let package = |own: &str| {
        let manifest = json!({
            "name": "@acme/files-mcp", "version": "1.0.0", "bin": "server.js",
            "dependencies": { "evil": format!("git+{own}/evil.git") },
        });
        packages::tarball(&[("package/package.json", &manifest.to_string()), ("package/server.js", "")])
    };
    let registry = Registry::start(move |own, asked, _| match asked.path.as_str() {
        "/@acme%2Ffiles-mcp" | "/@acme%2ffiles-mcp" => {
            let document = json!({ "name": "@acme/files-mcp", "versions": { "1.0.0": {
                "name": "@acme/files-mcp", "version": "1.0.0",
                "dist": { "integrity": packages::integrity(&package(own)), "tarball": format!("{own}/files-mcp.tgz") },
            } } });
            Answer::Bytes("application/json", document.to_string().into_bytes())
        }
        "/files-mcp.tgz" => Answer::Bytes("application/octet-stream", package(own)),
        _ => Answer::Status(404),
    });
    desk.npmrc(&format!("registry={}\n", registry.address));
    let output = desk.run(&["attest", "--dry-run", NPM]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("attest/install-failed"), "{}", said(&output));
    let asked = registry.asked();
    assert!(!asked.iter().any(|asked| asked.path.starts_with("/evil.git")), "git was run: {asked:?}");
}

#[test]
fn what_a_python_index_says_of_the_bytes_is_held_against_them() {
    if !has_python("what_a_python_index_says_of_the_bytes") {
        return;
    }
    type Lie = Box<dyn Fn(&mut Value) + Send + Sync>;
    let lies: Vec<(&str, Lie)> = vec![
        (
            "evidence/registry-digest-mismatch",
            Box::new(|f| f["hashes"]["sha256"] = packages::sha256(b"x").into()),
        ),
        ("evidence/registry-digest-missing", Box::new(|f| f["hashes"] = json!({ "md5": "00" }))),
        ("evidence/registry-yanked", Box::new(|f| f["yanked"] = "broken".into())),
        (
            "evidence/registry-not-found",
            Box::new(|f| f["filename"] = "../../files_mcp-1.0.0-py3-none-any.whl".into()),
        ),
        ("evidence/registry-host", Box::new(|f| f["url"] = "https://localhost/x.whl".into())),
    ];
    for (code, lie) in lies {
        let desk = Desk::new();
        let registry = pypi_registry(packages::wheel(&desk.at("home")), lie);
        desk.refused(&[PYPI, "--registry", &format!("{}/simple", registry.address)], 1, code);
    }
    let desk = Desk::new();
    let registry = pypi_registry(packages::wheel(&desk.at("home")), |f| f["yanked"] = true.into());
    let index = format!("{}/simple", registry.address);
    assert!(!desk.statements(&["--no-manifest", "--allow-yanked", PYPI, "--registry", &index]).is_empty());
}

/// A sparse index; `lie` changes the one line.
fn cargo_registry(lie: impl Fn(&mut Value) + Send + Sync + 'static) -> Registry {
    Registry::start(move |own, asked, _| match asked.path.as_str() {
        "/config.json" => {
            Answer::Bytes("application/json", json!({ "dl": format!("{own}/dl") }).to_string().into_bytes())
        }
        "/fi/le/files-mcp" => {
            let mut line = json!({
                "name": "files-mcp", "vers": "1.0.0", "deps": [], "features": {}, "yanked": false,
                "cksum": packages::sha256(&packages::crate_file()),
            });
            lie(&mut line);
            Answer::Bytes("text/plain", format!("{line}\n").into_bytes())
        }
        "/dl/files-mcp/1.0.0/download" => Answer::Bytes("application/octet-stream", packages::crate_file()),
        _ => Answer::Status(404),
    })
}

const CARGO: &str = "cargo:files-mcp@1.0.0";

#[test]
fn a_crate_is_built_and_attested_by_name() {
    let cargo = env!("CARGO");
    let registry = cargo_registry(|_| {});
    let index = format!("sparse+{}/", registry.address);
    let desk = Desk::new();
    // Cargo reads the configuration of the folder that it is started in, and of all above.
    std::fs::create_dir(desk.at(".cargo")).unwrap();
    std::fs::write(desk.at(".cargo/config.toml"), "[build]\nrustc-wrapper = \"/nonexistent/wrapper\"\n")
        .unwrap();
    let build = [CARGO, "--registry", &index, "--allow-scripts", "--installer", cargo];
    let statements = desk.statements(&build);
    let manifest = tool_manifest(&statements);
    assert_eq!(manifest["kind"], "observer");
    assert_eq!(manifest["packages"][0]["purl"], "pkg:cargo/files-mcp@1.0.0");
    assert_eq!(manifest["profiles"][0]["launch"]["binding"], "installed", "{manifest}");
    assert_eq!(manifest["profiles"][0]["launch"]["argv"][0], "{artifact}/bin/files-mcp");

    // What was built is the crate's as long as nothing is put beside it, and it cannot change itself.
    for (more, why) in [
        (&["--env", "LD_LIBRARY_PATH=/nowhere"][..], "LD_LIBRARY_PATH can make it run other code"),
        (&["--sandbox", "off"], "what was built can be changed while it runs"),
    ] {
        let output = desk.run(&[&["attest", "--dry-run"], &build[..], more].concat());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "an observer must have proof: {said}");
        assert!(said.contains(why) && output.stdout.is_empty(), "{said}");
        let publisher = [&build[..], more, &["--kind", "publisher"]].concat();
        let statements = desk.statements(&publisher);
        assert_eq!(tool_manifest(&statements)["profiles"][0]["launch"]["binding"], "command");
    }
}

#[test]
fn what_a_sparse_index_says_of_the_bytes_is_held_against_them() {
    type Lie = Box<dyn Fn(&mut Value) + Send + Sync>;
    let lies: Vec<(&str, Lie)> = vec![
        ("evidence/registry-digest-mismatch", Box::new(|l| l["cksum"] = packages::sha256(b"x").into())),
        ("evidence/registry-digest-missing", Box::new(|l| l["cksum"] = "00".into())),
        ("evidence/registry-yanked", Box::new(|l| l["yanked"] = true.into())),
        ("evidence/registry-not-found", Box::new(|l| l["vers"] = "1.0.1".into())),
        ("evidence/registry-other-package", Box::new(|l| l["name"] = "other".into())),
        ("evidence/registry-malformed", Box::new(|l| *l = json!({}))),
    ];
    for (code, lie) in lies {
        let registry = cargo_registry(lie);
        let index = format!("sparse+{}/", registry.address);
        Desk::new().refused(&[CARGO, "--registry", &index], 1, code);
    }
    let registry = Registry::start(|_, _, _| Answer::Status(404));
    let desk = Desk::new();
    desk.refused(&[CARGO, "--registry", &registry.address], 2, "git index");
    desk.refused(
        &[CARGO, "--registry", &format!("sparse+{}/", registry.address)],
        1,
        "evidence/registry-malformed",
    );
}
