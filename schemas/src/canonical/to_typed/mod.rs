//! From [`Json`] to types of our own.
//!
//! Not by handing the same bytes to `serde_json`: it rounds some numbers to a neighbour, tells `1.0` from `1`,
//! and reads an array as a struct. Two readers of one document must agree, so the type is made from the value
//! that was hashed.

mod access;
mod error;
#[cfg(test)]
mod tests;

use serde::de::{Deserialize, Deserializer, Error, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use self::access::{Elements, Members, Variant};
use self::error::{OneOf, TypedError, member};
use super::{Json, JsonError};

pub(super) fn to_typed<'j, T: Deserialize<'j>>(json: &'j Json) -> Result<T, JsonError> {
    T::deserialize(FromJson(json)).map_err(|error| JsonError::typed(&error.to_string()))
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
                let mut access = Elements::new(elements);
                let value = visitor.visit_seq(&mut access)?;
                match access.left() {
                    0 => Ok(value),
                    _ => Err(TypedError::invalid_length(elements.len(), &"fewer elements")),
                }
            }
            Json::Object(object) => {
                let mut access = Members::new(object);
                let value = visitor.visit_map(&mut access)?;
                match access.left() {
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
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        match self.0 {
            Json::String(name) => visitor.visit_enum(Variant { name, content: None }),
            Json::Object(object) => match object.canonical_members() {
                [only] => visitor
                    .visit_enum(Variant { name: &only.key, content: Some(Self(&only.value)) })
                    .map_err(|error| error.below(|| member(&only.key))),
                [] => self.mismatch(&OneOf(variants)),
                members => {
                    let found = members.len();
                    let expected = OneOf(variants);
                    Err(TypedError::custom(format_args!("{found} members, expected exactly {expected}")))
                }
            },
            _ => self.mismatch(&OneOf(variants)),
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
