//! Commands as clients' configurations have them.

use super::*;

fn shown(command: &str) -> String {
    let argv: Vec<&str> = command.split_whitespace().collect();
    match read(&argv) {
        Ok(found) => {
            let open: Vec<String> =
                found.open.iter().map(|open| format!("{open:?}").to_lowercase()).collect();
            format!("{} {} {}", found.purl, found.asked.as_deref().unwrap_or("-"), open.join("+"))
        }
        Err(error) => format!("{error:?}"),
    }
}

const DIGEST: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

#[test]
fn packages_by_name() {
    for (command, expected) in [
        (
            "npx -y @modelcontextprotocol/server-everything@2026.8.31",
            "pkg:npm/%40modelcontextprotocol/server-everything@2026.8.31 2026.8.31 dependencies",
        ),
        ("npx x", "pkg:npm/x - version+dependencies"),
        ("npx -y x@latest --flag", "pkg:npm/x latest version+dependencies"),
        ("npx -y @s/x@^1.2", "pkg:npm/%40s/x ^1.2 version+dependencies"),
        ("npx --package=@s/x@1.0.0 -- y --z", "pkg:npm/%40s/x@1.0.0 1.0.0 dependencies"),
        ("npx -p x@1.0.0 y", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npm exec --yes -- x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("pnpm dlx x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("yarn dlx -q x", "pkg:npm/x - version+dependencies"),
        ("bunx --bun x@2.0.0", "pkg:npm/x@2.0.0 2.0.0 dependencies"),
        ("cmd /c npx -y x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("C:\\node\\npx.cmd -y x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("env A=b /usr/bin/npx x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("uvx mcp-server-git", "pkg:pypi/mcp-server-git - version+dependencies"),
        (
            "uvx mcp-server-git@2026.10.19 --repository .",
            "pkg:pypi/mcp-server-git@2026.10.19 2026.10.19 dependencies",
        ),
        ("uvx mcp-server-git@latest", "pkg:pypi/mcp-server-git - version+dependencies"),
        ("uvx --from Mcp_Server[cli]==1.0 --python 3.12 serve", "pkg:pypi/mcp-server@1.0 1.0 dependencies"),
        ("uv tool run --from a>=1,<2 b", "pkg:pypi/a >=1,<2 version+dependencies"),
        ("pipx run --spec a==1.0 b", "pkg:pypi/a@1.0 1.0 dependencies"),
        ("pipx run a", "pkg:pypi/a - version+dependencies"),
        ("deno run -A npm:@s/x@1.0.0/cli.js", "pkg:npm/%40s/x@1.0.0 1.0.0 dependencies"),
        ("deno run --allow-net=x.example npm:x", "pkg:npm/x - version+dependencies"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

#[test]
fn images_by_tag_and_digest() {
    let pinned = format!("docker run -i --rm -e TOKEN registry.example:5000/acme/notes:1.4@{DIGEST} serve");
    assert_eq!(
        shown(&pinned),
        format!(
            "pkg:oci/notes@{}?repository_url=registry.example:5000%2Facme%2Fnotes&tag=1.4 {DIGEST} ",
            DIGEST.replace(':', "%3A")
        )
        .replace("%3A", ":")
    );
    for (command, expected) in [
        ("docker run -it notes", "pkg:oci/notes - version+dependencies"),
        (
            "docker run --rm -v /a:/b acme/notes:latest",
            "pkg:oci/notes?repository_url=acme%2Fnotes&tag=latest latest version+dependencies",
        ),
        ("podman container run --network none notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

#[test]
fn what_is_no_reference() {
    for (command, expected) in [
        ("", "Empty"),
        ("env A=b", "Empty"),
        ("node server.js", "Local"),
        ("python3 -m server", "Local"),
        ("deno run -A server.ts", "Local"),
        ("docker ps", "Local"),
        ("npx", "Nothing"),
        ("npx -p a -p b c", "Nothing"),
        ("npx --strange a", "Option"),
        ("npx -c x", "Option"),
        ("npx github:acme/notes", "Elsewhere"),
        ("npx acme/notes", "Elsewhere"),
        ("npx x@https://x.example/x.tgz", "Elsewhere"),
        ("npx ./x", "Elsewhere"),
        ("npx ../../x@1.0.0", "Elsewhere"),
        ("npx a\u{202e}b@1.0.0", "Nothing"),
        ("uvx --from git+https://git.example/x.git y", "Elsewhere"),
        ("uvx ./x", "Elsewhere"),
        ("uvx --strange value x", "Option"),
        ("deno run https://x.example/x.ts", "Elsewhere"),
        ("docker run --strange x notes", "Option"),
        ("docker run -i", "Nothing"),
        ("docker run notes@sha256:00", "Nothing"),
        ("docker run NOTES", "Nothing"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}
