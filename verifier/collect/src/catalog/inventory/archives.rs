//! What lies in the archives in an artifact: which packages they are, and what those bring along.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::inventory::{
    Completeness, GapKind, HashAlgorithm, KnownGap, Location, Means, Origin, Package, Scope,
};
use mcpsign_schemas::manifest::LockfileOrigin;
use mcpsign_schemas::tree::TreePath;

use super::limits::Tally;
use super::source::{Source, is_read_by};
use super::untold::untold;
use super::{crates, direct, distribution};
use crate::catalog::bundled::{SILENT, silent};
use crate::catalog::maven::POM_PROPERTIES;
use crate::catalog::unread::OTHER_MANIFESTS;
use crate::catalog::{Archive, CATALOGERS, Cataloger, Content, Document, InventoryError, Role};

/// Files that are told each by itself where the same is to be said of them: of more the first says how many there are.
const TOLD: usize = 16;

/// Between the path of an archive and that of a file in it, as Java writes them.
const INSIDE: &str = "!/";

/// Adds what is said by the files in `archive`, whose own path is `at`, and by the archives in it.
pub(super) fn read<'a>(
    document: &'a Document,
    archive: &'a Archive,
    at: &TreePath,
    (sources, gaps, tally): (&mut Vec<Source<'a>>, &mut Vec<KnownGap>, &mut Tally),
) -> Result<(), InventoryError> {
    let (first, known) = (sources.len(), gaps.len());
    let gap = |reason: &str| KnownGap::unread(Some(at.to_string()), reason);
    let inside = |path: &TreePath| format!("{at}{INSIDE}{}", place(path));
    gaps.extend(archive.gaps.iter().map(|reason| gap(reason)));
    let silent = silent(&archive.documents).into_iter();
    gaps.extend(silent.map(|path| KnownGap::unread(Some(inside(path)), SILENT)));
    let untold = untold(&archive.documents, true).into_iter();
    gaps.extend(untold.map(|(path, opaque)| KnownGap::opaque(inside(path), opaque.reason())));
    for file in &archive.documents {
        let Ok(path) = TreePath::try_from(inside(&file.path).as_str()) else {
            gaps.push(gap("it holds a path too long to be read"));
            continue;
        };
        match &file.content {
            Content::Archive(inner) => read(file, inner, &path, (&mut *sources, &mut *gaps, &mut *tally))?,
            Content::Bytes(_) | Content::Script(_) | Content::Opaque(_) | Content::TooLarge => {
                tally.extend(sources, said(file, &path))?
            }
        }
    }
    if let Some(own) = sources.get_mut(first..) {
        direct::locate(own, &archive.documents);
        crates::name(own, &archive.documents);
        vouch(own, document, archive, at);
        // An archive in it may be of another distribution, and was named before.
        let its_own = own.iter_mut().filter(|source| is_direct(source, at));
        distribution::name(its_own, &archive.documents, gaps);
    }
    if (first, known) == (sources.len(), gaps.len()) {
        gaps.push(gap("an archive that does not say which packages are in it"));
    }
    Ok(())
}

/// Where a file is found: a mark at the end of a name is doubled, so that what lies in a folder `a.jar!` is told from what lies in
/// the archive `a.jar`.
pub(super) fn place(path: &TreePath) -> Cow<'_, TreePath> {
    if !path.as_str().contains(INSIDE) && !path.as_str().ends_with('!') {
        return Cow::Borrowed(path);
    }
    let doubled = path.as_str().split('/').map(|name| {
        let marks = name.len() - name.trim_end_matches('!').len();
        format!("{name}{}", "!".repeat(marks))
    });
    let doubled = TreePath::try_from(doubled.collect::<Vec<_>>().join("/").as_str());
    // Only one so long that no file system could have it is left as it is.
    doubled.map_or(Cow::Borrowed(path), Cow::Owned)
}

/// The gaps of an artifact, so few that somebody reads them: an image may hold thousands of files that xz compressed. Of what is opaque
/// one example is enough, for nobody will read what it names.
pub(super) fn gathered(gaps: Vec<KnownGap>) -> Vec<KnownGap> {
    let mut counts: BTreeMap<(GapKind, String), usize> = BTreeMap::new();
    for gap in &gaps {
        *counts.entry((gap.kind, gap.reason.clone())).or_default() += 1;
    }
    let told = |kind| if kind == GapKind::Opaque { 1 } else { TOLD };
    let mut seen = BTreeSet::new();
    let gathered = gaps.into_iter().filter_map(|gap| {
        let of = (gap.kind, gap.reason.clone());
        match counts.get(&of).filter(|count| **count > told(gap.kind)) {
            Some(count) => {
                let reason = format!("{}; {count} such files, of which this is the first", gap.reason);
                seen.insert(of).then_some(KnownGap { reason, ..gap })
            }
            None => Some(gap),
        }
    });
    gathered.collect()
}

/// What one file says. A lock file in an archive pins what nobody installs by it; a manifest is that of the archive's own package.
fn said<'a>(file: &'a Document, path: &TreePath) -> Vec<Source<'a>> {
    let is_meant = |one: &&&dyn Cataloger| {
        one.role() != Role::Lock && one.id() != OTHER_MANIFESTS.id() && is_read_by(file, **one)
    };
    let wanting = CATALOGERS.iter().filter(is_meant);
    let read = wanting.map(|&cataloger| {
        let path = Cow::Owned(path.clone());
        let mut source = Source::read(file, path, LockfileOrigin::Artifact, cataloger);
        if cataloger.role() == Role::Manifest {
            source.packages = source.packages.into_iter().filter_map(packed).collect();
        }
        source.in_archive = true;
        source
    });
    read.filter(Source::says).collect()
}

/// The package that a manifest says the archive is; what it asks for is installed from elsewhere.
fn packed(mut package: Package) -> Option<Package> {
    if package.origin != Origin::Root || package.version.is_none() {
        return None;
    }
    package.id = package.purl.clone();
    package.origin = Origin::Registry { url: None };
    package.scope = Scope::Required;
    package.bundled = true;
    package.dependencies.clear();
    package.completeness = Completeness::Unknown;
    package.found =
        package.found.into_iter().map(|found| Location { means: Means::Installed, ..found }).collect();
    Some(package)
}

/// Whether a file lies in the archive at `at` itself, and not in one in it.
fn is_direct(source: &Source<'_>, at: &TreePath) -> bool {
    let inside = source.path.as_str().strip_prefix(at.as_str()).and_then(|rest| rest.strip_prefix(INSIDE));
    !inside.is_some_and(|inside| inside.contains(INSIDE))
}

/// Where one package alone is in an archive, and all of it, that is the file that it is distributed as.
fn vouch(sources: &mut [Source<'_>], document: &Document, archive: &Archive, at: &TreePath) {
    let is_own = |source: &&mut Source<'_>| {
        let of = source.cataloger;
        is_direct(source, at) && (of.role() == Role::Manifest || of.id() == POM_PROPERTIES.id())
    };
    let mut own: Vec<&mut Package> =
        sources.iter_mut().filter(is_own).flat_map(|source| &mut source.packages).collect();
    // A source distribution says twice which it is.
    let is_one = own.windows(2).all(|pair| pair[0].purl == pair[1].purl);
    for package in own.iter_mut().filter(|_| is_one && !archive.is_part) {
        package.hashes.insert(HashAlgorithm::Sha256, document.sha256.to_string());
        package.hashes.extend(archive.sha512.map(|sha512| (HashAlgorithm::Sha512, sha512.to_string())));
        package.file_name = at.as_str().rsplit('/').next().map(str::to_owned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_is_taken_for_an_archive() {
        for (path, found) in [
            ("a.jar", "a.jar"),
            ("a!b/c", "a!b/c"),
            ("a.jar!/X", "a.jar!!/X"),
            ("b!", "b!!"),
            ("b!!/c!/d!e", "b!!!!/c!!/d!e"),
        ] {
            assert_eq!(place(&TreePath::try_from(path).unwrap()).as_str(), found);
        }
    }

    #[test]
    fn many_gaps_of_one_kind_are_one() {
        let gap = |path: String, reason: &str| KnownGap::unread(Some(path), reason);
        let few = vec![gap("a".into(), "x"), gap("b".into(), "x"), gap("c".into(), "y")];
        assert_eq!(gathered(few.clone()), few);
        let many = (0..=TOLD).map(|at| gap(at.to_string(), "x")).chain([gap("c".into(), "y")]).collect();
        let reason = "x; 17 such files, of which this is the first";
        assert_eq!(gathered(many), [gap("0".into(), reason), gap("c".into(), "y")]);
        let opaque = |path: &str, reason: &str| KnownGap::opaque(path, reason);
        let two = vec![opaque("a", "x"), opaque("b", "x"), gap("c".into(), "x"), opaque("d", "z")];
        let told = [
            opaque("a", "x; 2 such files, of which this is the first"),
            gap("c".into(), "x"),
            opaque("d", "z"),
        ];
        assert_eq!(gathered(two), told);
    }
}
