//! From [`Json`] to types of our own.
//!
//! Not by handing the same bytes to `serde_json`: it rounds some numbers to a neighbour, tells `1.0` from `1`,
//! and reads an array as a struct. Two readers of one document must agree, so the type is made from the value
//! that was hashed.

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Json, JsonError};

pub(super) fn to_typed<T: DeserializeOwned>(json: &Json) -> Result<T, JsonError> {
    T::deserialize(FromJson(json)).map_err(|error| JsonError::typed(&error.to_string()))
}

/// What went wrong; the path is put together from the inside out while the error travels up.
#[derive(Debug)]
struct TypedError {
    path: Vec<String>,
    message: String,
}

impl TypedError {
    fn below(mut self, step: impl FnOnce() -> String) -> Self {
        self.path.push(step());
        self
    }
}

impl std::fmt::Display for TypedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, step) in self.path.iter().rev().enumerate() {
            let step = if at == 0 { step.trim_start_matches('.') } else { step };
            f.write_str(step)?;
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypedError {}

impl Error for TypedError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Unit => Self::custom(format_args!("invalid type: null, expected {expected}")),
            found => Self::custom(format_args!("invalid type: {found}, expected {expected}")),
        }
    }
}

fn member(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$');
    match key.bytes().all(plain) && (1..=64).contains(&key.len()) {
        true => format!(".{key}"),
        false => format!("[{:?}]", key.chars().take(64).collect::<String>()),
    }
}

#[derive(Clone, Copy)]
struct FromJson<'de>(&'de Json);

impl<'de> FromJson<'de> {
    fn mismatch<T>(self, expected: &dyn Expected) -> Result<T, TypedError> {
        Err(TypedError::invalid_type(
            match self.0 {
                Json::Null => Unexpected::Unit,
                Json::Bool(value) => Unexpected::Bool(*value),
                Json::Number(number) => match number.as_i64() {
                    Some(value) => Unexpected::Signed(value),
                    None => Unexpected::Float(number.as_f64()),
                },
                Json::String(text) => Unexpected::Str(text),
                Json::Array(_) => Unexpected::Seq,
                Json::Object(_) => Unexpected::Map,
            },
            expected,
        ))
    }
}

impl<'de> Deserializer<'de> for FromJson<'de> {
    type Error = TypedError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(number.as_f64()),
            },
            Json::String(text) => visitor.visit_borrowed_str(text),
            Json::Array(elements) => {
                let mut access = Elements { rest: elements.iter(), at: 0 };
                let value = visitor.visit_seq(&mut access)?;
                match access.rest.len() {
                    0 => Ok(value),
                    _ => Err(TypedError::invalid_length(elements.len(), &"fewer elements")),
                }
            }
            Json::Object(object) => {
                let rest = object.iter().collect::<Vec<_>>().into_iter();
                let mut access = Members { rest, current: None };
                let value = visitor.visit_map(&mut access)?;
                match access.rest.len() {
                    0 => Ok(value),
                    _ => Err(TypedError::invalid_length(object.len(), &"fewer members")),
                }
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.0 {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        visitor.visit_newtype_struct(self)
    }

    /// A struct is an object, even though serde's visitors would take its fields in order from an array.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        match self.0 {
            Json::Object(_) => self.deserialize_any(visitor),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        match self.0 {
            Json::String(name) => visitor.visit_enum(Variant { name, content: None }),
            Json::Object(object) => match object.canonical_members() {
                [only] => visitor
                    .visit_enum(Variant { name: &only.key, content: Some(Self(&only.value)) })
                    .map_err(|error| error.below(|| member(&only.key))),
                _ => Err(TypedError::invalid_length(object.len(), &"one member that names a variant")),
            },
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier
    }
}

struct Elements<'de> {
    rest: std::slice::Iter<'de, Json>,
    at: usize,
}

impl<'de> SeqAccess<'de> for &mut Elements<'de> {
    type Error = TypedError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypedError> {
        let Some(element) = self.rest.next() else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        let value = seed.deserialize(FromJson(element));
        value.map(Some).map_err(|error| error.below(|| format!("[{at}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// In received order, which types that keep an order rely on.
struct Members<'de> {
    rest: std::vec::IntoIter<(&'de str, &'de Json)>,
    current: Option<(&'de str, &'de Json)>,
}

impl<'de> MapAccess<'de> for &mut Members<'de> {
    type Error = TypedError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypedError> {
        self.current = self.rest.next();
        match self.current {
            Some((key, _)) => seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypedError> {
        let (key, value) = self.current.take().ok_or_else(|| TypedError::custom("a value without a key"))?;
        seed.deserialize(FromJson(value)).map_err(|error| error.below(|| member(key)))
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<FromJson<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = TypedError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TypedError> {
        let name: StrDeserializer<'_, TypedError> = StrDeserializer::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = TypedError;

    fn unit_variant(self) -> Result<(), TypedError> {
        match self.content {
            None => Ok(()),
            Some(content) => content.mismatch(&"a variant without content, as a string"),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TypedError> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TypedError> {
        let content = self.content()?;
        match content.0 {
            Json::Array(_) => content.deserialize_any(visitor),
            _ => content.mismatch(&visitor),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        let content = self.content()?;
        content.deserialize_struct("", &[], visitor)
    }
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<FromJson<'de>, TypedError> {
        self.content.ok_or_else(|| TypedError::custom(format_args!("variant {:?} needs content", self.name)))
    }
}

#[cfg(test)]
mod tests {
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

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
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
        assert_eq!(
            outer.shapes,
            [Shape::Unit, Shape::New(3), Shape::Tuple(4, true), Shape::Struct { a: None }]
        );
        assert_eq!(outer.by_name["x"], Inner { id: 5 });
        assert_eq!(outer.any.to_canonical(), br#"{"k":[1e+300,-7]}"#);
        assert_eq!(read(r#"[-3,"t"]"#), Ok((Either::Number(-3), Either::Text("t".into()))));
        assert_eq!(read("1424953923781206.2"), Ok(1424953923781206.2));
    }

    #[test]
    fn an_error_begins_with_its_path() {
        for (text, expected) in [
            (r#"{"count":null,"any":0}"#, "count: invalid type: null, expected u64"),
            (r#"{"count":-1,"any":0}"#, "count: invalid value: integer `-1`, expected u64"),
            (r#"{"count":1.5,"any":0}"#, "count: invalid type: floating point `1.5`, expected u64"),
            (r#"{"any":0}"#, "missing field `count`"),
            (r#"{"count":1,"any":0,"x":0}"#, "unknown field `x`"),
            (r#"{"count":1,"any":0,"byName":{"a b":{"id":256}}}"#, "byName[\"a b\"].id: invalid value"),
            (r#"{"count":1,"any":0,"shapes":["unit",{"tuple":[1]}]}"#, "shapes[1].tuple: invalid length 1"),
            (r#"{"count":1,"any":0,"shapes":[{"tuple":[1,true,2]}]}"#, "shapes[0].tuple: invalid length 3"),
            (r#"{"count":1,"any":0,"shapes":[{"unit":1}]}"#, "shapes[0].unit: invalid type"),
            (r#"{"count":1,"any":0,"shapes":["new"]}"#, "shapes[0]: variant \"new\" needs content"),
            (r#"{"count":1,"any":0,"shapes":[{"new":1,"unit":2}]}"#, "shapes[0]: invalid length 2"),
            (r#"{"count":1,"any":0,"shapes":["other"]}"#, "shapes[0]: unknown variant `other`"),
            (
                r#"{"count":1,"any":0,"shapes":[{"struct":["a"]}]}"#,
                "shapes[0].struct: invalid type: sequence",
            ),
            ("[1,null,[],{},0]", "invalid type: sequence, expected struct Outer"),
            (
                r#"{"count":1,"any":0,"byName":{"x":[5]}}"#,
                "byName.x: invalid type: sequence, expected struct Inner",
            ),
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
}
