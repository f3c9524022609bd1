//! One schema as the keywords that hold together: references followed, unions spread out.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve;
use crate::canonical::Json;

/// References followed one after the other; real schemas need two.
const MAX_HOPS: usize = 16;
/// Members of a union, nested ones included; more are not told apart.
const MAX_ALTERNATIVES: usize = 64;

/// The JSON types, `integer` apart because schemas name it.
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// Keywords that hold together. Where two of one name meet (beside and behind a reference, inside and outside a
/// union), the inner one is kept: it is the one that an editor changes.
#[derive(Clone, Default)]
pub(super) struct Flat<'j> {
    keywords: BTreeMap<&'j str, &'j Json>,
    /// The schema `false`.
    pub(super) never: bool,
}

/// The alternatives that `schema` takes: itself, or the members of its `anyOf` or `oneOf`, each with what stands
/// beside the union.
pub(super) fn alternatives<'j>(root: &'j Json, schema: &'j Json) -> Vec<Flat<'j>> {
    let mut done = Vec::new();
    let mut open = vec![flatten(root, schema, MAX_HOPS)];
    while let Some(mut flat) = open.pop() {
        let union = ["anyOf", "oneOf"].into_iter().find_map(|key| Some((key, flat.get(key)?.as_array()?)));
        match union {
            Some((key, members)) if done.len() + open.len() + members.len() <= MAX_ALTERNATIVES => {
                flat.keywords.remove(key);
                open.extend(members.iter().rev().map(|member| {
                    let mut one = flat.clone();
                    one.overlay(flatten(root, member, MAX_HOPS));
                    one
                }));
            }
            // Too many to tell apart: the union stays a keyword that must not change.
            _ => done.push(flat),
        }
    }
    done
}

fn flatten<'j>(root: &'j Json, schema: &'j Json, hops: usize) -> Flat<'j> {
    let mut flat = Flat { never: schema.as_bool() == Some(false), ..Flat::default() };
    let Some(object) = schema.as_object() else { return flat };
    let target = object.get("$ref").and_then(Json::as_str).and_then(|reference| resolve(root, reference));
    let followed = match (target, hops.checked_sub(1)) {
        (Some(target), Some(hops)) => {
            flat = flatten(root, target, hops);
            true
        }
        _ => false,
    };
    flat.keywords.extend(object.iter().filter(|(key, _)| !(followed && *key == "$ref")));
    flat
}

impl<'j> Flat<'j> {
    pub(super) fn get(&self, keyword: &str) -> Option<&'j Json> {
        self.keywords.get(keyword).copied()
    }

    fn overlay(&mut self, other: Self) {
        self.keywords.extend(other.keywords);
        self.never |= other.never;
    }

    /// The types that can occur: as stated, or those of the values listed, or all.
    pub(super) fn types(&self) -> BTreeSet<&'j str> {
        let stated: Option<BTreeSet<&'j str>> = match self.get("type") {
            Some(Json::String(one)) => Some(BTreeSet::from([one.as_str()])),
            Some(Json::Array(several)) => Some(several.iter().filter_map(Json::as_str).collect()),
            _ => None,
        };
        stated
            .or_else(|| Some(self.values()?.into_iter().map(type_of).collect()))
            .unwrap_or_else(|| TYPES.into_iter().collect())
    }

    /// The values that can occur, where they are listed or follow from the type.
    pub(super) fn values(&self) -> Option<Vec<&'j Json>> {
        if let Some(value) = self.get("const") {
            return Some(vec![value]);
        }
        if let Some(values) = self.get("enum").and_then(Json::as_array) {
            return Some(values.iter().collect());
        }
        match self.get("type").and_then(Json::as_str) {
            Some("boolean") => Some(vec![&Json::Bool(false), &Json::Bool(true)]),
            Some("null") => Some(vec![&Json::Null]),
            _ => None,
        }
    }
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.as_i64().is_some() => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
