//! The times that a run writes down: claims of the signer, none of them proven.

use jiff::{SignedDuration, Timestamp};

use mcpsign_schemas::approval::MAX_DAYS;
use mcpsign_schemas::untrusted::escape;

use crate::failure::Failure;

/// The variable of reproducible builds.
const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// When the run says that it happened.
#[derive(Debug)]
pub(crate) struct Times {
    /// Now, or what SOURCE_DATE_EPOCH says; whole seconds.
    pub(crate) created_on: Timestamp,
    /// When the manifest ends to count.
    pub(crate) valid_until: Option<Timestamp>,
}

impl Times {
    pub(crate) fn new(valid_for: Option<u32>) -> Result<Self, Failure> {
        let epoch = std::env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        Self::at(epoch.as_deref(), valid_for, Timestamp::now())
    }

    fn at(epoch: Option<&str>, valid_for: Option<u32>, now: Timestamp) -> Result<Self, Failure> {
        let unusable = |text: &str| {
            Failure::usage(format!("{VARIABLE} is `{text}`, not a number of seconds since 1970"))
                .hint("unset it, or set it to such a number: `git log -1 --format=%ct` prints one")
        };
        let created_on = match epoch {
            None => Timestamp::from_second(now.as_second()).unwrap_or(now),
            Some(text) => {
                let seconds: u32 = text.parse().map_err(|_| unusable(text))?;
                Timestamp::from_second(seconds.into()).map_err(|_| unusable(text))?
            }
        };
        let until = |days: u32| created_on.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok();
        let valid_until = valid_for.and_then(until);
        if valid_until.is_some_and(|until| until <= now) {
            return Err(Failure::usage(format!(
                "the manifest would have ended to count by now: {VARIABLE} is too old"
            ))
            .hint("`--valid-for` counts from there; give more days, or unset it"));
        }
        Ok(Self { created_on, valid_until })
    }
}

/// Whole seconds of now.
pub(crate) fn created_on() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// What `--expires` says: so many days from now, or a time to come.
///
/// # Errors
/// When it is neither, or so many days that nothing may count for them.
pub(crate) fn expires(text: &str) -> Result<Timestamp, Failure> {
    let unusable = || {
        Failure::usage(format!("`--expires {}` is neither days nor a time to come", escape(text)))
            .hint(format!("write 1 to {MAX_DAYS} days, or a time such as `2027-05-01T00:00:00Z`"))
    };
    let until = match text.parse::<u32>() {
        Ok(days) if (1..=MAX_DAYS).contains(&days) => created_on()
            .checked_add(SignedDuration::from_hours(24 * i64::from(days)))
            .map_err(|_| unusable())?,
        Ok(_) => return Err(unusable()),
        Err(_) => text.parse::<Timestamp>().map_err(|_| unusable())?,
    };
    if until > Timestamp::now() { Ok(until) } else { Err(unusable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn whole_seconds_of_now_or_of_the_epoch_given() {
        let now = time("2026-11-22T10:11:12.345Z");
        let times = Times::at(None, Some(365), now).unwrap();
        assert_eq!(times.created_on, time("2026-11-22T10:11:12Z"));
        assert_eq!(times.valid_until, Some(time("2027-11-22T10:11:12Z")));
        let times = Times::at(Some("1700000000"), None, now).unwrap();
        assert_eq!((times.created_on, times.valid_until), (time("2023-11-14T22:13:20Z"), None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let now = time("2026-11-22T10:11:12Z");
        for bad in ["", "now", "1.5", "-1", "99999999999999999999", "9999999999999999"] {
            assert!(Times::at(Some(bad), None, now).is_err(), "{bad}");
        }
        assert!(Times::at(Some("1700000000"), Some(30), now).is_err());
        assert!(Times::at(Some("1700000000"), Some(3650), now).is_ok());
    }
}
