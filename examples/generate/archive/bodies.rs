//! Templates for the bodies of calls. `template.rs` explains the dollar signs.

pub const KEY_RESOURCE: &str = r#"[{"accountId":"$A","type":"AWS::KMS::Key","ARN":"arn:aws:kms:$R:$A:key/5b0e7d34-91c6-4f0a-8a57-2f6c1d8e9b$N"}]"#;
pub const TABLE_RESOURCE: &str = r#"[{"accountId":"$A","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:$R:$A:table/orders-$N"}]"#;

pub const FILTERS: &str = r#"{"maxResults":1000,"filterSet":{"items":[{"name":"tag:Environment","valueSet":{"items":[{"value":"production"}]}},{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-$H"}]}}]},"includeAllInstances":false}"#;
pub const OWNERS: &str = r#"{"ownersSet":{"items":[{"owner":"self"}]},"filterSet":{"items":[{"name":"tag:Service","valueSet":{"items":[{"value":"service-$N"}]}}]}}"#;
pub const GROUPS: &str = r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-$H"}]},"filterSet":{}}"#;
pub const ROLE: &str = r#"{"roleName":"task-$N"}"#;
pub const POLICY: &str =
    r#"{"policyArn":"arn:aws:iam::$A:policy/service-policy-$N","versionId":"v3"}"#;
pub const DECRYPT: &str = r#"{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::acme-data-$N/warehouse/table_$N/part-$V.parquet"},"keyId":"arn:aws:kms:$R:$A:key/5b0e7d34-91c6-4f0a-8a57-2f6c1d8e9b$N"}"#;
pub const KEY: &str = r#"{"keyId":"arn:aws:kms:$R:$A:key/5b0e7d34-91c6-4f0a-8a57-2f6c1d8e9b$N"}"#;
pub const LOG: &str =
    r#"{"logGroupName":"/ecs/service-$N","startTime":1760$V,"limit":10000,"interleaved":true}"#;
pub const STREAM: &str =
    r#"{"logGroupName":"/aws/lambda/function-$N","logStreamName":"2026/11/01/[$L]$U"}"#;
pub const PARAMETER: &str = r#"{"name":"/production/service-$N/setting-$N","withDecryption":true}"#;
pub const SECRET: &str = r#"{"secretId":"arn:aws:secretsmanager:$R:$A:secret:production/service-$N-Ab3dEf","versionStage":"AWSCURRENT"}"#;
pub const FUNCTION: &str = r#"{"functionName":"arn:aws:lambda:$R:$A:function:function-$N"}"#;
pub const FUNCTION_MADE: &str = r#"{"functionName":"function-$N","functionArn":"arn:aws:lambda:$R:$A:function:function-$N","runtime":"python3.13","role":"arn:aws:iam::$A:role/service-role/workload-$N","handler":"main.handler","codeSize":$V,"description":"","timeout":30,"memorySize":512,"lastModified":"2026-10-12T10:00:00.000+0000","version":"$N","environment":{},"tracingConfig":{"mode":"PassThrough"},"revisionId":"$U","state":"Active","packageType":"Zip","architectures":["arm64"],"ephemeralStorage":{"size":512},"snapStart":{"applyOn":"None","optimizationStatus":"Off"}}"#;
pub const SERVICE: &str = r#"{"cluster":"arn:aws:ecs:$R:$A:cluster/production","services":["service-$N","service-$N"],"include":["TAGS"]}"#;
pub const TASKDEF: &str = r#"{"family":"service-$N","networkMode":"awsvpc","cpu":"512","memory":"1024","requiresCompatibilities":["FARGATE"],"executionRoleArn":"arn:aws:iam::$A:role/task-$N","containerDefinitions":[{"name":"app","image":"$A.dkr.ecr.$R.amazonaws.com/service-$N:build-$V","cpu":0,"essential":true,"portMappings":[{"containerPort":8080,"protocol":"tcp"}],"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/service-$N","awslogs-region":"$R","awslogs-stream-prefix":"app"}}}]}"#;
pub const TASKDEF_MADE: &str = r#"{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:$R:$A:task-definition/service-$N:$N","family":"service-$N","revision":1,"status":"ACTIVE","networkMode":"awsvpc","compatibilities":["EC2","FARGATE"],"cpu":"512","memory":"1024","containerDefinitions":[{"name":"app","image":"$A.dkr.ecr.$R.amazonaws.com/service-$N:build-$V","essential":true,"environment":[],"mountPoints":[],"volumesFrom":[]}]}}"#;
pub const TASKS: &str = r#"{"failures":[],"tasks":[{"taskArn":"arn:aws:ecs:$R:$A:task/production/$U","clusterArn":"arn:aws:ecs:$R:$A:cluster/production","taskDefinitionArn":"arn:aws:ecs:$R:$A:task-definition/service-$N:$N","lastStatus":"PROVISIONING","desiredStatus":"RUNNING","cpu":"512","memory":"1024","launchType":"FARGATE","platformVersion":"1.4.0","group":"family:service-$N","attachments":[{"id":"$U","type":"ElasticNetworkInterface","status":"PRECREATED","details":[{"name":"subnetId","value":"subnet-$H"}]}]}]}"#;
pub const REPOSITORY: &str = r#"{"registryId":"$A","repositoryName":"service-$N","imageIds":[{"imageTag":"build-$V"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]}"#;
pub const DATABASE: &str = r#"{"dBInstanceIdentifier":"orders-$N","maxRecords":100}"#;
pub const TABLE: &str = r#"{"tableName":"orders-$N"}"#;
pub const TARGET: &str = r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:$R:$A:targetgroup/service-$N/4b1e93d07c5a8f26","targets":[{"id":"i-$H","port":8080}]}"#;
pub const STACK: &str = r#"{"stackName":"service-$N"}"#;
pub const CLUSTER: &str = r#"{"name":"production","nodegroupName":"workers-$N"}"#;
pub const GLUE: &str = r#"{"databaseName":"warehouse","tableName":"table_$N","catalogId":"$A","expression":"dt >= '2026-10-01'"}"#;
pub const QUERY: &str = r#"{"queryExecutionId":"$U"}"#;
pub const QUERY_START: &str = r#"{"queryString":"SELECT count(*) FROM \"warehouse\".\"table_$N\" WHERE dt >= '2026-10-01'\nGROUP BY region","clientRequestToken":"$U","queryExecutionContext":{"database":"warehouse"},"workGroup":"primary"}"#;
pub const QUERY_MADE: &str = r#"{"queryExecutionId":"$U"}"#;
pub const QUEUE: &str = r#"{"queueUrl":"https://sqs.$R.amazonaws.com/$A/service-$N","attributeNames":["ApproximateNumberOfMessages","ApproximateNumberOfMessagesNotVisible"]}"#;
pub const TOPIC: &str = r#"{"topicArn":"arn:aws:sns:$R:$A:service-$N"}"#;
pub const ZONE: &str = r#"{"hostedZoneId":"Z0$V","maxItems":"300"}"#;
pub const RUN: &str = r#"{"instancesSet":{"items":[{"imageId":"ami-$H","minCount":1,"maxCount":1}]},"instanceType":"m7g.large","blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"$U","launchTemplate":{"launchTemplateId":"lt-$H","version":"$N"},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"Service","value":"service-$N"}]}]}}"#;
pub const INSTANCES: &str = r#"{"requestId":"$U","reservationId":"r-$H","ownerId":"$A","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-$H","imageId":"ami-$H","currentState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-$N-$N.ec2.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"m7g.large","placement":{"availabilityZone":"$Ra","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"subnet-$H","vpcId":"vpc-$H","privateIpAddress":"10.0.$N.$N","architecture":"arm64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","virtualizationType":"hvm","hypervisor":"xen","groupSet":{"items":[{"groupId":"sg-$H","groupName":"workers"}]},"sourceDestCheck":true,"ebsOptimized":true}]}}"#;
pub const TERMINATE: &str = r#"{"instancesSet":{"items":[{"instanceId":"i-$H"}]}}"#;
pub const TAGS: &str = r#"{"resourcesSet":{"items":[{"resourceId":"vol-$H"}]},"tagSet":{"items":[{"key":"Service","value":"service-$N"},{"key":"Environment","value":"production"}]}}"#;
pub const OK: &str = r#"{"requestId":"$U","_return":true}"#;
pub const INTERFACE: &str = r#"{"subnetId":"subnet-$H","description":"aws-K8S-i-$H","groupSet":{"items":[{"groupId":"sg-$H"}]},"clientToken":"$U"}"#;
pub const INTERFACE_MADE: &str = r#"{"requestId":"$U","networkInterface":{"networkInterfaceId":"eni-$H","subnetId":"subnet-$H","vpcId":"vpc-$H","availabilityZone":"$Ra","description":"aws-K8S-i-$H","ownerId":"$A","requesterManaged":false,"status":"pending","macAddress":"0e:4f:$N:$N:$N:$N","privateIpAddress":"10.0.$N.$N","sourceDestCheck":true,"interfaceType":"interface","groupSet":{"items":[{"groupId":"sg-$H","groupName":"workers"}]},"tagSet":{},"ipv6AddressesSet":{}}}"#;
pub const AGENT: &str = r#"{"instanceId":"i-$H","agentVersion":"3.3.3050.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.0.$N.$N","computerName":"ip-10-0-$N-$N.ec2.internal","agentName":"amazon-ssm-agent","availabilityZone":"$Ra"}"#;
