//! What a sparse index says of one version.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use url::Url;

use crate::registry::ask::{Answer, Asker};
use crate::registry::base::{Base, shown};
use crate::registry::{Listed, PackageReference, RegistryError, Said};

/// Bytes of `config.json` at the most: it has two or three addresses.
const MAX_CONFIG: usize = 64 << 10;
/// Bytes of a crate's index file at the most. The largest have some megabytes.
const MAX_INDEX: usize = 32 << 20;

/// Asks for the crate's index file and finds the version in it.
///
/// 1. The index says where crates are downloaded.
/// 2. It has the crate, and one line of this name and version.
/// 3. The line states the SHA-256 of the crate file.
/// 4. The file lies where we may ask for it.
///
/// # Errors
/// The first of these that does not hold.
pub(in crate::registry) fn find(
    asker: &Asker<'_>,
    base: &Base,
    reference: &PackageReference,
) -> Result<Listed, RegistryError> {
    let package = reference.purl().to_string();
    let not_found = || RegistryError::NotFound { package: package.clone() };
    let config = asker.document(&base.join(&["config.json"]), "application/json", MAX_CONFIG)?;
    let config = config.ok_or_else(|| RegistryError::Malformed {
        url: shown(base.url()),
        reason: "there is no `config.json`: it is no sparse index".into(),
    })?;
    let dl = parse(&config, &config.body, MAX_CONFIG)?;
    let dl = dl.get("dl").and_then(Json::as_str).ok_or_else(|| malformed(&config, "it has no `dl`"))?;

    let path = index_path(reference.name());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let answer = asker.document(&base.join(&path), "text/plain, */*", MAX_INDEX)?.ok_or_else(not_found)?;
    let mut found = None;
    for line in answer.body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let entry = parse(&answer, line, MAX_INDEX)?;
        let text = |key: &str| entry.get(key).and_then(Json::as_str);
        let (Some(name), Some(version)) = (text("name"), text("vers")) else {
            return Err(malformed(&answer, "a line names no crate or no version"));
        };
        if name != reference.name() {
            return Err(RegistryError::OtherPackage {
                expected: reference.name().to_owned(),
                found: name.to_owned(),
            });
        }
        if version == reference.version() && found.replace(entry.clone()).is_some() {
            return Err(malformed(&answer, "two lines are of this version"));
        }
    }
    let entry = found.ok_or_else(not_found)?;

    let cksum = entry.get("cksum").and_then(Json::as_str).and_then(|hex| hex.parse::<Sha256Digest>().ok());
    let sha256 =
        cksum.ok_or(RegistryError::DigestMissing { package: package.clone(), algorithm: "SHA-256" })?;
    let yanked = match entry.get("yanked") {
        None | Some(Json::Bool(false)) => None,
        Some(_) => Some(None),
    };
    Ok(Listed {
        url: base.follow(&config.url, &download_url(dl, reference, &sha256))?,
        file_name: format!("{}-{}.crate", reference.name(), reference.version()),
        said: Said::Sha256(sha256),
        yanked,
    })
}

fn parse(answer: &Answer, bytes: &[u8], limit: usize) -> Result<Json, RegistryError> {
    Json::parse(bytes, Limits::bytes(limit)).map_err(|error| malformed(answer, &error.to_string()))
}

fn malformed(answer: &Answer, reason: &str) -> RegistryError {
    RegistryError::Malformed { url: shown_of(&answer.url), reason: reason.to_owned() }
}

fn shown_of(url: &Url) -> String {
    shown(url)
}

/// `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcdef`; lower case. Names are ASCII: see `reference`.
fn index_path(name: &str) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    let part = |from: usize, to: usize| name.get(from..to).unwrap_or_default().to_owned();
    let mut path = match name.len() {
        1 => vec!["1".to_owned()],
        2 => vec!["2".to_owned()],
        3 => vec!["3".to_owned(), part(0, 1)],
        _ => vec![part(0, 2), part(2, 4)],
    };
    path.push(name);
    path
}

/// The template of `config.json`, its markers replaced; without any, cargo's usual path is added.
fn download_url(template: &str, reference: &PackageReference, sha256: &Sha256Digest) -> String {
    let (name, version) = (reference.name(), reference.version());
    let prefix = |name: &str| {
        let mut path = index_path(name);
        path.pop();
        path.join("/")
    };
    // The prefix keeps the name's case unless it is asked for in lower case.
    let own = match name.len() {
        1 | 2 => prefix(name),
        3 => format!("3/{}", name.get(..1).unwrap_or_default()),
        _ => format!("{}/{}", name.get(..2).unwrap_or_default(), name.get(2..4).unwrap_or_default()),
    };
    let markers = [
        ("{crate}", name.to_owned()),
        ("{version}", version.replace('+', "%2B")),
        ("{prefix}", own),
        ("{lowerprefix}", prefix(name)),
        ("{sha256-checksum}", sha256.to_string()),
    ];
    if !markers.iter().any(|(marker, _)| template.contains(marker)) {
        return format!("{}/{name}/{}/download", template.trim_end_matches('/'), version.replace('+', "%2B"));
    }
    markers.into_iter().fold(template.to_owned(), |url, (marker, value)| url.replace(marker, &value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_lie_where_cargo_looks_for_them() {
        for (name, path) in [("a", "1/a"), ("Ab", "2/ab"), ("abc", "3/a/abc"), ("Cargo_x", "ca/rg/cargo_x")] {
            assert_eq!(index_path(name).join("/"), path);
        }
        let reference = PackageReference::parse("cargo:Abc-d@1.0.0+x").unwrap().unwrap();
        let sha256 = Sha256Digest::of(b"");
        let url = |template: &str| download_url(template, &reference, &sha256);
        assert_eq!(url("https://x.example/dl"), "https://x.example/dl/Abc-d/1.0.0%2Bx/download");
        assert_eq!(
            url("https://x.example/{prefix}/{lowerprefix}/{crate}-{version}?{sha256-checksum}"),
            format!("https://x.example/Ab/c-/ab/c-/Abc-d-1.0.0%2Bx?{sha256}")
        );
    }
}
