//! rpm's database, in the three formats that rpm has had: SQLite (Fedora 33, RHEL 9), ndb (SUSE), Berkeley DB (RHEL 8, Amazon
//! Linux 2). Each is read from bytes, and whole: what does not add up is an error, never a shorter list.

mod bdb;
mod bytes;
mod header;
mod ndb;
mod sqlite;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use mcpsign_schemas::inventory::{Location, Means, Package};
use mcpsign_schemas::party::Party;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::package;
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES, Role};
use header::{Header, Tag};

/// What rpm installed.
pub static RPM: Rpm = Rpm;

/// The cataloger of rpm's databases.
#[derive(Debug)]
pub struct Rpm;

/// Bytes of a database. A package takes 50 to 100 kB, for its list of files and its changelog: this is room for 2,000.
const MAX_BYTES: usize = 192 << 20;

/// Where systems keep it.
const FOLDERS: [&str; 3] = ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"];

/// The names of the formats' files.
const DATABASES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

/// What SQLite has written and not yet put into the database beside it, or would take back there.
const JOURNALS: [&str; 2] = ["rpmdb.sqlite-wal", "rpmdb.sqlite-journal"];

impl Cataloger for Rpm {
    fn id(&self) -> &'static str {
        "os/rpm"
    }

    fn wants(&self, path: &TreePath) -> bool {
        name(path).is_some_and(|name| DATABASES.contains(&name) || JOURNALS.contains(&name))
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    fn max_bytes(&self) -> usize {
        MAX_BYTES
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let mut packages = Vec::new();
        let mut take = |entry: Entry<'_>| {
            if packages.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            packages.extend(read(&entry)?);
            Ok(())
        };
        let what = match file.bytes {
            [] if is_journal(file.path) => return Ok(packages),
            _ if is_journal(file.path) => {
                "a journal of rpm's database: what it holds is not read, and the database beside it may not have it"
            }
            bytes if sqlite::is_database(bytes) => return sqlite::each(bytes, &mut take).map(|()| packages),
            bytes if ndb::is_database(bytes) => return ndb::each(bytes, &mut take).map(|()| packages),
            bytes if bdb::is_database(bytes) => return bdb::each(bytes, &mut take).map(|()| packages),
            _ => "rpm's database, of none of the formats that are read: SQLite, ndb, Berkeley DB's hash",
        };
        Err(CatalogError::Unread { what })
    }
}

fn name(path: &TreePath) -> Option<&str> {
    FOLDERS.iter().find_map(|folder| path.as_str().strip_prefix(folder))
}

fn is_journal(path: &TreePath) -> bool {
    name(path).is_some_and(|name| JOURNALS.contains(&name))
}

/// What a database has under one number.
struct Entry<'d> {
    /// Of the package, unique in the database.
    number: u32,
    /// The package's header.
    header: &'d [u8],
    /// The package's name as an index has it, where the file holds that too.
    name: Option<&'d [u8]>,
}

/// Takes entries.
type Take<'t> = dyn FnMut(Entry<'_>) -> Result<(), CatalogError> + 't;

/// `None` for a key that packages are signed with: rpm keeps these among the packages.
fn read(entry: &Entry<'_>) -> Result<Option<Package>, CatalogError> {
    let wrong = |what| CatalogError::Malformed { at: format!("package {}", entry.number), what };
    let header = Header::parse(entry.header).map_err(wrong)?;
    let text = |tag| header.text(tag).map_err(wrong);
    let needed = |tag| text(tag)?.ok_or_else(|| wrong("name, version or release is missing"));
    let name = needed(Tag::Name)?;
    if entry.name.is_some_and(|indexed| indexed != name.as_bytes()) {
        return Err(wrong("the index has another name for it"));
    }
    let version = format!("{}-{}", needed(Tag::Version)?, needed(Tag::Release)?);
    let arch = text(Tag::Arch)?;
    if name == "gpg-pubkey" && arch.is_none() {
        return Ok(None);
    }
    let epoch = header.number(Tag::Epoch).map_err(wrong)?.filter(|epoch| *epoch != 0);
    let qualifiers = [
        ("arch", arch.map(Cow::into_owned)),
        ("epoch", epoch.map(|epoch| epoch.to_string())),
        ("rpmmod", text(Tag::ModularityLabel)?.map(Cow::into_owned)),
        ("upstream", text(Tag::SourceRpm)?.map(Cow::into_owned)),
    ];
    let mut package = package(("rpm", None), &name, &version, qualifiers)?;
    // Two of one name and version are two entries.
    package.id = entry.number.to_string();
    package.licenses = text(Tag::License)?.map(Cow::into_owned).into_iter().collect();
    let vendor = text(Tag::Vendor)?.map(|vendor| format!("Organization: {vendor}"));
    package.authors = vendor.and_then(|vendor| Party::parse(&vendor)).into_iter().collect();
    package.found.insert(Location::at(escape(&name), Means::Installed));
    Ok(Some(package))
}

fn wrong(at: impl std::fmt::Display, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: at.to_string(), what }
}
