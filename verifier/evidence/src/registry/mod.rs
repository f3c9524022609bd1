//! Packages by name: fetched from the registry that the ecosystem's own client would ask, held to what it says of them.
//!
//! Which registry, and with which credentials, comes from that client's own configuration or from a flag; nothing is
//! read from the current folder, and no address stands here. What an answer names is judged before it is asked for, and
//! never becomes a path.

mod ask;
mod base;
pub mod cargo;
pub mod client;
pub mod config;
mod credential;
mod error;
mod ini;
pub mod npm;
pub mod pypi;
mod reference;
mod surroundings;

use std::path::{Path, PathBuf};

use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use url::Url;

pub use self::config::{Config, Overrides};
pub use self::error::{Outcome, RegistryError};
pub use self::reference::{Ecosystem, PackageReference, PackageReferenceError};
pub use self::surroundings::Surroundings;

use self::ask::Asker;

/// Which forms may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// Those that are installed without running anything of theirs.
    BinaryOnly,
    /// Python's source distributions as well.
    Any,
}

/// What is made of a version that its publisher took back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yanked {
    /// It is not fetched.
    Refuse,
    /// It is, and the caller is told.
    Take,
}

/// What a registry says of one file.
#[derive(Debug)]
struct Listed {
    /// Judged.
    url: Url,
    /// One plain name.
    file_name: String,
    said: Said,
    /// Why, if it was.
    yanked: Option<Option<String>>,
}

/// A digest that a registry states.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Sha256(Sha256Digest),
    Sha512(Sha512Digest),
}

/// A package file that is what its registry says.
#[derive(Debug)]
pub struct Fetched {
    /// Where it lies now.
    pub path: PathBuf,
    /// Whether it was not there before.
    pub created: bool,
    /// Of its bytes, as they came.
    pub digests: MeasuredDigests,
    /// Where it came from, without anything secret.
    pub from: String,
    /// Whether its publisher took it back, and what they say of it.
    pub yanked: Option<Option<String>>,
}

/// Fetches the file of one version into the folder `into`. A file of its name that is there already stays if it has the
/// same bytes.
///
/// # Errors
/// See [`RegistryError`]. Nothing is left behind then.
pub fn fetch(
    reference: &PackageReference,
    config: &Config,
    sources: Sources,
    yanked: Yanked,
    installer: Option<&Path>,
    into: &Path,
) -> Result<Fetched, RegistryError> {
    let asker = Asker::new(&config.base, config)?;
    let listed = match reference.ecosystem() {
        Ecosystem::Npm => npm::find(&asker, &config.base, reference)?,
        Ecosystem::Pypi => pypi::find(&asker, &config.base, reference, sources, || {
            client::PythonClient::find(installer)?.tags()
        })?,
        Ecosystem::Cargo => cargo::find(&asker, &config.base, reference)?,
    };
    if let (Some(reason), Yanked::Refuse) = (&listed.yanked, yanked) {
        return Err(RegistryError::Yanked { package: reference.purl().to_string(), reason: reason.clone() });
    }
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RegistryError::Io { path, source }
    };
    // Private until it is what it should be, and then under its name at once.
    let mut file = tempfile::NamedTempFile::new_in(into).map_err(io(into))?;
    let downloaded = asker.download(&listed.url, &mut file)?;
    let sha256: Sha256Digest = digest(hex::encode(downloaded.sha256))?;
    let sha512: Sha512Digest = digest(hex::encode(downloaded.sha512))?;
    let (expected, found) = match &listed.said {
        Said::Sha256(said) => (format!("sha256:{said}"), format!("sha256:{sha256}")),
        Said::Sha512(said) => (format!("sha512:{said}"), format!("sha512:{sha512}")),
    };
    if expected != found {
        return Err(RegistryError::DigestMismatch { expected, found });
    }
    let path = into.join(&listed.file_name);
    let created = keep(file, &path, sha256).map_err(io(&path))?;
    Ok(Fetched {
        path,
        created,
        digests: MeasuredDigests { sha256, sha512: Some(sha512) },
        from: base::shown(&listed.url),
        yanked: listed.yanked,
    })
}

/// Gives the file its name; `false` where the same file was there already. Another file of this name is left as it is,
/// and is an error.
fn keep(file: tempfile::NamedTempFile, path: &Path, sha256: Sha256Digest) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file().sync_all()?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let size = usize::try_from(error.file.as_file().metadata()?.len()).unwrap_or(usize::MAX);
            match crate::read::file(path, size) {
                Ok(bytes) if Sha256Digest::of(&bytes) == sha256 => Ok(false),
                _ => Err(std::io::Error::new(error.error.kind(), "there is another file of this name")),
            }
        }
        Err(error) => Err(error.error),
    }
}

fn digest<D: std::str::FromStr>(hex: String) -> Result<D, RegistryError> {
    hex.parse()
        .map_err(|_| RegistryError::Client { client: "the digest".into(), reason: "it has no value".into() })
}
