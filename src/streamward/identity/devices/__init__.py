"""What is known of the devices that principals call from."""

from streamward.identity.devices.service import DeviceInventoryService

__all__ = ["DeviceInventoryService"]
