//! From values of our own to [`Json`].
//!
//! Not by way of `serde_json::Value`, which writes NaN as null, turns keys that are no strings into strings, and
//! lets the last of two equal keys win: what we sign would not be what we meant.

mod containers;

use serde::Serialize;
use serde::ser::{Error, Serializer};

use self::containers::{ArrayToJson, ObjectToJson};
use super::{Json, JsonError, JsonErrorKind, Limits, Number};

pub(super) fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Json, JsonError> {
    value.serialize(ToJson { depth: Limits::DEPTH })
}

impl Error for JsonError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::typed(&message.to_string())
    }
}

/// Makes one value; `depth` containers may still be opened.
#[derive(Clone, Copy)]
struct ToJson {
    depth: usize,
}

impl ToJson {
    fn inner(self) -> Result<Self, JsonError> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(JsonError::new(0, JsonErrorKind::TooDeep)),
        }
    }
}

fn number<N>(value: N) -> Result<Json, JsonError>
where
    N: Copy + std::fmt::Display,
    Number: TryFrom<N>,
{
    match Number::try_from(value) {
        Ok(number) => Ok(Json::Number(number)),
        Err(_) => Err(JsonError::custom(format_args!("the number {value} is not exact in binary64"))),
    }
}

macro_rules! integers {
    ($($method:ident: $from:ty => $to:ty),*) => {$(
        fn $method(self, value: $from) -> Result<Json, JsonError> {
            number(<$to>::from(value))
        }
    )*};
}

impl Serializer for ToJson {
    type Ok = Json;
    type Error = JsonError;
    type SerializeSeq = ArrayToJson;
    type SerializeTuple = ArrayToJson;
    type SerializeTupleStruct = ArrayToJson;
    type SerializeTupleVariant = ArrayToJson;
    type SerializeMap = ObjectToJson;
    type SerializeStruct = ObjectToJson;
    type SerializeStructVariant = ObjectToJson;

    fn serialize_bool(self, value: bool) -> Result<Json, JsonError> {
        Ok(Json::Bool(value))
    }

    integers!(serialize_i8: i8 => i64, serialize_i16: i16 => i64, serialize_i32: i32 => i64, serialize_i64: i64 => i64);
    integers!(serialize_u8: u8 => u64, serialize_u16: u16 => u64, serialize_u32: u32 => u64, serialize_u64: u64 => u64);

    fn serialize_f32(self, value: f32) -> Result<Json, JsonError> {
        number(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<Json, JsonError> {
        number(value)
    }

    fn serialize_char(self, value: char) -> Result<Json, JsonError> {
        Ok(Json::String(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<Json, JsonError> {
        Ok(value.into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Json, JsonError> {
        Err(JsonError::custom("bytes have no JSON form: write them as base64 or hex"))
    }

    fn serialize_none(self) -> Result<Json, JsonError> {
        Ok(Json::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Json, JsonError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Json, JsonError> {
        Ok(Json::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Json, JsonError> {
        Ok(Json::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Json, JsonError> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Json, JsonError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Json, JsonError> {
        let mut object = ObjectToJson::new(self)?;
        object.member(variant, value)?;
        object.finish()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ArrayToJson, JsonError> {
        ArrayToJson::new(self, None)
    }

    fn serialize_tuple(self, _: usize) -> Result<ArrayToJson, JsonError> {
        ArrayToJson::new(self, None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ArrayToJson, JsonError> {
        ArrayToJson::new(self, None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ArrayToJson, JsonError> {
        ArrayToJson::new(self, Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<ObjectToJson, JsonError> {
        ObjectToJson::new(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<ObjectToJson, JsonError> {
        ObjectToJson::new(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ObjectToJson, JsonError> {
        ObjectToJson::of_variant(self, variant)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Tuple(u8, bool),
        Struct { a: Option<u8> },
    }

    fn canonical<T: Serialize>(value: T) -> Result<String, JsonErrorKind> {
        let json = from_serialize(&value).map_err(|error| error.kind)?;
        Ok(String::from_utf8(json.to_canonical()).unwrap())
    }

    #[test]
    fn shapes_are_those_of_serde_json() {
        let shapes = [Shape::Unit, Shape::New(1), Shape::Tuple(2, true), Shape::Struct { a: None }];
        let expected = r#"["Unit",{"New":1},{"Tuple":[2,true]},{"Struct":{"a":null}}]"#;
        assert_eq!(canonical(&shapes).unwrap(), expected);
        assert_eq!(serde_json::to_string(&shapes).unwrap(), expected);
        assert_eq!(canonical(BTreeMap::from([('b', 1.5), ('a', -0.0)])).unwrap(), r#"{"a":0,"b":1.5}"#);
        assert_eq!(canonical(((), Some("x"), i64::from(i32::MIN))).unwrap(), r#"[null,"x",-2147483648]"#);
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        let typed = |result| matches!(result, Err(JsonErrorKind::Typed(_)));
        assert!(typed(canonical(f64::NAN)));
        assert!(typed(canonical(1e20)));
        assert!(typed(canonical(u64::MAX)));
        assert!(typed(canonical(BTreeMap::from([(1, 2)]))));

        struct Twice;
        impl Serialize for Twice {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map([("k", 1), ("k", 2)])
            }
        }
        assert_eq!(canonical(Twice), Err(JsonErrorKind::DuplicateKey { key: "k".into() }));
    }

    #[test]
    fn depth_is_that_of_the_format() {
        let nested = |depth| (0..depth).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
        assert!(canonical(nested(64)).is_ok());
        assert_eq!(canonical(nested(65)), Err(JsonErrorKind::TooDeep));
        assert_eq!(canonical([nested(64)]), Err(JsonErrorKind::TooDeep));
        assert_eq!(canonical(nested(1000)), Err(JsonErrorKind::TooDeep));
    }
}
