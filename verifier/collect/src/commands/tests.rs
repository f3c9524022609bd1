//! Commands as clients' configurations have them.

use super::*;

fn shown(command: &str) -> String {
    let argv = shlex::split(command).unwrap();
    match read(&argv.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(found) => of_launched(&found),
        Err(error) => of_error(error),
    }
}

fn of_launched(found: &Launched) -> String {
    let open: Vec<&str> = found.open.iter().map(|open| open.as_str()).collect();
    let rest = beside(&found.with, found.behind.as_deref());
    format!("{} {} {}{rest}", found.purl, found.asked.as_deref().unwrap_or("-"), open.join("+"))
}

fn of_error(error: CommandError) -> String {
    let whole = format!("{error:?}");
    let kind = whole.split('(').next().unwrap().to_owned();
    match error {
        CommandError::Local(local) => format!("{kind}{}", beside(&local.with, local.behind.as_deref())),
        CommandError::Option(option) => format!("{kind} {option}"),
        _ => kind,
    }
}

fn beside(with: &[Purl], behind: Option<&Behind>) -> String {
    let with: String = with.iter().map(|with| format!(" with {with}")).collect();
    let behind = behind.map(|behind| match behind {
        Ok(Started::Launched(launched)) => format!(" behind {}", of_launched(launched)),
        Ok(Started::Remote(address)) => format!(" behind {address}"),
        Err(error) => format!(" behind {}", of_error(error.clone())),
    });
    format!("{with}{}", behind.unwrap_or_default())
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
        (r"'C:\node\npx.cmd' -y x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("env A=b /usr/bin/npx x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("uvx mcp-server-git", "pkg:pypi/mcp-server-git - version+dependencies"),
        (
            "uvx mcp-server-git@2026.10.19 --repository .",
            "pkg:pypi/mcp-server-git@2026.10.19 2026.10.19 dependencies",
        ),
        ("uvx mcp-server-git@latest", "pkg:pypi/mcp-server-git - version+dependencies"),
        ("uvx --from 'Mcp_Server[cli]==1.0' --python 3.12 serve", "pkg:pypi/mcp-server@1.0 1.0 dependencies"),
        ("uv tool run --from 'a>=1,<2' b", "pkg:pypi/a >=1,<2 version+dependencies"),
        ("pipx run --spec a==1.0 b", "pkg:pypi/a@1.0 1.0 dependencies"),
        ("pipx run a", "pkg:pypi/a - version+dependencies"),
        ("deno run -A npm:@s/x@1.0.0/cli.js", "pkg:npm/%40s/x@1.0.0 1.0.0 dependencies"),
        ("deno run --allow-net=x.example npm:x", "pkg:npm/x - version+dependencies"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

/// What another registry has under a name is another package.
#[test]
fn packages_are_of_the_registry_that_is_named() {
    let npm = "pkg:npm/x@1.0.0?repository_url=https:%2F%2Fregistry.example%2F 1.0.0 dependencies";
    let pypi = "pkg:pypi/x@1.0?repository_url=https:%2F%2Fregistry.example%2Fsimple 1.0 dependencies";
    let cargo = "pkg:cargo/x@1.0.0?repository_url=mine 1.0.0 ";
    let default = format!("uvx --index-url https://{} x@1.0", Purl::default_registry("pypi").next().unwrap());
    for (command, expected) in [
        ("npx --registry https://registry.example x@1.0.0", npm),
        ("npx -y --registry=https://u:S3CRET@registry.example/?t=S3CRET x@1.0.0", npm),
        ("uvx --index https://registry.example/simple x@1.0", pypi),
        ("uvx --default-index mine=https://registry.example/simple x@1.0", pypi),
        ("pipx run -i https://registry.example/simple x==1.0", pypi),
        ("uv run --index-url https://registry.example/simple --with x==1.0 x", pypi),
        (&default, "pkg:pypi/x@1.0 1.0 dependencies"),
        (
            "npx --registry nonsense://x x@1.0.0",
            "pkg:npm/x@1.0.0?repository_url=(unreadable) 1.0.0 dependencies",
        ),
        ("cargo install --locked --registry mine x@1.0.0", cargo),
        ("cargo install --registry crates-io x@1.0.0", "pkg:cargo/x@1.0.0 1.0.0 dependencies"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

#[test]
fn options_stand_in_many_ways() {
    for (command, expected) in [
        ("npx -yq x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npx --yes=true x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npx -y x@1", "pkg:npm/x 1 version+dependencies"),
        ("npx -y x@1.0.0 --port 80 -y z@2.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npm --silent exec --package=x@1.0.0 -c y", "Option -c"),
        ("npm --silent exec --package=x@1.0.0 -- y", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npm x -- x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("pnpm --silent --package=x@1.0.0 dlx y", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("pnpm exec x", "Local"),
        ("yarn x", "Local"),
        ("npx -p a@1.0.0 -p @s/b@2.0.0 b", "pkg:npm/%40s/b@2.0.0 2.0.0 dependencies with pkg:npm/a@1.0.0"),
        ("npx -p a -p b c", "Several"),
        ("bunx x", "pkg:npm/x - version+dependencies"),
        ("bun --bun x y@1.0.0", "pkg:npm/y@1.0.0 1.0.0 dependencies"),
        ("bun run y", "Local"),
        ("uvx -p3.12 x@1.0", "pkg:pypi/x@1.0 1.0 dependencies"),
        ("uv --quiet tool run x==1.0", "pkg:pypi/x@1.0 1.0 dependencies"),
        ("uv --directory /srv run server", "Local"),
        ("uv tool install x", "Local"),
        ("uv run --with x y", "Local with pkg:pypi/x"),
        (
            "uvx --with a==1.0 --with b,c x==1.0",
            "pkg:pypi/x@1.0 1.0 dependencies with pkg:pypi/a@1.0 with pkg:pypi/b with pkg:pypi/c",
        ),
        ("uvx --with 'a[x,y]>=1,<2' x", "pkg:pypi/x - version+dependencies with pkg:pypi/a"),
        ("uvx --with ./a x", "Elsewhere"),
        ("pipx run --spec 'a[x]==1.0' --pip-args=-q b", "pkg:pypi/a@1.0 1.0 dependencies"),
        ("deno -A npm:x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("deno npm:x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("deno run jsr:@s/x@1", "Elsewhere"),
        ("deno x -A x@1.0.0/serve", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("deno x -p @s/x@1.0.0 serve", "pkg:npm/%40s/x@1.0.0 1.0.0 dependencies"),
        ("dx npm:x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("dx jsr:@s/x", "Elsewhere"),
        ("dx serve", "Local"),
        ("pnx x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("pn dlx x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npx a@npm:@s/x@1.0.0", "pkg:npm/%40s/x@1.0.0 1.0.0 dependencies"),
        ("npx npm:x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("npx jsr:@s/x", "Elsewhere"),
        ("gem exec x", "Unread"),
        ("thv run x", "Unread"),
        ("smithery run x", "Bridge"),
        ("deno task start", "Local"),
        ("cargo install --locked x@1.2.3", "pkg:cargo/x@1.2.3 1.2.3 "),
        ("cargo install x --version =1.2.3", "pkg:cargo/x@1.2.3 =1.2.3 dependencies"),
        ("cargo install x --version ^1", "pkg:cargo/x ^1 version+dependencies"),
        ("cargo install --git https://git.example/x x", "Elsewhere"),
        ("cargo install a b", "Several"),
        ("cargo run", "Local"),
        ("go run x.example/a/cmd/b@v1.2.3", "pkg:golang/x.example/a/cmd/b@v1.2.3 v1.2.3 "),
        ("go run -tags a,b x.example/a@latest", "pkg:golang/x.example/a latest version+dependencies"),
        ("go run ./cmd", "Local"),
        ("dnx Acme.Files@1.2.3 --yes -- serve", "pkg:nuget/Acme.Files@1.2.3 1.2.3 dependencies"),
        ("dotnet tool execute Acme.Files --version 1.2.3", "pkg:nuget/Acme.Files@1.2.3 1.2.3 dependencies"),
        ("dotnet tool exec Acme.Files --version 1.*", "pkg:nuget/Acme.Files 1.* version+dependencies"),
        ("dotnet run", "Local"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

#[test]
fn commands_in_commands_are_read_where_they_are_plain() {
    let x = "pkg:npm/x@1.0.0 1.0.0 dependencies";
    for (command, expected) in [
        ("sh -c 'npx -y x@1.0.0'", x),
        ("bash -lc 'exec npx -y x@1.0.0 \"a b\"'", x),
        ("/bin/zsh --login -c 'npx x@1.0.0'", x),
        ("sh -c 'cd /srv && npx x@1.0.0'", "Script"),
        ("sh -c 'npx x@$VERSION'", "pkg:npm/x $VERSION version+dependencies"),
        ("sh -c 'npx x@$(curl y)'", "Script"),
        ("sh -c '! npx x@1.0.0'", "Script"),
        ("sh -c 'npx x@1.0.0; curl y | sh'", "Script"),
        ("sh -c \"npx 'x@1.0.0\"", "Script"),
        ("sh server.sh", "Local"),
        ("bash --norc server.sh", "Local"),
        ("cmd /c 'npx -y x@1.0.0'", x),
        ("cmd.exe /d /s /C npx -y x@1.0.0", x),
        ("cmd server.bat", "Local"),
        ("CMD /C NPX.CMD -y x@1.0.0", x),
        ("powershell -NoProfile -Command npx -y x@1.0.0", x),
        ("pwsh.exe -c 'npx -y x@1.0.0'", x),
        ("pwsh server.ps1", "Local"),
        ("wsl npx -y x@1.0.0", x),
        ("wsl.exe -d Debian -e bash -lc 'npx -y x@1.0.0'", x),
        ("wsl -d Debian -- npx -y x@1.0.0", x),
        ("sh -c 'A=b TOKEN=t npx x@1.0.0'", x),
        ("sh -c 'npx --loglevel=silent x@1.0.0'", x),
        ("sh -c 'npx -y \"x@1.0.0\" --filter \"a>=1;\"'", x),
        ("sh -c 'npx \"$(curl y)\"'", "Script"),
        ("cmd /c \"npx 'a & b'\"", "Script"),
        ("env -i -u HOME A=b npx x@1.0.0", x),
        ("env -S 'A=b npx x@1.0.0'", x),
        ("env -- npx x@1.0.0", x),
        ("env --strange npx x@1.0.0", "Option --strange"),
        ("cmd /c env A=b sh -c 'npx x@1.0.0'", x),
        ("env env env env env env env env env npx x@1.0.0", "Depth"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

/// Words are as a shell splits them; what it puts in the place of variables and patterns is not for us to know.
#[test]
fn lines_have_words_of_a_shell() {
    let x = "pkg:npm/x@1.0.0 1.0.0 dependencies";
    let image = "pkg:oci/z?tag=1 1 version+dependencies";
    for (line, expected) in [
        ("npx -y x@1.0.0 ~/Documents \"$HOME/a b\" *.md # a comment; of two parts", x),
        ("npx -y x@1.0.0 --url https://h.example/?a=b#c --rate 5% --not !a", x),
        ("npx -y x@^1.0.0", "pkg:npm/x ^1.0.0 version+dependencies"),
        ("npx -y x@~1.0.0", "pkg:npm/x ~1.0.0 version+dependencies"),
        ("npx -y x@*", "pkg:npm/x * version+dependencies"),
        ("uvx y~=1.0", "pkg:pypi/y ~=1.0 version+dependencies"),
        ("uvx y!=1.0", "pkg:pypi/y !=1.0 version+dependencies"),
        ("docker run -i --rm -v ~/x:/y -e K=$K -v ${PWD}:/w -v $(pwd):/p -v \"$(pwd):/p\" z:1", image),
        ("npx -y $PACKAGE", "Nothing"),
        ("uvx \"$PACKAGE\"", "Nothing"),
        ("docker run $FLAGS z:1", "Nothing"),
        ("$PROGRAM -y x@1.0.0", "Nothing"),
        ("${input:program} -y x@1.0.0", "Nothing"),
        ("npx -y x@1.0.0 > log", "Script"),
        ("npx -y x@1.0.0 & npx y", "Script"),
        ("npx -y x@1.0.0 $(npx y)", "Script"),
        ("npx -y x@1.0.0 \"${A:-$(npx y)}\"", "Script"),
        ("npx -y x@1.0.0 `npx y`", "Script"),
        ("npx -y $'x@1.0.0'", "Script"),
        ("(npx -y x@1.0.0)", "Script"),
    ] {
        let found = servers(line.as_bytes()).unwrap();
        let [Server { started, .. }] = found.as_slice() else { panic!("{line}") };
        let shown = match started {
            Ok(Started::Launched(launched)) => of_launched(launched),
            Ok(Started::Remote(address)) => address.clone(),
            Err(error) => of_error(error.clone()),
        };
        assert_eq!(shown, expected, "{line}");
    }
}

#[test]
fn what_another_program_starts_is_no_matter_of_this_machine() {
    let x = "pkg:npm/x@1.0.0 1.0.0 dependencies";
    let behind = "Local behind pkg:npm/x@1.0.0 1.0.0 dependencies";
    for (command, expected) in [
        ("sudo -E -u me A=b npx -y x@1.0.0", x),
        ("timeout -k 5 60s npx x@1.0.0", x),
        ("nice -n 5 /usr/bin/npx x@1.0.0", x),
        ("stdbuf -oL setsid npx x@1.0.0", x),
        ("sudo --strange npx x@1.0.0", "Option --strange"),
        ("sudo /opt/server", "Local"),
        ("timeout 60", "Local"),
        ("op run --env-file=.env -- npx -y x@1.0.0", behind),
        ("mise exec node@20 -- npx x@1.0.0", behind),
        ("volta run npx x@1.0.0", behind),
        ("docker exec -i box npx x@1.0.0", behind),
        ("node proxy.js -- node other.js --runner npx --strange x", "Local behind Option --strange"),
        ("node server.js --docker", "Local"),
        ("node server.js npm", "Local"),
        ("node server.js docker compose up", "Local behind Unread"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

#[test]
fn what_distributions_of_python_are_run_beside_a_project() {
    for (command, expected) in [
        ("uv run --with mcp==1.2 mcp run server.py", "pkg:pypi/mcp@1.2 1.2 dependencies"),
        (
            "uv run --with a --with Acme_Mail==2.0 python -m acme_mail.server",
            "pkg:pypi/acme-mail@2.0 2.0 dependencies with pkg:pypi/a",
        ),
        ("uv run --with acme-mail -m acme_mail", "pkg:pypi/acme-mail - version+dependencies"),
        ("uv run --isolated --with 'a>=1,<2' -- server.py", "Local with pkg:pypi/a"),
        ("uv --directory /srv run --frozen --no-dev server", "Local"),
        ("uv run https://x.example/server.py", "Elsewhere"),
        ("uv run --strange x", "Option --strange"),
        ("uv run --with x", "Nothing"),
        ("uv run --with ./x y", "Elsewhere"),
        ("pipx --quiet run x==1.0", "pkg:pypi/x@1.0 1.0 dependencies"),
        ("pipx install x", "Local"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

#[test]
fn what_a_bridge_starts_or_speaks_to_stands_behind_it() {
    let remote = "pkg:npm/mcp-remote@0.1.16 0.1.16 dependencies behind https://mcp.example/sse";
    let gateway = "pkg:npm/supergateway - version+dependencies behind";
    let proxy = "pkg:pypi/mcp-proxy - version+dependencies behind";
    for (command, expected) in [
        ("npx -y mcp-remote@0.1.16 https://u:p@mcp.example/sse?key=k 3334 --debug", remote.to_owned()),
        ("npx mcp-remote@0.1.16 --header 'Origin: https://o.example' https://mcp.example/sse", remote.into()),
        (
            "npx mcp-remote@0.1.16 --resource https://r.example https://mcp.example/sse --allow-http",
            remote.into(),
        ),
        ("cmd /c npx -y mcp-remote@0.1.16 https://mcp.example/sse", remote.into()),
        ("npx -p mcp-remote@0.1.16 mcp-remote https://mcp.example/sse", remote.into()),
        ("npx mcp-remote", "pkg:npm/mcp-remote - version+dependencies behind Bridge".into()),
        ("mcp-remote https://mcp.example/sse", "Local behind https://mcp.example/sse".into()),
        (
            "npx -y supergateway --stdio 'npx -y x@1.0.0' --port 8000",
            format!("{gateway} pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ),
        (
            "npx -y supergateway --port 8000 --sse=https://mcp.example/sse",
            format!("{gateway} https://mcp.example/sse"),
        ),
        (
            "npx -y supergateway --streamableHttp https://mcp.example/mcp",
            format!("{gateway} https://mcp.example/mcp"),
        ),
        ("npx -y supergateway --stdio 'node a.js'", format!("{gateway} Local")),
        ("npx -y supergateway --stdio 'npx a | tee b'", format!("{gateway} Script")),
        ("npx -y supergateway --port 8000", format!("{gateway} Bridge")),
        ("uvx mcp-proxy --debug https://mcp.example/sse", format!("{proxy} https://mcp.example/sse")),
        (
            "uvx mcp-proxy -H Origin https://o.example https://mcp.example/sse",
            format!("{proxy} https://mcp.example/sse"),
        ),
        ("uvx mcp-proxy --port 80 -- uvx x==1", format!("{proxy} pkg:pypi/x@1 1 dependencies")),
        ("uvx mcp-proxy --port 80", format!("{proxy} Bridge")),
        (
            "npx -y @smithery/cli@latest run @acme/x --key k",
            "pkg:npm/%40smithery/cli latest version+dependencies behind Bridge".into(),
        ),
        // Each bridge stands in one more command than the one behind it.
        (
            &format!("{}x@1.0.0", "mcp-proxy -- ".repeat(10)),
            format!("Local{} behind Depth", " behind Local".repeat(8)),
        ),
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
        ("docker run -itv /a:/b -eA=b -p 80:80 notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
        ("docker run -ieA=b notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
        ("docker --context c run -i notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
        ("docker run --cpus=2 --health-cmd none notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
        ("nerdctl -n k8s run notes:1 -e x", "pkg:oci/notes?tag=1 1 version+dependencies"),
        ("docker exec notes serve", "Local"),
        ("docker compose run notes", "Unread"),
        ("finch run notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
        ("podman container run --network none notes:1", "pkg:oci/notes?tag=1 1 version+dependencies"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

/// A digest pins the image, and not what is fetched in it.
#[test]
fn b63_what_a_container_fetches_stands_behind_it() {
    let pinned = format!("pkg:oci/node@{DIGEST} {DIGEST}");
    let run = format!("docker run -i --rm node@{DIGEST}");
    for (command, expected) in [
        (
            format!("{run} npx -y evil@latest"),
            format!("{pinned} dependencies behind pkg:npm/evil latest version+dependencies"),
        ),
        (
            "docker run --entrypoint npx node:20 -y evil".into(),
            "pkg:oci/node?tag=20 20 version+dependencies behind pkg:npm/evil - version+dependencies".into(),
        ),
        (format!("{run} sh -c 'npx a; npx b'"), format!("{pinned} dependencies behind Script")),
        (format!("{run} npx --strange a"), format!("{pinned} dependencies behind Option --strange")),
        (format!("{run} node server.js --port 80"), format!("{pinned} ")),
        (format!("{run} --stdio"), format!("{pinned} ")),
        (run, format!("{pinned} ")),
    ] {
        assert_eq!(shown(&command), expected, "{command}");
    }
}

#[test]
fn packages_are_fetched_by_other_words_too() {
    for (command, expected) in [
        ("npm create evil@1.0.0", "pkg:npm/create-evil@1.0.0 1.0.0 dependencies"),
        ("npm init -y @s", "pkg:npm/%40s/create - version+dependencies"),
        ("yarn create @s/evil", "pkg:npm/%40s/create-evil - version+dependencies"),
        ("pnpm create @s@1.0.0", "pkg:npm/%40s/create@1.0.0 1.0.0 dependencies"),
        ("bun create acme/evil", "Elsewhere"),
        ("npm init -y", "Local"),
        ("pnpm init", "Local"),
        ("corepack pnpm@9.1.0 dlx evil", "pkg:npm/evil - version+dependencies"),
        ("corepack enable", "Local"),
        ("python3 -m uv tool run evil", "pkg:pypi/evil - version+dependencies"),
        ("python3.12 -u -m pipx run evil", "pkg:pypi/evil - version+dependencies"),
        ("python -m server", "Local"),
        ("node /usr/lib/node_modules/npm/bin/npx-cli.js -y evil", "pkg:npm/evil - version+dependencies"),
        ("nix run github:evil/evil", "Unread"),
        ("jbang run org.acme:evil:1.0.0", "Unread"),
        ("pixi exec evil", "Unread"),
        ("deno run -A --env-file npm:evil npm:ok@1.0.0", "pkg:npm/evil - version+dependencies"),
        ("deno run -A --env-file=.env --lock=a npm:ok@1.0.0", "pkg:npm/ok@1.0.0 1.0.0 dependencies"),
        ("deno run --lock npm:evil npm:ok", "Option --lock"),
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
        ("deno run --deny-net --allow-import npm:x@1.0.0", "pkg:npm/x@1.0.0 1.0.0 dependencies"),
        ("cargo +nightly install --locked x@1.2.3", "pkg:cargo/x@1.2.3 1.2.3 "),
        ("cargo +nightly run", "Local"),
        ("/opt/files/bin/server --stdio", "Local"),
        ("docker ps", "Local"),
        ("npx", "Nothing"),
        ("npx --strange a", "Option --strange"),
        ("npx -c x", "Option -c"),
        ("npx github:acme/notes", "Elsewhere"),
        ("npx acme/notes", "Elsewhere"),
        ("npx x@https://x.example/x.tgz", "Elsewhere"),
        ("npx ./x", "Elsewhere"),
        ("npx ../../x@1.0.0", "Elsewhere"),
        ("npx a\u{202e}b@1.0.0", "Nothing"),
        ("uvx --from git+https://git.example/x.git y", "Elsewhere"),
        ("uvx ./x", "Elsewhere"),
        ("uvx --strange value x", "Option --strange"),
        ("deno run https://x.example/x.ts", "Elsewhere"),
        ("docker run --strange x notes", "Option --strange"),
        ("docker run -i", "Nothing"),
        ("docker run notes@sha256:00", "Nothing"),
        ("docker run NOTES", "Nothing"),
    ] {
        assert_eq!(shown(command), expected, "{command}");
    }
}

fn configured(text: &str) -> Vec<String> {
    let servers = match servers(text.as_bytes()) {
        Ok(servers) => servers,
        Err(error) => return vec![error.to_string()],
    };
    let shown = servers.into_iter().map(|server| {
        let started = match server.started {
            Ok(Started::Launched(launched)) => launched.purl.to_string(),
            Ok(Started::Remote(address)) => address,
            Err(error) => of_error(error),
        };
        format!("{} {started}", server.name)
    });
    shown.collect()
}

#[test]
fn configurations_of_clients_name_their_servers() {
    for (text, expected) in [
        (
            r#"{"mcpServers":{"a":{"command":"npx","args":["-y","x@1.0.0"],"env":{"TOKEN":"t"}},"b":{"url":"https://u:p@h.example/mcp?key=k#f"}}}"#,
            &["a pkg:npm/x@1.0.0", "b https://h.example/mcp"][..],
        ),
        (
            r#"{"servers":{"a":{"type":"stdio","command":"uvx","args":["x==1"]}},"inputs":[]}"#,
            &["a pkg:pypi/x@1"],
        ),
        (
            r#"{"mcp":{"servers":{"a":{"command":"npx x@1.0.0"}}},"editor.fontSize":12}"#,
            &["a pkg:npm/x@1.0.0"],
        ),
        (r#"{"mcp":{"a":{"type":"local","command":["npx","x@1.0.0"]}}}"#, &["a pkg:npm/x@1.0.0"]),
        (
            r#"{"context_servers":{"a":{"command":{"path":"npx","args":["x@1.0.0"]}}}}"#,
            &["a pkg:npm/x@1.0.0"],
        ),
        (r#"{"amp.mcpServers":{"a":{"command":"/opt/my server"}}}"#, &["a Local"]),
        (
            r#"{"mcpServers":{},"projects":{"/p":{"mcpServers":{"a":{"command":"npx","args":["x@1.0.0"]}}}}}"#,
            &["a pkg:npm/x@1.0.0"],
        ),
        ("[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"x@1.0.0\"]\n", &["a pkg:npm/x@1.0.0"]),
        (r#"{"mcpServers":{}}"#, &[]),
        (
            "# of the team\nnpx -y x@1.0.0\n\n  uvx y\ndocker run 'z'\nhttps://h.example/mcp\nnode a.js\nnpx 'x",
            &[
                "2 pkg:npm/x@1.0.0",
                "4 pkg:pypi/y",
                "5 pkg:oci/z",
                "6 https://h.example/mcp",
                "7 Local",
                "8 Script",
            ],
        ),
        ("\u{feff}npx x@1.0.0", &["1 pkg:npm/x@1.0.0"]),
        ("TOKEN=t npx x@1.0.0", &["1 pkg:npm/x@1.0.0"]),
        // As editors keep it: comments, and commas behind the last.
        (
            "// of the team\n{\n  /* { */ \"servers\": {\n    \"a\": { \"command\": \"npx\", \"args\": [\"x@1.0.0\", \"//no\", \"/*no*/,]\",], }, // ]\n  },\n}\n",
            &["a pkg:npm/x@1.0.0"],
        ),
        (
            "/* one */ {\"mcpServers\":{\"a\":{\"command\":\"npx\",\"args\":[\"x@1.0.0\"]}}}",
            &["a pkg:npm/x@1.0.0"],
        ),
        (
            "{\"mcpServers\":{\"a\":{\"command\":\"npx\"}, /* again */ \"a\":{\"url\":\"https://h.example\"},}}",
            &["the configuration is not JSON that can be read"],
        ),
        ("{\"mcpServers\":{} /* open }", &["the configuration is not JSON that can be read"]),
        ("{\"mcpServers\":{},,}", &["the configuration is not JSON that can be read"]),
        (r#"{"context_servers":{"a":{"source":"extension","settings":{}}}}"#, &["a Extension"]),
        ("", &[]),
        (r#"{"other":{}}"#, &["the configuration has no table of servers"]),
        // One that is odd hides no other.
        (
            r#"{"mcpServers":{"a":{"args":["x"]},"b":{"command":"npx","args":"x"},"c":null,"d":{"url":"${API}/mcp"},"e":{"command":"npx","args":["x"]}}}"#,
            &["a Server", "b Server", "c Server", "d Server", "e pkg:npm/x"],
        ),
        // Wherever they stand, by name or in a list.
        (
            r#"{"experimental":{"modelContextProtocolServers":[{"transport":{"type":"stdio","command":"npx","args":["-y","evil"]}}]},"mcpServers":{}}"#,
            &["1 pkg:npm/evil"],
        ),
        (
            r#"{"profiles":{"p":{"mcpServers":{"a":{"command":"npx","args":["evil"]}}}},"mcpServers":{}}"#,
            &["a pkg:npm/evil"],
        ),
        (
            r#"{"mcp.servers":{"a":{"command":"npx","args":["-y","evil"]}},"mcpServers":{}}"#,
            &["a pkg:npm/evil"],
        ),
        (
            r#"{"mcpServers":{"ok":{"command":"npx","args":["ok@1.0.0"]}},"servers":[{"name":"a","command":"npx","args":["-y","evil"]}]}"#,
            &["ok pkg:npm/ok@1.0.0", "a pkg:npm/evil"],
        ),
        (r#"{"mcpServers":null,"ssh":{"servers":{"h":{}}},"mcp":true}"#, &[]),
        (r#"{"mcpServers":"elsewhere.json"}"#, &["`mcpServers` is no table of servers"]),
        ("mcp_servers.a.command = \"npx\"\nmcp_servers.a.args = [\"evil\"]\n", &["a pkg:npm/evil"]),
        (
            "C:\\nodejs\\npx.cmd -y x@1.0.0\nnpx \\\n  -y \\\n  y\nuvx z",
            &["1 pkg:npm/x@1.0.0", "2 pkg:npm/y", "5 pkg:pypi/z"],
        ),
        ("uvx --from \"y[cli]>=1\" y\nnpx -y 'x@^1.0.0'", &["1 pkg:pypi/y", "2 pkg:npm/x"]),
        (
            r#"{"mcpServers":{"a":{"command":"npx"},"a":{}}}"#,
            &["the configuration is not JSON that can be read"],
        ),
        ("{", &["the configuration is not JSON that can be read"]),
        ("[a\n", &["the configuration is not TOML that can be read"]),
    ] {
        assert_eq!(configured(text), expected, "{text}");
    }
    assert!(matches!(servers(b"\xff"), Err(ClientError::Text)));
    let large = "env ".repeat(300_000);
    assert!(matches!(servers(large.as_bytes()), Err(ClientError::TooLarge)));
    assert_eq!(servers(b"npx -y a:b\n").unwrap().len(), 1);
}

/// As Goose and Continue keep them, and what is not read in silence.
#[test]
fn configurations_in_yaml_are_read() {
    let goose = "# mine\nGOOSE_MODE: auto\nextensions:\n  evil:\n    type: stdio\n    cmd: npx\n    args:\n      - -y\n      - evil@1.0.0\n      - --port\n      - 80\n    \
                 enabled: true\n  far:\n    type: streamable_http\n    uri: https://mcp.example/x?key=S3CRET\n  memory:\n    type: builtin\n  own:\n    type: inline_python\n    code: |\n      print(1)\n";
    let continued = "name: mine\nversion: 0.0.1\nschema: v1\nmcpServers:\n  - name: evil\n    command: npx\n    args: [\"-y\", \"evil@1.0.0\"]\n  - url: https://mcp.example/x\n";
    let flow = "mcpServers:\n  evil:\n    command: npx\n    args:\n      [\n        \"-y\",\n        \"evil@1.0.0\",\n      ]\n";
    for (text, expected) in [
        (
            goose,
            &["evil pkg:npm/evil@1.0.0", "far https://mcp.example/x", "memory Extension", "own Code"][..],
        ),
        (continued, &["evil pkg:npm/evil@1.0.0", "2 https://mcp.example/x"]),
        (flow, &["evil pkg:npm/evil@1.0.0"]),
        (
            "---\nmcpServers:\n  a:\n    command: uvx\n    args: [y]\n---\nservers:\n  b:\n    url: https://b.example/\n",
            &["a pkg:pypi/y", "b https://b.example/"],
        ),
        ("extensions:\n  a:\n    enabled: true\n", &["the configuration has no table of servers"]),
        ("other: 1\n", &["the configuration has no table of servers"]),
        ("mcpServers:\n  a:\n    args: [x]\n", &["a Server"]),
        ("mcpServers:\n  - npx\n", &["1 Server"]),
        ("mcpServers: &a\n  b: *a\n", &["the configuration is not YAML that can be read"]),
        ("npx -y a@1\nb:\n  - c\n", &["the configuration is not YAML that can be read"]),
        ("---\na\n", &["the configuration is not YAML that can be read"]),
    ] {
        assert_eq!(configured(text), expected, "{text}");
    }
}
