//! The digests of a whole profile.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ItemDigests, Profile};
use crate::canonical::{self, JsonError};
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
///
/// # Errors
/// Never for a profile that was parsed or built; the canonical writer's error is passed on.
pub fn profile_digests(profile: &Profile) -> Result<ProfileDigests, JsonError> {
    let digest = |result_members, pick: fn(&ItemDigests) -> Sha256Digest| {
        let column = |items: &BTreeMap<String, ItemDigests>| {
            items.iter().map(|(key, digests)| (key.clone(), pick(digests))).collect()
        };
        canonical::to_canonical(&Summary {
            capabilities: profile.capabilities,
            instructions: profile.instructions,
            server_info: profile.server_info,
            prompts: column(&profile.prompts),
            resource_templates: column(&profile.resource_templates),
            resources: column(&profile.resources),
            skills: column(&profile.skills),
            tools: column(&profile.tools),
            ui: column(&profile.ui),
            result_members,
        })
        .map(|bytes| Sha256Digest::of(&bytes))
    };
    Ok(ProfileDigests {
        wire: digest(Some(&profile.result_members), |digests| digests.wire)?,
        surface: digest(None, |digests| digests.surface)?,
    })
}

/// The object that is hashed; canonical form orders its members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    capabilities: Option<Sha256Digest>,
    instructions: Option<Sha256Digest>,
    server_info: Option<Sha256Digest>,
    prompts: BTreeMap<String, Sha256Digest>,
    resource_templates: BTreeMap<String, Sha256Digest>,
    resources: BTreeMap<String, Sha256Digest>,
    skills: BTreeMap<String, Sha256Digest>,
    tools: BTreeMap<String, Sha256Digest>,
    ui: BTreeMap<String, Sha256Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_members: Option<&'a BTreeMap<String, Sha256Digest>>,
}
