//! Whether two nodes are the same text, and so the same value.

use cel::IdedExpr;
use cel::common::ast::Expr;

use crate::condition::parse::children;

/// Whether they say the same. Nodes have numbers, which make them differ for the crate's own comparison.
pub(super) fn same(one: &IdedExpr, other: &IdedExpr) -> bool {
    let alike = match (&one.expr, &other.expr) {
        (Expr::Ident(one), Expr::Ident(other)) => one == other,
        (Expr::Literal(one), Expr::Literal(other)) => one == other,
        (Expr::Select(one), Expr::Select(other)) => one.field == other.field && one.test == other.test,
        (Expr::Call(one), Expr::Call(other)) => {
            one.func_name == other.func_name && one.target.is_some() == other.target.is_some()
        }
        (Expr::Comprehension(one), Expr::Comprehension(other)) => one.iter_var == other.iter_var,
        (Expr::List(_), Expr::List(_)) => true,
        _ => false,
    };
    let (ones, others) = (children(one), children(other));
    alike && ones.len() == others.len() && ones.into_iter().zip(others).all(|(one, other)| same(one, other))
}
