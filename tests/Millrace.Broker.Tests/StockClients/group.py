"""kafka-python: an admin, a producer, and a group of two that shares a topic. Ends with 0 if all is as it should be."""
import sys
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

consumers = [KafkaConsumer(topic, bootstrap_servers=servers, group_id="shop", auto_offset_reset="earliest",
                           enable_auto_commit=False) for _ in range(2)]
seen, until = set(), time.time() + 40
while (len(seen) < 100 or any(len(c.assignment()) != 2 for c in consumers)) and time.time() < until:
    for consumer in consumers:
        for records in consumer.poll(timeout_ms=200).values():
            seen.update(record.value for record in records)
assert len(seen) == 100, len(seen)
assert sorted(p.partition for c in consumers for p in c.assignment()) == [0, 1, 2, 3]
for consumer in consumers:
    consumer.commit()
offsets = admin.list_consumer_group_offsets("shop")
assert sum(offset.offset for offset in offsets.values()) == 100
for consumer in consumers:
    consumer.close()
admin.delete_topics([topic])
assert topic not in admin.list_topics()
