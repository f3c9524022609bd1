//! What a file means, and where it is wrong.

use super::*;

const WHOLE: &str = r#"
key = "release.key"

[server]
command = ["node", "{artifact}/dist/index.js", "{work}"]
env = { MODE = "ro" }
secret-env = ["API_TOKEN"]
network = "host"
sandbox = "required"
client-capabilities = { roots = {} }
valid-for = 365

[[profile]]
name = "default"

[[profile]]
name = "with-caps"
args = ["--caps"]
env = { MODE = "rw", LEVEL = "2" }
client-capabilities = { sampling = {}, elicitation = { form = true } }
protocol = "legacy"

[output]
evidence = "release.jsonl"

[[package]]
path = "./packages/a/"
server = { command = ["a"] }

[[package]]
path = "packages/b"
image = "registry.example/acme/b:1.4.0"
"#;

fn wrong(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn profiles_say_what_differs_from_the_server() {
    let config = parse(WHOLE.as_bytes()).unwrap();
    assert_eq!(config.key.as_deref(), Some(Path::new("release.key")));
    assert_eq!(config.evidence.as_deref(), Some(Path::new("release.jsonl")));
    assert_eq!(config.valid_for, Some(365));
    let settings = &config.settings;
    assert_eq!(
        (settings.sandbox, settings.network),
        (Some(SandboxChoice::Required), Some(NetworkChoice::Host))
    );
    let [default, caps] = settings.profiles.as_slice() else { panic!("{settings:?}") };
    assert_eq!((default.name.as_str(), caps.name.as_str()), ("default", "with-caps"));
    assert_eq!(default.command, caps.command);
    assert_eq!(default.env["MODE"], "ro");
    assert_eq!((caps.env["MODE"].as_str(), caps.env["LEVEL"].as_str()), ("rw", "2"));
    assert_eq!(caps.secret_env, ["API_TOKEN"]);
    let declared = |profile: &Profile| String::from_utf8(profile.client_capabilities.to_canonical()).unwrap();
    assert_eq!(declared(default), r#"{"roots":{}}"#);
    assert_eq!(declared(caps), r#"{"elicitation":{"form":true},"sampling":{}}"#);
    assert_eq!((default.protocol, caps.protocol), (None, Some(ProtocolChoice::Legacy)));
    let paths: Vec<_> = config.packages.iter().map(|package| package.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["packages/a", "packages/b"]);
    assert_eq!(config.packages[0].settings.profiles[0].command.as_deref(), Some(&["a".to_owned()][..]));
    assert_eq!(config.packages[1].settings.profiles[0].env["MODE"], "ro");
    let images = [&config.settings, &config.packages[0].settings, &config.packages[1].settings];
    let images = images.map(|settings| settings.image.as_ref().map(ToString::to_string));
    assert_eq!(images, [None, None, Some("registry.example/acme/b:1.4.0".into())]);
    let alone = parse(b"image = \"registry.example/acme/a\"\n").unwrap();
    assert_eq!(alone.settings.image.unwrap().repository(), "registry.example/acme/a");
}

#[test]
fn keyless_is_said_in_place_of_a_key() {
    assert!(parse(b"keyless = true\n").unwrap().keyless);
    assert!(!parse(b"key = \"k\"\nkeyless = false\n").unwrap().keyless);
}

#[test]
fn an_empty_file_and_none_say_the_same() {
    assert_eq!(parse(b"").unwrap(), Config::nothing_said());
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load(folder.path()).unwrap(), Config::nothing_said());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, at) in [
        ("[server]\ncomand = [\"a\"]\n", "mcpsign.toml:2:1: unknown field `comand`"),
        ("[sever]\n", "mcpsign.toml:1:2: unknown field `sever`"),
        ("[server]\ncommand = \"node x\"\n", "mcpsign.toml:2:11: "),
        ("[server]\ncommand = []\n", "mcpsign.toml:2:11: `command` is a program"),
        ("[server]\nsandbox = \"yes\"\n", "mcpsign.toml:2:11: unknown variant `yes`"),
        ("[server]\nenv = { \"A B\" = \"\" }\n", "mcpsign.toml:2:9: no name of a variable"),
        ("[server]\nsecret-env = [\"A\", \"1\"]\n", "mcpsign.toml:2:20: no name of a variable"),
        ("[server]\nvalid-for = 0\n", "mcpsign.toml:2:13: `valid-for` is a number of days"),
        ("[server]\nclient-capabilities = { a = 2026-11-22 }\n", "mcpsign.toml:2:23: `client-capabilities`"),
        ("[[profile]]\nargs = []\n", "missing field `name`"),
        ("[[profile]]\nname = \"a b\"\n", "mcpsign.toml:2:8: `name` is up to 64"),
        ("[[profile]]\nname = \"a\"\n[[profile]]\nname = \"a\"\n", "mcpsign.toml:4:8: two profiles"),
        ("[[package]]\npath = \"../a\"\n", "mcpsign.toml:2:8: `path` is a folder below"),
        ("[[package]]\npath = \"/a\"\n", "mcpsign.toml:2:8: `path` is a folder below"),
        ("[[package]]\npath = \"a\"\n[[package]]\npath = \"./a\"\n", "mcpsign.toml:4:8: two packages"),
        ("image = \"acme/notes\"\n", "mcpsign.toml:1:9: `image`: `acme/notes` does not say which host"),
        ("image = \"registry.example/Acme\"\n", "mcpsign.toml:1:9: `image`: no repository of images"),
        ("image = \"r.example/a\"\n[[package]]\npath = \"a\"\n", "mcpsign.toml:1:9: `image` is that of one"),
        ("key = \"k\"\nkeyless = true\n", "mcpsign.toml:2:11: `keyless` and `key` exclude"),
        ("keyless = \"yes\"\n", "mcpsign.toml:1:11: "),
        ("trust-config = \"x\"\n", "mcpsign.toml:1:1: unknown field `trust-config`"),
        ("a = 1\na = 2\n", "mcpsign.toml:2:1: "),
        ("[server\n", "mcpsign.toml:1:"),
        ("x = \"\u{202e}\"\n\u{1b}", "mcpsign.toml:"),
    ] {
        let wrong = wrong(text);
        assert!(wrong.contains(at), "{text:?}: {wrong}");
        assert!(!wrong.contains(['\u{202e}', '\u{1b}']), "{wrong:?}");
    }
    assert_eq!(parse(b"\xff").unwrap_err(), error::ConfigError::NotUtf8);
}
