//! What lint may have to say of a signed manifest.

use mcpsign_schemas::code::Level;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::lint;
use mcpsign_schemas::manifest::{Profile, ToolManifest};
use mcpsign_schemas::policy::{LintRequirement, LintSeverity};

/// Findings of either kind at the most.
const MAX_FINDINGS: usize = 64;

/// What is said of the profiles that count: those findings that deny, as errors, and those that an exception lets pass, as
/// notes.
pub(crate) fn gate(
    requirement: &LintRequirement,
    manifest: &ToolManifest,
    profiles: &[&Profile],
) -> (Vec<Finding>, Vec<Finding>) {
    let profiles: Vec<Profile> = profiles.iter().map(|profile| (*profile).clone()).collect();
    let from = match requirement.severity {
        LintSeverity::Error => Level::Error,
        LintSeverity::Warning => Level::Warning,
        LintSeverity::Note => Level::Note,
    };
    let (mut denied, mut passed) = (Vec::new(), Vec::new());
    for (issue, _) in lint::profiles(&profiles, &manifest.items) {
        if issue.level < from {
            continue;
        }
        let item = issue.place.as_ref().map(|place| place.name.as_str());
        let exception = requirement.allow.iter().flatten().find(|exception| {
            exception.rule == issue.code.id && exception.item.as_deref().is_none_or(|only| Some(only) == item)
        });
        let finding = issue.finding();
        match exception {
            Some(exception) => {
                let note = Finding {
                    message: format!("{} (allowed: {})", finding.message, exception.reason),
                    ..finding
                };
                passed.push(note.as_note());
            }
            None => denied.push(Finding { level: Level::Error, ..finding }),
        }
    }
    denied.truncate(MAX_FINDINGS);
    passed.truncate(MAX_FINDINGS);
    (denied, passed)
}
