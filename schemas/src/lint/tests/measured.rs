//! What is found in published attacks, and what in the words of servers of good will: the figures of `spec/lint.md`.

use super::benign::BENIGN;
use super::published::{NOTICED, PUBLISHED};
use super::*;

fn worst(text: &str) -> Option<Level> {
    server(&case(text)).into_iter().map(|issue| issue.level).max()
}

fn all(groups: &'static [(&'static str, &'static [&'static str])]) -> Vec<&'static str> {
    groups.iter().flat_map(|(_, texts)| texts.iter().copied()).collect()
}

#[test]
fn published_attacks_are_errors_and_nothing_that_is_meant_well_is() {
    let (attacks, benign) = (all(PUBLISHED), all(BENIGN));
    let missed: Vec<_> = attacks.iter().filter(|text| worst(text) < Some(Level::Error)).collect();
    let unnoticed: Vec<_> = NOTICED.iter().filter(|text| worst(text) != Some(Level::Warning)).collect();
    let levels: Vec<_> = benign.iter().map(|text| (worst(text), *text)).collect();
    let of = |level: Level| levels.iter().filter(|(worst, _)| *worst == Some(level)).collect::<Vec<_>>();
    assert!(missed.is_empty(), "{} attacks missed:\n{missed:#?}", missed.len());
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    assert!(of(Level::Error).is_empty(), "{:#?}", of(Level::Error));
    let figures = [attacks.len(), NOTICED.len(), benign.len()];
    assert_eq!(figures, [193, 7, 288], "attacks, all errors; noticed; meant well, none an error");
    let warned = of(Level::Warning).len();
    assert!(warned * 2 < benign.len(), "{warned} of {} that are meant well are warned of", benign.len());
}

#[test]
fn every_rule_is_held_against_what_is_meant_well() {
    for rule in RULES {
        assert!(BENIGN.iter().any(|(code, _)| *code == rule.code.id), "{}", rule.code);
    }
}
