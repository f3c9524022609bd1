//! YAML as values, for looking at: anchors are not resolved but refused.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// Every document of a file.
pub(super) fn documents(text: &str) -> Vec<Value> {
    let mut events = Parser::new_from_str(text);
    let mut documents = Vec::new();
    loop {
        match next(&mut events) {
            Event::DocumentStart(_) => {
                let first = next(&mut events);
                documents.push(value(first, &mut events));
            }
            Event::StreamEnd => return documents,
            _ => {}
        }
    }
}

fn next<'a>(events: &mut Parser<'a, StrInput<'a>>) -> Event<'a> {
    events.next_event().expect("the stream has an end").expect("YAML").0
}

fn value<'a>(event: Event<'a>, events: &mut Parser<'a, StrInput<'a>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => match &*text {
            "true" => true.into(),
            "false" => false.into(),
            "" | "null" | "~" => Value::Null,
            text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        },
        Event::Scalar(text, ..) => text.into_owned().into(),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(events) {
                    Event::SequenceEnd => return items.into(),
                    first => items.push(value(first, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut members = Map::new();
            loop {
                match next(events) {
                    Event::MappingEnd => return members.into(),
                    Event::Scalar(name, ..) => {
                        let first = next(events);
                        let value = value(first, events);
                        assert!(members.insert(name.to_string(), value).is_none(), "`{name}` stands twice");
                    }
                    key => panic!("a key that is no text: {key:?}"),
                }
            }
        }
        other => panic!("not expected here: {other:?}"),
    }
}
