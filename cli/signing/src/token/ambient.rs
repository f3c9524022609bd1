//! Tokens that are there already: what a CI platform or a cloud gives the job that runs.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use mcpsign_collect::http::PlainHttp;
use mcpsign_schemas::untrusted::{Untrusted, escape};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use url::Url;
use zeroize::Zeroizing;

use super::{IdentityToken, MAX_TOKEN, TokenError};
use crate::keyless::{Asker, Patience, Question, Service, ServiceError};

/// The variable that Sigstore's clients take a token from, wherever it is set; GitLab sets it where a job asks for it.
const VARIABLE: &str = "SIGSTORE_ID_TOKEN";
/// How long a platform's own program may take: it asks a service of the platform.
const PROGRAM_TIME: Duration = Duration::from_secs(60);
/// Where Google's metadata is, unless its own variable says otherwise.
const METADATA: &str = "metadata.google.internal";

/// What a token may be found by. Nothing is read from elsewhere.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Where a program of the system is: never one of the project's.
    pub program: &'a dyn Fn(&str) -> Option<PathBuf>,
    /// What the machine's firmware calls it, if it says.
    pub machine: Option<&'a str>,
}

/// Where a token will come from.
pub struct Ambient(Kind);

enum Kind {
    /// It is in a variable.
    Given(Zeroizing<String>),
    /// GitHub's service for one job.
    GitHub { url: Url, token: Zeroizing<String> },
    /// A platform's own program prints it. Each `{audience}` in its arguments is whom the token is for.
    Program { platform: &'static str, path: PathBuf, arguments: &'static [&'static str] },
    /// A virtual machine's service account.
    Google { url: Url },
}

/// A platform that was recognised and gives no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AmbientError {
    /// The job may not have one.
    #[error("this {platform} job gets no identity token: {missing} is not set")]
    NotPermitted {
        /// Which platform.
        platform: &'static str,
        /// What it would set.
        missing: &'static str,
        /// What to write where.
        cure: &'static str,
    },
    /// Its variable is no address that is spoken to.
    #[error("{variable} holds no address that a token could be had from")]
    Address {
        /// The variable.
        variable: &'static str,
    },
    /// Its program is not there.
    #[error("this is a {platform} job, and `{program}` is in no folder of the system")]
    NoProgram {
        /// Which platform.
        platform: &'static str,
        /// Name of the program.
        program: &'static str,
    },
    /// Its program gives none.
    #[error("`{}` gave no token: {why}", escape(&.program.to_string_lossy()))]
    Program {
        /// Where it is.
        program: PathBuf,
        /// Its last words, or the system's reason; escaped.
        why: String,
    },
    /// Its service gives none.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// What it gave is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl AmbientError {
    /// What the user can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotPermitted { cure, .. } => cure,
            Self::Token(error) => error.hint(),
            Self::NoProgram { .. } => {
                "it has to be in a folder of PATH outside of the current one, as what a project brings is not run; or pass `--identity-token FILE`"
            }
            _ => "see the platform's documentation of OpenID Connect tokens, or pass `--identity-token FILE`",
        }
    }
}

impl Ambient {
    /// The first that is there: a token in a variable, then the platform that the environment names. No token is taken yet.
    ///
    /// # Errors
    /// Where a platform is recognised that will not give one: to look further would sign as somebody else.
    pub fn find(surroundings: Surroundings<'_>) -> Result<Option<Self>, AmbientError> {
        let variable = |name: &str| (surroundings.variable)(name).filter(|value| !value.is_empty());
        let says = |name: &str| variable(name).is_some_and(|value| value == "true");
        if let Some(token) = variable(VARIABLE) {
            return Ok(Some(Self(Kind::Given(Zeroizing::new(token)))));
        }
        let kind = match (variable(github::URL), variable(github::TOKEN)) {
            (Some(url), Some(token)) => Some(github::kind(&url, token)?),
            (url, _) if says("GITHUB_ACTIONS") => {
                return Err(github::not_permitted(if url.is_some() { github::TOKEN } else { github::URL }));
            }
            _ if says("GITLAB_CI") => {
                return Err(AmbientError::NotPermitted {
                    platform: "GitLab",
                    missing: VARIABLE,
                    cure: "add to the job: `id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }`",
                });
            }
            _ if says("BUILDKITE") => Some(program(
                surroundings,
                "Buildkite",
                "buildkite-agent",
                &["oidc", "request-token", "--audience", "{audience}"],
            )?),
            _ if says("CIRCLECI") => Some(program(
                surroundings,
                "CircleCI",
                "circleci",
                &["run", "oidc", "get", "--root-issuer", "--claims", "{\"aud\":\"{audience}\"}"],
            )?),
            _ => google::kind(variable("GCE_METADATA_HOST").as_deref(), surroundings.machine)?,
        };
        Ok(kind.map(Self))
    }

    /// Takes the token.
    ///
    /// # Errors
    /// When it is not given, or what is given is none.
    pub fn token(&self, audience: &str, patience: Patience) -> Result<IdentityToken, AmbientError> {
        let raw = match &self.0 {
            Kind::Given(token) => Zeroizing::new(token.trim().to_owned()),
            Kind::GitHub { url, token } => github::ask(url, token, audience, patience)?,
            Kind::Program { path, arguments, .. } => ask_program(path, arguments, audience)?,
            Kind::Google { url } => google::ask(url, audience, patience)?,
        };
        Ok(IdentityToken::parse(raw)?)
    }

    /// What it is called in messages.
    pub const fn name(&self) -> &'static str {
        match &self.0 {
            Kind::Given(_) => VARIABLE,
            Kind::GitHub { .. } => "GitHub Actions",
            Kind::Program { platform, .. } => platform,
            Kind::Google { .. } => "Google Cloud",
        }
    }
}

impl std::fmt::Debug for Ambient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ambient").field(&self.name()).finish()
    }
}

mod github {
    use super::*;

    pub(super) const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
    pub(super) const TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }

    pub(super) fn kind(url: &str, token: String) -> Result<Kind, AmbientError> {
        let url = address(URL, url, PlainHttp::Loopback)?;
        Ok(Kind::GitHub { url, token: Zeroizing::new(token) })
    }

    pub(super) const fn not_permitted(missing: &'static str) -> AmbientError {
        AmbientError::NotPermitted {
            platform: "GitHub Actions",
            missing,
            cure: "add to the job: `permissions: { id-token: write }`",
        }
    }

    pub(super) fn ask(
        url: &Url,
        token: &str,
        audience: &str,
        patience: Patience,
    ) -> Result<Zeroizing<String>, AmbientError> {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("audience", audience);
        let unusable = |why: &str| ServiceError::answer(Service::TokenIssuer, &url, why);
        let bearer = Zeroizing::new(format!("bearer {token}"));
        let mut value =
            HeaderValue::from_str(&bearer).map_err(|_| AmbientError::Address { variable: TOKEN })?;
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let question = Question { headers, secret: token, ..Question::get(Service::TokenIssuer, &url) };
        let answer = Asker::new(patience, PlainHttp::Loopback)?.ask(&question, &[])?;
        let body = Zeroizing::new(answer.body);
        // The parser's own words may quote the document.
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| unusable("no token in JSON"))?;
        Ok(Zeroizing::new(answer.value))
    }
}

mod google {
    use super::*;

    const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");
    const GOOGLE: HeaderValue = HeaderValue::from_static("Google");
    const PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/identity";

    /// Recognised by the variable of Google's own libraries, or by what the machine is called.
    pub(super) fn kind(host: Option<&str>, machine: Option<&str>) -> Result<Option<Kind>, AmbientError> {
        let host = match (host, machine) {
            (Some(host), _) => host,
            (None, Some(name)) if name.trim().starts_with("Google") => METADATA,
            _ => return Ok(None),
        };
        let variable = "GCE_METADATA_HOST";
        if host.contains(['/', '?', '#', '@', '\\']) {
            return Err(AmbientError::Address { variable });
        }
        let url = address(variable, &format!("http://{host}{PATH}"), PlainHttp::Link)?;
        Ok(Some(Kind::Google { url }))
    }

    pub(super) fn ask(
        url: &Url,
        audience: &str,
        patience: Patience,
    ) -> Result<Zeroizing<String>, AmbientError> {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("audience", audience).append_pair("format", "full");
        let unusable = |why: &str| ServiceError::answer(Service::TokenIssuer, &url, why);
        let headers = HeaderMap::from_iter([(FLAVOR, GOOGLE)]);
        let question = Question { headers, accept: "*/*", ..Question::get(Service::TokenIssuer, &url) };
        let answer = Asker::new(patience, PlainHttp::Link)?.ask(&question, &[])?;
        let body = Zeroizing::new(answer.body);
        if answer.headers.get(FLAVOR) != Some(&GOOGLE) {
            return Err(unusable("it is no metadata server of Google's").into());
        }
        let text = str::from_utf8(&body).map_err(|_| unusable("no text"))?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    }
}

fn address(variable: &'static str, text: &str, plain: PlainHttp) -> Result<Url, AmbientError> {
    let url = Url::parse(text).map_err(|_| AmbientError::Address { variable })?;
    mcpsign_collect::http::check_address(&url, plain).map_err(|_| AmbientError::Address { variable })?;
    Ok(url)
}

fn program(
    surroundings: Surroundings<'_>,
    platform: &'static str,
    name: &'static str,
    arguments: &'static [&'static str],
) -> Result<Kind, AmbientError> {
    let path = (surroundings.program)(name).ok_or(AmbientError::NoProgram { platform, program: name })?;
    Ok(Kind::Program { platform, path, arguments })
}

fn ask_program(
    path: &PathBuf,
    arguments: &[&str],
    audience: &str,
) -> Result<Zeroizing<String>, AmbientError> {
    let failed = |why: String| AmbientError::Program { program: path.clone(), why };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(error.to_string()))?;
    runtime.block_on(async {
        let mut child = tokio::process::Command::new(path)
            .args(arguments.iter().map(|argument| argument.replace("{audience}", audience)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (mut out, mut err) = (Zeroizing::new(Vec::new()), Vec::new());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let ended = tokio::time::timeout(PROGRAM_TIME, async {
            let reads = async {
                if let Some(stdout) = stdout {
                    stdout.take(MAX_TOKEN as u64 + 2).read_to_end(&mut out).await?;
                }
                std::io::Result::Ok(())
            };
            let complains = async {
                if let Some(stderr) = stderr {
                    stderr.take(1024).read_to_end(&mut err).await?;
                }
                std::io::Result::Ok(())
            };
            tokio::try_join!(reads, complains)?;
            child.wait().await
        });
        let status = ended.await.map_err(|_| failed("it took too long".into()))?;
        let status = status.map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            let said = String::from_utf8_lossy(&err);
            return Err(failed(format!("{status}: {}", Untrusted::bounded(said.trim(), 300))));
        }
        let text = str::from_utf8(&out).map_err(|_| failed("no text".into()))?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    })
}

#[cfg(test)]
mod tests;
