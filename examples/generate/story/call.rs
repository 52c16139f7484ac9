//! One call to AWS, without its caller and time.

use crate::json::{Object, array, object};
use crate::record::ACCOUNT;

pub const HOME: &str = "us-east-1";

pub struct Call {
    pub service: &'static str,
    pub name: &'static str,
    pub region: &'static str,
    /// JSON, as are `response`, `additional` and `resources`.
    pub request: String,
    pub response: String,
    pub additional: String,
    pub resources: String,
    pub error_code: &'static str,
    pub error_message: String,
    pub read_only: bool,
    pub data: bool,
    pub event_type: &'static str,
    /// Generated if absent.
    pub request_id: Option<String>,
    pub host: String,
}

impl Call {
    /// A read-only call.
    pub fn read(service: &'static str, name: &'static str) -> Call {
        Call {
            service,
            name,
            region: HOME,
            request: "null".to_owned(),
            response: "null".to_owned(),
            additional: String::new(),
            resources: String::new(),
            error_code: "",
            error_message: String::new(),
            read_only: true,
            data: false,
            event_type: "AwsApiCall",
            request_id: None,
            host: host(service, HOME),
        }
    }

    /// A call that changes something.
    pub fn change(service: &'static str, name: &'static str) -> Call {
        Call { read_only: false, ..Call::read(service, name) }
    }

    pub fn region(self, region: &'static str) -> Call {
        Call { region, host: host(self.service, region), ..self }
    }

    pub fn request(self, fill: impl FnOnce(&mut Object)) -> Call {
        Call { request: object(fill), ..self }
    }

    pub fn response(self, fill: impl FnOnce(&mut Object)) -> Call {
        Call { response: object(fill), ..self }
    }

    pub fn additional(self, fill: impl FnOnce(&mut Object)) -> Call {
        Call { additional: object(fill), ..self }
    }

    /// Names one resource of the account that the call is about.
    pub fn resource(self, kind: &str, arn: &str) -> Call {
        let resource = object(|o| {
            o.text("accountId", ACCOUNT).text("type", kind).text("ARN", arn);
        });
        Call { resources: array(&[resource]), ..self }
    }

    pub fn event_type(self, event_type: &'static str) -> Call {
        Call { event_type, ..self }
    }

    pub fn failed(self, error_code: &'static str, error_message: &str) -> Call {
        let response = "null".to_owned();
        Call { error_code, error_message: error_message.to_owned(), response, ..self }
    }

    pub fn throttled(self) -> Call {
        match self.service {
            "ec2" => self.failed("Client.RequestLimitExceeded", "Request limit exceeded."),
            _ => self.failed("ThrottlingException", "Rate exceeded"),
        }
    }

    /// Denied because no policy allows it, with the service's error code.
    pub fn denied(self, caller_arn: &str, action: &str, resource: &str) -> Call {
        let code = match self.service {
            "ec2" => "Client.UnauthorizedOperation",
            "iam" | "sts" | "s3" | "rds" | "cloudformation" | "autoscaling" => "AccessDenied",
            _ => "AccessDeniedException",
        };
        let why = format!("because no identity-based policy allows the {action} action");
        let message = match self.service {
            "ec2" => format!(
                "You are not authorized to perform this operation. User: {caller_arn} is not \
                 authorized to perform: {action} {why}"
            ),
            "s3" => format!(
                "User: {caller_arn} is not authorized to perform: {action} on resource: \
                 \"{resource}\" {why}"
            ),
            _ => format!(
                "User: {caller_arn} is not authorized to perform: {action} on resource: \
                 {resource} {why}"
            ),
        };
        self.failed(code, &message)
    }
}

fn host(service: &str, region: &str) -> String {
    match service {
        "iam" | "organizations" | "ce" => format!("{service}.amazonaws.com"),
        _ => format!("{service}.{region}.amazonaws.com"),
    }
}
