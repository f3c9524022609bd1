//! What comes out the same whatever is verified demands nothing, and reads as if it did: it is found when the policy is loaded.

mod question;
mod range;
mod same;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, operators as op};

use super::loops::made;
use super::{Fault, vacuous};
use crate::condition::parse::children;

/// Nodes that are evaluated for one expression at the most. What takes more is left to whoever wrote it.
const MAX_STEPS: u64 = 1 << 16;

/// What is known of a node's values beyond its type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// True or false.
    Truth,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A number that is never less.
    AtLeast(i64),
}

/// By the ids of nodes.
pub(super) type Knowledge = BTreeMap<u64, Known>;

/// Refuses an expression of which a part is always true or never, or a loop that looks at no element.
pub(super) fn check(expression: &IdedExpr, known: &Knowledge) -> Result<(), Fault> {
    Walk { known, left: MAX_STEPS }.of(expression)
}

struct Walk<'k> {
    known: &'k Knowledge,
    left: u64,
}

impl Walk<'_> {
    /// Innermost first: the least part at fault is the one to point at.
    fn of(&mut self, node: &IdedExpr) -> Result<(), Fault> {
        match &node.expr {
            Expr::Comprehension(all) => {
                self.of(&all.iter_range)?;
                self.in_loop(all)?;
            }
            // `true` and `false` mean something beside `?`, `:` and `==`.
            Expr::Literal(_) => return Ok(()),
            Expr::Call(call) if [op::LOGICAL_AND, op::LOGICAL_OR].contains(&call.func_name.as_str()) => {
                for side in &call.args {
                    if free(side).is_empty() {
                        return vacuous(
                            side,
                            "this side asks for no fact, and decides by itself or not at all",
                        );
                    }
                    self.of(side)?;
                }
            }
            _ => children(node).into_iter().try_for_each(|child| self.of(child))?,
        }
        if !matches!(self.known.get(&node.id), Some(Known::Truth)) {
            return Ok(());
        }
        match question::answer(node, self.known, &mut self.left) {
            Some(true) => vacuous(node, "it is true whatever is verified"),
            Some(false) => vacuous(node, "it is never true, whatever is verified"),
            None => Ok(()),
        }
    }

    fn in_loop(&mut self, all: &ComprehensionExpr) -> Result<(), Fault> {
        let (asked, value) = match made(all) {
            Some((value, filter)) => (filter.unwrap_or(value), Some(value)),
            None => match body(all) {
                Some(body) => (body, None),
                None => return Ok(()),
            },
        };
        if !free(asked).contains(all.iter_var.as_str()) {
            return vacuous(
                asked,
                format!("it does not ask for `{}`: it is the same for every element", all.iter_var),
            );
        }
        self.of(asked)?;
        value.map_or(Ok(()), |value| self.of(value))
    }
}

/// What `all`, `exists` and `exists_one` ask of each element.
fn body(all: &ComprehensionExpr) -> Option<&IdedExpr> {
    let Expr::Call(step) = &all.loop_step.expr else { return None };
    match step.func_name.as_str() {
        op::CONDITIONAL => step.args.first(),
        _ => step.args.get(1),
    }
}

/// Names whose values it asks for, but for those of its own loops.
fn free(node: &IdedExpr) -> BTreeSet<&str> {
    match &node.expr {
        Expr::Ident(name) => BTreeSet::from([name.as_str()]),
        Expr::Comprehension(all) => {
            let within = [&all.loop_cond, &all.loop_step, &all.result].map(free).into_iter().flatten();
            let own = [all.iter_var.as_str(), all.accu_var.as_str()];
            let within = within.filter(|name| !own.contains(name));
            within.chain(free(&all.iter_range)).chain(free(&all.accu_init)).collect()
        }
        _ => children(node).into_iter().flat_map(free).collect(),
    }
}
