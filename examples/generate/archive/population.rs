//! The principals in the archive, with their sessions, addresses and user agents.

use super::actions::{ACTIONS, Action, Callers, SERVICE_ACTIONS};
use crate::identity::{self, Role, Session, SessionKind};
use crate::random::Random;
use crate::record::ACCOUNT;

const USERS: usize = 12;
const WORKLOADS: usize = 34;
const PEOPLE: usize = 12;
const LINKED: [&str; 12] = [
    "autoscaling",
    "config",
    "ecs",
    "elasticloadbalancing",
    "guardduty",
    "inspector2",
    "rds",
    "organizations",
    "ssm",
    "trustedadvisor",
    "access-analyzer",
    "compute-optimizer",
];
const ADDRESSES: usize = 150;

/// Size of the tables from which actions are drawn: the smallest weight is 1 in 4096.
const TABLE_SIZE: usize = 4096;

pub struct Population {
    principals: Vec<Principal>,
    pub buckets: Vec<String>,
    pub assumable: Vec<Role>,
    actions: Vec<u8>,
    service_actions: Vec<u8>,
    /// For each action who may make it, as numbers of principals.
    callers: Vec<Vec<u16>>,
    linked: Vec<u16>,
    start: i64,
    end: i64,
}

pub struct Principal {
    pub arn: String,
    /// JSON of each of the sessions, which follow one another; users have one.
    pub identities: Vec<String>,
    pub addresses: Vec<String>,
    pub agents: Vec<String>,
    pub from_console: bool,
}

impl Population {
    pub fn new(seed: u64, start: i64, end: i64) -> Population {
        let random = &mut Random::new(seed, "population", 0);
        let addresses: Vec<String> = (0..ADDRESSES).map(address).collect();
        let agents = agents();
        let mut maker = Maker { random, addresses: &addresses, agents: &agents, start, end };

        let mut principals: Vec<Principal> = (0..USERS).map(|n| maker.user(n)).collect();
        principals.extend((0..WORKLOADS).map(|n| maker.workload(n)));
        principals.extend((0..PEOPLE).map(|n| maker.person(n)));
        let people = (USERS + WORKLOADS)..principals.len();
        let linked: Vec<u16> =
            (principals.len()..principals.len() + LINKED.len()).map(|n| n as u16).collect();
        principals.extend(LINKED.iter().map(|service| maker.linked(service)));

        let callers = ACTIONS
            .iter()
            .map(|action| match action.callers {
                Callers::Workloads => maker.some(0..USERS + WORKLOADS, 40),
                Callers::Anyone => maker.some(0..people.end, 25),
                Callers::People => maker.some(people.clone(), 60),
            })
            .collect();
        let assumable = (0..20).map(|n| maker.role("", &format!("task-{n:02}"))).collect();
        Population {
            principals,
            buckets: (0..40).map(|n| format!("acme-{}-{n:02}", BUCKET_KINDS[n % 5])).collect(),
            assumable,
            actions: weighted_table(ACTIONS),
            service_actions: weighted_table(SERVICE_ACTIONS),
            callers,
            linked,
            start,
            end,
        }
    }

    /// An action that somebody in the account takes, and who takes it.
    pub fn action(&self, random: &mut Random) -> (&'static Action, &Principal) {
        let number = usize::from(*random.pick(&self.actions));
        let caller = *random.pick_skewed(&self.callers[number]);
        (&ACTIONS[number], &self.principals[usize::from(caller)])
    }

    /// An action that an AWS service takes by itself.
    pub fn service_action(&self, random: &mut Random) -> &'static Action {
        &SERVICE_ACTIONS[usize::from(*random.pick(&self.service_actions))]
    }

    /// A service's own role, with the host of the service.
    pub fn linked(&self, random: &mut Random) -> &Principal {
        &self.principals[usize::from(*random.pick_skewed(&self.linked))]
    }

    /// The session that `principal` has at `time`.
    pub fn identity<'a>(&self, principal: &'a Principal, time: i64) -> &'a str {
        let count = principal.identities.len() as i64;
        let number = (time - self.start) * count / (self.end - self.start);
        &principal.identities[number.clamp(0, count - 1) as usize]
    }
}

const BUCKET_KINDS: [&str; 5] = ["data", "logs", "artifacts", "media", "exports"];

/// A table in which each action appears in proportion to its weight.
fn weighted_table(actions: &[Action]) -> Vec<u8> {
    let total: usize = actions.iter().map(|action| usize::from(action.weight)).sum();
    let mut out = Vec::with_capacity(TABLE_SIZE);
    let mut sum = 0;
    for (number, action) in actions.iter().enumerate() {
        sum += usize::from(action.weight);
        out.resize(TABLE_SIZE * sum / total, number as u8);
    }
    out
}

struct Maker<'a> {
    random: &'a mut Random,
    addresses: &'a [String],
    agents: &'a [String],
    start: i64,
    end: i64,
}

impl Maker<'_> {
    fn user(&mut self, number: usize) -> Principal {
        let name = format!("app-{number:02}");
        let id = self.random.unique_id("AIDA", ACCOUNT);
        let key = self.random.unique_id("AKIA", ACCOUNT);
        Principal {
            arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            identities: vec![identity::user(ACCOUNT, &name, &id, &key)],
            addresses: self.few(self.addresses, 3),
            agents: self.few(&self.agents[PEOPLE_AGENTS..], 2),
            from_console: false,
        }
    }

    fn workload(&mut self, number: usize) -> Principal {
        let role = self.role("service-role/", &format!("workload-{number:02}"));
        let session = format!("i-0{}", self.random.hex(16));
        let kind =
            if number.is_multiple_of(2) { SessionKind::Instance } else { SessionKind::Plain };
        let agents = self.few(&self.agents[PEOPLE_AGENTS..], 2);
        let addresses = self.few(self.addresses, 4);
        self.principal(&role, &session, kind, addresses, agents)
    }

    fn person(&mut self, number: usize) -> Principal {
        let name = format!("AWSReservedSSO_PowerUserAccess_{}", self.random.hex(16));
        let role = self.role("aws-reserved/sso.amazonaws.com/", &name);
        let agents = self.few(&self.agents[..PEOPLE_AGENTS], 2);
        let addresses = self.few(self.addresses, 5);
        let session = format!("person{number:02}@example.com");
        let from_console = number.is_multiple_of(3);
        Principal {
            from_console,
            ..self.principal(&role, &session, SessionKind::Plain, addresses, agents)
        }
    }

    fn linked(&mut self, service: &str) -> Principal {
        let host = format!("{service}.amazonaws.com");
        let role = self
            .role(&format!("aws-service-role/{host}/"), &format!("AWSServiceRoleFor-{service}"));
        let hosts = vec![host.clone()];
        self.principal(&role, service, SessionKind::Via(&host), hosts.clone(), hosts)
    }

    fn principal(
        &mut self,
        role: &Role,
        session: &str,
        kind: SessionKind,
        addresses: Vec<String>,
        agents: Vec<String>,
    ) -> Principal {
        let count = self.random.between(4, 10);
        let identities = (0..count)
            .map(|number| {
                identity::session(&Session {
                    role,
                    name: session,
                    key: &self.random.unique_id("ASIA", ACCOUNT),
                    since: self.start + (self.end - self.start) * number / count,
                    kind,
                })
            })
            .collect();
        let arn = role.session_arn(session);
        Principal { arn, identities, addresses, agents, from_console: false }
    }

    fn role(&mut self, path: &str, name: &str) -> Role {
        Role {
            account: ACCOUNT.to_owned(),
            path: path.to_owned(),
            name: name.to_owned(),
            id: self.random.unique_id("AROA", ACCOUNT),
        }
    }

    /// One to `most` of the items.
    fn few(&mut self, items: &[String], most: i64) -> Vec<String> {
        (0..self.random.between(1, most)).map(|_| self.random.pick(items).clone()).collect()
    }

    /// Each of the numbers with a chance of `percent`, but at least one.
    fn some(&mut self, numbers: std::ops::Range<usize>, percent: u64) -> Vec<u16> {
        let mut out: Vec<u16> = Vec::new();
        for number in numbers.clone() {
            if self.random.percent(percent) {
                // Anywhere, because those in front act most.
                let place = self.random.below(out.len() as u64 + 1) as usize;
                out.insert(place, number as u16);
            }
        }
        if out.is_empty() {
            out.push(numbers.start as u16);
        }
        out
    }
}

/// Addresses from the three ranges that are reserved for documentation, some of them IPv6.
fn address(number: usize) -> String {
    match number % 10 {
        0..=3 => format!("203.0.113.{}", 10 + number),
        4..=6 => format!("198.51.100.{}", 10 + number),
        7 | 8 => format!("192.0.2.{}", 10 + number),
        _ => format!("2001:db8:{:x}:1::{:x}", number / 20, 16 + number),
    }
}

/// How many of the agents, from the first on, are those of people.
const PEOPLE_AGENTS: usize = 16;

fn agents() -> Vec<String> {
    let browser = |n: usize| {
        format!(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like \
             Gecko) Chrome/{}.0.0.0 Safari/537.36",
            136 + n
        )
    };
    let cli = |n: usize| {
        format!(
            "aws-cli/2.{}.{n} md/awscrt#0.27.6 ua/2.1 os/macos#25.0.0 md/arch#arm64 \
             lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard md/prompt#off",
            24 + n
        )
    };
    let boto = |n: usize| {
        format!(
            "Boto3/1.40.{n} md/Botocore#1.40.{n} ua/2.1 os/linux#6.1.147 md/arch#x86_64 \
             lang/python#3.12.11 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.40.{n}"
        )
    };
    let go = |n: usize| {
        format!(
            "aws-sdk-go-v2/1.39.{n} ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64"
        )
    };
    let java = |n: usize| {
        format!(
            "aws-sdk-java/2.34.{n} md/io#async ua/2.1 os/Linux#6.1.147 lang/java#21.0.8 \
             md/OpenJDK_64-Bit_Server_VM#21.0.8+9-LTS md/vendor#Amazon.com_Inc."
        )
    };
    let people = (0..8).flat_map(|n| [browser(n), cli(n)]);
    people.chain((0..8).flat_map(|n| [boto(n), go(n), java(n)])).collect()
}
