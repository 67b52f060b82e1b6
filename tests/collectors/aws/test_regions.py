from __future__ import annotations

import re

import pytest

from collectors.aws.regions import EnabledRegions
from collectors.aws.session import AwsAccount
from collectors.model import Provider, Scope, Unread, UnreadReason
from tests.fakes.aws_faults import DENIED, EXPIRED, GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT

SCOPE = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region="global", collector="aws.regions")


class Found:
    def __init__(self) -> None:
        self.told: list[tuple[tuple[str, ...], bool]] = []

    def __call__(self, regions: tuple[str, ...], complete: bool) -> None:
        self.told.append((regions, complete))


def look(faults: Faults, regions: tuple[str, ...] = ()) -> tuple[Found, list[object]]:
    found = Found()
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, regions=regions)
    return found, list(EnabledRegions(account, found).collect(SCOPE))


def opt_in(**statuses: str) -> Fault:
    """Answer as if regions had these statuses (underscores for dashes)."""

    def rewrite(body: bytes) -> bytes:
        text = body.decode()
        for name, status in statuses.items():
            entry = re.compile(
                rf"(?s)<item>(?:(?!</item>).)*<regionName>{name.replace('_', '-')}</regionName>.*?</item>"
            )
            (whole,) = entry.findall(text)
            text = text.replace(whole, re.sub(r"(<optInStatus>).*?(</optInStatus>)", rf"\g<1>{status}\g<2>", whole))
        return text.encode()

    return Fault(rewrite=rewrite)


def test_every_region_that_is_enabled_is_found_and_no_other(faults: Faults) -> None:
    faults.plan("ec2:DescribeRegions", opt_in(af_south_1="not-opted-in", eu_south_1="opted-in"))
    found, yielded = look(faults)
    assert yielded == []
    ((regions, complete),) = found.told
    assert complete
    assert {"eu-west-1", "us-east-1", "eu-central-1", "eu-south-1"} <= set(regions)
    assert "af-south-1" not in regions
    assert len(regions) == len(set(regions)) > 15
    assert faults.calls[-1].form["AllRegions"] == "true"


def test_a_list_bounds_them_and_opt_in_status_is_honoured(faults: Faults) -> None:
    faults.plan("ec2:DescribeRegions", opt_in(af_south_1="not-opted-in"))
    found, yielded = look(faults, ("eu-west-1", "af-south-1"))
    assert found.told == [(("eu-west-1",), True)]
    assert yielded == []


def test_a_configured_region_that_there_is_not_is_said(faults: Faults) -> None:
    found, (unread,) = look(faults, ("eu-west-1", "eu-wset-1"))
    assert found.told == [(("eu-west-1",), True)]
    assert isinstance(unread, Unread)
    assert (unread.reason, unread.detail) == (UnreadReason.UNSUPPORTED, "no_such_region:eu-wset-1")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(status=403, code="UnauthorizedOperation"), UnreadReason.DENIED),
        (DENIED, UnreadReason.DENIED),
        (EXPIRED, UnreadReason.CREDENTIALS),
        (GATEWAY_PAGE, UnreadReason.MALFORMED),
    ],
)
def test_what_cannot_be_listed_is_unread_and_the_configured_list_stands_for_it(
    faults: Faults, fault: Fault, reason: UnreadReason
) -> None:
    faults.plan("ec2:DescribeRegions", fault)
    found, (unread,) = look(faults)
    assert isinstance(unread, Unread)
    assert (unread.reason, unread.operation) == (reason, "ec2:DescribeRegions")
    assert unread.permission == ("ec2:DescribeRegions" if reason is UnreadReason.DENIED else "")
    assert found.told == [((), False)]
    found, _ = look(faults, ("eu-west-1",))
    assert found.told == [(("eu-west-1",), False)]


def test_refused_credentials_are_told_before_anything_is_asked(faults: Faults) -> None:
    faults.plan("sts:GetCallerIdentity", EXPIRED)
    found, (unread,) = look(faults)
    assert isinstance(unread, Unread)
    assert unread.reason is UnreadReason.CREDENTIALS
    assert found.told == [((), False)]
    assert faults.count("ec2:DescribeRegions") == 0
