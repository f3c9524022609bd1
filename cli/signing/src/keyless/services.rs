//! Which services sign: Sigstore's signing configuration, read as its other clients read it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use mcpsign_collect::http::{PlainHttp, check_address};
use mcpsign_schemas::canonical::{Json, JsonError, Limits};
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use sigstore_rekor::RekorApiVersion;
use sigstore_trust_root::{SUPPORTED_FULCIO_VERSIONS, SUPPORTED_TSA_VERSIONS, ServiceSelector};
use url::Url;

/// Bytes of a signing configuration at the most. The public one has 1.5 KiB.
const MAX_CONFIG: usize = 1 << 20;
/// Logs or timestamp authorities of one bundle at the most: each is asked for each statement.
const MAX_COUNT: usize = 8;
/// The only media type that is read.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// `SigningConfig` of protobuf-specs 0.5. What is not known is an error: a misspelled `count` or `end` would ask for less.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Config {
    #[serde(rename = "mediaType")]
    _media_type: String,
    #[serde(default)]
    ca_urls: Vec<Endpoint>,
    #[serde(default)]
    oidc_urls: Vec<Endpoint>,
    #[serde(default)]
    rekor_tlog_urls: Vec<Endpoint>,
    rekor_tlog_config: Option<Selection>,
    #[serde(default)]
    tsa_urls: Vec<Endpoint>,
    tsa_config: Option<Selection>,
}

/// `Service`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Endpoint {
    url: String,
    /// Left out where it is 0: not released yet.
    #[serde(default)]
    major_api_version: u32,
    valid_for: Window,
    #[serde(default)]
    operator: String,
}

/// `TimeRange`; both ends count.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    start: Timestamp,
    end: Option<Timestamp>,
}

/// `ServiceConfiguration`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Selection {
    selector: Option<ServiceSelector>,
    count: Option<u32>,
}

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
    /// Reads a signing configuration and chooses from it: of those that count at `now` the ones of the newest API that is
    /// known here; of each operator the one that began last; of those one where it says ANY, exactly `count` where EXACT,
    /// every one where ALL.
    ///
    /// # Errors
    /// When it is none, or asks for what it does not name.
    pub(super) fn from_config(bytes: &[u8], now: Timestamp) -> Result<Self, ServicesError> {
        let json = Json::parse(bytes, Limits::bytes(MAX_CONFIG))?;
        let found = json.get("mediaType").and_then(Json::as_str).unwrap_or_default();
        if found != MEDIA_TYPE {
            return Err(ServicesError::MediaType { found: found.chars().take(100).collect() });
        }
        let config: Config = json.to_typed().map_err(|error| ServicesError::Shape(error.to_string()))?;

        let (fulcio, login) = ("certificate authority", "place to log in");
        let authorities = eligible(&config.ca_urls, SUPPORTED_FULCIO_VERSIONS, now);
        let fulcio = match authorities.first() {
            Some(endpoint) => address(fulcio, &endpoint.url)?,
            None => return Err(ServicesError::None { what: fulcio, now }),
        };
        let logs = eligible(&config.rekor_tlog_urls, &[1, 2], now);
        let logs = selected("log", "logs", logs, config.rekor_tlog_config.as_ref(), now)?
            .into_iter()
            .map(|endpoint| {
                let version = RekorApiVersion::from_major(endpoint.major_api_version)
                    .ok_or(ServicesError::None { what: "log", now })?;
                Ok(LogService { url: address("log", &endpoint.url)?, version })
            })
            .collect::<Result<_, ServicesError>>()?;
        let timestamps = eligible(&config.tsa_urls, SUPPORTED_TSA_VERSIONS, now);
        let timestamps = selected(
            "timestamp authority",
            "timestamp authorities",
            timestamps,
            config.tsa_config.as_ref(),
            now,
        )?
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

/// As protobuf-specs have it: of one API alone, the newest that is known; of each operator one, the one that began last.
fn eligible<'a>(endpoints: &'a [Endpoint], known: &[u32], now: Timestamp) -> Vec<&'a Endpoint> {
    let counts = |window: &Window| window.start <= now && window.end.is_none_or(|end| now <= end);
    let mut chosen: Vec<&Endpoint> = endpoints
        .iter()
        .filter(|endpoint| known.contains(&endpoint.major_api_version) && counts(&endpoint.valid_for))
        .collect();
    // Stable: equals stay in the order of the file.
    chosen.sort_by_key(|endpoint| Reverse((endpoint.major_api_version, endpoint.valid_for.start)));
    let newest = chosen.first().map(|endpoint| endpoint.major_api_version);
    let mut operators = BTreeSet::new();
    chosen.retain(|endpoint| {
        Some(endpoint.major_api_version) == newest && operators.insert(endpoint.operator.as_str())
    });
    chosen
}

fn selected<'a>(
    what: &'static str,
    plural: &'static str,
    eligible: Vec<&'a Endpoint>,
    config: Option<&Selection>,
    now: Timestamp,
) -> Result<Vec<&'a Endpoint>, ServicesError> {
    let found = eligible.len();
    if found == 0 {
        return Err(ServicesError::None { what, now });
    }
    let unmet = |asked: String| Err(ServicesError::Selector { asked, found });
    let selector = config.and_then(|config| config.selector);
    let count = match (selector, config.and_then(|config| config.count)) {
        (Some(ServiceSelector::Any), _) => 1,
        (Some(ServiceSelector::All), _) => found,
        (Some(ServiceSelector::Exact), Some(count)) if count > 0 => count as usize,
        (Some(ServiceSelector::Exact), _) => {
            return unmet(format!("an exact number of {plural} that it leaves out"));
        }
        // There is nothing to select.
        (None, _) if found == 1 => 1,
        (None, _) => return unmet(format!("{plural} by a selector that it leaves out")),
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

    fn select(config: &mut serde_json::Value, selector: serde_json::Value) {
        config["rekorTlogConfig"] = selector;
    }

    #[test]
    fn the_newest_api_alone_and_as_many_operators_as_asked_for() {
        let mut config = config();
        let all = serde_json::json!({"selector": "ALL"});
        assert_eq!(logs(&config), ["https://log2.example/"]);
        select(&mut config, all.clone());
        assert_eq!(logs(&config), ["https://log2.example/"], "the other operator's is of an older API");
        config["rekorTlogUrls"][2]["majorApiVersion"] = 2.into();
        assert_eq!(logs(&config), ["https://log2.example/", "https://other.example/"]);
        select(&mut config, serde_json::json!({"selector": "EXACT", "count": 2}));
        assert_eq!(logs(&config).len(), 2);
        config["tsaConfig"] = serde_json::json!({"selector": "EXACT", "count": 1});
        assert_eq!(read(&config).unwrap().timestamps.len(), 1);
        // Over, of no version, of one that nobody here knows: as if they were not there.
        for endpoint in [1, 2] {
            config["rekorTlogUrls"][endpoint]["validFor"]["end"] = "2025-01-01T00:00:00Z".into();
        }
        let mut unreleased = endpoint("https://log0.example", 0, "c");
        unreleased.as_object_mut().unwrap().remove("majorApiVersion");
        for endpoint in [unreleased, endpoint("https://log3.example", 3, "c")] {
            config["rekorTlogUrls"].as_array_mut().unwrap().push(endpoint);
        }
        select(&mut config, all);
        assert_eq!(logs(&config), ["https://log1.example/"]);
        // Both ends of a window count.
        config["rekorTlogUrls"][1]["validFor"]["end"] = now().to_string().into();
        assert_eq!(logs(&config), ["https://log2.example/"]);
    }

    #[test]
    fn what_began_last_is_asked_wherever_it_stands() {
        for at_the_end in [false, true] {
            let mut config = config();
            for (list, version) in [("caUrls", 1), ("oidcUrls", 1), ("rekorTlogUrls", 2), ("tsaUrls", 1)] {
                for (name, start) in [("newer", "2026-01-01T00:00:00Z"), ("future", "2027-01-01T00:00:00Z")] {
                    let mut endpoint = endpoint(&format!("https://{name}.example"), version, "a");
                    endpoint["validFor"]["start"] = start.into();
                    let list = config[list].as_array_mut().unwrap();
                    list.insert(if at_the_end { list.len() } else { 0 }, endpoint);
                }
            }
            let Services { fulcio, logs, timestamps, login } = read(&config).unwrap();
            let asked = [fulcio, logs[0].url.clone(), timestamps[0].clone(), login.unwrap()];
            assert_eq!(asked.map(String::from), ["https://newer.example/"; 4]);
        }
    }

    #[test]
    fn what_one_selects_from_is_said_where_there_is_more_than_one() {
        let mut config = config();
        config.as_object_mut().unwrap().remove("rekorTlogConfig");
        assert_eq!(logs(&config), ["https://log2.example/"], "there is one of the newest API");
        config["rekorTlogUrls"][2]["majorApiVersion"] = 2.into();
        for selection in [serde_json::Value::Null, serde_json::json!({}), serde_json::json!({"count": 1})] {
            select(&mut config, selection);
            let error = read(&config).unwrap_err().to_string();
            assert!(error.contains("by a selector that it leaves out"), "{error}");
        }
    }

    #[test]
    fn b36_a_member_that_is_misspelled_is_not_passed_over() {
        let whole = config().to_string();
        for member in ["rekorTlogConfig", "tsaUrls", "selector", "validFor", "operator", "majorApiVersion"] {
            let quoted = format!("\"{member}\":");
            assert!(whole.contains(&quoted), "{member}");
            let bent = whole.replacen(&quoted, &format!("\"{member}s\":"), 1);
            let error = Services::from_config(bent.as_bytes(), now()).unwrap_err().to_string();
            assert!(error.contains(&format!("`{member}s`")), "{error}");
        }
        let mut config = config();
        config["tsaUrls"][0]["validFor"]["ends"] = "2025-01-01T00:00:00Z".into();
        assert!(matches!(read(&config), Err(ServicesError::Shape(_))));
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
