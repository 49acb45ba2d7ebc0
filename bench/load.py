"""The client under measurement, as a process of its own: reads a job from standard input.

A job is one line of JSON; its `value`, if it has one, is that of every record, a byte a
character. The process connects, prints `ready`, waits for a line, works, and prints its result as
JSON. The same code drives every contender.
"""

import json
import os
import sys
import time
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

RECORD_BYTES = 1024
CHUNK = 500
STALLED_SECONDS = 60.0


def main() -> None:
    """Read the job, do it, print the result."""
    job = json.loads(sys.stdin.readline())
    work = {"produce": produce, "consume": consume, "latency": latency}[job["kind"]]
    print(json.dumps(work(job)), flush=True)


def wait_for_start() -> float:
    """Tell that all is connected, and wait for the word; gives the time."""
    print("ready", flush=True)
    sys.stdin.readline()
    return time.monotonic()


def value_of(job: dict[str, Any]) -> bytes:
    """The value of every record."""
    return job["value"].encode("latin-1") if job.get("value") else os.urandom(RECORD_BYTES)


def produce(job: dict[str, Any]) -> dict[str, Any]:
    """Send `records` records with acks=all, spread over `clients` connections and partitions."""
    extra = {"acks": "all", "linger.ms": 5, "queue.buffering.max.kbytes": 65_536}
    producers = [Producer(job["settings"] | extra) for _ in range(job["clients"])]
    for producer in producers:
        producer.list_topics(job["topic"], timeout=30)
    value = value_of(job)
    left = [job["records"] // job["clients"]] * job["clients"]
    total = sum(left)
    started = wait_for_start()
    while any(left):
        for partition, producer in enumerate(producers):
            for _ in range(min(CHUNK, left[partition])):
                _send(producer, job["topic"], value, partition)
            left[partition] -= min(CHUNK, left[partition])
    unsent = sum(producer.flush(STALLED_SECONDS) for producer in producers)
    return {
        "records": total - unsent,
        "bytes": (total - unsent) * len(value),
        "seconds": time.monotonic() - started,
    }


def _send(producer: Producer, topic: str, value: bytes, partition: int) -> None:
    while True:
        try:
            producer.produce(topic, value, partition=partition)
        except BufferError:
            producer.poll(0.01)
        else:
            return


def consume(job: dict[str, Any]) -> dict[str, Any]:
    """Read `records` records from the start, spread over `clients` connections and partitions."""
    extra = {"group.id": "bench", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
    extra |= {"queued.max.messages.kbytes": 32_768, "auto.offset.reset": "earliest"}
    consumers = [Consumer(job["settings"] | extra) for _ in range(job["clients"])]
    for reader in consumers:
        reader.list_topics(job["topic"], timeout=30)
    left = [job["records"] // job["clients"]] * job["clients"]
    total = sum(left)
    started = wait_for_start()
    for partition, reader in enumerate(consumers):
        reader.assign([TopicPartition(job["topic"], partition, 0)])
    moved, last = 0, started
    while any(count > 0 for count in left) and time.monotonic() - last < STALLED_SECONDS:
        for partition, reader in enumerate(consumers):
            if left[partition] <= 0:
                continue
            wait = 0.2 if len(consumers) == 1 else 0.005
            messages = reader.consume(min(5000, left[partition]), wait)
            good = [message for message in messages if message.error() is None]
            left[partition] -= len(good)
            moved += sum(len(message.value()) for message in good)
            last = time.monotonic() if good else last
    seconds = time.monotonic() - started
    for reader in consumers:
        reader.close()
    return {"records": total - sum(left), "bytes": moved, "seconds": seconds}


def latency(job: dict[str, Any]) -> dict[str, Any]:
    """Send single records at a fixed rate; how long until each is acknowledged by all replicas."""
    producer = Producer(job["settings"] | {"acks": "all", "linger.ms": 0})
    producer.list_topics(job["topic"], timeout=30)
    value = value_of(job)
    taken: list[float] = []

    def acknowledged(sent: float) -> Any:
        def record(error: object, _: object) -> None:
            if error is None:
                taken.append(time.monotonic() - sent)

        return record

    started = wait_for_start()
    for index in range(job["records"]):
        due = started + index / job["per_second"]
        while (left := due - time.monotonic()) > 0:
            producer.poll(min(left, 0.001))
        producer.produce(job["topic"], value, partition=0, on_delivery=acknowledged(due))
    producer.flush(STALLED_SECONDS)
    return {"records": len(taken), "seconds": time.monotonic() - started, "taken": taken}


if __name__ == "__main__":
    main()
