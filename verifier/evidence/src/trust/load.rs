//! From a name to a trust root: imported, fetched or built in.

use std::collections::BTreeSet;

use mcpsign_verifier::{RootOrigin, RootSource, SigstoreRoot, TufOrigin};

use super::instance::{EMBEDDED_AS_OF, Instance};
use super::store::{Entry, Kept, Store};
use super::tuf::{self, RootState, Verified};
use super::{TrustError, is_name};

/// A trust root by its name.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The root, with where it was taken from.
    pub root: SigstoreRoot,
    /// The document that it was read from.
    pub document: String,
    /// The signing configuration that came with it, unread: which services sign what leads to the root.
    pub signing_config: Option<String>,
    /// Where it is fetched from.
    pub mirror: Option<String>,
}

/// Everything that has a name: what is built in first, then what was imported.
pub fn names(store: &Store) -> Vec<String> {
    let built_in: Vec<String> = Instance::ALL.iter().map(|instance| instance.name().into()).collect();
    let kept: BTreeSet<String> = store.names().into_iter().filter(|name| !built_in.contains(name)).collect();
    built_in.into_iter().chain(kept).collect()
}

/// Loads the trust root of an instance, without a connection. Of one that is built in, what was fetched since counts
/// instead; whatever was fetched is verified anew.
///
/// # Errors
/// When nothing is known by that name, or what is kept of it cannot be used. It is not replaced by what is built in: that
/// may be what somebody who spoiled it wants.
pub fn load(store: &Store, name: &str) -> Result<Loaded, TrustError> {
    if !is_name(name) {
        return Err(TrustError::Name { name: name.into() });
    }
    let entry = store.read(name)?;
    match (Instance::find(name), entry) {
        (Some(instance), None) => embedded(instance),
        (Some(instance), Some(entry)) => newer(instance, entry),
        (None, Some(entry)) => imported(name, entry),
        (None, None) => Err(TrustError::Unknown { name: name.into() }),
    }
}

fn embedded(instance: Instance) -> Result<Loaded, TrustError> {
    let state = embedded_state(instance)?;
    let root = instance.trusted_root();
    let tuf = TufOrigin { root_version: state.version, expires: state.expires, as_of: EMBEDDED_AS_OF };
    loaded(
        root,
        instance.signing_config().map(str::to_owned),
        Some(instance.mirror().into()),
        RootOrigin { name: instance.name().into(), source: RootSource::Embedded, tuf: Some(tuf) },
    )
}

/// What was fetched, unless this program brings something newer.
fn newer(instance: Instance, entry: Entry) -> Result<Loaded, TrustError> {
    let name = instance.name();
    let Kept::Tuf { mirror, files, bootstrap: None } = entry.root else {
        return Err(stored(name, "it is built in and cannot be imported"));
    };
    if entry.as_of < EMBEDDED_AS_OF {
        return embedded(instance);
    }
    let verified = tuf::verified(instance.tuf_root(), &files).map_err(|error| stored(name, error))?;
    if verified.root.version < embedded_state(instance)?.version {
        return embedded(instance);
    }
    fetched(name, verified, mirror, entry.as_of)
}

fn imported(name: &str, entry: Entry) -> Result<Loaded, TrustError> {
    match entry.root {
        Kept::Document { trusted_root, signing_config } => loaded(
            &trusted_root,
            signing_config,
            None,
            RootOrigin { name: name.into(), source: RootSource::Imported, tuf: None },
        ),
        Kept::Tuf { bootstrap: None, .. } => Err(stored(name, "the root that it begins with is missing")),
        Kept::Tuf { files, .. } if files.is_empty() => Err(TrustError::NotFetched { name: name.into() }),
        Kept::Tuf { mirror, bootstrap: Some(bootstrap), files } => {
            let verified =
                tuf::verified(bootstrap.as_bytes(), &files).map_err(|error| stored(name, error))?;
            fetched(name, verified, mirror, entry.as_of)
        }
    }
}

/// A trust root out of a repository.
pub(super) fn fetched(
    name: &str,
    verified: Verified,
    mirror: String,
    as_of: jiff::Timestamp,
) -> Result<Loaded, TrustError> {
    let RootState { version: root_version, expires } = verified.root;
    let tuf = TufOrigin { root_version, expires, as_of };
    loaded(
        &verified.trusted_root,
        verified.signing_config,
        Some(mirror),
        RootOrigin { name: name.into(), source: RootSource::Cache, tuf: Some(tuf) },
    )
}

fn loaded(
    trusted_root: &str,
    signing_config: Option<String>,
    mirror: Option<String>,
    origin: RootOrigin,
) -> Result<Loaded, TrustError> {
    let root = SigstoreRoot::from_json(trusted_root.as_bytes());
    let root = root.map_err(|error| stored(&origin.name, error))?.with_origin(origin);
    Ok(Loaded { root, document: trusted_root.into(), signing_config, mirror })
}

fn embedded_state(instance: Instance) -> Result<RootState, TrustError> {
    tuf::embedded_state(instance.tuf_root()).map_err(|error| stored(instance.name(), error))
}

fn stored(name: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TrustError {
    TrustError::Stored { name: name.into(), source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::store::Existing;

    #[test]
    fn what_is_built_in_loads_and_says_until_when_it_counts() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(&folder.path().join("none"));
        assert_eq!(names(&store), ["public-good", "github"]);
        for instance in Instance::ALL {
            let loaded = load(&store, instance.name()).unwrap();
            let origin = loaded.root.origin().unwrap();
            assert_eq!((origin.source, origin.name.as_str()), (RootSource::Embedded, instance.name()));
            let tuf = origin.tuf.unwrap();
            assert!(tuf.expires > EMBEDDED_AS_OF && tuf.root_version > 0);
            // What is trusted unseen when it is loaded does hold.
            assert_eq!(tuf::bootstrap_state(instance.tuf_root()).unwrap().version, tuf.root_version);
        }
        assert!(!folder.path().join("none").exists(), "reading makes no folder");
    }

    #[test]
    fn a_newer_program_outdoes_what_was_fetched_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        let kept =
            Kept::Tuf { mirror: "https://tuf.acme.example/".into(), bootstrap: None, files: [].into() };
        let write = |as_of| {
            store.write("github", &Entry::new(as_of, kept.clone()), Existing::Replace).unwrap();
        };
        write(EMBEDDED_AS_OF - std::time::Duration::from_secs(1));
        let origin = load(&store, "github").unwrap().root.origin().unwrap().clone();
        assert_eq!(origin.source, RootSource::Embedded);
        // Fetched since: what is kept has to hold.
        write(EMBEDDED_AS_OF);
        assert!(matches!(load(&store, "github"), Err(TrustError::Stored { .. })));
    }

    #[test]
    fn names_that_nothing_is_known_by_are_told_from_those_that_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        assert!(matches!(load(&store, "acme"), Err(TrustError::Unknown { .. })));
        for bad in ["", "../acme", "a/b", "Acme"] {
            assert!(matches!(load(&store, bad), Err(TrustError::Name { .. })), "{bad}");
        }
    }

    #[test]
    fn what_is_spoiled_is_not_replaced_by_what_is_built_in() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        for spoiled in [
            "",
            "{}",
            "{\"version\":2,\"asOf\":\"2026-11-01T00:00:00Z\",\"root\":{\"tuf\":{\"mirror\":\"\",\"files\":{}}}}",
            "{\"version\":1,\"asOf\":\"2026-11-01T00:00:00Z\",\"root\":{\"tuf\":{\"mirror\":\"\",\"files\":{}}}}",
            "{\"version\":1,\"asOf\":\"2026-11-01T00:00:00Z\",\"root\":{\"document\":{\"trustedRoot\":\"{}\"}}}",
        ] {
            std::fs::write(folder.path().join("public-good.json"), spoiled).unwrap();
            assert!(matches!(load(&store, "public-good"), Err(TrustError::Stored { .. })), "{spoiled}");
        }
    }
}
