//! The keywords of two alternatives, one group after the other.

use std::collections::BTreeSet;

use super::flat::Flat;
use super::{Comparison, property};
use crate::canonical::{Json, Object};
use crate::diff::Sign;
use crate::diff::class::Reason;
use crate::pointer::child;

/// A lower bound may only fall; absent is the same as zero for counts.
const LOWER: [(&str, &str); 6] = [
    ("minimum", "number"),
    ("exclusiveMinimum", "number"),
    ("minLength", "string"),
    ("minItems", "array"),
    ("minProperties", "object"),
    ("minContains", "array"),
];
/// An upper bound may only rise.
const UPPER: [(&str, &str); 6] = [
    ("maximum", "number"),
    ("exclusiveMaximum", "number"),
    ("maxLength", "string"),
    ("maxItems", "array"),
    ("maxProperties", "object"),
    ("maxContains", "array"),
];
/// Keywords that are held to be equal: what they let through is not compared.
const CONDITIONS: [(&str, &str); 19] = [
    ("pattern", "string"),
    ("format", "string"),
    ("contentEncoding", "string"),
    ("contentMediaType", "string"),
    ("prefixItems", "array"),
    ("contains", "array"),
    ("unevaluatedItems", "array"),
    ("additionalItems", "array"),
    ("patternProperties", "object"),
    ("propertyNames", "object"),
    ("unevaluatedProperties", "object"),
    ("dependentRequired", "object"),
    ("dependentSchemas", "object"),
    ("dependencies", "object"),
    ("not", ""),
    ("if", ""),
    ("anyOf", ""),
    ("oneOf", ""),
    ("$ref", ""),
];
static TRUE: Json = Json::Bool(true);

impl<'j> Comparison<'j> {
    /// Adds what `new` demands of a value that `old` took.
    pub(super) fn keywords(&mut self, pointer: &str, old: &Flat<'j>, new: &Flat<'j>, signs: &mut Vec<Sign>) {
        if old.never {
            return;
        }
        let types = old.types();
        let missing =
            |t: &&str| !(new.types().contains(t) || (*t == "integer" && new.types().contains("number")));
        if new.never || types.iter().any(missing) {
            signs.push(Sign::at(Reason::TypeNarrowed, pointer));
            // Of another type, every other keyword differs, too; once is enough.
            return;
        }
        values(pointer, old, new, signs);
        bounds(pointer, old, new, &types, signs);
        self.conditions(pointer, old, new, &types, signs);
        if types.contains("array") {
            self.items(pointer, old, new, signs);
        }
        if types.contains("object") {
            required(pointer, old, new, signs);
            self.properties(pointer, old, new, signs);
        }
    }

    fn conditions(
        &self,
        pointer: &str,
        old: &Flat<'j>,
        new: &Flat<'j>,
        types: &BTreeSet<&str>,
        signs: &mut Vec<Sign>,
    ) {
        let mut demand =
            |keyword: &str| signs.push(Sign::at(Reason::ConditionChanged, child(pointer, keyword)));
        for (keyword, of) in CONDITIONS {
            let holds = |new| old.get(keyword).is_some_and(|old| self.same(old, new));
            if applies(of, types) && new.get(keyword).is_some_and(|new| !holds(new)) {
                demand(keyword);
            }
        }
        // `then` and `else` say nothing without `if`.
        let branches = |flat: &Flat<'j>| ["then", "else"].map(|keyword| flat.get(keyword));
        if new.get("if").is_some() && branches(old) != branches(new) {
            demand("if");
        }
        let parts = |flat: &Flat<'j>| flat.get("allOf").and_then(Json::as_array).unwrap_or_default();
        if parts(new).iter().any(|part| !parts(old).iter().any(|old| self.same(old, part))) {
            demand("allOf");
        }
    }

    fn items(&mut self, pointer: &str, old: &Flat<'j>, new: &Flat<'j>, signs: &mut Vec<Sign>) {
        let place = child(pointer, "items");
        match (old.get("items").unwrap_or(&TRUE), new.get("items").unwrap_or(&TRUE)) {
            // The older form of `prefixItems`.
            (old, new @ Json::Array(_)) if !self.same(old, new) => {
                signs.push(Sign::at(Reason::ConditionChanged, place))
            }
            (_, Json::Array(_)) => {}
            (Json::Array(_), new) if *new == TRUE => {}
            (Json::Array(_), _) => signs.push(Sign::at(Reason::ConditionChanged, place)),
            (old, new) => self.schemas(&place, old, new, signs),
        }
    }

    fn properties(&mut self, pointer: &str, old: &Flat<'j>, new: &Flat<'j>, signs: &mut Vec<Sign>) {
        let rest = |flat: &Flat<'j>| flat.get("additionalProperties").unwrap_or(&TRUE);
        let (old_rest, new_rest) = (rest(old), rest(new));
        let is_false = |json: &Json| json.as_bool() == Some(false);
        let closed = is_false(new_rest) || new.get("unevaluatedProperties").is_some_and(is_false);
        let declared = new.get("properties").and_then(Json::as_object);
        for (name, schema) in members(old) {
            let place = property(pointer, name);
            match declared.and_then(|declared| declared.get(name)) {
                Some(new) => self.schemas(&place, schema, new, signs),
                None if closed => signs.push(Sign::at(Reason::ParameterGone, place)),
                None => {
                    signs.push(Sign::at(Reason::ParameterDropped, place.clone()));
                    self.schemas(&place, schema, new_rest, signs);
                }
            }
        }
        let place = child(pointer, "additionalProperties");
        match (is_false(old_rest), is_false(new_rest)) {
            (false, true) => signs.push(Sign::at(Reason::Closed, place)),
            (true, false) => signs.push(Sign::at(Reason::Opened, place)),
            _ => self.schemas(&place, old_rest, new_rest, signs),
        }
    }
}

/// The declared parameters.
fn members<'j>(flat: &Flat<'j>) -> impl Iterator<Item = (&'j str, &'j Json)> {
    flat.get("properties").and_then(Json::as_object).into_iter().flat_map(Object::iter)
}

fn required(pointer: &str, old: &Flat<'_>, new: &Flat<'_>, signs: &mut Vec<Sign>) {
    let names = |flat: &Flat<'_>| -> BTreeSet<String> {
        let names = flat.get("required").and_then(Json::as_array).unwrap_or_default();
        names.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let old = names(old);
    signs.extend(
        names(new).difference(&old).map(|name| Sign::at(Reason::NewRequired, property(pointer, name))),
    );
}

fn values(pointer: &str, old: &Flat<'_>, new: &Flat<'_>, signs: &mut Vec<Sign>) {
    let listed = new.get("const").is_some() || new.get("enum").is_some();
    let Some(new) = new.values().filter(|_| listed) else { return };
    let new: BTreeSet<Vec<u8>> = new.into_iter().map(Json::to_canonical).collect();
    let kept = old.values().is_some_and(|old| old.iter().all(|value| new.contains(&value.to_canonical())));
    if !kept {
        signs.push(Sign::at(Reason::ValuesNarrowed, pointer));
    }
}

fn bounds(pointer: &str, old: &Flat<'_>, new: &Flat<'_>, types: &BTreeSet<&str>, signs: &mut Vec<Sign>) {
    let mut demand = |keyword: &str| signs.push(Sign::at(Reason::BoundNarrowed, child(pointer, keyword)));
    let number =
        |flat: &Flat<'_>, keyword| flat.get(keyword).and_then(Json::as_number).map(|number| number.as_f64());
    for (keyword, of) in LOWER {
        let none = if of == "number" { f64::NEG_INFINITY } else { 0.0 };
        if applies(of, types)
            && number(new, keyword).is_some_and(|new| new > number(old, keyword).unwrap_or(none))
        {
            demand(keyword);
        }
    }
    for (keyword, of) in UPPER {
        if applies(of, types)
            && number(new, keyword).is_some_and(|new| new < number(old, keyword).unwrap_or(f64::INFINITY))
        {
            demand(keyword);
        }
    }
    let coarser = |new: f64| number(old, "multipleOf").is_none_or(|old| old % new != 0.0);
    if applies("number", types) && number(new, "multipleOf").is_some_and(coarser) {
        demand("multipleOf");
    }
    let unique = |flat: &Flat<'_>| flat.get("uniqueItems").and_then(Json::as_bool) == Some(true);
    if applies("array", types) && unique(new) && !unique(old) {
        demand("uniqueItems");
    }
}

/// Whether a keyword for values of type `of` can bite; the empty type is for all.
fn applies(of: &str, types: &BTreeSet<&str>) -> bool {
    of.is_empty() || types.contains(of) || (of == "number" && types.contains("integer"))
}
