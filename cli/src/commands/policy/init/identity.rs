//! Whom the policy names, where a certificate says who signed.

use std::fmt::Write as _;

use mcpsign_schemas::policy::{IdentityEntry, RefPattern, WorkflowEntry};
use mcpsign_schemas::report::SignerReport;
use mcpsign_schemas::workload::{Runner, Workflow};

use super::text::quoted;
use crate::failure::Failure;

/// What the certificate says of the signer and of the build: the workflow from tags named as this one is, numbers that outlive
/// names, the trigger, the machine. `None` where there is none, or it names nobody.
pub(super) fn of(signer: &SignerReport) -> Option<IdentityEntry> {
    let exact = IdentityEntry::exact(signer.issuer.clone()?, signer.subject.clone()?);
    let named = exact.at_references_alike().unwrap_or(exact);
    let Some(workload) = &signer.workload else { return Some(named) };
    let started =
        workload.workflow.as_ref().filter(|started| Some(*started) != workload.signer_workflow.as_ref());
    Some(IdentityEntry {
        repository: workload.repository.clone(),
        repository_id: workload.repository_id.clone(),
        owner_id: workload.owner_id.clone(),
        workflow: started.map(alike),
        reference: workload.reference.as_deref().map(RefPattern::alike),
        triggers: workload.trigger.clone().map(|trigger| vec![trigger]),
        runner: workload.runner,
        environment: workload.environment.clone(),
        ..named
    })
}

fn alike(workflow: &Workflow) -> WorkflowEntry {
    WorkflowEntry {
        repository: workflow.repository.clone(),
        path: workflow.path.clone(),
        reference: RefPattern::alike(&workflow.reference),
        commit: None,
    }
}

/// Writes it below `identity:`.
///
/// # Errors
/// Never: every text has a form in JSON.
pub(super) fn write(text: &mut String, entry: &IdentityEntry) -> Result<(), Failure> {
    let _ = writeln!(text, "    identity:\n      issuer: {}", quoted(&entry.issuer)?);
    if let Some(subject) = &entry.subject {
        text.push_str("      # Exactly this one.\n");
        member(text, "subject", Some(subject))?;
    }
    if let Some(signer) = &entry.signer_workflow {
        text.push_str("      # The workflow that signed, taken from references of this form.\n");
        workflow(text, "signerWorkflow", signer)?;
    }
    let names = [
        ("repository", &entry.repository),
        ("repositoryId", &entry.repository_id),
        ("ownerId", &entry.owner_id),
    ];
    if names.iter().any(|(_, value)| value.is_some()) {
        text.push_str(
            "      # What was built. Names can be given up and registered by others, these numbers cannot.\n",
        );
    }
    for (name, value) in names {
        member(text, name, value.as_ref())?;
    }
    if let Some(started) = &entry.workflow {
        text.push_str("      # The workflow that was started, and called the one that signed.\n");
        workflow(text, "workflow", started)?;
    }
    member(text, "ref", entry.reference.as_ref())?;
    if let Some([trigger]) = entry.triggers.as_deref() {
        let _ = writeln!(
            text,
            "      # What may start it: strangers can cause some events.\n      triggers: [{}]",
            quoted(trigger)?
        );
    }
    if let Some(runner) = entry.runner {
        let runner = match runner {
            Runner::Hosted => "hosted",
            Runner::SelfHosted => "self-hosted",
        };
        let _ = writeln!(text, "      # Whose machine it runs on.\n      runner: {runner}");
    }
    member(text, "environment", entry.environment.as_ref())
}

fn workflow(text: &mut String, name: &str, entry: &WorkflowEntry) -> Result<(), Failure> {
    let _ = writeln!(
        text,
        "      {name}:\n        repository: {}\n        path: {}\n        ref: {}",
        quoted(&entry.repository)?,
        quoted(&entry.path)?,
        quoted(&entry.reference)?
    );
    Ok(())
}

fn member(text: &mut String, name: &str, value: Option<&String>) -> Result<(), Failure> {
    if let Some(value) = value {
        let _ = writeln!(text, "      {name}: {}", quoted(value)?);
    }
    Ok(())
}
