//! Event selectors of a trail: converts basic ones to advanced ones, and says which S3 events they record.
//!
//! A trail has either basic or advanced selectors, and a put replaces all of them (CloudTrail API Reference,
//! PutEventSelectors, EventSelector, AdvancedEventSelector).

use serde_json::{Value, json};

use super::trails;
use crate::cloud::Api;
use crate::step::model::{Change, Context, Item, StepError};

/// The type of S3 objects in both kinds of selectors.
pub const S3: &str = "AWS::S3::Object";

/// The members of an item's state and of a put: a trail has one of them.
pub const BASIC: &str = "EventSelectors";
pub const ADVANCED: &str = "AdvancedEventSelectors";

/// The selectors of the step's trails, as items.
///
/// # Errors
/// As [`trails::observe`].
pub fn observe(api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
    trails::observe(api, cx, "event-selectors", |trail| {
        let of = [("TrailName", trail.arn.as_str().into())];
        Ok(state(&api.call(&trails::call(&trail.arn, "GetEventSelectors", of)?)?))
    })
}

/// Basic or advanced selectors, whichever the trail has.
fn state(answer: &Value) -> Value {
    let has = |member: &str| answer[member].as_array().is_some_and(|list| !list.is_empty());
    if has(ADVANCED) { json!({ADVANCED: answer[ADVANCED]}) } else { json!({BASIC: answer[BASIC]}) }
}

/// The change that gives the trail these selectors.
///
/// # Errors
/// When the state has none.
pub fn put(item: &Item, state: Value) -> Result<Change, StepError> {
    let arn = item.arn();
    let Some(selectors) = state.as_object().cloned() else {
        return Err(StepError::Refused(format!("no event selectors are recorded for {arn}")));
    };
    let mut call = trails::call(arn, "PutEventSelectors", [("TrailName", arn.into())])?;
    call.params.extend(selectors);
    Ok(Change::new(state, call))
}

pub fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub fn texts(value: &Value) -> Vec<&str> {
    each(value).filter_map(Value::as_str).collect()
}

pub fn field(name: &str, comparison: &str, values: &[&str]) -> Value {
    json!({"Field": name, comparison: values})
}

/// `ReadWriteType` as a field; `All`, the default, needs none.
fn read_only(selector: &Value) -> Option<Value> {
    match selector["ReadWriteType"].as_str() {
        Some("ReadOnly") => Some(field("readOnly", "Equals", &["true"])),
        Some("WriteOnly") => Some(field("readOnly", "Equals", &["false"])),
        _ => None,
    }
}

/// One basic selector as advanced selectors: one for management events, one for each type of resource.
///
/// # Errors
/// When data resources have no type: their selector would record nothing.
fn of_basic(selector: &Value) -> Result<Vec<Value>, StepError> {
    let mut out = Vec::new();
    if selector["IncludeManagementEvents"] != false {
        let mut fields = vec![field("eventCategory", "Equals", &["Management"])];
        fields.extend(read_only(selector));
        let excluded = texts(&selector["ExcludeManagementEventSources"]);
        if !excluded.is_empty() {
            fields.push(field("eventSource", "NotEquals", &excluded));
        }
        out.push(json!({"Name": "Management events", "FieldSelectors": fields}));
    }
    for data in each(&selector["DataResources"]) {
        let values = texts(&data["Values"]);
        if values.is_empty() {
            continue;
        }
        let kind = data["Type"].as_str().filter(|kind| !kind.is_empty()).ok_or_else(|| {
            StepError::Refused(
                "a basic event selector of the trail has data resources without a type: convert the trail's \
                 selectors by hand"
                    .into(),
            )
        })?;
        let mut fields = vec![
            field("eventCategory", "Equals", &["Data"]),
            field("resources.type", "Equals", &[kind]),
        ];
        fields.extend(read_only(selector));
        if !values.iter().any(|v| is_all(v)) {
            // S3 values are prefixes; those of functions and tables are complete ARNs.
            let comparison = if kind == S3 { "StartsWith" } else { "Equals" };
            fields.push(field("resources.ARN", comparison, &values));
        }
        out.push(json!({"Name": format!("Data events of {kind}"), "FieldSelectors": fields}));
    }
    Ok(out)
}

/// `arn:aws:s3`, `arn:aws:s3:::`, `arn:aws:lambda`, `arn:aws:dynamodb`: every resource of the type.
fn is_all(value: &str) -> bool {
    value.trim_end_matches(':').matches(':').count() == 2
}

/// Advanced selectors for the same events. Without any selector, they record management events, as a new
/// trail does.
///
/// # Errors
/// When a basic selector cannot be converted.
pub fn to_advanced(state: &Value) -> Result<Vec<Value>, StepError> {
    let advanced: Vec<Value> = each(&state[ADVANCED]).cloned().collect();
    if !advanced.is_empty() {
        return Ok(advanced);
    }
    let mut out: Vec<Value> = Vec::new();
    for basic in each(&state[BASIC]) {
        for one in of_basic(basic)? {
            if !out.contains(&one) {
                out.push(one);
            }
        }
    }
    if out.is_empty() {
        out = of_basic(&json!({}))?;
    }
    Ok(out)
}

/// Our selector: reads and writes of the objects under these ARNs, or in all buckets without any ARN.
pub fn ours(name: &str, arns: &[String]) -> Value {
    let mut fields =
        vec![field("eventCategory", "Equals", &["Data"]), field("resources.type", "Equals", &[S3])];
    if !arns.is_empty() {
        fields.push(json!({"Field": "resources.ARN", "StartsWith": arns}));
    }
    json!({"Name": name, "FieldSelectors": fields})
}

/// The ARN prefixes under which a selector records every S3 data event. `[""]` means all; a selector that
/// filters by anything else has none.
pub fn recorded(selector: &Value) -> Vec<String> {
    let mut prefixes = vec![String::new()];
    let mut s3_data = (false, false);
    for f in each(&selector["FieldSelectors"]) {
        let only = |comparison: &str| {
            let others = f.as_object().into_iter().flatten();
            others.filter(|(k, _)| *k != "Field").all(|(k, _)| k == comparison)
        };
        let equals = texts(&f["Equals"]);
        match f["Field"].as_str().unwrap_or_default() {
            "eventCategory" => s3_data.0 = equals == ["Data"],
            "resources.type" => s3_data.1 = equals.contains(&S3),
            "resources.ARN" if only("StartsWith") => {
                prefixes = texts(&f["StartsWith"]).iter().map(ToString::to_string).collect();
            }
            _ => return Vec::new(),
        }
    }
    if s3_data == (true, true) { prefixes } else { Vec::new() }
}

/// The ARNs, or `[""]` for all buckets, that no selector records yet.
pub fn missing(selectors: &[Value], arns: &[String]) -> Vec<String> {
    let prefixes: Vec<String> = selectors.iter().flat_map(recorded).collect();
    let all = [String::new()];
    let wanted = if arns.is_empty() { &all } else { arns };
    let covered = |arn: &String| prefixes.iter().any(|prefix| arn.starts_with(prefix.as_str()));
    wanted.iter().filter(|arn| !covered(arn)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::bucket_policy_laws::Dice;

    #[test]
    fn a_basic_selector_keeps_what_it_records() {
        let basic = json!({"EventSelectors": [{
            "ReadWriteType": "WriteOnly",
            "IncludeManagementEvents": true,
            "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            "DataResources": [
                {"Type": S3, "Values": ["arn:aws:s3:::b/"]},
                {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]},
            ],
        }]});
        let fields: Vec<Value> =
            to_advanced(&basic).unwrap().iter().map(|s| s["FieldSelectors"].clone()).collect();
        let writes = json!({"Field": "readOnly", "Equals": ["false"]});
        assert_eq!(
            fields,
            [
                json!([{"Field": "eventCategory", "Equals": ["Management"]}, writes,
                    {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]),
                json!([{"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.type", "Equals": [S3]}, writes,
                    {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::b/"]}]),
                json!([{"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}, writes]),
            ]
        );
    }

    #[test]
    fn data_resources_without_a_type_are_refused() {
        let untyped =
            json!({"EventSelectors": [{"DataResources": [{"Values": ["arn:aws:s3:::b/"]}]}]});
        assert!(to_advanced(&untyped).is_err());
    }

    #[test]
    fn a_selector_covers_a_bucket_only_without_other_filters() {
        let arn = |b: &str| format!("arn:aws:s3:::{b}/");
        let all = ours("x", &[]);
        let one = ours("x", &[arn("b")]);
        assert!(missing(std::slice::from_ref(&all), &[]).is_empty());
        assert!(missing(&[all], &[arn("b")]).is_empty());
        assert_eq!(missing(std::slice::from_ref(&one), &[]), [""]);
        assert_eq!(missing(&[one], &[arn("b"), arn("c")]), [arn("c")]);
        for filtered in [
            json!({"Field": "readOnly", "Equals": ["false"]}),
            json!({"Field": "eventName", "Equals": ["GetObject"]}),
            json!({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::b/"]}),
        ] {
            let mut selector = ours("x", &[]);
            selector["FieldSelectors"].as_array_mut().unwrap().push(filtered);
            assert_eq!(missing(&[selector], &[]), [""]);
        }
        assert_eq!(missing(&[json!("odd")], &[]), [""]);
    }

    #[test]
    fn generated_basic_selectors_keep_management_and_data() {
        let mut dice = Dice(7);
        for _ in 0..300 {
            let kinds = ["All", "ReadOnly", "WriteOnly"];
            let selectors: Vec<Value> = (0..=dice.roll(4))
                .map(|_| {
                    let values: Vec<String> =
                        (0..dice.roll(3)).map(|i| format!("arn:aws:s3:::b{i}/")).collect();
                    json!({
                        "ReadWriteType": kinds[usize::try_from(dice.roll(3)).unwrap()],
                        "IncludeManagementEvents": dice.roll(2) == 0,
                        "DataResources": [{"Type": S3, "Values": values}],
                    })
                })
                .collect();
            let advanced = to_advanced(&json!({"EventSelectors": selectors})).unwrap();
            assert!(!advanced.is_empty());
            let category = |s: &Value| s["FieldSelectors"][0]["Equals"][0].clone();
            let nothing = selectors.iter().all(|s| of_basic(s).unwrap().is_empty());
            let management = selectors.iter().any(|s| s["IncludeManagementEvents"] == true);
            assert_eq!(advanced.iter().any(|s| category(s) == "Management"), management || nothing);
            for s in selectors.iter().filter(|s| s["ReadWriteType"] == "All") {
                let arns: Vec<String> = texts(&s["DataResources"][0]["Values"])
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                assert!(arns.is_empty() || missing(&advanced, &arns).is_empty());
            }
        }
    }
}
