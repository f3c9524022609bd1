//! B35: every field of a policy decides something. The fields are those of the published JSON Schema; each has a pair of
//! policies that differ in it alone, one of which allows what the other does not. So has every word that a field can be.
//!
//! A new field needs a line in one of the files below `pairs`; without one `every_field_has_a_pair` names it.

mod kinds;
mod nulls;
mod pair;
mod pairs;
mod schema;
mod strictness;
pub(crate) mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub(crate) use pair::Outcome;
use pair::Pair;
use schema::fields;
use world::World;

/// Fields that no verdict depends on: names that people gave, which reports show.
const SHOWN: [&str; 2] = ["name", "rules[].name"];

#[test]
fn b35_every_field_has_a_pair() {
    let published = mcpsign_schemas::json_schema::published();
    let (_, schema) = published.iter().find(|(name, _)| *name == "policy.schema.json").unwrap();
    let missing = without_pair(&fields(schema), &pairs::all());
    assert!(missing.is_empty(), "without a pair in tests/it/policy_fields/pairs:\n{}", missing.join("\n"));
}

/// Fields and words that no pair is about, and pairs that are about no field.
fn without_pair(fields: &BTreeMap<String, BTreeSet<String>>, pairs: &[Pair]) -> Vec<String> {
    let mut missing = Vec::new();
    for (field, words) in fields.iter().filter(|(field, _)| !SHOWN.contains(&field.as_str())) {
        let of_field: Vec<&Pair> = pairs.iter().filter(|pair| pair.field() == *field).collect();
        if of_field.is_empty() {
            missing.push(field.clone());
        }
        let said: BTreeSet<String> = of_field.iter().flat_map(|pair| pair.words()).collect();
        missing.extend(words.difference(&said).map(|word| format!("{field}: {word}")));
    }
    let unknown = |field: &String| !fields.contains_key(field) || SHOWN.contains(&field.as_str());
    missing
        .extend(pairs.iter().map(Pair::field).filter(unknown).map(|field| format!("no such field: {field}")));
    missing
}

#[test]
fn b35_each_field_flips_the_verdict() {
    let wrong: Vec<String> = pairs::all().iter().filter_map(|pair| pair.check().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn b35_names_that_decide_nothing_are_shown() {
    let mut world = World::honest();
    world.policy["name"] = json!("another");
    world.policy["rules"][0]["name"] = json!("an-other-rule");
    let report = world.report();
    assert_eq!(world.outcome(), Outcome::Allowed);
    assert_eq!(report.policy.name, "another");
    assert_eq!(report.policy.rule.as_deref(), Some("an-other-rule"));
}

/// The net has no holes: a field or a word that is new, however it is put, is missed.
#[test]
fn a_field_without_a_pair_is_named() {
    let schema = json!({
        "$defs": {
            "Old": { "type": "object", "properties": { "issuer": { "type": "string" } } },
            "Word": { "oneOf": [{ "const": "one" }, { "const": "other" }] }
        },
        "type": "object",
        "properties": {
            "name": { "type": "string" },
            "one": { "anyOf": [{ "$ref": "#/$defs/Old" }, { "type": "null" }] },
            "many": { "type": ["array", "null"], "items": { "$ref": "#/$defs/Old" } },
            "words": { "type": "array", "items": { "$ref": "#/$defs/Word" } },
            "listed": { "enum": ["x", "y", null] },
            "either": { "oneOf": [
                { "const": "any" },
                { "type": "object", "properties": { "exact": { "type": "string" } } }
            ] },
            "map": { "type": "object", "additionalProperties": { "$ref": "#/$defs/Word" } }
        }
    });
    let found: Vec<String> = fields(&schema)
        .into_iter()
        .map(|(field, words)| format!("{field} {}", words.into_iter().collect::<Vec<_>>().join("|")))
        .collect();
    assert_eq!(
        found,
        [
            "either any",
            "either.exact ",
            "listed x|y",
            "many[].issuer ",
            "map.* one|other",
            "name ",
            "one.issuer ",
            "words one|other"
        ]
    );
    let pair = Pair::denied("/words", json!(["one"]), "identity/subject-mismatch");
    let missing = without_pair(&fields(&schema), &[pair]);
    for missed in ["many[].issuer", "listed: x", "words: other", "either: any", "either.exact", "map.*: one"]
    {
        assert!(missing.contains(&missed.to_owned()), "{missed}: {missing:?}");
    }
    assert!(!missing.contains(&"words: one".to_owned()) && !missing.contains(&"name".to_owned()));
}

/// A pair that does not flip fails, and so does one that flips for another reason.
#[test]
fn a_pair_that_does_not_flip_is_named() {
    let same = Pair::denied("/rules/0/require/sbom", json!("if-bound"), "sbom/missing");
    assert!(same.check().is_err());
    let other = Pair::denied("/rules/0/match/package", json!("pkg:npm/other"), "sbom/missing");
    assert!(other.check().is_err());
    let nothing = Pair::denied("/rules/0/match/package", Value::Null, "sbom/missing");
    assert!(nothing.check().is_err());
}
