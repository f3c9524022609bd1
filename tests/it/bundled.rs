//! What a real server's dependency has built into its own files is in the SBOM, though no lock file names it.

use std::collections::BTreeSet;

use mcpsign_collect::artifact::open;
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::inventory::Means;

use crate::support::real_servers;

#[test]
fn what_playwright_core_bundles_is_in_the_inventory_of_its_server() {
    let test = "what_playwright_core_bundles_is_in_the_inventory_of_its_server";
    let Some(folder) = real_servers(test, "playwright") else { return };
    let artifact = open(&folder.join("playwright-mcp-0.0.83.tgz")).expect("the server's tarball");
    let root =
        InventoryRoot { artifact: Some(&artifact), resolved: Some(&folder), ..InventoryRoot::default() };
    let found = inventory(&root).expect("an inventory");
    assert_eq!(found.subject.as_deref(), Some("pkg:npm/%40playwright/mcp@0.0.83"));
    let bundled: BTreeSet<&str> = found
        .packages
        .values()
        .filter(|package| package.bundled && package.means() == Means::BundleNotice)
        .map(|package| package.purl.as_str())
        .collect();
    for purl in [
        "pkg:npm/%40modelcontextprotocol/sdk@1.29.0",
        "pkg:npm/%40hono/node-server@1.19.14",
        "pkg:npm/ws@8.21.0",
        "pkg:npm/zod@4.4.3",
    ] {
        assert!(bundled.contains(purl), "{purl} is not among {bundled:?}");
    }
    // As many as its notices list, each once.
    let mut listed = BTreeSet::new();
    let lib = folder.join("node_modules/playwright-core/lib");
    for notice in ["utilsBundle.js.LICENSE", "serverRegistry.js.LICENSE"] {
        let text = std::fs::read_to_string(lib.join(notice)).expect(notice);
        let words = text.lines().filter_map(|line| line.strip_prefix("- ")?.split(' ').next());
        // The text of a licence has a list of its own, of addresses.
        listed.extend(words.filter(|word| !word.contains("://")).map(str::to_owned));
    }
    let named: BTreeSet<String> = found
        .packages
        .values()
        .filter(|package| package.found.iter().any(|at| at.file.contains("playwright-core/lib/")))
        .map(|package| format!("{}@{}", package.name, package.version.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(named, listed);
    // They belong to the package in whose files they are.
    let core =
        found.packages.values().find(|package| package.name == "playwright-core").expect("playwright-core");
    assert!(core.dependencies.contains("pkg:npm/ws@8.21.0"), "{:?}", core.dependencies);
    assert!(found.reachable("pkg:npm/%40playwright/mcp@0.0.83").contains("pkg:npm/zod@4.4.3"));
}
