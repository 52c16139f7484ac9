//! The actions in the archive and their frequencies.

use super::bodies::*;
use Callers::{Anyone, People, Workloads};

/// Who makes a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    Anyone,
    Workloads,
    People,
}

/// How the bodies of a call are generated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// From the templates of the action.
    Template,
    /// About an S3 object.
    Object,
    /// About an S3 bucket.
    Bucket,
    /// AssumeRole.
    Assume,
}

#[derive(Clone, Copy)]
pub struct Action {
    /// The service that acts by itself, if one does.
    pub host: &'static str,
    pub service: &'static str,
    pub name: &'static str,
    pub weight: u16,
    pub read_only: bool,
    pub callers: Callers,
    pub shape: Shape,
    pub request: &'static str,
    pub response: &'static str,
    pub resources: &'static str,
}

impl Action {
    pub fn is_data(&self) -> bool {
        self.shape == Shape::Object
    }

    const fn request(self, request: &'static str) -> Action {
        Action { request, ..self }
    }

    const fn response(self, response: &'static str) -> Action {
        Action { response, ..self }
    }

    const fn resources(self, resources: &'static str) -> Action {
        Action { resources, ..self }
    }

    const fn by(self, callers: Callers) -> Action {
        Action { callers, ..self }
    }

    const fn shaped(self, shape: Shape) -> Action {
        Action { shape, ..self }
    }
}

const fn read(service: &'static str, name: &'static str, weight: u16) -> Action {
    Action {
        host: "",
        service,
        name,
        weight,
        read_only: true,
        callers: Anyone,
        shape: Shape::Template,
        request: "null",
        response: "null",
        resources: "",
    }
}

const fn change(service: &'static str, name: &'static str, weight: u16) -> Action {
    Action { read_only: false, ..read(service, name, weight) }
}

/// A call that the service behind `host` makes by itself.
const fn own(host: &'static str, action: Action) -> Action {
    Action { host, ..action }
}

/// Actions of the account's principals. Weights are relative to their sum.
pub const ACTIONS: &[Action] = &[
    read("s3", "GetObject", 510).shaped(Shape::Object).by(Workloads),
    change("s3", "PutObject", 130).shaped(Shape::Object).by(Workloads),
    read("s3", "HeadObject", 48).shaped(Shape::Object).by(Workloads),
    change("s3", "DeleteObject", 16).shaped(Shape::Object).by(Workloads),
    read("s3", "ListObjects", 44).shaped(Shape::Bucket).by(Workloads),
    read("s3", "GetBucketLocation", 10).shaped(Shape::Bucket),
    read("s3", "GetBucketPolicy", 5).shaped(Shape::Bucket),
    read("s3", "GetBucketTagging", 5).shaped(Shape::Bucket),
    read("s3", "GetBucketEncryption", 4).shaped(Shape::Bucket),
    read("sts", "AssumeRole", 130).shaped(Shape::Assume),
    read("ec2", "DescribeInstances", 60).request(FILTERS),
    read("ec2", "DescribeInstanceStatus", 24).request(FILTERS),
    read("ec2", "DescribeVolumes", 18).request(FILTERS),
    read("ec2", "DescribeSnapshots", 10).request(OWNERS),
    read("ec2", "DescribeSecurityGroups", 16).request(GROUPS),
    read("ec2", "DescribeSubnets", 12).request(FILTERS),
    read("ec2", "DescribeVpcs", 10).request(FILTERS),
    read("ec2", "DescribeNetworkInterfaces", 24).request(FILTERS),
    read("ec2", "DescribeRouteTables", 6).request(FILTERS),
    read("ec2", "DescribeImages", 9).request(OWNERS),
    read("ec2", "DescribeTags", 12).request(FILTERS),
    read("ec2", "DescribeAddresses", 5).request(FILTERS),
    read("ec2", "DescribeAvailabilityZones", 7).request(FILTERS),
    read("ec2", "DescribeRegions", 5).request(FILTERS),
    read("ec2", "DescribeLaunchTemplateVersions", 4).request(FILTERS),
    read("ec2", "DescribeInstanceTypes", 6).request(FILTERS),
    read("iam", "GetRole", 18).request(ROLE),
    read("iam", "ListAttachedRolePolicies", 8).request(ROLE),
    read("iam", "ListRolePolicies", 6).request(ROLE),
    read("iam", "GetRolePolicy", 6).request(ROLE),
    read("iam", "ListRoles", 5).by(People),
    read("iam", "ListUsers", 4).by(People),
    read("iam", "GetUser", 5).by(People),
    read("iam", "ListAccessKeys", 3).by(People),
    read("iam", "GetPolicy", 5).request(POLICY),
    read("iam", "GetPolicyVersion", 5).request(POLICY),
    read("iam", "GetInstanceProfile", 4).request(ROLE),
    read("iam", "ListInstanceProfilesForRole", 3).request(ROLE),
    read("iam", "GetAccountSummary", 2).by(People),
    read("sts", "GetCallerIdentity", 26),
    read("kms", "Decrypt", 70).request(DECRYPT).resources(KEY_RESOURCE),
    read("kms", "DescribeKey", 14).request(KEY).resources(KEY_RESOURCE),
    read("kms", "ListAliases", 5),
    read("kms", "ListKeys", 3),
    read("kms", "GetKeyRotationStatus", 4).request(KEY).resources(KEY_RESOURCE),
    read("kms", "GetKeyPolicy", 4).request(KEY).resources(KEY_RESOURCE),
    read("logs", "DescribeLogGroups", 14).request(LOG),
    read("logs", "DescribeLogStreams", 16).request(LOG),
    read("logs", "FilterLogEvents", 12).request(LOG),
    read("logs", "GetLogEvents", 10).request(LOG),
    read("logs", "GetQueryResults", 6).request(LOG),
    read("cloudwatch", "DescribeAlarms", 12),
    read("cloudwatch", "ListMetrics", 6),
    read("cloudwatch", "GetMetricData", 20),
    read("ssm", "GetParameter", 22).request(PARAMETER),
    read("ssm", "GetParameters", 14).request(PARAMETER),
    read("ssm", "DescribeInstanceInformation", 6),
    read("ssm", "DescribeParameters", 4),
    read("ssm", "GetParametersByPath", 10).request(PARAMETER),
    read("secretsmanager", "GetSecretValue", 26).request(SECRET),
    read("secretsmanager", "ListSecrets", 3),
    read("secretsmanager", "DescribeSecret", 8).request(SECRET),
    read("lambda", "ListFunctions20150331", 5),
    read("lambda", "GetFunction20150331v2", 10).request(FUNCTION),
    read("lambda", "GetFunctionConfiguration20150331v2", 7).request(FUNCTION),
    read("lambda", "ListTags20170331", 6).request(FUNCTION),
    read("ecs", "DescribeServices", 18).request(SERVICE),
    read("ecs", "DescribeTasks", 16).request(SERVICE),
    read("ecs", "ListTasks", 10).request(SERVICE),
    read("ecs", "DescribeClusters", 5).request(SERVICE),
    read("ecs", "DescribeTaskDefinition", 8).request(SERVICE),
    read("ecr", "GetAuthorizationToken", 8),
    read("ecr", "BatchGetImage", 14).request(REPOSITORY),
    read("ecr", "GetDownloadUrlForLayer", 12).request(REPOSITORY),
    read("ecr", "DescribeRepositories", 3),
    read("ecr", "DescribeImages", 5).request(REPOSITORY),
    read("rds", "DescribeDBInstances", 12).request(DATABASE),
    read("rds", "DescribeDBClusters", 6).request(DATABASE),
    read("rds", "ListTagsForResource", 5).request(DATABASE),
    read("rds", "DescribeDBSnapshots", 3).request(DATABASE),
    read("dynamodb", "DescribeTable", 14).request(TABLE).resources(TABLE_RESOURCE),
    read("dynamodb", "ListTables", 3),
    read("dynamodb", "DescribeTimeToLive", 2).request(TABLE).resources(TABLE_RESOURCE),
    read("elasticloadbalancing", "DescribeTargetHealth", 14).request(TARGET),
    read("elasticloadbalancing", "DescribeLoadBalancers", 8),
    read("elasticloadbalancing", "DescribeTargetGroups", 6).request(TARGET),
    read("elasticloadbalancing", "DescribeListeners", 4).request(TARGET),
    read("autoscaling", "DescribeAutoScalingGroups", 10),
    read("autoscaling", "DescribeScalingActivities", 4),
    read("cloudformation", "DescribeStacks", 14).request(STACK),
    read("cloudformation", "DescribeStackEvents", 6).request(STACK),
    read("cloudformation", "ListStackResources", 3).request(STACK),
    read("cloudformation", "GetTemplate", 2).request(STACK),
    read("eks", "DescribeCluster", 6).request(CLUSTER),
    read("eks", "ListNodegroups", 3).request(CLUSTER),
    read("eks", "DescribeNodegroup", 3).request(CLUSTER),
    read("glue", "GetTable", 12).request(GLUE),
    read("glue", "GetPartitions", 12).request(GLUE),
    read("glue", "GetDatabase", 4).request(GLUE),
    read("athena", "GetQueryExecution", 10).request(QUERY),
    read("athena", "GetQueryResults", 6).request(QUERY),
    read("sqs", "GetQueueAttributes", 5).request(QUEUE),
    read("sqs", "ListQueues", 2),
    read("sns", "GetTopicAttributes", 3).request(TOPIC),
    read("cloudtrail", "LookupEvents", 2).by(People),
    read("cloudtrail", "DescribeTrails", 2).by(People),
    read("tagging", "GetResources", 5),
    read("route53", "ListResourceRecordSets", 3).request(ZONE).by(People),
    read("health", "DescribeEventAggregates", 4).by(People),
    change("kms", "GenerateDataKey", 24).request(DECRYPT).resources(KEY_RESOURCE),
    change("logs", "CreateLogStream", 30).request(STREAM),
    change("ec2", "RunInstances", 6).request(RUN).response(INSTANCES),
    change("ec2", "TerminateInstances", 5).request(TERMINATE).response(INSTANCES),
    change("ec2", "CreateTags", 10).request(TAGS).response(OK),
    change("ec2", "CreateNetworkInterface", 6).request(INTERFACE).response(INTERFACE_MADE),
    change("ec2", "DeleteNetworkInterface", 5).request(INTERFACE).response(OK),
    change("ec2", "AuthorizeSecurityGroupIngress", 2).request(GROUPS).response(OK),
    change("ec2", "CreateSnapshot", 2).request(FILTERS).response(OK),
    change("ecs", "RegisterTaskDefinition", 4).request(TASKDEF).response(TASKDEF_MADE),
    change("ecs", "UpdateService", 4).request(SERVICE),
    change("ecs", "RunTask", 6).request(SERVICE).response(TASKS),
    change("lambda", "UpdateFunctionCode20150331v2", 5).request(FUNCTION).response(FUNCTION_MADE),
    change("lambda", "PublishVersion20150331", 3).request(FUNCTION).response(FUNCTION_MADE),
    change("autoscaling", "SetDesiredCapacity", 2),
    change("elasticloadbalancing", "RegisterTargets", 4).request(TARGET),
    change("elasticloadbalancing", "DeregisterTargets", 4).request(TARGET),
    change("athena", "StartQueryExecution", 8).request(QUERY_START).response(QUERY_MADE),
    change("glue", "BatchCreatePartition", 4).request(GLUE),
    change("cloudformation", "CreateChangeSet", 2).request(STACK),
    change("cloudformation", "ExecuteChangeSet", 2).request(STACK),
    change("ssm", "UpdateInstanceInformation", 20).request(AGENT),
    change("ecr", "PutImage", 3).request(REPOSITORY),
    change("ecr", "InitiateLayerUpload", 3).request(REPOSITORY),
    change("ecr", "CompleteLayerUpload", 3).request(REPOSITORY),
    change("cloudwatch", "PutMetricAlarm", 2),
    change("dynamodb", "UpdateTimeToLive", 1).request(TABLE),
    change("sqs", "SetQueueAttributes", 1).request(QUEUE),
    change("secretsmanager", "PutSecretValue", 1).request(SECRET),
];

/// Actions that services take by themselves.
pub const SERVICE_ACTIONS: &[Action] = &[
    own("lambda.amazonaws.com", read("sts", "AssumeRole", 60).shaped(Shape::Assume)),
    own("ecs-tasks.amazonaws.com", read("sts", "AssumeRole", 40).shaped(Shape::Assume)),
    own("ec2.amazonaws.com", read("sts", "AssumeRole", 34).shaped(Shape::Assume)),
    own("autoscaling.amazonaws.com", read("sts", "AssumeRole", 18).shaped(Shape::Assume)),
    own("config.amazonaws.com", read("sts", "AssumeRole", 16).shaped(Shape::Assume)),
    own("ssm.amazonaws.com", read("sts", "AssumeRole", 8).shaped(Shape::Assume)),
    own("cloudtrail.amazonaws.com", read("s3", "GetBucketAcl", 40).shaped(Shape::Bucket)),
    own("cloudtrail.amazonaws.com", change("s3", "PutObject", 24).shaped(Shape::Object)),
    own("config.amazonaws.com", read("s3", "GetBucketAcl", 12).shaped(Shape::Bucket)),
    own("logging.s3.amazonaws.com", change("s3", "PutObject", 28).shaped(Shape::Object)),
    own("elasticloadbalancing.amazonaws.com", change("s3", "PutObject", 20).shaped(Shape::Object)),
    own("delivery.logs.amazonaws.com", change("s3", "PutObject", 20).shaped(Shape::Object)),
    own(
        "dynamodb.amazonaws.com",
        read("kms", "Decrypt", 30).request(DECRYPT).resources(KEY_RESOURCE),
    ),
    own("rds.amazonaws.com", read("kms", "DescribeKey", 8).request(KEY).resources(KEY_RESOURCE)),
    own(
        "cloudtrail.amazonaws.com",
        change("kms", "GenerateDataKey", 20).request(DECRYPT).resources(KEY_RESOURCE),
    ),
    own("lambda.amazonaws.com", change("logs", "CreateLogStream", 16).request(STREAM)),
    own("AWS Internal", read("kms", "Decrypt", 24).request(DECRYPT).resources(KEY_RESOURCE)),
];
