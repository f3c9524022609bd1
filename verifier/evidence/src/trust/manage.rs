//! What puts trust roots into the store: files that somebody brings, and repositories.

use std::path::Path;

use jiff::Timestamp;
use mcpsign_collect::http::Client;
use mcpsign_verifier::SigstoreRoot;
use url::Url;

use super::file::{self, MAX_FILE, TrustConfig};
use super::instance::Instance;
use super::load::{self, Loaded};
use super::store::{Entry, Existing, Kept, Store};
use super::tuf::{self, Files, TufError};
use super::{TrustError, is_name};
use crate::read;

/// Times that an instance is fetched while others write it. Each of them has then done so within one fetch.
const ATTEMPTS: u32 = 3;

/// A file to be imported.
#[derive(Debug)]
pub struct ImportRequest<'a> {
    /// A `trusted_root.json`, a client trust configuration, or a TUF `root.json`.
    pub file: &'a Path,
    /// What it will be called; by default as the file, without what follows its last dot.
    pub name: Option<&'a str>,
    /// Where the repository is that a TUF `root.json` belongs to; needed there and nowhere else.
    pub mirror: Option<&'a Url>,
    /// Whether one of that name may be replaced.
    pub force: bool,
}

/// What was imported.
#[derive(Debug)]
pub struct Imported {
    /// What it is called.
    pub name: String,
    /// The trust root; a TUF repository has none before it is fetched.
    pub root: Option<SigstoreRoot>,
}

/// An instance to be fetched.
#[derive(Debug)]
pub struct UpdateRequest<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where to ask, in place of where it is known to be.
    pub mirror: Option<&'a Url>,
    /// The TUF `root.json` that a new instance begins with.
    pub root: Option<&'a Path>,
}

/// What was fetched.
#[derive(Debug)]
pub struct Updated {
    /// As it is loaded from now on.
    pub loaded: Loaded,
    /// Whether another trust root counts than before.
    pub changed: bool,
    /// Set where something was kept before that could not be used, and has been replaced.
    pub replaced: bool,
}

/// Keeps what is in a file under a name, once it is found to be usable.
///
/// # Errors
/// When it is not, or the name is taken or none.
pub fn import(store: &Store, request: &ImportRequest<'_>, now: Timestamp) -> Result<Imported, TrustError> {
    let path = request.file;
    let bytes = read::file(path, MAX_FILE)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = free_name(request.name.unwrap_or(&stem))?;
    let kind = |what| TrustError::Kind { path: path.into(), what };
    let unusable = |source| TrustError::Root { path: path.into(), source };

    let (kept, root) = if is_tuf_root(&bytes) {
        let mirror = request.mirror.ok_or_else(|| TrustError::NoMirror { path: path.into() })?;
        (repository(path, mirror, bytes)?, None)
    } else if request.mirror.is_some() {
        return Err(kind("no TUF root, and a mirror is of no use to it"));
    } else if let Some(TrustConfig { root, signing_config, document }) = file::config_of(path, &bytes)? {
        (Kept::Document { trusted_root: document, signing_config }, Some(root))
    } else {
        let root = SigstoreRoot::from_json(&bytes).map_err(unusable)?;
        let trusted_root = String::from_utf8(bytes).map_err(|_| kind("not UTF-8"))?;
        (Kept::Document { trusted_root, signing_config: None }, Some(root))
    };
    let existing = if request.force { Existing::Replace } else { Existing::Keep };
    store.write(name, &Entry::new(now, kept), existing)?;
    Ok(Imported { name: name.into(), root })
}

/// Fetches a trust root by the TUF workflow. Only once all of it is verified does it take the place of what was there; where
/// somebody else has put something there meanwhile, it is fetched anew, from that on.
///
/// # Errors
/// When the repository is not believed, cannot be reached, or there is none.
pub fn update(
    store: &Store,
    request: &UpdateRequest<'_>,
    client: &Client,
    now: Timestamp,
) -> Result<Updated, TrustError> {
    let mut changed = update_once(store, request, client, now);
    for _ in 1..ATTEMPTS {
        match changed {
            Err(TrustError::Changed { .. }) => changed = update_once(store, request, client, now),
            done => return done,
        }
    }
    changed
}

fn update_once(
    store: &Store,
    request: &UpdateRequest<'_>,
    client: &Client,
    now: Timestamp,
) -> Result<Updated, TrustError> {
    let name = request.name;
    // Before anything is read that leads to what takes its place. What is spoiled is replaced whatever becomes of it.
    let entry = store.read(name);
    let existing = match &entry {
        Ok(entry) => Existing::Same(entry.as_ref().map(|entry| &entry.root)),
        Err(_) => Existing::Replace,
    };
    let before = load::load(store, name);
    let Known { bootstrap, kept_bootstrap, files, mirror, replaced } = known(store, request)?;
    let refused = |source| TrustError::Update { name: name.into(), source };
    let fetched = tuf::fetched(&bootstrap, &files, &mirror, client.clone(), now);
    let (files, verified) = fetched.map_err(refused)?;
    SigstoreRoot::from_json(verified.trusted_root.as_bytes())
        .map_err(|error| refused(TufError::Root(error)))?;
    let kept = Kept::Tuf { mirror: mirror.to_string(), bootstrap: kept_bootstrap, files };
    store.write(name, &Entry::new(now, kept), existing)?;
    let loaded = load::load(store, name)?;
    let changed = before.map_or(true, |before| before.root.digest() != loaded.root.digest());
    Ok(Updated { loaded, changed, replaced })
}

/// What is known of an instance before it is fetched.
struct Known {
    bootstrap: Vec<u8>,
    /// The same, where it is to be kept.
    kept_bootstrap: Option<String>,
    files: Files,
    mirror: Url,
    replaced: bool,
}

fn known(store: &Store, request: &UpdateRequest<'_>) -> Result<Known, TrustError> {
    let name = request.name;
    if let Some(instance) = Instance::find(name) {
        if request.root.is_some() {
            return Err(TrustError::Taken {
                name: name.into(),
                why: "is built in, and the root that it begins with",
            });
        }
        let (files, replaced) = match store.read(name) {
            Ok(Some(Entry { root: Kept::Tuf { files, .. }, .. })) => {
                let spoiled = tuf::verified(instance.tuf_root(), &files).is_err();
                (files, spoiled)
            }
            Ok(None) => (Files::new(), false),
            Ok(Some(_)) | Err(_) => (Files::new(), true),
        };
        let mirror = match request.mirror {
            Some(mirror) => mirror.clone(),
            None => address(name, instance.mirror())?,
        };
        let bootstrap = instance.tuf_root().to_vec();
        return Ok(Known { bootstrap, kept_bootstrap: None, files, mirror, replaced });
    }
    let brought = match (request.root, request.mirror) {
        (None, _) => None,
        (Some(path), Some(mirror)) => {
            let bytes = read::file(path, MAX_FILE)?;
            Some(repository(path, mirror, bytes)?)
        }
        (Some(path), None) => return Err(TrustError::NoMirror { path: path.into() }),
    };
    let kept = match (store.read(free_name(name)?)?, brought) {
        (Some(entry), None) => entry.root,
        (None, Some(brought)) => brought,
        (None, None) => return Err(TrustError::Unknown { name: name.into() }),
        (Some(entry), Some(brought)) => match (&entry.root, &brought) {
            (Kept::Tuf { bootstrap: one, .. }, Kept::Tuf { bootstrap: other, .. }) if one == other => {
                entry.root
            }
            _ => return Err(TrustError::Taken { name: name.into(), why: "begins with another root" }),
        },
    };
    let Kept::Tuf { mirror, bootstrap: Some(bootstrap), files } = kept else {
        return Err(TrustError::NoRepository { name: name.into() });
    };
    let mirror = match request.mirror {
        Some(mirror) => mirror.clone(),
        None => address(name, &mirror)?,
    };
    let replaced = !files.is_empty() && tuf::verified(bootstrap.as_bytes(), &files).is_err();
    Ok(Known {
        bootstrap: bootstrap.clone().into_bytes(),
        kept_bootstrap: Some(bootstrap),
        files,
        mirror,
        replaced,
    })
}

/// A repository of which nothing is known but where it is and what it begins with.
fn repository(path: &Path, mirror: &Url, root: Vec<u8>) -> Result<Kept, TrustError> {
    let kind = |what| TrustError::Kind { path: path.into(), what };
    if tuf::bootstrap_state(&root).is_err() {
        return Err(kind("no TUF root that its own keys sign"));
    }
    let bootstrap = String::from_utf8(root).map_err(|_| kind("not UTF-8"))?;
    Ok(Kept::Tuf { mirror: mirror.to_string(), bootstrap: Some(bootstrap), files: Files::new() })
}

fn free_name(name: &str) -> Result<&str, TrustError> {
    if !is_name(name) {
        return Err(TrustError::Name { name: name.into() });
    }
    match Instance::find(name) {
        Some(_) => Err(TrustError::Taken { name: name.into(), why: "is built in" }),
        None => Ok(name),
    }
}

fn is_tuf_root(bytes: &[u8]) -> bool {
    use mcpsign_schemas::canonical::{Json, Limits};
    let json = Json::parse(bytes, Limits::bytes(MAX_FILE)).ok();
    let kind = |json: &Json| json.get("signed")?.get("_type")?.as_str().map(str::to_owned);
    json.as_ref().and_then(kind).as_deref() == Some("root")
}

fn address(name: &str, mirror: &str) -> Result<Url, TrustError> {
    Url::parse(mirror).map_err(|error| TrustError::Stored { name: name.into(), source: error.into() })
}
