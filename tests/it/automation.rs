//! What runs in others' CI and in ours: actions, workflows and the GitLab component, by what they say of themselves.
//!
//! `live_sigstore/automation.rs` runs their steps.

mod yaml;

use serde_json::Value;

use crate::support::workspace;

/// Everything below `.github` that GitHub or GitLab reads, with its documents.
fn automation() -> Vec<(String, Vec<Value>)> {
    let mut files = Vec::new();
    for folder in ["workflows", "actions", "actions/capture", "actions/attest", "gitlab"] {
        let entries = std::fs::read_dir(workspace().join(".github").join(folder)).unwrap();
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "yml") {
                files.push((
                    path.display().to_string(),
                    yaml::documents(&std::fs::read_to_string(&path).unwrap()),
                ));
            }
        }
    }
    assert!(files.len() >= 7, "{files:?}");
    files
}

/// One document of automation, which has no second.
pub(crate) fn document(path: &str) -> Value {
    let mut documents = yaml::documents(&std::fs::read_to_string(workspace().join(path)).unwrap());
    documents.pop().unwrap()
}

/// Every value of a member called `name`, at any depth.
fn members<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if key == name {
                    found.push(value);
                }
                members(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, name, found)),
        _ => {}
    }
}

fn all<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    members(document, name, &mut found);
    found.into_iter().map(|value| value.as_str().unwrap_or_else(|| panic!("{name}: {value}"))).collect()
}

/// A tag is a promise of somebody else. What lies in this repository is pinned by the checkout.
#[test]
fn actions_are_pinned_by_hash() {
    let mut seen = 0;
    for (path, documents) in automation() {
        for uses in documents.iter().flat_map(|document| all(document, "uses")) {
            seen += 1;
            if let Some(local) = uses.strip_prefix("./") {
                assert!(workspace().join(local).join("action.yml").is_file(), "{path}: {uses}");
                continue;
            }
            // Which of our own commits the example takes is for whoever takes the example to say.
            if uses.starts_with("mcpsign/mcpsign/.github/actions/") && path.ends_with("/actions/example.yml")
            {
                continue;
            }
            let hash = uses.split_once('@').map_or("", |(_, hash)| hash);
            let hexadecimal = hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            assert!(hash.len() == 40 && hexadecimal, "{path}: {uses}");
        }
    }
    assert!(seen > 5, "{seen}");
}

/// What comes from outside reaches a script as a variable: pasted in, its text would be the script's.
#[test]
fn no_script_has_an_expression_in_it() {
    let mut seen = 0;
    for (path, documents) in automation() {
        for document in &documents {
            let mut scripts = all(document, "run");
            let mut lists = Vec::new();
            for name in ["script", "before_script", "after_script"] {
                members(document, name, &mut lists);
            }
            scripts.extend(
                lists.iter().flat_map(|list| list.as_array().unwrap()).map(|line| line.as_str().unwrap()),
            );
            for script in scripts {
                seen += 1;
                assert!(!script.contains("${{") && !script.contains("$[["), "{path}: {script}");
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

/// Every workflow says what it may, no job has more than reading but the one that signs and the one that publishes, and
/// no job has both rights: nothing that is built or run here can write.
#[test]
fn workflows_ask_for_little() {
    let mut rights = Vec::new();
    for (path, documents) in automation() {
        if !path.contains("/workflows/") {
            continue;
        }
        let [workflow] = &documents[..] else { panic!("{path}") };
        let name = path.rsplit('/').next().unwrap();
        assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }), "{path}");
        for (job, body) in workflow["jobs"].as_object().unwrap() {
            for (right, level) in body["permissions"].as_object().into_iter().flatten() {
                if level != "read" {
                    rights.push(format!("{name} {job}: {right} {level}"));
                }
            }
            let mut checkouts = Vec::new();
            members(body, "steps", &mut checkouts);
            for step in checkouts.iter().flat_map(|steps| steps.as_array().unwrap()) {
                if step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@")) {
                    assert_eq!(step["with"]["persist-credentials"], false, "{path}: {job}");
                }
            }
        }
        assert!(!workflow["on"].to_string().contains("pull_request_target"), "{path}");
    }
    rights.sort();
    assert_eq!(
        rights,
        [r#"release.yml attest: id-token "write""#, r#"release.yml publish: contents "write""#]
    );
}

/// Any job of a run can replace what another uploaded. Whoever has a right that others have not holds what it takes against
/// what the jobs that made it say.
#[test]
fn what_a_job_with_rights_takes_is_held_by_digest() {
    let mut seen = Vec::new();
    for (path, documents) in automation() {
        for (job, body) in documents.iter().flat_map(|workflow| workflow["jobs"].as_object()).flatten() {
            let rights =
                body["permissions"].as_object().into_iter().flatten().any(|(_, level)| level == "write");
            let steps = body["steps"].as_array().unwrap();
            let takes = |step: &Value| {
                step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/download-artifact@"))
            };
            let holds = |step: &Value| {
                let says = |text: Option<&str>| text.is_some_and(|text| text.contains("needs."));
                let checks =
                    step["run"].as_str().is_some_and(|run| run.contains("sha256sum --check --strict"));
                says(step["with"]["digests"].as_str())
                    || (checks && step["env"].as_object().unwrap().values().any(|value| says(value.as_str())))
            };
            if rights && steps.iter().any(takes) {
                let last = steps.iter().rposition(takes).unwrap();
                let held = steps.iter().position(holds).unwrap_or_else(|| panic!("{path}: {job}"));
                assert!(held > last, "{path}: {job}");
                seen.push(job.clone());
            }
        }
    }
    seen.sort();
    assert_eq!(seen, ["attest", "attest", "publish"]);
}

/// What is built runs, with whatever the job can ask for: where something is signed nothing is built.
#[test]
fn the_job_that_signs_a_release_of_ours_builds_nothing() {
    let release = document(".github/workflows/release.yml");
    let steps = release["jobs"]["attest"]["steps"].as_array().unwrap();
    assert!(!steps.iter().any(|step| step["run"].as_str().is_some_and(|run| run.contains("cargo"))));
    let ours = steps.iter().find(|step| step["uses"] == "./.github/actions/attest").unwrap();
    assert_eq!(ours["with"]["program"], "../tool/mcpsign");
}

/// The step of `attest` up to where it would sign: there is nobody to give a token.
#[test]
fn what_has_another_digest_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("temp/mcpsign-capture")).unwrap();
    std::fs::write(at("temp/mcpsign-capture/server.capture.json"), "a capture").unwrap();
    std::fs::write(at("a.tgz"), "one").unwrap();
    std::fs::write(at("b c.tgz"), "two").unwrap();
    let digest = |bytes: &[u8]| mcpsign_tests::forge::sha256(bytes);
    let (one, two, capture) = (digest(b"one"), digest(b"two"), digest(b"a capture"));
    let run = |paths: &str, capture: &str, digests: &str| {
        let mut command = std::process::Command::new("bash");
        command
            .arg(workspace().join(".github/actions/attest/attest.sh"))
            .current_dir(folder.path())
            .env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("RUNNER_TEMP", at("temp"));
        command.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x").env("PROGRAM", crate::support::mcpsign());
        command.env("PATHS", paths).env("CAPTURE", capture).env("DIGESTS", digests);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let held = |said: &str| !said.contains("::error::digests");
    // As `sha256sum` prints them, and bare; in any order, with empty lines between.
    let all = format!("{capture}\n\n{two}  b c.tgz\n{one}\n");
    assert!(held(&run("*.tgz", "mcpsign-capture", &all)));
    assert!(held(&run("a.tgz\n", "none", &one)));
    // As other tools print them.
    for other in
        [one.to_uppercase(), format!("  {one}"), format!("sha256:{one}"), format!("{one}\t a.tgz\r\n")]
    {
        let said = run("a.tgz\n", "none", &other);
        assert!(held(&said), "{other}: {said}");
    }
    assert!(held(&run("a.tgz\n", "none", "none")));
    // What an output that is not there comes to.
    for nothing in ["", "\n", " \n\t\n"] {
        let said = run("a.tgz", "none", nothing);
        assert!(said.contains("::error::digests: there are none"), "{nothing:?}: {said}");
    }
    for (paths, name, digests, missing) in [
        ("*.tgz", "mcpsign-capture", format!("{one}\n{capture}"), "b c.tgz"),
        ("*.tgz", "mcpsign-capture", format!("{one}\n{two}"), "server.capture.json"),
        ("a.tgz", "none", two.clone(), "a.tgz"),
        ("a.tgz", "none", one[..63].to_owned(), "no SHA-256"),
        ("a.tgz", "none", format!("{one}0"), "no SHA-256"),
        ("a.tgz", "none", format!("x{one}"), "no SHA-256"),
        ("a.tgz", "none", format!("{one}\nsha512:{one}"), "no SHA-256"),
        ("a.tgz", "none", "none\n".to_owned(), "the line: none"),
        ("a.tgz", "none", "nothing".to_owned(), "the line: nothing"),
        ("", "none", one.clone(), "without path"),
    ] {
        let said = run(paths, name, &digests);
        assert!(!held(&said) && said.contains(missing), "{paths} {digests}: {said}");
    }
}

/// The two jobs of the component: who runs the server has no token, who has the token names no command.
#[test]
fn the_gitlab_jobs_have_either_a_server_or_an_identity() {
    let component = document(".github/gitlab/attest.yml");
    let (capture, attest) = (&component["mcpsign-capture"], &component["mcpsign-attest"]);
    assert!(capture.get("id_tokens").is_none());
    assert_eq!(attest["id_tokens"]["SIGSTORE_ID_TOKEN"]["aud"], "sigstore");
    assert!(capture["variables"].get("MCPSIGN_COMMAND").is_some());
    assert!(attest["variables"].get("MCPSIGN_COMMAND").is_none());
    for job in [capture, attest] {
        let variables = job["variables"].as_object().unwrap();
        assert!(variables.values().all(|variable| variable["expand"] == false), "{job}");
    }
}

/// The example has the actions that are there, with inputs that they have, and rights apart.
#[test]
fn the_example_fits_the_actions() {
    let workflow = document(".github/actions/example.yml");
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let mut ours = 0;
    for uses in ["capture", "attest"] {
        let steps = workflow["jobs"][uses]["steps"].as_array().unwrap();
        let name = format!("mcpsign/mcpsign/.github/actions/{uses}");
        let step =
            steps.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with(&name)));
        let step = step.unwrap_or_else(|| panic!("{uses} is not used"));
        assert_eq!(step["uses"], format!("{name}@<commit>"));
        let action = document(&format!(".github/actions/{uses}/action.yml"));
        for (input, _) in step["with"].as_object().unwrap() {
            ours += 1;
            assert!(action["inputs"].get(input).is_some(), "{uses} has no input {input}");
        }
    }
    assert_eq!(ours, 4);
    // Over the checkout an artifact could replace what decides the SBOM and the server's name.
    for step in workflow["jobs"]["attest"]["steps"].as_array().unwrap() {
        if step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/download-artifact@")) {
            assert_eq!(step["with"]["path"], "${{ runner.temp }}/release");
        }
    }
    for (job, body) in workflow["jobs"].as_object().unwrap() {
        let identity = (job == "attest").then_some("write");
        assert_eq!(body["permissions"]["id-token"].as_str(), identity, "{job}");
    }
}
