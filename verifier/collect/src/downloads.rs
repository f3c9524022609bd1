//! Distributed files that lie on this machine say what lock files leave out: digests by other algorithms, licences, authors.
//!
//! Nothing is believed by its name: a file counts if it says that it is the package, and is what the lock file pins where that
//! pins something.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use mcpsign_schemas::inventory::{HashAlgorithm, Inventory, Package};

use crate::artifact::{self, Artifact};
use crate::people;

/// Entries of one folder that are looked at: cargo's cache of a busy machine has some thousand.
const MAX_ENTRIES: usize = 100_000;

/// A folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be read", path.display())]
pub struct DownloadsError {
    /// The folder.
    path: PathBuf,
    /// Why.
    source: io::Error,
}

/// Completes packages from the files in `folder`, and returns how many.
///
/// # Errors
/// When the folder cannot be read. A file in it that is no package is passed over.
pub fn complete(inventory: &mut Inventory, folder: &Path) -> Result<usize, DownloadsError> {
    let failed = |source| DownloadsError { path: folder.to_owned(), source };
    let mut wanted: HashMap<String, Vec<String>> = HashMap::new();
    for package in inventory.packages.values() {
        wanted.entry(package.purl.clone()).or_default().push(package.id.clone());
    }
    let mut names = Vec::new();
    for entry in folder.read_dir().map_err(failed)?.take(MAX_ENTRIES) {
        names.push(entry.map_err(failed)?.path());
    }
    // Where two files are one package, which of them is asked first must not depend on the disk.
    names.sort();
    let mut used = 0;
    for path in names.into_iter().filter(|path| path.is_file()) {
        if !may_be(&path, inventory) {
            continue;
        }
        let Ok(artifact) = artifact::open(&path) else { continue };
        for identity in &artifact.identity {
            for id in wanted.get(&identity.purl).into_iter().flatten() {
                let package = inventory.packages.get_mut(id);
                used += usize::from(package.is_some_and(|package| complete_one(package, &artifact)));
            }
        }
    }
    Ok(used)
}

/// Whether the name of a file begins as that of some package does: so that not every archive of a cache is read.
fn may_be(path: &Path, inventory: &Inventory) -> bool {
    let plain = |text: &str| {
        let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
        letters.map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>()
    };
    let Some(name) = path.file_name().map(|name| plain(&name.to_string_lossy())) else { return false };
    inventory.packages.values().any(|package| name.starts_with(&plain(&package.name)))
}

/// Adds what the file says, if it is the package's.
fn complete_one(package: &mut Package, artifact: &Artifact) -> bool {
    let sha256 = artifact.digests.sha256.to_string();
    let sha512 = artifact.digests.sha512.map(|digest| digest.to_string());
    let measured = [(HashAlgorithm::Sha256, Some(sha256)), (HashAlgorithm::Sha512, sha512)].into_iter();
    let measured: Vec<(HashAlgorithm, String)> =
        measured.filter_map(|(algorithm, hex)| Some((algorithm, hex?))).collect();
    let pinned = |(algorithm, hex): &(HashAlgorithm, String)| {
        package.hashes.get(algorithm).map(|stated| stated == hex)
    };
    let held: Vec<bool> = measured.iter().filter_map(pinned).collect();
    // Of several files that are pinned it is one.
    let is_listed = measured.iter().any(|(algorithm, hex)| {
        package.files.iter().any(|file| file.hashes.get(algorithm).is_some_and(|stated| stated == hex))
    });
    // A digest that we did not compute proves nothing about this file.
    let fits = match package.hashes.is_empty() {
        true => package.files.is_empty() || is_listed,
        false => held.contains(&true),
    };
    if !fits || held.contains(&false) {
        return false;
    }
    package.hashes.extend(measured);
    // Which of them it is, is known now.
    package.files.clear();
    package.file_name = Some(artifact.name.clone());
    if package.licenses.is_empty() {
        package.licenses.extend(artifact.licenses().iter().cloned());
    }
    if package.authors.is_empty() {
        package.authors.extend(people::authors(&artifact.documents));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::digest::Sha256Digest;

    fn tarball(folder: &Path, file: &str) -> Sha256Digest {
        let package = br#"{"name":"a","version":"1.0.0","license":"MIT","author":"Ann <ann@acme.example>"}"#;
        let mut header = tar::Header::new_ustar();
        header.set_size(package.len() as u64);
        header.set_mode(0o644);
        let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gz);
        tar.append_data(&mut header, "package/package.json", &package[..]).unwrap();
        let bytes = tar.into_inner().unwrap().finish().unwrap();
        std::fs::write(folder.join(file), &bytes).unwrap();
        Sha256Digest::of(&bytes)
    }

    fn inventory(pinned: Option<Sha256Digest>) -> Inventory {
        let mut a = Package::new("pkg:npm/a@1.0.0", "pkg:npm/a@1.0.0", "a");
        a.hashes.extend(pinned.map(|digest| (HashAlgorithm::Sha256, digest.to_string())));
        Inventory { packages: [(a.id.clone(), a)].into(), ..Inventory::default() }
    }

    #[test]
    fn a_file_that_is_what_is_pinned_adds_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let digest = tarball(folder.path(), "a-1.0.0.tgz");
        std::fs::write(folder.path().join("a-2.0.0.tgz"), "no tarball").unwrap();
        for pinned in [None, Some(digest)] {
            let mut found = inventory(pinned);
            assert_eq!(complete(&mut found, folder.path()).unwrap(), 1);
            let a = &found.packages["pkg:npm/a@1.0.0"];
            assert!(a.hashes.contains_key(&HashAlgorithm::Sha512) && a.licenses.contains("MIT"));
            assert_eq!(a.file_name.as_deref(), Some("a-1.0.0.tgz"));
            assert_eq!(a.authors.len(), 1);
        }
        let mut found = inventory(Some(Sha256Digest::of(b"another")));
        let before = found.clone();
        assert_eq!(complete(&mut found, folder.path()).unwrap(), 0);
        assert_eq!(found, before);
        assert!(complete(&mut found, &folder.path().join("gone")).is_err());
    }
}
