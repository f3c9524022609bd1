//! Remote servers as what is verified.

use mcpsign_schemas::code;
use mcpsign_schemas::digest::MeasuredDigests;
use mcpsign_schemas::endpoint::{Endpoint, PlainHttp};
use mcpsign_schemas::manifest::{Binding, Transport};
use mcpsign_schemas::statement::Subject;

use super::{Case, has, measured, trusted};
use crate::measured::{Form, Got, Measured, MeasuredArtifact, SignedFile};
use crate::policy::{FlagSigner, FlagsPolicy, History, Policy};
use crate::testing::{Key, Release};
use crate::trust::TimePolicy;

fn endpoint(address: &str) -> Endpoint {
    Endpoint::parse(address, PlainHttp::Never).unwrap()
}

/// What an honest run over `address` signs.
fn release(address: &Endpoint) -> Release {
    let mut release = Release::honest();
    release.artifact = address.as_str().as_bytes().to_vec();
    release.subjects = vec![address.subject()];
    release.manifest.packages = Vec::new();
    release.manifest.bindings = Default::default();
    let profile = &mut release.manifest.profiles[0];
    profile.subject = Some(address.digest());
    profile.launch.binding = Binding::Endpoint;
    profile.launch.transport = Transport::StreamableHttp;
    profile.launch.argv = Vec::new();
    profile.launch.url = Some(address.as_str().to_owned());
    release
}

#[test]
fn what_an_address_shows_says_nothing_of_a_file() {
    let (key, address) = (Key::generate(), endpoint("https://mcp.acme.example/mcp"));
    let (remote, mut both) = (release(&address), Release::honest());
    both.subjects.extend(remote.subjects);
    both.manifest.profiles = remote.manifest.profiles;
    let document = Case::of(&key, &both).allowed();
    assert!(has(&document.findings, code::manifest::BINDING_UNPROVEN), "{:?}", document.findings);
}

fn asked(address: &Endpoint) -> Measured {
    Measured {
        subject: MeasuredArtifact {
            reference: address.as_str().to_owned(),
            name: address.as_str().to_owned(),
            form: Form::Endpoint,
            digests: MeasuredDigests { sha256: address.digest(), sha512: None },
            identity: Vec::new(),
            asked: None,
            contents: Got::not_asked(),
        },
        ..measured(&Release::honest())
    }
}

/// The manifest's line alone: of an endpoint there is no SBOM.
fn case(release: &Release, measured: Measured) -> Case {
    let key = Key::generate();
    let mut case = Case::of(&key, release);
    case.lines = vec![key.bundle(&release.manifest_payload())];
    case.measured = measured;
    case
}

#[test]
fn an_endpoint_is_meant_by_its_address_and_form_alone() {
    let (here, there) = (endpoint("https://acme.example/mcp"), endpoint("https://acme.example/mcp/"));
    case(&release(&here), asked(&here)).allowed();
    case(&release(&here), asked(&there)).denied(code::subject::DIGEST_MISMATCH);

    // The same bytes as a file, and a file's subject for the endpoint.
    let mut file = asked(&here);
    file.subject.form = Form::File;
    case(&release(&here), file).denied(code::subject::FORM_MISMATCH);
    let mut as_file = release(&here);
    let subject = Subject { media_type: None, ..here.subject() };
    as_file.subjects = vec![subject];
    case(&as_file, asked(&here)).denied(code::subject::FORM_MISMATCH);
}

#[test]
fn a_profile_of_an_endpoint_asked_that_very_address() {
    let here = endpoint("https://acme.example/mcp");
    let mut elsewhere = release(&here);
    elsewhere.manifest.profiles[0].launch.url = Some("https://evil.example/mcp".into());
    case(&elsewhere, asked(&here)).denied(code::manifest::MALFORMED);
    let mut nowhere = release(&here);
    nowhere.manifest.profiles[0].launch.url = None;
    case(&nowhere, asked(&here)).denied(code::manifest::MALFORMED);
    // Of a file, no profile is bound by an address.
    let mut of_file = Release::honest();
    of_file.manifest.profiles[0].launch.binding = Binding::Endpoint;
    Case::of(&Key::generate(), &of_file).denied(code::manifest::MALFORMED);
}

/// Of an endpoint nothing is unpacked, and what is reached at an address is no file.
#[test]
fn b24_no_address_is_bound_as_a_file_is() {
    let here = endpoint("https://acme.example/mcp");
    for binding in [Binding::Unpacked, Binding::Installed] {
        let mut remote = release(&here);
        remote.manifest.profiles[0].launch.binding = binding;
        case(&remote, asked(&here)).denied(code::manifest::MALFORMED);
        // As if something had been started, too.
        let launch = &mut remote.manifest.profiles[0].launch;
        launch.transport = Transport::Stdio;
        launch.argv = vec!["{artifact}/server".into()];
        launch.url = None;
        case(&remote, asked(&here)).denied(code::manifest::MALFORMED);
    }
    let mut by_word = release(&here);
    by_word.manifest.profiles[0].launch.binding = Binding::Command;
    case(&by_word, asked(&here)).allowed();

    for argv in [Vec::new(), vec!["{artifact}/server".into()]] {
        let mut of_file = Release::honest();
        let launch = &mut of_file.manifest.profiles[0].launch;
        launch.transport = Transport::StreamableHttp;
        launch.url = Some("https://evil.example/mcp".into());
        launch.argv = argv;
        Case::of(&Key::generate(), &of_file).denied(code::manifest::MALFORMED);
    }
}

/// It is the same server, by its address, before and after it has a name.
#[test]
fn a_remote_server_may_start_to_name_a_package() {
    let here = endpoint("https://acme.example/mcp");
    let nameless = release(&here);
    let mut named = release(&here);
    named.manifest.packages = Release::honest().manifest.packages;
    named.manifest.packages[0].subject = here.digest();
    let key = Key::generate();
    for (before, now) in [(&nameless, &named), (&named, &nameless), (&named, &named)] {
        let mut case = case(now, asked(&here));
        case.lines = vec![key.bundle(&now.manifest_payload())];
        let signer = FlagSigner::Key(trusted(&key, TimePolicy::AllowUnverified));
        case.policy =
            Policy::flags(FlagsPolicy { history: History::Given, ..FlagsPolicy::of(signer) }).unwrap();
        let lines = vec![(1, key.bundle(&before.manifest_payload()))];
        case.measured.history = Got::Some([SignedFile { source: "before".into(), lines }].into());
        let report = case.allowed();
        assert!(!has(&report.findings, code::freshness::FIRST_SEEN), "{:?}", report.findings);
        // An older one comes out the same where nothing has a version.
        let held = [before, now].iter().all(|release| !release.manifest.packages.is_empty());
        let said = report.findings.iter().find(|one| one.code == code::freshness::NO_ROLLBACK_PROTECTION);
        assert_eq!(said.is_none(), held);
        assert!(
            said.is_none_or(|said| said.message.starts_with("a remote server has no version")),
            "{said:?}"
        );
    }
}
