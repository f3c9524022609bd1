//! Licence notices beside bundles: each bundler, and each tool that makes such files, has a form of its own.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

use super::{Bundled, Said, is_version, package_of};
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// Bytes of a licence's name at the most; what is longer is its text.
const MAX_LICENSE: usize = 100;

/// A notice of third-party code.
pub static NOTICE: Notice = Notice;

/// The cataloger of `*.LICENSE.txt`, `*.js.LICENSE`, `*.LEGAL.txt`, `THIRD-PARTY…`, `3rdpartylicenses.txt`.
#[derive(Debug)]
pub struct Notice;

impl Cataloger for Notice {
    fn id(&self) -> &'static str {
        "javascript/bundle-notice"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let name = path.as_str().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let beside = script_of(path).is_some();
        let (stem, extension) = name.split_once('.').unwrap_or((&name, "txt"));
        let letters: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
        let is_text = matches!(extension, "txt" | "md" | "license" | "licenses" | "notice");
        beside || (is_text && (letters.starts_with("thirdparty") || letters.starts_with("3rdparty")))
    }

    fn role(&self) -> Role {
        Role::Notice
    }

    /// Nothing in a notice that names no package in a form that is known.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = String::from_utf8_lossy(file.bytes);
        let mut found = Bundled::default();
        let mut reading = Reading { found: &mut found, block: None, comment: false };
        let mut previous = "";
        for (number, line) in text.lines().enumerate() {
            let number = u32::try_from(number + 1).ok();
            let line = line.trim();
            reading.line(line, previous, number);
            previous = line;
        }
        found.packages()
    }
}

/// The script beside which a notice lies under that one's name.
pub(super) fn script_of(notice: &TreePath) -> Option<&str> {
    let path = notice.as_str();
    let lower = path.to_ascii_lowercase();
    let end = [".license.txt", ".license", ".legal.txt"].iter().find(|end| lower.ends_with(*end))?;
    let script = path.get(..path.len() - end.len())?;
    let name = script.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    [".js", ".cjs", ".mjs"].iter().any(|js| name.ends_with(js)).then_some(script)
}

struct Reading<'f> {
    found: &'f mut Bundled,
    /// The package that `Name: …` began.
    block: Option<(String, Option<String>, Option<String>)>,
    /// Whether the last line opened a comment that names its package on the next.
    comment: bool,
}

impl Reading<'_> {
    fn line(&mut self, line: &str, previous: &str, number: Option<u32>) {
        if self.listed(line, number) || self.field(line, number) || self.banner(line, number) {
            return;
        }
        // esbuild: the file whose comments follow.
        if let Some((name, version)) = line.strip_suffix(':').and_then(path_or_module) {
            self.found.add(name, version, number);
        }
        // oss-attribution-generator: the name, then `1.0.0 <author>`.
        if let Some((version, rest)) = line.split_once(' ')
            && is_version(version)
            && rest.starts_with('<')
        {
            self.found.add(previous, Some(version), number);
        }
    }

    /// `- NAME@VERSION (URL)`, `%% NAME@VERSION NOTICES …`, `12. NAME version VERSION (URL)`, and a sentence with names.
    fn listed(&mut self, line: &str, number: Option<u32>) -> bool {
        let item = ["- ", "* ", "%% "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
        let item = match item.split_once(". ") {
            Some((count, rest)) if count.bytes().all(|byte| byte.is_ascii_digit()) => rest.trim_start(),
            _ => item,
        };
        let mut words = item.split_whitespace();
        let (first, second, third) = (words.next().unwrap_or_default(), words.next(), words.next());
        if let Some((name, version)) = name_and_version(first) {
            let is_item = item.len() < line.len() || matches!(second, None | Some("(MIT)"));
            return is_item && self.found.add(name, Some(version), number).is_some();
        }
        if let (Some("version"), Some(version)) = (second, third)
            && is_version(version)
        {
            return self.found.add(first, Some(version), number).is_some();
        }
        let sentence = "may be included in this product: ";
        let Some((_, names)) = line.split_once(sentence) else { return false };
        let names = names.split(". ").next().unwrap_or_default();
        for name in names.split(", ") {
            match name_and_version(name) {
                Some((name, version)) => self.found.add(name, Some(version), number),
                None => self.found.add(name, None, number),
            };
        }
        true
    }

    /// `Name: …`, `Package: …`, then `Version: …` and `License: …`.
    fn field(&mut self, line: &str, number: Option<u32>) -> bool {
        let Some((field, value)) = line.split_once(": ") else { return false };
        let value = value.trim().trim_matches('"');
        match (field, &mut self.block) {
            ("Name" | "Package", _) => {
                if self.found.add(value, None, number).is_none() {
                    self.block = None;
                    return false;
                }
                self.block = Some((value.to_owned(), None, None));
                true
            }
            ("Version", Some((_, version, _))) if is_version(value) => {
                *version = Some(value.to_owned());
                self.settle(number);
                true
            }
            ("License", Some((_, _, license))) if value.len() <= MAX_LICENSE => {
                *license = Some(value.to_owned());
                self.settle(number);
                true
            }
            _ => false,
        }
    }

    fn settle(&mut self, number: Option<u32>) {
        let Some((name, version, license)) = &self.block else { return };
        if let Some(Said { licenses, .. }) = self.found.add(name, version.as_deref(), number) {
            licenses.extend(license.clone());
        }
    }

    /// Comments that bundlers keep: `/*! NAME v1.2.3 | …`, `/*! NAME. MIT License. …`, `/** @license NAME v1.2.3`; or the name
    /// alone on the next line.
    fn banner(&mut self, line: &str, number: Option<u32>) -> bool {
        let opened = std::mem::take(&mut self.comment);
        let begins = line.strip_prefix("/*!").or_else(|| line.strip_prefix("/**"));
        let text = match (begins, opened) {
            (Some(rest), _) => rest.trim(),
            (None, true) => line.trim_start_matches('*').trim(),
            (None, false) => return false,
        };
        let text = text.strip_prefix("@license").map_or(text, str::trim_start);
        let text = text.trim_end_matches("*/").trim_end();
        if text.is_empty() {
            self.comment = begins.is_some();
            return self.comment;
        }
        let mut words = text.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if let Some((name, version)) = name_and_version(first) {
            return self.found.add(name, Some(version), number).is_some();
        }
        let version = second.trim_start_matches(['v', 'V']).trim_end_matches([',', ';', ':']);
        if is_version(version) {
            return self.found.add(&first.to_ascii_lowercase(), Some(version), number).is_some();
        }
        // A word alone, or before the licence: a sentence's first word is no name.
        let name = first.strip_suffix('.').filter(|_| text.contains(" License.")).unwrap_or(first);
        let is_alone = second.is_empty() || name.len() < first.len();
        let is_name =
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"@/._-".contains(&b));
        is_alone && is_name && self.found.add(name, None, number).is_some()
    }
}

/// `NAME@VERSION`, commas and such after it passed over.
fn name_and_version(word: &str) -> Option<(&str, &str)> {
    let word = word.trim_end_matches([',', ';', ':', '.']);
    let at = word.get(1..)?.rfind('@')? + 1;
    let (name, version) = (word.get(..at)?, word.get(at + 1..)?);
    is_version(version).then_some((name, version))
}

/// A file of a package, with or without `node_modules/` before it.
fn path_or_module(path: &str) -> Option<(&str, Option<&str>)> {
    if path.contains(' ') || !path.contains('/') {
        return None;
    }
    if path.contains("node_modules/") {
        return package_of(path);
    }
    let is_script = [".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx"].iter().any(|end| path.ends_with(end));
    let mut parts = path.split('/');
    let first = parts.next()?;
    let name = match first.starts_with('@') {
        true => path.get(..first.len() + 1 + parts.next()?.len())?,
        false => first,
    };
    (is_script && !matches!(first, "" | "." | ".." | "src" | "lib" | "dist") && name.len() < path.len())
        .then_some((name, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let path = TreePath::try_from("dist/a.js.LICENSE.txt").unwrap();
        let packages = NOTICE.read(&FileInput { path: &path, bytes: text.as_bytes() }).unwrap();
        packages
            .iter()
            .map(|p| {
                let line = p.found.first().and_then(|at| at.line).unwrap_or_default();
                let licenses: Vec<&str> = p.licenses.iter().map(String::as_str).collect();
                format!("{} {line} {}", p.purl.trim_start_matches("pkg:npm/"), licenses.join(","))
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn playwright_s_list() {
        let text = include_str!("testdata/serverRegistry.js.LICENSE");
        assert_eq!(read(text), ["chokidar@4.0.3 7", "readdirp@4.1.2 8"]);
    }

    #[test]
    fn comments_that_bundlers_keep() {
        let text = "/*!\n * accepts\n * Copyright(c) 2014\n */\n\n/*! ieee754. BSD-3-Clause License. Feross */\n\
            /*! For license information please see a.js.LICENSE.txt */\n/** @license React v17.0.2\n * react.js\n */\n\
            /*! @s/a@1.0.0 */\n/*!\n * Copyright 2020 Somebody\n */\n/*! x v2.0.0 | (c) y | MIT */\n/**\n * @license\n */\n";
        assert_eq!(read(text), ["%40s/a@1.0.0 11", "accepts 2", "ieee754 6", "react@17.0.2 8", "x@2.0.0 15"]);
    }

    #[test]
    fn lists_of_other_tools() {
        let rollup = "Name: a\nVersion: 1.0.0\nLicense: MIT\nPrivate: false\n---\nName: b\nVersion: 2.0.0\nLicense: (MIT OR ISC)\n";
        assert_eq!(read(rollup), ["a@1.0.0 2 MIT", "b@2.0.0 7 (MIT OR ISC)"]);
        let angular = "Package: @angular/core\nLicense: \"MIT\"\n\nThe MIT License\n";
        assert_eq!(read(angular), ["%40angular/core 1 MIT"]);
        let generate = "The following npm package may be included in this product:\n\n - a@1.0.0\n";
        assert_eq!(read(generate), ["a@1.0.0 3"]);
        let yarn =
            "The following software may be included in this product: a, @s/b. A copy of the source code";
        assert_eq!(read(yarn), ["%40s/b 1", "a 1"]);
        let code = "1.  a version 1.2.3 (https://x)\n%% a NOTICES\n";
        assert_eq!(read(code), ["a@1.2.3 1"]);
        let esbuild = "Bundled license information:\n\n@s/a/dist/x.js:\n  (*! *)\n\n../../node_modules/b/x.js:\nhttps://x/y.js:\n";
        assert_eq!(read(esbuild), ["%40s/a 3", "b 6"]);
        assert_eq!(read("express\n4.17.1 <TJ>\n"), ["express@4.17.1 2"]);
    }

    #[test]
    fn texts_name_no_packages() {
        for text in [
            "",
            "MIT License\n\nPermission is hereby granted, free of charge: to any person\n",
            "- see me@example.com\n",
            "SPDX-License-Identifier: MIT",
            "a\u{202e}b@1.0.0",
            "- ../x@1.0.0",
            "- a b@1.0.0\n",
        ] {
            assert!(read(text).is_empty(), "{text:?}: {:?}", read(text));
        }
        let wants = |path: &str| NOTICE.wants(&TreePath::try_from(path).unwrap());
        for path in [
            "a.js.LICENSE",
            "d/a.js.LICENSE.txt",
            "a.cjs.LEGAL.txt",
            "THIRD-PARTY-NOTICES",
            "ThirdPartyNotices.txt",
            "THIRD_PARTY_LICENSES.md",
            "3rdpartylicenses.txt",
            "third-party.notice",
        ] {
            assert!(wants(path), "{path}");
        }
        for path in ["LICENSE", "LICENSE.txt", "a.png.license", "thirdparty.js", "third-party/a.js"] {
            assert!(!wants(path), "{path}");
        }
    }
}
