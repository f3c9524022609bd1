//! A member without value is refused by the reader and by the published JSON Schema alike.

use std::collections::BTreeSet;

use mcpsign_schemas::policy::{LoadedPolicy, Problem};
use serde_json::Value;

use super::pair::Pair;
use super::pairs;
use super::schema::fields;

/// Every policy that a pair allows or denies, with each of its members in turn without value.
#[test]
fn b36_no_field_may_be_null_for_the_reader_or_the_schema() {
    let published = mcpsign_schemas::json_schema::published();
    let (_, schema) = published.iter().find(|(name, _)| *name == "policy.schema.json").unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let mut seen = BTreeSet::new();
    for policy in pairs::all().iter().flat_map(Pair::policies) {
        let load = |policy: &Value| LoadedPolicy::load(policy.to_string().as_bytes(), "policy.json");
        if load(&policy).is_err() {
            continue;
        }
        let mut places = Vec::new();
        walk(&policy, "", "", &mut places);
        let new: Vec<_> = places.into_iter().filter(|(_, field)| seen.insert(field.clone())).collect();
        if !new.is_empty() {
            let errors: Vec<String> = validator.iter_errors(&policy).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{policy}: {errors:?}");
        }
        for (place, field) in new {
            let mut bent = policy.clone();
            *bent.pointer_mut(&place).unwrap() = Value::Null;
            assert!(load(&bent).is_err_and(|error| error.problem == Problem::Null), "{field}");
            assert!(!validator.is_valid(&bent), "{field} may be null by the schema");
        }
    }
    let unseen: Vec<String> = fields(schema).into_keys().filter(|field| !seen.contains(field)).collect();
    assert!(unseen.is_empty(), "no pair has {unseen:?}");
}

/// JSON pointers of all members and elements, with the field that each is.
pub(super) fn walk(value: &Value, pointer: &str, field: &str, places: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                let field = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                places.push((pointer.clone(), field.clone()));
                walk(member, &pointer, &field, places);
            }
        }
        Value::Array(list) => {
            for (at, element) in list.iter().enumerate() {
                let (pointer, field) = (format!("{pointer}/{at}"), format!("{field}[]"));
                places.push((pointer.clone(), field.clone()));
                walk(element, &pointer, &field, places);
            }
        }
        _ => {}
    }
}
