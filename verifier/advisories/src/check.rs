//! Holding components against an index.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use mcpsign_schemas::advisory::report::{Components, Match, Unknown};
use mcpsign_schemas::advisory::{Kind, Severity};

use crate::components::Component;
use crate::index::{Details, Fix, Grouped, Groups, Hit, Index, IndexError, Look, Store};
use crate::order::Order;

/// Matches of one check at the most. An image with five kernels has 20,000; a list of every version of a package that has hundreds
/// of advisories would have millions, and is made to be one.
pub const MAX_MATCHES: usize = 50_000;

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub struct Checked {
    /// What was looked up.
    pub components: Components,
    /// One for each problem and package, the worst first.
    pub matches: Vec<Match>,
    /// Packages with advisories in no known version.
    pub unknown: Vec<Unknown>,
    /// Packages whose version no rule of their ecosystem orders, as named: only enumerated versions matched.
    pub unordered: Vec<String>,
    /// Ecosystems of components of which the index has nothing at all, with the number of packages.
    pub uncovered: BTreeMap<&'static str, usize>,
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
    let (mut counted, mut seen) = (HashSet::with_capacity(components.len()), HashSet::new());
    for (at, component) in components.iter().enumerate() {
        if checked.matches.len() > MAX_MATCHES {
            checked.left = components.len() - at;
            break;
        }
        let queries = component.queries();
        let (Some(purl), Some(first)) = (component.purl(), queries.first()) else {
            checked.components.unidentified += 1;
            continue;
        };
        // Copies of one package from several places are asked about as one, and each is told: what anybody says of the one is
        // nothing about the other.
        if !seen.insert((queries, qualifiers(purl))) {
            continue;
        }
        let is_copy = !counted.insert(queries);
        let segments = match segments.entry(first.ecosystem) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(index.segments(first.ecosystem)?),
        };
        if segments.is_empty() && !index.is_whole() && !is_copy {
            *checked.uncovered.entry(first.ecosystem).or_default() += 1;
        }
        match first.version {
            _ if is_copy => {}
            Some(_) => checked.components.checked += 1,
            None => checked.components.without_version += 1,
        }
        let mut look = Look::default();
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
        // Only versions that have an order are above another.
        let order = first.order().unwrap_or(Order::SemVer);
        problems(index, purl, (order, is_one), &look, &mut checked.matches)?;
    }
    checked.matches.sort_by(|one, other| rank(one).cmp(&rank(other)));
    Ok(checked)
}

/// What of a package URL tells one copy of a package from another.
fn qualifiers(purl: &str) -> &str {
    let purl = purl.split('#').next().unwrap_or_default();
    purl.split_once('?').map_or("", |(_, qualifiers)| qualifiers)
}

/// An advisory that affects a package, read.
type Found<'l> = (&'l Hit, Details<'l>);

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
    let mut read: Vec<(Problem<'_>, Found<'_>)> = Vec::with_capacity(look.hits.len());
    for (_, hit, kept) in &look.hits {
        let details = kept.read()?;
        read.push((kept.group().map_or(Problem::Alone(details.id), Problem::Group), (hit, details)));
    }
    // Of one source it is known already which are one.
    let mut segments = look.hits.iter().map(|(segment, ..)| segment);
    let first = segments.next();
    let groups = if segments.all(|segment| Some(segment) == first) { None } else { Some(joined(&read)?) };
    if let Some(groups) = &groups {
        for (problem, (_, details)) in &mut read {
            *problem = groups.number(details.id).map_or(*problem, |number| Problem::Group(number as u64));
        }
    }
    read.sort_by_key(|(problem, _)| *problem);
    for found in read.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((problem, (_, details))) = found.first() else { continue };
        let own;
        let ids = match (&groups, problem) {
            (Some(groups), Problem::Group(number)) => {
                groups.ids(usize::try_from(*number).map_err(|_| IndexError::Malformed)?)
            }
            _ => {
                own = details.ids()?;
                own.as_slice()
            }
        };
        let fixed = fixed(
            order,
            found.iter().flat_map(|(_, (hit, _))| &hit.fixed),
            is_one_package && groups.is_none(),
        );
        matches.push(described(index, purl, fixed, ids, found)?);
    }
    Ok(())
}

/// Which ids are one problem, by what several sources say.
fn joined<'l>(read: &[(Problem<'_>, Found<'l>)]) -> Result<Grouped<'l>, IndexError> {
    let mut groups = Groups::default();
    for (_, (_, details)) in read {
        groups.join(details.ids()?);
    }
    Ok(groups.finish())
}

/// Versions that mend something, ascending. Those of one package in one segment have ranks in common.
fn fixed<'f>(order: Order, fixes: impl Iterator<Item = &'f Fix>, are_of_one: bool) -> Vec<String> {
    let fixes: Vec<&Fix> = fixes.collect();
    let ranked = fixes.iter().map(|fix| Some((fix.rank.filter(|_| are_of_one)?, fix.version.as_str())));
    let versions = match ranked.collect::<Option<Vec<_>>>() {
        Some(mut ranked) => {
            ranked.sort_unstable();
            ranked.dedup();
            ranked.into_iter().map(|(_, version)| version).collect()
        }
        None => order.ascending(fixes.iter().map(|fix| fix.version.as_str())),
    };
    versions.into_iter().map(str::to_owned).collect()
}

fn described<S: Store>(
    index: &Index<S>,
    purl: &str,
    fixed: Vec<String>,
    ids: &[&str],
    found: &[(Problem<'_>, Found<'_>)],
) -> Result<Match, IndexError> {
    let (id, aliases) = ids.split_first().ok_or(IndexError::Malformed)?;
    let (mut exploited, mut epss) = (None, None);
    for id in ids.iter().filter(|id| id.starts_with("CVE-")) {
        exploited = exploited.into_iter().chain(index.exploited(id)?).min();
        epss = epss.max(index.epss(id)?);
    }
    let found = || found.iter().map(|(_, (hit, details))| (*hit, details));
    // The vector that the worst severity comes from.
    let worst = found().max_by_key(|(hit, details)| (hit.severity, details.score));
    let scored = worst.map(|(_, details)| details).filter(|details| details.score.is_some());
    let mut records: Vec<&str> = found().map(|(_, details)| details.id).collect();
    records.sort_unstable();
    records.dedup();
    let summary = found().map(|(_, details)| details.summary).find(|text| !text.is_empty());
    Ok(Match {
        purl: purl.to_owned(),
        records: records.into_iter().map(str::to_owned).collect(),
        kind: found().map(|(hit, _)| hit.kind).min().unwrap_or(Kind::Vulnerability),
        severity: worst.map_or(Severity::Unknown, |(hit, _)| hit.severity),
        score: scored.and_then(|details| details.score).map(|tenths| f64::from(tenths) / 10.0),
        vector: scored.map(|details| details.vector.to_owned()),
        fixed,
        summary: summary.map(str::to_owned),
        exploited_since: exploited.map(day),
        epss: epss.map(|millionths| millionths as f64 / 1e6),
        id: (*id).to_owned(),
        aliases: aliases.iter().map(|id| (*id).to_owned()).collect(),
    })
}

/// `YYYYMMDD` as a date.
fn day(number: u64) -> String {
    format!("{:04}-{:02}-{:02}", number / 10_000, number / 100 % 100, number % 100)
}

/// What is read first.
fn rank(found: &Match) -> (Kind, std::cmp::Reverse<Severity>, &str, &str) {
    (found.kind, std::cmp::Reverse(found.severity), &found.purl, &found.id)
}
