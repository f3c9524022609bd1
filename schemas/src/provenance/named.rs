//! Git repositories in a provenance, however they are spelled: for what must not be passed over because of its spelling.

use super::Provenance;
use crate::digest::DigestSet;

/// Begins what SPDX and in-toto write for a repository.
pub(super) const GIT: &str = "git+";
/// Ends addresses that servers take without it, too.
pub(super) const DOT_GIT: &str = ".git";
/// Begins the path of GitHub's workflows.
pub(super) const WORKFLOWS: &str = ".github/workflows/";
/// Digits of a commit's name.
pub(super) const SHA1: usize = 40;

/// A repository that is named, and what is said of its state. Compared with others alone, never shown as an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Host and path: without scheme, user, the scheme's own port, `.git` and slashes at the end; the host in lower case.
    pub repository: String,
    /// What stands behind `@` or `#`, whatever its form; without the folder that BuildKit names behind it.
    pub reference: Option<String>,
    /// Every commit that is named, whatever its form.
    pub commits: Vec<String>,
    /// Nothing but the length of a digest, or the name of a member, says that this web address is of a repository.
    pub is_open: bool,
}

/// Where a builder says that its instructions lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// `None` where a reference or path is stated alone.
    pub repository: Option<Named>,
    /// Stated apart from the repository, or behind it.
    pub reference: Option<String>,
    /// Path in the repository, where the builder means a path by it.
    pub path: Option<String>,
}

impl Provenance {
    /// Every Git repository among the materials, and what the parameters call the source.
    pub fn repositories(&self) -> impl Iterator<Item = Named> {
        self.materials
            .iter()
            .filter_map(|material| Named::read(material.uri.as_deref()?, &material.digest))
            .chain(self.taken.iter().cloned())
    }

    /// Commits of materials that are said to lie nowhere.
    pub fn placeless(&self) -> impl Iterator<Item = &str> {
        let nowhere = self.materials.iter().filter(|material| material.uri.is_none());
        nowhere.filter_map(|material| material.digest.get("gitCommit"))
    }
}

impl Named {
    /// The repository at an address, if it is one.
    pub(super) fn read(address: &str, digest: &DigestSet) -> Option<Self> {
        let is_open = !is_git(address, digest);
        let may_be = !is_open || (is_web(address) && commits(digest).any(|commit| commit.len() == SHA1));
        may_be.then(|| Self { is_open, ..Self::of(address, digest) })
    }

    /// What a member calls the source: an address, and perhaps its digest.
    pub(super) fn source(address: &str, digest: &DigestSet) -> Option<Self> {
        let is_open = !is_git(address, digest);
        (!is_open || is_web(address)).then(|| Self { is_open, ..Self::of(address, digest) })
    }

    /// The repository at an address.
    pub fn of(address: &str, digest: &DigestSet) -> Self {
        let address = address
            .split_at_checked(GIT.len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(GIT))
            .map_or(address, |(_, rest)| rest);
        let (scheme, place) = match address.split_once("://") {
            Some((scheme, place)) => (scheme.to_ascii_lowercase(), place.to_owned()),
            // `user@host:path`, as git has it for SSH.
            None => ("ssh".to_owned(), address.replacen(':', "/", 1)),
        };
        // Whatever a parser of URLs takes for the end of the host: what stands behind it names no host.
        let (authority, path) = place.split_at(place.find(['/', '?', '#', '\\']).unwrap_or(place.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
        let port = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            "ssh" => ":22",
            _ => ":9418",
        };
        let host = host.strip_suffix(port).unwrap_or(&host);
        let (path, reference) = match path.find(['@', '#']) {
            Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..)),
            None => (path, None),
        };
        // No reference holds a colon.
        let reference = reference.map(|named| named.split_once(':').map_or(named, |(named, _)| named));
        let path = path.trim_matches('/');
        let path = path.strip_suffix(DOT_GIT).unwrap_or(path).trim_end_matches('/');
        Self {
            repository: format!("{host}/{path}"),
            reference: reference.filter(|named| !named.is_empty()).map(str::to_owned),
            commits: commits(digest).map(str::to_owned).collect(),
            is_open: false,
        }
    }

    /// Whether it lies on the host of another.
    pub fn is_beside(&self, other: &Self) -> bool {
        let host = |named: &Self| named.repository.split_once('/').map(|(host, _)| host.to_owned());
        host(self) == host(other)
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

/// The file of instructions that a workload or builder is called after: `HOST/OWNER/NAME/.github/workflows/…` of GitHub,
/// `HOST/GROUP/…/NAME//….yml` of GitLab, from whatever reference. `None` where the name is of something else.
pub fn file_at(name: &str) -> Option<Told> {
    let named = Named::of(name, &DigestSet::default());
    let (home, path) = match named.repository.find(&format!("/{WORKFLOWS}")) {
        Some(at) => (named.repository.get(..at)?, named.repository.get(at + 1..)?),
        None => named
            .repository
            .split_once("//")
            .filter(|(_, path)| [".yml", ".yaml"].iter().any(|ending| path.ends_with(ending)))?,
    };
    let (repository, path) = (home.to_owned(), path.to_owned());
    let reference = named.reference.clone();
    Some(Told { repository: Some(Named { repository, ..named }), reference, path: Some(path) })
}

/// Whether the reference that is named can be `full`: the same, or the last part of a tag or branch as people write it.
pub fn may_be_at(named: Option<&str>, full: &str) -> bool {
    named.is_none_or(|named| {
        named == full
            || ["refs/tags/", "refs/heads/"].iter().any(|kind| full.strip_prefix(kind) == Some(named))
    })
}

/// Whether an address is of a Git repository: it, or the name of its digest, says so.
pub(super) fn is_git(address: &str, digest: &DigestSet) -> bool {
    let address = address.to_ascii_lowercase();
    let place = address.find(['@', '#', '?']).and_then(|at| address.get(..at)).unwrap_or(&address);
    [GIT, "git:", "git@", "ssh:"].iter().any(|prefix| address.starts_with(prefix))
        || (is_web(&address) && (place.ends_with(DOT_GIT) || address.contains("@refs/")))
        || digest.get("gitCommit").is_some()
        || misnamed(digest).is_some()
}

fn is_web(address: &str) -> bool {
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| ["https", "http"].iter().any(|web| scheme.eq_ignore_ascii_case(web)))
}

/// SLSA says `gitCommit` and said `sha1`.
fn commits(digest: &DigestSet) -> impl Iterator<Item = &str> {
    [digest.get("gitCommit"), digest.get("sha1"), misnamed(digest)].into_iter().flatten()
}

/// The commit that GitLab's runner calls `sha256`.
pub(super) fn misnamed(digest: &DigestSet) -> Option<&str> {
    digest.get("sha256").filter(|hex| hex.len() == SHA1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i14_names_of_workflows_are_taken_apart() {
        let parts = |name: &str| {
            let told = file_at(name)?;
            Some((told.repository?.repository, told.path?, told.reference))
        };
        for (name, repository, path, reference) in [
            (
                "https://GIT.example/a/x/.github/workflows/r.yml@v1",
                "git.example/a/x",
                ".github/workflows/r.yml",
                Some("v1"),
            ),
            (
                "https://git.example/a/.github/.github/workflows/r.yml",
                "git.example/a/.github",
                ".github/workflows/r.yml",
                None,
            ),
            (
                "https://git.example/a/b/x//ci/r.yml@refs/tags/v1",
                "git.example/a/b/x",
                "ci/r.yml",
                Some("refs/tags/v1"),
            ),
            (
                "https://git.example/a/x/.github/workflows//r.yml",
                "git.example/a/x",
                ".github/workflows//r.yml",
                None,
            ),
        ] {
            let expected = (repository.to_owned(), path.to_owned(), reference.map(str::to_owned));
            assert_eq!(parts(name), Some(expected), "{name}");
        }
        for other in
            ["https://git.example/actions/runner", "https://b.example/pipelines//7", "a@b.example", ""]
        {
            assert_eq!(parts(other), None, "{other}");
        }
    }

    #[test]
    fn b57_one_repository_has_many_spellings() {
        for (address, reference) in [
            ("https://git.example/acme/x", None),
            ("git+https://GIT.example/acme/x.git@refs/tags/v1", Some("refs/tags/v1")),
            ("git+https://git.example:443/acme/x/@v1", Some("v1")),
            ("git+ssh://git@git.example:22/acme/x#main", Some("main")),
            ("git@git.example:acme/x.git", None),
            ("git://git.example/acme/x/", None),
            ("GIT+HTTPS://git.example/acme/x.git", None),
            ("https://git.example/acme/x.git#refs/tags/v1:docker", Some("refs/tags/v1")),
            ("https://git.example/acme/x.git#:docker", None),
        ] {
            let named = Named::of(address, &DigestSet::default());
            assert_eq!(named.repository, "git.example/acme/x", "{address}");
            assert_eq!(named.reference.as_deref(), reference, "{address}");
        }
        for other in [
            "https://git.example/acme/y",
            "https://git.example/acme",
            "https://evil.example/acme/x",
            "git+https://evil.example#@git.example/acme/x",
            "git+https://evil.example?@git.example/acme/x",
            "git+https://evil.example\\@git.example/acme/x",
        ] {
            assert_ne!(Named::of(other, &DigestSet::default()).repository, "git.example/acme/x", "{other}");
        }
    }
}
