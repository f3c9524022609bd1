//! The type of an expression, before anything is evaluated: whatever is no fact, no function of ours or no truth value is an
//! error here. CEL itself would say so only when it gets there, which it may never do.

mod anchor;
mod calls;
mod loops;
mod vacuous;

use std::collections::{BTreeMap, BTreeSet};

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, ListExpr, LiteralValue, SelectExpr, operators as op};
use mcpsign_schemas::policy::ExpressionFault;
use regex::Regex;

pub(super) use calls::FULL_MATCH;

use self::vacuous::{Knowledge, Known};
use super::cost::{Cost, Size};
use super::shape::{FACTS, Member, Shape};
use super::{ExpressionError, parse};

/// What is known of an expression that can be evaluated.
pub(super) struct Checked {
    pub(super) cost: Cost,
    pub(super) uses: BTreeSet<&'static str>,
    pub(super) uses_lint: bool,
    pub(super) patterns: BTreeMap<String, Regex>,
}

/// Checks an expression, and writes the times in it out as numbers.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub(super) fn check(expression: &mut IdedExpr, source: &str) -> Result<Checked, ExpressionError> {
    let mut checker = Checker::default();
    let cost = calls::write_out_times(expression).and_then(|()| checker.condition(expression));
    match cost {
        Ok(cost) => {
            Ok(Checked { cost, uses: checker.uses, uses_lint: checker.uses_lint, patterns: checker.patterns })
        }
        Err(Fault { at, kind, what }) => Err(ExpressionError { at: parse::place(source, at), kind, what }),
    }
}

/// A node at fault, and what is wrong with it.
struct Fault {
    at: u64,
    kind: ExpressionFault,
    what: String,
}

fn fault<T>(node: &IdedExpr, what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at: node.id, kind: ExpressionFault::Unusable, what: what.into() })
}

/// It comes out the same whatever is verified.
fn vacuous<T>(node: &IdedExpr, what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at: node.id, kind: ExpressionFault::Vacuous, what: what.into() })
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq)]
enum Type {
    Bool,
    Int,
    Text,
    /// A text by which somebody or something is known.
    Identity,
    Word(&'static [&'static str]),
    List(Box<Type>, Size),
    Object(&'static str, Members),
    Texts,
}

/// Members of an object, told apart by where they are written down.
#[derive(Debug, Clone, Copy)]
struct Members(&'static [Member]);

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Type {
    fn of(name: &'static str, shape: &'static Shape) -> Self {
        match shape {
            Shape::Bool => Self::Bool,
            Shape::Int | Shape::AtLeast(_) => Self::Int,
            Shape::Text => Self::Text,
            Shape::Identity => Self::Identity,
            Shape::Word(words) => Self::Word(words),
            Shape::List(of, size) => Self::List(Box::new(Self::of(name, of)), *size),
            Shape::Object(members) => Self::Object(name, Members(members)),
            Shape::Texts => Self::Texts,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a number",
            Self::Text | Self::Identity | Self::Word(_) => "a text",
            Self::List(..) => "a list",
            Self::Object(..) | Self::Texts => "an object",
        }
    }

    const fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Identity | Self::Word(_))
    }

    /// Whether values of the two can be equal, and be compared.
    fn compares(&self, other: &Self) -> bool {
        (self.is_text() && other.is_text())
            || matches!((self, other), (Self::Bool, Self::Bool) | (Self::Int, Self::Int))
    }
}

type Typed = (Type, Cost);

#[derive(Default)]
struct Checker {
    /// Variables of the loops around, innermost last.
    scope: Vec<(String, Type)>,
    uses: BTreeSet<&'static str>,
    uses_lint: bool,
    patterns: BTreeMap<String, Regex>,
    known: Knowledge,
    /// Whether what is looked at now is wanted not to be.
    negated: bool,
}

impl Checker {
    fn condition(&mut self, expression: &IdedExpr) -> Result<Cost, Fault> {
        match self.of(expression)? {
            (Type::Bool, _) if self.uses.is_empty() => {
                vacuous(expression, "it asks for no fact: whatever is verified, it comes out the same")
            }
            (Type::Bool, cost) => vacuous::check(expression, &self.known).map(|()| cost),
            (other, _) => fault(expression, format!("it is {}, not true or false", other.name())),
        }
    }

    fn of(&mut self, node: &IdedExpr) -> Result<Typed, Fault> {
        let typed = self.typed(node)?;
        let known = match typed.0 {
            Type::Bool => Some(Known::Truth),
            Type::Word(words) => Some(Known::Words(words)),
            _ => None,
        };
        self.known.extend(known.map(|known| (node.id, known)));
        Ok(typed)
    }

    fn typed(&mut self, node: &IdedExpr) -> Result<Typed, Fault> {
        match &node.expr {
            Expr::Literal(literal) => Self::literal(node, literal),
            Expr::Ident(name) => self.named(node, name),
            Expr::Select(select) => self.member(node, select),
            Expr::Call(call) => self.call(node, call),
            Expr::List(list) => self.list(node, list),
            Expr::Comprehension(all) => self.comprehension(node, all),
            Expr::Map(_) | Expr::Struct(_) => fault(node, "objects cannot be written here"),
            Expr::Unspecified => fault(node, "something is missing"),
        }
    }

    fn literal(node: &IdedExpr, literal: &LiteralValue) -> Result<Typed, Fault> {
        let ty = match literal {
            LiteralValue::Boolean(_) => Type::Bool,
            LiteralValue::Int(_) => Type::Int,
            LiteralValue::String(_) => Type::Text,
            LiteralValue::Null => return fault(node, "no fact is null; ask `has(…)` whether it is there"),
            LiteralValue::Double(_) | LiteralValue::UInt(_) => {
                return fault(node, "numbers are whole, without `u`");
            }
            LiteralValue::Bytes(_) => return fault(node, "no fact is bytes"),
        };
        Ok((ty, Cost::one()))
    }

    fn named(&mut self, node: &IdedExpr, name: &str) -> Result<Typed, Fault> {
        if let Some((_, ty)) = self.scope.iter().rev().find(|(known, _)| known == name) {
            return Ok((ty.clone(), Cost::one()));
        }
        match FACTS.iter().find(|fact| fact.name == name) {
            Some(fact) => {
                self.uses.insert(fact.name);
                self.bounded(node, &fact.shape);
                Ok((Type::of(fact.name, &fact.shape), Cost::one()))
            }
            None => fault(node, format!("there is no fact `{name}`; there are {}", listed(FACTS))),
        }
    }

    fn member(&mut self, node: &IdedExpr, select: &SelectExpr) -> Result<Typed, Fault> {
        let (of, cost) = self.of(&select.operand)?;
        let cost = cost.add(Cost::one());
        let field = &select.field;
        let found = match of {
            Type::Texts => Type::Identity,
            Type::Object(name, Members(members)) => {
                match members.iter().find(|member| member.name == field) {
                    Some(member) if select.test && !member.optional => {
                        return fault(node, format!("`{field}` is always there"));
                    }
                    Some(member) => {
                        self.uses_lint |= name == "tools" && member.name == "lint";
                        self.bounded(node, &member.shape);
                        Type::of(member.name, &member.shape)
                    }
                    None => {
                        let known = listed(members);
                        return fault(node, format!("`{name}` has no `{field}`; it has {known}"));
                    }
                }
            }
            other => return fault(node, format!("{} has no members", other.name())),
        };
        Ok((if select.test { Type::Bool } else { found }, cost))
    }

    fn bounded(&mut self, node: &IdedExpr, shape: &Shape) {
        if let Shape::AtLeast(least) = shape {
            self.known.insert(node.id, Known::AtLeast(*least));
        }
    }

    /// A list of values to look something up in.
    fn list(&mut self, node: &IdedExpr, list: &ListExpr) -> Result<Typed, Fault> {
        let mut cost = Cost::one();
        let mut of = None;
        for element in &list.elements {
            let (ty, one) = self.of(element)?;
            cost = cost.add(one);
            if !matches!(ty, Type::Int) && !ty.is_text() {
                return fault(
                    element,
                    format!("a list written here holds texts or numbers, not {}", ty.name()),
                );
            }
            match &of {
                Some(first) if !ty.compares(first) => {
                    return fault(element, "the elements of a list are of one type");
                }
                _ => of = Some(ty),
            }
        }
        match of {
            Some(of) => Ok((Type::List(Box::new(of), Size::Written(list.elements.len() as u64)), cost)),
            None => fault(node, "the list is empty"),
        }
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Result<Typed, Fault> {
        let mut types = Vec::with_capacity(call.args.len() + 1);
        let mut cost = Cost::one();
        self.negated ^= call.func_name == op::LOGICAL_NOT;
        for part in call.target.as_deref().into_iter().chain(&call.args) {
            let (ty, one) = self.of(part)?;
            cost = cost.add(one);
            types.push((part, ty));
        }
        self.negated ^= call.func_name == op::LOGICAL_NOT;
        let (ty, own) = if call.target.is_some() {
            self.method(node, &call.func_name, &types)?
        } else {
            calls::function(node, &call.func_name, &types)?
        };
        Ok((ty, cost.add(own)))
    }
}

fn listed(members: &[Member]) -> String {
    members.iter().map(|member| format!("`{}`", member.name)).collect::<Vec<_>>().join(", ")
}
