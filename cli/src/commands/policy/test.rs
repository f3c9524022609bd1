//! `mcpsign policy test`: does a policy decide as it is meant to?

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::claims::Evidence;
use mcpsign_evidence::observation::{self, Observation};
use mcpsign_evidence::read;
use mcpsign_evidence::reference::Reference;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::policy::{Expected, MAX_BYTES, PolicyCase, PolicyTests};
use mcpsign_schemas::report::{ReportDocument, VerdictWord};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{Got, Trust, verify};
use serde_json::json;

use super::artifact;
use super::signer::GivenArgs;
use crate::args::{Format, FormatArgs};
use crate::commands::handed::{HandedIn, Places};
use crate::commands::trust::{TrustArgs, passed_over};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, ERROR, OK};
use crate::render::json;
use crate::render::untrusted::value;

/// Arguments of `policy test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Policies; the cases of `acme.yaml` stand beside it in `acme.tests.yaml`
    #[arg(value_name = "POLICY", required = true)]
    policies: Vec<PathBuf>,
    /// A file of cases in place of the one beside the policy, e.g. `--cases all.tests.yaml`
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    #[command(flatten)]
    given: GivenArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What came of one case.
struct Ran {
    verdict: VerdictWord,
    rule: Option<String>,
    codes: Vec<String>,
    /// What is other than expected.
    wrong: Vec<String>,
}

/// The cases of a policy: in a file of its own ending, else of another that policies have.
fn beside(policy: &Path) -> PathBuf {
    const ENDINGS: [&str; 3] = ["yaml", "json", "yml"];
    let own = policy.extension().and_then(|ending| ending.to_str()).filter(|ending| ENDINGS.contains(ending));
    let with = |ending: &str| policy.with_extension(format!("tests.{ending}"));
    let mut beside = own.into_iter().chain(ENDINGS).map(with);
    beside.find(|path| path.exists()).unwrap_or_else(|| with(own.unwrap_or("yaml")))
}

/// Runs every case of every policy. One that comes out otherwise than expected ends with exit code 1.
///
/// # Errors
/// When a policy or its cases cannot be used, or a case names a file that cannot be read.
pub(super) fn run(args: &TestArgs, out: &mut Output) -> Result<Exit, Failure> {
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for path in &args.policies {
        let policy = args.given.load(path.as_os_str())?;
        let beside = args.cases.clone().unwrap_or_else(|| beside(path));
        let tests = cases(&beside)?;
        let folder = beside.parent().unwrap_or(Path::new(""));
        let trust = trust(&policy, &tests, folder)?;
        for case in &tests.cases {
            let ran = one(&policy, &trust, case, folder)?;
            if ran.wrong.is_empty() {
                passed += 1
            } else {
                failed += 1
            }
            out.result(match args.format.format {
                Format::Json => json::line(&json!({
                    "policy": path, "case": case.name, "passed": ran.wrong.is_empty(), "verdict": ran.verdict,
                    "rule": ran.rule, "codes": ran.codes, "wrong": ran.wrong,
                }))?,
                Format::Human => human(path, case, &ran),
            });
        }
    }
    out.talk(format_args!("{passed} passed, {failed} failed"));
    Ok(if failed == 0 { Exit::Allowed } else { Exit::Denied })
}

fn human(policy: &Path, case: &PolicyCase, ran: &Ran) -> String {
    let title = format!("{}: {}", value(&policy.to_string_lossy()), value(&case.name));
    if ran.wrong.is_empty() {
        return format!("{OK}passed{OK:#}  {title}\n");
    }
    let mut text = format!("{ERROR}failed{ERROR:#}  {BOLD}{title}{BOLD:#}\n");
    for wrong in &ran.wrong {
        text.push_str(&format!("  {}\n", value(wrong)));
    }
    text
}

fn cases(path: &Path) -> Result<PolicyTests, Failure> {
    let hint = "write the cases beside the policy, or name their file with `--cases`";
    let bytes = read::file(path, MAX_BYTES).map_err(|error| Failure::from_error(&error).hint(hint))?;
    PolicyTests::load(&bytes, &path.to_string_lossy()).map_err(|error| {
        let hint = error.hint().unwrap_or("schemas/spec/policy-tests.md shows what cases look like");
        Failure::from_error(&error).hint(hint)
    })
}

fn trust(policy: &Policy, tests: &PolicyTests, folder: &Path) -> Result<Trust, Failure> {
    let trusted_root = tests.trusted_root.as_ref().map(|path| folder.join(path));
    TrustArgs { trusted_root, ..TrustArgs::default() }.anchors(policy)
}

fn one(policy: &Policy, trust: &Trust, case: &PolicyCase, folder: &Path) -> Result<Ran, Failure> {
    let named = |failure: Failure| {
        let hint = format!("case `{}` names it; paths are relative to the file of cases", case.name);
        failure.hint(hint)
    };
    let reference = Reference::parse(folder.join(&case.artifact).as_os_str())
        .map_err(|error| named(Failure::from_error(&error)))?;
    let now = case.at.unwrap_or_else(Timestamp::now);
    let handed = handed(policy, case, folder, now)?;
    let seen = match &case.observed {
        Some(path) => observed(&folder.join(path)).map_err(named)?,
        None => Got::not_asked(),
    };
    let measured = handed.measured(artifact(&reference).map_err(named)?, seen);
    let evidence = match &case.evidence {
        Some(paths) => {
            let paths: Vec<PathBuf> = paths.iter().map(|path| folder.join(path)).collect();
            Evidence::named(&paths).map_err(|error| named(Failure::from_error(&error)))?
        }
        None => Evidence::beside(&reference),
    };
    let document = verify(&evidence.claims(), &measured, trust, policy, now).document();
    let wrong = wrong(case, &document);
    let codes = document.codes().into_iter().map(str::to_owned).collect();
    Ok(Ran { verdict: document.verdict, rule: document.policy.rule, codes, wrong })
}

/// What the case hands in besides evidence: nothing of it is passed over.
fn handed(policy: &Policy, case: &PolicyCase, folder: &Path, now: Timestamp) -> Result<HandedIn, Failure> {
    let all = |paths: &Option<Vec<String>>| -> Vec<PathBuf> {
        paths.iter().flatten().map(|path| folder.join(path)).collect()
    };
    let one = |path: &Option<String>| path.as_ref().map(|path| folder.join(path));
    let (revocations, alongside) = (all(&case.revocations), all(&case.alongside));
    let (history, advisories) = (one(&case.history), one(&case.advisories));
    let places = Places {
        revocations: &revocations,
        history: history.as_deref(),
        alongside: &alongside,
        advisories: advisories.as_deref(),
    };
    let handed = HandedIn::read(&places, now)?;
    match passed_over(policy, handed.authorities(), handed.history_given(), handed.others_given()) {
        None => Ok(handed),
        Some((what, why)) => Err(Failure::usage(format!(
            "case `{}` has `{what}`, and {why}",
            value(&case.name)
        ))
        .hint("add `revocations`, `continuity` or `shadowing` to a rule's `require`, or leave it out of the case")),
    }
}

fn observed(path: &Path) -> Result<Got<ObservedServer>, Failure> {
    match observation::load(path).map_err(|error| Failure::from_error(&error))? {
        Observation::Seen(observed) => Ok(Got::Some(*observed)),
        Observation::Refused(_) => {
            Err(Failure::usage(format!("`{}` cannot be an observation", path.display())))
        }
    }
}

fn wrong(case: &PolicyCase, document: &ReportDocument) -> Vec<String> {
    let (expected, found) = (word(case.expect), document.verdict.as_str());
    let codes: Vec<&str> = document.codes().into_iter().collect();
    let mut wrong = Vec::new();
    if expected != found {
        wrong.push(format!("expected {expected}, found {found} with {}", listed(&codes)));
    }
    for code in case.codes.iter().flatten().filter(|code| !codes.contains(&code.as_str())) {
        wrong.push(format!("expected {code}, found {}", listed(&codes)));
    }
    if let Some(rule) = &case.rule
        && document.policy.rule.as_ref() != Some(rule)
    {
        let found = document.policy.rule.as_deref().unwrap_or("none");
        wrong.push(format!("expected rule {rule}, found {found}"));
    }
    wrong
}

fn listed(codes: &[&str]) -> String {
    if codes.is_empty() { "no findings".into() } else { codes.join(", ") }
}

const fn word(expected: Expected) -> &'static str {
    match expected {
        Expected::Allow => "allow",
        Expected::Deny => "deny",
        Expected::Undecided => "undecided",
    }
}
