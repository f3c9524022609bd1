//! The fields of a JSON Schema.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Every field that holds no others, such as `signers[].identity.issuer`, and the words that it can be. A list of words or
/// texts is one field.
pub(super) fn fields(schema: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields = BTreeMap::new();
    walk(schema, schema, "", &mut fields);
    fields
}

fn walk(root: &Value, schema: &Value, path: &str, fields: &mut BTreeMap<String, BTreeSet<String>>) {
    let field = path.trim_end_matches("[]");
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let definition = root.pointer(reference.trim_start_matches('#')).expect("a definition");
        return walk(root, definition, path, fields);
    }
    for combined in ["oneOf", "anyOf", "allOf"] {
        for variant in schema.get(combined).and_then(Value::as_array).into_iter().flatten() {
            walk(root, variant, path, fields);
        }
    }
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    for word in schema.get("const").into_iter().chain(listed).filter_map(Value::as_str) {
        fields.entry(field.into()).or_default().insert(word.into());
    }
    for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        walk(root, member, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, fields);
    }
    if let Some(items) = schema.get("items") {
        walk(root, items, &format!("{path}[]"), fields);
    }
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        walk(root, values, &format!("{path}.*"), fields);
    }
    let is = |name: &str| match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(some)) => some.iter().any(|one| one == name),
        _ => false,
    };
    if ["string", "integer", "number", "boolean"].into_iter().any(is) {
        fields.entry(field.into()).or_default();
    }
}
