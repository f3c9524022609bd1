//! Packages of operating systems: databases that rpm makes, held against what rpm says of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mcpsign_collect::artifact::open;
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::purl::Purl;
use tempfile::TempDir;

use crate::support::skip;

const RPM: &str = "/usr/bin/rpm";
const RPMBUILD: &str = "/usr/bin/rpmbuild";
const DB_LOAD: &str = "/usr/bin/db5.3_load";

/// More than the pages of one level of a tree lead to.
const PACKAGES: usize = 150;

/// What is compared, as rpm prints it.
const FORMAT: &str = "%{NAME}|%|EPOCH?{%{EPOCH}}:{}||%{VERSION}-%{RELEASE}|%{ARCH}|%{LICENSE}|%{SOURCERPM}|%|MODULARITYLABEL?{%{MODULARITYLABEL}}:{}|\n";

/// Prints keys and headers of a database of SQLite as `db_load` reads them.
const DUMP: &str = r#"
import sqlite3, struct, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT hnum, blob FROM Packages").fetchall()
print("VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END")
for number, header in [(0, struct.pack("<I", len(rows)))] + rows:
    print(" " + struct.pack("<I", number).hex() + "\n " + header.hex())
print("DATA=END")
"#;

/// A root folder, and what rpm needs beside it.
struct Root {
    dir: TempDir,
    /// Where rpm keeps its database.
    database: PathBuf,
}

impl Root {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("root/var/lib/rpm");
        fs::create_dir_all(&database).unwrap();
        fs::create_dir_all(dir.path().join("root/etc")).unwrap();
        fs::write(dir.path().join("root/etc/os-release"), "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n").unwrap();
        Self { dir, database }
    }

    /// Builds packages, and returns their files.
    fn build(&self) -> Vec<PathBuf> {
        let spec = self.dir.path().join("many.spec");
        fs::write(&spec, many()).unwrap();
        let top = format!("_topdir {}", self.dir.path().join("build").display());
        done(Command::new(RPMBUILD).args(["-bb", "--quiet", "--define", &top]).arg(&spec));
        let built = fs::read_dir(self.dir.path().join("build/RPMS/noarch")).unwrap();
        built.map(|file| file.unwrap().path()).collect()
    }

    fn rpm(&self, backend: &str) -> Command {
        let mut rpm = Command::new(RPM);
        rpm.arg("--dbpath").arg(&self.database).args(["--define", &format!("_db_backend {backend}")]);
        rpm
    }

    /// What rpm says is installed.
    fn listed(&self, backend: &str) -> BTreeSet<String> {
        let output = done(self.rpm(backend).args(["-qa", "--qf", FORMAT]));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// What we say.
    fn inventory(&self) -> Inventory {
        let artifact = open(&self.dir.path().join("root")).unwrap();
        inventory(&InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() }).unwrap()
    }
}

/// A specification of many packages: each larger than a page, some with an epoch or a module.
fn many() -> String {
    let mut spec = "Name: many\nVersion: 1.0~rc1\nRelease: 1.el9\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n%files\n".to_owned();
    for number in 1..PACKAGES {
        write!(spec, "%package p{number}\nSummary: x\nLicense: GPLv2+ and MIT\n").unwrap();
        if number % 3 == 0 {
            writeln!(spec, "Epoch: {number}").unwrap();
        }
        if number % 5 == 0 {
            writeln!(spec, "ModularityLabel: many:{number}:1:c0ffee").unwrap();
        }
        let text = "A description of some length.\n".repeat(1 + number * 7 % 400);
        write!(spec, "%description p{number}\n{text}%files p{number}\n").unwrap();
    }
    spec
}

fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The packages as [`FORMAT`] has them.
fn lines(inventory: &Inventory) -> BTreeSet<String> {
    let line = |package: &mcpsign_schemas::inventory::Package| {
        let purl = Purl::parse(&package.purl).unwrap();
        assert_eq!((purl.namespace(), purl.qualifier("distro")), (Some("redhat"), Some("rhel-9.4")));
        let qualifier = |name: &str| purl.qualifier(name).unwrap_or_default().to_owned();
        let (version, license) =
            (purl.version().unwrap().to_owned(), package.licenses.first().unwrap().clone());
        [
            package.name.clone(),
            qualifier("epoch"),
            version,
            qualifier("arch"),
            license,
            qualifier("upstream"),
            qualifier("rpmmod"),
        ]
        .join("|")
    };
    inventory.packages.values().map(line).collect()
}

#[test]
fn what_rpm_installed_is_what_rpm_lists() {
    let test = "what_rpm_installed_is_what_rpm_lists";
    if !(Path::new(RPM).is_file() && Path::new(RPMBUILD).is_file()) {
        return skip(test, "rpm and rpmbuild, of Debian's package rpm");
    }
    let root = Root::new();
    let packages = root.build();
    done(
        root.rpm("sqlite")
            .args(["-i", "--justdb", "--nodeps", "--noscripts", "--nosignature"])
            .args(&packages),
    );
    let found = root.inventory();
    assert_eq!(lines(&found), root.listed("sqlite"));
    assert_eq!((found.packages.len(), found.known_gaps()), (PACKAGES, Vec::new()));

    // What is taken away again leaves holes.
    let gone = (1..PACKAGES).filter(|number| number % 4 == 0).map(|number| format!("many-p{number}"));
    done(root.rpm("sqlite").args(["-e", "--justdb", "--nodeps", "--noscripts"]).args(gone));
    let listed = root.listed("sqlite");
    assert!(listed.len() < PACKAGES);
    assert_eq!(lines(&root.inventory()), listed);

    // The same headers as older systems keep them.
    if !Path::new(DB_LOAD).is_file() {
        return skip(test, "db5.3_load, of Debian's package db5.3-util");
    }
    let (old, new) = (root.database.join("rpmdb.sqlite"), root.database.join("Packages"));
    let dump = root.dir.path().join("dump");
    fs::write(&dump, done(Command::new("python3").args(["-c", DUMP]).arg(&old)).stdout).unwrap();
    done(Command::new(DB_LOAD).arg("-f").arg(&dump).arg(&new));
    for file in ["rpmdb.sqlite", "rpmdb.sqlite-wal", "rpmdb.sqlite-shm"] {
        let _ = fs::remove_file(root.database.join(file));
    }
    assert_eq!(root.listed("bdb_ro"), listed, "rpm's own reader");
    let found = root.inventory();
    assert_eq!((lines(&found), found.known_gaps()), (listed, Vec::new()));
}
