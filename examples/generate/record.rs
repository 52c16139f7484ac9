//! One CloudTrail record as JSON text.

use crate::calendar;
use crate::json::Object;

/// The account that every generated log is about.
pub const ACCOUNT: &str = "111122223333";

/// The parts that vary between records. JSON fields are written unchanged; an empty optional field is left out.
pub struct Record<'a> {
    pub time: i64,
    /// JSON.
    pub identity: &'a str,
    /// The service without its domain: `iam`.
    pub service: &'a str,
    pub name: &'a str,
    pub region: &'a str,
    pub address: &'a str,
    pub agent: &'a str,
    pub error_code: &'a str,
    pub error_message: &'a str,
    /// JSON.
    pub request: &'a str,
    /// JSON.
    pub response: &'a str,
    /// JSON, or empty.
    pub additional: &'a str,
    pub request_id: &'a str,
    pub event_id: &'a str,
    pub read_only: bool,
    /// JSON, or empty.
    pub resources: &'a str,
    pub event_type: &'a str,
    /// A data event rather than a management event.
    pub data: bool,
    pub shared_event_id: &'a str,
    pub endpoint_id: &'a str,
    /// The host the client asked for. Calls that did not come over TLS from a client have none.
    pub tls_host: &'a str,
    /// The credentials came from a console session.
    pub from_console: bool,
}

/// A successful read-only management call without any details.
pub const BLANK: Record<'static> = Record {
    time: 0,
    identity: "{}",
    service: "",
    name: "",
    region: "us-east-1",
    address: "",
    agent: "",
    error_code: "",
    error_message: "",
    request: "null",
    response: "null",
    additional: "",
    request_id: "",
    event_id: "",
    read_only: true,
    resources: "",
    event_type: "AwsApiCall",
    data: false,
    shared_event_id: "",
    endpoint_id: "",
    tls_host: "",
    from_console: false,
};

impl Record<'_> {
    pub fn write(&self, out: &mut String) {
        let mut o = Object::begin(out);
        o.text("eventVersion", "1.11")
            .raw("userIdentity", self.identity)
            .quoted("eventTime", |out| calendar::push_iso(out, self.time))
            .quoted("eventSource", |out| {
                out.push_str(self.service);
                out.push_str(".amazonaws.com");
            })
            .text("eventName", self.name)
            .text("awsRegion", self.region)
            .text("sourceIPAddress", self.address)
            .text("userAgent", self.agent);
        optional_text(&mut o, "errorCode", self.error_code);
        optional_text(&mut o, "errorMessage", self.error_message);
        o.raw("requestParameters", self.request).raw("responseElements", self.response);
        optional_raw(&mut o, "additionalEventData", self.additional);
        optional_text(&mut o, "requestID", self.request_id);
        o.text("eventID", self.event_id).flag("readOnly", self.read_only);
        optional_raw(&mut o, "resources", self.resources);
        o.text("eventType", self.event_type)
            .flag("managementEvent", !self.data)
            .text("recipientAccountId", ACCOUNT);
        optional_text(&mut o, "sharedEventID", self.shared_event_id);
        optional_text(&mut o, "vpcEndpointId", self.endpoint_id);
        o.text("eventCategory", if self.data { "Data" } else { "Management" });
        if !self.tls_host.is_empty() {
            o.object("tlsDetails", |o| {
                o.text("tlsVersion", "TLSv1.3")
                    .text("cipherSuite", "TLS_AES_128_GCM_SHA256")
                    .text("clientProvidedHostHeader", self.tls_host);
            });
        }
        if self.from_console {
            o.text("sessionCredentialFromConsole", "true");
        }
        o.end();
    }
}

fn optional_text(o: &mut Object, name: &str, value: &str) {
    if !value.is_empty() {
        o.text(name, value);
    }
}

fn optional_raw(o: &mut Object, name: &str, value: &str) {
    if !value.is_empty() {
        o.raw(name, value);
    }
}
