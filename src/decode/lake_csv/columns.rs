//! Recognizes the columns of an export by their names.

use csv::ByteRecord;

/// What one column contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The whole record in JSON.
    EventJson,
    /// A text member of the record.
    Text(&'static str),
    Time(&'static str),
    Flag(&'static str),
    /// A member whose inner names the service defines: JSON, or an SQL engine's text of a map.
    Nested(&'static str),
    /// A member whose inner names CloudTrail defines: JSON, or an SQL engine's text of a struct.
    Struct(&'static str),
    /// The list of resources, which has its own member names.
    Resources,
    /// All of `userIdentity`.
    Identity,
    /// One value inside `userIdentity`, in a column of its own.
    IdentityPart(&'static [&'static str]),
    /// A column that does not belong to a record.
    Unknown,
}

/// Names are compared without case, spaces and punctuation, which differ between exports.
const MEMBERS: [(&str, Column); 34] = [
    ("eventjson", Column::EventJson),
    ("eventversion", Column::Text("eventVersion")),
    ("eventtime", Column::Time("eventTime")),
    ("eventsource", Column::Text("eventSource")),
    ("eventname", Column::Text("eventName")),
    ("awsregion", Column::Text("awsRegion")),
    ("sourceipaddress", Column::Text("sourceIPAddress")),
    ("useragent", Column::Text("userAgent")),
    ("errorcode", Column::Text("errorCode")),
    ("errormessage", Column::Text("errorMessage")),
    ("requestparameters", Column::Nested("requestParameters")),
    ("responseelements", Column::Nested("responseElements")),
    ("additionaleventdata", Column::Nested("additionalEventData")),
    ("serviceeventdetails", Column::Nested("serviceEventDetails")),
    ("requestid", Column::Text("requestID")),
    ("eventid", Column::Text("eventID")),
    ("readonly", Column::Flag("readOnly")),
    ("resources", Column::Resources),
    ("eventtype", Column::Text("eventType")),
    ("apiversion", Column::Text("apiVersion")),
    ("recipientaccountid", Column::Text("recipientAccountId")),
    ("sharedeventid", Column::Text("sharedEventID")),
    ("vpcendpointid", Column::Text("vpcEndpointId")),
    ("vpcendpointaccountid", Column::Text("vpcEndpointAccountId")),
    ("eventcategory", Column::Text("eventCategory")),
    ("managementevent", Column::Flag("managementEvent")),
    ("sessioncredentialfromconsole", Column::Text("sessionCredentialFromConsole")),
    ("addendum", Column::Struct("addendum")),
    ("edgedevicedetails", Column::Struct("edgeDeviceDetails")),
    ("insightdetails", Column::Struct("insightDetails")),
    ("tlsdetails", Column::Struct("tlsDetails")),
    ("useridentity", Column::Identity),
    // The console's event history has these two in place of an identity.
    ("username", Column::IdentityPart(&["userName"])),
    ("awsaccesskey", Column::IdentityPart(&["accessKeyId"])),
];

/// Values of `userIdentity` that a query may put in columns of their own, as
/// `useridentity.sessioncontext.sessionissuer.arn` or with underscores.
const IDENTITY_PARTS: [&[&str]; 18] = [
    &["type"],
    &["principalId"],
    &["arn"],
    &["accountId"],
    &["accessKeyId"],
    &["userName"],
    &["invokedBy"],
    &["identityProvider"],
    &["credentialId"],
    &["sessionContext", "attributes", "creationDate"],
    &["sessionContext", "attributes", "mfaAuthenticated"],
    &["sessionContext", "sessionIssuer", "type"],
    &["sessionContext", "sessionIssuer", "principalId"],
    &["sessionContext", "sessionIssuer", "arn"],
    &["sessionContext", "sessionIssuer", "accountId"],
    &["sessionContext", "sessionIssuer", "userName"],
    &["sessionContext", "sourceIdentity"],
    &["sessionContext", "ec2RoleDelivery"],
];

impl Column {
    fn of(header: &[u8]) -> Column {
        let name: String = header
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
        if let Some((_, column)) = MEMBERS.iter().find(|(known, _)| *known == name) {
            return *column;
        }
        let part = name.strip_prefix("useridentity");
        let known = IDENTITY_PARTS.iter().find(|path| part == Some(&flat(path)));
        known.map_or(Column::Unknown, |path| Column::IdentityPart(path))
    }
}

fn flat(path: &[&str]) -> String {
    path.concat().to_ascii_lowercase()
}

/// The columns of one export, in its order.
pub(super) struct Columns(Vec<Column>);

impl Columns {
    pub fn of(header: &ByteRecord) -> Columns {
        let mut columns: Vec<Column> = Vec::with_capacity(header.len());
        for name in header {
            let column = Column::of(name);
            // A second column with the same name would duplicate a member of the record.
            let again = columns.contains(&column);
            columns.push(if again { Column::Unknown } else { column });
        }
        Columns(columns)
    }

    /// True if rows with these columns are events.
    pub fn describe_events(&self) -> bool {
        let has = |column| self.0.contains(&column);
        let named = has(Column::Text("eventName")) && has(Column::Text("eventSource"));
        has(Column::EventJson) || (named && has(Column::Time("eventTime")))
    }

    /// True if rows with these columns can be compared with records in JSON: the export has at least what the console's
    /// has.
    pub fn comparable(&self) -> bool {
        let has = |column| self.0.contains(&column);
        let part = |path: &'static [&'static str]| has(Column::IdentityPart(path));
        let parts = self.0.iter().filter(|c| matches!(c, Column::IdentityPart(_))).count();
        // A query may select the user name without the session's name; the console's user name is either.
        let console = parts == 2 && part(&["userName"]);
        let caller = part(&["accessKeyId"]) && (part(&["arn"]) || console);
        let members = ["eventID", "awsRegion", "sourceIPAddress", "errorCode"];
        members.iter().all(|name| has(Column::Text(name))) && (has(Column::Identity) || caller)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Every column with its value in the row.
    pub fn values<'r>(
        &'r self,
        row: &'r ByteRecord,
    ) -> impl Iterator<Item = (Column, &'r [u8])> + 'r {
        self.0.iter().copied().zip(row.iter())
    }
}
