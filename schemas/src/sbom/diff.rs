//! What changed between the SBOMs of two releases.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{Sbom, SbomComponent};
use crate::inventory::PackageFile;
use crate::purl::Purl;

/// What happened to a component; the later, the more it deserves a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SbomChange {
    /// It is gone.
    Removed,
    /// It is there in a newer version.
    Upgraded,
    /// It is new.
    Added,
    /// It is there in another version, and which is the newer one cannot be told.
    VersionChanged,
    /// It is there in an older version.
    Downgraded,
    /// It comes from elsewhere, or the same version has other bytes.
    SourceChanged,
    /// It runs a program when it is installed, which no version of it did before.
    NewInstallScript,
}

impl SbomChange {
    /// Every change, the worst last.
    pub const ALL: [Self; 7] = [
        Self::Removed,
        Self::Upgraded,
        Self::Added,
        Self::VersionChanged,
        Self::Downgraded,
        Self::SourceChanged,
        Self::NewInstallScript,
    ];

    /// The word in documents and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Upgraded => "upgraded",
            Self::Added => "added",
            Self::VersionChanged => "version-changed",
            Self::Downgraded => "downgraded",
            Self::SourceChanged => "source-changed",
            Self::NewInstallScript => "new-install-script",
        }
    }
}

impl fmt::Display for SbomChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no change: removed, upgraded, added, version-changed, downgraded, source-changed, new-install-script"
)]
pub struct UnknownChange(String);

impl FromStr for SbomChange {
    type Err = UnknownChange;

    fn from_str(text: &str) -> Result<Self, UnknownChange> {
        let found = Self::ALL.into_iter().find(|change| change.as_str() == text);
        found.ok_or_else(|| UnknownChange(text.to_owned()))
    }
}

/// The difference between two SBOMs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SbomDiff {
    /// The worst change of all; `None` where nothing changed.
    pub change: Option<SbomChange>,
    /// What the documents describe.
    pub before: Released,
    /// The same of the later one.
    pub after: Released,
    /// Every component that changed, the worst first.
    pub components: Vec<ComponentDiff>,
}

/// A release, as its SBOM names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many packages it is made of.
    pub components: usize,
}

/// One component that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentDiff {
    /// The worst of `changes`.
    pub change: SbomChange,
    /// All that happened, the worst first.
    pub changes: Vec<SbomChange>,
    /// Package URL without version and qualifiers; the name where there is none.
    pub package: String,
    /// As it was; absent if it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<ComponentState>,
    /// As it is; absent if it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<ComponentState>,
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentState {
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where it comes from: a host, a repository; `None` where nothing says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether installing it runs a program of its own.
    pub install_script: bool,
}

/// The order of two versions of a package, as its ecosystem has it; `None` where one of them is none.
pub type Versions<'o> = &'o dyn Fn(&Purl, &str, &str) -> Option<Ordering>;

/// Compares two SBOMs. Whatever both have is not listed; files are not looked at.
pub fn diff(before: &Sbom, after: &Sbom, order: Versions<'_>) -> SbomDiff {
    let (old, new) = (packages(before), packages(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let none = Vec::new();
    let mut components: Vec<ComponentDiff> = names
        .into_iter()
        .flat_map(|name| {
            of_package(name, old.get(name).unwrap_or(&none), new.get(name).unwrap_or(&none), order)
        })
        .collect();
    components.sort_by(|a, b| (b.change, &a.package, &a.before).cmp(&(a.change, &b.package, &b.before)));
    SbomDiff {
        change: components.iter().map(|component| component.change).max(),
        before: released(before),
        after: released(after),
        components,
    }
}

fn released(sbom: &Sbom) -> Released {
    Released {
        name: sbom.root.name.clone(),
        version: sbom.root.version.clone(),
        components: sbom.packages().count(),
    }
}

/// One component, as it is compared.
struct One<'s> {
    component: &'s SbomComponent,
    purl: Option<Purl>,
    version: Option<String>,
    /// Where it comes from: what its package URL says, or the host of its address.
    source: Option<String>,
}

impl One<'_> {
    /// Everything that is compared.
    fn key(&self) -> impl Ord + use<'_> {
        let SbomComponent { hashes, files, install_script, .. } = self.component;
        (&self.version, &self.source, hashes, files, install_script)
    }
}

/// Components by what is the same package in every version and from wherever it comes.
fn packages(sbom: &Sbom) -> BTreeMap<String, Vec<One<'_>>> {
    let mut packages: BTreeMap<String, Vec<One<'_>>> = BTreeMap::new();
    for component in sbom.packages() {
        let purl = component.purl.as_deref().and_then(|purl| Purl::parse(purl).ok());
        let stated = purl.as_ref().and_then(Purl::version).map(str::to_owned);
        let version = stated.or_else(|| component.version.clone()).map(|version| with_epoch(&purl, version));
        let name = match &purl {
            Some(purl) => format!("pkg:{}/{}", purl.ty(), purl.compared_name()),
            None => component.name.clone(),
        };
        let source = named_source(purl.as_ref()).or_else(|| host(component));
        packages.entry(name).or_default().push(One { component, purl, version, source });
    }
    // Some list a package once for each place where it is installed.
    for of_name in packages.values_mut() {
        of_name.sort_by(|a, b| a.key().cmp(&b.key()));
        of_name.dedup_by(|a, b| a.key() == b.key());
    }
    packages
}

/// A version as rpm writes it: the epoch, which a package URL has in a qualifier, decides before all else.
fn with_epoch(purl: &Option<Purl>, version: String) -> String {
    match purl.as_ref().and_then(|purl| purl.qualifier("epoch")) {
        Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
        _ => version,
    }
}

/// Candidates of one version and source among which one with the same bytes is looked for.
const MAX_LOOKED_AT: usize = 64;

fn of_package(name: &str, old: &[One<'_>], new: &[One<'_>], order: Versions<'_>) -> Vec<ComponentDiff> {
    let stays =
        |list: &[One<'_>], one: &One<'_>| list.binary_search_by(|other| other.key().cmp(&one.key())).is_ok();
    let mut left: BTreeMap<&Option<String>, BTreeMap<&Option<String>, Vec<&One<'_>>>> = BTreeMap::new();
    for one in old.iter().filter(|one| !stays(new, one)) {
        left.entry(&one.version).or_default().entry(&one.source).or_default().push(one);
    }
    let (mut added, mut elsewhere) = (Vec::new(), Vec::new());
    let mut pairs: Vec<(Option<&One<'_>>, Option<&One<'_>>)> = Vec::new();
    // Of several of one version that from the same source, and then any.
    for one in new.iter().filter(|one| !stays(old, one)) {
        let same = left.get_mut(&one.version).and_then(|sources| sources.get_mut(&one.source));
        match same.and_then(|same| take(same, one)) {
            Some(other) => pairs.push((Some(other), Some(one))),
            None => elsewhere.push(one),
        }
    }
    for one in elsewhere {
        let sources = left.get_mut(&one.version);
        match sources.and_then(|sources| sources.values_mut().find_map(Vec::pop)) {
            Some(other) => pairs.push((Some(other), Some(one))),
            None => added.push(one),
        }
    }
    let mut removed: Vec<&One<'_>> = left.into_values().flat_map(BTreeMap::into_values).flatten().collect();
    // What is left changed its version: the newest became the newest.
    let ascending = |list: &mut Vec<&One<'_>>| {
        list.sort_by(|a, b| compare(a, b, order).unwrap_or_else(|| a.version.cmp(&b.version)));
    };
    ascending(&mut removed);
    ascending(&mut added);
    while let (Some(from), Some(to)) = (removed.last().copied(), added.last().copied()) {
        removed.pop();
        added.pop();
        pairs.push((Some(from), Some(to)));
    }
    pairs.extend(removed.into_iter().map(|one| (Some(one), None)));
    pairs.extend(added.into_iter().map(|one| (None, Some(one))));
    let had_script = old.iter().any(|one| one.component.install_script);
    pairs.into_iter().filter_map(|(from, to)| changed(name, from, to, had_script, order)).collect()
}

/// Of what is left the one with the bytes of `one`, or any.
fn take<'o, 's>(left: &mut Vec<&'o One<'s>>, one: &One<'_>) -> Option<&'o One<'s>> {
    let looked_at = left.iter().enumerate().rev().take(MAX_LOOKED_AT);
    let same = looked_at.into_iter().find(|(_, other)| same_bytes(other, one)).map(|(place, _)| place);
    match same {
        Some(place) => Some(left.remove(place)),
        None => left.pop(),
    }
}

fn compare(a: &One<'_>, b: &One<'_>, order: Versions<'_>) -> Option<Ordering> {
    order(a.purl.as_ref()?, a.version.as_deref()?, b.version.as_deref()?)
}

fn changed(
    name: &str,
    from: Option<&One<'_>>,
    to: Option<&One<'_>>,
    had_script: bool,
    order: Versions<'_>,
) -> Option<ComponentDiff> {
    let mut changes = BTreeSet::new();
    match (from, to) {
        (Some(from), Some(to)) => {
            // One version may be spelled in several ways.
            let compared = compare(from, to, order);
            let is_same = from.version == to.version || compared == Some(Ordering::Equal);
            if !is_same {
                changes.insert(match compared {
                    Some(Ordering::Less) => SbomChange::Upgraded,
                    Some(Ordering::Greater) => SbomChange::Downgraded,
                    Some(Ordering::Equal) | None => SbomChange::VersionChanged,
                });
            }
            if moved(from, to) || (is_same && !same_bytes(from, to)) {
                changes.insert(SbomChange::SourceChanged);
            }
        }
        (Some(_), None) => {
            changes.insert(SbomChange::Removed);
        }
        (None, Some(_)) => {
            changes.insert(SbomChange::Added);
        }
        (None, None) => {}
    }
    if to.is_some_and(|to| to.component.install_script) && !had_script {
        changes.insert(SbomChange::NewInstallScript);
    }
    let state = |one: &One<'_>| ComponentState {
        version: one.version.clone(),
        source: one.source.clone(),
        install_script: one.component.install_script,
    };
    Some(ComponentDiff {
        change: changes.last().copied()?,
        changes: changes.into_iter().rev().collect(),
        package: from.or(to).map_or_else(|| name.to_owned(), shown),
        before: from.map(state),
        after: to.map(state),
    })
}

/// How a package is called where nothing compares it.
fn shown(one: &One<'_>) -> String {
    match &one.purl {
        Some(purl) if purl.ty() == "pypi" => format!("pkg:pypi/{}", Purl::pypi_name(&purl.name())),
        Some(purl) => format!("pkg:{}/{}", purl.ty(), purl.name()),
        None => one.component.name.clone(),
    }
}

/// Whether one comes from elsewhere than the other. A package URL that names no source means its ecosystem's registry, which is
/// another one than any that is named. Of addresses it takes both: not every tool writes them.
fn moved(from: &One<'_>, to: &One<'_>) -> bool {
    match (named_source(from.purl.as_ref()), named_source(to.purl.as_ref())) {
        (None, None) => host(from.component).zip(host(to.component)).is_some_and(|(from, to)| from != to),
        (from, to) => from != to,
    }
}

/// What a package URL says of a source other than its ecosystem's registry: every qualifier that says something of it, and of a
/// repository its commit. Of a repository's state nobody can tell which is newer.
fn named_source(purl: Option<&Purl>) -> Option<String> {
    let purl = purl?;
    let said = ["vcs_url", "download_url", "repository_url", "classifier"];
    let is_named = |said: &&str| !Purl::is_default_registry(purl.ty(), said);
    let said: Vec<&str> = said.into_iter().filter_map(|key| purl.qualifier(key)).filter(is_named).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// The host of a component's address.
fn host(component: &SbomComponent) -> Option<String> {
    let address = component.address.as_deref()?;
    let (_, rest) = address.split_once("://")?;
    rest.split('/').next().filter(|host| !host.is_empty()).map(str::to_owned)
}

/// Whether no digest differs.
fn same_bytes(a: &One<'_>, b: &One<'_>) -> bool {
    if !PackageFile::agree(&a.component.files, &b.component.files) {
        return false;
    }
    let other = &b.component.hashes;
    a.component.hashes.iter().all(|(algorithm, hex)| other.get(algorithm).is_none_or(|other| other == hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::HashAlgorithm;
    use crate::sbom::SbomFormat;

    fn component(purl: &str) -> SbomComponent {
        SbomComponent { name: purl.into(), purl: Some(purl.into()), ..SbomComponent::default() }
    }

    fn sbom(components: Vec<SbomComponent>) -> Sbom {
        Sbom {
            format: SbomFormat::Spdx3,
            root: SbomComponent::default(),
            components,
            catalogers: BTreeSet::new(),
        }
    }

    fn numbers(_: &Purl, a: &str, b: &str) -> Option<Ordering> {
        Some(a.parse::<u32>().ok()?.cmp(&b.parse().ok()?))
    }

    fn changes(before: Vec<SbomComponent>, after: Vec<SbomComponent>) -> Vec<(String, Vec<SbomChange>)> {
        let found = diff(&sbom(before), &sbom(after), &numbers);
        assert_eq!(found.change, found.components.iter().map(|one| one.change).max());
        found.components.into_iter().map(|one| (one.package, one.changes)).collect()
    }

    #[test]
    fn other_bytes_among_several_files_are_another_source() {
        let file = |name: Option<&str>, hex: &str| PackageFile {
            name: name.map(str::to_owned),
            url: None,
            hashes: [(HashAlgorithm::Sha256, hex.to_owned())].into(),
        };
        let with = |files: Vec<PackageFile>| {
            vec![SbomComponent { files: files.into_iter().collect(), ..component("pkg:pypi/a@1") }]
        };
        let (linux, windows) = (file(Some("a-linux.whl"), "aa"), file(Some("a-win.whl"), "bb"));
        let moved = [("pkg:pypi/a".to_owned(), vec![SbomChange::SourceChanged])];
        let before = with(vec![linux.clone(), windows.clone()]);
        assert_eq!(changes(before.clone(), before.clone()), []);
        // Another build of it is no other one.
        assert_eq!(changes(before.clone(), with(vec![linux.clone(), file(Some("a-mac.whl"), "cc")])), []);
        assert_eq!(changes(before.clone(), with(vec![linux, file(Some("a-win.whl"), "cc")])), moved);
        assert_eq!(changes(before, with(vec![file(None, "dd"), file(None, "ee")])), moved);
        assert_eq!(changes(with(vec![file(None, "dd")]), with(vec![file(None, "dd"), windows])), []);
    }

    #[test]
    fn each_change_is_told_from_the_others() {
        use SbomChange::*;
        let of = |before: &[&str], after: &[&str]| {
            let list = |purls: &[&str]| purls.iter().map(|purl| component(purl)).collect();
            changes(list(before), list(after))
                .into_iter()
                .flat_map(|(_, changes)| changes)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["pkg:npm/a@1"], &["pkg:npm/a@1"]), []);
        assert_eq!(of(&["pkg:npm/a@1"], &[]), [Removed]);
        assert_eq!(of(&[], &["pkg:npm/a@1"]), [Added]);
        assert_eq!(of(&["pkg:npm/a@9"], &["pkg:npm/a@10"]), [Upgraded]);
        assert_eq!(of(&["pkg:npm/a@10"], &["pkg:npm/a@9"]), [Downgraded]);
        assert_eq!(of(&["pkg:npm/a@x"], &["pkg:npm/a@y"]), [VersionChanged]);
        assert_eq!(of(&["pkg:npm/a@07"], &["pkg:npm/a@7"]), []);
        // Two versions side by side: one stays, the other moves.
        assert_eq!(of(&["pkg:npm/a@1", "pkg:npm/a@3"], &["pkg:npm/a@1", "pkg:npm/a@4"]), [Upgraded]);
        assert_eq!(of(&["pkg:npm/a@1"], &["pkg:npm/a@1", "pkg:npm/a@2"]), [Added]);
        // Spelling is no difference.
        assert_eq!(of(&["pkg:pypi/A_b@1"], &["pkg:pypi/a-b@1"]), []);
        let git = "pkg:npm/a@1?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fa%40";
        assert_eq!(of(&[&format!("{git}0123")], &[&format!("{git}0123")]), []);
        assert_eq!(of(&[&format!("{git}0123")], &[&format!("{git}4567")]), [SourceChanged]);
        assert_eq!(of(&["pkg:maven/g/a@1?classifier=x"], &["pkg:maven/g/a@1?classifier=y"]), [SourceChanged]);
        assert_eq!(
            of(&[&format!("{git}0123")], &["pkg:npm/a@1?download_url=https%3A%2F%2Fx.example%2Fa.tgz"]),
            [SourceChanged]
        );
        assert_eq!(of(&["pkg:nuget/Newtonsoft.Json@1"], &["pkg:nuget/newtonsoft.json@1"]), []);
    }

    #[test]
    fn what_no_longer_comes_from_its_registry_comes_from_elsewhere() {
        let registry = || vec![component("pkg:cargo/serde@1")];
        for elsewhere in [
            "pkg:cargo/serde@1?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fserde%400123",
            "pkg:cargo/serde@1?repository_url=sparse%2Bhttps:%2F%2Fregistry.example%2F",
            "pkg:cargo/serde@1?download_url=https:%2F%2Fregistry.example%2Fserde.crate",
        ] {
            let found = changes(registry(), vec![component(elsewhere)]);
            assert_eq!(
                found,
                [("pkg:cargo/serde".to_owned(), vec![SbomChange::SourceChanged])],
                "{elsewhere}"
            );
            let back = changes(vec![component(elsewhere)], registry());
            assert_eq!(back, found, "{elsewhere}");
        }
        // Who names the default registry names no other.
        let default = Purl::default_registry("cargo").next().unwrap();
        let named = format!("pkg:cargo/serde@1?repository_url=https:%2F%2F{}", default.replace('/', "%2F"));
        assert_eq!(changes(registry(), vec![component(&named)]), []);
        // An address that one of two tools leaves out tells nothing.
        let mut with_address = component("pkg:cargo/serde@1");
        with_address.address = Some("https://registry.example/serde.crate".into());
        assert_eq!(changes(registry(), vec![with_address]), []);
    }

    #[test]
    fn epochs_of_rpm_are_part_of_its_versions() {
        let of = |epoch: &str| vec![component(&format!("pkg:rpm/redhat/o@3{epoch}"))];
        let seen = std::cell::RefCell::new(Vec::new());
        let order = |_: &Purl, a: &str, b: &str| {
            seen.borrow_mut().push((a.to_owned(), b.to_owned()));
            Some(a.cmp(b))
        };
        let found = diff(&sbom(of("?epoch=2")), &sbom(of("?epoch=1")), &order);
        assert_eq!(found.change, Some(SbomChange::Downgraded));
        assert_eq!(seen.into_inner(), [("2:3".to_owned(), "1:3".to_owned())]);
    }

    #[test]
    fn what_is_installed_is_looked_at_too() {
        use SbomChange::*;
        let with = |version: &str, script: bool, address: &str, hash: &str| SbomComponent {
            install_script: script,
            address: Some(address.into()),
            hashes: [(HashAlgorithm::Sha256, hash.into())].into(),
            ..component(&format!("pkg:npm/a@{version}"))
        };
        let here = "https://registry.example/a.tgz";
        let one = with("1", false, here, "00");
        let of = |after: SbomComponent| {
            changes(vec![one.clone()], vec![after]).into_iter().flat_map(|(_, c)| c).collect::<Vec<_>>()
        };
        assert_eq!(of(one.clone()), []);
        assert_eq!(of(with("1", false, here, "11")), [SourceChanged]);
        assert_eq!(of(with("1", false, "https://evil.example/a.tgz", "00")), [SourceChanged]);
        assert_eq!(of(with("2", false, "https://evil.example/a.tgz", "11")), [SourceChanged, Upgraded]);
        assert_eq!(of(with("2", true, here, "11")), [NewInstallScript, Upgraded]);
        assert_eq!(changes(vec![], vec![with("1", true, here, "00")])[0].1, [NewInstallScript, Added]);
        let scripted = with("1", true, here, "00");
        assert_eq!(changes(vec![scripted.clone()], vec![scripted]), []);
    }

    #[test]
    fn a_package_that_lies_in_several_places_is_one() {
        let twice = || vec![component("pkg:npm/a@1"), component("pkg:npm/a@1")];
        assert_eq!(changes(vec![component("pkg:npm/a@1")], twice()), []);
        assert_eq!(changes(twice(), vec![component("pkg:npm/a@1")]), []);
        let mut other = component("pkg:npm/a@1");
        other.hashes.insert(HashAlgorithm::Sha1, "00".into());
        let found = changes(vec![component("pkg:npm/a@1")], vec![component("pkg:npm/a@1"), other]);
        assert_eq!(found, [("pkg:npm/a".to_owned(), vec![SbomChange::Added])]);
    }

    /// Each finds its own source, whatever the order; and what is hostile costs no square.
    #[test]
    fn many_of_one_name_are_paired() {
        let git = |n: u32| component(&format!("pkg:npm/a@1?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fa{n}"));
        let found = changes(vec![component("pkg:npm/a@1"), git(1)], vec![git(2), git(1)]);
        assert_eq!(found, [("pkg:npm/a".to_owned(), vec![SbomChange::SourceChanged])]);
        let many = |of: fn(u32) -> SbomComponent| (0..10_000).map(of).collect::<Vec<_>>();
        let versions = many(|n| component(&format!("pkg:npm/a@{n}")));
        assert_eq!(changes(versions.clone(), versions.clone()), []);
        assert_eq!(changes(versions.clone(), Vec::new()).len(), 10_000);
        let with_bytes = |salt: u32| {
            let mut all = many(|_| component("pkg:npm/a@1"));
            for (one, n) in all.iter_mut().zip(0..) {
                one.hashes.insert(HashAlgorithm::Sha1, format!("{salt}-{n}"));
            }
            all
        };
        assert_eq!(changes(with_bytes(0), with_bytes(1)).len(), 10_000);
    }

    #[test]
    fn words_and_changes_correspond() {
        for change in SbomChange::ALL {
            assert_eq!(change.as_str().parse(), Ok(change));
        }
        assert!("other".parse::<SbomChange>().is_err());
    }
}
