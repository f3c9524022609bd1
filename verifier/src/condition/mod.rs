//! Conditions of a policy: CEL over facts (`spec/conditions.md`). The only folder that names the CEL crate.
//!
//! What can go wrong is said when the policy is loaded: text → [`parse`] → [`check`], which knows the type of every fact, so
//! that a condition names nothing that is not there and is a truth value. What is left, an absent fact or an overflow, denies.

mod check;
mod cost;
mod gather;
mod parse;
mod run;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::IdedExpr;
use mcpsign_schemas::policy::{Condition, ExpressionFault};
use regex::Regex;

use cost::Cost;
pub(crate) use gather::{Choice, facts};
pub(crate) use run::Unmet;

/// The fact that is there only where components were held against advisories.
const ADVISORIES: &str = "advisories";

/// The fact that says what SBOM and provenance say.
const EVIDENCE: &str = "evidence";

/// The conditions of one rule, ready to be evaluated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    all: Vec<Compiled>,
    /// The facts that they name, outermost level.
    uses: BTreeSet<&'static str>,
    /// Whether they ask what lint says.
    uses_lint: bool,
    /// Patterns of `full_match`, by their text.
    patterns: Arc<BTreeMap<String, Regex>>,
}

#[derive(Debug, Clone)]
struct Compiled {
    name: String,
    source: String,
    expression: Arc<IdedExpr>,
    cost: Cost,
    asks_advisories: bool,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    /// Line and column in the expression, counted from 1, where they are known.
    pub(crate) at: Option<(usize, usize)>,
    pub(crate) kind: ExpressionFault,
    /// One sentence.
    pub(crate) what: String,
}

impl Conditions {
    /// Compiles the conditions of a rule.
    ///
    /// # Errors
    /// The place of the first that cannot be used, and why.
    pub(crate) fn compile(conditions: &[Condition]) -> Result<Self, (usize, ExpressionError)> {
        let mut compiled = Self::default();
        let mut patterns = BTreeMap::new();
        for (at, condition) in conditions.iter().enumerate() {
            let fault = |error| (at, error);
            let mut expression = parse::parse(&condition.expression).map_err(fault)?;
            let checked = check::check(&mut expression, &condition.expression).map_err(fault)?;
            let asks_advisories = checked.uses.contains(ADVISORIES);
            compiled.uses.extend(checked.uses);
            compiled.uses_lint |= checked.uses_lint;
            patterns.extend(checked.patterns);
            compiled.all.push(Compiled {
                name: condition.name.clone(),
                source: condition.expression.clone(),
                expression: Arc::new(expression),
                cost: checked.cost,
                asks_advisories,
            });
        }
        compiled.patterns = Arc::new(patterns);
        Ok(compiled)
    }

    /// Whether they ask what is known of the components.
    pub(crate) fn asks_advisories(&self) -> bool {
        self.uses(ADVISORIES)
    }

    /// Whether they ask what SBOM and provenance say.
    pub(crate) fn asks_evidence(&self) -> bool {
        self.uses(EVIDENCE)
    }

    /// Those that can be held against the rest where nothing is known of the components.
    pub(crate) fn without_advisories(&self) -> Self {
        let mut rest = self.clone();
        rest.all.retain(|condition| !condition.asks_advisories);
        rest.uses.remove(ADVISORIES);
        rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether facts about what lint says are worth having.
    pub(crate) const fn uses_lint(&self) -> bool {
        self.uses_lint
    }

    /// Whether a fact of this name is worth having.
    pub(crate) fn uses(&self, name: &str) -> bool {
        self.uses.contains(name)
    }
}
