//! Licences of dpkg's packages, where a package's copyright file says them in the machine-readable form (copyright-format 1.0,
//! DEP-5). A file in another form says nothing here: its prose is not guessed at.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::license;
use mcpsign_schemas::tree::TreePath;

use super::stanzas;
use crate::catalog::{CatalogError, Cataloger, Document, FileInput};

/// Copyright files.
pub static COPYRIGHT: Copyright = Copyright;

/// The reader of copyright files, which name no packages.
#[derive(Debug)]
pub struct Copyright;

/// Different licences of one package at the most; a kernel has thirty.
const MAX_LICENSES: usize = 100;

impl Cataloger for Copyright {
    fn id(&self) -> &'static str {
        "os/copyright"
    }

    fn wants(&self, path: &TreePath) -> bool {
        of_package(path).is_some()
    }

    fn read(&self, _file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Ok(Vec::new())
    }
}

/// The package whose copyright file this is.
fn of_package(path: &TreePath) -> Option<&str> {
    let name = path.as_str().strip_prefix("usr/share/doc/")?.strip_suffix("/copyright")?;
    (!name.contains('/')).then_some(name)
}

/// Gives packages that dpkg installed the licences that their copyright files tell, each an SPDX expression. Images for several
/// machines may have several copyright files of one package.
pub(crate) fn add_licenses<'p>(documents: &[Document], packages: impl Iterator<Item = &'p mut Package>) {
    let mut licenses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for document in documents {
        let text = document.bytes().map(String::from_utf8_lossy);
        if let Some((package, text)) = of_package(&document.path).zip(text) {
            licenses.entry(package).or_default().extend(copyright_license(&text));
        }
    }
    for package in packages {
        package.licenses.extend(licenses.get(package.name.as_str()).into_iter().flatten().cloned());
    }
}

/// The licences of all files of a package together, as its copyright file has them: an SPDX expression. `None` where one of them is
/// not told exactly.
pub fn copyright_license(text: &str) -> Option<String> {
    let mut stanzas = stanzas(text).into_iter().map(|(_, stanza)| stanza);
    let header = stanzas.next()?;
    let format = field(&header, "Format")?.split_once("://www.debian.org/")?;
    if !matches!(format.0, "http" | "https")
        || format.1.trim_end_matches('/') != "doc/packaging-manuals/copyright-format/1.0"
    {
        return None;
    }
    let mut found = BTreeSet::new();
    for stanza in stanzas {
        let license = field(&stanza, "License")?;
        // One without files is the text of a licence that others name.
        if field(&stanza, "Files").is_some() {
            found.insert(synopsis(license)?);
        }
        if found.len() > MAX_LICENSES {
            return None;
        }
    }
    let joined: Vec<String> = found.into_iter().map(|one| format!("({one})")).collect();
    license::expression(&joined.join(" AND "))
}

/// The first line of the one field of this name, which is compared without case.
fn field<'t>(stanza: &[&'t str], name: &str) -> Option<&'t str> {
    let mut values = stanza.iter().filter_map(|line| {
        let (own, value) = line.split_once(':')?;
        own.eq_ignore_ascii_case(name).then(|| value.trim())
    });
    values.next().filter(|_| values.next().is_none())
}

/// `A or B and C, and D` as SPDX writes it: `and` binds before `or`, and both before what has a comma before it.
fn synopsis(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut groups: Vec<Vec<&str>> = vec![Vec::new()];
    let mut joins = BTreeSet::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let group = groups.last_mut()?;
        match word.strip_suffix(',') {
            None => group.push(word),
            Some(word) => {
                group.push(word);
                joins.insert(operator(words.next()?)?);
                groups.push(Vec::new());
            }
        }
    }
    let groups: Option<Vec<String>> =
        groups.iter().map(|group| Some(format!("({})", flat(group)?))).collect();
    // Two of a kind are told apart by nothing.
    let mut joins = joins.into_iter();
    match (joins.next(), joins.next()) {
        (None, _) => groups?.pop(),
        (Some(join), None) => Some(groups?.join(join)),
        (Some(_), Some(_)) => None,
    }
}

/// Names with operators between them.
fn flat(words: &[&str]) -> Option<String> {
    let parts = words.iter().enumerate().map(|(at, word)| match at % 2 {
        0 => name(word),
        _ => operator(word).map(str::to_owned),
    });
    parts.collect::<Option<String>>().filter(|_| words.len() % 2 == 1)
}

fn operator(word: &str) -> Option<&'static str> {
    match word {
        "and" | "AND" => Some(" AND "),
        "or" | "OR" => Some(" OR "),
        _ => None,
    }
}

/// Short names of the format (its section 7.1) with an identifier of the SPDX list.
const NAMES: [(&str, &str); 8] = [
    ("artistic-2", "Artistic-2.0"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("bsd-4-clause", "BSD-4-Clause"),
    ("cc0", "CC0-1.0"),
    ("expat", "MIT"),
    ("isc", "ISC"),
    ("zlib", "Zlib"),
];

/// Likewise those that a version follows.
const FAMILIES: [(&str, &str); 11] = [
    ("agpl", "AGPL"),
    ("apache", "Apache"),
    ("cddl", "CDDL"),
    ("cpl", "CPL"),
    ("efl", "EFL"),
    ("gfdl", "GFDL"),
    ("gfdl-niv", "GFDL"),
    ("gpl", "GPL"),
    ("lgpl", "LGPL"),
    ("mpl", "MPL"),
    ("zope", "ZPL"),
];

/// Identifiers of the SPDX list that the format has for several licences, or advises against for that.
const AMBIGUOUS: [&str; 3] = ["Artistic-1.0", "MIT", "W3C"];

/// The SPDX identifier of a short name. A name that the format does not have is the author's own, and taken where it is an identifier
/// to the letter.
fn name(short: &str) -> Option<String> {
    let lower = short.to_ascii_lowercase();
    let listed = NAMES.iter().find(|(known, _)| *known == lower).map(|(_, id)| (*id).to_owned());
    let id = listed.or_else(|| of_family(&lower)).or_else(|| {
        let is_own = AMBIGUOUS.contains(&short) || short.starts_with("LicenseRef-") || short.contains(':');
        (!is_own).then(|| short.to_owned())
    })?;
    license::parse_one(&id).map(|_| id)
}

/// `FAMILY-VERSION`, and a `+` where later versions will do. Zeros at the end of a version do not count.
fn of_family(short: &str) -> Option<String> {
    let (bare, later) = short.strip_suffix('+').map_or((short, false), |bare| (bare, true));
    let (family, version) = bare.rsplit_once('-')?;
    let (_, id) = FAMILIES.iter().find(|(known, _)| *known == family)?;
    let version = version.trim_end_matches(".0");
    let zero = if version.contains('.') { "" } else { ".0" };
    let invariants = if family == "gfdl-niv" { "-no-invariants" } else { "" };
    let extent = match (id.ends_with("GPL") || id.ends_with("FDL"), later) {
        (true, true) => "-or-later",
        (true, false) => "-only",
        (false, true) => "+",
        (false, false) => "",
    };
    Some(format!("{id}-{version}{zero}{invariants}{extent}"))
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::digest::Sha256Digest;

    use super::*;
    use crate::catalog::Content;

    const FORMAT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";

    fn of(stanzas: &[&str]) -> Option<String> {
        copyright_license(&format!("{FORMAT}Upstream-Name: a\n\n{}", stanzas.join("\n\n")))
    }

    #[test]
    fn short_names_are_the_licences_that_the_format_says() {
        for (short, expected) in [
            ("Expat", "MIT"),
            ("ISC", "ISC"),
            ("GPL-2", "GPL-2.0-only"),
            ("GPL-2+", "GPL-2.0-or-later"),
            ("GPL-3.0+", "GPL-3.0-or-later"),
            ("LGPL-2.1", "LGPL-2.1-only"),
            ("LGPL-2.1+", "LGPL-2.1-or-later"),
            ("GFDL-1.3", "GFDL-1.3-only"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
            ("Apache-2.0", "Apache-2.0"),
            ("Apache-2", "Apache-2.0"),
            ("MPL-1.1", "MPL-1.1"),
            ("BSD-3-clause", "BSD-3-Clause"),
            ("CC0", "CC0-1.0"),
            ("Zope-2.1", "ZPL-2.1"),
            ("Zlib", "Zlib"),
            ("Artistic-2", "Artistic-2.0"),
            ("CC-BY-SA-4.0", "CC-BY-SA-4.0"),
            ("BSL-1.0", "BSL-1.0"),
            ("zlib", "Zlib"),
            ("Apache-2.0+", "Apache-2.0+"),
            ("GPL-2+ or Artistic-2.0", "GPL-2.0-or-later OR Artistic-2.0"),
            ("Expat or ISC and Zlib", "MIT OR ISC AND Zlib"),
            ("Expat or ISC, and Zlib", "(MIT OR ISC) AND Zlib"),
            ("Expat and ISC, or Zlib", "MIT AND ISC OR Zlib"),
        ] {
            let stanza = format!("Files: *\nCopyright: x\nLicense: {short}\n Text, and more.");
            assert_eq!(of(&[&stanza]).as_deref(), Some(expected), "{short}");
        }
    }

    #[test]
    fn what_is_not_exact_is_not_told() {
        for short in [
            "",
            "MIT",
            "GPL",
            "GPL+",
            "GPL-4",
            "GPL-2 or later",
            "GPL-2+ with OpenSSL exception",
            "BSD",
            "Artistic",
            "Artistic-1",
            "Perl",
            "public-domain",
            "other",
            "W3C",
            "Expat or",
            "Expat, ISC and Zlib",
            "Expat, and ISC, or Zlib",
            "and",
            "Expat/ISC",
            "NOASSERTION",
            "libpng",
            "LicenseRef-x",
            "GPL-2.x",
        ] {
            assert_eq!(of(&[&format!("Files: *\nLicense: {short}")]), None, "{short}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["Files: *\nCopyright: x"]), None);
        assert_eq!(of(&["License: Expat\n Text."]), None);
        assert_eq!(of(&["Files: *\nLicense: Expat\nLicense: ISC"]), None);
        // Prose between, as in a file that only begins like one.
        assert_eq!(of(&["Files: *\nLicense: Expat", "Some of it is under other terms."]), None);
        for format in
            ["", "Format: x\n", "Format: http://dep.debian.net/deps/dep5\n", "Format-Specification: x\n"]
        {
            assert_eq!(
                copyright_license(&format!("{format}\n\nFiles: *\nLicense: Expat\n")),
                None,
                "{format}"
            );
        }
    }

    #[test]
    fn all_files_of_a_package_count() {
        let found = of(&[
            "Files: *\nCopyright: x\nLicense: GPL-2+",
            "files: debian/*\nlicense: Expat or ISC",
            "Files: b\nLicense: GPL-2+",
            "License: GPL-2+\n Text.\n .\n More.",
            "License: Expat\n Text.",
        ]);
        assert_eq!(found.as_deref(), Some("GPL-2.0-or-later AND (MIT OR ISC)"));
        assert_eq!(of(&["Files: *\nLicense: Expat", "Files: b\nLicense: custom"]), None);
    }

    #[test]
    fn a_copyright_file_is_that_of_its_folder() {
        let document = |path: &str, short: &str| {
            let text = format!("{FORMAT}\nFiles: *\nLicense: {short}\n");
            Document {
                path: TreePath::try_from(path).unwrap(),
                sha256: Sha256Digest::of(text.as_bytes()),
                content: Content::Bytes(text.into_bytes()),
            }
        };
        let documents = [
            document("usr/share/doc/a/copyright", "Expat"),
            document("usr/share/doc/a/copyright", "ISC"),
            document("usr/share/doc/b/copyright", "custom"),
            document("usr/share/doc/c/d/copyright", "Expat"),
            document("app/usr/share/doc/e/copyright", "Expat"),
        ];
        let mut packages =
            ["a", "b", "d", "e"].map(|name| Package::new(name, format!("pkg:deb/debian/{name}"), name));
        add_licenses(&documents, packages.iter_mut());
        let [a, others @ ..] = packages;
        assert_eq!(a.licenses, BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]));
        assert!(others.iter().all(|package| package.licenses.is_empty()), "{others:?}");
    }
}
