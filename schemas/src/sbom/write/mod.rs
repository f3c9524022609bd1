//! From an inventory to a document: one model, one file a format.

mod cyclonedx;
pub(super) mod license;
mod model;
mod spdx2;
mod spdx3;

use std::fmt;
use std::str::FromStr;

use crate::canonical::Json;
use crate::digest::Sha256Digest;
use crate::inventory::{HashAlgorithm, Inventory};
use crate::statement::predicate_type;

use super::{RootComponent, SbomOptions};
use model::Model;

/// A format that is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DocumentFormat {
    /// CycloneDX 1.6 JSON.
    #[default]
    CycloneDx16,
    /// CycloneDX 1.7 JSON.
    CycloneDx17,
    /// SPDX 2.3 JSON.
    Spdx23,
    /// SPDX 3.0.1 JSON-LD.
    Spdx301,
}

impl DocumentFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CycloneDx16, Self::CycloneDx17, Self::Spdx23, Self::Spdx301];

    /// As spelled on command lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx16 => "cyclonedx-1.6",
            Self::CycloneDx17 => "cyclonedx-1.7",
            Self::Spdx23 => "spdx-2.3",
            Self::Spdx301 => "spdx-3.0.1",
        }
    }

    /// Predicate type of a statement that holds such a document.
    pub const fn predicate_type(self) -> &'static str {
        match self {
            Self::CycloneDx16 | Self::CycloneDx17 => predicate_type::CYCLONEDX,
            Self::Spdx23 => predicate_type::SPDX_2_3,
            Self::Spdx301 => predicate_type::SPDX_3,
        }
    }
}

/// An algorithm as SPDX 2 names it; SPDX 3 has the same names in small letters.
const fn checksum_name(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Md5 => "MD5",
        HashAlgorithm::Sha1 => "SHA1",
        HashAlgorithm::Sha256 => "SHA256",
        HashAlgorithm::Sha384 => "SHA384",
        HashAlgorithm::Sha512 => "SHA512",
    }
}

impl fmt::Display for DocumentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of cyclonedx-1.6, cyclonedx-1.7, spdx-2.3, spdx-3.0.1")]
pub struct UnknownFormat;

impl FromStr for DocumentFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(UnknownFormat)
    }
}

/// Writes the inventory of `root` as a document. Equal input gives an equal document.
pub fn write(
    format: DocumentFormat,
    root: &RootComponent,
    inventory: &Inventory,
    options: &SbomOptions,
) -> Json {
    let model = Model::new(root, inventory, options);
    match format {
        DocumentFormat::CycloneDx16 => cyclonedx::write(&model, "1.6"),
        DocumentFormat::CycloneDx17 => cyclonedx::write(&model, "1.7"),
        DocumentFormat::Spdx23 => spdx2::write(&model),
        DocumentFormat::Spdx301 => spdx3::write(&model),
    }
}

/// The fact that a file is one of several that a component is distributed as.
pub(super) const DISTRIBUTION: &str = "mcpsign:distribution";

/// What is said of each of them where it stands apart.
pub(super) const ONE_OF_SEVERAL: &str = "one of several files: which is installed depends on who installs";

/// Where SPDX documents are named. Nothing is fetched from there.
const NAMESPACE: &str = "https://mcpsign.dev/spdx/";

/// SPDX wants a text here, and to leave it open counts as not having looked.
const COPYRIGHT_UNKNOWN: &str = "Not known: the files that were read state no copyright.";

/// An identifier within an SPDX document: readable, and unique as `id` is.
fn local_id(purl: &str, id: &str) -> String {
    let readable = purl.strip_prefix("pkg:").unwrap_or(purl).split(['?', '#']).next().unwrap_or_default();
    let letters: String = readable
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .take(64)
        .collect();
    format!("SPDXRef-{letters}-{}", short(id))
}

/// Enough of a digest to tell the elements of a document apart.
fn short(text: &str) -> String {
    Sha256Digest::of(text.as_bytes()).to_string()[..16].to_owned()
}
