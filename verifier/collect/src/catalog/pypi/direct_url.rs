//! direct_url.json: that what is installed did not come from an index, and where from (PEP 610).

use std::collections::BTreeMap;

use mcpsign_schemas::inventory::{HashAlgorithm, Origin, Package};
use serde::Deserialize;

use super::locked::{malformed, set_origin};
use crate::catalog::CatalogError;
use crate::catalog::url::{UNREADABLE, archive, without_credentials};

/// Its name, beside METADATA.
const NAME: &str = "direct_url.json";

/// Whether a file of this path is one, of whatever is installed there.
pub(crate) fn is_direct_url(path: &str) -> bool {
    path.strip_suffix(NAME).is_some_and(|folder| folder.ends_with(".dist-info/"))
}

/// The one beside a METADATA.
pub(crate) fn beside(metadata: &str) -> Option<String> {
    metadata.strip_suffix("METADATA").map(|folder| format!("{folder}{NAME}"))
}

#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    vcs_info: Option<VcsInfo>,
    archive_info: Option<ArchiveInfo>,
    dir_info: Option<DirInfo>,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

#[derive(Deserialize)]
struct ArchiveInfo {
    /// `ALGORITHM=HEX`; newer tools write `hashes` as well.
    hash: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct DirInfo {}

/// Lets an installed package be from where its direct_url.json says. What cannot be read says at least that it is not from an index.
///
/// # Errors
/// When the file is not what PEP 610 allows; the package then comes from an unreadable address.
pub(crate) fn locate(package: &mut Package, json: Option<&[u8]>) -> Result<(), CatalogError> {
    let said = json.ok_or(CatalogError::TooLarge).and_then(read);
    let (origin, hashes) = match said {
        Ok(said) => said,
        Err(error) => {
            set_origin(package, Origin::Archive { url: UNREADABLE.to_owned() })?;
            return Err(error);
        }
    };
    if let Origin::Archive { url } = &origin {
        package.file_name = url.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
        package.hashes = hashes;
    }
    set_origin(package, origin)
}

type Hashes = BTreeMap<HashAlgorithm, String>;

fn read(json: &[u8]) -> Result<(Origin, Hashes), CatalogError> {
    let said: DirectUrl =
        serde_json::from_slice(json).map_err(|_| malformed(NAME, "not of the form of PEP 610"))?;
    let clean = || without_credentials(&said.url);
    match (&said.vcs_info, &said.archive_info, &said.dir_info) {
        (Some(VcsInfo { vcs, commit_id }), None, None) => {
            let is_commit =
                !commit_id.is_empty() && commit_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !is_commit {
                return Err(malformed(NAME, "`commit_id` is none"));
            }
            let origin = match vcs.as_str() {
                "git" => Origin::Git {
                    url: clean().unwrap_or_else(|| "git:".to_owned()),
                    commit: Some(commit_id.clone()),
                },
                // Of these the purl has no address of its own kind, and what is pinned is told all the same.
                "hg" | "bzr" | "svn" => Origin::Archive {
                    url: clean().map_or_else(|| format!("{vcs}:"), |url| format!("{vcs}+{url}@{commit_id}")),
                },
                _ => return Err(malformed(NAME, "`vcs` is none that is known")),
            };
            Ok((origin, Hashes::new()))
        }
        (None, Some(info), None) => {
            let origin = archive(&said.url).unwrap_or_else(|| Origin::Archive { url: UNREADABLE.to_owned() });
            Ok((origin, hashes(info)?))
        }
        (None, None, Some(DirInfo {})) => Ok((Origin::Local { path: None }, Hashes::new())),
        _ => Err(malformed(NAME, "it says not what lies at the address")),
    }
}

fn hashes(info: &ArchiveInfo) -> Result<Hashes, CatalogError> {
    let old = info.hash.as_deref().and_then(|hash| hash.split_once('='));
    let all = info.hashes.iter().map(|(name, hex)| (name.as_str(), hex.as_str())).chain(old);
    let mut found = Hashes::new();
    for (name, hex) in all {
        let Some(algorithm) = HashAlgorithm::find(name) else { continue };
        let hex = hex.to_ascii_lowercase();
        let is_digest = algorithm.fits(&hex);
        let is_one = found.insert(algorithm, hex.clone()).is_none_or(|other| other == hex);
        if !is_digest || !is_one {
            return Err(malformed(NAME, "a digest that is none, or two of one kind"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "7921be1537eac1e97bc40179a57f0349c2aee67d";

    /// The purl, and of which algorithms there are digests.
    fn located(json: &str) -> Result<(String, Vec<HashAlgorithm>), (CatalogError, String)> {
        let mut package = Package::new("a", "pkg:pypi/a@1.0", "a");
        match locate(&mut package, Some(json.as_bytes())) {
            Ok(()) => Ok((package.purl, package.hashes.into_keys().collect())),
            Err(error) => Err((error, package.purl)),
        }
    }

    /// The examples of the specification, and what tools write.
    #[test]
    fn origins_are_those_of_pep_610() {
        let sha256 = "2dc6b5a470a1bde68946f263f1af1515a2574a150a30d6ce02c6ff742fcc0db8";
        let git = format!(
            r#"{{"url":"https://u:S3CRET@git.example/pypa/pip.git","vcs_info":{{"vcs":"git","requested_revision":"1.3.1","commit_id":"{COMMIT}"}},"subdirectory":"x"}}"#
        );
        let archive = format!(
            r#"{{"url":"https://git.example/pip/archive/1.3.1.zip","archive_info":{{"hash":"sha256={sha256}","hashes":{{"sha256":"{sha256}"}}}}}}"#
        );
        let hg =
            format!(r#"{{"url":"https://hg.example/a","vcs_info":{{"vcs":"hg","commit_id":"{COMMIT}"}}}}"#);
        for (json, purl, hashes) in [
            (
                git.as_str(),
                format!("pkg:pypi/a@1.0?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fpypa%2Fpip.git%40{COMMIT}"),
                vec![],
            ),
            (
                &archive,
                "pkg:pypi/a@1.0?download_url=https:%2F%2Fgit.example%2Fpip%2Farchive%2F1.3.1.zip".to_owned(),
                vec![HashAlgorithm::Sha256],
            ),
            (&hg, format!("pkg:pypi/a@1.0?download_url=hg%2Bhttps:%2F%2Fhg.example%2Fa%40{COMMIT}"), vec![]),
            (
                r#"{"url":"file:///home/ada/project","dir_info":{"editable":true}}"#,
                "pkg:pypi/a@1.0".to_owned(),
                vec![],
            ),
            (
                r#"{"url":"file:///home/ada/a-1.0.whl","archive_info":{}}"#,
                "pkg:pypi/a@1.0".to_owned(),
                vec![],
            ),
        ] {
            assert_eq!(located(json), Ok((purl, hashes)), "{json}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_the_registrys() {
        for json in [
            "",
            "{}",
            r#"{"url":"https://x.example/a.zip"}"#,
            r#"{"url":"https://x.example/a.zip","archive_info":{},"dir_info":{}}"#,
            r#"{"url":"https://x.example/a","vcs_info":{"vcs":"git","commit_id":""}}"#,
            r#"{"url":"https://x.example/a","vcs_info":{"vcs":"cvs","commit_id":"1"}}"#,
            r#"{"url":"https://x.example/a.zip","archive_info":{"hash":"sha256=zz"}}"#,
            r#"{"url":"https://x.example/a.zip","url":"x","archive_info":{}}"#,
        ] {
            let (_, purl) = located(json).unwrap_err();
            assert_eq!(purl, "pkg:pypi/a@1.0?download_url=(unreadable)", "{json}");
        }
    }
}
