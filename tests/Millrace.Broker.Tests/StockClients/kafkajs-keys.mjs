// Sends each line of its input as a key, and prints its partition: kafkajs-keys.mjs SERVERS TOPIC.
import kafkajs from 'kafkajs'
import { readFileSync } from 'node:fs'

const [servers, topic] = process.argv.slice(2)
const kafka = new kafkajs.Kafka({ brokers: [servers], logLevel: kafkajs.logLevel.NOTHING })
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()
for (const key of readFileSync(0, 'utf8').trimEnd().split('\n'))
  for (const sent of await producer.send({ topic, messages: [{ key, value: key }] })) console.log(sent.partition)
await producer.disconnect()
