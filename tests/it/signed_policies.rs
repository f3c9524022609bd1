//! Policies that somebody signed, and policies at an address: through the command line, from start to end.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::Ordering;

use mcpsign_simulator::{Content, Identity, Options, Rekor, Simulator};
use mcpsign_tests::forge::{Key, Release, TARBALL, jcs, sha256, statement};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::advisories::online::{Reply, server};
use crate::http::tls::Front;
use crate::support::run;

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");
const POLICY: &str = "https://mcpsign.dev/policy/v1";

/// A release, its publisher's key, and a policy that allows it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let (release, key) = (Release::honest().unwrap(), Key::generate().unwrap());
        let lines = [release.sbom_statement(), release.manifest_statement()];
        let lines: String = lines.iter().map(|one| format!("{}\n", key.bundle(&jcs(one)).unwrap())).collect();
        desk.write(TARBALL, &release.artifact);
        desk.write(&format!("{TARBALL}.mcpsign.jsonl"), lines.as_bytes());
        desk.write("publisher.pub", key.public_pem().as_bytes());
        let (artifact, public, policy) =
            (desk.path(TARBALL), desk.path("publisher.pub"), desk.path("acme.yaml"));
        desk.done(&[
            "policy",
            "init",
            &artifact,
            "--public-key",
            &public,
            "--name",
            "acme",
            "--out",
            &policy,
        ]);
        desk
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.0.path().join(name), bytes).unwrap();
        self.path(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Output {
        let output = run(args, &[PASSPHRASE]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn key(&self, name: &str) -> (String, String) {
        let path = self.path(name);
        self.done(&["keys", "generate", "--out", &path]);
        (path.clone(), format!("{path}.pub"))
    }

    /// Signs the policy as it is now.
    fn sign(&self, key: &str, out: &str) -> Output {
        let (policy, out) = (self.path("acme.yaml"), self.path(out));
        run(&["policy", "sign", &policy, "--key", key, "--expires", "90", "--out", &out], &[PASSPHRASE])
    }

    /// What comes of the release under this policy.
    fn verify(&self, policy: &str, more: &[&str]) -> Output {
        let artifact = self.path(TARBALL);
        let args = ["verify", &artifact, "--policy", policy, "--format", "json"];
        run(&args.into_iter().chain(more.iter().copied()).collect::<Vec<_>>(), &[])
    }

    #[track_caller]
    fn allowed(&self, policy: &str, more: &[&str]) -> Value {
        let output = self.verify(policy, more);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Denied for this reason.
    #[track_caller]
    fn denied(&self, policy: &str, more: &[&str], code: &str) {
        let output = self.verify(policy, more);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let codes: Vec<_> = report["findings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        assert!(codes.contains(&&json!(code)), "{codes:?}");
    }

    /// There is nothing to decide by, and this is said.
    #[track_caller]
    fn refused(&self, policy: &str, more: &[&str], exit: i32, said: &str) {
        let output = self.verify(policy, more);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(exit), true), "{output:?}");
        assert!(stderr.contains(said), "{said}: {stderr}");
    }

    /// The policy as a statement, counting for this time.
    fn version(&self, sequence: u64, created_on: &str, more: &[(&str, &str)]) -> Value {
        let document = String::from_utf8(self.read("acme.yaml")).unwrap();
        let subjects = json!([{ "name": "acme.yaml", "digest": { "sha256": sha256(document.as_bytes()) } }]);
        let mut predicate = json!({
            "name": "acme", "sequence": sequence, "createdOn": created_on, "document": document
        });
        for (name, value) in more {
            predicate[*name] = json!(value);
        }
        statement(&subjects, POLICY, &predicate)
    }
}

#[test]
fn a_signed_policy_is_used_by_whoever_names_its_signer() {
    let desk = Desk::new();
    let ((platform, public), (_, other)) = (desk.key("platform"), desk.key("other"));
    let said = desk.sign(&platform, "signed.jsonl");
    assert!(String::from_utf8_lossy(&said.stderr).contains("version 1, until"), "{said:?}");
    let signed = desk.path("signed.jsonl");
    let report = desk.allowed(&signed, &["--policy-key", &public]);
    let policy = &report["policy"];
    assert_eq!(policy["digest"]["sha256"], sha256(&desk.read("acme.yaml")));
    assert_eq!((&policy["signed"]["sequence"], &policy["name"]), (&json!(1), &json!("acme")));
    assert!(policy["signed"]["signer"]["spkiSha256"].is_string() && policy["signed"]["expires"].is_string());
    let human = run(&["verify", &desk.path(TARBALL), "--policy", &signed, "--policy-key", &public], &[]);
    let human = String::from_utf8(human.stdout).unwrap();
    assert!(human.contains("version   1, until ") && human.contains(POLICY), "{human}");

    // Nobody was named, somebody else was, or it is not signed at all.
    let plain = desk.path("acme.yaml");
    desk.refused(&signed, &[], 2, "nothing says who may sign it");
    desk.refused(&signed, &["--policy-key", &other], 2, "is not a policy that counts as signed");
    desk.refused(&signed, &["--policy-key", &other], 2, "signature/key-not-trusted");
    desk.refused(&plain, &["--policy-key", &public], 2, "is not a signed policy");
    let publishers = desk.path("publisher.pub");
    desk.refused(&signed, &["--policy-key", &publishers], 2, "is not a policy that counts as signed");
    let no_policy =
        run(&["verify", &desk.path(TARBALL), "--public-key", &public, "--policy-key", &public], &[]);
    assert_eq!(no_policy.status.code(), Some(2), "{no_policy:?}");
    // Evidence of a release is signed, too.
    let evidence = desk.path(&format!("{TARBALL}.mcpsign.jsonl"));
    desk.refused(
        &evidence,
        &["--policy-key", &publishers],
        2,
        "holds 2 lines of evidence, and a signed policy is one",
    );

    // Beside the policy everything that looks at one reads it alike.
    let checked = desk.done(&["policy", "check", &signed, "--policy-key", &public]);
    assert!(
        String::from_utf8_lossy(&checked.stdout).contains("signed: version 1 by key sha256:"),
        "{checked:?}"
    );
    let explained = desk.done(&["policy", "explain", &signed, "--policy-key", &public]);
    assert!(
        String::from_utf8_lossy(&explained.stdout).starts_with("# version 1 by key sha256:"),
        "{explained:?}"
    );
    assert_eq!(run(&["policy", "check", &signed], &[]).status.code(), Some(2));
}

/// Who signs several policies does not let one be used for another.
#[test]
fn b35_another_policy_by_the_same_signer() {
    let desk = Desk::new();
    let (platform, public) = desk.key("platform");
    desk.sign(&platform, "acme.jsonl");
    let text = String::from_utf8(desk.read("acme.yaml")).unwrap();
    desk.write("acme.yaml", text.replacen("name: \"acme\"", "name: \"lab\"", 1).as_bytes());
    desk.sign(&platform, "lab.jsonl");
    let by = ["--policy-key", public.as_str(), "--policy-name", "acme"];
    let (acme, lab) = (desk.path("acme.jsonl"), desk.path("lab.jsonl"));
    assert_eq!(desk.allowed(&acme, &by)["policy"]["name"], "acme");
    assert_eq!(desk.allowed(&lab, &by[..2])["policy"]["name"], "lab");
    desk.refused(&lab, &by, 2, "is the policy `lab`, and `acme` is asked for");
    for command in ["check", "explain"] {
        let args = ["policy", command, &lab, by[0], by[1], by[2], by[3]];
        assert_eq!(run(&args, &[]).status.code(), Some(2), "{command}");
    }
    desk.refused(&desk.path("acme.yaml"), &by[2..], 2, "nothing says who must have signed it");
}

/// What was changed is refused, and so is what stands there twice.
#[test]
fn b35_a_signed_policy_that_was_changed_is_none() {
    let desk = Desk::new();
    let (platform, public) = desk.key("platform");
    assert!(desk.sign(&platform, "signed.jsonl").status.success());
    let line = desk.read("signed.jsonl");
    let bundle: Value = serde_json::from_slice(&line).unwrap();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    use base64::Engine as _;
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let lenient = String::from_utf8(decode(payload)).unwrap().replace("atMost: 2", "atMost: 9");
    let mut changed = bundle.clone();
    changed["dsseEnvelope"]["payload"] = json!(base64::engine::general_purpose::STANDARD.encode(lenient));
    let mut unsigned = bundle.clone();
    unsigned["dsseEnvelope"]["signatures"] = json!([]);
    for (name, bytes, said) in [
        ("changed", changed.to_string().into_bytes(), "signature/invalid"),
        ("unsigned", unsigned.to_string().into_bytes(), "is not a signed policy"),
        ("twice", [&line[..], changed.to_string().as_bytes()].concat(), "holds 2 lines of evidence"),
        ("cut", line[..line.len() / 2].to_vec(), "is not a signed policy"),
        ("empty", Vec::new(), "is not a signed policy"),
    ] {
        let path = desk.write(name, &bytes);
        desk.refused(&path, &["--policy-key", &public], 2, said);
    }
}

#[test]
fn a_policy_counts_from_its_day_until_its_day() {
    let desk = Desk::new();
    let platform = Key::generate().unwrap();
    let public = desk.write("platform.pub", platform.public_pem().as_bytes());
    let bundle = |name: &str, version: &Value| {
        desk.write(name, platform.bundle(&jcs(version)).unwrap().to_string().as_bytes())
    };
    let now = jiff::Timestamp::now();
    let at = |days: i64| (now + jiff::SignedDuration::from_hours(24 * days)).to_string();
    let by = ["--policy-key", public.as_str()];
    let ours = bundle("ours", &desk.version(1, &at(-1), &[("expires", &at(1))]));
    desk.allowed(&ours, &by);
    let ended = bundle("ended", &desk.version(1, &at(-9), &[("expires", &at(-1))]));
    desk.denied(&ended, &by, "policy/expired");
    let early = bundle("early", &desk.version(1, &at(-1), &[("notBefore", &at(1)), ("expires", &at(9))]));
    desk.denied(&early, &by, "policy/not-yet-valid");
    let checked = run(&["policy", "check", &ended, "--policy-key", &public], &[]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stderr).contains("policy/expired"), "{checked:?}");
    // For ever is refused, and so is what nobody knows.
    let ever = bundle("ever", &desk.version(1, &at(-1), &[("expires", &at(500))]));
    desk.refused(&ever, &by, 2, "it would count for more than 366 days");
    let more = bundle("more", &desk.version(1, &at(-1), &[("expires", &at(1)), ("mode", "audit")]));
    desk.refused(&more, &by, 2, "mode");
}

#[test]
fn b34_an_older_version_of_a_policy_is_refused() {
    let desk = Desk::new();
    let (platform, public) = desk.key("platform");
    assert!(desk.sign(&platform, "signed.jsonl").status.success());
    let first = desk.write("first.jsonl", &desk.read("signed.jsonl"));
    desk.write("acme.yaml", &[b"# Second.\n", &desk.read("acme.yaml")[..]].concat());
    let again = desk.sign(&platform, "signed.jsonl");
    assert!(String::from_utf8_lossy(&again.stderr).contains("version 2, until"), "{again:?}");
    let signed = desk.path("signed.jsonl");
    fs::create_dir(desk.path("seen")).unwrap();
    desk.write("seen/policy.jsonl", &desk.read("signed.jsonl"));
    let seen = desk.path("seen");
    let with = ["--policy-key", public.as_str(), "--history", seen.as_str()];
    desk.allowed(&first, &with[..2]);
    desk.denied(&first, &with, "policy/rolled-back");
    assert_eq!(desk.allowed(&signed, &with)["policy"]["signed"]["sequence"], 2);

    // Nobody else makes the next version, nor one of another policy; the file stays as it is.
    let before = desk.read("signed.jsonl");
    let (other, _) = desk.key("other");
    let stranger = desk.sign(&other, "signed.jsonl");
    assert_eq!(stranger.status.code(), Some(1), "{stranger:?}");
    let policy = desk.path("acme.yaml");
    let sign = |more: &[&str]| {
        let args = ["policy", "sign", &policy, "--key", &platform, "--out", &signed];
        run(&args.into_iter().chain(more.iter().copied()).collect::<Vec<_>>(), &[PASSPHRASE])
    };
    for (more, said) in [
        (&["--expires", "90", "--sequence", "2"][..], "is version 2 already"),
        (&["--expires", "367"], "neither days nor a time to come"),
        (&["--expires", "9", "--not-before", "2199-01-01T00:00:00Z"], "does not lie after"),
        (&[], "--expires"),
    ] {
        let refused = sign(more);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(said), "{said}: {refused:?}");
    }
    let text = String::from_utf8(desk.read("acme.yaml")).unwrap();
    desk.write("acme.yaml", text.replace("name: \"acme\"", "name: \"lab\"").as_bytes());
    let renamed = sign(&["--expires", "90"]);
    assert_eq!(renamed.status.code(), Some(2), "{renamed:?}");
    desk.write("acme.yaml", b"schema: mcpsign.dev/policy/v1\nname: acme\n");
    let broken = sign(&["--expires", "90"]);
    assert_eq!(broken.status.code(), Some(2), "{broken:?}");
    assert_eq!(desk.read("signed.jsonl"), before);
    desk.write("acme.yaml", text.as_bytes());
    assert!(sign(&["--expires", "90", "--sequence", "9"]).status.success());
    assert_eq!(desk.allowed(&signed, &with)["policy"]["signed"]["sequence"], 9);
}

/// By a certificate: the subject alone, from another issuer, or a name alike is somebody else.
#[test]
fn a_policy_is_signed_by_a_certificate() {
    let desk = Desk::new();
    let simulator = Simulator::new();
    let root = desk.write("root.json", simulator.trusted_root_json().to_string().as_bytes());
    let (who, issuer) = ("platform@acme.example", "https://login.acme.example");
    let now = jiff::Timestamp::now();
    let until = (now + jiff::SignedDuration::from_hours(24)).to_string();
    let version = desk.version(3, &now.to_string(), &[("expires", &until)]);
    let options = Options::new(Rekor::V2, Content::Dsse);
    let bundle = simulator.mint(&jcs(&version), &Identity::email(who, issuer), options);
    let signed = desk.write("signed.jsonl", bundle.to_string().as_bytes());
    let by = |subject: &str, issuer: &str| {
        let (subject, issuer) = (subject.to_owned(), issuer.to_owned());
        [
            "--policy-identity".into(),
            subject,
            "--policy-issuer".into(),
            issuer,
            "--trusted-root".into(),
            root.clone(),
        ]
    };
    let named = by(who, issuer);
    let report = desk.allowed(&signed, &named.each_ref().map(String::as_str));
    assert_eq!(report["policy"]["signed"]["signer"]["subject"], who);
    assert!(!report["policy"]["signed"]["signer"]["times"].as_array().unwrap().is_empty());
    for (subject, issuer, said) in [
        ("platform@acme.example.evil.example", issuer, "identity/subject-mismatch"),
        (who, "https://login.evil.example", "identity/issuer-mismatch"),
        ("*", issuer, "`--policy-identity` is not a pattern"),
    ] {
        let other = by(subject, issuer);
        desk.refused(&signed, &other.each_ref().map(String::as_str), 2, said);
    }
    // Under a root that knows nothing of it.
    let elsewhere = desk.write("elsewhere.json", Simulator::new().trusted_root_json().to_string().as_bytes());
    let args = ["--policy-identity", who, "--policy-issuer", issuer, "--trusted-root", &elsewhere];
    desk.refused(&signed, &args, 2, "is not a policy that counts as signed");
    let half = ["--policy-identity", who, "--trusted-root", &root];
    assert_eq!(desk.verify(&signed, &half).status.code(), Some(2));
    let checked = desk.done(&[
        "policy",
        "check",
        &signed,
        "--policy-identity",
        who,
        "--policy-issuer",
        issuer,
        "--trusted-root",
        &root,
        "--format",
        "json",
    ]);
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((&checked["name"], &checked["signed"]["sequence"]), (&json!("acme"), &json!(3)));
}

/// A server that serves these files by their names, and some that it does not have.
fn serving(folder: &Path) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let folder = folder.to_owned();
    server(move |_, path, _| -> Reply {
        match path.split('?').next().unwrap_or_default() {
            "/busy" => (503, "", Vec::new()),
            "/elsewhere" => (302, "location: http://127.0.0.2:9/acme.yaml\r\n", Vec::new()),
            "/here" => (302, "location: /acme.yaml\r\n", Vec::new()),
            "/endless" => (200, "", vec![b'#'; 5 << 20]),
            path => match fs::read(folder.join(path.trim_start_matches('/'))) {
                Ok(bytes) => (200, "", bytes),
                Err(_) => (404, "", Vec::new()),
            },
        }
    })
}

#[test]
fn a_policy_at_an_address_is_the_one_that_is_pinned() {
    let desk = Desk::new();
    let (address, asked) = serving(desk.0.path());
    let digest = sha256(&desk.read("acme.yaml"));
    let at = |path: &str, digest: &str| format!("{address}{path}#sha256={digest}");
    let report = desk.allowed(&at("/acme.yaml", &digest), &[]);
    assert_eq!(report["policy"]["digest"]["sha256"], digest);
    desk.allowed(&at("/here", &digest), &[]);
    let checked = desk.done(&["policy", "check", &at("/acme.yaml", &digest)]);
    assert!(String::from_utf8_lossy(&checked.stdout).contains(&digest), "{checked:?}");

    // Another document is refused before anybody reads it: this one is no policy either.
    desk.write("garbage.yaml", b"{ no: policy");
    desk.refused(&at("/garbage.yaml", &digest), &[], 2, "serves another policy: expected sha256:");
    desk.refused(&at("/acme.yaml", &sha256(b"other")), &[], 2, "serves another policy");
    desk.refused(&at("/elsewhere", &digest), &[], 2, "sends elsewhere");
    desk.refused(&at("/gone", &digest), &[], 2, "HTTP status 404");
    desk.refused(&at("/busy", &digest), &[], 3, "HTTP status 503");
    desk.refused(&at("/endless", &digest), &[], 2, "more than 1048576 bytes");

    // What says not which policy is meant, or may not be asked, is not asked.
    let before = asked.load(Ordering::SeqCst);
    desk.refused(&format!("{address}/acme.yaml"), &[], 2, "does not say which policy is meant");
    desk.refused(&format!("{address}/acme.yaml#sha256=9f2c"), &[], 2, "is no address of a policy");
    desk.refused(&at("/acme.yaml", &digest), &["--offline"], 2, "`--offline` forbids");
    desk.refused("http://policies.example/acme.yaml", &[], 2, "without TLS");
    assert_eq!(asked.load(Ordering::SeqCst), before);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.refused(&format!("http://{nobody}/acme.yaml#sha256={digest}"), &[], 3, "cannot ask");
}

/// Where it came from if that was an address, and otherwise what it is: never a path of this machine.
#[test]
fn a_summary_says_by_which_policy() {
    let desk = Desk::new();
    let (address, _) = serving(desk.0.path());
    let document = desk.read("acme.yaml");
    let (artifact, file) = (desk.path(TARBALL), desk.path("acme.yaml"));
    let uri = |policy: &str, more: &[&str]| {
        let args = ["vsa", &artifact, "--policy", policy, "--verifier-id", "https://v.example", "--dry-run"];
        let output = run(&[&args[..], more].concat(), &[]);
        let statement = serde_json::from_slice::<Value>(&output.stdout);
        let statement = statement.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        assert_eq!(statement["predicate"]["policy"]["digest"]["sha256"], sha256(&document));
        statement["predicate"]["policy"]["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(uri(&file, &[]), mcpsign_schemas::digest::Sha256Digest::of(&document).uri());
    let at = format!("{address}/acme.yaml?token=x#sha256={}", sha256(&document));
    assert_eq!(uri(&at, &[]), format!("{address}/acme.yaml"));
    let named = "https://acme.example/policies/mcp";
    assert_eq!(uri(&at, &["--policy-uri", named]), named);
    for flag in ["--policy-uri", "--resource-uri", "--verifier-id"] {
        let args = ["vsa", &artifact, "--policy", &file, "--verifier-id", "https://v.example", "--dry-run"];
        let args: Vec<&str> = match flag {
            "--verifier-id" => args.map(|arg| if arg == "https://v.example" { "a path" } else { arg }).into(),
            _ => [&args[..], &[flag, "a path"]].concat(),
        };
        let output = run(&args, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{said}");
        assert!(said.contains(&format!("`{flag} a path` is no URI")), "{said}");
    }
}

#[test]
fn a_policy_is_fetched_over_tls_from_whom_a_root_vouches_for() {
    let desk = Desk::new();
    let (address, _) = serving(desk.0.path());
    let behind = address.rsplit(':').next().unwrap().parse().unwrap();
    let front = Front::before(behind, &["localhost"]);
    let digest = sha256(&desk.read("acme.yaml"));
    let at = |host: &str| format!("https://{host}:{}/acme.yaml#sha256={digest}", front.port);
    let (ca, elsewhere) = (front.ca(), at("127.0.0.1"));
    let root = ["--policy-ca", ca.to_str().unwrap()];
    desk.allowed(&at("localhost"), &root);
    desk.refused(&at("localhost"), &[], 3, "because of its TLS");
    desk.refused(&elsewhere, &root, 3, "because of its TLS");
    desk.refused(&desk.path("acme.yaml"), &root, 2, "`--policy-ca` is for a policy at an address");
}

/// Whose policy it is may stand in place of which.
#[test]
fn a_signed_policy_at_an_address_needs_its_signer_or_its_digest() {
    let desk = Desk::new();
    let ((platform, public), (other, _)) = (desk.key("platform"), desk.key("other"));
    assert!(desk.sign(&platform, "signed.jsonl").status.success());
    assert!(desk.sign(&other, "others.jsonl").status.success());
    let (address, _) = serving(desk.0.path());
    let (signed, by) = (format!("{address}/signed.jsonl"), ["--policy-key", public.as_str()]);
    assert_eq!(desk.allowed(&signed, &by)["policy"]["signed"]["sequence"], 1);
    let pinned = format!("{signed}#sha256={}", sha256(&desk.read("signed.jsonl")));
    desk.allowed(&pinned, &by);
    desk.refused(&pinned, &[], 2, "nothing says who may sign it");
    desk.refused(&signed, &[], 2, "does not say which policy is meant");
    desk.refused(&format!("{address}/others.jsonl"), &by, 2, "signature/key-not-trusted");
    desk.refused(&format!("{address}/acme.yaml"), &by, 2, "is not a signed policy");
    // The next version is another file.
    assert!(desk.sign(&platform, "signed.jsonl").status.success());
    desk.refused(&pinned, &by, 2, "serves another policy");
    assert_eq!(desk.allowed(&signed, &by)["policy"]["signed"]["sequence"], 2);
}
