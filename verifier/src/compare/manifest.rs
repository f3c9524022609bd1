//! Is a tool manifest whole in itself, and which of its profiles count for this artifact under this rule?

use std::collections::BTreeSet;

use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::endpoint::ENDPOINT_MEDIA_TYPE;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{Binding, Kind, ManifestError, Profile, ToolManifest, check_items};
use mcpsign_schemas::policy::{CaptureForm, ManifestRequirement, MinimumBinding};
use mcpsign_schemas::statement::{Statement, Subject};
use mcpsign_schemas::untrusted::{escape, is_deceptive};

/// Reads the predicate.
///
/// # Errors
/// When a required member is missing or has another type.
pub(crate) fn parse(statement: &Statement) -> Result<ToolManifest, Finding> {
    statement
        .predicate
        .to_typed()
        .map_err(|error| malformed(format!("the tool manifest is not well formed: {error}")))
}

/// What must hold of a manifest whatever the policy says:
/// 1. every item that a profile names is there, has the digests stated, and nothing else is there; profiles are of their form;
/// 2. `packages`, `profiles` and `bindings` speak of the statement's own subjects alone;
/// 3. there are packages, unless every subject is an endpoint;
/// 4. an observer's profiles are bound to the artifact;
/// 5. a profile with `binding: endpoint` is of a subject that is an endpoint, and asked that very address; one of such a subject
///    has it, or `command`.
///
/// # Errors
/// The first of these that does not hold.
pub(crate) fn is_whole(manifest: &ToolManifest, statement: &Statement) -> Result<(), Finding> {
    if manifest.server.name.trim().is_empty() {
        return Err(malformed("`server.name` is empty".into()));
    }
    let name = &manifest.server.name;
    if name.trim() != name || name.chars().any(is_deceptive) {
        let found = format!("`server.name` is `{}`, which reads like another name", escape(name));
        return Err(malformed(found));
    }
    check_items(&manifest.profiles, &manifest.items).map_err(|error| item_finding(&error))?;
    subjects_are_known(manifest, statement)?;
    let endpoint = |subject: &Subject| subject.media_type.as_deref() == Some(ENDPOINT_MEDIA_TYPE);
    if manifest.packages.is_empty() && !statement.subject.iter().all(endpoint) {
        return Err(malformed("`packages` is empty and not every subject is an endpoint".into()));
    }
    let of = |profile: &Profile| {
        let digest = |subject: &Subject| subject.digest.get("sha256").and_then(|digest| digest.parse().ok());
        let is_its = |subject: &&Subject| {
            endpoint(subject) && digest(subject).is_some_and(|digest| profile.subject == Some(digest))
        };
        statement.subject.iter().find(is_its)
    };
    let asked_itself =
        |profile: &Profile| of(profile).is_some_and(|it| profile.launch.url.as_deref() == Some(&it.name));
    let strays = |profile: &&Profile| profile.launch.binding == Binding::Endpoint && !asked_itself(profile);
    if let Some(profile) = manifest.profiles.iter().find(strays) {
        return Err(malformed(format!(
            "profile `{}` has `binding: endpoint` and is not of the address that it asked",
            profile.name
        )));
    }
    let proves = |profile: &&Profile| {
        matches!(profile.launch.binding, Binding::Unpacked | Binding::Installed) && of(profile).is_some()
    };
    if let Some(profile) = manifest.profiles.iter().find(proves) {
        return Err(malformed(format!(
            "profile `{}` is of a remote server, of which nothing was unpacked or installed",
            profile.name
        )));
    }
    if manifest.kind == Kind::Observer
        && let Some(profile) =
            manifest.profiles.iter().find(|profile| profile.launch.binding == Binding::Command)
    {
        return Err(Finding::new(
            code::manifest::OBSERVER_UNBOUND,
            format!("profile `{}` of an observer has `binding: command`", profile.name),
        ));
    }
    Ok(())
}

/// The profiles that count, in the order of the manifest, with what there is to say of the choice.
///
/// # Errors
/// When the rule leaves none.
pub(crate) fn profiles<'m>(
    manifest: &'m ToolManifest,
    subject: Sha256Digest,
    requirement: &ManifestRequirement,
) -> Result<(Vec<&'m Profile>, Vec<Finding>), Finding> {
    let mut notes = Vec::new();
    let own_form = |profile: &&Profile| profile.subject == Some(subject);
    let not_this_form = Finding::new(
        code::manifest::NOT_CAPTURED_FROM_THIS_FORM,
        "no profile was captured from this form of the release",
    );
    let of_form: Vec<&Profile> = match requirement.capture {
        CaptureForm::ThisForm => {
            let own: Vec<&Profile> = manifest.profiles.iter().filter(own_form).collect();
            if own.is_empty() {
                return Err(Finding { level: code::Level::Error, ..not_this_form });
            }
            own
        }
        CaptureForm::AnyForm => {
            if !manifest.profiles.iter().any(|profile| own_form(&profile)) {
                notes.push(not_this_form);
            }
            manifest.profiles.iter().collect()
        }
    };
    let bound: Vec<&Profile> =
        of_form.into_iter().filter(|profile| suffices(profile.launch.binding, requirement.binding)).collect();
    if bound.is_empty() {
        let strongest = manifest.profiles.iter().map(|profile| binding_name(profile.launch.binding));
        return Err(Finding::new(
            code::manifest::BINDING_TOO_WEAK,
            "no profile is bound to the artifact as the policy demands",
        )
        .expected(match requirement.binding {
            MinimumBinding::Command => "command",
            MinimumBinding::Installed => "installed",
            MinimumBinding::Unpacked => "unpacked",
        })
        .found(strongest.collect::<Vec<_>>().join(", ")));
    }
    // What an address shows says nothing of a file.
    let is_unproven = |profile: &&Profile| match profile.launch.binding {
        Binding::Command => true,
        Binding::Endpoint => !own_form(profile),
        Binding::Unpacked | Binding::Installed => false,
    };
    if bound.iter().all(is_unproven) {
        notes.push(Finding::new(
            code::manifest::BINDING_UNPROVEN,
            "nothing relates the captured server to the artifact but the signer's word",
        ));
    }
    Ok((bound, notes))
}

fn suffices(found: Binding, minimum: MinimumBinding) -> bool {
    match minimum {
        MinimumBinding::Command => true,
        MinimumBinding::Installed => matches!(found, Binding::Installed | Binding::Unpacked),
        MinimumBinding::Unpacked => found == Binding::Unpacked,
    }
}

const fn binding_name(binding: Binding) -> &'static str {
    match binding {
        Binding::Unpacked => "unpacked",
        Binding::Installed => "installed",
        Binding::Command => "command",
        Binding::Endpoint => "endpoint",
    }
}

fn subjects_are_known(manifest: &ToolManifest, statement: &Statement) -> Result<(), Finding> {
    let known: Vec<Sha256Digest> =
        statement.subject.iter().filter_map(|subject| subject.digest.get("sha256")?.parse().ok()).collect();
    let mut packages = BTreeSet::new();
    if let Some(twice) =
        manifest.packages.iter().find(|package| !packages.insert((&package.purl, package.subject)))
    {
        return Err(malformed(format!("`packages` names `{}` twice", escape(&twice.purl))));
    }
    let packages = manifest.packages.iter().map(|package| ("packages", Some(package.subject)));
    let profiles = manifest.profiles.iter().map(|profile| ("profiles", profile.subject));
    let sboms = manifest.bindings.sboms.iter().map(|sbom| ("bindings.sboms", Some(sbom.subject)));
    for (place, subject) in packages.chain(profiles).chain(sboms) {
        let Some(subject) = subject else {
            return Err(malformed(format!("an entry of `{place}` names no subject")));
        };
        if !known.contains(&subject) {
            return Err(Finding::new(
                code::manifest::SUBJECT_UNKNOWN,
                format!("`{place}` speaks of a digest that the statement does not name"),
            )
            .found(format!("sha256:{subject}")));
        }
    }
    Ok(())
}

fn item_finding(error: &ManifestError) -> Finding {
    let message = error.to_string();
    match error {
        ManifestError::ItemMissing { .. } => Finding::new(code::manifest::ITEM_MISSING, message),
        ManifestError::ItemUnused { .. } => Finding::new(code::manifest::ITEM_UNUSED, message),
        ManifestError::DigestMismatch { stated, computed, .. } => {
            Finding::new(code::manifest::DIGEST_MISMATCH, message)
                .expected(stated.to_string())
                .found(computed.to_string())
        }
        ManifestError::Profiles
        | ManifestError::TooLarge
        | ManifestError::Profile { .. }
        | ManifestError::KeyMismatch { .. } => malformed(message),
    }
}

fn malformed(message: String) -> Finding {
    Finding::new(code::manifest::MALFORMED, message)
}
