"""
kafka-python-records.py SERVERS write TOPIC COMPRESSION: each line of the input, timestamp|key|value|name=value,..., becomes a record.
kafka-python-records.py SERVERS read TOPIC COUNT: and back. "kinds" prints the compressions for which it finds libraries.
"""
import sys
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.codec import has_lz4, has_snappy, has_zstd

servers, command, topic, argument = (sys.argv[1:] + [None, None])[:4]


def given(text):
    return None if text == "NULL" else text.encode()


def shown(data):
    return "NULL" if data is None else data.decode()


if command == "kinds":
    print("none gzip", *(name for name, has in (("snappy", has_snappy), ("lz4", has_lz4), ("zstd", has_zstd)) if has()))
elif command == "write":
    producer = KafkaProducer(bootstrap_servers=servers, acks="all", compression_type=None if argument == "none" else argument)
    for line in sys.stdin.read().splitlines():
        timestamp, key, value, headers = line.split("|")
        pairs = [(name, text.encode()) for name, text in (h.split("=") for h in headers.split(",") if h)]
        producer.send(topic, partition=0, timestamp_ms=int(timestamp), key=given(key), value=given(value), headers=pairs)
    producer.flush(50)
    producer.close()
else:
    consumer = KafkaConsumer(bootstrap_servers=servers, group_id=None, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    for _, record in zip(range(int(argument)), consumer):
        headers = ",".join(f"{name}={shown(value)}" for name, value in record.headers)
        print(f"{record.timestamp}|{shown(record.key)}|{shown(record.value)}|{headers}")
    consumer.close()
