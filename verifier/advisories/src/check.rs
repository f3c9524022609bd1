//! Holding components against an index.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::advisory::report::{Components, Match, Unknown};
use mcpsign_schemas::advisory::{Kind, Severity};
use mcpsign_schemas::purl::Purl;

use crate::components::Component;
use crate::ecosystem::Query;
use crate::index::{Details, Groups, Hit, Index, IndexError, Place, Store};
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
    let mut covered = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for component in components {
        let queries = component.purl.as_deref().map(queries).unwrap_or_default();
        let (Some(purl), Some(first)) = (&component.purl, queries.first()) else {
            checked.components.unidentified += 1;
            continue;
        };
        if !seen.insert(queries.clone()) {
            continue;
        }
        let is_covered = match covered.get(first.ecosystem) {
            Some(known) => *known,
            None => *covered.entry(first.ecosystem).or_insert(index.covers(first.ecosystem)?),
        };
        if !is_covered {
            *checked.uncovered.entry(first.ecosystem).or_default() += 1;
        }
        match first.version {
            Some(_) => checked.components.checked += 1,
            None => checked.components.without_version += 1,
        }
        let (mut hits, mut advisories, mut unordered) = (Vec::new(), 0, false);
        for query in &queries {
            let look = index.look(query)?;
            hits.extend(look.hits);
            advisories += look.advisories;
            unordered |= look.unordered;
        }
        if first.version.is_none() && advisories > 0 {
            checked.unknown.push(Unknown { purl: purl.clone(), advisories });
        }
        if unordered {
            checked.unordered.push(purl.clone());
        }
        // Only versions that have an order are above another.
        let order = first.order().unwrap_or(Order::SemVer);
        checked.matches.extend(problems(index, purl, order, hits)?);
    }
    checked.matches.sort_by(|one, other| rank(one).cmp(&rank(other)));
    Ok(checked)
}

/// What a package URL asks for; nothing where it is none, or none of an ecosystem with advisories.
fn queries(purl: &str) -> Vec<Query> {
    Purl::parse(purl).map(|purl| Query::of(&purl)).unwrap_or_default()
}

/// The hits of one package, one problem each.
fn problems<S: Store>(
    index: &Index<S>,
    purl: &str,
    order: Order,
    hits: Vec<(Place, Hit)>,
) -> Result<Vec<Match>, IndexError> {
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let mut read = Vec::new();
    let mut groups = Groups::default();
    for (place, hit) in hits {
        let details = index.details(place)?;
        groups.join(details.ids.iter().map(String::as_str));
        read.push((hit, details));
    }
    let groups = groups.finish();
    let mut problems: BTreeMap<&str, Vec<(&Hit, &Details)>> = BTreeMap::new();
    for (hit, details) in &read {
        let id = groups.get(&details.id).and_then(|group| group.ids().first());
        problems.entry(id.map_or(details.id.as_str(), String::as_str)).or_default().push((hit, details));
    }
    let matches = problems.into_iter().map(|(id, found)| {
        let ids = groups.get(id).map(|group| group.ids()).unwrap_or_default();
        problem(index, purl, order, ids, &found)
    });
    matches.collect()
}

fn problem<S: Store>(
    index: &Index<S>,
    purl: &str,
    order: Order,
    ids: &[String],
    found: &[(&Hit, &Details)],
) -> Result<Match, IndexError> {
    let mut ids = ids.iter().cloned();
    let id = ids.next().unwrap_or_default();
    let aliases: Vec<String> = ids.collect();
    let (mut exploited, mut epss) = (None, None);
    for id in std::iter::once(&id).chain(&aliases) {
        exploited = exploited.into_iter().chain(index.exploited(id)?).min();
        epss = epss.max(index.epss(id)?);
    }
    // The vector that the worst severity comes from.
    let worst = found.iter().max_by_key(|(hit, details)| (hit.severity, details.score));
    let scored = worst.map(|(_, details)| details).filter(|details| details.score.is_some());
    let records: BTreeSet<String> = found.iter().map(|(_, details)| details.id.clone()).collect();
    let fixed = found.iter().flat_map(|(hit, _)| hit.fixed.iter().map(String::as_str));
    let fixed = order.ascending(fixed).into_iter().map(str::to_owned).collect();
    Ok(Match {
        purl: purl.to_owned(),
        records: records.into_iter().collect(),
        kind: found.iter().map(|(hit, _)| hit.kind).min().unwrap_or(Kind::Vulnerability),
        severity: worst.map_or(Severity::Unknown, |(hit, _)| hit.severity),
        score: scored.and_then(|details| details.score).map(|tenths| f64::from(tenths) / 10.0),
        vector: scored.map(|details| details.vector.clone()),
        fixed,
        summary: found.iter().map(|(_, details)| &details.summary).find(|text| !text.is_empty()).cloned(),
        exploited_since: exploited.map(day),
        epss: epss.map(|millionths| millionths as f64 / 1e6),
        id,
        aliases,
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
