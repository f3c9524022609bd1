//! Capture with real processes: what a server can do to the client, and what is left of it afterwards.
//!
//! The client's rules on messages are tested beside it, without processes; here are its defences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcpsign_collect::capture::{self, CaptureError, Captured, Limits, RecordedPaths, Request};
use mcpsign_collect::launch::Confinement;
use mcpsign_collect::replies;
use mcpsign_schemas::canonical::{Json, Limits as JsonLimits};
use mcpsign_schemas::capture::CaptureFile;
use mcpsign_schemas::code::{Code, capture as code};
use mcpsign_schemas::manifest::Product;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::surface::ItemKind;

use crate::support;

/// Limits that keep a test of waiting short, and leave room for a busy machine.
fn impatient() -> Limits {
    Limits {
        startup: Duration::from_secs(10),
        discover: Duration::from_secs(3),
        request: Duration::from_secs(5),
        total: Duration::from_secs(60),
        ..Limits::default()
    }
}

fn request(argv: &[&str]) -> Request {
    Request {
        profile: "default".into(),
        argv: argv.iter().map(Into::into).collect(),
        env: BTreeMap::new(),
        secret_env: BTreeMap::new(),
        client_info: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        client_capabilities: Json::parse(b"{}", JsonLimits::bytes(2)).unwrap(),
        protocol: mcpsign_collect::capture::Protocol::Auto,
        paths: RecordedPaths::default(),
        stage: support::mcpsign(),
        confinement: Confinement::default(),
        limits: impatient(),
        allow: BTreeSet::new(),
    }
}

/// A capture of the project's own server, telling `lies`.
fn of_liar(lies: &[&str]) -> Request {
    let server = support::test_server();
    let mut argv = vec![server.to_str().unwrap()];
    argv.extend(lies.iter().flat_map(|lie| ["--lie", lie]));
    request(&argv)
}

fn captured(lies: &[&str]) -> Captured {
    capture::capture(&of_liar(lies), &mut |_| ()).unwrap_or_else(|error| panic!("{lies:?}: {error:?}"))
}

fn findings(captured: &Captured) -> Vec<&str> {
    captured.profile.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// What the server tells of itself in the description of a resource.
fn report(captured: &Captured, name: &str) -> String {
    let wire = captured.profile.resources[&format!("report:///{name}")].wire;
    captured.items[&wire].get("description").and_then(Json::as_str).unwrap().to_owned()
}

/// Whether a process runs that has `argument` on its command line.
fn runs(argument: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
    })
}

/// A number of seconds to sleep that no other test has, so that its process can be found.
fn unique_seconds(test: u32) -> String {
    (700_000_000 + test * 100_000_000 / 64 + std::process::id()).to_string()
}

#[test]
fn both_eras_show_the_same_items() {
    let (modern, legacy) = (captured(&[]), captured(&["legacy-only"]));
    assert_eq!(
        (&*modern.profile.protocol_version, &*legacy.profile.protocol_version),
        ("2026-07-28", "2025-11-25")
    );
    assert_eq!(modern.items, legacy.items);
    assert_eq!(modern.profile.surface_digest, legacy.profile.surface_digest);
    assert_eq!(modern.profile.tools.len(), modern.profile.tool_order.len());
    assert_eq!(findings(&modern), [""; 0]);
}

#[test]
fn a_capture_file_is_read_back_and_its_frames_are_an_observation() {
    let captured = captured(&["ui", "skills", "hidden-fields", "pages-everywhere"]);
    let product = Product { name: "mcpsign".into(), version: "0.1.0".into() };
    let file = capture::into_file(vec![captured], product, "2026-11-22T00:00:00Z".parse().unwrap());
    assert_eq!(CaptureFile::parse(&file.to_bytes().unwrap()).unwrap(), file);
    assert_eq!(file.clone().into_json().unwrap(), Json::from_serialize(&file).unwrap());

    let observed = replies::observe(file.frames["default"].join("\n").as_bytes()).unwrap();
    assert_eq!(observed.items, ObservedServer::from_profile(&file.profiles[0], &file.items).items);
}

/// What is written is read back, whatever members a server adds; what was changed beside the frames is not.
#[test]
fn a_capture_file_says_what_its_frames_show() {
    let file = |captured| {
        let product = Product { name: "mcpsign".into(), version: "0.1.0".into() };
        capture::into_file(vec![captured], product, "2026-11-22T00:00:00Z".parse().unwrap())
    };
    for lies in [
        &["ui", "skills", "hidden-fields", "pages-everywhere"][..],
        &["extra-result-member=instructions"],
        &["extra-result-member=prompts", "legacy-only"],
        &["legacy-only", "batch-reply"],
        &["undeclared-prompts", "no-tools"],
        &["missing-tool", "chatter"],
    ] {
        let file = file(captured(lies));
        assert_eq!(replies::capture_file(&file.to_bytes().unwrap()).expect("read back"), file, "{lies:?}");
    }
    let honest = file(captured(&["extra-result-member"]));
    let edits: [fn(&mut CaptureFile); 6] = [
        |file| file.profiles[0].tool_order = vec!["zzz".into()],
        |file| file.profiles[0].tool_order[0] = file.profiles[0].tool_order[1].clone(),
        |file| file.profiles[0].protocol_version = "2025-11-25".into(),
        |file| file.profiles[0].result_members.clear(),
        |file| {
            file.profiles[0].findings[0].code = code::DUPLICATE_KEY.id.into();
            file.profiles[0].findings[0].allowed = true;
        },
        |file| {
            let frames = file.frames.get_mut("default").unwrap();
            frames.push(frames[1].clone());
        },
    ];
    for edit in edits {
        let mut edited = honest.clone();
        edit(&mut edited);
        edited.profiles[0].seal();
        assert!(replies::capture_file(&edited.to_bytes().unwrap()).is_err());
    }
}

#[test]
fn captures_side_by_side_do_not_disturb_each_other() {
    let expected = captured(&[]).profile;
    let lies: [&[&str]; 8] =
        [&[], &["grandchild=60"], &[], &["grandchild-clears-env=60"], &[], &[], &["crash-at-start"], &[]];
    std::thread::scope(|scope| {
        let running: Vec<_> = lies
            .map(|lies| scope.spawn(move || capture::capture(&of_liar(lies), &mut |_| ())))
            .into_iter()
            .collect();
        for (thread, lies) in running.into_iter().zip(lies) {
            match thread.join().unwrap() {
                Ok(captured) => assert_eq!(captured.profile.wire_digest, expected.wire_digest, "{lies:?}"),
                Err(error) => assert_eq!(lies, ["crash-at-start"], "{error:?}"),
            }
        }
    });
}

#[test]
fn every_refusal_has_its_code() {
    let cases: [(&str, Code); 30] = [
        ("duplicate-key", code::DUPLICATE_KEY),
        ("escaped-duplicate-key", code::DUPLICATE_KEY),
        ("bad-utf8", code::INVALID_JSON),
        ("lone-surrogate", code::INVALID_JSON),
        ("bad-json", code::INVALID_JSON),
        ("bom", code::INVALID_JSON),
        ("big-number", code::NUMBER_NOT_EXACT),
        ("number=1e400", code::NUMBER_NOT_EXACT),
        ("depth=100", code::TOO_DEEP),
        ("duplicate-tool", code::DUPLICATE_ITEM),
        ("duplicate-tool-across-pages", code::DUPLICATE_ITEM),
        ("page-differs", code::DUPLICATE_ITEM),
        ("nameless-tool", code::ITEM_UNNAMED),
        ("tool-not-object", code::BAD_RESULT),
        ("tools-not-a-list", code::BAD_RESULT),
        ("number-cursor", code::BAD_RESULT),
        ("cursor-loop", code::CURSOR_LOOP),
        ("endless-pages", code::OVER_BUDGET),
        ("flood", code::OVER_BUDGET),
        ("huge-line=8000000", code::OVER_BUDGET),
        ("input-required", code::INPUT_REQUIRED),
        ("two-replies", code::TWO_REPLIES),
        ("unknown-id", code::UNKNOWN_REPLY),
        ("result-and-error", code::BAD_MESSAGE),
        ("reply-over-lines", code::INVALID_JSON),
        ("pretty-json", code::INVALID_JSON),
        ("first-introduction", code::PASSES_DISAGREE),
        ("passes-differ", code::PASSES_DISAGREE),
        ("list-changed=100", code::LIST_KEEPS_CHANGING),
        ("empty-lists", code::NOTHING_OBSERVED),
    ];
    for (lie, expected) in cases {
        match capture::capture(&of_liar(&[lie]), &mut |_| ()) {
            Err(CaptureError::Refused { findings, .. }) => {
                assert_eq!(
                    findings.iter().map(|finding| finding.code).collect::<Vec<_>>(),
                    [expected],
                    "{lie}"
                );
            }
            other => panic!("{lie}: {other:?}"),
        }
    }
}

#[test]
fn what_can_be_lived_with_is_recorded() {
    for (lies, expected) in [
        (["chatter"], code::CHATTER),
        (["chatter-json"], code::CHATTER),
        (["log-over-lines"], code::CHATTER),
        (["batch-reply"], code::BATCH_REPLY),
        (["server-requests-wait"], code::SERVER_REQUEST),
        (["extra-result-member"], code::UNKNOWN_RESULT_MEMBER),
        (["undeclared-prompts"], code::UNDECLARED_LIST),
        (["silent-discover"], code::ERA_BY_TIME_OUT),
        (["list-changed=1"], code::LIST_CHANGED),
    ] {
        assert_eq!(findings(&captured(&lies)), [expected.id], "{lies:?}");
    }
    let mut allowing = of_liar(&["two-replies-differ"]);
    allowing.allow.insert(code::TWO_REPLIES.id.into());
    let captured = capture::capture(&allowing, &mut |_| ()).unwrap();
    assert!(captured.profile.findings.iter().all(|finding| finding.allowed));
    assert_eq!(captured.profile.tools.len(), 3, "the first of the two replies counts");

    allowing.allow.insert(code::DUPLICATE_KEY.id.into());
    assert!(
        matches!(capture::capture(&allowing, &mut |_| ()), Err(CaptureError::NotAllowable { code }) if code == "capture/duplicate-key")
    );
}

#[test]
fn slowness_is_not_age() {
    // The slow list keeps the legacy conversation going until then.
    let mut late = of_liar(&["late-discover=1900", "slow-list=700"]);
    late.limits.startup = Duration::from_millis(1500);
    let late = capture::capture(&late, &mut |_| ()).unwrap();
    assert_eq!(late.profile.protocol_version, "2026-07-28", "a late answer to the probe");
    assert_eq!(findings(&late), [""; 0]);
    assert_eq!(captured(&["slow-start=1000"]).profile.protocol_version, "2026-07-28");
    assert_eq!(captured(&["slow-list=200", "drip=1"]).profile.tools.len(), 3);
}

#[test]
fn a_server_that_fails_is_not_observed_and_its_last_words_are_told() {
    for lie in ["crash-at-start", "crash-on-list", "crash-midway", "cut-reply", "hang-list"] {
        match capture::capture(&of_liar(&["stderr-noise=300000", lie]), &mut |_| ()) {
            Err(CaptureError::NotObserved { finding, stderr, .. }) => {
                assert_eq!(finding.code, code::SERVER_FAILED, "{lie}");
                assert!(stderr.len() <= 41 && stderr.iter().all(|line| line.len() <= 1000), "{lie}");
                if lie.starts_with("crash") {
                    assert!(stderr.last().unwrap().contains("the notebook burns"), "{lie}: {stderr:?}");
                    assert!(finding.message.contains("exit status 7"), "{}", finding.message);
                }
            }
            other => panic!("{lie}: {other:?}"),
        }
    }
    let unknown = capture::capture(&of_liar(&["modern-error"]), &mut |_| ());
    assert!(
        matches!(&unknown, Err(CaptureError::NotObserved { finding, .. }) if finding.code == code::UNKNOWN_PROTOCOL_VERSION),
        "{unknown:?}"
    );
}

#[test]
fn death_of_the_probe_is_survived_once() {
    // A legacy server that cannot bear an unknown request, as some SDKs make them.
    let script = "read -r first; case $first in *initialize*) ;; *) exit 3 ;; esac
        answer() { printf '{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}\\n' \"$1\" \"$2\"; }
        answer 1 '{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"old\"}}'
        read -r initialized
        for id in 2 3 4 5 6 7 8 9; do
            read -r line
            case $line in
                *tools/list*) answer $id '{\"tools\":[{\"name\":\"a\"}]}' ;;
                *) printf '{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32601,\"message\":\"no\"}}\\n' $id ;;
            esac
        done
        read -r end";
    let captured = capture::capture(&request(&["/bin/sh", "-c", script]), &mut |_| ()).unwrap();
    assert_eq!(captured.profile.protocol_version, "2025-06-18");
    assert_eq!(findings(&captured), ["capture/era-by-crash"]);
    // Clients show the tools of a server that declares what it does not know.
    let script = script.replace("{\"tools\":{}}", "{\"tools\":{},\"prompts\":{},\"resources\":{}}");
    let captured = capture::capture(&request(&["/bin/sh", "-c", &script]), &mut |_| ()).unwrap();
    assert_eq!(captured.profile.tools.len(), 1);
    assert_eq!(findings(&captured), [code::ERA_BY_CRASH.id, code::UNSERVED_LIST.id]);
}

#[test]
fn commands_that_cannot_be_started_are_the_callers_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("server");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let script = script.to_str().unwrap();
    let fails = |argv: &[&str]| match capture::capture(&request(argv), &mut |_| ()) {
        Err(CaptureError::Command(error)) => error.to_string(),
        other => panic!("{argv:?}: {other:?}"),
    };
    assert_eq!(fails(&["no-such-server"]), "`no-such-server` is not found");
    assert_eq!(fails(&[script]), format!("{script} is not an executable file"));
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(script, executable).unwrap();
    assert_eq!(fails(&[script]), "the command could not be started");
}

#[test]
fn the_environment_is_ours_alone_and_its_folders_go() {
    let mut request = of_liar(&["env-report"]);
    request.env.insert("LISTED".into(), "{work}/here".into());
    request.secret_env.insert("KEY".into(), String::from("not recorded").into());
    let captured = capture::capture(&request, &mut |_| ()).unwrap();
    let env = report(&captured, "env");
    let env: BTreeMap<&str, &str> = env.lines().filter_map(|line| line.split_once('=')).collect();
    let names: Vec<&str> = env.keys().copied().collect();
    let ours = [
        "HOME",
        "KEY",
        "LANG",
        "LISTED",
        "PATH",
        "TMPDIR",
        "TZ",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "XDG_STATE_HOME",
    ];
    assert_eq!(names, ours, "nothing inherited, and nothing that tells a server by whom it is watched");
    assert_eq!((env["TZ"], env["LANG"], env["KEY"]), ("UTC", "C.UTF-8", "not recorded"));
    for folder in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
        assert!(!Path::new(env[folder]).exists(), "{folder} is left");
    }
    assert_eq!(findings(&captured), ["capture/path-in-item"], "the report names them");

    let launch = &captured.profile.launch;
    assert_eq!(launch.secret_env, ["KEY"]);
    assert_eq!(launch.env["LISTED"], "{work}/here");
    assert!(
        !String::from_utf8(Json::from_serialize(launch).unwrap().to_canonical())
            .unwrap()
            .contains("not recorded")
    );
}

#[test]
fn m24_being_watched_does_not_show_in_the_environment() {
    assert_eq!(
        captured(&["lists-by-ci"]).profile.tools.len(),
        4,
        "the tool that it hides from verifiers is there"
    );
}

#[test]
fn argv_is_filled_for_the_server_and_recorded_with_placeholders() {
    let server = support::test_server();
    let (folder, name) = (server.parent().unwrap(), server.file_name().unwrap().to_str().unwrap());
    let program = format!("{{artifact}}/{name}");
    let mut request = request(&[&program, "--lie", "args-report", "--", "{work}", "{secret:KEY}"]);
    request.paths.artifact = Some(folder.to_owned());
    request.secret_env.insert("KEY".into(), String::from("s3cret").into());
    let captured = capture::capture(&request, &mut |_| ()).unwrap();
    assert_eq!(
        captured.profile.launch.argv,
        [&*program, "--lie", "args-report", "--", "{work}", "{secret:KEY}"]
    );
    let args = report(&captured, "args");
    let args: Vec<&str> = args.lines().collect();
    assert_eq!((args[0], args[5]), (server.to_str().unwrap(), "s3cret"));
    assert!(args[4].starts_with('/') && args[4].ends_with("/work"), "{}", args[4]);
    assert_eq!(Path::new(args[6]), std::env::current_dir().unwrap(), "the caller's working folder");
}

#[test]
fn nothing_is_inherited_and_limits_are_in_force() {
    // A descriptor that survives an exec, as careless libraries leave them.
    let leaked = std::fs::File::open("/dev/zero").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let captured = captured(&["fd-report", "limits-report"]);
    drop(leaked);
    let fds = report(&captured, "fd");
    // The report itself opens the folder that it reads.
    let others = fds.lines().filter(|line| !line.ends_with("/fd"));
    let numbers: Vec<&str> = others.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(numbers, ["0", "1", "2"], "{fds}");
    let limits = report(&captured, "limits");
    assert!(limits.contains("NoNewPrivs:\t1"), "{limits}");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
}

#[test]
fn grandchildren_end_with_their_server() {
    for (test, lie) in
        ["grandchild", "grandchild-clears-env", "grandchild-holds-stdout"].into_iter().enumerate()
    {
        let seconds = unique_seconds(u32::try_from(test).unwrap());
        captured(&[&format!("{lie}={seconds}")]);
        assert!(!runs(&seconds), "{lie}");
        // A server that dies leaves its children to us all the same.
        let failed = capture::capture(&of_liar(&[&format!("{lie}={seconds}"), "crash-on-list"]), &mut |_| ());
        assert!(matches!(failed, Err(CaptureError::NotObserved { .. })), "{failed:?}");
        assert!(!runs(&seconds), "{lie} of a server that crashed");
    }
}

#[test]
fn a_server_that_ignores_every_hint_is_killed() {
    let seconds = unique_seconds(8);
    let started = Instant::now();
    captured(&["ignores-stdin-close", &format!("grandchild-clears-env={seconds}")]);
    assert!(started.elapsed() < Duration::from_secs(8));
    assert!(!runs(&seconds));
}

#[test]
fn a_server_that_kills_its_stage_gains_nothing() {
    // One child with the mark, one in the session without it, one in neither.
    let seconds: Vec<String> = (9..12).map(unique_seconds).collect();
    let script = format!(
        "setsid sleep {} & env -i sleep {} & env -i setsid sleep {} & sleep 0.3; kill -KILL $PPID; sleep 1",
        seconds[0], seconds[1], seconds[2]
    );
    let outcome = capture::capture(&request(&["/bin/sh", "-c", &script]), &mut |_| ());
    assert!(matches!(outcome, Err(CaptureError::NotObserved { .. })), "{outcome:?}");
    for seconds in seconds {
        assert!(!runs(&seconds));
    }
}

#[test]
fn a_capture_that_is_killed_takes_its_server_along() {
    let seconds = unique_seconds(12);
    let lie = format!("grandchild-clears-env={seconds}");
    let temporary = tempfile::tempdir().unwrap();
    let mut client = Command::new(support::mcpsign())
        .env("TMPDIR", temporary.path())
        .args(["manifest", "capture", "--"])
        .arg(support::test_server())
        .args(["--lie", "hang-list", "--lie", &lie])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let wait_until = |wanted: bool| {
        let until = Instant::now() + Duration::from_secs(10);
        while runs(&seconds) != wanted {
            assert!(Instant::now() < until, "the grandchild's running is not {wanted}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait_until(true);
    client.kill().unwrap();
    client.wait().unwrap();
    wait_until(false);
    let until = Instant::now() + Duration::from_secs(10);
    while std::fs::read_dir(temporary.path()).unwrap().next().is_some() {
        assert!(Instant::now() < until, "the server's folders are left");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn recorded_captures_give_the_digests_of_the_format() {
    let test = "recorded_captures_give_the_digests_of_the_format";
    let Some(folder) = support::shared_data(test, "mcp-captures") else { return };
    let observed = |file: &str| {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let Json::Object(recorded) = Json::parse(&bytes, JsonLimits::bytes(1 << 20)).unwrap() else {
            panic!("{file}");
        };
        let mut frames = Vec::new();
        for (method, replies) in recorded.iter().filter(|(method, _)| *method != "_other") {
            match replies {
                Json::Array(pages) => pages.iter().for_each(|page| frames.push(page.to_canonical())),
                Json::Object(_) => frames.push(replies.to_canonical()),
                other => panic!("{file}: {method}: {other:?}"),
            }
        }
        replies::observe(&frames.join(&b'\n')).unwrap_or_else(|findings| panic!("{file}: {findings:?}"))
    };
    let tool = |server: &ObservedServer, name: &str| {
        let digests = server.items[&(ItemKind::Tool, name.to_owned())].digests;
        (digests.wire.to_string(), digests.surface.to_string())
    };
    assert_eq!(
        tool(&observed("filesystem.raw.json"), "read_file"),
        (
            "ebaeeb6e81e204958092180d77db69f82eee25339c51092e8b0161f86c798dad".into(),
            "b6922e9d2c3eca6ad08e6d541a1dfae8f4ba69a07aa7bbf6fa62d38de7c9b28f".into()
        )
    );
    let status = "b1cc7c37146eb6b9c40753dd82d0c8404b1b3572a8603ea6ff8ae859893fa8eb".to_owned();
    for (legacy, modern) in
        [("git.raw.json", "git.modern.raw.json"), ("time.raw.json", "time.modern.raw.json")]
    {
        let (legacy, modern) = (observed(legacy), observed(modern));
        let lists = |server: &ObservedServer| {
            let mut items = server.items.clone();
            items.retain(|(kind, _), _| *kind != ItemKind::Capabilities);
            items
        };
        assert_eq!(lists(&legacy), lists(&modern));
        if modern.items.contains_key(&(ItemKind::Tool, "git_status".to_owned())) {
            assert_eq!(tool(&modern, "git_status"), (status.clone(), status.clone()));
        }
    }
    for (file, tools) in
        [("everything.raw.json", 13), ("memory.raw.json", 9), ("sequential-thinking.raw.json", 1)]
    {
        let observed = observed(file);
        assert_eq!(
            observed.items.keys().filter(|(kind, _)| *kind == ItemKind::Tool).count(),
            tools,
            "{file}"
        );
    }
}
