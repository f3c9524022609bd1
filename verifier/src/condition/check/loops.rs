//! `all`, `exists`, `exists_one`, `map` and `filter`, as the parser writes them out.

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, operators as op};

use super::calls::looked_at;
use super::{Checker, Fault, Type, Typed, fault};
use crate::condition::cost::{Cost, Size};

/// Loops inside each other at the most.
const MAX_NESTED: usize = 2;

impl Checker {
    pub(super) fn comprehension(&mut self, node: &IdedExpr, all: &ComprehensionExpr) -> Result<Typed, Fault> {
        let (range, cost) = self.of(&all.iter_range)?;
        let Type::List(element, size) = range else {
            return fault(&all.iter_range, format!("a list is wanted here, not {}", range.name()));
        };
        // Each loop has two names in scope.
        if self.scope.len() / 2 >= MAX_NESTED {
            return fault(node, format!("more than {MAX_NESTED} loops inside each other"));
        }
        self.scope.push((all.iter_var.clone(), *element));
        let out = match made(all) {
            Some((value, filter)) => self.collected(all, size, value, filter),
            None => self.folded(all),
        };
        self.scope.truncate(self.scope.len().saturating_sub(1));
        let (ty, body) = out?;
        Ok((ty, cost.add(looked_at(size, body))))
    }

    /// `map`, `filter`: a list of what each element gives.
    fn collected(
        &mut self,
        all: &ComprehensionExpr,
        size: Size,
        value: &IdedExpr,
        filter: Option<&IdedExpr>,
    ) -> Result<Typed, Fault> {
        // No value names it; it counts as one for the depth of loops.
        self.scope.push((all.accu_var.clone(), Type::Bool));
        let value = self.of(value);
        let filter = filter.map(|filter| (filter, self.of(filter)));
        self.scope.pop();
        let (ty, mut cost) = value?;
        if let Some((filter, checked)) = filter {
            let (filter_type, filter_cost) = checked?;
            if filter_type != Type::Bool {
                return fault(filter, format!("it is {}, not true or false", filter_type.name()));
            }
            cost = cost.add(filter_cost);
        }
        Ok((Type::List(Box::new(ty), size), cost.add(Cost::text())))
    }

    /// `all`, `exists`, `exists_one`: a value that is carried on from element to element.
    fn folded(&mut self, all: &ComprehensionExpr) -> Result<Typed, Fault> {
        let (carried, _) = self.of(&all.accu_init)?;
        self.scope.push((all.accu_var.clone(), carried.clone()));
        let parts = [&all.loop_cond, &all.loop_step, &all.result].map(|part| (part, self.of(part)));
        self.scope.pop();
        let [(condition, condition_type), (step, step_type), (_, result)] = parts;
        let (condition_type, condition_cost) = condition_type?;
        let (step_type, step_cost) = step_type?;
        if condition_type != Type::Bool {
            return fault(condition, "a loop goes on while something is true");
        }
        if step_type != carried {
            return fault(step, format!("{} is wanted here, not {}", carried.name(), step_type.name()));
        }
        let (ty, result_cost) = result?;
        Ok((ty, condition_cost.add(step_cost).add(result_cost)))
    }
}

/// What a `map` or `filter` adds to its list, and when.
pub(super) fn made(all: &ComprehensionExpr) -> Option<(&IdedExpr, Option<&IdedExpr>)> {
    if !matches!(&all.accu_init.expr, Expr::List(list) if list.elements.is_empty()) {
        return None;
    }
    let (step, filter) = match &all.loop_step.expr {
        Expr::Call(choice) if choice.func_name == op::CONDITIONAL => {
            (choice.args.get(1)?, Some(choice.args.first()?))
        }
        _ => (&all.loop_step, None),
    };
    let Expr::Call(add) = &step.expr else { return None };
    if add.func_name != op::ADD {
        return None;
    }
    match &add.args.get(1)?.expr {
        Expr::List(list) => Some((list.elements.first()?, filter)),
        _ => None,
    }
}
