//! References: what a person names to have it verified.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

/// A file or a directory to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    shown: String,
    path: PathBuf,
    name: String,
    /// Package URL by which it was asked for, where it was asked for by name.
    asked: Option<String>,
}

/// Spellings that name something else than a path, with what they name. A path that looks like one is written
/// with `./` before it.
const UNSERVED: [(&str, &str); 9] = [
    ("npm:", "npm packages"),
    ("pypi:", "PyPI packages"),
    ("cargo:", "crates"),
    ("oci://", "OCI images"),
    ("mcpb:", "MCP bundles by reference"),
    ("https://", "remote servers"),
    ("http://", "remote servers"),
    ("server.json:", "registry entries"),
    ("pkg:", "package URLs"),
];

/// A reference that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// An empty argument.
    #[error("an empty reference names nothing")]
    Empty,
    /// One of the spellings that this version recognises and does not serve.
    #[error("`{}`: {what} are not served by this version", escape(.reference))]
    Unserved {
        /// As given.
        reference: String,
        /// What the spelling names.
        what: &'static str,
    },
    /// A path without a last component, whose real one cannot be found (`..` of nothing), or the root.
    #[error("`{}` has no name of its own to find its evidence by", escape(.reference))]
    Unnamed {
        /// As given.
        reference: String,
        /// Why not, where the system said so.
        #[source]
        source: Option<std::io::Error>,
    },
}

impl Reference {
    /// Parses one argument. Looks at the file system only to learn the name of `.`, `..` and the like.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(argument: &OsStr) -> Result<Self, ReferenceError> {
        let shown = argument.to_string_lossy().into_owned();
        if argument.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let lower = shown.to_ascii_lowercase();
        if let Some((_, what)) = UNSERVED.iter().find(|(prefix, _)| lower.starts_with(prefix)) {
            return Err(ReferenceError::Unserved { reference: shown, what });
        }

        // Components drop a trailing slash and `.`; what ends in `..` (or is `.`) is asked for its real path.
        let mut path: PathBuf = Path::new(argument).components().collect();
        if path.file_name().is_none() {
            path = path
                .canonicalize()
                .map_err(|error| ReferenceError::Unnamed { reference: shown.clone(), source: Some(error) })?;
        }
        match path.file_name().map(|name| name.to_string_lossy().into_owned()) {
            Some(name) => Ok(Self { shown, path, name, asked: None }),
            None => Err(ReferenceError::Unnamed { reference: shown, source: None }),
        }
    }

    /// The file that was fetched for the package `asked`.
    pub fn fetched(shown: &str, path: &Path, asked: &Purl) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { shown: shown.to_owned(), path: path.to_owned(), name, asked: Some(asked.to_string()) }
    }

    /// The package URL by which it was asked for, where it was asked for by name.
    pub fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// As given, invalid UTF-8 replaced.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it lies; its last component is a name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last component of the path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its evidence lies unless named: `<artifact>.mcpsign.jsonl` beside it, never inside.
    pub fn sidecar(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(mcpsign_schemas::evidence_file::EXTENSION);
        self.path.with_file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Reference, ReferenceError> {
        Reference::parse(OsStr::new(text))
    }

    #[test]
    fn evidence_of_a_directory_lies_beside_it_however_it_is_spelled() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("release/lib")).unwrap();
        let sidecar = root.join("release.mcpsign.jsonl");
        for spelling in ["release", "release/", "release//", "release/.", "release/./", "release/lib/.."] {
            let reference = Reference::parse(root.join(spelling).as_os_str()).unwrap();
            assert_eq!(reference.sidecar(), sidecar, "{spelling}");
            assert_eq!(reference.name(), "release", "{spelling}");
        }
        assert_eq!(parse("a.tgz").unwrap().sidecar(), Path::new("a.tgz.mcpsign.jsonl"));
        assert_eq!(parse("./a.tgz").unwrap().sidecar(), Path::new("./a.tgz.mcpsign.jsonl"));
    }

    #[test]
    fn the_current_folder_has_the_name_that_others_call_it_by() {
        let here = std::env::current_dir().unwrap();
        let reference = parse(".").unwrap();
        assert_eq!(reference.path(), here.canonicalize().unwrap());
        assert_eq!(reference.shown(), ".");
    }

    #[test]
    fn what_has_no_name_is_refused() {
        for bad in ["", "/", "missing-folder/.."] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn other_kinds_of_reference_are_recognised_and_a_path_can_be_told_apart() {
        for unserved in [
            "npm:@acme/files@1.0.0",
            "pypi:acme==1",
            "cargo:acme@1",
            "oci://host/repo:tag",
            "mcpb:x.mcpb",
            "https://acme.example/mcp",
            "HTTPS://acme.example/mcp",
            "server.json:server.json",
            "pkg:npm/%40acme/files@1.0.0",
        ] {
            assert!(matches!(parse(unserved), Err(ReferenceError::Unserved { .. })), "{unserved}");
        }
        assert!(parse("./npm:x").is_ok());
    }
}
