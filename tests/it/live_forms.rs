//! Every form and ecosystem once, with a real, published server: attested from its artifact, verified, and held to the
//! server as it runs. The table goes to stderr and, where `MCPSIGN_LIVE_TABLE` names a file, there too.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support;

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "every form once");

/// One published server in one form.
struct Row {
    form: &'static str,
    /// Below the folder of real servers.
    artifact: &'static str,
    purl: &'static str,
    /// How it is started, `@` standing for the folder of real servers; nothing where the artifact itself says how.
    command: &'static [&'static str],
    /// The relation between process and artifact that must have been proven.
    binding: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        form: "npm",
        artifact: "tarballs/modelcontextprotocol-server-everything-2026.8.31.tgz",
        purl: "pkg:npm/%40modelcontextprotocol/server-everything@2026.8.31",
        command: &["node", "@/npm/node_modules/@modelcontextprotocol/server-everything/dist/index.js"],
        binding: "installed",
    },
    Row {
        form: "npm",
        artifact: "tarballs/modelcontextprotocol-server-filesystem-2026.8.31.tgz",
        purl: "pkg:npm/%40modelcontextprotocol/server-filesystem@2026.8.31",
        command: &[
            "node",
            "@/npm/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js",
            "{work}",
        ],
        binding: "installed",
    },
    Row {
        form: "npm",
        artifact: "tarballs/modelcontextprotocol-server-memory-2026.8.31.tgz",
        purl: "pkg:npm/%40modelcontextprotocol/server-memory@2026.8.31",
        command: &["node", "@/npm/node_modules/@modelcontextprotocol/server-memory/dist/index.js"],
        binding: "installed",
    },
    Row {
        form: "npm",
        artifact: "tarballs/modelcontextprotocol-server-sequential-thinking-2026.8.31.tgz",
        purl: "pkg:npm/%40modelcontextprotocol/server-sequential-thinking@2026.8.31",
        command: &[
            "node",
            "@/npm/node_modules/@modelcontextprotocol/server-sequential-thinking/dist/index.js",
        ],
        binding: "installed",
    },
    Row {
        form: "wheel",
        artifact: "dists/mcp_server_git-2026.10.19-py3-none-any.whl",
        purl: "pkg:pypi/mcp-server-git@2026.10.19",
        command: &["@/pypi/bin/mcp-server-git"],
        binding: "installed",
    },
    Row {
        form: "wheel",
        artifact: "dists/mcp_server_time-2026.10.19-py3-none-any.whl",
        purl: "pkg:pypi/mcp-server-time@2026.10.19",
        command: &["@/pypi/bin/mcp-server-time"],
        binding: "installed",
    },
    Row {
        form: "wheel",
        artifact: "dists/mcp_server_fetch-2026.10.24-py3-none-any.whl",
        purl: "pkg:pypi/mcp-server-fetch@2026.10.24",
        command: &["@/pypi/bin/mcp-server-fetch"],
        binding: "installed",
    },
    // What is installed was built from it, and no comparison of files shows that.
    Row {
        form: "sdist",
        artifact: "dists/mcp_server_time-2026.10.19.tar.gz",
        purl: "pkg:pypi/mcp-server-time@2026.10.19",
        command: &["@/pypi/bin/mcp-server-time"],
        binding: "command",
    },
    Row {
        form: "crate",
        artifact: "crate/rust-mcp-filesystem-0.4.5.crate",
        purl: "pkg:cargo/rust-mcp-filesystem@0.4.5",
        command: &["@/crate/rust-mcp-filesystem", "{work}"],
        binding: "command",
    },
    Row {
        form: "mcpb",
        artifact: "mcpb/server-sequential-thinking-2026.8.31.mcpb",
        purl: "pkg:generic/server-sequential-thinking@2026.8.31",
        command: &[],
        binding: "unpacked",
    },
    Row {
        form: "image",
        artifact: "image/layout",
        purl: "pkg:generic/",
        command: &["@/crate/rust-mcp-filesystem", "{work}"],
        binding: "command",
    },
    Row {
        form: "binary",
        artifact: "crate/rust-mcp-filesystem",
        purl: "pkg:generic/rust-mcp-filesystem",
        command: &["{artifact}", "{work}"],
        binding: "unpacked",
    },
];

/// The server inside the bundle, before it was packed.
const BUNDLED: &str =
    "mcpb/bundle/node_modules/@modelcontextprotocol/server-sequential-thinking/dist/index.js";

/// What came of one row.
struct Outcome {
    purl: String,
    subject: String,
    tools: usize,
    binding: String,
    sandbox: String,
    verdict: String,
}

/// A folder with a key, to which artifacts are copied.
struct Desk {
    root: PathBuf,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(root: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { root, folder };
        let made = desk.mcpsign(&["keys", "generate", "--out", "release.key"]);
        assert!(made.status.success(), "{}", stderr(&made));
        desk
    }

    fn mcpsign(&self, args: &[&str]) -> Output {
        let mut command = Command::new(support::mcpsign());
        command.current_dir(self.folder.path()).args(args).env(PASSPHRASE.0, PASSPHRASE.1);
        command.output().expect("mcpsign starts")
    }

    /// The artifact under its own name in a folder of its own.
    fn artifact(&self, row: &Row) -> String {
        let from = self.root.join(row.artifact);
        let name = from.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = self.folder.path().join(row.artifact.replace('/', "-"));
        fs::create_dir(&folder).unwrap();
        let copied = Command::new("cp").arg("-r").arg(&from).arg(folder.join(&name)).status().unwrap();
        assert!(copied.success());
        folder.join(name).to_str().unwrap().to_owned()
    }

    fn play(&self, row: &Row) -> Result<Outcome, String> {
        let artifact = self.artifact(row);
        let command: Vec<String> = row
            .command
            .iter()
            .map(|word| match word.strip_prefix("@/") {
                Some(path) => self.root.join(path).to_str().unwrap().to_owned(),
                None => (*word).to_owned(),
            })
            .collect();
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let with = |args: &[&'_ str]| {
            let mut all: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            // This one does not answer a request before `initialize` at all, and would be waited for.
            if row.command.first().is_some_and(|word| word.ends_with("rust-mcp-filesystem"))
                || row.form == "binary"
            {
                all.extend(["--protocol".to_owned(), "legacy".to_owned()]);
            }
            if !command.is_empty() {
                all.push("--".into());
                all.extend(command.iter().map(|word| (*word).to_owned()));
            }
            all
        };
        let run = |args: Vec<String>| self.mcpsign(&args.iter().map(String::as_str).collect::<Vec<_>>());

        let attested = run(with(&["attest", &artifact, "--key", "release.key"]));
        if !attested.status.success() {
            return Err(format!("attest: {}", stderr(&attested)));
        }
        let manifest = manifest(Path::new(&format!("{artifact}.mcpsign.jsonl")))?;
        let verify = ["verify", &artifact, "--public-key", "release.key.pub", "--format", "json"];
        let alone = report(&self.mcpsign(&verify))?;
        let installed = self.root.join(BUNDLED);
        let live = if command.is_empty() {
            // What the bundle was packed from, where it was packed.
            let running = ["--", "node", installed.to_str().unwrap()];
            report(&self.mcpsign(&[&verify[..], &running].concat()))?
        } else {
            report(&run(with(&verify)))?
        };
        for (what, report) in [("verify", &alone), ("verify with the running server", &live)] {
            if report["verdict"] != "allow" {
                return Err(format!("{what}: {}: {}", report["verdict"], report["findings"]));
            }
        }
        let profile = &manifest["profiles"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Outcome {
            purl: text(&manifest["packages"][0]["purl"]),
            subject: text(&manifest["packages"][0]["subject"]),
            tools: profile["tools"].as_object().map_or(0, serde_json::Map::len),
            binding: text(&profile["launch"]["binding"]),
            sandbox: text(&profile["launch"]["sandbox"]),
            verdict: text(&live["verdict"]),
        })
    }

    /// What must hold of a row beyond the verdict.
    fn judge(&self, row: &Row, outcome: &Outcome) -> Result<(), String> {
        if !outcome.purl.starts_with(row.purl) {
            return Err(format!("the purl is {}, not {}", outcome.purl, row.purl));
        }
        if outcome.binding != row.binding {
            return Err(format!("bound as `{}`, not `{}`", outcome.binding, row.binding));
        }
        if outcome.tools == 0 {
            return Err("no tool was seen".into());
        }
        let file = self.root.join(row.artifact);
        if file.is_file() {
            let digest = hex::encode(Sha256::digest(fs::read(file).unwrap()));
            if digest != outcome.subject {
                return Err(format!("the subject is {}, not {digest}", outcome.subject));
            }
        }
        Ok(())
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(output: &Output) -> Result<Value, String> {
    serde_json::from_slice(&output.stdout).map_err(|_| format!("no report: {}", stderr(output)))
}

/// The tool manifest of an evidence file.
fn manifest(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let predicate = |line: &str| {
        let bundle: Value = serde_json::from_str(line).ok()?;
        let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str()?).ok()?;
        let statement: Value = serde_json::from_slice(&payload).ok()?;
        statement["predicate"].get("profiles")?;
        Some(statement["predicate"].clone())
    };
    text.lines().find_map(predicate).ok_or_else(|| "no tool manifest was signed".into())
}

#[test]
fn every_form_of_a_real_server_is_attested_and_verified() {
    let test = "every_form_of_a_real_server_is_attested_and_verified";
    let parts = ["npm", "pypi", "tarballs", "dists", "crate", "mcpb", "image"];
    let mut root = None;
    let mut missing = Vec::new();
    for part in parts {
        match support::real_servers(test, part) {
            Some(folder) => root = folder.parent().map(Path::to_owned),
            None => missing.push(part),
        }
    }
    let Some(root) = root else { return };
    let needs = |row: &Row| {
        let words = std::iter::once(row.artifact)
            .chain(row.command.iter().filter_map(|word| word.strip_prefix("@/")));
        words.filter_map(|path| path.split('/').next()).any(|part| missing.contains(&part))
    };

    let desk = Desk::new(root);
    let mut table = String::from(
        "| form | artifact | purl | subject | tools | binding | sandbox | verdict |\n|---|---|---|---|---|---|---|---|\n",
    );
    let rows: Vec<&Row> = ROWS.iter().filter(|row| !needs(row)).collect();
    // Two at a time: a server spends its time starting.
    let played: Vec<_> = std::thread::scope(|scope| {
        let desk = &desk;
        let one = |row: &Row| desk.play(row).and_then(|seen| desk.judge(row, &seen).map(|()| seen));
        let halves = rows.chunks(rows.len().div_ceil(2).max(1));
        let running: Vec<_> = halves
            .map(|half| scope.spawn(move || half.iter().map(|row| one(row)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
    });
    let mut wrong = Vec::new();
    for (row, played) in rows.into_iter().zip(played) {
        let name = Path::new(row.artifact).file_name().unwrap().to_string_lossy().into_owned();
        match played {
            Ok(seen) => {
                let subject = seen.subject.get(..12).unwrap_or_default();
                let Outcome { purl, tools, binding, sandbox, verdict, .. } = &seen;
                let cells = format!("{subject} | {tools} | {binding} | {sandbox} | {verdict}");
                writeln!(table, "| {} | {name} | {purl} | {cells} |", row.form).unwrap();
            }
            Err(why) => {
                writeln!(table, "| {} | {name} | | | | | | failed |", row.form).unwrap();
                wrong.push(format!("{} {name}: {why}", row.form));
            }
        }
    }
    // Not by macro: those are captured where the test passes, and then is when the table is of interest.
    let _ = write!(std::io::stderr(), "\n{table}\n");
    if let Some(path) = std::env::var_os("MCPSIGN_LIVE_TABLE") {
        fs::write(path, &table).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
