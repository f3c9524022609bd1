//! What serde's visitors draw elements, members and variants from.

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::FromJson;
use super::error::{TypedError, member};
use crate::canonical::{Json, Object};

/// Array elements, counted for the path of an error.
pub(super) struct Elements<'de> {
    rest: std::iter::Enumerate<std::slice::Iter<'de, Json>>,
}

impl<'de> Elements<'de> {
    pub(super) fn new(elements: &'de [Json]) -> Self {
        Self { rest: elements.iter().enumerate() }
    }

    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'de> {
    type Error = TypedError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypedError> {
        let Some((at, element)) = self.rest.next() else { return Ok(None) };
        let value = seed.deserialize(FromJson(element));
        value.map(Some).map_err(|error| error.below(|| format!("[{at}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// Members in received order, which types that keep an order rely on.
pub(super) struct Members<'de> {
    rest: std::vec::IntoIter<(&'de str, &'de Json)>,
    current: Option<(&'de str, &'de Json)>,
}

impl<'de> Members<'de> {
    pub(super) fn new(object: &'de Object) -> Self {
        Self { rest: object.iter().collect::<Vec<_>>().into_iter(), current: None }
    }

    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }
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

/// An enum's variant: a string alone, or the one member of an object.
pub(super) struct Variant<'de> {
    pub(super) name: &'de str,
    pub(super) content: Option<FromJson<'de>>,
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
            Some(_) => Err(TypedError::custom(format_args!("`{}` stands alone, without a value", self.name))),
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
        self.content.ok_or_else(|| {
            TypedError::custom(format_args!("`{0}` has a value, as in `{{ {0}: … }}`", self.name))
        })
    }
}
