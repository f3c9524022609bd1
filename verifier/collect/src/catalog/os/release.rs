//! os-release: of which distribution the packages are.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;

use crate::catalog::{CatalogError, Cataloger, Document, FileInput, Role};

/// os-release.
pub static OS_RELEASE: OsRelease = OsRelease;

/// The reader of os-release, which names no packages.
#[derive(Debug)]
pub struct OsRelease;

impl Cataloger for OsRelease {
    fn id(&self) -> &'static str {
        "os/release"
    }

    fn wants(&self, path: &TreePath) -> bool {
        matches!(path.as_str(), "etc/os-release" | "usr/lib/os-release")
    }

    /// It lies beside what it is about, in archives too.
    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, _file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Ok(Vec::new())
    }
}

/// A distribution of Linux.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    id: String,
    version: Option<String>,
}

/// The one that an image or root folder is of.
pub(crate) fn distribution(documents: &[Document]) -> Option<Distribution> {
    let document = documents.iter().find(|document| OS_RELEASE.wants(&document.path))?;
    let bytes = document.bytes()?;
    let text = str::from_utf8(bytes).ok()?;
    let value = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?.trim();
        // In quotes or one word, and a comment may follow.
        let value = match value.chars().next()? {
            quote @ ('"' | '\'') => value.split(quote).nth(1)?,
            _ => value.split_whitespace().next()?,
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        (!value.is_empty() && value.len() <= 64 && value.bytes().all(fits)).then(|| value.to_owned())
    };
    Some(Distribution { id: value("ID")?.to_ascii_lowercase(), version: value("VERSION_ID") })
}

impl Distribution {
    /// What stands for it in package URLs: its own name, or whose it is where several of one vendor share their packages.
    fn vendor(&self) -> &str {
        match self.id.as_str() {
            "rhel" => "redhat",
            id if id.starts_with("opensuse") => "opensuse",
            // SUSE Linux Enterprise Server, Desktop, for SAP, Micro.
            id if id.starts_with("sle") || id == "sl-micro" => "suse",
            id => id,
        }
    }

    /// Says in the purls of packages of an operating system that they are of this one.
    pub(crate) fn name(&self, packages: &mut [Package]) {
        for package in packages {
            let Ok(purl) = Purl::parse(&package.purl) else { continue };
            if !matches!(purl.ty(), "deb" | "apk" | "rpm") {
                continue;
            }
            let release = self
                .version
                .as_ref()
                .map_or_else(|| self.id.clone(), |version| format!("{}-{version}", self.id));
            let named = purl.with_namespace(self.vendor());
            let named = named.and_then(|named| named.with_qualifier("distro", release));
            if let Ok(named) = named {
                package.purl = named.to_string();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::digest::Sha256Digest;

    use super::*;
    use crate::catalog::Content;

    #[test]
    fn packages_are_named_after_their_distribution() {
        let document = |text: &str| Document {
            path: TreePath::try_from("etc/os-release").unwrap(),
            sha256: Sha256Digest::of(text.as_bytes()),
            content: Content::Bytes(text.as_bytes().to_vec()),
        };
        let found = distribution(&[document("NAME=\"Ubuntu\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n")]).unwrap();
        let package = Package::new("a", "pkg:deb/debian/a@1?arch=all", "a");
        let other = Package::new("b", "pkg:npm/b@1", "b");
        let mut packages = [package, other];
        found.name(&mut packages);
        assert_eq!(packages[0].purl, "pkg:deb/ubuntu/a@1?arch=all&distro=ubuntu-24.04");
        assert_eq!(packages[1].purl, "pkg:npm/b@1");
        for (release, purl) in [
            ("ID=\"rhel\"\nVERSION_ID=\"9.4\"\n", "pkg:rpm/redhat/a@1-2?arch=noarch&distro=rhel-9.4&epoch=1"),
            ("ID=\"opensuse-leap\"\n", "pkg:rpm/opensuse/a@1-2?arch=noarch&distro=opensuse-leap&epoch=1"),
            ("ID=\"sles\"\nVERSION_ID=15.5\n", "pkg:rpm/suse/a@1-2?arch=noarch&distro=sles-15.5&epoch=1"),
            ("ID=fedora\n", "pkg:rpm/fedora/a@1-2?arch=noarch&distro=fedora&epoch=1"),
        ] {
            let mut packages = [Package::new("a", "pkg:rpm/a@1-2?arch=noarch&epoch=1", "a")];
            distribution(&[document(release)]).unwrap().name(&mut packages);
            assert_eq!(packages[0].purl, purl);
        }
        for line in ["VERSION_ID=\"22.04\" # c", "VERSION_ID='22.04'", "VERSION_ID=22.04 # c"] {
            let found = distribution(&[document(&format!("ID=ubuntu\n{line}\n"))]).unwrap();
            assert_eq!(found.version.as_deref(), Some("22.04"), "{line}");
        }
        for text in ["", "ID=\n", "ID=../x\n", "NAME=x\n"] {
            assert_eq!(distribution(&[document(text)]), None, "{text}");
        }
    }
}
