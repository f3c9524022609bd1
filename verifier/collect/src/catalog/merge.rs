//! One inventory of what several files say: one entry for each distinct package.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::inventory::{KnownGap, Location, Means, Origin, Package, PackageFile, Scope};
use mcpsign_schemas::untrusted::escape;

/// The packages that one file names.
pub(super) struct Named {
    /// The file's path.
    pub(super) file: String,
    /// As its cataloger found them.
    pub(super) packages: Vec<Package>,
}

/// Packages that somebody names by one purl and that are not the same. Each is held against each.
const MAX_SAME: usize = 100;

/// Merges packages that are the same, renames all to their purls and lets dependencies follow.
///
/// Installed twice in one version is one package. Of equal purl but with other bytes, or from elsewhere, are two: the
/// ids then carry a digest of what differs. Of too many the rest is left out, and said.
pub(super) fn merge(files: Vec<Named>) -> (BTreeMap<String, Package>, Option<KnownGap>) {
    let mut left_out = None;
    // By purl, every distinct package, and which of the files' ids it stands for.
    let mut distinct: BTreeMap<String, Vec<Merged>> = BTreeMap::new();
    for Named { file, packages } in files {
        for mut package in packages {
            let alias = (file.clone(), std::mem::take(&mut package.id));
            package.found = package
                .found
                .into_iter()
                .map(|found| match found.file.as_str() {
                    "" => Location { file: file.clone(), ..found },
                    _ => found,
                })
                .collect();
            let wishes =
                std::mem::take(&mut package.dependencies).into_iter().map(|id| (file.clone(), id)).collect();
            let merged = Merged { means: package.means(), package, aliases: vec![alias], wishes };
            let same = distinct.entry(merged.package.purl.clone()).or_default();
            let has_room = same.len() < most(merged.means);
            match same.iter_mut().find(|known| is_same(&known.package, &merged.package)) {
                Some(known) => known.absorb(merged),
                None if has_room => same.push(merged),
                None => {
                    left_out.get_or_insert_with(|| {
                        let purl = escape(&merged.package.purl);
                        let reason = format!("more packages than are read are called `{purl}`");
                        KnownGap::unread(Some(file.clone()).filter(|file| !file.is_empty()), reason)
                    });
                }
            }
        }
    }
    let mut ids: HashMap<(String, String), String> = HashMap::new();
    for (purl, same) in &mut distinct {
        let ambiguous = same.len() > 1;
        for merged in same {
            merged.package.id =
                if ambiguous { format!("{purl}#{}", mark(&merged.package)) } else { purl.clone() };
            ids.extend(merged.aliases.drain(..).map(|alias| (alias, merged.package.id.clone())));
        }
    }
    let mut packages = BTreeMap::new();
    for Merged { mut package, wishes, .. } in distinct.into_values().flatten() {
        package.dependencies =
            wishes.iter().filter_map(|wish| ids.get(wish)).filter(|id| **id != package.id).cloned().collect();
        packages.insert(package.id.clone(), package);
    }
    (packages, left_out)
}

/// How many packages of one purl are told apart before one more is left out. Those that are there find room beside others that
/// are only named.
fn most(means: Means) -> usize {
    if means.is_hint() { MAX_SAME } else { 2 * MAX_SAME }
}

struct Merged {
    package: Package,
    /// The surest word for it: of a package that ten thousand files name it is not looked for in all of them for each.
    means: Means,
    /// (file, id in it) of each that it stands for.
    aliases: Vec<(String, String)>,
    /// (file, id in it) of what it asks for.
    wishes: BTreeSet<(String, String)>,
}

impl Merged {
    fn absorb(&mut self, other: Self) {
        let (known, new) = (&mut self.package, other.package);
        absorb_standing((known, self.means), (&new, other.means));
        self.means = self.means.min(other.means);
        known.hashes.extend(new.hashes);
        known.files.extend(new.files);
        known.licenses.extend(new.licenses);
        known.requested.extend(new.requested);
        known.found.extend(new.found);
        known.authors.extend(new.authors);
        known.kind = known.kind.max(new.kind);
        known.install_script |= new.install_script;
        known.file_name = known.file_name.take().or(new.file_name);
        known.completeness = known.completeness.max(new.completeness);
        known.direct |= new.direct;
        // An address is better than none; of two the choice must not depend on the order.
        known.origin = match (std::mem::replace(&mut known.origin, Origin::Root), new.origin) {
            (Origin::Registry { url: Some(a) }, Origin::Registry { url: Some(b) }) => {
                Origin::Registry { url: Some(a.min(b)) }
            }
            (Origin::Registry { url: a }, Origin::Registry { url: b }) => Origin::Registry { url: a.or(b) },
            (known, _) => known,
        };
        self.aliases.extend(other.aliases);
        self.wishes.extend(other.wishes);
    }
}

/// How a package is wanted, and whether it is shipped. Beside one that is there somebody's notice or SBOM of it does not count, but
/// where it says that what is locked for development is shipped.
fn absorb_standing((known, of_known): (&mut Package, Means), (new, of_new): (&Package, Means)) {
    let scope = known.scope.min(new.scope);
    match (of_known.is_hint(), of_new.is_hint()) {
        (false, true) => {}
        (true, false) => {
            known.bundled = new.bundled;
            known.markers.clone_from(&new.markers);
            known.scope = new.scope;
        }
        _ => {
            // Wanted always in one place: wanted always.
            if known.markers.is_empty() || new.markers.is_empty() {
                known.markers.clear();
            } else {
                known.markers.extend(new.markers.iter().cloned());
            }
            // Bundled in one place and installed in another: there is a copy that the registry's digest covers.
            known.bundled &= new.bundled;
            known.scope = scope;
        }
    }
    if known.scope == Scope::Development {
        known.scope = scope;
    }
}

/// Whether two packages of one purl are one: no digest differs, and they come from one place or share a digest.
fn is_same(a: &Package, b: &Package) -> bool {
    if !PackageFile::agree(&a.files, &b.files) {
        return false;
    }
    let mut shared =
        a.hashes.iter().filter_map(|(algorithm, hex)| Some(hex == b.hashes.get(algorithm)?)).peekable();
    let some = shared.peek().is_some();
    let from_registry = |package: &Package| matches!(package.origin, Origin::Registry { .. });
    let same_origin = match (&a.origin, &b.origin) {
        (Origin::Registry { url: Some(a) }, Origin::Registry { url: Some(b) }) => a == b,
        (Origin::Registry { .. }, Origin::Registry { .. }) => true,
        (a, b) => a == b,
    };
    shared.all(|equal| equal) && (same_origin || (some && from_registry(a) && from_registry(b)))
}

/// Tells packages of one purl apart, equally whenever they are met.
fn mark(package: &Package) -> String {
    let told_apart = match package.files.is_empty() {
        true => Json::from_serialize(&(&package.origin, &package.hashes)),
        false => Json::from_serialize(&(&package.origin, &package.hashes, &package.files)),
    };
    told_apart.unwrap_or(Json::Null).sha256().to_string()[..16].to_owned()
}
