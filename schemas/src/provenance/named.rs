//! Git repositories in a provenance, however they are spelled: for what must not be passed over because of its spelling.

use super::{Material, Provenance};
use crate::digest::DigestSet;

/// A repository that is named, and what is said of its state. Compared with others alone, never shown as an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Host and path: without scheme, user, the scheme's own port, `.git` and slashes at the end; the host in lower case.
    pub repository: String,
    /// What stands behind `@` or `#`, whatever its form.
    pub reference: Option<String>,
    /// Every commit that is named, whatever its form.
    pub commits: Vec<String>,
}

impl Provenance {
    /// Every Git repository among the materials, and what the parameters call the source.
    pub fn repositories(&self) -> impl Iterator<Item = Named> {
        let is_git = |material: &&Material| {
            let begins = |prefix: &&str| material.uri.as_deref().is_some_and(|uri| uri.starts_with(*prefix));
            ["git+", "git:", "git@", "ssh:"].iter().any(begins) || material.digest.get("gitCommit").is_some()
        };
        self.materials
            .iter()
            .filter(is_git)
            .filter_map(|material| Some(Named::of(material.uri.as_deref()?, &material.digest)))
            .chain(self.taken.iter().cloned())
    }
}

impl Named {
    /// The repository at an address.
    pub fn of(address: &str, digest: &DigestSet) -> Self {
        let address = address.strip_prefix("git+").unwrap_or(address);
        let (scheme, place) = match address.split_once("://") {
            Some((scheme, place)) => (scheme, place.to_owned()),
            // `user@host:path`, as git has it for SSH.
            None => ("ssh", address.replacen(':', "/", 1)),
        };
        let (authority, path) = place.split_once('/').unwrap_or((&place, ""));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
        let port = match scheme {
            "https" => ":443",
            "http" => ":80",
            "ssh" => ":22",
            _ => ":9418",
        };
        let host = host.strip_suffix(port).unwrap_or(&host);
        let (path, reference) = match path.find(['@', '#']) {
            Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).map(str::to_owned)),
            None => (path, None),
        };
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
        let commits =
            ["gitCommit", "sha1"].into_iter().filter_map(|name| digest.get(name)).map(str::to_owned);
        Self { repository: format!("{host}/{path}"), reference, commits: commits.collect() }
    }

    /// Whether the reference that is named can be `full`: the same, or the last part of a tag or branch as people write it.
    pub fn may_be_at(&self, full: &str) -> bool {
        self.reference.as_deref().is_none_or(|named| {
            named == full
                || ["refs/tags/", "refs/heads/"].iter().any(|kind| full.strip_prefix(kind) == Some(named))
        })
    }

    /// A commit that is named and is not `commit`. A `sha1` beside the name of a repository that counts by SHA-256 says the
    /// same state by another number.
    pub fn other_commit(&self, commit: &str) -> Option<&str> {
        let is_it = |named: &&String| named.as_str() == commit;
        if self.commits.iter().any(|named| is_it(&named)) {
            return self
                .commits
                .iter()
                .find(|named| named.len() == commit.len() && !is_it(named))
                .map(String::as_str);
        }
        self.commits.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b57_one_repository_has_many_spellings() {
        for (address, reference) in [
            ("https://git.example/acme/x", None),
            ("git+https://GIT.example/acme/x.git@refs/tags/v1", Some("refs/tags/v1")),
            ("git+https://git.example:443/acme/x/@v1", Some("v1")),
            ("git+ssh://git@git.example:22/acme/x#main", Some("main")),
            ("git@git.example:acme/x.git", None),
            ("git://git.example/acme/x/", None),
        ] {
            let named = Named::of(address, &DigestSet::default());
            assert_eq!(named.repository, "git.example/acme/x", "{address}");
            assert_eq!(named.reference.as_deref(), reference, "{address}");
        }
        for other in ["https://git.example/acme/y", "https://git.example/acme", "https://evil.example/acme/x"]
        {
            assert_ne!(Named::of(other, &DigestSet::default()).repository, "git.example/acme/x", "{other}");
        }
    }
}
