//! The GitHub actions and the GitLab component, step by step as their runners take them, against the services on loopback.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mcpsign_tests::forge::sha256;
use mcpsign_tests::sigstore::Platform;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::attested::Release;
use super::peers::Signer;
use super::shared;
use crate::automation::document;
use crate::support::{self, workspace};

/// One job on a machine of its own, with the folder of the release as its workspace.
struct Runner<'a> {
    workspace: &'a Path,
    /// What jobs hand to each other.
    store: &'a Path,
    temp: TempDir,
    environment: Vec<(&'a str, &'a str)>,
}

impl<'a> Runner<'a> {
    fn new(workspace: &'a Path, store: &'a Path, environment: &[(&'a str, &'a str)]) -> Self {
        Self { workspace, store, temp: tempfile::tempdir().unwrap(), environment: environment.to_vec() }
    }

    /// Runs a composite action; gives its outputs, or what the step said that failed.
    fn action(&self, name: &str, inputs: &[(&str, &str)]) -> Result<BTreeMap<String, String>, String> {
        let action = document(&format!(".github/actions/{name}/action.yml"));
        let mut known = BTreeMap::new();
        for (input, described) in action["inputs"].as_object().unwrap() {
            known.insert(
                format!("inputs.{input}"),
                described["default"].as_str().unwrap_or_default().to_owned(),
            );
        }
        for (input, value) in inputs {
            let given = known.insert(format!("inputs.{input}"), (*value).to_owned());
            assert!(given.is_some(), "{name} has no input {input}");
        }
        known.insert("runner.temp".into(), self.temp.path().to_str().unwrap().to_owned());
        for step in action["runs"]["steps"].as_array().unwrap() {
            if step["if"].as_str().is_some_and(|condition| !holds(condition, &known)) {
                continue;
            }
            let field =
                |step: &Value, of: &str, name: &str| evaluated(step[of][name].as_str().unwrap(), &known);
            match step["uses"].as_str().map(|uses| uses.split('@').next().unwrap()) {
                Some("actions/upload-artifact") => {
                    let folder = self.store.join(field(step, "with", "name"));
                    let file = PathBuf::from(field(step, "with", "path"));
                    std::fs::create_dir(&folder).unwrap();
                    std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
                }
                Some("actions/download-artifact") => {
                    let to = PathBuf::from(field(step, "with", "path"));
                    std::fs::create_dir(&to).unwrap();
                    for file in std::fs::read_dir(self.store.join(field(step, "with", "name"))).unwrap() {
                        let file = file.unwrap();
                        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
                    }
                }
                Some(other) => panic!("{other} is not played here"),
                None => {
                    let outputs = self.step(name, step, &known)?;
                    let id = step["id"].as_str().unwrap();
                    known.extend(
                        outputs.into_iter().map(|(key, value)| (format!("steps.{id}.outputs.{key}"), value)),
                    );
                }
            }
        }
        let outputs = action["outputs"].as_object().into_iter().flatten();
        Ok(outputs
            .map(|(key, output)| (key.clone(), evaluated(output["value"].as_str().unwrap(), &known)))
            .collect())
    }

    /// As `shell: bash` runs a script.
    fn step(
        &self,
        name: &str,
        step: &Value,
        known: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, String> {
        assert_eq!(step["shell"], "bash");
        let output = self.temp.path().join("output");
        std::fs::write(&output, "").unwrap();
        let folder = evaluated(step["working-directory"].as_str().unwrap(), known);
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c"]).arg(step["run"].as_str().unwrap());
        command.current_dir(self.workspace.join(folder)).env_clear().envs(self.environment.iter().copied());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.temp.path());
        command.env("RUNNER_TEMP", self.temp.path()).env("GITHUB_OUTPUT", &output);
        command.env("GITHUB_ACTION_PATH", workspace().join(".github/actions").join(name));
        for (variable, value) in step["env"].as_object().unwrap() {
            command.env(variable, evaluated(value.as_str().unwrap(), known));
        }
        let ran = command.output().unwrap();
        if ran.status.success() {
            return Ok(outputs(&std::fs::read_to_string(output).unwrap()));
        }
        Err(String::from_utf8_lossy(&ran.stderr).into_owned())
    }
}

/// With every expression replaced by what it stands for.
fn evaluated(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut rest = text;
    let mut whole = String::new();
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").unwrap();
        whole.push_str(before);
        whole.push_str(known.get(expression.trim()).unwrap_or_else(|| panic!("{text}")));
        rest = after;
    }
    whole + rest
}

/// `NAME != 'TEXT'`, the one form of condition in use.
fn holds(condition: &str, known: &BTreeMap<String, String>) -> bool {
    let (name, text) = condition.split_once(" != ").unwrap();
    known[name] != text.trim_matches('\'')
}

/// `name=value`, or over several lines up to a mark.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, mark)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != mark).collect();
            found.insert(name.to_owned(), value.join("\n"));
        } else {
            let (name, value) = line.split_once('=').unwrap();
            found.insert(name.to_owned(), value.to_owned());
        }
    }
    found
}

fn verified(release: &Release, signer: &Signer, root: &Path) -> Output {
    let mut command = release.command();
    command.arg("verify").arg(release.artifact()).arg("--trusted-root").arg(root);
    command.args(["--identity", &signer.identity, "--issuer", &signer.issuer]).output().unwrap()
}

/// Whom an unchanged token of the loopback issuer speaks for.
fn workflow(issuer: &str) -> Signer {
    let identity =
        "https://github.com/example-org/example-server/.github/workflows/release.yml@refs/heads/main";
    Signer { identity: identity.to_owned(), issuer: issuer.to_owned() }
}

#[test]
fn the_actions_capture_without_an_identity_and_attest_without_the_server() {
    let test = "the_actions_capture_without_an_identity_and_attest_without_the_server";
    let Some(installed) = support::sigstore(test) else { return };
    let instance = shared(&installed);
    let release = Release::new();
    let folder = release.artifact().parent().unwrap();
    let store = tempfile::tempdir().unwrap();
    let mcpsign = support::mcpsign();
    let program = ("program", mcpsign.to_str().unwrap());
    let server = folder.join("server");
    std::fs::copy(support::test_server(), &server).unwrap();
    let identity = instance.actions_environment();

    // A job that could ask for an identity runs no server.
    let command = format!("{}\n--lie\nmany-tools=1\n", server.display());
    let inputs = [("command", command.as_str()), ("artifact", "*.tgz"), program];
    let refused = Runner::new(folder, store.path(), &identity).action("capture", &inputs).unwrap_err();
    assert!(refused.contains("::error::this job can ask for identities"), "{refused}");
    let captured = Runner::new(folder, store.path(), &[]).action("capture", &inputs).unwrap();

    // Text of an input is nothing but text.
    let hostile = format!("{}\n$(touch pwned)\n`touch pwned`; touch pwned\n", server.display());
    let inputs = [("command", hostile.as_str()), program];
    let refused = Runner::new(folder, store.path(), &[]).action("capture", &inputs).unwrap_err();
    assert!(refused.contains("$(touch pwned)"), "{refused}");
    assert!(!folder.join("pwned").exists());

    std::fs::remove_file(&server).unwrap();
    let config = instance.file("client_trust_config.json");
    let digests = format!("{}\n{}", sha256(&std::fs::read(release.artifact()).unwrap()), captured["sha256"]);
    let inputs =
        [("path", "*.tgz\n"), ("trust-config", config.to_str().unwrap()), program, ("digests", &digests)];
    let refused = Runner::new(folder, store.path(), &[]).action("attest", &inputs).unwrap_err();
    assert!(refused.contains("id-token: write"), "{refused}");
    let exchanged = [inputs[0], inputs[1], program, ("digests", captured["sha256"].as_str())];
    let refused = Runner::new(folder, store.path(), &identity).action("attest", &exchanged).unwrap_err();
    assert!(refused.contains("::error::digests"), "{refused}");
    let nothing = [("path", "*.whl"), inputs[1], program];
    let refused = Runner::new(folder, store.path(), &identity).action("attest", &nothing).unwrap_err();
    assert!(refused.contains("nothing matches *.whl"), "{refused}");
    assert!(!release.evidence().exists());

    let outputs = Runner::new(folder, store.path(), &identity).action("attest", &inputs).unwrap();
    assert_eq!(outputs["evidence"], release.evidence().to_str().unwrap());
    let signer = workflow(instance.issuer(Platform::Actions));
    let report = verified(&release, &signer, &instance.file("trusted_root.json"));
    assert_eq!(report.status.code(), Some(0), "{}", String::from_utf8_lossy(&report.stdout));
    let stranger = Signer { identity: signer.identity.replace("example", "evil"), ..signer };
    let report = verified(&release, &stranger, &instance.file("trusted_root.json"));
    assert_eq!(report.status.code(), Some(1));
}

/// Without a program the actions build the one of their own commit, by its own lock file.
#[test]
fn an_action_builds_the_program_that_it_belongs_to() {
    let folder = tempfile::tempdir().unwrap();
    let (bin, temp) = (folder.path().join("bin"), folder.path().join("temp"));
    std::fs::create_dir_all(&bin).unwrap();
    let cargo = bin.join("cargo");
    // Stands in for the minutes that a build takes; where and how it is called is what is looked at.
    std::fs::write(
        &cargo,
        "#!/bin/sh\npwd >&2; echo \"$@\" >&2; env >&2\nmkdir -p \"$RUNNER_TEMP/mcpsign/bin\"\nln -s \"$BUILT\" \"$RUNNER_TEMP/mcpsign/bin/mcpsign\"\n",
    )
    .unwrap();
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = Command::new("bash");
    command.arg(workspace().join(".github/actions/program.sh")).current_dir(folder.path());
    command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    command.env("RUNNER_TEMP", &temp).env("BUILT", support::mcpsign()).env_remove("PROGRAM");
    // What a build runs is not to have it.
    command.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret-of-the-job");
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stdout, format!("{}\n", temp.join("mcpsign/bin/mcpsign").display()));
    let root = workspace().canonicalize().unwrap();
    assert!(stderr.contains(root.to_str().unwrap()), "{stderr}");
    assert!(stderr.contains("install --quiet --locked --path cli"), "{stderr}");
    assert!(stderr.contains("RUNNER_TEMP=") && !stderr.contains("secret-of-the-job"), "{stderr}");
    // What is attested may lie in the folder that a build here would write to.
    assert!(stderr.contains(&format!("--target-dir {}", temp.join("mcpsign/target").display())), "{stderr}");
}

#[test]
fn the_gitlab_jobs_capture_without_an_identity_and_attest_without_the_server() {
    let test = "the_gitlab_jobs_capture_without_an_identity_and_attest_without_the_server";
    let Some(installed) = support::sigstore(test) else { return };
    let instance = shared(&installed);
    let release = Release::new();
    let folder = release.artifact().parent().unwrap();
    let server = folder.join("server");
    std::fs::copy(support::test_server(), &server).unwrap();
    let config = instance.file("client_trust_config.json");
    let component = document(".github/gitlab/attest.yml");
    let command = format!("{}\n$(touch pwned)\n", server.display());
    let path = release.artifact().file_name().unwrap().to_str().unwrap();
    let config = config.to_str().unwrap();
    let with_command = |command: &str| {
        [
            ("command", command),
            ("path", path),
            ("trust-config", config),
            ("artifact", path),
            ("install", "touch installed"),
        ]
        .map(|(input, given)| (input, given.to_owned()))
    };

    let run = |job: &str, inputs: &[(&str, String)], token: Option<&str>| {
        let mut command = Command::new("sh");
        let lines: Vec<&str> =
            component[job]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        command.arg("-c").arg(lines.join("\n")).current_dir(folder).env_clear().env("HOME", folder);
        let programs = support::mcpsign().parent().unwrap().display().to_string();
        command.env("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin")).env("GITLAB_CI", "true");
        for (name, variable) in component[job]["variables"].as_object().unwrap() {
            let mut value = variable["value"].as_str().unwrap().to_owned();
            for (input, given) in inputs {
                value = value.replace(&format!("$[[ inputs.{input} ]]"), given);
            }
            assert!(!value.contains("$[["), "{name}: {value}");
            command.env(name, value);
        }
        command.envs(token.map(|token| ("SIGSTORE_ID_TOKEN", token)));
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // What the server does not know it refuses: the word reached it, and was never a command.
    let (succeeded, stderr) = run("mcpsign-capture", &with_command(&command), None);
    assert!(!succeeded && stderr.contains("$(touch pwned)"), "{stderr}");
    assert!(!folder.join("pwned").exists());
    assert!(folder.join("installed").exists(), "what installs the release is a command");
    let inputs = with_command(server.to_str().unwrap());
    let (succeeded, stderr) = run("mcpsign-capture", &inputs, None);
    assert!(succeeded, "{stderr}");

    std::fs::remove_file(&server).unwrap();
    let token = instance.token(Platform::Actions, &json!({})).unwrap();
    let (succeeded, stderr) = run("mcpsign-attest", &inputs, None);
    assert!(!succeeded && !release.evidence().exists(), "{stderr}");
    let signer = workflow(instance.issuer(Platform::Actions));
    for path in [path, release.artifact().to_str().unwrap()] {
        let mut inputs = inputs.clone();
        inputs
            .iter_mut()
            .filter(|(input, _)| *input == "path")
            .for_each(|(_, given)| *given = path.to_owned());
        let (succeeded, stderr) = run("mcpsign-attest", &inputs, Some(&token));
        assert!(succeeded, "{path}: {stderr}");
        let report = verified(&release, &signer, &instance.file("trusted_root.json"));
        assert_eq!(report.status.code(), Some(0), "{}", String::from_utf8_lossy(&report.stdout));
        std::fs::remove_file(release.evidence()).unwrap();
    }
}
