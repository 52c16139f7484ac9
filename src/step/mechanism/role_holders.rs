//! What holds credentials of a role: instances and functions. They keep what they fetched for hours.
//!
//! IAM knows the instance profiles of a role and the services that its trust policy names. Which instances and functions
//! use it, only EC2 and Lambda know, region by region: the notes have the commands. An instance gets new credentials from
//! its metadata service before the old ones expire, and so does whoever is on it (EC2 User Guide, "Retrieve security
//! credentials from instance metadata"; IAM User Guide, "Revoke IAM role temporary security credentials").

use serde_json::Value;

use super::trust_policy;
use crate::ui::shell::CommandLine;

/// Services whose programs hold the role's credentials, besides EC2: name, what runs there.
const OTHERS: [(&str, &str); 5] = [
    ("ecs-tasks.amazonaws.com", "ECS tasks"),
    ("pods.eks.amazonaws.com", "pods in EKS"),
    ("codebuild.amazonaws.com", "builds in CodeBuild"),
    ("sagemaker.amazonaws.com", "notebooks and jobs of SageMaker"),
    ("glue.amazonaws.com", "jobs of Glue"),
];

/// What uses a role, with the commands that name it, and what to do. `role` is the answer of GetRole, `profiles` are its
/// instance profiles. Nothing if neither EC2 nor another such service may use the role.
pub fn notes<'a>(
    region: &str,
    role: &Value,
    profiles: impl Iterator<Item = &'a Value>,
) -> Vec<String> {
    let mut profiles: Vec<(&str, &str)> = profiles
        .filter_map(|p| Some((p["InstanceProfileName"].as_str()?, p["Arn"].as_str().unwrap_or(""))))
        .collect();
    profiles.sort_unstable();
    let mut notes: Vec<String> =
        profiles.iter().map(|(name, arn)| instances(region, name, arn)).collect();
    let trust = role["AssumeRolePolicyDocument"].as_str().unwrap_or_default();
    let trust: Value = serde_json::from_str(trust).unwrap_or_default();
    let services = trust_policy::trusted(&trust, "Service");
    let lambda = services.contains("lambda.amazonaws.com");
    if lambda {
        notes.push(functions(region, role["Arn"].as_str().unwrap_or_default()));
    }
    let others = OTHERS.iter().filter(|(service, _)| services.contains(service));
    let others: Vec<&str> = others.map(|(_, what)| *what).collect();
    if !others.is_empty() {
        notes.push(format!(
            "{} may use this role, too: its trust policy says so",
            others.join(", ")
        ));
    }
    if notes.is_empty() {
        return notes;
    }
    notes.push(
        "what runs there keeps the credentials that it fetched for hours, and whoever is on it fetches new ones: they work \
         unless the role itself is denied (lockdown)"
            .into(),
    );
    if !profiles.is_empty() {
        notes.push(
            "an instance: copy its memory and disks, give it a profile without rights (aws ec2 \
             replace-iam-instance-profile-association), and stop it"
                .into(),
        );
    }
    if lambda {
        notes.push(
            "a function: check its code and layers, give it another role, and change its environment, so that it starts anew \
             (aws lambda update-function-configuration)"
                .into(),
        );
    }
    notes
}

fn instances(region: &str, name: &str, arn: &str) -> String {
    let filter = format!("Name=iam-instance-profile.arn,Values={arn}");
    let command = CommandLine::new("aws ec2 describe-instances")
        .option("--filters", &filter)
        .option("--query", "Reservations[].Instances[].InstanceId")
        .option("--output", "text")
        .option("--region", region);
    command.after(&format!(
        "EC2 instances with the instance profile {name} use this role; their ids, in each region that you use"
    ))
}

fn functions(region: &str, role: &str) -> String {
    let query = format!("Functions[?Role=='{role}'].FunctionName");
    let command = CommandLine::new("aws lambda list-functions")
        .option("--query", &query)
        .option("--output", "text")
        .option("--region", region);
    command.after("Lambda functions may use this role; their names, in each region that you use")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(services: &[&str]) -> Value {
        let trust = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": services},
            "Action": "sts:AssumeRole"}]});
        json!({"Arn": "arn:aws:iam::123456789012:role/app",
            "AssumeRolePolicyDocument": trust.to_string()})
    }

    #[test]
    fn instances_and_functions_come_with_the_command_that_names_them() {
        let profile = json!({"InstanceProfileName": "web",
            "Arn": "arn:aws:iam::123456789012:instance-profile/web"});
        let role = role(&["ec2.amazonaws.com", "lambda.amazonaws.com", "codebuild.amazonaws.com"]);
        let said = notes("eu-west-1", &role, [&profile].into_iter()).join("\n");
        for part in [
            "aws ec2 describe-instances --filters \
             Name=iam-instance-profile.arn,Values=arn:aws:iam::123456789012:instance-profile/web",
            "aws lambda list-functions --query",
            "builds in CodeBuild",
            "for hours",
            "replace-iam-instance-profile-association",
            "starts anew",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
    }

    #[test]
    fn a_path_that_an_attacker_chose_is_one_word_of_the_shell() {
        let arn = "arn:aws:iam::123456789012:instance-profile/$(reboot)/web";
        let profile = json!({"InstanceProfileName": "web", "Arn": arn});
        let said = notes("eu-west-1", &role(&[]), [&profile].into_iter());
        assert!(
            said[0].contains(&format!("'Name=iam-instance-profile.arn,Values={arn}'")),
            "{said:?}"
        );
    }

    #[test]
    fn a_role_of_people_holds_nothing() {
        assert!(notes("eu-west-1", &role(&[]), std::iter::empty()).is_empty());
    }
}
