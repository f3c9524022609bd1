//! The source package of a distribution's package, where an SBOM names it beside its package URL.

use std::borrow::Cow;
use std::fmt;

use mcpsign_schemas::purl::Purl;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::Component;
use crate::ecosystem::Query;

/// Before the names of Trivy's properties.
const TRIVY: &str = "aquasecurity:trivy:Src";

/// What a component's properties say of it.
#[derive(Default)]
pub(super) struct SourcePackage<'d> {
    name: Option<Cow<'d, str>>,
    version: Option<Cow<'d, str>>,
    release: Option<Cow<'d, str>>,
    epoch: Option<Cow<'d, str>>,
}

impl SourcePackage<'_> {
    /// Lets a distribution's component ask for its source package too, unless its package URL says which that is.
    pub(super) fn add_to(&self, component: &mut Component) {
        let Some(name) = self.name.as_deref().filter(|name| !name.is_empty()) else { return };
        let purl = component.purl().and_then(|purl| Purl::parse(purl).ok());
        let is_open =
            |purl: &Purl| matches!(purl.ty(), "deb" | "apk" | "rpm") && purl.qualifier("upstream").is_none();
        let Some(purl) = purl.filter(is_open) else { return };
        let source = match self.whole_version() {
            Some(version) => format!("{name}@{version}"),
            None => name.to_owned(),
        };
        if let Ok(purl) = purl.with_qualifier("upstream", source) {
            component.queries = Query::of(&purl);
        }
    }

    /// `EPOCH:VERSION-RELEASE`.
    fn whole_version(&self) -> Option<String> {
        let version = self.version.as_deref().filter(|version| !version.is_empty())?;
        let epoch = self.epoch.as_deref().filter(|epoch| !matches!(*epoch, "" | "0"));
        let release = self.release.as_deref().filter(|release| !release.is_empty());
        let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
        let release = release.map(|release| format!("-{release}")).unwrap_or_default();
        Some(format!("{epoch}{version}{release}"))
    }
}

#[derive(Deserialize)]
struct Property<'d> {
    #[serde(borrow)]
    name: Option<Cow<'d, str>>,
    #[serde(borrow)]
    value: Option<Value<'d>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value<'d> {
    #[serde(borrow)]
    Text(Cow<'d, str>),
    Other(IgnoredAny),
}

/// Those of a list of properties that count, where there are any.
pub(super) fn of_properties<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<SourcePackage<'de>>>, D::Error> {
    deserializer.deserialize_any(Properties)
}

struct Properties;

impl<'de> Visitor<'de> for Properties {
    type Value = Option<Box<SourcePackage<'de>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of properties")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut source: Option<Box<SourcePackage<'de>>> = None;
        while let Some(Property { name, value }) = list.next_element()? {
            let Some(member) = name.as_deref().and_then(|name| name.strip_prefix(TRIVY)) else { continue };
            let value = match value {
                Some(Value::Text(text)) => Some(text),
                Some(Value::Other(IgnoredAny)) | None => None,
            };
            let source = source.get_or_insert_default();
            match member {
                "Name" => source.name = value,
                "Version" => source.version = value,
                "Release" => source.release = value,
                "Epoch" => source.epoch = value,
                _ => {}
            }
        }
        Ok(source)
    }
}
