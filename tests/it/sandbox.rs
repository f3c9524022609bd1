//! Capture of code that nobody trusts: what a hostile server gets behind the walls, and what it would get without them.
//!
//! Each attack is tried three times: behind the walls, behind them as an ordinary user, and with `--sandbox off`, where it has to
//! succeed, or the test shows nothing.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mcpsign_tests::forge::{Release, TARBALL};
use serde_json::Value;

use crate::support;

/// What stands in the environment of whoever captures.
const WORD: &str = "hostile-servers-look-for-this-4711";
/// An ordinary user.
const NOBODY: &str = "65534";

/// A desk for one test: a home with credentials, the server under a name that says nothing, a port of the machine.
struct Desk {
    folder: tempfile::TempDir,
    listener: TcpListener,
    abstract_name: String,
    _abstract: std::os::unix::net::UnixListener,
    _engine: std::os::unix::net::UnixListener,
}

/// How `mcpsign` is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Us,
    Nobody,
    /// Where the kernel refuses user namespaces.
    Without,
}

impl Desk {
    fn new() -> Self {
        use std::os::linux::net::SocketAddrExt as _;
        let folder = tempfile::Builder::new().prefix("desk-").tempdir().unwrap();
        let path = folder.path();
        for (file, text) in [
            ("home/.ssh/id_ed25519", "key"),
            ("home/.npmrc", "//registry.example/:_authToken=x"),
            ("home/notes.txt", "mine"),
        ] {
            std::fs::create_dir_all(path.join(file).parent().unwrap()).unwrap();
            std::fs::write(path.join(file), text).unwrap();
        }
        for (made, name) in
            [(support::mcpsign(), "client"), (support::test_server(), "home/servers/notes/notes")]
        {
            std::fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
            std::fs::copy(made, path.join(name)).unwrap();
        }
        std::fs::write(path.join("home/servers/notes/data.txt"), "signed").unwrap();
        std::fs::write(path.join("home/servers/notes/.env"), "TOKEN=x").unwrap();
        let engine = path.join("home/servers/notes/engine.sock");
        let abstract_name =
            format!("listener-{}-{}", std::process::id(), path.file_name().unwrap().display());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&abstract_name).unwrap();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            _abstract: std::os::unix::net::UnixListener::bind_addr(&address).unwrap(),
            _engine: std::os::unix::net::UnixListener::bind(engine).unwrap(),
            abstract_name,
            folder,
        }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// A capture of the server trying `attacks`; `{desk}` in them is this desk.
    fn capture(&self, runs: As, options: &[&str], attacks: &[&str]) -> Output {
        let client = self.path("client");
        let mut command = match runs {
            As::Us => Command::new(client),
            As::Nobody => {
                // What nobody owns, nobody can read: all of it, to make it the easier for the server.
                let give =
                    Command::new("chown").args(["-R", NOBODY]).arg(self.folder.path()).status().unwrap();
                assert!(give.success());
                let mut command = Command::new("setpriv");
                command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(client);
                command
            }
            As::Without => {
                let mut command = Command::new("unshare");
                let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
                command.args(["--user", "--map-root-user", "/bin/sh", "-c", script]).arg(client);
                command
            }
        };
        command
            .current_dir(self.folder.path())
            .env("HOME", self.path("home"))
            .env("TMPDIR", std::env::temp_dir())
            .env("WORD_OF_THE_CALLER", WORD)
            .env_remove("MCPSIGN_PASSPHRASE")
            .args(["manifest", "capture"])
            .args(options)
            .arg("--")
            .arg(self.path("home/servers/notes/notes"));
        for attack in attacks {
            command.args(["--attack", &attack.replace("{desk}", self.folder.path().to_str().unwrap())]);
        }
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// The attacks that gained something, and those that did not, each with what came of it; and the recorded launch.
    fn report(
        &self,
        runs: As,
        options: &[&str],
        attacks: &[&str],
    ) -> (BTreeMap<String, Result<String, String>>, Value) {
        let output = self.capture(runs, options, attacks);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{options:?}: {said}");
        let capture: Value = serde_json::from_slice(&output.stdout).unwrap();
        let items = capture["items"].as_object().unwrap().values();
        let report = items
            .filter(|item| item["uri"] == "report:///attacks")
            .find_map(|item| item["description"].as_str());
        let outcomes = report.unwrap().lines().map(|line| {
            let (told, rest) = line.split_once(' ').unwrap();
            let name = told.replace(self.folder.path().to_str().unwrap(), "{desk}");
            let (outcome, what) = rest.split_once(' ').unwrap_or((rest, ""));
            (name, if outcome == "gained" { Ok(what.to_owned()) } else { Err(what.to_owned()) })
        });
        (outcomes.collect(), capture["profiles"][0]["launch"].clone())
    }

    fn network(&self) -> [String; 2] {
        let port = self.listener.local_addr().unwrap().port();
        [format!("loopback={port}"), format!("abstract-socket={}", self.abstract_name)]
    }
}

/// Every attack on what is there to be read, written, entered or asked for.
const ATTACKS: [&str; 27] = [
    "read={desk}/home/servers/notes/.env",
    "socket-file={desk}/home/servers/notes/engine.sock",
    "own-device=/dev/full",
    "read={desk}/home/.ssh/id_ed25519",
    "read={desk}/home/.npmrc",
    "read={desk}/home/notes.txt",
    "read=/etc/shadow",
    "read=/run",
    "write={desk}/home/.bashrc",
    "write={desk}/home/servers/notes/data.txt",
    "write={desk}/home/servers/notes/new.txt",
    "environments=hostile-servers-look-for-this-4711",
    "memory-of-parent",
    "trace-parent",
    "foreign-processes",
    "mount",
    "user-namespace",
    "keys",
    "other-numbers",
    "memory-file",
    "segment",
    "make-device",
    "become-root",
    "device=/dev/kmsg",
    "kernel-settings=/proc/sys/kernel/core_pattern",
    "names=mcpsign",
    "allocate=5",
];
/// What fails without walls, too: the limits and `no_new_privs` hold everywhere.
const ALWAYS_REFUSED: [&str; 1] = ["allocate=5"];

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Whether something that a test needs is there; says so loudly where it is not.
fn has(test: &str, program: &str) -> bool {
    let found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists());
    if !found {
        support::skip(test, program);
    }
    found
}

fn namespaces(test: &str) -> bool {
    let works = Command::new("unshare").args(["--user", "true"]).stderr(Stdio::null()).status();
    if works.is_ok_and(|status| status.success()) {
        return true;
    }
    support::skip(test, "permission to make user namespaces");
    false
}

/// Whether a process runs that has `argument` on its command line.
fn runs(argument: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
    })
}

fn unique_seconds(test: u32) -> String {
    (800_000_000 + test * 10_000_000 + std::process::id()).to_string()
}

fn gains_nothing(runs: As) {
    let desk = Desk::new();
    let network = desk.network();
    let mut attacks = ATTACKS.to_vec();
    attacks.extend(network.iter().map(String::as_str));
    // Without a control: harmful to the machine, or not to be had on every one.
    attacks.extend(["remount", "vsock", "limits", "kill-parent"]);
    let (outcomes, launch) = desk.report(runs, &["--sandbox", "required"], &attacks);
    assert_eq!(outcomes.len(), attacks.len());
    // The desk lies in `/tmp`, of which the server has its own: what it writes there nobody else ever sees.
    let own = |attack: &str| attack == "write={desk}/home/.bashrc";
    let gained: Vec<_> =
        outcomes.iter().filter(|(attack, outcome)| outcome.is_ok() && !own(attack)).collect();
    assert!(gained.is_empty(), "{gained:?}");
    assert_eq!((&launch["sandbox"], &launch["network"]), (&"linux-namespaces".into(), &"none".into()));
    // From outside.
    assert!(!desk.path("home/.bashrc").exists());
    assert!(!desk.path("home/servers/notes/new.txt").exists());
    assert_eq!(std::fs::read_to_string(desk.path("home/servers/notes/data.txt")).unwrap(), "signed");
    desk.listener.set_nonblocking(true).unwrap();
    assert!(desk.listener.accept().is_err(), "somebody connected");
}

#[test]
fn a_hostile_server_gains_nothing() {
    let test = "a_hostile_server_gains_nothing";
    if namespaces(test) && has(test, "perl") {
        gains_nothing(As::Us);
    }
}

#[test]
fn a_hostile_server_gains_nothing_of_an_ordinary_user() {
    let test = "a_hostile_server_gains_nothing_of_an_ordinary_user";
    if !is_root() {
        return support::skip(test, "root, who alone can become somebody else");
    }
    if namespaces(test) && has(test, "perl") && has(test, "setpriv") {
        gains_nothing(As::Nobody);
    }
}

/// The control: the same attacks succeed where nothing stops them.
#[test]
fn without_a_sandbox_the_same_attacks_succeed() {
    let test = "without_a_sandbox_the_same_attacks_succeed";
    if !is_root() {
        return support::skip(test, "root, against whom every attack succeeds");
    }
    if !has(test, "perl") {
        return;
    }
    let desk = Desk::new();
    let network = desk.network();
    let mut attacks = ATTACKS.to_vec();
    attacks.extend(network.iter().map(String::as_str));
    let output = desk.capture(As::Us, &["--sandbox", "off"], &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("without a sandbox"));
    let (outcomes, launch) = desk.report(As::Us, &["--sandbox", "off"], &attacks);
    assert_eq!((&launch["sandbox"], &launch["network"]), (&"none".into(), &"host".into()));
    for (attack, outcome) in &outcomes {
        assert_eq!(outcome.is_err(), ALWAYS_REFUSED.contains(&attack.as_str()), "{attack}: {outcome:?}");
    }
    assert!(desk.path("home/.bashrc").exists());
}

/// Neither a variable nor a file, a mount or a process says by whom a server is watched, so that it cannot show something
/// else then.
#[test]
fn m24_nothing_inside_names_who_watches() {
    if !namespaces("m24_nothing_inside_names_who_watches") {
        return;
    }
    let desk = Desk::new();
    let attacks = ["names=mcpsign", "names=exec-stage"];
    let (outcomes, _) = desk.report(As::Us, &["--sandbox", "required"], &attacks);
    assert!(outcomes.values().all(Result::is_err), "{outcomes:?}");
    let (outcomes, _) = desk.report(As::Us, &["--sandbox", "off"], &attacks);
    assert!(outcomes.values().all(Result::is_ok), "the control: {outcomes:?}");
}

/// Without user namespaces there are still landlock and seccomp, and nobody is told that there is more.
#[test]
fn where_namespaces_are_refused_less_is_had_and_said() {
    let test = "where_namespaces_are_refused_less_is_had_and_said";
    if !namespaces(test) || !has(test, "perl") {
        return;
    }
    let desk = Desk::new();
    let required = desk.capture(As::Without, &["--sandbox", "required"], &[]);
    let said = String::from_utf8_lossy(&required.stderr);
    assert_eq!(required.status.code(), Some(2), "{said}");
    assert!(said.contains("no sandbox") && said.contains("--sandbox auto"), "{said}");

    let automatic = desk.capture(As::Without, &[], &[]);
    let said = String::from_utf8_lossy(&automatic.stderr);
    assert!(said.contains("warning: the server runs without a sandbox ("), "{said}");
    assert!(said.contains("landlock alone keeps it") && said.contains("it can open no connection"), "{said}");
    let mut attacks = vec![
        "read={desk}/home/servers/notes/.env",
        "read={desk}/home/.ssh/id_ed25519",
        "read={desk}/home/.npmrc",
        "read={desk}/home",
        "read=/etc/shadow",
        "write={desk}/home/.bashrc",
        "write={desk}/home/servers/notes/data.txt",
        "write={desk}/home/servers/notes/new.txt",
        "socket-file={desk}/home/servers/notes/engine.sock",
        "environments=hostile-servers-look-for-this-4711",
        "memory-of-parent",
        "trace-parent",
        "mount",
        "remount",
        "user-namespace",
        "keys",
        "other-numbers",
        "memory-file",
        "segment",
        "make-device",
        "kernel-settings=/proc/sys/kernel/core_pattern",
        "allocate=5",
        "limits",
        "vsock",
    ];
    let network = desk.network();
    attacks.extend(network.iter().map(String::as_str));
    let (outcomes, launch) = desk.report(As::Without, &["--sandbox", "auto"], &attacks);
    assert_eq!((&launch["sandbox"], &launch["network"]), (&"none".into(), &"host".into()));
    let gained: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).collect();
    assert!(gained.is_empty(), "{gained:?}");
    desk.listener.set_nonblocking(true).unwrap();
    assert!(desk.listener.accept().is_err(), "somebody connected");
    // What lies beside the covered file is still there, and the network for whoever asks for it.
    let open = ["read={desk}/home/servers/notes/data.txt", network[0].as_str()];
    let (outcomes, _) = desk.report(As::Without, &["--network", "host"], &open);
    assert!(outcomes.values().all(Result::is_ok), "{outcomes:?}");
}

/// A flag that nothing would honour is refused.
#[test]
fn no_network_is_not_promised_without_a_wall() {
    let desk = Desk::new();
    let refused = desk.capture(As::Us, &["--network", "none", "--sandbox", "off"], &[]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("`--network none` is asked for"), "{said}");
}

#[test]
fn the_network_is_there_when_it_is_asked_for() {
    let test = "the_network_is_there_when_it_is_asked_for";
    if !namespaces(test) {
        return;
    }
    let desk = Desk::new();
    let attacks = desk.network();
    let attacks: Vec<&str> =
        attacks.iter().map(String::as_str).chain(["read={desk}/home/notes.txt"]).collect();
    let (outcomes, launch) = desk.report(As::Us, &["--sandbox", "required", "--network", "host"], &attacks);
    assert_eq!((&launch["sandbox"], &launch["network"]), (&"linux-namespaces".into(), &"host".into()));
    assert!(outcomes[attacks[0]].is_ok(), "{outcomes:?}");
    assert!(outcomes["read={desk}/home/notes.txt"].is_err(), "{outcomes:?}");
}

#[test]
fn what_outlives_its_server_ends_with_the_namespace() {
    let test = "what_outlives_its_server_ends_with_the_namespace";
    if !namespaces(test) || !has(test, "setsid") {
        return;
    }
    let seconds = unique_seconds(1);
    let desk = Desk::new();
    let (outcomes, _) = desk.report(As::Us, &["--sandbox", "required"], &[&format!("outlive={seconds}")]);
    assert!(outcomes.values().all(Result::is_ok), "it was started: {outcomes:?}");
    assert!(!runs(&seconds));
}

#[test]
fn processes_and_files_are_bounded_together() {
    let test = "processes_and_files_are_bounded_together";
    if !namespaces(test) {
        return;
    }
    let desk = Desk::new();
    let attacks = ["disk=600", "processes=1200"];
    let (outcomes, _) = desk.report(As::Us, &["--sandbox", "required"], &attacks);
    for attack in attacks {
        assert!(outcomes[attack].is_err(), "{outcomes:?}");
    }
    let (outcomes, _) = desk.report(As::Us, &["--sandbox", "off"], &attacks);
    assert!(!is_root() || outcomes.values().all(Result::is_ok), "{outcomes:?}");
}

/// Whenever a capture is interrupted, nothing is left: no process, no folder.
#[test]
fn an_interrupted_capture_leaves_nothing() {
    for (number, (mode, signal)) in
        [("auto", "-TERM"), ("auto", "-INT"), ("off", "-TERM"), ("off", "-INT"), ("off", "-KILL")]
            .into_iter()
            .enumerate()
    {
        let seconds = unique_seconds(10 + u32::try_from(number).unwrap());
        let temporary = tempfile::tempdir().unwrap();
        for delay in [0, 2, 5, 10, 20, 60, 300] {
            // Whoever runs us in the background may ignore interrupts, and so would what we start.
            let mut client = Command::new("/usr/bin/env")
                .arg("--default-signal=INT")
                .arg(support::mcpsign())
                .env("TMPDIR", temporary.path())
                .args(["manifest", "capture", "--sandbox", mode, "--"])
                .arg(support::test_server())
                .args(["--lie", "hang-list", "--lie", &format!("grandchild={seconds}")])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(delay));
            let kill = Command::new("kill").args([signal, &client.id().to_string()]).status().unwrap();
            assert!(kill.success());
            client.wait().unwrap();
            let until = Instant::now() + Duration::from_secs(20);
            while runs(&seconds) || std::fs::read_dir(temporary.path()).unwrap().next().is_some() {
                assert!(Instant::now() < until, "{mode} {signal} after {delay} ms: something is left");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// What was unpacked for a server goes like its own folders, whenever the run ends.
#[test]
fn an_interrupted_run_leaves_no_unpacked_release() {
    let desk = tempfile::tempdir().unwrap();
    std::fs::write(desk.path().join(TARBALL), &Release::honest().unwrap().artifact).unwrap();
    let signals = ["-INT", "-TERM", "-HUP", "-KILL"];
    let cases = ["auto", "off"].into_iter().flat_map(|mode| signals.map(|signal| (mode, signal)));
    for (number, (mode, signal)) in cases.enumerate() {
        for waits_for_server in [true, false] {
            let seconds = unique_seconds(20 + u32::try_from(number).unwrap());
            let temporary = tempfile::tempdir().unwrap();
            let unpacked = || std::fs::read_dir(temporary.path()).unwrap().flatten().next();
            let script = format!("exec sleep {seconds} # {{artifact}}/package.json");
            let mut client = Command::new("/usr/bin/env")
                .args(["--default-signal=INT", "--default-signal=HUP"])
                .arg(support::mcpsign())
                .env("TMPDIR", temporary.path())
                .current_dir(desk.path())
                .args(["attest", TARBALL, "--dry-run", "--sandbox", mode, "--", "/bin/sh", "-c", &script])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let until = Instant::now() + Duration::from_secs(20);
            while unpacked().is_none() || (waits_for_server && !runs(&seconds)) {
                assert!(Instant::now() < until, "{mode} {signal}: nothing was unpacked");
                std::thread::sleep(Duration::from_millis(1));
            }
            let kill = Command::new("kill").args([signal, &client.id().to_string()]).status().unwrap();
            assert!(kill.success());
            assert!(!client.wait().unwrap().success());
            while runs(&seconds) || unpacked().is_some() {
                assert!(Instant::now() < until, "{mode} {signal}: {:?} is left", unpacked());
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// That a server ran free is said whatever it showed: it may have done something all the same.
#[test]
fn a_missing_sandbox_is_told_of_a_server_that_fails_too() {
    let test = "a_missing_sandbox_is_told_of_a_server_that_fails_too";
    if !namespaces(test) {
        return;
    }
    let desk = Desk::new();
    let server = desk.path("home/servers/notes/notes");
    // Ends at once, and says twice what is said once.
    for (text, code) in [("exit 3", 3), (r#"read -r line; echo '{"a":1,"a":2}'; exec cat"#, 1)] {
        std::fs::write(&server, format!("#!/bin/sh\n{text}\n")).unwrap();
        let failed = desk.capture(As::Without, &[], &[]);
        let said = String::from_utf8_lossy(&failed.stderr);
        assert_eq!(failed.status.code(), Some(code), "{said}");
        assert_eq!(said.matches("warning: the server runs without a sandbox (").count(), 1, "{said}");
    }
}

/// A server that wants what it cannot have ends with its own words and a hint.
#[test]
fn a_server_that_lacks_its_home_is_told_apart() {
    let test = "a_server_that_lacks_its_home_is_told_apart";
    if !namespaces(test) {
        return;
    }
    let desk = Desk::new();
    let script = desk.path("home/servers/needy.sh");
    let text = "#!/bin/sh\nprintf 'no database at \\033[31mhere\\n' >&2; exit 3\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output =
        support::run(&["manifest", "capture", "--sandbox", "required", "--", script.to_str().unwrap()], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("no database at") && !said.contains('\u{1b}'), "{said}");
    assert!(said.contains("--network host") && said.contains("--sandbox off"), "{said}");
}

/// A server that was given a secret may say it when it fails, in pieces and among other things.
#[test]
fn what_a_server_says_of_its_secrets_is_not_repeated() {
    let desk = Desk::new();
    let (secret, odd) = ("correct-horse-battery", "w\u{f6}rd\u{202e}-9f2c41aa");
    let key = "-----BEGIN KEY-----\nMIGHAgEAMBMGByqG\n-----END KEY-----";
    let script = desk.path("home/servers/indiscreet.sh");
    // So far to the right that what is shown of the line ends inside it, and so far to the left that it begins there.
    let text = "#!/bin/sh\necho \"token <$API_TOKEN> refused\" >&2\nprintf '%0190d%s\\n' 0 \"$API_TOKEN\" >&2\nprintf '%s%0990d\\n' \"$API_TOKEN\" 0 >&2\necho \"$KEY\" >&2\necho \"and <$ODD>\" >&2\nexit 3\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    let names = ["API_TOKEN", "ODD", "KEY"].map(|name| ["--secret-env", name]).concat();
    let args = [&["manifest", "capture"][..], &names, &["--", script]].concat();
    let output = support::run(&args, &[("API_TOKEN", secret), ("ODD", odd), ("KEY", key)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("token <***> refused") && said.contains("and <***>"), "{said}");
    for part in ["correct-h", "horse", "battery", "9f2c41aa", "MIGHA", "yqG"] {
        assert!(!said.contains(part), "{part}: {said}");
    }
}

/// `run_tool`: the same walls for installers.
mod tools {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use mcpsign_collect::launch::{
        Confinement, LaunchError, SandboxMode, Tool, ToolLimits, ToolOutput, ToolStatus, run_tool,
    };

    use crate::support;

    fn run(script: &str, writable: &[&Path], output_bytes: u64) -> Result<ToolOutput, LaunchError> {
        run_within(script, writable, output_bytes, ToolLimits::MEMORY)
    }

    fn run_within(
        script: &str,
        writable: &[&Path],
        output_bytes: u64,
        memory: u64,
    ) -> Result<ToolOutput, LaunchError> {
        let tool = Tool {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: BTreeMap::from([("GREETING".into(), "hello".into())]),
            secret_env: BTreeMap::from([("TOKEN".into(), String::from("s3cret").into())]),
            confinement: Confinement { sandbox: SandboxMode::Required, ..Confinement::default() },
            writable: writable.iter().map(PathBuf::from).collect(),
            limits: ToolLimits { time: Duration::from_secs(20), output_bytes, memory },
        };
        run_tool(&tool, &support::mcpsign())
    }

    #[test]
    fn a_tool_writes_where_it_may_and_nowhere_else() {
        if !super::namespaces("a_tool_writes_where_it_may_and_nowhere_else") {
            return;
        }
        let (open, closed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let script = format!(
            "echo $GREETING ${{#TOKEN}}; echo made > {0}/file; mkdir {0}/folder; echo x > {1}/file; exit 4",
            open.path().display(),
            closed.path().display()
        );
        let output = run(&script, &[open.path()], 10_000).unwrap();
        assert_eq!(output.status, ToolStatus::Failed(4));
        assert_eq!(output.stdout_tail, ["hello 6"]);
        assert!(!output.stderr_tail.is_empty(), "the other folder is not there");
        assert_eq!(std::fs::read_to_string(open.path().join("file")).unwrap(), "made\n");
        assert!(open.path().join("folder").is_dir() && !closed.path().join("file").exists());
        assert_eq!(output.sandbox, mcpsign_schemas::manifest::Sandbox::LinuxNamespaces);
        assert_eq!(run("true", &[], 1).unwrap().status, ToolStatus::Succeeded);
        // What lies in the caller's folder configures no installer.
        assert_eq!(run("pwd", &[], 100).unwrap().stdout_tail, ["/"]);
    }

    #[test]
    fn a_tool_that_takes_or_says_too_much_is_ended() {
        if !super::namespaces("a_tool_that_takes_or_says_too_much_is_ended") {
            return;
        }
        let endless = run("yes", &[], 100_000);
        assert!(matches!(endless, Err(LaunchError::Tool { why: "it wrote too much", .. })), "{endless:?}");
        let seconds = super::unique_seconds(30);
        let tool = Tool {
            program: "/bin/sleep".into(),
            args: vec![seconds.clone()],
            env: BTreeMap::new(),
            secret_env: BTreeMap::new(),
            confinement: Confinement { sandbox: SandboxMode::Required, ..Confinement::default() },
            writable: Vec::new(),
            limits: ToolLimits {
                time: Duration::from_millis(300),
                output_bytes: 1,
                memory: ToolLimits::MEMORY,
            },
        };
        let slow = run_tool(&tool, &support::mcpsign());
        assert!(matches!(slow, Err(LaunchError::Tool { why: "it took too long", .. })), "{slow:?}");
        assert!(!super::runs(&seconds));
        let relative = run_tool(&Tool { program: "sleep".into(), ..tool }, &support::mcpsign());
        assert!(relative.is_err());
    }

    /// Each process for itself stays below every limit; together they hold more than they may.
    #[test]
    fn processes_hold_no_more_memory_together_than_they_may() {
        let test = "processes_hold_no_more_memory_together_than_they_may";
        if !super::namespaces(test) || !super::has(test, "perl") {
            return;
        }
        // Perl holds each string twice.
        let hold = "perl -e '$held = \"x\" x (24 << 20); sleep 15' &";
        let script = format!("{} wait", hold.repeat(4));
        let started = std::time::Instant::now();
        let output = run_within(&script, &[], 10_000, 160 << 20).unwrap();
        assert_eq!(output.status, ToolStatus::Killed, "{output:?}");
        let said = output.stderr_tail.join("\n");
        assert!(said.contains("hold more than 160 MiB of memory"), "{said}");
        assert!(started.elapsed() < Duration::from_secs(15), "they slept to their end");
        // What they share counts as well, and once.
        let share = |count: &str| {
            format!(
                "python3 -c 'import mmap, os, time\nm = mmap.mmap(-1, {count} << 20)\nfor at in range(0, len(m), 4096): m[at] = 1\n\
                 for child in range(3): os.fork() == 0 and (m[0:1], time.sleep(1), os._exit(0))\ntime.sleep(1)'"
            )
        };
        if super::has(test, "python3") {
            let output = run_within(&share("400"), &[], 10_000, 160 << 20).unwrap();
            assert_eq!(output.status, ToolStatus::Killed, "{output:?}");
            let output = run_within(&share("60"), &[], 10_000, 160 << 20).unwrap();
            assert_eq!(output.status, ToolStatus::Succeeded, "{output:?}");
        }
        // Two of them are not too many.
        let few = format!("{} wait", hold.replace("sleep 15", "sleep 1").repeat(2));
        let output = run_within(&few, &[], 10_000, 160 << 20).unwrap();
        assert_eq!(output.status, ToolStatus::Succeeded, "{output:?}");
    }
}
