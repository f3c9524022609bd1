//! What breaks calls.

use super::*;

#[test]
fn calls_that_are_no_longer_valid() {
    let object = |rest: &str| with(&format!(r#"{{"type":"object"{rest}}}"#));
    for (before, after, expected) in [
        // Parameters.
        (
            object(r#","properties":{"a":{}}"#),
            object(r#","properties":{"a":{}},"required":["a"]"#),
            Some("new-required"),
        ),
        (object(r#","required":["a","b"]"#), object(r#","required":["b"]"#), None),
        (
            object(r#","properties":{"a":{"type":"integer"}},"additionalProperties":false"#),
            object(r#","properties":{},"additionalProperties":false"#),
            Some("parameter-gone"),
        ),
        (object(r#","properties":{"a":{"type":"integer"}}"#), object(r#","properties":{}"#), None),
        (
            object(r#","properties":{"a":{"type":"integer"}}"#),
            object(r#","additionalProperties":{"type":"boolean"}"#),
            Some("type-narrowed"),
        ),
        (object(""), object(r#","additionalProperties":false"#), Some("closed")),
        (
            object(r#","additionalProperties":false"#),
            object(r#","additionalProperties":{"type":"integer"}"#),
            None,
        ),
        // Types.
        (taking(r#"{"type":["integer","null"]}"#), taking(r#"{"type":"integer"}"#), Some("type-narrowed")),
        (taking(r#"{"type":"integer"}"#), taking(r#"{"type":"number"}"#), None),
        (taking(r#"{"type":"number"}"#), taking(r#"{"type":"integer"}"#), Some("type-narrowed")),
        (taking("true"), taking(r#"{"type":"integer"}"#), Some("type-narrowed")),
        (taking(r#"{"type":"integer"}"#), taking("false"), Some("type-narrowed")),
        // Values.
        (taking(r#"{"enum":["a","b"]}"#), taking(r#"{"enum":["a"]}"#), Some("values-narrowed")),
        (taking(r#"{"enum":["a"]}"#), taking(r#"{"enum":["b","a"]}"#), None),
        (taking(r#"{"const":"a"}"#), taking(r#"{"enum":["a","b"]}"#), None),
        (taking(r#"{"type":"boolean"}"#), taking(r#"{"enum":[true,false]}"#), None),
        (
            taking(r#"{"type":"integer"}"#),
            taking(r#"{"type":"integer","enum":[1]}"#),
            Some("values-narrowed"),
        ),
        // Bounds.
        (
            taking(r#"{"type":"integer","minimum":0}"#),
            taking(r#"{"type":"integer","minimum":1}"#),
            Some("bound-narrowed"),
        ),
        (taking(r#"{"type":"integer","minimum":1}"#), taking(r#"{"type":"integer","minimum":0}"#), None),
        (
            taking(r#"{"type":"integer"}"#),
            taking(r#"{"type":"integer","maximum":9}"#),
            Some("bound-narrowed"),
        ),
        (
            taking(r#"{"type":"integer","multipleOf":4}"#),
            taking(r#"{"type":"integer","multipleOf":2}"#),
            None,
        ),
        (
            taking(r#"{"type":"integer","multipleOf":2}"#),
            taking(r#"{"type":"integer","multipleOf":4}"#),
            Some("bound-narrowed"),
        ),
        (
            taking(r#"{"type":"string","enum":["a"],"maxLength":9}"#),
            taking(r#"{"type":"string","enum":["a"],"minLength":0}"#),
            None,
        ),
        (
            taking(r#"{"type":"array","items":{"type":"integer"}}"#),
            taking(r#"{"type":"array","items":{"type":"integer"},"minItems":1}"#),
            Some("bound-narrowed"),
        ),
        (
            taking(r#"{"type":"array"}"#),
            taking(r#"{"type":"array","uniqueItems":true}"#),
            Some("bound-narrowed"),
        ),
        // A bound that cannot bite.
        (taking(r#"{"type":"integer"}"#), taking(r#"{"type":"integer","minLength":3}"#), None),
        // Conditions that are not looked into.
        (
            taking(r#"{"type":"string","enum":["a"]}"#),
            taking(r#"{"type":"string","enum":["a"],"pattern":"a"}"#),
            Some("condition-changed"),
        ),
        (
            taking(r#"{"type":"integer"}"#),
            taking(r#"{"type":"integer","not":{"const":3}}"#),
            Some("condition-changed"),
        ),
        (
            taking(r#"{"type":"integer"}"#),
            taking(r#"{"allOf":[{"minimum":3}],"type":"integer"}"#),
            Some("condition-changed"),
        ),
        (taking(r#"{"type":"integer","not":{"const":3}}"#), taking(r#"{"type":"integer"}"#), None),
        // Inside.
        (
            taking(r#"{"type":"array","items":{"type":"number"}}"#),
            taking(r#"{"type":"array","items":{"type":"integer"}}"#),
            Some("type-narrowed"),
        ),
        (
            taking(r#"{"type":"array","items":{"type":"integer"}}"#),
            taking(r#"{"type":"array","items":{"type":"number"}}"#),
            None,
        ),
        (
            taking(r#"{"type":"object","properties":{"q":{"type":"integer"}}}"#),
            taking(r#"{"type":"object","properties":{"q":{"type":"integer"}},"required":["q"]}"#),
            Some("new-required"),
        ),
        // Unions.
        (taking(r#"{"type":"integer"}"#), taking(r#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#), None),
        (
            taking(r#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#),
            taking(r#"{"type":["null","integer"]}"#),
            None,
        ),
        (
            taking(r#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#),
            taking(r#"{"type":"integer"}"#),
            Some("type-narrowed"),
        ),
        (
            taking(r#"{"oneOf":[{"const":1},{"const":2}]}"#),
            taking(r#"{"oneOf":[{"const":2},{"const":1},{"const":3}]}"#),
            None,
        ),
        (
            taking(r#"{"oneOf":[{"const":1},{"const":2}]}"#),
            taking(r#"{"enum":[1,3]}"#),
            Some("values-narrowed"),
        ),
        // References.
        (
            with(
                r##"{"type":"object","properties":{"p":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"number"}}}"##,
            ),
            with(
                r##"{"type":"object","properties":{"p":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"integer"}}}"##,
            ),
            Some("type-narrowed"),
        ),
        (
            with(
                r##"{"type":"object","properties":{"p":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"integer"}}}"##,
            ),
            taking(r#"{"type":"number"}"#),
            None,
        ),
        (
            with(
                r##"{"type":"object","properties":{"p":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"object","properties":{"p":{"$ref":"#/$defs/P"},"n":{"type":"number"}}}}}"##,
            ),
            with(
                r##"{"type":"object","properties":{"p":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"object","properties":{"p":{"$ref":"#/$defs/P"},"n":{"type":"integer"}}}}}"##,
            ),
            Some("type-narrowed"),
        ),
    ] {
        let item = between(&before, &after);
        let mut broken: Vec<_> = item
            .signs
            .iter()
            .filter(|sign| sign.reason.class() == Class::Breaking)
            .map(|sign| sign.reason.id())
            .collect();
        broken.dedup();
        match expected {
            Some(id) => {
                assert_eq!(broken, [id], "{before}\n→ {after}");
                assert!(item.class >= Class::Breaking);
            }
            None => {
                assert!(broken.is_empty(), "{broken:?}: {before}\n→ {after}");
                assert_eq!(item.class, Class::Material, "{before}\n→ {after}: {:?}", ids(&item));
            }
        }
    }
}

#[test]
fn what_is_loosened_is_said() {
    let item = between(
        &with(r#"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer"}}}"#),
        &with(r#"{"type":"object"}"#),
    );
    assert_eq!(
        (item.class, ids(&item)),
        (Class::Suspicious, vec!["new-text-sink", "parameter-dropped", "opened"])
    );
    let numbers = r#"{"type":"object","additionalProperties":{"type":"integer"}}"#;
    let item = between(&with(r#"{"type":"object","additionalProperties":false}"#), &with(numbers));
    assert_eq!((item.class, ids(&item)), (Class::Material, vec!["opened"]));
}

#[test]
fn schemas_that_explode_end_in_an_answer() {
    // Each definition refers twice to the next: 2^40 paths.
    let bomb = |last: &str| {
        let mut defs: Vec<String> = (0..40)
            .map(|n| format!(r##""d{n}":{{"type":"object","properties":{{"a":{{"$ref":"#/$defs/d{m}"}},"b":{{"$ref":"#/$defs/d{m}"}}}}}}"##, m = n + 1))
            .collect();
        defs.push(format!(r#""d40":{last}"#));
        with(&format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{}}}}}"##, defs.join(",")))
    };
    let item = between(&bomb(r#"{"type":"integer"}"#), &bomb(r#"{"type":"number"}"#));
    assert_eq!((item.class, ids(&item)), (Class::Breaking, vec!["condition-changed"]));
    let endless = with(r##"{"$ref":"#"}"##);
    assert!(between(&endless, &with(r##"{"$ref":"#","title":"x"}"##)).class >= Class::Material);
}
