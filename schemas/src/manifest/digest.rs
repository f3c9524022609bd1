//! The digests of a whole profile.

use std::collections::BTreeMap;

use super::{ItemDigests, Profile};
use crate::canonical::{Json, Object};
use crate::digest::Sha256Digest;

/// Wire and surface digest of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileDigests {
    /// Over the wire digests and the unknown result members.
    pub wire: Sha256Digest,
    /// Over the surface digests.
    pub surface: Sha256Digest,
}

/// Computes both from the item digests that the profile states.
pub fn profile_digests(profile: &Profile) -> ProfileDigests {
    let surface = summary(profile, |digests| digests.surface);
    let mut wire = summary(profile, |digests| digests.wire);
    let members = profile.result_members.iter().map(|(method, digest)| (method.clone(), hex(*digest)));
    wire.insert("resultMembers".into(), Json::Object(members.collect()));
    ProfileDigests { wire: Json::Object(wire).sha256(), surface: Json::Object(surface).sha256() }
}

/// The object that is hashed.
fn summary(profile: &Profile, pick: fn(&ItemDigests) -> Sha256Digest) -> Object {
    let single = |digest: Option<Sha256Digest>| digest.map_or(Json::Null, hex);
    let column = |items: &BTreeMap<String, ItemDigests>| {
        Json::Object(items.iter().map(|(key, digests)| (key.clone(), hex(pick(digests)))).collect())
    };
    [
        ("capabilities", single(profile.capabilities)),
        ("instructions", single(profile.instructions)),
        ("prompts", column(&profile.prompts)),
        ("resourceTemplates", column(&profile.resource_templates)),
        ("resources", column(&profile.resources)),
        ("serverInfo", single(profile.server_info)),
        ("skills", column(&profile.skills)),
        ("tools", column(&profile.tools)),
        ("ui", column(&profile.ui)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

fn hex(digest: Sha256Digest) -> Json {
    Json::String(digest.to_string())
}
