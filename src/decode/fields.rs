//! The fields of one CloudTrail record as byte ranges. Nothing is copied and nothing nested is parsed until it is
//! requested.

use std::borrow::Cow;

use super::scan::{Pairs, Stop};

macro_rules! fields {
    ($($name:ident = $key:literal),+ $(,)?) => {
        /// The top-level keys of a record that are used.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field { $($name),+ }

        const COUNT: usize = [$(Field::$name),+].len();

        #[inline]
        fn field_of(key: &[u8]) -> Option<Field> {
            match key { $($key => Some(Field::$name),)+ _ => None }
        }
    };
}

// CloudTrail record contents, then the keys of envelopes and of other files in the same places.
fields! {
    UserIdentity = b"userIdentity",
    EventTime = b"eventTime",
    EventSource = b"eventSource",
    EventName = b"eventName",
    AwsRegion = b"awsRegion",
    SourceIpAddress = b"sourceIPAddress",
    UserAgent = b"userAgent",
    ErrorCode = b"errorCode",
    RequestParameters = b"requestParameters",
    ResponseElements = b"responseElements",
    AdditionalEventData = b"additionalEventData",
    RequestId = b"requestID",
    EventId = b"eventID",
    EventType = b"eventType",
    EventCategory = b"eventCategory",
    RecipientAccountId = b"recipientAccountId",
    VpcEndpointId = b"vpcEndpointId",
    SessionCredentialFromConsole = b"sessionCredentialFromConsole",
    Addendum = b"addendum",
    ServiceEventDetails = b"serviceEventDetails",
    CloudTrailEvent = b"CloudTrailEvent",
    EventJson = b"eventJson",
    Detail = b"detail",
    Message = b"message",
    DigestEndTime = b"digestEndTime",
    RequestTime = b"request_time",
    Operation = b"operation",
}

/// One record's text and the position of each field.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    text: &'a str,
    at: &'a Ranges,
}

/// Start and end of each field's value; `(0, 0)` if absent.
pub struct Ranges([(u32, u32); COUNT]);

impl Default for Ranges {
    fn default() -> Ranges {
        Ranges([(0, 0); COUNT])
    }
}

impl Ranges {
    /// Locates the fields of the object that starts at `bytes[0]`; returns the object's length.
    ///
    /// # Errors
    /// When the object is incomplete or malformed.
    #[inline]
    pub fn project(&mut self, bytes: &[u8]) -> Result<usize, Stop> {
        self.0 = [(0, 0); COUNT];
        let mut pairs = Pairs::new(bytes);
        while let Some(pair) = pairs.step()? {
            if let Some(field) = field_of(pair.key) {
                let end = pair.start + pair.value.len();
                // A record is far smaller than 4 GiB: the parser gives up on larger ones.
                self.0[field as usize] = (pair.start as u32, end as u32);
            }
        }
        Ok(pairs.end())
    }
}

impl<'a> Fields<'a> {
    /// `text` must be the record that `at` was projected from.
    pub fn new(text: &'a str, at: &'a Ranges) -> Fields<'a> {
        Fields { text, at }
    }

    /// The raw JSON value, quotes included; `""` if absent or `null`.
    #[inline]
    pub fn raw(&self, field: Field) -> &'a str {
        let (start, end) = self.at.0[field as usize];
        match self.text.get(start as usize..end as usize) {
            None | Some("null") => "",
            Some(raw) => raw,
        }
    }

    /// The whole record.
    pub fn whole(&self) -> &'a str {
        self.text
    }

    #[inline]
    pub fn has(&self, field: Field) -> bool {
        !self.raw(field).is_empty()
    }

    /// The value as text. Numbers and booleans are returned as written.
    #[inline]
    pub fn text(&self, field: Field) -> Cow<'a, str> {
        unquote(self.raw(field))
    }
}

/// A JSON value as text: strings without quotes and escapes, `null` as `""`, anything else as written.
#[inline]
pub fn unquote(raw: &str) -> Cow<'_, str> {
    let Some(inner) = raw.strip_prefix('"').and_then(|r| r.strip_suffix('"')) else {
        return Cow::Borrowed(if raw == "null" { "" } else { raw });
    };
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    // Lone surrogates and unknown escapes are no reason to lose the event: use the text as written.
    match serde_json::from_str::<String>(raw) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(inner),
    }
}

/// The pairs of the object `raw` with raw values; stops at the first malformed byte.
pub fn pairs(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut walk = Pairs::new(raw.as_bytes());
    std::iter::from_fn(move || {
        let pair = walk.step().ok().flatten()?;
        let key = std::str::from_utf8(pair.key).unwrap_or("");
        let value = raw.get(pair.start..pair.start + pair.value.len()).unwrap_or("");
        Some((key, value))
    })
}

/// Text of `key` in the object `raw`; `""` when absent.
pub fn text_of<'a>(raw: &'a str, key: &str) -> Cow<'a, str> {
    pairs(raw).find(|(k, _)| *k == key).map_or(Cow::Borrowed(""), |(_, value)| unquote(value))
}

/// Raw value of `key` in the object `raw`; `""` when absent.
pub fn raw_of<'a>(raw: &'a str, key: &str) -> &'a str {
    pairs(raw).find(|(k, _)| *k == key).map_or("", |(_, value)| value)
}
