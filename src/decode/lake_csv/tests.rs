//! Tests of `lake_csv`.

use super::*;
use serde_json::{Value, json};

/// What an export reads as: the records as JSON values, and the bad rows with their offsets.
fn rows(text: &str) -> (Vec<Value>, Vec<(u64, String)>) {
    let (mut records, mut bad) = (Vec::new(), Vec::new());
    RowParser::default().feed(text.as_bytes(), true, &mut |row| match row {
        Row::Record { json, .. } => records.push(serde_json::from_str(json).unwrap()),
        Row::Bad { offset, reason } => bad.push((offset, reason.to_owned())),
    });
    (records, bad)
}

/// The one record of an export of one row.
fn record(header: &str, row: &str) -> Value {
    let (mut records, bad) = rows(&format!("{header}\n{row}\n"));
    assert_eq!(bad, []);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

#[test]
fn a_header_whose_quote_is_not_closed_takes_no_row_along() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "eventtime,eventname,eventsource,\"my column",
            "2023-07-10T11:45:00Z,GetUser,iam.amazonaws.com,a",
            "2023-07-10T11:46:00Z,ListUsers,iam.amazonaws.com,b",
        ];
        let (records, bad) = rows(&(lines.join(end) + end));
        assert_eq!((records.len(), bad), (2, vec![]), "{end:?}");
        assert_eq!(records[1]["eventName"], "ListUsers");
    }
}

/// The identity that a struct text becomes.
fn identity(text: &str) -> Value {
    let row = format!("2023-07-10T11:45:00Z,GetUser,iam.amazonaws.com,\"{text}\"");
    record("eventtime,eventname,eventsource,useridentity", &row)["userIdentity"].clone()
}

#[test]
fn an_athena_row_becomes_a_record() {
    let header = "\u{feff}\"eventversion\",\"useridentity\",\"eventtime\",\"eventsource\",\
                  \"eventname\",\"awsregion\",\"sourceipaddress\",\"useragent\",\"errorcode\",\
                  \"requestparameters\",\"responseelements\",\"readonly\",\"resources\",\
                  \"recipientaccountid\",\"tlsdetails\",\"my_own_column\"";
    let row = "\"1.08\",\"{type=AssumedRole, principalid=AROA4D7:i-0c29, \
               arn=arn:aws:sts::833190257080:assumed-role/EC2_S3_ROLE/i-0c29, \
               accountid=833190257080, invokedby=null, accesskeyid=ASIA4D7, username=null, \
               sessioncontext={attributes={mfaauthenticated=false, \
               creationdate=2020-04-12T20:14:55Z}, sessionissuer={type=Role, \
               principalid=AROA4D7, arn=arn:aws:iam::833190257080:role/EC2_S3_ROLE, \
               accountid=833190257080, username=EC2_S3_ROLE}}}\",\"2020-04-12T20:15:55Z\",\
               \"s3.amazonaws.com\",\"ListObjects\",\"us-east-1\",\"192.0.2.3\",\
               \"aws-cli/1.18, \"\"x\"\"\",\"AccessDenied\",\
               \"{\"\"bucketName\"\":\"\"b\"\",\"\"Host\"\":[\"\"h\"\"]}\",\"null\",\"true\",\
               \"[{arn=arn:aws:s3:::b, accountid=833190257080, type=AWS::S3::Bucket}]\",\
               \"833190257080\",\"{tlsversion=TLSv1.3, ciphersuite=null}\",\"hello\"";
    assert_eq!(
        record(header, row),
        json!({
            "eventVersion": "1.08",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROA4D7:i-0c29",
                "arn": "arn:aws:sts::833190257080:assumed-role/EC2_S3_ROLE/i-0c29",
                "accountId": "833190257080",
                "invokedBy": null,
                "accessKeyId": "ASIA4D7",
                "userName": null,
                "sessionContext": {
                    "attributes": {
                        "mfaAuthenticated": "false",
                        "creationDate": "2020-04-12T20:14:55Z",
                    },
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": "AROA4D7",
                        "arn": "arn:aws:iam::833190257080:role/EC2_S3_ROLE",
                        "accountId": "833190257080",
                        "userName": "EC2_S3_ROLE",
                    },
                },
            },
            "eventTime": "2020-04-12T20:15:55Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "ListObjects",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.3",
            "userAgent": "aws-cli/1.18, \"x\"",
            "errorCode": "AccessDenied",
            "requestParameters": {"bucketName": "b", "Host": ["h"]},
            "readOnly": true,
            "resources": [{
                "ARN": "arn:aws:s3:::b", "accountId": "833190257080", "type": "AWS::S3::Bucket",
            }],
            "recipientAccountId": "833190257080",
            "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": null},
        })
    );
}

#[test]
fn a_lake_rows_times_and_maps_are_normalized() {
    let header = "eventTime,eventName,eventSource,requestParameters,userIdentity,managementEvent";
    let row = "2023-07-10 11:45:00.000,PutObject,s3.amazonaws.com,\
               \"{bucketName=b, key=a=b, c, filter={\"\"x\"\":[1]}, tags=[one, two]}\",\
               \"{type=AssumedRole, sessioncontext={attributes={creationdate=2023-06-07 \
               23:59:12.000, mfaauthenticated=true}, ec2roledelivery=null}, onbehalfof=null}\",false";
    assert_eq!(
        record(header, row),
        json!({
            "eventTime": "2023-07-10T11:45:00Z",
            "eventName": "PutObject",
            "eventSource": "s3.amazonaws.com",
            "requestParameters": {
                "bucketName": "b", "key": "a=b, c", "filter": {"x": [1]}, "tags": ["one", "two"],
            },
            "userIdentity": {
                "type": "AssumedRole",
                "sessionContext": {
                    "attributes": {
                        "creationDate": "2023-06-07T23:59:12Z", "mfaAuthenticated": "true",
                    },
                    "ec2RoleDelivery": null,
                },
                "onBehalfOf": null,
            },
            "managementEvent": false,
        })
    );
}

#[test]
fn event_json_is_taken_as_it_stands() {
    let row = "x,\"{ \"\"eventName\"\": \"\"GetUser\"\", \"\"n\"\": 1.0 }\"\n";
    let mut taken = String::new();
    let text = format!("eventName,eventJson\n{row}");
    RowParser::default().feed(text.as_bytes(), true, &mut |row| {
        if let Row::Record { json, .. } = row {
            taken.push_str(json);
        }
    });
    assert_eq!(taken, "{ \"eventName\": \"GetUser\", \"n\": 1.0 }");
    assert_eq!(rows("eventjson\nnonsense\n").1, [(10, "the event's JSON is not an object".into())]);
}

#[test]
fn an_identity_in_single_columns_is_put_together() {
    let header = "eventtime,eventname,eventsource,useridentity.type,useridentity_arn,\
                  useridentity.sessioncontext.sessionissuer.arn,\
                  useridentity_sessioncontext_attributes_creationdate";
    let row =
        "1688989500,GetUser,iam.amazonaws.com,AssumedRole,arn:s,arn:r,2023-07-10 11:45:00.000";
    let record = record(header, row);
    assert_eq!(record["eventTime"], "2023-07-10T11:45:00Z");
    assert_eq!(
        record["userIdentity"],
        json!({
            "type": "AssumedRole",
            "arn": "arn:s",
            "sessionContext": {
                "sessionIssuer": {"arn": "arn:r"},
                "attributes": {"creationDate": "2023-07-10T11:45:00Z"},
            },
        })
    );
}

#[test]
fn the_consoles_export_becomes_a_reduced_event() {
    let header = "User name,AWS access key,Event time,Event source,Event name,AWS region,\
                  Source IP address,Event ID,Error code,Read-only,Request ID,Resources";
    let row = "dana,AKIASCMWFOX3,2024-04-16T22:18:03Z,iam.amazonaws.com,GetUser,us-east-1,\
               192.0.2.3,e-1,,true,r-1,\"AWS::IAM::User\"";
    assert_eq!(
        record(header, row),
        json!({
            "userIdentity": {
                "type": "IAMUser", "userName": "dana", "principalId": "dana",
                "accessKeyId": "AKIASCMWFOX3",
            },
            "eventTime": "2024-04-16T22:18:03Z",
            "eventSource": "iam.amazonaws.com",
            "eventName": "GetUser",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.3",
            "eventID": "e-1",
            "requestID": "r-1",
            "readOnly": true,
        })
    );
    let temporary = row.replace("AKIA", "ASIA");
    assert_eq!(record(header, &temporary)["userIdentity"]["type"], "Unknown");
    let root = row.replace("dana", "root");
    assert_eq!(record(header, &root)["userIdentity"]["type"], "Root");
}

#[test]
fn bad_rows_are_reported_and_reading_continues() {
    let text = "eventtime,eventname,eventsource\n\
                2023-07-10T11:45:00Z,GetUser,iam.amazonaws.com\n\
                2023-07-10T11:45:01Z,GetUser\n\
                2023-07-10T11:45:02Z,a,b,c\n\
                ,GetUser,iam.amazonaws.com\n\
                eventtime,eventname,eventsource\n\
                \n\
                2023-07-10T11:45:03Z,ListUsers,iam.amazonaws.com\n";
    let (records, bad) = rows(text);
    let names: Vec<_> = records.iter().map(|record| record["eventName"].as_str()).collect();
    assert_eq!(names, [Some("GetUser"), Some("ListUsers")]);
    assert_eq!(
        bad,
        [
            (79, "the row has fewer fields than the header".to_owned()),
            (108, "the row has more fields than the header".to_owned()),
            (135, "the row has no event time, name or source".to_owned()),
        ]
    );
}

#[test]
fn an_export_without_rows_or_columns_is_read() {
    assert_eq!(rows("").1, []);
    assert_eq!(rows("a,b\n1,2\n").1.len(), 1);
}

#[test]
fn pieces_of_any_size_read_the_same() {
    let text =
        "eventName,eventJson\r\nx,\"{\r\n\"\"a\"\": 1}\"\r\nx,{}\r\n\nx,\"{\"\"b\"\":\n2}\"\n";
    let whole = rows(text);
    assert_eq!((whole.0.len(), whole.1.len()), (3, 0));
    for size in 1..text.len() {
        let mut parser = RowParser::default();
        let (mut at, mut end, mut records) = (0, 0, Vec::new());
        while end < text.len() {
            end = (end + size).min(text.len());
            at += parser.feed(&text.as_bytes()[at..end], end == text.len(), &mut |row| match row {
                Row::Record { json, .. } => {
                    records.push(serde_json::from_str::<Value>(json).unwrap());
                }
                Row::Bad { offset, reason } => panic!("{size}: {offset} {reason}"),
            });
        }
        assert_eq!(records, whole.0, "pieces of {size}");
    }
}

#[test]
fn a_quote_that_is_not_closed_costs_one_row() {
    let row = |n: usize| format!("2026-11-02T10:00:00Z,Get{n},iam.amazonaws.com,\"x, {n}\"\n");
    for broken in [
        "2026-11-02T10:00:00Z,\"GetUser,iam.amazonaws.com,x\n",
        "2026-11-02T10:00:00Z,GetUser,iam.amazonaws.com,\"x\n",
        "\"\n",
    ] {
        for at in [0, 3, 9] {
            let mut text = "eventtime,eventname,eventsource,useragent\n".to_owned();
            let mut place = 0;
            for n in 0..10 {
                if n == at {
                    place = text.len() as u64;
                    text.push_str(broken);
                }
                text.push_str(&row(n));
            }
            let (records, bad) = rows(&text);
            assert_eq!(records.len(), 10, "{broken} at {at}: {bad:?}");
            assert_eq!(bad.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [place]);
        }
    }
}

#[test]
fn open_quotes_cost_linear_time() {
    for line in ["\"\n", "a,b,c,\"x\n", "\"a\n\n"] {
        let touched = |count: usize| {
            let text = format!("eventtime,eventname,eventsource,useragent\n{}", line.repeat(count));
            let mut parser = RowParser::default();
            let mut bad = 0;
            let read = parser.feed(text.as_bytes(), true, &mut |_| bad += 1);
            assert_eq!(read, text.len());
            assert!(bad > 0);
            (text.len() as u64, parser.touched())
        };
        let ((_, of_small), (size, of_large)) = (touched(10_000), touched(40_000));
        assert!(of_large < 8 * size + (32 << 20), "{line:?}: {of_large} of {size}");
        assert!(of_large < 8 * of_small, "{line:?}: {of_small}, then {of_large}");
    }
}

#[test]
fn hostile_struct_text_is_bounded() {
    assert_eq!(identity("{type=IAMUser, username=a b=c, d, arn=x}"), {
        json!({"type": "IAMUser", "userName": "a b=c, d", "arn": "x"})
    });
    let forged = "{type=IAMUser, arn=good, username=x, arn=forged}";
    assert_eq!(identity(forged)["arn"], "good");
    let cut = "{type=IAMUser, sessioncontext={attributes={mfaauthenticated=false}, sess";
    assert_eq!(
        identity(cut),
        json!({"type": "IAMUser",
               "sessionContext": {"attributes": {"mfaAuthenticated": "false"}}})
    );
    for none in ["{", "{nonsense}", "dana", "[a, b]", "{=x}", &"{a=".repeat(5000)] {
        assert_eq!(identity(none).as_object().map_or(0, |o| o.len()), 0, "{none}");
    }
    let odd = "{type=a}x, b=c], username=z}";
    assert_eq!(identity(odd)["userName"], "z");
}

#[test]
fn nested_text_that_cannot_be_read_stays_text() {
    let header = "eventtime,eventname,eventsource,requestparameters";
    let row = "2023-07-10T11:45:00Z,GetUser,iam.amazonaws.com,\"{\"\"cut\"\":[1, 2\"";
    assert_eq!(record(header, row)["requestParameters"], "{\"cut\":[1, 2");
    let deep = format!("2023-07-10T11:45:00Z,GetUser,x,{}", "{a=".repeat(40));
    assert_eq!(record(header, &deep)["requestParameters"], "{a=".repeat(40));
}

#[test]
fn an_export_is_recognised_by_its_header() {
    for header in [
        "eventjson",
        "\"eventversion\",\"eventtime\",\"eventsource\",\"eventname\"",
        "Event name,Event time,User name,Event source,Resources",
        "\u{feff}\"event_time\",\"event_name\",\"event_source\"",
    ] {
        assert!(looks_like(header.as_bytes()), "{header}");
    }
    for header in ["", "{\"Records\":[]}", "time,name,source", "eventname,eventsource"] {
        assert!(!looks_like(header.as_bytes()), "{header}");
    }
}
