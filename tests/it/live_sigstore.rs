//! Sigstore's own services on loopback, and the clients that people use, side by side: what each signs the others verify,
//! under one trusted root, and a signer that was not expected is refused by all.
//!
//! The table goes to stderr and, where `MCPSIGN_SIGSTORE_TABLE` names a file, there too.

mod attested;
mod automation;
mod failures;
mod peers;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mcpsign_tests::sigstore::{Loopback, Platform};
use serde_json::json;

use crate::support;
use attested::Release;
use peers::{Content, Desk, PREDICATE, Peer, Rekor, Signer};

/// An instance for every test that leaves it as it was. Ends with the process, as its input does.
fn shared(installed: &Path) -> &'static Loopback {
    static SHARED: OnceLock<Loopback> = OnceLock::new();
    SHARED.get_or_init(|| start(installed))
}

fn start(installed: &Path) -> Loopback {
    let program = Path::new(env!("CARGO_BIN_EXE_sigstore-loopback"));
    Loopback::start(program, installed).unwrap_or_else(|error| panic!("{error}"))
}

/// What one client signs.
struct Row {
    signer: Peer,
    rekor: Rekor,
    statement: bool,
}

/// sigstore-js asks Rekor v2 for a kind of entry that it no longer makes.
fn cannot_sign(row: &Row) -> bool {
    row.signer == Peer::JavaScript && row.rekor == Rekor::V2 && row.statement
}

/// A bundle that somebody made, on its way to every verifier.
struct Signed {
    by: String,
    rekor: Rekor,
    bundle: PathBuf,
    content: Content,
    artifact: PathBuf,
    signer: Signer,
}

impl Signed {
    /// The row of the table, and what is wrong with it.
    fn judge(&self, desk: &Desk<'_>) -> (String, Vec<String>) {
        let what = match &self.content {
            Content::Message => "signature",
            Content::Statement(predicate) => predicate,
        };
        let (mut cells, mut wrong) = (String::new(), Vec::new());
        let other = desk.path("another artifact");
        let lies = [
            (
                Signer { identity: self.signer.identity.replace("example", "evil"), ..self.signer.clone() },
                &self.artifact,
            ),
            (Signer { issuer: "https://evil.example".into(), ..self.signer.clone() }, &self.artifact),
            (self.signer.clone(), &other),
        ];
        for peer in Peer::ALL {
            let verify = |signer: &Signer, artifact: &Path| {
                desk.verify(peer, &self.bundle, &self.content, artifact, signer)
            };
            let verified = verify(&self.signer, &self.artifact);
            let fooled = lies.iter().find(|(signer, artifact)| verify(signer, artifact).is_ok());
            let cell = match (&verified, fooled) {
                (Ok(()), None) => "verified",
                (Ok(()), Some(_)) => "TAKES A LIE",
                (Err(_), _) => "REFUSED",
            };
            write!(cells, " {cell} |").unwrap();
            let name = format!("{what} by {} ({:?}), {peer}", self.by, self.rekor);
            wrong.extend(verified.err().map(|error| format!("{name}: {error}")));
            wrong.extend(fooled.map(|lie| format!("{name} takes {lie:?}")));
        }
        (format!("| {} | {what} | {:?} |{cells}\n", self.by, self.rekor), wrong)
    }
}

#[test]
fn what_each_client_signs_every_client_verifies() {
    let Some(installed) = support::sigstore("what_each_client_signs_every_client_verifies") else { return };
    let desk = Desk::new(shared(&installed), &installed);
    let artifact = desk.write("artifact.bin", b"what is signed");
    desk.write("another artifact", b"what is not");
    let (token, signer) = desk.token("token", Platform::GitHub, &json!({}));

    let mut signed = Vec::new();
    for signer_client in Peer::ALL {
        for (rekor, statement) in
            [(Rekor::V2, false), (Rekor::V2, true), (Rekor::V1, false), (Rekor::V1, true)]
        {
            let row = Row { signer: signer_client, rekor, statement };
            let content = if statement { Content::Statement(PREDICATE.to_owned()) } else { Content::Message };
            let bundle = desk.path(&format!("{signer_client}-{rekor:?}-{statement}.json"));
            let made = desk.sign(row.signer, rekor, &content, &artifact, &token, &bundle);
            assert_eq!(made.is_err(), cannot_sign(&row), "{signer_client} {rekor:?} {content:?}: {made:?}");
            if made.is_ok() {
                signed.push(Signed {
                    by: signer_client.to_string(),
                    rekor,
                    bundle,
                    content,
                    artifact: artifact.clone(),
                    signer: signer.clone(),
                });
            }
        }
    }

    for rekor in [Rekor::V2, Rekor::V1] {
        signed.extend(attested(&desk, rekor, "mcpsign attest".to_owned(), &Release::new(), &token, &signer));
    }
    let (login, person) = desk.token("login", Platform::Login, &json!({}));
    let by = "mcpsign attest, a person".to_owned();
    signed.extend(attested(&desk, Rekor::V2, by, &Release::new(), &login, &person));
    if let Some(release) = published() {
        let by = "mcpsign attest, an npm package".to_owned();
        signed.extend(attested(&desk, Rekor::V2, by, &release, &token, &signer));
    }

    let mut table = String::from(
        "| signed by | what | Rekor | mcpsign | cosign | sigstore-python | sigstore-js |\n|---|---|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    // Two at a time: most of it is clients that start.
    let judged: Vec<_> = std::thread::scope(|scope| {
        let desk = &desk;
        let running: Vec<_> = signed
            .chunks(signed.len().div_ceil(2))
            .map(|half| scope.spawn(move || half.iter().map(|one| one.judge(desk)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
    });
    for (row, why) in judged {
        table.push_str(&row);
        wrong.extend(why);
    }
    table
        .push_str("\nVerified: and refused for another identity, for another issuer, and for other bytes.\n");
    // Not by macro: those are captured where the test passes, and then is when the table is of interest.
    let _ = write!(std::io::stderr(), "\n{table}\n");
    if let Some(path) = std::env::var_os("MCPSIGN_SIGSTORE_TABLE") {
        std::fs::write(path, &table).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of an issuer that gives out neither addresses nor e-mail. sigstore-python and sigstore-js do not read such names.
#[test]
fn a_user_without_an_address_is_one_signer_to_cosign_and_to_us() {
    let test = "a_user_without_an_address_is_one_signer_to_cosign_and_to_us";
    let Some(installed) = support::sigstore(test) else { return };
    let desk = Desk::new(shared(&installed), &installed);
    let artifact = desk.write("artifact.bin", b"what is signed");
    let (token, user) = desk.token("token", Platform::User, &json!({}));
    let other = Signer { identity: user.identity.replace("alice", "mallory"), ..user.clone() };
    let content = Content::Statement(PREDICATE.to_owned());
    let peers = [Peer::Mcpsign, Peer::Cosign];
    for signs in peers {
        let bundle = desk.path(&format!("{signs}.json"));
        let signed = desk.sign(signs, Rekor::V2, &content, &artifact, &token, &bundle);
        assert_eq!(signed, Ok(()), "{signs}");
        for verifies in peers {
            let verified = |by: &Signer| desk.verify(verifies, &bundle, &content, &artifact, by);
            assert_eq!(verified(&user), Ok(()), "{signs}, {verifies}");
            assert!(verified(&other).is_err(), "{signs}, {verifies}");
        }
    }
}

/// Every statement of a run of `attest`.
fn attested(
    desk: &Desk<'_>,
    rekor: Rekor,
    by: String,
    release: &Release,
    token: &Path,
    signer: &Signer,
) -> Vec<Signed> {
    let output = release.attest(token, &desk.instance.file(&rekor.config("client_trust_config")), &[]);
    assert!(output.status.success(), "{by}: {}", String::from_utf8_lossy(&output.stderr));
    // Kept at the desk, as the release's folder goes.
    let keep = |from: &Path, name: String| {
        let kept = desk.path(&format!("{rekor:?} {by} {name}"));
        std::fs::copy(from, &kept).unwrap();
        kept
    };
    let artifact = keep(release.artifact(), "artifact".into());
    let bundles = release.split().into_iter().enumerate();
    let signed = bundles.map(|(at, bundle)| {
        let bundle = keep(&bundle, at.to_string());
        let content = Content::of(&bundle);
        Signed { by: by.clone(), rekor, bundle, content, artifact: artifact.clone(), signer: signer.clone() }
    });
    signed.collect()
}

/// A server that was really published, as its registry serves it and as it is installed.
fn published() -> Option<Release> {
    let test = "what_each_client_signs_every_client_verifies";
    let (tarballs, npm) = (support::real_servers(test, "tarballs")?, support::real_servers(test, "npm")?);
    let script = npm.join("node_modules/@modelcontextprotocol/server-memory/dist/index.js");
    let tarball = tarballs.join("modelcontextprotocol-server-memory-2026.8.31.tgz");
    Some(Release::published(&tarball, vec!["node".into(), script]))
}

/// Nothing outlives the test that started it, not even where the one who would end it is killed.
#[test]
fn the_services_end_with_whoever_started_them() {
    let Some(installed) = support::sigstore("the_services_end_with_whoever_started_them") else { return };
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigstore-loopback"));
    let mut keeper = command.arg(&installed).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = |name: &str| told[name].as_str().unwrap().trim_start_matches("http://").to_owned();
    let logs = [address("rekor"), address("rekorV1")];
    assert!(logs.iter().all(|log| TcpStream::connect(log).is_ok()));
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while logs.iter().any(|log| TcpStream::connect(log).is_ok()) {
        assert!(Instant::now() < until, "a service outlived its keeper");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir_all(told["folder"].as_str().unwrap()).unwrap();
}
