//! `tests/ATTACKS.md`: which attack of the catalogue is played by which tests. `tests/attacks.txt` holds the ids; the tests
//! are found by their names (`b13_…`, `i01_i11_…`, `m22_to_m24_…`), their codes in what they assert.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use mcpsign_schemas::code::Code;
use regex::Regex;
use serde_json::Value;

use crate::support::workspace;
use crate::tidy::git_files;

/// One line of the list.
struct Attack {
    id: String,
    /// A version, `open` or `-`.
    since: String,
    name: String,
}

/// What plays an attack.
#[derive(Default)]
struct Played {
    tests: BTreeSet<String>,
    codes: BTreeSet<&'static str>,
}

/// With `MCPSIGN_BLESS=1` the page is written instead of compared.
#[test]
fn every_attack_has_its_test_or_is_open() {
    let attacks = attacks();
    let played = played();
    let known: BTreeSet<&str> = attacks.iter().map(|attack| attack.id.as_str()).collect();
    let unknown: Vec<&String> = played.keys().filter(|id| !known.contains(id.as_str())).collect();
    assert!(unknown.is_empty(), "not in tests/attacks.txt: {unknown:?}");
    let missing: Vec<&str> = attacks
        .iter()
        .filter(|attack| attack.since.starts_with(|c: char| c.is_ascii_digit()))
        .filter(|attack| !played.contains_key(&attack.id))
        .map(|attack| attack.id.as_str())
        .collect();
    assert!(missing.is_empty(), "neither played by a test of that name nor open: {missing:?}");

    let page = page(&attacks, &played);
    let path = workspace().join("tests/ATTACKS.md");
    if std::env::var_os("MCPSIGN_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "tests/ATTACKS.md is stale: MCPSIGN_BLESS=1 tests/run attack_list");
}

/// The list is whole: no id of the catalogue can be dropped with its test.
#[test]
fn the_list_has_every_id_once() {
    let ids: Vec<String> = attacks().into_iter().map(|attack| attack.id).collect();
    let all = [('I', 18), ('B', 65), ('M', 24)];
    let expected: Vec<String> = all
        .into_iter()
        .flat_map(|(family, last)| (1..=last).map(move |n| format!("{family}{n:02}")))
        .collect();
    assert_eq!(ids, expected);
}

#[test]
fn ids_are_read_from_names() {
    for (name, ids) in [
        ("b13_tsa_window", vec!["B13"]),
        ("i01_i11_published", vec!["I01", "I11"]),
        ("m22_to_m24_shown", vec!["M22", "M23", "M24"]),
        ("verify_b07_m07_payload_type_changed_deny", vec!["B07", "M07"]),
        ("sha256_b13", vec![]),
        ("b1_x", vec![]),
        ("b123_x", vec![]),
    ] {
        assert_eq!(ids_of(name), ids, "{name}");
    }
}

fn attacks() -> Vec<Attack> {
    let text = std::fs::read_to_string(workspace().join("tests/attacks.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut parts = line.splitn(3, ' ').map(str::to_owned);
            let mut part = || parts.next().unwrap_or_else(|| panic!("not `ID SINCE NAME`: {line}"));
            Attack { id: part(), since: part(), name: part() }
        })
        .collect()
}

fn played() -> BTreeMap<String, Played> {
    let mut played: BTreeMap<String, Played> = BTreeMap::new();
    let test = Regex::new(r"(?m)^( *)(?:async )?fn ((?:[bim][0-9]{2}_)[a-z0-9_]+)\(").unwrap();
    for path in git_files("*.rs") {
        let Ok(text) = std::fs::read_to_string(workspace().join(&path)) else { continue };
        for found in test.captures_iter(&text) {
            let (indent, name) = (&found[1], &found[2]);
            let rest = &text[found.get(0).unwrap().end()..];
            let body = rest.find(&format!("\n{indent}}}\n")).map_or(rest, |end| &rest[..end]);
            for id in ids_of(name) {
                let one = played.entry(id).or_default();
                one.tests.insert(name.to_owned());
                one.codes.extend(codes(body));
            }
        }
    }
    for path in git_files("tests/vectors/verify_*/case.json") {
        let Some(name) = path.rsplit('/').nth(1) else { continue };
        let Ok(bytes) = std::fs::read(workspace().join(&path)) else { continue };
        let case: Value = serde_json::from_slice(&bytes).unwrap();
        let codes = || case["codes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for id in ids_of(name) {
            let one = played.entry(id).or_default();
            one.tests.insert(name.to_owned());
            one.codes.extend(codes().filter_map(|code| Some(Code::find(code)?.id)));
        }
    }
    played
}

/// `b08_b23_…` is two ids, `m22_to_m24_…` three; a vector's name begins with `verify_`.
fn ids_of(name: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut up_to = false;
    for part in name.trim_start_matches("verify_").split('_') {
        let digits = part.get(1..).filter(|_| part.starts_with(['b', 'i', 'm']));
        let number = digits.filter(|digits| digits.len() == 2).and_then(|digits| digits.parse::<u8>().ok());
        match number {
            Some(number) => {
                let family = part[..1].to_uppercase();
                let first = ids.last().filter(|_| up_to).and_then(|last| last[1..].parse::<u8>().ok());
                ids.extend(
                    (first.map_or(number, |first| first + 1)..=number).map(|n| format!("{family}{n:02}")),
                );
                up_to = false;
            }
            None if part == "to" && !ids.is_empty() => up_to = true,
            None => break,
        }
    }
    ids
}

/// Codes that a test names, as constants or as text.
fn codes(body: &str) -> impl Iterator<Item = &'static str> {
    let constant = Regex::new(r"\b([a-z]+)::([A-Z][A-Z0-9_]+)\b").unwrap();
    let text = Regex::new(r#""([a-z]+/[a-z0-9-]+)""#).unwrap();
    let constants: Vec<String> = constant
        .captures_iter(body)
        .map(|found| format!("{}/{}", &found[1], found[2].to_lowercase().replace('_', "-")))
        .collect();
    let texts: Vec<String> = text.captures_iter(body).map(|found| found[1].to_owned()).collect();
    constants.into_iter().chain(texts).filter_map(|id| Some(Code::find(&id)?.id))
}

fn page(attacks: &[Attack], played: &BTreeMap<String, Played>) -> String {
    let mut page = String::from(
        "# Attacks\n\nMade from the names of the tests and from `attacks.txt` by the test `attack_list`; do not edit by hand. A test is \
         named after the ids that it plays and asserts the codes named beside it; `verify_…` is a folder below `vectors`. A dash: it asserts something \
         else than a code, or does so elsewhere.\n\n| id | what | tests | codes | since |\n|---|---|---|---|---|\n",
    );
    let row = |page: &mut String, attack: &Attack| {
        let none = Played::default();
        let one = played.get(&attack.id).unwrap_or(&none);
        let joined = |items: Vec<&str>| {
            let items: Vec<String> = items.into_iter().map(|item| format!("`{item}`")).collect();
            if items.is_empty() { "–".to_owned() } else { items.join(", ") }
        };
        let tests = joined(one.tests.iter().map(String::as_str).collect());
        let codes = joined(one.codes.iter().copied().collect());
        let _ = writeln!(page, "| {} | {} | {tests} | {codes} | {} |", attack.id, attack.name, attack.since);
    };
    attacks.iter().filter(|attack| attack.since != "open").for_each(|attack| row(&mut page, attack));
    page.push_str("\n## Open\n\nNot yet played whole; what there is of tests stands here.\n\n| id | what | tests | codes | since |\n|---|---|---|---|---|\n");
    attacks.iter().filter(|attack| attack.since == "open").for_each(|attack| row(&mut page, attack));
    page
}
