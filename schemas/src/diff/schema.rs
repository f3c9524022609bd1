//! Which formerly valid call of a tool no longer is: a comparison of two input schemas.
//!
//! Whether one JSON Schema takes all that another takes cannot be decided in general. What is decided here is
//! decided exactly (types, enumerations, bounds, required and closed objects, unions of these); a condition that
//! changed and is not understood counts as narrower.

mod flat;
mod keywords;

use std::cell::RefCell;
use std::collections::HashMap;

use flat::{Flat, alternatives};

use super::Sign;
use super::class::{Class, Reason};
use crate::canonical::Json;
use crate::pointer::child;

/// Pairs of schemas compared at the most: references could spell out an exponential number.
const MAX_PLACES: usize = 10_000;

/// What a call must now fulfil that it did not have to, and what the schema now takes in addition or drops.
pub(super) fn narrowing(before: &Json, after: &Json) -> Vec<Sign> {
    let anything = Json::Bool(true);
    let old = before.get("inputSchema").unwrap_or(&anything);
    let new = after.get("inputSchema").unwrap_or(&anything);
    let mut comparison = Comparison {
        old_root: old,
        new_root: new,
        left: MAX_PLACES,
        open: Vec::new(),
        same: RefCell::default(),
    };
    let mut signs = Vec::new();
    comparison.schemas("/inputSchema", old, new, &mut signs);
    if comparison.left == 0 {
        signs.push(Sign::at(Reason::ConditionChanged, "/inputSchema"));
    }
    signs
}

struct Comparison<'j> {
    old_root: &'j Json,
    new_root: &'j Json,
    /// How many more pairs may be compared.
    left: usize,
    /// Pairs being compared: a recursive schema is compared once.
    open: Vec<(&'j Json, &'j Json)>,
    /// Pairs whose text was compared already: references lead to the same pair again and again.
    same: RefCell<HashMap<(*const Json, *const Json), bool>>,
}

impl<'j> Comparison<'j> {
    /// Adds what holds at `pointer`, where `old` stood and `new` stands.
    fn schemas(&mut self, pointer: &str, old: &'j Json, new: &'j Json, signs: &mut Vec<Sign>) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let open = |pair: &(&'j Json, &'j Json)| std::ptr::eq(pair.0, old) && std::ptr::eq(pair.1, new);
        if self.same(old, new) || self.open.iter().any(open) {
            return;
        }
        self.open.push((old, new));
        let news = alternatives(self.new_root, new);
        for old in alternatives(self.old_root, old) {
            signs.extend(self.best(pointer, &old, &news));
        }
        self.open.pop();
    }

    /// What the alternative costs that `old` fits best: a union takes what one of its members takes.
    fn best(&mut self, pointer: &str, old: &Flat<'j>, news: &[Flat<'j>]) -> Vec<Sign> {
        let mut best: Option<(usize, Vec<Sign>)> = None;
        for new in news {
            let mut signs = Vec::new();
            self.keywords(pointer, old, new, &mut signs);
            let broken = signs.iter().filter(|sign| sign.reason.class() >= Class::Breaking).count();
            if best.as_ref().is_none_or(|(least, _)| broken < *least) {
                best = Some((broken, signs));
            }
        }
        best.map_or_else(|| vec![Sign::at(Reason::ConditionChanged, pointer)], |(_, signs)| signs)
    }

    /// Equal in text, and in what the text refers to.
    fn same(&self, old: &'j Json, new: &'j Json) -> bool {
        let pair = (std::ptr::from_ref(old), std::ptr::from_ref(new));
        let known = self.same.borrow().get(&pair).copied();
        known.unwrap_or_else(|| {
            let same = old == new && (self.old_root == self.new_root || !refers(old));
            self.same.borrow_mut().insert(pair, same);
            same
        })
    }
}

fn refers(schema: &Json) -> bool {
    match schema {
        Json::Object(object) => object.contains_key("$ref") || object.iter().any(|(_, value)| refers(value)),
        Json::Array(elements) => elements.iter().any(refers),
        _ => false,
    }
}

/// The schema that a local reference names; `None` for remote ones, anchors, and places that are not there.
pub(crate) fn resolve<'j>(root: &'j Json, reference: &str) -> Option<&'j Json> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.contains('%') {
        return None;
    }
    let mut tokens = pointer.split('/');
    if tokens.next() != Some("") {
        return None;
    }
    tokens.try_fold(root, |json, token| {
        let token = token.replace("~1", "/").replace("~0", "~");
        match json {
            Json::Array(elements) => elements.get(token.parse::<usize>().ok()?),
            other => other.get(&token),
        }
    })
}

/// The pointer of a parameter.
fn property(pointer: &str, name: &str) -> String {
    child(&format!("{pointer}/properties"), name)
}
