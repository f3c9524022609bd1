//! Between which numbers a number lies.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators as op};

use super::same::same;
use super::{Knowledge, Known};

/// The least and the most that it can be; wider where nobody knows. What overflows is no value: it denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) least: i64,
    pub(super) most: i64,
}

const ANY: Range = Range { least: i64::MIN, most: i64::MAX };

impl Range {
    /// Of a number's node.
    pub(super) fn of(node: &IdedExpr, known: &Knowledge) -> Self {
        match &node.expr {
            Expr::Literal(LiteralValue::Int(number)) => {
                Self { least: *number.inner(), most: *number.inner() }
            }
            Expr::Call(call) => {
                let parts: Vec<Self> = call.args.iter().map(|part| Self::of(part, known)).collect();
                if let (op::SUBSTRACT, [one, other]) = (call.func_name.as_str(), call.args.as_slice())
                    && same(one, other)
                {
                    return Self { least: 0, most: 0 };
                }
                match (call.func_name.as_str(), parts.as_slice()) {
                    ("size", _) => Self::at_least(0),
                    (op::ADD, [one, other]) => one.corners(*other, i64::saturating_add),
                    (op::SUBSTRACT, [one, other]) => one.corners(*other, i64::saturating_sub),
                    (op::MULTIPLY, [one, other]) => one.corners(*other, i64::saturating_mul),
                    (op::MODULO, [one, by]) => one.rest(by.only()),
                    (op::NEGATE, [one]) => {
                        Self { least: one.most.saturating_neg(), most: one.least.saturating_neg() }
                    }
                    (op::CONDITIONAL, [_, one, other]) => {
                        Self { least: one.least.min(other.least), most: one.most.max(other.most) }
                    }
                    _ => ANY,
                }
            }
            _ => match known.get(&node.id) {
                Some(Known::AtLeast(least)) => Self::at_least(*least),
                _ => ANY,
            },
        }
    }

    /// The number, where it can be one only.
    pub(super) fn only(self) -> Option<i64> {
        (self.least == self.most).then_some(self.least)
    }

    const fn at_least(least: i64) -> Self {
        Self { least, most: i64::MAX }
    }

    /// Of what is left, which has the sign of what is divided.
    fn rest(self, by: Option<i64>) -> Self {
        let Some(most) = by.and_then(i64::checked_abs).filter(|by| *by > 0).map(|by| by - 1) else {
            return ANY;
        };
        Self { least: if self.least < 0 { -most } else { 0 }, most: if self.most > 0 { most } else { 0 } }
    }

    /// Of what grows or falls with each side, whatever the other is.
    fn corners(self, other: Self, made: fn(i64, i64) -> i64) -> Self {
        let ends = |range: Self| [range.least, range.most];
        let all = ends(self).map(|one| ends(other).map(|two| made(one, two)));
        let all = || all.iter().flatten().copied();
        Self { least: all().min().unwrap_or(i64::MIN), most: all().max().unwrap_or(i64::MAX) }
    }
}
