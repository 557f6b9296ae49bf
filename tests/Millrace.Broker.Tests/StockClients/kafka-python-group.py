"""kafka-python: an admin, a producer, and a group of two that shares a topic. Ends with 0 if all is as it should be."""
import sys
import threading
import time
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

servers, topic = sys.argv[1], "orders"
admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "1000000"})])
admin.create_partitions({topic: NewPartitions(4)})
assert topic in admin.list_topics()
described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
assert any(entry[0] == "retention.ms" and entry[1] == "1000000" for entry in described[0].resources[0][4])

producer = KafkaProducer(bootstrap_servers=servers, acks="all", compression_type="gzip")
for i in range(100):
    producer.send(topic, key=b"%d" % i, value=b"order %d" % i)
producer.flush(20)

seen, assigned, done = set(), {}, threading.Event()


# A thread each: a member that joins waits until the others have come, too.
def consume(name):
    consumer = KafkaConsumer(topic, bootstrap_servers=servers, group_id="shop", auto_offset_reset="earliest",
                             enable_auto_commit=False)
    while not done.is_set():
        for records in consumer.poll(timeout_ms=100).values():
            seen.update(record.value for record in records)
        assigned[name] = sorted(p.partition for p in consumer.assignment())
    consumer.commit()
    consumer.close()


threads = [threading.Thread(target=consume, args=(name,), daemon=True) for name in "ab"]
for thread in threads:
    thread.start()
until = time.time() + 40
while (len(seen) < 100 or [len(p) for p in assigned.values()] != [2, 2]) and time.time() < until:
    time.sleep(0.05)
shared = sorted(p for parts in assigned.values() for p in parts)
done.set()
for thread in threads:
    thread.join(20)
assert len(seen) == 100, len(seen)
assert shared == [0, 1, 2, 3], assigned
offsets = admin.list_consumer_group_offsets("shop")
assert sum(offset.offset for offset in offsets.values()) == 100
admin.delete_topics([topic])
assert topic not in admin.list_topics()
