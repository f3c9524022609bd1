//! What becomes of a release after it was published: it is approved, summed up, compared with those before it, and taken
//! back. Played through the command line from start to end.

use std::fs;
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_tests::forge::npm_tarball;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{run, test_server};

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");
const AUTHORITY: &str = "https://acme.example/mcpsign";
const VERIFIER: &str = "https://acme.example/verifier";

/// A desk with the publisher's key, the security team's, and one capture of the server.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for key in ["publisher", "security"] {
            desk.done(&["keys", "generate", "--out", &desk.path(key)]);
        }
        let server = test_server();
        desk.done(&[
            "manifest",
            "capture",
            "--out",
            &desk.path("capture.json"),
            "--",
            server.to_str().unwrap(),
        ]);
        desk
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Output {
        let output = run(args, &[PASSPHRASE]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// The tarball of a version, attested by `key`.
    fn release(&self, version: &str, key: &str) -> String {
        self.release_of(version, key, &npm_tarball("@acme/notes-mcp", version).unwrap())
    }

    fn release_of(&self, version: &str, key: &str, tarball: &[u8]) -> String {
        let path = self.path(&format!("notes-{version}.tgz"));
        fs::write(&path, tarball).unwrap();
        let (key, capture) = (self.path(key), self.path("capture.json"));
        self.done(&["attest", &path, "--key", &key, "--capture", &capture]);
        path
    }

    /// A folder with the evidence of these releases, and with these files.
    fn history(&self, name: &str, files: &[&str]) -> String {
        let folder = self.path(name);
        fs::create_dir(&folder).unwrap();
        for (at, file) in files.iter().enumerate() {
            fs::copy(file, format!("{folder}/{at}.jsonl")).unwrap();
        }
        folder
    }

    /// A policy that names the publisher and the security team, and requires this besides.
    fn policy(&self, require: &str) -> String {
        let pem = |key: &str| {
            let pem = fs::read_to_string(self.path(&format!("{key}.pub"))).unwrap();
            serde_json::to_string(&pem).unwrap()
        };
        let text = format!(
            r#"{{"schema":"mcpsign.dev/policy/v1","name":"acme",
            "keys":[{{"name":"publisher","publicKey":{},"time":"allow-unverified"}},{{"name":"security","publicKey":{},"time":"allow-unverified"}}],
            "signers":[
              {{"name":"publisher","key":"publisher","kinds":["publisher"],"predicates":["https://mcpsign.dev/tool-manifest/v1","https://cyclonedx.org/bom"]}},
              {{"name":"security","key":"security","predicates":["https://mcpsign.dev/approval/v1","https://mcpsign.dev/revocation/v1","https://slsa.dev/verification_summary/v1"]}}],
            "rules":[{{"name":"notes","match":{{"package":"pkg:npm/%40acme/notes-mcp"}},"signers":["publisher","security"],"require":{{
              "predicates":["https://mcpsign.dev/tool-manifest/v1"],
              "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
              "sbom":"if-bound",{require}}}}}]}}"#,
            pem("publisher"),
            pem("security"),
        );
        let path = self.path("policy.json");
        fs::write(&path, text).unwrap();
        path
    }

    fn report(&self, args: &[&str]) -> (Value, i32) {
        let args: Vec<&str> = ["verify"].iter().chain(args).chain(&["--format", "json"]).copied().collect();
        let output = run(&args, &[]);
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (report, output.status.code().unwrap())
    }

    #[track_caller]
    fn allowed(&self, args: &[&str]) -> Value {
        let (report, exit) = self.report(args);
        assert_eq!((report["verdict"].as_str(), exit), (Some("allow"), 0), "{:?}", codes(&report));
        report
    }

    #[track_caller]
    fn denied(&self, args: &[&str], code: &str) {
        let (report, exit) = self.report(args);
        assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), 1), "{:?}", codes(&report));
        assert!(codes(&report).contains(&code.to_owned()), "{code} is not among {:?}", codes(&report));
    }

    #[track_caller]
    fn undecided(&self, args: &[&str], code: &str) {
        let (report, exit) = self.report(args);
        assert_eq!((report["verdict"].as_str(), exit), (Some("undecided"), 3), "{:?}", codes(&report));
        assert_eq!(report["stages"]["freshness"]["cause"]["gap"]["code"], code);
    }
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

fn sidecar(artifact: &str) -> String {
    format!("{artifact}.mcpsign.jsonl")
}

fn digest(path: &str) -> String {
    format!("sha256:{}", mcpsign_tests::forge::sha256(&fs::read(path).unwrap()))
}

/// An old signed release is offered as the current one; its publisher's key is as good as ever.
#[test]
fn b34_an_older_release_than_the_one_accepted() {
    let desk = Desk::new();
    let (old, new) = (desk.release("1.9.0", "publisher"), desk.release("1.10.0", "publisher"));
    let key = desk.path("publisher.pub");
    desk.allowed(&[&old, "--public-key", &key]);
    let accepted = desk.history("accepted", &[&sidecar(&new)]);
    desk.denied(&[&old, "--public-key", &key, "--history", &accepted], "freshness/version-back");
    let before = desk.history("before", &[&sidecar(&old)]);
    let report = desk.allowed(&[&new, "--public-key", &key, "--history", &before]);
    assert!(!codes(&report).contains(&"freshness/no-rollback-protection".to_owned()), "{:?}", codes(&report));
    // A file that does not say what was accepted is no reason to take this for the first.
    fs::write(format!("{before}/1.jsonl"), "garbage\n").unwrap();
    let (report, exit) = desk.report(&[&new, "--public-key", &key, "--history", &before]);
    assert_eq!((report["verdict"].as_str(), exit), (Some("undecided"), 3), "{:?}", codes(&report));
}

#[test]
fn an_authority_revokes_and_its_list_grows() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let policy = desk.policy(&format!(
        r#""revocations":{{"authorities":[{{"uri":"{AUTHORITY}","signers":["security"]}}],"maxAgeDays":7}}"#
    ));
    let (list, key) = (desk.path("list.jsonl"), desk.path("security"));
    let revoke = |more: &[&str]| {
        let args: Vec<&str> =
            ["revoke", "--list", &list, "--key", &key].iter().chain(more).copied().collect();
        desk.done(&args)
    };
    let with = |list: &str| desk.report(&[&artifact, "--policy", &policy, "--revocations", list]);

    desk.undecided(&[&artifact, "--policy", &policy], "freshness/revocations-missing");
    let said = revoke(&[
        "--authority",
        AUTHORITY,
        "--package",
        "pkg:npm/%40acme/notes-mcp",
        "--versions",
        "vers:npm/<1.4.0",
        "--reason",
        "CVE",
    ]);
    assert!(String::from_utf8_lossy(&said.stderr).contains("sequence 1, 1 entry"), "{said:?}");
    let first = desk.path("first.jsonl");
    fs::copy(&list, &first).unwrap();
    let (report, _) = with(&list);
    assert_eq!(report["verdict"], "allow", "{:?}", codes(&report));
    assert_eq!(report["revocations"][0]["sequence"], 1);

    revoke(&["--artifact", &digest(&artifact), "--reason", "malware"]);
    desk.denied(&[&artifact, "--policy", &policy, "--revocations", &list], "freshness/artifact-revoked");
    // The old list is still signed, and still current by its own word.
    assert_eq!(with(&first).0["verdict"], "allow");
    let seen = desk.history("seen", &[&list]);
    let args = [&artifact, "--policy", &policy, "--revocations", &first, "--history", &seen];
    desk.denied(&args.map(|arg| arg as &str), "freshness/revocations-rolled-back");

    // Nobody else extends it, and what is refused changes nothing.
    let before = fs::read(&list).unwrap();
    let other = run(&["revoke", "--list", &list, "--key", &desk.path("publisher")], &[PASSPHRASE]);
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    assert_eq!(fs::read(&list).unwrap(), before);
    let bad = run(
        &["revoke", "--list", &list, "--key", &key, "--package", "pkg:npm/a", "--versions", "vers:npm/~1"],
        &[PASSPHRASE],
    );
    assert_eq!(bad.status.code(), Some(2), "{bad:?}");
    assert_eq!(fs::read(&list).unwrap(), before);
}

/// What every release runs when it is installed is not new in the next one: our own SBOMs say so of the package itself.
#[test]
fn i12_an_install_script_that_ran_before_is_not_new() {
    let desk = Desk::new();
    let name = "@acme/notes-mcp";
    let policy = desk.policy(r#""continuity":{"firstSeen":"deny","newInstallScript":"deny"}"#);
    let scripted =
        |version: &str| desk.release_of(version, "publisher", &crate::incidents::scripted(name, version));
    let (ran, did_not) = (scripted("1.4.0"), desk.release("1.4.1", "publisher"));
    let (ran, did_not) = (desk.history("ran", &[&sidecar(&ran)]), desk.history("not", &[&sidecar(&did_not)]));
    let next = scripted("1.4.2");
    desk.allowed(&[&next, "--policy", &policy, "--history", &ran]);
    desk.denied(&[&next, "--policy", &policy, "--history", &did_not], "freshness/new-install-script");
}

/// A policy that asks for lists, earlier releases and other servers can be tried with them, and with nothing that it asks for not.
#[test]
fn b35_cases_of_a_policy_hand_in_what_it_asks_for() {
    let desk = Desk::new();
    let (old, new) = (desk.release("1.4.0", "publisher"), desk.release("1.4.1", "publisher"));
    let (list, key) = (desk.path("list.jsonl"), desk.path("security"));
    let revoke = ["revoke", "--list", &list, "--key", &key];
    desk.done(&[&revoke[..], &["--authority", AUTHORITY]].concat());
    fs::copy(&list, desk.path("before.jsonl")).unwrap();
    desk.done(&[&revoke[..], &["--artifact", &digest(&new)]].concat());
    desk.history("old", &[&sidecar(&old)]);
    desk.history("new", &[&sidecar(&new)]);
    let policy = desk.policy(&format!(
        r#""revocations":{{"authorities":[{{"uri":"{AUTHORITY}","signers":["security"]}}]}},
        "continuity":{{"firstSeen":"deny","versionBack":"deny"}},
        "shadowing":{{"others":"required","mention":"deny"}}"#
    ));
    let test = |cases: &str| {
        let text = format!("schema: mcpsign.dev/policy-tests/v1\ncases:\n{cases}");
        fs::write(desk.path("policy.tests.yaml"), text).unwrap();
        run(&["policy", "test", &policy], &[])
    };
    let fine = "history: old, alongside: [other.json], revocations: [before.jsonl]";
    fs::copy(desk.path("capture.json"), desk.path("other.json")).unwrap();
    let case = |name: &str, artifact: &str, more: &str, expect: &str| {
        format!("  - {{ name: {name}, artifact: {artifact}, {more}, expect: {expect} }}\n")
    };
    let (new, old) = ("notes-1.4.1.tgz", "notes-1.4.0.tgz");
    let output = test(
        &[
            case(
                "revoked",
                new,
                &fine.replace("before", "list"),
                "deny, codes: [freshness/artifact-revoked]",
            ),
            case("older", old, &fine.replace("old", "new"), "deny, codes: [freshness/version-back]"),
            case("no-list", new, "history: old", "undecided, codes: [freshness/revocations-missing]"),
            case(
                "first",
                new,
                &fine.replace("history: old, ", ""),
                "undecided, codes: [evidence/not-looked-at]",
            ),
        ]
        .concat(),
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("passed").count(), 4, "{said}");
    // What nobody would look at is no case.
    desk.policy(r#""continuity":{"coolDown":{"days":1,"severity":"note"}}"#);
    let output = test(&case("unread", new, "revocations: [list.jsonl]", "allow"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("case `unread` has `revocations`, and no rule of the policy names an authority"),
        "{said}"
    );
    let output = test(&case("gone", new, "history: gone", "allow"));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

/// What several take back at once is all taken back: each list follows the one before.
#[test]
fn revocations_made_at_once_are_all_in_the_list() {
    let desk = Desk::new();
    let (list, key) = (desk.path("list.jsonl"), desk.path("security"));
    let revoked = |one: usize| format!("sha256:{one:064x}");
    std::thread::scope(|scope| {
        for one in 0..6 {
            let args = ["revoke", "--list", &list, "--authority", AUTHORITY, "--key", &key, "--artifact"];
            let args: Vec<String> = args.map(str::to_owned).into_iter().chain([revoked(one)]).collect();
            let desk = &desk;
            scope.spawn(move || desk.done(&args.iter().map(String::as_str).collect::<Vec<_>>()));
        }
    });
    let shown = desk.done(&["inspect", &list, "--format", "json"]);
    let predicate = serde_json::from_slice::<Value>(&shown.stdout).unwrap()["predicate"].clone();
    assert_eq!(predicate["sequence"], 6);
    let entries = predicate["entries"].as_array().unwrap();
    let digests: Vec<String> = entries.iter().map(|entry| entry["digest"]["sha256"].to_string()).collect();
    assert_eq!(digests.len(), 6, "{digests:?}");
    assert!((0..6).all(|one| digests.contains(&format!("\"{one:064x}\""))), "{digests:?}");
    let left: Vec<_> = fs::read_dir(desk.0.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("lock")), "{left:?}");
}

/// Several who append to one evidence file at once: the lines of all are in it.
#[test]
fn what_several_append_at_once_is_all_in_the_file() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let keys: Vec<String> = (0..4).map(|one| desk.path(&format!("key-{one}"))).collect();
    keys.iter().for_each(|key| drop(desk.done(&["keys", "generate", "--out", key])));
    let capture = desk.path("capture.json");
    std::thread::scope(|scope| {
        for key in &keys {
            let args = ["attest", &artifact, "--key", key, "--capture", &capture, "--append"];
            let desk = &desk;
            scope.spawn(move || desk.done(&args));
        }
    });
    for key in keys.iter().chain([&desk.path("publisher")]) {
        desk.allowed(&[&artifact, "--public-key", &format!("{key}.pub")]);
    }
    let left: Vec<_> = fs::read_dir(desk.0.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("lock")), "{left:?}");
}

/// Without a policy file the one signer speaks for whatever authority the list names.
#[test]
fn by_flags_alone_the_signer_revokes_its_own() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let (public, list) = (desk.path("publisher.pub"), desk.path("list.jsonl"));
    let args =
        ["revoke", "--list", &list, "--authority", AUTHORITY, "--artifact", &digest(&artifact), "--key"];
    let by = |key: &str| {
        let _ = fs::remove_file(&list);
        let key = desk.path(key);
        desk.done(&args.iter().copied().chain([key.as_str()]).collect::<Vec<_>>());
    };
    by("publisher");
    let verify = [artifact.as_str(), "--public-key", &public, "--revocations", &list];
    desk.denied(&verify, "freshness/artifact-revoked");
    // Somebody else's list is none, and leaves it open.
    by("security");
    desk.undecided(&verify, "freshness/revocations-missing");
    // A policy that asks nobody does not pass over what it was given.
    let policy = desk.policy(r#""continuity":{"coolDown":{"days":1,"severity":"note"}}"#);
    let ignored = run(&["verify", &artifact, "--policy", &policy, "--revocations", &list], &[]);
    assert_eq!(ignored.status.code(), Some(2), "{ignored:?}");
}

/// The name was approved; then another command stands under it.
#[test]
fn i06_mcpoison_an_approved_name_with_another_command() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let policy = desk.policy(r#""approval":{"by":["security"],"scope":"team:payments"}"#);
    let (public, key, approval) =
        (desk.path("publisher.pub"), desk.path("security"), desk.path("approval.jsonl"));
    desk.denied(&[&artifact, "--policy", &policy], "freshness/not-approved");
    let approve = |more: &[&str]| {
        let args = [
            "approve",
            &artifact,
            "--public-key",
            &public,
            "--key",
            &key,
            "--reason",
            "read it",
            "--expires",
            "90",
        ];
        run(&args.iter().chain(more).copied().collect::<Vec<_>>(), &[PASSPHRASE])
    };
    let approved = approve(&["--scope", "team:payments", "--out", &approval]);
    assert!(approved.status.success(), "{approved:?}");
    let evidence = sidecar(&artifact);
    let verify = |artifact: &str, evidence: &str, more: &[&str]| {
        let args = [artifact, "--policy", &policy, "--evidence", evidence, "--evidence", &approval];
        desk.report(&args.iter().chain(more).copied().collect::<Vec<_>>()).0
    };
    let report = verify(&artifact, &evidence, &[]);
    assert_eq!(report["verdict"], "allow", "{:?}", codes(&report));
    assert!(report["signers"].as_array().unwrap().iter().any(|signer| signer["rule"] == "security"));

    // Seen started with one more argument.
    let server = test_server();
    let seen = desk.path("seen.json");
    desk.done(&["manifest", "capture", "--out", &seen, "--", server.to_str().unwrap(), "--", "--writes"]);
    let report = verify(&artifact, &evidence, &["--observed", &seen]);
    assert_eq!(report["verdict"], "deny");
    assert!(codes(&report).contains(&"freshness/approval-other-launch".to_owned()), "{:?}", codes(&report));

    // The next release was looked at by nobody.
    let next = desk.release("1.4.1", "publisher");
    let report = verify(&next, &sidecar(&next), &[]);
    assert!(codes(&report).contains(&"freshness/not-approved".to_owned()), "{:?}", codes(&report));
    // What does not verify is not approved, and leaves nothing behind.
    let refused = desk.path("refused.jsonl");
    fs::write(&artifact, b"other bytes").unwrap();
    let refusal = approve(&["--scope", "team:payments", "--out", &refused]);
    assert_eq!(refusal.status.code(), Some(1), "{refusal:?}");
    assert!(!fs::exists(&refused).unwrap());
}

/// What was approved as it was started is started that way again, and then decided.
#[test]
fn i06_an_approval_of_what_was_started_holds_where_it_is_started() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let policy = desk.policy(r#""approval":{"by":["security"],"scope":"team:payments"}"#);
    let (public, key, approval) =
        (desk.path("publisher.pub"), desk.path("security"), desk.path("approval.jsonl"));
    let server = test_server();
    let (plain, writes) = ([server.to_str().unwrap()], [server.to_str().unwrap(), "--", "--writes"]);
    let approve = |trust: [&str; 2], out: &str| {
        let approve = ["approve", &artifact, trust[0], trust[1], "--key", &key, "--reason", "read it"];
        let more = ["--expires", "90", "--scope", "team:payments", "--out", out, "--"];
        desk.done(&[&approve[..], &more, &writes].concat());
    };
    approve(["--public-key", &public], &approval);
    let evidence = sidecar(&artifact);
    let verify = [artifact.as_str(), "--policy", &policy, "--evidence", &evidence, "--evidence", &approval];
    // The options of a report come before the command.
    let report = |command: &[&str]| {
        let args = [&["verify"][..], &verify[..], &["--format", "json", "--"], command].concat();
        let output = run(&args, &[]);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (report["verdict"].as_str().unwrap().to_owned(), codes(&report))
    };
    let (verdict, found) = report(&writes);
    assert_eq!(verdict, "allow", "{found:?}");
    // That the policy asks for what is being made keeps nobody from making it.
    fs::remove_file(&approval).unwrap();
    approve(["--policy", &policy], &approval);
    let (verdict, found) = report(&writes);
    assert_eq!(verdict, "allow", "{found:?}");
    let (verdict, found) = report(&plain);
    assert_eq!(verdict, "deny", "{found:?}");
    assert!(found.contains(&"freshness/approval-other-launch".to_owned()), "{found:?}");
    // Nobody looks: what the publisher signed is another command.
    desk.denied(&verify, "freshness/approval-other-launch");
}

/// What is borne is signed, and shown.
#[test]
fn b45_an_exception_is_borne_by_whom_the_policy_lets() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let require = r#""continuity":{"coolDown":{"days":7,"severity":"deny"}},"exceptions":{"by":["security"],"scope":"all","codes":["freshness/cool-down"]}"#;
    let policy = desk.policy(require);
    desk.denied(&[&artifact, "--policy", &policy], "freshness/cool-down");
    let (key, out, evidence) = (desk.path("security"), desk.path("except.jsonl"), sidecar(&artifact));
    desk.done(&[
        "approve",
        &artifact,
        "--policy",
        &policy,
        "--key",
        &key,
        "--scope",
        "all",
        "--reason",
        "urgent",
        "--expires",
        "7",
        "--except",
        "freshness/cool-down",
        "--out",
        &out,
    ]);
    let report = desk.allowed(&[&artifact, "--policy", &policy, "--evidence", &evidence, "--evidence", &out]);
    for code in ["freshness/excepted", "freshness/cool-down"] {
        assert!(codes(&report).contains(&code.to_owned()), "{:?}", codes(&report));
    }
}

#[test]
fn a_summary_is_made_of_a_verification_and_taken_for_one() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let (public, key, evidence) = (desk.path("publisher.pub"), desk.path("security"), sidecar(&artifact));
    let vsa = |artifact: &str, out: &str, more: &[&str]| {
        let args = [
            "vsa",
            artifact,
            "--public-key",
            &public,
            "--key",
            &key,
            "--verifier-id",
            VERIFIER,
            "--out",
            out,
        ];
        run(&args.iter().chain(more).copied().collect::<Vec<_>>(), &[PASSPHRASE])
    };
    let out = desk.path("vsa.jsonl");
    let made = vsa(&artifact, &out, &["--resource-uri", "pkg:npm/%40acme/notes-mcp@1.4.0"]);
    assert!(made.status.success(), "{made:?}");
    let verify = |resource: &str, verifier: &str| {
        let policy = desk.policy(&format!(
            r#""summary":{{"by":["security"],"verifier":"{verifier}","maxAgeDays":1,"resource":"{resource}"}}"#
        ));
        desk.report(&[&artifact, "--policy", &policy, "--evidence", &evidence, "--evidence", &out]).0
    };
    let report = verify("pkg:npm/%40acme/notes-mcp@1.4.0", VERIFIER);
    assert_eq!(report["verdict"], "allow", "{:?}", codes(&report));
    let other = verify("pkg:npm/%40acme/notes-mcp@1.4.1", VERIFIER);
    assert!(codes(&other).contains(&"provenance/summary-other-resource".to_owned()), "{:?}", codes(&other));
    let other = verify("pkg:npm/%40acme/notes-mcp@1.4.0", "https://other.example");
    assert!(codes(&other).contains(&"provenance/summary-missing".to_owned()), "{:?}", codes(&other));

    // Of what is denied there is one only if it is asked for.
    fs::write(&artifact, b"other bytes").unwrap();
    let failed = desk.path("failed.jsonl");
    assert_eq!(vsa(&artifact, &failed, &[]).status.code(), Some(1));
    assert!(!fs::exists(&failed).unwrap());
    let made = vsa(&artifact, &failed, &["--failed"]);
    assert!(made.status.success(), "{made:?}");
    let shown = run(&["inspect", &failed, "--format", "json"], &[]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("verification_summary"), "{shown:?}");
}

/// What the policy's builders establish is claimed, and nothing where nothing was established.
#[test]
fn b58_a_summary_claims_the_level_that_the_policy_established() {
    let desk = Desk::new();
    let key = desk.path("security");
    let levels = |case: &str, more: &[&str]| -> Value {
        let folder = crate::support::workspace().join("tests/vectors").join(case);
        let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (artifact, out) = (at("acme-notes-mcp-1.4.0.tgz"), desk.path(&format!("{case}.jsonl")));
        let (policy, public) = (at("policy.yaml"), at("key.pub"));
        let trust = if folder.join("policy.yaml").exists() {
            ["--policy", &policy]
        } else {
            ["--public-key", &public]
        };
        let args = ["vsa", &artifact, "--key", &key, "--verifier-id", VERIFIER, "--out", &out];
        desk.done(&[&args[..], &trust, more].concat());
        let bundle: Value = serde_json::from_str(fs::read_to_string(&out).unwrap().trim_end()).unwrap();
        let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
        let mut statement: Value = serde_json::from_slice(&payload).unwrap();
        statement["predicate"]["verifiedLevels"].take()
    };
    assert_eq!(
        levels("verify_provenance_builder", &[]),
        json!(["SLSA_BUILD_LEVEL_2", "MCPSIGN_POLICY_PASSED"])
    );
    assert_eq!(levels("verify_honest", &[]), json!(["MCPSIGN_POLICY_PASSED"]));
    assert_eq!(levels("verify_provenance_level_deny", &["--failed"]), json!(["FAILED"]));
}

/// Nothing that a decision was made from is lost to it.
#[test]
fn a_decision_is_never_written_over_what_it_was_made_from() {
    let desk = Desk::new();
    let artifact = desk.release("1.4.0", "publisher");
    let policy = desk.policy(r#""components":"not-required""#);
    let (key, sidecar) = (desk.path("security"), format!("{artifact}.mcpsign.jsonl"));
    let revoked = desk.path("revoked.jsonl");
    fs::write(&revoked, "").unwrap();
    for input in [&key, &artifact, &sidecar, &policy, &revoked] {
        let before = fs::read(input).unwrap();
        let decide =
            ["--policy", &policy, "--revocations", &revoked, "--key", &key, "--force", "--out", input];
        let approve = ["approve", &artifact, "--scope", "all", "--reason", "read", "--expires", "7"];
        let vsa = ["vsa", &artifact, "--verifier-id", VERIFIER];
        for command in [&approve[..], &vsa[..]] {
            let output = run(&[command, &decide].concat(), &[PASSPHRASE]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{input}: {said}");
            assert!(said.contains("would change"), "{input}: {said}");
            assert_eq!(fs::read(input).unwrap(), before, "{input}");
        }
    }
}
