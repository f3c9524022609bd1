//! Releases of distributions: which one a package is of, and which ones a record is about.

/// Names of releases, which package URLs have in place of numbers.
const CODENAMES: [(&str, &str, &str); 15] = [
    ("Debian", "jessie", "8"),
    ("Debian", "stretch", "9"),
    ("Debian", "buster", "10"),
    ("Debian", "bullseye", "11"),
    ("Debian", "bookworm", "12"),
    ("Debian", "trixie", "13"),
    ("Debian", "forky", "14"),
    ("Ubuntu", "trusty", "14.04"),
    ("Ubuntu", "xenial", "16.04"),
    ("Ubuntu", "bionic", "18.04"),
    ("Ubuntu", "focal", "20.04"),
    ("Ubuntu", "jammy", "22.04"),
    ("Ubuntu", "noble", "24.04"),
    ("Ubuntu", "plucky", "25.04"),
    ("Ubuntu", "questing", "25.10"),
];

/// What has no releases, but days.
const TUMBLEWEED: &str = "Tumbleweed";

/// The release that a `distro` qualifier names (`debian-12.5`, `12.5`, `bookworm`, `sles-15.5`), in the form in which
/// [`is_same`] takes it; `None` where we do not know how, so that records of every release count.
pub(super) fn named(ecosystem: &str, distro: &str) -> Option<String> {
    if ecosystem == "openSUSE" && distro.to_ascii_lowercase().contains("tumbleweed") {
        return Some(TUMBLEWEED.to_owned());
    }
    let version = match ecosystem {
        // What follows its number are no words of another system: `openEuler-22.03-LTS-SP3`.
        "openEuler" => distro.get(distro.find(|c: char| c.is_ascii_digit())?..)?,
        _ => distro.rsplit('-').next()?,
    };
    let codename = |(of, name, _): &&(&str, &str, &str)| *of == ecosystem && *name == version;
    let version = CODENAMES.iter().find(codename).map_or(version, |(.., number)| number);
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts =
        version.strip_prefix('v').unwrap_or(version).split('.').map(|part| Some(part).filter(is_number));
    let major = parts.next()??;
    match ecosystem {
        "Debian" | "AlmaLinux" | "Rocky Linux" | "Red Hat" | "Mageia" | "Azure Linux" | "Photon OS" => {
            Some(major.to_owned())
        }
        "Alpine" => Some(format!("v{major}.{}", parts.next()??)),
        "Ubuntu" => Some(format!("{major}.{}", parts.next()??)),
        "openEuler" => Some(version.to_owned()),
        "openSUSE" if major.len() == "20260101".len() => Some(TUMBLEWEED.to_owned()),
        "SUSE" | "openSUSE" => match parts.next() {
            Some(minor) => Some(format!("{major}.{}", minor?)),
            None => Some(major.to_owned()),
        },
        _ => None,
    }
}

/// Whether a record of release `theirs`, as it writes that behind the ecosystem's colon, says something of a package of release
/// `ours`. Silence on either side is no reason to leave a record out.
pub(crate) fn is_same(ecosystem: &str, ours: Option<&str>, theirs: &str) -> bool {
    let Some(ours) = ours.filter(|_| !theirs.is_empty()) else { return true };
    match ecosystem {
        // Of both these the release is a product, of which there are many for each version of the system.
        "Red Hat" => enterprise_linux(theirs).is_none_or(|major| major == ours),
        "SUSE" | "openSUSE" => service_pack(theirs).is_none_or(|(theirs, pack)| {
            let (ours, own) = split(ours);
            ours == theirs && own.zip(pack).is_none_or(|(own, pack)| own == pack)
        }),
        // os-release does not say the service pack.
        "openEuler" => {
            let start = theirs.get(..ours.len()).filter(|start| start.eq_ignore_ascii_case(ours));
            start.is_some() && matches!(theirs.as_bytes().get(ours.len()), None | Some(b'-'))
        }
        "Azure Linux" | "Photon OS" => split(theirs).0 == ours,
        // Ubuntu's have a support term behind them (`22.04:LTS`), and before (`Pro:`).
        _ => theirs.split(':').any(|part| part == ours),
    }
}

/// The major version of Enterprise Linux that a product of Red Hat is for, where its name (CPE 2.3, from the product on) tells:
/// `enterprise_linux:9::baseos`, `rhel_eus:9.2::appstream`, `openshift:4.13::el9`. Most are for one alone.
fn enterprise_linux(product: &str) -> Option<&str> {
    let mut parts = product.split(':');
    let (name, version) = (parts.next()?, parts.next()?);
    let is_system = name == "enterprise_linux"
        || ["eus", "aus", "tus", "e4s", "els", "eus_long_life"]
            .iter()
            .any(|term| name.strip_prefix("rhel_") == Some(term));
    let edition = parts.find_map(|part| part.strip_prefix("el"));
    let number = if is_system { Some(version) } else { edition }?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end).filter(|major| !major.is_empty())
}

/// The version of the system that a product of SUSE is for, and its service pack where it is for one alone: `Linux Enterprise
/// Server 15 SP4-LTSS`, `Linux Enterprise Module for Python 3 15 SP5`, `Linux Enterprise Server 16.0`, `Leap 15.6`. `None` where it
/// is numbered by itself (`Manager Server 4.3`).
fn service_pack(product: &str) -> Option<(&str, Option<&str>)> {
    if product == TUMBLEWEED {
        return Some((product, None));
    }
    let mut systems = ["Linux Enterprise ", "Linux Micro ", "Package Hub ", "Leap "].iter();
    if !systems.any(|system| product.starts_with(system)) {
        return None;
    }
    let mut version = None;
    for word in product.split(' ') {
        if let (Some(version), Some(pack)) = (version, word.strip_prefix("SP").and_then(number)) {
            return Some((version, Some(pack)));
        }
        version = number(word).or(version);
    }
    version.map(split)
}

/// The number that a word starts with: `12-LTSS`.
fn number(word: &str) -> Option<&str> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    word.get(..end).filter(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

/// A version before its first dot, and what follows.
fn split(version: &str) -> (&str, Option<&str>) {
    version.split_once('.').map_or((version, None), |(major, minor)| (major, Some(minor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_go_by_number_and_by_name() {
        for (ecosystem, distro, expected) in [
            ("Debian", "debian-12.5", Some("12")),
            ("Debian", "12", Some("12")),
            ("Debian", "bookworm", Some("12")),
            ("Debian", "debian-bullseye", Some("11")),
            ("Debian", "sid", None),
            ("Debian", "jammy", None),
            ("Ubuntu", "jammy", Some("22.04")),
            ("Ubuntu", "ubuntu-24.04", Some("24.04")),
            ("Alpine", "3.19.1", Some("v3.19")),
            ("Alpine", "alpine-v3.19", Some("v3.19")),
            ("Alpine", "edge", None),
            ("Alpine", "alpine-3.20_alpha20240329", None),
            ("Rocky Linux", "rocky-9.3", Some("9")),
            ("Red Hat", "rhel-9.2", Some("9")),
            ("Mageia", "mageia-9", Some("9")),
            ("Azure Linux", "azurelinux-3.0", Some("3")),
            ("Azure Linux", "mariner-2.0.20240123", Some("2")),
            ("Photon OS", "photon-5.0", Some("5")),
            ("openEuler", "openeuler-22.03", Some("22.03")),
            ("openEuler", "openEuler-22.03-LTS-SP3", Some("22.03-LTS-SP3")),
            ("openEuler", "openeuler", None),
            ("SUSE", "sles-15.5", Some("15.5")),
            ("SUSE", "sles_sap-12", Some("12")),
            ("SUSE", "sle-micro-5.3", Some("5.3")),
            ("SUSE", "sles-15-SP5", None),
            ("openSUSE", "opensuse-leap-15.6", Some("15.6")),
            ("openSUSE", "opensuse-tumbleweed-20260101", Some("Tumbleweed")),
            ("openSUSE", "opensuse-tumbleweed", Some("Tumbleweed")),
            ("openSUSE", "opensuse-20260101", Some("Tumbleweed")),
            ("openSUSE", "opensuse-slowroll", None),
            ("Wolfi", "wolfi-20230201", None),
            ("Debian", "", None),
        ] {
            assert_eq!(named(ecosystem, distro).as_deref(), expected, "{distro}");
        }
    }

    #[test]
    fn releases_are_held_apart_where_both_sides_say_one() {
        let same = |ours, theirs| is_same("Debian", ours, theirs);
        assert!(same(None, "12") && same(Some("12"), "") && same(Some("12"), "12"));
        assert!(is_same("Ubuntu", Some("22.04"), "Pro:22.04:LTS"));
        assert!(!same(Some("12"), "11"));
        for (product, major) in [
            ("enterprise_linux:9::baseos", Some("9")),
            ("enterprise_linux:10.0", Some("10")),
            ("rhel_eus:9.2::appstream", Some("9")),
            ("openshift:4.13::el9", Some("9")),
            ("rhel_software_collections:3::el7", Some("7")),
            ("service_mesh:2.4", None),
            ("quay:3::electron", None),
            ("", None),
        ] {
            for ours in ["7", "9", "10"] {
                let expected = major.is_none_or(|major| major == ours);
                assert_eq!(is_same("Red Hat", Some(ours), product), expected, "{product} {ours}");
            }
        }
    }

    #[test]
    fn products_of_suse_are_of_a_service_pack() {
        let all = ["12", "12.5", "15", "15.4", "15.5", "16.0", "5.3"];
        for (product, releases) in [
            ("Linux Enterprise Server 15 SP5", &["15", "15.5"][..]),
            ("Linux Enterprise Server 15 SP4-LTSS", &["15", "15.4"]),
            ("Linux Enterprise Module for Basesystem 15 SP5", &["15", "15.5"]),
            ("Linux Enterprise Module for Python 3 15 SP5", &["15", "15.5"]),
            ("Linux Enterprise Server LTSS Extended Security 12 SP5", &["12", "12.5"]),
            ("Linux Enterprise Server for SAP Applications 12-LTSS", &["12", "12.5"]),
            ("Linux Enterprise Module for Web Scripting 12", &["12", "12.5"]),
            ("Package Hub 15 SP4", &["15", "15.4"]),
            ("Linux Enterprise Server 16.0", &["16.0"]),
            ("Linux Enterprise Micro 5.3", &["5.3"]),
            // What says no version of the system may be for any.
            ("Manager Server 4.3", &all),
            ("Linux Enterprise Server", &all),
        ] {
            for ours in all {
                assert_eq!(
                    is_same("SUSE", Some(ours), product),
                    releases.contains(&ours),
                    "{product} {ours}"
                );
            }
            assert!(is_same("SUSE", None, product));
        }
        for (ours, theirs, same) in [
            ("15.6", "Leap 15.6", true),
            ("15.6", "Leap 15.5", false),
            ("15.6", "Tumbleweed", false),
            ("Tumbleweed", "Tumbleweed", true),
            ("Tumbleweed", "Leap 15.6", false),
        ] {
            assert_eq!(is_same("openSUSE", Some(ours), theirs), same, "{ours} {theirs}");
        }
    }

    #[test]
    fn service_packs_of_open_euler_count_where_the_package_says_one() {
        for (ours, theirs, same) in [
            ("22.03", "22.03-LTS-SP3", true),
            ("22.03", "22.03-LTS", true),
            ("22.03", "24.03-LTS", false),
            ("22.03", "22.031", false),
            ("22.03-lts-sp1", "22.03-LTS-SP1", true),
            ("22.03-LTS-SP1", "22.03-LTS-SP3", false),
            ("22.03-LTS-SP1", "22.03-LTS", false),
        ] {
            assert_eq!(is_same("openEuler", Some(ours), theirs), same, "{ours} {theirs}");
        }
        assert!(is_same("Azure Linux", Some("3"), "3") && is_same("Azure Linux", Some("3"), "3.0"));
        assert!(!is_same("Azure Linux", Some("3"), "2") && !is_same("Photon OS", Some("5"), "4.0"));
    }
}
