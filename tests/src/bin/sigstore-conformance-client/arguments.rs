//! The suite's arguments.

use std::collections::{BTreeMap, BTreeSet};

/// Exit code and message.
pub(crate) type Failure = (u8, String);

pub(crate) fn refused(error: &dyn std::fmt::Display) -> Failure {
    (1, error.to_string())
}

pub(crate) fn usage(message: impl Into<String>) -> Failure {
    (2, message.into())
}

pub(crate) fn read(path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| usage(format!("{path}: {error}")))
}

/// What follows the command.
pub(crate) struct Arguments {
    values: BTreeMap<&'static str, String>,
    switches: BTreeSet<&'static str>,
    /// The one argument that is no flag.
    pub(crate) artifact: String,
}

impl Arguments {
    /// `flags` take a value, `switches` none; each stands once at most.
    pub(crate) fn parse(
        arguments: &[String],
        flags: &'static [&'static str],
        switches: &'static [&'static str],
    ) -> Result<Self, Failure> {
        let (mut values, mut given) = (BTreeMap::new(), BTreeSet::new());
        let mut artifact = None;
        let mut arguments = arguments.iter();
        let twice = |name: &str| usage(format!("{name} stands twice"));
        while let Some(argument) = arguments.next() {
            if let Some(flag) = flags.iter().find(|flag| *flag == argument) {
                let value = arguments.next().ok_or_else(|| usage(format!("{flag} needs a value")))?;
                if values.insert(*flag, value.clone()).is_some() {
                    return Err(twice(flag));
                }
            } else if let Some(switch) = switches.iter().find(|switch| *switch == argument) {
                if !given.insert(*switch) {
                    return Err(twice(switch));
                }
            } else if argument.starts_with("--") {
                return Err(usage(format!("unknown flag {argument}")));
            } else if artifact.replace(argument.clone()).is_some() {
                return Err(usage("more than one artifact"));
            }
        }
        let artifact = artifact.ok_or_else(|| usage("the artifact is missing"))?;
        Ok(Self { values, switches: given, artifact })
    }

    pub(crate) fn value(&self, flag: &str) -> Option<&str> {
        self.values.get(flag).map(String::as_str)
    }

    pub(crate) fn needed(&self, flag: &str) -> Result<&str, Failure> {
        self.value(flag).ok_or_else(|| usage(format!("{flag} is missing")))
    }

    pub(crate) fn has(&self, switch: &str) -> bool {
        self.switches.contains(switch)
    }
}
