//! Evaluation: true, or a finding that says why not.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cel::extractors::This;
use cel::{Context as CelContext, Env, Value};
use mcpsign_schemas::code;
use mcpsign_schemas::facts::{EvidenceFacts, Facts};
use mcpsign_schemas::finding::Finding;
use serde::Serialize;

use super::check::FULL_MATCH;
use super::cost::Sizes;
use super::{ADVISORIES, Choice, Compiled, Conditions, EVIDENCE};
use crate::measured::Gap;
use crate::non_empty::NonEmpty;

/// Steps of all conditions of a rule, with all choices of statements, at the most: about a second.
const MAX_STEPS: u64 = 1_000_000;

/// Why conditions do not hold.
#[derive(Debug)]
pub(crate) enum Unmet {
    /// What is not so.
    Failed(NonEmpty<Finding>),
    /// Nobody knows: there was more to choose from than is looked at.
    Open(Gap),
}

impl Conditions {
    /// Whether all conditions hold with one of the choices: what another one says takes nothing away. Each is charged what it
    /// may cost; one that is not paid for leaves it open unless another holds.
    ///
    /// # Errors
    /// What does not hold with the choice that got furthest, the first of several; or that not all could be looked at.
    pub(crate) fn hold(&self, mut facts: Facts, choices: &NonEmpty<Choice<'_>>) -> Result<(), Unmet> {
        let fixed = match Variables::of(self, &facts) {
            Ok(fixed) => fixed,
            Err(finding) => return Err(Unmet::Failed(NonEmpty::one(finding))),
        };
        let sizes = Sizes { text: fixed.longest(), ..sizes(&facts) };
        let cost =
            |sizes: &Sizes| self.all.iter().fold(0, |sum: u64, one| sum.saturating_add(one.cost.of(sizes)));
        let steps = cost(&sizes);
        if steps > MAX_STEPS {
            let many = format!("{steps} steps with these facts, more than the {MAX_STEPS} allowed");
            return Err(Unmet::Failed(NonEmpty::one(
                Finding::new(code::policy::CONDITION_ERROR, "the conditions of the rule cost too much")
                    .found(many),
            )));
        }
        let mut best: Option<NonEmpty<Finding>> = None;
        let (mut left, mut unpaid) = (MAX_STEPS, false);
        for choice in choices.iter() {
            facts.evidence = choice.facts();
            let Some(rest) = left.checked_sub(cost(&with_evidence(sizes, &facts.evidence))) else {
                unpaid = true;
                continue;
            };
            left = rest;
            let findings = match fixed.with(&facts.evidence) {
                Ok(context) => self.all.iter().filter_map(|one| one.holds(&context).err()).collect(),
                Err(finding) => vec![finding],
            };
            let Some(findings) = NonEmpty::from_vec(findings) else { return Ok(()) };
            let further = best.as_ref().is_none_or(|best| findings.iter().count() < best.iter().count());
            if further {
                best = Some(findings);
            }
        }
        if unpaid {
            let message = format!(
                "the conditions of the rule take more than {MAX_STEPS} steps with all statements that they may be held against"
            );
            return Err(Unmet::Open(Gap { code: code::evidence::OVER_BUDGET, message }));
        }
        best.map_or(Ok(()), |findings| Err(Unmet::Failed(findings)))
    }
}

impl Compiled {
    fn holds(&self, context: &CelContext<'_, '_>) -> Result<(), Finding> {
        let finding = |code: code::Code, what: &str| {
            Finding::new(code, format!("condition `{}` {what}", self.name)).expected(self.source.trim())
        };
        match Value::resolve(&self.expression, context) {
            Ok(Value::Bool(true)) => Ok(()),
            Ok(Value::Bool(false)) => Err(finding(code::policy::CONDITION_NOT_MET, "is not true")),
            Ok(_) => Err(finding(code::policy::CONDITION_ERROR, "is no truth value")),
            Err(error) => {
                let why: String = error.to_string().chars().take(300).collect();
                Err(finding(code::policy::CONDITION_ERROR, "could not be evaluated").found(why))
            }
        }
    }
}

/// Facts as the interpreter takes them, but for those that change with the choice.
struct Variables<'c> {
    asked: &'c Conditions,
    values: BTreeMap<&'static str, Value>,
}

impl<'c> Variables<'c> {
    fn of(asked: &'c Conditions, facts: &Facts) -> Result<Self, Finding> {
        let Facts {
            now,
            subject,
            server,
            packages,
            manifest,
            signer,
            profiles,
            tools,
            evidence: _,
            advisories,
        } = facts;
        let mut out = Self { asked, values: BTreeMap::new() };
        out.add("now", now)?;
        out.add("subject", subject)?;
        out.add("server", server)?;
        out.add("packages", packages)?;
        out.add("manifest", manifest)?;
        out.add("signer", signer)?;
        out.add("profiles", profiles)?;
        out.add("tools", tools)?;
        // What nobody knows is no empty list.
        advisories.as_ref().map_or(Ok(()), |advisories| out.add(ADVISORIES, advisories))?;
        Ok(out)
    }

    fn add(&mut self, name: &'static str, fact: &impl Serialize) -> Result<(), Finding> {
        if self.asked.uses(name) {
            self.values.insert(name, value(name, fact)?);
        }
        Ok(())
    }

    /// Bytes of the longest text that a condition could look at, wherever it stands.
    fn longest(&self) -> u64 {
        self.values.values().map(longest).max().unwrap_or(0)
    }

    fn with(&self, evidence: &impl Serialize) -> Result<CelContext<'_, '_>, Finding> {
        static ENV: LazyLock<Arc<Env>> =
            LazyLock::new(|| Arc::new(Env::stdlib().with_optional_support(false)));
        let mut context = CelContext::with_env(Arc::clone(&ENV));
        for (name, value) in &self.values {
            context.add_variable_from_value(*name, value.clone());
        }
        if self.asked.uses(EVIDENCE) {
            context.add_variable_from_value(EVIDENCE, value(EVIDENCE, evidence)?);
        }
        let patterns = Arc::clone(&self.asked.patterns);
        let full_match = move |This(text): This<Arc<String>>, pattern: Arc<String>| -> bool {
            patterns.get(pattern.as_str()).is_some_and(|pattern| pattern.is_match(&text))
        };
        context.add_function(FULL_MATCH, full_match).map_err(|error| unusable(FULL_MATCH, &error))?;
        Ok(context)
    }
}

fn value(name: &str, fact: &impl Serialize) -> Result<Value, Finding> {
    cel::to_value(fact).map_err(|error| unusable(name, &error))
}

fn longest(value: &Value) -> u64 {
    match value {
        Value::String(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
        Value::List(list) => list.iter().map(longest).max().unwrap_or(0),
        Value::Map(map) => map.map.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

fn unusable(name: &str, error: &dyn std::fmt::Display) -> Finding {
    Finding::new(code::policy::CONDITION_ERROR, format!("`{name}` cannot be handed to conditions"))
        .found(error.to_string())
}

/// How many elements the lists have.
fn sizes(facts: &Facts) -> Sizes {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mut sizes = Sizes {
        tools: count(facts.tools.len()),
        packages: count(facts.packages.len()),
        profiles: count(facts.profiles.len()),
        advisories: count(facts.advisories.as_ref().map_or(0, Vec::len)),
        other: count(facts.signer.times.len()),
        text: 0,
    };
    for tool in &facts.tools {
        for list in [&tool.parameters, &tool.sinks, &tool.headers] {
            sizes.other = sizes.other.max(count(list.len()));
        }
        sizes.other = sizes.other.max(count(tool.lint.len()));
    }
    for found in facts.advisories.iter().flatten() {
        for list in [&found.aliases, &found.fixed] {
            sizes.other = sizes.other.max(count(list.len()));
        }
    }
    sizes
}

/// Sizes with one choice of statements: what these say is text like any other.
pub(super) fn with_evidence(mut sizes: Sizes, evidence: &EvidenceFacts) -> Sizes {
    if let Some(said) = &evidence.provenance {
        let optional = [&said.repository, &said.reference, &said.commit, &said.workflow];
        let always = [&said.signer, &said.builder_id, &said.build_type];
        let longest = always.into_iter().chain(optional.into_iter().flatten()).map(String::len).max();
        sizes.text = sizes.text.max(longest.map_or(0, |bytes| u64::try_from(bytes).unwrap_or(u64::MAX)));
    }
    sizes
}
