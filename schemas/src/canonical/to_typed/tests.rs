use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::canonical::{JsonErrorKind, Limits, from_slice};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Outer {
    count: u64,
    ratio: Option<f64>,
    #[serde(default)]
    shapes: Vec<Shape>,
    #[serde(default)]
    by_name: BTreeMap<String, Inner>,
    any: Json,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    id: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Unit,
    New(u8),
    Tuple(u8, bool),
    Struct { a: Option<String> },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    from_slice(text.as_bytes(), Limits::bytes(4096)).map_err(|error| error.to_string())
}

#[test]
fn shapes_are_read() {
    let outer: Outer = read(
        r#"{"count":1.0,"ratio":2,"shapes":["unit",{"new":3},{"tuple":[4,true]},{"struct":{"a":null}}],
            "byName":{"x":{"id":5,"ignored":[[]]}},"any":{"k":[1e300,-7]}}"#,
    )
    .unwrap();
    assert_eq!((outer.count, outer.ratio), (1, Some(2.0)));
    assert_eq!(outer.shapes, [Shape::Unit, Shape::New(3), Shape::Tuple(4, true), Shape::Struct { a: None }]);
    assert_eq!(outer.by_name["x"], Inner { id: 5 });
    assert_eq!(outer.any.to_canonical(), br#"{"k":[1e+300,-7]}"#);
    assert_eq!(read(r#"[-3,"t"]"#), Ok((Either::Number(-3), Either::Text("t".into()))));
    assert_eq!(read("1424953923781206.2"), Ok(1424953923781206.2));
}

#[test]
fn an_error_begins_with_its_path() {
    for (text, expected) in [
        (r#"{"count":null,"any":0}"#, "count: invalid type: null, expected a whole number"),
        (r#"{"count":-1,"any":0}"#, "count: invalid value: integer `-1`, expected a whole number"),
        (r#"{"count":1.5,"any":0}"#, "count: invalid type: floating point `1.5`, expected a whole number"),
        (r#"{"any":0}"#, "missing field `count`"),
        (r#"{"count":1,"any":0,"x":0}"#, "unknown field `x`"),
        (r#"{"count":1,"any":0,"byName":{"a b":{"id":256}}}"#, "byName[\"a b\"].id: invalid value"),
        (r#"{"count":1,"any":0,"shapes":["unit",{"tuple":[1]}]}"#, "shapes[1].tuple: invalid length 1"),
        (r#"{"count":1,"any":0,"shapes":[{"tuple":[1,true,2]}]}"#, "shapes[0].tuple: invalid length 3"),
        (r#"{"count":1,"any":0,"shapes":[{"unit":1}]}"#, "shapes[0].unit: `unit` stands alone"),
        (r#"{"count":1,"any":0,"shapes":["new"]}"#, "shapes[0]: `new` has a value, as in `{ new: … }`"),
        (
            r#"{"count":1,"any":0,"shapes":[{"new":1,"unit":2}]}"#,
            "shapes[0]: 2 members, expected exactly one of `unit`, `new`, `tuple`, `struct`",
        ),
        (
            r#"{"count":1,"any":0,"shapes":[7]}"#,
            "shapes[0]: invalid type: integer `7`, expected one of `unit`, `new`, `tuple`, `struct`",
        ),
        (
            r#"{"count":1,"any":0,"shapes":[{}]}"#,
            "shapes[0]: invalid type: object, expected one of `unit`, `new`, `tuple`, `struct`",
        ),
        (r#"{"count":1,"any":0,"shapes":{}}"#, "shapes: invalid type: object, expected a list"),
        (
            r#"{"count":1,"any":0,"shapes":["other"]}"#,
            "shapes[0]: unknown value `other`, expected one of `unit`, `new`, `tuple`, `struct`",
        ),
        (r#"{"count":1,"any":0,"shapes":[{"struct":["a"]}]}"#, "shapes[0].struct: invalid type: list"),
        ("[1,null,[],{},0]", "invalid type: list, expected an object"),
        (r#"{"count":1,"any":0,"byName":{"x":[5]}}"#, "byName.x: invalid type: list, expected an object"),
    ] {
        let error = read::<Outer>(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let long = format!(r#"{{"{}":0}}"#, "x".repeat(4000));
    assert!(read::<Outer>(&long).is_err_and(|error| error.len() < 500));
}

#[test]
fn rules_of_strict_json_hold_where_the_type_would_not_look() {
    let ignored = br#"{"id":5,"ignored":{"k":1,"k":2}}"#;
    let error = from_slice::<Inner>(ignored, Limits::bytes(100)).unwrap_err();
    assert_eq!((error.offset, error.kind), (25, JsonErrorKind::DuplicateKey { key: "k".into() }));
}
