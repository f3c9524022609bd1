//! What a document has in place of its members, in words of the document: those of its types are nobody's but ours.

/// What serde says of a member, without names of types.
pub(super) fn plainly(what: &str) -> String {
    let Some((found, expected)) = what.rsplit_once(", expected ") else {
        return what.to_owned();
    };
    let expected = match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        number if is_unsigned(number) => "a whole number that is not negative and not too large",
        object if object.starts_with("struct ") => "an object",
        other => other,
    };
    let found = found.replacen("invalid type: sequence", "invalid type: list", 1);
    let found = found.replacen("invalid type: map", "invalid type: object", 1);
    format!("{}, expected {expected}", found.replacen("unknown variant", "unknown value", 1))
}

/// The member that nobody knows, if that is what is wrong.
pub(super) fn unknown(what: &str) -> Option<&str> {
    what.strip_prefix("unknown field `")?.rsplit_once("`, expected ").map(|(field, _)| field)
}

fn is_unsigned(name: &str) -> bool {
    matches!(name, "u8" | "u16" | "u32" | "u64" | "usize")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_is_named() {
        for (serde, plain) in [
            (
                "invalid type: sequence, expected struct PolicyDocument",
                "invalid type: list, expected an object",
            ),
            ("invalid type: map, expected a sequence", "invalid type: object, expected a list"),
            (
                "invalid value: integer `-1`, expected u32",
                "invalid value: integer `-1`, expected a whole number that is not negative and not too large",
            ),
            ("unknown variant `x`, expected `a` or `b`", "unknown value `x`, expected `a` or `b`"),
            ("missing field `name`", "missing field `name`"),
        ] {
            assert_eq!(plainly(serde), plain);
        }
    }

    #[test]
    fn an_unknown_member_is_found_whatever_it_is_called() {
        assert_eq!(unknown("unknown field `a`, expected one of `b`, `c`"), Some("a"));
        assert_eq!(unknown("unknown field `a`, expected `b`, expected `c`"), Some("a`, expected `b"));
        assert_eq!(unknown("missing field `a`"), None);
    }
}
