//! Every field of a policy, each flipping a verdict on its own (B35).

use mcpsign_schemas::code;
use mcpsign_schemas::manifest::{Binding, Kind};
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::StageState;
use mcpsign_schemas::statement::predicate_type;
use mcpsign_schemas::surface::ItemKind;

use super::Case;
use crate::policy::Policy;
use crate::testing::{Key, Release, json, statement};

/// Signed by `acme`, reviewed by `reviewer`.
struct World {
    acme: Key,
    reviewer: Key,
    release: Release,
}

impl World {
    fn new() -> Self {
        Self { acme: Key::generate(), reviewer: Key::generate(), release: Release::honest() }
    }

    fn policy(&self) -> String {
        format!(
            r#"schema: mcpsign.dev/policy/v1
name: test
keys:
  - name: acme-2026
    publicKey: |
{}    notBefore: 2026-01-01T00:00:00Z
    notAfter: 2027-01-01T00:00:00Z
    compromisedSince: 2026-12-31T00:00:00Z
    time: allow-unverified
  - name: reviewer-1
    publicKey: |
{}    time: allow-unverified
signers:
  - name: acme
    key: acme-2026
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]
  - name: reviewer
    key: reviewer-1
    predicates: [https://example.org/review/v1]
rules:
  - name: notes
    match: {{ package: pkg:npm/%40acme/notes-mcp }}
    signers: [acme, reviewer]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1, https://example.org/review/v1]
      manifest:
        comparison: equal
        observation: required
        binding: installed
        capture: this-form
        resources: equal
      sbom: bound
"#,
            indented(&self.acme),
            indented(&self.reviewer),
        )
    }

    fn case(&self, policy: &str) -> Case {
        let review = statement(self.release.subjects.clone(), "https://example.org/review/v1", json("{}"));
        let mut case = Case::of(&self.acme, &self.release);
        case.lines.push(self.reviewer.bundle(&review));
        case.policy =
            Policy::load(policy.as_bytes(), "test.yaml").unwrap_or_else(|error| panic!("{error}\n{policy}"));
        case.observe(ObservedServer::from_profile(
            &self.release.manifest.profiles[0],
            &self.release.manifest.items,
        ));
        case
    }

    /// The policy with one place changed.
    fn changed(&self, from: &str, to: &str) -> Case {
        let policy = self.policy();
        assert_eq!(policy.matches(from).count(), 1, "{from}");
        self.case(&policy.replacen(from, to, 1))
    }
}

#[test]
fn the_policy_as_it_stands_allows() {
    let world = World::new();
    let document = world.case(&world.policy()).allowed();
    assert_eq!(document.policy.name, "test");
    assert_eq!(document.policy.rule.as_deref(), Some("notes"));
    assert_eq!(
        document.signers.iter().map(|s| s.rule.as_str()).collect::<Vec<_>>(),
        ["acme", "acme", "reviewer"]
    );
}

#[test]
fn b35_each_field_flips_the_verdict() {
    let world = World::new();
    let other = indented(&Key::generate());
    let acme = indented(&world.acme);
    for (from, to, code) in [
        (acme.as_str(), other.as_str(), code::signature::KEY_NOT_TRUSTED),
        ("notBefore: 2026-01-01", "notBefore: 2026-12-01", code::identity::KEY_NOT_YET_VALID),
        ("notAfter: 2027-01-01", "notAfter: 2026-11-01", code::identity::KEY_EXPIRED),
        ("compromisedSince: 2026-12-31", "compromisedSince: 2026-11-01", code::identity::KEY_COMPROMISED),
        ("00Z\n    time: allow-unverified", "00Z\n    time: require", code::freshness::NO_VERIFIED_TIME),
        ("kinds: [publisher]", "kinds: [observer]", code::identity::KIND_NOT_ALLOWED),
        ("manifest/v1, https://cyclonedx.org/bom]", "manifest/v1]", code::identity::PREDICATE_NOT_ALLOWED),
        ("notes-mcp }", "other-mcp }", code::policy::NO_RULE),
        ("{ package: pkg:npm/%40acme/notes-mcp }", "{ server: io.github.other/* }", code::policy::NO_RULE),
        (
            "{ package: pkg:npm/%40acme/notes-mcp }",
            "{ package: \"pkg:npm/%40acme/notes-mcp@1.3.0\" }",
            code::policy::NO_RULE,
        ),
    ] {
        world.changed(from, to).denied(code);
    }
    // What is required, and nobody said.
    let mut silent = world.case(&world.policy());
    silent.lines.pop();
    silent.denied(code::signature::PREDICATE_MISSING);
    let mut less = world.case(
        &world
            .policy()
            .replace("manifest/v1, https://example.org/review/v1]", "manifest/v1]")
            .replace("[acme, reviewer]", "[acme]")
            .replace(&reviewer_entries(&world).0, "")
            .replace(&reviewer_entries(&world).1, ""),
    );
    less.lines.pop();
    less.allowed();
}

/// Where a manifest stops early, what is asked for was not judged: nobody reads that it was not asked for. Server and rule are named
/// as soon as they are known.
#[test]
fn b35_what_is_asked_for_is_blocked_and_not_left_out() {
    let world = World::new();
    let policy = world
        .policy()
        .replacen(
            "https://cyclonedx.org/bom]",
            "https://cyclonedx.org/bom, https://slsa.dev/provenance/v1]",
            1,
        )
        .replacen(
            "tool-manifest/v1, https://example.org/review/v1]",
            "tool-manifest/v1, https://example.org/review/v1, https://slsa.dev/provenance/v1]",
            1,
        )
        .replacen(
            "sbom: bound\n",
            "sbom: bound\n      advisories: { snapshot: required, severity: high, unevaluated: accept }\n",
            1,
        );
    let with = |policy: &str, lines: Option<Vec<Vec<u8>>>| {
        let mut case = world.case(policy);
        case.lines = lines.unwrap_or(case.lines);
        case.document()
    };
    let malformed = statement(world.release.subjects.clone(), predicate_type::TOOL_MANIFEST, json("{}"));
    let kind = with(&policy.replacen("kinds: [publisher]", "kinds: [observer]", 1), None);
    let no_rule = with(&policy.replacen("pkg:npm/%40acme/notes-mcp", "pkg:npm/%40acme/other", 1), None);
    assert_eq!(kind.policy.rule.as_deref(), Some("notes"));
    assert_eq!((no_rule.policy.rule.as_deref(), no_rule.server.is_some()), (None, true));
    for (document, code) in [
        (kind, code::identity::KIND_NOT_ALLOWED),
        (no_rule, code::policy::NO_RULE),
        (with(&policy, Some(vec![world.acme.bundle(&malformed)])), code::manifest::MALFORMED),
        (with(&policy, Some(Vec::new())), code::signature::NO_ATTESTATION),
    ] {
        assert!(super::has(&document.findings, code), "{code}: {:?}", document.findings);
        for stage in [&document.stages.provenance, &document.stages.advisories] {
            assert_eq!(stage.state, StageState::NotRun, "{code}");
        }
    }
    // Where nobody asks it stays so.
    let plain = with(&world.policy(), Some(Vec::new()));
    assert_eq!(plain.stages.advisories.state, StageState::NotRequired);
    assert_eq!(plain.stages.provenance.state, StageState::NotRequired);
}

#[test]
fn b35_identities_are_compared_whole() {
    // A key signed; the policy names an identity instead.
    let world = World::new();
    let policy = world.policy();
    let key = policy.find("  - name: acme-2026").unwrap()..policy.find("  - name: reviewer-1").unwrap();
    let policy = policy.replace(&policy[key], "").replace(
        "    key: acme-2026\n",
        "    identity: { issuer: https://issuer.example, subject: ci@example.org }\n",
    );
    let mut case = world.case(&policy);
    case.denied(code::signature::KEY_NOT_TRUSTED);
    case.trust.keys = vec![super::trusted(&world.acme, crate::TimePolicy::AllowUnverified)];
    case.denied(code::identity::SIGNER_NOT_ALLOWED);
}

#[test]
fn b35_binding() {
    let world = World::new();
    for (found, wanted, allowed) in [
        (Binding::Command, "command", true),
        (Binding::Command, "installed", false),
        (Binding::Installed, "installed", true),
        (Binding::Installed, "unpacked", false),
        (Binding::Unpacked, "unpacked", true),
    ] {
        let mut release = world.release.clone();
        release.manifest.profiles[0].launch.binding = found;
        let mut case = world.changed("binding: installed", &format!("binding: {wanted}"));
        let review = case.lines.pop().unwrap();
        case.lines = release.lines(&world.acme);
        case.lines.push(review);
        if allowed {
            case.allowed();
        } else {
            case.denied(code::manifest::BINDING_TOO_WEAK);
        }
    }
}

/// A key's PEM as it stands in the policy.
fn indented(key: &Key) -> String {
    key.pem().lines().map(|line| format!("      {line}\n")).collect()
}

/// The reviewer's key entry and signer entry.
fn reviewer_entries(world: &World) -> (String, String) {
    let key = format!(
        "  - name: reviewer-1\n    publicKey: |\n{}    time: allow-unverified\n",
        indented(&world.reviewer)
    );
    let signer = "  - name: reviewer\n    key: reviewer-1\n    predicates: [https://example.org/review/v1]\n";
    (key, signer.into())
}

#[test]
fn b35_the_signers_of_a_rule_count() {
    let world = World::new();
    // The reviewer may speak, but this rule no longer names him.
    let rule = "  - name: rest\n    match: any-server\n    signers: [reviewer, acme]\n    require:\n      predicates: [https://mcpsign.dev/tool-manifest/v1]\n      manifest: { comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }\n      sbom: not-required\n";
    let policy = world.policy() + rule;
    world.case(&policy).allowed();
    let without = policy.replace("signers: [acme, reviewer]", "signers: [acme]").replace(
        "[https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]",
        "[https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom, https://example.org/review/v1]",
    );
    world.case(&without).denied(code::signature::PREDICATE_MISSING);
}

#[test]
fn m18_another_publishers_signer_may_not_speak_for_this_package() {
    let world = World::new();
    // The reviewer may sign manifests, for servers of others: the first rule that matches decides.
    let policy = world.policy().replace(
        "    predicates: [https://example.org/review/v1]\n",
        "    kinds: [publisher]\n    predicates: [https://example.org/review/v1, https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]\n",
    ).replace("signers: [acme, reviewer]", "signers: [acme]").replace(
        "[https://mcpsign.dev/tool-manifest/v1, https://example.org/review/v1]",
        "[https://mcpsign.dev/tool-manifest/v1]",
    ) + "  - name: others\n    match: { package: pkg:npm/%40other/* }\n    signers: [reviewer]\n    require:\n      predicates: [https://mcpsign.dev/tool-manifest/v1]\n      manifest: { comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }\n      sbom: if-bound\n";
    let mut case = world.case(&policy);
    case.lines = world.release.lines(&world.reviewer);
    case.denied(code::identity::SIGNER_NOT_ALLOWED);
    // A second name for the same bytes is no way around it.
    let mut release = world.release.clone();
    let mut alias = release.manifest.packages[0].clone();
    alias.purl = "pkg:npm/%40other/notes-mcp@1.4.0".into();
    release.manifest.packages.insert(0, alias);
    case.lines = release.lines(&world.reviewer);
    case.denied(code::policy::NO_RULE);
    // Nor into a rule for every server.
    case.policy =
        Policy::load(policy.replace("{ package: pkg:npm/%40other/* }", "any-server").as_bytes(), "test.yaml")
            .unwrap();
    case.denied(code::policy::NO_RULE);
}

#[test]
fn b35_comparison_observation_capture_and_resources() {
    let world = World::new();
    let honest =
        || ObservedServer::from_profile(&world.release.manifest.profiles[0], &world.release.manifest.items);

    // comparison
    let mut elsewhere = honest();
    elsewhere.conditions = None;
    let mut case = world.case(&world.policy());
    case.observe(elsewhere.clone());
    case.denied(code::manifest::CONDITIONS_DIFFER);
    let mut case = world.changed("comparison: equal", "comparison: subset");
    case.observe(elsewhere);
    case.allowed();

    // observation
    let mut case = world.case(&world.policy());
    case.measured.observed = crate::Got::Missing(super::not_asked());
    case.undecided(code::evidence::NOT_LOOKED_AT);
    assert!(case.verify().ready_to_observe());
    let mut case = world.changed("observation: required", "observation: if-given");
    case.measured.observed = crate::Got::Missing(super::not_asked());
    case.allowed();

    // capture
    let mut other_form = world.release.clone();
    other_form.subjects.push(crate::testing::subject("other", b"other form"));
    other_form.manifest.profiles[0].subject = Some(mcpsign_schemas::digest::Sha256Digest::of(b"other form"));
    let lines = |case: &mut Case| {
        let review = case.lines.pop().unwrap();
        case.lines = other_form.lines(&world.acme);
        case.lines.push(review);
    };
    let mut case = world.case(&world.policy());
    lines(&mut case);
    case.denied(code::manifest::NOT_CAPTURED_FROM_THIS_FORM);
    let mut case = world.changed("capture: this-form", "capture: any-form");
    lines(&mut case);
    case.allowed();

    // resources
    let mut more = honest();
    let item = json(r#"{"uri":"file:///x","name":"x"}"#);
    more.items.insert(
        (ItemKind::Resource, "file:///x".into()),
        mcpsign_schemas::observed::ObservedItem {
            digests: mcpsign_schemas::manifest::ItemDigests { wire: item.sha256(), surface: item.sha256() },
            json: Some(item),
        },
    );
    for (value, allowed) in [("equal", false), ("subset", false), ("ignore", true)] {
        let mut case = world.changed("resources: equal", &format!("resources: {value}"));
        case.observe(more.clone());
        if allowed {
            case.allowed();
        } else {
            case.denied(code::manifest::RESOURCE_UNKNOWN);
        }
    }
}

#[test]
fn b35_resources_equal_and_subset_differ_by_what_is_missing() {
    let mut world = World::new();
    let item = json(r#"{"uri":"file:///x","name":"x"}"#);
    let profile = &mut world.release.manifest.profiles[0];
    profile.resources.insert(
        "file:///x".into(),
        mcpsign_schemas::manifest::ItemDigests { wire: item.sha256(), surface: item.sha256() },
    );
    profile.seal();
    world.release.manifest.items.insert(item.sha256(), item);
    let mut less =
        ObservedServer::from_profile(&world.release.manifest.profiles[0], &world.release.manifest.items);
    let changed = |bytes: &str| {
        let mut changed = less.clone();
        let item = json(bytes);
        let digests = mcpsign_schemas::manifest::ItemDigests { wire: item.sha256(), surface: item.sha256() };
        let json = Some(item);
        changed.items.insert(
            (ItemKind::Resource, "file:///x".into()),
            mcpsign_schemas::observed::ObservedItem { digests, json },
        );
        changed
    };
    for resources in ["equal", "subset"] {
        let mut case = world.changed("resources: equal", &format!("resources: {resources}"));
        case.observe(changed(r#"{"uri":"file:///x","name":"y"}"#));
        case.denied(code::manifest::RESOURCE_CHANGED);
    }
    less.items.remove(&(ItemKind::Resource, "file:///x".into()));
    let mut case = world.case(&world.policy());
    case.observe(less.clone());
    case.denied(code::manifest::RESOURCE_MISSING);
    let mut case = world.changed("resources: equal", "resources: subset");
    case.observe(less);
    case.allowed();
}

#[test]
fn b35_sbom_requirements() {
    let world = World::new();
    let mut unbound = world.release.clone();
    unbound.manifest.bindings.sboms.clear();
    unbound.manifest.bindings.statements.clear();
    let with = |value: &str, release: &Release, keep_sbom: bool| {
        let mut case = world.changed("sbom: bound", &format!("sbom: {value}"));
        let review = case.lines.pop().unwrap();
        case.lines = release.lines(&world.acme);
        if !keep_sbom {
            case.lines.remove(0);
        }
        case.lines.push(review);
        case
    };
    with("bound", &world.release, true).allowed();
    with("bound", &world.release, false).denied(code::sbom::MISSING);
    with("bound", &unbound, true).denied(code::sbom::MISSING);
    with("if-bound", &unbound, true).allowed();
    with("if-bound", &world.release, false).denied(code::sbom::MISSING);
    with("not-required", &world.release, false).allowed();
}

#[test]
fn b35_kinds_are_what_the_entry_says() {
    let world = World::new();
    let mut observer = world.release.clone();
    observer.manifest.kind = Kind::Observer;
    let mut case = world.case(&world.policy());
    let review = case.lines.pop().unwrap();
    case.lines = observer.lines(&world.acme);
    case.lines.push(review);
    case.denied(code::identity::KIND_NOT_ALLOWED);
    let mut allowed = world.changed("kinds: [publisher]", "kinds: [observer]");
    allowed.lines.clone_from(&case.lines);
    allowed.allowed();
}

#[test]
fn keys_that_cannot_be_used_are_errors_with_a_place() {
    let world = World::new();
    let load = |text: &str| Policy::load(text.as_bytes(), "p.yaml").map(|_| ()).unwrap_err();
    let pem = world.acme.pem();
    let line = pem.lines().nth(1).unwrap();
    let error = load(&world.policy().replace(line, "AAAA"));
    assert_eq!(error.path, "keys[0].publicKey");
    assert_eq!(error.position.map(|p| p.line), Some(5));
    assert!(error.hint().is_some());
    // The same key under two names would be one signer under two names.
    let (acme, reviewer) = (pem.replace('\n', "\n      "), world.reviewer.pem().replace('\n', "\n      "));
    let error = load(&world.policy().replace(reviewer.trim_end(), acme.trim_end()));
    assert_eq!(error.path, "keys[1].publicKey");
}

#[test]
fn flags_are_a_policy_that_can_be_read() {
    let policy = super::flags(&Key::generate(), &[predicate_type::SLSA_PROVENANCE]);
    assert_eq!(policy.name(), "flags/v1");
    let yaml = policy.explain().to_yaml().unwrap();
    let again = Policy::load(yaml.as_bytes(), "flags.yaml").unwrap();
    assert_eq!(again.explain(), policy.explain(), "{yaml}");
    assert_eq!(again.keys()[0].spki(), policy.keys()[0].spki());
}
