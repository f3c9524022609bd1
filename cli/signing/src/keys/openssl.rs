//! Key files go both ways between mcpsign and openssl.

use std::io::Write as _;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::{EncryptedKey, Passphrase, generate};

const PASSPHRASE: &str = "pass with space and ü";

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new(PASSPHRASE.as_bytes().to_vec())).unwrap()
}

/// Runs openssl with `input` on stdin; `None` if it is not installed, which is said.
fn openssl(args: &[&str], input: &str) -> Option<String> {
    let child = Command::new("openssl")
        .args(args)
        .env("P", PASSPHRASE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("SKIPPED: openssl is not installed, so reading each other's keys was not tried");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn openssl_reads_our_key() {
    let key = generate(&passphrase()).unwrap();
    let Some(public) = openssl(&["pkey", "-passin", "env:P", "-pubout"], &key.private_pem) else { return };
    assert_eq!(public, key.public_pem);
}

#[test]
fn we_read_what_openssl_encrypts() {
    let Some(plain) = openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "")
    else {
        return;
    };
    let public = openssl(&["pkey", "-pubout"], &plain).unwrap();
    for how in [
        &["-scrypt"][..],
        &["-scrypt", "-scrypt_p", "5", "-v2", "aes-256-cbc"],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512", "-iter", "100000"],
    ] {
        let args = [&["pkcs8", "-topk8", "-passout", "env:P"], how].concat();
        let file = openssl(&args, &plain).unwrap();
        let key = EncryptedKey::parse(file.as_bytes()).and_then(|file| file.decrypt(&passphrase()));
        assert_eq!(key.unwrap().public_pem().unwrap(), public, "{how:?}");
    }
}
