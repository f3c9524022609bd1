//! Two policies that differ in one field.

use serde_json::Value;

use super::world::World;

/// What comes of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It allows.
    Allowed,
    /// It denies, for this reason first.
    Denied(String),
    /// It cannot decide, for want of this.
    Undecided(String),
    /// It cannot be loaded, for what stands here.
    Refused(String),
}

/// One field, changed in one world.
pub(super) struct Pair {
    world: fn() -> World,
    /// JSON pointer to what changes.
    at: &'static str,
    /// What stands there instead; nothing where it is null.
    to: Value,
    before: Outcome,
    after: Outcome,
}

impl Pair {
    const fn honest(at: &'static str, to: Value, after: Outcome) -> Self {
        Self { world: World::honest, at, to, before: Outcome::Allowed, after }
    }

    /// With `to` at this place what was allowed is denied.
    pub(super) fn denied(at: &'static str, to: Value, code: &str) -> Self {
        Self::honest(at, to, Outcome::Denied(code.into()))
    }

    /// With `to` at this place what was allowed is left open.
    pub(super) fn undecided(at: &'static str, to: Value, code: &str) -> Self {
        Self::honest(at, to, Outcome::Undecided(code.into()))
    }

    /// With `to` at this place the policy cannot be loaded any more, for what stands at `path`.
    pub(super) fn refused(at: &'static str, to: Value, path: &str) -> Self {
        Self::honest(at, to, Outcome::Refused(path.into()))
    }

    /// With `to` at this place what was denied is allowed.
    pub(super) fn allowed(at: &'static str, to: Value, code: &str) -> Self {
        Self { before: Outcome::Denied(code.into()), ..Self::honest(at, to, Outcome::Allowed) }
    }

    /// The same in another world.
    pub(super) fn in_world(self, world: fn() -> World) -> Self {
        Self { world, ..self }
    }

    /// Which field changes: `/signers/0/key` is `signers[].key`.
    pub(super) fn field(&self) -> String {
        let mut field = String::new();
        for part in self.at.split('/').skip(1) {
            match part.parse::<usize>() {
                Ok(_) => field.push_str("[]"),
                Err(_) if field.is_empty() => field.push_str(part),
                Err(_) => field.extend([".", part]),
            }
        }
        field.trim_end_matches("[]").into()
    }

    /// The texts on either side.
    pub(super) fn words(&self) -> Vec<String> {
        let before = (self.world)().policy.pointer(self.at).cloned();
        let texts = |value: &Value| match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        before.iter().chain([&self.to]).flat_map(texts).collect()
    }

    /// The policy on either side.
    pub(super) fn policies(&self) -> [Value; 2] {
        let before = (self.world)().policy;
        let mut after = before.clone();
        put(&mut after, self.at, self.to.clone());
        [before, after]
    }

    /// Whether it comes out as it says on both sides, exactly one of which allows.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut world = (self.world)();
        let before = world.outcome();
        put(&mut world.policy, self.at, self.to.clone());
        let after = world.outcome();
        let flips = (before == Outcome::Allowed) != (after == Outcome::Allowed);
        if (&before, &after) == (&self.before, &self.after) && flips {
            return Ok(());
        }
        Err(format!(
            "{} -> {}: {before:?} -> {after:?}, not {:?} -> {:?}",
            self.at, self.to, self.before, self.after
        ))
    }
}

fn put(policy: &mut Value, at: &str, to: Value) {
    let (parent, member) = at.rsplit_once('/').expect("a pointer");
    match policy.pointer_mut(parent).expect(parent) {
        Value::Object(object) if to.is_null() => drop(object.remove(member)),
        Value::Object(object) => drop(object.insert(member.into(), to)),
        Value::Array(list) => list[member.parse::<usize>().expect("a place in a list")] = to,
        other => panic!("{at}: {other}"),
    }
}
