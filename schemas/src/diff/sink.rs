//! Parameters that take free text: where a model can be made to write out what it knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Json, Object};
use crate::pointer::child;

/// Longest text that carries no secret worth the name: a word, a code, a date.
const SHORT: u64 = 32;
/// References followed one after the other; real schemas need two.
const MAX_HOPS: usize = 16;
/// Places visited at the most; a schema of 64 levels could spell out an exponential number by references.
const MAX_PLACES: usize = 10_000;

/// Pointers to the parameters of a tool that take free text. A schema too large to walk is one sink as a whole.
pub(crate) fn sinks(tool: &Json) -> BTreeSet<String> {
    walked(tool).found
}

/// Pointers to where members that nobody declares were refused, or could be no free text, and may now be anything.
pub(super) fn opened(before: &Json, after: &Json) -> Vec<String> {
    let (before, after) = (walked(before).undeclared, walked(after));
    let any = after.undeclared.iter().filter(|(_, any)| **any).map(|(pointer, _)| pointer);
    // An object that declares no member is a sink as a whole.
    any.filter(|pointer| before.get(*pointer) == Some(&false) && !after.found.contains(*pointer))
        .map(|pointer| child(pointer, "additionalProperties"))
        .collect()
}

fn walked(tool: &Json) -> Walk<'_> {
    static NONE: Json = Json::Bool(false);
    let schema = tool.get("inputSchema").unwrap_or(&NONE);
    let mut walk =
        Walk { root: schema, found: BTreeSet::new(), undeclared: BTreeMap::new(), left: MAX_PLACES };
    // The arguments object itself is no parameter.
    walk.inside("/inputSchema", schema, 0);
    if walk.left == 0 {
        walk.found.insert("/inputSchema".to_owned());
    }
    walk
}

struct Walk<'j> {
    root: &'j Json,
    found: BTreeSet<String>,
    /// Objects, and whether members that they do not declare may be anything.
    undeclared: BTreeMap<String, bool>,
    left: usize,
}

impl<'j> Walk<'j> {
    fn visit(&mut self, pointer: &str, schema: &'j Json, hops: usize) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        if takes_text(schema) {
            self.found.insert(pointer.to_owned());
        }
        self.inside(pointer, schema, hops);
    }

    fn inside(&mut self, pointer: &str, schema: &'j Json, hops: usize) {
        let Some(object) = schema.as_object() else { return };
        if object.contains_key("properties") || is_of(object, "object") {
            let any = takes_undeclared(object);
            self.undeclared.entry(pointer.to_owned()).and_modify(|all| *all &= any).or_insert(any);
        }
        for (key, value) in object.iter() {
            let place = child(pointer, key);
            match (key, value) {
                ("then" | "else", branch) if only_restricts(branch, object) => {}
                ("properties" | "patternProperties" | "dependentSchemas", Json::Object(members)) => {
                    members.iter().for_each(|(name, schema)| self.visit(&child(&place, name), schema, hops));
                }
                // An array of `items` is what `prefixItems` was before.
                ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Json::Array(schemas)) => {
                    let holds_besides = matches!(key, "anyOf" | "oneOf" | "allOf");
                    schemas
                        .iter()
                        .enumerate()
                        .filter(|(_, schema)| !(holds_besides && only_restricts(schema, object)))
                        .for_each(|(n, schema)| self.visit(&format!("{place}/{n}"), schema, hops));
                }
                // `true` and `{}` here are the default of the language, not a parameter.
                ("additionalProperties" | "unevaluatedProperties", Json::Object(members))
                    if members.is_empty() => {}
                (
                    "items" | "contains" | "then" | "else" | "additionalProperties" | "unevaluatedProperties",
                    Json::Object(_),
                ) => {
                    self.visit(&place, value, hops);
                }
                ("$ref", Json::String(target)) if hops < MAX_HOPS => {
                    if let Some(schema) = super::schema::resolve(self.root, target) {
                        self.visit(pointer, schema, hops + 1);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a schema, taken by itself, lets any text through.
fn takes_text(schema: &Json) -> bool {
    let Some(object) = schema.as_object() else { return schema.as_bool() == Some(true) };
    let string = match object.get("type") {
        Some(_) => is_of(object, "string"),
        // Without a type a schema takes everything, unless what it refers to says otherwise.
        None => {
            !["enum", "const", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|key| object.contains_key(key))
        }
    };
    let short = object.get("maxLength").and_then(Json::as_u64).is_some_and(|max| max <= SHORT);
    let listed = object.contains_key("enum") || object.contains_key("const");
    let formatted = object.get("format").and_then(Json::as_str).is_some_and(is_narrow_format);
    let matched = object.get("pattern").and_then(Json::as_str).is_some_and(is_narrow_pattern);
    (string && !(short || listed || formatted || matched))
        || (!listed
            && ((is_of(object, "object") && takes_members(object))
                || (is_of(object, "array") && takes_elements(object))))
}

/// Whether a schema names this type.
fn is_of(schema: &Object, name: &str) -> bool {
    match schema.get("type") {
        Some(Json::Array(types)) => types.iter().any(|one| one.as_str() == Some(name)),
        Some(one) => one.as_str() == Some(name),
        None => false,
    }
}

/// Whether a schema that holds besides an object's own takes nothing that this does not: it asks for members that are declared
/// there, or forbids some.
fn only_restricts(schema: &Json, own: &Object) -> bool {
    let declared = own.get("properties").and_then(Json::as_object);
    let (Some(schema), Some(declared), Some("object")) =
        (schema.as_object(), declared, own.get("type").and_then(Json::as_str))
    else {
        return false;
    };
    let is_declared = |name: &Json| name.as_str().is_some_and(|name| declared.contains_key(name));
    !schema.is_empty()
        && schema.sorted().all(|(key, value)| match key {
            "required" => value.as_array().is_some_and(|names| names.iter().all(is_declared)),
            "not" | "minProperties" | "maxProperties" | "title" | "description" | "$comment" => true,
            _ => false,
        })
}

/// Whether the members of an object are anybody's: none is declared, and none is refused.
fn takes_members(schema: &Object) -> bool {
    /// They say what there may be, or refer to what does.
    const SAYS: [&str; 6] = ["patternProperties", "propertyNames", "$ref", "anyOf", "oneOf", "allOf"];
    let declares = schema.get("properties").and_then(Json::as_object).is_some_and(|all| !all.is_empty());
    !declares && !SAYS.iter().any(|name| schema.contains_key(name)) && takes_undeclared(schema)
}

/// Whether the members of an object that it does not declare may be anything.
fn takes_undeclared(schema: &Object) -> bool {
    let limits = |name: &&str| match schema.get(name) {
        None | Some(Json::Bool(true)) => false,
        Some(Json::Object(rest)) => !rest.is_empty(),
        Some(_) => true,
    };
    !["enum", "const"].iter().any(|name| schema.contains_key(name))
        && !["additionalProperties", "unevaluatedProperties"].iter().any(limits)
}

/// Whether the elements of an array are anything: nothing says what they are. An empty schema of theirs is a place of its own.
fn takes_elements(schema: &Object) -> bool {
    const SAYS: [&str; 5] = ["prefixItems", "$ref", "anyOf", "oneOf", "allOf"];
    schema.get("items").is_none_or(|items| items.as_bool() == Some(true))
        && !SAYS.iter().any(|name| schema.contains_key(name))
}

/// Formats without room for text. A `uri` or an `email` has plenty.
fn is_narrow_format(format: &str) -> bool {
    matches!(format, "date" | "time" | "date-time" | "duration" | "uuid" | "ipv4" | "ipv6")
}

/// Anchored at both ends, without a wildcard and without open repetition: `.*` is a pattern, too.
fn is_narrow_pattern(pattern: &str) -> bool {
    let body = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    body.is_some_and(|body| {
        let body = body.replace("\\.", "");
        !["|", ".", "*", "+", ",}", "[^", "\\S", "\\W", "\\D", "\\p", "\\P"]
            .iter()
            .any(|wild| body.contains(wild))
    })
}
