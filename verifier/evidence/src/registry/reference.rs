//! References by name: `npm:NAME@VERSION`, `pypi:NAME==VERSION`, `cargo:NAME@VERSION`, or the package URL of one.

use std::fmt;
use std::str::FromStr as _;

use mcpsign_schemas::purl::{Purl, PurlError};
use mcpsign_schemas::untrusted::escape;

/// Where packages of a kind come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// npm packages.
    Npm,
    /// Python distributions.
    Pypi,
    /// Rust crates.
    Cargo,
}

/// One version of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageReference {
    ecosystem: Ecosystem,
    name: String,
    version: String,
    purl: Purl,
    shown: String,
}

/// What looks like a reference by name and is none.
#[derive(Debug, thiserror::Error)]
pub enum PackageReferenceError {
    /// No version, or one that is not exact.
    #[error("`{}` names no exact version", escape(.reference))]
    Version {
        /// As given.
        reference: String,
        /// How it is written.
        ecosystem: Ecosystem,
    },
    /// A name that no package of the ecosystem has.
    #[error("`{}` names no {ecosystem} package", escape(.reference))]
    Name {
        /// As given.
        reference: String,
        /// Of which ecosystem.
        ecosystem: Ecosystem,
        /// Why not.
        #[source]
        source: Option<PurlError>,
    },
    /// A package URL of a type that has no registry here, or with parts that no registry is asked by.
    #[error("`{}`: {reason}", escape(.reference))]
    Purl {
        /// As given.
        reference: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl PackageReference {
    /// Parses `argument` if it is spelled like a reference by name; `None` if it is something else.
    ///
    /// # Errors
    /// See [`PackageReferenceError`].
    pub fn parse(argument: &str) -> Option<Result<Self, PackageReferenceError>> {
        let (scheme, rest) = argument.split_once(':')?;
        let ecosystem = match scheme.to_ascii_lowercase().as_str() {
            "npm" => Ecosystem::Npm,
            "pypi" => Ecosystem::Pypi,
            "cargo" => Ecosystem::Cargo,
            "pkg" => return Some(Self::of_purl(argument)),
            _ => return None,
        };
        let split = match ecosystem {
            Ecosystem::Pypi => rest.split_once("=="),
            // The first character may be that of a scope.
            Ecosystem::Npm | Ecosystem::Cargo => rest.rsplit_once('@').filter(|(name, _)| !name.is_empty()),
        };
        let Some((name, version)) = split else {
            return Some(Err(PackageReferenceError::Version { reference: argument.into(), ecosystem }));
        };
        Some(Self::new(ecosystem, name, version, argument))
    }

    fn of_purl(argument: &str) -> Result<Self, PackageReferenceError> {
        let refuse = |reason| PackageReferenceError::Purl { reference: argument.into(), reason };
        let purl = Purl::parse(argument).map_err(|_| refuse("not a package URL"))?;
        let ecosystem = match purl.ty() {
            "npm" => Ecosystem::Npm,
            "pypi" => Ecosystem::Pypi,
            "cargo" => Ecosystem::Cargo,
            _ => return Err(refuse("packages of this type are not fetched by name")),
        };
        let Some(version) = purl.version() else {
            return Err(PackageReferenceError::Version { reference: argument.into(), ecosystem });
        };
        let plain = Self::new(ecosystem, &purl.name(), version, argument)?;
        // A qualifier may name another registry; that is said with `--registry`, where it can be seen.
        if plain.purl != purl {
            return Err(refuse("qualifiers and subpaths are not followed"));
        }
        Ok(plain)
    }

    fn new(
        ecosystem: Ecosystem,
        name: &str,
        version: &str,
        shown: &str,
    ) -> Result<Self, PackageReferenceError> {
        let bad_name = |source| PackageReferenceError::Name { reference: shown.into(), ecosystem, source };
        let bad_version = || PackageReferenceError::Version { reference: shown.into(), ecosystem };
        let version = match ecosystem {
            Ecosystem::Npm | Ecosystem::Cargo => {
                semver::Version::parse(version).map_err(|_| bad_version())?.to_string()
            }
            // PEP 440: `1.0` and `1.00` are one version, written one way.
            Ecosystem::Pypi => pep440_rs::Version::from_str(version).map_err(|_| bad_version())?.to_string(),
        };
        let built = match ecosystem {
            Ecosystem::Npm => Purl::npm(name, Some(&version)),
            Ecosystem::Pypi if pypi_name(name) => Purl::pypi(name, Some(&version)),
            Ecosystem::Cargo if crate_name(name) => Purl::cargo(name, Some(&version)),
            Ecosystem::Pypi | Ecosystem::Cargo => return Err(bad_name(None)),
        };
        let purl = built.map_err(|error| bad_name(Some(error)))?;
        Ok(Self { ecosystem, name: name.to_owned(), version, purl, shown: shown.to_owned() })
    }

    /// Of which ecosystem.
    pub const fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// The name as given, `@scope/name` included.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The exact version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The package URL.
    pub const fn purl(&self) -> &Purl {
        &self.purl
    }

    /// As given.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Npm => "npm",
            Self::Pypi => "PyPI",
            Self::Cargo => "cargo",
        })
    }
}

impl PackageReferenceError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Version { ecosystem: Ecosystem::Npm, .. } => {
                "write it as `npm:NAME@1.2.3`; ranges and tags move, and what moves is not attested"
            }
            Self::Version { ecosystem: Ecosystem::Pypi, .. } => {
                "write it as `pypi:NAME==1.2.3`; ranges move, and what moves is not attested"
            }
            Self::Version { ecosystem: Ecosystem::Cargo, .. } => {
                "write it as `cargo:NAME@1.2.3`; ranges move, and what moves is not attested"
            }
            Self::Name { .. } => "write `./` before a path that looks like a reference by name",
            Self::Purl { .. } => {
                "write it as `pkg:npm/NAME@1.2.3`; another registry is named with `--registry URL`"
            }
        }
    }
}

/// PEP 508's rule, and a length that no project has.
fn pypi_name(name: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    name.len() <= 214
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// crates.io's rule: 64 characters, the first a letter. Its index paths are built from the name.
fn crate_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> PackageReference {
        PackageReference::parse(text).unwrap().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn each_ecosystem_spells_its_references_its_own_way() {
        for (text, purl) in [
            ("npm:@acme/files@1.0.0", "pkg:npm/%40acme/files@1.0.0"),
            ("npm:files@1.0.0-rc.1", "pkg:npm/files@1.0.0-rc.1"),
            ("pypi:MCP_Server==1.0", "pkg:pypi/mcp-server@1.0"),
            ("cargo:a-b_c@1.0.0+x", "pkg:cargo/a-b_c@1.0.0%2Bx"),
            ("pkg:npm/%40acme/files@1.0.0", "pkg:npm/%40acme/files@1.0.0"),
            ("pkg:pypi/a@2", "pkg:pypi/a@2"),
        ] {
            assert_eq!(parse(text).purl().to_string(), purl, "{text}");
        }
        assert_eq!(parse("npm:@acme/files@1.0.0").name(), "@acme/files");
    }

    #[test]
    fn b50_what_moves_and_what_no_package_is_called_is_refused() {
        for bad in [
            "npm:files",
            "npm:@acme/files",
            "npm:files@latest",
            "npm:files@^1.0.0",
            "npm:files@1",
            "npm:@1.0.0",
            "npm:../x@1.0.0",
            "npm:a/b@1.0.0",
            "npm:.@1.0.0",
            "pypi:a",
            "pypi:a==1.*",
            "pypi:a@1",
            "pypi:../a==1",
            "pypi:a/b==1",
            "pypi:-a==1",
            "cargo:a@1",
            "cargo:../a@1.0.0",
            "cargo:1a@1.0.0",
            "cargo:a/b@1.0.0",
            "pkg:npm/files",
            "pkg:generic/a@1",
            "pkg:npm/a@1.0.0?repository_url=https://registry.example",
            "pkg:npm/a@1.0.0#sub",
            "pkg:",
            "npm:",
            "cargo:",
            "pypi:==",
        ] {
            assert!(PackageReference::parse(bad).is_some_and(|parsed| parsed.is_err()), "{bad}");
        }
        for other in ["./npm:x", "a.tgz", "https://acme.example/mcp", "oci://host/repo:1"] {
            assert!(PackageReference::parse(other).is_none(), "{other}");
        }
    }
}
