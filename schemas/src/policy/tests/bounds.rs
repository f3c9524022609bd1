//! Size is bounded, and no text panics.

use proptest::prelude::*;

use super::*;

#[test]
fn size_and_number_of_keys_are_bounded() {
    let big = vec![b'#'; MAX_BYTES + 1];
    assert_eq!(
        LoadedPolicy::load(&big, "p.yaml").unwrap_err().problem,
        Problem::TooLarge { found: MAX_BYTES + 1 }
    );
    let mut policy = load(EXAMPLE).unwrap().document;
    let key = policy.keys.as_ref().unwrap()[0].clone();
    policy.keys = Some((0..=MAX_KEYS).map(|n| KeyEntry { name: format!("k{n}"), ..key.clone() }).collect());
    assert_eq!(policy.check().unwrap_err().problem, Problem::TooManyKeys { found: MAX_KEYS + 1 });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn b53_no_document_panics(text in "[-a-z0-9:?,\\[\\]{}#&*!|>'\"%@` \n\t~<.]{0,120}") {
        let _ = load(&text);
    }

    #[test]
    fn b53_no_bent_policy_panics(cut in any::<prop::sample::Index>(), bytes in proptest::collection::vec(any::<u8>(), 0..6)) {
        let at = cut.index(EXAMPLE.len());
        let mut bent = EXAMPLE.as_bytes().to_vec();
        bent.splice(at..(at + bytes.len()).min(EXAMPLE.len()), bytes);
        let _ = LoadedPolicy::load(&bent, "p.yaml");
    }
}
