//! What a rule demands of tools, components and licences, and a release that is honest does not have.

use mcpsign_tests::forge::{Release, npm_tarball_of, sha256, sha512};
use serde_json::{Value, json};

use crate::Result;
use crate::maker::{Maker, holding};
use crate::policy::{LENIENT, deciding};

pub(crate) fn demands(maker: &Maker) -> Result<()> {
    tools(maker)?;
    captures(maker)?;
    licenses(maker)?;
    components(maker)
}

fn tools(maker: &Maker) -> Result<()> {
    let condition =
        |expression: &str| format!("      conditions: [{{ name: two, expression: \"{expression}\" }}]\n");
    let demand = |demand: &str| format!("      tools: {{ {demand} }}\n");
    let rows: [(&str, &str, &str, String); 8] = [
        (
            "verify_too_many_tools_deny",
            "One tool is the most that is wanted.",
            "manifest/too-many-tools",
            demand("atMost: 1"),
        ),
        (
            "verify_tool_destructive_deny",
            "A tool that does not say otherwise may destroy something.",
            "manifest/tool-destructive",
            demand("destructive: deny"),
        ),
        (
            "verify_tool_open_world_deny",
            "A tool that does not say otherwise talks to anybody.",
            "manifest/tool-open-world",
            demand("openWorld: deny"),
        ),
        (
            "verify_tool_unhinted_deny",
            "A tool says nothing of what it does.",
            "manifest/tool-unhinted",
            demand("unhinted: deny"),
        ),
        (
            "verify_tool_undeclared_arguments_deny",
            "A tool takes arguments that its schema does not name.",
            "manifest/tool-undeclared-arguments",
            demand("undeclaredArguments: deny"),
        ),
        (
            "verify_tool_name_not_allowed_deny",
            "A tool is called otherwise than the rule allows.",
            "manifest/tool-name-not-allowed",
            demand("names: { allow: [\"read_*\"] }"),
        ),
        (
            "verify_condition_not_met_deny",
            "A condition over facts does not hold.",
            "policy/condition-not-met",
            condition("size(tools) == 3"),
        ),
        (
            "verify_condition_error_deny",
            "A condition asks for a fact that there is not.",
            "policy/condition-error",
            condition("signer.issuer == 'https://issuer.example'"),
        ),
    ];
    for (name, why, code, require) in rows {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        case.policy = Some(deciding(maker, &require));
        maker.write(&case)?;
    }
    Ok(())
}

/// How what was captured, and what was seen, came about.
fn captures(maker: &Maker) -> Result<()> {
    let strict =
        |demand: &str, instead: &str| deciding(maker, "").replace(LENIENT, &LENIENT.replace(demand, instead));
    let honest = Release::honest()?;
    let mut elsewhere = Release::honest()?;
    let wheel = b"the wheel of the same release";
    if let Some(subjects) = elsewhere.subjects.as_array_mut() {
        let digest = json!({ "sha256": sha256(wheel), "sha512": sha512(wheel) });
        subjects.push(json!({ "name": "notes.whl", "digest": digest }));
    }
    elsewhere.rebind();
    elsewhere.manifest["profiles"][0]["subject"] = json!(sha256(wheel));
    let seen = Release::replies(&[Release::read_note(), Release::add_note()]);
    type Row<'a> = (&'a str, &'a str, &'a str, &'a Release, Option<String>, String);
    let rows: [Row<'_>; 3] = [
        (
            "verify_binding_too_weak_deny",
            "Nothing says that what was started is what was signed.",
            "manifest/binding-too-weak",
            &honest,
            None,
            strict("binding: command", "binding: installed"),
        ),
        (
            "verify_captured_from_another_form_deny",
            "The tools were captured from another form of the release.",
            "manifest/not-captured-from-this-form",
            &elsewhere,
            None,
            strict("capture: any-form", "capture: this-form"),
        ),
        (
            "verify_conditions_differ_deny",
            "It is not known how what was seen was started, and equal conditions are demanded.",
            "manifest/conditions-differ",
            &honest,
            Some(seen),
            strict("comparison: subset", "comparison: equal"),
        ),
    ];
    for (name, why, code, release, observed, policy) in rows {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        case.evidence = Some(maker.evidence(release)?);
        case.observed = observed;
        case.policy = Some(policy);
        maker.write(&case)?;
    }
    Ok(())
}

fn licenses(maker: &Maker) -> Result<()> {
    let policy =
        deciding(maker, "      licenses: { allow: [MIT, Apache-2.0], unknown: refuse, missing: refuse }\n");
    let rows: [(&str, &str, &str, Value); 3] = [
        (
            "verify_license_refused_deny",
            "A component's licence is none of those that are allowed.",
            "sbom/license-refused",
            json!([{ "expression": "GPL-3.0-only" }]),
        ),
        (
            "verify_license_unknown_deny",
            "A component's licence is none that SPDX knows.",
            "sbom/license-unknown",
            json!([{ "license": { "name": "Our own" } }]),
        ),
        ("verify_license_missing_deny", "A component states no licence.", "sbom/license-missing", json!([])),
    ];
    for (name, why, code, licenses) in rows {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        let mut release = Release::honest()?;
        release.sbom["metadata"]["component"]["licenses"] = json!([{ "expression": "Apache-2.0" }]);
        release.sbom["components"] = json!([
            { "type": "library", "name": "ws", "purl": "pkg:npm/ws@8.0.0", "licenses": licenses }
        ]);
        release.rebind();
        case.evidence = Some(maker.evidence(&release)?);
        case.policy = Some(policy.clone());
        maker.write(&case)?;
    }
    Ok(())
}

/// What the artifact's own bytes hold, beside what its SBOM lists.
fn components(maker: &Maker) -> Result<()> {
    let lock = json!({ "name": "@acme/notes-mcp", "version": "1.4.0", "lockfileVersion": 3, "packages": {
        "": { "name": "@acme/notes-mcp", "version": "1.4.0", "dependencies": { "ws": "^8.0.0" } },
        "node_modules/ws": { "version": "8.0.0" }
    } });
    let own = json!({
        "name": "@acme/notes-mcp", "version": "1.4.0", "bin": "server.js", "license": "Apache-2.0",
        "dependencies": { "ws": "^8.0.0" }, "bundleDependencies": ["ws"]
    });
    let artifact = npm_tarball_of(&[
        ("package.json", &own.to_string()),
        ("npm-shrinkwrap.json", &lock.to_string()),
        ("node_modules/ws/package.json", r#"{"name":"ws","version":"8.0.0"}"#),
        ("server.js", "// a server\n"),
    ])?;
    let listed = |version: &str| json!([{ "type": "library", "name": "ws", "version": version, "purl": format!("pkg:npm/ws@{version}") }]);
    let rows: [(&str, &str, &str, Value, &str); 2] = [
        (
            "verify_b63_component_missing_deny",
            "B63: the bytes hold a package that the SBOM does not list.",
            "sbom/component-missing",
            json!([]),
            "at-least",
        ),
        (
            "verify_b63_component_invented_deny",
            "B63: the SBOM lists a version that the bytes do not hold.",
            "sbom/component-invented",
            json!([listed("8.0.0")[0], listed("9.9.9")[0]]),
            "exactly",
        ),
    ];
    for (name, why, code, components, demand) in rows {
        let mut case = maker.case(name, why, std::slice::from_ref(&code))?;
        let mut release = holding(artifact.clone())?;
        release.sbom["metadata"]["properties"] = json!([
            { "name": "mcpsign:cataloger", "value": "javascript/package-json complete" },
            { "name": "mcpsign:cataloger", "value": "javascript/npm-shrinkwrap complete" },
            { "name": "mcpsign:cataloger", "value": "javascript/node-modules complete" }
        ]);
        release.sbom["components"] = components;
        release.rebind();
        case.artifact = release.artifact.clone();
        case.evidence = Some(maker.evidence(&release)?);
        case.policy = Some(deciding(maker, &format!("      components: {demand}\n")));
        maker.write(&case)?;
    }
    Ok(())
}
