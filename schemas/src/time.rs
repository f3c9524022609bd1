//! Points in time as documents write them: RFC 3339 and nothing else.

use std::fmt;

use jiff::Timestamp;
use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads an RFC 3339 `date-time`; `None` for whatever else a lenient reader would take: names of zones, commas, dates without `-`.
pub fn parse(text: &str) -> Option<Timestamp> {
    is_rfc3339(text).then(|| text.parse().ok()).flatten()
}

/// For `deserialize_with`: a member that is there.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    deserializer.deserialize_str(DateTime)
}

struct DateTime;

impl Visitor<'_> for DateTime {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as `2027-01-31T00:00:00Z`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        parse(text).ok_or_else(|| {
            E::custom(format_args!(
                "`{}` is no time: write it as `2027-01-31T00:00:00Z`, up to the year 9998",
                crate::untrusted::escape(text)
            ))
        })
    }
}

/// The same for a member that may be left out.
pub(crate) fn read_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    read(deserializer).map(Some)
}

/// RFC 3339 `date-time`: `T` and `Z` in either case, a fraction of any length, an offset. The second 60 is
/// taken at any minute: there is no table of leap seconds. No space for `T`.
pub(crate) fn is_rfc3339(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => return false,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    is_date(date)
        && fields(clock, [2, 2, 2], ':').is_some_and(|[h, m, s]| h <= 23 && m <= 59 && s <= 60)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && is_offset(offset)
}

fn is_date(date: &str) -> bool {
    let Some([year, month, day]) = fields(date, [4, 2, 2], '-') else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_offset(offset: &str) -> bool {
    match offset.strip_prefix(['+', '-']) {
        Some(numeric) => fields(numeric, [2, 2], ':').is_some_and(|[h, m]| h <= 23 && m <= 59),
        None => matches!(offset, "Z" | "z"),
    }
}

/// Splits into decimal fields of exactly these widths.
fn fields<const N: usize>(text: &str, widths: [usize; N], separator: char) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut values = [0; N];
    for (value, width) in values.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        // `parse` would take a sign too.
        *value = part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_date_times() {
        for good in [
            "2026-11-22T10:24:00Z",
            "2026-11-22t10:24:00z",
            "2024-02-29T23:59:60+05:30",
            "2000-02-29T00:00:00.123456789012345678901234567890-00:00",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "",
            "2026-11-22",
            "2026-11-22 10:24:00Z",
            "2026-11-22T10:24:00",
            "2026-11-22T10:24Z",
            "2026-11-22T10:24:00ZZ",
            "2026-11-22T10:24:00Z ",
            "2026-11-22T10:24:00.Z",
            "2026-11-22T10:24:00,5Z",
            "2026-11-22T10:24:00.5.5Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T10:60:00Z",
            "2026-11-22T10:24:61Z",
            "2026-11-22T10:24:00+24:00",
            "2026-11-22T10:24:00+05:60",
            "2026-11-22T10:24:00+0530",
            "2026-11-22T10:24:00+05",
            "2026-11-22T10:24:00+05:30Z",
            "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "26-11-22T10:24:00Z",
            "+026-11-22T10:24:00Z",
            "2026-11-22T+1:24:00Z",
            "2026-11-22T10:24:00Z\n",
            "２026-11-22T10:24:00Z",
            "2026-11-22TT10:24:00Z",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

    #[test]
    fn what_a_lenient_reader_takes_is_no_time() {
        assert_eq!(parse("2027-01-01T01:00:00+01:00"), parse("2027-01-01T00:00:00Z"));
        for bad in [
            "2027-01-01T00:00:00+02:00[America/New_York]",
            "2027-01-01T00:00:00Z[Nonsense/Zone]",
            "20270101T000000Z",
            "2027-01-01T00Z",
            "2027-01-01T00:00:00,5Z",
            "+002027-01-01T00:00:00Z",
            "2027-01-01 00:00:00Z",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
