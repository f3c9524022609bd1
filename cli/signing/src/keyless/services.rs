//! Which services sign: Sigstore's signing configuration, read as its other clients read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_collect::http::{PlainHttp, check_address};
use mcpsign_schemas::canonical::{Json, JsonError, Limits};
use mcpsign_schemas::untrusted::escape;
use sigstore_rekor::RekorApiVersion;
use sigstore_trust_root::{
    SUPPORTED_FULCIO_VERSIONS, SUPPORTED_TSA_VERSIONS, ServiceConfiguration, ServiceEndpoint,
    ServiceSelector, SigningConfig,
};
use url::Url;

/// Bytes of a signing configuration at the most. The public one has 1.5 KiB.
const MAX_CONFIG: usize = 1 << 20;
/// Logs or timestamp authorities of one bundle at the most: each is asked for each statement.
const MAX_COUNT: usize = 8;
/// The only media type that is read.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// The services that a run asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Services {
    /// The certificate authority.
    pub(super) fulcio: Url,
    /// Every log that gets an entry; one at least.
    pub(super) logs: Vec<LogService>,
    /// Every authority that gives a timestamp; one at least.
    pub(super) timestamps: Vec<Url>,
    /// Where people log in.
    pub(super) login: Option<Url>,
}

/// A log, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogService {
    pub(super) url: Url,
    pub(super) version: RekorApiVersion,
}

/// A signing configuration that nothing can be signed with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServicesError {
    /// Not strict JSON, or over budget.
    #[error("not strict JSON")]
    Json(#[from] JsonError),
    /// Of another kind or version.
    #[error("`mediaType` is `{}`, not `{MEDIA_TYPE}`", escape(.found))]
    MediaType {
        /// As stated, shortened.
        found: String,
    },
    /// Not of the form that its media type promises.
    #[error("{0}")]
    Shape(String),
    /// None that counts now and speaks a version that is known here.
    #[error("it names no {what} that counts at {now}")]
    None {
        /// Which service.
        what: &'static str,
        /// The time that was asked for.
        now: Timestamp,
    },
    /// As many as it asks for are not there, or it asks for none that can be told.
    #[error("it asks for {asked}, and names {found} that count")]
    Selector {
        /// What it asks for.
        asked: String,
        /// How many there are.
        found: usize,
    },
    /// An address that is not spoken to.
    #[error("the address of the {what} cannot be used: {why}")]
    Address {
        /// Which service.
        what: &'static str,
        /// Why not.
        why: String,
    },
}

impl Services {
    /// Reads a signing configuration and chooses from it: of each operator the newest API that counts at `now` and is
    /// known here; of those one where it says ANY, exactly `count` where EXACT, every one where ALL.
    ///
    /// # Errors
    /// When it is none, or asks for what it does not name.
    pub(super) fn from_config(bytes: &[u8], now: Timestamp) -> Result<Self, ServicesError> {
        let json = Json::parse(bytes, Limits::bytes(MAX_CONFIG))?;
        let found = json.get("mediaType").and_then(Json::as_str).unwrap_or_default();
        if found != MEDIA_TYPE {
            return Err(ServicesError::MediaType { found: found.chars().take(100).collect() });
        }
        let config: SigningConfig =
            json.to_typed().map_err(|error| ServicesError::Shape(error.to_string()))?;

        let (fulcio, login) = ("certificate authority", "place to log in");
        let authorities = eligible(&config.ca_urls, SUPPORTED_FULCIO_VERSIONS, now);
        let fulcio = match authorities.first() {
            Some(endpoint) => address(fulcio, &endpoint.url)?,
            None => return Err(ServicesError::None { what: fulcio, now }),
        };
        let logs = eligible(&config.rekor_tlog_urls, &[1, 2], now);
        let logs = selected("log", "logs", logs, &config.rekor_tlog_config, now)?
            .into_iter()
            .map(|endpoint| {
                let version = RekorApiVersion::from_major(endpoint.major_api_version)
                    .ok_or(ServicesError::None { what: "log", now })?;
                Ok(LogService { url: address("log", &endpoint.url)?, version })
            })
            .collect::<Result<_, ServicesError>>()?;
        let timestamps = eligible(&config.tsa_urls, SUPPORTED_TSA_VERSIONS, now);
        let timestamps =
            selected("timestamp authority", "timestamp authorities", timestamps, &config.tsa_config, now)?
                .into_iter()
                .map(|endpoint| address("timestamp authority", &endpoint.url))
                .collect::<Result<_, _>>()?;
        let login = eligible(&config.oidc_urls, &[1], now)
            .first()
            .map(|endpoint| address(login, &endpoint.url))
            .transpose()?;
        Ok(Self { fulcio, logs, timestamps, login })
    }
}

/// Of each operator the endpoint with the newest API, in the order in which the operators are named.
fn eligible<'a>(endpoints: &'a [ServiceEndpoint], known: &[u32], now: Timestamp) -> Vec<&'a ServiceEndpoint> {
    let mut of_operator: BTreeMap<&str, usize> = BTreeMap::new();
    let mut chosen: Vec<&ServiceEndpoint> = Vec::new();
    for endpoint in endpoints {
        if !known.contains(&endpoint.major_api_version) || !endpoint.valid_for.contains(now) {
            continue;
        }
        let operator = endpoint.operator.as_deref().unwrap_or_default();
        match of_operator.get(operator).and_then(|&at| chosen.get_mut(at)) {
            Some(best) if best.major_api_version < endpoint.major_api_version => *best = endpoint,
            Some(_) => {}
            None => {
                of_operator.insert(operator, chosen.len());
                chosen.push(endpoint);
            }
        }
    }
    // Stable: equals stay in the order of the file.
    chosen.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.major_api_version));
    chosen
}

fn selected<'a>(
    what: &'static str,
    plural: &'static str,
    eligible: Vec<&'a ServiceEndpoint>,
    config: &ServiceConfiguration,
    now: Timestamp,
) -> Result<Vec<&'a ServiceEndpoint>, ServicesError> {
    let found = eligible.len();
    if found == 0 {
        return Err(ServicesError::None { what, now });
    }
    let unmet = |asked: String| Err(ServicesError::Selector { asked, found });
    let count = match (config.selector, config.count) {
        (ServiceSelector::Any, _) => 1,
        (ServiceSelector::All, _) => found,
        (ServiceSelector::Exact, Some(count)) if count > 0 => count as usize,
        (ServiceSelector::Exact, _) => {
            return unmet(format!("an exact number of {plural} that it leaves out"));
        }
        _ => return unmet(format!("{plural} by a selector that is not known here")),
    };
    if count > found {
        return unmet(format!("{count} {plural}"));
    }
    if count > MAX_COUNT {
        return unmet(format!("{count} {plural}, more than the {MAX_COUNT} of one bundle"));
    }
    Ok(eligible.into_iter().take(count).collect())
}

/// Without TLS this machine alone is spoken to, and only where the address itself says so.
fn address(what: &'static str, text: &str) -> Result<Url, ServicesError> {
    let unusable = |why: String| ServicesError::Address { what, why };
    let url = Url::parse(text).map_err(|error| unusable(format!("`{}`: {error}", escape(text))))?;
    check_address(&url, PlainHttp::Loopback).map_err(|error| unusable(error.to_string()))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(unusable("it has a query or a fragment".into()));
    }
    Ok(url)
}

/// `base` and a path below it, whether or not `base` ends in a slash.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&joined);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn endpoint(url: &str, version: u32, operator: &str) -> serde_json::Value {
        serde_json::json!({"url": url, "majorApiVersion": version, "operator": operator,
            "validFor": {"start": "2020-01-01T00:00:00Z"}})
    }

    fn config() -> serde_json::Value {
        serde_json::json!({
            "mediaType": MEDIA_TYPE,
            "caUrls": [endpoint("https://ca.example", 1, "a")],
            "oidcUrls": [endpoint("https://login.example/auth", 1, "a")],
            "rekorTlogUrls": [endpoint("https://log1.example", 1, "a"), endpoint("https://log2.example", 2, "a"),
                endpoint("https://other.example/", 1, "b")],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": [endpoint("https://tsa.example/api/v1/timestamp", 1, "a"), endpoint("https://tsa.other", 1, "b")],
            "tsaConfig": {"selector": "ANY"},
        })
    }

    fn read(config: &serde_json::Value) -> Result<Services, ServicesError> {
        Services::from_config(config.to_string().as_bytes(), now())
    }

    fn logs(config: &serde_json::Value) -> Vec<String> {
        read(config).unwrap().logs.iter().map(|log| log.url.to_string()).collect()
    }

    #[test]
    fn the_newest_api_of_each_operator_and_as_many_as_asked_for() {
        let mut config = config();
        assert_eq!(logs(&config), ["https://log2.example/"]);
        config["rekorTlogConfig"] = serde_json::json!({"selector": "ALL"});
        assert_eq!(logs(&config), ["https://log2.example/", "https://other.example/"]);
        config["rekorTlogConfig"] = serde_json::json!({"selector": "EXACT", "count": 2});
        assert_eq!(logs(&config).len(), 2);
        config["tsaConfig"] = serde_json::json!({"selector": "EXACT", "count": 1});
        assert_eq!(read(&config).unwrap().timestamps.len(), 1);
        config["rekorTlogUrls"][1]["validFor"]["end"] = "2025-01-01T00:00:00Z".into();
        assert_eq!(logs(&config)[0], "https://log1.example/");
    }

    #[test]
    fn what_nothing_can_be_signed_with_is_refused() {
        type Bend = fn(&mut serde_json::Value);
        let bent: [(&str, Bend); 12] = [
            ("mediaType", |c| c["mediaType"] = "application/vnd.dev.sigstore.signingconfig.v0.1+json".into()),
            ("no certificate authority", |c| c["caUrls"] = serde_json::json!([])),
            ("no certificate authority", |c| c["caUrls"][0]["majorApiVersion"] = 2.into()),
            ("no log", |c| c["rekorTlogUrls"] = serde_json::json!([])),
            ("no timestamp authority", |c| c["tsaUrls"] = serde_json::json!([])),
            ("no timestamp authority", |c| {
                c["tsaUrls"][0]["validFor"]["start"] = "2027-01-01T00:00:00Z".into();
                c["tsaUrls"][1]["validFor"]["start"] = "2027-01-01T00:00:00Z".into();
            }),
            ("asks for 3 logs", |c| {
                c["rekorTlogConfig"] = serde_json::json!({"selector": "EXACT", "count": 3});
            }),
            ("leaves out", |c| c["rekorTlogConfig"] = serde_json::json!({"selector": "EXACT"})),
            ("not known here", |c| {
                c["tsaConfig"] = serde_json::json!({"selector": "SERVICE_SELECTOR_UNDEFINED"});
            }),
            ("without TLS only this machine", |c| c["caUrls"][0]["url"] = "http://ca.example".into()),
            ("name or a password", |c| c["tsaUrls"][0]["url"] = "https://a:b@tsa.example".into()),
            ("query", |c| c["caUrls"][0]["url"] = "https://ca.example/?a".into()),
        ];
        for (said, bend) in bent {
            let mut config = config();
            bend(&mut config);
            let error = read(&config).unwrap_err().to_string();
            assert!(error.contains(said), "{said}: {error}");
        }
        assert!(matches!(Services::from_config(b"{\"a\":1,\"a\":1}", now()), Err(ServicesError::Json(_))));
    }

    #[test]
    fn the_built_in_configuration_can_be_signed_with() {
        let bytes = sigstore_trust_root::SIGSTORE_PRODUCTION_SIGNING_CONFIG.as_bytes();
        let services = Services::from_config(bytes, now()).unwrap();
        assert!(services.login.is_some());
    }

    #[test]
    fn paths_are_put_below_the_address() {
        for base in ["https://ca.example", "https://ca.example/"] {
            assert_eq!(below(&base.parse().unwrap(), "/api/v2").as_str(), "https://ca.example/api/v2");
        }
        assert_eq!(
            below(&"https://a.example/x/".parse().unwrap(), "/api").as_str(),
            "https://a.example/x/api"
        );
    }
}
