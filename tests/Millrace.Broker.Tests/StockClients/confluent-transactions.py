"""Transactions of confluent-kafka: commit, abort, fencing, and offsets within. Ends with 0 if all is as it should be."""
import sys
from confluent_kafka import Consumer, KafkaException, Producer

servers, topic = sys.argv[1], "records"


def read(isolation, count):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": isolation, "auto.offset.reset": "earliest",
                         "isolation.level": isolation, "enable.partition.eof": True})
    consumer.subscribe([topic])
    values = []
    while True:
        message = consumer.poll(20)
        if message is None or message.error():
            break
        values.append(message.value().decode())
    consumer.close()
    return values


first = Producer({"bootstrap.servers": servers, "transactional.id": "tx"})
first.init_transactions(20)
for prefix, commits in (("kept", True), ("dropped", False), ("kept", True)):
    first.begin_transaction()
    for i in range(5):
        first.produce(topic, value=f"{prefix} {i}")
    first.flush(20)
    first.commit_transaction(20) if commits else first.abort_transaction(20)
kept = [f"kept {i}" for i in range(5)]
assert read("read_committed", 10) == kept + kept
assert len(read("read_uncommitted", 15)) == 15

second = Producer({"bootstrap.servers": servers, "transactional.id": "tx"})
first.begin_transaction()
first.produce(topic, value="zombie")
first.flush(20)
second.init_transactions(20)
try:
    first.commit_transaction(20)
    raise SystemExit("A fenced producer could commit.")
except KafkaException:
    pass

consumer = Consumer({"bootstrap.servers": servers, "group.id": "pipeline", "auto.offset.reset": "earliest",
                     "isolation.level": "read_committed", "enable.auto.commit": False})
consumer.subscribe([topic])
seen = 0
while seen < 10:
    message = consumer.poll(20)
    assert message is not None and not message.error()
    seen += 1
second.begin_transaction()
second.produce("results", value="sum")
second.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 20)
second.commit_transaction(20)
assert [p.offset for p in consumer.committed(consumer.assignment(), 20)] == [p.offset for p in consumer.position(consumer.assignment())]
consumer.close()
