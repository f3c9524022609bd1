//! The instances that are built in: their trust roots, and where their repositories begin.

use jiff::Timestamp;
use mcpsign_verifier::SigstoreRoot;
use sigstore_trust_root::{SIGSTORE_PRODUCTION_SIGNING_CONFIG, SigstoreInstance};

/// A Sigstore instance whose trust root is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instance {
    /// Sigstore's public-good instance.
    PublicGood,
    /// GitHub's, for private repositories and releases.
    GitHub,
}

/// When what is built in was taken from the repositories: the release of the pinned Sigstore crates, which a test holds.
pub(super) const EMBEDDED_AS_OF: Timestamp = Timestamp::constant(1_792_713_600, 0);

impl Instance {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PublicGood, Self::GitHub];

    /// The one of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|instance| instance.name() == name)
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicGood => "public-good",
            Self::GitHub => "github",
        }
    }

    pub(super) const fn trusted_root(self) -> &'static str {
        match self {
            Self::PublicGood => SigstoreRoot::PUBLIC_GOOD,
            Self::GitHub => SigstoreRoot::GITHUB,
        }
    }

    /// Which of its services sign; nobody but GitHub signs with its own.
    pub(super) const fn signing_config(self) -> Option<&'static str> {
        match self {
            Self::PublicGood => Some(SIGSTORE_PRODUCTION_SIGNING_CONFIG),
            Self::GitHub => None,
        }
    }

    /// The repository's `root.json` that every later one has to lead back to.
    pub(super) fn tuf_root(self) -> &'static [u8] {
        self.upstream().tuf_root()
    }

    /// Where the repository is, as the Sigstore crate has it.
    pub(super) fn mirror(self) -> &'static str {
        self.upstream().tuf_url()
    }

    const fn upstream(self) -> SigstoreInstance {
        match self {
            Self::PublicGood => SigstoreInstance::PublicGood,
            Self::GitHub => SigstoreInstance::GitHub,
        }
    }
}

/// Whether an instance may be called so; it becomes the name of a file.
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.next().is_some_and(plain)
        && name.len() <= 64
        && bytes.all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_as_old_as_the_pinned_release_says() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap();
        assert!(
            lock.contains("name = \"sigstore-trust-root\"\nversion = \"0.15.1\"\n"),
            "another release: write its date into EMBEDDED_AS_OF"
        );
        assert_eq!(EMBEDDED_AS_OF.to_string(), "2026-10-23T00:00:00Z");
    }

    #[test]
    fn names_are_file_names_and_nothing_else() {
        for good in ["a", "acme", "acme-prod.v2", "0_x"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", "-a", "A", "a/b", "a b", "a\u{0}", "ä", ".hidden", &"a".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
