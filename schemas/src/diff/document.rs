//! Whole captures and manifests: profile against profile.

use std::collections::BTreeMap;

use serde::Serialize;

use super::class::Class;
use super::members::{self, MemberChange};
use super::{Diff, servers};
use crate::canonical::{Json, JsonError};
use crate::digest::Sha256Digest;
use crate::manifest::Profile;
use crate::observed::ObservedServer;
use crate::surface::ItemKind;

/// The profiles of a capture or manifest and the items that they name.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The profiles.
    pub profiles: &'a [Profile],
    /// Every item, by wire digest.
    pub items: &'a BTreeMap<Sha256Digest, Json>,
}

/// The difference between two captures or manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestDiff {
    /// The worst class of `profiles`.
    pub class: Class,
    /// Every profile of either side, by name.
    pub profiles: Vec<ProfileDiff>,
}

/// One profile on both sides, or on one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileDiff {
    /// Its name; where two profiles of different names were compared, the one after.
    pub name: String,
    /// What happened to it.
    pub change: ProfileChange,
    /// How much that matters.
    pub class: Class,
    /// What differs in how the server was started and asked: then other items may be the cause's fault, not the
    /// server's. Does not count for the class.
    pub conditions: Vec<MemberChange>,
    /// Whether the same tools came in another order. Does not count for the class.
    pub order_changed: bool,
    /// The items that differ.
    pub items: Vec<super::ItemDiff>,
}

/// What happened to a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileChange {
    /// Only after.
    Added,
    /// Only before.
    Removed,
    /// On both sides.
    Compared,
}

/// Compares profile by profile, by name. If each side has exactly one, they are compared whatever their names.
///
/// # Errors
/// Never for profiles that were parsed or built; the canonical writer's error is passed on.
pub fn manifests(before: Side<'_>, after: Side<'_>) -> Result<ManifestDiff, JsonError> {
    let mut profiles = Vec::new();
    if let ([old], [new]) = (before.profiles, after.profiles) {
        profiles.push(compared((old, before.items), (new, after.items))?);
    } else {
        for new in after.profiles {
            profiles.push(match before.profiles.iter().find(|old| old.name == new.name) {
                Some(old) => compared((old, before.items), (new, after.items))?,
                None => alone(new, ProfileChange::Added),
            });
        }
        let gone =
            before.profiles.iter().filter(|old| !after.profiles.iter().any(|new| new.name == old.name));
        profiles.extend(gone.map(|old| alone(old, ProfileChange::Removed)));
    }
    profiles.sort_by(|a, b| a.name.cmp(&b.name));
    let class = profiles.iter().map(|profile| profile.class).max().unwrap_or(Class::Identical);
    Ok(ManifestDiff { class, profiles })
}

/// A profile that only one side has: nothing to compare, and not the same claim either.
fn alone(profile: &Profile, change: ProfileChange) -> ProfileDiff {
    ProfileDiff {
        name: profile.name.clone(),
        change,
        class: Class::Material,
        conditions: Vec::new(),
        order_changed: false,
        items: Vec::new(),
    }
}

type Seen<'a> = (&'a Profile, &'a BTreeMap<Sha256Digest, Json>);

fn compared(before: Seen<'_>, after: Seen<'_>) -> Result<ProfileDiff, JsonError> {
    let sighting = |(profile, items): Seen<'_>| ObservedServer::from_profile(profile, items);
    let Diff { mut class, items } = servers(&sighting(before), &sighting(after));
    let (old, new) = (before.0, after.0);
    // Unknown result members stand in the wire digest alone.
    if old.result_members != new.result_members {
        class = class.max(Class::WireOnly);
    }
    let same_tools = old.tools.keys().eq(new.tools.keys());
    Ok(ProfileDiff {
        name: new.name.clone(),
        change: ProfileChange::Compared,
        class,
        // The kind without inert members: how it was asked is compared as it stands.
        conditions: members::changes(ItemKind::Capabilities, &conditions(old)?, &conditions(new)?),
        order_changed: same_tools && old.tool_order != new.tool_order,
        items,
    })
}

/// How a profile was started and asked.
fn conditions(profile: &Profile) -> Result<Json, JsonError> {
    Ok(Json::Object(
        [
            ("launch", Json::from_serialize(&profile.launch)?),
            ("protocolVersion", Json::from(profile.protocol_version.as_str())),
            ("clientInfo", Json::from_serialize(&profile.client_info)?),
            ("clientCapabilities", profile.client_capabilities.clone()),
            ("authScope", Json::from_serialize(&profile.auth_scope)?),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect(),
    ))
}
