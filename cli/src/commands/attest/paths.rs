//! Which of the paths given are artifacts: `dist/*` catches what was made beside them.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mcpsign_schemas::evidence_file::EXTENSION;
use mcpsign_schemas::untrusted::escape;

use crate::failure::Failure;
use crate::output::Output;

/// What is written beside an artifact to sign it or to name its digest: `<artifact>` and one of these.
const COMPANIONS: [&str; 13] = [
    ".sig",
    ".asc",
    ".minisig",
    ".pem",
    ".sigstore",
    ".sigstore.json",
    ".publish.attestation",
    ".intoto.jsonl",
    ".provenance",
    ".sha256",
    ".sha512",
    ".sha256sum",
    ".md5",
];
/// Lists of digests, as release scripts call them.
const LISTS: [&str; 6] =
    ["sha256sums", "sha512sums", "sha256sums.txt", "sha512sums.txt", "checksums.txt", "checksums"];

/// The paths that are artifacts, in the order given. What is passed over is said.
///
/// Evidence of ours is never an artifact. A signature or a list of digests is passed over only beside the artifacts
/// that it is about; named alone, it is what was meant.
///
/// # Errors
/// When nothing is left.
pub(super) fn artifacts<'a>(paths: &'a [OsString], out: &mut Output) -> Result<Vec<&'a OsString>, Failure> {
    let mut kept = Vec::new();
    for path in paths {
        match companion(path, paths) {
            Some(what) => {
                out.talk(format_args!("note: passed over {}: {what}", escape(&path.to_string_lossy())))
            }
            None => kept.push(path),
        }
    }
    if kept.is_empty() {
        return Err(Failure::usage("none of the paths is an artifact").hint("name the release's own files"));
    }
    Ok(kept)
}

/// What `path` is, if it is no artifact.
fn companion(path: &OsStr, paths: &[OsString]) -> Option<&'static str> {
    let text = path.to_str()?;
    if text.ends_with(EXTENSION) {
        return Some("evidence of mcpsign");
    }
    let other = |wanted: &str| paths.iter().any(|path| path.to_str() == Some(wanted));
    if COMPANIONS.iter().any(|end| text.strip_suffix(end).is_some_and(other)) {
        return Some("it goes with another of the paths");
    }
    let name = Path::new(path).file_name()?.to_str()?.to_ascii_lowercase();
    (LISTS.contains(&name.as_str()) && paths.len() > 1).then_some("a list of digests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_catches_beside_the_artifacts_is_none() {
        let paths: Vec<OsString> = [
            "d/a.tgz",
            "d/a.tgz.mcpsign.jsonl",
            "d/a.tgz.sig",
            "d/a.tgz.publish.attestation",
            "d/SHA256SUMS",
            "d/b.sig",
            "d/c.sha256",
        ]
        .map(OsString::from)
        .into();
        let kept: Vec<&OsString> = paths.iter().filter(|path| companion(path, &paths).is_none()).collect();
        assert_eq!(kept, ["d/a.tgz", "d/b.sig", "d/c.sha256"]);
        let alone = [OsString::from("SHA256SUMS")];
        assert_eq!(companion(&alone[0], &alone), None);
    }
}
