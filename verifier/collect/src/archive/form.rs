//! Kinds of packages.

use std::fmt;

/// A kind of package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageForm {
    /// npm's release tarball.
    Npm,
    /// Python's built distribution (PEP 427).
    Wheel,
    /// Python's source distribution (PEP 517).
    Sdist,
    /// Cargo's package.
    Crate,
    /// An MCP bundle, formerly a desktop extension.
    Mcpb,
}

impl PackageForm {
    /// The form that programs take a file of this name for, whatever it holds. Names of tarballs say nothing.
    pub(super) fn claimed_by(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        // Systems that fold case open them all the same.
        match extension.to_ascii_lowercase().as_str() {
            "whl" => Some(Self::Wheel),
            "crate" => Some(Self::Crate),
            "mcpb" | "dxt" => Some(Self::Mcpb),
            _ => None,
        }
    }
}

/// Whether programs take a file of this name for a compressed tarball.
pub(super) fn claims_tarball(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".tgz") || name.ends_with(".tar.gz")
}

/// What people call one of them: `npm package`.
impl fmt::Display for PackageForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Npm => "npm package",
            Self::Wheel => "wheel",
            Self::Sdist => "Python source distribution",
            Self::Crate => "Cargo package",
            Self::Mcpb => "MCP bundle",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_claim_a_form() {
        for (name, form) in [
            ("a-1.0-py3-none-any.whl", Some(PackageForm::Wheel)),
            ("A.WHL", Some(PackageForm::Wheel)),
            ("a-1.0.0.crate", Some(PackageForm::Crate)),
            ("a.mcpb", Some(PackageForm::Mcpb)),
            ("a.Dxt", Some(PackageForm::Mcpb)),
            ("a-1.0.0.tgz", None),
            ("a-1.0.0.tar.gz", None),
            ("a.zip", None),
            ("whl", None),
            ("a.whl.bin", None),
        ] {
            assert_eq!(PackageForm::claimed_by(name), form, "{name}");
        }
    }
}
