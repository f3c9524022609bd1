//! The canonical form (RFC 8785).

use super::{Json, plain};

/// Recursion is as deep as the value; a parsed one is bounded by [`super::Limits::DEPTH`].
pub(super) fn write(json: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    value(json, &mut out);
    out
}

fn value(json: &Json, out: &mut Vec<u8>) {
    match json {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Number(number) => out.extend_from_slice(number.write(&mut ryu_js::Buffer::new()).as_bytes()),
        Json::String(text) => string(text, out),
        Json::Array(elements) => {
            out.push(b'[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                value(element, out);
            }
            out.push(b']');
        }
        Json::Object(object) => {
            out.push(b'{');
            for (at, member) in object.canonical_members().iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                string(&member.key, out);
                out.push(b':');
                value(&member.value, out);
            }
            out.push(b'}');
        }
    }
}

/// RFC 8785 §3.2.2.2: short escapes where JSON has them, `\u00xx` for the other controls, all else literally.
fn string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, tail) = rest.split_at(plain::run(rest));
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else { break };
        match byte {
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            0x0D => out.extend_from_slice(b"\\r"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => {
                let nibbles = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&nibbles);
            }
        }
        rest = tail;
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    fn canonical(text: &str) -> String {
        let json = Json::parse(text.as_bytes(), Limits::bytes(4096)).unwrap();
        String::from_utf8(json.to_canonical()).unwrap()
    }

    #[test]
    fn rfc_8785_sample() {
        let text = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        // The first number of the RFC's own sample has 17 digits, one more than its value needs: refused here.
        assert!(Json::parse(text.as_bytes(), Limits::bytes(4096)).is_err());
        assert_eq!(
            canonical(&text.replace("333333333.33333329", "333333333.3333333")),
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
    }

    #[test]
    fn rfc_8785_key_order() {
        let text = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        assert_eq!(
            canonical(text),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn every_control_is_escaped_in_its_shortest_form() {
        let all: String = (0_u8..0x20).map(char::from).collect();
        let form = String::from_utf8(Json::from(format!("{all}\u{7f}\u{2028}/")).to_canonical()).unwrap();
        assert_eq!(
            form,
            "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f\\u0010\\u0011\\u0012\
             \\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\u{7f}\u{2028}/\""
        );
    }
}
