//! What can still be read of a record that was not understood: what it is called, and which packages it names.
//!
//! One odd record must not pass for none, and leaves those packages open and no others. Members that stand twice all count, and so
//! does what stands before the place where the bytes break off.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::osv::Package;

/// Names of a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Its id, where that can be read.
    pub id: Option<String>,
    /// When it was taken back.
    pub withdrawn: Option<Timestamp>,
    /// The packages that it is about.
    pub packages: BTreeSet<Package>,
    /// The same as package URLs, where it has those: some have nothing else.
    pub purls: BTreeSet<String>,
}

impl Names {
    /// Reads what can be read of a record, whatever it is.
    pub fn of(bytes: &[u8]) -> Self {
        let mut names = Self::default();
        let mut package = Named::default();
        let walk = Walk { names: &mut names, package: &mut package, at: At::Record };
        // What was read until it breaks off counts.
        let _ = walk.deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        names
    }
}

/// A package of which nobody has seen the end yet.
#[derive(Default)]
struct Named {
    ecosystem: Option<String>,
    name: Option<String>,
}

/// Where in a record something stands.
#[derive(Clone, Copy)]
enum At {
    Record,
    Id,
    Withdrawn,
    Affected,
    Entry,
    Package,
    Ecosystem,
    Name,
    Purl,
}

impl At {
    /// What stands there under `member`; `None` where it says no name.
    fn member(self, member: &str) -> Option<Self> {
        match (self, member) {
            (Self::Record, "id") => Some(Self::Id),
            (Self::Record, "withdrawn") => Some(Self::Withdrawn),
            (Self::Record, "affected") => Some(Self::Affected),
            (Self::Affected | Self::Entry, "package") => Some(Self::Package),
            (Self::Package, "ecosystem") => Some(Self::Ecosystem),
            (Self::Package, "name") => Some(Self::Name),
            (Self::Package, "purl") => Some(Self::Purl),
            _ => None,
        }
    }
}

struct Walk<'w> {
    names: &'w mut Names,
    package: &'w mut Named,
    at: At,
}

impl Walk<'_> {
    fn below(&mut self, at: At) -> Walk<'_> {
        Walk { names: self.names, package: self.package, at }
    }

    /// Takes a text for what it says where it stands.
    fn take(&mut self, text: &str) {
        match self.at {
            At::Id => self.names.id = Some(text.to_owned()),
            At::Withdrawn => self.names.withdrawn = text.parse().ok(),
            At::Ecosystem => self.package.ecosystem = Some(text.to_owned()),
            At::Name => self.package.name = Some(text.to_owned()),
            At::Purl => drop(self.names.purls.insert(text.to_owned())),
            At::Record | At::Affected | At::Entry | At::Package => return,
        }
        if let Named { ecosystem: Some(ecosystem), name: Some(name) } = &*self.package {
            let (ecosystem, name) = (ecosystem.clone(), name.clone());
            self.names.packages.insert(Package { ecosystem, name });
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.take(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        if !matches!(self.at, At::Affected) {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while list.next_element_seed(self.below(At::Entry))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if matches!(self.at, At::Package) {
            *self.package = Named::default();
        }
        while let Some(member) = map.next_key::<String>()? {
            match self.at.member(&member) {
                Some(at) => map.next_value_seed(self.below(at))?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(bytes: &[u8]) -> Vec<String> {
        let names = Names::of(bytes).packages.into_iter();
        names.map(|package| format!("{} {}", package.ecosystem, package.name)).collect()
    }

    #[test]
    fn whatever_is_odd_about_a_record_its_packages_are_read() {
        let one = r#""package":{"ecosystem":"npm","name":"a"}"#;
        let other = r#""package":{"purl":5,"name":"b","ecosystem":"PyPI"}"#;
        for (record, expected) in [
            (format!(r#"{{"affected":[{{{one},"ranges":5}},{{{other}}}]}}"#), &["PyPI b", "npm a"][..]),
            (format!(r#"{{"id":5,"affected":[null,[],{{{one}}}]}}"#), &["npm a"]),
            (format!(r#"{{"affected":[{{{one}}}],"affected":[{{{other}}}]}}"#), &["PyPI b", "npm a"]),
            (format!(r#"{{"affected":[{{{one},{other}}}]}}"#), &["PyPI b", "npm a"]),
            (format!(r#"{{"affected":[{{{one},"versions":["1"#), &["npm a"]),
            (
                format!(r#"{{"x":{}1{},"affected":[{{{one}}}]}}"#, "[".repeat(9000), "]".repeat(9000)),
                &["npm a"],
            ),
            (format!(r#"{{"affected":[{{{one},"x":{}"#, "[".repeat(9000)), &["npm a"]),
            (r#"{"affected":[{"package":{"ecosystem":"npm"}},{"package":{"name":"a"}}]}"#.into(), &[]),
            (format!(r#"{{"affected":{{{one}}}}}"#), &["npm a"]),
            (format!("[{{{one}}}]"), &[]),
            ("no JSON".into(), &[]),
        ] {
            assert_eq!(packages(record.as_bytes()), expected, "{record}");
        }
        let named = Names::of(br#"{"affected":[{"package":{"purl":"pkg:npm/a"}}]}"#);
        assert_eq!(named.purls, BTreeSet::from(["pkg:npm/a".to_owned()]));
        let names = Names::of(br#"{"id":"A-1","withdrawn":"2026-01-01T00:00:00Z","modified":false}"#);
        assert_eq!(names.id.as_deref(), Some("A-1"));
        assert_eq!(names.withdrawn, "2026-01-01T00:00:00Z".parse().ok());
    }
}
