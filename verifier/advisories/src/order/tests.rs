use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn ascending(order: Order, versions: &[&str]) {
    for (at, one) in versions.iter().enumerate() {
        for (beside, other) in versions.iter().enumerate() {
            assert_eq!(order.compare(one, other), Some(at.cmp(&beside)), "{order:?}: {one} against {other}");
        }
    }
}

#[test]
fn versions_ascend_as_their_ecosystem_says() {
    ascending(
        Order::SemVer,
        &[
            "0.8.7-0",
            "0.8.7-alpha",
            "0.8.7",
            "1.0.0-1a",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "v1",
            "1.0.1",
            "1.0.1.1",
        ],
    );
    ascending(Order::PyPi, &["0.1-bulbasaur", "1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1!0.1"]);
    ascending(Order::Maven, &["1-alpha-1", "1-SNAPSHOT", "1.0", "1-sp", "1-foo", "1-1", "1.1"]);
    ascending(Order::NuGet, &["1.0.0-Alpha", "1.0.0-BETA", "1.0.0", "1.0.0.1"]);
    ascending(Order::RubyGems, &["1.0.a.9", "1.0.a10", "1.0-1", "1.0", "1.0.1"]);
    ascending(Order::Packagist, &["1.0-dev", "1.0a1", "1.0b1", "1.0RC1", "1.0", "1.0.0", "1.0.0pl1"]);
    ascending(Order::Pub, &["1.0.0-a", "1.0.0", "1.0.0+2", "1.0.0+2.1", "1.0.0+10", "1.0.0+a"]);
    ascending(Order::Hackage, &["1", "1.0", "1.0.0", "1.1"]);
    ascending(Order::Cran, &["0.1", "0.1-1", "0.1.2"]);
    ascending(Order::Debian, &["1.0~rc1-1", "1.0-1~deb12", "1.0-1", "1.0-1+b1", "1.0a-1", "1:0.1"]);
    ascending(
        Order::Alpine,
        &["1.02.1", "1.2_alpha", "1.2_rc1", "1.2-r0", "1.2-r1", "1.2_p1", "1.2a", "1.10"],
    );
    ascending(Order::Rpm, &["1.0~rc1-1", "1.0-1", "1.0^git1-1", "1.0.1-1", "1:0.1-1"]);
}

#[test]
fn what_is_no_version_is_none() {
    for text in ["", "latest", "*", "workspace:^", "git+https://registry.example/a.git", "x1", "\u{202e}1"] {
        assert_eq!(Order::SemVer.parse(text), None, "{text:?}");
    }
    assert_eq!(Order::Cran.parse("1.0-beta"), None);
    assert_eq!(Order::Debian.parse("a:1"), None);
    for order in Order::ALL {
        assert_eq!(order.parse(&"1".repeat(MAX_VERSION + 1)), None);
        assert_eq!(order.parse(""), None, "{order:?}");
    }
}

#[test]
fn numbers_of_any_length_are_compared_as_numbers() {
    let (less, more) = ("999999999999999999999999999991", "999999999999999999999999999999");
    for order in Order::ALL {
        assert_eq!(order.compare(less, more), Some(Ordering::Less), "{order:?}");
    }
}

/// Texts out of the pieces that orders care about.
fn version() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "10",
        "01",
        "00",
        ".",
        ".",
        ".",
        "-",
        "_",
        "+",
        "~",
        "^",
        ":",
        "!",
        "v",
        "a",
        "b",
        "rc",
        "p",
        "dev",
        "alpha",
        "sp",
        "ga",
        "final",
        "snapshot",
        "post",
        "#",
        "_p",
        "_alpha",
        "-r",
        "é",
        " ",
        "999999999999999999999",
    ]);
    let pieces = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    (prop::sample::select(vec!["", "", "1", "1.", "1.0", "2.1."]), pieces)
        .prop_map(|(start, rest)| format!("{start}{rest}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_is_total(a in version(), b in version(), c in version()) {
        for order in Order::ALL {
            let (Some(a), Some(b), Some(c)) = (order.parse(&a), order.parse(&b), order.parse(&c)) else { continue };
            prop_assert_eq!(a.cmp(&a), Ordering::Equal, "{:?}", order);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse(), "{:?}", order);
            prop_assert_eq!(a == b, a.cmp(&b).is_eq(), "{:?}", order);
            // Not Maven's: see `Order::ascending`.
            if order != Order::Maven && a.cmp(&b).is_le() && b.cmp(&c).is_le() {
                prop_assert!(a.cmp(&c).is_le(), "{:?}: {:?} {:?} {:?}", order, a, b, c);
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), other in any::<String>()) {
        for order in Order::ALL {
            let _ = order.compare(&text, &other);
            let _ = order.compare(&format!("1{text}"), &format!("1{other}"));
        }
        let _ = pypi_normal(&text);
    }

    /// Spellings that PEP 440 takes for one version have one normal form, and no others have.
    #[test]
    fn the_normal_form_of_pypi_is_its_equality(a in version(), b in version()) {
        if let (Ok(one), Ok(other)) = (a.parse::<pep440_rs::Version>(), b.parse::<pep440_rs::Version>()) {
            prop_assert_eq!(one == other, pypi_normal(&a) == pypi_normal(&b), "{} {}", a, b);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sorting_is_as_the_library_does_it_where_the_order_is_transitive(
        texts in prop::collection::vec(version(), 0..60)
    ) {
        for order in Order::ALL {
            let ours = order.ascending(texts.iter().map(String::as_str));
            if order == Order::Maven {
                continue;
            }
            let mut theirs: Vec<_> = texts.iter().map(|text| (order.parse(text), text.as_str())).collect();
            theirs.sort();
            let mut theirs: Vec<&str> = theirs.into_iter().map(|(_, text)| text).collect();
            theirs.dedup();
            prop_assert_eq!(&ours, &theirs, "{:?}", order);
        }
    }
}
