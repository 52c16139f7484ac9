//! The cast: users and roles, with their addresses and user agents.

use crate::identity::{self, Role};
use crate::random::Random;
use crate::record::ACCOUNT;

/// Where the build machines leave the company's network.
pub const CI_ADDRESS: &str = "203.0.113.40";
/// Where the application leaves it.
pub const APPLICATION_ADDRESSES: [&str; 2] = ["203.0.113.10", "203.0.113.11"];
/// Never seen before the attack.
pub const ATTACKER_ADDRESS: &str = "192.0.2.77";

/// How a call reaches AWS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Straight from a program, over TLS.
    Client,
    /// Through the web console, whose own servers make the call.
    Console,
    /// From an AWS service, for itself.
    Service,
    /// From an AWS service, with a session of somebody in the account.
    OnBehalf,
}

/// A caller, as the logs show it.
#[derive(Clone)]
pub struct Caller {
    /// JSON.
    pub identity: String,
    pub arn: String,
    pub address: String,
    pub agent: String,
    pub channel: Channel,
}

impl Caller {
    pub fn service(host: &str) -> Caller {
        Caller {
            identity: identity::service(host),
            arn: format!("svc:{host}"),
            address: host.to_owned(),
            agent: host.to_owned(),
            channel: Channel::Service,
        }
    }

    pub fn at(&self, address: &str) -> Caller {
        Caller { address: address.to_owned(), ..self.clone() }
    }

    pub fn with(&self, agent: &str) -> Caller {
        Caller { agent: agent.to_owned(), ..self.clone() }
    }

    /// The AWS CLI adds the command to the user agent.
    pub fn command(&self, command: &str) -> Caller {
        Caller { agent: format!("{} md/command#{command}", self.agent), ..self.clone() }
    }
}

pub struct User {
    pub name: &'static str,
    pub id: String,
    pub key: String,
}

impl User {
    pub fn new(random: &mut Random, name: &'static str) -> User {
        let id = random.unique_id("AIDA", ACCOUNT);
        User { name, id, key: random.unique_id("AKIA", ACCOUNT) }
    }

    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user/{}", self.name)
    }

    /// The user with the long-term key.
    pub fn caller(&self, address: &str, agent: &str) -> Caller {
        Caller {
            identity: identity::user(ACCOUNT, self.name, &self.id, &self.key),
            arn: self.arn(),
            address: address.to_owned(),
            agent: agent.to_owned(),
            channel: Channel::Client,
        }
    }
}

pub struct Cast {
    pub dana: User,
    pub invoice_app: User,
    /// Made by the attacker.
    pub svc_backup: User,
    /// An administrator's own user from before single sign-on.
    pub bob: User,
    pub administrators: Role,
    pub ci_runner: Role,
    pub ci_deploy: Role,
    pub invoice_mailer: Role,
    pub for_autoscaling: Role,
    pub for_config: Role,
    pub for_load_balancing: Role,
}

impl Cast {
    pub fn new(seed: u64) -> Cast {
        let random = &mut Random::new(seed, "cast", 0);
        let hash = random.hex(16);
        Cast {
            dana: User::new(random, "dana"),
            invoice_app: User::new(random, "invoice-app"),
            svc_backup: User::new(random, "svc-backup"),
            bob: User::new(random, "bob"),
            administrators: role(
                random,
                "aws-reserved/sso.amazonaws.com/",
                &format!("AWSReservedSSO_AdministratorAccess_{hash}"),
            ),
            ci_runner: role(random, "", "ci-runner"),
            ci_deploy: role(random, "", "ci-deploy"),
            invoice_mailer: role(random, "service-role/", "invoice-mailer"),
            for_autoscaling: linked(random, "autoscaling", "AWSServiceRoleForAutoScaling"),
            for_config: linked(random, "config", "AWSServiceRoleForConfig"),
            for_load_balancing: linked(
                random,
                "elasticloadbalancing",
                "AWSServiceRoleForElasticLoadBalancing",
            ),
        }
    }
}

fn role(random: &mut Random, path: &str, name: &str) -> Role {
    Role {
        account: ACCOUNT.to_owned(),
        path: path.to_owned(),
        name: name.to_owned(),
        id: random.unique_id("AROA", ACCOUNT),
    }
}

/// A role that belongs to an AWS service.
fn linked(random: &mut Random, service: &str, name: &str) -> Role {
    role(random, &format!("aws-service-role/{service}.amazonaws.com/"), name)
}
