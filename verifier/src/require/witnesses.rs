//! `require.signatures` and `require.kinds`: distinct signers who agree. Counted are signers, by their identity, never
//! statements, lines or entries of the policy.

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::policy::is_same_predicate;
use mcpsign_schemas::statement::predicate_type::{TOOL_MANIFEST, is_sbom};

use super::Found;
use super::sbom::holds;
use super::statement::{eligible, fallen, usable};
use crate::attribute::Trusted;
use crate::compare::{agreement, freshness, manifest, names, sbom};
use crate::evaluate::{Candidate, Context, as_kind, matching};
use crate::manifests::SignedManifest;
use crate::policy::{Policy, SignatureRule, SignerId};

/// What came of it.
#[derive(Default)]
pub(super) struct Witnessed<'a> {
    /// The statements that count.
    pub(super) by: Vec<&'a Trusted>,
    /// What is not met.
    pub(super) failed: Vec<Found<'a>>,
}

/// A statement that counts, and the policy's entries by which it does.
struct Witness<'a> {
    statement: &'a Trusted,
    /// Of a tool manifest.
    kind: Option<Kind>,
    entries: Vec<SignerId>,
}

/// Judges both requirements of the candidate's rule.
pub(super) fn witnessed<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Witnessed<'a> {
    let rule = candidate.rule;
    let mut out = Witnessed::default();
    let needs_manifests = rule.require.kinds.is_some()
        || rule.signatures.iter().any(|signatures| signatures.predicate == TOOL_MANIFEST);
    let manifests = if needs_manifests { manifests(candidate, context) } else { Vec::new() };
    for signatures in &rule.signatures {
        let others;
        let witnesses = if signatures.predicate == TOOL_MANIFEST {
            &manifests
        } else {
            others = statements(&signatures.predicate, candidate, context);
            &others
        };
        let counted = distinct(witnesses, &signatures.signers);
        if counted.len() < signatures.threshold {
            let finding = too_few(signatures, &counted, context.policy);
            out.failed.push(open_or(&signatures.predicate, finding, candidate, context));
        }
        out.by.extend(counted.into_iter().map(|(witness, _)| witness.statement));
    }
    if let Some(kinds) = &rule.require.kinds {
        match of_each_kind(kinds, &manifests, &mut Vec::new()) {
            Some(witnesses) => out.by.extend(witnesses.into_iter().map(|witness| witness.statement)),
            None => {
                out.failed.push(open_or(TOOL_MANIFEST, kind_missing(kinds, &manifests), candidate, context))
            }
        }
    }
    out
}

/// Tool manifests that agree with the candidate's: itself, of which whatever is wrong is said elsewhere, and those about the
/// artifact, under the same rule, whole, in time, and showing the same tools under the same launch.
fn manifests<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Vec<Witness<'a>> {
    let artifact = &context.measured.subject;
    let agrees = |signed: &&SignedManifest<'a>| {
        let (statement, other) = (signed.statement, &signed.manifest);
        if std::ptr::eq(statement, candidate.statement) {
            return true;
        }
        let same_rule = context.policy.rule_for(&other.server.name, &signed.packages);
        same_rule.is_some_and(|rule| std::ptr::eq(rule, candidate.rule))
            && candidate.revocations.of_statement(statement).is_none()
            && matching(statement, &context.measured.subject).is_ok()
            && names::agree(&signed.packages, artifact).is_ok()
            && manifest::is_whole(other, statement.statement()).is_ok()
            && freshness::not_expired(other, context.now).is_ok()
            && freshness::time_of(statement, candidate.rule, context.policy).is_ok()
            && agreement::agree(
                candidate.manifest,
                other,
                candidate.subject,
                &candidate.rule.require.manifest,
            )
    };
    let witness = |signed: &SignedManifest<'a>| {
        let mut entries = as_kind(signed.statement, signed.manifest.kind, context.policy);
        entries.retain(|entry| candidate.rule.names(*entry));
        Witness { statement: signed.statement, kind: Some(signed.manifest.kind), entries }
    };
    in_order(context.manifests.iter().filter(agrees).map(witness).collect())
}

/// Statements of another type that satisfy the requirement of it.
fn statements<'a>(predicate: &str, candidate: &Candidate<'_>, context: Context<'a>) -> Vec<Witness<'a>> {
    let satisfies = |statement: &Trusted| {
        if is_sbom(predicate) {
            holds(statement, candidate, context)
        } else {
            sbom::is_listed(statement, candidate.manifest)
        }
    };
    let good = |statement: &&Trusted| {
        usable(statement, candidate, context).is_ok()
            && satisfies(statement)
            && freshness::time_of(statement, candidate.rule, context.policy).is_ok()
            && is_same_predicate(predicate, &statement.statement().predicate_type)
    };
    let witness = |statement: &'a Trusted| Witness {
        statement,
        kind: None,
        entries: statement.entries().iter().copied().filter(|entry| candidate.rule.names(*entry)).collect(),
    };
    in_order(eligible(predicate, candidate, context).into_iter().filter(good).map(witness).collect())
}

fn in_order(mut witnesses: Vec<Witness<'_>>) -> Vec<Witness<'_>> {
    witnesses.sort_by(|one, other| one.statement.order().cmp(&other.statement.order()));
    witnesses
}

/// As many of the signers that count as there are distinct identities for: each identity stands for one signer, and each
/// signer for one identity (the augmenting paths of bipartite matching).
fn distinct<'w, 'a>(witnesses: &'w [Witness<'a>], counted: &[SignerId]) -> Vec<(&'w Witness<'a>, SignerId)> {
    let mut identities: Vec<Vec<&Witness<'_>>> = Vec::new();
    for witness in witnesses {
        let same = |group: &&mut Vec<&Witness<'_>>| {
            group.first().is_some_and(|first| first.statement.identity() == witness.statement.identity())
        };
        match identities.iter_mut().find(same) {
            Some(group) => group.push(witness),
            None => identities.push(vec![witness]),
        }
    }
    let mut taken: Vec<Option<SignerId>> = vec![None; identities.len()];
    for signer in counted {
        let _ = place(*signer, &identities, &mut taken, &mut vec![false; identities.len()]);
    }
    let of = |(group, signer): (&Vec<&'w Witness<'a>>, &Option<SignerId>)| {
        let signer = (*signer)?;
        let witness = group.iter().copied().find(|witness| witness.entries.contains(&signer))?;
        Some((witness, signer))
    };
    identities.iter().zip(&taken).filter_map(of).collect()
}

/// Finds an identity for `signer`, moving others if they fit elsewhere.
fn place(
    signer: SignerId,
    identities: &[Vec<&Witness<'_>>],
    taken: &mut [Option<SignerId>],
    seen: &mut [bool],
) -> bool {
    for (at, group) in identities.iter().enumerate() {
        let fits = group.iter().any(|witness| witness.entries.contains(&signer));
        match seen.get_mut(at) {
            Some(seen) if fits && !*seen => *seen = true,
            _ => continue,
        }
        let holder = taken.get(at).copied().flatten();
        if holder.is_none_or(|holder| place(holder, identities, taken, seen)) {
            if let Some(slot) = taken.get_mut(at) {
                *slot = Some(signer);
            }
            return true;
        }
    }
    false
}

/// A witness of each kind, all of them other signers by other entries.
fn of_each_kind<'w, 'a>(
    kinds: &[Kind],
    witnesses: &'w [Witness<'a>],
    chosen: &mut Vec<(&'w Witness<'a>, SignerId)>,
) -> Option<Vec<&'w Witness<'a>>> {
    let Some((kind, rest)) = kinds.split_first() else {
        return Some(chosen.iter().map(|(witness, _)| *witness).collect());
    };
    for witness in witnesses.iter().filter(|witness| witness.kind == Some(*kind)) {
        for &entry in &witness.entries {
            let same = |(other, by): &(&Witness<'_>, SignerId)| {
                *by == entry || other.statement.identity() == witness.statement.identity()
            };
            if chosen.iter().any(same) {
                continue;
            }
            chosen.push((witness, entry));
            if let Some(all) = of_each_kind(rest, witnesses, chosen) {
                return Some(all);
            }
            chosen.pop();
        }
    }
    None
}

/// A line that nothing could be found out about might have been the one that is missing.
fn open_or<'a>(
    predicate: &str,
    finding: Finding,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Found<'a> {
    match fallen(predicate, candidate, context) {
        Some(Found::Open(gap)) => Found::Open(gap),
        _ => Found::failed(finding),
    }
}

fn too_few(rule: &SignatureRule, counted: &[(&Witness<'_>, SignerId)], policy: &Policy) -> Finding {
    let names = |ids: &mut dyn Iterator<Item = SignerId>| {
        ids.filter_map(|id| Some(policy.signer(id)?.name.clone())).collect::<Vec<_>>().join(", ")
    };
    let expected = names(&mut rule.signers.iter().copied());
    let found = names(&mut counted.iter().map(|(_, id)| *id));
    let code: Code = code::identity::TOO_FEW_SIGNERS;
    Finding::new(code, format!("too few distinct signers agree on {}", rule.predicate))
        .expected(format!("{} of {expected}", rule.threshold))
        .found(if found.is_empty() { "0".into() } else { format!("{}: {found}", counted.len()) })
}

fn kind_missing(kinds: &[Kind], witnesses: &[Witness<'_>]) -> Finding {
    let names = |kinds: &mut dyn Iterator<Item = Kind>| {
        let mut names: Vec<String> = kinds.map(|kind| format!("{kind:?}").to_lowercase()).collect();
        names.dedup();
        names.join(", ")
    };
    let code: Code = code::identity::KIND_MISSING;
    Finding::new(code, code.title)
        .expected(format!("{} by distinct signers", names(&mut kinds.iter().copied())))
        .found(names(&mut witnesses.iter().filter_map(|witness| witness.kind)))
}
