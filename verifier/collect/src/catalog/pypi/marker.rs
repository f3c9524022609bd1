//! Environment markers (PEP 508): on which platforms a package is wanted, by who asks for it.

use std::collections::{BTreeSet, HashMap, VecDeque};

use mcpsign_schemas::inventory::Package;
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree};

/// Different markers of one lock file that are combined. Real files have some dozen; the trees that combine many can
/// grow with the number of combinations.
const MAX_MARKERS: usize = 128;

/// Bytes of one marker at the most.
const MAX_BYTES: usize = 4 << 10;

/// A platform that markers are evaluated for.
#[derive(Debug, Clone)]
pub struct Platform(MarkerEnvironment);

impl Platform {
    /// CPython on a system: `linux`, `macos` or `windows`, a machine as `uname -m` calls it there, and a version of Python
    /// (`3.11` or `3.11.7`). `None` for another system or what is no version.
    pub fn new(system: &str, machine: &str, python: &str) -> Option<Self> {
        let (os_name, sys_platform, platform_system) = match system {
            "linux" => ("posix", "linux", "Linux"),
            "macos" => ("posix", "darwin", "Darwin"),
            "windows" => ("nt", "win32", "Windows"),
            _ => return None,
        };
        let mut parts = python.split('.');
        let short = format!("{}.{}", parts.next()?, parts.next()?);
        let full = if parts.next().is_some() { python.to_owned() } else { format!("{short}.0") };
        let builder = MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: &full,
            os_name,
            platform_machine: machine,
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system,
            platform_version: "",
            python_full_version: &full,
            python_version: &short,
            sys_platform,
        };
        MarkerEnvironment::try_from(builder).ok().map(Self)
    }

    /// Whether a package of Python is wanted there. What no marker says, and what is none, holds everywhere.
    pub fn wants(&self, package: &Package) -> bool {
        let holds = |marker: &String| parse(marker).is_none_or(|tree| tree.evaluate(&self.0, &[]));
        package.markers.is_empty() || package.markers.iter().any(holds)
    }
}

/// A package's edge: to which other, and when.
pub(super) type Edge<'m> = (usize, Option<&'m str>);

/// When each package is wanted, from when those are that ask for it. `roots` always are; what nobody asks for is, too.
pub(super) fn propagate(roots: &[usize], edges: &[Vec<Edge<'_>>]) -> Vec<BTreeSet<String>> {
    let texts: BTreeSet<&str> = edges.iter().flatten().filter_map(|(_, marker)| *marker).collect();
    if texts.len() > MAX_MARKERS {
        return stated(edges);
    }
    let trees: HashMap<&str, MarkerTree> =
        texts.into_iter().filter_map(|text| Some((text, parse(text)?))).collect();
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

/// The markers of edges as they stand, for a file that has too many to combine.
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

fn parse(marker: &str) -> Option<MarkerTree> {
    (marker.len() <= MAX_BYTES).then(|| marker.parse().ok()).flatten()
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
    fn platforms_evaluate_them() {
        let mut package = Package::new("a", "pkg:pypi/a@1", "a");
        let linux = Platform::new("linux", "x86_64", "3.11.7").unwrap();
        let windows = Platform::new("windows", "AMD64", "3.10").unwrap();
        assert!(linux.wants(&package));
        package.markers =
            BTreeSet::from(["python_full_version < '3.11' or sys_platform == 'win32'".to_owned()]);
        assert!(!linux.wants(&package) && windows.wants(&package));
        package.markers = BTreeSet::from(["not a marker".to_owned()]);
        assert!(linux.wants(&package), "what is no marker leaves nothing out");
        assert!(
            Platform::new("beos", "x", "3.11").is_none() && Platform::new("linux", "x", "three").is_none()
        );
    }

    #[test]
    fn many_markers_stay_as_they_stand() {
        let texts: Vec<String> = (0..200).map(|n| format!("platform_machine == 'm{n}'")).collect();
        let edges = [texts.iter().map(|text| (1, Some(text.as_str()))).collect(), Vec::new()];
        assert_eq!(propagate(&[0], &edges)[1].len(), 200);
    }
}
