//! Do two manifests say the same of a server?

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::{Profile, ToolManifest};
use mcpsign_schemas::policy::ManifestRequirement;

use super::manifest::profiles;

/// Whether each has a profile, of those that count under the rule, that shows the same surface as one of the other under the
/// same launch, protocol version and client capabilities. As for an observation, what confined the server, what proved whose bytes it
/// runs and which release of the interpreter ran it does not count: each has its own.
pub(crate) fn agree(
    one: &ToolManifest,
    other: &ToolManifest,
    subject: Sha256Digest,
    requirement: &ManifestRequirement,
) -> bool {
    let counting = |manifest| profiles(manifest, subject, requirement).map(|(profiles, _)| profiles);
    match (counting(one), counting(other)) {
        (Ok(ones), Ok(others)) => ones.iter().any(|one| others.iter().any(|other| same(one, other))),
        _ => false,
    }
}

fn same(one: &Profile, other: &Profile) -> bool {
    one.surface_digest == other.surface_digest
        && one.protocol_version == other.protocol_version
        && one.client_capabilities == other.client_capabilities
        && one.launch.is_alike(&other.launch)
}
