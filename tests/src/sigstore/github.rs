//! GitHub's own issuer, for one Fulcio: behind a proxy that leads nowhere else, with a certificate that nobody else trusts.
//!
//! Verifiers and policies know GitHub by the name of its issuer; only so does that name stand in a certificate.

use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Result;
use super::http;
use super::issuer::{GITHUB, discovery};
use super::keys::{GITHUB_HOST, Keys};
use super::tokens::Mint;

/// Starts the proxy; gives its address back.
pub(super) fn start(mint: &Arc<Mint>, keys: &Keys) -> Result<String> {
    let certificate = CertificateDer::from_pem_file(keys.path("github.pem"))?;
    let key = PrivateKeyDer::from_pem_reader(BufReader::new(File::open(keys.path("github.key"))?))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let mint = Arc::clone(mint);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mint, config) = (Arc::clone(&mint), Arc::clone(&config));
            std::thread::spawn(move || serve(stream, config, &mint));
        }
    });
    Ok(address)
}

fn serve(mut stream: TcpStream, config: Arc<ServerConfig>, mint: &Mint) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // Byte by byte: what follows the head is TLS and not ours to read.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8 << 10 {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    if !head.starts_with(format!("CONNECT {GITHUB_HOST}:443 ").as_bytes()) {
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")?;
        return Ok(());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let mut tls = StreamOwned::new(ServerConnection::new(config)?, stream);
    let request = http::request(&mut tls)?;
    let (status, body) = match request.target.as_str() {
        "/.well-known/openid-configuration" => {
            ("200 OK", discovery(GITHUB, &format!("{GITHUB}/.well-known/jwks")))
        }
        "/.well-known/jwks" => ("200 OK", mint.keys()),
        _ => ("404 Not Found", serde_json::json!({})),
    };
    http::answer(&mut tls, status, body.to_string().as_bytes())?;
    tls.conn.send_close_notify();
    tls.flush()?;
    Ok(())
}
