//! What demands nothing does not load, and what demands something does.

use mcpsign_schemas::policy::ExpressionFault;

use super::compile;

/// Always true or never, with the place that is pointed at.
const REFUSED: [(&str, (usize, usize)); 85] = [
    // Bodies of loops that look at no element.
    ("tools.all(t, true)", (1, 14)),
    ("tools.exists(t, true)", (1, 17)),
    ("!tools.exists(t, false)", (1, 18)),
    ("tools.exists_one(t, true)", (1, 21)),
    ("size(tools.filter(t, false)) == 0", (1, 22)),
    ("size(tools.filter(t, true)) > 3", (1, 22)),
    ("size(tools.map(t, 1)) > 3", (1, 19)),
    ("'a' in tools.map(t, true, t.name)", (1, 21)),
    ("tools.all(t, manifest.kind == 'publisher')", (1, 28)),
    ("tools.all(t, tools.all(t, t.readOnly))", (1, 23)),
    ("tools.all(t, packages.exists(p, p.type == 'npm'))", (1, 29)),
    // Both sides alike.
    ("size(tools) == size(tools)", (1, 13)),
    ("signer.name != signer.name", (1, 13)),
    ("now <= now", (1, 5)),
    ("now < now", (1, 5)),
    ("tools.all(t, t.name == t.name)", (1, 21)),
    ("signer.name.startsWith(signer.name)", (1, 23)),
    ("tools.all(t, t.description.contains(t.description))", (1, 36)),
    ("tools.all(t, t.name in ['a', t.name])", (1, 21)),
    ("'push' in ['push', signer.workload.trigger] || has(server.version)", (1, 8)),
    ("now - now == 0", (1, 11)),
    // Numbers that are always more or less.
    ("size(tools) >= 0", (1, 13)),
    ("size(tools) > -1", (1, 13)),
    ("0 <= tools.size()", (1, 3)),
    ("!(size(tools) < 0)", (1, 15)),
    ("size(tools) == -1", (1, 13)),
    ("size(tools) + 1 > 0", (1, 17)),
    ("size(tools) * 2 + size(packages) >= 0", (1, 34)),
    ("-size(tools) <= 0", (1, 14)),
    ("size(tools) in [-1, -2]", (1, 13)),
    ("tools.all(t, size(t.parameters) >= 0)", (1, 33)),
    ("tools.all(t, t.name.size() >= 0)", (1, 28)),
    ("manifest.lockfiles >= 0", (1, 20)),
    ("profiles.all(p, p.tools > -1)", (1, 25)),
    ("evidence.sbom.components >= 0", (1, 26)),
    ("now > 0", (1, 5)),
    ("now >= 0 - 86400", (1, 5)),
    ("(tools.exists(t, t.readOnly) ? 1 : 2) > 0", (1, 39)),
    ("size(tools) > 9223372036854775807", (1, 13)),
    ("size(tools) % 5 < 5", (1, 17)),
    ("size(tools) % 2 == -1", (1, 17)),
    ("size(tools) * 0 == 0", (1, 17)),
    ("size(tools) >= 0 && signer.name == 'a'", (1, 13)),
    // What cannot be at once, and what is one or the other.
    ("size(tools) > 50 && size(tools) <= 40", (1, 18)),
    ("size(tools) > 40 || size(tools) <= 40", (1, 18)),
    ("now > 100 || now < 200", (1, 11)),
    ("size(tools) == 1 && size(tools) == 2", (1, 18)),
    ("signer.name == 'a' && signer.name == 'b'", (1, 20)),
    ("signer.name != 'a' || signer.name != 'b'", (1, 20)),
    ("signer.name != 'a' || !(signer.name in ['b', 'c'])", (1, 20)),
    ("manifest.kind in ['publisher', 'observer']", (1, 15)),
    ("manifest.kind == 'publisher' || manifest.kind == 'observer'", (1, 30)),
    ("manifest.kind != 'publisher' && manifest.kind != 'observer'", (1, 30)),
    ("subject.form != 'file' || subject.form != 'tree'", (1, 24)),
    ("profiles.all(p, p.network in ['none', 'host'])", (1, 27)),
    ("!(signer.workload.runner in ['hosted', 'self-hosted'])", (1, 26)),
    ("has(server.version) || !has(server.version)", (1, 21)),
    ("has(server.version) && !has(server.version)", (1, 21)),
    ("manifest.bindsServerJson == true || manifest.bindsServerJson == false", (1, 34)),
    ("manifest.bindsServerJson != manifest.bindsServerJson", (1, 26)),
    ("tools.exists(t, t.readOnly) || !tools.exists(t, t.readOnly)", (1, 29)),
    ("tools.all(t, t.readOnly || !t.readOnly)", (1, 25)),
    ("tools.all(t, t.destructive || true)", (1, 31)),
    ("tools.all(t, !(t.destructive && false))", (1, 33)),
    ("has(server.version) ? true : true", (1, 21)),
    ("has(server.version) ? has(server.version) : !has(server.version)", (1, 21)),
    ("signer.name == server.name || server.name != signer.name", (1, 28)),
    ("now < manifest.createdOn || now >= manifest.createdOn", (1, 26)),
    ("now > manifest.createdOn || manifest.createdOn >= now", (1, 26)),
    // What every text has.
    ("signer.name.full_match('.*')", (1, 24)),
    ("signer.name.full_match('(?s)^.*$')", (1, 24)),
    ("signer.name.full_match('[\\\\s\\\\S]*?')", (1, 24)),
    ("signer.subject.full_match('.+')", (1, 27)),
    ("signer.subject.full_match('.+/.+')", (1, 27)),
    ("signer.name.endsWith('')", (1, 22)),
    // What no name is.
    ("signer.subject == '*'", (1, 19)),
    ("signer.issuer != ''", (1, 18)),
    ("signer.subject in ['a', '.*']", (1, 25)),
    ("packages.all(p, p.purl == 'pkg:npm/*')", (1, 27)),
    ("signer.workload.ref == 'refs/tags/*'", (1, 24)),
    // What asks for no fact.
    ("tools.all(t, 'a'.contains('b') || t.readOnly)", (1, 26)),
    ("true", (1, 1)),
    ("1 < 2", (1, 3)),
    ("signer.name == 'a' || true", (1, 23)),
    ("false || signer.name == 'a'", (1, 1)),
];

/// What somebody could want to be so.
const TAKEN: [&str; 45] = [
    "server.name == 'a/*'",
    "size(tools) > 0",
    "size(tools) <= 40 && size(tools) > 1",
    "size(tools) >= 1 && size(tools) != 2",
    "size(tools) < 3 || size(tools) > 5",
    "size(tools.filter(t, t.destructive)) == 0",
    "size(tools.map(t, t.destructive, 1)) < 3",
    "size(tools) - size(profiles) >= 0",
    "size(tools.filter(t, t.readOnly)) <= size(packages)",
    "tools.all(t, t.readOnly || t.name.startsWith('get'))",
    "tools.all(t, t.readOnly || has(signer.workload))",
    "tools.all(t, size(t.description) > 0 && size(t.description) <= 2000)",
    "tools.all(t, t.description.full_match('(?s).+'))",
    "!tools.exists(t, t.description.contains('ignore'))",
    "tools.all(t, packages.exists(p, t.name.startsWith(p.name)))",
    "tools.all(t, tools.all(u, t.name == u.name || t.description != u.description))",
    "['read', 'write'].exists(w, tools.exists(t, t.name == w))",
    "tools.all(t, t.destructive == false)",
    "tools.all(t, !t.openWorld == t.readOnly)",
    "manifest.kind in ['publisher']",
    "manifest.kind == 'publisher' || size(signer.times) > 1",
    "subject.form != 'file' && subject.form != 'tree'",
    "profiles.all(p, p.binding in ['unpacked', 'installed', 'endpoint'])",
    "signer.name != 'a' && signer.name != 'b'",
    "signer.name == 'a' || signer.name == 'b'",
    "now < time('2030-01-01T00:00:00Z')",
    "now - manifest.createdOn < 90 * 86400",
    "now > manifest.createdOn && now - manifest.createdOn < 90 * 86400",
    "has(manifest.validUntil) && manifest.validUntil - now > 86400",
    "signer.times.all(t, now - t < 2 * 365 * 86400)",
    "has(signer.workload) ? signer.workload.runner == 'hosted' : false",
    "has(signer.workload) ? signer.workload.runner == 'hosted' : true",
    "!has(signer.workload) || signer.workload.trigger == 'push'",
    "has(evidence.provenance) && has(evidence.sbom)",
    "evidence.sbom.components > 0",
    "manifest.lockfiles > 0",
    "signer.claims['buildTrigger'] in ['push', 'release']",
    "'push' in ['release', signer.workload.trigger] || has(server.version)",
    "size(tools) % 2 == 0",
    "(has(server.version) ? 1 : 0) + (has(packages[0].version) ? 1 : 0) > 0",
    "packages.all(p, p.type == 'npm' && p.version == server.version)",
    "server.name == packages[0].name || server.name == 'io.github.acme/notes'",
    "advisories.all(a, a.severity != 'critical' || size(a.fixed) == 0)",
    "!advisories.exists(a, a.kind == 'malicious' || a.exploited)",
    "signer.name.full_match('acme-[a-z]*')",
];

#[test]
fn b20_a_condition_that_is_always_true_or_never_does_not_load() {
    let mut wrong = Vec::new();
    for (expression, at) in REFUSED {
        match compile(expression) {
            Ok(_) => wrong.push(format!("{expression}: loads")),
            Err(error) if error.kind != ExpressionFault::Vacuous || error.at != Some(at) => {
                wrong.push(format!("{expression}: {error:?}"))
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_condition_that_could_be_either_loads() {
    let refused: Vec<String> =
        TAKEN.iter().filter_map(|one| Some(format!("{one}: {:?}", compile(one).err()?))).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// What could be either in too many ways to try is taken, and soon.
#[test]
fn b48_looking_for_what_is_always_true_is_bounded() {
    let many =
        |one: fn(usize) -> String, by: &str, count: usize| (0..count).map(one).collect::<Vec<_>>().join(by);
    for expression in [
        many(|n| format!("signer.claims.c{n} == 'a'"), " && ", 60),
        many(|n| format!("has(signer.claims.c{n})"), " || ", 70),
        many(|n| format!("now != {}", 1000 + 2 * n), " || ", 100),
        format!(
            "({}) != ({})",
            many(|n| format!("now > {n}0"), " && ", 60),
            many(|n| format!("now > {n}1"), " || ", 60)
        ),
    ] {
        assert!(expression.len() <= 2048, "{}", expression.len());
        drop(compile(&expression));
    }
}

/// Texts by which somebody is known, held against a text that begins or ends within a part.
#[test]
fn b37_names_are_held_to_at_whole_parts() {
    for (expression, column) in [
        ("signer.subject.startsWith('https://github.com/acme')", 27),
        ("signer.issuer.startsWith('https://token.actions')", 26),
        ("signer.subject.endsWith('acme.example')", 25),
        ("signer.subject.endsWith('release.yml@refs/tags/v1')", 25),
        ("signer.subject.contains('acme')", 25),
        ("signer.subject.contains('/acme')", 25),
        ("signer.subject.contains('acme/')", 25),
        ("server.name.startsWith('io.github.acme')", 24),
        ("server.name.startsWith('io.github.')", 24),
        ("packages.all(p, p.purl.startsWith('pkg:npm/%40acme'))", 35),
        ("packages.all(p, p.namespace.startsWith('@acme'))", 40),
        ("signer.workload.repository.startsWith('https://github.com/acme')", 39),
        ("signer.workload.signerWorkflow.path.endsWith('release.yml')", 46),
        ("signer.claims.sub.startsWith('repo:acme')", 30),
        ("signer.workload.ref.contains('main')", 30),
        ("signer.workload.ref.endsWith('main')", 30),
        ("signer.workload.ref.startsWith('refs/tags')", 32),
        ("signer.workload.ref.full_match('.*main')", 32),
        ("evidence.provenance.builderId.contains('github')", 40),
        ("evidence.provenance.repository.startsWith(signer.workload.repository)", 58),
        ("signer.subject.startsWith('https://github.com/' + server.name)", 49),
        ("has(signer.subject) && !(!signer.subject.startsWith('https://github.com/acme'))", 53),
        ("signer.subject.full_match('https://github\\\\.com/acme.*')", 27),
        ("signer.subject.full_match('https://github\\\\.com/acme(.*)/x')", 27),
        ("signer.subject.full_match('https://github\\\\.com/.*acme/.*')", 27),
        ("signer.subject.full_match('https://github\\\\.com/acme[^/]*/notes/.*')", 27),
        ("signer.subject.full_match('.*acme\\\\.example')", 27),
        ("signer.subject.full_match('(https://x\\\\.example/a|https://y\\\\.example/b).*')", 27),
        ("packages.all(p, p.purl.full_match('pkg:npm/%40acme.*'))", 35),
    ] {
        let error = compile(expression).expect_err(expression);
        let found = (error.kind, error.at);
        assert_eq!(found, (ExpressionFault::Unanchored, Some((1, column))), "{expression}: {}", error.what);
    }
    for expression in [
        "signer.subject.startsWith('https://github.com/acme/')",
        "signer.subject.startsWith('https://github.com/acme/notes/.github/workflows/release.yml@refs/tags/v')",
        "signer.subject.endsWith('@acme.example')",
        "signer.issuer.endsWith('.acme.example')",
        "signer.subject.endsWith('/.github/workflows/release.yml@refs/heads/main')",
        "signer.subject.contains('/.github/workflows/')",
        "signer.subject.startsWith(signer.workload.repository + '/')",
        "signer.claims.sub.startsWith('repo:acme/notes:')",
        "signer.workload.ref.startsWith('refs/tags/v')",
        "signer.workload.ref.endsWith('/main')",
        "signer.workload.ref.full_match('refs/tags/v[0-9]+(\\\\.[0-9]+)*')",
        "signer.workload.ref.full_match('refs/(heads|tags)/.*')",
        "signer.workload.ref.full_match('refs/heads/release-.*')",
        "signer.workload.ref == 'refs/tags/v' + server.version",
        "!signer.subject.contains('evil')",
        "!(has(signer.subject) && signer.subject.full_match('.*evil.*'))",
        "server.name.startsWith('io.github.acme/')",
        "packages.all(p, p.purl.startsWith('pkg:npm/%40acme/'))",
        "packages.all(p, p.name.startsWith('mcp-server-'))",
        "advisories.all(a, a.id.startsWith('GHSA'))",
        "tools.all(t, t.name.startsWith('get') && t.description.contains('note'))",
        "signer.name.startsWith('acme-')",
        "signer.subject.full_match('https://github\\\\.com/acme/.*@refs/tags/v[0-9]+')",
        "signer.subject.full_match('https://github\\\\.com/acme/[^/]+/\\\\.github/workflows/release\\\\.yml@refs/tags/v.*')",
        "signer.subject.full_match('https://github\\\\.com/acme/mcp-[a-z0-9-]+/\\\\.github/workflows/release\\\\.yml@refs/heads/main')",
        "signer.subject.full_match('https://github\\\\.com/(acme|acme-labs)/.+')",
        "signer.subject.full_match('[a-z]+@acme\\\\.example')",
        "signer.subject.full_match('.*@acme\\\\.example')",
        "signer.subject.full_match('spiffe://acme\\\\.example/.*')",
        "packages.all(p, p.purl.full_match('pkg:(npm|pypi)/.*'))",
    ] {
        assert_eq!(compile(expression).err(), None, "{expression}");
    }
}
