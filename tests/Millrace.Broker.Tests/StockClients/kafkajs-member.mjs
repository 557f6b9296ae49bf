// A kafkajs member of a group: kafkajs-member.mjs SERVERS GROUP TOPIC [SESSION-MS]. It prints what it is given and what it reads, and leaves when its input ends.
import kafkajs from 'kafkajs'

const [servers, groupId, topic, session] = process.argv.slice(2)
const kafka = new kafkajs.Kafka({ brokers: [servers], logLevel: kafkajs.logLevel.NOTHING })
const consumer = kafka.consumer({ groupId, heartbeatInterval: 100, maxWaitTimeInMs: 100, ...(session && { sessionTimeout: +session }) })
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => console.log(`has ${(payload.memberAssignment[topic] ?? []).join()}`))
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({ eachMessage: async ({ message }) => console.log(`read ${message.value}`) })
process.stdin.resume()
process.stdin.on('end', async () => { await consumer.disconnect(); process.exit(0) })
