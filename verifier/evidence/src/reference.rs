//! References: what a person names to have it verified.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mcpsign_schemas::endpoint::{Endpoint, EndpointError, PlainHttp};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

/// A file, a directory or a remote server to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    shown: String,
    place: Place,
    name: String,
    /// Package URL by which it was asked for, where it was asked for by name.
    asked: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Path(PathBuf),
    Endpoint(Endpoint),
}

/// Spellings that name something else than a path, with what they name. A path that looks like one is written
/// with `./` before it.
const UNSERVED: [(&str, &str); 7] = [
    ("npm:", "npm packages"),
    ("pypi:", "PyPI packages"),
    ("cargo:", "crates"),
    ("oci://", "OCI images"),
    ("mcpb:", "MCP bundles by reference"),
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
    /// An address that is none of a remote server.
    #[error("`{}` is no address of a remote server", escape(.reference))]
    Endpoint {
        /// As given, without what may be secret.
        reference: String,
        /// Why not.
        source: EndpointError,
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
    /// Parses one argument, remote servers with TLS alone. Looks at the file system only to learn the name of `.`, `..`
    /// and the like.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(argument: &OsStr) -> Result<Self, ReferenceError> {
        Self::parse_with(argument, PlainHttp::Never)
    }

    /// Parses one argument, remote servers without TLS as `plain` says.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse_with(argument: &OsStr, plain: PlainHttp) -> Result<Self, ReferenceError> {
        let shown = argument.to_string_lossy().into_owned();
        if argument.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let lower = shown.to_ascii_lowercase();
        if let Some((_, what)) = UNSERVED.iter().find(|(prefix, _)| lower.starts_with(prefix)) {
            return Err(ReferenceError::Unserved { reference: shown, what });
        }

        if lower.starts_with("https://") || lower.starts_with("http://") {
            return Self::endpoint_of(shown, plain);
        }

        // Components drop a trailing slash and `.`; what ends in `..` (or is `.`) is asked for its real path.
        let mut path: PathBuf = Path::new(argument).components().collect();
        if path.file_name().is_none() {
            path = path
                .canonicalize()
                .map_err(|error| ReferenceError::Unnamed { reference: shown.clone(), source: Some(error) })?;
        }
        match path.file_name().map(|name| name.to_string_lossy().into_owned()) {
            Some(name) => Ok(Self { shown, place: Place::Path(path), name, asked: None }),
            None => Err(ReferenceError::Unnamed { reference: shown, source: None }),
        }
    }

    fn endpoint_of(shown: String, plain: PlainHttp) -> Result<Self, ReferenceError> {
        match Endpoint::parse(&shown, plain) {
            Ok(endpoint) => Ok(Self {
                shown: endpoint.as_str().to_owned(),
                name: endpoint.as_str().to_owned(),
                place: Place::Endpoint(endpoint),
                asked: None,
            }),
            Err(source) => {
                let secret = matches!(
                    source,
                    EndpointError::Userinfo | EndpointError::Query | EndpointError::Character
                );
                let scheme = shown.split("://").next().unwrap_or_default().to_owned();
                let reference = if secret { format!("{scheme}://…") } else { shown };
                Err(ReferenceError::Endpoint { reference, source })
            }
        }
    }

    /// The file that was fetched for the package `asked`.
    pub fn fetched(shown: &str, path: &Path, asked: &Purl) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            shown: shown.to_owned(),
            place: Place::Path(path.to_owned()),
            name,
            asked: Some(asked.to_string()),
        }
    }

    /// The package URL by which it was asked for, where it was asked for by name.
    pub fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// As given, invalid UTF-8 replaced.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it lies; its last component is a name. Empty where nothing of it lies anywhere: of a remote server.
    pub fn path(&self) -> &Path {
        match &self.place {
            Place::Path(path) => path,
            Place::Endpoint(_) => Path::new(""),
        }
    }

    /// The remote server that it names, if it does.
    pub const fn endpoint(&self) -> Option<&Endpoint> {
        match &self.place {
            Place::Path(_) => None,
            Place::Endpoint(endpoint) => Some(endpoint),
        }
    }

    /// The last component of the path, or the server's address.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its evidence lies unless named: `<artifact>.mcpsign.jsonl` beside it, never inside; of a remote server in the
    /// current folder, under a name made of its address.
    pub fn sidecar(&self) -> PathBuf {
        let path = match &self.place {
            Place::Path(path) => path,
            Place::Endpoint(endpoint) => return PathBuf::from(endpoint.file_name()),
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(mcpsign_schemas::evidence_file::EXTENSION);
        path.with_file_name(name)
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
    fn remote_servers_are_named_by_their_address_and_attested_here() {
        let reference = parse("HTTPS://ACME.example:443/v1/../mcp").unwrap();
        assert_eq!(reference.shown(), "https://acme.example/mcp");
        assert_eq!(reference.endpoint().map(Endpoint::as_str), Some("https://acme.example/mcp"));
        assert_eq!(reference.sidecar(), Path::new("acme.example_mcp.mcpsign.jsonl"));
        let local = OsStr::new("http://127.0.0.1:3000/mcp");
        assert!(Reference::parse_with(local, PlainHttp::Loopback).is_ok());
        for bad in
            ["http://127.0.0.1:3000/mcp", "https://u:geheim@acme.example/", "https://acme.example/?k=geheim"]
        {
            let refused = parse(bad).unwrap_err();
            assert!(matches!(refused, ReferenceError::Endpoint { .. }), "{bad}");
            assert!(!refused.to_string().contains("geheim"), "{refused}");
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
            "server.json:server.json",
            "pkg:npm/%40acme/files@1.0.0",
        ] {
            assert!(matches!(parse(unserved), Err(ReferenceError::Unserved { .. })), "{unserved}");
        }
        assert!(parse("./npm:x").is_ok());
    }
}
