//! What a server showed, held against the profiles of one signed manifest (`formats.md` §7, `spec/tool-manifest.md`).
//! Items of two statements are never mixed.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::diff::{self, Rename};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{ItemDigests, KEYED, Profile, ToolManifest};
use mcpsign_schemas::observed::{ObservedItem, ObservedServer};
use mcpsign_schemas::policy::{Comparison, ManifestRequirement, Resources};
use mcpsign_schemas::surface::ItemKind;

use super::difference;
use crate::non_empty::NonEmpty;

/// Findings of one comparison at the most: a server with ten thousand foreign tools is as bad as one with a few.
const MAX_FINDINGS: usize = 64;

/// 1. A server that shows nothing, where tools are signed, is not the one that was signed.
/// 2. Started and asked as one of the profiles was: it shows the same, no more and no less.
/// 3. Otherwise it shows nothing that is not in one of the profiles, unless the rule wants equality.
///
/// # Errors
/// What differs.
pub(crate) fn compare(
    manifest: &ToolManifest,
    profiles: &[&Profile],
    observed: &ObservedServer,
    requirement: &ManifestRequirement,
) -> Result<Vec<Finding>, NonEmpty<Finding>> {
    let tools_signed = profiles.iter().any(|profile| !profile.tools.is_empty());
    let tools_shown = observed.items.keys().any(|(kind, _)| *kind == ItemKind::Tool);
    if observed.items.is_empty() || (tools_signed && !tools_shown) {
        return Err(NonEmpty::one(Finding::new(
            code::manifest::NOTHING_OBSERVED,
            "tools are signed and the server showed none",
        )));
    }
    let alike: Vec<&Profile> = profiles
        .iter()
        .copied()
        .filter(|profile| observed.conditions.as_ref().is_some_and(|conditions| conditions.equal(profile)))
        .collect();
    let candidates: Vec<Vec<&Profile>> = match (alike.is_empty(), requirement.comparison) {
        (false, _) => alike.into_iter().map(|profile| vec![profile]).collect(),
        (true, Comparison::Equal) => {
            let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
            return Err(NonEmpty::one(
                Finding::new(
                    code::manifest::CONDITIONS_DIFFER,
                    "the server was observed under other conditions than any signed profile",
                )
                .expected(format!("profile {}", names.join(", "))),
            ));
        }
        (true, Comparison::Subset) => {
            return against(manifest, profiles, observed, requirement, Mode::Subset).result();
        }
    };
    // Two profiles of equal conditions can only differ in what does not count (sandbox, network): one is enough.
    let mut best: Option<Outcome> = None;
    for profile in candidates {
        let outcome = against(manifest, &profile, observed, requirement, Mode::Equal);
        if best.as_ref().is_none_or(|best| outcome.errors.len() < best.errors.len()) {
            best = Some(outcome);
        }
    }
    best.unwrap_or_default().result()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Equal,
    Subset,
}

#[derive(Default)]
struct Outcome {
    errors: Vec<Finding>,
    notes: Vec<Finding>,
}

impl Outcome {
    fn result(self) -> Result<Vec<Finding>, NonEmpty<Finding>> {
        let Self { mut errors, notes } = self;
        let more = errors.len().saturating_sub(MAX_FINDINGS);
        if more > 0 {
            errors.truncate(MAX_FINDINGS);
            if let Some(last) = errors.last_mut() {
                last.message = format!("{} (and {more} more differences)", last.message);
            }
        }
        NonEmpty::from_vec(errors).map_or(Ok(notes), Err)
    }
}

fn against(
    manifest: &ToolManifest,
    profiles: &[&Profile],
    observed: &ObservedServer,
    requirement: &ManifestRequirement,
    mode: Mode,
) -> Outcome {
    let mut out = Outcome::default();
    if mode == Mode::Subset {
        out.notes.push(Finding::new(
            code::manifest::SUBSET,
            "observed under other conditions than any signed profile: what is missing proves nothing",
        ));
    }
    let renames = renames(manifest, profiles, observed);
    for kind in KEYED {
        let resources = (kind == ItemKind::Resource).then_some(requirement.resources);
        if resources != Some(Resources::Ignore) {
            let missing_counts = match resources {
                Some(resources) => resources == Resources::Equal,
                None => mode == Mode::Equal,
            };
            keyed(kind, manifest, profiles, observed, missing_counts, &renames, &mut out);
        }
    }
    singles(manifest, profiles, observed, mode, &mut out);
    out
}

/// Which of the unknown items look like a signed one under another name. It decides nothing: an unknown name is refused
/// in any case.
fn renames(manifest: &ToolManifest, profiles: &[&Profile], observed: &ObservedServer) -> Vec<Rename> {
    let signed = |kind: ItemKind, key: &str| {
        profiles.iter().any(|profile| profile.keyed(kind).is_some_and(|items| items.contains_key(key)))
    };
    let known = |kind: ItemKind, key: &str| !KEYED.contains(&kind) || signed(kind, key);
    if observed.items.keys().all(|(kind, key)| known(*kind, key)) {
        return Vec::new();
    }
    let before = profiles
        .iter()
        .flat_map(|profile| ObservedServer::from_profile(profile, &manifest.items).items)
        .collect();
    diff::renames(&ObservedServer { conditions: None, items: before }, observed)
}

/// The items of one kind, by key.
fn keyed(
    kind: ItemKind,
    manifest: &ToolManifest,
    profiles: &[&Profile],
    observed: &ObservedServer,
    missing_counts: bool,
    renames: &[Rename],
    out: &mut Outcome,
) {
    let codes = codes(kind);
    let signed_as = |key: &str| -> Vec<ItemDigests> {
        profiles.iter().filter_map(|profile| profile.keyed(kind)?.get(key).copied()).collect()
    };
    for ((_, key), item) in observed.items.iter().filter(|((found, _), _)| *found == kind) {
        let signed = signed_as(key);
        if signed.is_empty() {
            let message = format!("{kind} `{key}` is not in the signed manifest");
            let rename = renames.iter().find(|rename| rename.kind == kind && rename.to == *key);
            let finding = match rename {
                Some(Rename { from, edited, .. }) => {
                    let how = if *edited { "renamed and edited" } else { "renamed, otherwise equal" };
                    Finding::new(codes.unknown, format!("{message}; it looks like `{from}`, {how}"))
                        .expected(from.clone())
                }
                None => Finding::new(codes.unknown, message),
            };
            out.errors.push(finding.found(key.clone()));
        } else if !signed.iter().any(|digests| digests.surface == item.digests.surface) {
            let message = format!("{kind} `{key}` differs from the signed manifest");
            out.errors.push(differs(Finding::new(codes.changed, message), manifest, &signed, item));
        } else if !signed.iter().any(|digests| digests.wire == item.digests.wire) {
            let message = format!("{kind} `{key}` differs in inert members only");
            out.notes.push(differs(
                Finding::new(code::manifest::WIRE_ONLY, message),
                manifest,
                &signed,
                item,
            ));
        }
    }
    let mut missing: Vec<&str> = profiles
        .iter()
        .filter_map(|profile| profile.keyed(kind))
        .flat_map(|items| items.keys())
        .filter(|key| !observed.items.contains_key(&(kind, (*key).clone())))
        .map(String::as_str)
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if missing_counts {
        out.errors.extend(
            missing
                .into_iter()
                .map(|key| Finding::new(codes.missing, format!("{kind} `{key}` is signed and not shown"))),
        );
    } else if !missing.is_empty() {
        let message =
            format!("{} {kind} item(s) are signed and not shown: {}", missing.len(), listed(&missing));
        out.notes.push(Finding::new(codes.missing, message).as_note());
    }
}

/// Server info, instructions, capabilities.
fn singles(
    manifest: &ToolManifest,
    profiles: &[&Profile],
    observed: &ObservedServer,
    mode: Mode,
    out: &mut Outcome,
) {
    type Pick = fn(&Profile) -> Option<mcpsign_schemas::digest::Sha256Digest>;
    let kinds: [(ItemKind, Code, Pick); 3] = [
        (ItemKind::ServerInfo, code::manifest::SERVER_INFO_CHANGED, |profile| profile.server_info),
        (ItemKind::Instructions, code::manifest::INSTRUCTIONS_CHANGED, |profile| profile.instructions),
        (ItemKind::Capabilities, code::manifest::CAPABILITIES_CHANGED, |profile| profile.capabilities),
    ];
    for (kind, code, pick) in kinds {
        let item = observed.items.get(&(kind, kind.as_str().to_owned()));
        let shown = item.map(|item| item.digests.surface);
        let signed: Vec<_> = profiles.iter().map(|profile| pick(profile)).collect();
        let agrees = match mode {
            Mode::Equal => signed.contains(&shown),
            // Not shown says nothing; what capabilities are declared depends on who asks.
            Mode::Subset if shown.is_none() || kind == ItemKind::Capabilities => true,
            Mode::Subset if kind == ItemKind::ServerInfo => {
                let name = item.and_then(|item| item.json.as_ref()).and_then(server_name);
                let names = signed.iter().flatten().filter_map(|wire| server_name(manifest.items.get(wire)?));
                name.is_some_and(|name| names.into_iter().any(|signed| signed == name))
            }
            Mode::Subset => signed.contains(&shown),
        };
        // It decides nothing, and is no longer what was signed.
        let is_noted = agrees && shown.is_some() && !signed.contains(&shown);
        if agrees && !is_noted {
            continue;
        }
        let message = match kind {
            ItemKind::ServerInfo if is_noted => {
                "what the server says of itself beside its name differs from the signed manifest"
            }
            ItemKind::ServerInfo => "the server calls itself something else than the signed manifest says",
            ItemKind::Instructions => "the instructions differ from the signed manifest",
            _ => "the capabilities differ from the signed manifest",
        };
        let digests: Vec<ItemDigests> =
            signed.iter().flatten().map(|&wire| ItemDigests { wire, surface: wire }).collect();
        let finding = Finding::new(code, message);
        let finding = match item {
            Some(item) => differs(finding, manifest, &digests, item),
            None => finding.expected("shown").found("not shown"),
        };
        if is_noted { out.notes.push(finding.as_note()) } else { out.errors.push(finding) }
    }
}

fn server_name(info: &Json) -> Option<&str> {
    info.get("name")?.as_str()
}

/// Adds what differs, between the first of the signed forms and what was shown.
fn differs(
    finding: Finding,
    manifest: &ToolManifest,
    signed: &[ItemDigests],
    item: &ObservedItem,
) -> Finding {
    let original = signed.first().and_then(|digests| manifest.items.get(&digests.wire));
    match (original, &item.json) {
        (Some(original), Some(shown)) => match difference::first(original, shown) {
            Some(difference) => finding.expected(difference.signed).found(difference.observed),
            None => finding,
        },
        // A page, of which only the digest is kept, or something that is not signed at all.
        _ => {
            let expected = signed
                .first()
                .map_or_else(|| "nothing".into(), |digests| format!("sha256:{}", digests.surface));
            finding.expected(expected).found(format!("sha256:{}", item.digests.surface))
        }
    }
}

fn listed(keys: &[&str]) -> String {
    const SHOWN: usize = 10;
    let mut list = keys.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if keys.len() > SHOWN {
        list.push_str(", …");
    }
    list
}

struct Codes {
    unknown: Code,
    changed: Code,
    missing: Code,
}

fn codes(kind: ItemKind) -> Codes {
    use code::manifest as m;
    let (unknown, changed, missing) = match kind {
        ItemKind::Prompt => (m::PROMPT_UNKNOWN, m::PROMPT_CHANGED, m::PROMPT_MISSING),
        ItemKind::Resource => (m::RESOURCE_UNKNOWN, m::RESOURCE_CHANGED, m::RESOURCE_MISSING),
        ItemKind::ResourceTemplate => {
            (m::RESOURCE_TEMPLATE_UNKNOWN, m::RESOURCE_TEMPLATE_CHANGED, m::RESOURCE_TEMPLATE_MISSING)
        }
        ItemKind::Skill => (m::SKILL_UNKNOWN, m::SKILL_CHANGED, m::SKILL_MISSING),
        ItemKind::Ui => (m::UI_UNKNOWN, m::UI_CHANGED, m::UI_MISSING),
        ItemKind::Tool | ItemKind::ServerInfo | ItemKind::Instructions | ItemKind::Capabilities => {
            (m::TOOL_UNKNOWN, m::TOOL_CHANGED, m::TOOL_MISSING)
        }
    };
    Codes { unknown, changed, missing }
}
