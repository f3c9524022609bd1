//! One pass over the entries of a tarball.

use std::io::Read;

use mcpsign_schemas::tree::{EntryKind, TreeError, TreePath};

use super::gzip::{Inflated, budget, is_gzip};
use super::manifests::Manifests;
use super::name::{Top, shown, without_dots};
use super::pax::{self, Extended};
use super::violations::{Broken, Rule, Violations, damaged};
use super::{Said, crates, header, npm, sdist};
use crate::archive::contents::{MAX_ENTRIES, MAX_NAME, MAX_NAMES};
use crate::archive::form::claims_tarball;
use crate::archive::{
    ArchiveError, Contents, FileEntry, Found, HashingReader, InnerSignature, Package, PackageForm,
};

/// Bytes of one extended header. Attributes that macOS adds take a few KiB; GNU tar takes a megabyte too.
const MAX_EXTENSION: u64 = 1 << 20;

/// As [`super::read`].
pub(super) fn scan(
    reader: &mut HashingReader,
    size: u64,
    (name, claimed): (&str, Option<PackageForm>),
    contents: Contents<'_>,
) -> Result<Option<Found>, ArchiveError> {
    if !is_gzip(reader) {
        return Ok(None);
    }
    let mut scan = Scan::new(contents, claims_tarball(name));
    let result = scan.archive(reader, budget(size));
    let Some(form) = scan.form(claimed) else {
        // Somebody's archive, which nobody will unpack as a package: a file like any other. If it is whole: of half a tarball
        // nobody knows what it would have been.
        return match result {
            Err(cut @ ArchiveError::Damaged(_)) if scan.broken => Err(cut),
            _ => Ok(None),
        };
    };
    match scan.violations.first_for(form) {
        Some(violation) => return Err(violation),
        None => result?,
    }
    let top = scan.top.name().unwrap_or_default();
    let Said { identity, mcp_name, licenses } = match form {
        PackageForm::Npm => npm::read(&scan.manifests),
        PackageForm::Sdist => sdist::read(&scan.manifests, top, name),
        PackageForm::Crate => crates::read(&scan.manifests, top, name),
        PackageForm::Wheel | PackageForm::Mcpb => Err(ArchiveError::NotThatForm { form }),
    }?;
    let (files, documents) = scan.contents.finish()?;
    // Cargo reads its Cargo.lock only where `--locked` is said, and pip reads none.
    let has_lockfile =
        form == PackageForm::Npm && documents.iter().any(|document| document.path.as_str() == npm::LOCK);
    let signature = InnerSignature::Absent;
    let package = Package { form, mcp_name, licenses, files, has_lockfile, signature };
    Ok(Some(Found { package, identity, documents }))
}

struct Scan<'k> {
    contents: Contents<'k>,
    manifests: Manifests,
    top: Top,
    /// Whether there is an entry `package/package.json` on some system, of whatever type.
    claims_npm: bool,
    /// Whether there is an entry `NAME-VERSION/PKG-INFO`, of whatever type.
    claims_sdist: bool,
    /// Rules broken by entries. The scan goes on: which form the archive claims to be decides which matter.
    violations: Violations,
    /// Bytes of all names so far.
    names: usize,
    extended: Before,
    /// Whether its name says so.
    is_tarball: bool,
    /// Whether the compressed stream of what is named like a tarball does not go on to its end.
    broken: bool,
}

/// What extended headers said of the entry that follows.
#[derive(Debug, Default)]
struct Before {
    pax: Option<Extended>,
    long_name: Option<Vec<u8>>,
    long_target: Option<Vec<u8>>,
}

impl<'k> Scan<'k> {
    fn new(contents: Contents<'k>, is_tarball: bool) -> Self {
        Self {
            contents,
            manifests: Manifests::default(),
            top: Top::default(),
            claims_npm: false,
            claims_sdist: false,
            violations: Violations::default(),
            names: 0,
            extended: Before::default(),
            is_tarball,
            broken: false,
        }
    }

    /// What kind of package the archive is or claims to be. Of two the one that its name says; an sdist may well hold a
    /// Cargo.toml.
    fn form(&self, claimed: Option<PackageForm>) -> Option<PackageForm> {
        match claimed {
            Some(PackageForm::Crate) => Some(PackageForm::Crate),
            _ if self.claims_npm => Some(PackageForm::Npm),
            _ if self.claims_sdist => Some(PackageForm::Sdist),
            _ if crates::is_crate(&self.manifests, self.top.name()?) => Some(PackageForm::Crate),
            _ => None,
        }
    }

    /// Reads the whole archive. An error ends the scan: what follows cannot be found.
    fn archive(&mut self, reader: &mut HashingReader, limit: u64) -> Result<(), ArchiveError> {
        let mut archive = tar::Archive::new(Inflated::new(reader, limit));
        let walked = self.walk(&mut archive);
        let mut inflated = archive.into_inner();
        let rest = walked.and_then(|()| only_zeros(&mut inflated));
        if self.is_tarball && rest.is_err() && !inflated.is_broken() {
            // To its end, whatever it holds; what comes of it is seen below.
            let _ = std::io::copy(&mut inflated, &mut std::io::sink());
        }
        self.broken = self.is_tarball && inflated.is_broken();
        if inflated.is_over_budget() {
            return Err(ArchiveError::Bomb { limit });
        }
        rest?;
        match inflated.has_trailing_data() {
            Ok(false) => Ok(()),
            Ok(true) => Err(ArchiveError::TrailingData),
            Err(error) => Err(ArchiveError::Damaged(error)),
        }
    }

    fn walk(&mut self, archive: &mut tar::Archive<Inflated<'_>>) -> Result<(), ArchiveError> {
        // Raw: extended headers come as entries, and nothing is interpreted behind our back.
        let entries = archive.entries().map_err(ArchiveError::Damaged)?.raw(true);
        for (count, entry) in entries.enumerate() {
            let mut entry = entry.map_err(ArchiveError::Damaged)?;
            if count == MAX_ENTRIES {
                return Err(ArchiveError::TooMany { limit: MAX_ENTRIES });
            }
            let name = entry.header().path_bytes().into_owned();
            self.names += name.len();
            if let Err(what) = header::check(entry.header().as_bytes()) {
                self.violations.push(Rule::All, ArchiveError::Header { name: shown(&name), what });
            }
            let [flag] = entry.header().as_old().linkflag;
            let judged = match flag {
                b'x' | b'g' | b'L' | b'K' => self.extension(flag, &name, &mut entry),
                _ => self.entry(flag, name, &mut entry),
            };
            if self.names > MAX_NAMES {
                return Err(ArchiveError::NamesTooLong { limit: MAX_NAMES });
            }
            match judged {
                Ok(()) => {}
                Err(Broken::Rule(violation)) => self.violations.push(Rule::All, violation),
                Err(Broken::Stream(error)) => return Err(error),
            }
        }
        let Before { pax, long_name, long_target } = &self.extended;
        if pax.is_some() || long_name.is_some() || long_target.is_some() {
            return Err(ArchiveError::Extension { name: String::new(), what: "no entry follows" });
        }
        Ok(())
    }

    fn extension<R: Read>(
        &mut self,
        flag: u8,
        name: &[u8],
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<(), Broken> {
        let refused = |what| ArchiveError::Extension { name: shown(name), what };
        if entry.header().entry_size().map_err(damaged)? > MAX_EXTENSION {
            return Err(refused("too long").into());
        }
        let mut data = Vec::new();
        entry.read_to_end(&mut data).map_err(damaged)?;
        self.names += data.len();
        let text = |data: Vec<u8>| data.strip_suffix(b"\0").unwrap_or(&data).to_vec();
        let twice = match flag {
            b'L' => self.extended.long_name.replace(text(data)).is_some(),
            b'K' => {
                let type_flag = 'K';
                let error = ArchiveError::EntryType { name: shown(name), type_flag };
                self.violations.push(Rule::AllBut(PackageForm::Sdist), error);
                self.extended.long_target.replace(text(data)).is_some()
            }
            b'g' => {
                // Cargo takes it for a file outside the crate.
                let error = ArchiveError::EntryType { name: shown(name), type_flag: 'g' };
                self.violations.push(Rule::Only(PackageForm::Crate), error);
                if pax::parse(&data).map_err(refused)? != Extended::default() {
                    return Err(refused("one name or size for all entries").into());
                }
                false
            }
            _ => self.extended.pax.replace(pax::parse(&data).map_err(refused)?).is_some(),
        };
        if twice { Err(refused("it stands twice").into()) } else { Ok(()) }
    }

    /// Judges one entry, and reads it if it is a file.
    fn entry<R: Read>(
        &mut self,
        flag: u8,
        header_name: Vec<u8>,
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<(), Broken> {
        let Before { pax, long_name, long_target } = std::mem::take(&mut self.extended);
        let pax = pax.unwrap_or_default();
        let two_names = pax.path.is_some() && long_name.is_some();
        let name = self.without_dots(pax.path.or(long_name).unwrap_or(header_name));
        self.claims_npm |= npm::is_entry(&name);
        self.claims_sdist |= sdist::is_entry(&name);
        if name.len() > MAX_NAME {
            return Err(ArchiveError::NameTooLong { limit: MAX_NAME }.into());
        }
        let refused = |what| ArchiveError::Extension { name: shown(&name), what };
        if two_names {
            return Err(refused("two names for one entry").into());
        }
        let size = entry.header().entry_size().map_err(damaged)?;
        if pax.size.is_some_and(|stated| stated != size) {
            return Err(refused("another size than the header's").into());
        }
        let type_flag = char::from(flag);
        let wrong_type = || ArchiveError::EntryType { name: shown(&name), type_flag };
        if flag != b'2' && (pax.target.is_some() || long_target.is_some()) {
            return Err(refused("a link's target").into());
        }
        let is_dir = match flag {
            b'5' => true,
            b'0' | b'\0' => false,
            b'2' => {
                self.violations.push(Rule::AllBut(PackageForm::Sdist), wrong_type());
                if pax.target.is_some() && long_target.is_some() {
                    return Err(refused("two targets for one link").into());
                }
                let short = || entry.link_name_bytes().unwrap_or_default().into_owned();
                let target = pax.target.or(long_target).unwrap_or_else(short);
                return self.link(&name, size, &target, wrong_type);
            }
            _ => return Err(wrong_type().into()),
        };
        if is_dir && size != 0 {
            return Err(ArchiveError::Inconsistent { name: shown(&name) }.into());
        }
        let Some(path) = self.top.below(&name, is_dir)? else { return Ok(()) };
        if is_dir {
            return match self.contents.known(&path).map(|known| known.kind) {
                None => self.contents.directory(path).map_err(damaged),
                Some(EntryKind::Directory) => self.twice(path, true),
                Some(_) => self.twice(path, false),
            };
        }
        let mode = entry.header().mode().map_err(damaged)?;
        if mode & 0o6000 != 0 {
            return Err(ArchiveError::SetId { name: shown(&name) }.into());
        }
        if let Some((form, error)) = self.manifests.second(&path) {
            self.violations.push(Rule::Only(form), error);
        }
        if crates::is_skipped(&path) {
            let error = ArchiveError::NotUnpacked { name: shown(&name) };
            self.violations.push(Rule::Only(PackageForm::Crate), error);
        }
        let kept = self.manifests.wants(&path, size);
        let file =
            FileEntry { path: path.clone(), size, executable: mode & 0o100 != 0, needed: kept.is_some() };
        if self.contents.known(&path).is_some() {
            let is_again = self.contents.is_again(file, entry).map_err(damaged)?;
            return self.twice(path, is_again);
        }
        let (_, content) = self.contents.file(file, entry).map_err(damaged)?;
        if let (Some(kept), Some(content)) = (kept, content) {
            self.manifests.keep(kept, &path, content);
        }
        Ok(())
    }

    /// A name as npm unpacks it. No other tool writes dots, and what each makes of them is not to be asked.
    fn without_dots(&mut self, name: Vec<u8>) -> Vec<u8> {
        let clean = without_dots(&name);
        if let (Some(_), Err(error)) = (&clean, TreePath::try_from(name.as_slice())) {
            let error = ArchiveError::Tree(TreeError::from(error));
            self.violations.push(Rule::AllBut(PackageForm::Npm), error);
        }
        clean.unwrap_or(name)
    }

    /// What stands under one path twice: in packages of npm it may, if it is the same.
    fn twice(&mut self, path: TreePath, is_same: bool) -> Result<(), Broken> {
        let error = ArchiveError::Tree(TreeError::Duplicate { path });
        if is_same {
            self.violations.push(Rule::AllBut(PackageForm::Npm), error);
            return Ok(());
        }
        Err(error.into())
    }

    /// A symbolic link: within the tree, and never a manifest.
    fn link(
        &mut self,
        name: &[u8],
        size: u64,
        target: &[u8],
        wrong_type: impl Fn() -> ArchiveError,
    ) -> Result<(), Broken> {
        self.names += target.len();
        // Some readers pass over the content of a link, others take it for headers.
        if size != 0 {
            return Err(ArchiveError::Inconsistent { name: shown(name) }.into());
        }
        let path = self.top.below(name, false)?.ok_or_else(&wrong_type)?;
        if self.manifests.wants(&path, 0).is_some() || self.manifests.second(&path).is_some() {
            return Err(wrong_type().into());
        }
        self.contents.symlink(path, target).map_err(|error| ArchiveError::Tree(error).into())
    }
}

/// Reads on to the end: after the first zero block there is nothing but zeros, or some readers find more entries.
fn only_zeros(inflated: &mut Inflated<'_>) -> Result<(), ArchiveError> {
    let mut buffer = [0; 8 << 10];
    loop {
        match inflated.read(&mut buffer).map_err(ArchiveError::Damaged)? {
            0 => return Ok(()),
            length if buffer[..length].iter().any(|&b| b != 0) => return Err(ArchiveError::DataAfterEnd),
            _ => {}
        }
    }
}
