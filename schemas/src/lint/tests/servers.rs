//! What six real servers show.

use super::*;

fn recorded(file: &str) -> ObservedServer {
    let path = format!("{}/../tests/captures/{file}", env!("CARGO_MANIFEST_DIR"));
    let recording = json(&std::fs::read_to_string(path).unwrap());
    let mut items = Vec::new();
    for method in ["initialize", "discover"] {
        let result = recording.get(method).and_then(|reply| reply.get("result"));
        let single = [
            (ItemKind::ServerInfo, "serverInfo"),
            (ItemKind::Instructions, "instructions"),
            (ItemKind::Capabilities, "capabilities"),
        ];
        for (kind, member) in single {
            items.extend(result.and_then(|result| result.get(member)).map(|item| (kind, item.clone())));
        }
    }
    for (kind, method, list) in [
        (ItemKind::Tool, "tools/list", "tools"),
        (ItemKind::Prompt, "prompts/list", "prompts"),
        (ItemKind::Resource, "resources/list", "resources"),
        (ItemKind::ResourceTemplate, "resources/templates/list", "resourceTemplates"),
    ] {
        for page in recording.get(method).and_then(Json::as_array).unwrap_or_default() {
            let listed = page.get("result").and_then(|result| result.get(list)).and_then(Json::as_array);
            items.extend(listed.unwrap_or_default().iter().map(|item| (kind, item.clone())));
        }
    }
    observed(items)
}

/// An error must be earned: none of these servers attacks anybody. What is said of them is pinned, so that a rule that
/// starts to talk is noticed.
#[test]
fn real_servers_have_no_errors() {
    const SAID: &[(&str, &[(&str, usize)])] = &[
        // Told of a tool that it has for clients with other capabilities.
        ("everything.raw.json", &[("lint/shadowing", 1)]),
        ("filesystem.raw.json", &[("lint/client-names", 4)]),
        ("git.modern.raw.json", &[]),
        ("git.raw.json", &[]),
        ("memory.raw.json", &[]),
        ("sequential-thinking.raw.json", &[]),
        ("time.modern.raw.json", &[]),
        ("time.raw.json", &[]),
    ];
    for (file, expected) in SAID {
        let seen = recorded(file);
        assert!(seen.items.keys().any(|(kind, _)| *kind == ItemKind::Tool), "{file}: no tool");
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for issue in server(&seen) {
            assert!(issue.level < Level::Error, "{file}: {issue:?}");
            *found.entry(issue.code.id).or_default() += 1;
        }
        assert_eq!(found.into_iter().collect::<Vec<_>>(), *expected, "{file}");
    }
}
