"""A group of kafka-python: members come and go, partitions move, and a member that comes later goes on where the others ended."""
import sys
import threading
from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

servers, topic, group = sys.argv[1], "orders", "shop"
admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic(topic, 4, 1)])
producer = KafkaProducer(bootstrap_servers=servers, acks="all")
seen, owned, changed = [], {}, threading.Condition()


def produce(start, count):
    for i in range(start, start + count):
        producer.send(topic, partition=i % 4, value=b"order %d" % i)
    producer.flush(50)


def until(fact):
    with changed:
        assert changed.wait_for(fact, 50), (owned, len(seen))


def owns(*counts):
    return lambda: [len(parts) for parts in owned.values()] == list(counts) and len(set().union(*owned.values())) == 4


# A thread each: a member that joins waits until the others have come, too.
class Member(ConsumerRebalanceListener):
    def __init__(self, name):
        self.name, self.leaves = name, threading.Event()
        owned[name] = set()
        self.thread = threading.Thread(target=self.consume, daemon=True)
        self.thread.start()

    def on_partitions_revoked(self, revoked):
        self.consumer.commit()

    def on_partitions_assigned(self, assigned):
        with changed:
            owned[self.name] = {p.partition for p in assigned}
            changed.notify_all()

    def consume(self):
        self.consumer = KafkaConsumer(bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest",
                                      enable_auto_commit=False, heartbeat_interval_ms=100, fetch_max_wait_ms=100)
        self.consumer.subscribe([topic], listener=self)
        while not self.leaves.is_set():
            records = self.consumer.poll(timeout_ms=100)
            with changed:
                seen.extend(record.value.decode() for parts in records.values() for record in parts)
                changed.notify_all()
        self.consumer.commit()
        self.consumer.close()

    def leave(self):
        self.leaves.set()
        self.thread.join(50)
        assert not self.thread.is_alive()
        del owned[self.name]


first = Member("first")
until(owns(4))
print("one member has all")
second = Member("second")
until(owns(2, 2))
produce(0, 40)
until(lambda: len(set(seen)) == 40)
print("two members share")
second.leave()
until(owns(4))
produce(40, 40)
until(lambda: len(set(seen)) == 80)
print("the first took over")
first.leave()
offsets = admin.list_consumer_group_offsets(group)
print("committed", *(offset.offset for _, offset in sorted(offsets.items())))
seen.clear()
produce(80, 4)
third = Member("third")
until(lambda: len(seen) == 4)
print("the third read", ", ".join(sorted(seen)))
third.leave()
