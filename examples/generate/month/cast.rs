//! The people and roles of the month, with their addresses.

use crate::identity::Role;
use crate::random::Random;
use crate::record::ACCOUNT;

/// Where the office leaves its network.
pub const OFFICE: [&str; 4] = ["203.0.113.20", "203.0.113.20", "203.0.113.21", "203.0.113.24"];
/// Where production leaves its network.
pub const NAT: [&str; 2] = ["198.51.100.10", "198.51.100.11"];
/// Where the machine that applies Terraform leaves its network.
pub const TOOLS_NAT: &str = "192.0.2.40";
/// Where the person who travels stays, and the phone on the way.
pub const HOTEL: &str = "198.18.201.33";
pub const PHONE: &str = "198.18.214.9";

pub const EUROPE: &str = "eu-west-1";

const CHROME: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 \
                      (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/26.0 Safari/605.1.15";

/// Somebody who signs in through Identity Center.
pub struct Person {
    pub name: &'static str,
    pub user_id: String,
    /// Of the administrators' permission set rather than the engineers'.
    pub administrator: bool,
    pub browser: &'static str,
    /// The operating system that the command line names.
    pub system: &'static str,
    /// Where they work from on some days of the week.
    pub home: Option<&'static str>,
}

pub struct Cast {
    pub people: Vec<Person>,
    pub administrators: Role,
    pub engineers: Role,
    pub ci_deploy: Role,
    pub runner: Role,
    pub terraform: Role,
    pub cloudformation: Role,
    pub backup: Role,
    pub retention: Role,
    pub ecs_execution: Role,
    pub posture: Role,
    pub cost: Role,
    pub monitoring: Role,
    pub reporting: Role,
}

impl Cast {
    pub fn new(seed: u64) -> Cast {
        let random = &mut Random::new(seed, "month cast", 0);
        let hash = random.hex(16);
        let reserved = "aws-reserved/sso.amazonaws.com/";
        let mut person = |name, administrator, browser, system, home| Person {
            name,
            user_id: random.uuid(),
            administrator,
            browser,
            system,
            home,
        };
        let people = vec![
            person("anna@example.com", true, CHROME, "macos#25.0.0", Some("198.18.40.17")),
            person("ben@example.com", true, FIREFOX, "linux#6.17.1", Some("198.18.77.203")),
            person("chloe@example.com", true, EDGE, "windows#11", None),
            person("david@example.com", false, CHROME, "macos#25.0.0", None),
            person("eva@example.com", false, SAFARI, "macos#24.6.0", None),
            person("farid@example.com", false, CHROME, "linux#6.16.3", None),
        ];
        let mut named = |path: &str, name: &str| role(random, path, name);
        Cast {
            people,
            administrators: named(reserved, &format!("AWSReservedSSO_AdministratorAccess_{hash}")),
            engineers: named(reserved, &format!("AWSReservedSSO_PlatformEngineer_{hash}")),
            ci_deploy: named("", "github-deploy"),
            runner: named("", "tools-runner"),
            terraform: named("", "terraform"),
            cloudformation: named("", "cloudformation-exec"),
            backup: named("", "nightly-backup"),
            retention: named("", "retention-batch"),
            ecs_execution: named("", "ecs-execution"),
            posture: named("", "CloudPostureReadOnly"),
            cost: named("", "CostInsights"),
            monitoring: named("", "MonitoringIntegration"),
            reporting: named("", "reporting-reader"),
        }
    }
}

pub fn role(random: &mut Random, path: &str, name: &str) -> Role {
    Role {
        account: ACCOUNT.to_owned(),
        path: path.to_owned(),
        name: name.to_owned(),
        id: random.unique_id("AROA", ACCOUNT),
    }
}

/// An address of a cloud provider, another one for each machine.
pub fn cloud_address(random: &mut Random) -> String {
    format!("198.18.{}.{}", random.between(128, 199), random.between(2, 250))
}

/// An address that AWS gives to functions outside of the account's networks.
pub fn function_address(random: &mut Random) -> String {
    format!("198.19.{}.{}", random.between(0, 40), random.between(2, 250))
}
