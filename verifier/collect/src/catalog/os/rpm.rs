//! rpm's database: seen and not read. Its three formats are databases of their own, for which no small reader is kept.

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
        let folders = ["var/lib/rpm/", "usr/lib/sysimage/rpm/"];
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
