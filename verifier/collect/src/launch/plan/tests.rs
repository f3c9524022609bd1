use std::collections::BTreeSet;
use std::os::unix::ffi::OsStringExt as _;

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::manifest::Product;
use zeroize::Zeroizing;

use super::*;
use crate::capture::Limits;

fn request(argv: &[&str]) -> Request {
    Request {
        profile: "default".into(),
        argv: argv.iter().map(Into::into).collect(),
        env: BTreeMap::new(),
        secret_env: BTreeMap::new(),
        client_info: Product { name: "mcpsign".into(), version: "0".into() },
        client_capabilities: Json::from(Object::new()),
        protocol: crate::capture::Protocol::Auto,
        paths: RecordedPaths { artifact: Some("/home/ann/pkg".into()), home: Some("/home/ann".into()) },
        stage: "/proc/self/exe".into(),
        confinement: crate::launch::Confinement::default(),
        limits: Limits::default(),
        allow: BTreeSet::new(),
    }
}

fn plan(request: &Request) -> Plan {
    Plan::new(request).unwrap_or_else(|error| panic!("{error:?}"))
}

fn refused(request: &Request) -> String {
    match Plan::new(request) {
        Err(CaptureError::Command(error)) => error.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn the_recorded_form_has_placeholders_and_the_started_one_has_none() {
    let mut request = request(&[
        "/bin/sh",
        "{artifact}/a.js",
        "/home/ann/x",
        "--in={work}/d",
        "{secret:KEY}",
        "{\"a\":{}}",
    ]);
    request.env.insert("DATA".into(), "{work}/data:/home/ann/pkg/data".into());
    request.secret_env.insert("KEY".into(), Zeroizing::new("s3{work}".into()));
    let plan = plan(&request);
    let recorded = plan.recorded();
    assert_eq!(
        recorded.argv,
        ["/bin/sh", "{artifact}/a.js", "{home}/x", "--in={work}/d", "{secret:KEY}", "{\"a\":{}}"]
    );
    assert_eq!(recorded.env["DATA"], "{work}/data:{artifact}/data");
    assert_eq!(recorded.secret_env, ["KEY"]);

    let work = plan.folders.work();
    let work = work.to_str().expect("UTF-8");
    assert_eq!(plan.program, Path::new("/bin/sh"));
    assert_eq!(
        plan.args,
        ["/home/ann/pkg/a.js", "/home/ann/x", &format!("--in={work}/d"), "s3{work}", "{\"a\":{}}"],
        "a secret is put in as it is"
    );
    assert_eq!(plan.env[OsStr::new("DATA")], OsString::from(format!("{work}/data:/home/ann/pkg/data")));
    assert_eq!(plan.env[OsStr::new("KEY")], "s3{work}");
}

#[test]
fn the_environment_is_ours_alone() {
    let plan = plan(&request(&["/bin/sh"]));
    let names: Vec<&str> = plan.env.keys().map(|name| name.to_str().expect("UTF-8")).collect();
    assert_eq!(
        names,
        [
            "HOME",
            "LANG",
            "PATH",
            "TMPDIR",
            "TZ",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_RUNTIME_DIR",
            "XDG_STATE_HOME"
        ]
    );
    assert_eq!(plan.env[OsStr::new("PATH")], OsString::from(format!("/bin:{SYSTEM_PATH}")));
    assert_eq!(
        (&plan.env[OsStr::new("TZ")], &plan.env[OsStr::new("LANG")]),
        (&"UTC".into(), &"C.UTF-8".into())
    );
    assert_eq!(
        plan.recorded().env,
        BTreeMap::from([("LANG", "C.UTF-8"), ("TZ", "UTC")].map(|(n, v)| (n.into(), v.into())))
    );
}

#[test]
fn defaults_give_way_to_the_profile_and_to_secrets() {
    let mut request = request(&["/bin/sh"]);
    request.env.insert("TZ".into(), "Asia/Tokyo".into());
    request.secret_env.insert("LANG".into(), Zeroizing::new("de_DE".into()));
    let plan = plan(&request);
    assert_eq!(plan.env[OsStr::new("TZ")], "Asia/Tokyo");
    assert_eq!(plan.recorded().env, BTreeMap::from([("TZ".to_owned(), "Asia/Tokyo".to_owned())]));
}

#[test]
fn programs_are_found_by_us_and_runtimes_recorded_by_name() {
    let by_name = plan(&request(&["sh", "-c", "x"]));
    assert!(by_name.program.is_absolute() && by_name.program.ends_with("sh"));
    assert_eq!(by_name.recorded().argv[0], "sh");

    let folder = tempfile::tempdir().expect("a folder");
    let node = folder.path().join("node");
    std::fs::copy("/bin/sh", &node).expect("copied");
    let text = node.to_str().expect("UTF-8").to_owned();
    assert_eq!(plan(&request(&[&text])).recorded().argv, ["{runtime:node}"]);
    let mut inside = request(&[&text]);
    inside.paths.artifact = Some(folder.path().into());
    assert_eq!(plan(&inside).recorded().argv, ["{artifact}/node"], "the artifact's own is no runtime");
    assert!(refused(&request(&["{runtime:no-such-runtime}"])).contains("not found"));
}

#[test]
fn what_cannot_be_started_is_said() {
    let data = tempfile::NamedTempFile::new().expect("a file");
    let data = data.path().to_str().expect("UTF-8").to_owned();
    for (argv, said) in [
        (&[][..], "the command line is empty"),
        (&[""], "the command line is empty"),
        (&["no-such-program-anywhere"], "`no-such-program-anywhere` is not found"),
        (&["./no-such-program"], "`./no-such-program` is not found"),
        (&["/"], "/ is not an executable file"),
        (&[data.as_str()], &format!("{data} is not an executable file")),
        (&["/bin/sh", "{secret:NONE}"], "`{secret:NONE}` stands for nothing here"),
    ] {
        assert_eq!(refused(&request(argv)), said);
    }
    let mut broken = request(&["/bin/sh"]);
    broken.argv.push(OsString::from_vec(vec![b'a', 0xff]));
    assert_eq!(refused(&broken), "`a\u{fffd}` is not UTF-8");
}

#[test]
fn variables_are_checked_before_anything_is_made() {
    for (name, value) in [("", "x"), ("A=B", "x"), ("A", "x\0y")] {
        let mut request = request(&["/bin/sh"]);
        request.env.insert(name.into(), value.into());
        assert!(refused(&request).contains("cannot be set"), "{name:?}");
    }
    let mut twice = request(&["/bin/sh"]);
    twice.env.insert("A".into(), "x".into());
    twice.secret_env.insert("A".into(), Zeroizing::new("y".into()));
    assert!(refused(&twice).contains("given twice"));
}
