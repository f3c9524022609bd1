//! What is said to come out the same does so for whatever facts there are: the interpreter is asked.

use std::sync::Arc;

use cel::{Context, Env, IdedExpr, Value};
use proptest::prelude::*;
use serde::Serialize;

use super::super::Checker;
use super::{MAX_STEPS, question};
use crate::condition::parse::parse;

/// Truth values about few facts, that hold often and do not often.
fn expressions() -> impl Strategy<Value = String> {
    let number =
        prop_oneof![Just("now"), Just("manifest.lockfiles"), Just("now - 2"), Just("size(tools) + 1")];
    let order = prop_oneof![Just("<"), Just("<="), Just(">"), Just(">="), Just("=="), Just("!=")];
    let leaf = prop_oneof![
        4 => (number.clone(), order.clone(), -1..6i64)
            .prop_map(|(one, order, other)| format!("{one} {order} {other}")),
        1 => (number.clone(), order, number).prop_map(|(one, order, other)| format!("{one} {order} {other}")),
        1 => "server.name == '[ab]'",
        1 => "server.name in \\['a', '[bc]'\\]",
        1 => "manifest.kind (==|!=) '(publisher|observer)'",
        1 => "has\\(server.version\\)",
        1 => "server.name != 'c'",
        1 => "true|false",
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| format!("!({of})")),
            (inner.clone(), "&&|\\|\\||==|!=", inner.clone())
                .prop_map(|(one, operator, other)| format!("({one}) {operator} ({other})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(test, one, other)| format!("({test}) ? ({one}) : ({other})")),
        ]
    })
}

#[derive(Serialize)]
struct Server<'w> {
    name: &'w str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'w str>,
}

#[derive(Serialize)]
struct Manifest<'w> {
    kind: &'w str,
    lockfiles: i64,
}

fn evaluated(
    expression: &IdedExpr,
    name: &str,
    kind: &str,
    (now, lockfiles, tools): (i64, i64, usize),
) -> bool {
    let mut context = Context::with_env(Arc::new(Env::stdlib()));
    let version = (lockfiles > 1).then_some("1");
    context.add_variable_from_value("now", now);
    context.add_variable_from_value("server", cel::to_value(Server { name, version }).unwrap());
    context.add_variable_from_value("manifest", cel::to_value(Manifest { kind, lockfiles }).unwrap());
    context.add_variable_from_value("tools", vec![1; tools]);
    match Value::resolve(expression, &context) {
        Ok(Value::Bool(value)) => value,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn b20_no_condition_is_refused_that_could_be_either(text in expressions()) {
        let Ok(expression) = parse(&text) else { return Ok(()) };
        let mut checker = Checker::default();
        if checker.of(&expression).is_err() {
            return Ok(());
        }
        let mut left = MAX_STEPS;
        let Some(always) = question::answer(&expression, &checker.known, &mut left) else {
            return Ok(());
        };
        for name in ["a", "b", "c", "d"] {
            for kind in ["publisher", "observer"] {
                for now in 1..7 {
                    for (lockfiles, tools) in [(0, 0), (1, 1), (2, 0), (3, 4), (6, 2)] {
                        let found = evaluated(&expression, name, kind, (now, lockfiles, tools));
                        prop_assert_eq!(found, always, "{}: {} {} {} {}", &text, name, kind, now, lockfiles);
                    }
                }
            }
        }
    }
}
