//! The published JSON Schema refuses nothing that the reader takes, and takes of what the reader refuses only what no schema can
//! say.

use std::collections::BTreeSet;

use mcpsign_verifier::policy::Policy;
use serde_json::{Value, json};

use super::nulls::walk;
use super::pair::Pair;
use super::pairs;

/// What a schema cannot say: problems by their names in `Problem`, and members whose values have a language of their own.
const BEYOND: [&str; 27] = [
    // What a name refers to, and what that may do.
    "Unknown",
    "Unused",
    "NobodyMay",
    "MayNot",
    "NoVex",
    "NobodySpeaks",
    "NotRequired",
    "NoAdvisories",
    // What two members of a list, or of two objects, have to do with each other.
    "DuplicateName",
    "SameSigner",
    "NotDistinct",
    "OneSpeaker",
    "Threshold",
    "Unreachable",
    "Unmeetable",
    "Window",
    // What a text means in a language of its own.
    "Pattern",
    "Expression",
    "Key",
    "License",
    "ToolName",
    "PredicateType",
    "NotEvidence",
    "UnreadType",
    "NeverExcepted",
    // Words of our own that are more than a pattern, and times.
    "Form",
    "Shape",
];

/// Every member of every policy that a pair allows, bent in each of these ways.
#[test]
fn b35_the_schema_is_never_stricter_than_the_reader_and_no_laxer_than_it_must() {
    let published = mcpsign_schemas::json_schema::published();
    let (_, schema) = published.iter().find(|(name, _)| *name == "policy.schema.json").unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let (mut seen, mut stricter, mut laxer) = (BTreeSet::new(), Vec::new(), Vec::new());
    let (mut refused, mut taken) = (0, 0);
    for policy in pairs::all().iter().flat_map(Pair::policies) {
        if load(&policy).is_err() {
            continue;
        }
        for (what, bent) in bent(&policy, &mut seen) {
            match (load(&bent), validator.is_valid(&bent)) {
                (Ok(()), false) => stricter.push(what),
                (Err(problem), true) if !BEYOND.contains(&problem.as_str()) => {
                    laxer.push(format!("{what}: {problem}"))
                }
                (Err(_), false) => refused += 1,
                (Err(_), true) => {}
                (Ok(()), true) => taken += 1,
            }
        }
    }
    assert!(stricter.is_empty(), "refused by the schema alone:\n{}", stricter.join("\n"));
    assert!(laxer.is_empty(), "refused by the reader alone:\n{}", laxer.join("\n"));
    assert!(refused > 1000 && taken > 100, "{refused} refused by both, {taken} taken by both");
}

/// By which problem the reader refuses it.
fn load(policy: &Value) -> Result<(), String> {
    let error = Policy::load(policy.to_string().as_bytes(), "policy.json").err();
    let name =
        |problem: String| problem.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
    error.map_or(Ok(()), |error| Err(name(format!("{:?}", error.problem))))
}

/// The policy with one member changed, for every member that was not seen before.
fn bent(policy: &Value, seen: &mut BTreeSet<String>) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    walk(policy, "", "", &mut places);
    let mut all = Vec::new();
    for (pointer, field) in places.into_iter().filter(|(_, field)| seen.insert(field.clone())) {
        let value = policy.pointer(&pointer).unwrap();
        for to in instead(value) {
            let mut bent = policy.clone();
            bent.pointer_mut(&pointer).unwrap().clone_from(&to);
            all.push((format!("{field} is {to}"), bent));
        }
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let mut without = policy.clone();
        if let Some(object) = without.pointer_mut(parent).and_then(Value::as_object_mut) {
            object.remove(member);
            all.push((format!("{field} is not there"), without));
        }
        if value.is_object() {
            for (name, other) in beside(&field) {
                let mut more = policy.clone();
                more.pointer_mut(&pointer).unwrap()[name] = other;
                all.push((format!("{field} has {name} too"), more));
            }
        }
    }
    all
}

/// What a value could be instead.
fn instead(value: &Value) -> Vec<Value> {
    let mut other = vec![json!(null), json!(true), json!(7), json!({}), json!("x")];
    match value {
        Value::String(text) => {
            let spellings = [
                "",
                " ",
                "*",
                "x y",
                "-",
                "0",
                "any",
                "https://",
                "https://x.example",
                "https://x.example/a/*",
                "refs/",
                "pkg:npm/x",
                "a/*",
                "mcpsign.dev/policy/v2",
            ];
            other.extend(spellings.map(Value::from));
            other.extend(
                [format!(" {text}"), format!("{text}\n"), text.to_uppercase(), "x".repeat(3000)]
                    .map(Value::from),
            );
        }
        Value::Number(_) => other.extend([-1, 0, 1, 2, 3, 4, 100, 101, 3650, 3651, 10_001].map(Value::from)),
        Value::Array(list) => {
            other.push(json!([]));
            other.extend(list.first().map(|first| json!([first, first])));
            other.push(list.iter().take(1).cloned().collect());
        }
        _ => {}
    }
    other
}

/// Members that exclude each other, and one that nobody knows.
fn beside(field: &str) -> Vec<(&'static str, Value)> {
    let mut others = vec![("unheardOf", json!("x"))];
    match field {
        "signers[]" => others.extend([
            ("key", json!("review-2026")),
            ("keys", json!(["review-2026"])),
            ("identity", json!({ "issuer": "https://issuer.example", "subject": "somebody" })),
            ("kinds", json!(["observer"])),
        ]),
        "signers[].identity" => {
            others.extend([("subject", json!("somebody")), ("subjectPattern", json!("*@acme.example"))])
        }
        "namespaces[]" => others.extend([("server", json!("@x/y")), ("endpoint", json!("x.example"))]),
        "rules[].require.continuity" => others.extend([
            ("firstSeen", json!("allow")),
            ("toolsChanged", json!("note")),
            ("coolDown", json!({ "days": 1, "severity": "note" })),
        ]),
        _ => {}
    }
    others
}
