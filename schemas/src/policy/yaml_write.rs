//! A document of ours as YAML: block style, strings always quoted, so that no reader has to guess.

use crate::canonical::Json;

/// Writes `json`; [`super::yaml::parse`] reads it back.
pub(super) fn write(json: &Json) -> String {
    let mut out = String::new();
    value(json, 0, &mut out);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Writes a value whose key or dash is already there, ending the line.
fn value(json: &Json, indent: usize, out: &mut String) {
    match json {
        Json::Object(object) if !object.is_empty() => {
            for (at, (key, member)) in object.iter().enumerate() {
                if at > 0 {
                    spaces(indent, out);
                }
                out.push_str(&inline(&Json::from(key)));
                out.push(':');
                child(member, indent + 2, out);
            }
        }
        Json::Array(elements) if !elements.is_empty() => {
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    spaces(indent, out);
                }
                out.push_str("- ");
                value(element, indent + 2, out);
            }
        }
        Json::String(text) if is_block(text) => block(text, indent, out),
        scalar => {
            out.push_str(&inline(scalar));
            out.push('\n');
        }
    }
}

/// Writes the value of a key.
fn child(json: &Json, indent: usize, out: &mut String) {
    match json {
        Json::Object(object) if !object.is_empty() => {
            out.push('\n');
            spaces(indent, out);
            value(json, indent, out);
        }
        Json::Array(elements) if !elements.is_empty() => {
            out.push('\n');
            spaces(indent, out);
            value(json, indent, out);
        }
        _ => {
            out.push(' ');
            value(json, indent, out);
        }
    }
}

/// Keys and words that need no quotes stay bare; everything else is JSON, which YAML reads alike.
fn inline(json: &Json) -> String {
    match json {
        Json::String(text) if is_bare(text) => text.clone(),
        _ => String::from_utf8_lossy(&json.to_canonical()).into_owned(),
    }
}

fn is_bare(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic();
    text.bytes().next().is_some_and(letter)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && matches!(super::scalar::resolve(text), Ok(Json::String(_)))
}

/// Lines of plain text with a line end at the last: a PEM, say.
fn is_block(text: &str) -> bool {
    text.ends_with('\n')
        && !text.ends_with("\n\n")
        && text.lines().all(|line| {
            !line.is_empty()
                && !line.starts_with(' ')
                && line.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        })
}

fn block(text: &str, indent: usize, out: &mut String) {
    out.push_str("|\n");
    for line in text.lines() {
        spaces(indent, out);
        out.push_str(line);
        out.push('\n');
    }
}

fn spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    #[test]
    fn what_is_written_is_read_back() {
        for json in [
            r#"{"a":"plain","b":["x y","true","1",""],"c":{"d":{"e":[]},"f":{}}}"#,
            r#"{"pem":"-----BEGIN PUBLIC KEY-----\nabc=\n-----END PUBLIC KEY-----\n","l":[{"pem":"a\nb\n"},["x",["y"]]]}"#,
            r##"{"odd key: ":"# no comment","é":"\u001b[31m","n":[1,-2.5,true,false]}"##,
            r#"["a\n","\n","a\n\nb\n"," a\n","%x\n"]"#,
        ] {
            let json = Json::parse(json.as_bytes(), Limits::bytes(999)).unwrap();
            let text = write(&json);
            let (back, _) =
                super::super::yaml::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}\n{e:?}"));
            assert_eq!(back, json, "{text}");
        }
    }
}
