//! What holds for every document and every tree, on samples.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "properties/documents.rs"]
mod documents;
#[path = "properties/numbers.rs"]
mod numbers;
#[path = "properties/trees.rs"]
mod trees;

use mcpsign_schemas::canonical::{Json, Limits, Number, Object};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Json, mcpsign_schemas::canonical::JsonError> {
    Json::parse(text.as_bytes(), Limits::bytes(1 << 20))
}

/// Values of every shape; few enough different keys to meet each other in one object.
fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number().prop_map(Json::Number),
        text().prop_map(Json::String),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::Array),
            prop::collection::vec((text(), inner), 0..8)
                .prop_map(|members| Json::Object(members.into_iter().collect::<Object>())),
        ]
    })
}

fn number() -> impl Strategy<Value = Number> {
    let exact = |value: f64| Number::try_from(value).ok();
    prop_oneof![
        any::<u32>().prop_map(Number::from),
        any::<i64>().prop_filter_map("unsafe", |value| Number::try_from(value >> 10).ok()),
        any::<u64>().prop_map(f64::from_bits).prop_filter_map("not exact", exact),
        (any::<i32>(), -30..30)
            .prop_filter_map("not exact", move |(n, e)| exact(f64::from(n) * 10_f64.powi(e))),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('a', 'c'),
        1 => prop::char::range('\0', '\u{a0}'),
        1 => prop::char::range('\u{d7f0}', '\u{e010}'),
        1 => prop::char::range('\u{ff00}', '\u{100ff}'),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..6).prop_map(|characters| characters.into_iter().collect())
}
