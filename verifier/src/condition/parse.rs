//! From text to a tree, within bounds: the parser and whatever walks a tree of its making are recursive.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};
use cel::parser::{ParseErrors, PrattParser};
use mcpsign_schemas::policy::ExpressionFault;

use super::ExpressionError;

/// Bytes of an expression at the most: what nests without the parser's counting it stays within half a megabyte of stack.
const MAX_BYTES: usize = 2048;
/// `?` at the most: the parser goes one level down for each.
const MAX_CHOICES: usize = 16;
/// Levels of a tree at the most. Evaluation needs some kilobytes of stack for each.
const MAX_DEPTH: usize = 48;

/// Reads an expression.
///
/// # Errors
/// When it is none, or too large or deep.
pub(super) fn parse(source: &str) -> Result<IdedExpr, ExpressionError> {
    let plain = |what: String| ExpressionError { at: None, kind: ExpressionFault::Unusable, what };
    if source.len() > MAX_BYTES {
        return Err(plain(format!("{} bytes, more than the {MAX_BYTES} allowed", source.len())));
    }
    if source.matches('?').count() > MAX_CHOICES {
        return Err(plain(format!("more than the {MAX_CHOICES} `?` allowed")));
    }
    let expression = parser().parse(source).map_err(|errors| first(&errors))?;
    if depth(&expression) > MAX_DEPTH {
        return Err(plain(format!("more than {MAX_DEPTH} levels deep")));
    }
    Ok(expression)
}

/// Line and column of a node. The parser tells places only beside errors: so it is made to find one behind the expression.
pub(super) fn place(source: &str, id: u64) -> Option<(usize, usize)> {
    let errors = parser().parse(&format!("{source}\n)")).err()?;
    let info = errors.errors.iter().find_map(|error| error.source_info.as_ref())?;
    let start = usize::try_from(info.offset_for(id)?.0).ok()?;
    let before = source.get(..start)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}

fn parser() -> PrattParser {
    PrattParser::new().max_recursion_depth(32).max_expression_node_count(2 * MAX_BYTES)
}

fn first(errors: &ParseErrors) -> ExpressionError {
    let Some(error) = errors.errors.first() else {
        return ExpressionError { at: None, kind: ExpressionFault::Unusable, what: "no expression".into() };
    };
    let place = |number: isize| usize::try_from(number).ok().filter(|number| *number > 0);
    let what = error.msg.strip_prefix("Syntax error: ").unwrap_or(&error.msg);
    ExpressionError {
        at: place(error.pos.0).zip(place(error.pos.1)),
        kind: ExpressionFault::Unusable,
        what: what.chars().take(200).collect(),
    }
}

/// Levels of a tree, without recursion.
fn depth(expression: &IdedExpr) -> usize {
    let mut deepest = 0;
    let mut open = vec![(expression, 1)];
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        open.extend(children(node).into_iter().map(|child| (child, level + 1)));
    }
    deepest
}

/// Nodes right below.
pub(super) fn children(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(all) => {
            vec![&all.iter_range, &all.accu_init, &all.loop_cond, &all.loop_step, &all.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Struct(made) => made.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
    }
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
