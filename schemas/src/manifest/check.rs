//! What must hold of profiles and items in themselves, whoever signed them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Profile, form, profile_digests};
use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::surface::{self, ItemKind};

/// Bytes of items at the most, each counted for every profile that names it: profiles are read one by one, and share their items. Eight
/// times what the largest statement has room for.
const MAX_NAMED: usize = 32 << 20;

/// A manifest or capture that contradicts itself.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ManifestError {
    /// No profile, or two of one name.
    #[error("profile names must be unique and there must be one at least")]
    Profiles,
    /// More to read than anybody's server shows.
    #[error("the profiles name items of more than {} MiB, each counted for every profile", MAX_NAMED >> 20)]
    TooLarge,
    /// A digest that a profile names is no key of `items`.
    #[error("{kind} `{key}` names the item {wire}, which is not there")]
    ItemMissing {
        /// Kind of the item, or `resultMembers`.
        kind: &'static str,
        /// Its key.
        key: String,
        /// The digest named.
        wire: Sha256Digest,
    },
    /// A key of `items` that no profile names.
    #[error("item {wire} is named by no profile")]
    ItemUnused {
        /// The key.
        wire: Sha256Digest,
    },
    /// A stated digest that is not the recomputed one.
    #[error("{what}: {stated} stated, {computed} computed")]
    DigestMismatch {
        /// Which digest.
        what: String,
        /// As stated.
        stated: Sha256Digest,
        /// As recomputed.
        computed: Sha256Digest,
    },
    /// A profile says of itself what cannot be.
    #[error("profile `{profile}` contradicts itself: {what}")]
    Profile {
        /// Its name.
        profile: String,
        /// What cannot be.
        what: &'static str,
    },
    /// An item under another key than its own name or URI.
    #[error("{kind} `{key}` holds an item of another name")]
    KeyMismatch {
        /// Kind of the item.
        kind: ItemKind,
        /// Its key in the profile.
        key: String,
    },
}

/// Checks, for each profile, that every digest it names is there, that every item has the key it is named
/// by, that stated digests are the recomputed ones, that no item is left over, and that what it says of itself can be.
///
/// # Errors
/// The first contradiction.
pub fn check_items(profiles: &[Profile], items: &BTreeMap<Sha256Digest, Json>) -> Result<(), ManifestError> {
    let mut names = BTreeSet::new();
    if profiles.is_empty() || !profiles.iter().all(|profile| names.insert(profile.name.as_str())) {
        return Err(ManifestError::Profiles);
    }

    let mut sizes = BTreeMap::new();
    for (stated, item) in items {
        let bytes = item.to_canonical();
        expect_equal(|| format!("item {stated}"), *stated, Sha256Digest::of(&bytes))?;
        sizes.insert(*stated, bytes.len());
    }

    let mut used = BTreeSet::new();
    let mut surfaces = BTreeMap::new();
    let mut named = 0_usize;
    let mut count = |wire| {
        named = named.saturating_add(sizes.get(&wire).copied().unwrap_or(0));
        if named > MAX_NAMED { Err(ManifestError::TooLarge) } else { Ok(()) }
    };
    for profile in profiles {
        for (kind, key, digests) in profile.items() {
            // Of a page's HTML only the digest is signed.
            if kind == ItemKind::Ui {
                expect_equal(|| format!("ui `{key}`"), digests.surface, digests.wire)?;
                continue;
            }
            let item = items.get(&digests.wire).ok_or_else(|| ManifestError::ItemMissing {
                kind: kind.as_str(),
                key: key.into(),
                wire: digests.wire,
            })?;
            if !has_key(kind, item, key) {
                return Err(ManifestError::KeyMismatch { kind, key: key.into() });
            }
            count(digests.wire)?;
            let surface =
                surfaces.entry((kind, digests.wire)).or_insert_with(|| surface::surface(kind, item));
            expect_equal(|| format!("surface of {kind} `{key}`"), digests.surface, *surface)?;
            used.insert(digests.wire);
        }
        for (method, wire) in &profile.result_members {
            if !items.contains_key(wire) {
                return Err(ManifestError::ItemMissing {
                    kind: "resultMembers",
                    key: method.clone(),
                    wire: *wire,
                });
            }
            count(*wire)?;
            used.insert(*wire);
        }
        let computed = profile_digests(profile);
        let name = &profile.name;
        expect_equal(|| format!("wireDigest of `{name}`"), profile.wire_digest.sha256, computed.wire)?;
        expect_equal(
            || format!("surfaceDigest of `{name}`"),
            profile.surface_digest.sha256,
            computed.surface,
        )?;
    }

    if let Some(wire) = items.keys().find(|wire| !used.contains(wire)) {
        return Err(ManifestError::ItemUnused { wire: *wire });
    }
    profiles.iter().try_for_each(|profile| {
        form::check(profile).map_err(|what| ManifestError::Profile { profile: profile.name.clone(), what })
    })
}

fn expect_equal(
    what: impl Fn() -> String,
    stated: Sha256Digest,
    computed: Sha256Digest,
) -> Result<(), ManifestError> {
    if stated == computed {
        Ok(())
    } else {
        Err(ManifestError::DigestMismatch { what: what(), stated, computed })
    }
}

/// Whether `item` calls itself `key`. Without this a signed manifest could show one name and mean another.
fn has_key(kind: ItemKind, item: &Json, key: &str) -> bool {
    match kind.key_member() {
        Some(member) => item.get(member).and_then(Json::as_str) == Some(key),
        None => true,
    }
}
