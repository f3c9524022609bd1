//! Texts by which somebody is known are held to at whole parts, as patterns of fields are: `https://github.com/acme` begins
//! `https://github.com/acme-evil/…`, too.

use cel::IdedExpr;
use cel::common::ast::{Expr, operators as op};
use mcpsign_schemas::policy::ExpressionFault;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::calls::text;
use super::{Fault, vacuous};

/// Between the parts of URLs, package URLs, addresses and subjects.
const EDGES: [char; 7] = ['/', '@', ':', '#', '?', '=', '&'];

fn unanchored<T>(node: &IdedExpr, what: &str) -> Result<T, Fault> {
    Err(Fault { at: node.id, kind: ExpressionFault::Unanchored, what: what.into() })
}

/// Refuses what `startsWith`, `endsWith` or `contains` looks for where it begins or ends within a part.
pub(super) fn literal(name: &str, node: &IdedExpr) -> Result<(), Fault> {
    // A domain begins at a dot. In the name of a reference something may be left open, as in `refs/tags/v*`.
    let begins = |text: &str| text.starts_with(EDGES) || text.starts_with('.');
    let ends = |text: &str| text.ends_with(EDGES) || in_reference(text);
    if name != "endsWith" && !outermost(node, true).is_some_and(ends) {
        return unanchored(node, "it ends within a part, and longer names go on behind it");
    }
    if name != "startsWith" && !outermost(node, false).is_some_and(begins) {
        return unanchored(node, "it begins within a part, and longer names end with it, too");
    }
    Ok(())
}

/// What is written out at one end of a text.
fn outermost(node: &IdedExpr, end: bool) -> Option<&str> {
    match &node.expr {
        Expr::Call(call) if call.func_name == op::ADD => {
            outermost(if end { call.args.last()? } else { call.args.first()? }, end)
        }
        _ => text(node),
    }
}

/// Whether a text ends in the name of a Git reference whose kind is written out.
fn in_reference(text: &str) -> bool {
    text.rsplit_once("refs/")
        .is_some_and(|(before, name)| (before.is_empty() || before.ends_with(EDGES)) && name.contains('/'))
}

/// Refuses a pattern in which something of any length stands within a part.
pub(super) fn pattern(node: &IdedExpr, pattern: &str) -> Result<(), Fault> {
    // What does not parse was refused before.
    let Ok(hir) = regex_syntax::parse(pattern) else { return Ok(()) };
    let mut reader = Reader::default();
    reader.read(&hir);
    if !reader.says_something {
        return vacuous(node, "it says of no part what it is");
    }
    match reader.is_open {
        true => {
            unanchored(node, "something of any length begins or ends within a part, and other names match")
        }
        false => Ok(()),
    }
}

/// A pattern from left to right.
#[derive(Default)]
struct Reader {
    /// What was written out so far, until something was not.
    beginning: String,
    varies: bool,
    before: Side,
    says_something: bool,
    is_open: bool,
    in_reference: bool,
}

/// What stands beside a place of a pattern.
#[derive(Default, Clone, Copy, PartialEq)]
enum Side {
    #[default]
    Edge,
    Within,
    /// Anything, across parts.
    Anything,
}

impl Reader {
    fn read(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                let text = String::from_utf8_lossy(&literal.0);
                self.says_something |= text.contains(char::is_alphanumeric);
                let begins =
                    if text.starts_with(EDGES) || text.starts_with('.') { Side::Edge } else { Side::Within };
                let ends = if text.ends_with(EDGES) { Side::Edge } else { Side::Within };
                self.is_open |= self.before == Side::Anything && begins == Side::Within;
                self.before = ends;
                if !self.varies {
                    self.beginning.push_str(&text);
                }
                self.in_reference |= in_reference(&text);
            }
            HirKind::Class(class) => {
                self.says_something |= !takes(class, 'a') || !takes(class, '0');
                self.step(if is_edge(class) { Side::Edge } else { Side::Within });
            }
            HirKind::Capture(capture) => self.read(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.read(part)),
            HirKind::Alternation(branches) => self.branches(branches),
            HirKind::Repetition(repetition) => match (repetition.max, class(&repetition.sub)) {
                (None, Some(class)) => self.run(class),
                _ => {
                    self.varies = true;
                    self.read(&repetition.sub);
                }
            },
        }
    }

    fn step(&mut self, side: Side) {
        self.varies = true;
        self.is_open |= self.before == Side::Anything && side == Side::Within;
        self.before = side;
    }

    /// As many of a class as there are.
    fn run(&mut self, class: &Class) {
        let across = takes(class, '/') && takes(class, 'a');
        self.says_something |= !across;
        let within = self.before == Side::Within && !self.in_reference;
        // The part behind the host says whose it is.
        let owner = !self.varies
            && self.beginning.split_once("://").is_some_and(|(_, rest)| rest.matches('/').count() < 2);
        self.is_open |= within && (across || (owner && takes(class, 'a')));
        if across && !self.in_reference {
            self.varies = true;
            self.before = Side::Anything;
        } else {
            self.step(Side::Within);
        }
    }

    /// Each branch stands between what stands beside all of them.
    fn branches(&mut self, branches: &[Hir]) {
        self.varies = true;
        let (before, in_reference) = (self.before, self.in_reference);
        let mut after = Side::Edge;
        let mut all_in_reference = true;
        for branch in branches {
            (self.before, self.in_reference) = (before, in_reference);
            self.read(branch);
            all_in_reference &= self.in_reference;
            after = match (after, self.before) {
                (Side::Anything, _) | (_, Side::Anything) => Side::Anything,
                (Side::Within, _) | (_, Side::Within) => Side::Within,
                _ => Side::Edge,
            };
        }
        (self.before, self.in_reference) = (after, all_in_reference);
    }
}

/// The class that a pattern is, in groups or not.
fn class(hir: &Hir) -> Option<&Class> {
    match hir.kind() {
        HirKind::Class(class) => Some(class),
        HirKind::Capture(capture) => class(&capture.sub),
        _ => None,
    }
}

fn takes(class: &Class, c: char) -> bool {
    match class {
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => u8::try_from(c)
            .is_ok_and(|b| class.iter().any(|range| (range.start()..=range.end()).contains(&b))),
    }
}

/// Whether nothing of it but separators.
fn is_edge(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => {
            class.iter().all(|range| (range.start()..=range.end()).all(|c| EDGES.contains(&c)))
        }
        Class::Bytes(class) => {
            class.iter().all(|range| (range.start()..=range.end()).all(|b| EDGES.contains(&char::from(b))))
        }
    }
}
