//! Programs as Go and cargo-auditable really build them: what is read out of them is what their own tools say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpsign_collect::artifact::open;
use mcpsign_collect::catalog::cargo::CARGO_LOCK;
use mcpsign_collect::catalog::{Cataloger as _, FileInput, InventoryRoot, inventory};
use mcpsign_schemas::inventory::{Inventory, Means, Origin, Package, Scope};
use mcpsign_schemas::manifest::Product;
use mcpsign_schemas::sbom::{DocumentFormat, SbomOptions, write};
use mcpsign_schemas::tree::TreePath;

use crate::support::{catalog_tool, skip};

/// A module that asks for one of a registry, one beside it, and one at the other end of the machine; on one kind of machine for
/// one more.
struct Module(tempfile::TempDir);

/// What only one machine's program needs.
const APPLE: &str = "lib.example/apple@";

impl Module {
    fn new(go: &Path, test: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let library = |name: &str, path: &str| {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("go.mod"), format!("module {path}\n\ngo 1.21\n")).unwrap();
            fs::write(at(name).join("lib.go"), "package lib\n\nfunc Of() string { return \"x\" }\n").unwrap();
        };
        library("beside", "lib.example/beside");
        library("elsewhere", "lib.example/elsewhere");
        library("apple", "lib.example/apple");
        let main = at("main");
        fs::create_dir(&main).unwrap();
        let elsewhere = at("elsewhere").canonicalize().unwrap();
        let requirements = format!(
            "module acme.example/notes\n\ngo 1.21\n\nrequire (\n\tgithub.com/mitchellh/go-wordwrap v1.0.1\n\
            \tlib.example/apple v0.0.0\n\tlib.example/beside v0.0.0\n\tlib.example/elsewhere v1.2.0\n)\n\n\
            replace lib.example/apple => ../apple\n\nreplace lib.example/beside => ../beside\n\n\
            replace lib.example/elsewhere => {}\n",
            elsewhere.display()
        );
        fs::write(main.join("go.mod"), requirements).unwrap();
        let imports = "package main\n\nimport (\n\twordwrap \"github.com/mitchellh/go-wordwrap\"\n\
            \tbeside \"lib.example/beside\"\n\telsewhere \"lib.example/elsewhere\"\n)\n\n";
        fs::write(
            main.join("main.go"),
            format!("{imports}func main() {{ print(wordwrap.WrapString(beside.Of()+elsewhere.Of(), 9)) }}\n"),
        )
        .unwrap();
        fs::write(
            main.join("on_arm64.go"),
            "package main\n\nimport apple \"lib.example/apple\"\n\nfunc init() { print(apple.Of()) }\n",
        )
        .unwrap();
        let module = Self(dir);
        // From the proxy that Go is set up with, and its checksum database.
        let fetched = module.go(go, &["mod", "tidy"], &[]);
        if !fetched.status.success() {
            skip(test, "a proxy of Go modules");
            return None;
        }
        Some(module)
    }

    fn go(&self, go: &Path, args: &[&str], env: &[(&str, &str)]) -> std::process::Output {
        let mut command = Command::new(go);
        command.current_dir(self.0.path().join("main")).args(args).env("CGO_ENABLED", "0");
        command.envs(env.iter().copied()).output().unwrap()
    }

    fn build(&self, go: &Path, os: &str, arch: &str) -> PathBuf {
        let out = self.0.path().join(format!("notes-{os}-{arch}"));
        let built =
            self.go(go, &["build", "-o", out.to_str().unwrap(), "."], &[("GOOS", os), ("GOARCH", arch)]);
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        out
    }
}

/// Go, where it is.
fn go(test: &str) -> Option<PathBuf> {
    let there = |go: &PathBuf| Command::new(go).arg("version").output().is_ok_and(|o| o.status.success());
    let found = [PathBuf::from("go"), PathBuf::from("/usr/local/go/bin/go")].into_iter().find(there);
    if found.is_none() {
        skip(test, "go");
    }
    found
}

fn made_of(path: &Path) -> Inventory {
    let artifact = open(path).unwrap();
    let found = inventory(&InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() }).unwrap();
    assert_eq!(found.known_gaps(), []);
    found
}

/// `NAME@VERSION` of each, the standard library and the program itself left out.
fn modules(inventory: &Inventory) -> BTreeSet<String> {
    let counted = |package: &&Package| package.name != "stdlib" && package.origin != Origin::Root;
    let named =
        |package: &Package| format!("{}@{}", package.name, package.version.as_deref().unwrap_or_default());
    inventory.packages.values().filter(counted).map(named).collect()
}

/// The same as `go version -m` shows them: what replaces one is what counts, a folder by the name of what it replaces.
fn shown(go: &Path, program: &Path) -> BTreeSet<String> {
    let output = Command::new(go).args(["version", "-m"]).arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        match line.trim().split('\t').collect::<Vec<_>>().as_slice() {
            ["dep", name, version, ..] => found.push(format!("{name}@{version}")),
            ["=>", to, ..] => {
                let replaced = found.pop().unwrap();
                assert!(to.starts_with(['.', '/']), "not a folder: {to}");
                found.push(format!("{}@", replaced.split('@').next().unwrap()));
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}

/// Two programs of macOS as one file, laid out as `lipo` does: the head, then each on a border of 16 KiB.
fn universal(parts: [(&Path, u32); 2]) -> Vec<u8> {
    const BORDER: u32 = 14;
    let programs = parts.map(|(path, processor)| (fs::read(path).unwrap(), processor));
    let mut file: Vec<u8> = [0xcafe_babe_u32, 2].iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut at = 1_u32 << BORDER;
    for (program, processor) in &programs {
        let size = u32::try_from(program.len()).unwrap();
        for word in [*processor, 3, at, size, BORDER] {
            file.extend(word.to_be_bytes());
        }
        at = (at + size).next_multiple_of(1 << BORDER);
    }
    for (program, _) in programs {
        file.resize(file.len().next_multiple_of(1 << BORDER), 0);
        file.extend(program);
    }
    file
}

#[test]
fn go_programs_are_made_of_what_go_says() {
    let test = "go_programs_are_made_of_what_go_says";
    let Some(go) = go(test) else { return };
    let Some(module) = Module::new(&go, test) else { return };
    let [linux, intel, apple] = [("linux", "amd64"), ("darwin", "amd64"), ("darwin", "arm64")]
        .map(|(os, arch)| module.build(&go, os, arch));
    for program in [&linux, &intel, &apple] {
        let found = made_of(program);
        assert_eq!(modules(&found), shown(&go, program), "{}", program.display());
        assert!(found.packages.values().all(|package| package.means() == Means::Binary));
        assert!(found.packages.contains_key("pkg:golang/github.com/mitchellh/go-wordwrap@v1.0.1"));
        assert!(found.packages.keys().any(|id| id.starts_with("pkg:golang/stdlib@1.")));
    }
    // Where every module of the list is built, it is the list.
    let list = module.go(&go, &["list", "-m", "-f", "{{if not .Main}}{{.Path}}{{end}}", "all"], &[]);
    let listed = String::from_utf8(list.stdout).unwrap().lines().filter(|line| !line.is_empty()).count();
    assert_eq!(modules(&made_of(&apple)).len(), listed);
    // One machine's program needs a module more.
    assert!(!modules(&made_of(&intel)).contains(APPLE) && modules(&made_of(&apple)).contains(APPLE));

    let both = module.0.path().join("notes-universal");
    fs::write(&both, universal([(&intel, 0x0100_0007), (&apple, 0x0100_000c)])).unwrap();
    // Go takes it for what it is, and looks at the first alone.
    assert_eq!(shown(&go, &both), shown(&go, &intel));
    let found = made_of(&both);
    assert_eq!(modules(&found), modules(&made_of(&apple)));
    let root = found.packages.values().find(|package| package.origin == Origin::Root).unwrap();
    assert_eq!(root.purl, "pkg:golang/acme.example/notes");
    assert_eq!(root.dependencies.len(), found.packages.len() - 1);
}

#[test]
fn no_path_of_the_machine_that_built_it_is_told() {
    let test = "no_path_of_the_machine_that_built_it_is_told";
    let Some(go) = go(test) else { return };
    let Some(module) = Module::new(&go, test) else { return };
    let program = module.build(&go, "linux", "amd64");
    let elsewhere = module.0.path().canonicalize().unwrap();
    let text = elsewhere.to_str().unwrap();
    let bytes = fs::read(&program).unwrap();
    assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()), "Go does not write the path");
    let found = made_of(&program);
    assert!(found.packages.contains_key("pkg:golang/lib.example/elsewhere"), "{:?}", found.packages.keys());
    let options = SbomOptions {
        timestamp: "2026-11-02T10:11:12Z".parse().unwrap(),
        tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        creator: None,
    };
    let root = open(&program).unwrap().root_component();
    for format in DocumentFormat::ALL {
        let document = String::from_utf8(write(format, &root, &found, &options).to_canonical()).unwrap();
        assert!(!document.contains(text), "{format}");
    }
}

/// cargo, and the tool that lets it write into programs what they were built from.
#[test]
fn cargo_auditable_programs_are_made_of_their_lock_file() {
    let test = "cargo_auditable_programs_are_made_of_their_lock_file";
    let Some(auditable) = catalog_tool(test, "cargo-auditable") else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for (folder, manifest, source) in [
        (
            "main",
            "[package]\nname = \"notes\"\nversion = \"1.4.0\"\nedition = \"2024\"\n[dependencies]\ncfg-if = \"=1.0.4\"\n\
             used = { path = \"../used\" }\n[build-dependencies]\nbuilds = { path = \"../builds\" }\n\
             [dev-dependencies]\ntests = { path = \"../tests\" }\n[profile.dev]\ndebug = false\n",
            ("src/main.rs", "fn main() { used::used() }\n"),
        ),
        (
            "used",
            "[package]\nname = \"used\"\nversion = \"0.2.0\"\nedition = \"2024\"\n",
            ("src/lib.rs", "pub fn used() { println!(\"used\") }\n"),
        ),
        (
            "builds",
            "[package]\nname = \"builds\"\nversion = \"0.3.0\"\nedition = \"2024\"\n",
            ("src/lib.rs", ""),
        ),
        (
            "tests",
            "[package]\nname = \"tests\"\nversion = \"0.4.0\"\nedition = \"2024\"\n",
            ("src/lib.rs", ""),
        ),
    ] {
        fs::create_dir_all(at(folder).join("src")).unwrap();
        fs::write(at(folder).join("Cargo.toml"), manifest).unwrap();
        fs::write(at(folder).join(source.0), source.1).unwrap();
    }
    fs::write(at("main/build.rs"), "fn main() {}\n").unwrap();
    let built = Command::new(auditable)
        .current_dir(at("main"))
        .args(["auditable", "build", "--quiet"])
        .env("CARGO_TARGET_DIR", at("target"))
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let found = made_of(&at("target/debug/notes"));
    let scopes: Vec<(&str, Scope)> =
        found.packages.values().map(|package| (package.purl.as_str(), package.scope)).collect();
    assert_eq!(
        scopes,
        [
            ("pkg:cargo/builds@0.3.0", Scope::Development),
            ("pkg:cargo/cfg-if@1.0.4", Scope::Required),
            ("pkg:cargo/notes@1.4.0", Scope::Required),
            ("pkg:cargo/used@0.2.0", Scope::Required),
        ]
    );
    // All that the lock file names but what tests need.
    let lock = fs::read(at("main/Cargo.lock")).unwrap();
    let path = TreePath::try_from("Cargo.lock").unwrap();
    let locked = CARGO_LOCK.read(&FileInput { path: &path, bytes: &lock }).unwrap();
    let locked: BTreeSet<String> = locked
        .into_iter()
        .map(|package| package.purl)
        .filter(|purl| *purl != "pkg:cargo/tests@0.4.0")
        .collect();
    assert_eq!(found.packages.keys().cloned().collect::<BTreeSet<_>>(), locked);
}
