"""
confluent-records.py SERVERS write TOPIC COMPRESSION: each line of the input, timestamp|key|value|name=value,..., becomes a record.
confluent-records.py SERVERS read TOPIC COUNT: and back.
"""
import sys
from confluent_kafka import Consumer, Producer, TopicPartition

servers, command, topic, argument = sys.argv[1:]


def given(text):
    return None if text == "NULL" else text.encode()


def shown(data):
    return "NULL" if data is None else data.decode()


if command == "write":
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, "compression.type": argument})
    for line in sys.stdin.read().splitlines():
        timestamp, key, value, headers = line.split("|")
        pairs = [(name, text.encode()) for name, text in (h.split("=") for h in headers.split(",") if h)]
        producer.produce(topic, partition=0, timestamp=int(timestamp), key=given(key), value=given(value), headers=pairs)
    assert producer.flush(50) == 0
else:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "unused", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    for _ in range(int(argument)):
        message = consumer.poll(50)
        assert message is not None and not message.error(), message and message.error()
        headers = ",".join(f"{name}={shown(value)}" for name, value in message.headers() or [])
        print(f"{message.timestamp()[1]}|{shown(message.key())}|{shown(message.value())}|{headers}")
    consumer.close()
