//! Whom a verification trusts: public keys, and Sigstore trust roots from files, built in, or from the store.
//!
//! A root is read from a file that was named ([`mod@file`]), or by the name of its instance ([`load`]): imported into the
//! store, fetched into it by TUF ([`update`]), or built in. Nothing here but [`update`] opens a connection.

pub mod file;
mod instance;
mod load;
mod manage;
mod store;
mod tuf;

use std::path::{Path, PathBuf};

use mcpsign_verifier::{TimePolicy, TrustRootError, TrustedKey, TrustedKeyError};

pub use self::instance::{Instance, is_name};
pub use self::load::{Loaded, load, names};
pub use self::manage::{ImportRequest, Imported, UpdateRequest, Updated, import, update};
pub use self::store::Store;
pub use self::tuf::TufError;

use crate::read::{self, ReadError};

/// Bytes of a public key file at the most. A PEM P-256 key has 178; comments around it are common.
const MAX_KEY: usize = 16 << 10;

/// A trust root or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file is no public key that can be trusted.
    #[error("`{}` is no usable public key", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustedKeyError,
    },
    /// The file is no Sigstore trust root.
    #[error("`{}` is no usable Sigstore trust root", .path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustRootError,
    },
    /// The file is of another kind than was asked for.
    #[error("`{}` is {what}", .path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A TUF root, and nobody says what repository it is of.
    #[error("`{}` is a TUF root, and no mirror is named", .path.display())]
    NoMirror {
        /// The file.
        path: PathBuf,
    },
    /// One line of several trust roots is none.
    #[error("line {line} of `{}` is no usable Sigstore trust root", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: TrustRootError,
    },
    /// A name that no instance can have.
    #[error("`{name}` is no name of a trust root")]
    Name {
        /// As given.
        name: String,
    },
    /// A name that nothing is known under.
    #[error("no trust root is known by the name `{name}`")]
    Unknown {
        /// As given.
        name: String,
    },
    /// A name that is taken.
    #[error("the trust root `{name}` {why}")]
    Taken {
        /// As given.
        name: String,
        /// By what.
        why: &'static str,
    },
    /// An imported TUF repository of which nothing has been fetched.
    #[error("the trust root `{name}` has not been fetched yet")]
    NotFetched {
        /// Of the instance.
        name: String,
    },
    /// What is stored cannot be used.
    #[error("the stored trust root `{name}` cannot be used")]
    Stored {
        /// Of the instance.
        name: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The TUF workflow refused.
    #[error("the trust root `{name}` was not updated; what was known before stays")]
    Update {
        /// Of the instance.
        name: String,
        /// Why.
        #[source]
        source: TufError,
    },
    /// Somebody else fetched or imported it meanwhile.
    #[error("the trust root `{name}` changed while it was fetched")]
    Changed {
        /// Of the instance.
        name: String,
    },
    /// An instance without a TUF repository.
    #[error("the trust root `{name}` was imported from a file and has nowhere to be fetched from")]
    NoRepository {
        /// Of the instance.
        name: String,
    },
    /// There is no folder to keep trust roots in.
    #[error("there is no folder to keep trust roots in")]
    NoFolder,
    /// The store could not be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl TrustError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Key { .. } => {
                "name the publisher's public key, a PEM file; `mcpsign keys public KEY` prints it"
            }
            Self::Read(_) | Self::Root { .. } | Self::Line { .. } => {
                "name a Sigstore `trusted_root.json`, as `cosign trusted-root create` writes it, or several of them, one a line"
            }
            Self::Kind { .. } => {
                "`--trusted-root` takes a `trusted_root.json`, `--trust-config` a client trust configuration, `trust import` either of them or a TUF `root.json`"
            }
            Self::NoMirror { .. } => {
                "say where its repository is: `--mirror URL`; what is to be trusted is the `trusted_root.json` in there"
            }
            Self::Name { .. } => {
                "names have lower-case letters, digits, `.`, `_` and `-`, and begin with a letter or digit; choose one with `--name`"
            }
            Self::Unknown { .. } => "`mcpsign trust show` lists those that are known",
            Self::Taken { .. } => "choose another with `--name`, or replace an imported one with `--force`",
            Self::NotFetched { .. } => "`mcpsign trust update` fetches it",
            Self::Stored { .. } => {
                "fetch it again with `mcpsign trust update`, or import it again with `--force`"
            }
            Self::Update { source, .. } => source.hint(),
            Self::Changed { .. } => "run it again: it then goes on from what is there now",
            Self::NoRepository { .. } => "import its newer `trusted_root.json` with `--force`",
            Self::NoFolder => "set `XDG_DATA_HOME` or `HOME` to an absolute path",
            Self::Write { .. } => "make the folder writable, or set `XDG_DATA_HOME` to one that is",
        }
    }
}

/// Loads the key of `--public-key`: no window, and signatures without verified time count (as made now), which
/// that flag writes into its policy. Its name is the file's.
///
/// # Errors
/// See [`TrustError`].
pub fn public_key(path: &Path) -> Result<TrustedKey, TrustError> {
    let pem = read::file(path, MAX_KEY)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    TrustedKey::from_pem(&name, &pem, TimePolicy::AllowUnverified)
        .map_err(|source| TrustError::Key { path: path.into(), source })
}
