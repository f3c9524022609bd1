//! TLS by a certificate that only `--ca` makes trusted.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mcpsign_collect::capture::{CaptureError, Captured, capture_remote};
use mcpsign_collect::http::PlainHttp;
use mcpsign_schemas::code::capture as code;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use tempfile::TempDir;

use super::served::{self, Served};
use crate::support;

/// TLS in front of a plain server; for each connection a thread, which ends with it.
pub(crate) struct Front {
    folder: TempDir,
    pub(crate) port: u16,
}

impl Front {
    /// For the names in `names`, before what listens at `behind`.
    pub(crate) fn before(behind: u16, names: &[&str]) -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        // Another than that of the certificate, or some take it for signed by itself.
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority of a test");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let ca = params.self_signed(&ca_key).unwrap();
        let issuer = rcgen::Issuer::new(params, ca_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), ca.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    pass(connection, client, TcpStream::connect(("127.0.0.1", behind)).unwrap())
                });
            }
        });
        Self { folder, port }
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn capture(&self, host: &str, ca: bool) -> Result<Captured, CaptureError> {
        let mut request = served::request(&format!("https://{host}:{}/mcp", self.port));
        request.plain_http = PlainHttp::Never;
        if ca {
            request.ca = vec![self.ca()];
        }
        capture_remote(&request)
    }
}

/// Passes bytes in both directions until either side ends; an error ends both.
fn pass(mut tls: ServerConnection, mut client: TcpStream, mut server: TcpStream) -> std::io::Result<()> {
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(Duration::from_millis(5)))?;
    }
    let waits = |error: &std::io::Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
    let mut buffer = [0; 16 << 10];
    loop {
        match tls.read_tls(&mut client) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if waits(&error) => {}
            Err(error) => return Err(error),
        }
        let processed = tls.process_new_packets();
        if processed.is_err() {
            let _ = tls.write_tls(&mut client);
            return Err(std::io::Error::other("no TLS"));
        }
        match tls.reader().read(&mut buffer) {
            Ok(size) => server.write_all(&buffer[..size])?,
            Err(error) if waits(&error) => {}
            Err(error) => return Err(error),
        }
        match server.read(&mut buffer) {
            Ok(0) => {
                tls.send_close_notify();
                while tls.wants_write() {
                    tls.write_tls(&mut client)?;
                }
                return Ok(());
            }
            Ok(size) => tls.writer().write_all(&buffer[..size])?,
            Err(error) if waits(&error) => {}
            Err(error) => return Err(error),
        }
        while tls.wants_write() {
            tls.write_tls(&mut client)?;
        }
    }
}

#[test]
fn a_server_with_tls_is_asked_where_its_root_is_trusted() {
    let server = Served::start(&[], &[]);
    let front = Front::before(server.port, &["localhost", "127.0.0.1"]);
    let captured = front.capture("localhost", true).unwrap_or_else(|error| panic!("{error:?}"));
    let url = format!("https://localhost:{}/mcp", front.port);
    assert_eq!(captured.profile.launch.url.as_deref(), Some(url.as_str()));
    assert!(front.capture("127.0.0.1", true).is_ok());

    let untrusted = front.capture("localhost", false);
    assert_eq!(served::ended(&untrusted), (code::SERVER_FAILED, false), "{untrusted:?}");
    let Err(CaptureError::NotObserved { finding, .. }) = untrusted else { panic!("{untrusted:?}") };
    assert!(finding.hint.unwrap_or_default().contains("--ca"));
}

#[test]
fn a_certificate_for_another_name_is_not_taken() {
    let server = Served::start(&[], &[]);
    let front = Front::before(server.port, &["acme.example"]);
    let other = front.capture("localhost", true);
    assert_eq!(served::ended(&other), (code::SERVER_FAILED, false), "{other:?}");
}

#[test]
fn an_endpoint_with_tls_is_attested_and_verified_on_the_command_line() {
    let server = Served::start(&[], &[]);
    let front = Front::before(server.port, &["localhost"]);
    let url = format!("https://localhost:{}/mcp", front.port);
    let run = |args: &[&str]| {
        let mut command = Command::new(support::mcpsign());
        command
            .current_dir(front.folder.path())
            .args(args)
            .env("MCPSIGN_PASSPHRASE", "correct horse battery");
        command.output().unwrap()
    };
    let code = |args: &[&str]| {
        let output = run(args);
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(code(&["keys", "generate", "--out", "key"]).0, 0);
    let (exit, stderr) = code(&["attest", &url, "--key", "key"]);
    assert_eq!(exit, 3, "nobody trusts its root: {stderr}");
    let (exit, stderr) = code(&["attest", &url, "--key", "key", "--ca", "ca.pem"]);
    assert_eq!(exit, 0, "{stderr}");
    let verify = ["verify", url.as_str(), "--public-key", "key.pub"];
    assert_eq!(code(&verify).0, 0);
    let asked = [&verify[..], &["--url", &url, "--ca", "ca.pem"]].concat();
    let (exit, stderr) = code(&asked);
    assert_eq!(exit, 0, "{stderr}");
    let (exit, stderr) = code(&[&verify[..], &["--url", &url]].concat());
    assert_eq!(exit, 3, "{stderr}");
}
