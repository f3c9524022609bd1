//! Why a package was not fetched.

use std::path::PathBuf;

use mcpsign_schemas::code::{Code, evidence};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::escape;

use super::reference::Ecosystem;

/// A package that was not fetched, or that is not what its registry says.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A client's configuration that cannot be used.
    #[error("{} cannot be used: {}", escape(.what), escape(.reason))]
    Config {
        /// A file or variable.
        what: String,
        /// Why.
        reason: String,
    },
    /// An address of a registry that is not asked.
    #[error("the registry of {} cannot be used: {reason}", escape(.from))]
    Base {
        /// What names it.
        from: String,
        /// Why.
        reason: &'static str,
    },
    /// Nothing says which registry to ask.
    #[error("nothing says which registry {ecosystem} packages come from")]
    Unconfigured {
        /// Of which ecosystem.
        ecosystem: Ecosystem,
    },
    /// Several registries that may disagree.
    #[error("several package indexes are configured, and whoever answers first is no way to choose")]
    Several,
    /// The client could not be asked for its own default.
    #[error("cannot ask {client}: {}", escape(.reason))]
    Client {
        /// Which.
        client: String,
        /// Why.
        reason: String,
    },
    /// A file of ours.
    #[error("cannot write `{}`", escape(&.path.to_string_lossy()))]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No answer, or only a part of one.
    #[error("`{}` did not answer: {}", escape(.url), escape(.reason))]
    Unreachable {
        /// Without anything secret.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer over its limit.
    #[error("`{}` answers with more than the {limit} bytes that are read of it", escape(.url))]
    OverBudget {
        /// Without anything secret.
        url: String,
        /// In bytes.
        limit: u64,
    },
    /// The registry says that it does not have it.
    #[error("{} is not in the registry", escape(.package))]
    NotFound {
        /// Package URL.
        package: String,
    },
    /// An answer of no shape that such answers have.
    #[error("the registry's answer `{}` is not usable: {}", escape(.url), escape(.reason))]
    Malformed {
        /// Without anything secret.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// An answer about something else.
    #[error("the registry answers for another package")]
    OtherPackage {
        /// What was asked for.
        expected: String,
        /// What it says.
        found: String,
    },
    /// Nothing to hold the bytes against.
    #[error("the registry states no {algorithm} digest of {}", escape(.package))]
    DigestMissing {
        /// Package URL.
        package: String,
        /// Which is needed.
        algorithm: &'static str,
    },
    /// Other bytes than the registry says.
    #[error("the registry serves other bytes than it says")]
    DigestMismatch {
        /// As stated.
        expected: String,
        /// As measured.
        found: String,
    },
    /// Taken back by its publisher.
    #[error("{} was yanked{}", escape(.package), .reason.as_ref().map(|r| format!(": {}", escape(r))).unwrap_or_default())]
    Yanked {
        /// Package URL.
        package: String,
        /// What the publisher says.
        reason: Option<String>,
    },
    /// A place that an answer must not send us to.
    #[error("`{}` is not followed: {reason}", escape(.url))]
    Host {
        /// Without anything secret.
        url: String,
        /// Why.
        reason: &'static str,
    },
    /// No file of this version can be installed here.
    #[error("{} has no file that can be installed here without running what is in it", escape(.package))]
    NoForm {
        /// Package URL.
        package: String,
    },
}

/// What a failure to fetch means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The caller's own configuration or machine.
    Usage,
    /// An answer, and it is no.
    Denied,
    /// No answer.
    Undecided,
}

impl RegistryError {
    /// The stable code, where it is the registry that is at fault.
    pub const fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Unreachable { .. } => evidence::REGISTRY_UNREACHABLE,
            Self::OverBudget { .. } => evidence::OVER_BUDGET,
            Self::NotFound { .. } => evidence::REGISTRY_NOT_FOUND,
            Self::Malformed { .. } => evidence::REGISTRY_MALFORMED,
            Self::OtherPackage { .. } => evidence::REGISTRY_OTHER_PACKAGE,
            Self::DigestMissing { .. } => evidence::REGISTRY_DIGEST_MISSING,
            Self::DigestMismatch { .. } => evidence::REGISTRY_DIGEST_MISMATCH,
            Self::Yanked { .. } => evidence::REGISTRY_YANKED,
            Self::Host { .. } => evidence::REGISTRY_HOST,
            Self::Config { .. }
            | Self::Base { .. }
            | Self::Unconfigured { .. }
            | Self::Several
            | Self::Client { .. }
            | Self::Io { .. }
            | Self::NoForm { .. } => return None,
        })
    }

    /// What it means for whoever asked.
    pub fn outcome(&self) -> Outcome {
        match self.code() {
            None => Outcome::Usage,
            Some(code) if code == evidence::REGISTRY_UNREACHABLE || code == evidence::OVER_BUDGET => {
                Outcome::Undecided
            }
            Some(_) => Outcome::Denied,
        }
    }

    /// What a report says of it.
    pub fn finding(&self) -> Option<Finding> {
        let finding = Finding::new(self.code()?, self.to_string());
        Some(match self {
            Self::OtherPackage { expected, found } | Self::DigestMismatch { expected, found } => {
                finding.expected(expected.clone()).found(found.clone())
            }
            _ => finding,
        })
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Config { .. } => "mend it, or name the registry with `--registry URL`",
            Self::Base { .. } => "name one with `https://`; plain HTTP is for registries on this machine",
            Self::Unconfigured { .. } => {
                "name it with `--registry URL`, or configure the ecosystem's own client in your home"
            }
            Self::Several => "name the one that is meant with `--registry URL`",
            Self::Client { .. } => {
                "name the registry with `--registry URL`, or the client with `--installer PATH`"
            }
            Self::Io { .. } => "name a folder that can be written to with `--download-dir DIR`",
            Self::NoForm { .. } => "`--allow-scripts` lets its build run, in the sandbox",
            Self::Yanked { .. } => "choose another version; `--allow-yanked` takes it all the same",
            _ => "`mcpsign explain CODE` says what causes a code and what cures it",
        }
    }
}
