"""Schema registries while a gateway runs: the data plane asks for schemas by their ids."""

from streamward.contracts.registries.answers import RegistryAnswers, registry_settings

__all__ = ["RegistryAnswers", "registry_settings"]
