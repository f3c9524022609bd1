//! Packages in zip archives: wheels and MCP bundles.
//!
//! Zip archives say most things twice, and programs differ in which place they believe: the directory at the end or the
//! headers before the content, the long sizes or the short ones, the last end record or the one that fits. Here the
//! places must agree, and together cover every byte of the file.

mod content;
mod directory;
mod end;
mod error;
mod extra;
mod frame;
mod local;
mod mcpb;
mod raw;
mod wheel;

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;

use mcpsign_schemas::untrusted::escape;
use rawzip::{ZipArchive, ZipLocator};

pub use error::ZipError;
pub use wheel::WheelError;

use super::{ArchiveError, Contents, FileEntry, Found, InnerSignature, PackageForm, budget, is_tar_header};
use content::Inflated;
use directory::{Directory, Entry};
use raw::Positioned;

/// Bytes from the end of the file in which an end record is looked for: it, the longest comment, the longest signature
/// frame. What lies further inside is no archive to anybody.
const MAX_SEARCH: u64 = 22 + 2 * u16::MAX as u64;

/// Reads the package that `file` of `size` bytes holds, if it holds one. `claimed` is the form of its name.
///
/// # Errors
/// An archive that claims to be a package, by its name or by what it holds, and breaks a rule.
pub(super) fn read(
    file: &File,
    size: u64,
    (name, claimed): (&str, Option<PackageForm>),
    contents: Contents<'_>,
) -> Result<Option<Found>, ArchiveError> {
    let locator = ZipLocator::new().max_search_space(MAX_SEARCH);
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let Ok(archive) = locator.locate_in_reader(Positioned(file), &mut buffer, size) else { return Ok(None) };
    let directory = directory::read(file, &archive);
    let form = match claimed {
        Some(form @ (PackageForm::Wheel | PackageForm::Mcpb)) => form,
        Some(_) => return Ok(None),
        None => match form(&archive, &directory)? {
            Some(form) => form,
            // Somebody's archive: a file like any other.
            None => return Ok(None),
        },
    };
    // Only bundles may carry a signature after the archive.
    let archive_end = if form == PackageForm::Mcpb { frame::start(file, size)? } else { size };
    let signature = if archive_end < size { InnerSignature::NotVerified } else { InnerSignature::Absent };
    let entries = judge(file, (archive_end, size), directory, &archive)?;
    match form {
        PackageForm::Wheel => wheel::read(name, &archive, entries, contents).map(Some),
        _ => mcpb::read(&archive, entries, contents, signature).map(Some),
    }
}

/// What the archive claims to be by what it holds.
fn form(
    archive: &ZipArchive<Positioned<'_>>,
    directory: &Directory,
) -> Result<Option<PackageForm>, ArchiveError> {
    // Several such folders are an environment, packed.
    let is_wheel = directory.dist_infos.len() == 1 && directory.dist_infos.values().all(|found| *found >= 3);
    let is_bundle = directory.manifest.is_some_and(|(wayfinder, method)| {
        let mut bytes = Vec::new();
        let read = Inflated::new(archive, wayfinder, method)
            .map(|content| content.take(mcpb::MAX_MANIFEST as u64 + 1).read_to_end(&mut bytes));
        matches!(read, Ok(Ok(_))) && mcpb::is_manifest(&bytes)
    });
    match (is_wheel, is_bundle) {
        (true, true) => Err(ZipError::TwoForms.into()),
        (true, false) => Ok(Some(PackageForm::Wheel)),
        (false, true) => Ok(Some(PackageForm::Mcpb)),
        (false, false) => Ok(None),
    }
}

/// Holds the whole archive to the rules, its content aside, and returns the entries in the order of the file.
fn judge(
    file: &File,
    (archive_end, size): (u64, u64),
    directory: Directory,
    archive: &ZipArchive<Positioned<'_>>,
) -> Result<Vec<Entry>, ArchiveError> {
    let end = end::read(file, archive_end, size - archive_end, archive.end_offset())?;
    if let Some(violation) = directory.violation {
        return Err(violation);
    }
    if archive.directory_offset() != end.directory.start || directory.end != end.directory.end {
        return Err(ZipError::End { what: "the directory is not where it should be" }.into());
    }
    if directory.count != end.entries {
        return Err(ZipError::End { what: "another number of entries" }.into());
    }
    let mut entries = directory.entries;
    entries.sort_by_key(|entry| entry.header);
    local::tile(file, &entries, end.directory.start)?;
    if is_tar(file) {
        return Err(ZipError::AlsoTar.into());
    }
    let limit = budget(size);
    let inflated = entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.inflated));
    if inflated.is_none_or(|inflated| inflated > limit) {
        return Err(ArchiveError::Bomb { limit });
    }
    Ok(entries)
}

/// Whether the first block is a tar header: some readers try tar before zip.
fn is_tar(file: &File) -> bool {
    let mut block = [0; 512];
    file.read_exact_at(&mut block, 0).is_ok() && is_tar_header(&block)
}

/// Reads the content of every entry. `needed` says which files are wanted whole, and `wanted` gets them.
fn read_all(
    archive: &ZipArchive<Positioned<'_>>,
    entries: Vec<Entry>,
    contents: &mut Contents<'_>,
    executable: fn(&Entry) -> bool,
    needed: impl Fn(&str) -> bool,
    mut wanted: impl FnMut(String, crate::catalog::Content),
) -> Result<(), ArchiveError> {
    for entry in entries {
        let refused = |source| ZipError::Content { name: shown(&entry.name), source };
        let mut content = Inflated::new(archive, entry.wayfinder, entry.method)?;
        if entry.is_dir {
            // Nothing in it, whatever it is compressed to.
            std::io::copy(&mut content, &mut std::io::sink()).map_err(refused)?;
            content.finish(entry.compressed).map_err(refused)?;
            contents.directory(entry.path).map_err(ArchiveError::Damaged)?;
            continue;
        }
        let path = entry.path.to_string();
        let file = FileEntry {
            needed: needed(&path),
            size: entry.inflated,
            executable: executable(&entry),
            path: entry.path,
        };
        let (_, bytes) = contents.file(file, &mut content).map_err(refused)?;
        content.finish(entry.compressed).map_err(refused)?;
        if let Some(bytes) = bytes {
            wanted(path, bytes);
        }
    }
    Ok(())
}

/// A name for an error message.
fn shown(name: &[u8]) -> String {
    escape(&String::from_utf8_lossy(name))
}

fn damaged(error: rawzip::Error) -> ArchiveError {
    ArchiveError::Damaged(std::io::Error::other(error))
}
