use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::*;
use crate::testing::{Asked, Server, answer, little_patience, patience, silent};
use crate::token::tests::encoded;

/// An issuer that gives tokens as scripted; `{issuer}` in a document stands for its own address.
fn issuer(device: &'static str, tokens: impl Fn(&Asked, usize) -> Vec<u8> + Send + 'static) -> Server {
    let times = Mutex::new(0);
    Server::start(move |asked| {
        let host = asked
            .headers
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
        let own = format!("http://{}/login", host.unwrap());
        match asked.what.as_str() {
            "GET /login/.well-known/openid-configuration" => answer(
                "200 OK",
                "",
                &format!(
                    r#"{{"issuer":"{own}","authorization_endpoint":"{own}/auth","token_endpoint":"{own}/token",
                    "device_authorization_endpoint":"{own}/device"}}"#
                ),
            ),
            "POST /login/device" => answer("200 OK", "", device),
            "POST /login/token" => {
                let mut times = times.lock().unwrap();
                *times += 1;
                tokens(asked, *times)
            }
            _ => answer("404 Not Found", "", ""),
        }
    })
}

fn who(server: &Server) -> Login {
    Login { issuer: server.at("/login"), client_id: "sigstore".into() }
}

const DEVICE: &str = r#"{"device_code":"DEVICE","user_code":"ABCD-EFGH","verification_uri":"https://issuer.example/device",
    "expires_in":300,"interval":1}"#;

fn token(nonce: &str) -> String {
    let claims = format!(
        r#"{{"iss":"https://issuer.example","sub":"s","aud":"sigstore","exp":1800000300,"nonce":"{nonce}"}}"#
    );
    format!(r#"{{"access_token":"x","id_token":"{}"}}"#, encoded(&claims))
}

fn pending(error: &str) -> Vec<u8> {
    answer("400 Bad Request", "", &format!(r#"{{"error":"{error}"}}"#))
}

/// Keeps what it was told; as a browser, goes there and comes back with a code.
#[derive(Default)]
struct Person {
    told: Arc<Mutex<Vec<String>>>,
}

impl Prompt for Person {
    fn visit(&mut self, address: &str) {
        self.told.lock().unwrap().push(address.to_owned());
        let url = Url::parse(address).unwrap();
        let field = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let back = Url::parse(&field("redirect_uri")).unwrap();
        let state = field("state");
        let port = back.port().unwrap();
        std::thread::spawn(move || {
            // A connection that is opened and not used, a question for something else (as browsers do), another's login.
            drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
            let foreign = "/auth/callback?code=EVIL&state=x".to_owned();
            for target in
                ["/favicon.ico".to_owned(), foreign, format!("/auth/callback?code=CODE&state={state}")]
            {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").unwrap();
                let mut page = String::new();
                let _ = stream.read_to_string(&mut page);
            }
        });
    }

    fn enter(&mut self, address: &str, code: &str) {
        self.told.lock().unwrap().push(format!("{address} {code}"));
    }
}

#[test]
fn a_code_is_typed_elsewhere_and_the_issuer_asked_until_it_was() {
    let server = issuer(DEVICE, |_, times| match times {
        1 => pending("authorization_pending"),
        _ => answer("200 OK", "", &token("")),
    });
    let mut person = Person::default();
    let found = who(&server).with_device(&mut person, patience()).unwrap();
    assert_eq!(found.issuer(), "https://issuer.example");
    assert_eq!(*person.told.lock().unwrap(), ["https://issuer.example/device ABCD-EFGH"]);
    let asked = server.asked();
    let last = &asked.last().unwrap().body;
    assert!(last.contains("device_code=DEVICE") && last.contains("client_id=sigstore"), "{last}");
    // The same proof that the login was begun with.
    let verifier = last.split("code_verifier=").nth(1).unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256Digest::of(verifier.as_bytes()).as_bytes());
    assert!(asked[1].body.contains(&format!("code_challenge={challenge}")), "{}", asked[1].body);
}

#[test]
fn a_login_that_is_refused_ends() {
    for (error, said) in [
        ("access_denied", "the issuer refused: access_denied"),
        ("expired_token", "nobody logged in"),
        ("inv\\u001balid", "the issuer refused: inv\\u{1b}alid"),
    ] {
        let server = issuer(DEVICE, move |_, _| pending(error));
        let refused = who(&server).with_device(&mut Person::default(), patience()).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn a_browser_comes_back_with_the_code_of_this_login() {
    let nonce = Arc::new(Mutex::new(String::new()));
    let told = Person::default().told;
    let (seen, from) = (nonce.clone(), told.clone());
    let server = issuer(DEVICE, move |_, _| {
        let address = from.lock().unwrap()[0].clone();
        let url = Url::parse(&address).unwrap();
        let own = url.query_pairs().find(|(key, _)| key == "nonce").unwrap().1.into_owned();
        seen.lock().unwrap().clone_from(&own);
        answer("200 OK", "", &token(&own))
    });
    let mut person = Person { told };
    who(&server).with_browser(&mut person, patience()).unwrap();
    let last = server.asked().last().unwrap().body.clone();
    assert!(last.contains("code=CODE") && last.contains("code_verifier="), "{last}");
    assert!(!nonce.lock().unwrap().is_empty());
}

#[test]
fn a_token_of_another_login_is_none_of_this() {
    let server = issuer(DEVICE, |_, _| answer("200 OK", "", &token("another")));
    let refused = who(&server).with_browser(&mut Person::default(), patience()).unwrap_err();
    assert!(matches!(refused, LoginError::OtherLogin), "{refused:?}");
}

#[test]
fn a_document_of_another_issuer_leads_nowhere() {
    for document in [
        r#"{"issuer":"https://other.example","token_endpoint":"https://other.example/token"}"#.to_owned(),
        "{}".to_owned(),
        r#"{"issuer":"{own}","token_endpoint":"http://other.example/token"}"#.to_owned(),
        r#"{"issuer":"{own}","token_endpoint":"file:///etc/passwd"}"#.to_owned(),
    ] {
        let server = Server::start(move |asked| {
            let host = asked
                .headers
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
            answer("200 OK", "", &document.replace("{own}", &format!("http://{}/login", host.unwrap())))
        });
        let refused = who(&server).with_device(&mut Person::default(), patience()).unwrap_err();
        assert!(matches!(refused, LoginError::Service(ServiceError::Answer { .. })), "{refused:?}");
    }
}

/// It takes the connection, and says nothing.
#[test]
fn b47_an_issuer_that_never_answers_is_not_waited_for() {
    let (_silent, address) = silent();
    let login =
        Login { issuer: Url::parse(&format!("{address}/login")).unwrap(), client_id: "sigstore".into() };
    let mut person = Person::default();
    let refused = [
        login.with_device(&mut person, little_patience()).unwrap_err(),
        login.with_browser(&mut person, little_patience()).unwrap_err(),
    ];
    for refused in refused {
        assert!(matches!(refused, LoginError::Service(ServiceError::Unreached { .. })), "{refused:?}");
    }
    assert!(person.told.lock().unwrap().is_empty(), "nobody is sent there");
}
