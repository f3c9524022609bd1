//! Parsing, writing, reading again.

use mcpsign_schemas::canonical::{self, Json, JsonErrorKind, Limits};
use proptest::prelude::*;

use crate::{json, parse};

/// The same value in another spelling: members in another order, white space, escapes.
fn respell(json: &Json, choices: &mut impl FnMut() -> u32) -> String {
    let space = [" ", "", "\n\t", "\r"][choices() as usize % 4];
    let core = match json {
        Json::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| respell(element, choices)).collect();
            format!("[{space}{}]", elements.join(","))
        }
        Json::Object(object) => {
            let mut members: Vec<_> = object.iter().map(|member| (choices(), member)).collect();
            members.sort_by_key(|(order, _)| *order);
            let members: Vec<String> = members
                .into_iter()
                .map(|(_, (key, value))| {
                    format!("{}{space}:{}", respell_text(key, choices), respell(value, choices))
                })
                .collect();
            format!("{{{space}{}}}", members.join(","))
        }
        Json::String(text) => respell_text(text, choices),
        other => String::from_utf8(other.to_canonical()).unwrap(),
    };
    format!("{space}{core}{space}")
}

fn respell_text(text: &str, choices: &mut impl FnMut() -> u32) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match choices() % 3 {
            0 => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
            1 => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04X}")),
            _ if character < ' ' || "\"\\".contains(character) => {
                out += &format!("\\u{:04x}", character as u32)
            }
            _ => out.push(character),
        }
    }
    out + "\""
}

proptest! {
    #[test]
    fn canonical_form_is_accepted_again_and_stays(value in json()) {
        let canonical = value.to_canonical();
        let again = Json::parse(&canonical, Limits::bytes(1 << 20));
        prop_assert_eq!(again.as_ref(), Ok(&value));
        prop_assert_eq!(again.unwrap().to_canonical(), canonical);
    }

    #[test]
    fn spelling_and_key_order_do_not_count(value in json(), seed in any::<u32>()) {
        let mut state = seed;
        let mut choices = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let spelled = respell(&value, &mut choices);
        let parsed = parse(&spelled);
        prop_assert_eq!(parsed.as_ref(), Ok(&value), "{}", spelled);
        prop_assert_eq!(parsed.unwrap().sha256(), value.sha256());
    }

    #[test]
    fn received_order_is_kept(value in json()) {
        let text = serde_json::to_string(&value).unwrap();
        let parsed = parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&value));
        prop_assert_eq!(serde_json::to_string(&parsed.unwrap()).unwrap(), text);
    }

    #[test]
    fn serde_changes_nothing(value in json()) {
        prop_assert_eq!(Json::from_serialize(&value), Ok(value.clone()));
        prop_assert_eq!(value.to_typed::<Json>(), Ok(value.clone()));
        prop_assert_eq!(canonical::to_canonical(&value), Ok(value.to_canonical()));
    }

    /// Valid documents with a few bytes changed, next to a reader that knows no rules of ours.
    #[test]
    fn what_we_accept_is_json_and_what_we_refuse_has_a_reason(
        value in json(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), mutation()), 0..4),
    ) {
        let mut bytes = serde_json::to_vec(&value).unwrap();
        for (index, (byte, insert)) in changes {
            let at = index.index(bytes.len());
            if insert { bytes.insert(at, byte) } else { bytes[at] = byte }
        }
        let theirs = serde_json::from_slice::<serde_json::Value>(&bytes);
        match Json::parse(&bytes, Limits::bytes(1 << 20)) {
            // serde_json drops duplicate keys and rounds; what is left is compared without numbers.
            Ok(ours) => prop_assert_eq!(shape(&serde_json::to_value(&ours).unwrap()), shape(&theirs.unwrap())),
            Err(error) => match error.kind {
                JsonErrorKind::DuplicateKey { .. } | JsonErrorKind::NumberNotExact { .. } => {}
                _ => prop_assert!(theirs.is_err(), "{error}"),
            },
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(json) = Json::parse(&bytes, Limits::bytes(1 << 20)) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
            prop_assert!(Json::parse(&json.to_canonical(), Limits::bytes(1 << 20)).is_ok());
        }
    }
}

fn mutation() -> impl Strategy<Value = (u8, bool)> {
    let byte = prop_oneof![
        3 => prop::sample::select(br#"{}[]",:\0123456789eE+-.tfnu "#.to_vec()),
        1 => any::<u8>(),
    ];
    (byte, any::<bool>())
}

fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(_) => Value::String("number".into()),
        Value::Array(elements) => elements.iter().map(shape).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        other => other.clone(),
    }
}
