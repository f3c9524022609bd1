//! Lists that say more of a CVE: CISA's catalogue of what is exploited, FIRST's probabilities.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::AdvisoriesError;
use super::source::refused;
use crate::read;

/// Bytes of a list at the most. EPSS of 2026 has some 330,000 lines of 30 bytes.
const MAX_LIST: usize = 64 << 20;

/// A list: numbers by CVE.
pub(super) struct List {
    pub(super) bytes: Vec<u8>,
    /// When its publisher says to have made it.
    pub(super) released: Option<Timestamp>,
    pub(super) numbers: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    date_released: Option<Value>,
    vulnerabilities: Vec<Exploited>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exploited {
    #[serde(rename = "cveID")]
    cve_id: String,
    date_added: String,
}

/// The days from which CVEs are known to be exploited, as `YYYYMMDD`.
pub(super) fn kev(path: &Path) -> Result<List, AdvisoriesError> {
    let bytes = read::file(path, MAX_LIST)?;
    let shown = path.to_string_lossy();
    let catalogue: Catalogue = serde_json::from_slice(&bytes).map_err(|error| {
        refused(&shown, &format!("is no catalogue of exploited vulnerabilities: {error}"))
    })?;
    let mut numbers = BTreeMap::new();
    for exploited in catalogue.vulnerabilities {
        let date: Date =
            exploited.date_added.parse().map_err(|_| refused(&shown, "has a `dateAdded` that is no date"))?;
        let day = i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day());
        numbers.insert(exploited.cve_id, day.unsigned_abs());
    }
    let released = catalogue.date_released.as_ref().and_then(Value::as_str).and_then(whole_seconds);
    filled(&shown, List { bytes, released, numbers })
}

/// The probabilities that CVEs are exploited, in millionths: lines of `cve,epss,percentile`, plain or gzipped.
pub(super) fn epss(path: &Path) -> Result<List, AdvisoriesError> {
    use std::io::Read as _;
    let bytes = read::file(path, MAX_LIST)?;
    let shown = path.to_string_lossy();
    let mut text = String::new();
    let plain = if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(&*bytes).take(MAX_LIST as u64 + 1).read_to_string(&mut text)
    } else {
        (&*bytes).read_to_string(&mut text)
    };
    plain.map_err(|error| refused(&shown, &format!("cannot be read: {error}")))?;
    if text.len() > MAX_LIST {
        return Err(refused(&shown, "inflates to more than a list of probabilities has"));
    }
    let mut numbers = BTreeMap::new();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("cve,"));
    for line in lines.filter(|line| !line.is_empty()) {
        let mut fields = line.split(',');
        let probability = fields.next().zip(fields.next()).and_then(|(cve, probability)| {
            let number: f64 = probability.parse().ok()?;
            ((0.0..=1.0).contains(&number) && cve.starts_with("CVE-")).then_some((cve, number))
        });
        let Some((cve, number)) = probability else {
            return Err(refused(&shown, "has a line that is not `CVE,PROBABILITY,PERCENTILE`"));
        };
        numbers.insert(cve.to_owned(), (number * 1e6).round() as u64);
    }
    // `#model_version:v2025.03.14,score_date:2026-11-22T00:00:00+0000`
    let said = text.lines().next().and_then(|line| line.split("score_date:").nth(1));
    let released = said.and_then(|rest| whole_seconds(rest.split(',').next().unwrap_or(rest)));
    filled(&shown, List { bytes, released, numbers })
}

/// A date as lists write it, which is only shown: one that is none is not there.
fn whole_seconds(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let offset = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok();
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let at = text.parse().ok().or_else(offset).or_else(day)?;
    Timestamp::from_second(Timestamp::as_second(at)).ok()
}

fn filled(shown: &str, list: List) -> Result<List, AdvisoriesError> {
    if list.numbers.is_empty() { Err(refused(shown, "is empty")) } else { Ok(list) }
}
