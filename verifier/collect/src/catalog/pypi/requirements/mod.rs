//! requirements.txt as `uv export`, `pip-compile` and `pip freeze` write it: names with exact versions, and digests.

mod include;

use std::borrow::Cow;

use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use pep440_rs::Version;

use super::Requirement;
use super::locked::{Choice, malformed, package, set_file, set_files, set_index, set_origin};
use super::requirement::is_name;
use crate::catalog::url::is_file;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES};

pub(crate) use include::{Included, includes, may_be_included};

/// requirements.txt.
pub static REQUIREMENTS: Requirements = Requirements;

/// The cataloger of requirements.txt.
#[derive(Debug)]
pub struct Requirements;

impl Cataloger for Requirements {
    fn id(&self) -> &'static str {
        "python/requirements"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        matches!(path.as_str(), "requirements.txt" | "requirements.lock")
    }

    /// What has no exact version is only asked for.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let mut packages = Vec::new();
        for (line, text) in logical_lines(&decoded(file.bytes)?) {
            if packages.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            if let Said::Package(package) = read(packages.len(), &text, line)? {
                packages.push(*package);
            }
        }
        set_index_of(file, &mut packages)?;
        Ok(packages)
    }

    /// Other files that it names among them: whoever has those reads them.
    fn passes_over(&self, file: &FileInput<'_>) -> Vec<String> {
        let named = includes(file).into_iter();
        let named = named.map(|one| format!("line {}: it names another file, which is not read", one.line));
        named.chain(unknown(file)).collect()
    }
}

/// What it installs of which it does not say what it is, but for other files that it names.
pub(crate) fn unknown(file: &FileInput<'_>) -> Vec<String> {
    let Ok(text) = decoded(file.bytes) else { return Vec::new() };
    let lines = logical_lines(&text).into_iter().filter_map(|(line, text)| match read(0, &text, line) {
        Ok(Said::Unknown(why)) => Some(format!("line {line}: {why}")),
        _ => None,
    });
    let open = indexes(file.bytes).and_then(|(_, extra)| extra);
    let open = open
        .map(|line| format!("line {line}: another index as well: of which of them a package is nobody says"));
    lines.chain(open).collect()
}

/// The address of the index that the file names, and the line on which it names one more.
fn indexes(bytes: &[u8]) -> Option<(String, Option<u32>)> {
    const EXTRA: &str = "--extra-index-url";
    let text = decoded(bytes).ok()?;
    let (mut index, mut extra) = (String::new(), None);
    for (line, text) in logical_lines(&text) {
        if let Some(address) =
            option(&text, "-i", "--index-url").or_else(|| option(&text, "--pypi-url", "--pypi-url"))
        {
            address.clone_into(&mut index);
        }
        extra = extra.or_else(|| option(&text, EXTRA, EXTRA).map(|_| line));
    }
    (!index.is_empty() || extra.is_some()).then_some((index, extra))
}

/// Lets `packages`, of a file that names one index alone, be of that one where no file says of which they are.
///
/// # Errors
/// When its address cannot stand in a package URL.
pub(crate) fn set_index_of(file: &FileInput<'_>, packages: &mut [Package]) -> Result<(), CatalogError> {
    let Some((index, None)) = indexes(file.bytes) else { return Ok(()) };
    let is_open = |package: &&mut Package| !package.purl.contains("repository_url=");
    packages.iter_mut().filter(is_open).try_for_each(|package| set_index(package, &index))
}

/// A line, before it is known what it installs.
enum Line<'l> {
    /// Another file.
    Includes {
        target: &'l str,
        /// Whether that one installs nothing.
        constrains: bool,
    },
    /// Anything else.
    Other(&'l str),
}

fn line_of(line: &str) -> Line<'_> {
    if let Some(target) = option(line, "-r", "--requirement") {
        return Line::Includes { target, constrains: false };
    }
    match option(line, "-c", "--constraint") {
        Some(target) => Line::Includes { target, constrains: true },
        None => Line::Other(line),
    }
}

/// What a line says.
enum Said {
    Package(Box<Package>),
    /// An option, another file, or the project itself.
    Nothing,
    /// Something is installed, and what is not said.
    Unknown(&'static str),
}

/// The text as pip decodes it: by its byte order mark, which some shells write before UTF-16, else as UTF-8.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, CatalogError> {
    let units = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks();
        let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
        text.ok().filter(|_| odd.is_empty()).map(Cow::Owned)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        _ => str::from_utf8(bytes).ok().map(Cow::Borrowed),
    };
    text.ok_or_else(|| malformed("requirements.txt", "neither UTF-8 nor UTF-16"))
}

/// Lines with their continuations, without comments, each with the number of its first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let mark = line.match_indices('#').map(|(at, _)| at);
        let mut marks =
            mark.filter(|at| line.get(..*at).is_some_and(|before| before.ends_with(char::is_whitespace)));
        let line = match marks.next() {
            _ if line.trim_start().starts_with('#') => "",
            Some(comment) => line.get(..comment).unwrap_or(line),
            None => line,
        };
        let (content, continues) = match line.trim_end().strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line, false),
        };
        let (_, all) =
            open.get_or_insert_with(|| (u32::try_from(number + 1).unwrap_or(u32::MAX), String::new()));
        all.push(' ');
        all.push_str(content.trim());
        if !continues {
            lines.extend(open.take());
        }
    }
    lines.extend(open);
    lines
        .into_iter()
        .map(|(number, line)| (number, line.trim().to_owned()))
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

fn read(at: usize, line: &str, number: u32) -> Result<Said, CatalogError> {
    let Line::Other(line) = line_of(line) else { return Ok(Said::Nothing) };
    let (wish, options) = match line.split_once(" --") {
        Some((wish, options)) if !wish.starts_with('-') => (wish.trim(), options),
        _ => (line, ""),
    };
    let wish = match option(wish, "-e", "--editable") {
        Some(target) => target,
        None if wish.starts_with('-') => return Ok(Said::Nothing),
        None => wish,
    };
    if is_project(wish) {
        return Ok(Said::Nothing);
    }
    let Some(wish) = direct(wish) else {
        return Ok(Said::Unknown("a folder or an address, of which it does not say which package it is"));
    };
    let parsed = Requirement::parse(&wish);
    let parsed =
        parsed.ok_or_else(|| CatalogError::Line { line: number, what: "not a requirement".to_owned() })?;
    let mut package = one(at, &parsed, number, &wish)?;
    let files = digests(options).into_iter();
    let files = files.map(|digest| Choice { digest: Some(digest), ..Choice::default() });
    set_files(&mut package, &files.collect::<Vec<_>>())?;
    Ok(Said::Package(Box::new(package)))
}

/// A package as it was asked for, by a requirement that is `written` so.
fn one(at: usize, wish: &Requirement, line: u32, written: &str) -> Result<Package, CatalogError> {
    let exact = wish.specifier.strip_prefix("===").or_else(|| wish.specifier.strip_prefix("=="));
    // What a variable of the environment stands for nobody says here.
    let exact = exact.map(str::trim).filter(|version| !version.contains([',', '*', '$']));
    let address = wish.specifier.strip_prefix("@ ");
    let wheel =
        address.and_then(|_| wheel(written.split(['@', '#', ' ']).rfind(|part| part.ends_with(".whl"))?));
    let version = exact.map(Cow::Borrowed).or_else(|| wheel.as_ref().map(|(_, version)| version.clone()));
    let mut package = package(at.to_string(), &wish.name, version.as_deref(), Some(line))?;
    package.markers = wish.marker.iter().cloned().collect();
    package.completeness = Completeness::Unknown;
    // The file is for one purpose, and does not say for which.
    package.scope = Scope::Unstated;
    let origin = match wish.origin() {
        Some(origin) => origin,
        None if version.is_some() => Origin::Registry { url: None },
        None => {
            package.requested.insert(wish.requested());
            Origin::Declared
        }
    };
    set_origin(&mut package, origin)?;
    if let (Some(_), Some(digest)) = (address, fragment(written, "sha256")) {
        set_file(&mut package, &Choice { digest: Some(digest), ..Choice::default() })?;
    }
    Ok(package)
}

/// The value of an option in one of its two spellings.
fn option<'l>(line: &'l str, short: &str, long: &str) -> Option<&'l str> {
    let value = match line.strip_prefix(long) {
        Some(rest) => rest.strip_prefix('=').or_else(|| rest.strip_prefix(' ')),
        None => line.strip_prefix(short).filter(|_| !line.starts_with("--")),
    };
    value.map(str::trim)
}

/// Whether it is the folder of the project itself, perhaps with some of its extras.
fn is_project(target: &str) -> bool {
    let folder = target.split(['[', ';']).next().unwrap_or_default().trim_end();
    matches!(folder, "." | "./" | "file:.")
}

/// A requirement with a name, which an address without one may end in: as a wheel, or after `#egg=`. None of a folder.
fn direct(wish: &str) -> Option<Cow<'_, str>> {
    let bare = wish.split([' ', '\t']).next().unwrap_or_default();
    let is_scheme =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_address = is_file(bare) || bare.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme));
    let is_path = bare.starts_with(['.', '/', '\\', '~']) || (bare.ends_with(".whl") && !bare.contains('@'));
    if !is_address && !is_path {
        return Some(Cow::Borrowed(wish));
    }
    let name = match fragment(bare, "egg") {
        Some(egg) => egg.to_owned(),
        None => wheel(bare.split('#').next().unwrap_or_default())?.0.to_owned(),
    };
    // What lies beside the file has no address: what is told of it is that it does.
    let address = if is_address { bare.to_owned() } else { format!("file:{bare}") };
    let marker = wish.get(bare.len()..).unwrap_or_default();
    Some(Cow::Owned(format!("{name} @ {address}{marker}")))
}

/// Name and version of a wheel, by its file's name.
fn wheel(address: &str) -> Option<(&str, Cow<'_, str>)> {
    let file = address.rsplit(['/', '\\']).next()?.strip_suffix(".whl")?;
    let parts: Vec<&str> = file.split('-').collect();
    let ([name, version, _, _, _] | [name, version, _, _, _, _]) = parts.as_slice() else { return None };
    // Before a local version stands a plus, in addresses encoded.
    let version = match version.contains('%') {
        true => Cow::Owned(version.replace("%2B", "+").replace("%2b", "+")),
        false => Cow::Borrowed(*version),
    };
    (is_name(name) && version.parse::<Version>().is_ok()).then_some((*name, version))
}

/// A value in the fragment of an address.
fn fragment<'w>(wish: &'w str, key: &str) -> Option<&'w str> {
    let fragment = wish.split_once('#')?.1.split([' ', '\t']).next()?;
    let mut values = fragment.split('&').filter_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    values.next().map(|value| value.split('[').next().unwrap_or_default())
}

/// The values of `--hash`, the leading hyphens of the first gone.
fn digests(options: &str) -> Vec<&str> {
    let mut words = options.split_whitespace();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").unwrap_or(word);
        match option.strip_prefix("hash") {
            Some("") => found.extend(words.next()),
            Some(value) => found.extend(value.strip_prefix('=')),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::inventory::HashAlgorithm;

    use super::*;

    fn parse(text: &str) -> Result<Vec<Package>, CatalogError> {
        let path = TreePath::try_from("requirements.txt").unwrap();
        REQUIREMENTS.read(&FileInput { path: &path, bytes: text.as_bytes() })
    }

    #[test]
    fn packages_are_of_the_index_that_the_file_names() {
        let of = |options: &str| {
            let text = format!("{options}a==1.0\nb\nc @ https://x.example/c.zip\n");
            let purls: Vec<String> = parse(&text).unwrap().into_iter().map(|package| package.purl).collect();
            let path = TreePath::try_from("requirements.txt").unwrap();
            (purls, REQUIREMENTS.passes_over(&FileInput { path: &path, bytes: text.as_bytes() }))
        };
        let index = "?repository_url=https:%2F%2Fregistry.example%2Fsimple";
        let c = "pkg:pypi/c?download_url=https:%2F%2Fx.example%2Fc.zip";
        for options in [
            "--index-url https://registry.example/simple\n",
            "--index-url=https://u:S3CRET@registry.example/simple\n",
            "-i https://old.example/simple\n-i https://registry.example/simple\n",
        ] {
            let expected = [format!("pkg:pypi/a@1.0{index}"), format!("pkg:pypi/b{index}"), c.to_owned()];
            assert_eq!(of(options), (expected.to_vec(), vec![]), "{options}");
        }
        let (purls, gaps) =
            of("-i https://registry.example/simple\n--extra-index-url https://x.example/simple\n");
        assert_eq!(purls, ["pkg:pypi/a@1.0", "pkg:pypi/b", c]);
        assert_eq!(gaps, ["line 2: another index as well: of which of them a package is nobody says"]);
    }

    #[test]
    fn comments_follow_any_white_space_and_variables_are_no_version() {
        let found = parse("a==1.0\t# via b\nb==${VERSION}\nc @ https://x.example/c.zip#x \t #y\n").unwrap();
        let purls: Vec<&str> = found.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(
            purls,
            ["pkg:pypi/a@1.0", "pkg:pypi/b", "pkg:pypi/c?download_url=https:%2F%2Fx.example%2Fc.zip"]
        );
        assert_eq!(found[1].origin, Origin::Declared);
    }

    #[test]
    fn pinned_with_digests_and_markers() {
        let digest = "a".repeat(64);
        let text = format!(
            "# made by a tool\n--index-url https://registry.example/simple\na==1.0.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{digest}\n    # via b\n\n\
             b[x]==2.0 --hash=sha256:{digest} --hash=sha256:{}\nc>=1 # any\nd @ git+https://git.example/d.git@abc\n",
            "b".repeat(64)
        );
        let found = parse(&text).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|p| (p.purl.as_str(), p.hashes.len(), p.found.first().and_then(|at| at.line).unwrap()))
            .collect();
        let index = "?repository_url=https:%2F%2Fregistry.example%2Fsimple";
        assert_eq!(
            shown,
            [
                (&*format!("pkg:pypi/a@1.0.0{index}"), 1, 3),
                (&*format!("pkg:pypi/b@2.0{index}"), 0, 7),
                (&*format!("pkg:pypi/c{index}"), 0, 8),
                ("pkg:pypi/d?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fd.git%40abc", 0, 9)
            ]
        );
        assert_eq!(found[0].hashes[&HashAlgorithm::Sha256], digest);
        assert!(found[0].markers.contains("sys_platform == 'win32'"));
        assert_eq!(found[2].origin, Origin::Declared);
        assert!(matches!(&found[3].origin, Origin::Git { commit: Some(commit), .. } if commit == "abc"));
    }

    #[test]
    fn what_is_there_by_an_address_has_the_name_that_this_tells() {
        let digest = "a".repeat(64);
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let text = format!(
            "-e .\n.[cli]\n-c constraints.txt\nhttps://x.example/a_b-2.0%2Bcpu-py3-none-any.whl#sha256={digest}\n\
             -e git+https://git.example/o/c.git@{commit}#egg=c&subdirectory=x\n./d-1.0-py3-none-any.whl ; os_name == 'nt'\n\
             e @ https://u:S3CRET@x.example/e-3.0-py3-none-any.whl\n"
        );
        let found = parse(&text).unwrap();
        let shown: Vec<_> =
            found.iter().map(|p| (p.purl.as_str(), p.hashes.len(), p.markers.len())).collect();
        let git = format!("pkg:pypi/c?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fo%2Fc.git%40{commit}");
        assert_eq!(
            shown,
            [
                (
                    "pkg:pypi/a-b@2.0%2Bcpu?download_url=https:%2F%2Fx.example%2Fa_b-2.0%252Bcpu-py3-none-any.whl",
                    1,
                    0
                ),
                (git.as_str(), 0, 0),
                ("pkg:pypi/d@1.0", 0, 1),
                ("pkg:pypi/e@3.0?download_url=https:%2F%2Fx.example%2Fe-3.0-py3-none-any.whl", 0, 0),
            ]
        );
        assert_eq!(found[2].origin, Origin::Local { path: None });
    }

    #[test]
    fn shells_write_utf_16() {
        let units: Vec<u16> = "a==1.0\r\nb==2\r\n".encode_utf16().collect();
        let path = TreePath::try_from("requirements.txt").unwrap();
        for (mark, bytes) in
            [([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xfe, 0xff], u16::to_be_bytes)]
        {
            let bytes: Vec<u8> = mark.into_iter().chain(units.iter().flat_map(|unit| bytes(*unit))).collect();
            let read = |bytes| REQUIREMENTS.read(&FileInput { path: &path, bytes });
            assert_eq!(read(&bytes).unwrap().len(), 2);
            assert!(read(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        let path = TreePath::try_from("requirements.txt").unwrap();
        for line in [
            "-r more.txt",
            "--requirement=more.txt",
            "-e ../lib",
            "./lib",
            "https://x.example/a.tar.gz",
            "/a",
        ] {
            let text = format!("a==1\n{line}\nb==2 # ./c\n");
            assert_eq!(parse(&text).unwrap().len(), 2, "{line}");
            let said = REQUIREMENTS.passes_over(&FileInput { path: &path, bytes: text.as_bytes() });
            assert!(said.len() == 1 && said[0].starts_with("line 2: "), "{line}: {said:?}");
        }
        assert!(matches!(parse("a b\n"), Err(CatalogError::Line { line: 1, .. })));
        assert!(matches!(parse("a==1 --hash=sha256:zz\n"), Err(CatalogError::Malformed { .. })));
        assert!(matches!(parse("a==1/../2\n"), Err(CatalogError::Malformed { .. })));
        assert_eq!(parse("").unwrap(), []);
    }
}
