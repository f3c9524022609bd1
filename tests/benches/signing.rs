//! The round trip of a keyless signature: token, certificate, timestamp, log, and verification of what came back, against
//! Sigstore's own services on loopback, next to cosign doing the same.
//!
//! `MCPSIGN_SIGSTORE="$(tests/sigstore/install.sh)" cargo bench -p mcpsign-tests --bench signing`. Most of it is the log:
//! Rekor v2 answers when a checkpoint covers the entry, v1 when the entry is in its tree.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mcpsign_schemas::statement::predicate_type;
use mcpsign_signing::keyless::{Instance, KeylessSigner, Patience};
use mcpsign_signing::signer::Signer as _;
use mcpsign_signing::token::IdentityToken;
use mcpsign_tests::sigstore::{Loopback, Platform};
use serde_json::json;
use zeroize::Zeroizing;

criterion_group!(benches, keyless);
criterion_main!(benches);

fn keyless(criterion: &mut Criterion) {
    let Some(installed) = std::env::var_os("MCPSIGN_SIGSTORE").map(PathBuf::from) else {
        // Criterion's own talk goes there, too.
        let _ = writeln!(std::io::stdout(), "signing: SKIPPED, MCPSIGN_SIGSTORE is not set");
        return;
    };
    let program = Path::new(env!("CARGO_BIN_EXE_sigstore-loopback"));
    let loopback = Loopback::start(program, &installed).expect("the services start");
    let mut group = criterion.benchmark_group("signing");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for (log, root, config) in [
        ("rekor-v2", "trusted_root.json", "signing_config.json"),
        ("rekor-v1", "trusted_root.json", "signing_config_v1.json"),
    ] {
        let read = |name: &str| std::fs::read(loopback.file(name)).expect("it is there");
        let instance =
            Instance::new(&read(root), &read(config), Timestamp::now()).expect("of the same instance");
        for statements in [1, 3] {
            group.bench_function(format!("{log}/{statements}-statements"), |bencher| {
                bencher.iter_batched(
                    || {
                        (
                            token(&loopback),
                            (0..statements).map(|number| statement(number, statements)).collect(),
                        )
                    },
                    |(token, payloads)| sign(&instance, &token, payloads),
                    BatchSize::PerIteration,
                );
            });
        }
        group.bench_function(format!("{log}/cosign"), |bencher| {
            bencher.iter_batched(
                || cosign(&installed, &loopback, config),
                |mut command| assert!(command.status().expect("it starts").success()),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn sign(instance: &Instance, token: &IdentityToken, payloads: Vec<Vec<u8>>) {
    let signer = KeylessSigner::new(instance, token, Patience::default()).expect("a certificate");
    assert!(!signer.sign_all(payloads).expect("signatures").is_empty());
}

fn token(loopback: &Loopback) -> IdentityToken {
    let token = loopback.token(Platform::GitHub, &json!({})).expect("a token");
    IdentityToken::parse(Zeroizing::new(token)).expect("a token")
}

/// No two alike: a log answers for an entry that it has at once. The last of several is a tool manifest, as in a run of
/// `attest`: it is logged when the others are.
fn statement(number: usize, of: usize) -> Vec<u8> {
    let last = of > 1 && number + 1 == of;
    let kind = if last { predicate_type::TOOL_MANIFEST } else { "https://example.com/predicate/v1" };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "artifact", "digest": { "sha256": "00".repeat(32) } }],
        "predicateType": kind,
        "predicate": { "at": Timestamp::now().to_string(), "number": number },
    })
    .to_string()
    .into_bytes()
}

fn cosign(installed: &Path, loopback: &Loopback, config: &str) -> Command {
    let file = |name: &str, bytes: &[u8]| {
        let path = loopback.file(name);
        std::fs::write(&path, bytes).expect("it can be written");
        path
    };
    let token = loopback.token(Platform::GitHub, &json!({})).expect("a token");
    let mut command = Command::new(installed.join("services/cosign"));
    command.args(["attest-blob", "--yes", "--signing-config"]).arg(loopback.file(config));
    command.arg("--trusted-root").arg(loopback.file("trusted_root.json"));
    command.arg("--identity-token").arg(file("bench.token", token.as_bytes()));
    command.arg("--statement").arg(file("bench.statement", &statement(0, 1)));
    command.arg("--bundle").arg(loopback.file("bench.json"));
    command.env_clear().env("HOME", loopback.file("home"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
