//! [`Json`] inside types that serde reads and writes, with whatever serde format.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::object::Member;
use super::{Json, Limits, NotExact, Number, Object};

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.as_u64(), self.as_i64()) {
            (Some(value), _) => serializer.serialize_u64(value),
            (None, Some(value)) => serializer.serialize_i64(value),
            (None, None) => serializer.serialize_f64(self.as_f64()),
        }
    }
}

/// Refuses what [`Json::parse`] refuses, as far as the format shows it: `serde_json` hands over a number after
/// rounding, so that only [`super::from_slice`] and [`Json::parse`] see `0.10000000000000001`.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value { depth: Limits::DEPTH }.deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Object(object) => Ok(object),
            _ => Err(D::Error::custom("expected an object")),
        }
    }
}

/// Reads one value; `depth` containers may still be opened.
#[derive(Clone, Copy)]
struct Value {
    depth: usize,
}

impl Value {
    fn inner<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn number<E: Error>(number: Result<Number, NotExact>) -> Result<Json, E> {
    number.map(Json::Number).map_err(E::custom)
}

impl<'de> Visitor<'de> for Value {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        number(value.try_into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        number(value.try_into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        number(value.try_into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            members.push(Member { key, value, place: members.len() });
        }
        Object::from_members(members)
            .map(Json::Object)
            .map_err(|second| A::Error::custom(super::JsonError::duplicate_key(0, &second.key).kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Json, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_rules_hold_under_a_foreign_reader() {
        assert!(read(r#"{"a":{"k":1,"\u006b":2}}"#).is_err_and(|e| e.contains(r#"duplicate key "k""#)));
        assert!(read("9007199254740993").is_err_and(|e| e.contains("not exact")));
        assert!(read("-9223372036854775808").is_err_and(|e| e.contains("not exact")));
        assert!(read("1e20").is_err_and(|e| e.contains("not exact")));
        assert!(read(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_ok());
        assert!(
            read(&format!("{}{}", "[".repeat(65), "]".repeat(65))).is_err_and(|e| e.contains("too deep"))
        );
    }

    #[test]
    fn written_and_read_again_is_equal() {
        let text = r#"{"z":[null,true,-1,0.5,1e300,"é\u0000"],"a":{}}"#;
        let json = read(text).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text.replace("1e300", "1e+300"));
        assert_eq!(Json::from_serialize(&json).as_ref(), Ok(&json));
        assert_eq!(json.to_typed::<Json>().as_ref(), Ok(&json));
        assert_eq!(json.to_typed::<Object>().ok().as_ref(), json.as_object());
        assert!(Json::Null.to_typed::<Object>().is_err());
    }
}
