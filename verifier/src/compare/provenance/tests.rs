//! What provenance says, beside certificates and demands.

use super::*;
use crate::authenticate::Subject;
use crate::testing::json;
use mcpsign_schemas::statement::predicate_type::{SLSA_PROVENANCE, SLSA_PROVENANCE_0_2};
use mcpsign_schemas::workload::claim;

const COMMIT: &str = "599500821344b070902a7a5666064bfdaba715df";

fn workload(changed: Option<(&'static str, &str)>) -> Workload {
    let mut claims = std::collections::BTreeMap::from([
        (claim::SOURCE_REPOSITORY_URI, "https://git.example/acme/x".to_owned()),
        (claim::SOURCE_REPOSITORY_REF, "refs/tags/v1".to_owned()),
        (claim::SOURCE_REPOSITORY_DIGEST, COMMIT.to_owned()),
        (
            claim::BUILD_CONFIG_URI,
            "https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v1".to_owned(),
        ),
        (claim::BUILD_CONFIG_DIGEST, COMMIT.to_owned()),
    ]);
    claims.extend(changed.map(|(name, value)| (name, value.to_owned())));
    Workload::of(None, None, &claims)
}

fn provenance() -> Provenance {
    let predicate = json(&format!(
        r#"{{"buildDefinition":{{"buildType":"t","externalParameters":{{"workflow":{{"ref":"refs/tags/v1","repository":"https://git.example/acme/x","path":".github/workflows/r.yml"}}}},"resolvedDependencies":[{{"uri":"git+https://git.example/acme/x@refs/tags/v1","digest":{{"gitCommit":"{COMMIT}"}}}}]}},"runDetails":{{"builder":{{"id":"b"}}}}}}"#
    ));
    Provenance::read(SLSA_PROVENANCE, &predicate).unwrap()
}

#[test]
fn b57_each_fact_that_differs_has_its_code() {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH, WORKFLOW_MISMATCH};
    assert_eq!(agrees(&provenance(), &workload(None)), Ok(()));
    let other = COMMIT.replace('5', "6");
    for (claim, value, code) in [
        (claim::SOURCE_REPOSITORY_URI, "https://git.example/acme/y", REPOSITORY_MISMATCH),
        (claim::SOURCE_REPOSITORY_REF, "refs/heads/v1", REF_MISMATCH),
        (claim::SOURCE_REPOSITORY_DIGEST, other.as_str(), COMMIT_MISMATCH),
        (
            claim::BUILD_CONFIG_URI,
            "https://git.example/acme/y/.github/workflows/r.yml@refs/tags/v1",
            REPOSITORY_MISMATCH,
        ),
        (
            claim::BUILD_CONFIG_URI,
            "https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v2",
            REF_MISMATCH,
        ),
        (
            claim::BUILD_CONFIG_URI,
            "https://git.example/acme/x/.github/workflows/s.yml@refs/tags/v1",
            WORKFLOW_MISMATCH,
        ),
    ] {
        let finding = agrees(&provenance(), &workload(Some((claim, value)))).unwrap_err();
        assert_eq!(finding.code, code, "{claim}");
        assert!(finding.expected.is_some() && finding.found.is_some());
    }
}

/// Neither a second material nor a spelling that nobody reads hides a contradiction.
#[test]
fn b57_what_is_spelled_in_another_way_is_held_too() {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH, WORKFLOW_MISMATCH};
    const OWN: &str = r#"{"uri":"git+https://git.example/acme/x@refs/tags/v1","digest":{"gitCommit":"599500821344b070902a7a5666064bfdaba715df"}}"#;
    let v1 = |parameters: &str, materials: &str| {
        let predicate = json(&format!(
            r#"{{"buildDefinition":{{"buildType":"t","externalParameters":{{{parameters}}},"resolvedDependencies":[{materials}]}},"runDetails":{{"builder":{{"id":"b"}}}}}}"#
        ));
        agrees(&Provenance::read(SLSA_PROVENANCE, &predicate).unwrap(), &workload(None))
    };
    for fine in [
        "",
        OWN,
        &format!(r#"{OWN},{{"uri":"git+https://git.example/other/tool@refs/heads/main"}}"#),
        r#"{"uri":"git+ssh://git@GIT.example/acme/x.git@v1"}"#,
        r#"{"uri":"pkg:docker/node@22"}"#,
        &format!(r#"{{"uri":"git+https://git.example/acme/x@{COMMIT}"}}"#),
        &format!(
            r#"{{"uri":"https://git.example/acme/x.git#refs/tags/v1:docker","digest":{{"sha1":"{COMMIT}"}}}}"#
        ),
        &format!(r#"{{"uri":"https://git.example/acme/x","digest":{{"sha256":"{COMMIT}"}}}}"#),
        &format!(r#"{{"name":"source","digest":{{"gitCommit":"{COMMIT}"}}}}"#),
        // A file with its SHA-1, from where no repository of this host lies.
        &format!(r#"{{"uri":"https://files.example/x-1.0.0.tgz","digest":{{"sha1":"{}"}}}}"#, "0".repeat(40)),
    ] {
        assert_eq!(v1("", fine), Ok(()), "{fine}");
    }
    let commit = "0".repeat(40);
    for (materials, code) in [
        (
            format!(
                r#"{OWN},{{"uri":"git+https://git.example/acme/x@refs/tags/v1","digest":{{"gitCommit":"{commit}"}}}}"#
            ),
            COMMIT_MISMATCH,
        ),
        (
            r#"{"uri":"git+https://git.example/acme/x","digest":{"gitCommit":"5995008"}}"#.into(),
            COMMIT_MISMATCH,
        ),
        (
            format!(
                r#"{{"uri":"git+https://git.example/acme/x","digest":{{"gitCommit":"{}"}}}}"#,
                COMMIT.to_uppercase()
            ),
            COMMIT_MISMATCH,
        ),
        (
            r#"{"uri":"git+https://git.example/evil/x"},{"uri":"git+https://git.example/evil/y"}"#.into(),
            REPOSITORY_MISMATCH,
        ),
        (r#"{"uri":"git+ssh://git@git.example/evil/x"}"#.into(), REPOSITORY_MISMATCH),
        (r#"{"uri":"git://git.example/evil/x"}"#.into(), REPOSITORY_MISMATCH),
        (r#"{"uri":"git@git.example:evil/x"}"#.into(), REPOSITORY_MISMATCH),
        (r#"{"uri":"git+https://git.example/acme/x/@v2"}"#.into(), REF_MISMATCH),
        (r#"{"uri":"https://git.example/evil/x.git#refs/tags/v1"}"#.into(), REPOSITORY_MISMATCH),
        (r#"{"uri":"https://other.example/x.git"}"#.into(), REPOSITORY_MISMATCH),
        (r#"{"uri":"https://git.example/evil/x@refs/heads/main"}"#.into(), REPOSITORY_MISMATCH),
        (
            format!(r#"{{"uri":"https://git.example/evil/x","digest":{{"sha1":"{commit}"}}}}"#),
            REPOSITORY_MISMATCH,
        ),
        (
            format!(r#"{{"uri":"https://git.example/evil/x","digest":{{"sha256":"{commit}"}}}}"#),
            REPOSITORY_MISMATCH,
        ),
        (
            format!(r#"{{"uri":"https://git.example/acme/x","digest":{{"sha256":"{commit}"}}}}"#),
            COMMIT_MISMATCH,
        ),
        (format!(r#"{{"name":"source","digest":{{"gitCommit":"{commit}"}}}}"#), COMMIT_MISMATCH),
        (r#"{"uri":"git+https://evil.example#@git.example/acme/x"}"#.into(), REPOSITORY_MISMATCH),
        (r#"{"uri":"https://git.example/acme/x.git#main"}"#.into(), REF_MISMATCH),
    ] {
        assert_eq!(v1("", &materials).unwrap_err().code, code, "{materials}");
    }
    for (parameters, code) in [
        (r#""workflow":{"repository":"evil/x","ref":"refs/tags/v1","path":"p"}"#, REPOSITORY_MISMATCH),
        (r#""workflow":{"repository":"git+https://git.example/evil/x"}"#, REPOSITORY_MISMATCH),
        (r#""workflow":{"repository":["evil"]}"#, REPOSITORY_MISMATCH),
        (r#""workflow":{"repository":"https://GIT.example/acme/x","ref":"evil"}"#, REF_MISMATCH),
        (
            r#""pipeline":{"repository":"https://git.example/evil/x","ref":"refs/tags/v1"}"#,
            REPOSITORY_MISMATCH,
        ),
        (r#""source":"git+https://git.example/evil/x""#, REPOSITORY_MISMATCH),
        (r#""source":"https://git.example/evil/x""#, REPOSITORY_MISMATCH),
        (r#""configSource":{"uri":"https://git.example/evil/x.git#refs/tags/v1"}"#, REPOSITORY_MISMATCH),
        (r#""configSource":{"uri":"https://git.example/acme/x.git#main"}"#, REF_MISMATCH),
        (
            r#""configSource":{"uri":"https://git.example/acme/x.git","digest":{"sha1":"0000"}}"#,
            COMMIT_MISMATCH,
        ),
        (r#""workflow":{"path":"evil.yml"}"#, WORKFLOW_MISMATCH),
        (r#""workflow":{"path":"./.github/workflows/evil.yml"}"#, WORKFLOW_MISMATCH),
        (r#""workflow":{"ref":"refs/heads/evil","path":".github/workflows/r.yml"}"#, REF_MISMATCH),
        (r#""source":{"uri":"https://git.example/acme/x","digest":{"sha1":"0000"}}"#, COMMIT_MISMATCH),
    ] {
        assert_eq!(v1(parameters, "").unwrap_err().code, code, "{parameters}");
    }
}

/// npm and the generators copy GitHub's variables, under names of either case; the run has an address of its own.
#[test]
fn b57_what_the_platforms_variables_said_is_held_too() {
    use code::provenance::{COMMIT_MISMATCH, REF_MISMATCH, REPOSITORY_MISMATCH};
    let certified = Workload {
        repository_id: Some("812345678".into()),
        owner: Some("https://git.example/acme".into()),
        owner_id: Some("98765".into()),
        ..workload(None)
    };
    let held = |predicate_type: &str, predicate: String| {
        agrees(&Provenance::read(predicate_type, &json(&predicate)).unwrap(), &certified)
            .map_err(|finding| finding.code)
    };
    let by = |builder: &str, parameters: &str, run: &str| {
        held(
            SLSA_PROVENANCE,
            format!(
                r#"{{"buildDefinition":{{"buildType":"t","externalParameters":{{}},"internalParameters":{parameters}}},"runDetails":{{"builder":{{"id":"{builder}"}},"metadata":{{"invocationId":"{run}"}}}}}}"#
            ),
        )
    };
    let v1 = |parameters: &str, run: &str| by("b", parameters, run);
    let v0_2 = |environment: &str| {
        held(
            SLSA_PROVENANCE_0_2,
            format!(
                r#"{{"builder":{{"id":"b"}},"buildType":"t","invocation":{{"environment":{environment}}}}}"#
            ),
        )
    };
    let own = "https://git.example/acme/x/actions/runs/1/attempts/1";
    let all = format!(
        r#"{{"GITHUB_REPOSITORY":"acme/x","GITHUB_REPOSITORY_ID":812345678,"GITHUB_REPOSITORY_OWNER":"acme","GITHUB_REPOSITORY_OWNER_ID":"98765","GITHUB_REF":"refs/tags/v1","GITHUB_SHA":"{COMMIT}","GITHUB_BASE_REF":"","GITHUB_EVENT_NAME":"push"}}"#
    );
    for fine in [all.as_str(), &all.to_lowercase(), "{}", "null", r#"{"GITHUB_REF":"","ref":"x"}"#] {
        assert_eq!(v0_2(fine), Ok(()), "{fine}");
        assert_eq!(v1(fine, own), Ok(()), "{fine}");
    }
    for (name, value, code) in [
        ("repository", r#""evil/x""#, REPOSITORY_MISMATCH),
        ("repository", r#""x""#, REPOSITORY_MISMATCH),
        ("repository_id", r#""22222""#, REPOSITORY_MISMATCH),
        ("repository_id", "22222", REPOSITORY_MISMATCH),
        ("repository_owner", r#""evil""#, REPOSITORY_MISMATCH),
        ("repository_owner_id", r#""11111""#, REPOSITORY_MISMATCH),
        ("ref", r#""refs/heads/main""#, REF_MISMATCH),
        ("sha", r#""0000000000000000000000000000000000000000""#, COMMIT_MISMATCH),
        ("sha1", r#""0000000000000000000000000000000000000000""#, COMMIT_MISMATCH),
        ("sha", r#"["x"]"#, COMMIT_MISMATCH),
    ] {
        assert_eq!(v1(&format!(r#"{{"github":{{"{name}":{value}}}}}"#), own), Err(code), "{name} {value}");
        for name in [format!("github_{name}"), format!("GITHUB_{}", name.to_uppercase())] {
            let variables = format!(r#"{{"{name}":{value}}}"#);
            assert_eq!(v1(&variables, own), Err(code), "{variables}");
            assert_eq!(v0_2(&variables), Err(code), "{variables}");
        }
    }
    let elsewhere = "https://git.example/evil/x/actions/runs/1/attempts/1";
    assert_eq!(v1("{}", elsewhere), Err(REPOSITORY_MISMATCH));
    assert_eq!(by(elsewhere, "{}", "run 7"), Err(REPOSITORY_MISMATCH));
    assert_eq!(by(own, "{}", "run 7"), Ok(()));
}

/// Any job can write the name of somebody else's generator.
#[test]
fn i14_a_builder_is_called_after_the_workflow_that_signs() {
    const OWN: &str = "https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v1";
    const GENERATOR: &str = "https://git.example/slsa/generator/.github/workflows/g.yml@refs/tags/v2.1.0";
    let held = |builder: &str, (kind, subject): (SubjectKind, &str), issuer: &str| {
        let mut provenance = provenance();
        provenance.builder_id = builder.to_owned();
        let identity = CertificateIdentity {
            subject: Some(Subject { kind, name: subject.to_owned() }),
            issuer: Some(issuer.to_owned()),
            claims: Default::default(),
            deprecated_claims: Default::default(),
            workload: Workload::of(Some(issuer), Some((kind, subject)), &Default::default()),
        };
        is_itself(&provenance, &identity).map_err(|finding| finding.code)
    };
    let uri = |subject| (SubjectKind::Uri, subject);
    let ci = "https://token.actions.githubusercontent.com";
    for (builder, subject) in [
        (OWN, OWN),
        (OWN.strip_suffix("@refs/tags/v1").unwrap(), OWN),
        (GENERATOR, GENERATOR),
        // A delegating builder, and builders that are no files.
        (GENERATOR, "https://git.example/slsa/generator/.github/workflows/delegator.yml@refs/tags/v2.1.0"),
        ("https://git.example/actions/runner/github-hosted", OWN),
    ] {
        assert_eq!(held(builder, uri(subject), ci), Ok(()), "{builder} by {subject}");
    }
    for (builder, subject) in [
        (GENERATOR, OWN),
        (GENERATOR.strip_suffix("@refs/tags/v2.1.0").unwrap(), OWN),
        ("https://GIT.example:443/slsa/generator/.github/workflows/g.yml@refs/tags/v2.1.0", OWN),
        ("https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v2", OWN),
        ("https://git.example/slsa/generator//g.yml@refs/tags/v2", OWN),
        (GENERATOR, "https://ci.example/acme/x"),
    ] {
        let refused = Err(code::provenance::WORKFLOW_MISMATCH);
        assert_eq!(held(builder, uri(subject), ci), refused, "{builder} by {subject}");
    }
    // Whom a person, or a service of one's own, speaks of is for the policy to say.
    assert_eq!(held(GENERATOR, (SubjectKind::Email, "a@b.example"), ci), Ok(()));
    assert_eq!(held(GENERATOR, uri("spiffe://b.example/signer"), "https://b.example"), Ok(()));
}

/// Clients of npm wrote the workflow's whole name for its path.
#[test]
fn b57_entry_points_are_held_however_they_are_spelled() {
    use code::provenance::{REF_MISMATCH, REPOSITORY_MISMATCH, WORKFLOW_MISMATCH};
    let held = |entry: &str| {
        let predicate = json(&format!(
            r#"{{"builder":{{"id":"b"}},"buildType":"t","invocation":{{"configSource":{{"uri":"git+https://git.example/acme/x@refs/tags/v1","digest":{{"sha1":"{COMMIT}"}},"entryPoint":"{entry}"}}}}}}"#
        ));
        agrees(&Provenance::read(SLSA_PROVENANCE_0_2, &predicate).unwrap(), &workload(None))
            .map_err(|finding| finding.code)
    };
    for fine in [
        ".github/workflows/r.yml",
        "./.github/workflows/r.yml",
        "/.github/workflows/r.yml",
        "acme/x/.github/workflows/r.yml@refs/tags/v1",
        "https://git.example/acme/x/.github/workflows/r.yml@refs/tags/v1",
        "Release",
        "my.github/workflows/target",
    ] {
        assert_eq!(held(fine), Ok(()), "{fine}");
    }
    for (entry, code) in [
        (".github/workflows/evil.yml", WORKFLOW_MISMATCH),
        ("/.github/workflows/evil.yml", WORKFLOW_MISMATCH),
        ("acme/x/.github/workflows/evil.yml@refs/tags/v1", WORKFLOW_MISMATCH),
        ("evil/x/.github/workflows/r.yml@refs/tags/v1", REPOSITORY_MISMATCH),
        ("acme/x/.github/workflows/r.yml@refs/heads/evil", REF_MISMATCH),
    ] {
        assert_eq!(held(entry), Err(code), "{entry}");
    }
}

#[test]
fn b57_what_a_side_does_not_say_contradicts_nothing() {
    let unknown = workload(Some((claim::SOURCE_REPOSITORY_URI, "acme/x")));
    assert_eq!(agrees(&provenance(), &unknown), Ok(()));
}
