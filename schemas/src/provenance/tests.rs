use super::*;
use crate::canonical::Limits;
use crate::statement::predicate_type::{SLSA_PROVENANCE, SLSA_PROVENANCE_0_2};

const COMMIT: &str = "599500821344b070902a7a5666064bfdaba715df";

fn read(predicate_type: &str, predicate: &str) -> Result<Provenance, ProvenanceError> {
    Provenance::read(predicate_type, &Json::parse(predicate.as_bytes(), Limits::bytes(1 << 20)).unwrap())
}

fn v1(parameters: &str, dependencies: &str) -> Provenance {
    let predicate = format!(
        r#"{{"buildDefinition":{{"buildType":"https://b.example/v1","externalParameters":{parameters},"resolvedDependencies":{dependencies}}},
            "runDetails":{{"builder":{{"id":"https://c.example/builder"}},"metadata":{{"invocationId":"run 7"}}}}}}"#
    );
    read(SLSA_PROVENANCE, &predicate).unwrap()
}

const WORKFLOW: &str = r#"{"workflow":{"ref":"refs/tags/v1","repository":"https://git.example/acme/x","path":".github/workflows/r.yml"}}"#;

#[test]
fn version_1_as_github_npm_and_pypi_write_it() {
    let dependency = format!(
        r#"[{{"uri":"git+https://git.example/acme/x@refs/tags/v1","digest":{{"gitCommit":"{COMMIT}"}}}}]"#
    );
    let provenance = v1(WORKFLOW, &dependency);
    assert_eq!(provenance.builder_id, "https://c.example/builder");
    assert_eq!(provenance.build_type, "https://b.example/v1");
    assert_eq!(provenance.invocation_id.as_deref(), Some("run 7"));
    let source = provenance.source.unwrap();
    assert_eq!(source.repository, "https://git.example/acme/x");
    assert_eq!(source.reference.as_deref(), Some("refs/tags/v1"));
    assert_eq!(source.commit.as_deref(), Some(COMMIT));
    let workflow = provenance.workflow.unwrap();
    assert_eq!(workflow.path.as_deref(), Some(".github/workflows/r.yml"));
    assert_eq!(workflow.source.repository, source.repository);
    assert_eq!(provenance.materials.len(), 1);
}

#[test]
fn version_1_as_google_writes_it() {
    let parameters = r#"{"buildConfigSource":{"ref":"refs/heads/main","repository":"https://git.example/acme/x","path":"cloudbuild.yaml"},"substitutions":{}}"#;
    let dependency = format!(
        r#"[{{"uri":"https://git.example/acme/x","digest":{{"gitCommit":"{COMMIT}"}}}},{{"uri":"https://a.example/i","digest":{{"sha256":"00"}}}}]"#
    );
    let provenance = v1(parameters, &dependency);
    assert_eq!(provenance.workflow.unwrap().path.as_deref(), Some("cloudbuild.yaml"));
    let source = provenance.source.unwrap();
    assert_eq!((source.reference, source.commit.as_deref()), (None, Some(COMMIT)));
    assert_eq!(provenance.materials.len(), 2);
}

#[test]
fn version_0_2_as_npm_and_the_generator_write_it() {
    let predicate = format!(
        r#"{{"builder":{{"id":"https://c.example/builder@refs/tags/v1.6.0"}},"buildType":"https://b.example/generic@v0",
            "invocation":{{"configSource":{{"uri":"git+https://git.example/acme/x.git@refs/heads/main","digest":{{"sha1":"{COMMIT}"}},"entryPoint":"r.yml"}},"parameters":null}},
            "metadata":{{"buildInvocationId":"5016782196-1","completeness":{{"parameters":true}}}},
            "materials":[{{"uri":"git+https://git.example/acme/tools@refs/heads/main","digest":{{"sha1":"{COMMIT}"}}}},
                         {{"uri":"git+https://git.example/acme/x@refs/heads/main","digest":{{"sha1":"{COMMIT}"}}}}]}}"#
    );
    let provenance = read(SLSA_PROVENANCE_0_2, &predicate).unwrap();
    let workflow = provenance.workflow.unwrap();
    assert_eq!(workflow.source.repository, "https://git.example/acme/x");
    assert_eq!(workflow.source.commit.as_deref(), Some(COMMIT));
    assert_eq!(workflow.path.as_deref(), Some("r.yml"));
    // Of two repositories the one that also holds the instructions.
    assert_eq!(provenance.source.unwrap(), workflow.source);
    assert_eq!(provenance.invocation_id.as_deref(), Some("5016782196-1"));
    let bare = read(
        SLSA_PROVENANCE_0_2,
        r#"{"builder":{"id":"b"},"buildType":"t","materials":null,"invocation":null}"#,
    );
    let bare = bare.unwrap();
    assert_eq!((bare.source, bare.workflow, bare.invocation_id, bare.materials.len()), (None, None, None, 0));
}

/// BuildKit names the source by an address with a fragment, GitLab's runner by a plain one, its commit by the wrong name.
#[test]
fn what_buildkit_and_gitlab_built_is_read() {
    for (uri, digest, reference) in [
        ("https://git.example/acme/x.git#refs/tags/v1", "sha1", Some("refs/tags/v1")),
        ("https://git.example/acme/x.git#refs/tags/v1:docker", "sha1", Some("refs/tags/v1")),
        ("https://git.example/acme/x.git#main", "sha1", None),
        ("https://git.example/acme/x", "sha256", None),
    ] {
        let image = r#"{"uri":"pkg:docker/node@22","digest":{"sha256":"00"}}"#;
        let material = format!(r#"{{"uri":"{uri}","digest":{{"{digest}":"{COMMIT}"}}}}"#);
        let source = v1("{}", &format!("[{image},{material}]")).source.unwrap();
        assert_eq!(source.repository, "https://git.example/acme/x", "{uri}");
        assert_eq!(source.commit.as_deref(), Some(COMMIT), "{uri}");
        assert_eq!(source.reference.as_deref(), reference, "{uri}");
    }
    let config = format!(
        r#"{{"configSource":{{"uri":"https://git.example/acme/x.git#refs/tags/v1","digest":{{"sha1":"{COMMIT}"}},"path":"Dockerfile"}}}}"#
    );
    let workflow = v1(&config, "[]").workflow.unwrap();
    assert_eq!(workflow.source.repository, "https://git.example/acme/x");
    assert_eq!(
        (workflow.source.commit.as_deref(), workflow.path.as_deref()),
        (Some(COMMIT), Some("Dockerfile"))
    );
    // A file with its SHA-1 beside a repository is a file.
    let file = format!(r#"{{"uri":"https://files.example/x.tgz","digest":{{"sha1":"{COMMIT}"}}}}"#);
    let git = r#"{"uri":"git+https://git.example/acme/x"}"#;
    assert_eq!(v1("{}", &format!("[{file},{git}]")).source.unwrap().repository, "https://git.example/acme/x");
}

#[test]
fn of_several_repositories_the_certified_one_was_built() {
    let materials = r#"[{"uri":"git+https://git.example/acme/tools"},{"uri":"git+https://git.example/acme/x@refs/tags/v1"}]"#;
    let provenance = v1("{}", materials);
    assert_eq!(provenance.source, None);
    let source = provenance.source_in("https://git.example/acme/x").unwrap();
    assert_eq!(source.reference.as_deref(), Some("refs/tags/v1"));
    assert_eq!(provenance.source_in("https://git.example/acme/y"), None);
    // Of a web address only the certificate tells that a repository lies there.
    let plain = format!(r#"[{{"uri":"https://git.example/acme/x","digest":{{"sha1":"{COMMIT}"}}}}]"#);
    let provenance = v1("{}", &plain);
    assert_eq!(provenance.source, None);
    assert!(provenance.source_in("https://git.example/acme/x").is_some());
}

#[test]
fn what_could_mean_two_things_is_absent() {
    let git = |uri: &str, digest: &str| format!(r#"{{"uri":"{uri}","digest":{{{digest}}}}}"#);
    let one = |uri: &str, digest: &str| v1("{}", &format!("[{}]", git(uri, digest))).source;
    let commit = format!(r#""gitCommit":"{COMMIT}""#);
    for uri in [
        "https://git.example/acme/x", // of anything, without a commit
        "git+https://git.example",
        "git+https://git.example/acme/x@v1",
        "git+https://git.example/acme/x@refs/heads/a..b",
        "git+ssh://git.example/acme/x",
        "git+https://user@git.example/acme/x",
        "git+https://git.example/acme/x?y",
        "pkg:npm/x@1",
        "",
    ] {
        assert_eq!(one(uri, r#""sha256":"00""#), None, "{uri}");
    }
    assert!(one("git+https://git.example/acme/x", &commit).is_some());
    // What is no commit is none.
    assert_eq!(one("git+https://git.example/acme/x", r#""gitCommit":"abc""#).unwrap().commit, None);
    // Of two repositories without instructions it is open which was built; two states of one are open too.
    let two = |a: &str, b: &str| format!("[{},{}]", git(a, &commit), git(b, &commit));
    let tools = "git+https://git.example/acme/tools@refs/tags/v1";
    let x = "git+https://git.example/acme/x@refs/tags/v1";
    assert_eq!(v1("{}", &two(tools, x)).source, None);
    assert!(v1(WORKFLOW, &two(tools, x)).source.is_some());
    assert_eq!(v1(WORKFLOW, &two(x, x)).source, None);
    for parameters in [r#"{"workflow":"x"}"#, r#"{"workflow":{"repository":"acme/x"}}"#, r#"{"source":7}"#] {
        assert_eq!(v1(parameters, "[]").workflow, None, "{parameters}");
    }
}

/// A reader that takes the one and a reader that takes the other would see different builds.
#[test]
fn m09_two_commits_of_one_state_are_refused() {
    let other = COMMIT.replace('5', "6");
    let digest = |sha1: &str| {
        format!(
            r#"{{"uri":"git+https://git.example/acme/x","digest":{{"gitCommit":"{COMMIT}","sha1":"{sha1}"}}}}"#
        )
    };
    let v1 = |sha1| {
        let predicate = format!(
            r#"{{"buildDefinition":{{"buildType":"t","externalParameters":{{}},"resolvedDependencies":[{}]}},"runDetails":{{"builder":{{"id":"b"}}}}}}"#,
            digest(sha1)
        );
        read(SLSA_PROVENANCE, &predicate)
    };
    let v0_2 = |sha1| {
        let predicate = format!(
            r#"{{"builder":{{"id":"b"}},"buildType":"t","invocation":{{"configSource":{}}}}}"#,
            digest(sha1)
        );
        read(SLSA_PROVENANCE_0_2, &predicate)
    };
    assert_eq!(v1(COMMIT).unwrap().source.unwrap().commit.as_deref(), Some(COMMIT));
    assert_eq!(v0_2(COMMIT).unwrap().workflow.unwrap().source.commit.as_deref(), Some(COMMIT));
    assert_eq!(v1(&other), Err(ProvenanceError::Commits));
    assert_eq!(v0_2(&other), Err(ProvenanceError::Commits));
}

#[test]
fn m09_what_a_version_requires_must_be_there() {
    let whole = r#"{"buildDefinition":{"buildType":"t","externalParameters":{}},"runDetails":{"builder":{"id":"b"}}}"#;
    assert!(read(SLSA_PROVENANCE, whole).is_ok());
    for (from, to) in [
        (r#""buildType":"t","#, ""),
        (r#""buildType":"t""#, r#""buildType":"""#),
        (r#""buildType":"t""#, r#""buildType":7"#),
        (r#","externalParameters":{}"#, ""),
        (r#"{"id":"b"}"#, "{}"),
        (r#"{"id":"b"}"#, r#"{"id":""}"#),
        (r#"{"id":"b"}"#, r#"{"id":["b"]}"#),
        (r#""externalParameters":{}"#, r#""externalParameters":{},"resolvedDependencies":{}"#),
        (
            r#""externalParameters":{}"#,
            r#""externalParameters":{},"resolvedDependencies":[{"digest":{"sha256":7}}]"#,
        ),
        (r#"{"id":"b"}"#, r#"{"id":"b"},"metadata":{"invocationId":7}"#),
    ] {
        let bent = whole.replacen(from, to, 1);
        assert_ne!(bent, whole);
        assert!(read(SLSA_PROVENANCE, &bent).is_err(), "{bent}");
    }
    for predicate in [
        "null",
        "[]",
        "{}",
        "7",
        r#"{"builder":{"id":"b"}}"#,
        r#"{"builder":{"id":"b"},"buildType":"t","materials":{}}"#,
    ] {
        assert!(read(SLSA_PROVENANCE_0_2, predicate).is_err(), "{predicate}");
        assert!(read(SLSA_PROVENANCE, predicate).is_err(), "{predicate}");
    }
    assert_eq!(read("https://slsa.dev/provenance/v0.1", whole), Err(ProvenanceError::Version));
    assert!(!Provenance::is_read("https://slsa.dev/provenance/v1/"));
}
