//! What an index says of the files of one version.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::purl::Purl;

use super::file_name::{Kind, kind};
use crate::registry::ask::{Answer, Asker};
use crate::registry::base::{Base, shown};
use crate::registry::{Listed, PackageReference, RegistryError, Said, Sources};

const ACCEPT: &str = "application/vnd.pypi.simple.v1+json";
/// Bytes of a project's document at the most. The largest projects have some 10,000 files of 500 bytes each.
const MAX_PROJECT: usize = 32 << 20;

/// Asks for the project's document and chooses one file of the version: the wheel that pip would, else, where its build
/// may run, the source distribution.
///
/// 1. The index has the project, and answers for it and no other.
/// 2. It has a file of the version, by a name that is one.
/// 3. It states the SHA-256 of the file.
/// 4. The file lies where we may ask for it.
///
/// # Errors
/// The first of these that does not hold.
pub(in crate::registry) fn find(
    asker: &Asker<'_>,
    base: &Base,
    reference: &PackageReference,
    sources: Sources,
    tags: impl FnOnce() -> Result<Vec<String>, RegistryError>,
) -> Result<Listed, RegistryError> {
    let package = reference.purl().to_string();
    let not_found = || RegistryError::NotFound { package: package.clone() };
    // PEP 503's name, as the package URL has it, and the slash that pip asks with.
    let name = normal(reference);
    let url = base.join(&[&name, ""]);
    let answer = asker.document(&url, ACCEPT, MAX_PROJECT)?.ok_or_else(not_found)?;
    let json = Json::parse(&answer.body, Limits::bytes(MAX_PROJECT)).map_err(|error| {
        malformed(&answer, &format!("{error}; indexes without the JSON form (PEP 691) are not read"))
    })?;

    let said =
        json.get("name").and_then(Json::as_str).ok_or_else(|| malformed(&answer, "it names no project"))?;
    let same = Purl::pypi(said, Some(reference.version())).is_ok_and(|purl| purl == *reference.purl());
    if !same {
        return Err(RegistryError::OtherPackage { expected: name, found: said.to_owned() });
    }
    let files =
        json.get("files").and_then(Json::as_array).ok_or_else(|| malformed(&answer, "it lists no files"))?;
    let mut ours = Vec::new();
    for file in files {
        let file_name = file.get("filename").and_then(Json::as_str);
        let file_name = file_name.ok_or_else(|| malformed(&answer, "a file has no name"))?;
        if let Some(kind) = kind(file_name, reference) {
            ours.push(File { file_name, kind, json: file });
        }
    }
    if ours.is_empty() {
        return Err(not_found());
    }
    let file = choose(&ours, sources, tags)?.ok_or(RegistryError::NoForm { package: package.clone() })?;

    let sha256 = file.json.get("hashes").and_then(|hashes| hashes.get("sha256")).and_then(Json::as_str);
    let sha256 = sha256.and_then(|hex| hex.parse::<Sha256Digest>().ok());
    let sha256 = sha256.ok_or(RegistryError::DigestMissing { package, algorithm: "SHA-256" })?;
    let yanked = match file.json.get("yanked") {
        None | Some(Json::Bool(false) | Json::Null) => None,
        Some(why) => Some(why.as_str().filter(|why| !why.is_empty()).map(str::to_owned)),
    };
    let url = file.json.get("url").and_then(Json::as_str);
    let url = url.ok_or_else(|| malformed(&answer, "the file has no address"))?;
    Ok(Listed {
        url: base.follow(&answer.url, url)?,
        file_name: file.file_name.to_owned(),
        said: Said::Sha256(sha256),
        yanked,
    })
}

struct File<'a> {
    file_name: &'a str,
    kind: Kind,
    json: &'a Json,
}

/// A wheel for everywhere; else the one that the interpreter here likes best; else the source.
fn choose<'f, 'a>(
    files: &'f [File<'a>],
    sources: Sources,
    tags: impl FnOnce() -> Result<Vec<String>, RegistryError>,
) -> Result<Option<&'f File<'a>>, RegistryError> {
    const EVERYWHERE: &str = "py3-none-any";
    let wheels: Vec<(&File<'_>, &Vec<String>)> = files
        .iter()
        .filter_map(|file| match &file.kind {
            Kind::Wheel(tags) => Some((file, tags)),
            Kind::Sdist => None,
        })
        .collect();
    let best = match wheels.as_slice() {
        [] => None,
        [(file, tags)] if tags.iter().any(|tag| tag == EVERYWHERE) => Some(*file),
        _ => {
            let ours = tags()?;
            let rank = |tags: &Vec<String>| {
                tags.iter().filter_map(|tag| ours.iter().position(|our| our == tag)).min()
            };
            let ranked = wheels.iter().filter_map(|(file, tags)| Some((rank(tags)?, *file)));
            // Of two that fit alike the one with the higher build number: pip compares them after the tags.
            ranked
                .min_by(|(a, one), (b, other)| a.cmp(b).then_with(|| other.file_name.cmp(one.file_name)))
                .map(|(_, file)| file)
        }
    };
    let sdist = || files.iter().find(|file| file.kind == Kind::Sdist);
    Ok(match sources {
        Sources::BinaryOnly => best,
        Sources::Any => best.or_else(sdist),
    })
}

/// The name as PEP 503 writes it.
fn normal(reference: &PackageReference) -> String {
    let mut normal = String::with_capacity(reference.name().len());
    for c in reference.name().chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

fn malformed(answer: &Answer, reason: &str) -> RegistryError {
    RegistryError::Malformed { url: shown(&answer.url), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str], sources: Sources, ours: &[&str]) -> Option<String> {
        let reference = PackageReference::parse("pypi:a==1").unwrap().unwrap();
        let files: Vec<File<'_>> = names
            .iter()
            .map(|name| File { file_name: name, kind: kind(name, &reference).unwrap(), json: &Json::Null })
            .collect();
        let tags = || Ok(ours.iter().map(|tag| (*tag).to_owned()).collect());
        choose(&files, sources, tags).unwrap().map(|file| file.file_name.to_owned())
    }

    #[test]
    fn the_wheel_that_pip_would_take_is_chosen() {
        let ours = ["cp311-cp311-linux_x86_64", "py3-none-any"];
        let all = [
            "a-1-cp310-cp310-linux_x86_64.whl",
            "a-1-py3-none-any.whl",
            "a-1-cp311-cp311-linux_x86_64.whl",
            "a-1.tar.gz",
        ];
        let any = |names: &[&str]| chosen(names, Sources::Any, &ours);
        assert_eq!(any(&all).as_deref(), Some("a-1-cp311-cp311-linux_x86_64.whl"));
        assert_eq!(any(&all[1..2]).as_deref(), Some("a-1-py3-none-any.whl"));
        assert_eq!(chosen(&all[1..2], Sources::BinaryOnly, &[]).as_deref(), Some("a-1-py3-none-any.whl"));
        assert_eq!(
            any(&["a-1-1-py3-none-any.whl", "a-1-2-py3-none-any.whl"]).as_deref(),
            Some("a-1-2-py3-none-any.whl")
        );
        assert_eq!(any(&[all[0], all[3]]).as_deref(), Some("a-1.tar.gz"));
        assert_eq!(chosen(&[all[0], all[3]], Sources::BinaryOnly, &ours), None);
    }
}
