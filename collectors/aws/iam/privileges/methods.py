"""The known ways to raise one's own privileges in IAM, as data.

Gathered from what is published on the subject (Rhino Security Labs' list of 2018 and its successors, NCC Group's
Principal Mapper, pathfinding.cloud), checked against the Service Authorization Reference: which actions each way
takes, and on what. Assuming a role that one was allowed to assume is no escalation and is not among them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Target(StrEnum):
    """What the decisive actions of a method must be allowed on."""

    SELF = "the identity itself"
    OWN_GROUP = "a group that the user is in"
    OWN_POLICY = "a customer managed policy that the identity is under"
    OWN_POLICY_WITH_VERSIONS = "the same, where it has more than one version"
    OTHER_USER = "a user with more privileges"
    OTHER_GROUP = "a group with more privileges"
    OTHER_ROLE = "a role with more privileges"
    ASSUMABLE_ROLE = "a role that the identity may assume"
    PASSED_ROLE = "a role with more privileges that the service may assume"
    NEW_USER = "a user made for the purpose"
    NEW_ROLE = "a role made for the purpose"
    WORKLOAD = "something that already runs under a role with more privileges"


AnyOf = tuple[str, ...]
"""Actions of which one will do."""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """One way. ``on_target`` are needed on the target, ``beside`` on anything; of each group one action will do.

    ``service`` is the principal of the service that acts under the role, ``workload`` the resource part of the ARNs of
    what runs there under roles. ``needs_target``: without a target that is there today the permissions are too common
    to be called an escalation.
    """

    uid: str
    summary: str
    target: Target
    on_target: tuple[AnyOf, ...]
    beside: tuple[AnyOf, ...] = ()
    service: str = ""
    workload: str = ""
    needs_target: bool = False

    @property
    def groups(self) -> tuple[AnyOf, ...]:
        """All groups of actions, the decisive ones first."""
        return (*self.on_target, *self.beside)


_USERS_FOR_USERS = (
    Method(
        uid="attach_user_policy",
        summary="attaches a policy with more privileges to itself",
        target=Target.SELF,
        on_target=(("iam:AttachUserPolicy",),),
    ),
    Method(
        uid="put_user_policy",
        summary="writes itself an inline policy",
        target=Target.SELF,
        on_target=(("iam:PutUserPolicy",),),
    ),
    Method(
        uid="attach_group_policy",
        summary="attaches a policy with more privileges to a group it is in",
        target=Target.OWN_GROUP,
        on_target=(("iam:AttachGroupPolicy",),),
    ),
    Method(
        uid="put_group_policy",
        summary="writes an inline policy into a group it is in",
        target=Target.OWN_GROUP,
        on_target=(("iam:PutGroupPolicy",),),
    ),
    Method(
        uid="add_user_to_group",
        summary="adds itself to a group with more privileges",
        target=Target.OTHER_GROUP,
        on_target=(("iam:AddUserToGroup",),),
    ),
    Method(
        uid="create_access_key",
        summary="makes an access key for a user with more privileges",
        target=Target.OTHER_USER,
        on_target=(("iam:CreateAccessKey",),),
    ),
    Method(
        uid="create_login_profile",
        summary="gives a password to a user with more privileges",
        target=Target.OTHER_USER,
        on_target=(("iam:CreateLoginProfile",),),
    ),
    Method(
        uid="update_login_profile",
        summary="changes the password of a user with more privileges",
        target=Target.OTHER_USER,
        on_target=(("iam:UpdateLoginProfile",),),
    ),
    Method(
        uid="create_user",
        summary="makes a user with more privileges and signs in as it",
        target=Target.NEW_USER,
        on_target=(
            ("iam:CreateUser",),
            ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
            ("iam:CreateAccessKey", "iam:CreateLoginProfile"),
        ),
    ),
)

_POLICIES_AND_ROLES = (
    Method(
        uid="create_policy_version",
        summary="writes a new default version of a policy it is under",
        target=Target.OWN_POLICY,
        on_target=(("iam:CreatePolicyVersion",),),
    ),
    Method(
        uid="set_default_policy_version",
        summary="puts an older version with more privileges of a policy it is under in force",
        target=Target.OWN_POLICY_WITH_VERSIONS,
        on_target=(("iam:SetDefaultPolicyVersion",),),
    ),
    Method(
        uid="attach_role_policy",
        summary="attaches a policy with more privileges to a role it may assume",
        target=Target.ASSUMABLE_ROLE,
        on_target=(("iam:AttachRolePolicy",),),
    ),
    Method(
        uid="put_role_policy",
        summary="writes an inline policy into a role it may assume",
        target=Target.ASSUMABLE_ROLE,
        on_target=(("iam:PutRolePolicy",),),
    ),
    Method(
        uid="update_assume_role_policy",
        summary="makes a role with more privileges trust it, and assumes it",
        target=Target.OTHER_ROLE,
        on_target=(("iam:UpdateAssumeRolePolicy",),),
    ),
    Method(
        uid="create_role",
        summary="makes a role with more privileges that trusts it, and assumes it",
        target=Target.NEW_ROLE,
        on_target=(("iam:CreateRole",), ("iam:AttachRolePolicy", "iam:PutRolePolicy")),
    ),
)


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

_PASSING = (
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


_TAKING_OVER = (
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

METHODS: tuple[Method, ...] = (*_USERS_FOR_USERS, *_POLICIES_AND_ROLES, *_PASSING, *_TAKING_OVER)
"""Every method, those that need nothing but IAM first."""

REMOVE_BOUNDARY = {
    "user": ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "role": ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
"""Actions of which one, on itself, takes an identity's permissions boundary away or widens it."""
