//! One instance of Sigstore: what it consists of, in which order it starts, and the files that lead clients to it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::issuer::{self, REQUEST_TOKEN};
use super::keys::Keys;
use super::processes::Processes;
use super::tokens::{Mint, Platform};
use super::{Result, github};

/// Everything here was valid since before it was made.
const SINCE: &str = "start-time=2025-01-01T00:00:00Z";

/// A running instance. Ends with the value.
pub(super) struct Services {
    // Before the folder: whoever writes there ends first.
    processes: Processes,
    programs: Programs,
    keys: Keys,
    oidc: String,
    ports: Ports,
    folder: TempDir,
}

/// Where `tests/sigstore/install.sh` put the programs.
struct Programs {
    installed: PathBuf,
}

impl Programs {
    fn service(&self, name: &str) -> PathBuf {
        self.installed.join("services").join(name)
    }

    fn rekor_v1(&self, name: &str) -> PathBuf {
        self.installed.join("rekor-v1").join(name)
    }
}

/// Free a moment ago.
struct Ports {
    ct: u16,
    rekor: u16,
    rekor_grpc: u16,
    rekor_metrics: u16,
    rekor_v1: u16,
    trillian: u16,
    tsa: u16,
    fulcio: u16,
    fulcio_grpc: u16,
    fulcio_metrics: u16,
}

impl Ports {
    fn free() -> Result<Self> {
        // All are held until all are known: none is given twice.
        let mut held = Vec::new();
        let mut port = || -> Result<u16> {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        };
        Ok(Self {
            ct: port()?,
            rekor: port()?,
            rekor_grpc: port()?,
            rekor_metrics: port()?,
            rekor_v1: port()?,
            trillian: port()?,
            tsa: port()?,
            fulcio: port()?,
            fulcio_grpc: port()?,
            fulcio_metrics: port()?,
        })
    }
}

impl Services {
    /// Starts everything below `installed` on free ports and waits until each answers.
    pub(super) fn start(installed: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sigstore-").tempdir()?;
        for name in ["home", "log", "ct", "rekor"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        let keys = Keys::generate(&folder.path().join("keys"))?;
        let mint = Arc::new(Mint::new()?);
        let oidc = issuer::start(&mint)?;
        let proxy = github::start(&mint, &keys)?;
        let processes = Processes::new(folder.path().join("log"), folder.path().join("home"));
        let programs = Programs { installed: installed.to_owned() };
        let mut services = Self { processes, programs, keys, oidc, ports: Ports::free()?, folder };
        services.logs()?;
        services.timestamps()?;
        services.fulcio(&proxy)?;
        services.trust()?;
        services.ready()?;
        services.seed("signing_config.json")?;
        services.seed("signing_config_v1.json")?;
        Ok(services)
    }

    /// Ends one of `rekor`, `rekor-v1`, `fulcio`, `tsa`, `ct`.
    pub(super) fn stop(&mut self, name: &str) -> Result<()> {
        self.processes.stop(name)
    }

    /// What a client has to be told.
    pub(super) fn describe(&self) -> Value {
        let issuers: Value = Platform::ALL
            .into_iter()
            .map(|platform| (platform.name().to_owned(), issuer::issuer(&self.oidc, platform).into()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        json!({
            "folder": self.folder.path(),
            "oidc": self.oidc,
            "issuers": issuers,
            "rekor": url(self.ports.rekor),
            "rekorV1": url(self.ports.rekor_v1),
            "ACTIONS_ID_TOKEN_REQUEST_URL": format!("{}/actions/token?v=1", self.oidc),
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        })
    }

    fn logs(&mut self) -> Result<()> {
        let Self { processes, programs, keys, ports, folder, .. } = self;
        let folder = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let (ct, rekor, rekor_grpc) =
            (address(ports.ct), ports.rekor.to_string(), ports.rekor_grpc.to_string());
        processes.start(
            "ct",
            &programs.service("ctlog"),
            &[
                "--address",
                &ct,
                "--folder",
                &folder("ct"),
                "--key",
                &keys.path("ctlog.key"),
                "--roots",
                &keys.path("fulcio-root.pem"),
            ],
            &[],
        )?;
        // The host name is the origin of checkpoints: clients expect the host of the log's address, without the port.
        processes.start(
            "rekor",
            &programs.service("rekor"),
            &[
                "serve",
                "--hostname",
                "127.0.0.1",
                "--storage-dir",
                &folder("rekor"),
                "--signer-filepath",
                &keys.path("rekor.key"),
                "--http-address",
                "127.0.0.1",
                "--http-port",
                &rekor,
                "--grpc-address",
                "127.0.0.1",
                "--grpc-port",
                &rekor_grpc,
                "--http-metrics-port",
                &ports.rekor_metrics.to_string(),
                "--checkpoint-interval",
                "200ms",
                "--batch-max-age",
                "50ms",
            ],
            &[],
        )?;
        let trillian = address(ports.trillian);
        processes.start("trillian", &programs.rekor_v1("trillian"), &["--address", &trillian], &[])?;
        processes.start(
            "rekor-v1",
            &programs.rekor_v1("rekor-v1"),
            &[
                "serve", "--log_type", "prod",
                "--rekor_server.address", "127.0.0.1", "--rekor_server.hostname", "127.0.0.1",
                "--port", &ports.rekor_v1.to_string(),
                "--rekor_server.signer", &keys.path("rekor-v1.key"),
                "--trillian_log_server.address", "127.0.0.1",
                "--trillian_log_server.port", &ports.trillian.to_string(),
                "--enable_retrieve_api=false",
                "--enabled_api_endpoints",
                "getLogInfo,getPublicKey,getLogProof,createLogEntry,getLogEntryByIndex,getLogEntryByUUID,searchLogQuery",
            ],
            &[],
        )
    }

    fn timestamps(&mut self) -> Result<()> {
        let (key, chain) = (self.keys.path("tsa.key"), self.keys.path("tsa-chain.pem"));
        let port = self.ports.tsa.to_string();
        let arguments = ["--port", &port, "--key", &key, "--chain", &chain];
        self.processes.start("tsa", &self.programs.service("tsa"), &arguments, &[])
    }

    /// Reads its issuers' discovery documents while it starts: they must be served by now.
    fn fulcio(&mut self, proxy: &str) -> Result<()> {
        let Self { processes, programs, keys, ports, folder, oidc } = self;
        let config = folder.path().join("fulcio.yaml");
        std::fs::write(&config, include_str!("../../sigstore/fulcio.yaml").replace("@OIDC@", oidc))?;
        processes.start(
            "fulcio",
            &programs.service("fulcio"),
            &[
                "serve",
                "--log_type",
                "prod",
                "--config-path",
                &config.to_string_lossy(),
                "--ca",
                "fileca",
                "--fileca-cert",
                &keys.path("fulcio-chain.pem"),
                "--fileca-key",
                &keys.path("fulcio.key"),
                "--fileca-key-passwd",
                "",
                "--fileca-watch=false",
                "--ct-log-url",
                &url(ports.ct),
                "--ct-log-public-key-path",
                &keys.path("ctlog.pub"),
                "--host",
                "127.0.0.1",
                "--port",
                &ports.fulcio.to_string(),
                "--grpc-host",
                "127.0.0.1",
                "--grpc-port",
                &ports.fulcio_grpc.to_string(),
                "--metrics-port",
                &ports.fulcio_metrics.to_string(),
                "--legacy-unix-domain-socket",
                &format!("@fulcio-{}", ports.fulcio),
            ],
            // Loopback addresses pass by the proxy; everything else ends there but for GitHub's issuer.
            &[("HTTPS_PROXY", proxy), ("SSL_CERT_FILE", &keys.path("github-root.pem"))],
        )
    }

    /// By cosign's own makers of these files.
    fn trust(&self) -> Result<()> {
        let Self { processes, programs, keys, ports, folder, oidc } = self;
        let cosign = programs.service("cosign");
        let out = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let (fulcio, ct) = (url(ports.fulcio), url(ports.ct));
        let (rekor, rekor_v1) = (url(ports.rekor), url(ports.rekor_v1));
        let tsa = format!("{}/api/v1/timestamp", url(ports.tsa));
        let public = |name: &str| format!("public-key={}", keys.path(name));
        let chain = |name: &str| format!("certificate-chain={}", keys.path(name));
        processes.run(
            &cosign,
            &[
                "trusted-root",
                "create",
                "--out",
                &out("trusted_root.json"),
                "--fulcio",
                &format!("url={fulcio},{}", chain("fulcio-chain.pem")),
                "--ctfe",
                &format!("url={ct},{},{SINCE}", public("ctlog.pub")),
                "--rekor",
                &format!("url={rekor},{},{SINCE},origin=127.0.0.1", public("rekor.pub")),
                "--rekor",
                &format!("url={rekor_v1},{},{SINCE}", public("rekor-v1.pub")),
                "--tsa",
                &format!("url={tsa},{}", chain("tsa-chain.pem")),
            ],
        )?;
        let of =
            |url: &str, version: u8| format!("url={url},api-version={version},{SINCE},operator=loopback");
        for (config, client, rekor) in [
            ("signing_config.json", "client_trust_config.json", of(&rekor, 2)),
            ("signing_config_v1.json", "client_trust_config_v1.json", of(&rekor_v1, 1)),
        ] {
            processes.run(
                &cosign,
                &[
                    "signing-config",
                    "create",
                    "--out",
                    &out(config),
                    "--fulcio",
                    &of(&fulcio, 1),
                    "--oidc-provider",
                    &of(&issuer::issuer(oidc, Platform::Login), 1),
                    "--rekor",
                    &rekor,
                    "--rekor-config",
                    "ANY",
                    "--tsa",
                    &of(&tsa, 1),
                    "--tsa-config",
                    "ANY",
                ],
            )?;
            let read =
                |name: &str| -> Result<Value> { Ok(serde_json::from_slice(&std::fs::read(out(name))?)?) };
            let both = json!({
                "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
                "trustedRoot": read("trusted_root.json")?,
                "signingConfig": read(config)?,
            });
            std::fs::write(out(client), both.to_string())?;
        }
        Ok(())
    }

    fn ready(&mut self) -> Result<()> {
        let Self { processes, ports, .. } = self;
        processes.ready("ct", &format!("{}/healthz", url(ports.ct)))?;
        processes.ready("rekor", &format!("{}/healthz", url(ports.rekor)))?;
        processes.ready("tsa", &format!("{}/ping", url(ports.tsa)))?;
        processes.ready("rekor-v1", &format!("{}/api/v1/log", url(ports.rekor_v1)))?;
        processes.ready("fulcio", &format!("{}/healthz", url(ports.fulcio)))
    }

    /// Uses up the first entry of a log: cosign leaves an index of 0 and an empty proof out of its bundles, which
    /// sigstore-python then cannot read.
    fn seed(&self, config: &str) -> Result<()> {
        let path = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        std::fs::write(path("seed"), "seed")?;
        let token = super::http::post(&format!("{}/login/mint", self.oidc), "{}")?;
        std::fs::write(path("seed.token"), token)?;
        self.processes.run(
            &self.programs.service("cosign"),
            &[
                "sign-blob",
                "--yes",
                "--signing-config",
                &path(config),
                "--trusted-root",
                &path("trusted_root.json"),
                "--identity-token",
                &path("seed.token"),
                "--bundle",
                &path("seed.json"),
                &path("seed"),
            ],
        )?;
        Ok(())
    }
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
