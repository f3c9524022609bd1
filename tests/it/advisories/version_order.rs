//! Every line of osv-scalibr's version fixtures (`A < B`), in both directions. What we answer otherwise on purpose stands
//! in `version-order-exceptions.txt`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use mcpsign_advisories::order::Order;

use crate::support::shared_data;

/// File, order, and how many lines it has at the least: a file that was cut must not pass.
const FIXTURES: [(&str, Order, usize); 19] = [
    ("alpine-versions.txt", Order::Alpine, 778),
    ("alpine-versions-generated.txt", Order::Alpine, 13_979),
    ("cran-versions.txt", Order::Cran, 21),
    ("cran-versions-generated.txt", Order::Cran, 57),
    ("debian-versions.txt", Order::Debian, 30),
    ("debian-versions-generated.txt", Order::Debian, 14_442),
    ("hackage-versions.txt", Order::Hackage, 11),
    ("maven-versions.txt", Order::Maven, 102),
    ("maven-versions-generated.txt", Order::Maven, 14_752),
    ("nuget-versions.txt", Order::NuGet, 35),
    ("packagist-versions.txt", Order::Packagist, 95),
    ("packagist-versions-generated.txt", Order::Packagist, 10_630),
    ("pub-versions.txt", Order::Pub, 100),
    ("pypi-versions.txt", Order::PyPi, 37),
    ("pypi-versions-generated.txt", Order::PyPi, 12_375),
    ("redhat-versions.txt", Order::Rpm, 165),
    ("rubygems-versions.txt", Order::RubyGems, 25),
    ("rubygems-versions-generated.txt", Order::RubyGems, 4_098),
    ("semver-versions.txt", Order::SemVer, 86),
];

#[test]
fn every_line_of_the_fixtures_holds_in_both_directions() {
    let test = "every_line_of_the_fixtures_holds_in_both_directions";
    let Some(folder) = shared_data(test, "version-order") else { return };
    let exceptions = exceptions();
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for (file, order, expected) in FIXTURES {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let comment = |line: &str| line.is_empty() || line.starts_with('#') || line.starts_with("//");
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !comment(line)).collect();
        assert!(lines.len() >= expected, "{file} has {} lines, not {expected}", lines.len());
        for line in lines {
            let holds = holds(order, line);
            let line = format!("{file}: {line}");
            match (holds, exceptions.get(&line)) {
                (true, None) => {}
                (false, Some(_)) => {
                    known.insert(line);
                }
                (true, Some(reason)) => wrong.push(format!("{line} agrees, though: {reason}")),
                (false, None) => wrong.push(line),
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(known.iter().eq(exceptions.keys()), "exceptions that are no lines: {exceptions:?}");
    let files = fs::read_dir(&folder).unwrap().filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().contains("-versions"))
    });
    assert_eq!(files.count(), FIXTURES.len(), "a file of versions is not tested");
}

fn holds(order: Order, line: &str) -> bool {
    let parts: Vec<&str> = line.split(' ').collect();
    let [one, sign, other] = parts.as_slice() else { panic!("`{line}` is no comparison") };
    let expected = match *sign {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        _ => panic!("`{line}` is no comparison"),
    };
    order.compare(one, other) == Some(expected) && order.compare(other, one) == Some(expected.reverse())
}

fn exceptions() -> BTreeMap<String, String> {
    let text = include_str!("version-order-exceptions.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(" — ").unwrap_or_else(|| panic!("`{line}` has no reason")))
        .map(|(line, reason)| (line.to_owned(), reason.to_owned()))
        .collect()
}
