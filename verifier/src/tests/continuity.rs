//! Rules that compare with earlier releases.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::{Code, evidence, freshness};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{Inventory, KnownGap, Location, Means, Package};
use mcpsign_schemas::manifest::{Binding, Kind, StatementBinding};
use mcpsign_schemas::policy::{Match, TimeRequirement};
use mcpsign_schemas::report::ReportDocument;
use mcpsign_schemas::statement::predicate_type::{CYCLONEDX, SLSA_PROVENANCE};

use super::sboms::with_unread;
use super::{Case, has, not_asked};
use crate::policy::Policy;
use crate::testing::{Key, Release, json, profile, provenance, statement, subject, tool};
use crate::{Got, SignedFile, Verdict};

/// The release `version`, with these tools and these dependencies.
fn release(version: &str, tools: &[Json], dependencies: &[&str]) -> Release {
    let mut release = Release::honest();
    release.artifact = format!("the bytes of notes-mcp {version}").into_bytes();
    let digest = Sha256Digest::of(&release.artifact);
    let purl = format!("pkg:npm/%40acme/notes-mcp@{version}");
    release.subjects = vec![subject(&format!("notes-mcp-{version}.tgz"), &release.artifact)];
    release.manifest.packages[0].purl.clone_from(&purl);
    release.manifest.packages[0].subject = digest;
    let (profile, items) = profile("default", digest, tools);
    release.manifest.profiles = vec![profile];
    release.manifest.items = items;
    let components: Vec<String> = dependencies
        .iter()
        .map(|name| format!(r#"{{"type":"library","name":"{name}","purl":"pkg:npm/{name}@1.0.0"}}"#))
        .collect();
    release.sbom = json(&format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"component":{{"type":"application","bom-ref":"root","name":"notes-mcp","purl":"{purl}"}}}},"components":[{}]}}"#,
        components.join(",")
    ));
    release.bind();
    release
}

fn plain(version: &str) -> Release {
    release(version, &[tool("read_note", "Reads a note.")], &["left-pad"])
}

/// The same release as a wheel too, and the wheel's bytes.
fn with_wheel(version: &str) -> (Release, Vec<u8>) {
    let mut release = plain(version);
    let wheel = format!("the wheel {version}").into_bytes();
    release.subjects.push(subject("notes_mcp.whl", &wheel));
    let mut package = release.manifest.packages[0].clone();
    package.subject = Sha256Digest::of(&wheel);
    package.purl = format!("pkg:pypi/notes-mcp@{version}");
    release.manifest.packages.push(package);
    (release, wheel)
}

struct Parties {
    acme: Key,
    other: Key,
    stranger: Key,
}

impl Parties {
    fn new() -> Self {
        Self { acme: Key::generate(), other: Key::generate(), stranger: Key::generate() }
    }

    /// `release`, signed by `key`, under a policy with these members of `continuity`.
    fn case(&self, key: &Key, release: &Release, continuity: &str) -> Case {
        let mut case = Case::of(key, release);
        case.measured.subject.identity.clear();
        case.policy = self.policy(continuity);
        case
    }

    /// Two publishers whom the rule names, each a signer of its own.
    fn policy(&self, continuity: &str) -> Policy {
        let key = |name: &str, key: &Key| {
            format!(r#"{{"name":"{name}","publicKey":{:?},"time":"allow-unverified"}}"#, key.pem())
        };
        let signer = |name: &str| {
            format!(
                r#"{{"name":"{name}","key":"{name}","kinds":["publisher","observer"],"predicates":["https://mcpsign.dev/tool-manifest/v1","https://cyclonedx.org/bom","{SLSA_PROVENANCE}"]}}"#
            )
        };
        let text = format!(
            r#"{{"schema":"mcpsign.dev/policy/v1","name":"acme","keys":[{},{}],"signers":[{},{}],
            "rules":[{{"name":"all","match":"any-server","signers":["acme","other"],"require":{{
              "predicates":["https://mcpsign.dev/tool-manifest/v1"],
              "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
              "sbom":"not-required","continuity":{{{continuity}}}}}}}]}}"#,
            key("acme", &self.acme),
            key("other", &self.other),
            signer("acme"),
            signer("other"),
        );
        Policy::load(text.as_bytes(), "policy.json").unwrap()
    }
}

fn file(source: &str, lines: Vec<Vec<u8>>) -> SignedFile {
    SignedFile { source: source.into(), lines: (1..).zip(lines).collect() }
}

fn with_provenance(release: &Release, key: &Key) -> Vec<Vec<u8>> {
    let mut lines = release.lines(key);
    lines.push(key.bundle(&statement(release.subjects.clone(), SLSA_PROVENANCE, provenance())));
    lines
}

fn remember(case: &mut Case, files: Vec<SignedFile>) {
    case.measured.history = Got::Some(files.into());
}

/// What comes of one rule at each severity: `deny` denies with the code, `note` says it and allows.
#[track_caller]
fn flips(parties: &Parties, rule: &str, code: Code, make: impl Fn(&Parties, &str) -> Case) {
    let with = |severity: &str| make(parties, &format!(r#""firstSeen":"allow","{rule}":"{severity}""#));
    with("deny").denied(code);
    let noted: ReportDocument = with("note").allowed();
    assert!(has(&noted.findings, code), "{rule}: {:?}", noted.findings);
    // What is known is not said to be unknown.
    let rollback = noted.findings.iter().find(|one| one.code == freshness::NO_ROLLBACK_PROTECTION);
    assert!(
        rollback.is_none_or(|said| said.message.contains("compared with the earlier ones")),
        "{rollback:?}"
    );
    // Another rule does not look at it.
    let other = if rule == "signerChanged" { "versionBack" } else { "signerChanged" };
    let report = make(parties, &format!(r#""firstSeen":"allow","{other}":"note""#)).allowed();
    assert!(!has(&report.findings, code), "{rule}");
}

#[test]
fn a_release_that_goes_on_passes_every_rule() {
    let parties = Parties::new();
    let all = r#""firstSeen":"deny","signerChanged":"deny","ownerChanged":"deny","provenanceGone":"deny","versionBack":"deny","newDependency":"deny","newInstallScript":"deny","toolsChanged":"deny","hintsChanged":"deny""#;
    let mut case = parties.case(&parties.acme, &plain("1.4.1"), all);
    case.measured.subject.contents = Got::Some(Inventory::default());
    remember(&mut case, vec![file("1.4.0", plain("1.4.0").lines(&parties.acme))]);
    let report = case.allowed();
    // An older release would not pass: there is no need to say so.
    assert!(!has(&report.findings, freshness::NO_ROLLBACK_PROTECTION));
    // The very same release passes as well.
    remember(&mut case, vec![file("1.4.1", plain("1.4.1").lines(&parties.acme))]);
    case.allowed();
}

#[test]
fn i16_another_signer_is_a_change() {
    flips(&Parties::new(), "signerChanged", freshness::SIGNER_CHANGED, |parties, continuity| {
        let mut case = parties.case(&parties.other, &plain("1.4.1"), continuity);
        remember(&mut case, vec![file("1.4.0", plain("1.4.0").lines(&parties.acme))]);
        case
    });
}

/// A publisher goes on from a publisher, whatever an observer signed besides; nobody from the observer alone.
#[test]
fn i16_an_observer_beside_the_publisher_is_no_change() {
    let parties = Parties::new();
    let observed = |version: &str| {
        let mut release = plain(version);
        release.manifest.kind = Kind::Observer;
        release.manifest.profiles[0].launch.binding = Binding::Installed;
        parties.other.bundle(&release.manifest_payload())
    };
    let mut case =
        parties.case(&parties.acme, &plain("1.4.1"), r#""firstSeen":"deny","signerChanged":"deny""#);
    let mut both = plain("1.4.0").lines(&parties.acme);
    both.push(observed("1.4.0"));
    remember(&mut case, vec![file("both", both.clone())]);
    case.allowed();
    case.lines.push(observed("1.4.1"));
    case.allowed();
    remember(&mut case, vec![file("both", both), file("observed", vec![observed("1.3.0")])]);
    case.lines.pop();
    case.denied(freshness::NOT_COMPARABLE);
}

/// Of two who sign each release, each goes on from what that one signed; that there are two is no change for ever.
#[test]
fn i16_each_of_two_publishers_goes_on_from_its_own() {
    let parties = Parties::new();
    let both = |version: &str| {
        let mut lines = plain(version).lines(&parties.acme);
        lines.push(parties.other.bundle(&plain(version).manifest_payload()));
        lines
    };
    let rule = r#""firstSeen":"deny","signerChanged":"deny","ownerChanged":"deny""#;
    let mut case = parties.case(&parties.acme, &plain("1.4.1"), rule);
    remember(&mut case, vec![file("1.4.0", both("1.4.0"))]);
    case.allowed();
    case.lines = both("1.4.1");
    case.allowed();
    // Another file, in which the other alone signed, is not one of both.
    let alone = file("1.3.0", vec![parties.other.bundle(&plain("1.3.0").manifest_payload())]);
    remember(&mut case, vec![file("1.4.0", both("1.4.0")), alone]);
    case.lines = plain("1.4.1").lines(&parties.acme);
    case.denied(freshness::SIGNER_CHANGED);
}

/// One manifest of a wheel and a tarball, each under a rule of its own.
#[test]
fn a_release_of_several_packages_is_remembered() {
    let parties = Parties::new();
    let held = |npm: &str| {
        let mut case = parties.case(
            &parties.acme,
            &with_wheel("1.4.1").0,
            r#""firstSeen":"deny","signerChanged":"deny","versionBack":"deny""#,
        );
        let mut document = case.policy.explain().clone();
        document.rules[0].applies_to = Match::Package(npm.into());
        document.rules[0].signers = vec!["acme".into()];
        let mut other = document.rules[0].clone();
        (other.name, other.applies_to) = ("wheels".into(), Match::Package("pkg:pypi/*".into()));
        other.signers = vec!["other".into()];
        document.rules.push(other);
        case.policy =
            Policy::load(&Json::from_serialize(&document).unwrap().to_canonical(), "policy.json").unwrap();
        case
    };
    let mut case = held("pkg:npm/%40acme/*");
    remember(&mut case, vec![file("1.4.0", with_wheel("1.4.0").0.lines(&parties.acme))]);
    case.allowed();
    remember(&mut case, vec![file("1.4.2", with_wheel("1.4.2").0.lines(&parties.acme))]);
    case.denied(freshness::VERSION_BACK);
    // Who speaks for the wheel alone says nothing of the tarball.
    remember(&mut case, vec![file("1.4.0", with_wheel("1.4.0").0.lines(&parties.other))]);
    case.undecided(evidence::HISTORY_UNUSABLE);
}

/// That a manifest is of another kind may be borne, and bears no other signer.
#[test]
fn i16_another_signer_is_a_change_whatever_the_kind() {
    let parties = Parties::new();
    let mut observed = plain("1.4.1");
    observed.manifest.kind = Kind::Observer;
    let by = |key: &Key| {
        let rule = r#""firstSeen":"allow","signerChanged":"deny""#;
        let mut case = parties.case(key, &observed, rule);
        remember(&mut case, vec![file("1.4.0", plain("1.4.0").lines(&parties.acme))]);
        case
    };
    let changed = by(&parties.other).denied(freshness::NOT_COMPARABLE);
    assert!(has(&changed.findings, freshness::SIGNER_CHANGED));
    let same = by(&parties.acme).denied(freshness::NOT_COMPARABLE);
    assert!(!has(&same.findings, freshness::SIGNER_CHANGED));
}

#[test]
fn i15_provenance_that_is_gone() {
    flips(&Parties::new(), "provenanceGone", freshness::PROVENANCE_GONE, |parties, continuity| {
        let mut case = parties.case(&parties.acme, &plain("1.4.1"), continuity);
        remember(&mut case, vec![file("1.4.0", with_provenance(&plain("1.4.0"), &parties.acme))]);
        case
    });
    // It is there, and that of another artifact is not.
    let parties = Parties::new();
    let mut case =
        parties.case(&parties.acme, &plain("1.4.1"), r#""firstSeen":"allow","provenanceGone":"deny""#);
    remember(&mut case, vec![file("1.4.0", with_provenance(&plain("1.4.0"), &parties.acme))]);
    case.lines = with_provenance(&plain("1.4.1"), &parties.acme);
    case.allowed();
    case.lines = plain("1.4.1").lines(&parties.acme);
    case.lines.push(with_provenance(&plain("1.4.0"), &parties.acme).pop().unwrap());
    case.denied(freshness::PROVENANCE_GONE);
    case.lines = plain("1.4.1").lines(&parties.acme);
    case.lines.push(with_provenance(&plain("1.4.1"), &parties.stranger).pop().unwrap());
    case.denied(freshness::PROVENANCE_GONE);
}

/// Provenance whose time the policy does not accept keeps nothing up.
#[test]
fn i15_provenance_without_a_time_is_none() {
    let parties = Parties::new();
    let rule = r#""firstSeen":"allow","provenanceGone":"deny""#;
    let mut case = parties.case(&parties.acme, &plain("1.4.1"), rule);
    remember(&mut case, vec![file("1.4.0", with_provenance(&plain("1.4.0"), &parties.acme))]);
    case.lines = plain("1.4.1").lines(&parties.acme);
    case.lines.push(with_provenance(&plain("1.4.1"), &parties.other).pop().unwrap());
    case.allowed();
    let mut document = case.policy.explain().clone();
    document.keys.as_mut().unwrap()[1].time = TimeRequirement::Require;
    case.policy =
        Policy::load(&Json::from_serialize(&document).unwrap().to_canonical(), "policy.json").unwrap();
    case.denied(freshness::PROVENANCE_GONE);
}

/// Images are called by their digests, and bundles may be called by no version: the server's own says which came first.
#[test]
fn b34_what_is_named_without_an_order_goes_by_the_server_s_version() {
    let parties = Parties::new();
    let named = |purl: &str, server: Option<&str>| {
        let mut release = plain(server.unwrap_or("none"));
        release.manifest.packages[0].purl = purl.into();
        release.manifest.server.version = server.map(str::to_owned);
        release
    };
    let image = |byte: &str| format!("pkg:oci/notes@sha256:{}", byte.repeat(32));
    for (now, before) in
        [(image("aa"), image("bb")), ("pkg:generic/notes".into(), "pkg:generic/notes".into())]
    {
        let of = |version: Option<&str>| {
            let mut case = parties.case(
                &parties.acme,
                &named(&now, version),
                r#""firstSeen":"allow","versionBack":"deny""#,
            );
            let earlier = named(&before, Some("1.9.0"));
            remember(&mut case, vec![file("1.9.0", earlier.lines(&parties.acme))]);
            case
        };
        of(Some("1.10.0")).allowed();
        of(Some("1.8.0")).denied(freshness::VERSION_BACK);
        of(Some("newest")).denied(freshness::NOT_COMPARABLE);
        of(None).denied(freshness::NOT_COMPARABLE);
    }
}

#[test]
fn b34_a_version_that_went_back() {
    let history = |parties: &Parties, case: &mut Case| {
        let older = file("1.3.0", plain("1.3.0").lines(&parties.acme));
        remember(case, vec![older, file("1.10.0", plain("1.10.0").lines(&parties.acme))]);
    };
    flips(&Parties::new(), "versionBack", freshness::VERSION_BACK, |parties, continuity| {
        // By the order of versions, not of texts.
        let mut case = parties.case(&parties.acme, &plain("1.9.0"), continuity);
        history(parties, &mut case);
        case
    });
    let parties = Parties::new();
    let mut case =
        parties.case(&parties.acme, &plain("1.10.1"), r#""firstSeen":"allow","versionBack":"deny""#);
    history(&parties, &mut case);
    case.allowed();
    // Without an order nobody can tell.
    let mut case = parties.case(&parties.acme, &plain("next"), r#""firstSeen":"allow","versionBack":"deny""#);
    history(&parties, &mut case);
    case.denied(freshness::NOT_COMPARABLE);
}

#[test]
fn i12_a_patch_release_with_a_new_dependency() {
    let more = |version: &str| {
        release(version, &[tool("read_note", "Reads a note.")], &["left-pad", "plain-crypto-js"])
    };
    flips(&Parties::new(), "newDependency", freshness::NEW_DEPENDENCY, |parties, continuity| {
        let mut case = parties.case(&parties.acme, &more("1.4.1"), continuity);
        remember(&mut case, vec![file("1.4.0", plain("1.4.0").lines(&parties.acme))]);
        case
    });
    let parties = Parties::new();
    let rule = r#""firstSeen":"allow","newDependency":"deny""#;
    let held = |now: &Release, before: SignedFile| {
        let mut case = parties.case(&parties.acme, now, rule);
        remember(&mut case, vec![before]);
        case
    };
    let before = || file("1.4.0", plain("1.4.0").lines(&parties.acme));
    // A minor release may need more, and a patch release less.
    held(&more("1.5.0"), before()).allowed();
    held(&release("1.4.1", &[tool("read_note", "Reads a note.")], &[]), before()).allowed();
    // Without SBOMs nothing can be compared.
    let mut case = held(&more("1.4.1"), before());
    case.lines.remove(0);
    case.denied(freshness::NOT_COMPARABLE);
    let without = file("1.4.0", vec![parties.acme.bundle(&plain("1.4.0").manifest_payload())]);
    held(&plain("1.4.1"), without).denied(freshness::NOT_COMPARABLE);
    // A component without a package could be any.
    let mut nameless = plain("1.4.1");
    nameless.sbom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":{"type":"application","name":"notes-mcp","purl":"pkg:npm/%40acme/notes-mcp@1.4.1"}},"components":[{"type":"library","name":"x"}]}"#,
    );
    nameless.bind();
    held(&nameless, before()).denied(freshness::NOT_COMPARABLE);
}

/// One more SBOM, which would be refused where one is required, does not speak for the one that the manifest binds.
#[test]
fn i12_an_sbom_that_nobody_binds_hides_no_dependency() {
    let parties = Parties::new();
    let now = release("1.4.1", &[tool("read_note", "Reads a note.")], &["left-pad", "plain-crypto-js"]);
    let held = |now: &Release, lines: Vec<Vec<u8>>| {
        let mut case = parties.case(&parties.acme, now, r#""firstSeen":"allow","newDependency":"deny""#);
        remember(&mut case, vec![file("1.4.0", plain("1.4.0").lines(&parties.acme))]);
        case.lines = lines;
        case
    };
    let mut unbound = now.clone();
    unbound.manifest.bindings = Default::default();
    let without = plain("1.4.1").sbom;
    let rootless = json(r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}"#);
    for ty in [CYCLONEDX, "https://cyclonedx.org/bom/v1.6"] {
        let one =
            |document: &Json| parties.acme.bundle(&statement(now.subjects.clone(), ty, document.clone()));
        for more in [one(&without), one(&rootless)] {
            held(&now, [now.lines(&parties.acme), vec![more]].concat()).denied(freshness::NEW_DEPENDENCY);
        }
        // Where none is bound, one that is about the artifact has to do.
        let manifest = || parties.acme.bundle(&unbound.manifest_payload());
        held(&unbound, vec![manifest(), one(&without)]).allowed();
        held(&unbound, vec![manifest(), one(&rootless)]).denied(freshness::NOT_COMPARABLE);
    }
}

/// axios: `plain-crypto-js` ran a script when it was installed, and nothing else of the release was new.
#[test]
fn i12_a_new_install_script() {
    let says = |version: &str, scripted: &[&str], root: bool| {
        let mut release = plain(version);
        let script = r#"[{"name":"mcpsign:installScript","value":"true"}]"#;
        let purl = format!("pkg:npm/%40acme/notes-mcp@{version}");
        let of_root = if root { format!(r#","properties":{script}"#) } else { String::new() };
        let components: Vec<String> = ["left-pad", "esbuild"]
            .iter()
            .map(|name| {
                let properties = if scripted.contains(name) { script } else { "[]" };
                format!(r#"{{"type":"library","name":"{name}","purl":"pkg:npm/{name}@1.0.0","properties":{properties}}}"#)
            })
            .collect();
        release.sbom = json(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"properties":[{{"name":"mcpsign:cataloger","value":"javascript/package-json complete"}}],"component":{{"type":"application","bom-ref":"root","name":"notes-mcp","purl":"{purl}"{of_root}}}}},"components":[{}]}}"#,
            components.join(",")
        ));
        release.bind();
        release
    };
    let holds = |scripted: &[(&str, &str)]| {
        let package = |(purl, name): &(&str, &str)| {
            let mut package = Package::new(*purl, *purl, *name);
            package.install_script = true;
            (package.id.clone(), package)
        };
        Got::Some(Inventory { packages: scripted.iter().map(package).collect(), ..Inventory::default() })
    };
    let parties = Parties::new();
    let rule = r#""firstSeen":"allow","newInstallScript":"deny""#;
    let held = |now: &Release, contents: Got<Inventory>, before: &Release| {
        let mut case = parties.case(&parties.acme, now, rule);
        case.measured.subject.contents = contents;
        remember(&mut case, vec![file("before", before.lines(&parties.acme))]);
        case
    };
    let (quiet, loud) = (|version: &str| says(version, &[], false), ["esbuild"]);
    let own = ("pkg:npm/%40acme/notes-mcp@1.5.0", "@acme/notes-mcp");
    held(&quiet("1.5.0"), holds(&[]), &quiet("1.4.0")).allowed();
    // By the SBOM of a dependency, by that of the release itself, and by the bytes whatever the SBOM says; in no patch release alone.
    let found = held(&says("1.5.0", &loud, false), holds(&[]), &quiet("1.4.0"));
    let report = found.denied(freshness::NEW_INSTALL_SCRIPT);
    assert_eq!(report.findings[0].found.as_deref(), Some("pkg:npm/esbuild"));
    held(&says("1.5.0", &[], true), holds(&[]), &quiet("1.4.0")).denied(freshness::NEW_INSTALL_SCRIPT);
    held(&quiet("1.5.0"), holds(&[own]), &quiet("1.4.0")).denied(freshness::NEW_INSTALL_SCRIPT);
    held(&quiet("1.5.0"), holds(&[("pkg:npm/x@1", "x")]), &quiet("1.4.0"))
        .denied(freshness::NEW_INSTALL_SCRIPT);
    // What the manifest does not bind says nothing of it.
    let mut quieter = held(&says("1.5.0", &loud, false), holds(&[]), &quiet("1.4.0"));
    let silent = quiet("1.5.0");
    let payload = statement(silent.subjects.clone(), "https://cyclonedx.org/bom/v1.6", silent.sbom);
    quieter.lines.push(parties.acme.bundle(&payload));
    quieter.denied(freshness::NEW_INSTALL_SCRIPT);
    // What ran before runs, in whatever version, and what runs no more is no change.
    held(&says("1.5.0", &loud, true), holds(&[own]), &says("1.4.0", &loud, true)).allowed();
    held(&quiet("1.5.0"), holds(&[]), &says("1.4.0", &loud, true)).allowed();
    flips(&parties, "newInstallScript", freshness::NEW_INSTALL_SCRIPT, |parties, continuity| {
        let mut case = parties.case(&parties.acme, &quiet("1.5.0"), continuity);
        case.measured.subject.contents = holds(&[own]);
        remember(&mut case, vec![file("1.4.0", quiet("1.4.0").lines(&parties.acme))]);
        case
    });
    // Who calls itself by the name of a package that ran before, in a folder of another name, is not that package.
    let bundled = |folder: &str| {
        let Got::Some(mut contents) = holds(&[("pkg:npm/esbuild@1.0.0", "esbuild")]) else { unreachable!() };
        let file = format!("node_modules/{folder}/package.json");
        let found = Location { file, ..Location::at("", Means::Installed) };
        for package in contents.packages.values_mut() {
            package.found.insert(found.clone());
        }
        held(&says("1.5.0", &loud, false), Got::Some(contents), &says("1.4.0", &loud, false))
    };
    bundled("esbuild").allowed();
    let report = bundled("left-pad/node_modules/helper").denied(freshness::NEW_INSTALL_SCRIPT);
    let found = report.findings[0].found.as_deref();
    assert_eq!(found, Some("pkg:npm/esbuild in a folder called `helper`"));
    // What cannot be known is no silence.
    for (path, reader) in [
        ("node_modules/x/package.json", "javascript/node-modules"),
        ("package.json", "javascript/package-json"),
        ("npm-shrinkwrap.json", "javascript/npm-shrinkwrap"),
        ("node_modules/x/Package.json", "javascript/other-case"),
    ] {
        let unread = |scripted: &[(&str, &str)]| match holds(scripted) {
            Got::Some(contents) => Got::Some(with_unread(contents, path, reader)),
            missing => missing,
        };
        held(&quiet("1.5.0"), unread(&[]), &quiet("1.4.0")).denied(freshness::NOT_COMPARABLE);
        held(&quiet("1.5.0"), unread(&[own]), &quiet("1.4.0")).denied(freshness::NEW_INSTALL_SCRIPT);
    }
    let too_much = KnownGap::unread(None, "too large");
    let nothing_kept = Got::Some(Inventory { gaps: vec![too_much], ..Inventory::default() });
    held(&quiet("1.5.0"), nothing_kept, &quiet("1.4.0")).denied(freshness::NOT_COMPARABLE);
    held(&quiet("1.5.0"), Got::Missing(not_asked()), &quiet("1.4.0")).denied(freshness::NOT_COMPARABLE);
    held(&says("1.5.0", &loud, false), holds(&[]), &plain("1.4.0")).denied(freshness::NOT_COMPARABLE);
    let mut without = held(&quiet("1.5.0"), holds(&[]), &quiet("1.4.0"));
    without.lines.remove(0);
    without.denied(freshness::NOT_COMPARABLE);
    without.measured.subject.contents = holds(&[own]);
    without.denied(freshness::NEW_INSTALL_SCRIPT);
    let mut silent = quiet("1.4.0");
    silent.manifest.bindings.sboms.clear();
    let lines = vec![parties.acme.bundle(&silent.manifest_payload())];
    let mut case = parties.case(&parties.acme, &quiet("1.5.0"), rule);
    case.measured.subject.contents = holds(&[]);
    remember(&mut case, vec![file("1.4.0", lines)]);
    case.denied(freshness::NOT_COMPARABLE);
}

/// What a wheel of the same release is made of says nothing of the tarball.
#[test]
fn i12_dependencies_are_compared_with_those_of_the_same_package() {
    let parties = Parties::new();
    let both = |version: &str| {
        let (mut release, wheel) = with_wheel(version);
        let sbom = json(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"component":{{"type":"application","name":"notes-mcp","purl":"pkg:pypi/notes-mcp@{version}"}}}},"components":[{{"type":"library","name":"mcp","purl":"pkg:pypi/mcp@1.0.0"}}]}}"#
        ));
        let of_wheel = statement(vec![subject("notes_mcp.whl", &wheel)], "https://cyclonedx.org/bom", sbom);
        release.manifest.bindings.statements.push(StatementBinding {
            predicate_type: "https://cyclonedx.org/bom".into(),
            payload: Sha256Digest::of(&of_wheel).into(),
        });
        let mut lines = release.lines(&parties.acme);
        lines.push(parties.acme.bundle(&of_wheel));
        (release, lines)
    };
    let (now, lines) = both("1.4.1");
    let mut case = parties.case(&parties.acme, &now, r#""firstSeen":"allow","newDependency":"deny""#);
    case.lines = lines;
    remember(&mut case, vec![file("1.4.0", both("1.4.0").1)]);
    case.allowed();
}

#[test]
fn i17_tools_and_hints_that_changed() {
    let hinted = |version: &str, hint: &str| {
        let tool = json(&format!(
            r#"{{"name":"read_note","annotations":{{"readOnlyHint":{hint}}},"inputSchema":{{"type":"object"}}}}"#
        ));
        release(version, &[tool], &[])
    };
    flips(&Parties::new(), "hintsChanged", freshness::HINTS_CHANGED, |parties, continuity| {
        let mut case = parties.case(&parties.acme, &hinted("1.4.1", "true"), continuity);
        remember(&mut case, vec![file("1.4.0", hinted("1.4.0", "false").lines(&parties.acme))]);
        case
    });
    for (now, before) in [(&["a"][..], &["a", "b"][..]), (&["a", "b"], &["a"]), (&["b"], &["a"])] {
        let tools = |names: &[&str]| names.iter().map(|name| tool(name, "Does it.")).collect::<Vec<_>>();
        flips(&Parties::new(), "toolsChanged", freshness::TOOLS_CHANGED, |parties, continuity| {
            let mut case = parties.case(&parties.acme, &release("1.4.1", &tools(now), &[]), continuity);
            remember(
                &mut case,
                vec![file("1.4.0", release("1.4.0", &tools(before), &[]).lines(&parties.acme))],
            );
            case
        });
    }
}

#[test]
fn i07_a_first_release_is_what_the_policy_makes_of_it() {
    let parties = Parties::new();
    let first = |first: &str, files: Vec<SignedFile>| {
        let continuity = format!(r#""firstSeen":"{first}","signerChanged":"deny""#);
        let mut case = parties.case(&parties.acme, &plain("1.4.1"), &continuity);
        remember(&mut case, files);
        case
    };
    let others = || {
        let mut other = plain("1.4.0");
        other.manifest.packages[0].purl = "pkg:npm/other@1.4.0".into();
        file("other", vec![parties.stranger.bundle(&other.manifest_payload())])
    };
    assert!(has(&first("allow", vec![]).allowed().findings, freshness::FIRST_SEEN));
    first("deny", vec![]).denied(freshness::FIRST_SEEN);
    // Evidence about other servers is about other servers, whoever signed it.
    first("deny", vec![others()]).denied(freshness::FIRST_SEEN);
    first("allow", vec![others()]).allowed();
    first("deny", vec![file("1.4.0", plain("1.4.0").lines(&parties.acme))]).allowed();
}

/// A file that should say what was accepted and does not is no reason to take this release for the first.
#[test]
fn history_that_does_not_hold_leaves_it_open() {
    let parties = Parties::new();
    let rule = r#""firstSeen":"allow","signerChanged":"deny""#;
    let mut case = parties.case(&parties.acme, &plain("1.4.1"), rule);
    case.undecided(evidence::NOT_LOOKED_AT);
    let mut broken = plain("1.4.0").lines(&parties.acme);
    let last = broken[1].len() - 30;
    broken[1][last] ^= 1;
    for files in [
        vec![file("garbage", vec![b"garbage".to_vec()])],
        vec![file("broken", broken)],
        // One that holds beside it does not make up for it.
        vec![file("1.3.0", plain("1.3.0").lines(&parties.acme)), file("garbage", vec![b"garbage".to_vec()])],
        // A line of the release that was changed.
        vec![file("changed", {
            let mut lines = plain("1.4.0").lines(&parties.acme);
            lines.push(parties.acme.envelope("application/vnd.in-toto+json", b"{}", &[vec![1; 70]]));
            lines
        })],
    ] {
        remember(&mut case, files);
        case.undecided(evidence::HISTORY_UNUSABLE);
    }
    // What was accepted was signed by somebody whom the policy does not name: that is a change, for a rule that asks.
    remember(&mut case, vec![file("stranger", plain("1.4.0").lines(&parties.stranger))]);
    case.denied(freshness::SIGNER_CHANGED);
    let mut other =
        parties.case(&parties.acme, &plain("1.4.1"), r#""firstSeen":"allow","versionBack":"deny""#);
    remember(&mut other, vec![file("stranger", plain("1.4.0").lines(&parties.stranger))]);
    other.undecided(evidence::HISTORY_UNUSABLE);
    // Somebody else's line in the file is somebody else's.
    let mut lines = plain("1.4.0").lines(&parties.acme);
    lines.extend(plain("1.4.0").lines(&parties.stranger));
    remember(&mut case, vec![file("both", lines)]);
    case.allowed();
    // Rules that only note say that they could not.
    let notes = r#""firstSeen":"allow","signerChanged":"note""#;
    let mut case = parties.case(&parties.acme, &plain("1.4.1"), notes);
    case.measured.history = Got::Missing(not_asked());
    assert!(has(&case.allowed().findings, evidence::NOT_LOOKED_AT));
    let mut case =
        parties.case(&parties.acme, &plain("1.4.1"), r#""firstSeen":"deny","signerChanged":"note""#);
    case.measured.history = Got::Missing(not_asked());
    case.undecided(evidence::NOT_LOOKED_AT);
}

/// What one file proves it proves beside another that proves nothing.
/// What was cut to nothing was somebody's evidence.
#[test]
fn b34_an_empty_file_hides_no_later_version() {
    let parties = Parties::new();
    let mut case =
        parties.case(&parties.acme, &plain("1.4.1"), r#""firstSeen":"allow","versionBack":"deny""#);
    remember(&mut case, vec![file("1.4.0", plain("1.4.0").lines(&parties.acme)), file("empty", Vec::new())]);
    case.undecided(evidence::HISTORY_UNUSABLE);
}

#[test]
fn b34_a_file_that_cannot_be_read_hides_no_later_version() {
    let parties = Parties::new();
    let newer = || plain("1.10.0").lines(&parties.acme);
    let garbage = || file("garbage", vec![b"garbage".to_vec()]);
    let changed = || parties.acme.envelope("application/vnd.in-toto+json", b"{}", &[vec![1; 70]]);
    for files in [
        vec![file("1.10.0", newer()), garbage()],
        vec![garbage(), file("1.10.0", newer())],
        vec![file("1.10.0", [newer(), vec![changed()]].concat())],
        vec![file("stranger", plain("1.8.0").lines(&parties.stranger)), file("1.10.0", newer())],
    ] {
        let mut case =
            parties.case(&parties.acme, &plain("1.9.0"), r#""firstSeen":"allow","versionBack":"deny""#);
        remember(&mut case, files);
        case.denied(freshness::VERSION_BACK);
    }
    // Nobody calls the first what may be in the file that cannot be read.
    let mut case =
        parties.case(&parties.acme, &plain("1.9.0"), r#""firstSeen":"allow","versionBack":"note""#);
    remember(&mut case, vec![garbage(), file("1.10.0", newer())]);
    let report = case.allowed();
    assert!(has(&report.findings, evidence::HISTORY_UNUSABLE), "{:?}", report.findings);
    assert!(has(&report.findings, freshness::VERSION_BACK), "{:?}", report.findings);
    remember(&mut case, vec![garbage()]);
    assert!(!has(&case.allowed().findings, freshness::FIRST_SEEN));
}

#[test]
fn i07_a_release_whose_age_nobody_proves_is_too_young() {
    let parties = Parties::new();
    let rule = |severity: &str| format!(r#""coolDown":{{"days":7,"severity":"{severity}"}}"#);
    parties.case(&parties.acme, &plain("1.4.1"), &rule("deny")).denied(freshness::COOL_DOWN);
    let noted = parties.case(&parties.acme, &plain("1.4.1"), &rule("note")).allowed();
    assert!(has(&noted.findings, freshness::COOL_DOWN));
}

/// One more file can take an allow away, and never a denial: but for the first of a server, which is what history is for.
#[test]
fn more_history_never_turns_a_denial_into_an_allow() {
    let parties = Parties::new();
    let all = r#""firstSeen":"allow","signerChanged":"deny","provenanceGone":"deny","versionBack":"deny","newDependency":"deny","toolsChanged":"deny","hintsChanged":"deny""#;
    let tools = |names: &[&str]| names.iter().map(|name| tool(name, "Does it.")).collect::<Vec<_>>();
    let pool = [
        file("a", plain("1.4.0").lines(&parties.acme)),
        file("b", plain("1.4.1").lines(&parties.other)),
        file("c", plain("1.5.0").lines(&parties.acme)),
        file("d", with_provenance(&plain("1.3.0"), &parties.acme)),
        file("e", release("1.4.0", &tools(&["x"]), &[]).lines(&parties.acme)),
        file("f", vec![b"garbage".to_vec()]),
    ];
    let releases = [plain("1.4.1"), release("1.4.2", &tools(&["x"]), &["a"]), plain("1.3.0")];
    for now in &releases {
        for chosen in 0..1_usize << pool.len() {
            let verdict = |chosen: usize| {
                let mut case = parties.case(&parties.acme, now, all);
                let files = pool.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
                remember(&mut case, files.map(|(_, file)| file.clone()).collect());
                matches!(case.verify().verdict(), Verdict::Allow(_))
            };
            if !verdict(chosen) {
                for more in 0..pool.len() {
                    assert!(!verdict(chosen | 1 << more), "{chosen:b} and {more}");
                }
            }
        }
    }
}
