"""mock-cluster.py BROKERS TOPIC: librdkafka's mock cluster with ten records in each of the four partitions that it gives a topic. It ends with its input."""
import sys
from confluent_kafka import Producer

brokers, topic = sys.argv[1:]
cluster = Producer({"test.mock.num.brokers": int(brokers), "test.mock.broker.rtt": 0, "topic.metadata.refresh.interval.ms": 1000, "log_level": 0})
for i in range(40):
    cluster.produce(topic, partition=i % 4, value=f"record {i}")
assert cluster.flush(50) == 0
print(",".join(f"{b.host}:{b.port}" for b in cluster.list_topics(timeout=50).brokers.values()), flush=True)
sys.stdin.read()
