//! What differs between AWS's partitions.

/// The region in which CloudTrail's event history has the events of IAM, STS's global endpoint and the console's
/// sign-in (CloudTrail User Guide, "Global service events"; IAM User Guide, "Logging IAM and AWS STS API calls with AWS
/// CloudTrail"). `None` for a partition that this program does not know.
pub fn global_region(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-north-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}

/// The partition of a region, by its name (AWS General Reference, "AWS regions"). All isolated partitions count as one.
pub fn of_region(region: &str) -> &'static str {
    match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        r if r.starts_with("eusc-") => "aws-eusc",
        r if r.contains("-iso") => "aws-iso",
        _ => "aws",
    }
}
