//! Whether a truth value can be both. It is evaluated with a value on either side of whatever each of its terms is held against,
//! in all combinations. Terms are taken to have nothing to do with each other, so that what comes out the same here does so for
//! whatever is verified; not everything that does so is found.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};

use super::super::calls::text;
use super::range::Range;
use super::same::same;
use super::{Knowledge, Known};

/// The one thing that it can be, if it can be one only. Takes what it evaluates from `left`; none where that is too little.
pub(super) fn answer(node: &IdedExpr, known: &Knowledge, left: &mut u64) -> Option<bool> {
    let mut reader = Reader { known, terms: Vec::new() };
    let question = reader.read(node);
    let steps = question.size();
    let mut wheels: Vec<Wheel<'_>> =
        reader.terms.iter().map(|term| Wheel { values: term.domain.values(), at: 0 }).collect();
    let mut only = None;
    loop {
        *left = left.checked_sub(steps)?;
        let answer = question.with(&wheels);
        if *only.get_or_insert(answer) != answer {
            return None;
        }
        if !turn(&mut wheels) {
            return only;
        }
    }
}

/// A truth value, as a function of terms.
enum Question<'e> {
    Fixed(bool),
    Not(Box<Self>),
    Both(Box<[Self; 2]>),
    Choice(Box<[Self; 3]>),
    Same(Box<[Self; 2]>),
    /// Of the term of this number.
    Asked(usize, Test<'e>),
}

/// What a term is held against.
enum Test<'e> {
    Holds,
    Less(i64),
    Numbers(Vec<i64>),
    Texts(Vec<&'e str>),
}

/// Something that has a value of its own.
struct Term<'e> {
    key: Key<'e>,
    domain: Domain<'e>,
}

#[derive(Clone, Copy)]
enum Key<'e> {
    Value(&'e IdedExpr),
    Equal(&'e IdedExpr, &'e IdedExpr),
    Less(&'e IdedExpr, &'e IdedExpr),
}

/// Values that make a difference.
enum Domain<'e> {
    Truth,
    Numbers(Range, BTreeSet<i64>),
    /// Among these words, or among all texts.
    Texts(Option<&'static [&'static str]>, BTreeSet<&'e str>),
}

#[derive(Clone, Copy, PartialEq)]
enum Value<'e> {
    Truth(bool),
    Number(i64),
    Text(&'e str),
    /// A text that is not written down.
    OtherText,
}

/// Values of a term, and the one whose turn it is.
struct Wheel<'e> {
    values: Vec<Value<'e>>,
    at: usize,
}

/// To the next combination; false behind the last.
fn turn(wheels: &mut [Wheel<'_>]) -> bool {
    for wheel in wheels {
        wheel.at += 1;
        if wheel.at < wheel.values.len() {
            return true;
        }
        wheel.at = 0;
    }
    false
}

impl<'e> Domain<'e> {
    fn values(&self) -> Vec<Value<'e>> {
        match self {
            Self::Truth => vec![Value::Truth(false), Value::Truth(true)],
            Self::Numbers(Range { least, most }, points) => {
                let within = points.iter().copied().filter(|point| (least..=most).contains(&point));
                within.chain([*least, *most]).map(Value::Number).collect()
            }
            Self::Texts(Some(words), _) => words.iter().copied().map(Value::Text).collect(),
            Self::Texts(None, texts) => {
                texts.iter().copied().map(Value::Text).chain([Value::OtherText]).collect()
            }
        }
    }
}

impl<'e> Question<'e> {
    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    fn size(&self) -> u64 {
        1 + match self {
            Self::Fixed(_) | Self::Asked(..) => 0,
            Self::Not(of) => of.size(),
            Self::Both(parts) | Self::Same(parts) => parts.iter().map(Self::size).sum(),
            Self::Choice(parts) => parts.iter().map(Self::size).sum(),
        }
    }

    fn with(&self, wheels: &[Wheel<'e>]) -> bool {
        match self {
            Self::Fixed(known) => *known,
            Self::Not(of) => !of.with(wheels),
            Self::Both(parts) => parts.iter().all(|part| part.with(wheels)),
            Self::Same(parts) => {
                let [one, other] = parts.as_ref();
                one.with(wheels) == other.with(wheels)
            }
            Self::Choice(parts) => {
                let [test, one, other] = parts.as_ref();
                if test.with(wheels) { one.with(wheels) } else { other.with(wheels) }
            }
            Self::Asked(term, test) => {
                let value = wheels.get(*term).and_then(|wheel| wheel.values.get(wheel.at));
                match (test, value) {
                    (Test::Holds, Some(Value::Truth(holds))) => *holds,
                    (Test::Less(than), Some(Value::Number(number))) => number < than,
                    (Test::Numbers(some), Some(Value::Number(number))) => some.contains(number),
                    (Test::Texts(some), Some(Value::Text(text))) => some.contains(text),
                    _ => false,
                }
            }
        }
    }
}

struct Reader<'e, 'k> {
    known: &'k Knowledge,
    terms: Vec<Term<'e>>,
}

impl<'e> Reader<'e, '_> {
    fn read(&mut self, node: &'e IdedExpr) -> Question<'e> {
        match &node.expr {
            Expr::Literal(LiteralValue::Boolean(known)) => Question::Fixed(*known.inner()),
            Expr::Call(call) => self.call(node, call),
            _ => self.truth(Key::Value(node)),
        }
    }

    fn call(&mut self, node: &'e IdedExpr, call: &'e CallExpr) -> Question<'e> {
        if let (Some(target), [only]) = (&call.target, call.args.as_slice()) {
            // A text begins and ends with itself.
            return if same(target, only) { Question::Fixed(true) } else { self.truth(Key::Value(node)) };
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_NOT, [of]) => self.read(of).not(),
            (op::LOGICAL_AND, [one, other]) => Question::Both(Box::new([self.read(one), self.read(other)])),
            (op::LOGICAL_OR, [one, other]) => {
                Question::Both(Box::new([self.read(one).not(), self.read(other).not()])).not()
            }
            (op::CONDITIONAL, [test, one, other]) => {
                Question::Choice(Box::new([self.read(test), self.read(one), self.read(other)]))
            }
            (op::EQUALS, [one, other]) => self.equal(one, other),
            (op::NOT_EQUALS, [one, other]) => self.equal(one, other).not(),
            (op::LESS, [one, other]) => self.less(one, other),
            (op::GREATER_EQUALS, [one, other]) => self.less(one, other).not(),
            (op::GREATER, [one, other]) => self.less(other, one),
            (op::LESS_EQUALS, [one, other]) => self.less(other, one).not(),
            (op::IN, [one, IdedExpr { expr: Expr::List(list), .. }])
                if list.elements.iter().any(|element| same(one, element)) =>
            {
                Question::Fixed(true)
            }
            (op::IN, [one, IdedExpr { expr: Expr::List(list), .. }]) => self
                .one_of(one, &list.elements.iter().collect::<Vec<_>>())
                .unwrap_or_else(|| self.truth(Key::Value(node))),
            _ => self.truth(Key::Value(node)),
        }
    }

    fn equal(&mut self, one: &'e IdedExpr, other: &'e IdedExpr) -> Question<'e> {
        if same(one, other) {
            return Question::Fixed(true);
        }
        if self.is_truth(one) {
            return Question::Same(Box::new([self.read(one), self.read(other)]));
        }
        let written = self.one_of(one, &[other]).or_else(|| self.one_of(other, &[one]));
        written.unwrap_or_else(|| self.truth(Key::Equal(one, other)))
    }

    fn less(&mut self, one: &'e IdedExpr, other: &'e IdedExpr) -> Question<'e> {
        if same(one, other) {
            return Question::Fixed(false);
        }
        let (left, right) = (Range::of(one, self.known), Range::of(other, self.known));
        match (left.only(), right.only()) {
            (None, Some(than)) => self.number(one, left, [than.saturating_sub(1), than], Test::Less(than)),
            // Of whole numbers: more than this, so not less than the next.
            (Some(than), None) if than < i64::MAX => {
                self.number(other, right, [than, than + 1], Test::Less(than + 1)).not()
            }
            _ if left.most < right.least => Question::Fixed(true),
            _ if left.least >= right.most => Question::Fixed(false),
            _ => self.truth(Key::Less(one, other)),
        }
    }

    /// Whether it is one of those that are written down; none if these are not.
    fn one_of(&mut self, node: &'e IdedExpr, written: &[&'e IdedExpr]) -> Option<Question<'e>> {
        let texts: Option<Vec<&'e str>> = written.iter().map(|each| text(each)).collect();
        if let Some(texts) = texts {
            if let Some(known) = text(node) {
                return Some(Question::Fixed(texts.contains(&known)));
            }
            let words = match self.known.get(&node.id) {
                Some(Known::Words(words)) => Some(*words),
                _ => None,
            };
            let term = self.term(Key::Value(node), || Domain::Texts(words, BTreeSet::new()));
            if let Some(Term { domain: Domain::Texts(_, mentioned), .. }) = self.terms.get_mut(term) {
                mentioned.extend(&texts);
            }
            return Some(Question::Asked(term, Test::Texts(texts)));
        }
        let numbers: Option<Vec<i64>> =
            written.iter().map(|each| Range::of(each, self.known).only()).collect();
        let numbers = numbers?;
        let range = Range::of(node, self.known);
        if let Some(known) = range.only() {
            return Some(Question::Fixed(numbers.contains(&known)));
        }
        let around = |number: &i64| [number.saturating_sub(1), *number, number.saturating_add(1)];
        let points: Vec<i64> = numbers.iter().flat_map(around).collect();
        Some(self.number(node, range, points, Test::Numbers(numbers)))
    }

    fn number(
        &mut self,
        node: &'e IdedExpr,
        range: Range,
        points: impl IntoIterator<Item = i64>,
        test: Test<'e>,
    ) -> Question<'e> {
        let term = self.term(Key::Value(node), || Domain::Numbers(range, BTreeSet::new()));
        if let Some(Term { domain: Domain::Numbers(_, mentioned), .. }) = self.terms.get_mut(term) {
            mentioned.extend(points);
        }
        Question::Asked(term, test)
    }

    /// Something of which nothing is known but that it is true or false.
    fn truth(&mut self, key: Key<'e>) -> Question<'e> {
        Question::Asked(self.term(key, || Domain::Truth), Test::Holds)
    }

    fn term(&mut self, key: Key<'e>, domain: impl FnOnce() -> Domain<'e>) -> usize {
        if let Some(at) = self.terms.iter().position(|term| term.key.is(key)) {
            return at;
        }
        self.terms.push(Term { key, domain: domain() });
        self.terms.len() - 1
    }

    fn is_truth(&self, node: &IdedExpr) -> bool {
        matches!(self.known.get(&node.id), Some(Known::Truth))
    }
}

impl Key<'_> {
    fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => same(one, other),
            (Self::Equal(a, b), Self::Equal(c, d)) => {
                (same(a, c) && same(b, d)) || (same(a, d) && same(b, c))
            }
            (Self::Less(a, b), Self::Less(c, d)) => same(a, c) && same(b, d),
            _ => false,
        }
    }
}
