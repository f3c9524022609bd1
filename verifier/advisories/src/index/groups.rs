//! Which ids are one problem: the closure of what records say of their aliases.

use std::collections::HashMap;

/// Ids of one problem that are kept: each match tells all of them, and real ones have a dozen.
const MAX_GROUP: usize = 100;

/// Union-find over ids.
#[derive(Debug, Default)]
pub(crate) struct Groups<'i> {
    places: HashMap<&'i str, usize>,
    names: Vec<&'i str>,
    parents: Vec<usize>,
}

impl<'i> Groups<'i> {
    /// Says that a record calls one problem by all these ids.
    pub(crate) fn join(&mut self, ids: impl IntoIterator<Item = &'i str>) {
        let mut ids = ids.into_iter();
        let Some(first) = ids.next() else { return };
        let first = self.place(first);
        for id in ids {
            let other = self.place(id);
            let (one, other) = (self.root(first), self.root(other));
            if let Some(parent) = self.parents.get_mut(other) {
                *parent = one;
            }
        }
    }

    /// Each group, with the id that most people know it by first.
    pub(crate) fn finish(mut self) -> Grouped<'i> {
        let mut numbers: Vec<Option<usize>> = vec![None; self.names.len()];
        let mut groups: Vec<Vec<&str>> = Vec::new();
        let mut of = Vec::with_capacity(self.names.len());
        for place in 0..self.names.len() {
            let root = self.root(place);
            let number = numbers.get(root).copied().flatten().unwrap_or(groups.len());
            if let Some(of_root) = numbers.get_mut(root) {
                *of_root = Some(number);
            }
            match (groups.get_mut(number), self.names.get(place)) {
                (Some(group), Some(name)) => group.push(name),
                (None, Some(name)) => groups.push(vec![name]),
                (_, None) => {}
            }
            of.push(number);
        }
        for ids in &mut groups {
            if ids.len() > MAX_GROUP {
                // Whoever bears malware names every id that calls it so.
                ids.sort_by_key(|id| (!id.starts_with("MAL-"), precedence(id)));
                ids.truncate(MAX_GROUP);
            }
            ids.sort_by_key(|id| precedence(id));
        }
        Grouped { places: self.places, of, groups }
    }

    fn place(&mut self, id: &'i str) -> usize {
        *self.places.entry(id).or_insert_with(|| {
            self.names.push(id);
            self.parents.push(self.parents.len());
            self.parents.len() - 1
        })
    }

    /// Halves the path on its way, so that long chains stay cheap.
    fn root(&mut self, mut place: usize) -> usize {
        while let Some(parent) = self.parents.get(place).copied().filter(|parent| *parent != place) {
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(link) = self.parents.get_mut(place) {
                *link = above;
            }
            place = above;
        }
        place
    }
}

/// Which ids are one problem.
#[derive(Debug)]
pub(crate) struct Grouped<'i> {
    places: HashMap<&'i str, usize>,
    of: Vec<usize>,
    groups: Vec<Vec<&'i str>>,
}

impl<'i> Grouped<'i> {
    /// The number of the group that has `id`.
    pub(crate) fn number(&self, id: &str) -> Option<usize> {
        self.places.get(id).and_then(|place| self.of.get(*place)).copied()
    }

    /// The ids of a group, best known first; of one that is larger than any real one the first.
    pub(crate) fn ids(&self, number: usize) -> &[&'i str] {
        self.groups.get(number).map(Vec::as_slice).unwrap_or_default()
    }
}

/// CVE before GHSA before others; older before newer, whose number (`CVE-2025-9999`, `CVE-2025-10000`) has no zeros before it.
fn precedence(id: &str) -> (u8, &str, usize, &str) {
    let rank = match id {
        id if id.starts_with("CVE-") => 0,
        id if id.starts_with("GHSA-") => 1,
        _ => 2,
    };
    let (series, number) = id.rsplit_once('-').unwrap_or(("", id));
    (rank, series, number.len(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_closed_over_chains_in_any_order() {
        let pairs = [["0", "3"], ["1", "2"], ["2", "3"], ["CVE-2026-1", "9"], ["GHSA-x", "CVE-2026-1"]];
        for turn in 0..pairs.len() {
            let mut groups = Groups::default();
            for pair in pairs.iter().cycle().skip(turn).take(pairs.len()) {
                groups.join(pair.iter().copied());
            }
            groups.join(["alone"]);
            let groups = groups.finish();
            let ids = |id| groups.ids(groups.number(id).unwrap());
            assert_eq!(ids("3"), ["0", "1", "2", "3"]);
            assert_eq!(ids("9"), ["CVE-2026-1", "GHSA-x", "9"]);
            assert_eq!(ids("alone"), ["alone"]);
            assert_eq!((groups.groups.len(), groups.number("none")), (3, None));
        }
    }

    #[test]
    fn the_lowest_of_several_ids_comes_first() {
        let mut ids = [
            "OSV-1",
            "CVE-2025-10000",
            "GHSA-b",
            "CVE-2025-9999",
            "GHSA-a",
            "CVE-2024-12345",
            "PYSEC-2021-9",
        ];
        ids.sort_by_key(|id| precedence(id));
        let expected = [
            "CVE-2024-12345",
            "CVE-2025-9999",
            "CVE-2025-10000",
            "GHSA-a",
            "GHSA-b",
            "OSV-1",
            "PYSEC-2021-9",
        ];
        assert_eq!(ids, expected);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_one_group_without_a_deep_stack() {
        let mut groups = Groups::default();
        let ids: Vec<String> = (0..100_000).map(|n| format!("A-{n:06}")).collect();
        for pair in ids.windows(2) {
            groups.join(pair.iter().map(String::as_str));
        }
        let groups = groups.finish();
        let last = groups.number("A-099999");
        assert_eq!(groups.number("A-000000"), last);
        // What each match tells is bounded, and what is said to be malware is kept.
        let mut ids = groups.ids(last.unwrap()).iter();
        assert_eq!((ids.len(), ids.next()), (MAX_GROUP, Some(&"A-000000")));
        let mut groups = Groups::default();
        groups.join(["A-1", "MAL-2026-1"].into_iter().chain(ids.copied()));
        let groups = groups.finish();
        let ids = groups.ids(groups.number("A-1").unwrap());
        assert!(ids.len() == MAX_GROUP && ids.contains(&"MAL-2026-1"));
    }
}
