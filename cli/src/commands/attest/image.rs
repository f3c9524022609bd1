//! As which image what is attested is pulled, where somebody says so.

use mcpsign_collect::artifact::ArtifactKind;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::image::ImageReference;
use mcpsign_schemas::untrusted::escape;

use super::AttestArgs;
use super::release::{Collected, Plan};
use crate::describe::image::ImageNames;
use crate::failure::Failure;
use crate::output::Output;

/// Reads `HOST/PATH[:TAG]`.
///
/// # Errors
/// Why it is none, in words.
pub(crate) fn reference(text: &str) -> Result<ImageReference, String> {
    let read = ImageReference::parse(text).map_err(|error| error.to_string())?;
    if read.is_full() {
        return Ok(read);
    }
    Err(format!("`{}` does not say which host the image is pulled from: `HOST/PATH[:TAG]`", escape(text)))
}

/// Refuses `--image` where it cannot mean one image, before anything is read.
///
/// # Errors
/// When several releases are attested.
pub(super) fn fits(args: &AttestArgs, plans: &[Plan]) -> Result<(), Failure> {
    if args.image.is_none() || plans.len() == 1 {
        return Ok(());
    }
    Err(Failure::usage(format!("`--image` names one image, and {} releases are attested", plans.len())).hint(
        "say `image` in each `[[package]]` of mcpsign.toml, or attest each release in a run of its own",
    ))
}

/// What the images among the artifacts are called, and says of which nobody says it.
///
/// # Errors
/// When what is named is none of the artifacts, or may be several of them.
pub(super) fn names(
    args: &AttestArgs,
    plan: &Plan,
    collected: &Collected,
    server_json: Option<&Json>,
    out: &mut Output,
) -> Result<ImageNames, Failure> {
    let artifacts = || collected.forms.iter().map(|(artifact, _)| artifact);
    let images = artifacts().filter(|artifact| matches!(artifact.kind, ArtifactKind::Image(_))).count();
    // What the file says is of the project's image, whatever else of it is attested in a run.
    let given = args.image.as_ref().or(plan.settings.image.as_ref()).filter(|_| images > 0);
    if args.image.is_some() && images == 0 {
        return Err(Failure::usage("`--image` names an image, and none of the artifacts is one")
            .hint("name the folder of an OCI image layout, as `docker buildx build --output type=oci,tar=false` or `skopeo copy … oci:DIR` write it"));
    }
    if given.is_some() && images > 1 {
        return Err(Failure::usage(format!("one image is named, and {images} are attested"))
            .hint("attest each in a run of its own"));
    }
    let (names, notes) = ImageNames::of(artifacts(), given, server_json).map_err(|error| {
        Failure::from_error(&error).hint("name the image without its digest, or attest the one that is meant")
    })?;
    for note in notes {
        out.talk(format_args!("warning: {}", escape(&note)));
    }
    Ok(names)
}
