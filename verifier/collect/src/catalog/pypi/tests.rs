//! Lock files as Python's tools write them, and as they do not.

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::{Completeness, HashAlgorithm, Origin, Scope};
use mcpsign_schemas::purl::Purl;

use super::*;

fn read(cataloger: &dyn Cataloger, name: &str, bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    let path = TreePath::try_from(name).unwrap();
    cataloger.read(&FileInput { path: &path, bytes })
}

fn set_of<'p>(packages: impl Iterator<Item = &'p Package>) -> BTreeSet<String> {
    let foreign = packages.filter(|package| package.name != "notes-mcp");
    foreign.map(|p| format!("{}@{}", normalized(&p.name), p.version.as_deref().unwrap_or_default())).collect()
}

fn expected(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

macro_rules! notes {
    ($file:literal, $cataloger:expr) => {{
        let packages = read(&$cataloger, $file, include_bytes!(concat!("testdata/notes/", $file))).unwrap();
        ($file, packages, expected(include_str!(concat!("testdata/notes/", $file, ".expected"))))
    }};
}

#[test]
fn sets_are_those_of_the_tools_themselves() {
    for (file, packages, expected) in [
        notes!("uv.lock", UV_LOCK),
        notes!("pylock.toml", PYLOCK),
        notes!("requirements.txt", REQUIREMENTS),
        notes!("poetry.lock", POETRY_LOCK),
        notes!("pdm.lock", PDM_LOCK),
        notes!("Pipfile.lock", PIPFILE_LOCK),
    ] {
        let found = set_of(packages.iter());
        let missing: Vec<_> = expected.difference(&found).collect();
        let invented: Vec<_> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && invented.is_empty(),
            "{file}: missing {missing:?}, invented {invented:?}"
        );
        let ids: BTreeSet<&str> = packages.iter().map(|package| package.id.as_str()).collect();
        assert_eq!(ids.len(), packages.len(), "{file}");
        for package in &packages {
            assert!(
                package.dependencies.iter().all(|id| ids.contains(id.as_str())),
                "{file}: {}",
                package.purl
            );
            assert!(
                package.found.iter().all(|at| at.line.is_some_and(|line| line > 1)),
                "{file}: {}",
                package.purl
            );
        }
    }
}

#[test]
fn markers_leave_what_is_installed_on_a_platform() {
    let (_, packages, _) = notes!("uv.lock", UV_LOCK);
    let linux: Platform = "linux/x86_64/3.11.7".parse().unwrap();
    let there = packages.iter().filter(|p| p.scope == Scope::Required && linux.wants(p));
    assert_eq!(set_of(there), expected(include_str!("testdata/notes/installed-linux-3.11.expected")));
    // Of two versions of one name the older Python's and the newer's.
    let soupsieve = |python: &str| {
        let platform: Platform = format!("windows/AMD64/{python}").parse().unwrap();
        let there = packages.iter().filter(|p| p.name == "soupsieve" && platform.wants(p));
        there.filter_map(|p| p.version.clone()).collect::<Vec<_>>()
    };
    assert_eq!((soupsieve("3.10"), soupsieve("3.13")), (vec!["2.10".to_owned()], vec!["4.1.3".to_owned()]));
    for (file, packages, _) in [notes!("pylock.toml", PYLOCK), notes!("requirements.txt", REQUIREMENTS)] {
        let names = |system| {
            let platform: Platform = format!("{system}/x86_64/3.12").parse().unwrap();
            packages.iter().any(|p| p.name == "tzdata" && platform.wants(p))
        };
        assert!(names("windows") && !names("linux"), "{file}");
    }
}

#[test]
fn scopes_digests_and_files() {
    let of = |packages: &[Package], name: &str| packages.iter().find(|p| p.name == name).cloned().unwrap();
    let (_, uv, _) = notes!("uv.lock", UV_LOCK);
    assert_eq!(of(&uv, "httpx").scope, Scope::Required);
    assert_eq!(of(&uv, "uvicorn").scope, Scope::Optional);
    assert_eq!(of(&uv, "pytest").scope, Scope::Development);
    assert!(of(&uv, "httpx").direct && !of(&uv, "httpcore").direct);
    let (_, poetry, _) = notes!("poetry.lock", POETRY_LOCK);
    assert_eq!(of(&poetry, "httpx").scope, Scope::Required);
    assert_eq!(of(&poetry, "uvicorn").scope, Scope::Optional);
    assert_eq!(of(&poetry, "pytest").scope, Scope::Development);
    let (_, pdm, _) = notes!("pdm.lock", PDM_LOCK);
    assert_eq!(of(&pdm, "httpx").scope, Scope::Required);
    for packages in [&uv, &poetry, &pdm] {
        // One wheel for every platform beside the source distribution: that is what is installed.
        let idna = of(packages, "httpx");
        assert_eq!(idna.file_name.as_deref(), Some("httpx-0.28.1-py3-none-any.whl"));
        assert!(idna.hashes[&HashAlgorithm::Sha256].starts_with("d909fcccc110f8c7"));
    }
}

/// Where it is open which file is installed, each is there with its digest.
#[test]
fn digests_of_several_files_are_kept() {
    let of = |packages: &[Package], name: &str| packages.iter().find(|p| p.name == name).cloned().unwrap();
    let (_, uv, _) = notes!("uv.lock", UV_LOCK);
    let (_, poetry, _) = notes!("poetry.lock", POETRY_LOCK);
    let (_, pdm, _) = notes!("pdm.lock", PDM_LOCK);
    let (_, pylock, _) = notes!("pylock.toml", PYLOCK);
    let (_, pipfile, _) = notes!("Pipfile.lock", PIPFILE_LOCK);
    let (_, requirements, _) = notes!("requirements.txt", REQUIREMENTS);
    let digests = |packages: &[Package]| -> BTreeSet<String> {
        let package = of(packages, "tomli");
        assert!(package.hashes.is_empty() && package.file_name.is_none());
        package.files.iter().filter_map(|file| file.hashes.get(&HashAlgorithm::Sha256).cloned()).collect()
    };
    let all = digests(&uv);
    assert_eq!(all.len(), 65);
    for packages in [&poetry, &pdm, &pylock, &requirements] {
        assert_eq!(digests(packages), all);
    }
    for packages in [&uv, &poetry, &pdm, &pylock] {
        let files = of(packages, "tomli").files;
        assert!(files.iter().all(|file| file.name.as_deref().is_some_and(|name| name.starts_with("tomli-"))));
        // One that fits everybody stands for itself.
        assert!(of(packages, "httpx").files.is_empty());
    }
    assert_eq!(of(&pipfile, "httpx").files.len(), 2);
    let uv_files = of(&uv, "tomli").files;
    assert!(uv_files.iter().all(|file| {
        file.url.as_deref().is_some_and(|url| url.starts_with("https://files.registry.example/"))
    }));
    assert!(of(&requirements, "tomli").files.iter().all(|file| file.label().is_none()));
    let both = "a==1 --hash=sha512:zz --hash=sha256:";
    let bad = read(&REQUIREMENTS, "requirements.txt", format!("{both}{}\n", "a".repeat(64)).as_bytes());
    assert!(matches!(bad, Err(CatalogError::Malformed { .. })));
}

#[test]
fn what_the_tools_do_not_write_is_refused() {
    let uv = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"x\" }\n";
    let poetry = "[metadata]\nlock-version = \"2.1\"\n";
    let entry = "[[package]]\nname = \"a\"\nversion = \"1\"\n";
    let pdm = "[metadata]\nlock_version = \"4.5.0\"\n";
    for (cataloger, name, text) in [
        (&UV_LOCK as &dyn Cataloger, "uv.lock", "version = 2\n".to_owned()),
        (&UV_LOCK, "uv.lock", uv.replace("version = 1\n", "")),
        (&UV_LOCK, "uv.lock", format!("{uv}dependencies = [{{ name = \"gone\" }}]\n")),
        (&UV_LOCK, "uv.lock", uv.replace("registry", "strange")),
        (&UV_LOCK, "uv.lock", uv.replace("\"a\"", "\"../a\"")),
        (&UV_LOCK, "uv.lock", uv.replace("\"1\"", "\"1\\u202e\"")),
        (&UV_LOCK, "uv.lock", format!("{uv}name = \"b\"\n")),
        (&UV_LOCK, "uv.lock", format!("{uv}wheels = [{{ hash = \"sha256:zz\" }}]\n")),
        (&POETRY_LOCK, "poetry.lock", entry.to_owned()),
        (&POETRY_LOCK, "poetry.lock", format!("{entry}{}", poetry.replace("2.1", "3.0"))),
        (
            &POETRY_LOCK,
            "poetry.lock",
            format!("{entry}source = {{ type = \"strange\", url = \"x\" }}\n{poetry}"),
        ),
        (&POETRY_LOCK, "poetry.lock", format!("{entry}markers = 1\n{poetry}")),
        (&PDM_LOCK, "pdm.lock", pdm.replace("4.5.0", "5.0.0")),
        (&PDM_LOCK, "pdm.lock", format!("{pdm}{}", entry.replace("version = \"1\"\n", ""))),
        (&PDM_LOCK, "pdm.lock", format!("{pdm}{entry}dependencies = [\"a b\"]\n")),
        (&PIPFILE_LOCK, "Pipfile.lock", r#"{"_meta":{"pipfile-spec":7}}"#.into()),
        (&PIPFILE_LOCK, "Pipfile.lock", r#"{"_meta":{"pipfile-spec":6},"default":{"a":{}}}"#.into()),
        (
            &PIPFILE_LOCK,
            "Pipfile.lock",
            r#"{"_meta":{"pipfile-spec":6},"default":{"a":{"version":">=1"}}}"#.into(),
        ),
        (
            &PIPFILE_LOCK,
            "Pipfile.lock",
            r#"{"_meta":{"pipfile-spec":6},"default":{"a":{"version":"==1"},"a":{"version":"==2"}}}"#.into(),
        ),
        (&PYPROJECT, "pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\"b c\"]\n".into()),
        (&PYPROJECT, "pyproject.toml", "[project]\nversion = \"1\"\n".into()),
    ] {
        let found = read(cataloger, name, text.as_bytes());
        assert!(found.is_err(), "{text}: {found:?}");
    }
    assert_eq!(read(&PYPROJECT, "pyproject.toml", b"[tool.ruff]\n").unwrap(), []);
    assert_eq!(read(&UV_LOCK, "uv.lock", uv.as_bytes()).unwrap().len(), 1);
    assert_eq!(read(&POETRY_LOCK, "poetry.lock", format!("{entry}{poetry}").as_bytes()).unwrap().len(), 1);
    assert_eq!(read(&PDM_LOCK, "pdm.lock", format!("{pdm}{entry}").as_bytes()).unwrap().len(), 1);
}

#[test]
fn projects_declare_in_two_ways() {
    let shown = |text: &str| {
        let packages = read(&PYPROJECT, "pyproject.toml", text.as_bytes()).unwrap();
        packages.iter().map(|p| format!("{} {:?}", p.purl, p.scope)).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(
            "[project]\nname = \"A_b\"\nversion = \"1\"\ndependencies = [\"c>=1\"]\n[project.optional-dependencies]\nx = [\"d\"]\n"
        ),
        ["pkg:pypi/c Required", "pkg:pypi/d Optional", "pkg:pypi/a-b@1 Required"]
    );
    assert_eq!(
        shown(
            "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"^3.10\"\nc = \"^1\"\nd = { version = \"*\", optional = true }\n"
        ),
        ["pkg:pypi/c Required", "pkg:pypi/d Optional", "pkg:pypi/a@1 Required"]
    );
    let poetry =
        "[tool.poetry]\nname = \"a\"\n[tool.poetry.dependencies]\nc = \"^1\"\nd = { version = \"~2\" }\n";
    let packages = read(&PYPROJECT, "pyproject.toml", poetry.as_bytes()).unwrap();
    let ranges: Vec<&str> = packages.iter().flat_map(|p| &p.requested).map(String::as_str).collect();
    assert_eq!(ranges, ["^1", "~2"]);
    let lines: Vec<_> = packages.iter().map(|p| p.found.first().unwrap().line).collect();
    assert_eq!(lines, [Some(4), Some(5), None]);
}

#[test]
fn installed_below_the_root() {
    let text = "Metadata-Version: 2.1\nName: Mcp\nVersion: 1.0\nLicense: MIT\nRequires-Dist: anyio\nRequires-Dist: x; extra == 'y'\n";
    let packages = read(&DIST_INFO, "lib/mcp-1.0.dist-info/METADATA", text.as_bytes()).unwrap();
    let [package] = packages.as_slice() else { panic!("{packages:?}") };
    assert_eq!((package.id.as_str(), package.purl.as_str()), ("lib/mcp-1.0.dist-info", "pkg:pypi/mcp@1.0"));
    assert_eq!(package.dependencies.iter().collect::<Vec<_>>(), ["asked:anyio", "optional:x"]);
    let wants = |path: &str| DIST_INFO.wants(&TreePath::try_from(path).unwrap());
    assert!(wants("venv/lib/python3.11/site-packages/a-1.dist-info/METADATA"));
    assert!(!wants("a-1.dist-info/METADATA") && !wants("lib/METADATA") && !wants("lib/.dist-info/METADATA"));
}

/// pip and Python take what they are given.
#[test]
fn b63_what_is_installed_is_there_however_its_metadata_are_written() {
    let purls = |path: &str, bytes: &[u8]| {
        let packages = read(&DIST_INFO, path, bytes).unwrap();
        packages.into_iter().map(|package| package.purl).collect::<Vec<_>>()
    };
    let (path, evil) = ("lib/evil-1.0.dist-info/METADATA", "pkg:pypi/evil@1.0");
    let mut big = b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n\n".to_vec();
    big.resize(5 << 20, b'a');
    for bytes in [
        &b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"[..],
        b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0.0\n",
        b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\nLicense: MIT\nLicense: ISC\n",
        b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\nAuthor: \xff\n",
        b"Metadata-Version: 2.1\rName: evil\rVersion: 1.0\r\r",
        b"Name : evil\nno header\nVersion: 1.0\n",
        b"Metadata-Version: 2.1\nName: evil\n\n",
        b"\nMetadata-Version: 2.1\n",
        b"",
        big.as_slice(),
    ] {
        let found = purls(path, bytes);
        assert!(matches!(found.as_slice(), [one] if one.starts_with(evil)), "{found:?}");
    }
    // Whichever of them a reader believes is looked up.
    let twice = b"Metadata-Version: 2.1\nName: other\nName: good\nVersion: 2.0\n";
    assert_eq!(purls(path, twice), ["pkg:pypi/other@2.0", "pkg:pypi/good@2.0", evil]);
    let other = b"Metadata-Version: 2.1\nName: good\nVersion: 2.0\n";
    assert_eq!(purls(path, other), ["pkg:pypi/good@2.0", evil]);
    assert!(
        read(&DIST_INFO, "lib/evil.dist-info/METADATA", b"Name: \n").is_err(),
        "nothing says which it is"
    );
    let egg = "site-packages/evil-1.0-py3.11.egg-info/PKG-INFO";
    assert_eq!(read(&EGG_INFO, egg, b"\xff").unwrap()[0].purl, evil);
}

#[test]
fn installed_by_setuptools_of_old() {
    let text = "Metadata-Version: 1.1\nName: PyYAML\nVersion: 5.4\nLicense: MIT\n";
    let site = "usr/lib/python3/dist-packages";
    for (path, id) in [
        ("PyYAML-5.4.egg-info", "PyYAML-5.4.egg-info"),
        ("PyYAML-5.4.egg-info/PKG-INFO", "PyYAML-5.4.egg-info"),
        ("PyYAML-5.4-py3.egg/EGG-INFO/PKG-INFO", "PyYAML-5.4-py3.egg"),
    ] {
        let path = format!("{site}/{path}");
        assert!(EGG_INFO.wants(&TreePath::try_from(path.as_str()).unwrap()), "{path}");
        let packages = read(&EGG_INFO, &path, text.as_bytes()).unwrap();
        let [package] = packages.as_slice() else { panic!("{packages:?}") };
        assert_eq!(package.purl, "pkg:pypi/pyyaml@5.4");
        assert_eq!(
            (package.id.as_str(), package.completeness),
            (&*format!("{site}/{id}"), Completeness::Unknown)
        );
    }
    // The sources' own, and what belongs to no package.
    for path in [
        "a.egg-info/PKG-INFO",
        "src/a.egg-info/PKG-INFO",
        "site-packages/PKG-INFO",
        "site-packages/a/b.egg-info",
    ] {
        assert!(!EGG_INFO.wants(&TreePath::try_from(path).unwrap()), "{path}");
    }
}

/// The index of packages whose package URLs name none.
fn default_index() -> String {
    format!("https://{}", Purl::default_registry("pypi").next().unwrap())
}

#[test]
fn packages_of_another_index_are_not_those_of_the_default() {
    let uv = |index: &str| {
        format!(
            "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = {{ registry = \"{index}\" }}\n"
        )
    };
    let poetry = |index: &str| {
        format!(
            "[metadata]\nlock-version = \"2.1\"\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
             [package.source]\ntype = \"legacy\"\nurl = \"{index}\"\nreference = \"x\"\n"
        )
    };
    let pylock = |index: &str| {
        format!("lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nindex = \"{index}\"\n")
    };
    for (index, purl) in [
        (default_index().as_str(), "pkg:pypi/a@1"),
        (&format!("{}/", default_index()), "pkg:pypi/a@1"),
        (&default_index().replace("://", "://u:TOKEN@"), "pkg:pypi/a@1"),
        (
            "https://u:TOKEN@registry.example/simple",
            "pkg:pypi/a@1?repository_url=https:%2F%2Fregistry.example%2Fsimple",
        ),
        ("../wheels", "pkg:pypi/a@1?repository_url=(unreadable)"),
    ] {
        for (cataloger, name, text) in [
            (&UV_LOCK as &dyn Cataloger, "uv.lock", uv(index)),
            (&POETRY_LOCK, "poetry.lock", poetry(index)),
            (&PYLOCK, "pylock.toml", pylock(index)),
        ] {
            let packages = read(cataloger, name, text.as_bytes()).unwrap();
            assert_eq!(packages[0].purl, purl, "{name}");
        }
    }
}

/// One version for each platform, from the index that has it.
#[test]
fn a_package_may_stand_in_pylock_once_for_each_platform() {
    let entry = |marker: &str, index: &str| {
        format!(
            "[[packages]]\nname = \"torch\"\nversion = \"2.5.1\"\nmarker = \"sys_platform == '{marker}'\"\nindex = \"{index}\"\n"
        )
    };
    let top = "lock-version = \"1.0\"\n[[packages]]\nname = \"app\"\nversion = \"1\"\n\
               dependencies = [{ name = \"torch\", version = \"2.5.1\" }]\n";
    let (mac, linux) =
        (entry("darwin", &default_index()), entry("linux", "https://registry.example/whl/cpu"));
    let packages = read(&PYLOCK, "pylock.toml", format!("{top}{mac}{linux}").as_bytes()).unwrap();
    assert_eq!((packages.len(), packages[0].dependencies.len()), (3, 2));
    assert!(read(&PYLOCK, "pylock.toml", format!("{top}{mac}{mac}").as_bytes()).is_err());
}

/// A hundred thousand of one name, each asking for all of them, are not looked through for each.
#[test]
fn packages_of_one_name_are_not_held_against_each_other() {
    use std::fmt::Write as _;
    let mut lock = String::from("version = 1\n");
    for at in 0..1_000 {
        let _ = write!(
            lock,
            "[[package]]\nname = \"a\"\nversion = \"{at}\"\nsource = {{ registry = \"x\" }}\ndependencies = [{{ name = \"a\", version = \"{at}\" }}]\n"
        );
    }
    assert!(matches!(read(&UV_LOCK, "uv.lock", lock.as_bytes()), Err(CatalogError::TooManyOf { .. })));
    let pylock = lock.replacen("version = 1", "lock-version = \"1.0\"", 1);
    let pylock = pylock.replace("[[package]]", "[[packages]]").replace("source = { registry = \"x\" }\n", "");
    assert!(matches!(read(&PYLOCK, "pylock.toml", pylock.as_bytes()), Err(CatalogError::TooManyOf { .. })));
}

#[test]
fn what_pyproject_leaves_to_the_build_is_not_nothing() {
    let of = |rest: &str| {
        let text = format!("[project]\nname = \"p\"\nversion = \"1\"\n{rest}");
        let path = TreePath::try_from("pyproject.toml").unwrap();
        let file = FileInput { path: &path, bytes: text.as_bytes() };
        let packages = PYPROJECT.read(&file).unwrap();
        let completeness = packages.last().unwrap().completeness;
        (packages.len() - 1, completeness, PYPROJECT.passes_over(&file).len())
    };
    let poetry = "[tool.poetry.dependencies]\npython = \"^3.11\"\nrequests = \"^2\"\n";
    assert_eq!(of(""), (0, Completeness::Complete, 0));
    assert_eq!(of(poetry), (0, Completeness::Complete, 0), "PEP 621 counts where both are");
    for dynamic in ["dependencies", "optional-dependencies"] {
        assert_eq!(of(&format!("dynamic = [\"{dynamic}\"]\n")), (0, Completeness::Unknown, 1), "{dynamic}");
    }
    assert_eq!(of(&format!("dynamic = [\"dependencies\"]\n{poetry}")), (1, Completeness::Incomplete, 0));
}

#[test]
fn pipenv_names_indexes_and_the_project_itself() {
    let lock = r#"{"_meta":{"pipfile-spec":6,"sources":[{"name":"pypi","url":"DEFAULT"},{"name":"own","url":"https://registry.example/simple"}]},
        "default":{"a":{"version":"==1","index":"pypi"},"b":{"version":"==1","index":"own"},"p":{"editable":true,"path":"."}}}"#;
    let lock = lock.replace("DEFAULT", &default_index());
    let packages = read(&PIPFILE_LOCK, "Pipfile.lock", lock.as_bytes()).unwrap();
    let purls: Vec<&str> = packages.iter().map(|package| package.purl.as_str()).collect();
    assert_eq!(purls, ["pkg:pypi/a@1", "pkg:pypi/b@1?repository_url=https:%2F%2Fregistry.example%2Fsimple"]);
}

/// The package URLs of what a pyproject.toml asks for, less the type, each behind its marker; and how many gaps it leaves.
fn wished(text: &str) -> (Vec<String>, usize) {
    let path = TreePath::try_from("pyproject.toml").unwrap();
    let file = FileInput { path: &path, bytes: text.as_bytes() };
    let packages = PYPROJECT.read(&file).unwrap();
    let wishes = packages.iter().filter(|package| package.origin == Origin::Declared).map(|package| {
        let marker: Vec<&str> = package.markers.iter().map(String::as_str).collect();
        format!("{}{}", marker.join(" "), package.purl.replace("pkg:pypi/", "|"))
    });
    (wishes.collect(), PYPROJECT.passes_over(&file).len())
}

const OWN: &str = "?repository_url=https:%2F%2Fregistry.example%2Fsimple";

#[test]
fn what_uv_takes_from_elsewhere_is_not_the_index_s() {
    let of = |rest: &str| {
        wished(&format!(
            "[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"A_b>=1\", \"c\"]\n{rest}"
        ))
    };
    let own = "[[tool.uv.index]]\nname = \"own\"\nurl = \"https://u:S3CRET@registry.example/simple\"\n";
    let git = "?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fa%40v1";
    for (how, purl) in [
        ("{ git = \"https://u:S3CRET@git.example/a\", tag = \"v1\" }", format!("|a-b{git}")),
        (
            "{ url = \"https://files.example/a.whl?S3CRET\" }",
            "|a-b?download_url=https:%2F%2Ffiles.example%2Fa.whl".into(),
        ),
        ("{ path = \"/home/ada/a\" }", "|a-b?download_url=(unreadable)".into()),
        ("{ workspace = true }", "|a-b?download_url=(unreadable)".into()),
        ("{ index = \"own\" }", format!("|a-b{OWN}")),
        ("{ index = \"gone\" }", "|a-b?repository_url=(unreadable)".into()),
    ] {
        let explicit = format!("[tool.uv.sources]\na-b = {how}\n{own}explicit = true\n");
        assert_eq!(of(&explicit), (vec![purl, "|c".into()], 0), "{how}");
    }
    // One source for each condition, and what holds where none of these does.
    let several = "[tool.uv.sources]\nA-B = [{ git = \"https://git.example/a\", tag = \"v1\", marker = \"sys_platform == 'linux'\" }, { path = \"a\", marker = \"sys_platform == 'win32'\" }]\n";
    assert_eq!(
        of(several).0,
        [
            format!("sys_platform == 'linux'|a-b{git}"),
            "sys_platform == 'win32'|a-b?download_url=(unreadable)".into(),
            "|a-b".into(),
            "|c".into()
        ]
    );
    assert_eq!(of(&format!("{own}default = true\n")), (vec![format!("|a-b{OWN}"), format!("|c{OWN}")], 0));
    assert_eq!(of("[tool.uv]\nindex-url = \"https://registry.example/simple\"\n").0[0], format!("|a-b{OWN}"));
    // Beside the default one: of which of them a package is nobody says.
    assert_eq!(of(own), (vec!["|a-b".into(), "|c".into()], 1));
    assert_eq!(of("[tool.uv]\nextra-index-url = [\"https://registry.example/simple\"]\n").1, 1);
}

#[test]
fn what_poetry_and_pdm_take_from_another_index_is_not_the_default_one_s() {
    let project = "[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"a\"]\n";
    let of_poetry = "[tool.poetry]\nname = \"p\"\nversion = \"1\"\n[tool.poetry.dependencies]\na = \"^1\"\n";
    let source = |rest: &str| {
        format!("[[tool.poetry.source]]\nname = \"own\"\nurl = \"https://registry.example/simple\"\n{rest}\n")
    };
    let default = "[[tool.poetry.source]]\nname = \"PyPI\"\n";
    for base in [project, of_poetry] {
        let of = |rest: &str| {
            let (purls, gaps) = wished(&format!("{base}{rest}"));
            (purls.concat(), gaps)
        };
        assert_eq!(of(&source("")), (format!("|a{OWN}"), 0), "{base}");
        assert_eq!(of(&source("priority = \"primary\"")), (format!("|a{OWN}"), 0));
        assert_eq!(of(&source("default = true")), (format!("|a{OWN}"), 0));
        for more in ["priority = \"supplemental\"", "priority = \"secondary\"", "secondary = true"] {
            assert_eq!(of(&source(more)), ("|a".into(), 1), "{more}");
        }
        assert_eq!(of(&format!("{}{default}", source(""))), ("|a".into(), 1));
        assert_eq!(of(&source("priority = \"explicit\"")), ("|a".into(), 0));
        assert_eq!(of(default), ("|a".into(), 0));
    }
    let explicit = source("priority = \"explicit\"");
    for how in ["{ version = \"^1\", source = \"own\" }", "{ source = \"own\", markers = \"x == 'y'\" }"] {
        let named = of_poetry.replace("\"^1\"", how);
        let (purls, gaps) = wished(&format!("{named}{explicit}"));
        assert!(purls.len() == 1 && purls[0].ends_with(&format!("|a{OWN}")) && gaps == 0, "{how}: {purls:?}");
    }
    let enriched = format!("{project}[tool.poetry.dependencies]\na = {{ source = \"own\" }}\n{explicit}");
    assert_eq!(wished(&enriched).0, [format!("|a{OWN}")]);

    let of = |name: &str| {
        wished(&format!(
            "{project}[[tool.pdm.source]]\nname = \"{name}\"\nurl = \"https://registry.example/simple\"\n"
        ))
    };
    assert_eq!(of("pypi"), (vec![format!("|a{OWN}")], 0));
    assert_eq!(of("own"), (vec!["|a".into()], 1));
}

/// pdm.lock does not say of which index its packages are: the project's file does.
#[test]
fn packages_of_pdm_are_of_the_index_that_the_project_names() {
    let lock = "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]]\nname = \"g\"\nversion = \"1\"\ngit = \"https://git.example/g\"\nrevision = \"abc\"\n";
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("pdm.lock"), lock).unwrap();
    let found = |sources: &str| {
        let project =
            format!("[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"a\", \"g\"]\n{sources}");
        std::fs::write(dir.path().join("pyproject.toml"), project).unwrap();
        let root = crate::catalog::InventoryRoot { project: Some(dir.path()), ..Default::default() };
        let found = crate::catalog::inventory(&root).unwrap();
        let purls = found.packages.keys().filter(|id| id.starts_with("pkg:pypi/a")).cloned();
        (purls.collect::<Vec<_>>().concat(), found.packages.len(), found.known_gaps().len())
    };
    let source = |name: &str| {
        format!("[[tool.pdm.source]]\nname = \"{name}\"\nurl = \"https://registry.example/simple\"\n")
    };
    assert_eq!(found(""), ("pkg:pypi/a@1".into(), 3, 0));
    assert_eq!(found(&source("pypi")), (format!("pkg:pypi/a@1{OWN}"), 3, 0));
    assert_eq!(found(&source("own")), ("pkg:pypi/a@1".into(), 3, 1));
}
