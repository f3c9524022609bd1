//! Secrets that would be signed and published: what was given as one, what the environment calls one, and what looks
//! like one. Findings name the place and the kind, never the value.

mod argv;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::attest::SECRET_IN_STATEMENT;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::escape;
use mcpsign_schemas::{pointer, secret};
use zeroize::Zeroizing;

/// Shortest value of a credential-like variable that is searched for; shorter ones are words that occur by chance.
const MIN_VARIABLE: usize = 12;
/// Shortest value given as secret that is searched for: `1` or `dev` occurs in every statement.
const MIN_GIVEN: usize = 4;

/// Parts of variable names that say that the value is a credential.
const CREDENTIAL_NAMES: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
    "AUTHORIZATION",
];
/// Ends of such names; inside they are common: GIT_AUTHOR_NAME, NODE_PATH, MONKEY.
const CREDENTIAL_ENDS: &[&str] = &["_AUTH", "_PAT", "_KEY"];
/// Ends of names of what is nothing else, however short: `--max-token 4096` is no secret, `--db-password hunter2` is.
const PASSWORDS: &[&str] = &["PASSWORD", "PASSWD", "PASSPHRASE"];

/// The values that must not stand in a statement.
#[derive(Default)]
pub(crate) struct Secrets {
    values: Vec<Value>,
}

struct Value {
    /// The variable it is the value of.
    name: String,
    value: Zeroizing<String>,
}

impl Secrets {
    /// Adds a value that was given as a secret; returns whether it is long enough to be searched for.
    pub(crate) fn given(&mut self, name: &str, value: Zeroizing<String>) -> bool {
        let searched = value.len() >= MIN_GIVEN;
        if searched {
            self.values.push(Value { name: name.to_owned(), value });
        }
        searched
    }

    /// Adds those variables of an environment that are called like credentials.
    pub(crate) fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (name, value) in variables {
            let value = Zeroizing::new(value);
            if is_credential(&name) && value.len() >= MIN_VARIABLE && !is_path(&value) {
                self.values.push(Value { name, value });
            }
        }
    }

    /// Adds those of a launch's own values, which all of them are to be signed.
    fn launched(&mut self, values: impl Iterator<Item = (String, String)>) {
        let (passwords, others): (Vec<_>, Vec<_>) = values.partition(|(name, _)| {
            let name = name.to_ascii_uppercase();
            PASSWORDS.iter().any(|end| name.ends_with(end))
        });
        // What was said as `{secret:NAME}` is recorded so.
        for (name, value) in passwords.into_iter().filter(|(_, value)| !value.contains("{secret:")) {
            if !is_path(&value) {
                self.given(&name, Zeroizing::new(value));
            }
        }
        self.environment(others.into_iter());
    }

    /// Adds what the launches in a document were given under names of credentials: options, variables, parts of addresses.
    pub(crate) fn launches(&mut self, json: &Json) {
        match json {
            Json::Array(elements) => elements.iter().for_each(|element| self.launches(element)),
            Json::Object(object) => {
                if let (Some(Json::Object(env)), Some(_)) = (object.get("env"), object.get("transport")) {
                    let set = env
                        .iter()
                        .filter_map(|(name, value)| Some((name.to_owned(), value.as_str()?.to_owned())));
                    self.launched(set);
                }
                if let (Some(Json::Array(argv)), Some(_)) = (object.get("argv"), object.get("transport")) {
                    let argv: Vec<&str> = argv.iter().filter_map(Json::as_str).collect();
                    self.launched(argv::credentials(&argv).into_iter());
                }
                object.sorted().for_each(|(_, value)| self.launches(value));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    /// Every secret that a payload holds, at most one for each of its texts. `what` names the payload.
    pub(crate) fn find(&self, what: &str, payload: &Json) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.search(what, &mut String::new(), payload, &mut findings);
        findings
    }

    /// `pointer` is left as it was found: one text for all of a document.
    fn search(&self, what: &str, pointer: &mut String, json: &Json, findings: &mut Vec<Finding>) {
        let end = pointer.len();
        match json {
            Json::String(text) => self.text(what, pointer, text, findings),
            Json::Number(number) => self.text(what, pointer, &number.to_string(), findings),
            Json::Array(elements) => {
                for (n, element) in elements.iter().enumerate() {
                    pointer::push(pointer, &n.to_string());
                    self.search(what, pointer, element, findings);
                    pointer.truncate(end);
                }
            }
            Json::Object(object) => {
                for (key, value) in object.iter() {
                    self.text(what, pointer, key, findings);
                    pointer::push(pointer, key);
                    self.search(what, pointer, value, findings);
                    pointer.truncate(end);
                }
            }
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn text(&self, what: &str, pointer: &str, text: &str, findings: &mut Vec<Finding>) {
        let known = self.values.iter().find(|secret| contains(text, &secret.value));
        let kind = match known {
            Some(known) => format!("the value of the variable `{}`", escape(&known.name)),
            None => match secret::shape(text) {
                Some(shape) => shape.to_owned(),
                None => return,
            },
        };
        // The pointer itself may be made of the secret: member names are.
        let place =
            if known.is_some_and(|secret| pointer.contains(secret.value.as_str())) { "" } else { pointer };
        findings.push(
            Finding::new(SECRET_IN_STATEMENT, format!("{what} would hold {kind}"))
                .found(format!("at {}", if place.is_empty() { "the name of a member" } else { place })),
        );
    }
}

/// A path to a credential is no secret, and occurs where paths do.
fn is_path(value: &str) -> bool {
    value.starts_with('/') && std::path::Path::new(value).exists()
}

fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    CREDENTIAL_NAMES.iter().any(|part| name.contains(part))
        || CREDENTIAL_ENDS.iter().any(|end| name.ends_with(end))
}

/// Short values must stand alone: `admin` is no finding in `administrator`.
fn contains(text: &str, secret: &str) -> bool {
    if secret.len() >= MIN_VARIABLE {
        return text.contains(secret);
    }
    text.match_indices(secret).any(|(at, _)| {
        let part_of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !part_of_word(text[..at].chars().next_back())
            && !part_of_word(text[at + secret.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::canonical::Limits;

    fn secrets(given: &[(&str, &str)], environment: &[(&str, &str)]) -> Secrets {
        let mut secrets = Secrets::default();
        for (name, value) in given {
            secrets.given(name, Zeroizing::new((*value).to_owned()));
        }
        secrets
            .environment(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        secrets
    }

    fn found(secrets: &Secrets, text: &str) -> bool {
        let findings = secrets.find("the manifest", &Json::Array(vec![Json::from(text)]));
        assert!(findings.iter().all(|finding| finding.code == SECRET_IN_STATEMENT));
        !findings.is_empty()
    }

    #[test]
    fn given_values_are_found_wherever_they_stand() {
        let secrets = secrets(&[("API", "s3cr3t-value \"x\""), ("SHORT", "hunter2")], &[]);
        for text in ["s3cr3t-value \"x\"", "--token=s3cr3t-value \"x\"!", "hunter2", "key:hunter2;"] {
            assert!(found(&secrets, text), "{text}");
        }
        for text in ["", "s3cr3t", "hunter22", "ahunter2"] {
            assert!(!found(&secrets, text), "{text}");
        }
        let nested = br#"{"a":[{"hunter2":{"b":1}}]}"#;
        let nested = Json::parse(nested, Limits::bytes(100)).unwrap();
        let findings = secrets.find("x", &nested);
        assert_eq!(findings.len(), 1);
        let digits = self::secrets(&[("PIN", "123456")], &[]);
        assert_eq!(digits.find("x", &Json::from(123_456)).len(), 1);
    }

    #[test]
    fn a_password_that_a_server_is_started_with_is_found_however_short() {
        let launch = |argv: &str, env: &str| {
            let text = format!(r#"[{{"argv":[{argv}],"env":{{{env}}},"transport":"stdio"}}]"#);
            let json = Json::parse(text.as_bytes(), Limits::bytes(1000)).unwrap();
            let mut secrets = Secrets::default();
            secrets.launches(&json);
            secrets.find("the manifest", &json).len()
        };
        assert_eq!(launch(r#""postgres://bob:hunter2@db/x""#, ""), 1);
        assert_eq!(launch(r#""--db=postgres://bob:hunter2@db/x""#, ""), 1);
        assert_eq!(launch(r#""--db-password","hunter2""#, r#""PGPASSWORD":"hunter3""#), 2);
        for honest in [
            r#""postgres://bob@db/x""#,
            r#""postgres://db/x","--max-token","4096""#,
            r#""--password","{secret:DB}""#,
            r#""postgres://bob:{secret:DB}@db/x""#,
            r#""--password","/dev/null""#,
        ] {
            assert_eq!(launch(honest, r#""TOKEN_TYPE":"bearer""#), 0, "{honest}");
        }
    }

    #[test]
    fn a_finding_never_says_the_secret() {
        let secrets = secrets(&[("A", "hunter2")], &[]);
        let json = Json::parse(br#"{"hunter2":{"x":"hunter2"}}"#, Limits::bytes(100)).unwrap();
        let findings = secrets.find("the manifest", &json);
        assert_eq!(findings.len(), 2);
        for finding in findings {
            let all = format!("{finding:?}");
            assert!(!all.contains("hunter2") && all.contains("`A`"), "{all}");
        }
    }

    #[test]
    fn values_too_short_are_not_searched_for_and_that_is_said() {
        let mut secrets = Secrets::default();
        assert!(!secrets.given("A", Zeroizing::new("dev".into())));
        assert!(!found(&secrets, "dev"));
        assert!(secrets.given("A", Zeroizing::new("devs".into())));
    }

    #[test]
    fn the_environment_counts_by_name_and_length() {
        let secrets = secrets(
            &[],
            &[
                ("GITHUB_TOKEN", "abcdefghijkl"),
                ("My_Api_Key", "mnopqrstuvwx"),
                ("DB_PASSWORD", "short"),
                ("EDITOR", "some-long-editor-name"),
                ("MONKEY", "some-long-monkey-name"),
                ("GIT_AUTHOR_NAME", "some-long-author-name"),
                ("NODE_PATH", "some-long-folder-name"),
                ("TLS_PRIVATE_KEY", "/"),
                ("KUBE_TOKEN_FILE", "/dev/../dev/null"),
            ],
        );
        assert!(found(&secrets, "x abcdefghijkl") && found(&secrets, "mnopqrstuvwx"));
        assert!(!found(
            &secrets,
            "short some-long-editor-name some-long-monkey-name some-long-author-name some-long-folder-name / /dev/../dev/null"
        ));
    }
}
