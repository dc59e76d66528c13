"""Prints what AWS's metrics library writes where a function runs: lines with
metrics embedded in them."""

import asyncio
import os

os.environ["AWS_EMF_ENVIRONMENT"] = "lambda"  # print, as the runtime ships what is printed
os.environ["AWS_EMF_SERVICE_NAME"] = "checkout"

from aws_embedded_metrics import metric_scope  # noqa: E402
from aws_embedded_metrics.storage_resolution import StorageResolution  # noqa: E402


@metric_scope
def handle(order, metrics):
    metrics.set_namespace("Shop")
    metrics.set_dimensions({"Route": "/pay"})
    metrics.put_metric("Latency", 12.5 * order, "Milliseconds", StorageResolution.STANDARD)
    metrics.put_metric("Items", order, "Count")
    metrics.set_property("OrderId", f"order-{order}")


async def main():
    for order in (1, 2, 3):
        handle(order)


asyncio.run(main())
