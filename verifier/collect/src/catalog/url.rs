//! Addresses as lock files record them, made fit to be published.

use std::borrow::Cow;

use mcpsign_schemas::untrusted::is_deceptive;

/// Bytes of an address at the most: what browsers and servers take.
const MAX_BYTES: usize = 2048;

/// `url` without user name, password, query and fragment, which may hold credentials; `None` for what is no absolute
/// URL, or not one that could stand in a document as it is.
pub(super) fn without_credentials(url: &str) -> Option<String> {
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

/// `NAME@RANGE`, or what else a lock file writes in such a place, with its address as [`without_credentials`] leaves it.
pub(super) fn shown(descriptor: &str) -> Cow<'_, str> {
    // Encoded once more, within a patch.
    let lower = descriptor.to_ascii_lowercase();
    let encoded = ["%3a//", "%3a%2f%2f"].into_iter().find(|mark| lower.contains(mark));
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
        ] {
            assert_eq!(shown(descriptor), clean);
            assert_eq!(shown(clean), clean);
        }
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
