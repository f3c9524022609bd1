//! JSON pointers (RFC 6901), and every value of a document with its own.

use crate::canonical::Json;

/// Appends one reference token to a JSON pointer.
pub fn child(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
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
