//! What a packument says of one version.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::Sha512Digest;

use crate::registry::ask::Asker;
use crate::registry::base::{Base, shown};
use crate::registry::{Listed, PackageReference, RegistryError, Said};

/// The short form, which npm itself asks for; the long one has every README in it.
const ACCEPT: &str = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
/// Bytes of a packument at the most. The largest short ones have some 20 MB.
const MAX_PACKUMENT: usize = 64 << 20;

/// Asks for the packument and finds the version in it.
///
/// 1. The registry has the package, and answers for it and no other.
/// 2. It has the version, and that calls itself by this name and version.
/// 3. It states a SHA-512 of the tarball (`dist.integrity`); `shasum` is SHA-1 and counts for nothing.
/// 4. The tarball lies where we may ask for it.
///
/// # Errors
/// The first of these that does not hold.
pub(in crate::registry) fn find(
    asker: &Asker<'_>,
    base: &Base,
    reference: &PackageReference,
) -> Result<Listed, RegistryError> {
    let package = reference.purl().to_string();
    let url = base.join(&[reference.name()]);
    let not_found = || RegistryError::NotFound { package: package.clone() };
    let answer = asker.document(&url, ACCEPT, MAX_PACKUMENT)?.ok_or_else(not_found)?;
    let malformed =
        |reason: &str| RegistryError::Malformed { url: shown(&answer.url), reason: reason.to_owned() };
    let json = Json::parse(&answer.body, Limits::bytes(MAX_PACKUMENT))
        .map_err(|error| malformed(&error.to_string()))?;
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);

    let name = text(&json, "name").ok_or_else(|| malformed("it names no package"))?;
    if name != reference.name() {
        return Err(RegistryError::OtherPackage { expected: reference.name().to_owned(), found: name });
    }

    let versions = json.get("versions").and_then(Json::as_object);
    let versions = versions.ok_or_else(|| malformed("it lists no versions"))?;
    let version = versions.get(reference.version()).ok_or_else(not_found)?;
    let said = (text(version, "name"), text(version, "version"));
    if said != (Some(name), Some(reference.version().to_owned())) {
        let said = |part: Option<String>| part.unwrap_or_else(|| "nothing".to_owned());
        return Err(RegistryError::OtherPackage {
            expected: format!("{} {}", reference.name(), reference.version()),
            found: format!("{} {}", said(said_name(version)), said(text(version, "version"))),
        });
    }

    let dist = version.get("dist").ok_or_else(|| malformed("the version has no `dist`"))?;
    let integrity = text(dist, "integrity").unwrap_or_default();
    let missing = || RegistryError::DigestMissing { package: package.clone(), algorithm: "SHA-512" };
    let sha512 = sha512(&integrity).ok_or_else(missing)?;

    let tarball = text(dist, "tarball").ok_or_else(|| malformed("the version has no tarball"))?;
    Ok(Listed {
        url: base.follow(&answer.url, &tarball)?,
        file_name: tarball_name(reference),
        said: Said::Sha512(sha512),
        yanked: None,
    })
}

fn said_name(version: &Json) -> Option<String> {
    version.get("name").and_then(Json::as_str).map(str::to_owned)
}

/// The one SHA-512 of a Subresource Integrity string. Several would mean: any of them; weaker ones beside it say nothing.
fn sha512(integrity: &str) -> Option<Sha512Digest> {
    use base64::Engine as _;
    let mut all = integrity.split_ascii_whitespace().filter_map(|one| one.strip_prefix("sha512-"));
    let one = all.next()?;
    if all.next().is_some() {
        return None;
    }
    let encoded = one.split('?').next()?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    hex::encode(bytes).parse().ok()
}

/// As `npm pack` names it.
fn tarball_name(reference: &PackageReference) -> String {
    let name = reference.name().trim_start_matches('@').replace('/', "-");
    format!("{name}-{}.tgz", reference.version())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sha512_is_stated_or_none() {
        let good =
            "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        assert!(sha512(good).is_some());
        assert!(sha512(&format!("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= {good}?x")).is_some());
        for bad in
            ["", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha512-AAAA", "sha512-", &format!("{good} {good}")]
        {
            assert!(sha512(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_file_is_named_by_us() {
        let reference = PackageReference::parse("npm:@acme/files@1.0.0").unwrap().unwrap();
        assert_eq!(tarball_name(&reference), "acme-files-1.0.0.tgz");
    }
}
