//! Tests of loading, and of the loaded configuration.

use super::fixture::{Folder, GROUP, MIN};
use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn user_path_follows_the_environment() {
    let path = |vars: &[(&str, &str)]| {
        let env = |name: &str| {
            vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value))
        };
        user_path(&env).map(|p| p.display().to_string())
    };
    let in_home = Some("/home/ada/.config/incident/incident.toml".to_string());
    assert_eq!(path(&[]), None);
    assert_eq!(path(&[("HOME", "")]), None);
    assert_eq!(path(&[("HOME", "/home/ada")]), in_home);
    assert_eq!(path(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "")]), in_home);
    assert_eq!(path(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "etc")]), in_home);
    assert_eq!(
        path(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/x")]).as_deref(),
        Some("/x/incident/incident.toml")
    );
}

#[test]
fn each_layer_overrides_the_one_below() {
    let layer = |n: usize| {
        format!(
            "baseline_days = {n}\nthreads = {n}\ngeoip = '{n}'\n[detect.'s3.bulk-read']\nmin_objects = {n}"
        )
    };
    let (user, project, explicit) = (layer(1), layer(2), layer(3));
    let mut files: Vec<(&str, &str)> = Vec::new();
    let check = |folder: &Folder, value: &str, origin: &str| {
        let config = folder.load();
        let key = "detect.\"s3.bulk-read\".min_objects";
        assert_eq!(folder.shown(&config, key), [format!("{value} ({origin})")]);
        config
    };
    let config = check(&Folder::new(&files), "200", "default");
    assert_eq!((config.baseline_days(), config.threads(), config.geoip()), (30.0, None, None));
    files.push(("user.toml", &user));
    check(&Folder::new(&files), "1", "user.toml:5");
    files.push(("incident.toml", &project));
    check(&Folder::new(&files), "2", "incident.toml:5");
    files.push(("explicit.toml", &explicit));
    let folder = Folder::new(&files);
    let config = check(&folder, "3", "explicit.toml:5");
    assert_eq!((config.baseline_days(), config.threads()), (3.0, Some(3)));
    assert_eq!(config.geoip(), Some(folder.path("3").as_path()));
    assert_eq!(config.settings().of(&GROUP).get(&MIN), 3.0);
    assert_eq!(config.files().len(), 3);

    let mut inputs = folder.inputs();
    inputs.flags.baseline_days = Some(0.0);
    inputs.flags.threads = Some(8);
    inputs.flags.geoip = Some("geo".into());
    let config = Config::load(&inputs, &[GROUP]).unwrap();
    assert_eq!((config.baseline_days(), config.threads()), (0.0, Some(8)));
    assert_eq!(folder.shown(&config, "geoip"), ["geo (--geoip)"]);
    assert_eq!(folder.shown(&config, "threads"), ["8 (--threads)"]);
    assert_eq!(folder.shown(&config, "baseline_days"), ["0 (--baseline)"]);
}

#[test]
fn a_file_is_read_once() {
    let folder = Folder::new(&[("incident.toml", "own_ranges = ['192.0.2.1']")]);
    let mut inputs = folder.inputs();
    inputs.explicit = Some(folder.path("./incident.toml"));
    let config = Config::load(&inputs, &[GROUP]).unwrap();
    assert_eq!(config.files().len(), 1);
    assert_eq!(folder.shown(&config, "own_ranges").len(), 1);
}

#[test]
fn flags_are_checked_like_the_file() {
    let error = |flags: Flags| {
        let inputs = Inputs { flags, ..Inputs::default() };
        Config::load(&inputs, &[]).unwrap_err().to_string()
    };
    let days = |d| error(Flags { baseline_days: Some(d), ..Flags::default() });
    assert_eq!(days(-1.0), "--baseline: must not be negative");
    assert_eq!(days(f64::NAN), "--baseline: must be a finite number");
    let threads = error(Flags { threads: Some(0), ..Flags::default() });
    assert_eq!(threads, "--threads: must be 1 to 1024");
    let absent = error(Flags { own_files: vec!["/absent.cidr".into()], ..Flags::default() });
    assert_eq!(absent, "cannot read /absent.cidr");
}

#[test]
fn only_the_explicit_file_must_exist() {
    let folder = Folder::new(&[]);
    assert!(folder.load().files().is_empty());
    let inputs = Inputs { explicit: Some(folder.path("x.toml")), ..folder.inputs() };
    let error = Config::load(&inputs, &[]).unwrap_err();
    assert_eq!(folder.short(&error.to_string()), "cannot read x.toml");
}

#[test]
fn a_named_file_that_is_missing_is_reported_where_it_is_named() {
    for text in
        ["own_range_files = [\n 'absent.cidr']", "[[allow]]\nfile = 'absent.cidr'\nreason = 'x'"]
    {
        let folder = Folder::new(&[("incident.toml", text)]);
        let error = Config::load(&folder.inputs(), &[]).unwrap_err();
        assert!(folder.short(&error.to_string()).starts_with("incident.toml:2:"), "{error}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(folder.short(&cause), "cannot read absent.cidr");
    }
    let folder = Folder::new(&[("incident.toml", "own_range_files = ['a']"), ("a", "\nx")]);
    let error = Config::load(&folder.inputs(), &[]).unwrap_err();
    let message = folder.short(&error.to_string());
    assert_eq!(message, "a:2:1: `x` is neither an address nor a CIDR range");
}

#[test]
fn own_ranges_add_up_over_layers_and_files() {
    let folder = Folder::new(&[
        ("user.toml", "own_ranges = ['198.51.100.0/24']"),
        ("incident.toml", "own_ranges = ['2001:db8:1::/48']\nown_range_files = ['vpn.cidr']"),
        ("vpn.cidr", "192.0.2.1\n192.0.2.2 until=2026-11-20\n192.0.2.3 until=2026-11-21\n"),
        ("flag.cidr", "203.0.113.0/24"),
    ]);
    let mut inputs = folder.inputs();
    inputs.flags.own_files = vec![folder.path("flag.cidr")];
    let config = Config::load(&inputs, &[GROUP]).unwrap();
    for own in ["198.51.100.9", "2001:db8:1::9", "192.0.2.1", "192.0.2.3", "203.0.113.9"] {
        assert!(config.is_own(ip(own)), "{own}");
    }
    for other in ["192.0.2.2", "10.0.0.1", "2001:db8:2::1"] {
        assert!(!config.is_own(ip(other)), "{other}");
    }
    let expired: Vec<String> = config.expired().iter().map(|e| folder.short(e)).collect();
    assert_eq!(expired, ["own range 192.0.2.2/32 (until 2026-11-20), vpn.cidr:2"]);
    assert_eq!(
        folder.shown(&config, "own_ranges"),
        ["198.51.100.0/24 (user.toml:1)", "2001:db8:1::/48 (incident.toml:1)"]
    );
    assert_eq!(
        folder.shown(&config, "own_range_files"),
        ["vpn.cidr (2 ranges) (incident.toml:2)", "flag.cidr (1 range) (--own)"]
    );
}

#[test]
fn threat_lists_add_up_and_own_ranges_are_refused_in_them() {
    let folder = Folder::new(&[
        ("incident.toml", "[intel]\nfiles = ['a.txt']"),
        ("a.txt", "192.0.2.7\n198.51.100.7\n"),
        ("b.csv", "ip,type\n192.0.2.7,ip\n"),
        ("own.cidr", "198.51.100.0/24\n"),
    ]);
    let mut inputs = folder.inputs();
    inputs.flags.own_files = vec![folder.path("own.cidr")];
    inputs.flags.intel_files = vec![folder.path("b.csv")];
    let config = Config::load(&inputs, &[GROUP]).unwrap();
    assert_eq!(
        folder.shown(&config, "intel.files"),
        ["a.txt (text, 1 indicator) (incident.toml:2)", "b.csv (CSV, 1 indicator) (--intel)"]
    );
    assert_eq!(config.intel().leads(intel::Field::Source, "192.0.2.7").len(), 2);
    assert_eq!(config.intel().leads(intel::Field::Source, "198.51.100.7").len(), 0);
}

#[test]
fn a_bad_threat_list_is_reported_where_it_is_named() {
    for (name, text, expected) in
        [("absent", "", "cannot read absent"), ("a.txt", "hello", "a.txt: no usable indicator")]
    {
        let toml = format!("[intel]\nfiles = ['{name}']");
        let folder = Folder::new(&[("incident.toml", &toml), ("a.txt", text)]);
        let error = Config::load(&folder.inputs(), &[]).unwrap_err();
        assert!(folder.short(&error.to_string()).starts_with("incident.toml:2:10: "), "{error}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(folder.short(&cause).starts_with(expected), "{cause}");
    }
    let folder = Folder::new(&[("incident.toml", "[intel]\nfile = ['a']")]);
    let error = Config::load(&folder.inputs(), &[]).unwrap_err();
    assert_eq!(
        folder.short(&error.to_string()),
        "incident.toml:2:1: unknown key in [intel] `file`"
    );
    assert_eq!(error.hint(), Some("did you mean `files`?"));
}

#[test]
fn every_effective_value_is_shown() {
    let rows: Vec<String> = Config::defaults(&[GROUP])
        .rows()
        .iter()
        .map(|r| format!("{} = {} {} [{}] {}", r.key, r.value, r.unit, r.origin, r.help))
        .collect();
    assert_eq!(
        rows,
        [
            "baseline_days = 30 days [default] Days of history that the window is compared with",
            "threads = one per processor  [default] Inputs read in parallel",
            "geoip = none  [default] Folder with City, Country or ASN databases (*.mmdb)",
            "aws_ranges = 4098 ranges, published 2026-10-26  [default] Address ranges of AWS: Amazon's ip-ranges.json, \
             or the program's copy",
            "known_accounts = none  [default] Accounts of the organisation",
            "known_organizations = none  [default] Ids of the organisation at AWS",
            "own_ranges = none  [default] Address ranges of the organisation",
            "own_range_files = none  [default] Files of own address ranges, one per line",
            "allow = none  [default] Allow-list: findings to suppress",
            "intel.files = none  [default] Threat lists",
            "detect.\"s3.bulk-read\".min_objects = 200 objects [default] Objects read",
        ]
    );
}
