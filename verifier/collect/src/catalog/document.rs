//! Files as catalogers get them.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::TreePath;

use super::bundled::Script;
use super::nested::Archive;
use super::opaque::Opaque;

/// Bytes of a file that a cataloger reads, where it does not say otherwise. A package-lock.json of 20,000 packages has 10 MB, and an SBOM made of more
/// would not fit into a statement (16 MiB).
pub const MAX_BYTES: usize = 32 << 20;

/// The byte order mark of UTF-8. No program and no archive begins with it.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that a cataloger wants, as it was when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Relative to the root of the artifact or project.
    pub path: TreePath,
    /// SHA-256 of the bytes, all of them even where they are too many to be kept.
    pub sha256: Sha256Digest,
    /// The bytes.
    pub content: Content,
}

/// The bytes of a [`Document`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of them.
    Bytes(Vec<u8>),
    /// What lies in an archive.
    Archive(Box<Archive>),
    /// What is known of a script, in the place of its bytes.
    Script(Box<Script>),
    /// That it does not say what it is made of, in the place of its bytes: a known gap, unless another file tells.
    Opaque(Opaque),
    /// More than a cataloger reads, of programs and archives than are looked into, or more than is kept of one artifact.
    TooLarge,
}

impl Document {
    /// All of its bytes, where they were kept, without a byte order mark: editors of some systems write one, and the tools whose
    /// files these are pass over it.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes.strip_prefix(MARK).unwrap_or(bytes)),
            Content::Archive(_) | Content::Script(_) | Content::Opaque(_) | Content::TooLarge => None,
        }
    }
}

/// What a cataloger reads.
#[derive(Debug, Clone, Copy)]
pub struct FileInput<'f> {
    /// Relative to the root of the artifact or project.
    pub path: &'f TreePath,
    /// All of its bytes but for a byte order mark; at most as many as the cataloger reads.
    pub bytes: &'f [u8],
}

impl Content {
    pub(crate) const fn empty() -> Self {
        Self::Bytes(Vec::new())
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.push_within(MAX_BYTES, chunk);
    }

    pub(super) fn push_within(&mut self, limit: usize, chunk: &[u8]) {
        if let Self::Bytes(bytes) = self {
            if bytes.len() + chunk.len() > limit {
                *self = Self::TooLarge;
            } else {
                bytes.extend_from_slice(chunk);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let path = TreePath::try_from("package.json").unwrap();
        let document = |bytes: &[u8]| Document {
            path: path.clone(),
            sha256: Sha256Digest::of(bytes),
            content: Content::Bytes(bytes.to_vec()),
        };
        assert_eq!(document(b"\xef\xbb\xbf{}").bytes(), Some(&b"{}"[..]));
        assert_eq!(document(b"\xef\xbb{}").bytes(), Some(&b"\xef\xbb{}"[..]));
    }

    #[test]
    fn content_is_bounded() {
        let mut content = Content::empty();
        content.push(&vec![0; MAX_BYTES]);
        assert!(matches!(&content, Content::Bytes(bytes) if bytes.len() == MAX_BYTES));
        content.push(b"x");
        assert_eq!(content, Content::TooLarge);
        content.push(b"x");
        assert_eq!(content, Content::TooLarge);
    }
}
