//! What a provenance says of the build, beside its certificate and beside what is demanded.

use mcpsign_tests::forge::{Release, TOOL_MANIFEST, jcs, sha256, statement};
use serde_json::{Value, json};

use crate::Result;
use crate::ci::{COMMIT, Ci, policy};
use crate::maker::Maker;
use crate::policy::PROVENANCE;

pub(crate) fn provenance(maker: &Maker) -> Result<()> {
    let ci = Ci::new()?;
    let another_commit = "76543210fedcba9876543210fedcba9876543210";
    let honest = |bend: &dyn Fn(&mut Value)| {
        let mut built = json!({
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": { "workflow": {
                    "ref": "refs/tags/v1.4.0", "repository": "https://github.com/acme/notes-mcp",
                    "path": ".github/workflows/release.yml"
                } },
                "resolvedDependencies": [{
                    "uri": "git+https://github.com/acme/notes-mcp@refs/tags/v1.4.0", "digest": { "gitCommit": COMMIT }
                }]
            },
            "runDetails": { "builder": { "id": "https://github.com/actions/runner/github-hosted" } }
        });
        bend(&mut built);
        Some(built)
    };
    let as_built = honest(&|_| ());
    let demands = |member: &str| format!("      provenance: {{ {member} }}\n");
    let any = "";
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], Option<Value>, String);
    let rows: [Row<'_>; 11] = [
        (
            "verify_provenance",
            "The provenance says what its certificate says, and what is demanded.",
            &[],
            as_built.clone(),
            demands("repository: https://github.com/acme/notes-mcp, ref: refs/tags/v*"),
        ),
        (
            "verify_provenance_missing_deny",
            "A provenance is demanded, and there is none.",
            &["provenance/missing"],
            None,
            any.into(),
        ),
        (
            "verify_provenance_malformed_deny",
            "A provenance that names no builder.",
            &["provenance/malformed"],
            honest(&|built| built["runDetails"] = json!({})),
            any.into(),
        ),
        (
            "verify_b61_provenance_repository_deny",
            "B61: it was built from another repository than its certificate's.",
            &["provenance/repository-mismatch"],
            honest(&|built| {
                let parameters = &mut built["buildDefinition"]["externalParameters"]["workflow"];
                parameters["repository"] = json!("https://github.com/acme/other-mcp");
            }),
            any.into(),
        ),
        (
            "verify_b57_provenance_repository_id_deny",
            "B57: what the platform said names the number of another repository.",
            &["provenance/repository-mismatch"],
            honest(&|built| {
                built["buildDefinition"]["internalParameters"] =
                    json!({ "github": { "repository_id": "22222" } });
            }),
            any.into(),
        ),
        (
            "verify_b61_provenance_ref_deny",
            "B61: it was built from another tag than its certificate's.",
            &["provenance/ref-mismatch"],
            honest(&|built| {
                built["buildDefinition"]["externalParameters"]["workflow"]["ref"] = json!("refs/tags/v1.3.9");
            }),
            any.into(),
        ),
        (
            "verify_b61_provenance_commit_deny",
            "B61: it was built from another commit than its certificate's.",
            &["provenance/commit-mismatch"],
            honest(&|built| {
                let source = &mut built["buildDefinition"]["resolvedDependencies"][0];
                source["digest"]["gitCommit"] = json!(another_commit);
            }),
            any.into(),
        ),
        (
            "verify_b61_provenance_workflow_deny",
            "B61: it was built by another workflow than its certificate's.",
            &["provenance/workflow-mismatch"],
            honest(&|built| {
                let parameters = &mut built["buildDefinition"]["externalParameters"]["workflow"];
                parameters["path"] = json!(".github/workflows/build.yml");
            }),
            any.into(),
        ),
        (
            "verify_provenance_repository_not_allowed_deny",
            "Another source is demanded.",
            &["provenance/repository-not-allowed"],
            as_built.clone(),
            demands("repository: https://github.com/acme/other-mcp"),
        ),
        (
            "verify_provenance_ref_not_allowed_deny",
            "A branch is demanded, and a tag was built.",
            &["provenance/ref-not-allowed"],
            as_built.clone(),
            demands("ref: refs/heads/main"),
        ),
        (
            "verify_provenance_commit_not_allowed_deny",
            "Another commit is demanded.",
            &["provenance/commit-not-allowed"],
            as_built,
            demands(&format!("commit: {another_commit}")),
        ),
    ];
    for (name, why, codes, built, require) in rows {
        let release = Release::honest()?;
        let mut statements = vec![release.sbom_statement(), release.manifest_statement()];
        statements.extend(built.map(|built| statement(&release.subjects, PROVENANCE, &built)));
        let policy = policy("", &require).replace(
            &format!("      predicates: [{TOOL_MANIFEST}]"),
            &format!("      predicates: [{TOOL_MANIFEST}, {PROVENANCE}]"),
        );
        let mut case = maker.case(name, why, codes)?;
        case.evidence = Some(ci.lines(&[], &[], &statements)?);
        case.policy = Some(policy);
        case.files = vec![("trusted_root.json", ci.root())];
        maker.write(&case)?;
    }
    not_bound(maker, &ci)
}

/// The manifest lists another provenance of the same run than the one that is there.
fn not_bound(maker: &Maker, ci: &Ci) -> Result<()> {
    let why = "The manifest lists the provenance of its run, and another one is there.";
    let mut case = maker.case("verify_provenance_not_bound_deny", why, &["provenance/not-bound"])?;
    let mut release = Release::honest()?;
    let built = |builder: &str| {
        let predicate = json!({
            "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
            "runDetails": { "builder": { "id": builder } }
        });
        statement(&release.subjects, PROVENANCE, &predicate)
    };
    let (listed, there) = (built("https://build.example/runner"), built("https://build.example/fort"));
    let entry = json!({ "predicateType": PROVENANCE, "payload": { "sha256": sha256(&jcs(&listed)) } });
    if let Some(statements) = release.manifest["bindings"]["statements"].as_array_mut() {
        statements.push(entry);
    }
    case.evidence =
        Some(ci.lines(&[], &[], &[release.sbom_statement(), release.manifest_statement(), there])?);
    case.policy = Some(policy("", "").replace(
        &format!("      predicates: [{TOOL_MANIFEST}]"),
        &format!("      predicates: [{TOOL_MANIFEST}, {PROVENANCE}]"),
    ));
    case.files = vec![("trusted_root.json", ci.root())];
    maker.write(&case)
}
