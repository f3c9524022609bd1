//! What does not say what it is made of and is not read: programs, what was copied from elsewhere, lock files of other projects than
//! the artifact's. That it is there is told.

use mcpsign_schemas::tree::TreePath;

use super::{CATALOGERS, Cataloger as _, Role, pypi};

/// What such a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opaque {
    /// A program without a word of what it was built from.
    Program,
    /// A library that a packer copied from another project.
    Library,
    /// A lock file below the root, by which something may be built or installed.
    Lock,
    /// Sources of a crate that are of no registry.
    Crate,
    /// What conda notes of what it installed.
    Conda,
    /// What RubyGems notes of what it installed.
    Gem,
    /// The list of files of an installed distribution of Python.
    Record,
}

impl Opaque {
    /// Why it is a known gap.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Program => "a program that does not say what it was built from",
            Self::Library => "a library copied from another project, which does not say which",
            Self::Lock => "a lock file below the root, which is not read",
            Self::Crate => "sources of a crate that are of no registry",
            Self::Conda => "a package that conda installed, which is not read",
            Self::Gem => "a package that RubyGems installed, which is not read",
            Self::Record => "an installed distribution without its METADATA, which alone say what it is",
        }
    }
}

/// Folders whose projects nobody installs or builds who installs or builds the artifact.
const ASIDE: [&str; 8] =
    ["test", "tests", "testdata", "fixtures", "__tests__", "example", "examples", "docs"];

/// Folders of packages, whose own lock files no installer reads.
const INSTALLED: [&str; 3] = ["node_modules", "site-packages", "dist-packages"];

/// Whether a file belongs to a test, an example or documentation.
pub(super) fn is_aside(path: &TreePath) -> bool {
    path.parent().is_some_and(|folders| folders.split('/').any(|folder| ASIDE.contains(&folder)))
}

/// What a file is by its name, where no cataloger reads it.
pub(super) fn by_name(path: &TreePath) -> Option<Opaque> {
    let (folders, name) = path.as_str().rsplit_once('/')?;
    let folder = folders.rsplit('/').next().unwrap_or_default();
    let is_installed = || folders.split('/').any(|folder| INSTALLED.contains(&folder));
    let opaque = match (folder, name) {
        (folder, "RECORD") if folder.ends_with(".dist-info") => Opaque::Record,
        ("conda-meta", name) if name.ends_with(".json") => Opaque::Conda,
        ("specifications", name) if name.ends_with(".gemspec") => Opaque::Gem,
        (_, name) if is_lock(name) && !is_installed() => Opaque::Lock,
        _ => return None,
    };
    (!is_aside(path)).then_some(opaque)
}

/// Whether a file of this name is a lock file where it lies at the root. A list of requirements is seldom one.
fn is_lock(name: &str) -> bool {
    let Ok(name) = TreePath::try_from(name) else { return false };
    let locks =
        CATALOGERS.iter().filter(|one| one.role() == Role::Lock && one.id() != pypi::REQUIREMENTS.id());
    locks.into_iter().any(|one| one.wants(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_reads_is_known_by_its_name() {
        let of = |path: &str| by_name(&TreePath::try_from(path).unwrap());
        for (path, opaque) in [
            ("src/rust/Cargo.lock", Opaque::Lock),
            ("web/package-lock.json", Opaque::Lock),
            ("a/b/uv.lock", Opaque::Lock),
            ("ruby/Gemfile.lock", Opaque::Lock),
            ("conda-meta/openssl-3.0.1-h_0.json", Opaque::Conda),
            ("usr/lib/ruby/gems/3.3.0/specifications/rack-3.0.0.gemspec", Opaque::Gem),
            ("lib/site-packages/a-1.0.dist-info/RECORD", Opaque::Record),
        ] {
            assert_eq!(of(path), Some(opaque), "{path}");
        }
        for path in [
            "Cargo.lock",
            "a/package.json",
            "docs/requirements.txt",
            "a/requirements.txt",
            "tests/a/Cargo.lock",
            "node_modules/a/yarn.lock",
            "node_modules/.package-lock.json",
            "rack.gemspec",
            "RECORD",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
