//! TUF, by the Sigstore crate's client: over our own connections, into memory, and what was fetched verified anew
//! whenever it is read. The only place that names that crate.

mod mirror;
mod staged;

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_collect::http::{Client, HttpError, TLS_HINT};
use sigstore_tuf::{Error, Metadata, Root, StoreRepository, TrustedMetadataSet, Updater, UpdaterConfig};
use tokio::time::{Duration, timeout};
use url::Url;

use mirror::Mirror;
use staged::Staged;

/// Files of a repository by name, all of them JSON.
pub(super) type Files = BTreeMap<String, String>;

const TRUSTED_ROOT: &str = "trusted_root.json";
const SIGNING_CONFIG: &str = "signing_config.v0.2.json";
/// For a whole update. 5 min: some forty small files, each answered within seconds by any server that means well.
const UPDATE_TIME: Duration = Duration::from_secs(300);

/// What a repository distributes, once verified.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) trusted_root: String,
    pub(super) signing_config: Option<String>,
    pub(super) root: RootState,
}

/// What its `root.json` says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct RootState {
    pub(super) version: u64,
    pub(super) expires: Timestamp,
}

/// Why a repository is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TufError {
    /// The workflow refused, in the crate's words.
    #[error("{}", chain(.0))]
    Workflow(Box<Error>),
    /// It took too long.
    #[error("the repository did not answer in full within {} s", UPDATE_TIME.as_secs())]
    TimedOut,
    /// Roots are kept that nothing leads to.
    #[error("root {last} is kept, and the chain of roots holds no further than {reached}")]
    Chain {
        /// The newest that is kept.
        last: u64,
        /// The newest that is led to.
        reached: u64,
    },
    /// What it distributes is no text.
    #[error("`{name}` is not UTF-8")]
    NotText {
        /// Which file.
        name: String,
    },
    /// There is no client to ask with.
    #[error(transparent)]
    Client(HttpError),
    /// The system gave no executor.
    #[error("cannot run the client")]
    Runtime(#[source] std::io::Error),
    /// What it distributes is no usable trust root.
    #[error("the trust root that it distributes cannot be used")]
    Root(#[source] mcpsign_verifier::TrustRootError),
}

impl From<Error> for TufError {
    fn from(error: Error) -> Self {
        Self::Workflow(Box::new(error))
    }
}

impl TufError {
    /// What to do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Workflow(error) => match &**error {
                Error::Transport { source: Some(source), .. } if is_tls(source.downcast_ref()) => TLS_HINT,
                Error::Transport { .. } => {
                    "check the mirror's address, or try again later; what was fetched before can be used meanwhile"
                }
                Error::Expired { .. } => {
                    "the mirror serves something old: it may be withheld from you; try another network or mirror"
                }
                _ => {
                    "the mirror is not the instance's, or somebody tampers with it; try another network or mirror"
                }
            },
            Self::TimedOut => "try again later, or another mirror",
            Self::Client(_) | Self::Runtime(_) => "see the cause",
            Self::Chain { .. } | Self::NotText { .. } | Self::Root(_) => {
                "report it to whoever runs the repository"
            }
        }
    }
}

/// Reads a repository's `root.json` that is trusted already: its signatures are not looked at.
pub(super) fn embedded_state(root: &[u8]) -> Result<RootState, TufError> {
    Ok(state(Metadata::<Root>::from_slice(root)?.signed()))
}

/// Reads a `root.json` that somebody brings: it has to be signed by its own keys.
pub(super) fn bootstrap_state(root: &[u8]) -> Result<RootState, TufError> {
    Ok(state(TrustedMetadataSet::from_root(root)?.root()))
}

/// Verifies what was fetched before, from `bootstrap` on, without a connection. Signatures, thresholds, versions, lengths
/// and hashes are held to; that online roles have expired is not, as it always comes to that without a network. Until
/// when the root counts is for the caller to judge.
pub(super) fn verified(bootstrap: &[u8], files: &Files) -> Result<Verified, TufError> {
    // Nothing has expired yet at the beginning of time.
    let long_ago = Timestamp::MIN;
    let staged = Staged::new(files);
    let repository = StoreRepository::new(staged.clone());
    let mut updater = Updater::new(repository, bootstrap)?.with_config(limits()).with_store(staged);
    // Without drivers it can wait for nothing: no socket, no timer.
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(TufError::Runtime)?;
    let verified = runtime.block_on(async {
        updater.refresh(long_ago).await?;
        targets(&mut updater, long_ago).await
    })?;
    // The client goes as far as the chain of roots holds; where it breaks, something was changed.
    match files.keys().filter_map(|name| root_version(name)).max() {
        Some(last) if last > verified.root.version => {
            Err(TufError::Chain { last, reached: verified.root.version })
        }
        _ => Ok(verified),
    }
}

/// Fetches by the TUF workflow what changed since `before`, and gives all that is to be kept.
pub(super) fn fetched(
    bootstrap: &[u8],
    before: &Files,
    mirror: &Url,
    client: Client,
    now: Timestamp,
) -> Result<(Files, Verified), TufError> {
    let staged = Staged::new(before);
    let mut updater = Updater::new(Mirror::new(client, mirror), bootstrap)?
        .with_config(limits())
        .with_store(staged.clone());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(TufError::Runtime)?;
    runtime.block_on(async {
        let all = async {
            updater.refresh(now).await?;
            targets(&mut updater, now).await
        };
        timeout(UPDATE_TIME, all).await.map_err(|_| TufError::TimedOut)?
    })?;
    let files = staged.used()?;
    // Kept is only what will be believed when it is read again.
    let verified = verified(bootstrap, &files)?;
    Ok((files, verified))
}

async fn targets(updater: &mut Updater, now: Timestamp) -> Result<Verified, TufError> {
    let trusted_root = text(TRUSTED_ROOT, updater.get_target(TRUSTED_ROOT, now).await?)?;
    let signing_config = match updater.get_target(SIGNING_CONFIG, now).await {
        Ok(bytes) => Some(text(SIGNING_CONFIG, bytes)?),
        // Verifiers can do without, and GitHub's repository has none.
        Err(Error::TargetNotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Verified { trusted_root, signing_config, root: state(updater.trusted().root()) })
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, TufError> {
    String::from_utf8(bytes).map_err(|_| TufError::NotText { name: name.into() })
}

fn root_version(name: &str) -> Option<u64> {
    name.strip_prefix("root_history/")?.strip_suffix(".root.json")?.parse().ok()
}

const fn state(root: &Root) -> RootState {
    RootState { version: root.version, expires: root.expires }
}

/// The crate's own limits are those of python-tuf; what is distributed here is smaller.
fn limits() -> UpdaterConfig {
    let mut limits = UpdaterConfig::default();
    limits.target_max_length = super::file::MAX_FILE as u64;
    limits
}

const fn is_tls(error: Option<&HttpError>) -> bool {
    matches!(error, Some(HttpError::Tls { .. }))
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
