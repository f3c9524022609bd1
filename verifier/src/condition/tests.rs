mod vacuous;

use std::collections::BTreeMap;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::code;
use mcpsign_schemas::facts::{
    EvidenceFacts, Facts, ManifestFacts, PackageFacts, ProfileFacts, ProvenanceFacts, ServerFacts,
    SignerFacts, SubjectFacts, ToolFacts,
};
use mcpsign_schemas::manifest::{Binding, Kind, Network, Sandbox};
use mcpsign_schemas::policy::Condition;
use serde_json::Value;

use super::cost::Sizes;
use super::run::with_evidence;
use super::shape::{FACTS, Member, Shape};
use super::{Choice, Conditions, ExpressionError, Unmet};
use crate::non_empty::NonEmpty;

fn tool(json: &str) -> ToolFacts {
    let json = Json::parse(json.as_bytes(), Limits::bytes(1 << 16)).unwrap();
    let name = json.get("name").and_then(Json::as_str).unwrap().to_owned();
    ToolFacts::of(&name, &json, &[])
}

fn facts() -> Facts {
    Facts {
        now: 1_795_000_000,
        subject: SubjectFacts { form: "file", sha256: "00".repeat(32) },
        server: ServerFacts { name: "io.github.acme/notes".into(), version: None },
        packages: vec![PackageFacts {
            purl: "pkg:npm/notes@1.4.0".into(),
            ty: "npm".into(),
            namespace: None,
            name: "notes".into(),
            version: Some("1.4.0".into()),
        }],
        manifest: ManifestFacts {
            kind: Kind::Publisher,
            created_on: 1_794_000_000,
            valid_until: None,
            binds_server_json: false,
            lockfiles: 1,
        },
        signer: SignerFacts {
            name: "acme".into(),
            issuer: Some("https://token.actions.githubusercontent.com".into()),
            subject: Some("https://github.com/acme/notes/.github/workflows/release.yml@refs/tags/v1".into()),
            key_sha256: None,
            claims: BTreeMap::from([("buildTrigger".into(), "push".into())]),
            workload: None,
            times: vec![1_794_000_010],
        },
        profiles: vec![ProfileFacts {
            name: "default".into(),
            binding: Binding::Unpacked,
            network: Network::None,
            sandbox: Sandbox::LinuxNamespaces,
            protocol_version: "2026-07-28".into(),
            tools: 2,
            prompts: 0,
            resources: 0,
            resource_templates: 0,
            instructs: false,
        }],
        tools: vec![
            tool(
                r#"{"name":"read_note","description":"Reads.","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object","properties":{"title":{"type":"string"}}}}"#,
            ),
            tool(r#"{"name":"drop_note","description":"Drops a note."}"#),
        ],
        evidence: EvidenceFacts::default(),
        advisories: None,
    }
}

fn compile(expression: &str) -> Result<Conditions, ExpressionError> {
    let condition = Condition { name: "c".into(), expression: expression.into() };
    Conditions::compile(&[condition]).map_err(|(_, error)| error)
}

fn hold(expression: &str, facts: Facts) -> Result<(), code::Code> {
    hold_with(expression, facts, 1)
}

/// With so many statements to choose from, which say the same.
fn hold_with(expression: &str, facts: Facts, choices: usize) -> Result<(), code::Code> {
    let conditions = compile(expression).unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    let choices = NonEmpty::from_vec(vec![Choice::default(); choices]).unwrap();
    conditions.hold(facts, &choices).map_err(|unmet| match unmet {
        Unmet::Failed(findings) => findings.first().code,
        Unmet::Open(gap) => gap.code,
    })
}

#[test]
fn a_statement_more_never_makes_conditions_too_costly() {
    let many = |count: usize| Facts { tools: vec![facts().tools[0].clone(); count], ..facts() };
    let (holds, fails) = (
        "tools.all(a, tools.all(b, a.name == b.name))",
        "tools.all(a, tools.all(b, a.name == b.name)) && now < 1000",
    );
    for choices in [1, 1000] {
        assert_eq!(hold_with(holds, many(100), choices), Ok(()), "{choices}");
    }
    assert_eq!(hold_with(fails, many(100), 1), Err(code::policy::CONDITION_NOT_MET));
    assert_eq!(hold_with(fails, many(100), 1000), Err(code::evidence::OVER_BUDGET));
}

#[test]
fn what_a_provenance_says_is_text_that_costs() {
    let provenance = ProvenanceFacts {
        signer: "acme".into(),
        builder_id: "https://build.example/runner".into(),
        build_type: "a".repeat(1 << 20),
        repository: None,
        reference: None,
        commit: None,
        workflow: Some("b".repeat(1 << 10)),
    };
    let evidence = EvidenceFacts { sbom: None, provenance: Some(provenance) };
    assert_eq!(with_evidence(Sizes::default(), &evidence).text, 1 << 20);
    assert_eq!(with_evidence(Sizes::default(), &EvidenceFacts::default()).text, 0);
}

/// Wherever a long text stands, whoever looks at it again and again pays for it.
#[test]
fn b48_every_text_of_the_facts_costs() {
    let long = || "v".repeat(3 << 20);
    type Bend = fn(&mut Facts, String);
    let bends: [(&str, Bend); 6] = [
        ("server.version", |facts, text| facts.server.version = Some(text)),
        ("server.name", |facts, text| facts.server.name = text),
        ("profiles[0].name", |facts, text| facts.profiles[0].name = text),
        ("profiles[0].protocolVersion", |facts, text| facts.profiles[0].protocol_version = text),
        ("packages[0].version", |facts, text| facts.packages[0].version = Some(text)),
        ("tools[0].description", |facts, text| facts.tools[0].description = text),
    ];
    for (fact, bend) in bends {
        let mut facts = Facts { tools: vec![facts().tools[0].clone(); 100], ..facts() };
        bend(&mut facts, long());
        let expression =
            format!("tools.all(t, tools.all(u, t.name != u.name || !{fact}.full_match('(v|vv)*x.*')))");
        assert_eq!(hold(&expression, facts), Err(code::policy::CONDITION_ERROR), "{fact}");
    }
}

#[test]
fn conditions_are_true_or_not() {
    let not_met = Err(code::policy::CONDITION_NOT_MET);
    for (expression, outcome) in [
        ("now > 1000", Ok(())),
        ("now < 1000", not_met),
        ("tools.exists(t, t.destructive)", Ok(())),
        ("!tools.exists(t, t.destructive)", not_met),
        ("tools.all(t, t.readOnly || t.name.startsWith('drop_'))", Ok(())),
        ("tools.exists_one(t, t.readOnly)", Ok(())),
        ("size(tools.filter(t, t.destructive)) == 1", Ok(())),
        ("tools.map(t, t.name) == ['a']", Err(code::policy::CONDITION_ERROR)),
        ("'read_note' in tools.map(t, t.name)", Ok(())),
        ("'read_note' in tools.map(t, t.destructive, t.name)", not_met),
        ("tools.exists(t, t.parameters.exists(p, p == 'title'))", Ok(())),
        ("tools.all(t, size(t.parameters) <= 1 && t.description.size() < 100)", Ok(())),
        ("size(tools) <= 40 && tools.size() > 1", Ok(())),
        ("manifest.kind == 'publisher' && subject.form != 'endpoint'", Ok(())),
        ("profiles.all(p, p.binding in ['unpacked', 'installed'])", Ok(())),
        ("profiles[0].network == 'none'", Ok(())),
        ("has(packages[0].namespace)", not_met),
        ("packages.all(p, p.type == 'npm' && p.version == '1.4.0')", Ok(())),
        ("now - manifest.createdOn < 30 * 86400", Ok(())),
        ("signer.times.all(t, t > time('2026-01-01T00:00:00Z'))", Ok(())),
        ("signer.claims['buildTrigger'] == 'push' && signer.claims.buildTrigger == 'push'", Ok(())),
        ("has(signer.claims.runnerEnvironment)", not_met),
        ("signer.subject.full_match('https://github\\\\.com/acme/.*@refs/tags/v[0-9]+')", Ok(())),
        ("signer.subject.full_match('github.com/acme')", not_met),
        ("signer.subject.startsWith('https://github.com/' + server.name.substring(0))", Ok(())),
        ("has(evidence.provenance)", not_met),
        ("has(signer.workload) ? signer.workload.runner == 'hosted' : true", Ok(())),
    ] {
        if expression.contains("substring") || expression.contains("== ['a']") {
            assert!(compile(expression).is_err(), "{expression}");
            continue;
        }
        assert_eq!(hold(expression, facts()), outcome, "{expression}");
    }
}

/// An error is never a pass, and what one side of a choice cannot say the other side may.
#[test]
fn what_cannot_be_evaluated_denies() {
    let error = Err(code::policy::CONDITION_ERROR);
    for expression in [
        "evidence.provenance.builderId == 'https://b.example'",
        "!(evidence.provenance.builderId == 'https://b.example')",
        "evidence.provenance.builderId != 'https://b.example'",
        "signer.workload.trigger != 'pull_request_target'",
        "packages[7].name == 'x'",
        "packages[-1].name != 'x'",
        "signer.claims['nothing'] != 'x'",
        "1 / (now - now) == 1",
        "9223372036854775807 + now > now",
        "tools.all(t, evidence.sbom.components > size(t.headers))",
        "!tools.exists(t, evidence.sbom.components > size(t.headers))",
        "size(tools.filter(t, evidence.sbom.components > size(t.headers))) == 0",
    ] {
        assert_eq!(hold(expression, facts()), error, "{expression}");
    }
    assert_eq!(hold("evidence.sbom.components > 1 || now > 1000", facts()), Ok(()));
}

#[test]
fn b35_b36_what_is_no_condition_is_an_error_when_it_is_loaded() {
    for (expression, what) in [
        ("", "expect"),
        ("tools.exists(t, t.destructve)", "`tools` has no `destructve`"),
        ("toolz.exists(t, t.destructive)", "there is no fact `toolz`"),
        ("t.destructive", "there is no fact `t`"),
        ("size(tools)", "a number, not true or false"),
        ("signer.name", "a text, not true or false"),
        ("tools", "a list, not true or false"),
        ("signer.subject.matches('acme')", "full_match"),
        ("signer.subject.full_match(signer.name)", "written out"),
        ("signer.subject.full_match('(')", "pattern"),
        ("signer.subject.full_match('a)|(b')", "pattern"),
        ("tools.all(t, size(t.name) < '3')", "`<` does not take"),
        ("packages[0].version < '1.10.0'", "`<` does not take"),
        ("manifest.kind == 'publsher'", "never `publsher`"),
        ("profiles.all(p, p.binding in ['unpackd'])", "never `unpackd`"),
        ("has(signer.name)", "always there"),
        ("signer == signer", "`==` does not take"),
        ("tools == tools", "`==` does not take"),
        ("server.version == null", "null"),
        ("now > 1.5", "whole"),
        ("now > 1u", "whole"),
        ("b'x' == b'x'", "bytes"),
        ("{'a': true}['a']", "objects"),
        ("[] == []", "empty"),
        ("signer.name in []", "empty"),
        ("['a', 1] == []", "one type"),
        ("signer.name + signer.name == 'x'", "`+` does not take"),
        ("frob(now) == 1", "no function `frob`"),
        ("now.frob() == 1", "no function `frob`"),
        ("timestamp('2026-01-01T00:00:00Z') < now", "seconds"),
        ("time('yesterday') < now", "takes a time"),
        ("time(signer.name) < now", "written out"),
        ("tools.all(a, tools.all(b, tools.all(c, true)))", "loops inside each other"),
        ("signer.?name == 'x'", "support"),
        ("tools.exists(t, t.destructive) )", "mismatched"),
        ("tools.exists(t.x, true)", ""),
        ("true && ", ""),
        ("'abc", ""),
        ("true", "no fact"),
        ("1 == 1 || !false", "no fact"),
        ("now > 9 || true", "this side asks for no fact"),
        ("signer.name == 'a' || 'b' == 'b'", "this side asks for no fact"),
        ("false || now > 9", "this side asks for no fact"),
        ("now > 9 && (true || now > 8)", "this side asks for no fact"),
        ("signer.name.startsWith('')", "every text"),
        ("tools.all(t, t.name.contains(''))", "every text"),
        ("[1, 2].all(now, now > 0)", "no fact"),
        ("time('2026-01-01T00:00:00Z') > 0", "no fact"),
    ] {
        let error = compile(expression).expect_err(expression);
        assert!(error.what.contains(what), "{expression}: {error:?}");
    }
    let at = |expression: &str| compile(expression).unwrap_err().at;
    assert_eq!(at("true &&\n  tools.exists(t, t.destructve)"), Some((2, 20)));
    assert_eq!(at("toolz == 1"), Some((1, 1)));
}

/// Neither the parser nor the interpreter is brought to its knees: the bounds are known before.
#[test]
fn b48_expressions_are_bounded() {
    let deep = [
        "(".repeat(2000),
        format!("{}true", "!-".repeat(1000)),
        format!("{}true", "!(".repeat(1000)),
        format!("now{} > 0", " + now".repeat(340)),
        format!("signer{}", ".a".repeat(1000)),
        format!("{}now{} == 1", "[".repeat(1000), "]".repeat(1000)),
        format!("now{}", "[0]".repeat(600)),
        "a?b:".repeat(500),
        format!("{}1", "true ? 1 : ".repeat(180)),
        "tools.all(t, ".repeat(150),
        format!("{}true{}", "tools.all(t, ".repeat(100), ")".repeat(100)),
        format!("true{}", " && (true || false)".repeat(2000)),
        "{".repeat(2000),
        "-".repeat(2000),
        "\"".repeat(2000),
        "`".repeat(2000),
    ];
    for expression in &deep {
        let error = compile(expression).err();
        assert!(error.is_some(), "{}", expression.chars().take(40).collect::<String>());
    }
    // Long, and flat; parentheses around one thing are none.
    assert!(compile(&format!("{}now > 9{}", "(".repeat(900), ")".repeat(900))).is_ok());
    assert!(compile(&format!("now > 9{}", " && now > 9".repeat(150))).is_ok());

    let many = |count: usize| Facts { tools: vec![facts().tools[0].clone(); count], ..facts() };
    let squared = "tools.all(a, tools.all(b, a.name == b.name))";
    assert_eq!(hold(squared, many(50)), Ok(()));
    assert_eq!(hold(squared, many(5000)), Err(code::policy::CONDITION_ERROR));
    let long = Facts {
        tools: vec![ToolFacts { description: "a".repeat(8 << 20), ..facts().tools[0].clone() }; 100],
        ..facts()
    };
    let looked = "tools.all(t, !t.description.contains('aaab') && !t.description.full_match('(a|aa)+b'))";
    assert_eq!(hold(looked, long), Err(code::policy::CONDITION_ERROR));
    // Patterns are matched in linear time, and small when compiled.
    assert!(compile("signer.name.full_match('(a|b){1000}{1000}')").is_err());
    assert_eq!(hold("!signer.name.full_match('(a+)+$')", facts()), Ok(()));
}

/// The types here are those of the published document.
#[test]
fn the_facts_are_those_of_the_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../schemas/json/facts.schema.json")).unwrap();
    same(&schema, &schema, FACTS, "facts");
}

fn same(root: &Value, schema: &Value, members: &[Member], path: &str) {
    let schema = resolved(root, schema);
    let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{path}: {schema}"));
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let names: Vec<&str> = members.iter().map(|member| member.name).collect();
    assert_eq!(names.len(), properties.len(), "{path}: {names:?} {:?}", properties.keys());
    for member in members {
        let path = format!("{path}.{}", member.name);
        let property = properties.get(member.name).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(member.optional, !required.contains(&member.name), "{path}");
        fits(root, property, &member.shape, &path);
    }
}

fn fits(root: &Value, property: &Value, shape: &Shape, path: &str) {
    let property = resolved(root, property);
    let is = |name: &str| match &property["type"] {
        Value::String(only) => only == name,
        Value::Array(some) => some.iter().any(|one| one == name),
        _ => false,
    };
    match shape {
        Shape::Bool => assert!(is("boolean"), "{path}"),
        Shape::Int | Shape::AtLeast(_) => assert!(is("integer"), "{path}"),
        Shape::Text | Shape::Identity => assert!(is("string"), "{path}"),
        Shape::Word(words) => {
            let variants = property["oneOf"].as_array().or(property["enum"].as_array());
            let Some(variants) = variants else {
                // `&'static str` of ours.
                return assert!(is("string"), "{path}: {property}");
            };
            let known: Vec<&str> =
                variants.iter().flat_map(|variant| variant["const"].as_str().or(variant.as_str())).collect();
            assert_eq!(*words, known, "{path}");
        }
        Shape::List(of, _) => fits(root, &property["items"], of, path),
        Shape::Object(members) => same(root, property, members, path),
        Shape::Texts => assert!(property["additionalProperties"]["type"] == "string", "{path}"),
    }
}

fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(some) = schema["anyOf"].as_array() {
        return resolved(root, some.first().unwrap());
    }
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
