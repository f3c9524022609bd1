//! Names of distribution files: what they say of project, version and platform.

use std::str::FromStr as _;

use mcpsign_schemas::purl::Purl;
use pep440_rs::Version;

use crate::registry::PackageReference;

/// Bytes of a file name at the most: what file systems take.
const MAX_NAME: usize = 255;

/// What a file of one version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A wheel, with its tags: `py3-none-any` and the like.
    Wheel(Vec<String>),
    /// A source distribution, which runs its own code to be installed.
    Sdist,
}

/// The kind of a file of this project and version; `None` for files of others and of no known form. What passes is one
/// plain name: no separator, no dots that lead up, no control character.
pub(super) fn kind(file_name: &str, reference: &PackageReference) -> Option<Kind> {
    let plain = file_name.len() <= MAX_NAME
        && file_name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && file_name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+!".contains(&b));
    if !plain {
        return None;
    }
    if let Some(stem) = file_name.strip_suffix(".whl") {
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, tags) = match parts.as_slice() {
            [name, version, tags @ ..] if tags.len() == 3 => (name, version, tags),
            // A build number stands between version and tags, and begins with a digit.
            [name, version, build, tags @ ..]
                if tags.len() == 3 && build.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                (name, version, tags)
            }
            _ => return None,
        };
        let [python, abi, platform] = tags else { return None };
        let combined = python.split('.').flat_map(|python| {
            abi.split('.').flat_map(move |abi| {
                platform.split('.').map(move |platform| format!("{python}-{abi}-{platform}"))
            })
        });
        return is(name, version, reference).then(|| Kind::Wheel(combined.collect()));
    }
    let stem = file_name.strip_suffix(".tar.gz")?;
    let (name, version) = stem.rsplit_once('-')?;
    is(name, version, reference).then_some(Kind::Sdist)
}

fn is(name: &str, version: &str, reference: &PackageReference) -> bool {
    let version = Version::from_str(version);
    let asked = Version::from_str(reference.version());
    let same_version = version.is_ok() && version == asked;
    let purl = Purl::pypi(name, Some(reference.version()));
    same_version && purl.is_ok_and(|purl| purl == *reference.purl())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b50_files_of_this_version_are_told_from_all_else() {
        let reference = PackageReference::parse("pypi:mcp-server.x==1.0").unwrap().unwrap();
        let wheel = |tags: &[&str]| Some(Kind::Wheel(tags.iter().map(|tag| (*tag).to_owned()).collect()));
        for (name, expected) in [
            ("mcp_server_x-1.0-py3-none-any.whl", wheel(&["py3-none-any"])),
            ("mcp_server_x-1.0.0-1-py2.py3-none-any.whl", wheel(&["py2-none-any", "py3-none-any"])),
            (
                "mcp_server_x-1.0-cp311-cp311-manylinux1_x86_64.linux_x86_64.whl",
                wheel(&["cp311-cp311-manylinux1_x86_64", "cp311-cp311-linux_x86_64"]),
            ),
            ("mcp-server-x-1.0.tar.gz", Some(Kind::Sdist)),
            ("mcp_server_x-1.1-py3-none-any.whl", None),
            ("other-1.0-py3-none-any.whl", None),
            ("mcp_server_x-1.0-py3-none.whl", None),
            ("mcp_server_x-1.0.zip", None),
            ("../mcp_server_x-1.0-py3-none-any.whl", None),
            ("/mcp_server_x-1.0.tar.gz", None),
            ("C:\\mcp_server_x-1.0.tar.gz", None),
            ("mcp_server_x-1.0\u{202e}.tar.gz", None),
            ("..-1.0.tar.gz", None),
            ("", None),
        ] {
            assert_eq!(kind(name, &reference), expected, "{name}");
        }
    }
}
