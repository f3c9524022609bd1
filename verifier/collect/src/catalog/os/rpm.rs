//! rpm's database: seen and not read. Its three formats are databases of their own; the one kept reader of them opens a path
//! and brings a C library along, to which no stranger's bytes are given here.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// What rpm installed.
pub static RPM: Rpm = Rpm;

/// The cataloger that says that there is a database of rpm.
#[derive(Debug)]
pub struct Rpm;

impl Cataloger for Rpm {
    fn id(&self) -> &'static str {
        "os/rpm"
    }

    fn wants(&self, path: &TreePath) -> bool {
        let folders = ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"];
        let name = folders.iter().find_map(|folder| path.as_str().strip_prefix(folder));
        matches!(name, Some("rpmdb.sqlite" | "Packages" | "Packages.db"))
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn read(&self, _file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Err(CatalogError::Unread { what: "rpm's database: its packages are not in the inventory" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_seen_wherever_systems_keep_it() {
        for path in [
            "var/lib/rpm/Packages",
            "var/lib/rpm/rpmdb.sqlite",
            "usr/lib/sysimage/rpm/Packages.db",
            "usr/share/rpm/rpmdb.sqlite",
        ] {
            let path = TreePath::try_from(path).unwrap();
            assert!(RPM.wants(&path), "{path}");
            let read = RPM.read(&FileInput { path: &path, bytes: b"" });
            let what = "rpm's database: its packages are not in the inventory";
            assert_eq!(read, Err(CatalogError::Unread { what }));
        }
        assert!(!RPM.wants(&TreePath::try_from("var/lib/rpm/Name").unwrap()));
    }
}
