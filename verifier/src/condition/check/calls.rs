//! Operators and functions: those of CEL that are total or err, and two of ours.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators as op};
use mcpsign_schemas::time;
use regex::RegexBuilder;

use super::{Checker, Fault, Type, Typed, anchor, fault, vacuous};
use crate::condition::cost::{Cost, Size};

/// A text that must match a pattern as a whole.
pub(in crate::condition) const FULL_MATCH: &str = "full_match";
/// Seconds since 1970 of a time that is written out.
const TIME: &str = "time";
/// Bytes of a compiled pattern at the most.
const MAX_PATTERN: usize = 1 << 18;

/// Texts that nothing but what takes every text has in common.
const OTHERWISE: [&str; 5] = ["", " ", "a", "\u{1}Z-9/", "https://acme.example/%C3%A9#\u{10ffff}"];

type Part<'e> = (&'e IdedExpr, Type);

/// The type of an operator's or function's value.
pub(super) fn function(node: &IdedExpr, name: &str, parts: &[Part<'_>]) -> Result<Typed, Fault> {
    use Type::{Bool, Int, Texts};
    let types: Vec<&Type> = parts.iter().map(|(_, ty)| ty).collect();
    Ok(match (name, types.as_slice()) {
        (op::LOGICAL_AND | op::LOGICAL_OR, [Bool, Bool])
        | (op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE, [Bool]) => (Bool, Cost::one()),
        (op::CONDITIONAL, [Bool, one, other]) if one == other || one.compares(other) => {
            (if one == other { (*one).clone() } else { Type::Text }, Cost::one())
        }
        (op::EQUALS | op::NOT_EQUALS, [one, other]) if one.compares(other) => {
            possible(parts)?;
            (Bool, Cost::text())
        }
        // Texts are not put in order: as one, version 1.10 comes before 1.9.
        (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [Int, Int]) => (Bool, Cost::one()),
        (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, [Int, Int])
        | (op::NEGATE, [Int]) => (Int, Cost::one()),
        // With a literal on one side a text grows by what the expression holds, never by itself.
        (op::ADD, [one, other])
            if one.is_text() && other.is_text() && parts.iter().any(|(part, _)| text(part).is_some()) =>
        {
            (Type::Text, Cost::text())
        }
        (op::IN, [one, Type::List(of, size)]) if one.compares(of) => {
            for element in elements(parts) {
                possible(&[(element, Type::Text), parts.first().cloned().unwrap_or((node, Type::Text))])?;
            }
            (Bool, Cost::text().over(*size).add(Cost::one()))
        }
        (op::IN, [one, Texts]) if one.is_text() => (Bool, Cost::text()),
        (op::INDEX, [Type::List(of, _), Int]) => ((**of).clone(), Cost::one()),
        (op::INDEX, [Texts, key]) if key.is_text() => (Type::Text, Cost::text()),
        ("size", [Type::List(..) | Texts]) => (Int, Cost::one()),
        ("size", [one]) if one.is_text() => (Int, Cost::text()),
        _ => return fault(node, unknown(name, &types)),
    })
}

impl Checker {
    /// The type of a method's value; the target comes first.
    pub(super) fn method(&mut self, node: &IdedExpr, name: &str, parts: &[Part<'_>]) -> Result<Typed, Fault> {
        let types: Vec<&Type> = parts.iter().map(|(_, ty)| ty).collect();
        Ok(match (name, types.as_slice()) {
            ("contains" | "startsWith" | "endsWith", [one, other]) if one.is_text() && other.is_text() => {
                if let Some((part, _)) = parts.get(1) {
                    if text(part) == Some("") {
                        return vacuous(part, "every text has an empty one in it");
                    }
                    if **one == Type::Identity && !self.negated {
                        anchor::literal(name, part)?;
                    }
                }
                (Type::Bool, Cost::text())
            }
            (FULL_MATCH, [one, other]) if one.is_text() && other.is_text() => {
                let pattern = parts.get(1).and_then(|(part, _)| Some((*part, text(part)?)));
                let Some((part, pattern)) = pattern else {
                    return fault(node, "the pattern of `full_match` is written out as a text");
                };
                self.pattern(part, pattern)?;
                if **one == Type::Identity && !self.negated {
                    anchor::pattern(part, pattern)?;
                }
                (Type::Bool, Cost { texts: 8, ..Cost::text() })
            }
            ("size", [_]) => return function(node, name, parts),
            _ => return fault(node, unknown(name, &types)),
        })
    }

    fn pattern(&mut self, node: &IdedExpr, pattern: &str) -> Result<(), Fault> {
        if self.patterns.contains_key(pattern) {
            return Ok(());
        }
        let compiled = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MAX_PATTERN).build();
        // By itself, too: `a)|(b` is none, and would not be held at both ends.
        let alone = RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build();
        match (compiled, alone) {
            (Ok(compiled), Ok(_)) if OTHERWISE.iter().all(|text| compiled.is_match(text)) => {
                vacuous(node, "every text matches it")
            }
            (Ok(compiled), Ok(_)) => {
                self.patterns.insert(pattern.to_owned(), compiled);
                Ok(())
            }
            (Err(error), _) | (_, Err(error)) => {
                let error = error.to_string();
                let last = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                fault(node, format!("the pattern cannot be used: {last}"))
            }
        }
    }
}

/// A text that a fact can never be would make a condition that is always true or never.
fn possible(parts: &[Part<'_>]) -> Result<(), Fault> {
    let written = || parts.iter().filter_map(|(part, _)| Some((*part, text(part)?)));
    for (part, ty) in parts {
        match ty {
            Type::Word(words) => {
                if let Some((part, text)) = written().find(|(_, text)| !words.contains(text)) {
                    return fault(part, format!("it is never `{text}`, but one of {}", words.join(", ")));
                }
            }
            Type::Identity => {
                let is_none = |text: &str| text.is_empty() || (text.contains('*') && !is_called(part));
                if let Some((part, text)) = written().find(|(_, text)| is_none(text)) {
                    return vacuous(
                        part,
                        format!("it is never `{text}`: here a text is what it is, and no pattern"),
                    );
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A server's name: what it is called is somebody's word, and may have a star.
fn is_called(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Select(select) if select.field == "name")
}

/// The elements of a list that is written out on the right side.
fn elements<'e>(parts: &[Part<'e>]) -> impl Iterator<Item = &'e IdedExpr> {
    parts.get(1).into_iter().flat_map(|(part, _)| match &part.expr {
        Expr::List(list) => list.elements.as_slice(),
        _ => &[],
    })
}

pub(super) fn text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn unknown(name: &str, types: &[&Type]) -> String {
    let given: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
    let given = if given.is_empty() { "nothing".into() } else { given.join(" and ") };
    match name {
        "matches" => {
            "`matches` finds a pattern anywhere; `full_match` holds the whole text against one".into()
        }
        "timestamp" | "duration" => {
            "times are seconds: `time(\"2026-01-01T00:00:00Z\")`, and a day is 86400".into()
        }
        _ => match readable(name) {
            Some(operator) => format!("`{operator}` does not take {given}"),
            None if is_function(name) => format!("`{name}` does not take {given}"),
            None => format!("there is no function `{}`", name.chars().take(64).collect::<String>()),
        },
    }
}

fn is_function(name: &str) -> bool {
    ["size", "contains", "startsWith", "endsWith", FULL_MATCH, TIME].contains(&name)
        || ["has", "all", "exists", "exists_one", "map", "filter"].contains(&name)
}

/// An operator as it is written.
fn readable(name: &str) -> Option<&str> {
    Some(match name {
        op::CONDITIONAL => "? :",
        op::IN => "in",
        op::INDEX => "[]",
        op::OPT_INDEX | op::OPT_SELECT => "?",
        _ if name.contains('_') && !name.chars().any(char::is_alphanumeric) => name.trim_matches('_'),
        _ => return None,
    })
}

/// Puts the seconds in place of every `time("…")`.
pub(super) fn write_out_times(node: &mut IdedExpr) -> Result<(), Fault> {
    let seconds = match &node.expr {
        Expr::Call(call) if call.target.is_none() && call.func_name == TIME => {
            let time = match call.args.as_slice() {
                [only] => text(only).and_then(time::parse),
                _ => None,
            };
            match time {
                Some(time) => Some(time.as_second()),
                None => return fault(node, "`time` takes a time as `\"2026-01-01T00:00:00Z\"`, written out"),
            }
        }
        _ => None,
    };
    if let Some(seconds) = seconds {
        node.expr = Expr::Literal(LiteralValue::Int(seconds.into()));
        return Ok(());
    }
    match &mut node.expr {
        Expr::Call(call) => {
            call.target.as_deref_mut().map_or(Ok(()), write_out_times)?;
            call.args.iter_mut().try_for_each(write_out_times)
        }
        Expr::Comprehension(all) => {
            write_out_times(&mut all.iter_range)?;
            write_out_times(&mut all.loop_step)
        }
        Expr::List(list) => list.elements.iter_mut().try_for_each(write_out_times),
        Expr::Select(select) => write_out_times(&mut select.operand),
        Expr::Map(_) | Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Ok(()),
    }
}

/// Elements that a loop looks at, and what it costs to look at one.
pub(super) fn looked_at(size: Size, body: Cost) -> Cost {
    // The interpreter copies each element.
    body.add(Cost { steps: 8, texts: 1, loops: Vec::new() }).over(size)
}
