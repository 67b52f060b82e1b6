"""Ways up through a service that acts under a role: passing it one, or taking over what already runs under one."""

from __future__ import annotations

import msgspec

from collectors.aws.iam.privileges.method import AnyOf, Method, Target


def _pass_role(uid: str, summary: str, service: str, *beside: AnyOf) -> Method:
    return Method(
        uid=f"pass_role_{uid}",
        summary=f"passes a role with more privileges to {summary}",
        target=Target.PASSED_ROLE,
        on_target=(("iam:PassRole",),),
        beside=beside,
        service=f"{service}.amazonaws.com",
    )


_INVOKES = (
    "lambda:InvokeFunction",
    "lambda:CreateEventSourceMapping",
    "lambda:AddPermission",
    "lambda:CreateFunctionUrlConfig",
)
_RUNS_TASKS = ("ecs:RunTask", "ecs:StartTask", "ecs:CreateService", "ecs:UpdateService")

PASSING: tuple[Method, ...] = (
    _pass_role("ec2_run_instances", "an EC2 instance it starts", "ec2", ("ec2:RunInstances",)),
    _pass_role("ec2_spot", "a spot instance it requests", "ec2", ("ec2:RequestSpotInstances", "ec2:RequestSpotFleet")),
    _pass_role(
        "ec2_instance_profile",
        "an EC2 instance it controls",
        "ec2",
        ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"),
        ("ssm:SendCommand", "ssm:StartSession", "ec2-instance-connect:SendSSHPublicKey"),
    ),
    _pass_role(
        "autoscaling",
        "instances that an Auto Scaling group starts",
        "ec2",
        ("autoscaling:CreateLaunchConfiguration", "ec2:CreateLaunchTemplate"),
        ("autoscaling:CreateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"),
    ),
    _pass_role("lambda", "a Lambda function it writes and runs", "lambda", ("lambda:CreateFunction",), _INVOKES),
    _pass_role(
        "lambda_existing",
        "a Lambda function whose code it changes",
        "lambda",
        ("lambda:UpdateFunctionConfiguration",),
        ("lambda:UpdateFunctionCode",),
    ),
    _pass_role("glue_dev_endpoint", "a Glue development endpoint", "glue", ("glue:CreateDevEndpoint",)),
    _pass_role(
        "glue_job",
        "a Glue job it runs",
        "glue",
        ("glue:CreateJob", "glue:UpdateJob"),
        ("glue:StartJobRun", "glue:CreateTrigger"),
    ),
    _pass_role("glue_session", "an interactive Glue session", "glue", ("glue:CreateSession",), ("glue:RunStatement",)),
    _pass_role(
        "cloudformation",
        "a CloudFormation stack it makes",
        "cloudformation",
        ("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:CreateChangeSet"),
    ),
    _pass_role(
        "cloudformation_stack_set",
        "a CloudFormation stack set",
        "cloudformation",
        ("cloudformation:CreateStackSet",),
        ("cloudformation:CreateStackInstances",),
    ),
    _pass_role(
        "datapipeline",
        "a data pipeline",
        "datapipeline",
        ("datapipeline:CreatePipeline",),
        ("datapipeline:PutPipelineDefinition",),
        ("datapipeline:ActivatePipeline",),
    ),
    _pass_role(
        "sagemaker_notebook",
        "a SageMaker notebook it opens",
        "sagemaker",
        ("sagemaker:CreateNotebookInstance",),
        ("sagemaker:CreatePresignedNotebookInstanceUrl",),
    ),
    _pass_role(
        "sagemaker_lifecycle",
        "a SageMaker notebook whose start-up script it writes",
        "sagemaker",
        ("sagemaker:CreateNotebookInstance",),
        ("sagemaker:CreateNotebookInstanceLifecycleConfig",),
    ),
    _pass_role(
        "sagemaker_job",
        "a SageMaker job",
        "sagemaker",
        ("sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob", "sagemaker:CreateHyperParameterTuningJob"),
    ),
    _pass_role("ecs_task", "an ECS task", "ecs-tasks", ("ecs:RegisterTaskDefinition",), _RUNS_TASKS),
    _pass_role(
        "ecs_run_override",
        "an ECS task whose role and command it overrides",
        "ecs-tasks",
        ("ecs:RunTask", "ecs:StartTask"),
    ),
    _pass_role(
        "codebuild",
        "a CodeBuild project it runs",
        "codebuild",
        ("codebuild:CreateProject", "codebuild:UpdateProject"),
        ("codebuild:StartBuild", "codebuild:StartBuildBatch"),
    ),
    _pass_role("codepipeline", "a CodePipeline pipeline", "codepipeline", ("codepipeline:CreatePipeline",)),
    _pass_role(
        "states",
        "a Step Functions state machine it runs",
        "states",
        ("states:CreateStateMachine", "states:UpdateStateMachine"),
        ("states:StartExecution", "states:StartSyncExecution"),
    ),
    _pass_role("events", "a rule of EventBridge", "events", ("events:PutRule",), ("events:PutTargets",)),
    _pass_role("scheduler", "a schedule of EventBridge", "scheduler", ("scheduler:CreateSchedule",)),
    _pass_role("ssm_automation", "an automation of Systems Manager", "ssm", ("ssm:StartAutomationExecution",)),
    _pass_role(
        "batch",
        "a Batch job",
        "ecs-tasks",
        ("batch:RegisterJobDefinition",),
        ("batch:SubmitJob",),
    ),
    _pass_role("emr", "an EMR cluster", "ec2", ("elasticmapreduce:RunJobFlow",)),
    _pass_role(
        "emr_serverless",
        "a job of EMR Serverless",
        "emr-serverless",
        ("emr-serverless:StartJobRun",),
    ),
    _pass_role("apprunner", "an App Runner service", "tasks.apprunner", ("apprunner:CreateService",)),
    _pass_role("amplify", "an Amplify app", "amplify", ("amplify:CreateApp",), ("amplify:StartJob",)),
    _pass_role("imagebuilder", "an EC2 image pipeline", "ec2", ("imagebuilder:CreateInfrastructureConfiguration",)),
    _pass_role(
        "bedrock_agentcore",
        "a code interpreter of Bedrock AgentCore",
        "bedrock-agentcore",
        ("bedrock-agentcore:CreateCodeInterpreter",),
        ("bedrock-agentcore:InvokeCodeInterpreter",),
    ),
    _pass_role(
        "cognito",
        "an identity pool, and signs in there",
        "cognito-identity",
        ("cognito-identity:SetIdentityPoolRoles",),
    ),
)


class _Kind(msgspec.Struct, frozen=True):
    """Something that runs under a role: the service that assumes it, and the resource type as ARNs name it."""

    service: str
    resources: str


_FUNCTION = _Kind("lambda", "function:*")
_INSTANCE = _Kind("ec2", "instance/*")
_ENDPOINT = _Kind("glue", "devEndpoint/*")
_NOTEBOOK = _Kind("sagemaker", "notebook-instance/*")
_STACK = _Kind("cloudformation", "stack/*")
_PROJECT = _Kind("codebuild", "project/*")
_TASK = _Kind("ecs-tasks", "task/*")
_STATE_MACHINE = _Kind("states", "stateMachine:*")


def _workload(uid: str, summary: str, kind: _Kind, *groups: AnyOf, needs_target: bool = False) -> Method:
    return Method(
        uid=uid,
        summary=f"takes over {summary}",
        target=Target.WORKLOAD,
        on_target=groups[:1],
        beside=groups[1:],
        service=f"{kind.service}.amazonaws.com",
        workload=kind.resources,
        needs_target=needs_target,
    )


TAKING_OVER: tuple[Method, ...] = (
    _workload(
        "lambda_update_code", "a Lambda function by changing its code", _FUNCTION, ("lambda:UpdateFunctionCode",)
    ),
    _workload(
        "lambda_update_configuration",
        "a Lambda function by adding a layer or an extension to it",
        _FUNCTION,
        ("lambda:UpdateFunctionConfiguration",),
    ),
    _workload("glue_update_dev_endpoint", "a Glue development endpoint", _ENDPOINT, ("glue:UpdateDevEndpoint",)),
    _workload("ssm_send_command", "an instance by running commands on it", _INSTANCE, ("ssm:SendCommand",)),
    _workload("ssm_start_session", "an instance by opening a session on it", _INSTANCE, ("ssm:StartSession",)),
    _workload(
        "sagemaker_presigned_url",
        "a SageMaker notebook by opening it",
        _NOTEBOOK,
        ("sagemaker:CreatePresignedNotebookInstanceUrl",),
    ),
    _workload(
        "sagemaker_lifecycle",
        "a SageMaker notebook by changing its start-up script",
        _NOTEBOOK,
        ("sagemaker:UpdateNotebookInstanceLifecycleConfig", "sagemaker:UpdateNotebookInstance"),
        ("sagemaker:StartNotebookInstance",),
    ),
    _workload(
        "ec2_user_data",
        "an instance by changing its start-up script",
        _INSTANCE,
        ("ec2:ModifyInstanceAttribute",),
        ("ec2:StartInstances",),
        needs_target=True,
    ),
    _workload(
        "ec2_instance_connect",
        "an instance by putting a key on it",
        _INSTANCE,
        ("ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
        needs_target=True,
    ),
    _workload(
        "cloudformation_update_stack",
        "a stack that CloudFormation changes under a role",
        _STACK,
        ("cloudformation:UpdateStack", "cloudformation:ExecuteChangeSet"),
        needs_target=True,
    ),
    _workload(
        "codebuild_start_build",
        "a build project by overriding what it builds",
        _PROJECT,
        ("codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:UpdateProject"),
        needs_target=True,
    ),
    _workload(
        "ecs_execute_command",
        "a container by running commands in it",
        _TASK,
        ("ecs:ExecuteCommand",),
        needs_target=True,
    ),
    _workload(
        "states_update",
        "a state machine by changing it",
        _STATE_MACHINE,
        ("states:UpdateStateMachine",),
        needs_target=True,
    ),
)
