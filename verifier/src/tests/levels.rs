//! The level of SLSA that a policy's builders establish, and what others say to have established.

use mcpsign_schemas::code::provenance;
use mcpsign_schemas::report::ReportDocument;
use mcpsign_schemas::statement::predicate_type::SLSA_PROVENANCE;

use super::Case;
use crate::policy::Policy;
use crate::testing::{Key, Release, json, statement};

/// Builders `https://b.example/1` to `/3` are worth their number, by the word of `acme`; `lab` is believed for the first.
fn policy(acme: &Key, lab: &Key, require: &str) -> Policy {
    load(&text(acme, lab, require))
}

fn load(text: &str) -> Policy {
    Policy::load(text.as_bytes(), "policy.json").unwrap()
}

fn text(acme: &Key, lab: &Key, require: &str) -> String {
    let key = |name: &str, key: &Key| {
        format!(r#"{{"name":"{name}","publicKey":{:?},"time":"allow-unverified"}}"#, key.pem())
    };
    format!(
        r#"{{"schema":"mcpsign.dev/policy/v1","name":"acme","keys":[{},{}],
        "signers":[{{"name":"acme","key":"acme","kinds":["publisher"],"predicates":["https://mcpsign.dev/tool-manifest/v1","https://cyclonedx.org/bom","{SLSA_PROVENANCE}"]}},
          {{"name":"lab","key":"lab","predicates":["{SLSA_PROVENANCE}"]}}],
        "rules":[{{"name":"all","match":"any-server","signers":["acme","lab"],"require":{{
          "predicates":["https://mcpsign.dev/tool-manifest/v1","{SLSA_PROVENANCE}"],
          "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
          "sbom":"if-bound"{require}}}}}]}}"#,
        key("acme", acme),
        key("lab", lab),
    )
}

const BUILDERS: &str = r#","provenance":{"minimumLevel":1,"builders":[
  {"id":"https://b.example/1","level":1,"signers":["acme","lab"]},
  {"id":"https://b.example/2","level":2,"signers":["acme"]},
  {"id":"https://b.example/3","level":3,"signers":["acme"]}]}"#;

fn by(key: &Key, builder: &str) -> Vec<u8> {
    let predicate = json(&format!(
        r#"{{"buildDefinition":{{"buildType":"https://b.example/v1","externalParameters":{{}}}},"runDetails":{{"builder":{{"id":"{builder}"}}}}}}"#
    ));
    key.bundle(&statement(Release::honest().subjects, SLSA_PROVENANCE, predicate))
}

fn levels(document: &ReportDocument) -> Vec<(&str, &str)> {
    document.levels.iter().map(|level| (level.level.as_str(), level.builder_id.as_str())).collect()
}

#[test]
fn b58_the_level_is_the_policys_word_for_the_builder() {
    let (acme, lab) = (Key::generate(), Key::generate());
    let with = |lines: &[Vec<u8>]| {
        let mut case = Case::honest(&acme);
        case.policy = policy(&acme, &lab, BUILDERS);
        case.lines.extend(lines.iter().cloned());
        case
    };
    let two = with(&[by(&acme, "https://b.example/2")]).allowed();
    assert_eq!(levels(&two), [("SLSA_BUILD_LEVEL_2", "https://b.example/2")]);
    assert_eq!(two.levels[0].evidence.line, 3);
    // Of several the best, whatever stands first, and of those alone that are believed for their builder.
    let best = with(&[
        by(&acme, "https://b.example/1"),
        by(&acme, "https://b.example/3"),
        by(&acme, "https://b.example/2"),
    ]);
    assert_eq!(levels(&best.allowed()), [("SLSA_BUILD_LEVEL_3", "https://b.example/3")]);
    let boasting = with(&[by(&lab, "https://b.example/3"), by(&acme, "https://b.example/1")]);
    assert_eq!(levels(&boasting.allowed()), [("SLSA_BUILD_LEVEL_1", "https://b.example/1")]);
    // What is not believed establishes nothing.
    for (lines, code) in [
        (vec![], provenance::MISSING),
        (vec![by(&acme, "https://b.example/4")], provenance::BUILDER_NOT_ALLOWED),
        (vec![by(&lab, "https://b.example/2")], provenance::BUILDER_NOT_ALLOWED),
    ] {
        assert_eq!(levels(&with(&lines).denied(code)), []);
    }
    assert_eq!(levels(&with(&[by(&Key::generate(), "https://b.example/3")]).document()), []);
    // Nor what is believed and is too little.
    let mut low = with(&[by(&acme, "https://b.example/2")]);
    low.policy = policy(&acme, &lab, &BUILDERS.replace(r#""minimumLevel":1"#, r#""minimumLevel":3"#));
    assert_eq!(levels(&low.denied(provenance::LEVEL_TOO_LOW)), []);
    // Nor one that is good where another is missing.
    let older = r#""https://slsa.dev/provenance/v0.2""#;
    let newer = format!("{SLSA_PROVENANCE:?}");
    let mut half = with(&[by(&acme, "https://b.example/3")]);
    half.policy = load(&text(&acme, &lab, BUILDERS).replace(&newer, &format!("{newer},{older}")));
    assert_eq!(levels(&half.denied(provenance::MISSING)), []);
}

#[test]
fn b58_where_the_policy_names_no_builder_no_level_is_claimed() {
    let (acme, lab) = (Key::generate(), Key::generate());
    let mut case = Case::honest(&acme);
    case.lines.push(by(&acme, "https://b.example/3"));
    // By flags, and by a policy that asks for a provenance and maps nothing.
    assert_eq!(levels(&case.allowed()), []);
    case.policy = policy(&acme, &lab, "");
    assert_eq!(levels(&case.allowed()), []);
}
