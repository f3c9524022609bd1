//! Addresses as lock files record them, made fit to be published.

use std::borrow::Cow;

use mcpsign_schemas::inventory::Origin;
use mcpsign_schemas::purl::{Purl, PurlError};
use mcpsign_schemas::untrusted::is_deceptive;

/// Bytes of an address at the most: what browsers and servers take.
const MAX_BYTES: usize = 2048;

/// What stands in a package URL in the place of an address that cannot: that a package is not from its ecosystem's registry stays.
pub(crate) const UNREADABLE: &str = "(unreadable)";

/// What stands in the place of a path that tells whose machine it is of.
const PATH: &str = "(a path)";

/// What stands before a path in lock files and manifests.
const BEFORE_PATHS: [&str; 4] = ["file:", "link:", "portal:", "workspace:"];

/// `url` without user name, password, query and fragment, which may hold credentials; `None` for what is no absolute
/// URL, or not one that could stand in a document as it is: a file of one machine has an address for nobody else.
pub(super) fn without_credentials(url: &str) -> Option<String> {
    if is_file(url) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let strange = |c: char| is_deceptive(c) || c.is_whitespace() || "<>\"{}|\\^`@".contains(c);
    let fit = well_formed && !(host.is_empty() && path.is_empty()) && url.len() <= MAX_BYTES;
    (fit && !host.contains(strange) && !path.contains(|c| c != '@' && strange(c)))
        .then(|| format!("{scheme}://{host}{path}"))
}

/// Whether an address is that of a file or folder of the machine itself: `file:…`, `git+file:…`.
pub(super) fn is_file(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default().to_ascii_lowercase();
    scheme.rsplit('+').next() == Some("file") && scheme.len() < address.len()
}

/// Whether a path is of one machine, on whatever system: it tells whose and is of no use to others.
pub(super) fn is_absolute(path: &str) -> bool {
    let has_drive =
        || matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    path.starts_with(['/', '\\']) || path.starts_with("~/") || has_drive()
}

/// Where an archive at `url` comes from.
pub(super) fn archive(url: &str) -> Option<Origin> {
    if is_file(url) {
        return Some(Origin::Local { path: None });
    }
    Some(Origin::Archive { url: without_credentials(url)? })
}

/// The package URL of what comes from `origin`: of git's and of an archive at an address not that of the registry's package of
/// that name, whatever it calls itself.
pub(super) fn qualified(purl: Purl, origin: &Origin) -> Result<Purl, PurlError> {
    match origin {
        Origin::Git { url, commit } => {
            let pinned = commit.as_ref().map(|commit| format!("@{commit}")).unwrap_or_default();
            purl.with_qualifier("vcs_url", format!("git+{url}{pinned}"))
        }
        Origin::Archive { url } => purl.with_qualifier("download_url", url.clone()),
        Origin::Root | Origin::Local { .. } | Origin::Registry { .. } | Origin::Declared => Ok(purl),
    }
}

/// The same of what is only asked for: what lies beside the file that asks is not the registry's package of that name either.
pub(super) fn wished(purl: Purl, origin: &Origin) -> Result<Purl, PurlError> {
    match origin {
        Origin::Local { .. } => purl.with_qualifier("download_url", UNREADABLE.to_owned()),
        origin => qualified(purl, origin),
    }
}

/// `NAME@RANGE`, or what else a lock file writes in such a place, with its address as [`without_credentials`] leaves it, and
/// without paths of the machine on which it was written.
pub(super) fn shown(descriptor: &str) -> Cow<'_, str> {
    // Encoded once more, within a patch.
    let lower = descriptor.to_ascii_lowercase();
    let encoded = ["%3a/", "%3a%2f", "%3a~"].into_iter().find(|mark| lower.contains(mark));
    if let (None, Some(before)) = (encoded, before_path(descriptor)) {
        return Cow::Owned(format!("{before}{PATH}"));
    }
    let (scheme, address) = match (descriptor.find("://"), encoded) {
        (None, None) => return Cow::Borrowed(descriptor),
        (Some(at), None) => {
            (descriptor.get(..at).unwrap_or_default(), descriptor.get(at..).unwrap_or_default())
        }
        (_, Some(_)) => {
            let name = descriptor.get(1..).and_then(|rest| rest.find('@')).map_or(0, |at| at + 1);
            return Cow::Owned(format!("{}@(an address)", descriptor.get(..name).unwrap_or_default()));
        }
    };
    let (before, scheme) = scheme.split_at(scheme.rfind(['@', ':', ' ']).map_or(0, |at| at + 1));
    let clean = without_credentials(&format!("{scheme}{address}"));
    Cow::Owned(format!("{before}{}", clean.as_deref().unwrap_or("(an address)")))
}

/// What stands before a path of one machine in a descriptor: nothing, `file:`, `NAME@file:`.
fn before_path(descriptor: &str) -> Option<&str> {
    let is_path = |at: usize| {
        let path = descriptor.get(at..).unwrap_or_default();
        is_absolute(path).then(|| descriptor.get(..at)).flatten()
    };
    let marked =
        BEFORE_PATHS.iter().flat_map(|mark| descriptor.match_indices(mark).map(|(at, mark)| at + mark.len()));
    let named = descriptor.match_indices('@').map(|(at, _)| at + 1);
    std::iter::once(0).chain(marked).chain(named).filter_map(is_path).min_by_key(|before| before.len())
}

/// The fragment of `url`: of a git address the commit, if it is one.
pub(super) fn commit(url: &str) -> Option<String> {
    let (_, fragment) = url.split_once('#')?;
    // SHA-1 or SHA-256.
    let hex = matches!(fragment.len(), 40 | 64) && fragment.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then(|| fragment.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_shown_without_credentials() {
        for (descriptor, clean) in [
            ("a@^1", "a@^1"),
            ("@s/a@git+https://x:TOKEN@git.example/a.git#main", "@s/a@git+https://git.example/a.git"),
            ("a@https://TOKEN@git.example/a.tgz?t=TOKEN(b@1)", "a@https://git.example/a.tgz"),
            ("a@https://git.example/b|c?TOKEN", "a@(an address)"),
            ("@s/a@patch:a@https%3A//u:TOKEN@git.example/a.tgz#~/x", "@s/a@(an address)"),
            ("https://TOKEN@git.example/a.tgz", "https://git.example/a.tgz"),
            ("a@~1.2 || /x", "a@~1.2 || /x"),
            ("file:../a", "file:../a"),
            ("a@portal:./a", "a@portal:./a"),
        ] {
            assert_eq!(shown(descriptor), clean);
            assert_eq!(shown(clean), clean);
        }
    }

    #[test]
    fn descriptors_are_shown_without_paths_of_one_machine() {
        for (descriptor, clean) in [
            ("/home/ada/a", "(a path)"),
            ("~/a", "(a path)"),
            (r"C:\Users\ada\a", "(a path)"),
            ("file:/home/ada/a.tgz", "file:(a path)"),
            ("file:///home/ada/a.tgz", "file:(a path)"),
            ("file:C:/Users/ada/a", "file:(a path)"),
            ("link:~/a", "link:(a path)"),
            ("@s/a@file:/home/ada/a.tgz#./a::hash=0", "@s/a@file:(a path)"),
            ("a@/home/ada/a(b@1.0.0)", "a@(a path)"),
            ("git+file:///home/ada/a#main", "git+file:(a path)"),
            ("a@patch:a@file%3A/home/ada/a#~/x", "a@(an address)"),
        ] {
            assert_eq!(shown(descriptor), clean);
            assert_eq!(shown(clean), clean);
        }
        assert!(
            is_file("FILE:///a") && is_file("sparse+file:///a") && !is_file("file") && !is_file("profile:a")
        );
        assert_eq!(archive("file:///home/ada/a.tgz"), Some(Origin::Local { path: None }));
    }

    #[test]
    fn what_may_be_a_credential_is_cut() {
        for (url, clean) in [
            ("https://registry.example/a/-/a-1.0.0.tgz", "https://registry.example/a/-/a-1.0.0.tgz"),
            ("https://registry.example/@s/a/-/a-1.0.0.tgz", "https://registry.example/@s/a/-/a-1.0.0.tgz"),
            ("https://user:pass@registry.example/a.tgz?token=x#y", "https://registry.example/a.tgz"),
            ("https://a@b@host.example/x", "https://host.example/x"),
            ("git+ssh://git@git.example/o/r.git#abc", "git+ssh://git.example/o/r.git"),
            ("https://host.example", "https://host.example"),
        ] {
            assert_eq!(without_credentials(url).as_deref(), Some(clean), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        for url in [
            "",
            "a",
            "file:../a.tgz",
            "file:///home/ada/a.tgz",
            "git+file:///home/ada/a",
            "://host/x",
            "1a://host/x",
            "https://",
            "https://host/a b",
            "https://host/\u{202e}",
            "https://ho\\st/",
            "https://host/{x}",
        ] {
            assert_eq!(without_credentials(url), None, "{url:?}");
        }
        assert_eq!(without_credentials(&format!("https://host/{}", "a".repeat(MAX_BYTES))), None);
    }

    #[test]
    fn commits_are_whole_hashes() {
        let sha1 = "0123456789abcdef0123456789ABCDEF01234567";
        assert_eq!(commit(&format!("git+https://h/r#{sha1}")), Some(sha1.to_ascii_lowercase()));
        assert_eq!(commit("git+https://h/r#main"), None);
        assert_eq!(commit("git+https://h/r"), None);
    }
}
