"""confluent-kafka's admin client."""
import sys
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

servers, user, password = sys.argv[1:]
client = {"bootstrap.servers": servers, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": password}
topic = "orders"
admin = AdminClient(client)


def each(futures):
    return [future.result(50) for future in futures.values()]


def topics():
    return sorted(admin.list_topics(timeout=50).topics)


each(admin.create_topics([NewTopic(topic, 1, 1, config={"retention.ms": "1000000"})]))
each(admin.create_partitions([NewPartitions(topic, 2)]))
print("topics:", *topics())
print("partitions:", len(admin.list_topics(topic, 50).topics[topic].partitions))


def retention():
    return each(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]))[0]["retention.ms"].value


print("retention:", retention())
each(admin.alter_configs([ConfigResource(ConfigResource.Type.TOPIC, topic, set_config={"retention.ms": "2000000"})]))
print("retention:", retention())

producer = Producer(client)
for i in range(3):
    producer.produce(topic, partition=0, value="record", timestamp=1000 * (i + 1))
assert producer.flush(50) == 0
consumer = Consumer({**client, "group.id": "shop", "auto.offset.reset": "earliest", "enable.auto.commit": False})
part = TopicPartition(topic, 0)
print("offsets:", *consumer.get_watermark_offsets(part, 50), "at 2000:", consumer.offsets_for_times([TopicPartition(topic, 0, 2000)], 50)[0].offset)
consumer.commit(offsets=[TopicPartition(topic, 0, 3)], asynchronous=False)
print("committed:", consumer.committed([part], 50)[0].offset)
consumer.close()
print("groups:", *(f"{g.id} {g.state}" for g in admin.list_groups(timeout=50)))
print("cluster:", len(admin.list_topics(timeout=50).brokers))

each(admin.delete_topics([topic]))
print("topics:", len(topics()))
