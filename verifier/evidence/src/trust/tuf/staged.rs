//! The files of a repository in memory: what an update stores counts only once all of it is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sigstore_tuf::{MetadataStore, Result};

use super::{Files, TufError};

/// Shared with the client that reads and writes it.
#[derive(Debug, Clone)]
pub(super) struct Staged(Arc<Mutex<BTreeMap<String, File>>>);

#[derive(Debug)]
struct File {
    bytes: Vec<u8>,
    /// Whether anybody asked for it or stored it since: the rest is old.
    used: bool,
}

impl Staged {
    pub(super) fn new(files: &Files) -> Self {
        let file = |text: &String| File { bytes: text.clone().into_bytes(), used: false };
        Self(Arc::new(Mutex::new(files.iter().map(|(name, text)| (name.clone(), file(text))).collect())))
    }

    /// What is to be kept: the chain of roots, and the metadata and targets of now.
    pub(super) fn used(&self) -> std::result::Result<Files, TufError> {
        let files = self.files();
        let used = files.iter().filter(|(name, file)| file.used && !is_copy(name));
        used.map(|(name, file)| {
            let text = String::from_utf8(file.bytes.clone());
            Ok((name.clone(), text.map_err(|_| TufError::NotText { name: name.clone() })?))
        })
        .collect()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client stores the last root and the snapshot twice, under their versions too.
fn is_copy(name: &str) -> bool {
    let versioned = |name: &str| {
        name.split_once('.').is_some_and(|(version, rest)| {
            rest == "snapshot.json" && version.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    name == "root.json" || versioned(name)
}

impl MetadataStore for Staged {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.files().get_mut(name).map(|file| {
            file.used = true;
            file.bytes.clone()
        }))
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.files().insert(name.to_owned(), File { bytes: bytes.to_vec(), used: true });
        Ok(())
    }
}
