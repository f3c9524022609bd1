//! Holding components against an index.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map, hash_map};

use mcpsign_schemas::advisory::report::{Components, Match, Unknown};
use mcpsign_schemas::advisory::{Kind, Severity};

use crate::components::Component;
use crate::ecosystem::Query;
use crate::index::{Fix, Grouped, Groups, Hit, Index, IndexError, Look, Store};
use crate::order::Order;

/// Matches of one check at the most. An image with five kernels has 20,000; a list of every version of a package that has hundreds
/// of advisories would have millions, and is made to be one.
pub const MAX_MATCHES: usize = 50_000;

/// Components that could not be looked up and are told by their names.
const TOLD: usize = 10;

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub struct Checked {
    /// What was looked up.
    pub components: Components,
    /// One for each problem and package, the worst first.
    pub matches: Vec<Match>,
    /// The first package URLs of components that are of no ecosystem with advisories, or that cannot be read.
    pub unidentified: Vec<String>,
    /// Packages with advisories in no known version.
    pub unknown: Vec<Unknown>,
    /// Packages whose version no rule of their ecosystem orders, as named: only enumerated versions matched.
    pub unordered: Vec<String>,
    /// Packages, as named, with ids of advisories that name them and were not understood.
    pub unread: Vec<(String, Vec<String>)>,
    /// The sources, by their places in the manifest, that have something of the ecosystems of these packages.
    pub sources: BTreeSet<usize>,
    /// Ecosystems of components of which the index has nothing at all, with the number of packages.
    pub uncovered: BTreeMap<String, usize>,
    /// Components that were not looked at any more, because more than [`MAX_MATCHES`] were found before: nothing is known of them.
    pub left: usize,
}

/// Looks up every component.
///
/// # Errors
/// When the index turns out to be damaged.
pub fn check<S: Store>(index: &Index<S>, components: &[Component]) -> Result<Checked, IndexError> {
    let mut checked = Checked::default();
    let mut segments = BTreeMap::new();
    let mut seen: HashMap<&[Query], Copies<'_>> = HashMap::with_capacity(components.len());
    let mut look = Look::default();
    for (at, component) in components.iter().enumerate() {
        if checked.matches.len() + checked.unread.len() > MAX_MATCHES {
            checked.left = components.len() - at;
            break;
        }
        let queries = component.queries();
        let (Some(purl), Some(first)) = (component.purl(), queries.first()) else {
            checked.components.unidentified += 1;
            if let Some(purl) = component.purl().filter(|_| checked.unidentified.len() < TOLD) {
                checked.unidentified.push(purl.to_owned());
            }
            continue;
        };
        // Copies of one package from several places are asked about as one, and each is told: what anybody says of the one is
        // nothing about the other.
        let is_copy = match seen.entry(queries) {
            hash_map::Entry::Vacant(new) => {
                new.insert(Copies::of(purl));
                false
            }
            hash_map::Entry::Occupied(mut known) => {
                if !known.get_mut().add(purl) {
                    continue;
                }
                true
            }
        };
        let segments = match segments.entry(first.ecosystem) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(new) => {
                let of_ecosystem = index.segments(first.ecosystem)?;
                checked.sources.extend(&of_ecosystem);
                new.insert(of_ecosystem)
            }
        };
        let release = first.release.as_deref();
        if !index.covers(segments, first.ecosystem, release) && !index.is_whole() && !is_copy {
            let of = match release.filter(|_| !segments.is_empty()) {
                Some(release) => format!("{}:{release}", first.ecosystem),
                None => first.ecosystem.to_owned(),
            };
            *checked.uncovered.entry(of).or_default() += 1;
        }
        match first.version {
            _ if is_copy => {}
            Some(_) => checked.components.checked += 1,
            None => checked.components.without_version += 1,
        }
        look.clear();
        let is_one = queries.len() == 1;
        for query in queries {
            index.look(query, segments, &mut look)?;
        }
        if first.version.is_none() && look.advisories > 0 {
            checked.unknown.push(Unknown { purl: purl.to_owned(), advisories: look.advisories });
        }
        if look.unordered {
            checked.unordered.push(purl.to_owned());
        }
        if !look.unread.is_empty() {
            let ids: BTreeSet<&str> = look.unread.iter().copied().collect();
            checked.unread.push((purl.to_owned(), ids.into_iter().map(str::to_owned).collect()));
        }
        if !look.hits.is_empty() {
            problems(index, purl, (first.order(), is_one), &look, &mut checked.matches)?;
        }
    }
    checked.matches = sorted(checked.matches);
    Ok(checked)
}

/// Copies of one package, by what tells them from each other: most are the only one.
struct Copies<'c> {
    first: &'c str,
    others: BTreeSet<&'c str>,
}

impl<'c> Copies<'c> {
    const fn of(purl: &'c str) -> Self {
        Self { first: purl, others: BTreeSet::new() }
    }

    /// Whether this is another one.
    fn add(&mut self, purl: &'c str) -> bool {
        let own = qualifiers(purl);
        own != qualifiers(self.first) && self.others.insert(own)
    }
}

/// What of a package URL tells one copy of a package from another.
fn qualifiers(purl: &str) -> &str {
    let purl = purl.split('#').next().unwrap_or_default();
    purl.split_once('?').map_or("", |(_, qualifiers)| qualifiers)
}

/// Which advisories are one problem.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Problem<'i> {
    /// Those that call each other aliases, by a number that they share.
    Group(u64),
    /// What goes by no other id.
    Alone(&'i str),
}

/// The hits of one package, one problem each.
fn problems<S: Store>(
    index: &Index<S>,
    purl: &str,
    (order, is_one_package): (Order, bool),
    look: &Look<'_>,
    matches: &mut Vec<Match>,
) -> Result<(), IndexError> {
    // Of one source it is known already which are one.
    let mut segments = look.hits.iter().map(|hit| hit.segment);
    let first = segments.next();
    let groups =
        if segments.all(|segment| Some(segment) == first) { None } else { Some(joined(&look.hits)?) };
    let mut read: Vec<(Problem<'_>, &Hit<'_>)> = look
        .hits
        .iter()
        .map(|hit| {
            let number = groups.as_ref().and_then(|groups| groups.number(hit.details.id));
            let number = number.map_or_else(|| hit.details.group(), |number| Some(number as u64));
            (number.map_or(Problem::Alone(hit.details.id), Problem::Group), hit)
        })
        .collect();
    read.sort_by_key(|(problem, _)| *problem);
    let (mut own, mut fixes) = (Vec::new(), Vec::new());
    matches.reserve(read.len());
    for found in read.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((problem, hit)) = found.first() else { continue };
        let ids = match (&groups, problem) {
            (Some(groups), Problem::Group(number)) => {
                groups.ids(usize::try_from(*number).map_err(|_| IndexError::Malformed)?)
            }
            _ => {
                hit.details.ids(&mut own)?;
                own.as_slice()
            }
        };
        fixes.clear();
        for (_, hit) in found {
            fixes.extend_from_slice(look.fixes.get(hit.fixed.clone()).unwrap_or_default());
        }
        let fixed = fixed(order, &mut fixes, is_one_package && groups.is_none());
        matches.push(described(index, purl, fixed, ids, found)?);
    }
    Ok(())
}

/// Which ids are one problem, by what several sources say.
fn joined<'h>(hits: &[Hit<'h>]) -> Result<Grouped<'h>, IndexError> {
    let mut groups = Groups::default();
    let mut ids = Vec::new();
    for hit in hits {
        hit.details.ids(&mut ids)?;
        groups.join(ids.iter().copied());
    }
    Ok(groups.finish())
}

/// Versions that mend something, ascending. Those of one package in one segment have ranks in common.
fn fixed(order: Order, fixes: &mut Vec<Fix<'_>>, are_of_one: bool) -> Vec<String> {
    if !are_of_one || fixes.iter().any(|fix| fix.rank.is_none()) {
        let versions = order.ascending(fixes.iter().map(|fix| fix.version));
        return versions.into_iter().map(str::to_owned).collect();
    }
    fixes.sort_unstable();
    fixes.dedup();
    fixes.iter().map(|fix| fix.version.to_owned()).collect()
}

fn described<S: Store>(
    index: &Index<S>,
    purl: &str,
    fixed: Vec<String>,
    ids: &[&str],
    found: &[(Problem<'_>, &Hit<'_>)],
) -> Result<Match, IndexError> {
    let (id, aliases) = ids.split_first().ok_or(IndexError::Malformed)?;
    let (mut exploited, mut epss) = (None, None);
    let upstream: BTreeSet<&str> = found.iter().flat_map(|(_, hit)| &hit.details.upstream).copied().collect();
    for id in ids.iter().chain(&upstream).filter(|id| id.starts_with("CVE-")) {
        exploited = exploited.into_iter().chain(index.exploited(id)?).min();
        epss = epss.max(index.epss(id)?);
    }
    let found = || found.iter().map(|(_, hit)| *hit);
    // The vector that the worst severity comes from.
    let worst = found().max_by_key(|hit| (hit.severity, hit.details.score));
    let scored = worst.map(|hit| &hit.details).filter(|details| details.score.is_some());
    let mut records: Vec<String> = found().map(|hit| hit.details.id.to_owned()).collect();
    records.sort_unstable();
    records.dedup();
    let summary = found().map(|hit| hit.details.summary).find(|text| !text.is_empty());
    // Whichever record of the problem calls it so, it need not be one that names this version.
    let is_malware = ids.iter().any(|id| id.starts_with("MAL-"));
    let said = found().map(|hit| hit.kind);
    Ok(Match {
        purl: purl.to_owned(),
        records,
        kind: said.chain(is_malware.then_some(Kind::Malicious)).min().unwrap_or(Kind::Vulnerability),
        severity: worst.map_or(Severity::Unknown, |hit| hit.severity),
        score: scored.and_then(|details| details.score).map(|tenths| f64::from(tenths) / 10.0),
        vector: scored.map(|details| details.vector.to_owned()),
        fixed,
        summary: summary.map(str::to_owned),
        exploited_since: exploited.map(day),
        epss: epss.map(|millionths| millionths as f64 / 1e6),
        id: (*id).to_owned(),
        aliases: aliases.iter().map(|id| (*id).to_owned()).collect(),
        upstream: upstream.into_iter().filter(|id| !ids.contains(id)).map(str::to_owned).collect(),
    })
}

/// `YYYYMMDD` as a date.
fn day(number: u64) -> String {
    format!("{:04}-{:02}-{:02}", number / 10_000, number / 100 % 100, number % 100)
}

/// What is read first: the worst, and of that one package after another. Each is moved once, and not with every step of sorting.
fn sorted(matches: Vec<Match>) -> Vec<Match> {
    let of_one = |one: &Match, other: &Match| one.purl == other.purl;
    let mut purls: Vec<&str> =
        matches.chunk_by(of_one).filter_map(|of| Some(of.first()?.purl.as_str())).collect();
    purls.sort_unstable();
    let mut ranked = Vec::with_capacity(matches.len());
    for found in matches.chunk_by(of_one) {
        let purl = found.first().map(|found| purls.partition_point(|purl| *purl < found.purl.as_str()));
        for found in found {
            // Of what is bad that which is exploited.
            let quiet = u64::from(found.exploited_since.is_none());
            let worst = (found.kind as u64) << 16 | quiet << 8 | u64::from(u8::MAX - found.severity as u8);
            ranked.push((worst << 32 | purl.unwrap_or_default() as u64, found.id.as_str(), ranked.len()));
        }
    }
    ranked.sort_unstable();
    let order: Vec<usize> = ranked.into_iter().map(|(.., at)| at).collect();
    let mut matches: Vec<Option<Match>> = matches.into_iter().map(Some).collect();
    let mut sorted = Vec::with_capacity(order.len());
    sorted.extend(order.into_iter().filter_map(|at| matches.get_mut(at).and_then(Option::take)));
    sorted
}
