"""
A group of confluent-kafka, eager or cooperative: members come and go, partitions move, and a member that comes later goes on
where the others ended.
"""
import sys
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

servers, strategy = sys.argv[1:]
topic, group = "orders", "shop"
admin = AdminClient({"bootstrap.servers": servers})
admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(50)
producer = Producer({"bootstrap.servers": servers})
seen, members = [], []


def produce(start, count):
    for i in range(start, start + count):
        producer.produce(topic, partition=i % 4, value=f"order {i}")
    assert producer.flush(50) == 0


def join():
    member = Consumer({"bootstrap.servers": servers, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                       "partition.assignment.strategy": strategy, "heartbeat.interval.ms": 100, "fetch.wait.max.ms": 100})
    member.subscribe([topic])
    members.append(member)
    return member


# Each member is polled in turn; 1,000 rounds are more than it takes, by far.
def until(fact):
    for _ in range(1_000):
        if fact():
            return
        for member in members:
            message = member.poll(0.05)
            if message is not None:
                assert not message.error(), message.error()
                seen.append(message.value().decode())
    raise SystemExit(f"Not so after 1,000 rounds: {[m.assignment() for m in members]} {len(seen)}")


def owns(*counts):
    def fact():
        parts = [[p.partition for p in m.assignment()] for m in members]
        return [len(p) for p in parts] == list(counts) and len(set().union(*parts)) == 4
    return fact


def leave(member):
    member.commit(asynchronous=False)
    member.close()
    members.remove(member)


first = join()
until(owns(4))
print("one member has all")
second = join()
until(owns(2, 2))
produce(0, 40)
until(lambda: len(set(seen)) == 40)
print("two members share")
leave(second)
until(owns(4))
produce(40, 40)
until(lambda: len(set(seen)) == 80)
print("the first took over")
leave(first)
third = join()
print("committed", *(p.offset for p in third.committed([TopicPartition(topic, i) for i in range(4)], 50)))
seen.clear()
produce(80, 4)
until(lambda: len(seen) == 4)
print("the third read", ", ".join(sorted(seen)))
leave(third)
