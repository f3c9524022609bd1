//! Environment markers (PEP 508): on which platforms a package is wanted, by who asks for it.

use std::collections::{BTreeSet, HashMap, VecDeque};

use pep508_rs::MarkerTree;

/// Different markers of one lock file that are combined: the decision diagrams that combine many can grow with the number
/// of combinations, and what they are made of is never freed.
const MAX_MARKERS: usize = 16;

/// Comparisons in all of them. Each level of a diagram has a branch for each value that its variable is compared with.
const MAX_COMPARISONS: usize = 64;

/// Comparisons in all of them that are variables of their own: each doubles the combinations.
const MAX_FREE: usize = 8;

/// Bytes of one marker at the most.
const MAX_BYTES: usize = 512;

/// A package's edge: to which other, and when.
pub(super) type Edge<'m> = (usize, Option<&'m str>);

/// When each package is wanted, from when those are that ask for it. `roots` always are; what nobody asks for is, too.
pub(super) fn propagate(roots: &[usize], edges: &[Vec<Edge<'_>>]) -> Vec<BTreeSet<String>> {
    let texts: BTreeSet<&str> = edges.iter().flatten().filter_map(|(_, marker)| *marker).collect();
    let within =
        |count: fn(&str) -> usize, limit| texts.iter().map(|text| count(text)).sum::<usize>() <= limit;
    if texts.len() > MAX_MARKERS || !within(comparisons, MAX_COMPARISONS) || !within(free, MAX_FREE) {
        return stated(edges);
    }
    let trees: Option<HashMap<&str, MarkerTree>> =
        texts.into_iter().map(|text| Some((text, parse(text)?))).collect();
    // Half of what they say would be another condition.
    let Some(trees) = trees else { return stated(edges) };
    let mut when: Vec<MarkerTree> = vec![MarkerTree::FALSE; edges.len()];
    let mut open = VecDeque::new();
    for root in roots {
        if let Some(tree) = when.get_mut(*root) {
            *tree = MarkerTree::TRUE;
            open.push_back(*root);
        }
    }
    // Every step makes a condition weaker, and there are few: this only stops what no real file does.
    let mut steps = 64 * edges.iter().map(|out| out.len() + 1).sum::<usize>();
    while let Some(from) = open.pop_front() {
        for (to, marker) in edges.get(from).into_iter().flatten() {
            let (Some(source), Some(known)) = (when.get(from).cloned(), when.get_mut(*to)) else { continue };
            let mut condition = source;
            if let Some(tree) = marker.and_then(|marker| trees.get(marker)) {
                condition.and(tree.clone());
            }
            condition.or(known.clone());
            if condition != *known {
                *known = condition;
                open.push_back(*to);
            }
            steps = steps.saturating_sub(1);
        }
        if steps == 0 {
            return stated(edges);
        }
    }
    // What nobody asks for is never wanted by this reckoning; why it is locked, only its maker knows.
    let shown = |tree: MarkerTree| (!tree.is_false()).then(|| tree.try_to_string()).flatten();
    when.into_iter().map(|tree| shown(tree).into_iter().collect()).collect()
}

/// The markers of edges as they stand, for a file that has too many to combine, or some that are none.
fn stated(edges: &[Vec<Edge<'_>>]) -> Vec<BTreeSet<String>> {
    let mut markers: Vec<Option<BTreeSet<String>>> = vec![None; edges.len()];
    let mut always = vec![false; edges.len()];
    for (to, marker) in edges.iter().flatten() {
        match (marker, markers.get_mut(*to), always.get_mut(*to)) {
            (Some(marker), Some(known), _) => {
                known.get_or_insert_default().insert((*marker).to_owned());
            }
            (None, _, Some(always)) => *always = true,
            _ => {}
        }
    }
    markers
        .into_iter()
        .zip(always)
        .map(|(markers, always)| markers.filter(|_| !always).unwrap_or_default())
        .collect()
}

/// A marker, unless it is none or would cost much.
pub(super) fn parse(marker: &str) -> Option<MarkerTree> {
    let fit = marker.len() <= MAX_BYTES && comparisons(marker) <= MAX_COMPARISONS && free(marker) <= MAX_FREE;
    fit.then(|| marker.parse().ok()).flatten()
}

/// How many comparisons a marker has at the most.
fn comparisons(marker: &str) -> usize {
    1 + words(marker).filter(|word| matches!(*word, "and" | "or")).count()
}

/// How many of them are variables of their own: extras, groups, parts of texts.
fn free(marker: &str) -> usize {
    words(marker).filter(|word| matches!(*word, "in" | "extra" | "extras" | "dependency_groups")).count()
}

/// Words, those in quotes too: rather too many than too few.
fn words(marker: &str) -> impl Iterator<Item = &str> {
    marker.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(roots: &[usize], edges: &[Vec<Edge<'_>>]) -> Vec<String> {
        propagate(roots, edges)
            .into_iter()
            .map(|markers| markers.into_iter().collect::<Vec<_>>().join(" | "))
            .collect()
    }

    #[test]
    fn conditions_are_handed_on() {
        let windows = Some("sys_platform == 'win32'");
        let old = Some("python_full_version < '3.11'");
        // 0 asks for 1 on Windows and for 2 always; 1 asks for 3, 2 for 3 with old Pythons; 4 nobody asks for.
        let edges = [
            vec![(1, windows), (2, None)],
            vec![(3, None)],
            vec![(3, old), (2, None)],
            vec![(0, None)],
            vec![],
        ];
        let found = when(&[0], &edges);
        assert_eq!(found[1], "sys_platform == 'win32'");
        assert_eq!((found[0].as_str(), found[2].as_str(), found[4].as_str()), ("", "", ""));
        assert_eq!(found[3], "python_full_version < '3.11' or sys_platform == 'win32'");
    }

    #[test]
    fn what_cannot_be_combined_stays_as_it_stands() {
        let pairs = |n: usize| {
            let pair = |n| format!("('{n}a' in os_name or '{n}b' in sys_platform)");
            (0..n).map(pair).collect::<Vec<_>>().join(" and ")
        };
        assert!(parse(&pairs(4)).is_some());
        assert!(parse(&pairs(5)).is_none() && parse(&pairs(5).replace(' ', "\t")).is_none());
        assert!(parse(&format!("os_name == '{}'", "a".repeat(MAX_BYTES))).is_none());
        let wild = (0..9).map(|n| format!("'{n}' in os_name")).collect::<Vec<_>>();
        let compared: Vec<String> = (0..9)
            .map(|n| (0..8).map(|m| format!("os_name == '{n}{m}'")).collect::<Vec<_>>().join(" or "))
            .collect();
        for texts in [wild, compared, vec!["not a marker".to_owned(), "os_name == 'nt'".to_owned()]] {
            let edges = [texts.iter().map(|text| (1, Some(text.as_str()))).collect(), Vec::new()];
            assert_eq!(propagate(&[0], &edges)[1], texts.into_iter().collect());
        }
    }

    #[test]
    fn many_markers_stay_as_they_stand() {
        let texts: Vec<String> = (0..200).map(|n| format!("platform_machine == 'm{n}'")).collect();
        let edges = [texts.iter().map(|text| (1, Some(text.as_str()))).collect(), Vec::new()];
        assert_eq!(propagate(&[0], &edges)[1].len(), 200);
    }
}
