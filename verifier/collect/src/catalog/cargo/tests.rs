//! Lock files as cargo writes them, and as it does not.

use super::*;

fn parse(text: &str) -> Result<BTreeMap<String, Package>, CatalogError> {
    let path = TreePath::try_from("Cargo.lock").unwrap();
    let packages = CARGO_LOCK.read(&FileInput { path: &path, bytes: text.as_bytes() })?;
    Ok(packages.into_iter().map(|package| (package.purl.clone(), package)).collect())
}

fn names(packages: &BTreeMap<String, Package>, of: &str) -> Vec<String> {
    let ids = &packages[of].dependencies;
    ids.iter().map(|id| id.split(" (").next().unwrap().to_owned()).collect()
}

fn without_lines(packages: &mut BTreeMap<String, Package>) {
    for package in packages.values_mut() {
        let found = std::mem::take(&mut package.found);
        package.found = found.into_iter().map(|at| Location { line: None, ..at }).collect();
    }
}

#[test]
fn versions_2_to_4_say_the_same() {
    let mut v4 = parse(include_str!("testdata/v4.lock")).unwrap();
    let lines: Vec<_> = v4.values().map(|p| p.found.first().and_then(|at| at.line).unwrap()).collect();
    // In the order of the purls: by name, which is that of the file.
    assert_eq!(lines, [6, 12, 18, 26, 36, 42, 47]);
    without_lines(&mut v4);
    for older in [include_str!("testdata/v3.lock"), include_str!("testdata/v2.lock")] {
        let mut older = parse(older).unwrap();
        without_lines(&mut older);
        assert_eq!(older, v4);
    }
    let git = "pkg:cargo/patched@0.1.0?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Facme%2Fpatched%404f6c2a1b9d8e7f60514233241506f7e8d9c0b1a2";
    let purls: Vec<&str> = v4.keys().map(String::as_str).collect();
    assert_eq!(
        purls,
        [
            "pkg:cargo/bitflags@1.3.2",
            "pkg:cargo/bitflags@2.9.4",
            "pkg:cargo/files-core@0.3.0",
            "pkg:cargo/files-mcp@0.3.0",
            "pkg:cargo/house-style@1.0.0?repository_url=https:%2F%2Fcrates.registry.example%2Findex%2F",
            git,
            "pkg:cargo/test-support@0.3.0",
        ]
    );
    assert_eq!(
        names(&v4, "pkg:cargo/files-mcp@0.3.0"),
        ["bitflags 1.3.2", "files-core 0.3.0", "patched 0.1.0", "test-support 0.3.0"]
    );
    assert_eq!(names(&v4, "pkg:cargo/files-core@0.3.0"), ["bitflags 2.9.4", "house-style 1.0.0"]);
    let checksum = v4["pkg:cargo/bitflags@2.9.4"].hashes.get(&HashAlgorithm::Sha256).map(String::as_str);
    assert_eq!(checksum, Some("2261d10cca569e4643e526d8dc2e62e433cc8aba21ab764233731f8d369bf394"));
    assert!(v4[git].hashes.is_empty());
    assert!(matches!(&v4[git].origin, Origin::Git { commit: Some(_), .. }));
    // What none of the workspace's packages asks for is the project.
    let roots: Vec<&str> =
        v4.values().filter(|p| p.origin == Origin::Root).map(|p| p.name.as_str()).collect();
    assert_eq!(roots, ["files-mcp"]);
    assert_eq!(v4["pkg:cargo/files-core@0.3.0"].origin, Origin::Local { path: None });
    assert!(v4.values().all(|p| p.scope == Scope::Unstated && p.completeness == Completeness::Complete));
}

#[test]
fn version_1_keeps_checksums_apart() {
    let v1 = parse(include_str!("testdata/v1.lock")).unwrap();
    assert_eq!(names(&v1, "pkg:cargo/files-mcp@0.1.0"), ["bitflags 1.3.2", "helper 0.1.0"]);
    assert_eq!(v1["pkg:cargo/bitflags@1.3.2"].hashes.len(), 1);
    let root = parse(include_str!("testdata/v1-root.lock")).unwrap();
    assert_eq!(root["pkg:cargo/files-mcp@0.0.1"].origin, Origin::Root);
    assert_eq!(names(&root, "pkg:cargo/files-mcp@0.0.1"), ["libc 0.2.9"]);
    assert!(root["pkg:cargo/libc@0.2.9"].hashes.is_empty());
}

#[test]
fn a_workspace_in_which_all_ask_for_each_other_is_all_root() {
    let circle = "[[package]]\nname=\"a\"\nversion=\"1.0.0\"\ndependencies=[\"b\"]\n\
                  [[package]]\nname=\"b\"\nversion=\"1.0.0\"\ndependencies=[\"a\"]\n";
    assert!(parse(circle).unwrap().values().all(|package| package.origin == Origin::Root));
}

#[test]
fn what_cargo_does_not_write_is_refused() {
    let package = |rest: &str| format!("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n{rest}");
    let malformed = |text: &str| match parse(text) {
        Err(CatalogError::Malformed { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    };
    for reference in
        ["b", "a 2.0.0", "a 1.0.0 (registry+https://registry.example)", "", "a 1.0.0 x", "a 1.0.0 (x) y"]
    {
        let text = package(&format!("dependencies = [\"{reference}\"]"));
        assert_eq!(malformed(&text), "not one package of this file", "{reference}");
    }
    // Two that fit: the file leaves open which is meant.
    let two = "[[package]]\nname=\"a\"\nversion=\"1.0.0\"\n[[package]]\nname=\"a\"\nversion=\"2.0.0\"\n\
               [[package]]\nname=\"b\"\nversion=\"1.0.0\"\ndependencies=[\"a\"]\n";
    assert_eq!(malformed(two), "not one package of this file");
    assert_eq!(malformed(&package("").repeat(2)), "the package stands twice");
    for checksum in ["00", &"é".repeat(32), &"+f".repeat(32), &"A".repeat(64)] {
        assert_eq!(malformed(&package(&format!("checksum = \"{checksum}\""))), "`checksum` is no SHA-256");
    }
    for source in ["x", "ftp+https://h/x", "git+nowhere"] {
        let what = malformed(&package(&format!("source = \"{source}\"")));
        assert_eq!(what, "a source that this version does not know", "{source}");
    }
    assert!(matches!(parse("version = 5"), Err(CatalogError::Version { .. })));
    for text in ["[", "package = 1", "[[package]]\nname = \"a\"", "version = 4\nversion = 4"] {
        assert!(matches!(parse(text), Err(CatalogError::CargoLock(_))), "{text}");
    }
    assert!(matches!(
        parse("[[package]]\nname = \"a b\"\nversion = \"1.0.0\""),
        Err(CatalogError::Package { .. })
    ));
    assert!(matches!(parse(&" ".repeat(MAX_BYTES + 1)), Err(CatalogError::TooLarge)));
}

#[test]
fn a_long_list_takes_no_quadratic_time() {
    let mut text = String::new();
    for number in 0..20_000 {
        text += &format!(
            "[[package]]\nname = \"p{number}\"\nversion = \"1.0.0\"\ndependencies = [\"p{}\"]\n",
            number / 2
        );
    }
    let started = std::time::Instant::now();
    assert_eq!(parse(&text).unwrap().len(), 20_000);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn many_of_one_name_are_told_apart_by_version_first() {
    // Going through all of the name for each reference would take 4 million steps, of which MAX_EDGES are allowed.
    let package = |n: u32| {
        let next = (n + 1) % 2000;
        format!("[[package]]\nname = \"a\"\nversion = \"{n}.0.0\"\ndependencies = [\"a {next}.0.0\"]\n")
    };
    let text: String = std::iter::once("version = 3\n".to_owned()).chain((0..2000).map(package)).collect();
    let packages = parse(&text).unwrap();
    assert_eq!(names(&packages, "pkg:cargo/a@7.0.0"), ["a 8.0.0"]);
    // Who does not say which version means any of them: nobody writes so.
    let vague = text.replace("\"a 8.0.0\"", "\"a\"");
    assert!(matches!(parse(&vague), Err(CatalogError::Malformed { .. })));
    // Sources are told apart among one version alone, and count.
    let source = |n: u32| {
        let next = (n + 1) % 1000;
        format!(
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://git.example/{n}\"\n\
             dependencies = [\"a 1.0.0 (git+https://git.example/{next})\"]\n"
        )
    };
    let text: String = std::iter::once("version = 3\n".to_owned()).chain((0..1000).map(source)).collect();
    assert_eq!(parse(&text), Err(crate::catalog::TOO_MANY_EDGES));
}
