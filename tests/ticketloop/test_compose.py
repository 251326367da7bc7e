"""Every container of the Compose files has no more rights than it needs."""

from typing import Any

import pytest
import yaml

from tests.processes import ROOT

FILES = ["docker-compose.yml", "docker-compose.rabbitmq.yml"]
SERVICES = {
    (file, name): service
    for file in FILES
    for name, service in yaml.safe_load((ROOT / file).read_text())["services"].items()
    if "image" in service  # else it adds to a service of the first file
}
# What the entry point of the image needs until it has become another user.
ADDED = {"db": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}}


@pytest.mark.parametrize(("file", "name"), SERVICES)
def test_a_container_is_hardened(file: str, name: str) -> None:
    service: dict[str, Any] = SERVICES[file, name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == ADDED.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all("size=" in each for each in service.get("tmpfs", []))


def test_all_containers_are_looked_at() -> None:
    assert {name for _, name in SERVICES} >= {"db", "redis", "rabbitmq", "proxy", "migrate", "api", "worker", "beat"}
