//! Whatever stands in a field in place of what may stand there is refused with its place, in words of the document.

use std::collections::BTreeSet;

use mcpsign_verifier::policy::{Policy, PolicyError};
use serde_json::{Value, json};

use super::nulls::walk;
use super::pair::Pair;
use super::pairs;
use super::schema::fields;

/// Every field, and every object and list of a policy, as each of the other kinds of JSON and as nothing.
#[test]
fn b36_a_value_of_another_kind_is_refused_in_words_of_the_document() {
    let published = mcpsign_schemas::json_schema::published();
    let (_, schema) = published.iter().find(|(name, _)| *name == "policy.schema.json").unwrap();
    let (mut seen, mut wrong, mut refused) = (BTreeSet::new(), Vec::new(), 0);
    for policy in pairs::all().iter().flat_map(Pair::policies) {
        let json = policy.to_string();
        if Policy::load(json.as_bytes(), "policy.json").is_err() {
            continue;
        }
        let mut places = Vec::new();
        walk(&policy, "", "", &mut places);
        for (pointer, field) in places.into_iter().filter(|(_, field)| seen.insert(field.clone())) {
            let value = policy.pointer(&pointer).unwrap();
            for to in other_kinds(value) {
                let mut bent = policy.clone();
                bent.pointer_mut(&pointer).unwrap().clone_from(&to);
                // YAML takes JSON that is spread over lines, and has places of its own.
                let text = serde_json::to_string_pretty(&bent).unwrap();
                for file in ["policy.json", "policy.yaml"] {
                    match Policy::load(text.as_bytes(), file) {
                        Ok(_) => wrong.push(format!("{field} is {to}: loads")),
                        Err(error) => wrong
                            .extend(fault(&error).map(|what| format!("{field} is {to}: {what}: {error}"))),
                    }
                    refused += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unseen: Vec<String> = fields(schema).into_keys().filter(|field| !seen.contains(field)).collect();
    assert!(unseen.is_empty() && refused > 1500, "{refused} refused; no pair has {unseen:?}");
}

/// What no value of this kind is, and what is empty.
fn other_kinds(value: &Value) -> Vec<Value> {
    let all = [
        json!(true),
        json!(7),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!(["x"]),
        json!([7]),
        json!({ "x": 1 }),
        json!({ "x": 1, "y": [] }),
    ];
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    };
    let empty = [json!(null), json!(""), json!([]), json!({})];
    all.into_iter().filter(|other| kind(other) != kind(value)).chain(empty).collect()
}

/// What is wrong with an error.
fn fault(error: &PolicyError) -> Option<String> {
    let shown = error.to_string();
    let plain = outside_quotes(&error.problem.to_string());
    let mut words = plain.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours =
        ["struct", "enum", "variant", "sequence", "map", "unit", "newtype", "option", "tuple", "usize"];
    let of_rust = |word: &str| {
        let inner_capital = word.chars().skip(1).any(|c| c.is_ascii_uppercase())
            && word.chars().any(|c| c.is_ascii_lowercase());
        let sized =
            word.strip_prefix(['u', 'i', 'f']).is_some_and(|rest| ["8", "16", "32", "64"].contains(&rest));
        ours.contains(&word) || sized || (inner_capital && !["OpenVEX", "CycloneDX"].contains(&word))
    };
    if let Some(word) = words.find(|word| of_rust(word)) {
        return Some(format!("names `{word}`"));
    }
    let clauses: Vec<&str> = shown.split(": ").collect();
    if clauses.windows(2).any(|two| two[0] == two[1]) {
        return Some("says it twice".into());
    }
    let place = error.position.map(|at| format!("{}:{}:{}: ", error.file, at.line, at.column));
    let placed = place.is_some_and(|place| shown.starts_with(&place));
    (!placed).then(|| "has no place".into())
}

/// A message without what it quotes, which is the document's.
fn outside_quotes(message: &str) -> String {
    message.split('`').step_by(2).collect()
}

/// A key that cannot be read is said to be so once.
#[test]
fn b36_why_a_key_cannot_be_used_is_said_once() {
    let mut policy = super::World::honest().policy;
    for pem in [
        "-----BEGIN RSA KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "no key",
    ] {
        policy["keys"][0]["publicKey"] = json!(pem);
        let error = Policy::load(policy.to_string().as_bytes(), "policy.json").unwrap_err();
        assert_eq!(error.to_string().matches("cannot be used").count(), 1, "{error}");
        assert!(error.position.is_some() && error.hint().is_some(), "{error}");
    }
}
