//! AWS calls of the test's own, by boto3 in a helper process: seeds servers and looks at them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::servers::Server;

/// A client with one identity, at one endpoint.
#[derive(Clone)]
pub struct Aws {
    helper: Arc<Helper>,
    endpoint: String,
    key: Key,
    region: String,
}

/// An access key, long-lived or of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

/// An answer that is no success. `status` is 0 when there was no answer: the code then names boto3's exception.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
    pub status: u64,
}

/// The process that makes the calls, with the connections to it that no call is using.
struct Helper {
    process: Server,
    idle: Mutex<Vec<BufReader<TcpStream>>>,
}

impl Aws {
    /// The root of the account, at a server or a proxy.
    pub fn new(url: &str) -> Aws {
        Aws {
            helper: Arc::new(Helper { process: Server::helper(), idle: Mutex::default() }),
            endpoint: url.into(),
            key: Key::new("test", "test"),
            region: "us-east-1".into(),
        }
    }

    /// The same helper at another endpoint.
    pub fn at(&self, url: &str) -> Aws {
        Aws { endpoint: url.into(), ..self.clone() }
    }

    /// Acts as another identity, such as the attacker.
    pub fn with_key(&self, key: &Key) -> Aws {
        Aws { key: key.clone(), ..self.clone() }
    }

    pub fn in_region(&self, region: &str) -> Aws {
        Aws { region: region.into(), ..self.clone() }
    }

    /// One call, with boto3's names: `("iam", "create_user", {"UserName": "alice"})`.
    pub fn try_call(&self, service: &str, operation: &str, args: Value) -> Result<Value, Refusal> {
        let request = json!({
            "service": service, "operation": operation, "args": args, "endpoint": self.endpoint,
            "region": self.region, "key": self.key.id, "secret": self.key.secret, "token": self.key.token,
        });
        let mut answer = self.helper.ask(&request);
        let error = &answer["error"];
        if error.is_null() {
            return Ok(answer["ok"].take());
        }
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_string();
        let status = error["status"].as_u64().unwrap_or_default();
        Err(Refusal { code: text("code"), message: text("message"), status })
    }

    /// A call that succeeds.
    #[track_caller]
    pub fn call(&self, service: &str, operation: &str, args: Value) -> Value {
        let result = self.try_call(service, operation, args.clone());
        result.unwrap_or_else(|refusal| panic!("{service} {operation} {args}: {refusal:?}"))
    }

    /// The error code of a call that fails.
    #[track_caller]
    pub fn refusal(&self, service: &str, operation: &str, args: Value) -> String {
        match self.try_call(service, operation, args.clone()) {
            Ok(answer) => panic!("{service} {operation} {args} succeeded: {answer}"),
            Err(refusal) => refusal.code,
        }
    }

    pub fn create_key(&self, user: &str) -> Key {
        let made = self.call("iam", "create_access_key", json!({"UserName": user}));
        let text = |name: &str| made["AccessKey"][name].as_str().unwrap();
        Key::new(text("AccessKeyId"), text("SecretAccessKey"))
    }

    /// A session of a role.
    pub fn assume(&self, role_arn: &str, session: &str) -> Key {
        let args = json!({"RoleArn": role_arn, "RoleSessionName": session});
        let made = self.call("sts", "assume_role", args);
        let text = |name: &str| made["Credentials"][name].as_str().unwrap().to_string();
        let token = Some(text("SessionToken"));
        Key { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token }
    }
}

impl Key {
    pub fn new(id: &str, secret: &str) -> Key {
        Key { id: id.into(), secret: secret.into(), token: None }
    }

    /// The variables that SDKs read.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", self.id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.clone()),
        ];
        variables.extend(self.token.clone().map(|token| ("AWS_SESSION_TOKEN", token)));
        variables
    }
}

impl Helper {
    /// Several threads may ask at once, each by a connection of its own.
    fn ask(&self, request: &Value) -> Value {
        let idle = self.idle.lock().unwrap().pop();
        let mut connection = idle.unwrap_or_else(|| {
            let stream = TcpStream::connect(("127.0.0.1", self.process.port)).unwrap();
            stream.set_nodelay(true).unwrap();
            BufReader::new(stream)
        });
        // One write: a line in pieces would wait for acknowledgements.
        connection.get_mut().write_all(format!("{request}\n").as_bytes()).unwrap();
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        self.idle.lock().unwrap().push(connection);
        serde_json::from_str(&line).expect("the helper ended in mid-call")
    }
}
