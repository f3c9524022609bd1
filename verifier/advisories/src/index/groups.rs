//! Which ids are one problem: the closure of what records say of their aliases.

use std::collections::{BTreeMap, HashMap};

/// Union-find over ids.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    ids: HashMap<String, usize>,
    names: Vec<String>,
    parents: Vec<usize>,
}

impl Groups {
    /// Says that a record calls one problem by all these ids.
    pub(crate) fn join<'i>(&mut self, ids: impl IntoIterator<Item = &'i str>) {
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

    /// Each group, with the id that most people know it by first; by any of its ids.
    pub(crate) fn finish(mut self) -> BTreeMap<String, Group> {
        let mut members: HashMap<usize, Vec<String>> = HashMap::new();
        for place in 0..self.names.len() {
            let root = self.root(place);
            let name = self.names.get(place).cloned().unwrap_or_default();
            members.entry(root).or_default().push(name);
        }
        let mut groups = BTreeMap::new();
        for mut ids in members.into_values() {
            ids.sort_by(|one, other| precedence(one).cmp(&precedence(other)));
            let group = Group(ids.into());
            groups.extend(group.0.iter().map(|id| (id.clone(), group.clone())));
        }
        groups
    }

    fn place(&mut self, id: &str) -> usize {
        if let Some(place) = self.ids.get(id) {
            return *place;
        }
        let place = self.names.len();
        self.ids.insert(id.to_owned(), place);
        self.names.push(id.to_owned());
        self.parents.push(place);
        place
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

/// The ids of one problem, best known first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group(std::rc::Rc<[String]>);

impl Group {
    pub(crate) fn ids(&self) -> &[String] {
        &self.0
    }
}

/// CVE before GHSA before others; older before newer.
fn precedence(id: &str) -> (u8, &str) {
    let rank = match id {
        id if id.starts_with("CVE-") => 0,
        id if id.starts_with("GHSA-") => 1,
        _ => 2,
    };
    (rank, id)
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
            assert_eq!(groups["3"].ids(), ["0", "1", "2", "3"]);
            assert_eq!(groups["9"].ids(), ["CVE-2026-1", "GHSA-x", "9"]);
            assert_eq!(groups["alone"].ids(), ["alone"]);
            assert_eq!(groups.len(), 8);
        }
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_one_group_without_a_deep_stack() {
        let mut groups = Groups::default();
        let ids: Vec<String> = (0..100_000).map(|n| format!("A-{n:06}")).collect();
        for pair in ids.windows(2) {
            groups.join(pair.iter().map(String::as_str));
        }
        assert_eq!(groups.finish()["A-000000"].ids().len(), 100_000);
    }
}
