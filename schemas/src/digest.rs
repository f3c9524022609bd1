//! Digests as values: equal length, lower-case hex, nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256, Sha512};

/// A SHA-256 digest (32 bytes); printed, parsed and serialised as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest([u8; 32]);

/// A SHA-512 digest (64 bytes); printed, parsed and serialised as 128 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha512Digest([u8; 64]);

/// A string that is not the lower-case hex form of a digest of the expected length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected} lower-case hex digits")]
pub struct DigestError {
    expected: usize,
}

macro_rules! digest {
    ($name:ident, $len:literal, $hasher:ty) => {
        impl $name {
            /// Hashes `bytes`.
            pub fn of(bytes: &[u8]) -> Self {
                Self(<$hasher>::digest(bytes).into())
            }

            /// Wraps a digest computed elsewhere.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // `hex::encode` collects digit by digit.
                let mut digits = [0; 2 * $len];
                hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
                f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = DigestError;

            fn from_str(text: &str) -> Result<Self, DigestError> {
                let error = DigestError { expected: 2 * $len };
                // `hex` takes upper case too; two spellings of one digest would be two keys of one map.
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(error);
                }
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| error)?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

digest!(Sha256Digest, 32, Sha256);
digest!(Sha512Digest, 64, Sha512);

/// The digests we compute of an artifact while reading it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasuredDigests {
    /// SHA-256 of the bytes.
    pub sha256: Sha256Digest,
    /// SHA-512 of the bytes, where the ecosystem uses it (npm) or a statement may name it.
    pub sha512: Option<Sha512Digest>,
}

impl Sha256Digest {
    /// The URI of whatever has this digest (RFC 6920), which says what it is and not where.
    pub fn uri(&self) -> String {
        format!("ni:///sha-256;{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// in-toto's `DigestSet`: algorithm name to lower-case hex, algorithms we do not know included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct DigestSet(pub BTreeMap<String, String>);

impl DigestSet {
    /// The set that our own statements use.
    pub fn measured(digests: &MeasuredDigests) -> Self {
        let mut set = Self::sha256(digests.sha256);
        if let Some(sha512) = digests.sha512 {
            set.0.insert("sha512".into(), sha512.to_string());
        }
        set
    }

    /// A set of one SHA-256 digest.
    pub fn sha256(digest: Sha256Digest) -> Self {
        Self(BTreeMap::from([("sha256".into(), digest.to_string())]))
    }

    /// The hex under `algorithm`, as stated.
    pub fn get(&self, algorithm: &str) -> Option<&str> {
        self.0.get(algorithm).map(String::as_str)
    }
}

/// `{"sha256": "…"}`: the shape in which a single digest stands in our predicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sha256Only {
    /// The digest.
    pub sha256: Sha256Digest,
}

impl From<Sha256Digest> for Sha256Only {
    fn from(sha256: Sha256Digest) -> Self {
        Self { sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6920.
    #[test]
    fn a_digest_names_what_has_it() {
        let uri = Sha256Digest::of(b"Hello World!").uri();
        assert_eq!(uri, "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk");
    }

    #[test]
    fn only_lower_case_hex_of_the_right_length_parses() {
        let digest = Sha256Digest::of(b"");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for bad in ["", "ab", &digest.to_string().to_uppercase(), &format!("{digest}0"), &" ".repeat(64)] {
            assert!(bad.parse::<Sha256Digest>().is_err(), "{bad:?}");
        }
    }
}
