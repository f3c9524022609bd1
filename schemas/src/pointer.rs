//! JSON pointers (RFC 6901), and every value of a document with its own.

use crate::canonical::Json;

/// A JSON pointer and one reference token more.
pub fn child(pointer: &str, token: &str) -> String {
    let mut pointer = pointer.to_owned();
    push(&mut pointer, token);
    pointer
}

/// Appends one reference token to a JSON pointer.
pub fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    if !token.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        pointer.push_str(token);
        return;
    }
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// Calls `see` with every value of a document and its pointer, the root first.
pub fn walk<'j>(json: &'j Json, see: &mut dyn FnMut(&str, &'j Json)) {
    fn go<'j>(pointer: &str, json: &'j Json, see: &mut dyn FnMut(&str, &'j Json)) {
        see(pointer, json);
        match json {
            Json::Object(object) => {
                object.iter().for_each(|(key, value)| go(&child(pointer, key), value, see))
            }
            Json::Array(elements) => {
                elements.iter().enumerate().for_each(|(n, value)| go(&format!("{pointer}/{n}"), value, see));
            }
            _ => {}
        }
    }
    go("", json, see);
}
