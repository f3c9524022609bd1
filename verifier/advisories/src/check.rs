//! Holding components against an index.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use mcpsign_schemas::advisory::report::{Components, Match, Unknown};
use mcpsign_schemas::advisory::{Kind, Severity};

use crate::components::Component;
use crate::index::{Details, Groups, Hit, Index, IndexError, Look, Store};
use crate::order::Order;

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
}

/// Looks up every component.
///
/// # Errors
/// When the index turns out to be damaged.
pub fn check<S: Store>(index: &Index<S>, components: &[Component]) -> Result<Checked, IndexError> {
    let mut checked = Checked::default();
    let mut segments = BTreeMap::new();
    let mut seen = HashSet::with_capacity(components.len());
    for component in components {
        let queries = component.queries();
        let (Some(purl), Some(first)) = (component.purl(), queries.first()) else {
            checked.components.unidentified += 1;
            continue;
        };
        if !seen.insert(queries) {
            continue;
        }
        let segments = match segments.entry(first.ecosystem) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(index.segments(first.ecosystem)?),
        };
        if segments.is_empty() && !index.is_whole() {
            *checked.uncovered.entry(first.ecosystem).or_default() += 1;
        }
        match first.version {
            Some(_) => checked.components.checked += 1,
            None => checked.components.without_version += 1,
        }
        let mut look = Look::default();
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
        problems(index, purl, order, &look, &mut checked.matches)?;
    }
    checked.matches.sort_by(|one, other| rank(one).cmp(&rank(other)));
    Ok(checked)
}

/// The hits of one package, one problem each.
fn problems<S: Store>(
    index: &Index<S>,
    purl: &str,
    order: Order,
    look: &Look<'_>,
    matches: &mut Vec<Match>,
) -> Result<(), IndexError> {
    let mut read = Vec::with_capacity(look.hits.len());
    for (hit, kept) in &look.hits {
        read.push((hit, kept.read()?));
    }
    if let [(_, only)] = read.as_slice() {
        matches.push(problem(index, purl, order, &only.ids, &read.iter().collect::<Vec<_>>())?);
        return Ok(());
    }
    let mut groups = Groups::default();
    for (_, details) in &read {
        groups.join(details.ids.iter().copied());
    }
    let groups = groups.finish();
    let mut problems: BTreeMap<Option<usize>, Vec<&(&Hit, Details<'_>)>> = BTreeMap::new();
    for found in &read {
        problems.entry(groups.number(found.1.id)).or_default().push(found);
    }
    for (number, found) in problems {
        let ids = number.map(|number| groups.ids(number)).unwrap_or_default();
        matches.push(problem(index, purl, order, ids, &found)?);
    }
    Ok(())
}

fn problem<S: Store>(
    index: &Index<S>,
    purl: &str,
    order: Order,
    ids: &[&str],
    found: &[&(&Hit, Details<'_>)],
) -> Result<Match, IndexError> {
    let (id, aliases) = ids.split_first().ok_or(IndexError::Malformed)?;
    let (mut exploited, mut epss) = (None, None);
    for id in ids.iter().filter(|id| id.starts_with("CVE-")) {
        exploited = exploited.into_iter().chain(index.exploited(id)?).min();
        epss = epss.max(index.epss(id)?);
    }
    // The vector that the worst severity comes from.
    let worst = found.iter().max_by_key(|(hit, details)| (hit.severity, details.score));
    let scored = worst.map(|(_, details)| details).filter(|details| details.score.is_some());
    let records: BTreeSet<&str> = found.iter().map(|(_, details)| details.id).collect();
    let fixed = found.iter().flat_map(|(hit, _)| hit.fixed.iter().map(String::as_str));
    let fixed = order.ascending(fixed).into_iter().map(str::to_owned).collect();
    Ok(Match {
        purl: purl.to_owned(),
        records: records.into_iter().map(str::to_owned).collect(),
        kind: found.iter().map(|(hit, _)| hit.kind).min().unwrap_or(Kind::Vulnerability),
        severity: worst.map_or(Severity::Unknown, |(hit, _)| hit.severity),
        score: scored.and_then(|details| details.score).map(|tenths| f64::from(tenths) / 10.0),
        vector: scored.map(|details| details.vector.to_owned()),
        fixed,
        summary: found
            .iter()
            .map(|(_, details)| details.summary)
            .find(|text| !text.is_empty())
            .map(str::to_owned),
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
