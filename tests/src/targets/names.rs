//! What others call things: package URLs, ranges of versions, images, licences, the commands by which servers are started; and
//! whom a trust root trusts.

use mcpsign_advisories::vers::Vers;
use mcpsign_collect::commands;
use mcpsign_schemas::image::ImageReference;
use mcpsign_schemas::license;
use mcpsign_schemas::purl::Purl;
use mcpsign_verifier::SigstoreRoot;

/// A first byte says what the rest is.
pub(super) fn run(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match first {
        b'p' => purl(&text),
        b'v' => range(&text),
        b'i' => image(&text),
        b'l' => licence(&text),
        b'k' => drop(commands::read(&text.split('\n').collect::<Vec<_>>())),
        b'c' => configuration(rest),
        b't' => root(rest),
        _ => {}
    }
}

/// A package URL is written as it is read, and is its own package.
fn purl(text: &str) {
    let Ok(purl) = Purl::parse(text) else { return };
    let written = purl.to_string();
    let again = Purl::parse(&written).expect("what is written is read");
    assert_eq!(again.to_string(), written);
    assert!(purl.same_package(&again) && again.same_package(&purl), "{written}");
    assert!(purl.answers(&again) && purl.covers(&again), "{written}");
}

/// A package URL, a range and a version, one a line. Nothing lies in a range that is no version.
fn range(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let (package, range) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let version = lines.next().unwrap_or_default();
    let Ok(package) = Purl::parse(package) else { return };
    let Ok(vers) = Vers::parse(range, &package) else { return };
    let found = vers.contains(version);
    assert_eq!(found, Vers::parse(range, &package).expect("the same twice").contains(version));
    let every = Vers::parse(&format!("vers:{}/*", package.ty()), &package).expect("every version");
    assert_eq!(every.contains(version), found.map(|_| true), "{version}");
}

/// A reference is written as it is read, and its package URL is that of an image.
fn image(text: &str) {
    let Ok(image) = ImageReference::parse(text) else { return };
    let again = ImageReference::parse(&image.to_string()).expect("what is written is read");
    assert_eq!(again, image);
    let purl = image.purl(image.digest()).expect("a reference has a package URL");
    assert_eq!(purl.ty(), "oci");
    assert_eq!(
        Purl::parse(&purl.to_string()).expect("what is written is read").to_string(),
        purl.to_string()
    );
}

/// What is an expression is one when it is read again, and one licence is itself.
fn licence(text: &str) {
    if let Some(expression) = license::expression(text) {
        assert_eq!(license::expression(&expression).as_deref(), Some(&*expression), "it is what it is");
    }
    if let Some(one) = license::parse_one(text) {
        assert!(one.is(&one), "{text}");
    }
}

/// A client's configuration or a list of commands: read alike twice.
fn configuration(bytes: &[u8]) {
    let Ok(servers) = commands::servers(bytes) else { return };
    let again = commands::servers(bytes).expect("the same twice");
    assert_eq!(format!("{again:?}"), format!("{servers:?}"));
}

/// A trust root that is read is the one of these bytes.
fn root(bytes: &[u8]) {
    let Ok(root) = SigstoreRoot::from_json(bytes) else { return };
    assert_eq!(root.digest(), SigstoreRoot::from_json(bytes).expect("the same twice").digest());
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let digest = "0123456789abcdef".repeat(4);
    let texts = [
        ("purl-npm", "ppkg:npm/%40acme/notes-mcp@1.4.0?repository_url=https://registry.example#dist/a".to_owned()),
        ("purl-oci", format!("ppkg:oci/notes@sha256:{digest}?repository_url=registry.example/acme/notes&tag=1")),
        ("purl-deb", "ppkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&epoch=1".to_owned()),
        ("purl-golang", "ppkg:golang/x.example/Acme/a/v2@v2.0.0+incompatible".to_owned()),
        ("vers-npm", "vpkg:npm/a\nvers:npm/>=1.0.0-rc.1|<1.4.1|!=1.2.0\n1.3.0".to_owned()),
        ("vers-pypi", "vpkg:pypi/a\nvers:pypi/1.0|>=2.0.post1|<3\n2.5".to_owned()),
        ("image", format!("iregistry.example:5000/acme/notes:1.4@sha256:{digest}")),
        ("image-v6", "i[::1]:5000/notes".to_owned()),
        ("licence", "l(MIT OR Apache-2.0 WITH LLVM-exception) AND GPL-2.0-or-later".to_owned()),
        ("command-npx", "knpx\n-y\n--package=@acme/notes-mcp@1.4.0\nnotes\n--root\n.".to_owned()),
        ("command-docker", "kdocker\nrun\n-i\n--rm\n-v\n/a:/b\nregistry.example/acme/notes:1\nserve".to_owned()),
        ("command-uvx", "kuvx\n--from\na[x]==1.0\n--with\nb\na-mcp".to_owned()),
        (
            "client-json",
            r#"c{"mcpServers":{"a":{"command":"npx","args":["-y","a@1"]},"b":{"url":"https://x.example/mcp"}}}"#.to_owned(),
        ),
        ("client-toml", "c[mcp_servers.a]\ncommand = \"uvx\"\nargs = [\"a==1\"]\n".to_owned()),
        ("client-yaml", "cextensions:\n  a:\n    type: stdio\n    cmd: npx\n    args: [a@1]\n".to_owned()),
        ("client-list", "cnpx -y a@1 \"b c\" # a\nenv X=1 uvx b\nsh -c 'npx a'\n".to_owned()),
    ];
    let trust = include_bytes!("../../vectors/verify_keyless/trusted_root.json");
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes()));
    texts.chain([("trust-root".to_owned(), [b"t", &trust[..]].concat())]).collect()
}
