//! Who says what about an artifact, before anything is decided: of one about which nobody speaks who counts nobody has to find out
//! what it is made of.

use jiff::Timestamp;
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::policy::Components;
use mcpsign_schemas::statement::predicate_type::{TOOL_MANIFEST, is_sbom};

use crate::attribute::{Trusted, Untimed};
use crate::authenticate::Seen;
use crate::claims::Claims;
use crate::evaluate::rule_of;
use crate::ladder::{self, Line};
use crate::measured::{Gap, Got, Measured};
use crate::policy::{Policy, Rule};
use crate::report::Report;
use crate::trust::Trust;

/// [`verify`](crate::verify) in two steps: claims that climbed as far as they get, about what was measured without looking into it.
#[derive(Debug)]
pub struct Heard<'h> {
    lines: Result<Vec<Line>, Gap>,
    measured: &'h mut Measured,
    trust: &'h Trust,
    policy: &'h Policy,
    now: Timestamp,
    seen: Seen,
}

impl<'h> Heard<'h> {
    /// Takes every line up the ladder.
    pub fn of(
        claims: &Claims<'_>,
        measured: &'h mut Measured,
        trust: &'h Trust,
        policy: &'h Policy,
        now: Timestamp,
    ) -> Self {
        let mut seen = Seen::within_one_verification();
        let lines = ladder::climb(claims, &measured.subject, trust, policy, now, Untimed::Now, &mut seen);
        Self { lines, measured, trust, policy, now, seen }
    }

    /// Whether it counts what the artifact is made of: a tool manifest speaks of it, by whom a rule names for that, and the rule has
    /// that compared with an SBOM, with advisories or with an earlier release. Where it does not count the report is the same
    /// whatever [`MeasuredArtifact::contents`](crate::MeasuredArtifact) are.
    pub fn needs_contents(&self) -> bool {
        let lines = self.lines.as_deref().unwrap_or_default();
        let of_type = |is: fn(&str) -> bool| {
            let trusted = lines.iter().filter_map(Line::trusted);
            trusted.filter(move |statement| is(&statement.statement().predicate_type))
        };
        let has_advisories = matches!(self.measured.advisories, Got::Some(_));
        let has_sbom = of_type(is_sbom).next().is_some();
        let looks = |rule: &Rule| {
            let require = &rule.require;
            let compares = has_sbom && require.components != Some(Components::NotCompared);
            let continuity = require.continuity.as_ref();
            has_advisories || compares || continuity.is_some_and(|asked| asked.new_install_script.is_some())
        };
        let rule = |statement: &Trusted| rule_of(statement, &self.measured.subject, self.policy);
        of_type(|ty| ty == TOOL_MANIFEST).filter_map(rule).any(looks)
    }

    /// What was found in the artifact, in the place of what was measured before.
    pub fn look(&mut self, contents: Got<Inventory>) {
        self.measured.subject.contents = contents;
    }

    /// The report that [`verify`](crate::verify) makes of it.
    pub fn report(mut self) -> Report {
        crate::concluded(&self.lines, self.measured, self.trust, self.policy, self.now, &mut self.seen)
    }
}
