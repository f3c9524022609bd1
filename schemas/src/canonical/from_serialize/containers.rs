//! Arrays and objects under construction.

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::ToJson;
use crate::canonical::object::Member;
use crate::canonical::{Json, JsonError, Object};

/// An array, alone or as the content of an enum variant.
pub(super) struct ArrayToJson {
    inner: ToJson,
    elements: Vec<Json>,
    variant: Option<&'static str>,
}

impl ArrayToJson {
    pub(super) fn new(outer: ToJson, variant: Option<&'static str>) -> Result<Self, JsonError> {
        let outer = if variant.is_some() { outer.inner()? } else { outer };
        Ok(Self { inner: outer.inner()?, elements: Vec::new(), variant })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        self.elements.push(value.serialize(self.inner)?);
        Ok(())
    }

    fn finish(self) -> Json {
        tagged(self.variant, Json::Array(self.elements))
    }
}

/// An object, alone or as the content of an enum variant.
pub(super) struct ObjectToJson {
    inner: ToJson,
    members: Vec<Member>,
    key: Option<String>,
    variant: Option<&'static str>,
}

impl ObjectToJson {
    pub(super) fn new(outer: ToJson) -> Result<Self, JsonError> {
        Ok(Self { inner: outer.inner()?, members: Vec::new(), key: None, variant: None })
    }

    pub(super) fn of_variant(outer: ToJson, variant: &'static str) -> Result<Self, JsonError> {
        Ok(Self { variant: Some(variant), ..Self::new(outer.inner()?)? })
    }

    pub(super) fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), JsonError> {
        let value = value.serialize(self.inner)?;
        self.members.push(Member { key: key.to_owned(), value, place: self.members.len() });
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Json, JsonError> {
        let object =
            Object::from_members(self.members).map_err(|second| JsonError::duplicate_key(0, &second.key))?;
        Ok(tagged(self.variant, Json::Object(object)))
    }
}

/// `{"variant": value}`, serde's form of an enum variant that holds something.
fn tagged(variant: Option<&'static str>, value: Json) -> Json {
    match variant {
        Some(variant) => Json::Object([(variant.to_owned(), value)].into_iter().collect()),
        None => value,
    }
}

impl SerializeMap for ObjectToJson {
    type Ok = Json;
    type Error = JsonError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), JsonError> {
        match key.serialize(ToJson { depth: 0 }) {
            Ok(Json::String(key)) => self.key = Some(key),
            _ => return Err(JsonError::custom("a key is no string")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        let key = self.key.take().ok_or_else(|| JsonError::custom("a value without a key"))?;
        self.member(&key, value)
    }

    fn end(self) -> Result<Json, JsonError> {
        self.finish()
    }
}

macro_rules! array {
    ($($name:ident :: $method:ident),*) => {$(
        impl $name for ArrayToJson {
            type Ok = Json;
            type Error = JsonError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
                self.element(value)
            }

            fn end(self) -> Result<Json, JsonError> {
                Ok(self.finish())
            }
        }
    )*};
}

array!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! object {
    ($($name:ident),*) => {$(
        impl $name for ObjectToJson {
            type Ok = Json;
            type Error = JsonError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), JsonError> {
                self.member(key, value)
            }

            fn end(self) -> Result<Json, JsonError> {
                self.finish()
            }
        }
    )*};
}

object!(SerializeStruct, SerializeStructVariant);
