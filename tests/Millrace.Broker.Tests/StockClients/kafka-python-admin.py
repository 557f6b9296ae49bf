"""kafka-python's admin client."""
import sys
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (ACL, ACLFilter, ACLOperation, ACLPermissionType, ACLResourcePatternType, ConfigResource,
                         ConfigResourceType, NewPartitions, NewTopic, ResourcePattern, ResourcePatternFilter, ResourceType)

servers, user, password = sys.argv[1:]
client = dict(bootstrap_servers=servers, security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-256",
              sasl_plain_username=user, sasl_plain_password=password)
topic = "orders"
admin = KafkaAdminClient(**client)

admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"retention.ms": "1000000"})])
admin.create_partitions({topic: NewPartitions(2)})
print("topics:", *admin.list_topics())
print("partitions:", len(admin.describe_topics([topic])[0]["partitions"]))
print("cluster:", len(admin.describe_cluster()["brokers"]))


def retention():
    entries = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])[0].resources[0][4]
    return [entry[1] for entry in entries if entry[0] == "retention.ms"][0]


print("retention:", retention())
admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": "2000000"})])
print("retention:", retention())

producer = KafkaProducer(acks="all", **client)
for i in range(3):
    producer.send(topic, partition=0, value=b"record", timestamp_ms=1000 * (i + 1))
producer.flush(50)
part = TopicPartition(topic, 0)
consumer = KafkaConsumer(group_id="shop", enable_auto_commit=False, auto_offset_reset="earliest", **client)
print("offsets:", consumer.beginning_offsets([part])[part], consumer.end_offsets([part])[part],
      "at 2000:", consumer.offsets_for_times({part: 2000})[part].offset)
consumer.assign([part])
while consumer.position(part) < 3:
    consumer.poll(timeout_ms=1000)
consumer.commit()
consumer.close()
print("committed:", admin.list_consumer_group_offsets("shop")[part].offset)
print("groups:", *(group for group, _ in admin.list_consumer_groups()))
print("group:", admin.describe_consumer_groups(["shop"])[0].state)
admin.delete_consumer_groups(["shop"])
print("groups:", len(admin.list_consumer_groups()))

rule = ACL("User:bob", "*", ACLOperation.READ, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, "or", ACLResourcePatternType.PREFIXED))
every = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY))
admin.create_acls([rule])
print("rules:", *(f"{acl.principal} on {acl.resource_pattern.resource_name}" for acl in admin.describe_acls(every)[0]))
admin.delete_acls([every])
print("rules:", len(admin.describe_acls(every)[0]))

admin.delete_topics([topic])
print("topics:", len(admin.list_topics()))
