//! What a server was seen to offer, by us or by a client that hands in the replies it holds.

use std::collections::BTreeMap;

use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::manifest::{ItemDigests, Launch, Profile};
use crate::surface::ItemKind;

/// An observation to hold against a signed manifest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ObservedServer {
    /// How it was started and asked; unknown where only replies were handed in.
    pub conditions: Option<Conditions>,
    /// Every item seen, by kind and key.
    pub items: BTreeMap<(ItemKind, String), ObservedItem>,
}

/// Under which conditions a server showed what it showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// In recorded form.
    pub launch: Launch,
    /// The revision settled on.
    pub protocol_version: String,
    /// The client capabilities declared.
    pub client_capabilities: Json,
}

/// One item as seen.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedItem {
    /// Its digests.
    pub digests: ItemDigests,
    /// The item itself; `None` for `ui`, of which only the digest is kept.
    pub json: Option<Json>,
}

impl ObservedServer {
    /// The observation that a captured profile is.
    pub fn from_profile(profile: &Profile, items: &BTreeMap<Sha256Digest, Json>) -> Self {
        let seen = profile
            .items()
            .map(|(kind, key, digests)| {
                let json = items.get(&digests.wire).cloned();
                ((kind, key.to_owned()), ObservedItem { digests, json })
            })
            .collect();
        Self {
            conditions: Some(Conditions {
                launch: profile.launch.clone(),
                protocol_version: profile.protocol_version.clone(),
                client_capabilities: profile.client_capabilities.clone(),
            }),
            items: seen,
        }
    }
}

impl Conditions {
    /// Whether a profile was captured under these conditions: started alike ([`Launch::is_alike`]), and asked in the same
    /// protocol version with the same client capabilities.
    pub fn equal(&self, profile: &Profile) -> bool {
        self.launch.is_alike(&profile.launch)
            && self.protocol_version == profile.protocol_version
            && self.client_capabilities == profile.client_capabilities
    }
}
