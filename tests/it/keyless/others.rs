//! That the simulator is a Sigstore for others, too: cosign verifies what it mints, and signs with its services what we
//! verify.

use std::path::Path;
use std::process::Command;

use mcpsign_simulator::serve::{PERSON, Service};
use mcpsign_simulator::{Content, Identity, Options, Rekor, Simulator, Tsa};
use mcpsign_verifier::SigstoreRoot;
use mcpsign_verifier::bundle::{Artifact, Expected, LogEvidence, authenticate_artifact};
use serde_json::json;

use super::{ALL, RELEASE, SIMULATOR, Setup};
use crate::support::sigstore;

const PREDICATE: &str = "https://example.com/predicate/v1";

/// Runs it, and says what it said where it fails.
fn run(cosign: &Path, folder: &Path, arguments: &[&str]) {
    let output =
        Command::new(cosign).current_dir(folder).env("HOME", folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn verify(cosign: &Path, folder: &Path, bundle: &str, content: Content, issuer: &str, stamped: bool) {
    let mut arguments = match content {
        Content::Message => vec!["verify-blob"],
        Content::Dsse => vec!["verify-blob-attestation", "--type", PREDICATE],
    };
    arguments.extend(["--trusted-root", "trusted_root.json", "--bundle", bundle]);
    arguments.extend(["--certificate-identity", PERSON, "--certificate-oidc-issuer", issuer]);
    if stamped {
        arguments.push("--use-signed-timestamps");
    }
    arguments.push("artifact");
    run(cosign, folder, &arguments);
}

#[test]
fn what_the_simulator_mints_verifies_with_cosign() {
    let Some(installed) = sigstore("what_the_simulator_mints_verifies_with_cosign") else { return };
    let cosign = installed.join("services/cosign");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let artifact = &RELEASE.artifact;
    write("artifact", artifact);
    write("trusted_root.json", SIMULATOR.trusted_root_json().to_string().as_bytes());
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": RELEASE.subjects,
        "predicateType": PREDICATE,
        "predicate": {},
    })
    .to_string();
    let issuer = "https://accounts.example.com";
    let identity = Identity::email(PERSON, issuer);
    for setup in ALL {
        for tsas in [&[][..], &[Tsa::First, Tsa::Second]] {
            if setup.rekor.is_v2() && tsas.is_empty() {
                continue;
            }
            let Setup { rekor, content, .. } = setup;
            let payload = match content {
                Content::Dsse => statement.as_bytes(),
                Content::Message => artifact,
            };
            let bundle = SIMULATOR.mint(payload, &identity, Options::new(rekor, content).tsas(tsas));
            write("bundle", bundle.to_string().as_bytes());
            verify(&cosign, folder.path(), "bundle", content, issuer, !tsas.is_empty());
        }
    }
}

#[test]
fn cosign_signs_with_the_simulators_services_what_we_verify() {
    let test = "cosign_signs_with_the_simulators_services_what_we_verify";
    let Some(installed) = sigstore(test) else { return };
    let cosign = installed.join("services/cosign");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let running = Simulator::new().serve();
    let root = running.trusted_root_json().to_string();
    let issuer = running.url(Service::Oidc);
    let claims = json!({ "iss": issuer, "sub": PERSON, "email": PERSON, "email_verified": true });
    write("artifact", "an artifact\n");
    write("predicate", "{}");
    write("trusted_root.json", &root);
    write("token", &running.simulator().token(&claims));
    let root = SigstoreRoot::from_json(root.as_bytes()).unwrap();
    for rekor in [Rekor::V1, Rekor::V2] {
        write("signing_config.json", &running.signing_config_with(&[rekor]).to_string());
        for content in [Content::Message, Content::Dsse] {
            let mut arguments = match content {
                Content::Message => vec!["sign-blob"],
                Content::Dsse => vec!["attest-blob", "--type", PREDICATE, "--predicate", "predicate"],
            };
            arguments.extend(["-y", "--signing-config", "signing_config.json", "--identity-token", "token"]);
            arguments.extend(["--trusted-root", "trusted_root.json", "--bundle", "bundle", "artifact"]);
            run(&cosign, folder.path(), &arguments);
            verify(&cosign, folder.path(), "bundle", content, issuer, true);
            let bundle = std::fs::read(folder.path().join("bundle")).unwrap();
            let found = authenticate_artifact(
                &bundle,
                Artifact::Bytes(b"an artifact\n"),
                &root,
                Expected::Identity { subject: PERSON, issuer: Some(issuer) },
                LogEvidence::InclusionProofRequired,
                jiff::Timestamp::now(),
            );
            assert!(found.is_ok(), "{rekor:?} {content:?}: {found:?}");
        }
    }
    assert_eq!((running.asked(Service::RekorV1), running.asked(Service::RekorV2)), (2, 2));
}
