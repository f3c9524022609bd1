//! JSON Schemas (2020-12) of the formats, made from the types. `json/` holds them as published.

mod policy;

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::advisory::report::CheckReport;
use crate::advisory::snapshot::SnapshotManifest;
use crate::approval::Decision;
use crate::canonical::Json;
use crate::capture::CaptureFile;
use crate::code::Code;
use crate::digest::{Sha256Digest, Sha512Digest};
use crate::facts::Facts;
use crate::manifest::ToolManifest;
use crate::policy::{PolicyDocument, SignedPolicy};
use crate::report::ReportDocument;
use crate::revocation::RevocationList;
use crate::scan::ScanReport;

/// Every published schema: its file name and itself.
pub fn published() -> Vec<(&'static str, Value)> {
    vec![
        ("advisory-check.schema.json", schema::<CheckReport>("advisory-check")),
        ("advisory-snapshot.schema.json", schema::<SnapshotManifest>("advisory-snapshot")),
        ("approval.schema.json", schema::<Decision>("approval")),
        ("capture.schema.json", schema::<CaptureFile>("capture")),
        ("facts.schema.json", schema::<Facts>("facts")),
        ("policy.schema.json", policy::strict(whole::<PolicyDocument>("policy"))),
        ("report.schema.json", schema::<ReportDocument>("report")),
        ("revocation.schema.json", whole::<RevocationList>("revocation")),
        ("scan.schema.json", schema::<ScanReport>("scan")),
        ("signed-policy.schema.json", whole::<SignedPolicy>("signed-policy")),
        ("tool-manifest.schema.json", schema::<ToolManifest>("tool-manifest")),
    ]
}

fn schema<T: JsonSchema>(name: &str) -> Value {
    // What is written, not what is read: readers of these documents want to know which members are always there.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert("$id".into(), format!("https://mcpsign.dev/schemas/{name}.schema.json").into());
    schema.to_value()
}

/// The same of a document of which no member may be without value: readers refuse `null`, whatever it would mean.
fn whole<T: JsonSchema>(name: &str) -> Value {
    let mut schema = schema::<T>(name);
    without_null(&mut schema);
    schema
}

fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|one| one != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(mut any)) = object.remove("anyOf") {
                any.retain(|one| one.get("type").is_none_or(|only| only != "null"));
                match any.as_mut_slice() {
                    [Value::Object(only)] => object.append(only),
                    _ => drop(object.insert("anyOf".into(), any.into())),
                }
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_null),
        _ => {}
    }
}

macro_rules! hex {
    ($type:ty, $name:literal, $pattern:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

hex!(Sha256Digest, "Sha256Digest", "^[0-9a-f]{64}$");
hex!(Sha512Digest, "Sha512Digest", "^[0-9a-f]{128}$");

impl JsonSchema for Json {
    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z]+/[a-z0-9-]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule for a member that has gone, or is called otherwise now, would say nothing.
    #[test]
    fn b35_every_rule_is_about_a_member_that_is_there() {
        let mut schema = whole::<PolicyDocument>("policy");
        for (place, _) in policy::rules() {
            assert!(policy::at(&mut schema, place).is_some(), "{place}");
        }
    }
}
